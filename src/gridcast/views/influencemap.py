"""Where a forecast looks, on the map: how far each neighbour moves it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from gridcast.explain.influence import BOTH, LOAD, WEATHER
from gridcast.views import style
from gridcast.views.cells import map_height
from gridcast.views.circlemap import Around, Circles, draw_circles, moving, name_circles

TITLES = {BOTH: "what a place puts on the map", LOAD: "the load of a place", WEATHER: "the weather of a place"}


def plot_influence(table: pd.DataFrame, around: Around) -> Figure:
    """Return maps of the neighbours: the larger a circle, the further it moves the forecast; the colour tells up or down.

    Args:
        table: What `gridcast.explain.influence.influence` returned.
        around: Where the places are.
    """
    kinds = [kind for kind in (LOAD, WEATHER) if (table["kind"] == kind).any()] or [BOTH]
    title = f"Where the forecast looks: {around.target or 'all places'}"
    figure = style.new_figure(6.9 * len(kinds), map_height(around.grid, extra=1.65), title)
    most = float(table.loc[table["kind"].isin(kinds), "size"].max()) or 1.0
    maps = list(zip(np.atleast_1d(figure.subplots(1, len(kinds))), kinds, strict=True))
    drawn = [_circles(table[table["kind"] == kind], around, most) for kind in kinds]
    radii = [
        draw_circles(axes, around, circles, f"How far {TITLES[kind]} moves the forecast")
        for (axes, kind), circles in zip(maps, drawn, strict=True)
    ]
    for (axes, _), circles, sizes in zip(maps, drawn, radii, strict=True):
        name_circles(axes, around, circles, sizes)
    return figure


def _circles(table: pd.DataFrame, around: Around, most: float) -> Circles:
    """Return the circles of one kind of influence."""
    told = table.set_index("location").reindex(list(around.names))
    size, change = (told[name].to_numpy(dtype=np.float64) for name in ("size", "change"))
    return moving(size, change, most, around.unit)
