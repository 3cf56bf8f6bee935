"""Spikes and drops: readings far from the same hour of the days around, and one-hour jumps there and back."""

from __future__ import annotations

import numpy as np

from gridcast.errors import counted
from gridcast.quality.finding import Detection, detected
from gridcast.quality.history import NORMAL, Flags, Floats, History, median, shifted, spread

DAYS = (-14, -7, -3, -2, -1, 1, 2, 3, 7, 14)  # whose same hour is compared with
BLOCK = 28  # days whose spread is compared with that of the whole history

# in spreads; chosen on 2015-2016 of us_ba, see benchmarks/anomalies.md
FAR = 8.0  # from the same hour of the days around, as it is or relative to the level of the day
JUMP = 4.5  # from one reading to the next, there and back
BOTH = (5.0, 3.0)  # far relative to the level of the day, and a jump there and back
SHARP = 2.5  # jump there and back of the readings themselves, in spreads of their steps

COMMON = 5  # places from which on their median is weather
HABIT = 0.3  # share of the days with a jump at the same hour from which on it is a habit
SMOOTH = 24  # readings a day from which on neighbours in time are alike

LEAST = 0.003  # a spread is at least this share of the usual reading: no place is better known
BEYOND = 0.25  # of the range of a place's good readings may later ones lie outside of it


def spikes_and_drops(history: History) -> Detection:
    """Return readings that can't be right beside their own history.

    A reading is compared with the median of the same hour 1, 2, 3, 7 and 14 days before and after it, once as it is and once
    relative to the level of its own day (half a day before and after it). One that is further off than 8 robust spreads in either
    is marked; what the median of five or more places is off, up to 8 spreads, is weather and doesn't count. So is one that stands
    out from both of its neighbours in time by 4.5 spreads of the usual step, or by 3 where it is also 5 spreads off.

    What repeats at the same hour of many days is compared with its neighbours in time alone: a jump there and back by 2.5 spreads
    of the place's steps is marked, if such jumps do not come on 30 % of all days at that hour.

    Readings that may not teach are compared with the range of the good ones before them instead, widened by a quarter.
    """
    known = history.known
    least = np.where(history.typical > 0, LEAST * history.typical, np.inf).astype(known.dtype)
    block = BLOCK * history.day
    raw = known - _same_hour(known, history.day)
    relative = known - _level(known, history.day) if history.day > 1 else known
    shape = relative - _same_hour(relative, history.day) if history.day > 1 else raw
    step = _scale(raw - shifted(raw, 1), block, least)
    jump = _jump(raw) / step
    off = _own(shape / _scale(shape, block, least))
    far = (np.abs(_own(raw / _scale(raw, block, least))) > FAR) | (np.abs(off) > FAR)
    wrong = far | (np.abs(jump) > JUMP) | ((np.abs(off) > BOTH[0]) & (np.abs(jump) > BOTH[1]))
    side = np.where(wrong, np.sign(np.where(np.abs(off) > FAR, off, raw)), 0)
    side = np.where(wrong, side, _sharp(known, history.day, JUMP * step))
    return _told(history, np.vstack([side, _outside(history, side != 0)]))


def _same_hour(values: Floats, day: int) -> Floats:
    """Return the median of the same hour of the days around; of the same weekday where readings are daily."""
    steps = [day * days for days in DAYS] if day > 1 else [7 * weeks for weeks in (-3, -2, -1, 1, 2, 3)]
    return median(np.stack([shifted(values, step) for step in steps]))


