"""Where the places of a panel stand for a fitted network: known by their number, or new, with what can be told of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from gridcast.clock import DAY, steps_in
from gridcast.layout import Grid
from gridcast.layout.learned import change_correlation
from gridcast.panel import Panel
from gridcast.samples.recipe import Recipe
from gridcast.scaling import Scaler

Float = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

ENOUGH = 3  # days of readings from which on a place has a scale of its own
NEIGHBOURS = 3  # places from which one without readings takes its scale
NOT_STATIC = ("latitude", "longitude", "time", "location")


@dataclass(frozen=True)
class Placing:
    """What a network knows its places by.

    Attributes:
        locations: Names of the places that it has learned, shape (N,).
        grid: Where they are.
        names: Of the numeric attributes.
        centre: Mean of each attribute and, last, of the logarithm of the scale, shape (S,).
        spread: Standard deviation of each, shape (S,).
    """

    locations: tuple[str, ...]
    grid: Grid
    names: tuple[str, ...]
    centre: Floats
    spread: Floats

    @classmethod
    def fit(cls, panel: Panel, grid: Grid, scaler: Scaler) -> Placing:
        """Return the placing of the places of a panel."""
        coords = panel.dataset.coords
        names = tuple(
            str(name)
            for name, coord in coords.items()
            if name not in NOT_STATIC and coord.dims == ("location",) and np.issubdtype(coord.dtype, np.number)
        )
        values = _attributes(panel, names, grid.y, grid.x, scaler)
        with np.errstate(all="ignore"):
            centre = np.nan_to_num(np.array([_mean(column) for column in values.T]))
            spread = np.array([np.nanstd(column) if np.isfinite(column).any() else 1.0 for column in values.T])
        return cls(panel.locations, grid, names, centre, np.where(spread > 0, spread, 1.0))

    def numbers(self, panel: Panel) -> npt.NDArray[np.int32]:
        """Return the number of each place of a panel, from 1 on; 0 for one that was not learned."""
        index = {name: number for number, name in enumerate(self.locations, 1)}
        return np.array([index.get(name, 0) for name in panel.locations], dtype=np.int32)

    def static(self, panel: Panel, y: Floats, x: Floats, scaler: Scaler) -> Float:
        """Return the scaled attributes of a panel's places, 0 where one is missing, shape (N, S)."""
        values = _attributes(panel, self.names, y, x, scaler)
        return np.clip(np.nan_to_num((values - self.centre) / self.spread), -3, 3).astype(np.float32)

    def cells(self, panel: Panel) -> tuple[npt.NDArray[np.int32], Floats, Floats]:
        """Return the cell, the y and the x of each place of a panel; a new one lies where its coordinates are.

        One without coordinates lies with the learned place whose readings change most like its own.
        """
        known = self.numbers(panel)
        grid = self.grid
        y, x = (np.where(known > 0, values[known - 1], np.nan) for values in (grid.y, grid.x))
        flat = np.where(known > 0, grid.flat[known - 1], -1)
        for place in np.flatnonzero(known == 0):
            if grid.on_earth and panel.has_coordinates and np.isfinite([c[place] for c in panel.coordinates]).all():
                latitude, longitude = (float(values[place]) for values in panel.coordinates)
                y[place], x[place] = latitude, _turned(longitude, grid)
                row = int(np.clip(np.searchsorted(-grid.y_edges, -y[place]) - 1, 0, grid.rows - 1))
                column = int(np.clip(np.searchsorted(grid.x_edges, x[place]) - 1, 0, grid.columns - 1))
                flat[place] = row * grid.columns + column
            else:
                like = self._like(panel, int(place))
                y[place], x[place], flat[place] = grid.y[like], grid.x[like], grid.flat[like]
        return flat.astype(np.int32), y, x

    def _like(self, panel: Panel, place: int) -> int:
        """Return which learned place changes most like a new one; the one in the middle where that can't be told."""
        week = steps_in(7 * DAY, panel.freq)
        known = np.flatnonzero(self.numbers(panel) > 0)
        if len(known) and panel.rows > week + 1:
            pair = np.append(known, place)
            names = [panel.locations[i] for i in pair]
            likeness = change_correlation(panel.consumption[:, pair], names, week=week, until_row=panel.rows)[-1, :-1]
            if likeness.max() > 0:
                return int(self.numbers(panel)[known[int(likeness.argmax())]]) - 1
        middle = (self.grid.y - self.grid.y.mean()) ** 2 + (self.grid.x - self.grid.x.mean()) ** 2
        return int(middle.argmin())


def recipe_for(recipe: Recipe, panel: Panel, placing: Placing) -> Recipe:
    """Return the recipe for the places of a panel: those that were learned keep their scale, new ones get one.

    A new place with three days of readings is scaled by these; another one like the mean of its three nearest places.
    """
    known = placing.numbers(panel)
    if panel.locations == recipe.scaler.locations:
        return recipe
    centre = np.where(known > 0, recipe.scaler.centre[known - 1], np.nan)
    scale = np.where(known > 0, recipe.scaler.scale[known - 1], np.nan)
    ratio = float(np.median(recipe.scaler.scale / np.maximum(np.abs(recipe.scaler.centre), 1e-9)))
    _, y, x = placing.cells(panel)
    for place in np.flatnonzero(known == 0):
        readings = panel.consumption[: panel.rows, place]
        readings = readings[np.isfinite(readings)].astype(np.float64)
        if len(readings) >= ENOUGH * recipe.lags.day and np.ptp(readings) > 0:
            centre[place] = np.median(readings)
            scale[place] = max(ratio * abs(centre[place]), 0.1 * np.ptp(readings))
        else:
            near = np.argsort((placing.grid.y - y[place]) ** 2 + (placing.grid.x - x[place]) ** 2)[:NEIGHBOURS]
            centre[place], scale[place] = recipe.scaler.centre[near].mean(), recipe.scaler.scale[near].mean()
    return replace(recipe, scaler=Scaler(centre, scale, panel.locations))


def _attributes(panel: Panel, names: tuple[str, ...], y: Floats, x: Floats, scaler: Scaler) -> Floats:
    """Return the attributes of places, shape (N, S): the numeric ones of the panel, where they are, and how large."""
    coords = panel.dataset.coords
    missing = np.full(len(panel.locations), np.nan)
    columns = [coords[name].values.astype(np.float64) if name in coords else missing for name in names]
    return np.column_stack([*columns, y, x, np.log(np.maximum(scaler.scale, 1e-9))])


def _turned(longitude: float, grid: Grid) -> float:
    """Return a longitude as many whole turns further as brings it nearest to the middle of the map. [degrees]"""
    middle = float(grid.x_edges[0] + grid.x_edges[-1]) / 2
    return longitude + 360.0 * round((middle - longitude) / 360)


def _mean(column: Floats) -> float:
    return float(np.nanmean(column)) if np.isfinite(column).any() else 0.0
