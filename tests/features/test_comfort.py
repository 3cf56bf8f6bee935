import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from gridcast.features.comfort import (
    cooling_degrees,
    dew_point,
    heat_index,
    heating_degrees,
    humidex,
    relative_humidity,
    wind_chill,
)


def celsius(fahrenheit):
    return (np.asarray(fahrenheit, dtype=float) - 32) / 1.8


def test_degrees_by_hand():
    air = np.array([-5.0, 15.0, 18.0, 22.0, 30.0, np.nan])
    assert heating_degrees(air).tolist()[:5] == [20, 0, 0, 0, 0]
    assert cooling_degrees(air).tolist()[:5] == [0, 0, 0, 0, 8]
    assert heating_degrees(air, 18.0)[1] == 3
    assert cooling_degrees(air, 18.0)[3] == 4
    assert np.isnan([heating_degrees(air)[5], cooling_degrees(air)[5]]).all()


@pytest.mark.parametrize(
    # the chart of the US National Weather Service [degF, %, degF]
    ("air", "humidity", "index"),
    [(80, 40, 80), (86, 90, 105), (90, 70, 105), (100, 40, 109), (104, 55, 137), (110, 40, 136)],
)
def test_the_heat_index_is_that_of_the_chart(air, humidity, index):
    assert heat_index(celsius([air]), np.array([float(humidity)])) == pytest.approx(celsius([index]), abs=1.3 / 1.8)


def test_the_heat_index_in_dry_damp_and_mild_air_by_hand():
    # 100 degF at 5 %: the regression gives 94.184, less (13 - 5) / 4 * sqrt((17 - 5) / 17) = 1.680: 92.504 degF
    assert heat_index(celsius([100]), np.array([5.0])) == pytest.approx(celsius([92.504]), abs=1e-3)
    # 80 degF at 100 %: the regression gives 87.2, more by (100 - 85) / 10 * (87 - 80) / 5 = 2.1
    assert heat_index(celsius([80]), np.array([100.0])) == pytest.approx(celsius([89.3]), abs=0.05)
    # 60 degF at 50 %: 0.5 * (60 + 61 - 8 * 1.2 + 4.7) = 58.05, its mean with 60 is 59.025 degF
    assert heat_index(celsius([60]), np.array([50.0])) == pytest.approx(celsius([59.025]))


@pytest.mark.parametrize(("air", "wind", "chill"), [(0, 10, -3.3), (-10, 30, -19.5), (-40, 60, -64.2), (5, 5, 4.1)])
def test_the_wind_chill_is_that_of_the_table(air, wind, chill):
    # Environment Canada's table [degC, km/h]
    assert wind_chill(np.array([float(air)]), np.array([wind / 3.6])) == pytest.approx([chill], abs=0.3)


def test_the_wind_chill_is_the_temperature_where_it_is_warm_or_calm():
    air, wind = np.array([11.0, -5.0, -5.0, np.nan]), np.array([10.0, 1.3, np.nan, 3.0])
    assert wind_chill(air, wind).tolist()[:2] == [11, -5]
    assert np.isnan(wind_chill(air, wind)[2:]).all()


def test_the_dew_point_by_hand():
    # saturated air is at its dew point; 30 degC at 50 % has one of 18.4 degC (psychrometric tables)
    assert dew_point(np.array([30.0, 30.0]), np.array([100.0, 50.0])) == pytest.approx([30, 18.4], abs=0.05)
    assert np.isfinite(dew_point(np.array([20.0]), np.array([0.0]))).all()


def test_humidex_is_that_of_the_table():
    # Environment Canada's table: 30 degC at 40, 60 and 80 %
    assert humidex(np.full(3, 30.0), np.array([40.0, 60.0, 80.0])) == pytest.approx([34, 38, 43], abs=1)


@given(st.floats(-40, 50), st.floats(1, 100))
def test_humidity_comes_back_from_the_dew_point(air, humidity):
    air, humidity = np.array([air]), np.array([humidity])
    assert relative_humidity(air, dew_point(air, humidity)) == pytest.approx(humidity)


def test_arrays_with_names_are_matched_by_name():
    air = xr.DataArray(np.full((3, 2), 32.0), dims=("time", "location"))
    humidity = xr.DataArray(np.full((2, 3), 70.0), dims=("location", "time"))
    assert heat_index(air, humidity).dims == ("time", "location")
    assert heat_index(air, humidity).values == pytest.approx(heat_index(np.full((3, 2), 32.0), np.full((3, 2), 70.0)))
