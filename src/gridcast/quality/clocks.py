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
NEIGHBOURS = 4  # places from which on their common shape is a clock
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

    The mean shape of each fortnight is laid beside the median shape of all places in that fortnight (four places or more): the
    lag at which they fit best, less the usual lag of the place, is the error of its clock. A place by itself is laid beside its
    own fortnights before; where its zone is not known, not across the changes of the clock, which move the shape in UTC.
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
    days = hourly.reshape(blocks, BLOCK, 24, -1)
    present = np.isfinite(days).mean(axis=(1, 2)) >= PRESENT
    daily = median(np.moveaxis(days, 2, 0))
    shape = median(np.moveaxis(days - daily[:, :, None, :], 1, 0))
    shape = shape - shape.mean(axis=1, keepdims=True)
    size = np.sqrt((shape**2).sum(axis=1, keepdims=True))
    return Shapes(np.where(present[:, None, :] & (size > 0), shape / np.where(size > 0, size, 1), np.nan), steps)


def _hourly(history: History, days: int) -> Floats:
    """Return readings by the local hour, shape (days * 24, location)."""
    values = history.known[: days * history.day]
    if history.day > 24:
        values = median(values.reshape(days * 24, history.day // 24, -1).swapaxes(0, 1))
    hourly = np.empty(values.shape, dtype=np.float64)
    times = history.times[: days * history.day : max(history.day // 24, 1)]
    for zone in dict.fromkeys(history.timezones):
        chosen = np.array([one == zone for one in history.timezones])
        ahead = np.round(offsets(times, zone)).astype(int) if zone != "UTC" else np.zeros(len(times), dtype=int)
        rows = np.clip(np.arange(len(times)) - ahead, 0, None)
        hourly[:, chosen] = values[rows][:, chosen]
    return hourly


def _lags(shapes: Floats, reference: Floats) -> tuple[Lags, Lags]:
    """Return by how many hours shapes come later than the reference, and how well they fit there; (block, location) each."""
    fits = np.stack([(np.roll(shapes, -lag, axis=1) * reference).sum(axis=1) for lag in LAGS])
    best = np.nan_to_num(fits, nan=-2).argmax(axis=0)
    inner = np.clip(best, 1, len(LAGS) - 2)
    left, here, right = (np.take_along_axis(fits, (inner + k)[None], axis=0)[0] for k in (-1, 0, 1))
    bend = left - 2 * here + right
    part = np.where((bend < 0) & (inner == best), 0.5 * (left - right) / np.where(bend < 0, bend, 1), 0)
    fit = np.take_along_axis(fits, best[None], axis=0)[0]
    return np.where(fit > ALIKE, LAGS[best] + part, np.nan), fit


def _off_neighbours(shapes: Shapes) -> Lags:
    """Return the lag of each place and block beside the others, less what is usual for the place; 0 where it is usual."""
    by_hour = shapes.by_hour
    common = median(by_hour.transpose(2, 0, 1))[:, :, None]
    common = common - common.mean(axis=1, keepdims=True)
    common = common / np.maximum(np.sqrt((common**2).sum(axis=1, keepdims=True)), 1e-12)
    lags, _ = _lags(by_hour, common)
    off = lags - median(lags)
    far = np.fmax(FAR * spread(lags), WHOLE)
    return np.where(np.abs(off) > far, off, 0)


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
    pairs = by_hour[:-1] + by_hour[1:]
    pairs = pairs / np.maximum(np.sqrt((pairs**2).sum(axis=1, keepdims=True)), 1e-12)
    moved, _ = _lags(pairs[LASTING:], pairs[:-LASTING])
    far = np.fmax(FAR * spread(moved), WHOLE)
    for place in range(moved.shape[1]):
        rows = [
            at for at in np.flatnonzero(np.abs(moved[:, place]) > far[place]).tolist() if not _expected(history, place, at, shapes)
        ]
        if not rows:
            continue
        first = max(rows, key=lambda at: abs(moved[at, place]))
        lag, start = float(moved[first, place]), (first + LASTING) * shapes.steps
        text = (
            f"the daily shape comes {abs(lag):.1f} h {'later' if lag > 0 else 'earlier'} from about {history.at(start):%Y-%m-%d} on"
        )
        span = (start, history.rows, lag)
        yield finding(history, "clock", place, text, spans=[span], count=history.rows - start)


def _expected(history: History, place: int, at: int, shapes: Shapes) -> bool:
    """Return whether a move may be that of the clock, at a place of which only UTC is known."""
    if history.timezones[place] != "UTC":
        return False
    days = pd.date_range(history.at(at * shapes.steps), history.at((at + 2 * LASTING) * shapes.steps)).day_of_year
    return any(((days >= first) & (days <= last)).any() for first, last in CHANGES)
