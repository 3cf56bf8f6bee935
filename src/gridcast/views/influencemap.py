"""Where a forecast looks, on the map: how far each neighbour moves it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure

from gridcast.explain.influence import BOTH, LOAD, WEATHER
from gridcast.raster import Grid
from gridcast.views import style
from gridcast.views.cells import cell_edges, draw_cells, legend_below, map_height, mark
from gridcast.views.labels import label_places

LARGEST = 420.0  # area of the strongest neighbour's circle [square points]
NAMED = 6
FAINT = 0.02  # of the strongest, up to which a neighbour is not named
STAR = 7.0  # radius of the star [points]
TITLES = {BOTH: "what a place puts on the map", LOAD: "the load of a place", WEATHER: "the weather of a place"}

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


def plot_influence(table: pd.DataFrame, around: Around) -> Figure:
    """Return maps of the neighbours: the larger a circle, the further it moves the forecast; the colour tells up or down.

    Args:
        table: What `gridcast.explain.influence.influence` returned.
        around: Where the places are.
    """
    kinds = [kind for kind in (LOAD, WEATHER) if (table["kind"] == kind).any()] or [BOTH]
    title = f"Where the forecast looks: {around.target or 'all places'}"
    figure = style.new_figure(6.9 * len(kinds), map_height(around.grid, extra=1.65), title)
    drawn = table[table["kind"].isin(kinds)]
    most = float(drawn["size"].max()) or 1.0
    maps = np.atleast_1d(figure.subplots(1, len(kinds)))
    radii = [_draw(axes, drawn[drawn["kind"] == kind], around, TITLES[kind], most) for axes, kind in zip(maps, kinds, strict=True)]
    for axes, kind, sizes in zip(maps, kinds, radii, strict=True):  # when all else has its place
        _label(axes, drawn[(drawn["kind"] == kind) & (drawn["size"] > FAINT * most)], around, sizes)
    return figure


def _draw(axes: Axes, table: pd.DataFrame, around: Around, what: str, most: float) -> Floats:
    """Draw one kind of influence, `most` being the size of the largest circle; return the radius of each place's mark [points]."""
    x, y, names = around.x, around.y, around.names
    told = table.set_index("location").reindex(list(names))
    size, change = told["size"].to_numpy(dtype=np.float64), told["change"].to_numpy(dtype=np.float64)
    asked = np.flatnonzero(np.isfinite(size))
    draw_cells(axes, around.grid, cell_edges(around.grid), f"How far {what} moves the forecast")
    axes.set_anchor("N")
    limit = float(np.abs(change[asked]).max()) or 1.0
    colours = ScalarMappable(TwoSlopeNorm(0, -limit, limit), "PuOr_r")
    areas = LARGEST * np.nan_to_num(size) / most
    fill = colours.to_rgba(change[asked])
    axes.scatter(x[asked], y[asked], s=areas[asked], c=fill, edgecolors=style.INK, linewidths=0.7, zorder=3)
    axes.scatter(x, y, s=5, color=style.INK, linewidths=0, zorder=4)
    own = [names.index(around.target)] if around.target else []
    axes.scatter(x[own], y[own], s=190, marker="*", color=style.VERMILION, edgecolors=style.INK, linewidths=0.8, zorder=5)
    handles = {_sized(most * share, around.unit): mark("o", float(np.sqrt(LARGEST * share)), "#FFFFFF") for share in (1, 0.25)}
    legend_below(axes, handles, "moves it, either way, by")
    if own:
        legend_below(axes, {"the place that is forecast": mark("*", 13, style.VERMILION)}, side="right")
    bar = axes.get_figure(root=True).colorbar(colours, cax=axes.inset_axes((1.02, 0, 0.03, 1)))  # type: ignore[union-attr]
    bar.set_label(style.with_unit("lifts or lowers it, on average", around.unit))
    radii: Floats = np.sqrt(areas) / 2
    radii[own] = STAR
    return radii


def _label(axes: Axes, table: pd.DataFrame, around: Around, radii: Floats) -> None:
    """Name the place that is forecast, and the strongest neighbours."""
    named = [*([around.target] if around.target else []), *table.nlargest(NAMED, "size")["location"]]
    with style.any_letters():
        label_places(axes, np.column_stack([around.x, around.y]), radii, {around.names.index(name): name for name in named})


def _sized(value: float, unit: str) -> str:
    """Return a size with its unit."""
    return f"{style.number(value)} {unit}".rstrip()
