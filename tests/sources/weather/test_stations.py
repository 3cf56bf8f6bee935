"""Tables of weather stations, wide and long, observed and forecast."""

import gzip

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridcast.errors import ConfigError, FileError, GridcastError, GridcastWarning, PanelError
from gridcast.sources.weather.stations import read_station_weather
from gridcast.sources.weather.weather import WeatherOptions

WIDE = "time,A_temp_F,B_temp_F,A_rh\n2024-01-01 00:00,50,32,80\n2024-01-01 01:00,,41,70\n"
LONG = """time,station,temperature_F,rh
2024-01-01 00:00,A,50,80
2024-01-01 01:00,A,,70
2024-01-01 00:00,B,32,
2024-01-01 01:00,B,41,
"""
FORECAST = "issue time,valid time,station,temperature\n" + "".join(
    f"2024-01-01 {issued:02d}:00,2024-01-01 {issued + lead:02d}:00,A,{issued + lead}\n" for issued in (0, 6) for lead in (1, 2)
)


@pytest.fixture
def read(tmp_path):
    def read(content, *, locations=None, name="weather.csv", **options):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_station_weather(path, options=WeatherOptions(**options), locations=locations)

    return read


def assert_both(weather):
    assert weather.dataset["temperature"].dims == ("time", "station")
    assert weather.dataset["station"].values.tolist() == ["A", "B"]
    # 50 degF = 10 degC, 32 degF = 0 degC, 41 degF = 5 degC
    np.testing.assert_allclose(weather.dataset["temperature"], [[10, 0], [np.nan, 5]], atol=1e-9)
    np.testing.assert_allclose(weather.dataset["humidity"], [[80, np.nan], [70, np.nan]])
    assert weather.dataset["temperature"].attrs == {"units": "degC", "availability": "observed", "delay": 0}
    assert weather.dataset.indexes["time"][1] == pd.Timestamp("2024-01-01 01:00")


@pytest.mark.parametrize(
    "content", [WIDE, LONG, gzip.compress(WIDE.encode()), LONG.replace(",", "\t")], ids=["wide", "long", "gz", "tsv"]
)
def test_wide_and_long_tables_come_to_the_same(read, content):
    assert_both(read(content))


@pytest.mark.parametrize("content", [WIDE, LONG], ids=["wide", "long"])
def test_parquet_is_known_by_its_content(tmp_path, content):
    (tmp_path / "weather.csv").write_text(content)
    table = pd.read_csv(tmp_path / "weather.csv", parse_dates=["time"])
    table.to_parquet(tmp_path / "weather.dat")
    assert_both(read_station_weather(tmp_path / "weather.dat"))


def test_what_was_recognised_is_said(read):
    said = read(WIDE).said
    assert said[0] == "weather.csv: wide table of weather of 2 stations: `temperature`, `humidity`; time = `time`"
    assert "weather.csv: temperature converted from F to degC" in said
    assert "weather.csv: without coordinates: `A`, `B`" in said


def test_one_station_without_a_name(read):
    weather = read("time,temperature_F,load_MW,visibility\n2024-01-01,32,5000,3\n")
    assert weather.variables == ("temperature", "visibility")
    assert weather.dataset["station"].values.tolist() == ["station"]
    assert "weather.csv: not used: `load_MW`" in weather.said
    assert "weather.csv: kept as they are, in units unknown: `visibility`" in weather.said


def test_columns_that_name_no_variable_are_temperatures(read):
    weather = read("time,W01,W02\n2024-01-01,280,290\n")
    np.testing.assert_allclose(weather.dataset["temperature"], [[6.85, 16.85]])  # less 273.15
    assert "weather.csv: no column names a variable: taken as the temperature of 2 stations" in weather.said


def test_an_unknown_variable_of_a_known_station_keeps_its_name(read):
    weather = read("time,A_temp_C,A_snow_cm,other\n2024-01-01,1,30,4\n")
    assert weather.variables == ("temperature", "snow_cm")
    assert "weather.csv: not used: `other`" in weather.said


def test_no_variable_is_called_as_a_coordinate_is(read):
    weather = read("time,A_temp,A_lead,A_,station,time_2\n2024-01-01 00:00,1,2,3,4,5\n")
    assert weather.variables == ("temperature",)
    assert "not used: `A_lead`" in " ".join(weather.said)
    assert read("time,station,temperature\n2024-01-01 00:00,7,1\n").variables == ("temperature",)


