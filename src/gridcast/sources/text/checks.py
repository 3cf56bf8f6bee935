"""What can be wrong with the rows of a file: readings or places that come twice, coordinates that are off the globe."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridcast.errors import SHOWN, Problem, counted, listed
from gridcast.sources.text.cells import Floats, shown
from gridcast.sources.text.layout import Layout
from gridcast.sources.text.rawtable import RawTable, Rows
from gridcast.sources.text.stampforms import Moments
from gridcast.sources.text.stamps import Stamps


def readings_twice(table: RawTable, layout: Layout, names: list[str], place: Rows, when: Rows, stamps: Stamps) -> list[Problem]:
    """Return the problem that a location has several readings at one moment, if it has."""
    rows = np.flatnonzero(stamps.good)
    reading = when[rows] * len(names) + place[rows]
    order = np.argsort(reading, kind="stable")
    again = np.flatnonzero(np.diff(reading[order]) == 0) + 1
    if not len(again):
        return []
    found = []
    for position in again[:SHOWN]:
        row, before = int(rows[order[position]]), int(rows[order[position - 1]])
        who = f"{names[place[row]]} at " if layout.location is not None else ""
        moment = pd.Timestamp(int(stamps.utc[row]), unit="us")
        found.append(f"{who}{moment:%Y-%m-%d %H:%M} UTC in lines {table.line(before)} and {table.line(row)}")
    more = f" and {len(again) - SHOWN:,} more" if len(again) > SHOWN else ""
    hint = "take out the rows that repeat others"
    if stamps.floating:
        hint += "; if it is the hour that comes twice in autumn, name the zone: `--timezone Europe/Berlin`"
    return [
        Problem(
            f"{counted(len(again), 'reading')} of `{table.name}` {'comes' if len(again) == 1 else 'come'} twice",
            found=listed(found) + more,
            expected="one row for each timestamp" + (" and location" if layout.location is not None else ""),
            hint=hint,
        )
    ]


def disorder(table: RawTable, utc: Moments, place: Rows) -> tuple[str, ...]:
    """Return a note on rows that come after a later one of their location."""
    order = np.argsort(place, kind="stable")
    late = int(((np.diff(utc[order]) < 0) & (np.diff(place[order]) == 0)).sum())
    return (f"{table.name}: {counted(late, 'row')} out of order, now sorted",) if late else ()


def unnamed(table: RawTable) -> list[Problem]:
    """Return the problem that columns with content have no name."""
    blank = [n for n, name in enumerate(table.header) if not name and table.columns[n].null_count < len(table)]
    if not blank or blank == [0]:  # the first is the row number that pandas writes
        return []
    found = listed(f"column {number + 1}" for number in blank)
    return [Problem(f"columns of `{table.name}` have no name", found=found, expected="a name for each")]


def places_twice(table: RawTable, column: int, names: list[str], which: Rows) -> list[Problem]:
    """Return the problem that an id comes twice, if one does."""
    counts = np.bincount(which, minlength=len(names))
    found = []
    for number in np.flatnonzero(counts > 1):
        lines = ", ".join(str(table.line(row)) for row in np.flatnonzero(np.equal(which, number))[:SHOWN])
        found.append(f"{names[number]} in lines {lines}")
    if not found:
        return []
    problem = f"{counted(len(found), 'id')} of `{table.name}` {'comes' if len(found) == 1 else 'come'} more than once"
    hint = f"take out the rows that repeat others, or name another column than `{table.header[column]}`: `--id-column`"
    return [Problem(problem, found=listed(found), expected="one row for each place", hint=hint)]


def off_the_globe(table: RawTable, columns: list[int], degrees: Floats) -> list[Problem]:
    """Return the problem of places without coordinates, and of those with impossible ones."""
    problems = []
    absent = np.asarray(np.isnan(degrees).any(axis=1))
    if absent.any():
        header = f"`{table.header[columns[1]]}`, `{table.header[columns[2]]}`"
        everywhere = "all" if absent.all() else f"{int(absent.sum())} of {len(absent)}"
        problems.append(
            Problem(
                f"{everywhere} places of `{table.name}` have no coordinates",
                found=f"empty cells in {header}: {shown(table, np.flatnonzero(absent), columns[0])}",
                expected="latitude and longitude of each place in degrees",
                hint="fill them in; a rough position, such as that of the nearest town, is enough",
            )
        )
    latitude, longitude = degrees[:, 0], degrees[:, 1]
    off = (np.abs(latitude) > 90) | (np.abs(longitude) > 180)
    if not off.any():
        return problems
    rows = np.flatnonzero(off)
    found = [
        f"line {table.line(row)}, {table.columns[columns[0]][int(row)].as_py()}: {latitude[row]:g}, {longitude[row]:g}"
        for row in rows[:SHOWN]
    ]
    fits = bool(((np.abs(longitude) <= 90) & (np.abs(latitude) <= 180) | absent).all())
    swapped = fits and (len(rows) > 1 or len(latitude) < 3)  # a single one of several is more likely mistyped
    problem = f"{counted(len(rows), 'place')} of `{table.name}` {'is' if len(rows) == 1 else 'are'} not on the globe"
    hint = "write degrees, such as `50.45` and `30.52`; other map coordinates have to be converted"
    if swapped:
        problem += ": latitude and longitude look swapped"
        hint = f"`--latitude-column {table.header[columns[2]]} --longitude-column {table.header[columns[1]]}`"
    expected = "latitude in [-90, 90] and longitude in [-180, 180] degrees"
    more = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
    return [*problems, Problem(problem, found=listed(found) + more, expected=expected, hint=hint)]
