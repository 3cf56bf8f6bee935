"""CSV files of consumption and of places: read, recognised, checked; every problem is told with its line."""

from __future__ import annotations

import os

import numpy as np
import pandas as pd

from gridcast.errors import PanelError, counted, listed
from gridcast.sources.doubts import warn_of_doubts
from gridcast.sources.places import KIND, are_stations
from gridcast.sources.readings import Consumption, Places, ReadOptions
from gridcast.sources.text.blocks import TextBlocks, read_table
from gridcast.sources.text.cells import Mask, NameReader, numbers, plain
from gridcast.sources.text.checks import off_the_globe, places_twice, unnamed
from gridcast.sources.text.columns import SPATIAL, choose, missing
from gridcast.sources.text.gather import gather
from gridcast.sources.text.pieces import OtherEncodingError
from gridcast.sources.text.rawtable import RawTable
from gridcast.sources.text.zones import require_zones


def read_consumption(
    path: str | os.PathLike[str], *, options: ReadOptions | None = None, now: pd.Timestamp | None = None
) -> Consumption:
    """Return the readings of a file, long (timestamp, location, consumption) or wide (timestamp, one column a location).

    Of several columns of stamps, one in UTC is preferred. A stamp labels the start of its interval, unless the column's
    name says that it is the end. Empty cells, `-`, `NA`, `NaN` and `null` are no readings.

    A file of more than 32 MB unpacked is read in blocks into 32-bit floats, with little memory beside them. Its columns are
    recognised by its first block.

    Args:
        path: Text with a header, separated by comma, semicolon, tab or `|`; gzip and zstd are fine.
        options: Time zone and names of columns, where the file does not tell.
        now: The present moment, by default that of the machine's clock.

    Raises:
        ConfigError: If the time zone is unknown.
        FileError: If the file can't be read, or is not a table of text.
        PanelError: Naming all the columns, stamps, names and cells that are wrong.

    Warns:
        GridcastWarning: See `gridcast.sources.doubts`.
    """
    return warn_of_doubts(gather_text(path, options or ReadOptions()), now=now)


def gather_text(path: str | os.PathLike[str], options: ReadOptions) -> Consumption:
    """Return the readings of a text file, without looking at what is doubtful; see `read_consumption`."""
    require_zones(options)
    try:
        return gather(TextBlocks(path), options)
    except OtherEncodingError:
        return gather(TextBlocks(path, encoding="cp1252"), options)


def read_places(path: str | os.PathLike[str], *, options: ReadOptions | None = None) -> Places:
    """Return the places of a file: their ids, coordinates, and whatever else the file has of them.

    Coordinates may be missing altogether, as columns or as cells, and those of weather stations one by one.

    Args:
        path: Text with a header, separated by comma, semicolon, tab or `|`; gzip and zstd are fine.
        options: Names of columns, where the usual ones are not there.

    Raises:
        FileError: If the file can't be read, or is not a table of text.
        PanelError: Naming all the columns, ids and coordinates that are wrong.
    """
    return places_of(*read_table(path), options=options)


def places_of(table: RawTable, said: tuple[str, ...] = (), *, options: ReadOptions | None = None) -> Places:
    """Return the places of a table, see `read_places`.

    Raises:
        PanelError: Naming all the columns, ids and coordinates that are wrong.
    """
    options = options or ReadOptions()
    named = {role.name: getattr(options, f"{role.name}_column") for role in SPATIAL}
    chosen = choose(table.header, SPATIAL, named, table.name)
    problems = list(chosen.problems)
    located = [role for role in SPATIAL[1:] if role.name in chosen.columns]
    needed = SPATIAL if located else SPATIAL[:1]
    if not problems:
        problems += [missing(role, table.header, table.name) for role in needed if role.name not in chosen.columns]
    problems += unnamed(table)
    if problems:
        raise PanelError.of(problems)
    columns = [chosen.columns[role.name] for role in needed]
    reader = NameReader()
    which = reader.read(table, columns[0])
    names, problems = reader.names, reader.problems()
    degrees = numbers(table, columns[1:])
    problems += places_twice(table, columns[0], names, which)
    problems += [*degrees.problems, *(off_the_globe(table, columns, degrees.values, _stations(table)) if located else [])]
    if problems:
        raise PanelError.of(problems)
    coordinates = {role.name: degrees.values[:, number] for number, role in enumerate(located)}
    places = {"id": pd.array(names, dtype="str").take(which)} | coordinates
    left = [n for n in range(len(table.header)) if n not in columns and table.header[n]]
    others = {table.header[n]: plain(table.columns[n]) for n in left if table.header[n] not in places}
    recognised = ", ".join(f"{role.name} = `{table.header[n]}`" for role, n in zip(needed, columns, strict=True))
    notes = [*said, f"{table.name}: {counted(len(table), 'place')}; {recognised}", *chosen.notes.values(), *degrees.said]
    clash = [table.header[n] for n in left if table.header[n] in places]
    if clash:
        notes.append(f"{table.name}: not used: {listed(clash)}")
    return Places(pd.DataFrame(places | others), tuple(notes))


def _stations(table: RawTable) -> Mask:
    """Return which rows are weather stations."""
    kind = next((n for n, name in enumerate(table.header) if name == KIND), None)
    return np.zeros(len(table), bool) if kind is None else are_stations(table.columns[kind].to_pylist())
