"""What the figures of the app have in common: colours on a light and on a dark page, and a layout that is the same everywhere."""

from __future__ import annotations

from dataclasses import dataclass

import plotly.graph_objects as go

from gridcast.views import style
from gridcast.views.backtestfigures import COLOURS

CONFIG = {"displaylogo": False, "scrollZoom": False, "modeBarButtonsToRemove": ["lasso2d", "select2d", "autoScale2d"]}
DASHES = ("solid", "dash", "dashdot", "dot", "longdash", "longdashdot")
CLEAR = "rgba(0,0,0,0)"


@dataclass(frozen=True)
class Palette:
    """Colours that depend on the page: text and lines that must stand out, marks beside them, and what lies behind.

    Attributes:
        ink: Of what was measured, and of outlines.
        grey: Of what is beside the point.
        faint: Of coastlines and the grid.
    """

    ink: str
    grey: str
    faint: str


LIGHT = Palette(style.INK, style.GREY, "#C4C4C4")
DARK = Palette("#F2F2F2", "#A6A6A6", "#4A4F5A")


def palette(page: str | None) -> Palette:
    """Return the colours for a page that is `light` or `dark`; light where that is not known."""
    return DARK if page == "dark" else LIGHT


def colour_of(number: int) -> tuple[str, str]:
    """Return colour and dashes of a line by its number; both tell it, for those who see no colours."""
    return COLOURS[number % len(COLOURS)], DASHES[number % len(DASHES)]


def translucent(colour: str, share: float) -> str:
    """Return a colour that lets through what lies behind it.

    Example:
        >>> translucent("#0072B2", 0.25)
        'rgba(0,114,178,0.25)'
    """
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share:g})"


def dressed(figure: go.Figure, colours: Palette, *, height: int) -> go.Figure:
    """Return a figure with a faint grid, the legend above, and the page shining through."""
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 28, "b": 8},
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        font={"color": colours.ink, "size": 13},
        legend={"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom", "font": {"color": colours.ink}},
        hovermode="x unified",
    )
    axis = {
        "gridcolor": translucent(colours.grey, 0.25), "zeroline": False, "linecolor": colours.faint, "automargin": True,
        "tickfont": {"color": colours.ink}, "title": {"font": {"color": colours.ink}},
    }  # fmt: skip
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis)
    return figure