def _level(values: Floats, day: int) -> Floats:
    """Return the median of half a day before to half a day after each reading, of at most 13 readings."""
    step = max(day // 12, 1)
    return median(np.stack([shifted(values, k) for k in range(-(day // 2), day // 2 + 1, step)]))


def _scale(residual: Floats, block: int, least: Floats) -> Floats:
    """Return the spread of residuals: the geometric mean of that of the place and that of its four weeks, smoothed.

    Some places are noisier in some seasons or years than in others, and four weeks alone may be mostly wrong.
    """
    whole = spread(residual)
    blocks = -(-len(residual) // block)
    padded = np.full((blocks * block, residual.shape[1]), np.nan, dtype=residual.dtype)
    padded[: len(residual)] = residual
    own = NORMAL * median(np.abs(padded).reshape(blocks, block, -1).swapaxes(0, 1))
    edges = np.pad(own, ((1, 1), (0, 0)), mode="edge") if blocks else own
    own = median(np.stack([edges[:-2], edges[1:-1], edges[2:]])) if blocks else own
    scale = np.sqrt(np.where(np.isfinite(own), own, whole) * whole)
    return np.asarray(np.fmax(np.repeat(scale, block, axis=0)[: len(residual)], least))


def _own(off: Floats) -> Floats:
    """Return how far each place is off by itself: less what the median of all places is off in the same direction."""
    if off.shape[1] < COMMON:
        return off
    shared = np.clip(median(off.T), -FAR, FAR)[:, None] * np.sign(off)
    return np.asarray(np.sign(off) * np.maximum(np.abs(off) - np.maximum(shared, 0), 0))


def _jump(residual: Floats) -> Floats:
    """Return by how much a residual stands out from both neighbours in time, 0 where it is between them.

    Where a neighbour is missing the next but one counts.
    """
    steps = []
    for ahead in (1, -1):
        beside = shifted(residual, ahead)
        steps.append(residual - np.where(np.isnan(beside), shifted(residual, 2 * ahead), beside))
    return np.where(steps[0] * steps[1] > 0, np.sign(steps[0]) * np.minimum(np.abs(steps[0]), np.abs(steps[1])), 0)


def _sharp(values: Floats, day: int, least: Floats) -> Floats:
    """Return 1 and -1 where readings stand out from both neighbours in time, beside the steps of the place at any hour."""
    if day < SMOOTH:
        return np.zeros_like(values)
    jump = _jump(values)
    sharp = np.abs(jump) > np.fmax(SHARP * spread(values - shifted(values, 1)), least)
    padded = np.zeros((-(-len(values) // day) * day, values.shape[1]), dtype=bool)
    padded[: len(values)] = sharp
    days = padded.reshape(-1, day, values.shape[1])
    days = days & (days.mean(axis=0) < HABIT)
    return np.where(days.reshape(padded.shape)[: len(values)], np.sign(jump), 0)


def _outside(history: History, wrong: Flags) -> Floats:
    """Return 1 and -1 where later readings are above and below all that the good ones before them were."""
    good = np.where(wrong, np.nan, history.known)
    highest = np.max(good, axis=0, where=np.isfinite(good), initial=-np.inf)
    lowest = np.min(good, axis=0, where=np.isfinite(good), initial=np.inf)
    room = np.where(highest > lowest, BEYOND * (highest - lowest), np.inf)
    later = history.values[history.rows :]
    return np.asarray((later > highest + room).astype(np.int8) - (later < lowest - room).astype(np.int8), dtype=later.dtype)


def _told(history: History, side: Floats) -> Detection:
    """Return what is above as spikes and what is below as drops."""
    finite = np.isfinite(history.values)
    spikes, drops = (side > 0) & finite, (side < 0) & finite
    highest = np.where(spikes, history.values, -np.inf).argmax(axis=0)
    lowest = np.where(drops, history.values, np.inf).argmin(axis=0)
    above = detected(
        history, "spike", spikes, lambda place, runs: _sentence(history, place, len(runs), int(highest[place]), "spike")
    )
    below = detected(history, "drop", drops, lambda place, runs: _sentence(history, place, len(runs), int(lowest[place]), "drop"))
    return Detection(above.findings + below.findings, above.masks + below.masks)


def _sentence(history: History, place: int, runs: int, worst: int, kind: str) -> str:
    most = "highest" if kind == "spike" else "lowest"
    return (
        f"{counted(runs, kind)} away from the same hour of the days around or from the hours beside, the {most} "
        f"{history.values[worst, place]:,.6g} at {history.at(worst):%Y-%m-%d %H:%M} (usual: {history.typical[place]:,.6g})"
    )
