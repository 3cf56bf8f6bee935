"""The figures of scores that one can point at: by lead time, hour and season, skill against each model, and the map of errors."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from gridcast.app.mapfigure import Shade, map_figure
from gridcast.app.palette import Palette, colour_of, dressed
from gridcast.app.places import Places
from gridcast.app.scored import heading
from gridcast.views import style
from gridcast.views.backtested import Backtested

AXES = {"lead": "lead time [h]", "hour": "hour by the local clock", "season": "season at the place"}
SPOKEN = {"lead": "a lead time of {:g} h", "hour": "{:g} o'clock", "season": "{}"}
SIGNS = ("circle", "square", "diamond", "triangle-up", "triangle-down", "pentagon", "x")
NAMES = {"mae": "MAE", "crps": "CRPS"}


def split_figure(backtested: Backtested, split: str, metric: str, colours: Palette) -> go.Figure | None:
    """Return the error by `lead`, `hour` or `season`, a line a model; None where it is not known."""
    table = backtested.split(split, metric)
    if table.empty:
        return None
    table = table.sort_index() if split == "hour" else table
    figure = go.Figure()
    for name in table.columns:
        number = backtested.models.index(name)
        colour, dash = colour_of(number)
        figure.add_scatter(
            x=table.index, y=table[name].to_numpy(), name=name, mode="lines+markers",
            line={"color": colour, "dash": dash, "width": 2.8 if number == 0 else 1.7},
            marker={"symbol": SIGNS[number % len(SIGNS)], "size": 6},
            hovertemplate="%{y:.4g}",
        )  # fmt: skip
    dressed(figure, colours, height=360)
    figure.update_xaxes(title_text=AXES[split], dtick=3 if split == "hour" else None)
    figure.update_yaxes(title_text=heading(metric, backtested.panel.unit), rangemode="tozero")
    return figure


def split_said(backtested: Backtested, split: str, metric: str) -> str:
    """Return in words where the best model's error is smallest and where it is largest; empty where that is not known."""
    table = backtested.split(split, metric)
    own = table[backtested.best].dropna() if backtested.best in table else None
    if own is None or own.empty:
        return ""
    values = own.to_numpy(dtype=np.float64)
    ends = int(values.argmin()), int(values.argmax())
    low, high = (f"{style.number(float(values[at]))} at {SPOKEN[split].format(own.index[at])}" for at in ends)
    return f"{heading(metric, backtested.panel.unit)} of {backtested.best}: from {low} to {high}."


def skill_figure(backtested: Backtested, colours: Palette) -> go.Figure | None:
    """Return how much smaller the best model's error is than that of each other one, with its interval; None without skills."""
    table = backtested.skill_table
    rows = table[(table["model"] == backtested.best) & np.isfinite(table["skill"])]
    if rows.empty:
        return None
    figure = go.Figure()
    for number, (metric, own) in enumerate(rows.groupby("metric", sort=False)):
        value, low, high = (100 * own[name].to_numpy(np.float64) for name in ("skill", "low", "high"))
        figure.add_scatter(
            x=value,
            y=own["reference"],
            name=NAMES.get(str(metric), str(metric)),
            mode="markers",
            marker={"color": colour_of(number)[0], "symbol": SIGNS[number], "size": 11},
            error_x={"array": np.nan_to_num(high - value), "arrayminus": np.nan_to_num(value - low), "thickness": 2},
            hovertemplate="%{x:.1f} %",
        )
    dressed(figure, colours, height=130 + 34 * rows["reference"].nunique())
    figure.add_vline(x=0, line={"color": colours.ink, "width": 1})
    figure.update_layout(hovermode="closest")
    figure.update_xaxes(title_text=f"error of {backtested.best} is smaller by [%], bar: 90 % interval")
    figure.update_yaxes(autorange="reversed")
    return figure


def error_map(
    backtested: Backtested, places: Places, model: str, colours: Palette, *, rival: str = "", chosen: str = ""
) -> tuple[go.Figure, str]:
    """Return the map of a model's error, or of how much smaller it is than a rival's, and what it shows in words.

    Args:
        backtested: The scores.
        places: Where the places are.
        model: Whose error is shown.
        colours: Of the page.
        rival: The model that it is compared with; none for the error itself.
        chosen: Name of the place that is looked at.
    """
    metric = backtested.metric
    table = backtested.split("location", metric).reindex(list(places.names))
    values, told, label = table[model].to_numpy(np.float64), f"error of {model}", heading(metric, backtested.panel.unit)
    if rival:
        other = table[rival].to_numpy(np.float64)
        values = 100 * (1 - np.divide(values, other, out=np.full(len(other), np.nan), where=other > 0))
        told, label = f"how much smaller the error of {model} is than that of {rival}", "smaller by [%]"
    figure = map_figure(places, Shade(values, label, diverging=bool(rival)), colours, chosen=chosen)
    known = np.isfinite(values)
    if not known.any():
        return figure, f"Map of {told}: no place is scored."
    low, high = int(np.nanargmin(values)), int(np.nanargmax(values))
    ends = [f"{style.number(float(values[at]))} at {places.names[at]}" for at in (low, high)]
    return figure, f"Map of {told}, {label}: from {ends[0]} to {ends[1]}. {places.note}".strip()
