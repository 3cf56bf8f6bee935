"""Weather from Open-Meteo: the right hours, units, issue times; patience with the service, and sense in what it says."""

import json

import numpy as np
import pandas as pd
import pytest

from gridcast.errors import ConfigError, FileError, GridcastError, PanelError
from gridcast.sources import openmeteo, openmeteoapi
from gridcast.sources.openmeteo import read_forecast_openmeteo, read_past_forecasts_openmeteo, read_weather_openmeteo

from ..contracts.test_sources import check_weather
from .conftest import Answer

PLACES = pd.DataFrame({"id": ["Kyiv", "Lviv"], "latitude": [50.45, 49.84], "longitude": [30.52, 24.03]})
UNITS = {"temperature_2m": "°C", "dew_point_2m": "°C", "wind_speed_10m": "km/h", "shortwave_radiation": "W/m²"}
DAY_NS = 86_400_000_000_000


def hours(query):
    """Return the hours of an answer, as the service would choose them."""
    if "start_date" in query:
        return pd.date_range(query["start_date"], pd.Timestamp(query["end_date"]) + pd.Timedelta(hours=23), freq="h")
    first = pd.Timestamp(query.get("run", "2026-03-01T09:00")).normalize()
    return pd.date_range(first, periods=24 * int(query["forecast_days"]), freq="h")


def told(query, value):
    """Return an answer in the service's form; `value(column, hours, latitude)` are its numbers."""
    places = []
    for latitude in query["latitude"].split(","):
        columns, times = query["hourly"].split(","), hours(query)
        units = {column: next((unit for name, unit in UNITS.items() if column.startswith(name)), "%") for column in columns}
        values = {column: [None if x != x else float(x) for x in value(column, times, float(latitude))] for column in columns}
        places.append(
            {
                "latitude": float(latitude) + 0.01,
                "longitude": 0.0,
                "generationtime_ms": 0.2,
                "utc_offset_seconds": 0,
                "timezone": "GMT",
                "timezone_abbreviation": "GMT",
                "elevation": 38.0,
                "hourly_units": {"time": "iso8601", **units},
                "hourly": {"time": times.strftime("%Y-%m-%dT%H:%M").tolist(), **values},
            }
        )
    return places if len(places) > 1 else places[0]


def by_hour(column, times, latitude):
    """Return the hours since 2024 began, plus the latitude's whole degrees times 10,000."""
    return (times - pd.Timestamp("2024-01-01")) / pd.Timedelta(hours=1) + 10_000 * int(latitude)


def answering(value=by_hour, **changes):
    def answer(path, query):
        places = told(query, value)
        for place in places if isinstance(places, list) else [places]:
            place.update(changes)
        return Answer(json.dumps(places))

    return answer


def test_observed_weather_has_hours_places_units_and_availability(loopback, asking):
    server = loopback(answering())
    weather = read_weather_openmeteo(
        PLACES, "2024-01-01 22:00", "2024-01-02 03:00", variables=["temperature", "wind_speed"], asking=asking(server.url)
    )
    assert dict(weather.sizes) == {"time": 5, "station": 2}
    assert weather["time"].values[0] == np.datetime64("2024-01-01T22:00")
    assert weather["station"].values.tolist() == ["Kyiv", "Lviv"]
    assert weather["latitude"].values.tolist() == [50.45, 49.84]  # as asked for, not of the model's cell
    assert weather["temperature"].values[:, 0].tolist() == [500_022, 500_023, 500_024, 500_025, 500_026]
    assert weather["temperature"].values[0].tolist() == [500_022, 490_022]
    # 500,022 km/h / 3.6
    assert weather["wind_speed"].values[0, 0] == pytest.approx(138_895)
    assert weather["temperature"].attrs == {"units": "degC", "availability": "observed", "delay": 5 * DAY_NS}
    assert weather["wind_speed"].attrs["units"] == "m/s"
    ((path, query),) = server.asked
    assert path == "/v1/archive"
    assert query["latitude"] == "50.4500,49.8400"
    assert query["hourly"] == "temperature_2m,wind_speed_10m"
    assert (query["start_date"], query["end_date"]) == ("2024-01-01", "2024-01-02")


