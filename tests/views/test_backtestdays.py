"""The best and worst days are found by the clock of each place, with their weather and what is unusual about it."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from gridcast.forecast import Forecast, actual_values
from gridcast.panel import Panel
from gridcast.views.backtestdays import daily_errors, daily_weather, day_table, departure, plot_days
from gridcast.views.backtested import Backtested

ISSUED = pd.date_range("2024-01-10", periods=12, freq="D", tz="UTC")


def world(zones: tuple[str, str] = ("UTC", "UTC")) -> Panel:
    """Two places that always need 100 MW, with a temperature of the number of the day, at the second one 10 degrees more."""
    times = pd.date_range("2024-01-01", periods=24 * 25, freq="h", tz="UTC")
    load = pd.DataFrame(100.0, index=times, columns=["A", "B"])
    where = pd.DataFrame({"id": ["A", "B"], "latitude": [50.0, 51.0], "longitude": [5.0, 6.0], "timezone": list(zones)})
    warm = (np.arange(len(times)) // 24)[:, None] + np.array([0.0, 10.0])
    panel = Panel.from_wide(load, where, unit="MW").with_variable("temperature", warm, units="degC", availability="perfect")
    return panel.with_variable("heating", warm, units="degC", availability="perfect")


def made(panel: Panel, off: dict[tuple[int, int], float]) -> Backtested:
    """Forecasts that are right but for those of some (issue, place), which are off by so many MW."""
    actual = actual_values(panel, ISSUED, 24)
    values = actual.values.values.copy()
    for (issue, place), error in off.items():
        values[issue, place] += error
    forecast = Forecast.of(values, panel=panel, issue_times=ISSUED, ex_post=True)
    naive = Forecast.of(actual.values.values + 5, panel=panel, issue_times=ISSUED)
    scores = [{"model": "hybrid", "value": 1.0}, {"model": "naive", "value": 5.0}]
    table = pd.DataFrame(scores).assign(split="overall", metric="nmae", n=1)
    return Backtested(table, {"hybrid": forecast, "naive": naive}, actual, panel)


def test_a_day_is_that_of_the_local_clock_and_half_days_are_left_out():
    backtested = made(world(("UTC", "America/New_York")), {(3, 1): 40.0})
    errors = daily_errors(backtested, "hybrid")
    # the forecast of January 13th UTC is off by 40 of 100 MW in New York: 5 hours there are still the 12th, 19 are the 13th
    assert errors.loc["2024-01-12", "B"] == pytest.approx(40 * 5 / 24)
    assert errors.loc["2024-01-13", "B"] == pytest.approx(40 * 19 / 24)
    assert (errors["A"] == 0).all()
    # of January 9th there are only the 5 hours in New York
    assert list(errors.index[[0, -1]]) == [pd.Timestamp("2024-01-10"), pd.Timestamp("2024-01-21")]


def test_the_weather_is_the_mean_of_a_local_day_and_derived_variables_are_left_out():
    found = daily_weather(made(world(("UTC", "Asia/Tokyo")), {}))
    assert list(found) == ["temperature"]
    # in UTC January 3rd is day 2; in Tokyo 9 hours of it lie on day 1, and 15 on day 2, ten degrees warmer
    assert found["temperature"].loc["2024-01-03"].tolist() == pytest.approx([2.0, 10 + (9 * 1 + 15 * 2) / 24])


def test_what_is_usual_is_that_of_the_same_time_of_all_years():
    days = pd.DatetimeIndex(["2023-01-02", "2023-07-01", "2023-12-31", "2024-01-01"])
    # of January 1st the 2nd and December 31st are near, and July is not: 8 - (4 + 6 + 8) / 3
    assert departure(pd.Series([4.0, 30.0, 6.0, 8.0], index=days), days[3]) == pytest.approx(2.0)


def test_the_worst_days_come_first_with_places_and_weather():
    backtested = made(world(), {(2, 0): 30.0, (2, 1): -10.0, (6, 1): 16.0})
    errors, weather = daily_errors(backtested, "hybrid"), daily_weather(backtested)
    rows = re.findall(r"<tr><td>(.*?)</td></tr>", day_table(backtested, errors, weather, worst=True))
    first, second = (row.split("</td><td>") for row in rows[:2])
    # the 12th is day 11: all days of the panel are within fifteen of it but none is left out, their mean is 12
    assert first == ["Fri 2024-01-12", "20.0", "5.00", "16.0 (−1.0)", "A 30.0 at 11.0 °C (−1.0), B 10.0 at 21.0 °C (−1.0)"]
    assert second[:2] == ["Tue 2024-01-16", "8.00"]
    assert len(rows) == 5
    best = day_table(backtested, errors, weather, worst=False)
    assert "2024-01-12" not in best
    assert "ex post" in best


def test_each_day_is_a_dot_and_the_worst_are_named():
    backtested = made(world(), {(2, 0): 30.0, (6, 1): 16.0, (7, 1): 4.0})
    errors, weather = daily_errors(backtested, "hybrid"), daily_weather(backtested)
    axes = plot_days(backtested, errors, weather).axes[0]
    assert len(axes.lines[0].get_xdata()) == 12
    assert {text.get_text() for text in axes.texts} >= {"12 Jan 2024", "16 Jan 2024"}
    assert plot_days(backtested, errors, {}) is None


def test_daily_readings_are_days_already():
    times = pd.date_range("2024-01-01", periods=40, freq="D", tz="UTC")
    panel = Panel.from_wide(pd.DataFrame({"A": 100.0 + np.arange(40)}, index=times), unit="MWh")
    actual = actual_values(panel, times[20:30], 2)
    forecast = Forecast.of(actual.values.values + 1, panel=panel, issue_times=times[20:30])
    table = pd.DataFrame([{"model": "m", "split": "overall", "metric": "nmae", "value": 1.0, "n": 1}])
    errors = daily_errors(Backtested(table, {"m": forecast}, actual, replace(panel)), "m")
    assert list(errors.index) == list(times[20:31].tz_localize(None))
