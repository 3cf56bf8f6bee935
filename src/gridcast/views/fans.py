"""Example weeks of a backtest as fans: what was forecast, how sure, what a baseline said, and what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gridcast.clock import WEEK
from gridcast.forecast import Forecast
from gridcast.views import style
from gridcast.views.backtested import Backtested, mean_load
from gridcast.views.backtestfigures import WIDTH
from gridcast.views.heatmap import dated

BANDS = {90: "#D3E5F1", 80: "#A6CBE3", 50: "#6BA8D0"}  # per cent, and the shade of the blue of the best model
SLACK = 1e-6
WILD = 2.0  # times the range of most values: what is so far off leaves the picture
ONE_LINE = 72  # letters of a legend
HEIGHT = 2.5  # of one week [inches]

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]


class Week(NamedTuple):
    """A week of one place: what is remarkable about it, the place, its issue times, and its error [% of mean load]."""

    word: str
    place: int
    issues: Rows
    error: float


def example_weeks(forecast: Forecast, actual: Forecast, gap: int = 0) -> tuple[Week, ...]:
    """Return the week and place with the median error, that with the largest, and that with the smallest.

    Args:
        forecast: Of the model.
        actual: What was measured.
        gap: Number of first steps that are not scored.

    Returns:
        None, one or three weeks, only such as were measured by half at least.
    """
    errors = np.abs(forecast.values.values - actual.values.values)[:, :, gap:].astype(np.float64)
    week = _weeks(forecast)
    starts = np.flatnonzero(np.diff(week, prepend=-1))
    counts = np.add.reduceat(np.isfinite(errors).sum(axis=2), starts, axis=0)
    sums = np.add.reduceat(np.nansum(errors, axis=2), starts, axis=0)
    share = 100 * sums / np.maximum(counts, 1) / mean_load(actual)
    share[counts < max(counts.max(initial=0) / 2, 1)] = np.nan
    order = np.argsort(share, axis=None, kind="stable")[: int(np.isfinite(share).sum())]
    chosen = {"typical": len(order) // 2, "worst": -1, "best": 0} if len(order) > 2 else {"only": 0} if len(order) else {}
    found = []
    for word, rank in chosen.items():
        row, place = np.unravel_index(order[rank], share.shape)
        issues = np.flatnonzero(week == week[starts[row]])
        found.append(Week(word, int(place), issues, float(share[row, place])))
    return tuple(found)


def _weeks(forecast: Forecast) -> npt.NDArray[np.int64]:
    """Return the week of each issue time; each its own where a forecast reaches a week ahead."""
    times = forecast.issue_times
    if forecast.horizon * forecast.freq >= WEEK:
        return np.arange(len(times))
    return np.asarray((times - times[0]) // WEEK, dtype=np.int64)


def plot_fans(
    forecasts: Mapping[str, Forecast],
    actual: Forecast,
    backtested: Backtested,
) -> Figure | None:
    """Return example weeks below each other; None where the best model's forecasts are not at hand.

    Args:
        forecasts: By model: of the places, or of their sum.
        actual: What was measured.
        backtested: Says which model is the best, which is put beside it, and whether it is ex post.
    """
    model, gap = backtested.best, backtested.gap
    weeks = example_weeks(forecasts[model], actual, gap) if model in forecasts else ()
    if not weeks:
        return None
    figure = style.new_figure(WIDTH, HEIGHT * len(weeks) + 0.6)
    every = np.atleast_1d(figure.subplots(len(weeks), 1))
    for axes, week in zip(every, weeks, strict=True):
        _draw_week(axes, forecasts, actual, backtested, week)
    figure.supxlabel(backtested.mark, x=0.005, y=0.005, ha="left", va="bottom", fontsize=9, color=style.GREY, style="italic")
    handles, labels = every[0].get_legend_handles_labels()
    columns = len(labels) if sum(map(len, labels)) < ONE_LINE else 3
    figure.legend(handles, labels, loc="outside upper left", ncols=columns, frameon=False, fontsize=10)
    every[-1].set_xlabel("time (UTC)")
    return figure


def _draw_week(axes: Axes, forecasts: Mapping[str, Forecast], actual: Forecast, backtested: Backtested, week: Week) -> None:
    """Draw one week: bands, baseline, median, and what was measured."""
    forecast = forecasts[backtested.best]
    steps = _fresh(forecast, backtested.gap)
    times = forecast.valid_times[week.issues][:, steps].ravel()
    stamps = pd.date_range(times.min(), times.max(), freq=forecast.freq)

    def series(values: npt.NDArray[np.floating]) -> Floats:
        own = pd.Series(values[week.issues, week.place][:, steps].ravel(), index=times)
        found: Floats = own[~own.index.duplicated(keep="last")].reindex(stamps).to_numpy(dtype=np.float64)
        return found

    for percent, (low, high) in bands(forecast).items():
        assert forecast.quantiles is not None
        lower, upper = (series(forecast.quantiles.values[..., level]) for level in (low, high))
        axes.fill_between(stamps, lower, upper, color=BANDS[percent], linewidth=0, label=f"{percent} % interval")
    if backtested.reference in forecasts:
        values = series(forecasts[str(backtested.reference)].values.values)
        axes.plot(stamps, values, "--", color=style.VERMILION, linewidth=1.1, label=style.literal(str(backtested.reference)))
    marker = "." if len(stamps) < 15 else ""
    axes.plot(
        stamps, series(forecast.values.values), color=style.BLUE, marker=marker, linewidth=1.6, label=style.literal(backtested.best)
    )
    measured = series(actual.values.values)
    axes.plot(stamps, measured, color=style.INK, marker=marker, linewidth=1.4, label="actual")
    name = forecast.locations[week.place]
    style.dressed(
        axes, f"{week.word.capitalize()}: {name}, from {stamps[0]:%d %b %Y}, error {style.number(week.error)} % of mean load"
    )
    axes.set_ylabel(style.with_unit("load", backtested.panel.unit))
    axes.yaxis.set_major_formatter(style.NUMBERS)
    axes.margins(x=0.01)
    _keep_shape(axes, np.concatenate([measured, series(forecast.values.values)]))
    dated(axes)
    axes.set_xlabel("")


def _keep_shape(axes: Axes, values: Floats) -> None:
    """Let lone readings that can't be right leave the picture, where they would flatten all others to a line."""
    known = values[np.isfinite(values)]
    if not len(known):
        return
    low, high = np.quantile(known, (0.03, 0.97))
    room = WILD * (high - low)
    if room > 0 and (known.min() < low - room or known.max() > high + room):
        axes.set_ylim(low - 0.5 * (high - low), high + 0.5 * (high - low))
        axes.text(0.99, 0.95, "some values are beyond the scale", transform=axes.transAxes, ha="right", va="top", fontsize=9)


def bands(forecast: Forecast) -> dict[int, tuple[int, int]]:
    """Return the positions of the two levels of each interval that the forecast has, the widest first."""
    levels = np.array(forecast.levels)
    found = {}
    for percent in BANDS:
        edges = 0.5 - percent / 200, 0.5 + percent / 200
        near = [np.flatnonzero(np.abs(levels - edge) < SLACK) for edge in edges]
        if all(len(places) for places in near):
            found[percent] = int(near[0][0]), int(near[1][0])
    return found


def _fresh(forecast: Forecast, gap: int) -> slice:
    """Return the steps that are drawn of each forecast: those until the next one takes over."""
    times = forecast.issue_times
    if len(times) < 2 or forecast.horizon * forecast.freq >= WEEK:
        return slice(gap, None)
    usual = pd.Timedelta(
        np.median(np.diff(times.to_numpy()))
    )  # where a clock is put forward or back one is an hour shorter or longer
    stride = max(round(usual / forecast.freq), 1)
    return slice(gap, gap + stride)
