"""Stations learned from the training part alone."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from gridcast.errors import GridcastWarning, PanelError
from gridcast.features.stationweights import apply_weights, daily_means, learned_weights, without_gaps
from gridcast.panel import Panel

DAYS, STEP = 400, 6  # days; hours
TIMES = pd.date_range("2023-01-01", periods=DAYS * 24 // STEP, freq=f"{STEP}h", tz="UTC")
UNTIL = TIMES[300 * 24 // STEP + 3]  # in the evening of a day that counts, as three quarters of it are over


@pytest.fixture(scope="module")
def world():
    """Return a panel of three places and five stations: one place follows B, one B and D in halves, one has 40 days only."""
    random = np.random.default_rng(3)
    season = 12 - 12 * np.cos(2 * np.pi * TIMES.dayofyear.to_numpy() / 365)
    weather = np.repeat(random.normal(0, 4, (DAYS, 5)), 24 // STEP, axis=0)
    heat = season[:, None] + weather
    stations = xr.Dataset(
        {"temperature": (("time", "station"), heat, {"units": "degC"})},
        coords={"time": TIMES.tz_convert(None), "station": list("ABCDE")},
    )

    def load(temperature):
        return 100 + 3 * np.maximum(0, 16 - temperature) + 5 * np.maximum(0, temperature - 18) + random.normal(0, 1, len(TIMES))

    readings = np.stack([load(heat[:, 1]), load((heat[:, 1] + heat[:, 3]) / 2), load(heat[:, 2])], axis=1)
    readings[: 260 * 24 // STEP, 2] = np.nan
    return Panel.from_wide(pd.DataFrame(readings, index=TIMES, columns=["one", "two", "short"])), stations


@pytest.fixture(scope="module")
def learned(world):
    with pytest.warns(GridcastWarning, match="too few days before 2023-10-28 18:00 .* 1 place, .*`short`"):
        return learned_weights(*world, until=UNTIL)


def test_the_stations_that_matter_are_found(learned):
    assert learned.sel(location="one").values.tolist() == [0, 1, 0, 0, 0]
    assert learned.sel(location="two").values == pytest.approx([0, 0.5, 0, 0.5, 0], abs=0.1)
    assert learned.sel(location="short").values.tolist() == [0.2] * 5
    assert learned.sum("station").values == pytest.approx([1, 1, 1])
    # the noise of four readings a day is half of theirs, 0.5 of some 120
    assert learned["error"].values[:2] == pytest.approx([0.4, 0.4], abs=0.2)


def test_no_more_stations_than_allowed(world):
    panel, stations = world
    weights = learned_weights(panel_of(panel, ["two"]), stations, until=UNTIL, most=1)
    assert (weights.values > 0).sum() == 1


def panel_of(panel, names):
    return Panel(panel.dataset.sel(location=names))


@settings(max_examples=8)
@given(st.integers(0, 2**32 - 1))
def test_what_comes_after_the_training_part_changes_nothing(world, learned, seed):
    panel, stations = world
    random = np.random.default_rng(seed)
    later = panel.times + panel.freq > UNTIL
    panel = Panel(panel.dataset.copy(deep=True))
    stations = stations.copy(deep=True)
    panel.dataset["consumption"].values[later] = random.normal(0, 1e6, (later.sum(), 3))
    stations["temperature"].values[later] = random.normal(0, 1e6, (later.sum(), 5))
    with pytest.warns(GridcastWarning, match="too few days"):
        xr.testing.assert_identical(learned_weights(panel, stations, until=UNTIL), learned)


def test_what_had_not_arrived_yet_changes_nothing(world):
    panel, stations = world[0], world[1].copy(deep=True)
    stations["temperature"].attrs["delay"] = int(pd.Timedelta(days=50).as_unit("ns").value)
    one = panel_of(panel, ["one"])
    before = learned_weights(one, stations, until=UNTIL)
    late = (panel.times >= UNTIL - pd.Timedelta(days=50)) & (panel.times < UNTIL)
    stations["temperature"].values[late] = 1e6
    xr.testing.assert_identical(learned_weights(one, stations, until=UNTIL), before)


def test_the_order_of_stations_and_a_dead_one_change_nothing(world):
    panel, stations = world
    one = panel_of(panel, ["two"])
    before = learned_weights(one, stations, until=UNTIL)
    turned = learned_weights(one, stations.isel(station=[4, 2, 0, 3, 1]), until=UNTIL)
    np.testing.assert_allclose(turned.sel(station=list("ABCDE")), before)
    dead = stations.reindex(station=list("ABCDEF"))
    found = learned_weights(one, dead, until=UNTIL)
    assert found.sel(station="F").item() == 0
    np.testing.assert_allclose(found.sel(station=list("ABCDE")), before)


def test_forecasts_teach_no_stations(world):
    forecast = world[1].rename(time="lead").expand_dims("issued")
    with pytest.raises(PanelError, match="observed `temperature`"):
        learned_weights(world[0], forecast, until=UNTIL)


def test_daily_means_need_three_quarters_of_the_day():
    times = pd.date_range("2024-01-01", periods=8, freq="6h", tz="UTC")
    values = np.array([1, 2, 3, np.nan, 1, np.nan, np.nan, 4])[:, None]
    means = daily_means(values, times)[0].tolist()
    assert means[0] == 2
    assert np.isnan(means[1])


def test_a_silent_station_takes_the_mean_of_the_others_and_its_offset():
    # the second is 2 above the mean of both on the first day; on the second day the first alone makes the mean
    assert without_gaps(np.array([[10.0, 14.0], [20.0, np.nan]]))[1].tolist() == [20, 22]


def test_weights_are_applied_to_the_stations_that_have_a_reading():
    values = [[10.0, 20.0, 5.0], [np.nan, 20.0, 5.0], [np.nan, np.nan, 5.0]]
    stations = xr.Dataset({"t": (("time", "station"), values, {"units": "degC"})}, {"time": [0, 1, 2], "station": list("ABC")})
    weights = xr.DataArray([[0.75, 0.25]], {"location": ["X"], "station": ["A", "B"]}, ("location", "station"))
    found = apply_weights(stations, weights)["t"]
    assert (found.dims, found.attrs) == (("time", "location"), {"units": "degC"})
    assert found.values[:2, 0].tolist() == [12.5, 20]
    assert np.isnan(found.values[2, 0])
    forecast = stations.rename(time="lead").expand_dims("issued")
    assert apply_weights(forecast, weights)["t"].dims == ("issued", "lead", "location")
    with pytest.raises(PanelError, match="stations that count are not there"):
        apply_weights(stations.sel(station=["A", "C"]), weights)
