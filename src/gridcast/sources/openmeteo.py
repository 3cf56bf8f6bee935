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
        raise ConfigError(f"there is no archive `{archive}`", expected=listed(OBSERVED_DELAY))
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
    values = {name: np.full((len(issued), len(leads), len(places)), np.nan) for name in names.values()}
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
    days: Sequence[int] = (1, 2, 3, 4, 5, 6, 7),
    variables: Sequence[str] = ALL,
    asking: Asking | None = None,
) -> xr.Dataset:
    """Return weather forecasts made a fixed number of days ahead, (issued, lead, station), every hour a vintage.

    What the service calls `previous_day2` was forecast 48 hours ahead, or by the last run before that. It counts as issued 48 hours
    ahead and as available six hours later (`delay`), which the run that made it always was.

    Args:
        places: Columns `id`, `latitude`, `longitude`.
        start: The first hour that is forecast; without a zone in UTC.
        end: The moment after the last one.
        days: How many days ahead, each 1 to 7.
        variables: Some of `VARIABLES`.
        asking: Address, cache and patience.

    Raises:
        ConfigError: If an argument is wrong.
        PanelError: If places have no coordinates.
        GridcastError: If the service refuses or does not answer, or its answer makes no sense.
    """
    ahead = sorted(set(days))
    if not ahead or not set(ahead) <= set(range(1, 8)):
        raise ConfigError("there is no forecast made that many days ahead", found=str(list(days)), expected="some of 1 to 7")
    first, end = _span(start, end)
    names = {f"{VARIABLES[name].theirs}_previous_day{day}": name for name in known(variables) for day in ahead}
    frames = read(Question("previous-runs", names, by_days(first, end)), places, asking or Asking())
    hours = pd.date_range(first, end, freq=HOUR, inclusive="left")
    issued = pd.date_range(first - ahead[-1] * DAY, end - ahead[0] * DAY, freq=HOUR, inclusive="left")
    values = {name: np.full((len(issued), len(ahead), len(places)), np.nan) for name in names.values()}
    for theirs, name in names.items():
        row = ahead.index(int(theirs[-1]))
        rows = issued.get_indexer(hours - ahead[row] * DAY)
        for column, frame in enumerate(frames):
            values[name][rows, row, column] = frame[theirs].reindex(hours).to_numpy()
    data = {}
    for name, array in values.items():
        late = HOUR if VARIABLES[name].preceding else pd.Timedelta(0)  # its hour was stamped by its end when the run was chosen
        data[name] = (("issued", "lead", "station"), array, _attributes(name, "forecast", RUN_DELAY + late))
    return _dataset(data, places, {"issued": issued.as_unit("ns"), "lead": (pd.to_timedelta(ahead, unit="D")).as_unit("ns")})


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
