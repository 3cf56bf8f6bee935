"""The weather stations of a run: what its places get when one of them is silent."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr

from gridcast.attaching import Source, source_of, with_features, with_laid
from gridcast.availability import ISSUED, Availability
from gridcast.config import RunConfig
from gridcast.errors import GridcastWarning
from gridcast.features.places import great_circle
from gridcast.loading.listener import Listener
from gridcast.loading.repairs import without_wrong
from gridcast.panel import Panel
from gridcast.sources.pair import Loaded

LATELY = {"time": 72, ISSUED: 3}  # steps, or vintages


@dataclass(frozen=True)
class Stations:
    """Weather of stations, beside the panel whose places it reaches.

    Attributes:
        config: What is derived from the weather.
        panel: The readings.
        sources: The weather, the newest first, some of it of stations.
    """

    config: RunConfig
    panel: Panel
    sources: tuple[Source, ...]

    @property
    def coordinates(self) -> pd.DataFrame:
        """Latitude and longitude of each station, by its name, NaN where not known. [degrees]"""
        told = [each.dataset for each in self.sources if "station" in each.dataset.dims]
        columns = ("latitude", "longitude")
        named = [[str(name) for name in each["station"].values] for each in told]
        tables = [pd.DataFrame({name: each[name].values for name in columns}, ids) for each, ids in zip(told, named, strict=True)]
        joined = pd.concat(tables)
        return joined.loc[~joined.index.duplicated()]

    def nearest(self, place: str, most: int) -> list[str]:
        """Return the stations nearest to a place, or to the middle of all where none is named; all of few, or of unknown places."""
        where = self.coordinates
        if len(where) <= most or where.isna().all(axis=None) or not self.panel.has_coordinates:
            return list(where.index)
        latitude, longitude = self.panel.coordinates
        own = [self.panel.locations.index(place)] if place else slice(None)
        distance = great_circle(latitude[own].mean(), longitude[own].mean(), where["latitude"], where["longitude"])
        return [str(name) for name in where.index[np.argsort(np.nan_to_num(distance, nan=np.inf), kind="stable")[:most]]]

    def around(self, moment: pd.Timestamp, reach: pd.Timedelta, ahead: pd.Timedelta) -> Stations | None:
        """Return what a forecast reads that is issued at a moment, looks back so far and goes on for so long; None for nothing.

        Of forecast weather those that were made by then.
        """
        start = moment - reach
        ends = {"time": moment + ahead, ISSUED: moment}
        sources = []
        for source in self.sources:
            dim = next(dim for dim in ends if dim in source.dataset.dims)
            cut = source.dataset.sel({dim: slice(start.tz_convert(None), ends[dim].tz_convert(None))})
            if cut.sizes[dim]:
                sources.append(replace(source, dataset=cut))
        if not any("station" in each.dataset.dims for each in sources):
            return None
        return Stations(self.config, self.panel.between(max(start, self.panel.times[0]), None), tuple(sources))

    def laid(self, silent: str = "") -> xr.Dataset:
        """Return the weather at the places where a station is silent: others stand in for it; the newest source has precedence."""
        with _quiet():
            at_places = [source.lay(_without(source.dataset, silent)) for source in self.sources]
        joined, *older = at_places
        for each in older:
            both = {name: _on_top(values, each.get(name)) for name, values in joined.data_vars.items()}
            joined = xr.Dataset({**each.data_vars, **both})
        return joined

    def lately(self) -> Stations:
        """Return the newest weather alone, by which it is told which stations reach which places."""
        last = [{dim: slice(-count, None) for dim, count in LATELY.items() if dim in each.dataset.dims} for each in self.sources]
        sources = (replace(each, dataset=each.dataset.isel(some)) for each, some in zip(self.sources, last, strict=True))
        return replace(self, sources=tuple(sources))

    def panel_with(self, at_places: xr.Dataset) -> Panel:
        """Return the panel with weather at the places, and what is derived from it."""
        readings = Panel(self.panel.dataset.drop_vars(self.panel.variables))
        return with_features(with_laid(readings, at_places), self.config)


def stations_of(panel: Panel, loaded: Loaded, config: RunConfig, until: pd.Timestamp, newer: str = "") -> Stations | None:
    """Return the stations of a run; None where its weather is none of stations, or is not known ahead.

    Args:
        panel: Readings and weather as they are forecast from.
        loaded: What `load` returned, with newer readings.
        config: Of the run.
        until: The end of the training part, by which stations were learned.
        newer: File of newer weather, or nothing.

    Raises:
        GridcastError: If the weather can't be read.
    """
    if not config.weather.source:
        return None
    older = read_again(loaded, config, until)
    sources = [older]
    if newer:
        weather = config.weather.model_copy(update={"source": newer})
        sources.insert(0, read_again(loaded, config.model_copy(update={"weather": weather}), until, like=older))
    told = [each.dataset for each in sources if "station" in each.dataset.dims]
    if not any(Availability.of(variable).is_ahead for each in told for variable in each.data_vars.values()):
        return None
    return Stations(config, panel, tuple(sources))


def read_again(loaded: Loaded, config: RunConfig, until: pd.Timestamp, *, like: Source | None = None) -> Source:
    """Return weather as it is read for a run, without what was said when its panel was made; arguments as in `stations_of`."""
    with _quiet():
        readings = without_wrong(loaded.panel, config, until, Listener())
        way = None if like is None else lambda: like
        return source_of(readings, config, until=until, stations=loaded.stations, like=way)


def _without(dataset: xr.Dataset, silent: str) -> xr.Dataset:
    """Return weather without the readings of a station."""
    if "station" not in dataset.dims or not silent:
        return dataset
    heard = dataset.where(dataset["station"] != silent)
    return heard.map(lambda each: each.assign_attrs(dataset[each.name].attrs))


def _on_top(newer: xr.DataArray, older: xr.DataArray | None) -> xr.DataArray:
    """Return a variable with the older values where it has none; of another kind of weather they are left out."""
    if older is None or set(newer.dims) != set(older.dims):
        return newer
    return newer.combine_first(older).assign_attrs(newer.attrs)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep back what was warned of when the panel of the run was made."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GridcastWarning)
        yield
