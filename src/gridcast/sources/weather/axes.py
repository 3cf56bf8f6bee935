"""Which dimension of a field is what: by option, by the CF conventions, or by the usual names."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from gridcast.errors import PanelError, Problem, did_you_mean, listed
from gridcast.sources.weather.weather import WeatherOptions

NAMES = {
    "latitude": ("latitude", "lat", "lats", "nav_lat", "y", "north_south"),
    "longitude": ("longitude", "lon", "lons", "long", "nav_lon", "x", "west_east"),
    "issued": (
        *("issued", "forecast_reference_time", "reference_time", "reftime", "init_time", "initial_time", "initialization_time"),
        *("analysis_time", "issue_time", "run_time", "run", "basetime", "base_time"),
    ),
    "lead": ("lead", "step", "lead_time", "leadtime", "forecast_period", "prediction_timedelta", "forecast_hour", "fhour"),
    "time": ("valid_time", "time", "datetime", "date", "t", "times"),
}
STANDARD = {"issued": "forecast_reference_time", "lead": "forecast_period"} | {
    name: name for name in ("latitude", "longitude", "time")
}
UNITS = {
    "latitude": ("degrees_north", "degree_north", "degree_n", "degrees_n"),
    "longitude": ("degrees_east", "degree_east", "degree_e", "degrees_e"),
}
AXES = {"latitude": "Y", "longitude": "X", "time": "T"}
CALENDARS = ("standard", "gregorian", "proleptic_gregorian")
LEAD_UNITS = {
    **dict.fromkeys(("h", "hr", "hour"), "h"),
    **dict.fromkeys(("min", "minute"), "min"),
    **dict.fromkeys(("", "second", "sec"), "s"),  # "s" without the s of the plural
    **dict.fromkeys(("d", "day"), "D"),
    **{"nanosecond": "ns", "microsecond": "us", "millisecond": "ms"},
}


@dataclass(frozen=True)
class Axes:
    """The names of the coordinates of a field in its file.

    Attributes:
        latitude: Of one dimension.
        longitude: Likewise.
        time: Valid time, of one dimension or a single moment; None for a forecast by lead times.
        issued: Of one dimension or a single moment; None for observed weather.
        lead: Likewise.
    """

    latitude: str
    longitude: str
    time: str | None
    issued: str | None
    lead: str | None


def find_axes(dataset: xr.Dataset, options: WeatherOptions, file: str) -> Axes:
    """Return which coordinates of a file are what.

    Raises:
        PanelError: Naming all those that can't be recognised or are not there.
    """
    named = {role: getattr(options, f"{role}_dim") for role in NAMES}
    problems = [
        _not_there(role, name, dataset, file) for role, name in named.items() if name is not None and name not in dataset.variables
    ]
    if problems:
        raise PanelError.of(problems)
    found = {role: named[role] or _recognised(dataset, role) for role in ("latitude", "longitude", "issued", "lead")}
    taken = {name for name in found.values() if name}
    time = named["time"] or _recognised(dataset, "time", taken)
    lead_counts = found["lead"] is not None and (dataset[found["lead"]].ndim == 1 or bool(dataset[found["lead"]].item()))
    if lead_counts and found["issued"] is None:
        found["issued"] = next(
            (name for name in ("time", time) if name and name in dataset.variables and dataset[name].ndim < 2), None
        )
        time = None
    elif lead_counts:
        time = None
    if found["issued"] is None and time is None:
        problems.append(_unrecognised("issued" if lead_counts else "time", dataset, file))
    problems += [_unrecognised(role, dataset, file) for role in ("latitude", "longitude") if found[role] is None]
    if problems:
        raise PanelError.of(problems)
    if found["issued"] is not None and time is None and not lead_counts:
        found, time = {**found, "issued": None}, found["issued"]
    return Axes(str(found["latitude"]), str(found["longitude"]), time, found["issued"], found["lead"] if lead_counts else None)


def moments(dataset: xr.Dataset, name: str, file: str) -> npt.NDArray[np.datetime64]:
    """Return a coordinate of times in UTC, shape (moment,).

    Raises:
        PanelError: If its calendar has days that the real one has not, or its unit is no time since a moment.
    """
    given = dataset[name]
    calendar = str(given.attrs.get("calendar", "standard")).lower()
    if calendar not in CALENDARS:
        raise PanelError(
            f"`{file}` has a calendar of its own",
            found=f"`{name}` in the calendar `{calendar}`",
            expected=f"the calendar of real weather: {listed(CALENDARS)}",
            hint="climate models have such calendars; convert it with `dataset.convert_calendar('standard')`",
        )
    try:
        decoded = xr.decode_cf(xr.Dataset(coords={name: given.variable}))[name].values
    except (ValueError, OverflowError) as error:
        decoded = np.array([str(error)])
    if decoded.dtype.kind != "M":
        found = f"`{name}` in {given.attrs.get('units', 'no unit')}"
        expected = "a unit such as `hours since 1900-01-01`"
        raise PanelError(
            f"the times of `{file}` can't be read",
            found=found,
            expected=expected,
            hint='give it such a unit; from Python, name another: `WeatherOptions(time_dim="...")`',
        )
    return np.atleast_1d(decoded).astype("datetime64[ns]")


def spans(dataset: xr.Dataset, name: str, file: str) -> tuple[npt.NDArray[np.timedelta64], tuple[str, ...]]:
    """Return a coordinate of lead times, shape (lead,), and what was assumed.

    Raises:
        PanelError: If its unit is no time.
    """
    given = dataset[name]
    unit = str(given.attrs.get("units", "")).lower().strip()
    short = LEAD_UNITS.get(unit.rstrip("s"), "") if unit else "h"
    if not short:
        expected = "a unit such as `hours`"
        raise PanelError(f"the lead times of `{file}` can't be read", found=f"`{name}` in `{unit}`", expected=expected)
    values = pd.to_timedelta(np.atleast_1d(given.values).astype(np.float64), unit=short)  # type: ignore[call-overload]
    said = () if unit else (f"{file}: lead times of `{name}` without a unit: taken as hours",)
    return np.asarray(values, dtype="timedelta64[ns]"), said


def _recognised(dataset: xr.Dataset, role: str, taken: set[str] | frozenset[str] = frozenset()) -> str | None:
    """Return the coordinate of a role: by its standard name, then by its own, then by its axis or unit."""
    own = [str(name) for name in dataset.variables if dataset[name].dims in ((), (name,)) and name not in taken]
    for name in own:
        if dataset[name].attrs.get("standard_name") == STANDARD[role] and (role != "time" or name in dataset.dims):
            return name
    folded = {name.lower(): name for name in own}
    usual = [folded[name] for name in NAMES[role] if name in folded]
    if role in ("latitude", "longitude"):
        usual = [name for name in usual if name in dataset.dims and _is_number(dataset[name])]
    if usual:
        return next((name for name in usual if name in dataset.dims), usual[0])
    for name in own:
        attrs = dataset[name].attrs
        if name in dataset.dims and (
            str(attrs.get("units", "")).lower() in UNITS.get(role, ()) or attrs.get("axis") == AXES.get(role, "")
        ):
            return name
    return None


def _is_number(values: xr.DataArray) -> bool:
    return values.dtype.kind in "fiu"


def _not_there(role: str, name: str, dataset: xr.Dataset, file: str) -> Problem:
    hint = did_you_mean(name, [str(each) for each in dataset.variables])
    return Problem(f"`{file}` has no `{name}`", found=listed(dataset.variables, 12), expected=f"`{role}_dim` among them", hint=hint)


def _unrecognised(role: str, dataset: xr.Dataset, file: str) -> Problem:
    plane = [str(name) for name, each in dataset.variables.items() if each.ndim == 2 and str(name).lower() in NAMES[role][:4]]
    if plane:
        return Problem(
            f"the {role} of `{file}` is not along one dimension",
            found=f"`{plane[0]}` {dataset[plane[0]].dims}",
            expected="a regular grid of latitudes and longitudes",
            hint="bring it to one first, such as with `cdo remapbil,r360x180 in.nc out.nc`",
        )
    usual, own = NAMES[role][0], "NAME"
    return Problem(
        f"the {role} of `{file}` could not be recognised",
        found=", ".join(f"`{name}` ({size})" for name, size in dataset.sizes.items()),
        expected=f"a coordinate such as {listed(NAMES[role][:3])}, or with `standard_name = {STANDARD[role]}`",
        hint=f'rename it, such as with `ncrename -v {own},{usual} {file}`; from Python: `WeatherOptions({role}_dim="...")`',
    )
