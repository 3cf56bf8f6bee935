"""CSV files of consumption and of places: read, recognised, checked; every problem is told with its line."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
import pandas as pd

from gridcast.clock import describe_freq, find_zone, infer_freq
from gridcast.errors import PanelError, Problem, counted, listed
from gridcast.sources.readings import Consumption, Places, ReadOptions
from gridcast.sources.text.cells import Floats, names_of, numbers, plain
from gridcast.sources.text.checks import disorder, off_the_globe, places_twice, readings_twice, unnamed
from gridcast.sources.text.columns import SPATIAL, choose, missing, says_end, says_utc
from gridcast.sources.text.folds import Flag
from gridcast.sources.text.layout import Layout, find_layout, join_hours
from gridcast.sources.text.rawtable import RawTable, Rows, read_table
from gridcast.sources.text.stampforms import Moments
from gridcast.sources.text.stamps import Stamps, read_stamps
from gridcast.sources.text.zones import by_zone, zones_in_words

MOST_CELLS = 2**28  # of the table (time, location); more are a sign of misread columns


def read_consumption(path: str | os.PathLike[str], *, options: ReadOptions | None = None) -> Consumption:
    """Return the readings of a file, long (timestamp, location, consumption) or wide (timestamp, one column a location).

    Of several columns of stamps, one in UTC is preferred. A stamp labels the start of its interval, unless the column's
    name says that it is the end. Empty cells, `-`, `NA`, `NaN` and `null` are no readings.

    Args:
        path: Text with a header, separated by comma, semicolon, tab or `|`; gzip is fine.
        options: Time zone and names of columns, where the file does not tell.

    Raises:
        ConfigError: If the time zone is unknown.
        FileError: If the file can't be read, or is not a table of text.
        PanelError: Naming all the columns, stamps, names and cells that are wrong.
    """
    options = options or ReadOptions()
    for zone in {options.timezone, *(options.timezones or {}).values()}:
        find_zone(zone)
    table = read_table(path)
    layout = find_layout(table, {role: getattr(options, f"{role}_column") for role in ("time", "location", "consumption", "fold")})
    if layout.location is None and len(set(options.zones_of(table.header[n] for n in layout.values))) > 1:
        return by_zone(table, layout, options, _readings)
    return _readings(table, layout, options)


def _readings(table: RawTable, layout: Layout, options: ReadOptions) -> Consumption:
    """Return the readings of a long table, or of a wide one all of whose locations are in the same zone."""
    names, place, nameless = _locations(table, layout)
    stamps, said = _stamps(table, layout, place, options.zones_of(names))
    values = numbers(table, layout.values)
    problems = [*stamps.problems, *nameless, *values.problems]
    clock, when = np.unique(np.where(stamps.good, stamps.utc, 0), return_inverse=True)
    problems += [] if nameless else readings_twice(table, layout, names, place, when, stamps)
    if not problems and np.isnan(values.values).all():
        problems.append(Problem(f"`{table.name}` has no readings", found="empty cells only", expected="numbers"))
    if problems:
        raise PanelError.of(problems)
    readings = pd.DataFrame(_matrix(layout, values.values, when, place, (len(clock), len(names))))
    readings.columns = pd.Index(names, dtype=str)
    readings.index, shifted = _starts(clock, table.header[layout.time], split=layout.time_of_day is not None)
    late = disorder(table, stamps.utc, place)
    return Consumption(readings, layout.unit, (*table.said, *layout.said, *said, *shifted, *late, *values.said))


def read_places(path: str | os.PathLike[str], *, options: ReadOptions | None = None) -> Places:
    """Return the places of a file: their ids, coordinates, and whatever else the file has of them.

    Args:
        path: Text with a header, separated by comma, semicolon, tab or `|`; gzip is fine.
        options: Names of columns, where the usual ones are not there.

    Raises:
        FileError: If the file can't be read, or is not a table of text.
        PanelError: Naming all the columns, ids and coordinates that are wrong.
    """
    options = options or ReadOptions()
    table = read_table(path)
    named = {role.name: getattr(options, f"{role.name}_column") for role in SPATIAL}
    chosen = choose(table.header, SPATIAL, named, table.name)
    problems = list(chosen.problems)
    if not problems:
        problems += [missing(role, table.header, table.name) for role in SPATIAL if role.name not in chosen.columns]
    problems += unnamed(table)
    if problems:
        raise PanelError.of(problems)
    columns = [chosen.columns[role.name] for role in SPATIAL]
    names, which, problems = names_of(table, columns[0])
    degrees = numbers(table, columns[1:])
    problems += places_twice(table, columns[0], names, which)
    problems += degrees.problems or off_the_globe(table, columns, degrees.values)
    if problems:
        raise PanelError.of(problems)
    latitude, longitude = degrees.values.T
    places = {"id": pd.array(names, dtype="str").take(which), "latitude": latitude, "longitude": longitude}
    left = [n for n in range(len(table.header)) if n not in columns and table.header[n]]
    others = {table.header[n]: plain(table.columns[n]) for n in left if table.header[n] not in places}
    recognised = ", ".join(f"{role.name} = `{table.header[n]}`" for role, n in zip(SPATIAL, columns, strict=True))
    said = [*table.said, f"{table.name}: {counted(len(table), 'place')}; {recognised}", *chosen.notes.values(), *degrees.said]
    clash = [table.header[n] for n in left if table.header[n] in places]
    if clash:
        said.append(f"{table.name}: not used: {listed(clash)}")
    return Places(pd.DataFrame(places | others), tuple(said))


def _locations(table: RawTable, layout: Layout) -> tuple[list[str], Rows, list[Problem]]:
    """Return the locations' names and the number of each row's location; in a wide table every row has all of them."""
    if layout.location is None:
        return [table.header[number] for number in layout.values], np.zeros(len(table), np.intp), []
    return names_of(table, layout.location)


def _stamps(table: RawTable, layout: Layout, place: Rows, zones: Sequence[str]) -> tuple[Stamps, tuple[str, ...]]:
    """Return the rows' moments, and what was assumed of them."""
    texts, name = table.columns[layout.time], table.header[layout.time] or f"column {layout.time + 1}"
    said: tuple[str, ...] = ()
    if layout.time_of_day is not None:
        texts, said = join_hours(texts, table.columns[layout.time_of_day], table.header[layout.time_of_day])
    zones = ("UTC",) * len(zones) if says_utc(name) else zones
    where, flag = (lambda rows: table.cells(rows, layout.time)), _flag(table, layout)
    stamps = read_stamps(texts, place, zones, where, name, flag=flag, days=True)
    if not stamps.floating:
        return stamps, (*said, *stamps.said)
    reason = "as the name of their column says" if says_utc(name) else "`--timezone` to change"
    return stamps, (*said, f"{table.name}: stamps carry no offset: taken as {zones_in_words(zones)} ({reason})", *stamps.said)


