"""A gridded field, such as the temperature of a weather model, on the cells of a grid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from gridcast.errors import ConfigError, PanelError, ShapeError, listed
from gridcast.layout.grid import Grid

Float = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Method = Literal["area", "bilinear", "nearest"]
TRACE = 1e-6  # a cell of which a smaller share is known is unknown
METHODS = ("area", "bilinear", "nearest")


@dataclass(frozen=True)
class Field:
    """Values on a regular raster of latitudes and longitudes.

    Attributes:
        values: Shape (time, y, x), NaN where unknown; with issue times, shape (issue row, step, y, x). Any array that takes an
            array of rows as its index; only the rows that are asked for are read.
        latitude: Of the raster's points, shape (y,), ascending or descending. [degrees]
        longitude: Of the raster's points, shape (x,); any turn of the circle will do. [degrees]
        method: `area`: the mean over a cell, weighted by what it shares with the raster's boxes; `bilinear` or `nearest`: the
            value at the cell's centre.
    """

    values: npt.NDArray[np.floating]
    latitude: npt.ArrayLike
    longitude: npt.ArrayLike
    method: Method = "area"

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ConfigError("unknown way to bring a field to the cells", found=f"`{self.method}`", expected=listed(METHODS))
        raster = np.size(self.latitude), np.size(self.longitude)
        if self.values.ndim not in (3, 4) or self.values.shape[-2:] != raster or 0 in raster:
            raise ShapeError(
                "the field does not fit its raster",
                found=f"values {self.values.shape}",
                expected=f"(time, {raster[0]}, {raster[1]})",
            )

    def on(self, grid: Grid, values: npt.NDArray[np.floating]) -> Float:
        """Return some of the values, (..., y, x), on the cells of a grid, shape (..., rows, columns).

        A missing value leaves the cell to those around it; NaN where nothing is known.

        Raises:
            PanelError: If the grid is a layout without coordinates.

        Example:
            >>> field = Field(np.array([[[1.0, 2.0], [3.0, 4.0]]]), [49.0, 47.0], [11.0, 13.0])
            >>> field.on(Grid.of([50.0, 46.0], [10.0, 14.0], 2), field.values)[0, 1].tolist()
            [3.0, 4.0]
        """
        rows, columns = (each.astype(np.float32) for each in self.weights(grid))
        known = np.isfinite(values)
        total = rows @ np.where(known, values, 0).astype(np.float32) @ columns.T
        share = rows @ known.astype(np.float32) @ columns.T
        mean: Float = np.where(share > TRACE, total / np.maximum(share, TRACE), np.float32(np.nan))
        return mean

    def weights(self, grid: Grid) -> tuple[Floats, Floats]:
        """Return what share each raster latitude has in each row, (rows, y), and each longitude in each column, (columns, x).

        The shares of a row add up to 1, or to 0 where the row lies beyond the raster.

        Raises:
            PanelError: If the grid is a layout without coordinates.
        """
        if not grid.on_earth:
            raise PanelError(
                "a weather field needs places with coordinates",
                found="a layout learned from readings",
                expected="`latitude` and `longitude` of each place",
                hint="pass the weather of each place, shape (time, location), instead",
            )
        middle = (grid.x_edges[0] + grid.x_edges[-1]) / 2
        longitude = middle - 180 + np.mod(np.asarray(self.longitude, dtype=np.float64) - middle + 180, 360)
        latitude = np.asarray(self.latitude, dtype=np.float64)
        if self.method == "area":  # parallels cut an area as their sines do
            rows = _shares(_sines(grid.y_edges[::-1]), latitude, _sines)[::-1]
            return rows, _shares(grid.x_edges, longitude, lambda edges: edges)
        pick = _between if self.method == "bilinear" else _nearest
        return pick(_centres(grid.y_edges), latitude), pick(_centres(grid.x_edges), longitude)


def _shares(edges: Floats, points: Floats, measure: Callable[[Floats], Floats]) -> Floats:
    """Return how much of each cell between ascending edges is in the box of each point, shape (cells, points)."""
    order = np.argsort(points, kind="stable")
    bounds = measure(_bounds(points[order]))
    shared = np.minimum(edges[1:, None], bounds[1:]) - np.maximum(edges[:-1, None], bounds[:-1])
    shares = np.zeros((len(edges) - 1, len(points)))
    shares[:, order] = np.maximum(shared, 0)
    total = shares.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(shares, total, out=np.zeros_like(shares), where=total > 0))


def _between(centres: Floats, points: Floats) -> Floats:
    """Return the weights of the two points around each centre, shape (cells, points)."""
    order = np.argsort(points, kind="stable")
    place = np.interp(centres, points[order], np.arange(len(points)))
    weights = np.zeros((len(centres), len(points)))
    weights[:, order] = np.maximum(0, 1 - np.abs(place[:, None] - np.arange(len(points))))
    return np.asarray(weights * _covered(centres, points[order]))


def _nearest(centres: Floats, points: Floats) -> Floats:
    """Return 1 for the point nearest to each centre, the first of two as near, shape (cells, points)."""
    weights = np.zeros((len(centres), len(points)))
    weights[np.arange(len(centres)), np.argmin(np.abs(centres[:, None] - points), axis=1)] = 1
    return weights * _covered(centres, np.sort(points))


def _covered(centres: Floats, points: Floats) -> npt.NDArray[np.bool_]:
    bounds = _bounds(points)
    covered: npt.NDArray[np.bool_] = (centres >= bounds[0]) & (centres <= bounds[-1])
    return covered[:, None]


def _bounds(points: Floats) -> Floats:
    """Return the ends of the boxes around ascending points: half-way to the next one; a lone point stands for all."""
    if len(points) == 1:
        return np.array([points[0] - 180, points[0] + 180])
    half = np.diff(points) / 2
    return np.concatenate([[points[0] - half[0]], points[:-1] + half, [points[-1] + half[-1]]])


def _sines(latitude: Floats) -> Floats:
    return np.asarray(np.sin(np.radians(np.clip(latitude, -90, 90))))


def _centres(edges: Floats) -> Floats:
    return np.asarray((edges[:-1] + edges[1:]) / 2)
