"""Issuing forecasts: each from what was known at its issue time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridcast.forecast import Forecast, Forecaster
from gridcast.panel import Panel


def issue(forecaster: Forecaster, panel: Panel, issue_times: pd.DatetimeIndex) -> Forecast:
    """Return the forecasts of a fitted forecaster, which for each issue time gets only what was available then.

    Args:
        forecaster: Fitted on what was known at the first issue time.
        panel: Readings and weather of the whole period.
        issue_times: Moments of issue, UTC, ascending, shape (issue_time,).
    """
    parts = [forecaster.predict(panel.as_of(time).recent(forecaster.reach), issue_times[[i]]) for i, time in enumerate(issue_times)]
    values = np.concatenate([part.values.values for part in parts])
    return Forecast.of(values, panel=panel, issue_times=issue_times, ex_post=any(part.is_ex_post for part in parts))
