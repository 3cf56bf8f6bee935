"""What a network with attention reads: stretches of the history as steps, places as circles on the map."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gridcast.clock import DAY, HOUR
from gridcast.explain.attention import HISTORY, PLACES
from gridcast.views import style
from gridcast.views.cells import map_height
from gridcast.views.circlemap import Around, Circles, draw_circles, name_circles

ROOM = 1.35  # for the legend, above the highest share


def plot_attention(table: pd.DataFrame, around: Around) -> Figure:
    """Return how much the network reads of each stretch of the history, and of each place; each where there is attention.

    Args:
        table: What `gridcast.explain.attention.attention` returned, not empty.
        around: Where the places are.
    """
    told = [of for of in (HISTORY, PLACES) if (table["of"] == of).any()]
    widths = [{HISTORY: 6.4, PLACES: 6.9}[of] for of in told]
    height = map_height(around.grid, extra=1.65) if PLACES in told else 4.4
    figure = style.new_figure(sum(widths), height, f"What the network reads for the forecast: {around.target or 'all places'}")
    axes = dict(zip(told, np.atleast_1d(figure.subplots(1, len(told), width_ratios=widths)), strict=True))
    if HISTORY in axes:
        _draw_history(axes[HISTORY], table[table["of"] == HISTORY])
    if PLACES in axes:
        circles = _circles(table[table["of"] == PLACES], around)
        radii = draw_circles(axes[PLACES], around, circles, "How much it reads of each place on the map")
        name_circles(axes[PLACES], around, circles, radii)
    return figure


def _draw_history(axes: Axes, table: pd.DataFrame) -> None:
    """Draw the shares of the stretches, the newest at the right, beside those of earlier days."""
    issued = table["end"].iloc[-1]
    unit, name = (DAY, "days") if issued - table["start"].iloc[-1] >= DAY else (HOUR, "hours")
    edges = (pd.DatetimeIndex([*table["start"], issued]) - issued) / unit
    axes.stairs(table["share"], edges, fill=True, color=style.BLUE, alpha=0.35, label="for this forecast")
    axes.stairs(table["usual"], edges, color=style.INK, linewidth=1.8, label="on average for earlier days")
    top = ROOM * float(table[["share", "usual"]].to_numpy().max())
    axes.set(xlim=(edges[0], 0), ylim=(0, top), xlabel=f"{name} before the issue time", ylabel="share of what is read")
    axes.xaxis.set_major_formatter(lambda value, _: f"{abs(value):g}")
    axes.yaxis.set_major_formatter(lambda value, _: _percent(value))
    style.dressed(axes, "How much it reads of each stretch of the history")
    axes.legend(loc="upper left", frameon=False, fontsize=10)


def _circles(table: pd.DataFrame, around: Around) -> Circles:
    """Return the circles of the places, coloured by how much more is read of them than usual."""
    told = table.set_index("location").reindex(list(around.names))
    share, usual = (told[name].to_numpy(dtype=np.float64) for name in ("share", "usual"))
    bar = "against earlier days [percentage points]"
    return Circles(share, 100 * (share - usual), float(share.max()), "is read, of all that is", bar, _percent)


def _percent(share: float) -> str:
    """Return a share as percentage."""
    return f"{100 * share:.3g} %"
