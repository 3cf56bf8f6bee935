"""What somebody else forecast for the same hours, such as the operator of the grid: read like readings, beside the panel."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from gridcast.clock import DAY, infer_freq
from gridcast.config import RunConfig
from gridcast.errors import PanelError, counted, listed
from gridcast.features.onclock import on_clock
from gridcast.loading.listener import Listener
from gridcast.loading.options import read_options
from gridcast.panel import Panel
from gridcast.sources.files import is_there, read_consumption_files
from gridcast.sources.readings import Consumption

POWERS_OF_TEN = {"": 0, "k": 3, "M": 6, "G": 9, "T": 12}


def read_operator(config: RunConfig, panel: Panel, listener: Listener | None = None) -> xr.DataArray | None:
    """Return the operator's forecasts of the panel's places and times; None where the configuration names no table.

    The table is read as one of readings, wide or long; `FILE#COLUMN` names one of several columns of a long table, or of one
    place. Stamps are those of the forecast hours. Finer values are averaged, coarser ones hold for their whole interval.

    Args:
        config: With `data.operator`.
        panel: The readings.
        listener: Who is told what was recognised.

    Returns:
        Dims (time, location) on the panel's clock; NaN where there is no forecast. [the panel's unit]

    Raises:
        GridcastError: If the table can't be read, is of other places, times or units, or of steps that do not fit.
    """
    address = config.data.operator
    if not address:
        return None
    found, name = _read(address, config, panel), Path(address).name
    table = found.readings
    if table.shape[1] == 1 and len(panel.locations) == 1:
        table = table.set_axis(list(panel.locations), axis=1)
    common = [place for place in panel.locations if place in table]
    if not common:
        expected = f"forecasts of places such as {listed(panel.locations)}"
        raise PanelError(f"`{name}` has no place of the readings", found=listed(table.columns), expected=expected)
    factor, said = _factor(found.unit, panel.unit, name)
    without = [place for place in panel.locations if place not in table]
    more = f"; none of {listed(without)}" if without else ""
    said = (*found.said, *said, f"{name}: forecasts of {counted(common, 'place')} by somebody else{more}")
    for sentence in said:
        (listener or Listener()).say(sentence)
    return _on_clock(table[common] * factor, panel, name)


def _read(address: str, config: RunConfig, panel: Panel) -> Consumption:
    """Return the forecasts as they are."""
    options = read_options(config, panel)
    if "://" in address:
        from gridcast.sources.sql.reading import read_consumption_sql

        return read_consumption_sql(address, options=options)
    file, mark, column = address.rpartition("#")
    if mark and not is_there(address):
        address, options = file, replace(options, consumption_column=column)
    return read_consumption_files(address, options=options, start=panel.times[0], end=panel.times[-1] + max(panel.freq, DAY))


def _factor(unit: str, own: str, name: str) -> tuple[float, tuple[str, ...]]:
    """Return by what forecasts are multiplied to have the unit of the readings, and what is worth saying of it.

    Raises:
        PanelError: If one is power and the other energy.

    Example:
        >>> _factor("GW", "MW", "forecast.csv")
        (1000.0, ('forecast.csv: GW converted to MW',))
    """
    if not unit or not own or unit == own:
        return 1.0, ()
    kinds = [each.removesuffix("h").removesuffix("W") for each in (unit, own)]
    if unit.endswith("h") != own.endswith("h") or not set(kinds) <= POWERS_OF_TEN.keys():
        raise PanelError(f"`{name}` has another unit than the readings", found=unit, expected=own, hint="convert one of them")
    return 10.0 ** (POWERS_OF_TEN[kinds[0]] - POWERS_OF_TEN[kinds[1]]), (f"{name}: {unit} converted to {own}",)


def _on_clock(table: pd.DataFrame, panel: Panel, name: str) -> xr.DataArray:
    """Return wide forecasts at the panel's times and places.

    Raises:
        PanelError: If there is none at any of its times, or the steps do not fit.
    """
    stamps = pd.DatetimeIndex(table.index).tz_convert(None).rename("time")
    if len(stamps) > 1:
        stamps = stamps.insert(len(stamps), stamps[-1] + infer_freq(stamps))  # where the last interval ends
    values = np.full((len(stamps), table.shape[1]), np.nan)
    values[: len(table)] = table.to_numpy(np.float64)
    labels = {"time": stamps, "location": list(table.columns.astype(str))}
    variable = xr.DataArray(values, labels, ("time", "location"), "operator")
    fitted = on_clock(variable.to_dataset(), panel.times[0], panel.freq)["operator"]
    index = {"time": panel.dataset.indexes["time"], "location": list(panel.locations)}
    result = fitted.reindex(index).astype(np.float32)
    if not np.isfinite(result.values).any():
        found = f"forecasts from {table.index[0]} to {table.index[-1]}"
        expected = f"some at the readings' times, from {panel.times[0]} to {panel.end}"
        raise PanelError(f"`{name}` has no forecast at a time of the readings", found=found, expected=expected)
    result.attrs = {"units": panel.unit}
    return result
