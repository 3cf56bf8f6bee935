"""Readings of a place as a picture of days and hours, with what is wrong marked; and parts of them as lines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib import dates as mdates
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.ticker import MaxNLocator

from gridcast.clock import DAY
from gridcast.quality import Finding
from gridcast.views import style

MOST_DAYS = 1100  # more columns can't be told apart: days are left out evenly, but for those with marks
ROUND = 4 * DAY  # drawn before and after a stretch
LONGEST = 28 * DAY  # of a stretch that is drawn as a line
SHADES = style.dark_end("cividis", 0.0)
ABSENT = "#FFFFFF"

Values = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Readings:
    """The readings of one place.

    Attributes:
        times: Starts of the intervals, in UTC.
        values: Shape (time,); NaN where there is none.
        wrong: Which of them can't be right, shape (time,).
        marked: Which of these the picture is about, shape (time,).
        unit: Unit of the values.
    """

    times: pd.DatetimeIndex
    values: Values
    wrong: Flags
    marked: Flags
    unit: str = ""

    @property
    def freq(self) -> pd.Timedelta:
        """Time between two readings."""
        return pd.Timedelta(self.times[1] - self.times[0])


def draw_heatmap(axes: Axes, readings: Readings) -> None:
    """Draw all readings of a place: a column a day, a row an hour, dark for little and bright for much, wrong ones marked."""
    day = max(round(DAY / readings.freq), 1)
    skipped = int((readings.times[0] - readings.times[0].normalize()) / readings.freq)
    values, marked = (_by_day(part, day, skipped) for part in (readings.values, readings.marked.astype(float)))
    good = readings.values[np.isfinite(readings.values) & ~readings.wrong]
    low, high = np.quantile(good, (0.005, 0.995)) if len(good) else (0.0, 1.0)
    start = float(mdates.date2num(readings.times[0].normalize().tz_localize(None)))  # type: ignore[no-untyped-call]
    extent = (start, start + values.shape[1], 24, 0)
    step = -(-values.shape[1] // MOST_DAYS)
    axes.imshow(values[:, ::step], aspect="auto", extent=extent, cmap=SHADES, vmin=low, vmax=high, interpolation="nearest")
    rows, columns = np.nonzero(marked > 0)
    axes.scatter(start + columns + 0.5, (rows + 0.5) * 24 / day, s=7, marker="s", color=style.VERMILION, linewidths=0)
    axes.set_ylabel("hour (UTC)", fontsize=9)
    axes.set_yticks([0, 6, 12, 18, 24])
    axes.set_ylim(24, 0)
    axes.set_facecolor(ABSENT)
    axes.grid(visible=False)
    axes.tick_params(labelsize=9, color=style.GREY)
    dated(axes)


def draw_stretch(axes: Axes, readings: Readings, finding: Finding) -> None:
    """Draw the worst stretch of a finding as a line, marks on what is wrong, and the same hours of earlier weeks behind it."""
    start, end = stretch_of(readings, finding)
    shown = np.asarray((readings.times >= start - ROUND) & (readings.times < end + ROUND))
    week = round(7 * DAY / readings.freq)
    times = readings.times[shown].tz_localize(None).to_numpy()
    good = np.where(readings.wrong, np.nan, readings.values)
    rows = np.flatnonzero(shown)
    for weeks in range(1, 5):
        earlier = np.where(rows >= weeks * week, good[np.maximum(rows - weeks * week, 0)], np.nan)
        axes.plot(times, earlier, color="#BBBBBB", linewidth=0.8, label="1 to 4 weeks before" if weeks == 1 else None)
    axes.plot(times, readings.values[shown], color=style.INK, linewidth=1.3, label="readings")
    low, high = _range(readings.values[shown], good[shown])
    axes.set_ylim(low, high)
    marked = shown & readings.marked & (readings.values >= low) & (readings.values <= high)
    if marked.any():
        stamps = readings.times[marked].tz_localize(None).to_numpy()
        axes.plot(stamps, readings.values[marked], "o", color=style.VERMILION, markersize=4, zorder=3, label="can't be right")
    for edge, beyond, marker in ((high, readings.values > high, "^"), (low, readings.values < low, "v")):
        _mark_beyond(axes, readings, shown & beyond, edge, marker)
    _finish(axes, readings.unit)


def _mark_beyond(axes: Axes, readings: Readings, beyond: Flags, edge: float, marker: str) -> None:
    """Mark readings beyond an end of the y axis by triangles there; the legend has the one that is furthest out."""
    if not beyond.any():
        return
    times, far = readings.times[beyond].tz_localize(None).to_numpy(), readings.values[beyond]
    label = f"beyond, {'up' if marker == '^' else 'down'} to {style.number(float(far.max() if marker == '^' else far.min()))}"
    label = style.with_unit(label, "") + (f" {readings.unit}" if readings.unit else "")
    axes.plot(times, np.full(len(far), edge), marker, color=style.VERMILION, markersize=6, clip_on=False, zorder=4, label=label)


def draw_levels(axes: Axes, readings: Readings, finding: Finding) -> None:
    """Draw the mean of each day, with lines where the level changes, or shades where readings are missing."""
    values = np.where(readings.wrong, np.nan, readings.values)
    daily = pd.Series(values, index=readings.times.tz_localize(None)).resample("D").mean()
    axes.plot(daily.index.to_numpy(), daily.to_numpy(), color=style.INK, linewidth=1.0, label="daily mean")
    if finding.kind == "level":
        for example in finding.examples:
            start = mdates.date2num(example.start.tz_localize(None))  # type: ignore[no-untyped-call]
            axes.axvline(start, color=style.VERMILION, linewidth=1.6, label="here" if example is finding.examples[0] else None)
    absent = daily.isna().to_numpy()
    if absent.any():
        low, high = axes.get_ylim()
        axes.fill_between(daily.index.to_numpy(), low, high, where=absent.tolist(), color=style.PALE, step="post", label="missing")
        axes.set_ylim(low, high)
    _finish(axes, readings.unit)


def draw_shapes(axes: Axes, readings: Readings, finding: Finding) -> None:
    """Draw the mean daily shape within the first stretch of a finding, and outside of it."""
    hour = readings.times.hour.to_numpy() + readings.times.minute.to_numpy() / 60
    values = np.where(readings.wrong, np.nan, readings.values)
    inside = np.zeros(len(values), dtype=bool)
    for example in finding.examples:
        inside |= np.asarray((readings.times >= example.start) & (readings.times < example.end))
    first = finding.examples[0].start
    near = np.asarray((readings.times >= first - 60 * DAY) & (readings.times < first + 60 * DAY))
    for chosen, colour, name in (
        (near & ~inside, style.GREY, "before or after"),
        (near & inside, style.VERMILION, "in the stretch"),
    ):
        shape = pd.Series(values[chosen]).groupby(hour[chosen]).mean()
        axes.plot(shape.index.to_numpy(), shape.to_numpy(), color=colour, linewidth=1.8, label=name)
    _finish(axes, readings.unit, dates=False)
    axes.set_xlabel("hour of the day (UTC)", fontsize=9)
    axes.set_xticks(range(0, 25, 3))


def draw_pair(axes: Axes, readings: Readings, other: Readings, names: tuple[str, str]) -> None:
    """Draw the readings of a place over those of the place that it is a copy of."""
    style.dressed(axes, "")
    axes.plot(other.values, readings.values, ".", color=style.BLUE, markersize=2, rasterized=True)
    axes.set_xlabel(style.with_unit(names[1], other.unit), fontsize=9)
    axes.set_ylabel(style.with_unit(names[0], readings.unit), fontsize=9)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(style.NUMBERS)
        axis.set_major_locator(MaxNLocator(5))


def stretch_of(readings: Readings, finding: Finding) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return the stretch with the marked reading that is furthest from what is usual, or else the first; cut to four weeks."""
    example = finding.examples[0]
    start, end = example.start, example.end
    if readings.marked.any():
        away = readings.values - np.nanmedian(readings.values)
        away = {"spike": away, "drop": -away}.get(finding.kind, np.abs(away))
        at = int(np.where(readings.marked, away, -np.inf).argmax())
        good = np.flatnonzero(~readings.marked)
        place = int(np.searchsorted(good, at))
        first = int(good[place - 1]) + 1 if place > 0 else 0
        last = int(good[place]) if place < len(good) else len(readings.times)
        start, end = readings.times[first], readings.times[last - 1] + readings.freq
    return start, min(end, start + LONGEST)


