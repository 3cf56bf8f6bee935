"""How well each place was forecast in a backtest: dots in a row, and on the map."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, Normalize, TwoSlopeNorm
from matplotlib.figure import Figure

from gridcast.errors import counted
from gridcast.views import style
from gridcast.views.backtested import Backtested
from gridcast.views.backtestfigures import legend, look, new
from gridcast.views.labels import label_places

NAMED = 60  # places that have room for a name each
FARTHEST = 4.0  # the scale of the dots ends at so many times the upper quartile; dots beyond stand at its edge
LABELLED = 8  # names on a map
CROWD = 150  # places that leave no room for names
SIZE = 9.0  # of a place on the map [points]

Floats = npt.NDArray[np.float64]


def plot_places(backtested: Backtested) -> Figure | None:
    """Return each place's error as dots, one a model, sorted by the best model's; None where there is none."""
    table = backtested.split("location", backtested.metric)
    if table.empty:
        return None
    table = table.sort_values(backtested.best, kind="stable")
    figure, (axes,) = new(backtested, 4.8 if len(table) > 12 else 4.2)
    edge = FARTHEST * float(np.nanquantile(table.to_numpy(), 0.75))
    at = np.arange(len(table))
    size = 6.5 if len(table) <= NAMED else 3.5
    for name in table.columns:
        chosen, values = look(backtested, name), table[name].to_numpy(dtype=np.float64)
        beyond = values > edge
        (dots,) = axes.plot(at, np.where(beyond, np.nan, values), chosen.marker, color=chosen.color, label=style.literal(name))
        (arrows,) = axes.plot(at[beyond], np.full(beyond.sum(), edge), marker=10, linestyle="none", color=chosen.color)
        for marks in (dots, arrows):
            marks.set(markersize=size, zorder=chosen.zorder)
    names = [style.literal(str(name)) for name in table.index]
    step = -(-len(table) // NAMED)
    axes.set_xticks(at[::step], names[::step], rotation=90 if sum(map(len, names)) > 100 else 0)
    axes.set_xlim(-0.6, len(table) - 0.4)
    axes.set_ylim(0, None if not (table.to_numpy() > edge).any() else edge * 1.04)
    style.dressed(axes, f"Error of {counted(len(table), 'place')}, sorted by that of {backtested.best}")
    axes.tick_params(axis="x", labelsize=9)
    axes.set(ylabel=backtested.error_label, xlabel=f"place, one of {step} is named" if step > 1 else "place")
    legend(figure, axes)
    return figure


def plot_score_map(backtested: Backtested) -> Figure | None:
    """Return the best model's error by place on the map, and how it compares with the reference; None without coordinates."""
    table = backtested.split("location", backtested.metric)
    if table.empty or not backtested.panel.has_coordinates:
        return None
    known = [str(name) for name in table.index if name in backtested.panel.locations]
    rows = [backtested.panel.locations.index(name) for name in known]
    latitude, longitude = (part[rows] for part in backtested.panel.coordinates)
    here = np.isfinite(latitude) & np.isfinite(longitude) & np.isfinite(table.loc[known, backtested.best].to_numpy())
    if not here.any():
        return None
    table = table.loc[np.array(known)[here]]
    where = np.column_stack([longitude[here], latitude[here]])
    compared = backtested.reference if backtested.reference in table else None
    figure, every = new(backtested, _height(where), [1] if compared is None else [1, 1])
    _draw_error(every[0], backtested, table, where)
    if compared is not None:
        _draw_gain(every[1], backtested, table, where, compared)
    return figure


def _height(where: Floats) -> float:
    """Return how high the figure of two maps is. [inches]"""
    across, up = np.maximum(np.ptp(where, axis=0), 0.1)
    return float(np.clip(3.6 * up / (across * _shrink(where)), 2.2, 4.2)) + 1.2


def _shrink(where: Floats) -> float:
    """Return how long a degree of longitude is in degrees of latitude, at least a tenth."""
    return max(float(np.cos(np.radians(where[:, 1].mean()))), 0.1)


def _draw_error(axes: Axes, backtested: Backtested, table: pd.DataFrame, where: Floats) -> None:
    """Draw the error, and name the places with the largest."""
    values = table[backtested.best].to_numpy(dtype=np.float64)
    low, high = np.quantile(values, (0.02, 0.98)) if len(values) >= 20 else (values.min(), values.max())
    norm = Normalize(low, high) if high > low else Normalize(low - 0.5, high + 0.5)
    _dots(axes, where, values, (norm, style.dark_end("YlOrBr", 0.15)), backtested.error_label)
    style.dressed(axes, f"Error of {backtested.best}")
    _name(axes, table, where, np.argsort(-values, kind="stable"))


def _draw_gain(axes: Axes, backtested: Backtested, table: pd.DataFrame, where: Floats, reference: str) -> None:
    """Draw how much smaller the error is than the reference's, and name the places where that is least."""
    other = table[reference].to_numpy(dtype=np.float64)
    gain = 100 * (1 - np.divide(table[backtested.best], other, out=np.full(len(other), np.nan), where=other > 0))
    gain_values = np.asarray(gain, dtype=np.float64)
    low, high = float(np.nanmin(gain_values, initial=np.inf)), float(np.nanmax(gain_values, initial=-np.inf))
    far = max(abs(low), abs(high), 1.0)
    better = 0 <= low < high < np.inf
    colours = (Normalize(low, high), style.dark_end("Purples", 0.15)) if better else (TwoSlopeNorm(0, -far, far), colormaps["PuOr"])
    _dots(axes, where, gain_values, colours, "smaller error by [%]")
    style.dressed(axes, f"Against {reference}")
    _name(axes, table, where, np.argsort(gain_values, kind="stable"))


def _dots(axes: Axes, where: Floats, values: Floats, colours: tuple[Normalize, Colormap], label: str) -> None:
    shades = ScalarMappable(*colours)
    size = SIZE if len(values) < 100 else 0.7 * SIZE
    axes.scatter(where[:, 0], where[:, 1], s=size**2, c=shades.to_rgba(values), edgecolors=style.INK, linewidths=0.7, zorder=3)
    bar = axes.figure.colorbar(shades, ax=axes, extend=style.extend(values, shades), shrink=0.9)
    bar.set_label(label, fontsize=10)
    axes.set(xlabel="longitude [° east]", ylabel="latitude [° north]")
    axes.set_aspect(1 / _shrink(where), adjustable="datalim")
    axes.margins(0.12)


def _name(axes: Axes, table: pd.DataFrame, where: Floats, order: npt.NDArray[np.intp]) -> None:
    names = {int(place): str(table.index[place]) for place in order[: LABELLED if len(where) <= CROWD else 0]}
    label_places(axes, where, np.full(len(where), SIZE / 2), names)
