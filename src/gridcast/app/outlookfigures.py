"""The map of a forecast, step by step: load, change against yesterday, or uncertainty."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from gridcast.app.mapfigure import ROBUST, Shade, map_figure
from gridcast.app.outlook import Outlook, against_yesterday, uncertainty, usual_load
from gridcast.app.palette import Palette
from gridcast.app.places import Places
from gridcast.views import style

Floats = npt.NDArray[np.float64]

LOAD, CHANGE, WIDTH = "Load", "Change against yesterday", "Uncertainty"
SHADES = (LOAD, CHANGE, WIDTH)
TOLD = {
    LOAD: "load, in per cent of the mean of the last four weeks",
    CHANGE: "change against the same hour of the day before",
    WIDTH: "width of the 80 % interval",
}
LABELS = {LOAD: "load [% of usual]", CHANGE: "against yesterday [%]", WIDTH: "80 % interval [% of load]"}


def outlook_map(
    outlook: Outlook, places: Places, kind: str, step: int, colours: Palette, *, chosen: str = ""
) -> tuple[go.Figure, str]:
    """Return the map of a step, and what it shows in words; the colours mean the same at all steps.

    Args:
        outlook: The forecast.
        places: Where its places are.
        kind: One of `SHADES`.
        step: Number of the step, from 0 on.
        colours: Of the page.
        chosen: Name of the place that is looked at.
    """
    usual = usual_load(outlook)
    computed: dict[str, Callable[[], Floats | None]] = {
        LOAD: lambda: 100 * outlook.point / np.where(usual > 0, usual, np.nan)[:, None],
        CHANGE: lambda: against_yesterday(outlook),
        WIDTH: lambda: uncertainty(outlook),
    }
    values = computed[kind]()
    values = np.full(outlook.point.shape, np.nan) if values is None else values
    told = _told(outlook, values[:, step], kind, step)
    shade = Shade(values[:, step], LABELS[kind], told, diverging=kind == CHANGE, ends=_ends(values, kind))
    figure = map_figure(places, shade, colours, sizes=usual, chosen=chosen)
    when = f"{outlook.times[step]:%a %d %b %Y %H:%M} UTC"
    return figure, _said(values[:, step], places, f"{TOLD[kind]}, at {when}")


def difference_map(before: Outlook, after: Outlook, places: Places, colours: Palette, *, chosen: str = "") -> tuple[go.Figure, str]:
    """Return the map of how far a scenario moves the mean forecast of each place [%], and what it shows in words."""
    first, last = (each.point.mean(axis=1) for each in (before, after))
    values = 100 * np.divide(last - first, first, out=np.full(len(first), np.nan), where=first > 0)
    shade = Shade(values, "moved by [%]", [f"{value:+.2g} %" for value in values], diverging=True)
    figure = map_figure(places, shade, colours, sizes=usual_load(before), chosen=chosen)
    return figure, _said(values, places, "how far the mean of all steps is moved")


def step_label(moment: pd.Timestamp) -> str:
    """Return a step to read.

    Example:
        >>> step_label(pd.Timestamp("2024-01-05 06:00", tz="UTC"))
        'Fri 06:00'
    """
    return f"{moment:%a %H:%M}"


def _told(outlook: Outlook, values: Floats, kind: str, step: int) -> list[str]:
    """Return what is said of each place: its load, and the value of its colour."""
    unit = f" {outlook.panel.unit}".rstrip()
    loads = [f"{style.number(float(value))}{unit}" if np.isfinite(value) else "no forecast" for value in outlook.point[:, step]]
    form = "{:+.1f} %" if kind == CHANGE else "{:.1f} %"
    shares = [form.format(value) if np.isfinite(value) else "not known" for value in values]
    return [f"{load}<br>{TOLD[kind].partition(',')[0]}: {share}" for load, share in zip(loads, shares, strict=True)]


def _ends(values: Floats, kind: str) -> tuple[float, float] | None:
    """Return between which values the colours of all steps run."""
    known = values[np.isfinite(values)]
    if not len(known):
        return None
    if kind == CHANGE:
        far = float(np.percentile(np.abs(known), ROBUST[1])) or 1.0
        return -far, far
    low, high = (float(end) for end in np.percentile(known, ROBUST))
    return (low, high) if high > low else None


def _said(values: Floats, places: Places, what: str) -> str:
    if not np.isfinite(values).any():
        return f"Map of {what}: not known. {places.note}".strip()
    ends = (int(np.nanargmin(values)), int(np.nanargmax(values)))
    low, high = (f"{values[at]:.1f} % at {places.names[at]}" for at in ends)
    return f"Map of {what}: from {low} to {high}. {places.note}".strip()
