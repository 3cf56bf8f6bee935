"""Each forecast against its reading: points, or their density where there are many."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from gridcast.errors import counted
from gridcast.metrics import rmse
from gridcast.views import style

CROWD = 3000  # points above which their density is drawn
MAGNITUDES = 30.0  # largest place / smallest place from which on a logarithmic scale shows both
STRAY = 0.01  # share of points that may be left out of a logarithmic scale because they are not above zero


def draw_scatter(axes: Axes, table: pd.DataFrame, unit: str, *, note: str = "") -> None:
    """Draw a table of predictions: predicted against actual, the line on which they are the same, and the scores."""
    style.dressed(axes, f"Predicted against actual, {note}" if note else "Predicted against actual")
    if table.empty:
        style.say_empty(axes)
        return
    logarithmic, drawn = _scale(table)
    low, high = _limits(table.loc[drawn, ["actual", "predicted"]].to_numpy(), logarithmic)
    if logarithmic:
        axes.set(xscale="log", yscale="log")
    _draw_points(axes, table[drawn], low, high, logarithmic)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=(1, 3) if high < 1000 * low else (1,)) if logarithmic else MaxNLocator(5))
        axis.set_major_formatter(style.NUMBERS)
        axis.set_minor_locator(NullLocator())
    axes.plot([low, high], [low, high], color=style.INK, linewidth=1, linestyle="--", label="predicted = actual")
    axes.set(xlim=(low, high), ylim=(low, high), aspect="equal")
    axes.set_xlabel(style.with_unit("actual", unit))
    axes.set_ylabel(style.with_unit("predicted", unit))
    text = _summary(table["actual"].to_numpy(), table["predicted"].to_numpy(), unit)
    if not drawn.all():
        text += f"\n{counted(int((~drawn).sum()), 'point')} ≤ 0 not drawn"
    box = {"facecolor": "white", "alpha": 0.6, "edgecolor": "none", "pad": 2}
    axes.text(0.03, 0.97, text, transform=axes.transAxes, va="top", fontsize=10.5, linespacing=1.35, bbox=box)
    axes.legend(frameon=False, fontsize=10, loc="lower right")


def _scale(table: pd.DataFrame) -> tuple[bool, npt.NDArray[np.bool_]]:
    """Return whether the places are so different that the scale has to be logarithmic, and which points it can show."""
    everything = np.ones(len(table), dtype=np.bool_)
    if "location" not in table:
        return False, everything
    size = table["actual"].abs().groupby(table["location"], observed=True).mean()
    positive = (table[["actual", "predicted"]] > 0).all(axis=1).to_numpy()
    logarithmic = bool(size.max() > MAGNITUDES * size.min() and (~positive).mean() <= STRAY)
    return logarithmic, positive if logarithmic else everything


def _limits(values: npt.NDArray[np.float64], logarithmic: bool) -> tuple[float, float]:
    """Return the ends of both axes: all values and a margin."""
    low, high = float(values.min()), float(values.max())
    if logarithmic:
        margin = (high / low) ** 0.04
        return low / margin, high * margin
    margin = 0.04 * (high - low) or 0.1 * abs(high) or 1.0
    return low - margin, high + margin


def _draw_points(axes: Axes, table: pd.DataFrame, low: float, high: float, logarithmic: bool) -> None:
    actual, predicted = table["actual"].to_numpy(), table["predicted"].to_numpy()
    if len(table) <= CROWD:
        axes.scatter(actual, predicted, s=14, color=style.BLUE, alpha=0.45, linewidths=0, rasterized=True)
        return
    ends = (np.log10(low), np.log10(high)) if logarithmic else (low, high)
    kind: Any = "log" if logarithmic else "linear"
    density = axes.hexbin(
        actual,
        predicted,
        gridsize=55,
        bins="log",
        mincnt=1,
        xscale=kind,
        yscale=kind,
        extent=(*ends, *ends),
        cmap=style.dark_end("Blues"),
        linewidths=0.1,
        rasterized=True,
    )
    bar = axes.get_figure(root=True).colorbar(density, ax=axes, shrink=0.9, pad=0.02)  # type: ignore[union-attr]
    bar.set_label("forecasts in a cell")
    bar.outline.set_visible(False)
    bar.ax.yaxis.set_major_formatter(style.NUMBERS)
    bar.ax.yaxis.set_minor_locator(NullLocator())


def _summary(actual: npt.NDArray[np.float64], predicted: npt.NDArray[np.float64], unit: str) -> str:
    """Return RMSE, R² and the number of points, one a line."""
    spread = float(np.sum((actual - actual.mean()) ** 2))
    explained = f"{1 - float(np.sum((predicted - actual) ** 2)) / spread:.4f}" if spread > 0 else "-"
    return style.literal(
        f"RMSE = {style.number(rmse(actual, predicted))} {unit}".rstrip() + f"\nR² = {explained}\nn = {len(actual):,}"
    )
