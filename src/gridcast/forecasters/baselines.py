"""Forecasts that anybody can make, and that every model has to beat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.clock import DAY, LOCAL, steps_in
from gridcast.errors import require_positive
from gridcast.features.lags import lagged, local_season
from gridcast.forecast import Forecast
from gridcast.panel import Panel

STANDING = ("UTC", LOCAL)  # clocks on which every day has 24 hours


@dataclass
class SeasonalNaive:
    """The same hour of the last season: yesterday (24 h) or last week (168 h).

    A season of whole days goes by the local clock of each place: the same local hour, across days of 23 and 25 hours.

    Attributes:
        season: How far to look back; steps further ahead than that look back twice, and so on.
        horizon: Number of steps.
    """

    season: pd.Timedelta = DAY
    horizon: int = 24

    batched = True

    def __post_init__(self) -> None:
        require_positive(horizon=self.horizon, season_in_hours=self.season / pd.Timedelta(hours=1))

    @property
    def name(self) -> str:
        """`seasonal_naive_24h` for a day."""
        return f"seasonal_naive_{self.season / pd.Timedelta(hours=1):g}h"

    @property
    def reach(self) -> pd.Timedelta:
        """A season, on which steps further ahead rest too; and a day for what a local clock may have moved by."""
        return self.season + DAY

    def fit(self, panel: Panel) -> SeasonalNaive:  # noqa: ARG002
        """Return itself: there is nothing to learn."""
        return self

    def predict(self, panel: Panel, issue_times: pd.DatetimeIndex) -> Forecast:
        """Return the readings one season before each step; NaN where there is none."""
        rows = self._rows(panel, issue_times)
        readings = lagged(panel.consumption, rows.reshape(-1, rows.shape[2])).reshape(*rows.shape[:2], -1)
        return Forecast.of(readings.transpose(0, 2, 1), panel=panel, issue_times=issue_times)

    def _rows(self, panel: Panel, issue_times: pd.DatetimeIndex) -> npt.NDArray[np.int64]:
        """Return the rows of the readings, shape (issue_time, step, location)."""
        days, rest = divmod(self.season, DAY)
        zones = panel.timezones
        if rest or panel.freq >= DAY or set(zones) <= set(STANDING):
            return np.repeat(self._rows_back(panel, issue_times)[..., None], len(zones), axis=2)
        each = {
            zone: local_season(issue_times, zone, days=days, horizon=self.horizon, freq=panel.freq, start=panel.times[0])
            for zone in dict.fromkeys(zones)
        }
        return np.stack([each[zone] for zone in zones], axis=-1)

    def _rows_back(self, panel: Panel, issue_times: pd.DatetimeIndex) -> npt.NDArray[np.int64]:
        """Return the rows a fixed time before each step, shape (issue_time, step)."""
        season = steps_in(self.season, panel.freq)
        row = np.asarray((issue_times - panel.times[0]) // panel.freq, dtype=np.int64)
        step = np.arange(self.horizon)
        seasons_back = step // season + 1  # the fewest that lead to a reading made before the issue time
        return row[:, None] + step - seasons_back * season
