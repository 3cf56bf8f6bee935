"""Which weather stations a forecast rests on: on the map where all are known to lie on it, else as bars."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from gridcast.raster import Grid
from gridcast.views import style
from gridcast.views.cells import frame, map_height
from gridcast.views.circlemap import Around, draw_circles, moving, name_circles

SHOWN = 15  # bars
ROOM = 1.18  # beside the longest bar, for its number
MOSTLY = 0.5  # share of the hours' movement that goes one way, from which on it is called lifting or lowering
HATCH = "////"
LIFTS, LOWERS, BOTH_WAYS = "it lifts the forecast", "it lowers the forecast", "some hours up, some down"
COLOURS = {LIFTS: style.ORANGE, LOWERS: style.PURPLE, BOTH_WAYS: style.GREY}


def plot_stations(table: pd.DataFrame, around: Around) -> Figure:
    """Return how far the forecast moves without each station: on the map the larger the circle; or a bar each, the most first.

    Args:
        table: What `gridcast.explain.stations.station_influence` returned, not empty, with `bare`, the share of places that get no
            weather without it, and `latitude` and `longitude`, NaN where not known.
        around: Where the places are.
    """
    title = f"Which weather stations it rests on: {around.target or 'all places'}"
    if _are_on(around.grid, table["latitude"].to_numpy(np.float64), table["longitude"].to_numpy(np.float64)):
        figure = style.new_figure(6.9, map_height(around.grid, extra=1.65), title)
        _draw_map(figure.subplots(), table, around)
    else:
        figure = style.new_figure(7.8, 2.5 + 0.34 * min(SHOWN, len(table)), title)
        _draw_bars(figure, figure.subplots(), table, around.unit)
    return figure


def _are_on(grid: Grid, latitude: npt.NDArray[np.float64], longitude: npt.NDArray[np.float64]) -> bool:
    """Return whether it is known of all stations that they lie on the map."""
    (west, east), (south, north) = frame(grid)
    inside = (latitude >= south) & (latitude <= north) & (longitude >= west) & (longitude <= east)
    return grid.on_earth and bool(inside.all())


def _draw_map(axes: Axes, table: pd.DataFrame, around: Around) -> None:
    """Draw the stations, and the place that is forecast before them, for which a station may be named."""
    own = [around.names.index(around.target)] if around.target else []
    names = (*(around.names[place] for place in own), *table["station"])
    y, x = np.append(around.y[own], table["latitude"]), np.append(around.x[own], table["longitude"])
    size, change = (np.append(np.full(len(own), np.nan), table[name]) for name in ("size", "change"))
    at_stations = replace(around, y=y, x=x, names=names)
    circles = moving(size, change, float(table["size"].max()) or 1.0, around.unit)
    radii = draw_circles(axes, at_stations, circles, "How far the forecast moves without a station")
    name_circles(axes, at_stations, circles, radii)


def _draw_bars(figure: Figure, axes: Axes, table: pd.DataFrame, unit: str) -> None:
    """Draw a bar a station, in the colour of what its silence does, hatched where it leaves places without weather."""
    shown, rows = table[:SHOWN], np.arange(min(SHOWN, len(table)))
    sizes, ways, bare = shown["size"].to_numpy(np.float64), _ways(shown), (shown["bare"] > 0).to_numpy()
    colours, hatches = [COLOURS[way] for way in ways], [HATCH if each else "" for each in bare]
    bars = axes.barh(rows, sizes, height=0.65, color=colours, hatch=hatches, edgecolor=style.INK, linewidth=0.6)
    axes.bar_label(bars, [style.number(size) for size in sizes], padding=4, fontsize=10)
    with style.any_letters():
        axes.set_yticks(rows, [style.literal(str(name)) for name in shown["station"]])
    axes.invert_yaxis()
    most = f", the first {SHOWN} of {len(table)}" if len(table) > SHOWN else ""
    style.dressed(axes, f"How far the forecast moves without a station{most}").grid(False, axis="y")
    axes.set_xlim(0, ROOM * (float(sizes.max()) or 1.0))
    axes.set_xlabel(style.with_unit("moves, either way, in the mean of its hours", unit))
    axes.xaxis.set_major_formatter(style.NUMBERS)
    handles = {way: Patch(facecolor=colour, edgecolor=style.INK, linewidth=0.6) for way, colour in COLOURS.items() if way in ways}
    if bare.any():
        handles["no other station stands in for it"] = Patch(facecolor="#FFFFFF", edgecolor=style.INK, linewidth=0.6, hatch=HATCH)
    figure.legend(handles.values(), list(handles), loc="outside lower center", ncols=2, frameon=False, fontsize=10)


def _ways(table: pd.DataFrame) -> list[str]:
    """Return what the silence of each station does to the forecast."""
    return [
        BOTH_WAYS if abs(change) < MOSTLY * size or size == 0 else LIFTS if change > 0 else LOWERS
        for change, size in zip(table["change"], table["size"], strict=True)
    ]
