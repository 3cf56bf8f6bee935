"""Newer readings and newer weather, beside those that a model was trained with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr

from gridcast.availability import Availability
from gridcast.clock import DAY, describe_freq, infer_freq, local_labels
from gridcast.config import RunConfig
from gridcast.errors import PanelError, counted, listed
from gridcast.loading.listener import Listener
from gridcast.loading.options import read_options
from gridcast.loading.readings import with_covariates
from gridcast.loading.stations import read_again
from gridcast.panel import Panel
from gridcast.sources.pair import Loaded, read_pair

SEASON = 30  # days of the year around those of newer weather, which it is compared with
FAR = 3.0  # spreads
FEW = 2  # times, whose distance tells no step: there may be a gap between them


def with_newer_readings(loaded: Loaded, config: RunConfig, file: str, listener: Listener) -> Loaded:
    """Return what was loaded with the readings of one more file; where both have one, the newer file's counts.

    A single new time is enough. Where the run has a table of places, a place that is not in it is left out, and that is said;
    where it has none, a place that is new to the run is kept.

    Args:
        loaded: What `load` returned.
        config: How to read the file: as the readings of the configuration.
        file: With readings of some or all places.
        listener: Who is told.

    Raises:
        GridcastError: If the file can't be read, or its readings have another step or unit.
    """
    older = loaded.panel
    options = replace(read_options(config), step=older.freq)
    pair = read_pair(file, config.data.spatial or None, options, common_only=True, others=older.locations)
    for sentence in pair.said:
        listener.say(sentence)
    strange = [name for name in pair.unlisted if name not in config.data.exclude]
    if strange:
        listener.say(f"{file}: {counted(strange, 'place')} left out, which the table of places does not list: {listed(strange)}")
    readings = pair.readings.drop(columns=[name for name in config.data.exclude if name in pair.readings])
    times = _on_days(pd.DatetimeIndex(readings.index), older, config)
    _require_alike(times, pair.unit, loaded, file)
    names = [*older.locations, *(str(name) for name in readings if name not in older.locations)]
    table = readings.set_axis(times).combine_first(_table(older))[names]
    panel = Panel.from_wide(table, _places(older, pair.places, names), unit=older.unit)
    listener.say(f"{file}: readings from {times[0]:%Y-%m-%d %H:%M} to {times[-1] + older.freq:%Y-%m-%d %H:%M} UTC added")
    return replace(loaded, panel=Panel(panel.dataset.assign_attrs(timezone=config.data.timezone)))


def _on_days(times: pd.DatetimeIndex, older: Panel, config: RunConfig) -> pd.DatetimeIndex:
    """Return times, those of daily readings as the dates that they are: too few of them do not tell that they are days."""
    if older.freq < DAY or not _between(times, older):
        return times
    return local_labels(times, config.data.timezone).tz_localize("UTC")


def _between(times: pd.DatetimeIndex, older: Panel) -> bool:
    """Return whether some times lie between two ticks of a panel's clock."""
    return bool(((times - older.times[0]) % older.freq != pd.Timedelta(0)).any())


def _require_alike(times: pd.DatetimeIndex, unit: str, loaded: Loaded, file: str) -> None:
    """Refuse readings that have another step or unit than the run's, as far as that can be told.

    Raises:
        PanelError: Naming both.
    """
    older, expected = loaded.panel, loaded.told or loaded.panel.unit
    freq = infer_freq(times) if len(times) > FEW else older.freq
    if freq != older.freq or _between(times, older) or (unit and expected and unit != expected):
        raise PanelError(
            f"the readings of `{file}` do not go with those of the run",
            found=f"one every {describe_freq(freq)}, such as at {times[0]}, unit `{unit}`",
            expected=f"one every {describe_freq(older.freq)}, such as at {older.times[0]}, unit `{expected}`",
        )


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
        GridcastError: If the file can't be read or does not fit, or is far from all weather of its season, as in another unit.
    """
    weather = config.weather.model_copy(update={"source": file})
    own = config.model_copy(update={"weather": weather})
    newer = with_covariates(loaded, own, until, listener, like=lambda: read_again(loaded, config, until))
    for name in newer.variables:
        variable = newer.dataset[name]
        rule = Availability.of(variable)
        if name in panel.variables:
            _require_like_weather(variable, panel.dataset[name], file)
        if name in panel.variables and set(variable.dims) == set(panel.dataset[name].dims):
            variable = variable.combine_first(panel.dataset[name])  # along time, or over all vintages and their leads
        units = str(newer.dataset[name].attrs.get("units", ""))
        panel = panel.with_variable(name, variable, units=units, availability=rule.kind, delay=rule.delay)
    listener.say(f"{file}: {counted(newer.variables, 'variable')} of newer weather")
    return panel


def _require_like_weather(newer: xr.DataArray, older: xr.DataArray, file: str) -> None:
    """Refuse weather whose middle is farther than a spread, or `FAR` where no such season is known, beyond all that was before.

    Raises:
        PanelError: Naming both.
    """
    newer, older = (each.dropna(each.dims[0], how="all") for each in (newer, older))
    same = _of_season(older, pd.DatetimeIndex(newer[newer.dims[0]].values))
    values, known = (each.values[np.isfinite(each.values)] for each in (newer, same if same.size else older))
    if not len(values) or not len(known):
        return
    margin = float(np.nanstd(older.values)) * (1 if same.size else FAR)
    middle, low, high = float(np.median(values)), float(known.min()), float(known.max())
    if low - margin <= middle <= high + margin:
        return
    units = str(older.attrs.get("units", ""))
    raise PanelError(
        f"the weather of `{file}` is far from all that the run knows",
        found=f"`{newer.name}` around {middle:.4g}",
        expected=f"between {low:.4g} and {high:.4g} {units}".rstrip(),
        hint="is it in another unit, such as Fahrenheit or kelvin? Convert it first",
    )


def _of_season(older: xr.DataArray, times: pd.DatetimeIndex) -> xr.DataArray:
    """Return what is of the same time of the year, in all years."""
    first = older.dims[0]  # times, or when forecasts were issued
    days = pd.DatetimeIndex(older[first].values).dayofyear.to_numpy()
    wanted = np.unique((times.dayofyear.to_numpy()[:, None] + np.arange(-SEASON, SEASON + 1) - 1) % 366 + 1)
    return older.isel({first: np.isin(days, wanted)})


def _table(panel: Panel) -> pd.DataFrame:
    """Return the readings as a wide table."""
    return pd.DataFrame(panel.consumption[: panel.rows], index=panel.times[: panel.rows], columns=list(panel.locations))


def _places(older: Panel, newer: pd.DataFrame, names: list[str]) -> pd.DataFrame | None:
    """Return what is known of places, that of a panel before that of a table; None for nothing."""
    coords = {
        str(name): coord.values
        for name, coord in older.dataset.coords.items()
        if isinstance(coord, xr.DataArray) and coord.dims == ("location",) and name != "location"
    }
    known = pd.DataFrame({"id": list(older.locations), **coords})
    more = newer.loc[newer["id"].isin(names) & ~newer["id"].isin(known["id"]), [name for name in known if name in newer]]
    joined = pd.concat([known, more], ignore_index=True) if len(more) else known
    return joined if joined.shape[1] > 1 else None
