"""Readings from a database, recognised and checked as those of a file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from gridcast.clock import find_zone
from gridcast.errors import ConfigError, PanelError, counted, listed
from gridcast.sources.doubts import warn_of_doubts
from gridcast.sources.readings import Consumption, ReadOptions
from gridcast.sources.sql.address import connected, library, parse_address
from gridcast.sources.sql.checks import Labels, nameless, not_numbers, twice
from gridcast.sources.sql.rows import Gathered, encoded, gather
from gridcast.sources.sql.tables import Selected, opened
from gridcast.sources.text.cells import coded_in_words
from gridcast.sources.text.columns import TIME, key, says_utc
from gridcast.sources.text.folds import Flag
from gridcast.sources.text.gather import MOST_CELLS, starts
from gridcast.sources.text.layout import Layout, find_layout, join_hours
from gridcast.sources.text.rawtable import RawTable, Rows
from gridcast.sources.text.stampforms import looks_like_stamps
from gridcast.sources.text.stamps import Stamps, read_stamps
from gridcast.sources.text.zones import by_zone, require_zones, zones_in_words

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

MARGIN = pd.Timedelta(days=2)  # by which SQL cuts wider than asked: zones and ends of intervals are settled after it
Bounds = tuple[pd.Timestamp | None, pd.Timestamp | None]


def read_consumption_sql(
    address: str,
    *,
    options: ReadOptions | None = None,
    query: str | None = None,
    start: str | datetime | None = None,
    end: str | datetime | None = None,
    now: pd.Timestamp | None = None,
) -> Consumption:
    """Return the readings of a table or a query, long (time, location, consumption) or wide (time, one column a location).

    Columns are recognised as in a file, see `read_consumption`. Moments may be of any type, with or without a zone, or
    texts, or Unix time; NULL is no reading. Rows are streamed, and the database is only read.

    Args:
        address: Such as `postgresql://user@host/grid#load`; the table, or `schema.table`, stands behind `#`.
        options: Time zone and names of columns, where the database does not tell.
        query: A single SELECT in place of the table.
        start: First moment to read; without a zone it is one of `options.timezone`.
        end: First moment not to read.
        now: The present moment, by default that of the machine's clock.

    Raises:
        ConfigError: If address, query, zone or range make no sense.
        FileError: If the database can't be opened or read, or goes away in the middle.
        GridcastError: If the extra `sql` is not installed.
        PanelError: Naming all the columns, stamps, names and cells that are wrong.

    Warns:
        GridcastWarning: See `gridcast.sources.doubts`.
    """
    options = options or ReadOptions()
    require_zones(options)
    place, bounds = parse_address(address), _bounds(start, end, options.timezone)
    with connected(place) as connection, opened(connection, place, query) as selected:
        layout = _layout(selected, options)
        texts = [n for n in (layout.time, layout.time_of_day, layout.fold, layout.location) if n is not None]
        conditions = _conditions(selected, layout.time, bounds, options.timezone) if query is None else []
        read = gather(selected.chunks([*texts, *layout.values], conditions), len(texts))
    if not len(read.values):
        raise _out_of_range(selected.name, bounds)
    markers = _without_codes(selected.name, read, options)
    found = by_zone(selected.header, layout, options, lambda part: _consumption(selected, (layout, part), read, options))
    if found.readings.isna().all(axis=None):
        raise PanelError(f"`{selected.name}` has no readings", found="NULL only", expected="numbers")
    readings = _cut(found.readings, bounds, selected.name, long=layout.location is not None)
    return warn_of_doubts(replace(found, readings=readings, said=(*found.said, *markers)), now=now)


def _layout(selected: Selected, options: ReadOptions) -> Layout:
    """Return where things are, by the names of the columns and the first rows."""
    named = {role: getattr(options, f"{role}_column") for role in ("time", "location", "consumption", "fold")}
    ours = {(name or "").lower() for name in named.values()}
    cells = [encoded(column).cast(pa.string()) for column in zip(*selected.sample, strict=True)]
    counters = {
        name
        for name, column in zip(selected.header, cells, strict=True)
        if name in selected.keys and name.lower() not in ours and key(name) not in TIME.synonyms and not looks_like_stamps(column)
    }
    used = [number for number, name in enumerate(selected.header) if name not in counters]
    columns = tuple(cells[number] for number in used)
    table = RawTable(selected.name, tuple(selected.header[number] for number in used), columns, "\t")
    found = find_layout(table, named)
    said = (*found.said, *([f"{selected.name}: not used, as it only numbers the rows: {listed(counters)}"] if counters else []))
    hour, location, fold = (None if n is None else used[n] for n in (found.time_of_day, found.location, found.fold))
    values = tuple(used[number] for number in found.values)
    return replace(found, time=used[found.time], time_of_day=hour, location=location, fold=fold, values=values, said=said)


def _bounds(start: str | datetime | None, end: str | datetime | None, zone: str) -> Bounds:
    """Return the first moment to read and the first not to, in UTC."""
    moments: list[pd.Timestamp | None] = []
    for name, given in (("start", start), ("end", end)):
        try:
            moment = None if given is None else pd.Timestamp(given)
            if moment is not None and moment.tzinfo is None:
                moment = moment.tz_localize(find_zone(zone), ambiguous=True, nonexistent="shift_forward")
            moments.append(None if moment is None else moment.tz_convert("UTC").as_unit("us"))
        except (ValueError, TypeError, AttributeError) as error:
            raise ConfigError(f"`{name}` is no moment", found=f"`{given}`", expected="such as `2024-02-13 14:00`") from error
    first, last = moments
    if first is not None and last is not None and first >= last:
        raise ConfigError("the range is empty", found=f"`start` {first}, `end` {last}", expected="a start before the end")
    return first, last


def _conditions(selected: Selected, number: int, bounds: Bounds, zone: str) -> list[ColumnElement[bool]]:
    """Return the range as SQL, a little wider; none for stamps that SQL can't compare."""
    sqlalchemy, clock, column = library(), find_zone(zone), selected.column(number)
    cells = [row[number] for row in selected.sample if row[number] is not None]
    conditions = []
    for moment, sign in zip(bounds, (-1, 1), strict=True):
        if moment is None or not cells:
            continue
        wide = moment + sign * MARGIN
        wall = wide.tz_convert(clock).tz_localize(None)
        if all(isinstance(cell, datetime) and cell.tzinfo for cell in cells):
            limit = sqlalchemy.literal(wide.to_pydatetime(), sqlalchemy.DateTime(timezone=True))
        elif all(isinstance(cell, date) for cell in cells):
            limit = sqlalchemy.literal(wall.to_pydatetime(), sqlalchemy.DateTime())
        elif all(isinstance(cell, str) and re.match(r"\d{4}-\d{2}-\d{2}", cell) for cell in cells):
            limit = sqlalchemy.literal(f"{wall:%Y-%m-%d}")
        else:
            return []
        conditions.append(column >= limit if sign < 0 else column < limit)
    return conditions


