"""What every source of weather gives, how to read one that does not tell by itself, and what is checked of it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from gridcast.errors import SHOWN, ConfigError, GridcastWarning, PanelError, Problem, counted, listed
from gridcast.sources.weather.quantities import Quantity

PLACES = (("station",), ("y", "x"))
TIMES = (("time",), ("issued", "lead"))
NO_DELAY = pd.Timedelta(0)
AVAILABILITIES = ("observed", "perfect", "forecast")
MARKS = (-9999.0, 9999.0, -999.0, 999.0, 999.9, -99.0, 99.9, -99.9, 99999.0, -32768.0, -32767.0, 32767.0, 65535.0, 1e20, 9.96921e36)


@dataclass(frozen=True)
class WeatherOptions:
    """How to read weather that does not tell by itself.

    Attributes:
        timezone: Zone of stamps without an offset, as for readings of consumption.
        time_column: Name of the column; recognised by the usual names if None, as are the others.
        station_column: Of the station's name in a long table.
        issued_column: Of the moment at which a forecast was made.
        time_dim: Name of the dimension or coordinate of a gridded file; recognised if None, as are the others.
        latitude_dim: Likewise.
        longitude_dim: Likewise.
        issued_dim: Likewise, of the moment at which a forecast was made.
        lead_dim: Likewise, of the time from then to the valid time.
        variables: Names of those wanted, in the file or inside; all that are recognised if empty.
        units: Unit of each variable, by its name inside, where the file does not tell or is wrong.
        missing: Numbers that mark a missing value.
        ending: Whether the stamps of a table label the end of their interval, also where the name of their column does not tell.
        availability: `perfect` where observed weather stands in for a forecast; by default as the file is.
        delay: From the end of an interval, or from the issue time of a forecast, until the values can be had.
    """

    timezone: str = "UTC"
    time_column: str | None = None
    station_column: str | None = None
    issued_column: str | None = None
    time_dim: str | None = None
    latitude_dim: str | None = None
    longitude_dim: str | None = None
    issued_dim: str | None = None
    lead_dim: str | None = None
    variables: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[float, ...] = ()
    ending: bool = False
    availability: str = ""
    delay: pd.Timedelta = NO_DELAY

    def __post_init__(self) -> None:
        if self.availability not in ("", *AVAILABILITIES):
            raise ConfigError(
                f"`{self.availability}` is no availability of weather", found=self.availability, expected=listed(AVAILABILITIES)
            )


@dataclass(frozen=True)
class Weather:
    """Weather of a source, observed or forecast.

    Attributes:
        dataset: Variables of dimensions (time, station), (time, y, x), (issued, lead, station) or (issued, lead, y, x), each with
            the attributes `units`, `availability` and `delay` [ns]. `time` and `issued` are UTC without a zone, sorted, unique;
            valid time = `issued` + `lead`. On `station` there may be coordinates `latitude` and `longitude` [degrees]; of a
            field, `y` is the latitude from north to south and `x` the longitude, ascending, in [-180, 180).
        said: What was recognised.
    """

    dataset: xr.Dataset
    said: tuple[str, ...]

    def __post_init__(self) -> None:
        kinds = {(*times, *places) for times in TIMES for places in PLACES}
        wrong = [f"{name} {tuple(each.dims)}" for name, each in self.dataset.data_vars.items() if each.dims not in kinds]
        if wrong or not self.dataset.data_vars:
            expected = " or ".join(str(kind).replace("'", "") for kind in sorted(kinds))
            raise PanelError("not weather", found=listed(wrong) or "no variables", expected=f"variables of {expected}")
        for name in ("time", "issued", "lead"):
            index = self.dataset.indexes.get(name)
            if index is not None and not (index.is_monotonic_increasing and index.is_unique):
                raise PanelError(f"`{name}` of weather is sorted, and each once", found=f"{len(index)} in disorder")

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the variables."""
        return tuple(str(name) for name in self.dataset.data_vars)

    @property
    def is_forecast(self) -> bool:
        """Whether it has issue times."""
        return "issued" in self.dataset.dims

    @property
    def valid_times(self) -> pd.DatetimeIndex:
        """All moments that the weather is of, in UTC, sorted."""
        if not self.is_forecast:
            return pd.DatetimeIndex(self.dataset.indexes["time"], name=None).tz_localize("UTC")
        moments = self.dataset["issued"].values[:, None] + self.dataset["lead"].values[None, :]
        return pd.DatetimeIndex(np.unique(moments)).tz_localize("UTC")


def marked(dataset: xr.Dataset, options: WeatherOptions) -> xr.Dataset:
    """Return weather with the attributes `availability` and `delay` of each variable.

    Raises:
        ConfigError: If weather without issue times is to pass as a forecast, or one with them as observed.
    """
    issued = "issued" in dataset.dims
    availability = options.availability or ("forecast" if issued else "observed")
    if (availability == "forecast") != issued:
        raise ConfigError(
            f"weather {'with' if issued else 'without'} issue times can't be `{availability}`",
            found=f"`{availability}` for dimensions {listed(dataset.dims)}",
            expected="`forecast`" if issued else "`observed`, or `perfect` where it stands in for a forecast (scores are ex post)",
        )
    delay = int(options.delay.as_unit("ns").value)
    return dataset.assign({name: each.assign_attrs(availability=availability, delay=delay) for name, each in dataset.items()})


def warn_of_the_unlikely(values: npt.NDArray[Any], raw: npt.NDArray[Any], quantity: Quantity, where: str) -> None:
    """Warn of values that no weather has, with a hint at their unit or at marks of missing values.

    Args:
        values: In the unit used inside.
        raw: The same as they came.
        quantity: What they are.
        where: File and column, for the message.
    """
    least, most = quantity.plausible
    with np.errstate(invalid="ignore"):
        off = (values < least) | (values > most)
    count = int(off.sum())
    if not count:
        return
    unlikely = values[off]
    found, often = np.unique(raw[off].astype(np.float64), return_counts=True)
    marks = {float(mark): int(n) for mark, n in zip(found, often, strict=True) if np.isclose(mark, MARKS, rtol=1e-6).any()}
    low, high = unlikely.min(), unlikely.max()
    shown = f"{low:g} to {high:g} {quantity.unit}" if low < high else f"{low:g} {quantity.unit}"
    if marks:
        shown = ", ".join(f"{mark:g} ({counted(n, 'time')})" for mark, n in list(marks.items())[:SHOWN])
    unit = "degF" if quantity.unit == "degC" else "..."
    hint = f'name their unit in the file; from Python: `WeatherOptions(units={{"{quantity.name}": "{unit}"}})`'
    if marks:
        told = ", ".join(f"{mark:g}" for mark in marks)
        hint = f"if they mark missing values, leave them empty in the file; from Python: `WeatherOptions(missing=({told},))`"
    problem = Problem(
        f"{where}: {counted(count, 'value')} of {quantity.name} {'is' if count == 1 else 'are'} not to be believed",
        found=shown,
        expected=f"{least:g} to {most:g} {quantity.unit}",
        hint=hint,
    )
    warnings.warn(str(problem), GridcastWarning, stacklevel=4)
