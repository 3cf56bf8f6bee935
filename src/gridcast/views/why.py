"""Why a forecast is what it is, and why it changed: waterfalls, stacked hours, and a heat map of lags by hour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from gridcast.clock import DAY, clock_zone, local_labels
from gridcast.explain.attribution import Attribution
from gridcast.explain.change import CALENDAR, LOAD, MODEL, WEATHER, Change
from gridcast.explain.parts import MAP
from gridcast.samples import columns
from gridcast.views import style

Floats = npt.NDArray[np.float64]

SHOWN = 12  # parts of a waterfall; the rest is one bar
MINUS = "−"
ROOM = 0.13  # on either side of a waterfall, for its numbers
COLOURS = {
    columns.CALENDAR: style.GREY,
    columns.HOLIDAY: style.PURPLE,
    columns.WEATHER: style.ORANGE,
    columns.WEEKLY: style.BLUE,
    columns.RECENT: style.GREEN,
    MAP: style.VERMILION,
}
CAUSES = {CALENDAR: style.GREY, LOAD: style.GREEN, WEATHER: style.ORANGE, MODEL: style.PURPLE}


def plot_why(why: Attribution) -> Figure:
    """Return a waterfall from the average day to the forecast, over the mean of all steps, and below it the groups by the hour."""
    bars = _bars(why)
    figure = style.new_figure(11, 2.1 + 0.3 * len(bars) + 4.2, f"Why this forecast: {why.name}, issued {_local(why)}")
    upper, lower = figure.subplots(2, 1, height_ratios=[0.5 + 0.3 * len(bars), 3.8])
    _waterfall(upper, why, bars)
    _hours(lower, why.valid_times, why.zone, why.groups, COLOURS)
    lower.set_ylabel(style.with_unit("against the average day", why.unit))
    style.dressed(lower, "What each group adds, hour by hour; the line is the forecast less the average day")
    _legend(figure, list(why.groups), COLOURS, "forecast less average day")
    return figure


def plot_lags(why: Attribution) -> Figure:
    """Return a heat map of what each lag adds to each hour; one that was never there is left out."""
    told = {**why.of_group(columns.WEEKLY), **why.of_group(columns.RECENT)}
    names = sorted((name for name in told if told[name].any()), key=_age) or sorted(told, key=_age)
    values = np.stack([told[name] for name in names])
    figure = style.new_figure(11, 1.9 + 0.42 * len(names), f"Which past readings this forecast rests on: {why.name}")
    axes = figure.subplots()
    most = float(np.abs(values).max()) or 1.0
    edges = np.arange(values.shape[1] + 1) - 0.5
    mesh = axes.pcolormesh(edges, np.arange(len(names) + 1) - 0.5, values, cmap="PuOr_r", norm=TwoSlopeNorm(0, -most, most))
    style.dressed(axes, f"What each lag adds to each hour of the forecast, against the average day; issued {_local(why)}").grid(
        False
    )
    axes.set_yticks(range(len(names)), [style.literal(name) for name in names])
    axes.invert_yaxis()
    ticks = _told_steps(values.shape[1])
    axes.set_xticks(ticks, _stamps(why.valid_times[ticks], why.zone, _freq(why.valid_times)))
    axes.set_xlabel(f"hour that is forecast ({why.zone})")
    bar = figure.colorbar(mesh, ax=axes, pad=0.015, format=style.NUMBERS)
    bar.set_label(style.with_unit("adds", why.unit))
    return figure


def plot_change(change: Change) -> Figure:
    """Return both forecasts of the hours that they share, and below them what each cause changed, hour by hour."""
    figure = style.new_figure(11, 7.0, f"Why the forecast changed: {change.name}")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[1, 1.2])
    times = local_labels(change.valid_times, clock_zone(change.zone, _freq(change.valid_times))).to_numpy()
    for values, moment, colour in ((change.first, change.before, style.GREY), (change.last, change.after, style.INK)):
        label = f"issued {_stamp(moment, change.zone)} {change.zone}"
        upper.plot(times, values, color=colour, linewidth=2, marker="." if len(times) < 3 else "", label=label)
    style.dressed(upper, "The two forecasts")
    upper.set_ylabel(style.with_unit("consumption", change.unit))
    upper.yaxis.set_major_formatter(style.NUMBERS)
    upper.legend(frameon=False, fontsize=10)
    told = {name: values for name, values in change.values.items() if values.any()}
    _hours(lower, change.valid_times, change.zone, told, CAUSES)
    mean = "   ".join(f"{name} {_signed(float(values.mean()))}" for name, values in told.items())
    style.dressed(lower, f"What changed it: on average {mean or 'nothing'}")
    lower.set_ylabel(style.with_unit("later less earlier", change.unit))
    _legend(figure, list(told), CAUSES, "change")
    return figure


def _bars(why: Attribution) -> list[tuple[str, float, str]]:
    """Return text, height and colour of the bars: the largest parts, those of a group together, then all the others."""
    means = why.values.mean(axis=1)
    largest = set(np.argsort(-np.abs(means), kind="stable")[:SHOWN].tolist())
    bars = []
    for number, (group, part) in enumerate(why.parts):
        if number in largest:
            bars.append((part if part == group else f"{group}: {part}", float(means[number]), COLOURS[group]))
    rest = [i for i in range(len(means)) if i not in largest]
    if rest:
        bars.append((f"{len(rest)} other parts", float(means[rest].sum()), style.PALE))
    return bars


def _waterfall(axes: Axes, why: Attribution, bars: Sequence[tuple[str, float, str]]) -> None:
    start, end = float(why.baseline.mean()), float(why.forecast.mean())
    ends = start + np.cumsum([height for _, height, _ in bars])
    low, high = min(start, end, *ends), max(start, end, *ends)
    room = ROOM * (high - low) or abs(high) or 1.0
    rows = len(bars) + 2
    for row, ((_, height, colour), right) in enumerate(zip(bars, ends, strict=True), 1):
        axes.barh(row, height, left=right - height, color=colour, height=0.7)
        outside = max(right, right - height) if height >= 0 else min(right, right - height)
        axes.annotate(
            _signed(height), (outside, row), (4 if height >= 0 else -4, 0), textcoords="offset points", fontsize=9.5,
            ha="left" if height >= 0 else "right", va="center", color=style.INK,
        )  # fmt: skip
        axes.plot([right, right], [row - 0.35, row + 1.35], color=style.GREY, linewidth=0.7)
    for row, value in ((0, start), (rows - 1, end)):
        axes.plot([value, value], [row - 0.4, row + 0.4], color=style.INK, linewidth=3)
        axes.annotate(
            style.number(value), (value, row), (6, 0), textcoords="offset points", va="center", fontsize=10.5, color=style.INK
        )
    axes.plot([start, start], [0.35, 1.35], color=style.GREY, linewidth=0.7)
    axes.set_yticks(range(rows), ["average day", *(style.literal(text) for text, _, _ in bars), "this forecast"])
    axes.set(ylim=(rows - 0.4, -0.6), xlim=(low - room, high + room))
    style.dressed(axes, f"From the mean of {why.days} earlier days to this forecast, in the mean of its {len(why.forecast)} steps")
    axes.grid(False, axis="y")
    axes.xaxis.set_major_formatter(style.NUMBERS)
    axes.xaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10]))
    axes.set_xlabel(style.with_unit("consumption", why.unit))


def _hours(axes: Axes, valid: pd.DatetimeIndex, zone: str, told: Mapping[str, Floats], colours: Mapping[str, str]) -> None:
    """Draw stacked bars, what lifts above zero and what lowers below, and the sum as a line."""
    freq = _freq(valid)
    times = local_labels(valid, clock_zone(zone, freq)).to_numpy()
    up, down = np.zeros(len(valid)), np.zeros(len(valid))
    width = 0.85 * freq
    for name, values in told.items():
        bottom = np.where(values >= 0, up, down)
        axes.bar(times, values, width=width, bottom=bottom, color=colours[name])  # type: ignore[arg-type]
        up, down = up + np.maximum(values, 0), down + np.minimum(values, 0)
    whole = np.sum(list(told.values()), axis=0) if told else up
    axes.plot(times, whole, color=style.INK, linewidth=1.8, marker="." if len(times) < 3 else "")
    axes.axhline(0, color=style.INK, linewidth=0.8)
    axes.margins(x=0.01)
    axes.yaxis.set_major_formatter(style.NUMBERS)
    ticks = _told_steps(len(valid))
    axes.set_xticks(times[ticks], _stamps(valid[ticks], zone, freq))
    axes.set_xlabel(f"hour that is forecast ({zone})")


def _legend(figure: Figure, names: Sequence[str], colours: Mapping[str, str], line: str) -> None:
    """Put a legend below all axes."""
    handles: list[Artist] = [Patch(color=colours[name], label=name) for name in names]
    handles.append(Line2D([], [], color=style.INK, linewidth=1.8, label=line))
    figure.legend(handles=handles, loc="outside lower center", ncols=7, frameon=False, fontsize=10, columnspacing=1.2)


def _age(name: str) -> tuple[int, int]:
    """Return where a lag stands among the others, the newest first."""
    count, _, unit = name.partition(" ")
    if count.isdigit():
        return (1 if unit.startswith("day") else 2), int(count)
    fixed = {columns.LATEST: (0, 0), "newest Sunday": (1, 99), columns.LEVEL: (3, 0), columns.OLDER: (3, 1)}
    return fixed.get(name, (4, 0))


def _freq(times: pd.DatetimeIndex) -> pd.Timedelta:
    return times[1] - times[0] if len(times) > 1 else pd.Timedelta(hours=1)


def _local(why: Attribution) -> str:
    return f"{_stamp(why.issue_time, why.zone)} {why.zone}"


def _stamp(moment: pd.Timestamp, zone: str) -> str:
    return f"{local_labels(pd.DatetimeIndex([moment]), zone)[0]:%Y-%m-%d %H:%M}"


def _stamps(times: pd.DatetimeIndex, zone: str, freq: pd.Timedelta) -> list[str]:
    """Return the hour of each step, and the date below the first one and the first of each further day; of days the date alone."""
    local = local_labels(times, clock_zone(zone, freq))
    if freq >= DAY:
        return [f"{stamp:%d %b}" for stamp in local]
    new = np.concatenate([[True], local.normalize()[1:] != local.normalize()[:-1]])
    return [f"{stamp:%H:%M}\n{stamp:%d %b}" if first else f"{stamp:%H:%M}" for stamp, first in zip(local, new, strict=True)]


def _told_steps(count: int) -> npt.NDArray[np.intp]:
    """Return which steps have their time below the axis: at most twelve."""
    return np.arange(0, count, -(-count // 12))


def _signed(value: float) -> str:
    """Return a number with its sign.

    Example:
        >>> _signed(12345.6), _signed(-0.5)
        ('+12,346', '−0.500')
    """
    sign = "+" if value >= 0 else MINUS
    return f"{sign}{style.number(abs(value))}"