def _without_codes(table: str, read: Gathered, options: ReadOptions) -> list[str]:
    """Take numbers that mean that there is no reading as such; return what else was taken so."""
    coded = np.isin(read.values, options.no_reading)
    read.values[coded] = np.nan
    said = [f"{table}: {listed(sorted(read.markers))} taken as no reading"] if read.markers else []
    return [*said, coded_in_words(table, int(coded.sum()), options.no_reading)] if coded.any() else said


def _consumption(selected: Selected, layouts: tuple[Layout, Layout], read: Gathered, options: ReadOptions) -> Consumption:
    """Return the readings of all rows.

    Args:
        selected: The table.
        layouts: Where things are, and the same with the columns alone that are wanted.
        read: The rows.
        options: With the time zones.

    Raises:
        PanelError: Naming all that is wrong with them.
    """
    header, (every, layout) = selected.header, layouts
    values = read.values[:, [every.values.index(number) for number in layout.values]]
    rows, said = _labels(selected, layout, read, [header[number] for number in layout.values])
    stamps, assumed = _stamps(rows, header[layout.time], options, _flag(rows, layout, read, header))
    problems = [*stamps.problems, *not_numbers(rows, [header[number] for number in every.values], read)]
    problems += nameless(rows, header[layout.location]) if layout.location is not None else []
    clock, when = np.unique(np.where(stamps.good, stamps.utc, 0), return_inverse=True)
    problems += [] if problems else twice(rows, stamps, when, values)
    if problems:
        raise PanelError.of(problems)
    readings = pd.DataFrame(_matrix(rows, values, when, len(clock)), columns=pd.Index(rows.names, dtype=str))
    split = layout.time_of_day is not None
    readings.index, shifted = starts(clock, header[layout.time], split=split, options=options)
    return Consumption(readings, layout.unit, (*layout.said, *said, *assumed, *shifted))


