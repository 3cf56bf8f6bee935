"""The weather stations of a run, one of which may be silent."""

import numpy as np
import pandas as pd
import pytest

from gridcast.config import make_config
from gridcast.errors import GridcastWarning
from gridcast.loading import Listener, prepare, with_covariates
from gridcast.loading import load as load_panel
from gridcast.loading.newer import with_newer_weather
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
    loaded = load_panel(config, Listener())
    panel = with_covariates(loaded, config, UNTIL, Listener())
    if newer:
        panel = with_newer_weather(panel, loaded, config, newer, UNTIL, Listener())
    panel = prepare(panel, config, UNTIL, Listener())
    return panel, stations_of(panel, loaded, config, UNTIL, newer)


def test_with_all_stations_the_panel_is_as_it_was(folder):
    observed().to_csv(folder / "weather.csv")
    panel, stations = opened(settings(folder, perfect_weather=True))
    assert stations.coordinates["longitude"].to_dict() == {"west": 5, "east": 6}
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


def require_same(stations, panel):
    """See that with all stations the panel is the one that is forecast from."""
    values = stations.panel_with(stations.laid()).values_of("temperature")
    expected = panel.values_of("temperature")
    np.testing.assert_allclose(values, expected[: len(values)], rtol=1e-5)


NEWER = {
    "all": ["west", "east"],
    "one is missing": ["east"],
    "another one": ["west", "east", "north"],
}


@pytest.mark.parametrize("case", NEWER)
def test_newer_weather_goes_on_top_as_in_the_forecast(folder, case):
    (folder / "stations.csv").write_text(STATIONS + "north,51,5.2\n")
    observed().to_csv(folder / "weather.csv")
    newer = observed(HOURS + 24, west=11.0).assign(north_temperature_c=14.0).iloc[-72:]
    newer[[f"{name}_temperature_c" for name in NEWER[case]]].to_csv(folder / "newer.csv")
    panel, stations = opened(settings(folder, perfect_weather=True), newer=str(folder / "newer.csv"))
    require_same(stations, panel)
    assert set(stations.coordinates.index) == {"west", "east", *NEWER[case]}
    quiet = stations.panel_with(stations.laid("east")).values_of("temperature")
    assert quiet[5].tolist() == [15, 15]


def test_newer_weather_reaches_places_by_the_stations_that_were_learned(folder):
    random = np.random.default_rng(1)
    times = pd.date_range("2023-01-01", "2023-12-31 23:00", freq="h", tz="UTC", name="timestamp")
    warm = pd.DataFrame(random.normal(10, 6, size=(len(times) // 24, 2)).repeat(24, axis=0), times, ["s1", "s2"])
    load = pd.DataFrame({"A": 100 - 2 * warm["s1"], "B": 100 - 2 * warm["s2"]}, index=times)
    load.to_csv(folder / "load.csv")
    columns = {name: f"{name}_temperature_c" for name in warm}
    warm.rename(columns=columns).to_csv(folder / "weather.csv")
    ahead = pd.date_range(times[-1] + pd.Timedelta(hours=1), periods=24, freq="h", name="timestamp")
    newer = pd.DataFrame({"s1_temperature_c": 3.0, "s2_temperature_c": 5.0}, index=ahead)
    newer.to_csv(folder / "newer.csv")
    weather = {"source": str(folder / "weather.csv"), "method": "learned", "perfect_weather": True}
    config = make_config({"data": {"temporal": str(folder / "load.csv")}, "weather": weather})
    loaded, until = load_panel(config, Listener()), times[-1]
    panel = with_covariates(loaded, config, until, Listener())
    said = []
    panel = with_newer_weather(panel, loaded, config, str(folder / "newer.csv"), until, Listener(said.append))
    assert panel.values_of("temperature")[len(times) + 3].tolist() == [3, 5]
    assert any("stations as they were learned for the run" in sentence for sentence in said)
    stations = stations_of(panel, loaded, config, until, str(folder / "newer.csv"))
    require_same(stations, panel)
    quiet = stations.laid("s1")["temperature"]
    assert np.isnan(quiet.sel(location="A")).all()
    assert np.isfinite(quiet.sel(location="B")).any()


def test_where_there_is_no_weather_around_an_issue_time_there_is_nothing_to_tell(folder):
    observed(24 * 3).to_csv(folder / "weather.csv")
    with pytest.warns(GridcastWarning, match="missing at"):
        _, stations = opened(settings(folder, perfect_weather=True))
    day = pd.Timedelta(days=1)
    assert stations.around(TIMES[24 * 15], 5 * day, day) is None
    assert stations.around(TIMES[24 * 15], 14 * day, day).laid()["temperature"].shape == (48, 2)


def test_forecasts_made_after_the_issue_time_are_cut_off(folder):
    runs = pd.date_range(TIMES[0], TIMES[-1], freq="12h")
    rows = [(run, run + pd.Timedelta(hours=lead), 10.0) for run in runs for lead in range(36)]
    pd.DataFrame(rows, columns=["issue_time", "timestamp", "west_temperature_c"]).to_csv(folder / "weather.csv", index=False)
    _, stations = opened(settings(folder, delay_hours=0.0))
    moment = pd.Timestamp("2024-01-10", tz="UTC")
    around = stations.around(moment, pd.Timedelta(days=2), pd.Timedelta(hours=24))
    assert around.sources[0].dataset["issued"].values.max() == np.datetime64("2024-01-10")
    assert around.lately().sources[0].dataset.sizes["issued"] == 3


def test_of_many_stations_the_nearest_are_candidates(folder):
    observed().to_csv(folder / "weather.csv")
    _, stations = opened(settings(folder, perfect_weather=True))
    assert stations.nearest("B", 1) == ["east"]
    assert stations.nearest("A", 1) == ["west"]
    assert stations.nearest("", 2) == ["west", "east"]


def test_measured_weather_that_is_not_read_has_no_stations(folder):
    observed().to_csv(folder / "weather.csv")
    assert opened(settings(folder, delay_hours=1.0))[1] is None


def test_without_weather_there_are_no_stations(folder):
    assert opened(settings(folder))[1] is None
