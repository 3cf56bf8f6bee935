"""Spikes and drops: readings far from the same hour of the days around, and one-hour jumps there and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gridcast.errors import counted
from gridcast.quality.finding import Detection, Severity, detected, shown
from gridcast.quality.history import NORMAL, Flags, Floats, History, median, quantile, shifted, spread

Rows = npt.NDArray[np.intp]

DAYS = (-14, -7, -3, -2, -1, 1, 2, 3, 7, 14)  # whose same hour is compared with: each weekday is among them
WEEKS = (-21, -14, -7, 7, 14, 21)  # days of the same weekday, whose median is what daily readings are compared with
ENOUGH = 4  # of these that must have readings
PRESENT = 0.8  # share of the readings around that tell the level of a day
BLOCK = 28  # days whose spread is compared with that of the whole history

# in spreads; chosen on 2015-2016 of us_ba, see benchmarks/anomalies.md
FAR = (5.0, 4.0)  # out of the range of the same hour of the days around: as it is, and relative to the level of the day
JUMP = 4.5  # from one reading to the next, there and back
BOTH = (5.0, 3.0)  # from the median of the same hour of the days around, and a jump there and back
SHARP = 2.5  # jump there and back of the readings themselves, in spreads of their steps

COMMON = 5  # places from which on their median is weather
HABIT = 0.3  # share of the days with a jump at the same hour from which on it is a habit
SMOOTH = 24  # readings a day from which on neighbours in time are alike
LEAST = 0.003  # a spread is at least this share of the usual reading: no place is better known
FEW, MANY, EXTREME = 10, 0.001, 2.5  # readings, share of readings, or times the bounds, from which on it is more than a note
LOW, HIGH = 0.05, 5.0  # shares of the usual reading beyond which none can be right, where the others are within
REACH = 5.0  # times the range of 90 % of the readings, from the middle, where the usual reading is near zero
BEYOND = 0.25  # of the range of a place's good readings may later ones lie outside of it


@dataclass(frozen=True)
class Beside:
    """Readings beside the same hour of the days around, shape (time, location) each.

    Attributes:
        off: How far they are from the median.
        out: How far they are out of the range.
    """

    off: Floats
    out: Floats


def spikes_and_drops(history: History) -> Detection:
    """Return readings that can't be right beside their own history.

    A reading is compared with the same hour 1, 2, 3, 7 and 14 days before and after it, once as it is and once relative to the
    level of its own day (half a day before and after it). One that is out of their range by more than 5 robust spreads, or 4
    relative to the level, is marked: a holiday is like a Sunday. What the median of five or more places is off is weather and
    doesn't count, up to as many spreads. Marked is also what stands out from both of its neighbours in time by 4.5 spreads of the
    usual step, or by 3 where it is 5 spreads off the median of the same hour as well.

    What repeats at the same hour of many days is compared with its neighbours in time alone: a jump there and back by 2.5 spreads
    of the place's steps is marked, if such jumps do not come on 30 % of all days at that hour.

    Whatever its history, no reading is right below a twentieth of the usual or above five times it, where 95 % are within that;
    where the usual reading is near zero (net load), none is right beyond five times the range of 90 % of the readings. Readings
    that may not teach are compared with the range of the good ones before them instead of with the days around, widened by a
    quarter.
    """
    known, day = history.known, history.day
    least = np.where(history.typical > 0, LEAST * history.typical, np.inf).astype(known.dtype)
    raw = _beside(known, day)
    shape = _beside(known - _level(known, day), day) if day > 1 else raw
    wide = _scale(raw.off, BLOCK * day, least)
    narrow = _scale(shape.off, BLOCK * day, least)
    step = _scale(raw.off - shifted(raw.off, 1), BLOCK * day, least)
    jump = _jump(raw.off) / step
    apart = (np.abs(shape.off / narrow) > BOTH[0]) & (np.abs(jump) > BOTH[1])
    strength = _strongest(
        _own(raw.out / wide, FAR[0]) / FAR[0],
        _own(shape.out / narrow, FAR[1]) / FAR[1],
        jump / JUMP,
        np.where(apart, jump / BOTH[1], 0),
        _sharp(known, day, JUMP * step),
        _size(history)[: history.rows],
    )
    return _told(history, np.vstack([strength, _outside(history, strength != 0)]))


def _strongest(*strengths: Floats) -> Floats:
    """Return the strongest sign of a fault, in units of the bounds from which on a reading is marked; 0 within them all."""
    strongest = np.nan_to_num(strengths[0])
    for strength in strengths[1:]:
        strongest = np.where(np.abs(strength) > np.abs(strongest), strength, strongest)
    return np.where(np.abs(strongest) > 1, strongest, 0)


def _beside(values: Floats, day: int) -> Beside:
    """Return readings beside the same hour of the days around; the median is that of the same weekday where they are daily."""
    around = np.stack([shifted(values, days * day) for days in DAYS])
    enough = np.isfinite(around).sum(axis=0) >= ENOUGH
    out = np.maximum(values - np.fmax.reduce(around), 0) + np.minimum(values - np.fmin.reduce(around), 0)
    middle = median(around) if day > 1 else median(np.stack([shifted(values, days) for days in WEEKS]))
    return Beside(values - middle, np.where(enough, out, 0))


def _level(values: Floats, day: int) -> Floats:
    """Return the median of half a day before to half a day after each reading, of 13 or 25 readings; NaN where most are missing."""
    step = max(day // (12 if day <= 24 else 24), 1)
    around = np.stack([shifted(values, k) for k in range(-(day // 2), day // 2 + 1, step)])
    enough = np.isfinite(around).sum(axis=0) >= PRESENT * len(around)
    return np.where(enough, median(around), np.nan).astype(values.dtype)


def _scale(residual: Floats, block: int, least: Floats) -> Floats:
    """Return the spread of residuals: the geometric mean of that of the place and that of its four weeks, smoothed.

    Some places are noisier in some seasons or years than in others, and four weeks alone may be mostly wrong.
    """
    whole = spread(residual)
    blocks = -(-len(residual) // block)
    padded = np.full((blocks * block, residual.shape[1]), np.nan, dtype=residual.dtype)
    padded[: len(residual)] = residual
    own = NORMAL * median(np.abs(padded).reshape(blocks, block, residual.shape[1]).swapaxes(0, 1))
    edges = np.pad(own, ((1, 1), (0, 0)), mode="edge") if blocks else own
    own = median(np.stack([edges[:-2], edges[1:-1], edges[2:]])) if blocks else own
    scale = np.sqrt(np.where(np.isfinite(own), own, whole) * whole)
    return np.asarray(np.fmax(np.repeat(scale, block, axis=0)[: len(residual)], least))


def _own(off: Floats, far: float) -> Floats:
    """Return how far each place is off by itself: less what the median of all places is off in the same direction, up to `far`."""
    if off.shape[1] < COMMON:
        return off
    shared = np.clip(median(off.T), -far, far)[:, None] * np.sign(off)
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
    """Return by how much readings stand out from both neighbours in time, in units of the bound; 0 where that is a habit."""
    if day < SMOOTH or not len(values):
        return np.zeros_like(values)
    strength = _jump(values) / np.fmax(SHARP * spread(values - shifted(values, 1)), least)
    padded = np.zeros((-(-len(values) // day) * day, values.shape[1]), dtype=bool)
    padded[: len(values)] = np.abs(strength) > 1
    habit = padded.reshape(-1, day, values.shape[1]).mean(axis=0) >= HABIT
    return np.where(np.resize(habit, values.shape), 0, strength)


def _outside(history: History, wrong: Flags) -> Floats:
    """Return 1 and -1 where later readings are above and below all that the good ones before them were."""
    good = np.where(wrong, np.nan, history.known)
    highest = np.max(good, axis=0, where=np.isfinite(good), initial=-np.inf)
    lowest = np.min(good, axis=0, where=np.isfinite(good), initial=np.inf)
    room = np.where(highest > lowest, BEYOND * (highest - lowest), np.inf)
    later = history.values[history.rows :]
    outside = np.where(later > highest + room, 1, np.where(later < lowest - room, -1, 0))
    return _strongest(2 * outside.astype(later.dtype), _size(history)[history.rows :])


def _size(history: History) -> Floats:
    """Return a strong sign where readings are of another size than all others of their place, shape (time, location)."""
    bottom, middle, top = (quantile(history.known, share) for share in (0.05, 0.5, 0.95))
    reach = np.where(top > bottom, REACH * (top - bottom), np.inf)
    consuming = (history.floor > 4 * LOW * history.typical) & (bottom > 0)
    low = np.where(consuming, LOW * history.typical, middle - reach)
    high = np.where(consuming & (top < HIGH * history.typical), HIGH * history.typical, middle + reach)
    above, below = history.values > high, history.values < low
    return np.where(above, 2 * EXTREME, np.where(below, -2 * EXTREME, 0)).astype(history.values.dtype)


def _told(history: History, strength: Floats) -> Detection:
    """Return what is above as spikes and what is below as drops; few that are little out of bounds are no more than a note."""
    finite = np.isfinite(history.values)
    parts = []
    for kind, sign in (("spike", 1), ("drop", -1)):
        marked = (sign * strength > 0) & finite
        worst = np.where(marked, sign * history.values, -np.inf).argmax(axis=0)
        severe = (np.abs(np.where(marked, strength, 0)).max(axis=0, initial=0) > EXTREME) | (
            marked.sum(axis=0) > max(FEW, MANY * len(marked))
        )

        def sentence(place: int, runs: list[tuple[int, int]], kind: str = kind, worst: Rows = worst) -> str:
            return _sentence(history, place, len(runs), int(worst[place]), kind)

        def severity(place: int, severe: Flags = severe) -> Severity:
            return "warning" if severe[place] else "note"

        parts.append(detected(history, kind, marked, sentence, severity=severity))
    return Detection(parts[0].findings + parts[1].findings, parts[0].masks + parts[1].masks)


def _sentence(history: History, place: int, runs: int, worst: int, kind: str) -> str:
    most = "highest" if kind == "spike" else "lowest"
    return (
        f"{counted(runs, kind)} away from the same hour of the days around or from the hours beside, the {most} "
        f"{shown(history.values[worst, place])} at {history.at(worst):%Y-%m-%d %H:%M} (usual: {shown(history.typical[place])})"
    )
