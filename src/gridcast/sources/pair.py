"""The two files together: readings and places that belong to each other, and the synthetic pair where there are none."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from gridcast.atomic import replacing
from gridcast.errors import ConfigError, FileError, GridcastWarning, PanelError, Problem, counted, did_you_mean, listed
from gridcast.panel import Panel
from gridcast.sources.files import is_there, read_consumption_files, read_places_file
from gridcast.sources.places import Listing, consumers_and_stations
from gridcast.sources.readings import Consumption, Places, ReadOptions
from gridcast.sources.synthetic.world import generate_synthetic_spatial_data, generate_synthetic_temporal_data
from gridcast.sources.zoned import with_zones
from gridcast.tabular import TARGET

Address = str | os.PathLike[str]

DATABASE = "://"  # in an address


@dataclass(frozen=True)
class Loaded:
    """A panel, and what was recognised on the way.

    Attributes:
        panel: Readings with the places' coordinates.
        said: Sentences for the user.
        stations: The weather stations of the table of places, with their coordinates; None where there are none.
        told: Unit that a name in the readings tells, whatever unit they were given; empty where none does.
    """

    panel: Panel
    said: tuple[str, ...]
    stations: pd.DataFrame | None = None
    told: str = ""


def read_panel(
    temporal: Address,
    spatial: Address | None = None,
    *,
    options: ReadOptions | None = None,
    exclude: Iterable[str] = (),
    common_only: bool = False,
    unit: str | None = None,
    query: str | None = None,
) -> Loaded:
    """Return the panel of readings and of the places that they are of.

    Args:
        temporal: Readings, long (timestamp, location, consumption) or wide (timestamp, one column a location): a file, a folder
            or a pattern, text or Parquet, see `gridcast.sources.files`; or a table of a database, such as
            `sqlite:///grid.db#load`, see `gridcast.sources.sql`.
        spatial: Places, of a file or a database: id, latitude, longitude and any other columns. Rows whose `kind` starts with
            `weather` are weather stations. A column `timezone` is that of the place's stamps and of its local clock. Where no
            place has coordinates, or without a table of places, the panel has none.
        options: Time zone and names of columns, where the files do not tell.
        exclude: Locations to leave out.
        common_only: Whether to go on with the locations that are in both files; otherwise one that is in one only is an error.
        unit: Unit of the readings; by default what a column's name tells.
        query: A single SELECT in place of the table of readings, where their address is that of a database.

    Raises:
        ConfigError: If a time zone is unknown, or an address or the query makes no sense.
        FileError: If a file can't be read.
        PanelError: If its content is wrong, or the files do not match.
    """
    pair = read_pair(temporal, spatial, options, exclude=exclude, common_only=common_only, query=query)
    panel = Panel.from_wide(pair.readings, pair.places, unit=pair.unit if unit is None else unit)
    left_out = (*pair.unlisted, *pair.silent)
    note = (f"left out, as they are in one file only: {listed(left_out)}",) if left_out else ()
    return Loaded(panel, (*pair.said, *note), pair.stations, pair.unit)


def load_data(
    temporal_data_path: str | os.PathLike[str],
    spatial_data_path: str | os.PathLike[str],
    *,
    options: ReadOptions | None = None,
    num_days: int = 365,
    num_locations: int = 100,
    noise_level: float = 0.1,
    seed: int = 0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the tables of the two files; where neither is there, make a synthetic world and save it at those paths.

    Args:
        temporal_data_path: Readings, long or wide, see `read_panel`.
        spatial_data_path: Places.
        options: Time zone and names of columns, where the files do not tell.
        num_days: Length of the synthetic world. [d]
        num_locations: Places of the synthetic world.
        noise_level: Noise of the synthetic world. [1]
        seed: Of the synthetic world.

    Returns:
        Readings with `timestamp` (UTC), `location`, `consumption` (NaN where missing), and places with `id`, `latitude`,
        `longitude` and any other columns; the same locations in both.

    Raises:
        FileError: If one of the two is missing, or can't be read or written.
        PanelError: If the content is wrong, or the files do not match.

    Warns:
        GridcastWarning: If a synthetic world was made.
    """
    paths = temporal_data_path, spatial_data_path
    missing = [Path(path) for path in paths if DATABASE not in str(path) and not is_there(path)]
    if len(missing) == 1:
        raise FileError(
            f"`{missing[0]}` is missing, but the other file is there",
            found="one of two files",
            expected="both, or neither for a synthetic world",
            hint="correct the path, or remove the other file to have both generated",
        )
    if missing:
        places = generate_synthetic_spatial_data(num_locations, seed=seed)
        readings = generate_synthetic_temporal_data(num_days, noise_level, locations=places, seed=seed)
        save_tables(readings, places, temporal_data_path, spatial_data_path)
        warnings.warn(
            f"neither file was there: a synthetic world of {counted(num_locations, 'place')} and {counted(num_days, 'day')} was "
            f"made and saved as `{temporal_data_path}` and `{spatial_data_path}`",
            GridcastWarning,
            stacklevel=2,
        )
        options = None  # our own files need no help
    pair = read_pair(temporal_data_path, spatial_data_path, options)
    return _long(pair.readings), pair.places


