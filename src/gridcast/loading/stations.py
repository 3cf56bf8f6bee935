"""The weather stations of a run: what its places get when one of them is silent."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import pandas as pd
import xarray as xr

from gridcast.attaching import Lay, station_weather, with_features, with_laid
from gridcast.availability import ISSUED
from gridcast.config import RunConfig
from gridcast.errors import GridcastWarning
from gridcast.loading.listener import Listener
from gridcast.loading.repairs import without_wrong
from gridcast.panel import Panel
from gridcast.sources.pair import Loaded


@dataclass(frozen=True)
class Stations:
    """Weather of stations, beside the panel whose places it reaches.

    Attributes:
        config: What is derived from the weather.
        panel: The readings.
        weather: Variables (time, station) or (issued, lead, station), with `latitude` and `longitude`.
        lay: What brings such weather to the places.
    """

    config: RunConfig
    panel: Panel
    weather: xr.Dataset
    lay: Lay

    @property
    def names(self) -> tuple[str, ...]:
        """The stations."""
        return tuple(str(name) for name in self.weather["station"].values)

    def around(self, moment: pd.Timestamp, reach: pd.Timedelta, ahead: pd.Timedelta) -> Stations:
        """Return what a forecast that is issued at a moment needs, looks back so far and goes on for so long."""
        start, end = moment - reach, moment + ahead
        dim = "time" if "time" in self.weather.dims else ISSUED
        span = slice(*(each.tz_convert(None) for each in (start, end)))
        panel = self.panel.between(max(start, self.panel.times[0]), None)
        return Stations(self.config, panel, self.weather.sel({dim: span}), self.lay)

    def laid(self, silent: str = "") -> xr.Dataset:
        """Return the weather at the places where a station is silent: others stand in for it, as where it fails."""
        heard = self.weather.where(self.weather["station"] != silent)
        heard = heard.map(lambda each: each.assign_attrs(self.weather[each.name].attrs))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", GridcastWarning)  # of far stations, as when it was read
            return self.lay(heard)

    def panel_with(self, at_places: xr.Dataset) -> Panel:
        """Return the panel with weather at the places, and what is derived from it."""
        readings = Panel(self.panel.dataset.drop_vars(self.panel.variables))
        return with_features(with_laid(readings, at_places), self.config)


def stations_of(panel: Panel, loaded: Loaded, config: RunConfig, until: pd.Timestamp, newer: str = "") -> Stations | None:
    """Return the stations of a run, with newer weather on top; None where its weather is none of stations.

    Args:
        panel: Readings and weather as they are forecast from.
        loaded: What `load` returned, with newer readings.
        config: Of the run.
        until: The end of the training part, by which stations were learned.
        newer: File of newer weather, or nothing.

    Raises:
        GridcastError: If the weather can't be read.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GridcastWarning)  # said when the panel was made
        readings = without_wrong(loaded.panel, config, until, Listener())
        told = station_weather(readings, config, until=until, stations=loaded.stations)
        if told is None:
            return None
        weather, lay = told
        if newer:
            source = config.weather.model_copy(update={"source": newer})
            more = station_weather(readings, config.model_copy(update={"weather": source}), until=until, stations=loaded.stations)
            weather = weather if more is None else _on_top(more[0], weather)
    return Stations(config, panel, weather, lay)


def _on_top(newer: xr.Dataset, older: xr.Dataset) -> xr.Dataset:
    """Return weather of stations, the newer where both have a value."""
    both = newer.combine_first(older)
    return both.map(lambda each: each.assign_attrs((older if each.name in older else newer)[each.name].attrs))