def test_what_every_source_of_weather_promises(loopback, asking):
    at = asking(loopback(answering()).url)
    check_weather(read_weather_openmeteo(PLACES, "2024-01-01", "2024-01-02", asking=at))
    check_weather(read_past_forecasts_openmeteo(PLACES, "2024-03-01", "2024-03-04", asking=at))


def test_all_variables_are_known_to_the_service(loopback, asking):
    server = loopback(answering())
    weather = read_weather_openmeteo(PLACES, "2024-01-01", "2024-01-02", archive="historical-forecast", asking=asking(server.url))
    assert {name: array.attrs["units"] for name, array in weather.items()} == {
        "temperature": "degC",
        "dew_point": "degC",
        "humidity": "%",
        "wind_speed": "m/s",
        "cloud_cover": "%",
        "radiation": "W/m2",
    }
    assert weather["temperature"].attrs["delay"] == DAY_NS // 4
    assert server.asked[0][0] == "/v1/forecast"


def test_radiation_of_the_preceding_hour_is_moved_to_its_start(loopback, asking):
    server = loopback(answering())
    weather = read_weather_openmeteo(PLACES, "2024-01-01", "2024-01-02", variables=["radiation"], asking=asking(server.url))
    # the first hour of January 1st is stamped 01:00, the last one 00:00 of January 2nd
    assert weather["radiation"].values[[0, -1], 0].tolist() == [500_001, 500_024]


def test_gaps_stay_gaps(loopback, asking):
    def holes(column, times, latitude):
        return np.where((times.hour == 3) & (latitude > 50), np.nan, times.hour)

    server = loopback(answering(holes))
    weather = read_weather_openmeteo(PLACES, "2024-01-01", "2024-01-02", variables=["temperature"], asking=asking(server.url))
    assert np.isnan(weather["temperature"].values).sum() == 1
    assert np.isnan(weather["temperature"].sel(station="Kyiv").values[3])


def test_long_spans_and_many_places_are_asked_in_pieces(loopback, asking, monkeypatch):
    monkeypatch.setattr(openmeteoapi, "DAYS_A_REQUEST", 3)
    server = loopback(answering())
    many = pd.DataFrame({"id": [f"P{i}" for i in range(60)], "latitude": np.arange(60.0), "longitude": 5.0})
    weather = read_weather_openmeteo(many, "2023-12-30", "2024-01-03", variables=["temperature"], asking=asking(server.url))
    # three days a request; 50 places and 10; the end's day too, where a radiation of the last hour would be
    days = [(query["start_date"], query["end_date"], query["latitude"].count(",") + 1) for _, query in server.asked]
    assert days == [
        ("2023-12-30", "2024-01-01", 50),
        ("2024-01-02", "2024-01-03", 50),
        ("2023-12-30", "2024-01-01", 10),
        ("2024-01-02", "2024-01-03", 10),
    ]
    assert weather["temperature"].shape == (4 * 24, 60)
    expected = by_hour("", pd.DatetimeIndex(weather["time"].values), 59)
    assert weather["temperature"].values[:, 59].tolist() == expected.tolist()
    assert weather["temperature"].values[0].tolist() == [expected[0] + 10_000 * (place - 59) for place in range(60)]


def test_stamps_of_another_zone_are_brought_to_utc(loopback, asking):
    server = loopback(answering(utc_offset_seconds=7200))
    weather = read_weather_openmeteo(PLACES, "2024-01-01", "2024-01-01 20:00", variables=["temperature"], asking=asking(server.url))
    # what is stamped 02:00 (hour 2) is 00:00 UTC
    assert weather["temperature"].values[0, 0] == 500_002


def test_a_start_with_a_zone_is_brought_to_utc(loopback, asking):
    server = loopback(answering())
    start = pd.Timestamp("2024-03-31 00:00", tz="Europe/Kyiv")  # a day of 23 hours
    weather = read_weather_openmeteo(
        PLACES, start, start + pd.DateOffset(days=1), variables=["temperature"], asking=asking(server.url)
    )
    assert weather.sizes["time"] == 23
    assert weather["time"].values[0] == np.datetime64("2024-03-30T22:00")


