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
from gridcast.views.backgroundparts import data_part, training_part, used_part
from gridcast.views.backtestdays import daily_errors, daily_weather, day_table, plot_days
from gridcast.views.backtested import WEATHER, Backtested
from gridcast.views.backtestfigures import plot_clock, plot_leads, plot_over_time, plot_skills
from gridcast.views.backtestplaces import plot_places, plot_score_map
from gridcast.views.backtesttables import ablation_table, model_table, place_table, skill_table, worst_table
from gridcast.views.backtestverdict import map_verdict, verdict
from gridcast.views.checkpage import coded
from gridcast.views.errorclock import plot_weekdays
from gridcast.views.fans import plot_fans
from gridcast.views.page import bullets, document, folded, note, pictured
from gridcast.views.reliability import plot_pit, plot_reliability


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
    parts = {
        "": _summary(backtested, title),
        "The data": data_part(backtested.background),
        "All models": _models(backtested),
        "What each part is worth": _parts(backtested),
        "When it errs": _times(backtested),
        "Where it errs": _places(backtested),
        "Is it as sure as it says?": _sureness(backtested),
        "The best and the worst days": _days(backtested),
        "Example weeks": _examples(backtested),
        "The sum of all places": _total(backtested),
        f"The worst of {backtested.best}": _worst(backtested),
        "The training": training_part(backtested.background),
        "What was used": used_part(backtested.background, _facts(backtested), backtested.mark),
    }
    return document(title, parts)


def _summary(backtested: Backtested, title: str) -> str:
    times, background = backtested.actual.issue_times, backtested.background
    span = f", {times[0]:%Y-%m-%d %H:%M} to {times[-1]:%Y-%m-%d %H:%M} UTC" if len(times) else ""
    said = (
        f"{counted(len(backtested.actual.locations), 'place')}, {counted(len(times), 'issue time')}{span}; "
        f"{counted(backtested.actual.horizon - backtested.gap, 'step')} of {_step(backtested)} each."
    )
    kept = map_verdict(backtested)
    return (
        f"<h1>{escape(title)}</h1>"
        + (f"<p>{coded(background.asked)}</p>" if background.asked else "")
        + f'<p class="small">{escape(said)}</p><div class="verdict"><p>{escape(verdict(backtested))}.</p>'
        + (f"<p>{escape(kept)}.</p>" if kept else "")
        + f'</div><p><span class="badge">{backtested.mark}</span> {escape(WEATHER[backtested.weather].partition(": ")[2])}.</p>'
        + bullets(background.left_out)
    )


def _step(backtested: Backtested) -> str:
    minutes = backtested.actual.freq.total_seconds() / 60
    return f"{minutes:g}\u00a0min" if minutes < 60 else f"{minutes / 60:g}\u00a0h"


def _models(backtested: Backtested) -> str:
    text = (
        "Bold: the best of each column; a narrow interval is good only if its coverage is right. "
        "All models are scored on the same steps, those that all of them could forecast."
    )
    if backtested.facts.get("intervals") == "adaptive":
        text += (
            " Forecasts are adaptive: those of every model that has quantiles are corrected over time by what its earlier ones "
            "kept missing and how often their intervals were met, as far as that was known at the issue time. So does "
            "`gridcast forecast`."
        )
    alt = f"Skill of {backtested.best} against each other model with its interval; the table below has the numbers."
    return (
        model_table(backtested)
        + note(text)
        + _figure(backtested, plot_skills(backtested), "Skill is 1 − error / error of the other model.", alt)
        + skill_table(backtested)
        + folded("How the other models stand against each other", skill_table(backtested, of_best=False))
        + _operator(backtested)
    )


def _operator(backtested: Backtested) -> str:
    """Return the scores of all on the hours that the operator forecast too."""
    if backtested.operator is None:
        return ""
    when = "When each of its forecasts was made is not known: some may be newer than those beside them."
    return (
        "<h3>On the hours that the operator forecast too</h3>"
        + model_table(backtested, backtested.operator, parts=("errors",))
        + note(when)
    )


def _parts(backtested: Backtested) -> str:
    found, source = ablation_table(backtested), backtested.background.ablation
    text = "Each variant was trained anew. A larger error without a part means that it helps, a smaller one that the change does."
    return (found + note(text) if found else "") + (f"<p>{coded(source)}</p>" if source else "")


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
    valley = "PIT, how often readings lie between neighbouring quantiles. A valley: too narrow; a hill: too wide; a slope: a bias."
    return _figure(
        backtested, figure, text, "Reliability of the quantiles; coverage and width of the 80 % interval by lead time."
    ) + _figure(backtested, plot_pit(backtested), valley, "Histogram of the probability integral transform of each model.")


def _days(backtested: Backtested) -> str:
    if backtested.best not in backtested.forecasts:
        return ""
    errors = daily_errors(backtested, backtested.best)
    if errors.empty:
        return ""
    weather = daily_weather(backtested)
    usual = "In brackets: by how much the weather departs from what is usual within fifteen days of that date, over all years read."
    text = "Errors in per cent of the mean load of each place, mean over all places and hours of a day. " + (
        usual if weather else "No weather was read."
    )
    tables = "".join(
        f"<h3>{word}</h3>{day_table(backtested, errors, weather, worst=worst)}"
        for word, worst in (("Worst", True), ("Best", False))
    )
    caption = "Each dot is a day: does the weather explain the bad ones?"
    return tables + note(text) + _figure(backtested, plot_days(backtested, errors, weather), caption, caption)


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
    return f"<h3>Forecasts</h3>{worst_table(backtested, days=True)}<h3>Steps</h3>{hours}" + note(
        "At most three of a place. Look at the readings first: a fault of the meter looks like a bad forecast."
    )


def _facts(backtested: Backtested) -> Mapping[str, object]:
    facts = {
        name: value for name, value in backtested.facts.items() if name != "data"
    }  # whose fingerprints have a table of their own
    return {**facts, "weather": WEATHER[backtested.weather]}


def _figure(backtested: Backtested, figure: Figure | None, caption: str, alt: str) -> str:
    """Return a figure with its caption, both marked ex ante or ex post; nothing where there is none."""
    return pictured(figure, f"{caption} ({backtested.mark})", f"{alt} ({backtested.mark})")
