"""The page of a check: what was read, the verdict, what was found at which place, and a picture of each of the worst findings."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from gridcast.atomic import replacing
from gridcast.errors import counted
from gridcast.panel import Panel
from gridcast.quality import KINDS, Finding, QualityReport
from gridcast.quality.history import median
from gridcast.quality.report import first_example
from gridcast.views import style
from gridcast.views.heatmap import Readings, draw_heatmap, draw_levels, draw_pair, draw_shapes, draw_stretch

PICTURES = 40
A_KIND = 8  # pictures of one kind at most, while there are other findings
DPI = 80
SIZE = (13.0, 2.9)  # of a picture [inches]
EDGES = {"left": 0.045, "right": 0.99, "bottom": 0.16, "top": 0.88, "wspace": 0.16}

CSS = """
:root { color-scheme: light; }
body { margin: 0 auto; max-width: 1080px; padding: 24px; background: #fff; color: #222; line-height: 1.45;
  font: 15px/1.45 system-ui, "Segoe UI", "DejaVu Sans", Arial, sans-serif; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 19px; margin: 32px 0 8px; } h3 { font-size: 16px; margin: 26px 0 2px; }
p { margin: 4px 0; } code { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 90%; }
.verdict { border-left: 6px solid #0072B2; background: #EEF4F9; padding: 10px 14px; margin: 14px 0; font-size: 17px; }
.verdict.no { border-color: #D55E00; background: #FBF0E8; }
.wide { overflow-x: auto; background: linear-gradient(to right, #fff 30%, #fff0) 0 0 / 40px 100% local,
  linear-gradient(to left, #fff 30%, #fff0) 100% 0 / 40px 100% local, linear-gradient(to right, #0003, #0000) 0 0 / 12px 100%,
  linear-gradient(to left, #0003, #0000) 100% 0 / 12px 100%; background-repeat: no-repeat; }
table { border-collapse: collapse; font-size: 13.5px; }
th, td { padding: 3px 10px; text-align: right; border-bottom: 1px solid #DDD; }
th:first-child, td:first-child { text-align: left; } th { vertical-align: bottom; color: #555; font-weight: 600; }
table.list td, table.list th { text-align: left; vertical-align: top; } table.list td:nth-child(3) { text-align: right; }
td.none { color: #BBB; } .error { color: #A33F00; font-weight: 600; } .warning { color: #A33F00; } .note { color: #666; }
figure { margin: 4px 0 0; break-inside: avoid; } section { break-inside: avoid; }
img { width: 100%; min-width: 760px; height: auto; display: block; }
figure.wide { background: none; overflow-x: auto; } a { color: inherit; }
.small { color: #666; font-size: 13px; }
@media print { body { max-width: none; padding: 0; font-size: 11px; } h2 { break-after: avoid; } }
"""


def write_check_page(
    panel: Panel,
    report: QualityReport,
    path: str | os.PathLike[str],
    *,
    title: str = "Check of the readings",
    said: Sequence[str] = (),
) -> None:
    """Write the page of a check: one HTML file that needs nothing else.

    Args:
        panel: The readings.
        report: What was found, see `gridcast.quality.inspect`.
        path: The file.
        title: Heading of the page, such as the names of the files.
        said: Sentences about what was read.

    Raises:
        FileError: If the file can't be written.
    """
    with replacing(path) as temporary:
        Path(temporary).write_text(check_page(panel, report, title=title, said=said), encoding="utf-8")


def check_page(panel: Panel, report: QualityReport, *, title: str, said: Sequence[str] = ()) -> str:
    """Return the page of a check as HTML, without scripts, and without anything from elsewhere."""
    chosen = worst(report.findings)
    pictured = "".join(_section(panel, report, finding) for finding in chosen)
    left = len(report.findings) - len(chosen)
    count = f"{counted(len(chosen), 'finding')}, the worst of each kind" + (
        f"; {left} more {'is' if left == 1 else 'are'} in the list only." if left else "."
    )
    legend = "Vermilion marks are readings that can't be right, triangles at an edge those beyond it; white is missing."
    return "\n".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title><style>{CSS}</style></head><body>",
            f"<h1>{escape(title)}</h1>",
            f"<p>{escape(panel.describe())}</p>",
            *(f'<p class="small">{escape(sentence)}</p>' for sentence in said if sentence != panel.describe()),
            f'<p class="verdict{"" if report.advisable else " no"}">{coded(report.verdict[0].upper() + report.verdict[1:])}.</p>',
            "<h2>Readings concerned</h2>",
            _table(report),
            f'<h2>Pictures</h2><p class="small">{escape(count)} {escape(legend)}</p>' if chosen else "",
            pictured,
            '<h2 id="all">All findings</h2>' if report.findings else "",
            _list(report),
            "</body></html>\n",
        ]
    )


def worst(findings: Iterable[Finding], most: int = PICTURES) -> list[Finding]:
    """Return the findings to be pictured: warnings and errors first, at most eight of a kind, the larger ones first."""
    kinds: dict[str, int] = {}
    chosen = []
    ranked = sorted(findings, key=lambda f: (f.severity == "note", -f.count))
    for finding in ranked:
        kinds[finding.kind] = kinds.get(finding.kind, 0) + 1
        if kinds[finding.kind] <= A_KIND and (finding.severity != "note" or kinds[finding.kind] == 1):
            chosen.append(finding)
    order = list(KINDS)
    return sorted(chosen[:most], key=lambda f: (f.severity == "note", order.index(f.kind), -f.count))


def picture(panel: Panel, report: QualityReport, finding: Finding) -> Figure:
    """Return the picture of a finding: all readings as days and hours, and a part of them that shows it."""
    place = panel.locations.index(finding.location)
    readings = _readings(panel, report, place, finding.kind)
    figure = style.new_figure(*SIZE)
    figure.set_layout_engine("none")
    left, right = figure.subplots(1, 2, width_ratios=(1.25, 1), gridspec_kw=EDGES)
    draw_heatmap(left, readings)
    left.set_title("all days (across) and hours (down)", loc="left", fontsize=9, color=style.GREY)
    if finding.kind == "copy":
        original = _original(panel, finding)
        draw_pair(right, readings, _readings(panel, report, original, finding.kind), (finding.location, panel.locations[original]))
    elif finding.kind in ("level", "missing", "silent"):
        draw_levels(right, readings, finding)
    elif finding.kind == "clock":
        draw_shapes(right, readings, finding)
    else:
        draw_stretch(right, readings, finding)
    return figure


def _readings(panel: Panel, report: QualityReport, place: int, kind: str) -> Readings:
    wrong = report.mask[:, place]
    marked = report.masks[kind][:, place] if kind in report.masks else np.zeros_like(wrong)
    return Readings(panel.times, panel.consumption[:, place], wrong, marked, panel.unit)


def _original(panel: Panel, finding: Finding) -> int:
    """Return the place that a finding of a copy is about: the one whose readings fit its factor best."""
    factor = finding.examples[0].value
    own = panel.consumption[:, panel.locations.index(finding.location)]
    distance = [
        np.inf if name == finding.location else float(median(np.abs(own - factor * panel.consumption[:, other])))
        for other, name in enumerate(panel.locations)
    ]
    return int(np.nanargmin(distance))


def _section(panel: Panel, report: QualityReport, finding: Finding) -> str:
    source = style.as_source(picture(panel, report, finding), "png", dpi=DPI)
    heading = f"{escape(finding.location)}: {escape(KINDS[finding.kind].title)}"
    text = escape(f"{finding.severity} · {finding.sentence}")
    alt = escape(f"{finding.location}: {finding.sentence}", quote=True)
    return (
        f'<section><h3>{heading}</h3><p class="{finding.severity}">{text}</p>'
        f'<figure class="wide"><img alt="{alt}" src="{source}"></figure></section>\n'
    )


def _table(report: QualityReport) -> str:
    """Return the number of readings by place and kind."""
    table = report.table()
    if table.empty:
        return "<p>Nothing was found.</p>"
    head = "".join(f"<th>{escape(KINDS[kind].title)}</th>" for kind in table.columns)
    rows = "".join(
        f"<tr><td>{escape(str(name))}</td>"
        + "".join(
            _cell(int(count), _anchor(report.locations, str(name), kind)) for kind, count in zip(table.columns, row, strict=True)
        )
        + "</tr>"
        for name, row in zip(table.index, table.to_numpy(), strict=True)
    )
    return f'<div class="wide"><table><thead><tr><th>place</th>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _anchor(locations: Sequence[str], name: str, kind: str) -> str:
    """Return the mark of a finding in the list of all, whatever letters the name has."""
    return f"{kind}-{locations.index(name)}"


def _cell(count: int, anchor: str) -> str:
    return f'<td><a href="#{anchor}">{count:,}</a></td>' if count else '<td class="none">·</td>'


def _list(report: QualityReport) -> str:
    if not report.findings:
        return ""
    rows = "".join(
        f"<tr{_id(report, f)}><td>{escape(f.location)}</td>"
        f'<td class="{f.severity}">{escape(KINDS[f.kind].title)}</td><td>{f.count:,}</td>'
        f"<td>{escape(first_example(f))}</td><td>{escape(f.sentence)}</td><td>{coded(f.hint)}</td></tr>"
        for f in report.findings
    )
    head = "".join(f"<th>{name}</th>" for name in ("place", "what", "readings", "first", "found", "what to do"))
    return f'<div class="wide"><table class="list"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _id(report: QualityReport, finding: Finding) -> str:
    """Return the attribute by which a row of the list is found: the first of its kind and place has one."""
    first = report.of(finding.kind, finding.location)[0] is finding
    return f' id="{_anchor(report.locations, finding.location, finding.kind)}"' if first else ""


def coded(text: str) -> str:
    """Return a text as HTML in which what stands in backticks is code.

    Example:
        >>> coded("type `a < b`")
        'type <code>a &lt; b</code>'
    """
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))
