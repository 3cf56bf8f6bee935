"""Shifted clocks: a place whose daily shape is an hour or more off its neighbours, or off itself before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.quality.finding import Detection, Finding, finding, stretches
from gridcast.quality.history import Floats, History, median, offsets, spread

BLOCK = 14  # days whose mean daily shape is compared
PRESENT = 0.5  # share of the hours of a block that must have readings
LAGS = np.arange(-4, 5)  # looked at [h]
WHOLE = 0.7  # lag from which on it is a shifted clock and not a shape of its own [h]
FAR = 5.0  # spreads of the usual lag
ALIKE = 0.9  # correlation of the shapes at the best lag
TINY = 1e-9
NEIGHBOURS = 4  # places from which on what moves all of them is no fault of one
LASTING = 2  # blocks in a row
CHANGES = ((67, 97), (263, 312))  # days of the year in which clocks are changed somewhere
SUMMER = (80, 300)  # days of the year between which clocks of the north are ahead, at most
SEASONS = 0.8  # share of the blocks off that lie in one half of the year, from which on that is the reason

Lags = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Shapes:
    """Mean daily shapes by the local clock.

    Attributes:
        by_hour: Shape (block, 24, location), mean 0 and length 1; NaN where few readings are.
        steps: Rows of a block.
    """

    by_hour: Floats
    steps: int


def shifted_clocks(history: History) -> Detection:
    """Return places whose daily shape moves by an hour or more.

    The mean shape of each fortnight is laid beside the usual shape of the place: the lag at which they fit best, less the median
    lag of all places in that fortnight (four places or more), is the error of its clock. Besides, each fortnight is laid beside
    those before; where the zone of a place is not known, not across the changes of the clock, which move the shape in UTC.
    """
    hours = round(24 / history.day, 6)
    if hours > 1 or history.rows < 2 * BLOCK * history.day:
        return Detection()
    shapes = _shapes(history)
    if len(history.locations) >= NEIGHBOURS:
        off = _off_neighbours(shapes)
        found = [f for place in range(off.shape[1]) for f in _lasting(history, shapes, place, off[:, place])]
        moved = {f.location for f in found}
    else:
        found, moved = [], set()
    found += [f for f in _off_themselves(history, shapes) if f.location not in moved]
    return Detection(tuple(found))


def _shapes(history: History) -> Shapes:
    steps = BLOCK * history.day
    blocks = history.rows // steps
    hourly = _hourly(history, blocks * BLOCK)
    days = hourly.reshape(blocks, BLOCK, 24, hourly.shape[1])
    present = np.isfinite(days).mean(axis=(1, 2)) >= PRESENT
    daily = median(np.moveaxis(days, 2, 0))
    shape = median(np.moveaxis(days - daily[:, :, None, :], 1, 0))
    return Shapes(np.where(present[:, None, :], _unit(shape), np.nan), steps)


def _hourly(history: History, days: int) -> Floats:
    """Return readings by the local hour, shape (days * 24, location)."""
    values = history.known[: days * history.day]
    if history.day > 24:
        values = median(values.reshape(days * 24, history.day // 24, values.shape[1]).swapaxes(0, 1))
    hourly = np.empty(values.shape, dtype=np.float64)
    times = history.times[: days * history.day : max(history.day // 24, 1)]
    for zone in dict.fromkeys(history.timezones):
        chosen = np.array([one == zone for one in history.timezones])
        ahead = np.round(offsets(times, zone)).astype(int) if zone != "UTC" else np.zeros(len(times), dtype=int)
        rows = np.clip(np.arange(len(times)) - ahead, 0, len(times) - 1)
        hourly[:, chosen] = values[rows][:, chosen]
    return hourly


def _lags(shapes: Floats, reference: Floats) -> Lags:
    """Return by how many hours shapes come later than the reference, shape (block, location); NaN where they don't fit."""
    fits = np.stack([(np.roll(shapes, -lag, axis=1) * reference).sum(axis=1) for lag in LAGS])
    best = np.nan_to_num(fits, nan=-2).argmax(axis=0)
    inner = np.clip(best, 1, len(LAGS) - 2)
    left, here, right = (np.take_along_axis(fits, (inner + k)[None], axis=0)[0] for k in (-1, 0, 1))
    bend = left - 2 * here + right
    part = np.where((bend < 0) & (inner == best), 0.5 * (left - right) / np.where(bend < 0, bend, 1), 0)
    fit = np.take_along_axis(fits, best[None], axis=0)[0]
    return np.where(fit > ALIKE, LAGS[best] + part, np.nan)


