"""The report of a backtest: one page that says which model is best, by how much, where and when it fails, and how sure it is."""

from __future__ import annotations

import os
from collections.abc import Mapping
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from gridcast.atomic import replacing
from gridcast.errors import counted
from gridcast.views import style
from gridcast.views.backtested import WEATHER, Backtested
from gridcast.views.backtestfigures import plot_clock, plot_leads, plot_over_time, plot_skills
from gridcast.views.backtestplaces import plot_places, plot_score_map
from gridcast.views.backtesttables import ablation_table, fact_table, model_table, place_table, skill_table, worst_table
from gridcast.views.backtestverdict import map_verdict, verdict
from gridcast.views.checkpage import CSS
from gridcast.views.errorclock import plot_weekdays
from gridcast.views.fans import plot_fans
from gridcast.views.reliability import plot_reliability

MORE_CSS = """
img { min-width: 620px; } .wide + .wide { margin-top: 12px; }
caption { text-align: left; font-size: 12px; font-style: italic; color: #666; padding: 2px 0; }
figcaption { font-size: 13px; color: #666; margin: 2px 0 14px; } .none { color: #767676; } td { white-space: nowrap; }
table.words td, table.words th { text-align: left; } table.words td:last-child { white-space: normal; }
.verdict p { margin: 0 0 6px; } .verdict p:last-child { margin: 0; } .badge { display: inline-block; border: 1px solid #767676;
  border-radius: 3px; padding: 0 6px; font-size: 13px; font-weight: 600; } details { margin: 8px 0; } summary { cursor: pointer; }
"""


def write_backtest_page(backtested: Backtested, path: str | os.PathLike[str], *, title: str = "Backtest") -> None:
    """Write the report of a backtest: one HTML file that needs nothing else.

    Args:
        backtested: What is reported.
        path: The file; an older one is replaced at the very end.
        title: Heading of the page.

    Raises:
        FileError: If the file can't be written.
    """
    with replacing(path) as temporary:
        Path(temporary).write_text(backtest_page(backtested, title=title), encoding="utf-8")


def backtest_page(backtested: Backtested, *, title: str = "Backtest") -> str:
    """Return the report as HTML, without scripts, and without anything from elsewhere."""
    head = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{CSS}{MORE_CSS}</style></head><body>"
    )
    parts = {
        "": _summary(backtested, title),
        "All models": _models(backtested),
        "What each part is worth": _parts(backtested),
        "When it errs": _times(backtested),
        "Where it errs": _places(backtested),
        "Is it as sure as it says?": _sureness(backtested),
        "Example weeks": _examples(backtested),
        "The sum of all places": _total(backtested),
        f"The worst of {backtested.best}": _worst(backtested),
        "Plan and settings": fact_table(_facts(backtested), backtested.mark),
    }
    body = "\n".join((f"<h2>{escape(name)}</h2>\n" if name else "") + text for name, text in parts.items() if text)
    return f"{head}\n{body}\n</body></html>\n"


def _summary(backtested: Backtested, title: str) -> str:
    times = backtested.actual.issue_times
    span = f", {times[0]:%Y-%m-%d %H:%M} to {times[-1]:%Y-%m-%d %H:%M} UTC" if len(times) else ""
    said = (
        f"{counted(len(backtested.actual.locations), 'place')}, {counted(len(times), 'issue time')}{span}; "
        f"{counted(backtested.actual.horizon - backtested.gap, 'step')} of {_step(backtested)} each."
    )
    kept = map_verdict(backtested)
    return (
        f'<h1>{escape(title)}</h1><p>{escape(said)}</p><div class="verdict"><p>{escape(verdict(backtested))}.</p>'
        + (f"<p>{escape(kept)}.</p>" if kept else "")
        + f'</div><p><span class="badge">{backtested.mark}</span> {escape(WEATHER[backtested.weather].partition(": ")[2])}.</p>'
    )


def _step(backtested: Backtested) -> str:
    minutes = backtested.actual.freq.total_seconds() / 60
    return f"{minutes:g}\u00a0min" if minutes < 60 else f"{minutes / 60:g}\u00a0h"


def _models(backtested: Backtested) -> str:
    note = (
        "Bold: the best of each column; a narrow interval is good only if its coverage is right. "
        "All models are scored on the same steps, those that all of them could forecast."
    )
    if backtested.facts.get("intervals") == "adaptive":
        note += (
            " Forecasts are adaptive: those of every model that has quantiles are corrected over time by what its earlier ones "
            "kept missing and how often their intervals were met, as far as that was known at the issue time. So does "
            "`gridcast forecast`."
        )
    alt = f"Skill of {backtested.best} against each other model with its interval; the table below has the numbers."
    return (
        model_table(backtested)
        + _note(note)
        + _figure(backtested, plot_skills(backtested), "Skill is 1 − error / error of the other model.", alt)
        + skill_table(backtested)
    )


