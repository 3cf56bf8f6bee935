"""One picture of a result: how training went, forecasts over time, and each forecast against its reading."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator, StrMethodFormatter

from gridcast.errors import ConfigError, ShapeError, listed
from gridcast.forecast import Forecast
from gridcast.views import style
from gridcast.views.aligned import Targets, Values, aligned
from gridcast.views.overtime import draw_over_time, strips
from gridcast.views.scatter import draw_scatter

WIDE = 10.0  # largest loss / smallest loss from which on a logarithmic scale shows both
FEW = 48  # epochs up to which each has a mark

Losses = Mapping[str, Sequence[float]]


def plot_results(
    history: Losses | pd.DataFrame | Any,
    y_true: Targets,
    y_pred: Values,
    *,
    unit: str = "",
    reference: Mapping[str, Values] | None = None,
    title: str = "",
    path: str | os.PathLike[str] | None = None,
) -> Figure:
    """Return a figure of predicted and actual values over time, of the losses, and of one value against the other.

    Over time: each of up to three places, or else the sum of all, the place whose error is in the middle, and the one
    with the largest. An hour at which a place is missing is left out of the sum, and so are places with many gaps, which
    the title says. Of several forecasts for one hour the latest is drawn, of a long period the last 14 days, and of
    arrays the first step of each sample. The scatter and its scores are of all values.

    Args:
        history: The history that `train_model` returns, its dict, or a table with `loss` and perhaps `val_loss`.
        y_true: A forecast of actual values; targets from `preprocess_temporal_data`, drawn in original units; or an
            array of shape (n,), (B, H) or (B, N, H), drawn as it is.
        y_pred: Predictions of the same shape, scaled where the targets are.
        unit: Unit of the values; that of the forecasts where they know it.
        reference: Other predictions by their name, drawn over time as thin dotted lines.
        title: Stands above everything.
        path: Where to save the figure (.png, .svg or .pdf). An older file is replaced at the very end.

    Raises:
        ShapeError: If shapes, times or places differ, there are no values, or the history has no losses.
        ConfigError: If a reference is called `actual` or `predicted`.
        FileError: If the file can't be written, or its suffix is another.
    """
    losses = _losses(history)
    _require_free_names(reference or {})
    table = aligned(y_true, y_pred)
    others = {name: aligned(y_true, values, name) for name, values in (reference or {}).items()}
    table = table[np.isfinite(table[["actual", "predicted"]].to_numpy()).all(axis=1)]
    unit = unit or next((str(f.values.attrs.get("unit", "")) for f in (y_true, y_pred) if isinstance(f, Forecast)), "")
    drawn = {} if table.empty else strips(table, others)
    over_time, loss, scatter, figure = _layout(len(drawn) or 1, title)
    if drawn:
        draw_over_time(over_time, drawn, unit)
    else:
        style.say_empty(style.dressed(over_time[0], "Predicted and actual"))
    draw_losses(loss, losses)
    ex_post = isinstance(y_pred, Forecast) and y_pred.is_ex_post
    draw_scatter(scatter, table, unit, note="ex post" if ex_post else "")
    if path is not None:
        style.save(figure, path)
    return figure


def _require_free_names(names: Iterable[str]) -> None:
    taken = [name for name in names if name in ("actual", "predicted")]
    if taken:
        raise ConfigError(f"a reference can't be called {listed(taken)}", expected="another name, since that is a line of its own")


def _layout(strip_count: int, title: str) -> tuple[list[Axes], Axes, Axes, Figure]:
    """Return the strips over time, below them the axes of the losses and of the scatter, and their figure."""
    height = 2.4 if strip_count == 1 else 1.3  # of a strip without its title [inches]
    figure = style.new_figure(11.5, 4.9 + (height + 0.4) * strip_count, title)
    cells = figure.add_gridspec(strip_count + 1, 2, width_ratios=[1.35, 1], height_ratios=[height] * strip_count + [3.5])
    first = figure.add_subplot(cells[0, :])
    over_time = [first, *(figure.add_subplot(cells[row, :], sharex=first) for row in range(1, strip_count))]
    return over_time, figure.add_subplot(cells[-1, 0]), figure.add_subplot(cells[-1, 1]), figure


def _losses(history: Losses | pd.DataFrame | Any) -> Losses:
    losses = history if isinstance(history, Mapping | pd.DataFrame) else getattr(history, "history", history)
    if not isinstance(losses, Mapping | pd.DataFrame) or not len(losses.get("loss", ())):
        columns = isinstance(losses, Mapping | pd.DataFrame) and listed(losses)
        raise ShapeError(
            "the training history has no losses",
            found=columns or type(history).__name__,
            expected="`loss`, one value an epoch",
            hint="pass what `train_model` returned",
        )
    return losses  # type: ignore[return-value]


def draw_losses(axes: Axes, losses: Losses | pd.DataFrame) -> None:
    """Draw the loss of training and of validation by epoch, and mark the best epoch."""
    style.dressed(axes, "Loss by epoch")
    drawn = {key: np.asarray(losses[key], dtype=np.float64) for key in ("loss", "val_loss") if len(losses.get(key, ()))}
    last = max(len(values) for values in drawn.values())
    marker = "o" if last <= FEW else ""
    for (key, values), colour in zip(drawn.items(), (style.BLUE, style.ORANGE), strict=False):
        label = "training" if key == "loss" else "validation"
        epochs = np.arange(1, len(values) + 1)
        axes.plot(epochs, values, color=colour, linewidth=1.8, marker=marker, markersize=3.5, label=label)
    if "val_loss" in drawn:
        _mark_best(axes, drawn["val_loss"])
    _logarithmic_if_wide(axes, np.concatenate(list(drawn.values())))
    margin = float(np.clip(0.03 * last, 0.5, 0.9))
    axes.set_xlim(1 - margin, last + margin)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.set_xlabel("epoch")
    axes.set_ylabel("loss")
    axes.legend(frameon=False, fontsize=10.5)


def _mark_best(axes: Axes, values: npt.NDArray[np.float64]) -> None:
    if not np.isfinite(values).any():
        return
    best = int(np.nanargmin(values))
    label = f"best epoch: {best + 1} (validation {style.number(values[best])})"
    look: dict[str, Any] = {"linestyle": "", "marker": "*", "markersize": 14, "markeredgecolor": "white"}
    axes.plot([best + 1], [values[best]], color=style.VERMILION, zorder=3, clip_on=False, label=label, **look)


def _logarithmic_if_wide(axes: Axes, values: npt.NDArray[np.float64]) -> None:
    values = values[np.isfinite(values)]
    if not len(values) or values.min() <= 0 or values.max() <= WIDE * values.min():
        axes.yaxis.set_major_formatter(style.NUMBERS)
        return
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if values.max() < 1000 * values.min() else (1,)))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.yaxis.set_minor_locator(NullLocator())
