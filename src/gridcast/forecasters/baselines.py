"""Forecasts that anybody can make, and that every model has to beat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridcast.clock import DAY, steps_in
from gridcast.errors import require_positive
from gridcast.forecast import Forecast
from gridcast.panel import Panel


@dataclass
class SeasonalNaive:
    """The same hour of the last season: yesterday (24 h) or last week (168 h).

    Attributes:
        season: How far to look back; steps further ahead than that look back twice, and so on.
        horizon: Number of steps.
    """

    season: pd.Timedelta = DAY
    horizon: int = 24

    def __post_init__(self) -> None:
        require_positive(horizon=self.horizon, season_in_hours=self.season / pd.Timedelta(hours=1))

    @property
    def name(self) -> str:
        """`seasonal_naive_24h` for a day."""
        return f"seasonal_naive_{self.season / pd.Timedelta(hours=1):g}h"

    @property
    def reach(self) -> pd.Timedelta:
        """A season: steps further ahead than that rest on the same readings."""
        return self.season

    def fit(self, panel: Panel) -> SeasonalNaive:  # noqa: ARG002
        """Return itself: there is nothing to learn."""
        return self

    def predict(self, panel: Panel, issue_times: pd.DatetimeIndex) -> Forecast:
        """Return the readings one season before each step; NaN where there is none."""
        season = steps_in(self.season, panel.freq)
        row = np.asarray((issue_times - panel.times[0]) // panel.freq, dtype=np.int64)
        step = np.arange(self.horizon)
        seasons_back = step // season + 1  # the fewest that lead to a reading made before the issue time
        rows = row[:, None] + step - seasons_back * season
        inside = (rows >= 0) & (rows < len(panel.times))
        readings = np.where(inside[..., None], panel.consumption[np.where(inside, rows, 0)], np.nan)
        return Forecast.of(readings.transpose(0, 2, 1), panel=panel, issue_times=issue_times)
