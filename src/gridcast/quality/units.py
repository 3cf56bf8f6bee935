"""Unit slips: stretches in another unit than the rest, such as kW among MW."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridcast.quality.finding import Detection, detected, stretches
from gridcast.quality.history import Flags, Floats, History, median

POWERS = (3, 2, 1, -1, -2, -3)  # of ten, by which units slip
NEAR = 0.35  # how far a single reading may be from the power (decimal logarithm)
TYPICAL = 0.15  # how far the middle of the stretch may be, beside the same hour of the week
STEADY = 0.12  # spread of the stretch beside the same hour of the week: an outage has another shape
SEVERAL = 3  # readings that make a stretch; one or two are spikes
SHAPE = 0.7  # correlation with the usual week from which on a low stretch is in another unit, and not an outage


@dataclass(frozen=True)
class Slip:
    """A stretch of one place that is a power of ten away from the rest."""

    start: int
    end: int
    power: int


def unit_slips(history: History) -> Detection:
    """Return stretches that are a power of ten above or below the rest of their place, and have its shape.

    100 and 1000 times too high needs 3 readings. What is too low, or 10 times too high, may be an outage or another way of
    working: such a stretch has at least 7 readings that last a day, and rises and falls like a usual week.
    """
    wrong = np.zeros(history.values.shape, dtype=bool)
    slips: dict[int, list[Slip]] = {}
    usual = _usual(history)
    logs = _decades(history) - usual
    for place in np.flatnonzero((np.abs(logs) > 1 - NEAR).sum(axis=0) >= SEVERAL).tolist():
        slips[place] = list(_slips(history, logs[:, place], usual[:, place]))
        for slip in slips[place]:
            wrong[slip.start : slip.end, place] = True
    wrong &= np.isfinite(history.values)

    def sentence(place: int, _: list[tuple[int, int]]) -> str:
        worst = max(slips[place], key=lambda slip: slip.end - slip.start)
        factor = f"{10.0 ** abs(worst.power):,.0f}"
        what = f"{factor} times too high" if worst.power > 0 else f"{factor} times too low"
        span = f"{history.at(worst.start):%Y-%m-%d %H:%M} to {history.at(worst.end):%Y-%m-%d %H:%M}"
        return f"{what} from {span}, with the usual shape: another unit"

    return detected(history, "unit", wrong, sentence)


def _decades(history: History) -> Floats:
    """Return the decimal logarithm of known readings; NaN where they are not above 0."""
    logs = np.full(history.known.shape, np.nan)
    np.log10(history.known, out=logs, where=history.known > 0)
    return logs


def _usual(history: History) -> Floats:
    """Return what is usual at the same hour of the week, in decades; the middle of all in a short history."""
    logs = _decades(history)
    week = 7 * history.day
    weeks = -(-len(logs) // week)
    if weeks < 3:
        return np.broadcast_to(median(logs), logs.shape)
    padded = np.full((weeks * week, logs.shape[1]), np.nan)
    padded[: len(logs)] = logs
    return np.resize(median(padded.reshape(weeks, week, logs.shape[1])), logs.shape)


def _slips(history: History, logs: Floats, usual: Floats) -> list[Slip]:
    found = []
    for power in POWERS:
        doubtful = power < 2
        near = np.abs(logs - power) < NEAR
        for start, end in _joined(near, np.isnan(logs)):
            rows = start + np.flatnonzero(near[start:end])
            if len(rows) < (max(history.day, 7) if doubtful else SEVERAL) or abs(np.median(logs[rows]) - power) > TYPICAL:
                continue
            steady = np.median(np.abs(logs[rows] - np.median(logs[rows]))) < STEADY
            if steady and _steps(logs, start, end) and not (doubtful and _unlike(logs[rows] + usual[rows], usual[rows])):
                found.append(Slip(start, end, power))
    return found


def _unlike(part: Floats, usual: Floats) -> bool:
    """Return whether a stretch doesn't rise and fall as is usual."""
    if np.ptp(part) == 0 or np.ptp(usual) == 0:
        return True
    return bool(np.corrcoef(part, usual)[0, 1] < SHAPE)


def _joined(near: Flags, missing: Flags) -> list[tuple[int, int]]:
    """Return runs that are near a power, over missing readings within them, without missing ones at their ends."""
    runs = []
    for start, end in stretches(near | missing):
        rows = np.flatnonzero(near[start:end])
        if len(rows):
            runs.append((start + int(rows[0]), start + int(rows[-1]) + 1))
    return runs


def _steps(logs: Floats, start: int, end: int) -> bool:
    """Return whether readings on either side of a stretch are ordinary ones: the unit changes from one to the next."""
    beside = [logs[start - 1] if start else np.nan, logs[end] if end < len(logs) else np.nan]
    known = [abs(value) < NEAR for value in beside if np.isfinite(value)]
    return any(known) or (not known and bool(np.isfinite(logs).sum() > 2 * (end - start)))
