"""The Panel: what many places consumed, on one clock, with where they are. Checked when it is made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from gridcast.clock import describe_freq, regular_times, utc
from gridcast.errors import PanelError, Problem, counted, listed

TARGET = "consumption"
TEMPORAL_COLUMNS = ("timestamp", "location", TARGET)
SPATIAL_COLUMNS = ("id", "latitude", "longitude")
OWN_NAMES = ("time", "location", TARGET)  # what the panel itself calls its parts


@dataclass(frozen=True)
class Panel:
    """Consumption of N locations at regular times, and the locations' coordinates and static attributes.

    Attributes:
        dataset: Variable `consumption` (time, location), missing readings are NaN; on `location` the coordinates `latitude` and
            `longitude` [degrees] and any static columns. Times are UTC, without holes, and label the start of their interval.
    """

    dataset: xr.Dataset

    def __post_init__(self) -> None:
        problems = list(_problems(self.dataset))
        if problems:
            raise PanelError.of(problems)

    @classmethod
    def from_tables(cls, temporal: pd.DataFrame, spatial: pd.DataFrame | None = None, *, unit: str = "") -> Panel:
        """Return the panel of a table of readings and a table of places.

        Args:
            temporal: Columns `timestamp`, `location`, `consumption`, one row a reading, in any order; naive stamps are UTC.
            spatial: Columns `id`, `latitude`, `longitude` and any others, but for those named as the panel's own parts
                (`time`, `location`, `consumption`). Without it the panel has no coordinates.
            unit: Unit of the consumption, such as `MW` (a mean over the interval).

        Raises:
            PanelError: If columns are missing or unreadable, readings come twice, stamps are irregular, or the places do not
                match.
        """
        _require_columns(temporal, TEMPORAL_COLUMNS if "location" in temporal else ("timestamp", TARGET), "temporal")
        if "location" not in temporal:
            name = str(spatial["id"].iloc[0]) if spatial is not None and len(spatial) == 1 else "all"
            temporal = temporal.assign(location=name)
        stamps = pd.DatetimeIndex(pd.to_datetime(temporal["timestamp"], utc=True, errors="coerce"))
        values = pd.to_numeric(temporal[TARGET], errors="coerce")
        problems = list(_unreadable(temporal, stamps, values))
        if problems:
            raise PanelError.of(problems)
        return cls.from_wide(_wide(stamps, temporal["location"], values), spatial, unit=unit)

    @classmethod
    def from_wide(cls, readings: pd.DataFrame, spatial: pd.DataFrame | None = None, *, unit: str = "") -> Panel:
        """Return the panel of a wide table: the index is the UTC time, each column one location.

        Raises:
            PanelError: If stamps are irregular or the places do not match those of the spatial table.
        """
        times = pd.DatetimeIndex(readings.index)
        if len(times) == 0 or readings.shape[1] == 0:
            raise PanelError("there are no readings", found=f"a table of shape {readings.shape}", expected="at least one place")
        if not times.is_unique:
            again = times[times.duplicated()].unique()
            raise PanelError(f"repeated times: {counted(again, 'timestamp')}", found=listed(again), expected="one row a timestamp")
        readings = readings.set_axis(times.tz_localize("UTC") if times.tz is None else times.tz_convert("UTC"))
        readings = readings.sort_index() if not times.is_monotonic_increasing else readings
        readings = readings.reindex(regular_times(pd.DatetimeIndex(readings.index)))
        times = pd.DatetimeIndex(readings.index)
        names = [str(name) for name in readings.columns]
        dataset = xr.Dataset(
            {TARGET: (("time", "location"), readings.to_numpy(dtype=np.float32))},
            coords={"time": times.tz_convert(None), "location": names},
            attrs={"unit": unit},
        )
        return cls(dataset.assign_coords(_static_columns(names, spatial)) if spatial is not None else dataset)

    @property
    def times(self) -> pd.DatetimeIndex:
        """Starts of the intervals, in UTC, regular."""
        return pd.DatetimeIndex(self.dataset.indexes["time"], name=None).tz_localize("UTC")

    @property
    def end(self) -> pd.Timestamp:
        """The end of the last interval: the first moment at which a forecast of the hours after it can be issued."""
        return self.times[-1] + self.freq

    @cached_property
    def freq(self) -> pd.Timedelta:
        """Time between two readings."""
        times = self.dataset.indexes["time"]
        return pd.Timedelta(times[1] - times[0])

    @property
    def locations(self) -> tuple[str, ...]:
        """Names of the places, in the order of the columns."""
        return tuple(str(name) for name in self.dataset.indexes["location"])

    @property
    def consumption(self) -> npt.NDArray[np.float32]:
        """Readings, shape (time, location); NaN where there is none. [the panel's unit]"""
        values: npt.NDArray[np.float32] = self.dataset[TARGET].values
        return values

    @property
    def unit(self) -> str:
        """Unit of the consumption; empty where it is not known."""
        return str(self.dataset.attrs.get("unit", ""))

    @property
    def has_coordinates(self) -> bool:
        """Whether every place has a latitude and a longitude."""
        return "latitude" in self.dataset.coords and "longitude" in self.dataset.coords

    @property
    def coordinates(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Latitudes and longitudes, shape (location,) each. [degrees]

        Raises:
            PanelError: If the panel was made without a spatial table.
        """
        if not self.has_coordinates:
            raise PanelError(
                "the places have no coordinates",
                found=f"{len(self.locations)} locations without latitude and longitude",
                expected="a spatial table with `id`, `latitude` and `longitude`",
            )
        return self.dataset["latitude"].values, self.dataset["longitude"].values

    def as_of(self, issue_time: pd.Timestamp) -> Panel:
        """Return the panel as it was known at an issue time: readings whose interval had ended by then.

        Raises:
            PanelError: If fewer than two readings had been made by then.
        """
        kept = int(self.times.searchsorted(utc(issue_time) - self.freq, side="right"))
        if kept < 2:
            raise PanelError(
                "nothing was known yet at the issue time",
                found=f"issue time {issue_time}, first reading {self.times[0]}",
                expected="an issue time after at least two readings",
            )
        return Panel(self.dataset.isel(time=slice(0, kept)))

    def masked(self, wrong: npt.NDArray[np.bool_]) -> Panel:
        """Return the panel with the marked readings missing; `wrong` has shape (time, location)."""
        values = np.where(wrong, np.float32(np.nan), self.consumption)
        return Panel(self.dataset.assign({TARGET: (("time", "location"), values)}))

    def describe(self) -> str:
        """Return one line: places, readings, step and span."""
        return (
            f"{counted(self.locations, 'place')} x {len(self.times):,} readings, one every {describe_freq(self.freq)}, "
            f"{self.times[0]:%Y-%m-%d %H:%M} to {self.times[-1]:%Y-%m-%d %H:%M} UTC"
        )


def as_panel(table: Panel | pd.DataFrame, locations: pd.DataFrame | None = None) -> Panel:
    """Return a panel, made from the table if it is not one already."""
    return table if isinstance(table, Panel) else Panel.from_tables(table, locations)


def _problems(dataset: xr.Dataset) -> list[Problem]:
    """Collect what keeps a dataset from being a panel."""
    found = []
    labelled = "time" in dataset.indexes and "location" in dataset.indexes
    if TARGET not in dataset or dataset[TARGET].dims != ("time", "location") or not labelled:
        return [Problem("not a panel", found=str(dict(dataset.sizes)), expected=f"a variable `{TARGET}` (time, location)")]
    times = pd.DatetimeIndex(dataset.indexes["time"])
    if len(times) < 2 or len(set(np.diff(times.asi8))) != 1 or not times[0] < times[1]:
        found.append(Problem("the times of a panel are regular and ascending", found=f"{len(times)} times", expected="one step"))
    names = dataset.indexes["location"]
    if not names.is_unique:
        found.append(Problem("a location comes twice", found=listed(names[names.duplicated()]), expected="unique names"))
    infinite = np.isinf(dataset[TARGET].values)
    if infinite.any():
        rows, columns = np.nonzero(infinite)
        where = (f"{name} at {time}" for name, time in zip(names[columns], times[rows], strict=True))
        found.append(
            Problem(
                f"{len(rows)} readings are infinite",
                found=listed(where),
                expected="a number, or an empty cell where there is no reading",
            )
        )
    return found


def _unreadable(temporal: pd.DataFrame, stamps: pd.DatetimeIndex, values: pd.Series[float]) -> Iterator[Problem]:
    """Yield what can't be read in a table of readings."""
    numbers = values.notna() | temporal[TARGET].isna()
    for column, good, expected in (
        ("timestamp", stamps.notna(), "ISO 8601, such as `2024-01-31 23:00`"),
        ("location", temporal["location"].notna(), "a name in every row"),
        (TARGET, numbers, "a number, or an empty cell where there is no reading"),
    ):
        wrong = temporal[column][~np.asarray(good, dtype=bool)]
        if len(wrong):
            yield Problem(f"{len(wrong)} of {len(temporal)} rows have no usable `{column}`", listed(wrong), expected)


def _require_columns(table: pd.DataFrame, needed: tuple[str, ...], kind: str) -> None:
    missing = [name for name in needed if name not in table.columns]
    if missing:
        raise PanelError(
            f"the {kind} table lacks {listed(missing)}",
            found=listed(table.columns, 12),
            expected=listed(needed),
            hint="rename the columns, or read the file with `gridcast.load_data`, which knows the usual synonyms",
        )


def _wide(stamps: pd.DatetimeIndex, location: pd.Series[Any], values: pd.Series[Any]) -> pd.DataFrame:
    """Return readings as a table, one row a time and one column a location, both sorted.

    Raises:
        PanelError: If a reading comes twice.
    """
    row, times = pd.factorize(stamps, sort=True)
    known, spellings = pd.factorize(location)
    column_of, names = pd.factorize(np.array([str(name) for name in spellings], dtype=object), sort=True)
    column = column_of[known]
    twice = pd.Series(row.astype(np.int64) * len(names) + column).duplicated().to_numpy()
    if twice.any():
        raise PanelError(
            f"{int(twice.sum())} readings come twice",
            found=listed(f"{name} at {time}" for time, name in zip(stamps[twice], names[column[twice]], strict=True)),
            expected="one reading for each location and timestamp",
        )
    readings = np.full((len(times), len(names)), np.nan)
    readings[row, column] = values
    return pd.DataFrame(readings, index=times, columns=names)


def _static_columns(names: list[str], spatial: pd.DataFrame) -> dict[str, tuple[str, npt.NDArray[np.generic]]]:
    """Return the columns of the spatial table in the order of the panel's locations."""
    _require_columns(spatial, SPATIAL_COLUMNS, "spatial")
    places = spatial.assign(id=spatial["id"].astype(str)).set_index("id")
    unknown = [name for name in names if name not in places.index]
    silent = [name for name in places.index if name not in set(names)]
    if unknown or silent or not places.index.is_unique:
        raise PanelError(
            "the places of the two tables are not the same",
            found="; ".join(
                f"{what}: {listed(some)}"
                for what, some in (
                    ("only in the readings", unknown),
                    ("only in the places", silent),
                    ("twice in the places", list(places.index[places.index.duplicated()])),
                )
                if some
            ),
            expected="each location once in both",
            hint="add `--common-only` to go on with the places that are in both",
        )
    return {str(name): ("location", column.to_numpy()) for name, column in places.loc[names].items() if name not in OWN_NAMES}