def _off_neighbours(shapes: Shapes) -> Lags:
    """Return by how much the shape of each place is later than usual, less what that is at the other places; 0 where it is little.

    Usual is the median shape of the place over all blocks. What moves the shapes of all places are seasons and clocks.
    """
    own = _unit(median(shapes.by_hour)[None])
    lags = _lags(shapes.by_hour, own)
    off = lags - median(lags.T)[:, None]
    off = off - median(off)
    far = np.fmax(FAR * spread(np.diff(off, axis=0)) / np.sqrt(2), WHOLE)  # steps, since many blocks may be off
    return np.where(np.abs(off) > far, off, 0)


def _unit(shapes: Floats) -> Floats:
    """Return shapes with mean 0 and length 1 along the hours."""
    shapes = shapes - shapes.mean(axis=1, keepdims=True)
    return np.asarray(shapes / np.maximum(np.sqrt((shapes**2).sum(axis=1, keepdims=True)), TINY))


def _lasting(history: History, shapes: Shapes, place: int, off: Lags) -> Iterator[Finding]:
    """Yield the finding of a place whose clock is off for some blocks in a row."""
    runs = [run for sign in (1, -1) for run in stretches(off * sign > 0) if run[1] - run[0] >= LASTING]
    if not runs:
        return
    spans = [(a * shapes.steps, b * shapes.steps, float(np.median(off[a:b]))) for a, b in sorted(runs)]
    worst = max(spans, key=lambda span: span[1] - span[0])
    blocks = np.concatenate([np.arange(a, b) for a, b in runs])
    text = (
        f"the daily shape comes {abs(worst[2]):.1f} h {'later' if worst[2] > 0 else 'earlier'} than usual beside the other places "
        f"from {history.at(worst[0]):%Y-%m-%d} to {history.at(worst[1]):%Y-%m-%d}{_half_year(history, shapes, blocks)}"
    )
    count = sum(end - start for start, end, _ in spans)
    yield finding(history, "clock", place, text, spans=spans, count=count)


def _half_year(history: History, shapes: Shapes, blocks: npt.NDArray[np.intp]) -> str:
    """Return the reason where the blocks lie in one half of the year, and in more than one year or the whole half."""
    days = np.array([history.at(int(block * shapes.steps + shapes.steps // 2)).day_of_year for block in blocks])
    summer = ((days > SUMMER[0]) & (days < SUMMER[1])).mean()
    if len(blocks) < 180 // BLOCK - 2 or SEASONS > summer > 1 - SEASONS:
        return ""
    return f", in {'summer' if summer > 0.5 else 'winter'} only: a file in local time that is called UTC, or the other way round?"


def _off_themselves(history: History, shapes: Shapes) -> Iterator[Finding]:
    """Yield the finding of each place whose shape moves from one pair of blocks to the next."""
    by_hour = shapes.by_hour
    if len(by_hour) < 2 * LASTING:
        return
    pairs = _unit(by_hour[:-1] + by_hour[1:])
    moved = _lags(pairs[LASTING:], pairs[:-LASTING])
    far = np.fmax(FAR * spread(moved), WHOLE)
    for place in range(moved.shape[1]):
        rows = [
            at for at in np.flatnonzero(np.abs(moved[:, place]) > far[place]).tolist() if not _expected(history, place, at, shapes)
        ]
        if not rows:
            continue
        first = max(rows, key=lambda at: abs(moved[at, place]))
        lag, start = float(moved[first, place]), (first + LASTING) * shapes.steps
        way = "later" if lag > 0 else "earlier"
        reason = _at_change(history, place, start, shapes)
        text = f"the daily shape comes {abs(lag):.1f} h {way} from about {history.at(start):%Y-%m-%d} on{reason}"
        span = (start, history.rows, lag)
        yield finding(history, "clock", place, text, spans=[span], count=history.rows - start)


def _at_change(history: History, place: int, start: int, shapes: Shapes) -> str:
    """Return the reason where the clock of a known zone is changed about then."""
    rows = slice(max(start - shapes.steps, 0), start + shapes.steps)
    changes = np.ptp(offsets(history.times[rows], history.timezones[place])) > 0
    return ", where the clock is changed: does the file keep one time all year?" if changes else ""


def _expected(history: History, place: int, at: int, shapes: Shapes) -> bool:
    """Return whether a move may be that of the clock, at a place of which only UTC is known."""
    if history.timezones[place] != "UTC":
        return False
    days = pd.date_range(history.at(at * shapes.steps), history.at((at + 2 * LASTING) * shapes.steps)).day_of_year
    return any(((days >= first) & (days <= last)).any() for first, last in CHANGES)
