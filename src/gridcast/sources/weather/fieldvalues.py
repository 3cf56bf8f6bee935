"""The values of fields: in the names and units used inside, sums taken apart and at the start of their intervals."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from gridcast.clock import HOUR, infer_freq
from gridcast.errors import counted
from gridcast.sources.weather.quantities import QUANTITIES, convert, find_quantity
from gridcast.sources.weather.weather import WeatherOptions, warn_of_the_unlikely

GROWING = 0.999  # share of steps along the lead time at which a sum does not fall


def converted(raw: xr.Dataset, options: WeatherOptions, file: str) -> tuple[xr.Dataset, tuple[str, ...]]:
    """Return variables in the names and units used inside, with the speed of the wind from its components, and what was done.

    Args:
        raw: Variables with the attributes `units` and `quantity`.
        options: Units and marks of missing values that were told.
        file: For messages.
    """
    variables, said = {}, []
    for own, each in raw.data_vars.items():
        quantity = QUANTITIES.get(each.attrs["quantity"])
        values = each.values
        if options.missing:
            marks = np.isin(values, np.asarray(options.missing, dtype=values.dtype))
            values = np.where(marks, np.float32(np.nan), values)
            said.append(f"{file}: {counted(int(marks.sum()), 'value')} of {own} marked as missing left out")
        name, unit = str(own), each.attrs["units"]
        if quantity is not None:
            before, name = values, quantity.name
            unit = options.units.get(name, unit)
            values, sentence = convert(before, quantity, unit)
            said += [f"{file}: {sentence}"] if sentence else []
            if "lead" in each.dims and _is_sum(name, unit):
                values, told = _per_step(values, each["lead"].values, each.get_axis_num("lead"), mean=name == "radiation")
                said += [f"{file}: {name} {told}"] if told else []
            warn_of_the_unlikely(values, before, quantity, file)
            if "time" in each.dims and _is_sum(name, unit):
                values, told = _from_start(values, each["time"].values)
                said.append(f"{file}: {name} {told}")
            unit = quantity.unit
        variables[name] = (each.dims, values.astype(np.float32, copy=False), {"units": unit})
    dataset = xr.Dataset(variables, coords=raw.coords)
    return _with_wind_speed(dataset, options, said, file), tuple(said)


def _is_sum(name: str, unit: str) -> bool:
    """Return whether values may be sums over time: energy, or an amount of rain that is no rate."""
    return (name == "radiation" and unit.upper().startswith("J")) or (
        name == "precipitation" and not re.search(r"s\*?\*?-1|/[sh]", unit)
    )


def _per_step(
    values: npt.NDArray[np.floating], lead: npt.NDArray[np.timedelta64], axis: int, *, mean: bool
) -> tuple[npt.NDArray[np.floating], str]:
    """Return sums since the issue time as those of each step, or as its mean, at its start; others as they are.

    What was gathered from one lead time to the next is at the first of them; at the last there is nothing.

    Args:
        values: Sums, along one axis the lead times.
        lead: Lead times, ascending.
        axis: Theirs.
        mean: Whether the values, sums of hourly means, are to become means.
    """
    along = np.moveaxis(values, axis, 0)
    steps = np.diff(along, axis=0)
    finite = steps[np.isfinite(steps)]
    if not len(finite) or not finite.max() > 0 or np.mean(finite >= -1e-6 * finite.max()) < GROWING:
        return values, ""
    single = np.maximum(steps, 0)
    if mean:
        single = single / (np.diff(lead) / HOUR.to_timedelta64()).reshape(-1, *(1,) * (along.ndim - 1))
    single = np.concatenate([single, np.full_like(along[:1], np.nan)])
    return np.moveaxis(single, 0, axis), "grows with the lead time: taken apart into steps, each at its start"


def _from_start(values: npt.NDArray[np.floating], time: npt.NDArray[np.datetime64]) -> tuple[npt.NDArray[np.floating], str]:
    """Return sums over the hour before their stamps at the start of that hour, and what was done; NaN where there is none.

    Args:
        values: Sums, shape (time, y, x).
        time: Their stamps, sorted, unique.
    """
    index = pd.DatetimeIndex(time)
    where = index.get_indexer(index + HOUR)
    if len(index) < 2 or infer_freq(index) != HOUR:
        return values, "is a sum over the time before its stamp, and stays there: the stamps are not hourly"
    shifted = np.where((where >= 0).reshape(-1, *(1,) * (values.ndim - 1)), values[where], np.float32(np.nan))
    return shifted, "is a sum over the hour before its stamp: moved to the start of the hour"


def _with_wind_speed(dataset: xr.Dataset, options: WeatherOptions, said: list[str], file: str) -> xr.Dataset:
    """Return the dataset with the speed of the wind in place of its components, which stay where they are wanted."""
    if not {"wind_u", "wind_v"} <= set(dataset.data_vars):
        return dataset
    if "wind_speed" not in dataset:
        speed = np.hypot(dataset["wind_u"].values, dataset["wind_v"].values)
        said.append(f"{file}: wind_speed from its components")
        dataset = dataset.assign(wind_speed=(dataset["wind_u"].dims, speed, {"units": "m/s"}))
    wanted = {found.name for name in options.variables if (found := find_quantity(name))}
    return dataset.drop_vars([name for name in ("wind_u", "wind_v") if name not in wanted])
