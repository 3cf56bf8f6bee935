"""Rounds of a backtest: which readings the forecasters learn from, and for which issue times and places they are then asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.clock import DAY
from gridcast.errors import ConfigError, counted
from gridcast.panel import Panel

ROOM = 1.5  # a region has at most so many times the mean number of places
STARTS = 10  # of k-means


@dataclass(frozen=True)
class Round:
    """One training, and the forecasts made after it.

    Attributes:
        learn: Makes the panel to learn from, when it is needed.
        issue_times: When forecasts are made, UTC, ascending, shape (issue_time,).
        scored: Places whose forecasts count; all of them where it is empty.
    """

    learn: Callable[[], Panel]
    issue_times: pd.DatetimeIndex
    scored: tuple[str, ...] = ()

    @property
    def train(self) -> Panel:
        """The panel to learn from, made anew each time."""
        return self.learn()


def rolling_origin(
    panel: Panel, issue_times: pd.DatetimeIndex, *, stride: pd.Timedelta = DAY, refit_days: int = 0, window_days: int = 0
) -> list[Round]:
    """Return rounds in which the forecasters learn from what was known at the first issue time of each.

    Args:
        panel: Readings of the whole period.
        issue_times: Of all rounds, UTC, ascending, shape (issue_time,).
        stride: Between two issue times, by the clock that they follow.
        refit_days: Days after which a new round begins; 0 for one round.
        window_days: Days of history to learn from; 0 for all.
    """
    since_first = np.arange(len(issue_times)) * (stride / DAY)
    number = np.floor(since_first / refit_days + 1e-9).astype(np.int64) if refit_days else np.zeros(len(issue_times), np.int64)
    blocks = [issue_times[number == each] for each in np.unique(number)]
    return [Round(partial(_known, panel, block[0], window_days), block) for block in blocks]


def cross_validation(
    panel: Panel, issue_times: pd.DatetimeIndex, *, folds: int, embargo: pd.Timedelta, steps: int = 24
) -> list[Round]:
    """Return rounds in which the forecasters learn from what comes before and after a block of time.

    The readings that are predicted in the block, and those within the embargo on either side, are missing in the panel to learn
    from. Forecasts are made from the whole panel, as it was known at their issue times.

    Args:
        panel: Readings of the whole period.
        issue_times: Of all blocks, UTC, ascending, shape (issue_time,).
        folds: Number of blocks, with as many issue times each as can be.
        embargo: Time on either side of a block that nobody learns from.
        steps: Steps from an issue time to the last one that is predicted.

    Raises:
        ConfigError: If there are fewer than two blocks, or a block leaves less than one such span to learn from.
    """
    _require_folds(folds, issue_times, "issue time")
    rounds = []
    for block in np.array_split(np.arange(len(issue_times)), folds):
        times = issue_times[block]
        first = int(panel.times.searchsorted(times[0] - embargo))
        stop = int(panel.times.searchsorted(times[-1] + steps * panel.freq + embargo))
        left = max(first, panel.rows - stop)
        if left < steps:
            raise ConfigError(
                "a block of the cross-validation leaves nothing to learn from",
                found=f"{counted(left, 'reading')} in a row a place outside {times[0]} to {times[-1]} and {embargo / DAY:g} days "
                f"around it, of {panel.rows:,}",
                expected=f"at least {steps:,}",
                hint="take more `backtest.folds`, or fewer `backtest.embargo_days`",
            )
        rounds.append(Round(partial(_without, panel, slice(first, stop)), times))
    return rounds


def leave_locations_out(panel: Panel, rounds: Sequence[Round], *, folds: int, by: str = "locations", seed: int = 0) -> list[Round]:
    """Return for each round one a group of places: the forecasters learn from the others and are scored at these.

    Forecasts are made from the whole panel, with the history of the places that were left out of the learning.

    Args:
        panel: Places of the whole.
        rounds: When the forecasters learn and forecast, such as those of `rolling_origin`.
        folds: Number of groups.
        by: `locations` for groups at random, of equal size; `regions` for places that lie together.
        seed: Of the random groups, and of the first centres of the regions.

    Raises:
        ConfigError: If there are fewer than two groups or more than places, or regions are asked for without coordinates.
    """
    _require_folds(folds, panel.locations, "place")
    numbers = _regions(panel, folds, seed) if by == "regions" else _at_random(panel, folds, seed)
    names, found = np.array(panel.locations, dtype=object), []
    for each in rounds:
        for number in range(folds):
            group, others = (tuple(names[own].tolist()) for own in (numbers == number, numbers != number))
            found.append(Round(partial(_only, each, others), each.issue_times, group))
    return found


def _known(panel: Panel, time: pd.Timestamp, window_days: int) -> Panel:
    known = panel.as_of(time)
    return known.recent(pd.Timedelta(days=window_days)) if window_days else known


def _without(panel: Panel, rows: slice) -> Panel:
    hidden = np.zeros(panel.consumption.shape, dtype=np.bool_)
    hidden[rows] = True
    return panel.masked(hidden)


def _only(each: Round, names: tuple[str, ...]) -> Panel:
    return each.train.only(names)


def _require_folds(folds: int, things: Sequence[str] | pd.DatetimeIndex, noun: str) -> None:
    if not 2 <= folds <= len(things):
        raise ConfigError(
            f"{counted(folds, 'fold')} of {counted(len(things), noun)}",
            found=f"`backtest.folds = {folds}`",
            expected=f"from 2 to {len(things)}",
            hint="set `backtest.folds = 2`" if len(things) > 1 else "leave out `backtest.folds` and `backtest.leave_out`",
        )


def _at_random(panel: Panel, folds: int, seed: int) -> npt.NDArray[np.int64]:
    """Return the group of each place, shape (location,); it does not depend on the order of the places."""
    shuffled = np.argsort(np.argsort(panel.locations))  # the rank of each name
    return np.asarray(np.random.default_rng(seed).permutation(len(shuffled))[shuffled] % folds, dtype=np.int64)


def _regions(panel: Panel, folds: int, seed: int) -> npt.NDArray[np.int64]:
    """Return the region of each place, shape (location,): by k-means on the globe."""
    if not panel.has_coordinates:
        raise ConfigError(
            "regions need coordinates",
            found=f"{counted(panel.locations, 'place')} without latitude and longitude",
            expected="a table of places with `id`, `latitude` and `longitude`",
            hint='name it in `data.spatial`, or set `backtest.leave_out = "locations"`',
        )
    order = np.argsort(panel.locations)
    points = _on_the_globe(*panel.coordinates)[order]
    different = len(np.unique(points, axis=0))
    if different < folds:
        raise ConfigError(
            "there are fewer different coordinates than regions",
            found=counted(different, "different point"),
            expected=f"at least {folds}",
            hint=f"set `backtest.folds = {max(2, different)}`",
        )
    numbers = np.empty(len(points), dtype=np.int64)
    numbers[order] = _with_room(points, folds, seed)
    return numbers


def _with_room(points: npt.NDArray[np.float64], folds: int, seed: int) -> npt.NDArray[np.int64]:
    """Return the number of the nearest centre that has room left, those nearest to theirs first, shape (location,)."""
    from sklearn.cluster import KMeans  # slow to import

    centres = KMeans(folds, n_init=STARTS, random_state=seed).fit(points).cluster_centers_
    distance = np.linalg.norm(points[:, None] - centres, axis=-1)
    room = np.full(folds, int(np.ceil(ROOM * len(points) / folds)))
    numbers = np.empty(len(points), dtype=np.int64)
    for place in np.argsort(distance.min(axis=1), kind="stable"):
        nearest = next(number for number in np.argsort(distance[place], kind="stable") if room[number])
        room[nearest] -= 1
        numbers[place] = nearest
    return numbers


def _on_the_globe(latitude: npt.NDArray[np.float64], longitude: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return points on the unit sphere, shape (location, 3): there is no seam at the date line."""
    north, east = np.radians(latitude), np.radians(longitude)
    return np.stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=-1)
