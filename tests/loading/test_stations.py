"""The weather stations of a run, one of which may be silent."""

import numpy as np
import pandas as pd
import pytest

from gridcast.config import make_config
from gridcast.loading import Listener, load, prepare, with_covariates
from gridcast.loading.stations import stations_of

TIMES = pd.date_range("2024-01-01", periods=24 * 20, freq="h", tz="UTC")
UNTIL = pd.Timestamp("2024-01-15", tz="UTC")
PLACES = "id,latitude,longitude\nA,50,5\nB,50,6\n"
STATIONS = "id,latitude,longitude\nwest,50,5\neast,50,6\n"


@pytest.fixture
def folder(tmp_path):
    random = np.random.default_rng(0)
    load = pd.DataFrame(50 + random.normal(size=(len(TIMES), 2)), columns=["A", "B"], index=TIMES.rename("timestamp"))
    load.to_csv(tmp_path / "load.csv")
    (tmp_path / "places.csv").write_text(PLACES)
    (tmp_path / "stations.csv").write_text(STATIONS)
    return tmp_path


def settings(folder, **weather):
    data = {"temporal": str(folder / "load.csv"), "spatial": str(folder / "places.csv")}
    told = {"source": str(folder / "weather.csv"), "stations": str(folder / "stations.csv"), **weather} if weather else {}
    return make_config({"data": data, "weather": told})


HOURS = len(TIMES) + 24


def observed(hours=HOURS, west=10.0, east=20.0):
    times = pd.date_range(TIMES[0], periods=hours, freq="h", name="timestamp")
    return pd.DataFrame({"west_temperature_c": west + times.hour, "east_temperature_c": east + times.hour}, index=times)


def opened(config, newer=""):
    loaded = load(config, Listener())
    panel = prepare(with_covariates(loaded, config, UNTIL, Listener()), config, UNTIL, Listener())
    return panel, stations_of(panel, loaded, config, UNTIL, newer)


def test_with_all_stations_the_panel_is_as_it_was(folder):
    observed().to_csv(folder / "weather.csv")
    panel, stations = opened(settings(folder, perfect_weather=True))
    assert stations.names == ("west", "east")
    assert stations.weather["longitude"].values.tolist() == [5, 6]
    again = stations.panel_with(stations.laid())
    assert set(again.variables) == set(panel.variables) > {"temperature", "temperature_heating"}
    for name in panel.variables:
        np.testing.assert_allclose(again.values_of(name), panel.values_of(name), rtol=1e-5)
        assert again.dataset[name].attrs == panel.dataset[name].attrs


def test_where_a_station_is_silent_the_other_one_stands_in(folder):
    observed().to_csv(folder / "weather.csv")
    _, stations = opened(settings(folder, perfect_weather=True))
    assert stations.panel_with(stations.laid("west")).values_of("temperature")[5].tolist() == [25, 25]
    assert stations.panel_with(stations.laid("east")).values_of("temperature")[5].tolist() == [15, 15]


def test_what_a_forecast_needs_is_cut_out(folder):
    observed().to_csv(folder / "weather.csv")
    _, stations = opened(settings(folder, perfect_weather=True))
    moment = pd.Timestamp("2024-01-18", tz="UTC")
    around = stations.around(moment, pd.Timedelta(days=3), pd.Timedelta(hours=24))
    known = around.panel_with(around.laid()).as_of(moment)
    assert known.times[0] == pd.Timestamp("2024-01-15", tz="UTC")
    assert known.end == moment
    assert np.isfinite(known.values_of("temperature")).sum() == 2 * 24 * 4 + 2  # both ends are there


def test_forecast_weather_keeps_its_vintages(folder):
    runs = pd.date_range(TIMES[0], TIMES[-1], freq="12h")
    leads = pd.to_timedelta(np.arange(36), "h")
    rows = [(run, run + lead, number) for number, run in enumerate(runs) for lead in leads]
    table = pd.DataFrame(rows, columns=["issue_time", "timestamp", "number"])
    table["west_temperature_c"], table["east_temperature_c"] = table["number"], 50.0 - table["number"]
    table.drop(columns="number").to_csv(folder / "weather.csv", index=False)
    panel, stations = opened(settings(folder, delay_hours=0.0))
    moment = pd.Timestamp("2024-01-10", tz="UTC")
    again = stations.panel_with(stations.laid()).as_of(moment)
    np.testing.assert_allclose(again.values_of("temperature"), panel.as_of(moment).values_of("temperature"), rtol=1e-5)
    without = stations.panel_with(stations.laid("west")).as_of(moment).values_of("temperature")
    np.testing.assert_allclose(without[:, 0], again.values_of("temperature")[:, 1])


def test_newer_weather_goes_on_top(folder):
    observed().to_csv(folder / "weather.csv")
    observed(len(TIMES) + 48, west=11.0).iloc[-72:].to_csv(folder / "newer.csv")
    _, stations = opened(settings(folder, perfect_weather=True), newer=str(folder / "newer.csv"))
    values = stations.panel_with(stations.laid()).values_of("temperature")
    assert values[5].tolist() == [15, 25]
    assert values[len(TIMES) + 29].tolist() == [16, 25]


def test_without_weather_there_are_no_stations(folder):
    assert opened(settings(folder))[1] is None
