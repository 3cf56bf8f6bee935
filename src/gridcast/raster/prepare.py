"""From a panel, or a table of places, to its grid and its frames."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import numpy as np
import pandas as pd

from gridcast.clock import DAY, WEEK, steps_in, utc
from gridcast.errors import GridcastWarning, PanelError, listed
from gridcast.layout import Axes, Collisions, Grid, Size, fill_coordinates, layout_from_readings
from gridcast.panel import Panel, as_panel
from gridcast.raster.cells import Variables
from gridcast.raster.frames import Frames
from gridcast.scaling import Scaler

FINER = 2  # times as many rows and columns as keep two places in a cell, so that most are alone in theirs
FINEST = 32
CROWDED = 4.0  # mean number of places in an occupied cell above which a finer grid is suggested


def preprocess_spatial_data(
    data: Panel | pd.DataFrame,
    grid_size: Size | Grid,
    *,
    locations: pd.DataFrame | None = None,
    scaler: Scaler | None = None,
    observed: Variables | None = None,
    ahead: Variables | None = None,
    horizon: int = 0,
) -> Frames:
    """Return 2-D grid frames for the CNN: one static frame, or one frame a time where `data` has a time.

    Channels: mean consumption of a cell's places; the mean change of the last day against the week before in eight blocks
    (frames with a time only); how many places are in the cell, relative to the mean; 1 where there is a place, else 0; the share
    of the cell's places that have a reading (frames with a time only); and those of the variables: of an observed one its newest
    value, the change against the week before, and where it is known; of one known ahead four blocks of the horizon, as the change
    against the week before if it is observed too, and the share that is known. The frame of issue time t holds readings
    whose interval had ended by t.

    Args:
        data: A table of places (`id`, `latitude`, `longitude`, `mean_consumption`) for a static frame; a panel with coordinates,
            or a table of readings together with `locations`, for one frame a time.
        grid_size: Number of rows and columns, or both as (rows, columns); or a grid, such as `panel_grid` makes it.
        locations: The places of a table of readings.
        scaler: The scaler of the sequences, so that all places count alike; without it frames with a time are in the data's
            units. A static frame is relative to the mean of all places.
        observed: Variables to add, by name, on the clock of the panel; see `Frames`.
        ahead: Variables known ahead to add, by name; see `Frames`.
        horizon: Steps of the variables known ahead.

    Returns:
        Frames of shape (G, G, C) or (B, G, G, C), drawn when they are read.

    Raises:
        ConfigError: If the grid size is not above zero.
        PanelError: If coordinates or consumption are missing.
        ShapeError: If a variable does not fit the panel.
    """
    if isinstance(data, Panel) or "timestamp" in data:
        panel = as_panel(data, locations)
        grid = grid_size if isinstance(grid_size, Grid) else panel_grid(panel, grid_size)
        frames = frames_in_time(panel, grid, scaler, observed=observed, ahead=ahead, horizon=horizon)
    else:
        frames = _static_frame(data, grid_size)
    return frames


def frames_in_time(
    panel: Panel,
    grid: Grid,
    scaler: Scaler | None = None,
    *,
    observed: Variables | None = None,
    ahead: Variables | None = None,
    horizon: int = 0,
    units: Mapping[str, str] | None = None,
) -> Frames:
    """Return one frame for each issue time at which the panel has a new reading, on a grid that is settled already.

    Variables, their horizon and their units are as in `Frames`; the other arguments as in `preprocess_spatial_data`.
    """
    values = panel.consumption if scaler is None else scaler.transform(panel.consumption).astype(np.float32)
    unit = panel.unit if scaler is None else "scaled"
    return Frames(
        grid,
        values,
        panel.times + panel.freq,
        steps_in(DAY, panel.freq),
        steps_in(WEEK, panel.freq),
        observed=observed or {},
        ahead=ahead or {},
        horizon=horizon,
        units={"consumption": unit, **(units or {})},
    )


def panel_grid(
    panel: Panel,
    grid_size: Size | None = None,
    *,
    until: str | pd.Timestamp | None = None,
    axes: Axes = "equal",
    collisions: Collisions = "spread",
) -> Grid:
    """Return the grid of a panel's places: by their coordinates, or, without any, by what they did until a moment.

    Args:
        panel: The places. If some have no coordinates, they are put between those that change most like them, with a warning.
        grid_size: Number of rows and columns, or both; by default a grid on which few places share a cell.
        until: The end of the training part; needed where coordinates are missing. Later readings are not looked at.
        axes: As in `Grid.of`.
        collisions: As in `Grid.of`.

    Raises:
        ConfigError: If the grid size is not above zero, or a choice is unknown.
        PanelError: If coordinates are missing and `until` is not given, or the readings until then are too few.
    """
    if grid_size is None:
        rows, columns = _grid(panel, 1, until, axes, "share").suggested_shape()
        grid_size = min(FINER * rows, FINEST), min(FINER * columns, FINEST)
    grid = _grid(panel, grid_size, until, axes, collisions)
    _warn_if_crowded(grid)
    return grid


def _grid(panel: Panel, grid_size: Size, until: str | pd.Timestamp | None, axes: Axes, collisions: Collisions) -> Grid:
    none = np.full(len(panel.locations), np.nan)
    latitude, longitude = panel.coordinates if panel.has_coordinates else (none, none)
    lost = ~(np.isfinite(latitude) & np.isfinite(longitude))
    if not lost.any():
        return Grid.of(latitude, longitude, grid_size, axes=axes, collisions=collisions)
    if until is None:
        raise PanelError(
            f"the places have no coordinates: {int(lost.sum())} of {len(lost)}",
            found=listed(np.asarray(panel.locations)[lost]),
            expected="`latitude` and `longitude` of each place",
            hint="lay them out by their readings: `panel_grid(panel, grid_size, until=END_OF_TRAINING)`",
        )
    week, until_row = steps_in(WEEK, panel.freq), int(panel.times.searchsorted(utc(until) - panel.freq, side="right"))
    if lost.all():
        x, y = layout_from_readings(panel.consumption, panel.locations, week=week, until_row=until_row)
        return Grid.of_layout(x, y, grid_size, axes=axes, collisions=collisions)
    filled = fill_coordinates(latitude, longitude, panel.consumption, panel.locations, week=week, until_row=until_row)
    return Grid.of(*filled, grid_size, axes=axes, collisions=collisions)


def _static_frame(places: pd.DataFrame, grid_size: Size | Grid) -> Frames:
    needed = ("latitude", "longitude", "mean_consumption")
    missing = [name for name in needed if name not in places]
    if missing:
        raise PanelError(
            f"the table of places lacks {listed(missing)}",
            found=listed(places.columns, 12),
            expected=listed(needed),
            hint="pass the readings instead (`preprocess_spatial_data(temporal, grid_size, locations=spatial)`)",
        )
    mean = places["mean_consumption"].to_numpy(dtype=np.float32)
    grid = grid_size if isinstance(grid_size, Grid) else Grid.of(places["latitude"], places["longitude"], grid_size)
    _warn_if_crowded(grid)
    return Frames(grid, (mean / (np.nanmean(np.abs(mean)) or 1)).astype(np.float32))


def _warn_if_crowded(grid: Grid) -> None:
    if grid.crowding > CROWDED:
        rows, columns = grid.suggested_shape()
        warnings.warn(
            f"{len(grid.cells)} places share {len(np.unique(grid.flat))} cells of the {grid.rows} x {grid.columns} grid, and the "
            f"CNN can't tell places in one cell apart; try a finer one: `--grid-size {rows}x{columns}`",
            GridcastWarning,
            stacklevel=3,
        )
