"""Which issue times are learned from, and which are held out to calibrate by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gridcast.clock import local_labels
from gridcast.errors import PanelError
from gridcast.samples.recipe import least_history
from gridcast.samples.samples import Rows, Samples

EVERY = 12  # one block in so many is held out
FEW = 2 * EVERY  # blocks, from which on single ones are held out all over the history; of fewer it is the last fifth
LEAST = 400  # issue times in an epoch; where there are fewer days, some days have several
DRAWS = 3  # issue times a day for what has a closed form, if they may be of any hour
HOP = 7  # steps later from one day that is held out to the next, if forecasts are issued at any hour
LONG = 3  # horizons that are held out of a short history, if they are at most the third of it
SHARE = 0.2  # of a short history that is held out


@dataclass(frozen=True)
class Parts:
    """The issue rows of a training part.

    Attributes:
        learned: Rows from which an epoch's issue times are drawn, ascending; their steps touch none that is held out.
        regular: Which of them are at the hour at which forecasts are issued; None for any hour.
        judged: Rows of the issue times that are held out, a day apart.
        day: Steps in a day.
    """

    learned: Rows
    regular: npt.NDArray[np.bool_] | None
    judged: Rows
    day: int

    def draw(self, random: np.random.Generator) -> Rows:
        """Return the issue rows of an epoch: one of each day, and of a short history more, at any hour, until there are enough."""
        if self.day == 1:
            return self.learned
        if self.regular is not None:
            drawn = self.learned[self.regular]
        else:
            days = self.learned // self.day
            starts = np.flatnonzero(np.diff(days, prepend=-1))
            sizes = np.diff(np.append(starts, len(days)))
            drawn = self.learned[starts + (random.random(len(starts)) * sizes).astype(np.int64)]
        missing = min(LEAST, len(self.learned)) - len(drawn)
        if missing <= 0:
            return drawn
        others = np.setdiff1d(self.learned, drawn, assume_unique=True)
        return np.concatenate([drawn, random.choice(others, missing, replace=False)])

    def fitted(self) -> Rows:
        """Return the issue rows by which what has a closed form is fitted, ascending."""
        random = np.random.default_rng(0)
        return np.unique(np.concatenate([self.draw(random) for _ in range(1 if self.regular is not None else DRAWS)]))


def parts_of(samples: Samples, hour: int | None = None, *, held_out: bool = True) -> Parts:
    """Return the parts of a panel's history.

    In a history of 24 weeks or more every twelfth week is held out, so that what is calibrated by it has seen all seasons, and
    the last weeks before the end are learned from. Of a shorter one it is the last fifth.

    Args:
        samples: Of the training part.
        hour: At which forecasts are issued, by the clock of the panel; None for any.
        held_out: Whether to hold anything out.

    Raises:
        PanelError: If nothing is left to learn from.
    """
    recipe, rows = samples.recipe, len(samples.readings)
    day, horizon = recipe.lags.day, recipe.horizon
    first = least_history(recipe.context, recipe.freq)
    issued = np.arange(first, rows - horizon + 1, dtype=np.int64)
    issued = issued[_has_target(samples, issued)]
    regular = None if hour is None or day == 1 else _at_hour(samples, hour)[issued]
    blocks = _held_out(rows, first, recipe.lags.week, horizon, day) if held_out else []
    learned, judged = np.ones(len(issued), dtype=bool), np.zeros(len(issued), dtype=bool)
    for begin, end in blocks:
        learned &= (issued + horizon <= begin) | (issued >= end)
        judged |= (issued >= begin) & (issued + horizon <= end)
    chosen = issued[judged & regular] if regular is not None else issued[judged]
    if regular is None and day > 1:
        days = np.unique(chosen // day)
        chosen = np.intersect1d(chosen, days * day + HOP * np.arange(len(days)) % day)
    if not learned.any():
        raise PanelError(
            "the history is too short",
            found=f"{rows:,} readings a place",
            expected=f"more than {first + 2 * horizon:,}: some weeks of history and two horizons",
            hint="take a shorter horizon, fewer test days, or a longer history",
        )
    return Parts(issued[learned], None if regular is None else regular[learned], chosen, day)


def _at_hour(samples: Samples, hour: int) -> npt.NDArray[np.bool_]:
    """Return at which rows the clock of the panel begins to show an hour."""
    zone = str(samples.panel.dataset.attrs.get("timezone", "UTC"))
    at = local_labels(samples.times, zone).hour.to_numpy() == hour
    return np.asarray(at & ~np.concatenate([[False], at[:-1]]))


def _has_target(samples: Samples, issued: Rows) -> npt.NDArray[np.bool_]:
    """Return at which issue rows any place has a reading to forecast."""
    there = np.concatenate([[0], np.cumsum(np.isfinite(samples.measured).any(axis=1))])
    return np.asarray(there[issued + samples.recipe.horizon] > there[issued])


def _held_out(rows: int, first: int, week: int, horizon: int, day: int) -> list[tuple[int, int]]:
    """Return the first and the last row of each block that is held out."""
    length = max(week, 7 * day) + horizon - min(horizon, day)
    count = (rows - first) // length
    if count < FEW:
        span = rows - first
        return [(rows - max(horizon, round(SHARE * span), min(LONG * horizon, span // LONG)), rows)]
    return [(rows - block * length, rows - (block - 1) * length) for block in range(EVERY // 2, count, EVERY)]
