"""What the CNN sees: the channels of a frame at an issue time, and how places got to their cells."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import MaxNLocator

from gridcast.clock import utc
from gridcast.errors import ShapeError, counted
from gridcast.layout import Field, Grid
from gridcast.raster import Channel, Frames
from gridcast.views import style
from gridcast.views.cells import cell_edges, cell_legend, draw_cells, draw_ground, draw_ways, legend_below, map_height, mark
from gridcast.views.labels import label_places

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

ACROSS = 4  # channels beside each other
WIDTH = 2.5  # of a channel's map [inches]
ROBUST = (2, 98)  # percentiles between which the colours run
TALLEST = 6.5  # a map of places [inches]
MANY = 20  # values from which on the colours leave out the extremes
EMPTY: dict[str, Any] = {"facecolor": "#E6E6E6", "linewidth": 0}
UNKNOWN: dict[str, Any] = {"facecolor": "white", "edgecolor": style.GREY, "hatch": "//////", "linewidth": 0.4}
WHOLE = {  # titles and labels of channels that are not of one unit
    "places": ("places in the cell", "relative to the mean"),
    "mask": ("mask: is there a place?", "0 no, 1 yes"),
    "known": ("known: is there a value?", "share known"),
}


class Look(NamedTuple):
    """How a channel is drawn: its title, the label of its colours, and what it shares them with."""

    title: str
    label: str
    scale: tuple[str, str]


def plot_frames(
    frames: Frames,
    issue_time: str | pd.Timestamp | None = None,
    *,
    title: str = "",
    path: str | os.PathLike[str] | None = None,
) -> Figure:
    """Return a map of each channel of the frame of an issue time: what the CNN sees of the places then.

    Cells without a place are grey; cells whose places have no value then are hatched, as the network reads 0 there. Channels of
    one kind have one scale.

    Args:
        frames: Frames with a time, or a static frame.
        issue_time: One of the times of the frames; the last without it.
        title: Stands above everything, before the issue time, and that there was no reading in the day before it, if so.
        path: Where to save the figure (.png, .svg or .pdf). An older file is replaced at the very end.

    Raises:
        ShapeError: If there is no frame for the issue time.
        FileError: If the file can't be written, or its suffix is another.
    """
    frame, when = _chosen(frames, issue_time)
    layers = frames.layers
    occupied = frame[..., [layer.part for layer in layers].index("mask")] > 0
    looks = [_look(frames, layer) for layer in layers]
    scales = {scale: _scale(frame[..., [look.scale == scale for look in looks]], scale) for scale in {look.scale for look in looks}}
    across, down = min(ACROSS, len(layers)), -(-len(layers) // ACROSS)
    size = across * (WIDTH + 1.2), down * map_height(frames.grid, 0.75, WIDTH) + 1.0
    figure = style.new_figure(*size, ", ".join(text for text in (title, when) if text))
    grids = np.atleast_1d(figure.subplots(down, across)).ravel()
    for number, (axes, layer, look) in enumerate(zip(grids, layers, looks, strict=False)):
        inside = np.ones_like(occupied) if layer.part in ("places", "mask") or _is_field(frames, layer) else occupied
        _draw_channel(axes, frames.grid, np.where(inside, frame[..., number], np.nan), look, scales[look.scale])
        _hatch(axes, frames.grid, inside & np.isnan(frame[..., number]))
    for axes in grids[len(layers) :]:
        axes.set_visible(False)
    figure.legend(handles=_key(), loc="outside lower left", ncols=2, frameon=False, fontsize=10)
    if path is not None:
        style.save(figure, path)
    return figure


def plot_layout(grid: Grid, names: Sequence[str], *, title: str = "", path: str | os.PathLike[str] | None = None) -> Figure:
    """Return a map of the places where they are, with lines to the middle of their cells.

    Those that were moved to a free cell are marked. Places at one point have one label. Names are left out where there is no room.

    Args:
        grid: Where the places are; by coordinates, or as learned from their readings.
        names: Of the places, shape (N,).
        title: Stands above everything.
        path: Where to save the figure (.png, .svg or .pdf). An older file is replaced at the very end.

    Raises:
        ShapeError: If there is not one name a place.
        FileError: If the file can't be written, or its suffix is another.
    """
    if len(names) != len(grid.cells):
        raise ShapeError(
            "one name a place", found=f"{counted(len(names), 'name')}, {counted(len(grid.cells), 'place')} on the grid"
        )
    figure = style.new_figure(9.0, min(map_height(grid, 0, 8.0), TALLEST) + (1.9 if title else 1.5), title)
    axes = figure.subplots()
    kind = "by their coordinates" if grid.on_earth else "laid out by their readings"
    occupied = counted(len(np.unique(grid.flat)), "cell")
    draw_cells(
        axes, grid, cell_edges(grid), f"{counted(names, 'place')} {kind}, in {occupied} of the {grid.rows} × {grid.columns} grid"
    )
    moved = grid.moved
    draw_ways(axes, grid, ~moved, style.GREY, 0.7)
    draw_ways(axes, grid, moved, style.VERMILION, 1.4)
    for chosen, colour, marker in ((~moved, style.BLUE, "o"), (moved, style.VERMILION, "D")):
        axes.scatter(grid.x[chosen], grid.y[chosen], s=26, color=colour, marker=marker, linewidths=0, zorder=3)
    handles = {f"in the cell it lies in: {counted(int((~moved).sum()), 'place')}": mark("o", 5, style.BLUE)}
    if moved.any():
        handles[f"moved to a free cell: {counted(int(moved.sum()), 'place')}"] = mark("D", 5, style.VERMILION)
    legend_below(axes, handles)
    legend_below(axes, cell_legend(grid), "places in a cell", side="right")
    with style.any_letters():
        label_places(axes, np.column_stack([grid.x, grid.y]), np.full(len(names), 2.5), _labels(grid, names))
    if path is not None:
        style.save(figure, path)
    return figure


def _labels(grid: Grid, names: Sequence[str]) -> dict[int, str]:
    """Return the label of one place at each point, the moved ones first."""
    points: dict[tuple[float, float], list[int]] = {}
    for place in sorted(range(len(names)), key=lambda place: (not grid.moved[place], place)):
        points.setdefault((float(grid.x[place]), float(grid.y[place])), []).append(place)
    return {places[0]: ", ".join(str(names[place]) for place in places) for places in points.values()}


def _chosen(frames: Frames, issue_time: str | pd.Timestamp | None) -> tuple[Floats, str]:
    """Return the frame (G, G, C) of an issue time, NaN where nothing is known, and the time in words."""
    if frames.times is None:
        return frames.with_gaps().astype(np.float64), ""
    when = frames.times[-1] if issue_time is None else utc(issue_time)
    (row,) = frames.positions(pd.DatetimeIndex([when]))
    frame = frames.with_gaps([row])[0]
    unread = np.isnan(frames.values[max(row + 1 - frames.day, 0) : row + 1]).all()
    return frame.astype(np.float64), f"as known at {when:%Y-%m-%d %H:%M} UTC{', no reading in the last day' if unread else ''}"


def _is_field(frames: Frames, layer: Channel) -> bool:
    return isinstance({**frames.observed, **frames.ahead}.get(layer.variable), Field)


def _look(frames: Frames, layer: Channel) -> Look:
    """Return how a channel is drawn."""
    if layer.part in WHOLE:
        title, label = WHOLE[layer.part]
        own = "" if layer.variable == "consumption" else f"{layer.variable} "
        when = f"\n{_span(layer.steps, 24 / frames.day)}" if layer.steps else ""
        return Look(f"{own}{title}{when}", label, ("", "places" if layer.part == "places" else "share"))
    unit = frames.units.get(layer.variable, "" if layer.variable == "consumption" else "scaled")
    is_change = layer.part == "change"
    when = "newest value" if layer.steps is None else _span(layer.steps, 24 / frames.day)
    title = f"{layer.variable}{', change on the week before' if is_change else ''}\n{when}"
    return Look(title, style.with_unit("change" if is_change else layer.variable, unit), (layer.variable, layer.part))


def _span(steps: tuple[int, int], hours: float) -> str:
    """Return steps from the issue row in words.

    Example:
        >>> _span((-24, -21), 1.0), _span((0, 24), 0.25)
        ('24 to 21 h ago', '0 to 6 h ahead')
    """
    first, last = (abs(step * hours) for step in steps)
    return f"{first:g} to {last:g} h {'ago' if steps[0] < 0 else 'ahead'}"


def _scale(values: Floats, scale: tuple[str, str]) -> ScalarMappable:
    """Return the colours of channels that share them, of many values without the extremes."""
    if scale == ("", "share"):
        return ScalarMappable(Normalize(0, 1), "Greens")
    known = values[np.isfinite(values)]
    low, high = np.percentile(known, ROBUST if len(known) >= MANY else (0, 100)) if len(known) else (0.0, 0.0)
    if scale[1] == "change" or low < 0:
        far = max(abs(low), abs(high)) or 1.0
        return ScalarMappable(Normalize(-far, far), "RdBu_r")
    if scale == ("", "places"):
        return ScalarMappable(Normalize(0, known.max(initial=1.0)), "Purples")
    return ScalarMappable(Normalize(low, high) if high > low else Normalize(low - 0.5, high + 0.5), style.dark_end("YlGnBu", 0.1))


def _draw_channel(axes: Axes, grid: Grid, values: Floats, look: Look, colours: ScalarMappable) -> None:
    """Draw the cells of a channel with the bar of its colours; cells without a value stay white."""
    draw_ground(axes, grid, "", ticks=4)
    axes.set_title(style.literal(look.title), loc="left", fontsize=9, color=style.INK)
    axes.tick_params(labelsize=8)
    columns, rows = cell_edges(grid)
    shades = np.ma.masked_invalid(values)
    mesh = axes.pcolormesh(columns, rows, shades, edgecolors="white", linewidth=0.4, zorder=1)
    mesh.set(norm=colours.norm, cmap=colours.cmap)
    axes.add_patch(_box(columns, rows, **EMPTY, zorder=0))
    bar = axes.figure.colorbar(
        colours,
        cax=axes.inset_axes((1.03, 0, 0.04, 1)),
        ticks=MaxNLocator(4),
        format=style.NUMBERS,
        extend=style.extend(values, colours),
    )
    bar.set_label(look.label, fontsize=8)
    bar.ax.tick_params(labelsize=8)


def _hatch(axes: Axes, grid: Grid, unknown: Mask) -> None:
    """Hatch the cells of which nothing is known."""
    columns, rows = cell_edges(grid)
    for row, column in np.argwhere(unknown):
        axes.add_patch(_box(columns[column : column + 2], rows[row : row + 2], **UNKNOWN, zorder=2))


def _box(columns: Floats, rows: Floats, **look: Any) -> Rectangle:
    corner = (float(columns[0]), float(rows[-1]))
    return Rectangle(corner, float(columns[-1] - columns[0]), float(rows[0] - rows[-1]), **look)


def _key() -> list[Patch]:
    return [
        Patch(**EMPTY, label="no place in the cell: the network reads 0"),
        Patch(**UNKNOWN, label="not known at this moment: the network reads 0"),
    ]
