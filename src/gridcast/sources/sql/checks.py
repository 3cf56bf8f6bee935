"""What can be wrong with the rows of a database; each is told by its location and its stamp, as rows have no numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from gridcast.errors import SHOWN, Problem, counted, listed
from gridcast.sources.sql.rows import Gathered, Wrong
from gridcast.sources.text.rawtable import Rows
from gridcast.sources.text.stamps import Stamps
from gridcast.sources.text.unpacked import shortened


@dataclass(frozen=True)
class Labels:
    """What tells the rows of a table or query apart.

    Attributes:
        table: Its name.
        names: Of the locations.
        place: The number of each row's location, -1 where it has no name; 0 in a wide table.
        stamps: As they are in the database.
        long: Whether a row belongs to one location.
    """

    table: str
    names: list[str]
    place: Rows
    stamps: Any
    long: bool

    def at(self, row: int) -> str:
        """Return a row's location and stamp, such as `Kyiv at 2024-01-01 00:00:00`."""
        stamp = shortened((self.stamps[int(row)].as_py() or "").strip() or "empty").replace(".000000", "")
        if not self.long:
            return stamp
        return f"{shortened(self.names[self.place[row]]) if self.place[row] >= 0 else 'no name'} at {stamp}"


def nameless(rows: Labels, header: str) -> list[Problem]:
    """Return the problem that rows have no location, if there are such."""
    blank = np.flatnonzero(rows.place < 0)
    if not len(blank):
        return []
    problem = f"{counted(len(blank), 'row')} of `{rows.table}` {'has' if len(blank) == 1 else 'have'} no name in `{header}`"
    return [Problem(problem, found=few([rows.at(row) for row in blank[:SHOWN]], len(blank)), expected="a name in each row")]


def not_numbers(rows: Labels, columns: Sequence[str], read: Gathered) -> Iterator[Problem]:
    """Yield the problems of cells that are no numbers, and of infinite ones."""

    def found(wrong: Wrong) -> str:
        cells = [f"{rows.at(row)}{'' if rows.long else f', {columns[place]}'}: {text}" for row, place, text in wrong.first]
        return few(cells, wrong.count)

    if read.words.count:
        count = read.words.count
        yield Problem(
            f"{counted(count, 'cell')} of `{rows.table}` {'is no number' if count == 1 else 'are no numbers'}",
            found=found(read.words),
            expected="a number such as `1234.5`, or NULL where there is no reading",
            hint="name `--location-column` and `--consumption-column` of a long table; leave others out by a query or a view",
        )
    if read.infinite.count:
        count = read.infinite.count
        problem = f"{counted(count, 'cell')} of `{rows.table}` {'is' if count == 1 else 'are'} infinite"
        yield Problem(problem, found=found(read.infinite), expected="a number, or NULL where there is no reading")


def twice(rows: Labels, stamps: Stamps, when: Rows, values: Any) -> list[Problem]:
    """Return the problem that a location has several readings at one moment, if it has."""
    reading = when * len(rows.names) + rows.place
    order = np.argsort(reading, kind="stable")
    again = np.flatnonzero(np.diff(reading[order]) == 0) + 1
    if not len(again):
        return []
    found = []
    for position in again[:SHOWN]:
        row, before = int(order[position]), int(order[position - 1])
        moment = pd.Timestamp(int(stamps.utc[row]), unit="us")
        who = f"{shortened(rows.names[rows.place[row]])} at " if rows.long else ""
        both = " and ".join("NULL" if np.isnan(values[each, 0]) else f"{values[each, 0]:g}" for each in (before, row))
        found.append(f"{who}{moment:%Y-%m-%d %H:%M} UTC: {both}")
    hint = "take out the rows that repeat others, or read a view that does"
    if stamps.floating:
        hint += "; if it is the hour that comes twice in autumn, name the zone: `--timezone Europe/Berlin`"
    problem = f"{counted(len(again), 'reading')} of `{rows.table}` {'comes' if len(again) == 1 else 'come'} twice"
    expected = "one row for each timestamp" + (" and location" if rows.long else "")
    return [Problem(problem, found=few(found, len(again)), expected=expected, hint=hint)]


def few(found: list[str], count: int) -> str:
    """Return the first few in quotes and the count of the rest, of which there may be more than are at hand."""
    return listed(found) + (f" and {count - len(found):,} more" if count > len(found) else "")
