"""A table of weather: its cells, moments and names, as the reader of text gives them, from text and from Parquet."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from gridcast.clock import describe_freq, infer_freq
from gridcast.errors import SHOWN, Problem, counted, listed
from gridcast.sources.parquet import read_table_parquet
from gridcast.sources.text.blocks import read_table
from gridcast.sources.text.columns import says_end, says_utc
from gridcast.sources.text.layout import join_hours
from gridcast.sources.text.rawtable import RawTable, Rows
from gridcast.sources.text.stampforms import Moments
from gridcast.sources.text.stamps import Stamps, read_stamps
from gridcast.sources.text.unpacked import is_parquet


def read_weather_table(address: str | os.PathLike[str]) -> tuple[RawTable, tuple[str, ...]]:
    """Return the cells of a table, and what was recognised.

    Raises:
        FileError: If the file can't be read.
        PanelError: If rows have too many or too few cells.
    """
    return (read_table_parquet(address), ()) if is_parquet(address) else read_table(address)


def stamps_in(
    table: RawTable, column: int, place: Rows, zone: str, *, time_of_day: int | None = None, ending: bool = False
) -> Stamps:
    """Return the moments in a column; those that are ends of intervals go back to the starts.

    Args:
        table: The file.
        column: Of the stamps.
        place: The number of each row's station.
        zone: Of stamps without an offset.
        time_of_day: The column of the hours, where the stamps are dates only.
        ending: Whether they are ends, also where the name of the column does not say so.
    """
    texts, name, said = table.columns[column], table.header[column], list[str]()
    if time_of_day is not None:
        texts, assumed = join_hours(texts, table.columns[time_of_day], table.header[time_of_day])
        said += assumed
    taken = "UTC" if says_utc(name) else zone
    stamps = read_stamps(texts, place, taken, lambda rows: table.cells(rows, column), name)
    if stamps.floating:
        reason = "as its name says" if says_utc(name) else "`--timezone` to change"
        said.append(f"{table.name}: stamps of `{name}` carry no offset: taken as {taken} ({reason})")
    utc = stamps.utc
    if time_of_day is None and (ending or says_end(name)) and len(np.unique(utc[stamps.good])) > 1:
        step = infer_freq(pd.DatetimeIndex(np.unique(utc[stamps.good]).view("datetime64[us]")))
        utc = utc - step // pd.Timedelta("1us")
        said.append(f"`{name}` labels the end of an interval: taken back by {describe_freq(step)} to its start")
    return replace(stamps, utc=utc, said=(*said, *stamps.said))


def series_twice(table: RawTable, time: Stamps, place: Rows, names: Sequence[str]) -> list[Problem]:
    """Return the problem that there are several rows of one moment and series.

    Args:
        table: The file.
        time: The rows' moments.
        place: The number of each row's series.
        names: Of the series, such as a station and the issue time of its forecast.
    """
    rows = np.flatnonzero(time.good)
    order = rows[np.lexsort((rows, time.utc[rows], place[rows]))]
    again = np.flatnonzero((np.diff(time.utc[order]) == 0) & (np.diff(place[order]) == 0)) + 1
    if not len(again):
        return []
    found = []
    for row, before in zip(order[again[:SHOWN]].tolist(), order[again[:SHOWN] - 1].tolist(), strict=True):
        moment = f"{pd.Timestamp(int(time.utc[row]), unit='us'):%Y-%m-%d %H:%M} UTC"
        who = f"{names[place[row]]} at {moment}" if names[place[row]] else moment
        found.append(f"{who} in {table.lines.noun}s {table.line(before)} and {table.line(row)}")
    more = f" and {len(again) - SHOWN:,} more" if len(again) > SHOWN else ""
    problem = f"{counted(len(again), 'reading')} of `{table.name}` {'comes' if len(again) == 1 else 'come'} twice"
    return [
        Problem(problem, found=listed(found) + more, expected="one row for each moment of a station and, of a forecast, issue time")
    ]


def forecast_runs(issued: Moments, names: Sequence[str], place: Rows) -> tuple[Rows, list[str]]:
    """Return the number of each row's station and issue time together, and the names of these.

    Example:
        >>> forecast_runs(np.array([0, 3_600_000_000]), ["A"], np.array([0, 0]))
        (array([0, 1]), ['A issued 1970-01-01 00:00', 'A issued 1970-01-01 01:00'])
    """
    moments, run = np.unique(issued, return_inverse=True)
    pairs, number = np.unique(place * len(moments) + run, return_inverse=True)
    return number, [
        f"{names[pair // len(moments)]} issued {pd.Timestamp(int(moments[pair % len(moments)]), unit='us'):%Y-%m-%d %H:%M}".strip()
        for pair in pairs.tolist()
    ]
