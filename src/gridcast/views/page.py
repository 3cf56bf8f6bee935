"""What all reports have in common: the frame of the page, its style on screen and on paper, notes, and figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from matplotlib.figure import Figure

from gridcast.views import style
from gridcast.views.checkpage import CSS, coded

MORE_CSS = """
img { min-width: 620px; } .wide + .wide { margin-top: 12px; } section { margin-top: 10px; }
caption { text-align: left; font-size: 12px; font-style: italic; color: #666; padding: 2px 0; }
figcaption { font-size: 13px; color: #666; margin: 2px 0 14px; } .none { color: #767676; } td { white-space: nowrap; }
table.words td, table.words th { text-align: left; } table.words td:last-child { white-space: normal; }
.verdict p { margin: 0 0 6px; } .verdict p:last-child { margin: 0; } .badge { display: inline-block; border: 1px solid #767676;
  border-radius: 3px; padding: 0 6px; font-size: 13px; font-weight: 600; } details { margin: 8px 0; } summary { cursor: pointer; }
ul { margin: 4px 0; padding-left: 20px; } pre { font-size: 12.5px; white-space: pre-wrap; overflow-wrap: anywhere; }
.hash { white-space: nowrap; font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 12px; }
@page { size: A4; margin: 14mm 12mm; }
@media print { img { min-width: 0; max-height: 240mm; } .wide { overflow: visible; background: none; break-inside: avoid; }
  details:not([open]) { display: none; } .small, figcaption, caption, .badge { font-size: 9px; } .verdict { font-size: 12px; }
  h1, h2, h3, caption { break-after: avoid; } h2 { margin-top: 18px; font-size: 16px; } h3 { font-size: 13px; margin-top: 10px; }
  tr, .verdict { break-inside: avoid; } thead { display: table-header-group; } table { font-size: 8.5px; }
  th, td { padding: 2px 5px; } p, li { orphans: 3; widows: 3; } .hash { font-size: 7px; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
"""


def document(title: str, parts: Mapping[str, str]) -> str:
    """Return a page as HTML, without scripts, and without anything from elsewhere.

    Args:
        title: Its name in the browser.
        parts: By heading what stands under it, HTML already; parts without a text are left out, a part without a heading has none.
    """
    head = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{CSS}{MORE_CSS}</style></head><body>"
    )
    body = "\n".join((f"<h2>{escape(name)}</h2>\n" if name else "") + text for name, text in parts.items() if text)
    return f"{head}\n{body}\n</body></html>\n"


def note(text: str) -> str:
    """Return a sentence in small letters; empty for an empty one."""
    return f'<p class="small">{coded(text)}</p>' if text else ""


def bullets(sentences: Iterable[str]) -> str:
    """Return sentences as a list; empty without any."""
    rows = "".join(f"<li>{coded(sentence)}</li>" for sentence in sentences)
    return f'<ul class="small">{rows}</ul>' if rows else ""


def folded(heading: str, content: str) -> str:
    """Return what is seen only when its heading is clicked, and not on paper; empty without content."""
    return f"<details><summary>{escape(heading)}</summary>{content}</details>" if content else ""


def pictured(figure: Figure | None, caption: str, alt: str) -> str:
    """Return a figure with its caption, which no end of a page divides; or nothing where there is none."""
    if figure is None:
        return ""
    return (
        f'<section><figure class="wide" tabindex="0"><img alt="{escape(alt, quote=True)}" src="{style.as_source(figure)}"></figure>'
        f'<p class="small">{escape(caption)}</p></section>\n'
    )
