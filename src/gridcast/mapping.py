"""What the network sees of the map: the places, their cells, and the frame of an issue time."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from gridcast.atomic import replacing
from gridcast.attaching import calendar_of
from gridcast.clock import utc
from gridcast.config import RunConfig
from gridcast.covariates import Covariates
from gridcast.errors import ConfigError, FileError, listed
from gridcast.forecasters.mapweather import map_weather
from gridcast.layout import Grid
from gridcast.loading import Listener, load, prepare, with_covariates
from gridcast.panel import Panel
from gridcast.raster import Frames, frames_in_time, panel_grid
from gridcast.views import style
from gridcast.views.frames import plot_frames, plot_layout
from gridcast.windows import fit_scaler


def draw_map(
    config: RunConfig,
    out: str | os.PathLike[str],
    *,
    issue_time: str | pd.Timestamp | None = None,
    overwrite: bool = False,
    listener: Listener | None = None,
) -> tuple[Path, Path]:
    """Draw the places with their cells, and what the CNN sees of them at an issue time; return the paths of both pictures.

    The second picture has the name of the first with `-seen` behind it.

    Args:
        config: Where readings, places and weather come from, and the size of the grid.
        out: The first picture (.png, .svg or .pdf).
        issue_time: In UTC; the end of the readings if None.
        overwrite: Whether pictures there may be replaced.
        listener: Who is told what was recognised.

    Raises:
        GridcastError: If the files can't be read, nothing was known at the issue time, or a picture can't be written.
    """
    listener = listener or Listener()
    paths = Path(out), Path(out).with_stem(f"{Path(out).stem}-seen")
    there = [path for path in paths if path.exists()]
    if there and not overwrite:
        raise FileError(f"{listed(there)} would be replaced", found="pictures", expected="a new name", hint="add `--overwrite`")
    style.require_format(out)
    loaded = load(config, listener)
    calendar_of(config, loaded.panel.locations).at(loaded.panel.times[:1])
    moment = _moment(issue_time, loaded.panel)
    panel = prepare(with_covariates(loaded, config, moment, listener), config, moment, listener).as_of(moment)
    frames = _frames(panel, config)
    listener.say(_shape_said(frames.grid, chosen=config.model.grid_size is not None))
    with replacing(paths[0]) as first, replacing(paths[1]) as second:
        plot_layout(frames.grid, panel.locations, path=first)
        plot_frames(frames, moment, path=second)
    return paths


def _shape_said(grid: Grid, *, chosen: bool) -> str:
    """Return how large the grid is, and what would do where somebody chose another one."""
    said = f"the grid has {grid.rows} x {grid.columns} cells"
    if not chosen:
        return f"{said}, as the places need"
    rows, columns = grid.suggested_shape()
    return f"{said}; on {rows} x {columns} few places would share one: `--grid-size {rows}x{columns}`"


def _moment(issue_time: str | pd.Timestamp | None, panel: Panel) -> pd.Timestamp:
    """Return the issue time on the clock of the panel."""
    if issue_time is None:
        return panel.end
    try:
        stamp = utc(issue_time)
    except ValueError as error:
        raise ConfigError(f"`{issue_time}` is no moment", found=str(issue_time), expected="such as `2017-11-26 06:00`") from error
    ticks = (min(stamp, panel.end) - panel.times[0]) // panel.freq
    return panel.times[0] + ticks * panel.freq


def _frames(panel: Panel, config: RunConfig) -> Frames:
    """Return frames as the hybrid draws them, scaled by all readings of the panel."""
    model = config.model
    grid = panel_grid(panel, model.grid_size, until=panel.end, axes=model.axes, collisions=model.collisions)
    weather = map_weather(panel, Covariates.fit(panel, None, panel.end), grid)
    scaler = fit_scaler(panel, panel.end)
    return frames_in_time(panel, grid, scaler, observed=weather, ahead=weather, horizon=config.task.horizon)
