"""Which weather stations a forecast rests on: on the map where it is known where they are, else as bars."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gridcast.views import style
from gridcast.views.cells import map_height
from gridcast.views.circlemap import Around, draw_circles, moving, name_circles

SHOWN = 15  # bars


def plot_stations(table: pd.DataFrame, around: Around) -> Figure:
    """Return how far the forecast moves without each station: on the map the larger the circle; or a bar each, the most first.

    Args:
        table: What `gridcast.explain.stations.station_influence` returned, not empty, with `latitude` and `longitude`, NaN where
            not known.
        around: Where the places are.
    """
    title = f"Which weather stations it rests on: {around.target or 'all places'}"
    told = table[table[["latitude", "longitude"]].notna().all(axis=1)]
    if around.grid.on_earth and len(told) == len(table):
        figure = style.new_figure(6.9, map_height(around.grid, extra=1.65), title)
        _draw_map(figure.subplots(), table, around)
    else:
        figure = style.new_figure(7.5, 1.6 + 0.32 * min(SHOWN, len(table)), title)
        _draw_bars(figure.subplots(), table[:SHOWN], around.unit)
    return figure


def _draw_map(axes: Axes, table: pd.DataFrame, around: Around) -> None:
    """Draw the stations, and the place that is forecast, which may be one of them."""
    names, y, x = list(table["station"]), table["latitude"].to_numpy(), table["longitude"].to_numpy()
    if around.target and around.target not in names:
        place = around.names.index(around.target)
        names, y, x = [*names, around.target], np.append(y, around.y[place]), np.append(x, around.x[place])
    at_stations = replace(around, y=y, x=x, names=tuple(names))
    size, change = (table[name].reindex(range(len(names))).to_numpy(dtype=np.float64) for name in ("size", "change"))
    circles = moving(size, change, float(table["size"].max()) or 1.0, around.unit)
    radii = draw_circles(axes, at_stations, circles, "How far the forecast moves without a station")
    name_circles(axes, at_stations, circles, radii)


def _draw_bars(axes: Axes, table: pd.DataFrame, unit: str) -> None:
    """Draw a bar a station, in the colour of what its silence does."""
    rows = np.arange(len(table))
    lifts = (table["change"] >= 0).to_numpy()
    for which, colour, said in ((lifts, style.ORANGE, "it lifts the forecast"), (~lifts, style.PURPLE, "it lowers the forecast")):
        axes.barh(rows[which], table["size"].to_numpy()[which], color=colour, height=0.65, label=said)
    with style.any_letters():
        axes.set_yticks(rows, [style.literal(str(name)) for name in table["station"]])
    axes.invert_yaxis()
    style.dressed(axes, "How far the forecast moves without a station, in the mean of its steps").grid(False, axis="y")
    axes.set_xlabel(style.with_unit("moves, either way, by", unit))
    axes.xaxis.set_major_formatter(style.NUMBERS)
    axes.legend(loc="lower right", frameon=False, fontsize=10)
