"""By what scores are told apart: lead time, hour of the local clock, season, issue time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.clock import HOUR, clock_zone, local_labels
from gridcast.evaluation.hours import ScoredHours
from gridcast.forecast import Forecast
from gridcast.panel import Panel

SEASONS = ("winter", "spring", "summer", "autumn")

Codes = npt.NDArray[np.integer]
Labels = npt.NDArray[np.generic]


class Split(NamedTuple):
    """Groups of hours.

    Attributes:
        name: What the groups are.
        column: The column of the scores in which their labels stand.
        labels: What tells one from another, shape (group,).
        codes: The group of each hour, shape (issue_time, location, step).
        by_day: Whether all hours of a day are in one group, or may count as such.
    """

    name: str
    column: str
    labels: Labels
    codes: Codes
    by_day: bool = True


def splits_of(actual: Forecast, hours: ScoredHours, panel: Panel) -> tuple[Split, ...]:
    """Return the groups of the scored hours: `overall`, `lead`, `hour`, `season`, `issue`.

    The lead time is that from the issue time to the start of the interval [h]. Hour and season are those of the place's local
    clock; south of the equator it is summer from December on. A day belongs to the season of its first hour.
    """
    shape = hours.readings.shape
    issued, _, steps = shape
    hour, month = _local(actual, hours, panel)
    leads = np.arange(hours.gap, hours.gap + steps) * (actual.freq / HOUR)
    issue_times = actual.values.indexes["issue_time"].to_numpy()
    return (
        Split("overall", "location", np.array([""], dtype=object), np.broadcast_to(np.int64(0), shape)),
        Split("lead", "lead", leads, np.broadcast_to(np.arange(steps), shape), by_day=False),
        Split("hour", "hour", np.arange(24.0), hour, by_day=False),
        Split("season", "season", np.array(SEASONS, dtype=object), _season(month, hours, panel)),
        Split("issue", "issue_time", issue_times, np.broadcast_to(np.arange(issued)[:, None, None], shape)),
    )


def _local(actual: Forecast, hours: ScoredHours, panel: Panel) -> tuple[Codes, Codes]:
    """Return hour and month by each place's clock, shape (issue_time, location, step)."""
    valid = actual.valid_times[:, hours.gap :]
    of_place = dict(zip(panel.locations, panel.timezones, strict=True))
    zones, zone = np.unique([clock_zone(of_place[name], actual.freq) for name in hours.locations], return_inverse=True)
    clocks = [local_labels(pd.DatetimeIndex(valid.ravel()), str(name)) for name in zones]
    shown = [np.stack([clock.hour, clock.month]).astype(np.int8).reshape(2, *valid.shape) for clock in clocks]
    hour, month = np.stack(shown, axis=1)[:, zone].transpose(0, 2, 1, 3)
    return hour, month


def _season(month: Codes, hours: ScoredHours, panel: Panel) -> Codes:
    """Return the season's position in `SEASONS`, shape (issue_time, location, step)."""
    southern = np.zeros(len(hours.locations), dtype=bool)
    if panel.has_coordinates:
        latitude = dict(zip(panel.locations, panel.coordinates[0], strict=True))
        southern = np.array([latitude[name] < 0 for name in hours.locations])
    season: Codes = (month % 12 // 3 + 2 * southern[:, None]) % 4
    return season