def test_the_forecast_of_now_counts_from_the_full_hour_of_the_request(loopback, asking, monkeypatch):
    monkeypatch.setattr(openmeteo, "now", lambda: pd.Timestamp("2026-03-01 09:17:05"))
    server = loopback(answering())
    forecast = read_forecast_openmeteo(PLACES, days=2, variables=["temperature", "radiation"], asking=asking(server.url))
    assert forecast["temperature"].dims == ("issued", "lead", "station")
    assert forecast["issued"].values.tolist() == [np.datetime64("2026-03-01T09:00", "ns").astype(int)]
    assert forecast["lead"].values[[0, 1]].tolist() == [0, 3_600_000_000_000]
    hour = by_hour("", pd.DatetimeIndex(["2026-03-01 09:00"]), 50)[0]
    # the service answers from the day's start; lead 0 is 09:00, and two full days are there
    assert forecast["temperature"].values[0, :3, 0].tolist() == [hour, hour + 1, hour + 2]
    assert forecast["temperature"].values[0, :, 0].tolist() == [hour + lead for lead in range(48)]
    assert forecast["radiation"].values[0, 0, 0] == hour + 1
    assert forecast["temperature"].attrs == {"units": "degC", "availability": "forecast", "delay": 0}
    assert "run" not in server.asked[0][1]


def test_the_longest_forecast_counts_from_midnight(loopback, asking, monkeypatch):
    monkeypatch.setattr(openmeteo, "now", lambda: pd.Timestamp("2026-03-01 09:17:05"))
    server = loopback(answering())
    forecast = read_forecast_openmeteo(PLACES, days=16, variables=["temperature"], asking=asking(server.url))
    assert server.asked[0][1]["forecast_days"] == "16"
    assert np.isnan(forecast["temperature"].values[0, :, 0]).sum() == 9


def test_the_forecast_of_another_hour_is_asked_for_anew(loopback, asking, monkeypatch):
    server = loopback(answering())
    for now, count in (("09:17", 1), ("09:59", 1), ("10:00", 2)):
        monkeypatch.setattr(openmeteo, "now", lambda now=now: pd.Timestamp(f"2026-03-01 {now}"))
        read_forecast_openmeteo(PLACES, days=1, variables=["temperature"], asking=asking(server.url))
        assert len(server.asked) == count


def test_past_runs_are_vintages(loopback, asking):
    server = loopback(answering())
    runs = ["2025-10-01T12:00", "2025-10-01T00:00"]
    forecast = read_forecast_openmeteo(
        PLACES, runs=runs, days=3, variables=["temperature"], model="ecmwf_ifs", asking=asking(server.url)
    )
    assert forecast["issued"].values.astype("datetime64[h]").astype(str).tolist() == ["2025-10-01T00", "2025-10-01T12"]
    assert [(path, query["run"], query["models"]) for path, query in server.asked] == [
        ("/v1/forecast", "2025-10-01T00:00", "ecmwf_ifs"),
        ("/v1/forecast", "2025-10-01T12:00", "ecmwf_ifs"),
    ]
    midnight = by_hour("", pd.DatetimeIndex(["2025-10-01"]), 50)[0]
    assert forecast["temperature"].values[:, 0, 0].tolist() == [midnight, midnight + 12]
    assert forecast["temperature"].attrs["delay"] == DAY_NS // 4


