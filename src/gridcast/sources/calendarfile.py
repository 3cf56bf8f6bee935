"""The user's own calendar from a file: school holidays, fairs, matches; a table in text (CSV) or an iCalendar file (ICS)."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from gridcast.errors import SHOWN, PanelError, Problem, counted, listed
from gridcast.sources.icsfile import MARK, Span, read_ics
from gridcast.sources.text.blocks import read_table
from gridcast.sources.text.cells import Mask
from gridcast.sources.text.columns import PLACES, Role, choose, says_utc
from gridcast.sources.text.rawtable import RawTable, Rows
from gridcast.sources.text.stamps import Stamps, read_stamps

DAY = np.timedelta64(1, "D")
TIMED = r":|\d[tT]\d"  # in a stamp that is more than a date


def _role(name: str, synonyms: str) -> Role:
    return Role(name, tuple(synonyms.split()))


START = _role("start", "start startdate starttime begin begindate beginning from datefrom firstday first date day")
END = _role("end", "end enddate endtime until till to dateto lastday last finish through")
NAME = _role("name", "name title event eventname summary holiday holidayname label subject description")
CATEGORY = _role("category", "category categories kind type class group")
LOCATION = Role("location", ("location", "locations", "places", *PLACES))


@dataclass(frozen=True)
class EventTable:
    """The events of a file.

    Attributes:
        table: One row an event, in the order of `start`; what `gridcast.features.events.Events` takes. `start` and `end`
            (exclusive): naive datetime64. `local`: True where these are on the local clock of whoever uses the calendar, as for
            whole days; False where they are UTC. `name`; `category`, the file's name where it has none; `location`: the one place
            that it is about, empty for all.
        said: What was recognised.
    """

    table: pd.DataFrame
    said: tuple[str, ...]


def read_events(
    path: str | os.PathLike[str], *, places: Collection[str] = (), first: str = "1990-01-01", last: str = "2040-01-01"
) -> EventTable:
    """Return the events of a file.

    A table has a column `start` or `date`, and may have `end`, `name`, `category` and `location`; several places in one cell are
    separated by `;` or `|`. A date is a whole day on the local clock, as the last day of an event it is included; an event without
    an end lasts a day. A stamp with a time of day is a moment, as the end of an event it is not included: with an offset in any
    zone, without one on the local clock, unless the column's name says UTC. An iCalendar file needs the extra `ics`; what
    recurs is there once for each time between `first` and `last`, all-day events are local, and of its places only `places` count,
    as they may be any text.

    Args:
        path: A table in text with a header, or an iCalendar file.
        places: Names of the places that an iCalendar file may be about.
        first: Recurring events are taken from then on.
        last: And until then.

    Raises:
        FileError: If the file can't be read, or is neither of the two.
        PanelError: Naming all the columns, stamps and events that are wrong.
        GridcastError: If it is an iCalendar file, and the extra is not installed.
    """
    rows, said = read_ics(path, places, Span(first, last)) if _is_ics(path) else _read_csv(path)
    table = rows.sort_values(["start", "end"], kind="stable", ignore_index=True)
    table = table.drop_duplicates(ignore_index=True)
    table["category"] = table["category"].where(table["category"] != "", Path(path).name.partition(".")[0])
    name, span = Path(path).name, f"{table['start'].min():%Y-%m-%d} to {table['end'].max():%Y-%m-%d}"
    kinds = listed(sorted(set(table["category"])))
    return EventTable(table, (*said, f"{name}: {counted(len(table), 'event')} of {kinds}, {span}"))


def _is_ics(path: str | os.PathLike[str]) -> bool:
    try:
        with Path(path).open("rb") as file:
            head = file.read(200)
    except (OSError, ValueError):
        return False  # the reader of tables tells what is wrong
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().upper().startswith(MARK) or Path(path).suffix.lower() in (".ics", ".ical")


def _read_csv(path: str | os.PathLike[str]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the events in a table of text, and what was recognised."""
    table, said = read_table(path)
    chosen = choose(table.header, (START, END, NAME, CATEGORY, LOCATION), {}, table.name)
    problems = list(chosen.problems)
    if START.name not in chosen.columns:
        expected = "`start` or `date`; beside it `end`, `name`, `category`, `location`"
        problems.append(Problem(f"`{table.name}` has no column of dates", found=listed(table.header, 12), expected=expected))
    if problems:
        raise PanelError.of(problems)
    begin, finish, stamps = _moments(table, chosen.columns[START.name], chosen.columns.get(END.name))
    texts = {role.name: _texts(table, chosen.columns.get(role.name)) for role in (NAME, CATEGORY, LOCATION)}
    is_utc = not stamps.floating or says_utc(table.header[chosen.columns[START.name]])
    timed = _matches(table.columns[chosen.columns[START.name]], TIMED)
    local = ~timed | (not is_utc)
    rows = pd.DataFrame({"start": begin, "end": finish, "local": local, **texts})
    places = rows["location"].str.split(r"[;|]", regex=True)
    rows = rows.assign(location=places).explode("location", ignore_index=True)
    rows["location"] = rows["location"].str.strip()
    recognised = ", ".join(f"{role} = `{table.header[number]}`" for role, number in chosen.columns.items())
    return rows, (*said, f"{table.name}: {recognised}", *stamps.said)


