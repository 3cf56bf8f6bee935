"""Forecasts that learn from how those before them turned out, as far as that was known when they were issued."""

from __future__ import annotations

import numpy as np

from gridcast.availability import Availability
from gridcast.calibration import Calibration, corrected
from gridcast.clock import DAY
from gridcast.forecast import Forecast
from gridcast.panel import Panel
from gridcast.tabular import TARGET

MEDIAN = 0.5


def adapted(forecast: Forecast, actual: Forecast, panel: Panel) -> Forecast:
    """Return a forecast corrected by what those issued before kept missing, and by how often their quantiles were met.

    Only forecasts with quantiles are: the point is the median, and moves with it.

    Args:
        forecast: Of many issue times, ascending.
        actual: What was measured, in the same shape; only readings that were there at an issue time count for it.
        panel: Whose readings they are: it knows with what delay they come.

    References:
        Gibbs & Candès (2021), doi:10.48550/arXiv.2106.00170.
    """
    if forecast.quantiles is None or len(forecast.issue_times) < 2:
        return forecast
    issue = forecast.values.indexes["issue_time"].to_numpy()
    freq, readings = forecast.freq.to_timedelta64(), actual.values.values
    delay = Availability.of(panel.dataset[TARGET]).delay.to_timedelta64()
    day = DAY.to_timedelta64()
    moved = corrected(forecast.quantiles.values, readings, forecast.levels, issue=issue, freq=freq, day=day, delay=delay)
    start = Calibration.neutral(forecast.levels, places=len(forecast.locations), horizon=forecast.horizon)
    quantiles = start.adapted(moved, readings, issue=issue, freq=freq, delay=delay)
    points = np.where(np.isfinite(forecast.values.values), quantiles[..., forecast.levels.index(MEDIAN)], np.nan)
    values = forecast.values.copy(data=points.astype(forecast.values.dtype))
    return Forecast(values, forecast.quantiles.copy(data=quantiles), forecast.quality)
