"""The cells of a grid as the ground of a map."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import ScaledTranslation

from gridcast.raster import Grid
from gridcast.views import style

Edges = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]

CLASSES = {"1": 1, "2": 2, "3 to 5": 3, "6 or more": 6}  # places in a cell: the least of each class
SHADES = ListedColormap(["#FFFFFF", "#E6ECF2", "#D0DAE4", "#B4C2D0", "#93A5B8"])  # none, and the classes
MARGIN = 0.05  # around the grid, as a share of its longer side
BELOW = 22  # from a map down to its legends [points]
BESIDE = 2.8  # from the left edge of a map to the second legend below it [inches]
MAP_WIDTH = 5.5  # about, with its axis and a colour bar beside it [inches]


def cell_edges(grid: Grid) -> Edges:
    """Return the edges of the columns from west to east and of the rows from north to south, in degrees or as the layout.

    Example:
        >>> columns, rows = cell_edges(Grid.of([50.0, 40.0], [10.0, 20.0], 2))
        >>> columns.round(2).tolist(), rows.round(2).tolist()  # rows cover equal areas: there is less of the earth in the north
        ([10.0, 15.0, 20.0], [50.0, 44.78, 40.0])
    """
    return grid.x_edges, grid.y_edges


def map_height(grid: Grid, extra: float, width: float = MAP_WIDTH) -> float:
    """Return how high a figure has to be, in inches, with something extra for the title and legends."""
    (west, east), (south, north) = frame(grid)
    ratio = (north - south) / (east - west) * _stretch(grid)
    return float(np.clip(width * ratio, 0.4 * width, 1.2 * width)) + extra


def cell_centres(grid: Grid) -> npt.NDArray[np.float64]:
    """Return x and y of the middle of each place's cell, shape (N, 2).

    Example:
        >>> cell_centres(Grid.of_layout([0.0, 1.0], [0.0, 1.0], 2)).tolist()
        [[0.25, 0.25], [0.75, 0.75]]
    """
    columns, rows = ((cuts[:-1] + cuts[1:]) / 2 for cuts in cell_edges(grid))
    return np.column_stack([columns[grid.cells[:, 1]], rows[grid.cells[:, 0]]])


def draw_ways(axes: Axes, grid: Grid, chosen: npt.NDArray[np.bool_], colour: str, width: float) -> None:
    """Draw a line from each of the chosen places to the middle of its cell."""
    places = np.column_stack([grid.x, grid.y])
    ways = np.stack([places, cell_centres(grid)], axis=1)[chosen]
    axes.add_collection(LineCollection(list(ways), colors=colour, linewidths=width, zorder=2), autolim=False)


def cell_counts(grid: Grid) -> npt.NDArray[np.intp]:
    """Return how many places are in each cell, shape (rows, columns).

    Example:
        >>> cell_counts(Grid.of([50.0, 40.0, 40.0], [10.0, 20.0, 20.0], 2)).tolist()
        [[1, 0], [0, 2]]
    """
    return np.bincount(grid.flat, minlength=grid.rows * grid.columns).reshape(grid.shape)


def cell_legend(grid: Grid) -> dict[str, Patch]:
    """Return a patch for each class of cells that occurs, by its text."""
    counts = cell_counts(grid)
    ends = [*list(CLASSES.values())[1:], np.inf]
    return {
        text: Patch(facecolor=SHADES(order + 1), edgecolor=style.GREY, linewidth=0.5)
        for order, ((text, least), end) in enumerate(zip(CLASSES.items(), ends, strict=True))
        if ((counts >= least) & (counts < end)).any()
    }


def draw_cells(axes: Axes, grid: Grid, edges: Edges, title: str) -> None:
    """Draw the cells, darker the more places are in them, on axes of the ground."""
    norm = BoundaryNorm([0, *CLASSES.values(), np.inf], SHADES.N)
    columns, rows = edges
    axes.pcolormesh(columns, rows, cell_counts(grid), cmap=SHADES, norm=norm, edgecolors=style.PALE, linewidth=0.5, zorder=0)
    draw_ground(axes, grid, title)


def draw_ground(axes: Axes, grid: Grid, title: str, ticks: int = 6) -> None:
    """Set axes up in degrees, or without numbers for a learned layout, on which distances are alike both ways."""
    style.dressed(axes, title).grid(False)
    across, up = frame(grid)
    axes.set(xlim=across, ylim=up, aspect=_stretch(grid))
    if not grid.on_earth:
        axes.set(xticks=[], yticks=[])
        return
    for axis, (above, below) in ((axes.xaxis, "EW"), (axes.yaxis, "NS")):
        axis.set_major_locator(MaxNLocator(ticks, steps=[1, 2, 5, 10]))
        axis.set_major_formatter(FuncFormatter(lambda value, _, a=above, b=below: _degrees(value, a, b)))


def mark(marker: str, size: float, colour: str, alpha: float = 1.0) -> Line2D:
    """Return a mark for a legend, of a diameter in points, with a dark edge unless it is see-through."""
    edge = colour if alpha < 1 or marker == "x" else style.INK
    look = {"markerfacecolor": colour, "markeredgecolor": edge, "markersize": size, "alpha": alpha}
    return Line2D([], [], linestyle="", marker=marker, **look)  # type: ignore[arg-type]


def legend_below(axes: Axes, handles: Mapping[str, Artist], title: str = "", side: str = "left") -> None:
    """Add a legend in a column below the map, at its left edge or so far to the right of it that one at the left has room."""
    left = 0.0 if side == "left" else BESIDE
    legend = Legend(
        axes,
        list(handles.values()),
        [style.literal(text) for text in handles],
        title=title or None,
        loc="upper left",
        bbox_to_anchor=(0, 0),
        bbox_transform=axes.transAxes + ScaledTranslation(left, -BELOW / 72, axes.figure.dpi_scale_trans),
        frameon=False,
        fontsize=10,
        alignment="left",
        labelspacing=0.9 if title else 0.5,  # a large mark is not to touch the title
    )
    axes.add_artist(legend)
    legend.set_clip_on(False)  # else the layout makes no room for it


def frame(grid: Grid) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the ends of the map across and up: the grid, with the same distance free on all sides."""
    columns, rows = cell_edges(grid)
    free = MARGIN * max((columns[-1] - columns[0]) / _stretch(grid), rows[0] - rows[-1])
    across = free * _stretch(grid)
    return (columns[0] - across, columns[-1] + across), (rows[-1] - free, rows[0] + free)


def _stretch(grid: Grid) -> float:
    """Return how much longer a degree of latitude is than one of longitude, in the middle of the grid; 1 in a learned layout."""
    middle = (grid.y_edges[0] + grid.y_edges[-1]) / 2
    return 1 / max(0.1, float(np.cos(np.radians(middle)))) if grid.on_earth else 1.0


def _degrees(value: float, above: str, below: str) -> str:
    """Return degrees with the quarter of the sky.

    Example:
        >>> _degrees(-80, "E", "W"), _degrees(190, "E", "W"), _degrees(0, "N", "S")
        ('80°W', '170°W', '0°')
    """
    value = round((value + 180) % 360 - 180, 6)
    return f"{abs(value):g}°{above if value > 0 else below if value < 0 else ''}"
