"""Weather of any form by one door: a table of stations, or a field."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from gridcast.errors import ConfigError
from gridcast.sources.weather.gridded import read_gridded_weather
from gridcast.sources.weather.gridfiles import SUFFIXES
from gridcast.sources.weather.stations import read_station_weather
from gridcast.sources.weather.weather import Weather, WeatherOptions
from gridcast.sources.weather.window import ALL, Window

MAGIC = (b"CDF\x01", b"CDF\x02", b"CDF\x05", b"\x89HDF", b"GRIB")


def read_weather(
    address: str | os.PathLike[str],
    *,
    options: WeatherOptions | None = None,
    locations: pd.DataFrame | None = None,
    window: Window = ALL,
) -> Weather:
    """Return the weather of an address: of stations if it is a table, of a field if it is NetCDF or Zarr.

    Args:
        address: See `read_station_weather` and `read_gridded_weather`.
        options: What the files do not tell.
        locations: Coordinates of stations: `id`, `latitude`, `longitude`.
        window: The part of a field that is wanted.

    Raises:
        ConfigError: If stamps of a field are to be ends of intervals.
        FileError: If the files can't be read.
        PanelError: If their content is wrong.
    """
    if _is_field(Path(address)):
        if options is not None and options.ending:
            raise ConfigError(
                "times of a field label the start of their interval",
                found='`weather.stamps = "end"`',
                expected="it for tables of stations only",
            )
        return read_gridded_weather(address, options=options, window=window)
    return read_station_weather(address, options=options, locations=locations)


def _is_field(path: Path) -> bool:
    """Return whether an address is that of a field, by its name, or by the first bytes of the file."""
    if path.suffix.lower() in SUFFIXES or path.is_dir():
        return True
    try:
        with path.open("rb") as file:
            return file.read(4) in MAGIC
    except OSError:
        return False
