"""Values of places and of weather fields on the cells of a grid.

Letters: B issue times, N locations, k rows of each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from gridcast.errors import ShapeError
from gridcast.layout import Field, Grid

Float: TypeAlias = npt.NDArray[np.float32]
Index: TypeAlias = npt.NDArray[np.intp]
Variable: TypeAlias = npt.NDArray[np.floating] | Field
Variables: TypeAlias = Mapping[str, Variable]


def on_cells(grid: Grid, values: npt.NDArray[np.floating]) -> Float:
    """Return values (..., N) on the cells, (..., cells): the mean of a cell's places; NaN where nothing is known.

    Example:
        >>> on_cells(Grid.of([50.0, 50.0, 40.0], [0.0, 0.0, 9.0], 2), np.array([1.0, 3.0, np.nan])).tolist()
        [2.0, nan, nan, nan]
    """
    order, occupied, starts, _ = _by_cell(grid)
    known = np.isfinite(values[..., order])
    count = np.add.reduceat(known, starts, axis=-1, dtype=np.float32)
    sums = np.add.reduceat(np.where(known, values[..., order], 0), starts, axis=-1)
    cells = np.full((*values.shape[:-1], grid.rows * grid.columns), np.nan, dtype=np.float32)
    cells[..., occupied] = np.where(count > 0, sums / np.maximum(count, 1), np.nan)
    return cells


def places_in(grid: Grid, frames: int) -> Float:
    """Return how many places are in each cell relative to the mean, and whether there is any, shape (frames, 2, cells)."""
    _, occupied, _, count = _by_cell(grid)
    there = np.zeros((2, grid.rows * grid.columns), dtype=np.float32)
    there[:, occupied] = count / count.mean(), np.ones(len(count))
    return np.broadcast_to(there, (frames, *there.shape))


def read(grid: Grid, variable: Variable, rows: Index) -> Float:
    """Return a variable on the cells at rows (B, k), shape (B, k, cells); NaN where there is no such row or no value."""
    return placed(grid, variable, rows_of(array_of(variable), rows))


def placed(grid: Grid, variable: Variable, values: npt.NDArray[np.floating]) -> Float:
    """Return some of a variable's values, (..., N) or (..., y, x), on the cells, shape (..., cells)."""
    if not isinstance(variable, Field):
        return on_cells(grid, values)
    cells = variable.on(grid, values)
    return cells.reshape(*cells.shape[:-2], -1)


def array_of(variable: Variable) -> npt.NDArray[np.floating]:
    """Return the numbers of a variable."""
    return variable.values if isinstance(variable, Field) else variable


def has_vintages(variable: Variable) -> bool:
    """Return whether a variable holds what was known at each issue row."""
    return array_of(variable).ndim - isinstance(variable, Field) == 3


def require_fit(name: str, variable: Variable, readings: tuple[int, ...], axes: tuple[int, ...], horizon: int) -> None:
    """Refuse a variable that is not on the clock and the places of the readings.

    Raises:
        ShapeError: If it has fewer rows or steps or other places, or other than so many axes (a field's y and x are one).
    """
    shape, is_field = array_of(variable).shape, isinstance(variable, Field)
    fits = len(shape) - is_field in axes and (is_field or shape[-1] == readings[-1]) and shape[0] >= readings[0]
    if not fits or (has_vintages(variable) and shape[1] < horizon):
        raise ShapeError(
            f"`{name}` does not fit the readings",
            found=f"`{name}` {shape}, readings {readings}",
            expected=f"({readings[0]} rows, {readings[-1]}), or a `Field` of as many rows; {horizon} steps of each issue row",
        )


def rows_of(values: npt.NDArray[np.floating], rows: Index) -> npt.NDArray[np.floating]:
    """Return values[rows], NaN at rows that there are not."""
    found = values[np.clip(rows, 0, len(values) - 1)]
    there = ((rows >= 0) & (rows < len(values))).reshape(rows.shape + (1,) * (values.ndim - 1))
    return np.where(there, found, np.float32(np.nan))


def in_blocks(values: npt.NDArray[np.floating], blocks: int) -> Float:
    """Return the means of blocks along axis 1 over what is not missing; NaN where all of a block is."""
    means = []
    for part in np.array_split(values, blocks, axis=1):
        known = np.isfinite(part)
        count = known.sum(axis=1)
        total = np.where(known, part, 0).sum(axis=1)
        means.append(np.where(count > 0, total / np.maximum(count, 1), np.float32(np.nan)))
    return np.stack(means, axis=1).astype(np.float32)


def _by_cell(grid: Grid) -> tuple[Index, Index, Index, Index]:
    """Return the order of places by cell, the occupied cells, where each one's places start in it, and how many there are."""
    order = np.argsort(grid.flat, kind="stable")
    occupied, starts, count = np.unique(grid.flat[order], return_index=True, return_counts=True)
    return order, occupied, starts, count
