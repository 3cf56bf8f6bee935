"""Weather at places from Open-Meteo: observed, forecast now, forecast by past runs, and forecast a fixed time ahead.

Variables (ours: theirs):
    temperature [degC]: temperature_2m        humidity [%]: relative_humidity_2m       wind_speed [m/s]: wind_speed_10m (km/h)
    dew_point [degC]: dew_point_2m            cloud_cover [%]: cloud_cover             radiation [W/m2]: shortwave_radiation

Schema of an answer: an object for one place, a list of them for several, in the order of the request:
    {"utc_offset_seconds": 0, "hourly_units": {"temperature_2m": "°C"},
     "hourly": {"time": ["2024-01-01T00:00"], "temperature_2m": [3.1]}}
and {"error": true, "reason": "..."} with another HTTP status than 200. A value that is not there is null.

Stamps are hours in UTC. Radiation is their mean over the PRECEDING hour; it is moved to the hour's start, like everything here.

Live use could not be tried. This was written after the public documentation, and tested against answers of that form from a
server on the loopback. The data are under CC BY 4.0; without a contract, use is for non-commercial ends and limited to some
requests a day.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from gridcast.clock import DAY, utc
from gridcast.errors import ConfigError, listed
from gridcast.sources.openmeteoapi import HOUR, OBSERVED_DELAY, RUN_DELAY, VARIABLES, Question, by_days, known, now, read
from gridcast.sources.web import Asking

ALL = tuple(VARIABLES)
SIX_HOURS = 6 * HOUR
LONGEST = 16  # days of a forecast, counted from the midnight before it is made


def read_weather_openmeteo(
    places: pd.DataFrame,
    start: str | pd.Timestamp,
    end: str | pd.Timestamp,
    *,
    variables: Sequence[str] = ALL,
    archive: str = "archive",
    model: str | None = None,
    asking: Asking | None = None,
) -> xr.Dataset:
    """Return the weather that was, (time, station).

    Args:
        places: Columns `id`, `latitude`, `longitude`.
        start: The first hour; without a zone in UTC.
        end: The moment after the last hour.
        variables: Some of `VARIABLES`.
        archive: `archive` for reanalysis (ERA5 and others, five days late), or `historical-forecast` for the first hours of each
            run of the forecast models, joined, which are there after some hours.
        model: One of the service's models; its best match if None.
        asking: Address, cache and patience.

    Raises:
        ConfigError: If an argument is wrong.
        PanelError: If places have no coordinates.
        GridcastError: If the service refuses or does not answer, or its answer makes no sense.
    """
    if archive not in OBSERVED_DELAY:
        raise ConfigError(f"there is no archive `{archive}`", found=f"`{archive}`", expected=listed(OBSERVED_DELAY))
    first, end = _span(start, end)
    names = {VARIABLES[name].theirs: name for name in known(variables)}
    frames = read(Question(archive, names, by_days(first, end), model), places, asking or Asking())
    hours = pd.date_range(first, end, freq=HOUR, inclusive="left")
    data = {}
    for theirs, name in names.items():
        values = np.column_stack([frame[theirs].reindex(hours).to_numpy() for frame in frames])
        data[name] = (("time", "station"), values, _attributes(name, "observed", OBSERVED_DELAY[archive]))
    return _dataset(data, places, {"time": hours.as_unit("ns")})


def read_forecast_openmeteo(
    places: pd.DataFrame,
    *,
    runs: Iterable[str | pd.Timestamp] | None = None,
    days: int = 7,
    variables: Sequence[str] = ALL,
    model: str | None = None,
    asking: Asking | None = None,
) -> xr.Dataset:
    """Return weather forecasts, (issued, lead, station): today's, or those of past runs of a model.

    The service does not say by which run today's forecast was made; it counts as issued at the full hour of the request.
    A run counts as issued when it starts, and as available six hours later (`delay`).

    Args:
        places: Columns `id`, `latitude`, `longitude`.
        runs: When each run started (UTC); the forecast of now if None.
        days: How far ahead, 1 to 16; the 16 count from midnight, so that the last hours are missing.
        variables: Some of `VARIABLES`.
        model: One of the service's models, such as `ecmwf_ifs`; its best match if None.
        asking: Address, cache and patience.

    Raises:
        ConfigError: If an argument is wrong.
        PanelError: If places have no coordinates.
        GridcastError: If the service refuses or does not answer, or its answer makes no sense.
    """
    if not 1 <= days <= LONGEST:
        raise ConfigError("the forecast can't be that long", found=f"{days} days", expected=f"1 to {LONGEST}")
    live = runs is None
    issued = pd.DatetimeIndex([now().floor(HOUR)] if runs is None else [_naive(run) for run in runs]).sort_values()
    names = {VARIABLES[name].theirs: name for name in known(variables)}
    asked = [{"forecast_days": min(days + 1, LONGEST), **({} if live else {"run": f"{run:%Y-%m-%dT%H:%M}"})} for run in issued]
    leads = pd.timedelta_range(0, periods=24 * days, freq=HOUR)
    values = {name: np.full((len(issued), len(leads), len(places)), np.nan, dtype=np.float32) for name in names.values()}
    for row, (run, query) in enumerate(zip(issued, asked, strict=True)):
        question = Question("forecast" if live else "single-runs", names, [query], model, f"{run:%Y-%m-%dT%H}" if live else "")
        frames = read(question, places, asking or Asking())
        for (theirs, name), (column, frame) in ((n, f) for n in names.items() for f in enumerate(frames)):
            values[name][row, :, column] = frame[theirs].reindex(run + leads).to_numpy()
    delay = pd.Timedelta(0) if live else RUN_DELAY
    data = {name: (("issued", "lead", "station"), array, _attributes(name, "forecast", delay)) for name, array in values.items()}
    return _dataset(data, places, {"issued": issued.as_unit("ns"), "lead": leads.as_unit("ns")})


def read_past_forecasts_openmeteo(
    places: pd.DataFrame,
    start: str | pd.Timestamp,
    end: str | pd.Timestamp,
    *,
    days: int = 3,
    every: pd.Timedelta = SIX_HOURS,
    variables: Sequence[str] = ALL,
    asking: Asking | None = None,
) -> xr.Dataset:
    """Return weather forecasts of the past, (issued, lead, station), put together from those made whole days ahead.

    What the service calls `previous_day2` was forecast by the last run that had started 48 hours before the hour in question. An
    issue time here has, for each hour, the youngest of these that had started by then: one day ahead for the first 24 hours, two
    days for the next. It is available six hours later (`delay`), when its runs had been published. The true runs are a little
    better; they can be had since 2024 or later (`read_forecast_openmeteo`).

    Args:
        places: Columns `id`, `latitude`, `longitude`.
        start: The first issue time; without a zone in UTC.
        end: The moment after the last one.
        days: How far ahead, 1 to 7.
        every: Time between issue times, in full hours.
        variables: Some of `VARIABLES`.
        asking: Address, cache and patience.

    Raises:
        ConfigError: If an argument is wrong.
        PanelError: If places have no coordinates.
        GridcastError: If the service refuses or does not answer, or its answer makes no sense.
    """
    if days not in range(1, 8):
        raise ConfigError("there is no forecast made that many days ahead", found=str(days), expected="1 to 7")
    if every < HOUR or every % HOUR:
        raise ConfigError("issue times must be full hours apart", found=str(every), expected="such as 6 hours")
    first, end = _span(start, end)
    issued = pd.date_range(first, end, freq=every, inclusive="left")
    names = {_made(name, day): name for name in known(variables) for day in range(1, days + 1)}
    frames = read(Question("previous-runs", names, by_days(first, issued[-1] + days * DAY)), places, asking or Asking())
    hours = pd.date_range(first, issued[-1] + days * DAY, freq=HOUR, inclusive="left")
    leads = pd.timedelta_range(0, periods=24 * days, freq=HOUR)
    rows = hours.get_indexer(issued)
    made = {column: np.column_stack([frame[column].reindex(hours).to_numpy() for frame in frames]) for column in names}
    data = {}
    for name in known(variables):
        values = np.empty((len(issued), len(leads), len(places)), dtype=np.float32)
        for lead in range(len(leads)):
            values[:, lead] = made[_made(name, _days_ahead(lead, name))][rows + lead]
        data[name] = (("issued", "lead", "station"), values, _attributes(name, "forecast", RUN_DELAY))
    return _dataset(data, places, {"issued": issued.as_unit("ns"), "lead": leads.as_unit("ns")})


def _made(name: str, day: int) -> str:
    """Return the service's name of a variable that was forecast so many days ahead."""
    return f"{VARIABLES[name].theirs}_previous_day{day}"


def _days_ahead(lead: int, name: str) -> int:
    """Return how many days ahead a forecast was made that was there so many hours before; a mean is stamped an hour later."""
    return max(1, math.ceil((lead + VARIABLES[name].preceding) / 24))


def _dataset(data: dict[str, Any], places: pd.DataFrame, axes: dict[str, pd.Index]) -> xr.Dataset:
    where = {name: ("station", places[name].to_numpy(dtype=float)) for name in ("latitude", "longitude")}
    stations = places["id"].astype(str).to_numpy(dtype=object)
    return xr.Dataset(data, coords={**axes, "station": ("station", stations), **where})


def _attributes(name: str, availability: str, delay: pd.Timedelta) -> dict[str, object]:
    return {"units": VARIABLES[name].unit, "availability": availability, "delay": int(delay.as_unit("ns").value)}


def _span(start: str | pd.Timestamp, end: str | pd.Timestamp) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return the first full hour and the end (UTC, naive)."""
    first, last = _naive(start).ceil(HOUR), _naive(end)
    if not first < last:
        raise ConfigError("the span is empty", found=f"{start} to {end}", expected="a start before the end")
    return first, last


def _naive(time: str | pd.Timestamp) -> pd.Timestamp:
    return utc(time).tz_localize(None)