def save_tables(
    temporal: pd.DataFrame,
    spatial: pd.DataFrame,
    temporal_path: str | os.PathLike[str],
    spatial_path: str | os.PathLike[str],
    *,
    overwrite: bool = False,
) -> None:
    """Write readings and places as CSV, both or none of them; compressed where a name ends in `.gz`.

    Raises:
        FileError: If one of the files is there already and may not be replaced, or can't be written.
    """
    paths = Path(temporal_path), Path(spatial_path)
    there = [path for path in paths if path.exists()]
    if paths[0].absolute() == paths[1].absolute():
        raise FileError("readings and places need a file each", found=f"`{paths[0]}` twice", expected="two names")
    if there and not overwrite:
        raise FileError(
            f"{counted(there, 'file')} would be replaced", found=listed(there), expected="new names", hint="add `--overwrite`"
        )
    times, which = pd.factorize(temporal["timestamp"])
    stamps = pd.DatetimeIndex(which).strftime("%Y-%m-%dT%H:%M:%SZ").to_numpy()[times]
    with replacing(paths[0]) as readings, replacing(paths[1]) as places:
        temporal.assign(timestamp=stamps).to_csv(readings, index=False, float_format="%.7g")
        spatial.to_csv(places, index=False, float_format="%.9g")


@dataclass(frozen=True)
class Pair:
    """Readings and places that belong to each other.

    Attributes:
        readings: Wide, one column a place.
        places: Of the same locations, in the same order.
        stations: Weather stations; None where there are none.
        unit: That a name tells.
        said: Sentences for the user.
        unlisted: Locations that are left out as the table of places does not list them.
        silent: Those that it lists, and that have no readings.
    """

    readings: pd.DataFrame
    places: pd.DataFrame
    stations: pd.DataFrame | None
    unit: str
    said: tuple[str, ...]
    unlisted: tuple[str, ...]
    silent: tuple[str, ...]


def read_pair(
    temporal: Address,
    spatial: Address | None,
    options: ReadOptions | None,
    *,
    exclude: Iterable[str] = (),
    common_only: bool = False,
    query: str | None = None,
    others: Iterable[str] = (),
) -> Pair:
    """Return readings and places that belong to each other; arguments and errors are those of `read_panel`.

    The readings may be of a single time, which tells no step. `others` are locations that may be given a time zone too.
    """
    options, exclude = options or ReadOptions(), tuple(dict.fromkeys(exclude))
    if spatial is None:
        consumption = _consumption(temporal, options, query)
        names = [str(name) for name in consumption.readings.columns]
        zones = {"timezone": options.zones_of(names)} if options.timezones else {}
        listing = Listing(pd.DataFrame({"id": names} | zones), None, ("no table of places: no coordinates",))
    else:
        listing = consumers_and_stations(_places(spatial, options), _name(spatial))
        zoned, places, said = with_zones(options, listing.places, _name(spatial))
        listing = replace(listing, places=places, said=(*listing.said, *said))
        consumption = _consumption(temporal, zoned, query)
    readings, places, said = consumption.readings, listing.places, (*consumption.said, *listing.said)
    if readings.shape[1] == 1 and len(places) == 1 and readings.columns[0] != places["id"].iloc[0]:
        said = (*said, f"one column and one place: `{readings.columns[0]}` is taken as `{places['id'].iloc[0]}`")
        readings = readings.set_axis(places["id"], axis=1)
    known = [*readings.columns, *places["id"]]
    _require_known(exclude, known, "left out", "--exclude ")
    _require_known(options.timezones or (), [*known, *others], "given a time zone")
    readings = readings.drop(columns=[name for name in exclude if name in readings])
    places = places[~places["id"].isin(exclude)]
    said = (*said, f"left out as asked: {listed(exclude)}") if exclude else said
    common, unlisted, silent = _common(
        readings, places, (_name(temporal), "" if spatial is None else _name(spatial)), common_only=common_only
    )
    places = places.set_index("id").loc[common].reset_index()
    return Pair(readings[common], places, listing.stations, consumption.unit, said, unlisted, silent)


