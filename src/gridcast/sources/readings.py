"""What every source of readings gives, and how to read one that does not tell by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class ReadOptions:
    """How to read a file that does not tell by itself.

    Attributes:
        timezone: Zone of stamps without an offset: `Europe/Kyiv`, `UTC`, or without summer time `UTC+02:00`; or
            `local` for local labels that are kept as they are, as in a file whose every day has 24 hours.
        timezones: For locations whose stamps are of another zone than `timezone`: its name.
        time_column: Name of the column; recognised by the usual names if None, as are the others.
        location_column: Of the location's name in a long table of readings.
        consumption_column: Of the readings in a long table, or in that of a single place.
        fold_column: Of what tells the two hours apart that autumn shows twice: 0 and 1, S and W, CET and CEST.
        id_column: Of the location's name in the table of places.
        latitude_column: In the table of places.
        longitude_column: In the table of places.
        no_reading: Numbers that mean that there is no reading, such as 65535 or -9999.
        ending: Whether stamps label the end of their interval, also where the name of their column does not tell.
        step: Of the readings, where a single stamp does not tell it.
    """

    timezone: str = "UTC"
    timezones: Mapping[str, str] | None = None
    time_column: str | None = None
    location_column: str | None = None
    consumption_column: str | None = None
    fold_column: str | None = None
    id_column: str | None = None
    latitude_column: str | None = None
    longitude_column: str | None = None
    no_reading: tuple[float, ...] = ()
    ending: bool = False
    step: pd.Timedelta | None = None

    def zones_of(self, locations: Iterable[str]) -> tuple[str, ...]:
        """Return the time zone of each location.

        Example:
            >>> ReadOptions(timezones={"Rome": "Europe/Rome"}).zones_of(["Rome", "Kyiv"])
            ('Europe/Rome', 'UTC')
        """
        return tuple((self.timezones or {}).get(name, self.timezone) for name in locations)


@dataclass(frozen=True)
class Consumption:
    """The readings of a file.

    Attributes:
        readings: Index `timestamp`: sorted, unique, UTC; one column of floats a location; NaN where there is no reading.
        unit: Of the readings, such as `MW`; empty where no name tells.
        said: What was recognised.
    """

    readings: pd.DataFrame
    unit: str
    said: tuple[str, ...]


@dataclass(frozen=True)
class Places:
    """The places of a file.

    Attributes:
        table: Columns `id`, `latitude`, `longitude` [degrees], then the others of the file.
        said: What was recognised.
    """

    table: pd.DataFrame
    said: tuple[str, ...]
