"""The error by hour and weekday is that of each place's own clock."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from gridcast.forecast import Forecast
from gridcast.panel import Panel
from gridcast.views.backtested import Backtested
from gridcast.views.errorclock import error_by_weekday, plot_weekdays


def backtested(error: np.ndarray, *, zone: str = "UTC", gap: int = 0, freq: str = "h") -> Backtested:
    """A backtest of forecasts issued at midnight UTC from Monday, 2024-01-01, on, of places that always read 50."""
    issues, places, steps = error.shape
    times = pd.date_range("2024-01-01", periods=issues * 24 + steps, freq=freq, tz="UTC")
    panel = Panel.from_wide(pd.DataFrame(50.0, index=times, columns=list("AB"[:places])), unit="MW")
    panel = Panel(panel.dataset.assign_attrs(timezone=zone))
    issue_times = pd.date_range("2024-01-01", periods=issues, freq="D", tz="UTC")
    actual, told = (Forecast.of(50.0 + part, panel=panel, issue_times=issue_times) for part in (np.zeros(error.shape), error))
    row = {"model": "m", "split": "overall", "location": "", "metric": "nmae", "value": 1.0, "n": 1}
    return Backtested(pd.DataFrame([row]), {"m": told}, actual, panel, facts={"gap": gap})


def test_errors_stand_at_their_hour_and_weekday():
    error = np.zeros((7, 2, 24))
    error[2, 0, 5] = 10.0  # Wednesday, 5 o'clock: 20 % at A and nothing at B
    error[6, :, 23] = -5.0  # Sunday, 23 o'clock: 10 % at both
    expected = np.zeros((7, 24))
    expected[2, 5], expected[6, 23] = 10.0, 10.0
    assert error_by_weekday(backtested(error)) == pytest.approx(expected)


def test_the_clock_is_that_of_the_place():
    error = np.zeros((7, 1, 24))
    error[0, 0, 23] = 25.0  # Monday, 23 o'clock UTC is Tuesday, 0 o'clock in Berlin
    found = error_by_weekday(backtested(error, zone="Europe/Berlin"))
    assert found[1, 0] == pytest.approx(50.0)
    assert np.nansum(found) == pytest.approx(50.0)


def test_steps_of_the_gap_and_missing_readings_do_not_count():
    error = np.ones((7, 2, 26))
    error[:, :, :2] = 99.0
    error[0, 0, 2:] = np.nan
    found = error_by_weekday(backtested(error, gap=2))
    assert found[np.isfinite(found)] == pytest.approx(2.0)  # 1 of 50, in per cent
    only = error_by_weekday(backtested(error[:1, :1], gap=2))
    assert np.isnan(only).all()


def test_there_is_no_picture_without_hours_or_forecasts():
    hours = backtested(np.ones((7, 1, 24)))
    assert plot_weekdays(hours).axes[0].get_title(loc="left") == "Error of m by hour and weekday"
    assert plot_weekdays(replace(hours, forecasts={})) is None
    assert plot_weekdays(backtested(np.full((7, 1, 24), np.nan))) is None
    assert plot_weekdays(backtested(np.ones((7, 1, 1)), freq="D")) is None