def dated(axes: Axes) -> None:
    """Write dates on the x axis, briefly."""
    locator = AutoDateLocator(minticks=4, maxticks=10)  # type: ignore[no-untyped-call]
    axes.xaxis_date()
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]


def _by_day(part: Values, day: int, skipped: int) -> Values:
    """Return values as (hour, day), NaN where the first and the last day have none."""
    columns = -(-(len(part) + skipped) // day)
    padded = np.full(columns * day, np.nan)
    padded[skipped : skipped + len(part)] = part
    return padded.reshape(columns, day).T


def _range(values: Values, good: Values) -> tuple[float, float]:
    """Return the ends of the y axis: all readings, unless wrong ones would flatten the rest to a line."""
    known, fine = values[np.isfinite(values)], good[np.isfinite(good)]
    if not len(known):
        return 0.0, 1.0
    fine = fine if len(fine) else known
    height = float(np.ptp(fine)) or abs(float(fine[0])) or 1.0
    low = max(float(known.min()), float(fine.min()) - 3 * height)
    high = min(float(known.max()), float(fine.max()) + 3 * height)
    room = 0.06 * ((high - low) or height)
    return low - room, high + room


def _finish(axes: Axes, unit: str, *, dates: bool = True) -> None:
    style.dressed(axes, "")
    axes.set_ylabel(style.with_unit("consumption", unit), fontsize=8)
    axes.yaxis.set_major_formatter(style.NUMBERS)
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.tick_params(labelsize=9)
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=4,
        frameon=False,
        fontsize=8,
        borderpad=0.1,
        columnspacing=0.7,
        handlelength=1.1,
    )
    axes.margins(x=0.01)
    if dates:
        dated(axes)
