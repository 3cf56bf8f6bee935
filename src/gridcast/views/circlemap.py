"""Places as circles on the map: the larger the more, and coloured by what goes up or down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import TwoSlopeNorm

from gridcast.raster import Grid
from gridcast.views import style
from gridcast.views.cells import cell_edges, draw_cells, legend_below, mark
from gridcast.views.labels import label_places

LARGEST = 420.0  # area of the largest circle [square points]
NAMED = 6
FAINT = 0.02  # of the largest, up to which a circle is not named
STAR = 7.0  # radius of the star [points]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Around:
    """The places on the map.

    Attributes:
        grid: Of the network.
        y: Of each place, as in the grid, shape (N,).
        x: Likewise.
        names: Shape (N,).
        target: The place whose forecast it is; empty for the sum of all.
        unit: Of the forecast.
    """

    grid: Grid
    y: Floats
    x: Floats
    names: tuple[str, ...]
    target: str
    unit: str


@dataclass(frozen=True)
class Circles:
    """What is drawn of each place.

    Attributes:
        size: Of its circle, NaN for none, shape (N,).
        change: What colours it, shape (N,).
        most: The size of the largest circle, which other maps beside it may share.
        means: What a size says, above the legend.
        bar: What the colour says, with its unit.
        shown: How a size is written.
    """

    size: Floats
    change: Floats
    most: float
    means: str
    bar: str
    shown: Callable[[float], str]


def moving(size: Floats, change: Floats, most: float, unit: str) -> Circles:
    """Return circles that say how far something moves a forecast; arguments as the attributes of `Circles`, in the unit."""

    def shown(value: float) -> str:
        return f"{style.number(value)} {unit}".rstrip()

    return Circles(size, change, most, "moves it, either way, by", style.with_unit("lifts or lowers it, on average", unit), shown)


def draw_circles(axes: Axes, around: Around, circles: Circles, title: str) -> Floats:
    """Draw the cells, the circles and the legends; return the radius of each place's mark, shape (N,). [points]"""
    x, y = around.x, around.y
    asked = np.flatnonzero(np.isfinite(circles.size))
    draw_cells(axes, around.grid, cell_edges(around.grid), title)
    axes.set_anchor("N")
    limit = float(np.abs(circles.change[asked]).max()) or 1.0
    colours = ScalarMappable(TwoSlopeNorm(0, -limit, limit), "PuOr_r")
    areas = LARGEST * np.nan_to_num(circles.size) / circles.most
    fill = colours.to_rgba(circles.change[asked])
    axes.scatter(x[asked], y[asked], s=areas[asked], c=fill, edgecolors=style.INK, linewidths=0.7, zorder=3)
    axes.scatter(x, y, s=5, color=style.INK, linewidths=0, zorder=4)
    own = [around.names.index(around.target)] if around.target else []
    axes.scatter(x[own], y[own], s=190, marker="*", color=style.VERMILION, edgecolors=style.INK, linewidths=0.8, zorder=5)
    handles = {circles.shown(circles.most * share): mark("o", float(np.sqrt(LARGEST * share)), "#FFFFFF") for share in (1, 0.25)}
    legend_below(axes, handles, circles.means)
    if own:
        legend_below(axes, {"the place that is forecast": mark("*", 13, style.VERMILION)}, side="right")
    bar = axes.get_figure(root=True).colorbar(colours, cax=axes.inset_axes((1.02, 0, 0.03, 1)))  # type: ignore[union-attr]
    bar.set_label(circles.bar)
    radii: Floats = np.sqrt(areas) / 2
    radii[own] = STAR
    return radii


def name_circles(axes: Axes, around: Around, circles: Circles, radii: Floats) -> None:
    """Name the place that is forecast, and the largest circles; when all else has its place."""
    sizes = np.nan_to_num(circles.size)
    largest = [int(place) for place in np.argsort(-sizes, kind="stable")[:NAMED] if sizes[place] > FAINT * circles.most]
    own = [around.names.index(around.target)] if around.target else []
    with style.any_letters():
        named = {place: around.names[place] for place in [*own, *largest]}
        label_places(axes, np.column_stack([around.x, around.y]), radii, named)