def test_a_forecast_of_stations_without_any_names_is_refused(read):
    with pytest.raises(PanelError) as caught:
        read("issued,time,station,temperature\nx,2024-01-01 00:00,,1\ny,2024-01-01 00:00,,1\n")
    assert any("no name in `station`" in problem.problem for problem in caught.value.problems)


def test_units_may_be_told(read):
    weather = read("time,A_temp\n2024-01-01,41\n", units={"temperature": "degF"})
    assert weather.dataset["temperature"].item() == pytest.approx(5)


def test_only_the_variables_wanted(read):
    assert read(WIDE, variables=("rh",)).variables == ("humidity",)
    with pytest.raises(PanelError, match="wanted: `pressure`"):
        read(WIDE, variables=("pressure",))


def test_local_stamps(read):
    weather = read(WIDE, timezone="Europe/Berlin")
    assert weather.dataset.indexes["time"][0] == pd.Timestamp("2023-12-31 23:00")


def test_issue_times_make_a_forecast(read):
    weather = read(FORECAST, delay=pd.Timedelta("2h"))
    values = weather.dataset["temperature"]
    assert weather.is_forecast
    assert values.dims == ("issued", "lead", "station")
    assert values["lead"].values.tolist() == [3600 * 10**9, 7200 * 10**9]
    assert values.values[..., 0].tolist() == [[1, 2], [7, 8]]
    assert values.attrs == {"units": "degC", "availability": "forecast", "delay": 2 * 3600 * 10**9}
    assert weather.valid_times.hour.tolist() == [1, 2, 7, 8]


def test_a_wide_forecast(read):
    weather = read("issued,time,A_temp_C\n2024-01-01 00:00,2024-01-01 01:00,1\n2024-01-01 01:00,2024-01-01 02:00,2\n")
    assert weather.dataset["temperature"].values.tolist() == [[[1.0]], [[2.0]]]


def test_observed_weather_may_stand_in_as_perfect_but_not_as_forecast(read):
    assert read(WIDE, availability="perfect").dataset["temperature"].attrs["availability"] == "perfect"
    with pytest.raises(ConfigError, match="without issue times can't be `forecast`"):
        read(WIDE, availability="forecast")
    with pytest.raises(ConfigError, match="with issue times can't be `observed`"):
        read(FORECAST, availability="observed")
    with pytest.raises(ConfigError, match="`later` is no availability"):
        WeatherOptions(availability="later")


def test_stamps_that_are_ends_or_split_in_two(read):
    ends = read("hour_ending,A_temp_C\n2024-01-01 01:00,1\n2024-01-01 02:00,2\n")
    assert ends.dataset.indexes["time"].hour.tolist() == [0, 1]
    assert "`hour_ending` labels the end of an interval: taken back by 1 h to its start" in ends.said
    told = read("time,A_temp_C\n2024-01-01 01:00,1\n2024-01-01 02:00,2\n", ending=True)
    assert told.dataset.indexes["time"].equals(ends.dataset.indexes["time"])
    split = read("date,hour,A_temp_C\n2024-01-01,1,1\n2024-01-01,24,2\n")
    assert split.dataset.indexes["time"].hour.tolist() == [0, 23]
    assert "hour 1 of `hour` taken as 00:00 to 01:00" in split.said


# ---- coordinates ----


def test_coordinates_come_from_the_table_of_locations(read):
    locations = pd.DataFrame(
        {"location_id": ["b", "Z9"], "latitude": [50.0, 1.0], "longitude": [30.0, 2.0], "kind": ["weather", "load"]}
    )
    weather = read(WIDE, locations=locations)
    assert weather.dataset["latitude"].values.tolist()[1] == 50.0
    assert np.isnan(weather.dataset["longitude"].values[0])
    assert "weather.csv: without coordinates: `A`" in weather.said


def test_coordinates_come_from_the_file_itself(read):
    weather = read("time,station,lat,lon,temp_C\n2024-01-01,A,50,30,1\n2024-01-02,A,50,30,2\n2024-01-01,B,51,31,3\n")
    assert weather.dataset["latitude"].values.tolist() == [50.0, 51.0]
    assert weather.variables == ("temperature",)


# ---- bad input ----


def test_all_problems_at_once(read):
    with pytest.raises(PanelError) as caught:
        read("time,A_temp_C,A_temperature_C\n2024-13-01,1,x\n2024-01-02,2,3\n")
    assert [problem.problem for problem in caught.value.problems] == [
        "1 timestamp of `time` can't be read",
        "1 cell of `weather.csv` is no number",
        "`weather.csv` has the same series more than once",
    ]


