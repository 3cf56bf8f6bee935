"""The report of a search: one page with the gain, the best settings, how the search went, and the best trials."""

from __future__ import annotations

import os
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from gridcast.atomic import replacing
from gridcast.errors import counted
from gridcast.tuning import Tuned
from gridcast.tuning.space import LEFT_OUT
from gridcast.views import style
from gridcast.views.backtesttables import table
from gridcast.views.page import document
from gridcast.views.tunedfigures import label_of, plot_history, plot_importance, plot_parallel

SHOWN = 10  # of the best trials, and of errors


def write_tuning_page(tuned: Tuned, facts: Mapping[str, Any], path: str | os.PathLike[str], *, title: str = "Search") -> None:
    """Write the report of a search: one HTML file that needs nothing else.

    Args:
        tuned: What the search came to.
        facts: What `tuning.json` holds.
        path: The file; an older one is replaced at the very end.
        title: Heading of the page.

    Raises:
        FileError: If the file can't be written.
    """
    with replacing(path) as temporary:
        Path(temporary).write_text(tuning_page(tuned, facts, title=title), encoding="utf-8")


def tuning_page(tuned: Tuned, facts: Mapping[str, Any], *, title: str = "Search") -> str:
    """Return the report as HTML, without scripts, and without anything from elsewhere."""
    few = "Too few trials have a score to tell which settings mattered."
    parts = {
        "": f'<h1>{escape(title)}</h1><p>{escape(_plan(facts))}</p><div class="verdict"><p>{escape(verdict(tuned))}</p></div>',
        "The best settings": _settings(tuned, facts),
        "How the search went": _figure(plot_history(tuned), "Score of each trial, and the best so far."),
        "Which settings mattered": _figure(plot_importance(tuned), "Importance of each setting.") or f"<p>{few}</p>",
        "The trials": _figure(plot_parallel(tuned), "Each trial as a line through its settings.") + _best(tuned, facts),
        "What failed or was lost": _failures(tuned),
    }
    return document(title, parts)


def verdict(tuned: Tuned) -> str:
    """Return what was gained, in a sentence."""
    best, before = tuned.best, tuned.configured
    if best is None:
        return "No trial has a score."
    score, name = float(best["score"]), label_of(tuned)
    label, unit = name.partition(" [")[0], name.partition("[")[2].removesuffix("]")
    if best["configured"]:
        return f"Nothing was found that is better than the settings as they were: {label} {style.number(score)} {unit}."
    if not np.isfinite(before):
        return f"The best trial has a {label} of {style.number(score)} {unit}; the settings as they were have no score."
    gain = f"{100 * (1 - score / before):.1f} % less than the settings as they were ({style.number(before)} {unit})"
    return f"The best trial has a {label} of {style.number(score)} {unit}, {gain}."


def _plan(facts: Mapping[str, Any]) -> str:
    counts = ", ".join(f"{count} {state}" for state, count in facts["trials"].items())
    return (
        f"{counted(sum(facts['trials'].values()), 'trial')} by {facts['method']} ({counts}), {facts['seconds'] / 60:,.1f} minutes "
        f"of trials; scored on {counted(facts['validation_issue_times'], 'issue time')} from {_day(facts['validation_first'])} to "
        f"{_day(facts['validation_last'])} UTC. Nothing from {_day(facts['test_from'])} UTC on was looked at."
    )


def _day(moment: str) -> str:
    return moment[:16].replace("T", " ")


def _settings(tuned: Tuned, facts: Mapping[str, Any]) -> str:
    """Return the settings of the best trial beside those that were."""
    best = tuned.best
    if best is None:
        return ""
    own = tuned.table[tuned.table["configured"]]
    before = {name: "" if own.empty else _shown(own.iloc[0][name]) for name in tuned.settings}
    rows = [[f"<code>{escape(name)}</code>", f"<b>{_shown(best[name])}</b>", before[name]] for name in tuned.settings]
    note = (
        "The best of many scores is a little too good: how much of the gain remains is told by one backtest of "
        "<code>best.toml</code>."
    )
    return table(["setting", "best", "as configured"], rows, _mark(facts)) + f'<p class="small">{note}</p>'


def _best(tuned: Tuned, facts: Mapping[str, Any]) -> str:
    """Return the trials with the lowest scores."""
    rows = tuned.complete.sort_values("score").head(SHOWN)
    cells = [
        [str(row["trial"]) + (" (as configured)" if row["configured"] else ""), f"{row['score']:.4f}", f"{row['seconds']:,.0f}"]
        + [_shown(row[name]) for name in tuned.settings]
        for row in rows.to_dict("records")
    ]
    return table(["trial", label_of(tuned), "seconds", *tuned.settings], cells, _mark(facts)) if cells else ""


def _failures(tuned: Tuned) -> str:
    rows = tuned.table[tuned.table["error"] != ""].head(SHOWN)
    cells = [[str(row["trial"]), row["state"], escape(row["error"])] for row in rows.to_dict("records")]
    return table(["trial", "state", "error"], cells, "", "words") if cells else ""


def _mark(facts: Mapping[str, Any]) -> str:
    """Return what weather the scores rest on, where there is any."""
    return "" if facts["weather"] == "none" else str(facts["weather"])


def _shown(value: Any) -> str:
    """Return a value of a setting, `default` where it is left out."""
    if value is None or value != value:
        return LEFT_OUT
    return f"{value:.4g}" if isinstance(value, float) else escape(str(value))


def _figure(figure: Figure | None, alt: str) -> str:
    """Return a figure, or nothing where there is none."""
    if figure is None:
        return ""
    return f'<figure class="wide" tabindex="0"><img alt="{escape(alt, quote=True)}" src="{style.as_source(figure)}"></figure>\n'
