"""Where places are drawn: at their coordinates, or, where they have none, in the layout that their readings give."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.app.coast import Box
from gridcast.config import RunConfig
from gridcast.errors import GridcastError
from gridcast.panel import Panel
from gridcast.raster import Grid, panel_grid
from gridcast.sources.places import are_stations
from gridcast.sources.synthetic.world import generate_synthetic_spatial_data
from gridcast.sources.text.csvfile import read_places

Floats = npt.NDArray[np.float64]

NO_COORDINATES = "The places have no coordinates: those whose readings change alike lie near each other, and north means nothing."
IN_ORDER = "Nothing is known of where the places are: they are drawn in their order."
MARGIN = 0.12  # around the places, as a share of the longer side
LEAST = 0.5  # of that margin [degrees]
FLATTEST = 0.1  # least cosine of the latitude in the middle


@dataclass(frozen=True)
class Places:
    """Where places are drawn.

    Attributes:
        names: Shape (N,).
        x: Longitude, or x of a layout, shape (N,).
        y: Latitude, or y of a layout, shape (N,).
        on_earth: Whether `x` and `y` are degrees.
        note: What is to be said of it; empty where they are at their coordinates.
    """

    names: tuple[str, ...]
    x: Floats
    y: Floats
    on_earth: bool = True
    note: str = ""

    @property
    def box(self) -> Box:
        """What the map shows."""
        west, east, south, north = self.x.min(), self.x.max(), self.y.min(), self.y.max()
        wide = max(east - west, (north - south) / max(self.aspect, FLATTEST))
        room = max(MARGIN * wide, LEAST if self.on_earth else MARGIN)
        return Box(float(west - room), float(south - room), float(east + room), float(north + room))

    @property
    def aspect(self) -> float:
        """How long a degree of latitude is in degrees of longitude, in the middle of the places; 1 for a layout."""
        middle = float(self.y.min() + self.y.max()) / 2
        return 1 / max(float(np.cos(np.radians(middle))), FLATTEST) if self.on_earth else 1.0

    def only(self, names: Sequence[str]) -> Places:
        """Return those of some names, in their order; names that are not there are left out."""
        rows = [self.names.index(name) for name in names if name in self.names]
        return Places(tuple(self.names[row] for row in rows), self.x[rows], self.y[rows], self.on_earth, self.note)


def places_of_grid(grid: Grid, names: Sequence[str]) -> Places:
    """Return the places of a grid."""
    return Places(tuple(names), grid.x, grid.y, grid.on_earth, "" if grid.on_earth else NO_COORDINATES)


def places_of_panel(panel: Panel) -> Places:
    """Return the places of a panel."""
    if panel.has_coordinates and np.isfinite(panel.coordinates).all():
        latitude, longitude = panel.coordinates
        grid = Grid.of(latitude, longitude, 4)  # which keeps a region at the 180th meridian together
        return places_of_grid(grid, panel.locations)
    try:
        return places_of_grid(panel_grid(panel, None, until=panel.end), panel.locations)
    except GridcastError:
        return in_order(panel.locations)


def places_of_run(folder: Path, config: RunConfig, names: Sequence[str]) -> Places | None:
    """Return the places of a run, as its network or its table of places has them; None where neither tells.

    Args:
        folder: Of the run.
        config: Its settings.
        names: The places that are wanted.
    """
    found = _of_model(folder / "model") or _of_table(config)
    if found is None or not set(names) <= set(found.names):
        return None
    return found.only(names)


def in_order(names: Sequence[str]) -> Places:
    """Return places of which nothing is known, row by row.

    Example:
        >>> in_order(["A", "B", "C"]).x.tolist(), in_order(["A", "B", "C"]).y.tolist()
        ([0.0, 1.0, 0.0], [0.0, 0.0, -1.0])
    """
    side = max(int(np.ceil(np.sqrt(len(names)))), 1)
    at = np.arange(len(names))
    return Places(tuple(names), (at % side).astype(np.float64), (-(at // side)).astype(np.float64), False, IN_ORDER)


def _of_model(folder: Path) -> Places | None:
    """Return the places that a saved network has learned, without loading the network."""
    try:
        about = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        with np.load(folder / "model.npz", allow_pickle=False) as arrays:
            x, y = arrays["grid.x"].astype(np.float64), arrays["grid.y"].astype(np.float64)
        on_earth = bool(about["grid"]["on_earth"])
        return Places(tuple(about["locations"]), x, y, on_earth, "" if on_earth else NO_COORDINATES)
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return None


def _of_table(config: RunConfig) -> Places | None:
    """Return the places of the table that a configuration names, or of the synthetic world."""
    table = _table(config)
    if table is None or not {"latitude", "longitude"} <= set(table):
        return None
    if "kind" in table:
        table = table[~are_stations(table["kind"])]
    table = table.dropna(subset=["latitude", "longitude"])
    if table.empty:
        return None
    grid = Grid.of(table["latitude"].to_numpy(), table["longitude"].to_numpy(), 4)
    return places_of_grid(grid, [str(name) for name in table["id"]])


def _table(config: RunConfig) -> pd.DataFrame | None:
    if config.is_synthetic:
        return generate_synthetic_spatial_data(config.data.num_locations, seed=config.training.seed)
    try:
        return read_places(config.data.spatial).table if config.data.spatial else None
    except GridcastError:
        return None