@pytest.mark.parametrize(
    "content", [WIDE + WIDE.splitlines()[1] + "\n", LONG + LONG.splitlines()[1] + "\n", FORECAST + FORECAST.splitlines()[1]]
)
def test_readings_that_come_twice(read, content):
    with pytest.raises(PanelError, match="1 reading of"):
        read(content)


def test_a_file_without_weather(read):
    with pytest.raises(PanelError, match="no column of weather"):
        read("time,kyiv,lviv\n2024-01-01,1,2\n")
    with pytest.raises(PanelError, match=r"no column of time(.|\n)*hint: call the column `timestamp`; .*time_column=\.\.\.\)`$"):
        read("a,temp_C\nx,1\n")


def test_a_column_that_is_not_there_by_option(read):
    with pytest.raises(PanelError, match=r"did you mean `WeatherOptions\(time_column=\"Zeit\"\)`") as caught:
        read("Zeit,temp_C\n2024-01-01,1\n", time_column="Zeitt")
    assert caught.value.problems[0].expected == "`time_column` among them"


def test_truncated_files(read, tmp_path):
    with pytest.raises(FileError, match="not a sound gzip file"):
        read(gzip.compress(WIDE.encode())[:-9])
    pd.DataFrame({"time": ["2024-01-01"], "temp": [1.0]}).to_parquet(tmp_path / "whole")
    with pytest.raises(FileError, match="not a sound Parquet file"):
        read((tmp_path / "whole").read_bytes()[:-9])
    with pytest.raises(FileError, match="missing"):
        read_station_weather(tmp_path / "nothing.csv")


def test_marks_of_missing_values_are_warned_of_and_left_out_when_told(read):
    content = "time,A_temp_C\n2024-01-01,1\n2024-01-02,-9999\n"
    with pytest.warns(GridcastWarning, match=r"1 value of temperature is not to be believed(.|\n)*missing=\(-9999,\)"):
        read(content)
    assert np.isnan(read(content, missing=(-9999.0,)).dataset["temperature"].values[1, 0])


def test_temperatures_in_another_unit_are_warned_of(read):
    with pytest.warns(GridcastWarning, match="found:    77"):
        read("time,A_temp\n2024-01-01,77\n")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.one_of(
        st.binary(max_size=60),
        st.text("time,station_CF0123456789-:\n ", max_size=80).map(lambda text: f"time,A_temp\n{text}".encode()),
    )
)
@pytest.mark.filterwarnings("ignore::gridcast.errors.GridcastWarning")
def test_whatever_the_bytes_it_is_weather_or_an_error_for_the_user(read, content):
    try:
        weather = read(content)
    except GridcastError:
        return
    assert weather.variables


# ---- real files ----


@pytest.mark.shared_data
def test_the_real_files_are_read_right(shared_data):
    def real(folder):
        locations = pd.read_csv(shared_data / folder / "locations.csv")
        return read_station_weather(shared_data / folder / "weather.csv.gz", locations=locations).dataset

    gefcom, nyiso, us = (real(folder) for folder in ("gefcom2012", "nyiso_2005_2020", "us_ba_2015_2020"))
    assert dict(gefcom.sizes) == {"time": 39600, "station": 11}
    assert gefcom["temperature"].values[0, :2].tolist() == pytest.approx([46 / 1.8 - 160 / 9, 38 / 1.8 - 160 / 9])
    assert "latitude" not in gefcom.coords
    assert list(nyiso) == ["temperature", "dew_point", "humidity", "pressure", "wind_speed"]
    # the first row: 28 F, 19 F, 69 %, 30.38 inHg, 3 mph
    first = [float(nyiso[name][0, 0]) for name in nyiso]
    assert first == pytest.approx([-2.2222, -7.2222, 69, 1028.785, 1.34112], abs=1e-3)
    assert (float(nyiso["latitude"][0]), float(nyiso["longitude"][0])) == (40.78, -73.88)
    assert us.sizes["station"] == 26
    assert [str(us[name].attrs["units"]) for name in us] == ["degC", "%"]
    assert float(us["temperature"].sel(station="Los_Angeles")[0]) == 28.8
    assert float(us["humidity"].sel(station="Boston")[0]) == 74
    assert not np.isnan(us["latitude"]).any()
