"""The layout of a file of readings: long or wide, and which columns are time, location and consumption."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gridcast.errors import PanelError, Problem, listed
from gridcast.sources.text.cells import is_numeric, plain
from gridcast.sources.text.columns import (
    CONSUMPTION,
    DATES,
    FOLD,
    SURE_OF_CONSUMPTION,
    TEMPORAL,
    TIME,
    TIMES_OF_DAY,
    UNITS,
    Chosen,
    choose,
    key,
    missing,
    says_end,
    unit_of,
)
from gridcast.sources.text.folds import is_mark
from gridcast.sources.text.rawtable import RawTable
from gridcast.sources.text.stampforms import LOOKS_LIKE_A_STAMP, looks_like_stamps

TIME_OF_DAY = r"^\s*\d{1,2}(:\d{2}){0,2}\s*$"


@dataclass(frozen=True)
class Layout:
    """Where things are in a file of readings.

    Attributes:
        time: Column of the stamps.
        time_of_day: Column of the hour, where the stamps are dates only; or None.
        location: Column of the locations' names in a long table; None in a wide one.
        fold: Column that tells the two hours apart that autumn shows twice; or None.
        values: Columns of readings: one in a long table, one a location in a wide one.
        unit: Of the readings, as far as names tell.
        said: What was recognised.
    """

    time: int
    time_of_day: int | None
    location: int | None
    fold: int | None
    values: tuple[int, ...]
    unit: str
    said: tuple[str, ...]

    @property
    def used(self) -> tuple[int, ...]:
        """The columns that are read, the stamps first."""
        each = (self.time, self.time_of_day, self.location, self.fold, *self.values)
        return tuple(column for column in each if column is not None)


def find_layout(table: RawTable, named: Mapping[str, str | None]) -> Layout:
    """Return where things are in a file of readings.

    Args:
        table: The file.
        named: The columns that the user named for `time`, `location`, `consumption` and `fold`.

    Raises:
        PanelError: If a column can't be recognised, is not there, or has no name.
    """
    pair = None if named.get("time") else date_and_hour(table)
    chosen = choose(table.header, TEMPORAL, {**named, "time": table.header[pair[0]]} if pair else named, table.name)
    fold, untold = _fold(table, named)
    problems = [*chosen.problems, *untold]
    time = chosen.columns.get("time")
    if time is None and not problems:
        time = next((n for n, column in enumerate(table.columns) if looks_like_stamps(column)), None)
    if not problems and (time is None or re.match(LOOKS_LIKE_A_STAMP, table.header[time])):
        problems.append(_without_time(table))
    if time is None or problems:
        raise PanelError.of(problems)
    location, consumption = _roles(table, chosen, time, named)
    used = {time, location, fold, *(pair or ())}
    others = tuple(number for number in range(len(table.header)) if number not in used)
    if location is not None and consumption is None:
        if len(others) != 1:
            raise PanelError.of([missing(CONSUMPTION, table.header, table.name)])
        consumption = others[0]
    if consumption is not None:
        values: tuple[int, ...] = (consumption,)
    else:
        values = tuple(number for number in others if not _left_out(table, number))
    _require_names(table, values)
    unit = _unit([table.header[number] for number in values])
    notes = [chosen.notes[role] for role, n in (("time", time), ("location", location)) if n is not None and role in chosen.notes]
    if consumption is not None and "consumption" in chosen.notes:
        notes.append(chosen.notes["consumption"])
    said = (*_told(table, Layout(time, pair[1] if pair else None, location, fold, values, unit, ())), *notes)
    return Layout(time, pair[1] if pair else None, location, fold, values, unit, said)


def join_hours(dates: Any, hours: Any, name: str) -> tuple[Any, tuple[str, ...]]:
    """Return stamps of dates and times of day, and what was assumed: hours up to 24 are the ends of intervals.

    Example:
        >>> join_hours(pa.array(["2024-01-01", "2024-01-01"]), pa.array(["1:00", "24:00"]), "hour")[0].to_pylist()
        ['2024-01-01 00:00', '2024-01-01 23:00']
    """
    said: tuple[str, ...] = ()
    clock = pc.utf8_trim_whitespace(hours)
    whole = pc.replace_substring_regex(clock, r"^(\d{1,2})(:00){1,2}$", r"\1")
    if pc.all(pc.match_substring_regex(whole, r"^\d{1,2}$")).as_py():
        hour = whole.cast(pa.int64())
        if says_end(name) or pc.max(hour).as_py() == 24:
            hour = pc.subtract(hour, 1)
            said = (f"hour 1 of `{name}` taken as 00:00 to 01:00",)
        clock = pc.binary_join_element_wise(pc.utf8_lpad(hour.cast(pa.string()), 2, "0"), ":00", "")
    return pc.binary_join_element_wise(pc.utf8_trim_whitespace(dates), clock, " "), said


def date_and_hour(table: RawTable) -> tuple[int, int] | None:
    """Return the columns of the date and of the time of day, if the stamps are split so."""
    words = [key(name) for name in table.header]
    dates = [n for n, word in enumerate(words) if word in DATES and looks_like_stamps(table.columns[n])]
    times = [n for n, word in enumerate(words) if word in TIMES_OF_DAY]
    for date in dates[:1]:
        if any(":" in text for text in table.columns[date].drop_null()[:1].to_pylist()):
            return None
        for time in times:
            if pc.all(pc.match_substring_regex(table.columns[time][:100], TIME_OF_DAY)).as_py():
                return date, time
    return None


def _roles(table: RawTable, chosen: Chosen, time: int, named: Mapping[str, str | None]) -> tuple[int | None, int | None]:
    """Return the columns of location and consumption, None for those of a wide table or of a single place."""
    location, consumption = (chosen.columns.get(role) for role in ("location", "consumption"))
    location = None if location == time else location
    consumption = None if consumption == time else consumption
    if location is not None and not named.get("location") and _holds_readings(table, time, location):
        location, consumption = None, consumption if named.get("consumption") else None
    if location is None and consumption is not None and not named.get("consumption"):
        word = key(table.header[consumption])
        if word not in SURE_OF_CONSUMPTION and not (word in UNITS and len(word) > 1):
            consumption = None
    return location, consumption


def _holds_readings(table: RawTable, time: int, location: int) -> bool:
    """Return whether a column with the name of a location holds readings: no whole numbers, or no stamp comes twice."""
    column, stamps = table.columns[location], table.columns[time]
    if not is_numeric(column):
        return False
    numbers = plain(column)
    if numbers.dtype.kind == "f":
        finite = numbers[np.isfinite(numbers)]
        if (finite != np.floor(finite)).any():
            return True
    return len(column.unique()) > max(1, len(column) // 2) and len(stamps.unique()) == len(stamps)


def _left_out(table: RawTable, number: int) -> bool:
    """Return whether a column of a wide table is no location: empty without a name, or another column of stamps."""
    column, name = table.columns[number], table.header[number]
    return (not name and column.null_count == len(column)) or (key(name) in TIME.synonyms and looks_like_stamps(column))


def _require_names(table: RawTable, values: tuple[int, ...]) -> None:
    blank = [number for number in values if not table.header[number]]
    if blank:
        found = listed(f"column {number + 1}" for number in blank)
        expected = "the name of a location at the top of each column of readings"
        raise PanelError(f"columns of `{table.name}` have no name", found=found, expected=expected)
    if not values:
        problem = f"`{table.name}` has no column of readings"
        raise PanelError(problem, found=listed(table.header, 12), expected="readings beside the stamps")


def _without_time(table: RawTable) -> Problem:
    dates = [name for name in table.header if re.match(LOOKS_LIKE_A_STAMP, name)]
    if dates:
        return Problem(
            f"the first row of `{table.name}` is no header",
            found=listed(table.header),
            expected="the names of the columns, such as `timestamp,location,consumption`",
        )
    return missing(TIME, table.header, table.name)


def _unit(names: list[str]) -> str:
    """Return the unit that all names carry; a single letter counts only where there is one name."""
    units = {unit_of(name) for name in names}
    unit = units.pop()
    return unit if not units and (len(unit) > 1 or len(names) == 1) else ""


def _fold(table: RawTable, named: Mapping[str, str | None]) -> tuple[int | None, tuple[Problem, ...]]:
    """Return the column that tells the doubled hour apart, by the user's word or by its name and cells; and what is wrong."""
    if named.get("fold"):
        chosen = choose(table.header, (FOLD,), named, table.name)
        return chosen.columns.get("fold"), chosen.problems
    marks = [n for n, name in enumerate(table.header) if is_mark(name, table.columns[n])]
    return min(marks, key=lambda n: FOLD.synonyms.index(key(table.header[n])), default=None), ()


def _told(table: RawTable, layout: Layout) -> list[str]:
    """Return what was recognised, and which columns are not used."""
    time, location, values = layout.time, layout.location, layout.values
    stamps = f"time = `{table.header[time]}`" if table.header[time] else f"time = column {time + 1}"
    if layout.time_of_day is not None:
        stamps += f" and `{table.header[layout.time_of_day]}`"
    if layout.fold is not None:
        stamps += f", fold = `{table.header[layout.fold]}`"
    if location is not None:
        columns = f"location = `{table.header[location]}`, consumption = `{table.header[values[0]]}`"
        said = [f"{table.name}: long table; {stamps}, {columns}"]
    elif len(values) == 1:
        said = [f"{table.name}: one place; {stamps}, consumption = `{table.header[values[0]]}`"]
    else:
        said = [f"{table.name}: wide table of {len(values)} places; {stamps}"]
    used = {time, layout.time_of_day, location, layout.fold, *values}
    unused = [name for number, name in enumerate(table.header) if number not in used and name]
    return [*said, f"{table.name}: not used: {listed(unused)}"] if unused else said
