"""Places from a database: ids, coordinates, and whatever else its table has of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from gridcast.errors import SHOWN, PanelError, Problem, counted, listed
from gridcast.sources.places import KIND, are_stations
from gridcast.sources.readings import Places, ReadOptions
from gridcast.sources.sql.address import connected, parse_address
from gridcast.sources.sql.checks import few
from gridcast.sources.sql.rows import Gathered, Wrong, gather
from gridcast.sources.sql.tables import Selected, opened
from gridcast.sources.text.cells import Floats, Mask, plain
from gridcast.sources.text.checks import without_coordinates
from gridcast.sources.text.columns import SPATIAL, choose, missing
from gridcast.sources.text.unpacked import shortened

ROLES = tuple(role.name for role in SPATIAL)


def read_places_sql(address: str, *, options: ReadOptions | None = None, query: str | None = None) -> Places:
    """Return the places of a table or a query; coordinates may be missing as in a file, see `read_places`.

    Args:
        address: Such as `postgresql://user@host/grid#places`; the table, or `schema.table`, stands behind `#`.
        options: Names of columns, where the usual ones are not there.
        query: A single SELECT in place of the table.

    Raises:
        ConfigError: If address or query make no sense.
        FileError: If the database can't be opened or read, or goes away in the middle.
        GridcastError: If the extra `sql` is not installed.
        PanelError: Naming all the columns, ids and coordinates that are wrong.
    """
    options, place = options or ReadOptions(), parse_address(address)
    with connected(place) as connection, opened(connection, place, query) as selected:
        columns, notes = _columns(selected, options)
        others = [n for n, name in enumerate(selected.header) if n not in columns and name not in ROLES]
        read = gather(selected.chunks([columns[0], *others, *columns[1:]]), 1 + len(others))
    ids = pc.fill_null(pc.utf8_trim_whitespace(read.texts[0].cast(pa.string())), "").to_pylist()
    more = {selected.header[n]: plain(text.cast(pa.string())) for n, text in zip(others, read.texts[1:], strict=True)}
    problems = _ids(selected.name, ids, selected.header[columns[0]])
    if columns[1:]:
        stations = are_stations(more.get(KIND, [""] * len(ids)))
        problems += _degrees(selected, ids, columns, read, without_coordinates(read.values, stations))
    if problems:
        raise PanelError.of(problems)
    coordinates = dict(zip(ROLES[1:], read.values.T, strict=False))
    table = pd.DataFrame({"id": pd.array(ids, dtype="str")} | coordinates)
    recognised = ", ".join(f"{role} = `{selected.header[n]}`" for role, n in zip(ROLES, columns, strict=False))
    clash = [name for n, name in enumerate(selected.header) if n not in columns and name in ROLES]
    unused = [f"{selected.name}: not used: {listed(clash)}"] if clash else []
    said = (f"{selected.name}: {counted(len(table), 'place')}; {recognised}", *notes, *unused)
    return Places(table.assign(**more), said)


def _columns(selected: Selected, options: ReadOptions) -> tuple[list[int], tuple[str, ...]]:
    """Return the columns of id and, where there are any, of latitude and longitude, and which were preferred to others."""
    named = {name: getattr(options, f"{name}_column") for name in ROLES}
    chosen = choose(selected.header, SPATIAL, named, selected.name)
    needed = SPATIAL if chosen.columns.keys() & set(ROLES[1:]) else SPATIAL[:1]
    absent = [missing(role, selected.header, selected.name) for role in needed if role.name not in chosen.columns]
    problems = chosen.problems or absent
    if problems:
        raise PanelError.of(problems)
    return [chosen.columns[role.name] for role in needed], tuple(chosen.notes.values())


def _ids(table: str, ids: list[str], header: str) -> list[Problem]:
    """Return the problems of rows without an id, and of ids that come twice."""
    problems = []
    if blank := ids.count(""):
        what = f"{counted(blank, 'row')} of `{table}` {'has' if blank == 1 else 'have'} no name in `{header}`"
        problems.append(Problem(what, found="empty, or NULL", expected="a name in each row"))
    counts = pd.Series([name for name in ids if name], dtype="str").value_counts(sort=False)
    twice = [f"{shortened(str(name))} in {count} rows" for name, count in counts.items() if count > 1]
    if twice:
        what = f"{counted(len(twice), 'id')} of `{table}` {'comes' if len(twice) == 1 else 'come'} more than once"
        hint = f"take out the rows that repeat others, or name another column than `{header}`: `--id-column`"
        problems.append(Problem(what, found=listed(twice), expected="one row for each place", hint=hint))
    return problems


def _degrees(selected: Selected, ids: list[str], columns: list[int], read: Gathered, lacking: Mask) -> list[Problem]:
    """Return the problems of coordinates that are no numbers, not there, or not on the globe."""
    header = [selected.header[number] for number in columns[1:]]

    def cells(wrong: Wrong) -> str:
        return few(
            [f"{shortened(ids[row]) or 'no name'}, {header[place]}: {text}" for row, place, text in wrong.first], wrong.count
        )

    words = [wrong for wrong in (read.words, read.infinite) if wrong.count]
    expected = "latitude in [-90, 90] and longitude in [-180, 180] degrees"
    if words:
        hint = "write degrees, such as `50.45` and `30.52`"
        what = f"coordinates of `{selected.name}` are no finite numbers"
        problems = [Problem(what, found=cells(wrong), expected=expected, hint=hint) for wrong in words]
        return [*problems, *_off_the_globe(selected.name, ids, header, read.values)]
    absent = np.flatnonzero(lacking)
    problems = []
    if len(absent):
        everywhere = "all" if len(absent) == len(ids) else f"{len(absent)} of {len(ids)}"
        found = f"NULL in {listed(header)}: {few([shortened(ids[row]) for row in absent[:SHOWN]], len(absent))}"
        hint = "fill them in; a rough position, such as that of the nearest town, is enough"
        what = f"{everywhere} places of `{selected.name}` have no coordinates"
        problems.append(Problem(what, found=found, expected="latitude and longitude of each place in degrees", hint=hint))
    return [*problems, *_off_the_globe(selected.name, ids, header, read.values)]


def _off_the_globe(table: str, ids: list[str], header: list[str], degrees: Floats) -> list[Problem]:
    latitude, longitude = degrees.T
    finite = ~np.isinf(degrees).any(axis=1)
    off = np.flatnonzero(((np.abs(latitude) > 90) | (np.abs(longitude) > 180)) & finite)
    if not len(off):
        return []
    found = few([f"{shortened(ids[row])}: {latitude[row]:g}, {longitude[row]:g}" for row in off[:SHOWN]], len(off))
    problem = f"{counted(len(off), 'place')} of `{table}` {'is' if len(off) == 1 else 'are'} not on the globe"
    hint = "write degrees, such as `50.45` and `30.52`; other map coordinates have to be converted"
    if len(off) > 1 and not ((np.abs(longitude) > 90) | (np.abs(latitude) > 180)).any():
        problem += ": latitude and longitude look swapped"
        hint = f"`--latitude-column {header[1]} --longitude-column {header[0]}`"
    expected = "latitude in [-90, 90] and longitude in [-180, 180] degrees"
    return [Problem(problem, found=found, expected=expected, hint=hint)]
