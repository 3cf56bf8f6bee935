"""The mean of the last days at the same hour: the baseline that much published work does not beat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.clock import DAY
from gridcast.errors import require_positive
from gridcast.features.lags import Rows, lagged, local_lag
from gridcast.forecast import Forecast
from gridcast.panel import Panel


@dataclass
class MeanProfile:
    """The mean of the same local hour over the last days: all steps of a local hour get the same forecast.

    Attributes:
        days: How many days it is the mean of.
        horizon: Number of steps.
    """

    days: int = 7
    horizon: int = 24

    batched = True

    def __post_init__(self) -> None:
        require_positive(days=self.days, horizon=self.horizon)

    @property
    def name(self) -> str:
        """`mean_profile_7d` for a week."""
        return f"mean_profile_{self.days}d"

    @property
    def reach(self) -> pd.Timedelta:
        """Its days, and one more for what a local clock may have moved by."""
        return (self.days + 1) * DAY

    def fit(self, panel: Panel) -> MeanProfile:  # noqa: ARG002
        """Return itself: there is nothing to learn."""
        return self

    def predict(self, panel: Panel, issue_times: pd.DatetimeIndex) -> Forecast:
        """Return the means of the readings that are there; NaN where there is none."""
        lead = np.tile(np.arange(self.horizon) * panel.freq.to_timedelta64(), len(issue_times))
        issued = issue_times.repeat(self.horizon)
        times = issued + pd.TimedeltaIndex(lead)
        total = np.zeros((len(times), len(panel.locations)))
        readings, days = np.zeros((2, *total.shape), dtype=np.int16)
        for back in range(1, self.days + -(-self.horizon * panel.freq // DAY) + 2):
            rows = local_lag(times, panel.timezones, days=back, freq=panel.freq, start=panel.times[0])
            counts = _ended(rows, panel, issued) & (days < self.days)
            days += counts
            values = lagged(panel.consumption, rows)
            there = counts & np.isfinite(values)
            readings += there
            total += np.where(there, values, 0.0)
        means = np.divide(total, readings, out=np.full(total.shape, np.nan), where=readings > 0)
        values = means.reshape(len(issue_times), self.horizon, -1).transpose(0, 2, 1).astype(np.float32)
        return Forecast.of(values, panel=panel, issue_times=issue_times)


def _ended(rows: Rows, panel: Panel, issued: pd.DatetimeIndex) -> npt.NDArray[np.bool_]:
    """Return which rows were over at the issue times, shape (any, location); those before the first row were too."""
    over = np.asarray((issued - panel.times[0]) // panel.freq, dtype=np.int64)
    return rows < over[:, None]
