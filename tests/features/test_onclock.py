import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gridcast.availability import ISSUED, LEAD, Availability
from gridcast.errors import PanelError
from gridcast.features.onclock import on_clock

START = pd.Timestamp("2024-01-01", tz="UTC")
HOUR = pd.Timedelta(hours=1)


def series(values, freq, availability="observed"):
    times = pd.date_range("2024-01-01", periods=len(values), freq=freq)
    attrs = {"units": "degC", **Availability(availability).attrs}
    array = xr.DataArray(np.array(values)[:, None], {"time": times, "location": ["A"]}, ("time", "location"), attrs=attrs)
    return xr.Dataset({"temperature": array})


def test_what_is_on_the_clock_stays():
    dataset = series([1.0, 2.0, 3.0], "h")
    assert on_clock(dataset, START, HOUR)["temperature"].identical(dataset["temperature"])


def test_finer_values_are_averaged_if_half_of_them_are_there():
    # 15-minute values: the means of 0..3, of (4, 5) with two missing, and one of four is too few
    dataset = series([0, 1, 2, 3, 4, 5, np.nan, np.nan, 8, np.nan, np.nan, np.nan], "15min")
    hourly = on_clock(dataset, START, HOUR)["temperature"]
    assert hourly.values[:2, 0].tolist() == [1.5, 4.5]
    assert np.isnan(hourly.values[2, 0])
    assert hourly.attrs == dataset["temperature"].attrs


def test_coarser_weather_that_is_known_ahead_is_interpolated():
    hourly = on_clock(series([0.0, 3.0, 9.0], "3h", "perfect"), START, HOUR)["temperature"]
    assert hourly.values[:, 0].tolist() == [0, 1, 2, 3, 5, 7, 9]


def test_coarser_observed_weather_is_held_and_comes_when_its_interval_has_ended():
    hourly = on_clock(series([0.0, 3.0], "3h"), START, HOUR)["temperature"]
    assert hourly.values[:, 0].tolist() == [0, 0, 0, 3]
    # the value that stands for 00:00 to 03:00 is there at 03:00: two hours after the end of the first hour
    assert Availability.of(hourly).delay == 2 * HOUR


def test_lead_times_are_interpolated_within_a_vintage():
    leads = pd.to_timedelta([0, 3, 6], unit="h")
    array = xr.DataArray(
        [[[0.0], [3.0], [9.0]], [[10.0], [16.0], [np.nan]]],
        {ISSUED: pd.to_datetime(["2024-01-01 00:00", "2024-01-01 12:00"]), LEAD: leads, "location": ["A"]},
        (ISSUED, LEAD, "location"),
        attrs=Availability("forecast").attrs,
    )
    hourly = on_clock(xr.Dataset({"temperature": array}), START, HOUR)["temperature"]
    assert hourly.dims == (ISSUED, LEAD, "location")
    assert hourly.values[0, :, 0].tolist() == [0, 1, 2, 3, 5, 7, 9]
    assert hourly.values[1, :4, 0].tolist() == [10, 12, 14, 16]
    assert np.isnan(hourly.values[1, 4:, 0]).all()


def test_steps_that_do_not_go_into_each_other_are_refused():
    with pytest.raises(PanelError, match="the step of `temperature` does not fit"):
        on_clock(series([0.0, 1.0, 2.0], "40min"), START, HOUR)
    array = xr.DataArray(
        np.zeros((1, 2, 1)),
        {ISSUED: pd.to_datetime(["2024-01-01 00:20"]), LEAD: pd.to_timedelta([0, 1], unit="h"), "location": ["A"]},
        (ISSUED, LEAD, "location"),
    )
    with pytest.raises(PanelError, match="off the clock"):
        on_clock(xr.Dataset({"temperature": array}), START, HOUR)


def test_leads_that_grow_coarser_are_interpolated_too():
    leads = pd.to_timedelta([0, 1, 2, 5, 8], unit="h")
    array = xr.DataArray(
        [[[0.0], [1.0], [2.0], [5.0], [2.0]]],
        {ISSUED: pd.to_datetime(["2024-01-01"]), LEAD: leads, "location": ["A"]},
        (ISSUED, LEAD, "location"),
        attrs=Availability("forecast").attrs,
    )
    hourly = on_clock(xr.Dataset({"temperature": array}), START, HOUR)["temperature"]
    assert hourly.values[0, :, 0].tolist() == [0, 1, 2, 3, 4, 5, 4, 3, 2]