def _flag(table: RawTable, layout: Layout) -> Flag | None:
    """Return the column that tells the doubled hour apart, if there is one."""
    if layout.fold is None:
        return None
    fold = layout.fold
    return Flag(table.header[fold], table.columns[fold], lambda rows: table.cells(rows, fold))


def _matrix(layout: Layout, values: Floats, when: Rows, place: Rows, shape: tuple[int, int]) -> Floats:
    """Return the readings, shape (time, location), in the order of time.

    Raises:
        PanelError: If the table would be out of all proportion to the file.
    """
    if layout.location is None:
        return values[np.argsort(when)]
    if shape[0] * shape[1] > MOST_CELLS:
        raise PanelError(
            "the readings are too scattered for a table",
            found=f"{counted(len(when), 'row')} of {counted(shape[1], 'location')} at {counted(shape[0], 'moment')}",
            expected="locations that share their timestamps",
            hint="name the right column with `--location-column`",
        )
    matrix = np.full(shape, np.nan)
    matrix[when, place] = values[:, 0]
    return matrix


def _starts(clock: Moments, name: str, *, split: bool) -> tuple[pd.DatetimeIndex, tuple[str, ...]]:
    """Return the starts of the intervals: stamps whose name says that they are ends go back by one step."""
    times = pd.DatetimeIndex(clock.view("datetime64[us]"), name="timestamp").tz_localize("UTC")
    if split or not says_end(name) or len(times) < 2:
        return times, ()
    step = infer_freq(times)
    return times - step, (f"`{name}` labels the end of an interval: taken back by {describe_freq(step)} to its start",)
