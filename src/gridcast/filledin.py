"""Readings that were filled: which they are, since when they could be made, and what stood for them until then."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import xarray as xr

from gridcast.errors import PanelError, counted
from gridcast.tabular import TARGET

FILLED, MEANWHILE = (
    "filled",
    "filled_meanwhile",
)  # the row of the latest reading that each was made from, or -1; and what stood before
DIMS = ("time", "location")

Floats = npt.NDArray[np.float32]


def filled_in(dataset: xr.Dataset, values: Floats, reach: npt.NDArray[np.int32], meanwhile: Floats | None) -> xr.Dataset:
    """Return the dataset with filled readings; arguments as in `Panel.with_filled`.

    Raises:
        PanelError: If a measured reading is changed.
    """
    readings = dataset[TARGET].values
    earlier = dataset[FILLED].values >= 0 if FILLED in dataset else np.zeros(readings.shape, dtype=np.bool_)
    ours = reach >= 0
    changed = ~ours & ~((values == readings) | (np.isnan(values) & np.isnan(readings)))
    changed |= ours & ~np.isnan(readings) & ~earlier
    if changed.any():
        found = counted(int(changed.sum()), "changed reading")
        raise PanelError("filling must leave measured readings as they are", found=found)
    until = np.full_like(values, np.nan) if meanwhile is None else meanwhile
    filled = {FILLED: (DIMS, reach.astype(np.int32)), MEANWHILE: (DIMS, until)}
    return dataset.assign({TARGET: (DIMS, values, dataset[TARGET].attrs), **filled})


def filled_then(dataset: xr.Dataset, rows: int) -> xr.Dataset:
    """Return the dataset as it was when so many rows had ended: nothing is filled with the help of later ones."""
    if FILLED not in dataset:
        return dataset
    made, meanwhile = dataset[FILLED].fillna(-1), dataset[MEANWHILE]
    late = made >= rows
    own = xr.DataArray(np.arange(dataset.sizes["time"]), dims="time")
    filled = made.where(~late, own.where(np.isfinite(meanwhile), -1)).astype(np.int32)
    return dataset.assign({TARGET: dataset[TARGET].where(~late, meanwhile), FILLED: filled})


def counted_from(dataset: xr.Dataset, first: int) -> xr.Dataset:
    """Return the dataset, from whose beginning so many rows were cut, with the rows counted anew."""
    if FILLED not in dataset:
        return dataset
    made = dataset[FILLED].fillna(-1).values
    return dataset.assign({FILLED: (DIMS, np.where(made >= 0, np.maximum(made - first, 0), -1).astype(np.int32))})


def unfilled(dataset: xr.Dataset, wrong: npt.NDArray[np.bool_]) -> xr.Dataset:
    """Return the dataset in which the marked readings count as filled no more."""
    if FILLED not in dataset:
        return dataset
    made = np.where(wrong, -1, dataset[FILLED].values).astype(np.int32)
    until = np.where(wrong, np.float32(np.nan), dataset[MEANWHILE].values)
    return dataset.assign({FILLED: (DIMS, made), MEANWHILE: (DIMS, until)})
