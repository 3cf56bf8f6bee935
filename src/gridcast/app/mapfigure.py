"""The map of the app: places in colour before coastlines and borders, each of which can be clicked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from gridcast.app.coast import Box, lines_within
from gridcast.app.palette import Palette, dressed
from gridcast.app.places import Places
from gridcast.views import style

Floats = npt.NDArray[np.float64]

HEIGHT = 400
SMALLEST, LARGEST = 9.0, 30.0  # diameter of a place [px]
NAMED = 16  # places up to which all are named
ROBUST = (2, 98)  # percentiles between which the colours of many places run
MANY = 20
SEQUENTIAL, DIVERGING = "Cividis", "PuOr_r"


@dataclass(frozen=True)
class Shade:
    """What the colours of places tell.

    Attributes:
        values: Shape (N,); NaN where there is none.
        label: What they are, with their unit.
        told: What is said of each place when it is pointed at, shape (N,).
        diverging: Whether colours part at zero.
        ends: Between which values the colours run; by default those of the values.
    """

    values: Floats
    label: str
    told: Sequence[str] = field(default=())
    diverging: bool = False
    ends: tuple[float, float] | None = None


def map_figure(places: Places, shade: Shade, colours: Palette, *, sizes: Floats | None = None, chosen: str = "") -> go.Figure:
    """Return the map: a mark a place, with its name as `customdata`; the chosen one has a ring.

    Args:
        places: Where they are.
        shade: Their colours.
        colours: Of the page.
        sizes: Of the places, such as their mean load, to which the areas of the marks are proportional.
        chosen: Name of the place that is looked at.
    """
    figure = go.Figure()
    if places.on_earth:
        _draw_lines(figure, places, colours)
    _draw_places(figure, places, shade, colours, diameters(sizes, len(places.names)))
    if chosen in places.names:
        _draw_ring(figure, places, places.names.index(chosen), colours)
    dressed(figure, colours, height=HEIGHT)
    figure.update_layout(margin={"l": 0, "r": 0, "t": 0, "b": 0})
    box = places.box
    figure.update_layout(showlegend=False, hovermode="closest", dragmode="pan", clickmode="event+select")
    figure.update_xaxes(range=[box.west, box.east], visible=False)
    figure.update_yaxes(range=[box.south, box.north], scaleanchor="x", scaleratio=places.aspect, visible=False)
    return figure


def diameters(sizes: Floats | None, count: int) -> Floats:
    """Return the diameters of marks whose areas are proportional to sizes, as far as they stay in sight. [px]

    Example:
        >>> diameters(np.array([100.0, 25.0, 0.0]), 3).tolist()
        [30.0, 15.0, 9.0]
    """
    if sizes is None or not np.isfinite(sizes).any() or np.nanmax(sizes) <= 0:
        return np.full(count, 16.0)
    share = np.sqrt(np.clip(np.nan_to_num(sizes), 0, None) / np.nanmax(sizes))
    found: Floats = np.clip(LARGEST * share, SMALLEST, LARGEST)
    return found


def ends_of(shade: Shade) -> tuple[float, float]:
    """Return between which values the colours run: without the extremes of many, and as far below zero as above it."""
    if shade.ends is not None:
        return shade.ends
    known = shade.values[np.isfinite(shade.values)]
    if not len(known):
        return 0.0, 1.0
    if shade.diverging:
        far = float(np.percentile(np.abs(known), ROBUST[1] if len(known) >= MANY else 100)) or 1.0
        return -far, far
    low, high = (float(end) for end in np.percentile(known, ROBUST if len(known) >= MANY else (0, 100)))
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _draw_lines(figure: go.Figure, places: Places, colours: Palette) -> None:
    for kind, lines in lines_within(_wider(places)).items():
        line = {"color": colours.grey if kind == "coast" else colours.faint, "width": 1.1 if kind == "coast" else 1.0}
        figure.add_scatter(
            x=lines.longitude.astype(np.float32),
            y=lines.latitude.astype(np.float32),
            mode="lines",
            line=line,
            hoverinfo="skip",
            showlegend=False,
        )


def _wider(places: Places) -> Box:
    """Return the part of the earth whose lines are drawn: more on each side, as the page is wider or narrower than the box."""
    box = places.box
    across, up = box.east - box.west, box.north - box.south
    side, height = max(across, up * places.aspect) / 2, max(up, across / places.aspect) / 2
    return box._replace(west=box.west - side, east=box.east + side, south=box.south - height, north=box.north + height)


def _draw_places(figure: go.Figure, places: Places, shade: Shade, colours: Palette, diameter: Floats) -> None:
    known = np.isfinite(shade.values)
    low, high = ends_of(shade)
    told = list(shade.told) or [f"{value:,.4g}" if np.isfinite(value) else "not known" for value in shade.values]
    order = np.argsort(-diameter, kind="stable")  # the small ones on top
    rows = order[known[order]]
    marker = {
        "size": diameter[rows], "opacity": 1, "color": shade.values[rows], "cmin": low, "cmax": high,
        "colorscale": DIVERGING if shade.diverging else SEQUENTIAL, "line": {"color": colours.ink, "width": 1},
        "colorbar": {
            "title": {"text": shade.label, "side": "top"}, "orientation": "h", "y": -0.02, "yanchor": "top", "thickness": 12,
            "len": 0.8, "outlinewidth": 0, "tickfont": {"color": colours.ink},
        },
    }  # fmt: skip
    if len(rows):
        _scatter(figure, places, rows, told, marker)
    if not known.all():
        rows = order[~known[order]]
        _scatter(figure, places, rows, told, {"size": 10, "color": colours.grey, "symbol": "x"})


def _scatter(figure: go.Figure, places: Places, rows: npt.NDArray[np.intp], told: Sequence[str], marker: dict[str, object]) -> None:
    names = [places.names[row] for row in rows]
    all_named = len(places.names) <= NAMED
    figure.add_scatter(
        x=places.x[rows],
        y=places.y[rows],
        mode="markers+text" if all_named else "markers",
        text=names if all_named else None,
        textposition="top center",
        marker=marker,
        customdata=names,
        hovertext=[f"<b>{places.names[row]}</b><br>{told[row]}" for row in rows],
        hoverinfo="text",
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
        showlegend=False,
    )


def _draw_ring(figure: go.Figure, places: Places, row: int, colours: Palette) -> None:
    figure.add_scatter(
        x=places.x[[row]],
        y=places.y[[row]],
        mode="markers+text",
        text=[f"<b>{places.names[row]}</b>"] if len(places.names) > NAMED else None,
        textposition="top center",
        textfont={"color": colours.ink, "size": 14},
        marker={"size": LARGEST + 8, "symbol": "circle-open", "color": style.VERMILION, "line": {"width": 3}},
        hoverinfo="skip",
        showlegend=False,
    )
