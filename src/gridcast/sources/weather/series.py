"""The series of a table of weather: which column is what, and of which station."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from gridcast.errors import Problem, listed
from gridcast.sources.text.cells import is_numeric
from gridcast.sources.text.columns import CONSUMPTION, Role, key, unit_of
from gridcast.sources.text.rawtable import RawTable
from gridcast.sources.weather.quantities import QUANTITIES, Quantity, series_name


def _synonyms(words: str) -> tuple[str, ...]:
    return tuple(words.split())


ISSUED = Role(
    "issued",
    _synonyms(
        "issued issuedat issuetime issuetimestamp forecastreferencetime referencetime forecasttime forecastissued runtime run "
        "modelrun inittime initime initialisationtime initializationtime publicationtime publishedat published createdat "
        "creationtime madeat"
    ),
)
STATION = Role(
    "station",
    _synonyms(
        "station stationid stationname site siteid city cityid location locationid place placeid zone zoneid region area id name "
        "code"
    ),
)
OWN_NAMES = frozenset({"time", "issued", "lead", "station", "latitude", "longitude"})  # of coordinates, for no variable to take


@dataclass(frozen=True)
class Series:
    """One column of a file: what it is of which station."""

    column: int
    station: str
    variable: str
    quantity: Quantity | None
    unit: str


def names_stations(table: RawTable, columns: Mapping[str, int]) -> bool:
    """Return whether a column called as stations are holds names: no numbers, or few of them with several rows a moment."""
    column = table.columns[columns["station"]]
    several = len(column.unique()) < len(column) and len(table.columns[columns["time"]].unique()) < len(column)
    return several or not is_numeric(column)


def long_series(table: RawTable, columns: Mapping[str, int]) -> tuple[list[Series], list[str]]:
    """Return the variables of a long table, and the columns that are none."""
    series, unused = [], []
    for number, name in enumerate(table.header):
        if number in columns.values() or not name:
            continue
        found = series_name(name)
        if not found and not (_is_variable(name) and is_numeric(table.columns[number])):
            unused.append(name)
        elif found and not found.station:
            series.append(Series(number, "", found.quantity.name, found.quantity, found.unit))
        else:
            series.append(Series(number, "", name, None, ""))
    return (series if any(each.quantity for each in series) else []), unused


def wide_series(table: RawTable, columns: Mapping[str, int]) -> tuple[list[Series], list[str]]:
    """Return the series of a wide table, and the columns that are none: of unknown variables only those of known stations."""
    left = [n for n, name in enumerate(table.header) if n not in columns.values() and name]
    found = {n: series_name(table.header[n]) for n in left}
    stations = {each.station for each in found.values() if each}
    if not stations:
        bare = [n for n in left if is_numeric(table.columns[n]) and not _is_consumption(table.header[n])]
        temperature = QUANTITIES["temperature"]
        series = [Series(n, table.header[n], temperature.name, temperature, "") for n in bare]
        return (series if all(_short(each.station) for each in series) else []), [table.header[n] for n in left if n not in bare]
    series, unused = [], []
    for number, name in ((n, table.header[n]) for n in left):
        known = found[number]
        station = next(
            (each for each in sorted(stations, key=len, reverse=True) if re.match(rf"{re.escape(each)}[\s_\-.]", name)), ""
        )
        variable = name[len(station) :].strip(" _-.") if station else name
        if known:
            series.append(Series(number, known.station, known.quantity.name, known.quantity, known.unit))
        elif (
            (station or "" in stations)
            and _is_variable(variable)
            and is_numeric(table.columns[number])
            and not _is_consumption(name)
        ):
            series.append(Series(number, station, variable, None, ""))
        else:
            unused.append(name)
    return series, unused


def _is_variable(name: str) -> bool:
    """Return whether a variable of its own may have that name: what coordinates are called is no variable's."""
    return bool(name) and name not in OWN_NAMES


def _is_consumption(name: str) -> bool:
    return bool(unit_of(name)) or key(name) in CONSUMPTION.synonyms


def _short(name: str) -> bool:
    """Return whether a name can be that of a station: one or two words with a digit or a capital."""
    return bool(re.fullmatch(r"(?=.*[\dA-Z])\w+([ _\-.]\w+)?", name))


def same_series(table: RawTable, series: list[Series]) -> list[Problem]:
    """Return the problem that two columns are the same variable of one station."""
    columns: dict[tuple[str, str], list[str]] = {}
    for each in series:
        columns.setdefault((each.station, each.variable), []).append(table.header[each.column])
    twice = [", ".join(names) for names in columns.values() if len(names) > 1]
    if not twice:
        return []
    hint = "take out all but one of them"
    return [Problem(f"`{table.name}` has the same series more than once", listed(twice), "one column for each", hint)]
