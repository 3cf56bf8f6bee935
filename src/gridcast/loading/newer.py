"""Newer readings and newer weather, beside those that a model was trained with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr

from gridcast.availability import ISSUED, Availability
from gridcast.config import RunConfig
from gridcast.errors import PanelError, counted
from gridcast.loading.listener import Listener
from gridcast.loading.readings import load, with_covariates
from gridcast.panel import Panel
from gridcast.sources.pair import Loaded


def with_newer_readings(loaded: Loaded, config: RunConfig, file: str, listener: Listener) -> Loaded:
    """Return what was loaded with the readings of one more file; where both have one, the newer file's counts.

    Args:
        loaded: What `load` returned.
        config: How to read the file: as the readings of the configuration.
        file: With readings of some or all places, or of places that are new.
        listener: Who is told.

    Raises:
        GridcastError: If the file can't be read, or its readings have another step or unit.
    """
    data = config.data.model_copy(update={"temporal": file, "query": "", "start": "", "end": "", "common_only": True})
    newer = load(config.model_copy(update={"data": data}), listener, refuse=False).panel
    older = loaded.panel
    if newer.freq != older.freq or (newer.unit and older.unit and newer.unit != older.unit):
        raise PanelError(
            f"the readings of `{file}` do not go with those of the run",
            found=f"one every {newer.freq}, unit `{newer.unit}`",
            expected=f"one every {older.freq}, unit `{older.unit}`",
        )
    table = _table(newer).combine_first(_table(older))[
        [*older.locations, *(n for n in newer.locations if n not in older.locations)]
    ]
    panel = Panel.from_wide(table, _places(older, newer), unit=older.unit)
    listener.say(f"{file}: readings from {newer.times[0]:%Y-%m-%d %H:%M} to {newer.end:%Y-%m-%d %H:%M} UTC added")
    return replace(loaded, panel=Panel(panel.dataset.assign_attrs(timezone=config.data.timezone)))


def with_newer_weather(
    panel: Panel, loaded: Loaded, config: RunConfig, file: str, until: pd.Timestamp, listener: Listener
) -> Panel:
    """Return the panel with the weather of one more file; where both have a value, the newer file's counts.

    Args:
        panel: With the weather of the configuration.
        loaded: What `load` returned, for places and stations.
        config: How to read the file: as the weather of the configuration.
        file: With the same variables.
        until: The end of the training part, by which stations were learned.
        listener: Who is told.

    Raises:
        GridcastError: If the file can't be read or does not fit.
    """
    weather = config.weather.model_copy(update={"source": file})
    newer = with_covariates(loaded, config.model_copy(update={"weather": weather}), until, listener)
    for name in newer.variables:
        variable = newer.dataset[name]
        rule = Availability.of(variable)
        if name in panel.variables and ISSUED not in variable.dims:
            variable = variable.combine_first(panel.dataset[name])
        units = str(newer.dataset[name].attrs.get("units", ""))
        panel = panel.with_variable(name, variable, units=units, availability=rule.kind, delay=rule.delay)
    listener.say(f"{file}: {counted(newer.variables, 'variable')} of newer weather")
    return panel


def _table(panel: Panel) -> pd.DataFrame:
    """Return the readings as a wide table."""
    return pd.DataFrame(panel.consumption[: panel.rows], index=panel.times[: panel.rows], columns=list(panel.locations))


def _places(*panels: Panel) -> pd.DataFrame | None:
    """Return what is known of the places, those of the first panel before those that are new in the next; None for nothing."""
    tables = []
    for panel in panels:
        coords = {
            str(name): coord.values
            for name, coord in panel.dataset.coords.items()
            if isinstance(coord, xr.DataArray) and coord.dims == ("location",) and name != "location"
        }
        tables.append(pd.DataFrame({"id": list(panel.locations), **coords}))
    joined = pd.concat(tables).drop_duplicates("id").reset_index(drop=True)
    if joined.shape[1] == 1:
        return None
    for name in ("latitude", "longitude"):
        if name not in joined:
            joined[name] = np.nan
    return joined
