"""The places on the map: how much each consumes and which cell of the grid it is in, and how well it is forecast."""

from __future__ import annotations

import os
from textwrap import fill

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gridcast.errors import ShapeError, counted
from gridcast.panel import Panel
from gridcast.raster import Grid
from gridcast.views import style
from gridcast.views.cells import Edges, cell_counts, cell_edges, cell_legend, draw_cells, draw_ways, legend_below, map_height, mark
from gridcast.views.labels import label_places
from gridcast.views.scoremap import draw_scores, reference_name, scores_by_place

LARGEST = 500.0  # area of the largest place's circle [square points]
LABELLED = 10
WIDEST = 54  # letters of a title, so that it ends before the next map begins

Floats = npt.NDArray[np.float64]


def plot_map(
    panel: Panel,
    grid: Grid,
    scores: pd.DataFrame | None = None,
    *,
    title: str = "",
    path: str | os.PathLike[str] | None = None,
) -> Figure:
    """Return a map of the places and the grid's cells, and beside it one of the scores by place.

    A cell is the darker the more places are in it: the CNN can't tell those apart. A line leads from a place that was moved to a
    free cell to the middle of that cell. The ten largest places are named, as
    far as there is room.

    Args:
        panel: The readings; a circle's area is proportional to a place's mean consumption.
        grid: Where the panel's places are.
        scores: The table of `gridcast.evaluation.evaluate`; the colour is the nMAE of `hybrid`, or else of the first
            model, and a triangle marks a place at which the naive forecast is better (skill below 0).
        title: Stands above everything.
        path: Where to save the figure (.png, .svg or .pdf). An older file is replaced at the very end.

    Raises:
        ShapeError: If the grid does not hold the panel's places, or the scores hold none of them or lack a column.
        FileError: If the file can't be written, or its suffix is another.
    """
    _require_same_places(panel, grid)
    by_place = None if scores is None else scores_by_place(scores, panel.locations)
    edges = cell_edges(grid)
    maps = 1 if by_place is None else 2
    figure = style.new_figure(6.4 * maps + 0.4 * (maps - 1), map_height(grid, extra=2.3 if title else 1.9), title)
    axes = np.atleast_1d(figure.subplots(1, maps))
    mean = pd.DataFrame(panel.consumption).mean().abs().to_numpy(dtype=np.float64)
    _draw_consumption(axes[0], grid, edges, mean, panel.unit)
    if scores is not None and by_place is not None:
        draw_scores(axes[1], grid, edges, by_place, reference_name(scores))
    largest = [place for place in np.argsort(-np.nan_to_num(mean), kind="stable")[:LABELLED] if mean[place] > 0]
    names = {int(place): panel.locations[place] for place in largest}
    with style.any_letters():
        label_places(axes[0], np.column_stack([grid.x, grid.y]), np.sqrt(_areas(mean)) / 2, names)
    if path is not None:
        style.save(figure, path)
    return figure


def _require_same_places(panel: Panel, grid: Grid) -> None:
    if len(grid.cells) != len(panel.locations):
        raise ShapeError(
            "the grid is not that of the panel's places",
            found=f"{counted(len(grid.cells), 'place')} on the grid, {counted(panel.locations, 'place')} in the panel",
            expected="`panel_grid(panel, grid_size)`",
        )


def _areas(mean: Floats) -> Floats:
    """Return the area of each place's circle in square points."""
    known = np.nan_to_num(mean)
    return LARGEST * known / (known.max() or 1)


def _draw_consumption(axes: Axes, grid: Grid, edges: Edges, mean: Floats, unit: str) -> None:
    counts = cell_counts(grid)
    most = f", up to {counts.max()} in one" if counts.max() > 1 else ""
    moved = f", {grid.moved.sum()} moved (lines)" if grid.moved.any() else ""
    where = f"{counted(int((counts > 0).sum()), 'cell')} of the {grid.rows} × {grid.columns} grid"
    draw_cells(axes, grid, edges, fill(f"{counted(len(mean), 'place')} in {where}{most}{moved}", WIDEST))
    axes.scatter(
        grid.x,
        grid.y,
        s=_areas(mean),
        color=style.BLUE,
        alpha=0.45,
        linewidths=0.8,
        edgecolors=style.BLUE,
    )
    draw_ways(axes, grid, grid.moved, style.INK, 0.7)
    axes.scatter(grid.x, grid.y, s=5, color=style.INK, linewidths=0)
    sizes = _round_sizes(float(np.nan_to_num(mean).max()))
    circles = [mark("o", np.sqrt(LARGEST * size / np.nan_to_num(mean).max()), style.BLUE, 0.45) for size in sizes]
    if circles:
        texts = [f"{size:,.9g} {unit}".rstrip() for size in sizes]
        legend_below(axes, dict(zip(texts, circles, strict=True)), "mean consumption", side="left")
    legend_below(axes, cell_legend(grid), "places in a cell", side="right" if circles else "left")


def _round_sizes(largest: float) -> list[float]:
    """Return three sizes for the legend: the largest round one that occurs, a fifth and a 25th of it.

    Example:
        >>> _round_sizes(88_000)
        [50000.0, 10000.0, 2000.0]
    """
    if not largest > 0:
        return []
    power = 10.0 ** np.floor(np.log10(largest))
    top = float(power * max(step for step in (1, 2, 5) if step * power <= largest))
    return [top, top / 5, top / 25]
