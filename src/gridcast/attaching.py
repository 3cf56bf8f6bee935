"""Weather, what is derived from it, and the calendar: brought to the places of a panel."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from gridcast.availability import ISSUED, Availability
from gridcast.clock import DAY, local_labels
from gridcast.config import RunConfig, WeatherConfig
from gridcast.errors import ConfigError, GridcastWarning, PanelError, counted, listed
from gridcast.features.calendar import Calendar
from gridcast.features.events import Events
from gridcast.features.groups import add_features
from gridcast.features.onclock import on_clock
from gridcast.features.places import weather_at_places
from gridcast.features.stationweights import apply_weights, learned_weights
from gridcast.panel import Panel
from gridcast.sources.calendarfile import read_events
from gridcast.sources.text.csvfile import read_places
from gridcast.sources.weather.reading import read_weather
from gridcast.sources.weather.weather import Weather, WeatherOptions
from gridcast.sources.weather.window import ALL, Window

OF_TEMPERATURE = ("heating", "cooling", "recency")  # derived by default where there is a temperature
SYNTHETIC_COUNTRY = "DE"
MARGIN = pd.Timedelta(days=7)  # of weather after the last reading


Lay = Callable[[xr.Dataset], xr.Dataset]


@dataclass(frozen=True)
class Source:
    """Weather of a panel, and what brings it to the places.

    Attributes:
        weather: As it was read.
        dataset: Variables (time, station), (time, y, x), (issued, lead, station) or (issued, lead, y, x) on the panel's clock;
            stations with `latitude` and `longitude`, NaN where not known. [degrees]
        lay: What brings such weather to the places of the panel.
        said: Sentences for the user.
    """

    weather: Weather
    dataset: xr.Dataset
    lay: Lay
    said: tuple[str, ...]


def with_weather(
    panel: Panel,
    config: RunConfig,
    *,
    until: pd.Timestamp,
    stations: pd.DataFrame | None = None,
    like: Callable[[], Source] | None = None,
) -> tuple[Panel, tuple[str, ...]]:
    """Return the panel with the weather of the configuration at its places, and what is worth saying.

    Where stations or places have no coordinates, the stations of each place are learned from readings before a moment. A field
    is kept beside its values at the places, by the name of the variable and `_field`.

    Args:
        panel: Readings.
        config: With the source of the weather, or none.
        until: The end of the training part.
        stations: Coordinates of the stations: `id`, `latitude`, `longitude`; those of the configuration win.
        like: Of newer weather the older one, whose way to the places is taken where it would be learned; newer weather need not
            be that of the readings.

    Raises:
        GridcastError: If the weather can't be read, or does not fit the panel.

    Warns:
        GridcastWarning: Where the weather does not cover the readings, or is far away.
    """
    if not config.weather.source:
        _require_no_options(config)
        return panel, ()
    source = source_of(panel, config, until=until, stations=stations, like=like)
    at_places = source.lay(source.dataset)
    readings = panel.rows
    panel = with_laid(panel, at_places)
    if like is None:
        _require_cover(panel, [str(name) for name in at_places.data_vars], readings, source.weather)
    if "y" in source.dataset.dims:
        for name, values in source.dataset.data_vars.items():
            panel = _joined(panel, f"{name}_field", values)
    return panel, (*source.said, *_use_of(panel))


def source_of(
    panel: Panel,
    config: RunConfig,
    *,
    until: pd.Timestamp,
    stations: pd.DataFrame | None = None,
    like: Callable[[], Source] | None = None,
) -> Source:
    """Return the weather of a configuration, which has a source; arguments and errors as for `with_weather`."""
    if config.weather.stations:
        stations = read_places(config.weather.stations).table
    weather = read_weather(config.weather.source, options=_options(config), locations=stations, window=_window(panel))
    dataset = on_clock(_by_local_days(weather.dataset, panel, config), panel.times[0], panel.freq)
    if "station" in dataset.dims:
        unknown = xr.full_like(dataset["station"], np.nan, dtype=np.float64)
        where = {name: weather.dataset.coords.get(name, unknown) for name in ("latitude", "longitude")}
        dataset = dataset.assign_coords(where)
    lay, said = _way_to_places(panel, weather, dataset, until, config.weather.method, like)
    return Source(weather, dataset, lay, (*weather.said, *said))


def with_laid(panel: Panel, at_places: xr.Dataset) -> Panel:
    """Return the panel with weather that has been brought to its places."""
    for name, values in at_places.data_vars.items():
        panel = _joined(panel, str(name), values)
    return panel


def with_features(panel: Panel, config: RunConfig) -> Panel:
    """Return the panel with what the configuration derives from its weather, as far as its variables allow.

    Raises:
        ConfigError: If a feature is unknown.
    """
    without = () if "temperature" in panel.variables else OF_TEMPERATURE
    return add_features(panel, [name for name in config.weather.features if name not in without])


def calendar_of(config: RunConfig, places: tuple[str, ...] = ()) -> Calendar:
    """Return the calendar of a configuration.

    Raises:
        GridcastError: If the zone, the country or the file of events is wrong.
    """
    weather = config.weather
    events = Events(read_events(weather.events, places=places).table) if weather.events else None
    country = weather.country or (SYNTHETIC_COUNTRY if config.is_synthetic else "")
    return Calendar(
        config.data.timezone,
        country,
        subdivision=weather.subdivision,
        around=weather.around_holidays,
        bridges=weather.bridge_days,
        year_end=weather.year_end,
        events=events,
    )


def _use_of(panel: Panel) -> tuple[str, ...]:
    """Return what the weather is good for, and which of it is not read."""
    said: tuple[str, ...] = ()
    if panel.is_ex_post:
        said = ("measured weather stands in for a forecast (`perfect_weather`): scores are ex post",)
    elif panel.ahead:
        said = (f"{listed(panel.ahead)}: of each issue time the newest forecast that had arrived",)
    unread = [name for name in panel.variables if name not in panel.ahead]
    if unread:
        why = "it was measured, and is not known ahead" if len(unread) == 1 else "they were measured, and are not known ahead"
        verb = "is" if len(unread) == 1 else "are"
        use = "add `--perfect-weather` to let it stand in for a forecast, scores are then ex post"
        said = (*said, f"{listed(unread)} {verb} not read: {why}: {use}")
    return said


def _options(config: RunConfig) -> WeatherOptions:
    weather = config.weather
    return WeatherOptions(
        timezone=weather.timezone or config.data.timezone,
        variables=weather.variables,
        ending=weather.stamps == "end",
        availability="perfect" if weather.perfect_weather else "",
        delay=pd.Timedelta(hours=weather.delay_hours),
    )


def _window(panel: Panel) -> Window:
    """Return the part of a field that the places and times of a panel want."""
    if not panel.has_coordinates:
        return ALL
    start, end = panel.times[0], panel.end + MARGIN
    return Window.around(*panel.coordinates, start=start, end=end)


def _require_no_options(config: RunConfig) -> None:
    """Refuse settings that speak of weather where there is none."""
    plain = WeatherConfig()
    set_all_the_same = [
        n for n in ("stations", "perfect_weather", "delay_hours") if getattr(config.weather, n) != getattr(plain, n)
    ]
    if set_all_the_same:
        raise ConfigError(
            f"{listed(set_all_the_same)} without weather", found="no source of weather", expected="`--weather FILE` too"
        )


def _by_local_days(dataset: xr.Dataset, panel: Panel, config: RunConfig) -> xr.Dataset:
    """Return weather whose moments are told by the local clock where the readings are labelled by local days."""
    if panel.freq < DAY:
        return dataset
    moments = [name for name in ("time", ISSUED) if name in dataset.dims]
    local = {name: local_labels(pd.DatetimeIndex(dataset.indexes[name]), config.data.timezone) for name in moments}
    return dataset.assign_coords(local).drop_duplicates(moments)


def _require_cover(panel: Panel, names: Sequence[str], readings: int, weather: Weather) -> None:
    """Refuse weather that is there at no reading, and warn of readings without it, once for variables with the same gaps.

    Raises:
        PanelError: If a variable covers none of the readings.

    Warns:
        GridcastWarning: If one does not cover all of them.
    """
    span = f"weather from {weather.valid_times[0]} to {weather.valid_times[-1]}; readings from {panel.times[0]} to {panel.end}"
    gaps: dict[tuple[int, pd.Timestamp], list[str]] = {}
    for name in names:
        there = np.isfinite(panel.values_of(name)[:readings]).any(axis=1)
        if not there.any():
            expected = "weather of the time of the readings, on their clock"
            raise PanelError(f"`{name}` is there at no reading", found=span, expected=expected)
        if not there.all():
            gaps.setdefault((int((~there).sum()), panel.times[np.flatnonzero(there)[-1]]), []).append(name)
    for (gone, last), alike in gaps.items():
        verb = "is" if len(alike) == 1 else "are"
        problem = (
            f"{listed(alike)} {verb} missing at {gone:,} of {readings:,} readings of all places, and last there at {last}: {span}"
        )
        warnings.warn(problem, GridcastWarning, stacklevel=3)


def _way_to_places(
    panel: Panel,
    weather: Weather,
    dataset: xr.Dataset,
    until: pd.Timestamp,
    method: str,
    like: Callable[[], Source] | None,
) -> tuple[Lay, tuple[str, ...]]:
    """Return what brings weather like the dataset to the places, and how it does."""
    located = "y" in dataset.dims or bool(np.isfinite(dataset["latitude"]).any())
    if located and panel.has_coordinates and (method == "nearest" or "y" in dataset.dims):
        return lambda each: weather_at_places(each, *panel.coordinates, panel.locations), ()
    if "station" not in dataset.dims:
        raise ConfigError(
            "a weather field needs places with coordinates",
            found=f"{counted(panel.locations, 'place')} without latitude and longitude",
            expected="a table of places with `latitude` and `longitude`, or weather of stations",
        )
    if like is not None:
        return like().lay, ("stations as they were learned for the run",)
    observed = weather.dataset.map(_as_observed, keep_attrs=True)
    weights = learned_weights(panel, on_clock(observed, panel.times[0], panel.freq), until=until)
    counts = (weights > 0).sum("station").values
    few, most = int(counts.min()), int(counts.max())
    each = f"{few}" if few == most else f"{few} to {most}"
    said = (f"stations learned from readings before {until:%Y-%m-%d}: each place takes {each} of {weights.sizes['station']}",)
    return lambda each: apply_weights(_with_all(each, weights), weights), said


def _with_all(stations: xr.Dataset, weights: xr.DataArray) -> xr.Dataset:
    """Return weather with all stations that have weights; those that are not there are silent."""
    names = dict.fromkeys([*stations["station"].values.tolist(), *weights["station"].values.tolist()])
    return stations.reindex(station=list(names))


def _as_observed(variable: xr.DataArray) -> xr.DataArray:
    """Return the weather by the rule of measurements: what is learned from it stops at the end of the training part."""
    return variable.assign_attrs(Availability("observed", Availability.of(variable).delay).attrs)


def _joined(panel: Panel, name: str, values: xr.DataArray) -> Panel:
    rule = Availability.of(values)
    return panel.with_variable(name, values, units=str(values.attrs.get("units", "")), availability=rule.kind, delay=rule.delay)
