"""Readings that others call wrong: a table with a row for each of them, that tells its place and its time."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from gridcast.errors import PanelError, Problem, counted, listed
from gridcast.sources.parquet import read_table_parquet
from gridcast.sources.readings import ReadOptions
from gridcast.sources.text.blocks import read_table
from gridcast.sources.text.cells import Mask, NameReader
from gridcast.sources.text.columns import LOCATION, TIME, Role, choose, missing, says_end, says_utc
from gridcast.sources.text.rawtable import RawTable, Rows
from gridcast.sources.text.stamps import Stamps, read_stamps
from gridcast.sources.text.unpacked import is_parquet
from gridcast.sources.text.zones import zones_in_words


@dataclass(frozen=True)
class FlagTable:
    """The flags of a file.

    Attributes:
        table: One row a flag of a place that was asked for: `location`, and `timestamp`, a moment in UTC within the interval of
            the reading.
        said: What was recognised, and which places are not known.
    """

    table: pd.DataFrame
    said: tuple[str, ...]


def read_flags(
    path: str | os.PathLike[str], places: Collection[str], *, step: pd.Timedelta, options: ReadOptions | None = None
) -> FlagTable:
    """Return the flags of a file; further columns, such as the reason, are not used.

    Args:
        path: Text with a header, plain or compressed, or Parquet: a column of places and one of stamps, of which those without an
            offset are by the clock of their place, or UTC where the name of the column says so.
        places: Those that flags are wanted of. Where there is only one, the column of places may be left out.
        step: From one reading to the next; stamps that label the end of their interval go back by it.
        options: Time zones, and whether stamps are ends.

    Raises:
        FileError: If the file can't be read.
        PanelError: Naming all the columns, stamps and names that are wrong; or if no place is one of those asked for.
    """
    options = options or ReadOptions()
    table, said = (read_table_parquet(path), ()) if is_parquet(path) else read_table(path)
    columns = _columns(table, places)
    names, which, problems = _names(table, columns, places)
    stamps = _stamps(table, columns["time"], which, options.zones_of(names))
    problems += stamps.problems
    if problems:
        raise PanelError.of(problems)
    times = pd.DatetimeIndex(stamps.utc.view("datetime64[us]")).tz_localize("UTC")
    ending = options.ending or says_end(table.header[columns["time"]])
    rows = pd.DataFrame({"location": np.array(names, dtype=object)[which], "timestamp": times - step if ending else times})
    known = np.isin(names, list(places))[which]
    recognised = ", ".join(f"{role} = `{table.header[number]}`" for role, number in columns.items())
    strange = _strangers(table.name, rows, known, places)
    taken = (f"`{table.header[columns['time']]}` labels the end of an interval: taken back to its start",) if ending else ()
    said = (*said, f"{table.name}: {counted(len(rows), 'flag')}; {recognised}", *taken, *stamps.said, *strange)
    return FlagTable(rows[known].reset_index(drop=True), said)


def _columns(table: RawTable, places: Collection[str]) -> Mapping[str, int]:
    """Return which columns are the place and the time.

    Raises:
        PanelError: Naming those that are not there.
    """
    chosen = choose(table.header, (LOCATION, TIME), {}, table.name)
    needed = (LOCATION, TIME) if len(places) > 1 else (TIME,)
    problems = list(chosen.problems) or [_without(role, table) for role in needed if role.name not in chosen.columns]
    if problems:
        raise PanelError.of(problems)
    return chosen.columns


def _without(role: Role, table: RawTable) -> Problem:
    """Return the problem that no column tells the place, or the time."""
    name = "location" if role is LOCATION else "timestamp"
    return replace(missing(role, table.header, table.name), hint=f"call the column `{name}`")


def _names(table: RawTable, columns: Mapping[str, int], places: Collection[str]) -> tuple[list[str], Rows, list[Problem]]:
    """Return the names of places, the number of each row's, and what is wrong with them."""
    if "location" not in columns:
        return list(places), np.zeros(len(table), np.intp), []
    reader = NameReader()
    which = reader.read(table, columns["location"])
    return reader.names, which, reader.problems()


def _stamps(table: RawTable, column: int, which: Rows, zones: tuple[str, ...]) -> Stamps:
    """Return the moments of the rows."""
    name = table.header[column]
    taken = ("UTC",) * len(zones) if says_utc(name) else zones
    stamps = read_stamps(table.columns[column], which, taken or ("UTC",), lambda rows: table.cells(rows, column), name)
    if not stamps.floating:
        return stamps
    reason = "as its name says" if says_utc(name) else "`--timezone` to change"
    assumed = f"{table.name}: stamps of `{name}` carry no offset: taken as {zones_in_words(taken)} ({reason})"
    return replace(stamps, said=(assumed, *stamps.said))


def _strangers(file: str, rows: pd.DataFrame, known: Mask, places: Collection[str]) -> tuple[str, ...]:
    """Return a sentence on flags of places that were not asked for.

    Raises:
        PanelError: If all of them are.
    """
    if known.all():
        return ()
    others = listed(rows["location"][~known].unique())
    if not known.any():
        raise PanelError(f"`{file}` flags no place of the readings", found=others, expected=f"places such as {listed(places)}")
    return (f"{file}: {counted(int((~known).sum()), 'flag')} of places that are not among the readings left out: {others}",)
