"""A further variable of a panel: brought to the panel's places and joined on its clock."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from gridcast.availability import ISSUED, LEAD
from gridcast.errors import PanelError, counted, listed


def joined(dataset: xr.Dataset, name: str, values: xr.DataArray | npt.ArrayLike, freq: pd.Timedelta) -> xr.Dataset:
    """Return the dataset with one more variable, float32, on a time axis that reaches as far as both.

    Args:
        dataset: Dims (time, location).
        name: Of the variable.
        values: An array (time, location), or a DataArray with labels and the dims (time, location), (time, y, x),
            (issued, lead, location) or (issued, lead, y, x).
        freq: Of the dataset's times.

    Raises:
        PanelError: If the dims or places do not fit.
    """
    array = values if isinstance(values, xr.DataArray) else _labelled(dataset, name, np.asarray(values))
    if not ("time" in array.dims or {ISSUED, LEAD} <= set(array.dims)):
        expected = "(time, location), (time, y, x), (issued, lead, location) or (issued, lead, y, x)"
        raise PanelError(f"`{name}` has other dims than a panel", found=str(array.dims), expected=expected)
    if "location" in array.dims:
        array = _of_these_places(dataset, name, array)
    array = array.astype(np.float32).rename(name)
    for side in ("y", "x"):
        if side in array.dims and side in dataset.dims and not array.indexes[side].equals(dataset.indexes[side]):
            raise PanelError(
                f"`{name}` is on another raster than the fields of the panel", found=f"another `{side}`", expected="one"
            )
    clock = _extended(pd.DatetimeIndex(dataset.indexes["time"]), _last(array), freq)
    if len(clock) > dataset.sizes["time"]:
        dataset = dataset.reindex(time=clock)
    if "time" in array.dims:
        array = array.reindex(time=clock)
    return xr.merge([dataset, array], join="outer", combine_attrs="override")


def _labelled(dataset: xr.Dataset, name: str, values: npt.NDArray[np.generic]) -> xr.DataArray:
    shape = dataset.sizes["time"], dataset.sizes["location"]
    if values.shape != shape:
        raise PanelError(f"`{name}` does not fit the panel", found=f"shape {values.shape}", expected=f"(time, location) = {shape}")
    dims = ("time", "location")
    return xr.DataArray(values, dims=dims, coords={dim: dataset.indexes[dim] for dim in dims})


def _of_these_places(dataset: xr.Dataset, name: str, array: xr.DataArray) -> xr.DataArray:
    places = [str(place) for place in dataset.indexes["location"]]
    known = {str(place) for place in array.indexes["location"]}
    absent = [place for place in places if place not in known]
    if absent:
        problem = f"`{name}` lacks {counted(absent, 'place')} of the panel"
        raise PanelError(problem, found=listed(sorted(known)), expected=listed(absent))
    return array.drop_vars([coord for coord in array.coords if coord not in array.dims]).sel(location=places)


def _last(array: xr.DataArray) -> pd.Timestamp:
    """Return the last moment for which there is a value."""
    if "time" in array.dims:
        return pd.Timestamp(array.indexes["time"].max())
    return pd.Timestamp(array.indexes[ISSUED].max() + array.indexes[LEAD].max())


def _extended(clock: pd.DatetimeIndex, last: pd.Timestamp, freq: pd.Timedelta) -> pd.DatetimeIndex:
    more = max(0, int((last - clock[-1]) // freq))
    return pd.DatetimeIndex(clock.append(pd.date_range(clock[-1] + freq, periods=more, freq=freq)))
