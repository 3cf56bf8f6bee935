"""Tables of weather stations: wide with one column a series, or long with one column a variable; observed or forecast."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr

from gridcast.clock import find_zone
from gridcast.errors import PanelError, Problem, counted, listed
from gridcast.sources.text.cells import Floats, NameReader, numbers
from gridcast.sources.text.checks import unnamed
from gridcast.sources.text.columns import ID, LATITUDE, LONGITUDE, TIME, choose, missing
from gridcast.sources.text.layout import date_and_hour
from gridcast.sources.text.rawtable import RawTable, Rows
from gridcast.sources.text.stamps import Stamps
from gridcast.sources.weather.quantities import QUANTITIES, convert, find_quantity, series_name
from gridcast.sources.weather.series import ISSUED, STATION, Series, long_series, names_stations, same_series, wide_series
from gridcast.sources.weather.table import forecast_runs, read_weather_table, series_twice, stamps_in
from gridcast.sources.weather.weather import Weather, WeatherOptions, marked, warn_of_the_unlikely

MOST_CELLS = 2**28


@dataclass(frozen=True)
class _Rows:
    """When and of which station each row is; of a wide table, every row is of all stations."""

    time: Stamps
    issued: Stamps | None
    names: tuple[str, ...]
    station: Rows


def read_station_weather(
    address: str | os.PathLike[str], *, options: WeatherOptions | None = None, locations: pd.DataFrame | None = None
) -> Weather:
    """Return the weather of a table of stations.

    A wide table has one column a series, named by station, variable and unit in any of the usual ways: `NYC_temperature_c`,
    `KLGA dew point [F]`, `temp_Boston`; where no column names a variable, each is the temperature of a station. A long table
    has a column of stations and one column a variable. With a column of issue times it is forecast weather.

    Args:
        address: Text as for readings of consumption, or Parquet.
        options: What the file does not tell.
        locations: Rows with `id` or `location_id`, `latitude` and `longitude` [degrees], some of them stations.

    Raises:
        ConfigError: If the time zone is unknown, or the availability does not fit.
        FileError: If the file can't be read.
        PanelError: Naming all the columns, stamps, names and cells that are wrong.
    """
    options = options or WeatherOptions()
    find_zone(options.timezone)
    table, recognised = read_weather_table(address)
    columns = _find_columns(table, options)
    long = "station" in columns
    series, unused = long_series(table, columns) if long else wide_series(table, columns)
    series = _wanted(series, options)
    rows, problems = _rows(table, columns, options, [each.station for each in series])
    if not series:
        problems.append(_no_weather(table, options))
    values = numbers(table, [each.column for each in series])
    problems += [*unnamed(table), *values.problems, *same_series(table, series)]
    if problems:
        raise PanelError.of(problems)
    cells, said = _converted(values.values, series, options, table.name)
    dataset = _dataset(cells, series, rows, long=long)
    dataset = _with_coordinates(dataset, table, columns, rows, locations)
    told = _told(table, dataset, series, unused, columns)
    return Weather(marked(dataset, options), (*recognised, *told, *rows.time.said, *values.said, *said))


def _find_columns(table: RawTable, options: WeatherOptions) -> dict[str, int]:
    """Return which column is the time, the issue time and, in a long table, the station and where it is.

    Raises:
        PanelError: If one that was named is not there, or there is no time.
    """
    named = {"time": options.time_column, "issued": options.issued_column, "station": options.station_column}
    pair = None if options.time_column else date_and_hour(table)
    named = {**named, "time": table.header[pair[0]]} if pair else named
    chosen = choose(table.header, [ISSUED, TIME, STATION, LATITUDE, LONGITUDE], named, table.name)
    if chosen.problems or "time" not in chosen.columns:
        raise PanelError.of(map(_for_weather, chosen.problems or [missing(TIME, table.header, table.name)]))
    columns = dict(chosen.columns) | ({"time_of_day": pair[1]} if pair else {})
    if "station" in columns and names_stations(table, columns):
        return columns
    return {role: column for role, column in columns.items() if role in ("time", "time_of_day", "issued")}


def _for_weather(problem: Problem) -> Problem:
    """Return a problem of columns with the options of weather in place of those of readings, which the command line has."""
    hint = problem.hint
    if hint.startswith("name the column"):
        hint = f"call the column `{TIME.synonyms[0]}`; from Python, name it: `WeatherOptions(time_column=...)`"
    hint = re.sub(r"`--(\w+)-column \"?(.*?)\"?`", r'`WeatherOptions(\1_column="\2")`', hint)
    return replace(problem, expected=re.sub(r"--(\w+)-column", r"\1_column", problem.expected), hint=hint)


def _wanted(series: list[Series], options: WeatherOptions) -> list[Series]:
    wanted = {(found.name if (found := find_quantity(name)) else name) for name in options.variables}
    return [each for each in series if each.variable in wanted] if wanted else series


def _rows(
    table: RawTable, columns: Mapping[str, int], options: WeatherOptions, stations: Iterable[str]
) -> tuple[_Rows, list[Problem]]:
    """Return when and of which station each row is, and what is wrong with them."""
    problems: list[Problem] = []
    names, station = list(dict.fromkeys(stations)), np.zeros(len(table), np.intp)
    series, place = [""], station
    if "station" in columns:
        reader = NameReader()
        station = reader.read(table, columns["station"])
        names, problems = reader.names, reader.problems()
        series, place = names, station
    hours = columns.get("time_of_day")
    time = stamps_in(table, columns["time"], station, options.timezone, time_of_day=hours, ending=options.ending)
    issued = stamps_in(table, columns["issued"], station, options.timezone) if "issued" in columns else None
    problems = [*time.problems, *(issued.problems if issued else ()), *problems]
    if issued is not None and not problems:
        place, series = forecast_runs(issued.utc, series, place)
    twice = series_twice(table, time, place, series) if not problems else []
    return _Rows(time, issued, tuple(names), station), [*problems, *twice]


def _no_weather(table: RawTable, options: WeatherOptions) -> Problem:
    wanted = f"; wanted: {listed(options.variables)}" if options.variables else ""
    return Problem(
        f"`{table.name}` has no column of weather that could be recognised",
        found=listed(table.header, 12) + wanted,
        expected=f"columns such as `Boston_temperature_C` or, beside `station`, {listed(QUANTITIES)}",
        hint="name the columns by station, variable and unit: `Boston_temperature_C`",
    )


def _converted(values: Floats, series: list[Series], options: WeatherOptions, file: str) -> tuple[Floats, list[str]]:
    """Return the cells in the units used inside, and what was done; series of one variable and unit are looked at together."""
    said: dict[str, None] = {}
    if options.missing:
        marks = np.isin(values, options.missing)
        values = np.where(marks, np.nan, values)
        said[f"{counted(int(marks.sum()), 'cell')} marked as missing left out"] = None
    result = values.copy()
    groups: dict[tuple[str, str], list[int]] = {}
    for number, each in enumerate(series):
        groups.setdefault((each.variable, options.units.get(each.variable, each.unit)), []).append(number)
    for (_, unit), members in groups.items():
        quantity = series[members[0]].quantity
        if quantity is not None:
            result[:, members], sentence = convert(values[:, members], quantity, unit)
            warn_of_the_unlikely(result[:, members], values[:, members], quantity, file)
            said.update({f"{file}: {sentence}": None} if sentence else {})
    return result, list(said)


def _dataset(cells: Floats, series: list[Series], rows: _Rows, *, long: bool) -> xr.Dataset:
    """Return the cells as variables (time, station) or (issued, lead, station).

    Raises:
        PanelError: If the table would be out of all proportion to the file.
    """
    utc = rows.time.utc
    origin = rows.issued.utc if rows.issued is not None else np.zeros_like(utc)
    issued, run = np.unique(origin, return_inverse=True)
    moments, when = np.unique(utc - origin, return_inverse=True)
    names = [name or "station" for name in rows.names]
    shape = (len(issued), len(moments), len(names))
    if int(np.prod([float(size) for size in shape])) > MOST_CELLS:
        found = f"{shape[0]:,} issue times, {shape[1]:,} lead times, {shape[2]:,} stations"
        raise PanelError("the weather is too scattered for a table", found=found, expected="stations that share their times")
    arrays: dict[str, Floats] = {}
    units = {each.variable: each.quantity.unit if each.quantity else "" for each in series}
    for number, each in enumerate(series):
        array = arrays.setdefault(each.variable, np.full(shape, np.nan))
        array[run, when, rows.station if long else rows.names.index(each.station)] = cells[:, number]
    stamps = {
        "issued": issued.view("datetime64[us]").astype("datetime64[ns]"),
        "lead": moments.view("timedelta64[us]").astype("timedelta64[ns]"),
    }
    if rows.issued is None:
        stamps = {"time": moments.view("datetime64[us]").astype("datetime64[ns]")}
        arrays = {name: array[0] for name, array in arrays.items()}
    variables = {name: ((*stamps, "station"), array, {"units": units[name]}) for name, array in arrays.items()}
    return xr.Dataset(variables, coords={**stamps, "station": names})


def _with_coordinates(
    dataset: xr.Dataset, table: RawTable, columns: Mapping[str, int], rows: _Rows, locations: pd.DataFrame | None
) -> xr.Dataset:
    """Return the dataset with the stations' coordinates, those of the file itself first."""
    names = [str(name) for name in dataset["station"].values]
    degrees = np.full((len(names), 2), np.nan)
    if locations is not None:
        where = locations.set_axis([str(name) for name in locations[_id_column(locations)]]).loc[:, ["latitude", "longitude"]]
        where = where[~where.index.duplicated()]
        by_letters = {re.sub(r"[\W_]+", "", name).lower(): name for name in where.index}
        near = [by_letters.get(re.sub(r"[\W_]+", "", name).lower(), name) for name in names]
        degrees = where.reindex(near).to_numpy(dtype=np.float64)
    if {"station", "latitude", "longitude"} <= columns.keys():
        given = numbers(table, [columns["latitude"], columns["longitude"]]).values
        for number in range(len(names)):
            degrees[number] = np.nanmedian(given[rows.station == number], axis=0)
    if np.isnan(degrees).all():
        return dataset
    return dataset.assign_coords(latitude=("station", degrees[:, 0]), longitude=("station", degrees[:, 1]))


