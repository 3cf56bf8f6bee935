"""Weather, what is derived from it, and the calendar, brought to the places of a panel."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gridcast.attaching import calendar_of, with_features, with_weather
from gridcast.config import make_config
from gridcast.errors import ConfigError, GridcastWarning, PanelError
from gridcast.panel import Panel


def weather_file(path, panel, stations=("north", "south"), hours=None, **columns):
    """Write hourly temperatures: 10 and 20 degrees at two stations, and the hour of the day added."""
    times = panel.times[: hours or len(panel.times)]
    table = pd.DataFrame({"timestamp": times.strftime("%Y-%m-%dT%H:%M:%SZ")})
    for number, name in enumerate(stations):
        table[f"{name}_temperature_c"] = 10.0 * (number + 1) + times.hour
    table.assign(**columns).to_csv(path, index=False)
    return str(path)


def config(path, **weather):
    return make_config({"weather": {"source": path, **weather}})


@pytest.fixture
def panel(make_panel) -> Panel:
    return make_panel(days=30, places=2)


def stations_at(panel):
    """Return two stations, each at a place of the panel."""
    latitude, longitude = panel.coordinates
    return pd.DataFrame({"id": ["north", "south"], "latitude": latitude, "longitude": longitude})


def test_a_station_at_the_place_gives_its_weather(panel, tmp_path):
    path = weather_file(tmp_path / "weather.csv", panel)
    with_it, said = with_weather(panel, config(path, perfect_weather=True), until=panel.end, stations=stations_at(panel))
    assert with_it.values_of("temperature")[5].tolist() == [15, 25]
    assert with_it.is_ex_post
    assert with_it.dataset["temperature"].attrs["units"] == "degC"
    assert "scores are ex post" in said[-1]


def test_measured_weather_is_observed_and_comes_with_its_delay(panel, tmp_path):
    path = weather_file(tmp_path / "weather.csv", panel)
    with_it, said = with_weather(panel, config(path, delay_hours=2), until=panel.end, stations=stations_at(panel))
    assert not with_it.is_ex_post
    known = with_it.as_of(panel.times[100])
    assert np.isfinite(known.values_of("temperature")[:, 0]).sum() == 98
    assert said[-1].startswith("`temperature` is not read: it was measured")
    assert "--perfect-weather" in said[-1]


def test_without_coordinates_stations_are_learned_before_the_end_of_training(panel, tmp_path):
    nowhere = Panel(panel.dataset.drop_vars(["latitude", "longitude"]))
    path = weather_file(tmp_path / "weather.csv", panel)
    with pytest.warns(GridcastWarning):  # thirty days teach little
        with_it, said = with_weather(nowhere, config(path, perfect_weather=True), until=panel.times[24 * 25])
    assert with_it.values_of("temperature").shape == panel.consumption.shape
    assert any("learned from readings before 2024-01-26" in sentence for sentence in said)


def test_weather_that_ends_before_the_readings_is_told(panel, tmp_path):
    path = weather_file(tmp_path / "weather.csv", panel, hours=500)
    with pytest.warns(GridcastWarning, match="2024-01-21"):
        with_weather(panel, config(path, perfect_weather=True), until=panel.end, stations=stations_at(panel))


def test_weather_of_another_year_is_refused(panel, tmp_path):
    path = weather_file(tmp_path / "weather.csv", panel)
    (tmp_path / "old.csv").write_text((tmp_path / "weather.csv").read_text().replace("2024-", "2022-"))
    assert path
    with pytest.raises(PanelError, match="`temperature` is there at no reading"):
        with_weather(panel, config(str(tmp_path / "old.csv"), perfect_weather=True), until=panel.end, stations=stations_at(panel))


def test_a_station_without_coordinates_does_not_spoil_the_others(panel, tmp_path):
    path = weather_file(tmp_path / "weather.csv", panel, stations=("north", "south", "lost"))
    with_it, _ = with_weather(panel, config(path, perfect_weather=True), until=panel.end, stations=stations_at(panel))
    assert with_it.values_of("temperature")[5].tolist() == [15, 25]


def test_daily_readings_get_the_weather_of_their_local_day(tmp_path):
    days = pd.date_range("2024-01-01", periods=30, freq="D", tz="UTC")  # labels of days in Tokyo
    daily = Panel.from_wide(pd.DataFrame({"A": np.arange(30.0), "B": np.arange(30.0) % 7}, index=days))
    hours = pd.date_range("2023-12-31 15:00", periods=24 * 30, freq="h", tz="UTC")
    table = pd.DataFrame({"timestamp": hours.strftime("%Y-%m-%dT%H:%M:%SZ")})
    table["north_temperature_c"] = table["south_temperature_c"] = np.repeat(np.arange(30.0), 24)  # by the local day
    table.to_csv(tmp_path / "weather.csv", index=False)
    places = {"latitude": ("location", [35.0, 36.0]), "longitude": ("location", [139.0, 140.0])}
    daily = Panel(daily.dataset.assign_coords(places))
    stations = pd.DataFrame({"id": ["north", "south"], "latitude": [35.0, 36.0], "longitude": [139.0, 140.0]})
    settings = {"data": {"timezone": "Asia/Tokyo"}, "weather": {"source": str(tmp_path / "weather.csv"), "perfect_weather": True}}
    with_it, _ = with_weather(daily, make_config(settings), until=daily.end, stations=stations)
    assert with_it.values_of("temperature")[:, 0] == pytest.approx(np.arange(30.0))


def test_a_field_is_kept_and_brought_to_the_places(panel, tmp_path):
    latitude, longitude = panel.coordinates
    y, x = np.arange(latitude.min() - 2, latitude.max() + 2), np.arange(longitude.min() - 2, longitude.max() + 2)
    times = panel.times.tz_convert(None).to_numpy()
    values = np.broadcast_to(y[None, :, None], (len(times), len(y), len(x)))  # as warm as its latitude
    attrs = {"units": "degC", "standard_name": "air_temperature"}
    field = xr.Dataset({"t2m": (("time", "latitude", "longitude"), values.astype(np.float32), attrs)}, {"time": times})
    field = field.assign_coords(
        latitude=("latitude", y, {"units": "degrees_north"}), longitude=("longitude", x, {"units": "degrees_east"})
    )
    field.to_netcdf(tmp_path / "era5.nc", engine="scipy", format="NETCDF3_CLASSIC")
    with_it, _ = with_weather(panel, config(str(tmp_path / "era5.nc"), perfect_weather=True), until=panel.end)
    assert with_it.values_of("temperature")[7] == pytest.approx(latitude, abs=1e-3)
    assert with_it.values_of("temperature_field").ndim == 3
    nowhere = Panel(panel.dataset.drop_vars(["latitude", "longitude"]))
    with pytest.raises(ConfigError, match="a weather field needs places with coordinates"):
        with_weather(nowhere, config(str(tmp_path / "era5.nc")), until=panel.end)


def test_features_follow_from_the_temperature_if_there_is_one(panel):
    assert with_features(panel, make_config({})).variables == ()
    warm = panel.with_variable("temperature", np.full(panel.consumption.shape, 10.0), units="degC", availability="perfect")
    derived = with_features(warm, make_config({}))
    assert {"temperature_heating", "temperature_cooling", "temperature_mean_24h"} < set(derived.variables)
    assert derived.values_of("temperature_heating")[0, 0] == 5  # degrees below 15
    assert derived.dataset["temperature_heating"].attrs["availability"] == "perfect"
    assert with_features(warm, make_config({"weather": {"features": []}})).variables == ("temperature",)
    with pytest.raises(ConfigError, match="unknown feature `heatings`"):
        with_features(warm, make_config({"weather": {"features": ["heatings"]}}))


def test_the_calendar_has_holidays_of_the_region_and_the_user_s_own_events(tmp_path):
    (tmp_path / "events.csv").write_text("start,end,name,category\n2024-02-12,2024-02-16,winter break,school\n")
    settings = {
        "country": "DE",
        "subdivision": "BY",
        "events": str(tmp_path / "events.csv"),
        "around_holidays": 1,
        "bridge_days": True,
    }
    calendar = calendar_of(make_config({"data": {"timezone": "Europe/Berlin"}, "weather": settings}))
    days = pd.DatetimeIndex(["2024-01-06 11:00", "2024-02-14 11:00", "2024-02-17 11:00"], tz="UTC")
    at = pd.DataFrame(calendar.at(days), columns=calendar.names)
    assert at["holiday"].tolist() == [1, 0, 0]  # Epiphany is one in Bavaria
    assert {"before_holiday", "after_holiday", "bridge"} < set(at.columns)
    assert at.filter(like="school").iloc[:, 0].tolist() == [0, 1, 0]
