"""The parts of a report that stand around the scores, as HTML: the data, the training, and what was used."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import pandas as pd
from matplotlib.figure import Figure

from gridcast.quality import QualityReport
from gridcast.views import style
from gridcast.views.background import Background, Print
from gridcast.views.backtesttables import fact_table, table
from gridcast.views.checkpage import coded
from gridcast.views.figures import draw_losses
from gridcast.views.page import bullets, folded, note, pictured

KIB = 1024
TIMES = {"training_seconds": "training [s]", "prediction_seconds": "prediction [s]"}


def data_part(background: Background) -> str:
    """Return the data and their quality, in short."""
    kept = f'<p class="verdict no">{coded(background.absent)}</p>' if background.absent else ""
    described = f"<p>{escape(background.described)}</p>" if background.described else ""
    return (
        kept
        + described
        + _quality(background.quality)
        + (f"<p>{coded(background.compared)}</p>" if background.compared else "")
        + folded("What was recognised when the data were read", bullets(background.said))
    )


def _quality(report: QualityReport | None) -> str:
    if report is None:
        return ""
    bold = f'<p class="verdict{"" if report.advisable else " no"}">{coded(report.verdict[0].upper() + report.verdict[1:])}.</p>'
    head = ["finding", "places", "readings", "most, for example [UTC]", "what to do there"]
    rows = [[coded(cell) for cell in row] for row in report.summary()]
    told = "`gridcast check --config CONFIG.toml --html FILE.html` draws each finding. The report changes nothing."
    return bold + (table(head, rows, "", "words") + note(told) if rows else "")


def training_part(background: Background) -> str:
    """Return how the training went; empty where that is not known."""
    figure = plot_losses(background.history)
    return pictured(figure, "Loss on what was learned from, and on what was held out.", "Loss of training and validation by epoch.")


def plot_losses(history: pd.DataFrame | None) -> Figure | None:
    """Return the loss by epoch; None where it is not known."""
    if history is None or "loss" not in history or history["loss"].isna().all():
        return None
    figure = style.new_figure(9.6, 3.2)
    draw_losses(figure.subplots(1, 1), history)
    return figure


def used_part(background: Background, facts: Mapping[str, object], mark: str) -> str:
    """Return plan, settings, versions and the fingerprints of the data."""
    times = {name: facts[name] for name in TIMES if isinstance(facts.get(name), Mapping)}
    return (
        fact_table({name: value for name, value in facts.items() if name not in times}, mark)
        + _times(times)
        + _prints(background.prints)
        + (folded("All settings", f"<pre>{escape(background.config)}</pre>") if background.config else "")
    )


def _times(times: Mapping[str, object]) -> str:
    """Return how long each model took."""
    wide = pd.DataFrame(times)
    cells = [["–" if pd.isna(value) else f"{value:,.1f}" for value in row] for row in wide.to_numpy()]
    rows = [[escape(str(name)), *row] for name, row in zip(wide.index, cells, strict=True)]
    return table(["model", *(TIMES[str(name)] for name in wide)], rows, "") if rows else ""


def _prints(prints: tuple[Print, ...]) -> str:
    if not prints:
        return ""
    rows = [
        [
            escape(each.what),
            escape(each.name),
            f"{each.size / KIB:,.0f}" if each.size else "–",
            escape(each.state) or "–",
            _hash(each),
        ]
        for each in prints
    ]
    head = ["read as", "from", "KiB", "since then", "SHA-256"]
    return "<h3>Fingerprints of the data</h3>" + table(head, rows, "", "words")


def _hash(each: Print) -> str:
    return f'<span class="hash">{each.sha256 or "–"}</span>'
