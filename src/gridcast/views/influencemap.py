"""Where a forecast looks, on the map: how far each neighbour moves it."""

from __future__ import annotations

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
TITLES = {BOTH: "what a neighbour puts on the map", LOAD: "its load", WEATHER: "its weather"}

Floats = npt.NDArray[np.float64]


def plot_influence(
    table: pd.DataFrame, grid: Grid, where: tuple[Floats, Floats], names: tuple[str, ...], *, target: str, unit: str, title: str
) -> Figure:
    """Return maps of the neighbours: the larger a circle, the further it moves the forecast; the colour tells up or down.

    Args:
        table: What `gridcast.explain.influence.influence` returned.
        grid: Of the network.
        where: y and x of each place, shape (N,) each.
        names: Of the places, shape (N,).
        target: The place whose forecast it is; empty for the sum of all.
        unit: Of the forecast.
        title: Stands above everything.
    """
    kinds = [kind for kind in (LOAD, WEATHER) if (table["kind"] == kind).any()] or [BOTH]
    figure = style.new_figure(6.9 * len(kinds), map_height(grid, extra=2.4), title)
    most = float(table["size"].max()) or 1.0
    for axes, kind in zip(np.atleast_1d(figure.subplots(1, len(kinds))), kinds, strict=True):
        _draw(axes, table[table["kind"] == kind], grid, where, names, target=target, kind=kind, most=most, unit=unit)
    return figure


def _draw(
    axes: Axes,
    table: pd.DataFrame,
    grid: Grid,
    where: tuple[Floats, Floats],
    names: tuple[str, ...],
    *,
    target: str,
    kind: str,
    most: float,
    unit: str,
) -> None:
    """Draw one kind of influence."""
    y, x = where
    told = table.set_index("location").reindex(list(names))
    size, change = told["size"].to_numpy(dtype=np.float64), told["change"].to_numpy(dtype=np.float64)
    asked = np.flatnonzero(np.isfinite(size))
    draw_cells(axes, grid, cell_edges(grid), f"How far {TITLES[kind]} moves the forecast")
    limit = float(np.nanmax(np.abs(change))) if len(asked) and np.nanmax(np.abs(change)) > 0 else 1.0
    colours = ScalarMappable(TwoSlopeNorm(0, -limit, limit), "PuOr_r")
    areas = LARGEST * np.nan_to_num(size) / most
    axes.scatter(
        x[asked], y[asked], s=areas[asked], c=colours.to_rgba(change[asked]), edgecolors=style.INK, linewidths=0.7, zorder=3
    )
    axes.scatter(x, y, s=5, color=style.INK, linewidths=0, zorder=4)
    own = [names.index(target)] if target in names else []
    axes.scatter(x[own], y[own], s=190, marker="*", color=style.VERMILION, edgecolors=style.INK, linewidths=0.8, zorder=5)
    largest = [place for place in asked[np.argsort(-size[asked], kind="stable")][:NAMED] if size[place] > 0.02 * most]
    shown = {**{place: target for place in own}, **{int(place): names[place] for place in largest}}
    radii = np.maximum(np.sqrt(areas) / 2, [7.0 if i in own else 0.0 for i in range(len(names))])
    with style.any_letters():
        label_places(axes, np.column_stack([x, y]), radii, shown)
    handles = {_sized(most * share, unit): mark("o", float(np.sqrt(LARGEST * share)), "#FFFFFF") for share in (1, 0.25)}
    legend_below(axes, handles, "moves it by, either way")
    if own:
        legend_below(axes, {"the place that is forecast": mark("*", 13, style.VERMILION)}, side="right")
    bar = axes.figure.colorbar(colours, cax=axes.inset_axes((1.02, 0, 0.03, 1)))
    bar.set_label(style.with_unit("lifts or lowers the forecast, on average", unit))


def _sized(value: float, unit: str) -> str:
    """Return a size with its unit."""
    return f"{style.number(value)} {unit}".rstrip()