def _id_column(locations: pd.DataFrame) -> str:
    chosen = choose([str(name) for name in locations.columns], (ID,), {}, "locations").columns
    if "id" not in chosen or not {"latitude", "longitude"} <= set(locations.columns):
        raise PanelError(
            "the table of locations does not tell where the stations are",
            found=listed(locations.columns, 12),
            expected="`id`, `latitude` and `longitude`",
        )
    return str(locations.columns[chosen["id"]])


def _told(
    table: RawTable, dataset: xr.Dataset, series: list[Series], unused: list[str], columns: Mapping[str, int]
) -> Iterable[str]:
    """Return what was recognised, and which columns are not used."""
    kind = "long" if "station" in columns else "wide"
    stamps = "issued = `" + table.header[columns["issued"]] + "`, " if "issued" in columns else ""
    yield (
        f"{table.name}: {kind} table of weather of {counted(dataset.sizes['station'], 'station')}: "
        f"{listed(dataset.data_vars, 12)}; {stamps}time = `{table.header[columns['time']]}`"
    )
    own = [each.variable for each in series if each.quantity is None]
    if own:
        yield f"{table.name}: kept as they are, in units unknown: {listed(dict.fromkeys(own))}"
    if not any(series_name(table.header[each.column]) for each in series):
        yield f"{table.name}: no column names a variable: taken as the temperature of {counted(series, 'station')}"
    if unused:
        yield f"{table.name}: not used: {listed(unused)}"
    names = dataset["station"].values
    lost = names[np.isnan(dataset["latitude"].values)] if "latitude" in dataset.coords else names
    if len(lost):
        yield f"{table.name}: without coordinates: {listed(lost)}"
