"""Whether the quantiles of a backtest are honest: how often what was measured lies below them, between them, and in intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gridcast.forecast import Forecast
from gridcast.views import style
from gridcast.views.backtested import Backtested, Floats
from gridcast.views.backtestfigures import legend, lines, look, new

SHOWN = 3  # histograms beside each other
ASKED = (78, 82)  # coverage of the 80 % interval that is right [%]


def observed(forecast: Forecast, actual: Forecast, gap: int = 0) -> Floats:
    """Return how often what was measured is at or below each quantile, shape (quantile,). [1]"""
    if forecast.quantiles is None:
        return np.empty(0)
    readings = actual.values.values[:, :, gap:]
    shares = []
    for level in range(forecast.quantiles.sizes["quantile"]):
        values = forecast.quantiles.values[:, :, gap:, level]
        known = np.isfinite(readings) & np.isfinite(values)
        shares.append(float((readings <= values)[known].mean()) if known.any() else np.nan)
    return np.array(shares)


def plot_reliability(backtested: Backtested) -> Figure | None:
    """Return nominal against observed levels, coverage and width by lead time; None where no model has quantiles."""
    models = _with_quantiles(backtested)
    if not models:
        return None
    tables = {metric: backtested.split("lead", metric) for metric in ("coverage80", "width80")}
    tables = {metric: table.dropna(axis=1, how="all") for metric, table in tables.items() if table.notna().any(axis=None)}
    figure, every = new(backtested, 4.0, [1] * (1 + len(tables)))
    _draw_levels(every[0], backtested, models)
    for axes, (metric, table) in zip(every[1:], tables.items(), strict=True):
        _draw_leads(axes, backtested, metric, table)
    legend(figure, every[0])
    return figure


def pit(forecast: Forecast, actual: Forecast, gap: int = 0) -> tuple[Floats, Floats]:
    """Return the histogram of the probability integral transform, as coarse as the levels of the quantiles.

    Where the quantiles are honest, what was measured lies between two neighbouring levels as often as they are apart: the density
    is one everywhere. A valley says that intervals are too narrow, a hill that they are too wide, a slope that there is a bias.

    Args:
        forecast: With quantiles.
        actual: What was measured.
        gap: Number of first steps that are not scored.

    Returns:
        Edges of the bins, shape (Q + 2,), and the density in each, shape (Q + 1,). [1]

    References:
        Dawid (1984), doi:10.2307/2981683; Gneiting, Balabdaoui & Raftery (2007), doi:10.1111/j.1467-9868.2007.00587.x.
    """
    edges = np.array([0.0, *forecast.levels, 1.0])
    return edges, np.diff([0.0, *observed(forecast, actual, gap), 1.0]) / np.diff(edges)


def plot_pit(backtested: Backtested) -> Figure | None:
    """Return the histogram of the PIT of at most three models, each in axes of its own; None where no model has quantiles."""
    models = _with_quantiles(backtested)[:SHOWN]
    found = {name: pit(backtested.forecasts[name], backtested.actual, backtested.gap) for name in models}
    found = {name: (edges, height) for name, (edges, height) in found.items() if np.isfinite(height).all()}
    if not found:
        return None
    figure, every = new(backtested, 2.9, [1] * len(found), one_scale=True)
    for axes, (name, (edges, height)) in zip(every, found.items(), strict=True):
        axes.bar(
            edges[:-1], height, np.diff(edges), align="edge", color=look(backtested, name).color, edgecolor="white", alpha=0.75
        )
        axes.axhline(1, color=style.INK, linewidth=1.2, linestyle="--")
        style.dressed(axes, name)
        axes.set(xlim=(0, 1), xlabel="level of the quantile")
    every[0].set_ylabel("density, honest: 1")
    every[0].set_ylim(0, max(1.5, 1.05 * max(float(height.max()) for _, height in found.values())))
    return figure


def _with_quantiles(backtested: Backtested) -> list[str]:
    return [name for name in backtested.models if name in backtested.forecasts and backtested.forecasts[name].levels]


def _draw_levels(axes: Axes, backtested: Backtested, models: list[str]) -> None:
    axes.plot([0, 100], [0, 100], color=style.INK, linewidth=1, zorder=1)
    for name in models:
        chosen, forecast = look(backtested, name), backtested.forecasts[name]
        shares = observed(forecast, backtested.actual, backtested.gap)
        table = pd.DataFrame({name: 100 * shares}, index=100 * np.array(forecast.levels))
        axes.plot(table.index, table[name], color=chosen.color, linestyle=chosen.linestyle, marker=chosen.marker,
                  markersize=5, linewidth=chosen.linewidth, label=style.literal(name))  # fmt: skip
    style.dressed(axes, "Are the quantiles honest?")
    axes.set(xlabel="nominal level [%]", ylabel="actual at or below it [%]", xlim=(0, 100), ylim=(0, 100))


def _draw_leads(axes: Axes, backtested: Backtested, metric: str, table: pd.DataFrame) -> None:
    lines(axes, backtested, table)
    axes.set_xlabel("lead time [h]")
    if metric == "width80":
        style.dressed(axes, "Width of the 80 % interval")
        axes.set_ylabel(style.with_unit("mean width", backtested.panel.unit))
        axes.yaxis.set_major_formatter(style.NUMBERS)
        return
    axes.axhspan(*ASKED, color=style.PALE, zorder=0)
    low, high = np.nanmin(table.to_numpy()), np.nanmax(table.to_numpy())
    axes.set_ylim(min(low - 2, 70), min(max(high + 2, 90), 101))
    style.dressed(axes, "Coverage of the 80 % interval")
    axes.set_ylabel(f"coverage [%], grey: {ASKED[0]} to {ASKED[1]} %")