def _moments(table: RawTable, start: int, end: int | None) -> tuple[npt.NDArray[Any], npt.NDArray[Any], Stamps]:
    """Return the start and the end, exclusive, of each row.

    Raises:
        PanelError: Naming the stamps that can't be read, ends before starts, and moments without an end.
    """
    column = table.columns[start if end is None else end]
    begins = table.columns[start]
    blank = np.ones(len(table), bool) if end is None else ~_matches(column, r"\S")
    ends = pc.if_else(pa.array(blank), begins, column)
    which = (start, start if end is None else end)

    def where(rows: Rows) -> list[str]:
        return [table.cells([row % len(table)], which[int(row >= len(table) and not blank[row % len(table)])])[0] for row in rows]

    both = pa.concat_arrays([begins, ends])
    name = listed(dict.fromkeys(table.header[each] for each in which)).strip("`")
    stamps = read_stamps(both, np.zeros(2 * len(table), np.intp), "UTC", where, name)
    begin, finish = np.split(stamps.utc.view("datetime64[us]"), 2)
    timed_start, timed_end = np.split(_matches(both, TIMED), 2)
    finish = np.where(timed_end, finish, finish + DAY)
    good = np.logical_and(*np.split(stamps.good, 2))
    problems = list(stamps.problems)
    endless, mixed = good & blank & timed_start, good & ~blank & (timed_start != timed_end)
    backwards = good & ~endless & ~mixed & (finish <= begin)
    for wrong, what, expected in (
        (endless, "without an end", "an end for each start with a time of day, or a date alone for a whole day"),
        (mixed, "half date, half moment", "a date at both ends, or a time of day at both"),
        (backwards, "over before it begins", "an end after the start"),
    ):
        if wrong.any():
            problems.append(_wrong(table, np.flatnonzero(wrong), which, what, expected))
    if problems:
        raise PanelError.of(problems)
    return begin, finish, stamps


def _wrong(table: RawTable, rows: Rows, columns: tuple[int, int], what: str, expected: str) -> Problem:
    first, last = columns
    shown = [
        f"{table.cells([row], first)[0]} to {table.cells([row], last)[0].partition(': ')[2]}" if first != last else cell
        for row, cell in zip(rows[:SHOWN], table.cells(rows[:SHOWN], first), strict=True)
    ]
    more = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
    return Problem(f"{counted(len(rows), 'event')} of `{table.name}` {what}", found=listed(shown) + more, expected=expected)


def _matches(column: Any, pattern: str) -> Mask:
    found: Mask = pc.fill_null(pc.match_substring_regex(column, pattern), False).to_numpy(zero_copy_only=False)
    return found


def _texts(table: RawTable, column: int | None) -> list[str]:
    return [""] * len(table) if column is None else [(cell or "").strip() for cell in table.columns[column].to_pylist()]
