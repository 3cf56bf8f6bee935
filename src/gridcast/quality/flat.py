"""Flat lines: the same reading for longer than is usual at a place."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gridcast.quality.finding import Detection, detected, lasting, shown
from gridcast.quality.history import Flags, Floats, History

LEAST = 4  # equal readings that may be worth a word
CHANCE = 0.01  # flat lines that chance may make in the whole history of a place
HABIT = 0.2  # share of the days with a flat line from which on flat lines are a habit, such as a constant base at night
LONGER = 1.5  # than the usual flat line, where they are a habit

Lengths = npt.NDArray[np.intp]


def flat_lines(history: History) -> Detection:
    """Return readings that stay the same for too long.

    Readings are rounded, and small loads repeat by chance: where a share p of the readings equals the one before, a run of n is
    expected T p^(n-1) times in T readings. Runs that would come less than 0.01 times are flat lines, at least 4 readings. Where
    such runs come on more than a fifth of the days they are usual, and only much longer ones are marked.
    Readings that may not teach are marked from the moment on at which the run has become too long.
    """
    same = _same(history.values)
    so_far = _run_lengths(same)
    known = same[: history.rows]
    whole = _whole_lengths(so_far[: history.rows], known)
    longest = _longest_usual(whole, known, history.day)
    wrong = so_far > longest
    wrong[: history.rows] = whole > longest

    def sentence(place: int, runs: list[tuple[int, int]]) -> str:
        start, end = max(runs, key=lambda run: run[1] - run[0])
        value = history.values[start, place]
        return (
            f"the same reading for up to {lasting(history, end - start)} ({shown(value)} from {history.at(start):%Y-%m-%d %H:%M}); "
            f"usual are at most {lasting(history, int(longest[place]))}"
        )

    return detected(history, "flat", wrong & np.isfinite(history.values), sentence)


def _same(values: Floats) -> Flags:
    """Return which readings equal the one before, shape (time, location)."""
    same = np.zeros(values.shape, dtype=bool)
    same[1:] = values[1:] == values[:-1]
    return same


def _run_lengths(same: Flags) -> Lengths:
    """Return how many equal readings there were in a row up to each, itself included."""
    rows = np.arange(len(same))[:, None]
    starts = np.maximum.accumulate(np.where(same, 0, rows), axis=0)
    return np.asarray(rows - starts + 1)


def _whole_lengths(so_far: Lengths, same: Flags) -> Lengths:
    """Return the length of the run that each reading belongs to."""
    if not len(same):
        return so_far
    goes_on = np.vstack([same[1:], np.zeros((1, same.shape[1]), dtype=bool)])
    ahead = _run_lengths(goes_on[::-1])[::-1]
    return np.asarray(so_far + ahead - 1)


def _longest_usual(whole: Lengths, same: Flags, day: int) -> npt.NDArray[np.float64]:
    """Return the longest run that is usual at each place, shape (location,)."""
    rows = max(len(same), 1)
    ordinary = whole <= max(day // 2, LEAST)
    repeats = (same & ordinary).sum(axis=0) / np.maximum(ordinary.sum(axis=0), 1)
    longest = np.maximum(1 + np.log(CHANCE / rows) / np.log(np.clip(repeats, 1e-6, 0.95)), LEAST - 1)
    begins = ~same & (whole > longest)
    for place in np.flatnonzero(begins.sum(axis=0) > max(HABIT * rows / day, 5)):
        longest[place] = LONGER * np.quantile(whole[begins[:, place], place], 0.95)
    return np.asarray(np.floor(longest))
