"""Features by name: Panel -> Panel, or, for what follows from the moment alone, covariates of any moment."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from gridcast.clock import DAY
from gridcast.errors import ConfigError, Problem, did_you_mean, listed
from gridcast.features import FEATURES
from gridcast.features.calendar import Calendar, LocationCalendars
from gridcast.features.sun import GREATEST, NAMES, Method, Sun
from gridcast.features.weather import WeatherOptions, derive_weather
from gridcast.panel import Panel


@dataclass(frozen=True)
class FeatureOptions:
    """What the features need to know.

    Attributes:
        weather: What the weather is called; bases, lags and windows.
        calendar: What the calendars of all places have in common.
        sun: How to find the sun, see `gridcast.features.sun.solar_elevation`.
        reach: How long after the end of the readings what is known ahead goes on: the horizon. [h]
    """

    weather: WeatherOptions = field(default_factory=WeatherOptions)
    calendar: Calendar = field(default_factory=Calendar)
    sun: Method = "built-in"
    reach: float = 0.0


class KnownAhead(Protocol):
    """Covariates that follow from the moment alone."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the covariates, in the order of the last axis of `at`."""

    def at(self, times: pd.DatetimeIndex) -> npt.NDArray[np.float32]:
        """Return the covariates of moments, shape (time, location, covariate). [1]"""


def add_features(panel: Panel, names: Sequence[str], *, options: FeatureOptions | None = None) -> Panel:
    """Return the panel with features as further variables.

    Args:
        panel: Readings, with the weather from which to derive more.
        names: Of `gridcast.features.FEATURES`, such as `heating`, `recency`, `sun`, `calendar`.
        options: What the features need to know.

    Raises:
        ConfigError: Naming all unknown features, or an unknown country or time zone.
        PanelError: If the panel lacks what a feature needs: weather, or coordinates.
    """
    unknown = [name for name in names if name not in FEATURES]
    if unknown:
        raise ConfigError.of([_unknown(name) for name in unknown])
    for name in names:
        module, _, function = FEATURES[name].rpartition(".")
        add: Callable[[Panel, str, FeatureOptions], Panel] = getattr(importlib.import_module(module), function)
        panel = add(panel, name, options or FeatureOptions())
    return panel


def calendar_for(panel: Panel, like: Calendar) -> Calendar | LocationCalendars:
    """Return one calendar for all places, or one for each.

    There is one for each where their table tells zones or countries, or events are about some of them, or a row is a whole day.
    """
    told = {"timezone", "country", "subdivision"} & set(map(str, panel.dataset.coords))
    if told or panel.freq >= DAY or (like.events and like.events.locations):
        return calendars_of(panel, FeatureOptions(calendar=like))
    return like


def calendars_of(panel: Panel, options: FeatureOptions) -> LocationCalendars:
    """Return the calendar of each place, by its static columns `timezone`, `country` and `subdivision`, where it has them."""
    coords, places = panel.dataset.coords, panel.locations
    zoned = "timezone" in coords or "timezone" in panel.dataset.attrs
    countries, parts = (_static(panel, name) for name in ("country", "subdivision"))
    zones = panel.timezones if zoned else ("",) * len(places)
    return LocationCalendars.of(zones, countries, parts, locations=places, like=options.calendar, freq=panel.freq)


def add_weather(panel: Panel, name: str, options: FeatureOptions) -> Panel:
    """Return the panel with weather derived from its own, see `derive_weather`."""
    return Panel(derive_weather(panel.dataset, [name], options=options.weather))


def add_calendar(panel: Panel, _: str, options: FeatureOptions) -> Panel:
    """Return the panel with the calendar of each place, one variable a covariate. [1]"""
    times = _times(panel, options)
    if options.calendar.events:
        options.calendar.events.check(times, panel.locations)
    return _with_known(panel, times, calendars_of(panel, options), {}, {})


def add_sun(panel: Panel, _: str, options: FeatureOptions) -> Panel:
    """Return the panel with the sun over each place, see `sun_features`."""
    return _with_known(panel, _times(panel, options), _sun_of(panel, options), NAMES, GREATEST)


def _sun_of(panel: Panel, options: FeatureOptions) -> Sun:
    latitude, longitude = panel.coordinates
    return Sun(tuple(latitude.tolist()), tuple(longitude.tolist()), panel.freq, options.sun)


def _times(panel: Panel, options: FeatureOptions) -> pd.DatetimeIndex:
    """Return the panel's times, and those after the end of the readings within reach."""
    end = max(panel.times[-1] + panel.freq, panel.end + pd.Timedelta(hours=options.reach))
    return pd.date_range(panel.times[0], end, freq=panel.freq, inclusive="left")


def _with_known(panel: Panel, times: pd.DatetimeIndex, known: KnownAhead, units: dict[str, str], sizes: dict[str, float]) -> Panel:
    """Return the panel with covariates as variables in their units, which are known ahead."""
    values = known.at(times)
    coords = {"time": times.tz_convert(None), "location": list(panel.locations)}
    for number, name in enumerate(known.names):
        array = xr.DataArray(values[..., number] * np.float32(sizes.get(name, 1)), coords, ("time", "location"))
        panel = panel.with_variable(name, array, units=units.get(name, "1"), availability="known")
    return panel


def _static(panel: Panel, name: str) -> list[str]:
    """Return a static column of the places as texts; empty where there is nothing."""
    if name not in panel.dataset.coords:
        return [""] * len(panel.locations)
    return ["" if pd.isna(value) else str(value).strip() for value in panel.dataset[name].to_numpy()]


def _unknown(name: str) -> Problem:
    hint = did_you_mean(name, FEATURES)
    return Problem(f"unknown feature `{name}`", found=name, expected=listed(FEATURES, 20), hint=hint)