def test_past_forecasts_hold_for_each_hour_the_youngest_that_was_made_by_then(loopback, asking):
    def ahead(column, times, latitude):
        return (times - pd.Timestamp("2024-01-01")) / pd.Timedelta(hours=1) + 10_000 * int(column[-1])

    server = loopback(answering(ahead))
    forecast = read_past_forecasts_openmeteo(
        PLACES, "2024-02-10", "2024-02-12", days=2, variables=["temperature", "radiation"], asking=asking(server.url)
    )
    assert dict(forecast.sizes) == {"issued": 8, "lead": 48, "station": 2}
    assert forecast["issued"].values[[1, -1]].astype("datetime64[h]").astype(str).tolist() == ["2024-02-10T06", "2024-02-11T18"]
    # February 10th, 06:00 is hour 966; one day ahead for leads of up to 24 hours, two days from 25 on
    temperature = forecast["temperature"].values[1, :, 0]
    assert temperature[[0, 1, 24, 25, 47]].tolist() == [10_966, 10_967, 10_990, 20_991, 21_013]
    # the mean of the hour is stamped by its end, which is 24 hours ahead already at a lead of 23
    radiation = forecast["radiation"].values[1, :, 0]
    assert radiation[[0, 23, 24, 47]].tolist() == [10_967, 10_990, 20_991, 21_014]
    assert np.isfinite(forecast["temperature"].values).all()
    assert np.isfinite(forecast["radiation"].values).all()
    assert [forecast[name].attrs["delay"] for name in ("temperature", "radiation")] == [DAY_NS // 4] * 2
    ((_, query),) = server.asked
    assert query["hourly"] == ",".join(
        f"{name}_previous_day{day}" for name in ("temperature_2m", "shortwave_radiation") for day in (1, 2)
    )
    assert (query["start_date"], query["end_date"]) == ("2024-02-10", "2024-02-13")


@pytest.mark.parametrize("name", ["temperature", "radiation"])
def test_no_past_forecast_is_used_before_it_was_made(name):
    for lead in range(24 * 7):
        stamp = lead + (name == "radiation")  # hours from the issue time to the service's stamp
        made = stamp - 24 * openmeteo._days_ahead(lead, name)  # its run started then at the latest
        assert -24 <= made <= 0


def test_what_was_asked_once_is_had_without_the_network(loopback, asking):
    server = loopback(answering())
    first = read_weather_openmeteo(PLACES, "2023-01-01", "2024-06-01", variables=["humidity"], asking=asking(server.url))
    offline = asking(server.url, offline=True)
    assert first.identical(read_weather_openmeteo(PLACES, "2023-01-01", "2024-06-01", variables=["humidity"], asking=offline))
    assert len(server.asked) == 2
    with pytest.raises(FileError, match="the network may not be used, and 2 answers") as caught:
        read_weather_openmeteo(PLACES, "2023-01-01", "2024-06-01", variables=["temperature"], asking=offline)
    assert "temperature_2m" in str(caught.value)
    assert len(server.asked) == 2


def test_young_answers_are_asked_for_again_after_an_hour(loopback, asking, monkeypatch):
    monkeypatch.setattr(openmeteoapi, "now", lambda: pd.Timestamp("2024-06-10"))
    server = loopback(answering())
    for now in (1000.0, 4600.0, 4601.0):
        monkeypatch.setattr("gridcast.sources.cache.time.time", lambda now=now: now)
        read_weather_openmeteo(PLACES, "2023-01-01", "2024-06-09", variables=["humidity"], asking=asking(server.url))
    # the first year is settled; the days up to June 9th were asked for twice in an hour and a second
    assert [query["end_date"] for _, query in server.asked] == ["2024-01-01", "2024-06-09", "2024-06-09"]


def test_the_address_can_be_set_in_the_environment(loopback, asking, monkeypatch):
    server = loopback(answering())
    monkeypatch.setenv("GRIDCAST_OPENMETEO_URL", server.url + "/")
    read_weather_openmeteo(PLACES, "2024-01-01", "2024-01-02", variables=["humidity"], asking=asking())
    assert server.asked[0][0] == "/v1/archive"


def test_the_service_says_why_it_refuses(loopback, asking):
    server = loopback(lambda path, query: Answer('{"error": true, "reason": "Parameter out of allowed range"}', 400))
    with pytest.raises(GridcastError, match="Open-Meteo refuses the request") as caught:
        read_weather_openmeteo(PLACES, "2024-01-01", "2024-01-02", asking=asking(server.url))
    assert "Parameter out of allowed range" in str(caught.value)


def test_it_is_asked_again_after_failures(loopback, asking):
    server = loopback(answering())
    server.first = [Answer("busy", 500), Answer("", 429)]
    weather = read_weather_openmeteo(PLACES, "2024-01-01", "2024-01-02", variables=["humidity"], asking=asking(server.url))
    assert np.isfinite(weather["humidity"].values).all()
    assert len(server.asked) == 3


GOOD = {"utc_offset_seconds": 0, "hourly_units": {"temperature_2m": "°C"}}
SENSELESS = {
    "not JSON": "<html>maintenance</html>",
    "cut JSON": '{"utc_offset_seconds": 0, "hourly": {"time": ["2024-',
    "nothing": "",
    "a number": "17",
    "a list of numbers": "[1]",
    "no hours": json.dumps(GOOD),
    "another variable": json.dumps({**GOOD, "hourly": {"time": ["2024-01-01T00:00"], "rain": [1]}}),
    "fewer values": json.dumps({**GOOD, "hourly": {"time": ["2024-01-01T00:00", "2024-01-01T01:00"], "temperature_2m": [1]}}),
    "words": json.dumps({**GOOD, "hourly": {"time": ["2024-01-01T00:00"], "temperature_2m": ["warm"]}}),
    "no stamps": json.dumps({**GOOD, "hourly": {"time": ["soon"], "temperature_2m": [1]}}),
    "hours backwards": json.dumps({**GOOD, "hourly": {"time": ["2024-01-01T01:00", "2024-01-01T00:00"], "temperature_2m": [1, 2]}}),
    "another unit": json.dumps(
        {**GOOD, "hourly_units": {"temperature_2m": "°F"}, "hourly": {"time": ["2024-01-01T00:00"], "temperature_2m": [1]}}
    ),
    "two places": json.dumps([{}, {}]),
    "bytes": b"\xff\x00\x81",
}


@pytest.mark.parametrize("body", SENSELESS.values(), ids=SENSELESS)
def test_an_answer_without_sense_is_an_error_and_is_not_kept(loopback, asking, body, tmp_path):
    server = loopback(lambda path, query: Answer(body))
    with pytest.raises(GridcastError, match="the answer of Open-Meteo makes no sense") as caught:
        read_weather_openmeteo(PLACES[:1], "2024-01-01", "2024-01-02", variables=["temperature"], asking=asking(server.url))
    assert "GRIDCAST_OPENMETEO_URL" in str(caught.value)
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.parametrize("times", [[], ["2024-01-01T00:00"]])
def test_an_answer_without_values_is_an_error(loopback, asking, times):
    body = json.dumps({**GOOD, "hourly": {"time": times, "temperature_2m": [None] * len(times)}})
    server = loopback(lambda path, query: Answer(body))
    with pytest.raises(GridcastError, match="no values for these places and hours"):
        read_weather_openmeteo(PLACES[:1], "2024-01-01", "2024-01-02", variables=["temperature"], asking=asking(server.url))


def test_wrong_arguments_are_refused_before_anything_is_asked():
    with pytest.raises(ConfigError, match="is not asked for `snow`"):
        read_weather_openmeteo(PLACES, "2024-01-01", "2024-01-02", variables=["temperature", "snow"])
    with pytest.raises(ConfigError, match="the span is empty"):
        read_weather_openmeteo(PLACES, "2024-01-02", "2024-01-02")
    with pytest.raises(ConfigError, match="there is no archive `forecast`"):
        read_weather_openmeteo(PLACES, "2024-01-01", "2024-01-02", archive="forecast")
    with pytest.raises(ConfigError, match="that many days ahead"):
        read_past_forecasts_openmeteo(PLACES, "2024-01-01", "2024-01-02", days=0)
    with pytest.raises(ConfigError, match="full hours apart"):
        read_past_forecasts_openmeteo(PLACES, "2024-01-01", "2024-01-02", every=pd.Timedelta(minutes=90))
    with pytest.raises(ConfigError, match="can't be that long"):
        read_forecast_openmeteo(PLACES, days=17)
    with pytest.raises(PanelError, match="no weather without coordinates, at 1 of 2 places"):
        read_weather_openmeteo(PLACES.assign(latitude=[1.0, np.nan]), "2024-01-01", "2024-01-02")
    with pytest.raises(PanelError, match="no places"):
        read_weather_openmeteo(PLACES[:0], "2024-01-01", "2024-01-02")
