"""The Panel: what many places consumed, on one clock, with where they are. Checked when it is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from gridcast.availability import (
    AT_ONCE,
    ISSUED,
    Availability,
    known_then,
    laid_out,
    require_kind,
    there,
)
from gridcast.clock import describe_freq, regular_times, utc
from gridcast.errors import PanelError, counted, listed
from gridcast.filledin import FILLED, MEANWHILE, counted_from, filled_in, filled_then, unfilled
from gridcast.invariants import problems_of
from gridcast.tabular import TARGET, TEMPORAL_COLUMNS, require_columns, static_columns, unreadable, wide
from gridcast.variables import joined

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Panel:
    """Consumption of N locations at regular times, what goes with it, and the locations' coordinates and static attributes.

    Attributes:
        dataset: Variable `consumption` (time, location), missing readings are NaN; on `location` the coordinates `latitude` and
            `longitude` [degrees] and any static columns. Times are UTC, without holes, and label the start of their interval.
            Further variables, such as weather, have the dims (time, location), (time, y, x) with y = latitude and x = longitude,
            or, with the moments at which forecasts were made, (issued, lead, ...); their attributes `units`, `availability` and
            `delay` tell when their values become available (`gridcast.availability`). The time axis goes on after the last
            reading where something known ahead does.
    """

    dataset: xr.Dataset

    def __post_init__(self) -> None:
        problems = list(problems_of(self.dataset))
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
        require_columns(temporal, TEMPORAL_COLUMNS if "location" in temporal else ("timestamp", TARGET), "temporal")
        if "location" not in temporal:
            name = str(spatial["id"].iloc[0]) if spatial is not None and len(spatial) == 1 else "all"
            temporal = temporal.assign(location=name)
        stamps = pd.DatetimeIndex(pd.to_datetime(temporal["timestamp"], utc=True, errors="coerce"))
        values = pd.to_numeric(temporal[TARGET], errors="coerce")
        problems = list(unreadable(temporal, stamps, values))
        if problems:
            raise PanelError.of(problems)
        return cls.from_wide(wide(stamps, temporal["location"], values), spatial, unit=unit)

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
        clock = regular_times(pd.DatetimeIndex(readings.index))
        readings = readings if clock.equals(readings.index) else readings.reindex(clock)
        times = pd.DatetimeIndex(readings.index)
        names = [str(name) for name in readings.columns]
        dataset = xr.Dataset(
            {TARGET: (("time", "location"), readings.to_numpy(dtype=np.float32))},
            coords={"time": times.tz_convert(None).rename("time"), "location": names},
            attrs={"unit": unit},
        )
        return cls(dataset.assign_coords(static_columns(names, spatial)) if spatial is not None else dataset)

    @cached_property
    def times(self) -> pd.DatetimeIndex:
        """Starts of the intervals, in UTC, regular."""
        return pd.DatetimeIndex(self.dataset.indexes["time"], name=None).tz_localize("UTC")

    @cached_property
    def rows(self) -> int:
        """Number of times before `end`: up to the last one at which any place has a reading, or up to the issue time."""
        moment = self.issue_time
        if moment is not None:
            return int(self.times.searchsorted(moment - self.freq, side="right"))
        values = self.consumption
        last = next((row for row in range(len(values), 2, -1) if not np.isnan(values[row - 1]).all()), 2)
        return last if self.ahead else len(values)

    @property
    def end(self) -> pd.Timestamp:
        """The end of the last interval with a reading: the first moment at which a forecast of the hours after it can be issued."""
        return self.times[0] + self.rows * self.freq

    @property
    def issue_time(self) -> pd.Timestamp | None:
        """The moment up to which this panel knows things, where it was cut by `as_of`; UTC."""
        stamp = self.dataset.attrs.get("issue_time")
        return None if stamp is None else utc(stamp)

    @cached_property
    def freq(self) -> pd.Timedelta:
        """Time between two readings."""
        times = self.dataset.indexes["time"]
        return pd.Timedelta(times[1] - times[0])

    @cached_property
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

    @property
    def timezones(self) -> tuple[str, ...]:
        """IANA name of each place's zone: its static column `timezone`, or the panel's, or UTC."""
        if "timezone" in self.dataset.coords:
            return tuple(str(name) for name in self.dataset["timezone"].values)
        return (str(self.dataset.attrs.get("timezone", "UTC")),) * len(self.locations)

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the variables beside the consumption."""
        return tuple(str(name) for name in self.dataset.data_vars if name not in (TARGET, FILLED, MEANWHILE))

    @property
    def ahead(self) -> tuple[str, ...]:
        """Names of the variables whose values may be there before their time has come."""
        return tuple(name for name in self.variables if Availability.of(self.dataset[name]).is_ahead)

    @property
    def is_ex_post(self) -> bool:
        """Whether measured weather stands in for a forecast: scores are then *ex post*."""
        return any(Availability.of(self.dataset[name]).kind == "perfect" for name in self.variables)

    def values_of(self, name: str) -> Floats:
        """Return a variable on the panel's clock, shape (time, location) or (time, y, x); of a forecast the newest vintage.

        Raises:
            PanelError: If there is no such variable.
        """
        if name not in self.variables:
            raise PanelError(
                f"the panel has no variable `{name}`", found=listed(self.variables) or "none", expected="one of its own"
            )
        variable = self.dataset[name]
        if ISSUED in variable.dims:
            variable = laid_out(variable, pd.DatetimeIndex(self.dataset.indexes["time"]))
        return np.asarray(variable.values, dtype=np.float32)

    def with_variable(
        self,
        name: str,
        values: xr.DataArray | npt.ArrayLike,
        *,
        units: str = "",
        availability: str = "observed",
        delay: pd.Timedelta = AT_ONCE,
    ) -> Panel:
        """Return the panel with one more variable; an old one of that name is replaced.

        Args:
            name: Such as `temperature`.
            values: An array (time, location) on the panel's clock; or a DataArray with labels and the dims (time, location),
                (time, y, x), (issued, lead, location) or (issued, lead, y, x), naive UTC. The time axis of the panel is extended
                where the values go on after it; what comes before it is left out.
            units: Such as `degC`.
            availability: `observed`, `forecast`, `perfect` or `known`, see `gridcast.availability`.
            delay: From the end of an interval, or from the issue time of a forecast, until the values are there.

        Raises:
            PanelError: If the dims, places or times do not fit.
        """
        rule = Availability(require_kind(availability), delay)
        dataset = joined(self.dataset.drop_vars(name, errors="ignore"), name, values, self.freq)
        dataset[name].attrs = {"units": units, **rule.attrs}
        return Panel(dataset)

    def as_of(self, issue_time: pd.Timestamp | str) -> Panel:
        """Return the panel as it was known at an issue time, and nothing else.

        Readings and observed weather are there if their interval had ended and their delay was over; of forecasts those vintages
        that had been made and had arrived; what is known ahead stays. A reading that was filled with the help of a later one is
        missing again.

        Raises:
            PanelError: If fewer than two readings had been made by then.
        """
        moment = utc(issue_time) if self.issue_time is None else min(utc(issue_time), self.issue_time)
        rows = int(self.times.searchsorted(moment - self.freq, side="right"))
        if rows < 2:
            raise PanelError(
                "nothing was known yet at the issue time",
                found=f"issue time {issue_time}, first reading {self.times[0]}",
                expected="an issue time after at least two readings",
            )
        arrived = int(there(self.dataset[TARGET], self.freq, moment).sum())
        dataset = filled_then(known_then(self.dataset, self.freq, moment), arrived)
        return Panel(dataset.assign_attrs(issue_time=moment.isoformat()))

    def recent(self, span: pd.Timedelta) -> Panel:
        """Return the panel from so long before `end` on."""
        return self.between(self.end - max(span, 2 * self.freq), None)

    def between(self, start: pd.Timestamp | None, end: pd.Timestamp | None) -> Panel:
        """Return the panel of the intervals that begin at `start` or later and have ended by `end`; None is no limit.

        Raises:
            PanelError: If fewer than two are left.
        """
        first = 0 if start is None else int(self.times.searchsorted(start))
        last = len(self.times) if end is None else int(self.times.searchsorted(end - self.freq, side="right"))
        if last - first < 2:
            raise PanelError(
                "no readings are left",
                found=f"readings from {self.times[0]} to {self.end}",
                expected=f"some from {start or self.times[0]} to {end or self.end}",
            )
        dataset = self.dataset.isel(time=slice(first, last))
        return Panel(counted_from(dataset, first))

    def only(self, locations: Sequence[str]) -> Panel:
        """Return the panel of some of its places, in the order given."""
        return Panel(self.dataset.sel(location=list(locations)))

    def masked(self, wrong: npt.NDArray[np.bool_]) -> Panel:
        """Return the panel with the marked readings missing, measured or filled; `wrong` has shape (time, location)."""
        values = np.where(wrong, np.float32(np.nan), self.consumption)
        dataset = self.dataset.assign({TARGET: (("time", "location"), values, self.dataset[TARGET].attrs)})
        return Panel(unfilled(dataset, wrong))

    def with_filled(self, values: Floats, reach: npt.NDArray[np.int32], meanwhile: Floats | None = None) -> Panel:
        """Return the panel with missing readings filled; the filled ones are remembered, and never count as measured.

        Args:
            values: Consumption with the filled readings, shape (time, location). [the panel's unit]
            reach: For each filled reading the row of the latest reading that it was made from, or -1 where the reading was
                measured or is missing, shape (time, location). At an issue time before that row the filled one is not there.
            meanwhile: What stands for it until then, made from readings before its own, shape (time, location); NaN for nothing.

        Raises:
            PanelError: If a measured reading is changed.
        """
        return Panel(filled_in(self.dataset, values, reach, meanwhile))

    @property
    def filled(self) -> npt.NDArray[np.bool_]:
        """Which readings were filled by us, shape (time, location)."""
        if FILLED not in self.dataset:
            return np.zeros(self.consumption.shape, dtype=np.bool_)
        return np.asarray(self.dataset[FILLED].values >= 0)

    @property
    def measured(self) -> Floats:
        """Readings without those that were filled, shape (time, location): what scores and targets are made of."""
        return np.where(self.filled, np.float32(np.nan), self.consumption) if FILLED in self.dataset else self.consumption

    def describe(self) -> str:
        """Return one line: places, readings, step and span."""
        return (
            f"{counted(self.locations, 'place')} x {self.rows:,} readings, one every {describe_freq(self.freq)}, "
            f"{self.times[0]:%Y-%m-%d %H:%M} to {self.times[self.rows - 1]:%Y-%m-%d %H:%M} UTC"
        )


def as_panel(table: Panel | pd.DataFrame, locations: pd.DataFrame | None = None) -> Panel:
    """Return a panel, made from the table if it is not one already."""
    return table if isinstance(table, Panel) else Panel.from_tables(table, locations)
