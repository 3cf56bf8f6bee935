"""Level jumps: a feeder was switched or a meter replaced, and a place consumes another amount from one week to the next."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np

from gridcast.quality.finding import Detection, Finding, finding
from gridcast.quality.history import Flags, Floats, History, median, quantile, spread

SIDE = 6  # weeks on either side that are compared
FEWEST = 2  # weeks on either side, in a short history
PRESENT = 0.4  # share of readings that a week must have
LEAST = 0.25  # change of the logarithm that is a jump: by more than a quarter
FAR = 6.0  # spreads of the usual change
ABRUPT = 0.7  # share of the change that happens within two weeks
APART = 0.5  # share of the change that lies between the weeks before and the weeks after, but for one week of either
ALONG = 5  # places from which on their common movement is taken off
YEAR = 52  # weeks


def level_jumps(history: History) -> Detection:
    """Return weeks at which the level of a place changes for good, beside its neighbours and the same weeks of other years.

    The median of six weeks after is compared with that of six weeks before (logarithm; fewer where the history is short). The
    median change of all places, and that of the place in the same weeks of the year before and after, are seasons. When it changed
    within the weeks around is told by the hours of the week that fit the weeks before, and those that fit the weeks after.
    """
    weekly, week = _weekly(history)
    side = min(SIDE, len(weekly) // 4)
    if side < FEWEST:
        return Detection()
    change = _change(weekly, side)
    unusual = _beside_seasons(change)
    far = np.fmax(FAR * spread(unusual), LEAST)
    abrupt = np.abs(_step(weekly)) > ABRUPT * np.abs(change)
    jumps = (np.abs(unusual) > far) & abrupt & _apart(weekly, change, side) & (np.sign(unusual) == np.sign(change))
    found: list[Finding] = []
    for place in np.flatnonzero(jumps.any(axis=0)).tolist():
        weeks = _highest(np.where(jumps, unusual, 0)[:, place], side)
        rows = [(_split(history.known[:, place], at, week, side), float(np.exp(change[at, place]))) for at in weeks]
        biggest = max(rows, key=lambda row: abs(np.log(row[1])))
        text = f"the level changes to {biggest[1]:.2g} times what it was about {history.at(biggest[0]):%Y-%m-%d %H:%M}, and stays"
        ends = [row for row, _ in rows[1:]] + [history.rows]
        spans = [(row, end, factor) for (row, factor), end in zip(rows, ends, strict=True)]
        found.append(finding(history, "level", place, text, spans=spans, count=history.rows - rows[0][0]))
    return Detection(tuple(found))


def _weekly(history: History) -> tuple[Floats, int]:
    """Return the logarithm of the median of each week, shape (week, location), NaN where few readings are; and its steps."""
    week = 7 * history.day
    weeks = history.rows // week
    values = history.known[: weeks * week].reshape(weeks, week, history.known.shape[1]).swapaxes(0, 1)
    level = median(values) if weeks else np.zeros((0, values.shape[-1]))
    present = np.isfinite(values).mean(axis=0) >= PRESENT
    usable = present & (level > 0) & (history.floor > 0)
    return np.log(level, out=np.full(level.shape, np.nan), where=usable), week


def _split(values: Floats, at: int, week: int, side: int) -> int:
    """Return the row, within a week of the week `at`, at which readings turn from the usual week before to that after.

    Usual is the median at each step of the week. The row is the one at which the distances (logarithm) before it to the usual
    before, and from it on to the usual after, are the smallest together.
    """
    parts = values[(at - side) * week : (at + side) * week]
    logs = np.log(parts, out=np.full(parts.shape, np.nan), where=parts > 0).reshape(-1, week)
    before, after = median(logs[: side - 1]), median(logs[side + 1 :])
    between = logs[side - 1 : side + 1]
    costs = np.nan_to_num(np.abs(between - before) - np.abs(between - after)).ravel()
    return (at - 1) * week + int(np.concatenate([[0], np.cumsum(costs)]).argmin())


def _change(weekly: Floats, side: int) -> Floats:
    """Return the median of the weeks from each on less that of the weeks before; NaN within `side` weeks of the ends."""
    change = np.full_like(weekly, np.nan)
    for at in range(side, len(weekly) - side + 1):
        change[at] = median(weekly[at : at + side]) - median(weekly[at - side : at])
    return change


def _apart(weekly: Floats, change: Floats, side: int) -> Flags:
    """Return where the weeks after lie above, or below, the weeks before; one week of either may be a mixture."""
    apart = np.zeros(weekly.shape, dtype=bool)
    spare = 1 / (side - 1)
    for at in range(side, len(weekly) - side + 1):
        sign = np.sign(change[at])
        before, after = sign * weekly[at - side : at], sign * weekly[at : at + side]
        apart[at] = quantile(after, spare) - quantile(before, 1 - spare) > APART * np.abs(change[at])
    return apart


def _step(weekly: Floats) -> Floats:
    """Return the change from the week before to the week of or after each."""
    return np.asarray(np.vstack([weekly[1:], weekly[-1:]]) - np.vstack([weekly[:1], weekly[:-1]]))


def _beside_seasons(change: Floats) -> Floats:
    """Return the change less what is usual: of the candidates for what is usual, the one that explains most of it."""
    others = [np.zeros_like(change)]
    if change.shape[1] >= ALONG:
        others.append(np.broadcast_to(median(change.T)[:, None], change.shape))
    for weeks in (YEAR, -YEAR):
        moved = np.full_like(change, np.nan)
        if len(change) > YEAR:
            moved[max(weeks, 0) : len(change) + min(weeks, 0)] = change[max(-weeks, 0) : len(change) - max(weeks, 0)]
        others.append(moved)
    rest = change - np.stack(others)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        least = np.nanmin(np.abs(rest), axis=0)
    return np.asarray(np.sign(change) * least)


def _highest(unusual: Floats, side: int) -> Iterator[int]:
    """Yield the weeks of the largest changes, at least `side` weeks apart, in the order of time."""
    left, chosen = np.abs(unusual), []
    while left.max() > 0:
        at = int(left.argmax())
        chosen.append(at)
        left[max(at - side, 0) : at + side + 1] = 0
    yield from sorted(chosen)