def _consumption(address: Address, options: ReadOptions, query: str | None) -> Consumption:
    """Return the readings of a database, or of files."""
    if DATABASE in str(address):
        from gridcast.sources.sql.reading import read_consumption_sql

        return read_consumption_sql(str(address), options=options, query=query)
    if query is not None:
        expected = "the address of a database, such as `postgresql://user@host/grid`"
        raise ConfigError("a query needs a database", found=f"`{_name(address)}`", expected=expected)
    return read_consumption_files(address, options=options)


def _places(address: Address, options: ReadOptions) -> Places:
    """Return the places of a database, or of a file."""
    if DATABASE in str(address):
        from gridcast.sources.sql.places import read_places_sql

        return read_places_sql(str(address), options=options)
    return read_places_file(address, options=options)


def _name(address: Address) -> str:
    """Return how messages call a file or a table: without the password that an address may have.

    Example:
        >>> _name("data/load.csv"), _name("postgresql://me:secret@host/grid#load"), _name("sqlite:///grid.db")
        ('load.csv', 'load', 'database')
    """
    return (str(address).partition("#")[2] or "database") if DATABASE in str(address) else Path(address).name


def _common(
    readings: pd.DataFrame, places: pd.DataFrame, names: tuple[str, str], *, common_only: bool
) -> tuple[list[str], tuple[str, ...], tuple[str, ...]]:
    """Return the locations that are among the readings and the places, and those that are among one of them only.

    Raises:
        PanelError: If there are others, and it was not asked to leave them out, or if none is left.
    """
    listed_places = set(places["id"])
    only_readings = [name for name in readings.columns if name not in listed_places]
    only_places = [name for name in places["id"] if name not in readings]
    if (only_readings or only_places) and not common_only:
        raise _mismatch(readings, only_readings, only_places, *names)
    common = [name for name in readings.columns if name in listed_places]
    if not common:
        raise PanelError("no place is left", found="every location was left out", expected="at least one in both files")
    return common, tuple(only_readings), tuple(only_places)


def _require_known(asked: Iterable[str], names: list[str], verb: str, option: str = "") -> None:
    problems = []
    for name in asked:
        if name not in names:
            hint = did_you_mean(name, names, f"{option}{{}}")
            known = listed(dict.fromkeys(names))
            problems.append(Problem(f"`{name}` can't be {verb}: there is no such location", found=known, hint=hint))
    if problems:
        raise PanelError.of(problems)


def _mismatch(readings: pd.DataFrame, only_readings: list[str], only_places: list[str], temporal: str, spatial: str) -> PanelError:
    found = [
        f"{len(names)} in `{file}` only: {listed(names)}"
        for file, names in ((temporal, only_readings), (spatial, only_places))
        if names
    ]
    nothing_common = len(only_readings) == readings.shape[1]
    return PanelError(
        "the two files have no location in common" if nothing_common else "the two files do not list the same locations",
        found="; ".join(found),
        expected="each location once in both files, under the same name",
        hint="name the right column with `--id-column` or `--location-column`"
        if nothing_common
        else "go on with those in both files: `--common-only`; or leave single ones out: `--exclude NAME`",
    )


def _long(wide: pd.DataFrame) -> pd.DataFrame:
    """Return wide readings as a long table, place by place."""
    times, names = pd.DatetimeIndex(wide.index), wide.columns.astype(str)
    place = np.repeat(np.arange(len(names)), len(times))
    return pd.DataFrame(
        {
            "timestamp": times[np.tile(np.arange(len(times)), len(names))],
            "location": pd.Categorical.from_codes(place, categories=names),
            TARGET: wide.to_numpy().ravel(order="F"),
        }
    )
