"""What can be wrong with the rows of a file: readings or places that come twice, coordinates that are off the globe."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

from gridcast.errors import SHOWN, Problem, counted, listed
from gridcast.sources.text.blocks import Blocks
from gridcast.sources.text.cells import NO_READING, Floats, Mask, shown
from gridcast.sources.text.moments import Clock, RowReader
from gridcast.sources.text.rawtable import RawTable, Rows


def readings_twice(name: str, total: int, readings: list[tuple[tuple[str, int], list[str]]], *, floating: bool) -> Problem:
    """Return the problem that a location has several readings at one moment.

    Args:
        name: Of the file.
        total: Readings that repeat another.
        readings: The first few: location (empty in a wide file), moment [us since 1970], and the rows, such as `line 7`.
        floating: Whether the stamps carry no offset.
    """
    found = []
    for (who, moment), rows in readings:
        when = f"{f'{who} at ' if who else ''}{pd.Timestamp(moment, unit='us'):%Y-%m-%d %H:%M} UTC"
        for before, row in itertools.pairwise(rows):
            noun, _, number = before.partition(" ")
            found.append(f"{when} in {noun}s {number} and {row.partition(' ')[2]}")
    more = f" and {total - len(found[:SHOWN]):,} more" if total > len(found[:SHOWN]) else ""
    hint = "take out the rows that repeat others"
    if floating:
        hint += "; if it is the hour that comes twice in autumn, name the zone: `--timezone Europe/Berlin`"
    return Problem(
        f"{counted(total, 'reading')} of `{name}` {'comes' if total == 1 else 'come'} twice",
        found=listed(found[:SHOWN]) + more,
        expected="one row for each timestamp" + (" and location" if readings[0][0][0] else ""),
        hint=hint,
    )


def rows_of_cells(blocks: Blocks, rows: RowReader, clock: Clock, places: int, cells: Rows) -> list[list[str]]:
    """Return for each cell of the table (time, location) the rows that fill it, such as `line 7`; the first few."""
    found: list[list[str]] = [[] for _ in cells]
    for table in blocks:
        stamp, place = rows.read(table)
        when, good = clock.at(table.first, stamp)
        filled = np.where(good, when * places + place, -1)
        for row in np.flatnonzero(np.isin(filled, cells)):
            kept = found[int(np.searchsorted(cells, filled[row]))]
            if len(kept) <= SHOWN:
                kept.append(table.where(int(row)))
    return found


def unnamed(table: RawTable) -> list[Problem]:
    """Return the problem that columns with content have no name."""
    blank = [n for n, name in enumerate(table.header) if not name and table.columns[n].null_count < len(table)]
    if not blank or blank == [0]:  # the first is the row number that pandas writes
        return []
    found = listed(f"column {number + 1}" for number in blank)
    return [Problem(f"columns of `{table.name}` have no name", found=found, expected="a name for each")]


def places_twice(table: RawTable, column: int, names: list[str], which: Rows) -> list[Problem]:
    """Return the problem that an id comes twice, if one does."""
    named = np.array([bool((text or "").strip()) for text in table.columns[column].to_pylist()], bool)
    counts = np.bincount(which[named], minlength=len(names))
    found = []
    for number in np.flatnonzero(counts > 1):
        lines = ", ".join(str(table.line(row)) for row in np.flatnonzero(np.equal(which, number) & named)[:SHOWN])
        found.append(f"{names[number]} in {table.lines.noun}s {lines}")
    if not found:
        return []
    problem = f"{counted(len(found), 'id')} of `{table.name}` {'comes' if len(found) == 1 else 'come'} more than once"
    hint = f"take out the rows that repeat others, or name another column than `{table.header[column]}`: `--id-column`"
    return [Problem(problem, found=listed(found), expected="one row for each place", hint=hint)]


def without_coordinates(degrees: Floats, stations: Mask) -> Mask:
    """Return which places lack coordinates that others have: none if no place has any; weather stations need none.

    Example:
        >>> nan = np.nan
        >>> without_coordinates(np.array([[nan, nan], [50, 8]]), np.array([False, False])).tolist()
        [True, False]
        >>> without_coordinates(np.array([[nan, nan], [50, 8]]), np.array([False, True])).tolist()
        [False, False]
    """
    absent = np.asarray(np.isnan(degrees))
    return absent.any(axis=1) & ~stations & (not absent[~stations].all())


def _in_words(table: RawTable, columns: list[int], degrees: Floats) -> Mask:
    """Return which rows have something else than a number as a coordinate, which is told as such."""
    found = np.zeros(len(degrees), bool)
    for place, column in enumerate(columns):
        for row in np.flatnonzero(np.isnan(degrees[:, place])).tolist():
            text = (table.columns[column][row].as_py() or "").strip().lower()
            found[row] |= text not in ("", *NO_READING)
    return found


def off_the_globe(table: RawTable, columns: list[int], degrees: Floats, stations: Mask) -> list[Problem]:
    """Return the problem of places without coordinates, and of those with impossible ones."""
    problems = []
    absent = without_coordinates(degrees, stations) & ~_in_words(table, columns[1:], degrees)
    if absent.any():
        header = f"`{table.header[columns[1]]}`, `{table.header[columns[2]]}`"
        count, of = int(absent.sum()), int((~stations).sum())
        everywhere = "all" if count == of else f"{count} of {of}"
        problems.append(
            Problem(
                f"{everywhere} places of `{table.name}` have no coordinates",
                found=f"empty cells in {header}: {shown(table, np.flatnonzero(absent), columns[0])}",
                expected="latitude and longitude of each place in degrees",
                hint="fill them in; a rough position, such as that of the nearest town, is enough",
            )
        )
    latitude, longitude = degrees[:, 0], degrees[:, 1]
    off = ((np.abs(latitude) > 90) | (np.abs(longitude) > 180)) & ~np.isinf(degrees).any(axis=1)
    if not off.any():
        return problems
    rows = np.flatnonzero(off)
    found = [
        f"{table.where(row)}, {table.columns[columns[0]][int(row)].as_py()}: {latitude[row]:g}, {longitude[row]:g}"
        for row in rows[:SHOWN]
    ]
    fits = bool(((np.abs(longitude) <= 90) & (np.abs(latitude) <= 180) | np.isnan(degrees).any(axis=1)).all())
    swapped = fits and (len(rows) > 1 or len(latitude) < 3)  # a single one of several is more likely mistyped
    problem = f"{counted(len(rows), 'place')} of `{table.name}` {'is' if len(rows) == 1 else 'are'} not on the globe"
    hint = "write degrees, such as `50.45` and `30.52`; other map coordinates have to be converted"
    if swapped:
        problem += ": latitude and longitude look swapped"
        hint = f"`--latitude-column {table.header[columns[2]]} --longitude-column {table.header[columns[1]]}`"
    expected = "latitude in [-90, 90] and longitude in [-180, 180] degrees"
    more = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
    return [*problems, Problem(problem, found=listed(found) + more, expected=expected, hint=hint)]