def _labels(selected: Selected, layout: Layout, read: Gathered, columns: list[str]) -> tuple[Labels, tuple[str, ...]]:
    """Return the rows' locations and stamps, and what was assumed where date and hour stand apart."""
    texts, said = read.texts[0], tuple[str, ...]()
    if layout.time_of_day is not None:
        dates, hours = (text.cast(pa.string()) for text in read.texts[:2])
        texts, said = join_hours(dates, hours, selected.header[layout.time_of_day])
    if layout.location is None:
        return Labels(selected.name, columns, np.zeros(len(texts), np.intp), texts, False), said
    return Labels(selected.name, *_names(read.texts[-1]), texts, True), said


def _flag(rows: Labels, layout: Layout, read: Gathered, header: Sequence[str]) -> Flag | None:
    """Return the column that tells the doubled hour apart, if there is one."""
    if layout.fold is None:
        return None
    cells = read.texts[1 if layout.time_of_day is None else 2].cast(pa.string())
    return Flag(header[layout.fold], cells, lambda some: [f"{rows.at(row)}: {cells[int(row)]}" for row in some])


def _stamps(rows: Labels, header: str, options: ReadOptions, flag: Flag | None) -> tuple[Stamps, tuple[str, ...]]:
    """Return the rows' moments, and what was assumed of them."""
    zones = ("UTC",) * max(1, len(rows.names)) if says_utc(header) else options.zones_of(rows.names or [""])
    stamps = read_stamps(
        rows.stamps, np.maximum(rows.place, 0), zones, lambda some: [rows.at(row) for row in some], header, flag=flag, days=True
    )
    if not stamps.floating:
        return stamps, stamps.said
    reason = "as the name of their column says" if says_utc(header) else "`--timezone` to change"
    return stamps, (f"{rows.table}: stamps carry no offset: taken as {zones_in_words(zones)} ({reason})", *stamps.said)


def _names(column: Any) -> tuple[list[str], Rows]:
    """Return the different names of a column, and the number of each row's; -1 where it is blank."""
    trimmed = pa.DictionaryArray.from_arrays(column.indices, pc.utf8_trim_whitespace(column.dictionary))
    names: list[str] = []
    numbers = np.full(len(trimmed.dictionary) + 1, -1, np.intp)  # the last is that of NULL
    for code, name in enumerate(trimmed.dictionary.to_pylist()):
        if name:
            numbers[code] = names.index(name) if name in names else len(names)
            names += [] if name in names else [name]
    return names, numbers[column.indices.fill_null(-1).to_numpy(zero_copy_only=False)]


def _matrix(rows: Labels, values: Any, when: Rows, moments: int) -> Any:
    """Return the readings, shape (time, location), in the order of time."""
    if not rows.long:
        return values[np.argsort(when)]
    if moments * len(rows.names) > MOST_CELLS:
        raise PanelError(
            "the readings are too scattered for a table",
            found=f"{counted(len(when), 'row')} of {counted(rows.names, 'location')} at {counted(moments, 'moment')}",
            expected="locations that share their timestamps",
            hint="name the right column with `--location-column`",
        )
    matrix = np.full((moments, len(rows.names)), np.nan)
    matrix[when, rows.place] = values[:, 0]
    return matrix


def _cut(readings: pd.DataFrame, bounds: Bounds, table: str, *, long: bool) -> pd.DataFrame:
    """Return the readings of a range; of a long table without the locations that have none in it."""
    if bounds == (None, None):
        return readings
    index = pd.DatetimeIndex(readings.index)
    first = 0 if bounds[0] is None else index.searchsorted(bounds[0])
    last = len(index) if bounds[1] is None else index.searchsorted(bounds[1])
    kept = readings.iloc[first:last]
    kept = kept.dropna(axis=1, how="all") if long else kept
    if kept.isna().all(axis=None):
        raise _out_of_range(table, bounds)
    return kept


def _out_of_range(table: str, bounds: Bounds) -> PanelError:
    asked = [
        f"{word} {moment:%Y-%m-%d %H:%M}" for word, moment in zip(("from", "until"), bounds, strict=True) if moment is not None
    ]
    problem = f"`{table}` has no readings {' '.join(asked)} UTC"
    return PanelError(problem, found="none", expected="readings in the range", hint="choose another range, or none")