def _parts(backtested: Backtested) -> str:
    found = ablation_table(backtested)
    note = "Each variant was trained anew. A larger error without a part means that it helps, a smaller one that the change does."
    return found + _note(note) if found else ""


def _times(backtested: Backtested) -> str:
    figures = {
        "How the error grows with the lead time.": (plot_leads(backtested), _range(backtested, "lead")),
        "When in the day and the year it errs.": (plot_clock(backtested), _range(backtested, "hour")),
        "At which hours of the week it errs most: dark for large errors, each in per cent of the mean load of its place.": (
            plot_weekdays(backtested),
            "",
        ),
        "How it went from week to week.": (plot_over_time(backtested), _range(backtested, "issue", "issue_time")),
    }
    return "".join(_figure(backtested, figure, caption, f"{caption} {spoken}") for caption, (figure, spoken) in figures.items())


def _range(backtested: Backtested, split: str, column: str | None = None) -> str:
    """Return in words where the best model's error is smallest and where it is largest, for those who can't see the figure."""
    table = backtested.split(split, backtested.metric, column)
    own = table[backtested.best].dropna() if backtested.best in table else pd.Series(dtype=np.float64)
    if own.empty:
        return ""
    values = own.to_numpy(dtype=np.float64)
    ends = [f"{style.number(float(values[at]))} at {own.index[int(at)]}" for at in (values.argmin(), values.argmax())]
    return f"{backtested.error_label} of {backtested.best}: from {ends[0]} to {ends[1]}."


def _places(backtested: Backtested) -> str:
    listed = place_table(backtested)
    alt = f"Error of every model at each place, sorted by that of {backtested.best}; the table below has the numbers."
    where = f"Map of the places, coloured by the error of {backtested.best}."
    far = "Arrows at the upper edge are errors beyond it."
    return (
        _figure(backtested, plot_places(backtested), far, alt)
        + _figure(
            backtested, plot_score_map(backtested), "The places that are named have the largest error, or the least gain.", where
        )
        + (f"<details><summary>The error at each place as a table</summary>{listed}</details>" if listed else "")
    )


def _sureness(backtested: Backtested) -> str:
    figure = plot_reliability(backtested)
    if figure is None:
        return "<p>No model tells quantiles: how sure they are is not known.</p>"
    text = "On the diagonal a quantile is honest; below it, too low. Of two honest intervals the narrower one is better."
    return _figure(backtested, figure, text, "Reliability of the quantiles; coverage and width of the 80 % interval by lead time.")


def _examples(backtested: Backtested) -> str:
    figure = plot_fans(backtested.forecasts, backtested.actual, backtested)
    text = f"Weeks of {backtested.best}: the one with the median error of all places and weeks, the worst, and the best."
    return _figure(backtested, figure, text, "Forecast with intervals, baseline and actual load in three example weeks.")


def _total(backtested: Backtested) -> str:
    if backtested.total is None:
        return ""
    figure = plot_fans(backtested.total.forecasts, backtested.total.actual, backtested)
    text = "Typical, worst and best week of the sum."
    return model_table(backtested, backtested.total.scores) + _figure(
        backtested, figure, text, "Forecast of the sum of all places."
    )


def _worst(backtested: Backtested) -> str:
    hours = worst_table(backtested, days=False)
    if not hours:
        return ""
    return f"<h3>Forecasts</h3>{worst_table(backtested, days=True)}<h3>Steps</h3>{hours}" + _note(
        "At most three of a place. Look at the readings first: a fault of the meter looks like a bad forecast."
    )


def _facts(backtested: Backtested) -> Mapping[str, object]:
    return {**backtested.facts, "weather": WEATHER[backtested.weather]}


def _note(text: str) -> str:
    return f'<p class="small">{escape(text)}</p>'


def _figure(backtested: Backtested, figure: Figure | None, caption: str, alt: str) -> str:
    """Return a figure with its caption, or nothing where there is none."""
    if figure is None:
        return ""
    text = f"{caption} ({backtested.mark})"
    return (
        f'<figure class="wide" tabindex="0"><img alt="{escape(f"{alt} ({backtested.mark})", quote=True)}" '
        f'src="{style.as_source(figure)}"></figure><p class="small">{escape(text)}</p>\n'
    )
