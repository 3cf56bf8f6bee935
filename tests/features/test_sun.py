import importlib.util

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridcast.errors import ConfigError, GridcastError
from gridcast.features.sun import NAMES, solar_elevation, sun_features

HOUR = pd.Timedelta(hours=1)
DAY = pd.Timedelta(days=1)


def sun(start, latitude, longitude=0.0, periods=24, freq=HOUR):
    times = pd.date_range(start, periods=periods, freq=freq, tz="UTC")
    return {name: values[:, 0] for name, values in sun_features(times, [latitude], [longitude], freq=freq).items()}


def test_the_formula_agrees_with_pvlib_over_the_globe_and_the_years():
    pytest.importorskip("pvlib")
    times = pd.date_range("2000-01-01", "2030-12-31", freq="277h", tz="UTC")  # each hour of the day, in each season
    latitude = np.array([-90, -66, -33, 0, 21, 52, 70, 90.0])
    longitude = np.array([0, 180, -71, 100, -157, 13, 25, 0.0])
    pvlib, ours = (solar_elevation(times, latitude, longitude, method=method) for method in ("pvlib", "built-in"))
    assert np.abs(pvlib - ours).max() < 0.02


def test_auto_is_pvlib_where_it_is_installed(monkeypatch):
    pytest.importorskip("pvlib")
    times = pd.DatetimeIndex(["2024-05-04 10:00"])
    pvlib, built_in = (solar_elevation(times, [50.0], [10.0], method=method) for method in ("pvlib", "built-in"))
    assert solar_elevation(times, [50.0], [10.0], method="auto") == pvlib != built_in
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert solar_elevation(times, [50.0], [10.0], method="auto") == built_in
    with pytest.raises(GridcastError, match=r"pip install \"gridcast\[solar\]\""):
        solar_elevation(times, [50.0], [10.0], method="pvlib")


def test_an_unknown_method_is_refused():
    with pytest.raises(ConfigError, match="no method `spa`"):
        solar_elevation(pd.DatetimeIndex(["2024-01-01"]), [0.0], [0.0], method="spa")


def test_noon_at_the_equinox_by_hand():
    # Berlin at 52.5 N, 13.4 E: on 2024-03-20 the sun stands over the equator; noon is at 12:00 - 13.4 * 4 min + 7.4 min
    (elevation,) = solar_elevation(pd.DatetimeIndex(["2024-03-20 11:13:48"]), [52.5], [13.4])
    assert elevation == pytest.approx(90 - 52.5, abs=0.2)


def test_the_middle_of_the_interval_counts():
    # the hour from 11:30 to 12:30 is told by 12:00
    times = pd.DatetimeIndex(["2024-05-04 11:30"])
    found = sun_features(times, [50.0], [10.0], freq=HOUR)["sun_elevation"]
    assert found == solar_elevation(pd.DatetimeIndex(["2024-05-04 12:00"]), [50.0], [10.0])


def test_polar_day_and_night():
    # Tromso at 69.65 N, 18.96 E: the sun does not set in June nor rise in December
    june, december = sun("2024-06-21", 69.65, 18.96), sun("2024-12-21", 69.65, 18.96)
    assert (june["sun_elevation"].min() > 0, december["sun_elevation"].max() < 0) == (True, True)
    assert (set(june["daylight"]), set(december["daylight"])) == ({1}, {0})
    assert (set(june["day_length"]), set(december["day_length"])) == ({24}, {0})
    assert december["clear_sky"].max() == 0 < june["clear_sky"].min()


@pytest.mark.parametrize(
    ("day", "latitude", "hours"), [("2024-06-21", 52.52, 16.83), ("2024-12-21", 52.52, 7.65), ("2024-03-20", 0, 12.11)]
)
def test_the_length_of_the_day_is_that_of_the_almanac(day, latitude, hours):
    # Berlin: 16 h 50 min and 7 h 39 min; on the equator always 12 h 7 min
    assert sun(day, latitude, 13.4)["day_length"] == pytest.approx([hours] * 24, abs=0.06)


@pytest.mark.parametrize("freq", ["5min", "15min", "1h", "6h", "24h"])
def test_daylight_adds_up_to_the_length_of_the_day_in_any_step(freq):
    step = pd.Timedelta(freq)
    day = sun("2024-04-10", 48.0, 11.6, periods=int(DAY / step), freq=step)
    assert day["daylight"].sum() * (step / HOUR) == pytest.approx(day["day_length"].mean(), abs=0.05)


def test_the_hour_of_sunrise_is_partly_light():
    # Berlin on 2024-06-21: sunrise at 02:43 UTC, sunset at 19:33 UTC
    light = sun("2024-06-21", 52.52, 13.4)["daylight"]
    assert light[2] == pytest.approx(17 / 60, abs=0.03)
    assert light[19] == pytest.approx(33 / 60, abs=0.03)
    assert light[[1, 3, 18, 20]].tolist() == [0, 1, 1, 0]


def test_a_clear_sky_by_hand():
    # sun overhead, near 12:07 UTC at 0, 0 on 2024-03-20: 1098 * exp(-0.059) = 1035 W/m2
    assert sun("2024-03-20 11:37", 0.0, periods=1)["clear_sky"] == pytest.approx(1035, abs=1)


def test_a_day_of_clear_sky_is_the_mean_of_its_hours():
    hours, day = sun("2024-04-10", 48.0, 11.6), sun("2024-04-10", 48.0, 11.6, periods=1, freq=DAY)
    assert day["clear_sky"] == pytest.approx([hours["clear_sky"].mean()])


@settings(max_examples=40)
@given(
    st.datetimes(pd.Timestamp("1970-01-01"), pd.Timestamp("2060-01-01")),
    st.floats(-90, 90),
    st.floats(-180, 180),
    st.sampled_from(["5min", "1h", "24h"]),
)
def test_the_sun_stays_in_its_bounds(moment, latitude, longitude, freq):
    found = sun_features(pd.DatetimeIndex([moment]), [latitude], [longitude], freq=pd.Timedelta(freq))
    bounds = {"sun_elevation": (-90, 90), "daylight": (0, 1), "day_length": (0, 24), "clear_sky": (0, 1098)}
    assert tuple(found) == tuple(NAMES)
    for name, (low, high) in bounds.items():
        assert low <= found[name][0, 0] <= high
