"""The figures of a search: how it went, which settings mattered, and how the trials run through them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from gridcast.tuning import Tuned
from gridcast.tuning.space import Range
from gridcast.views import style

WIDTH = 9.6  # of a figure [inches]
LABELS = {"pinball": "pinball loss [% of mean reading]", "nmae": "nMAE [%]"}
CLOSE = 75  # percentile of the scores up to which they are told apart

Floats = npt.NDArray[np.float64]


def label_of(tuned: Tuned) -> str:
    """Return what the score is called."""
    return LABELS[tuned.space.config.tune.score]


def plot_history(tuned: Tuned) -> Figure | None:
    """Return the score of each trial and the best so far; None where no trial has a score."""
    complete = tuned.complete.sort_values("trial")
    if complete.empty:
        return None
    figure = style.new_figure(WIDTH, 4.0)
    axes = figure.subplots()
    trials, scores = complete["trial"].to_numpy(), complete["score"].to_numpy(dtype=np.float64)
    last = int(tuned.table["trial"].max())
    best = np.minimum.accumulate(scores)
    axes.step([*trials, last], [*best, best[-1]], where="post", color=style.BLUE, linewidth=2.2, label="best so far", zorder=3)
    axes.plot(trials, scores, "o", color=style.GREY, markersize=5, label="trial", zorder=2)
    if np.isfinite(tuned.configured):
        axes.axhline(tuned.configured, color=style.INK, linewidth=1, linestyle="--", label="as configured", zorder=1)
    top = _limit(axes, np.append(scores, tuned.configured))
    ended = {state: tuned.table.loc[tuned.table["state"] == state, "trial"].to_numpy() for state in ("pruned", "failed")}
    _marks(axes, trials[scores > top], "^", style.GREY, "above the axis")
    _marks(axes, ended["pruned"], "v", style.ORANGE, "pruned (no score)")
    _marks(axes, ended["failed"], "X", style.VERMILION, "failed (no score)")
    style.dressed(axes, "The score of each trial, and the best so far")
    axes.set(xlabel="trial", ylabel=label_of(tuned), xlim=(0.5, last + 0.5))
    axes.xaxis.set_major_locator(MaxNLocator(12, integer=True))
    figure.legend(loc="outside upper left", ncols=6, frameon=False, fontsize=10)
    return figure


def plot_importance(tuned: Tuned) -> Figure | None:
    """Return which settings mattered, as bars; None where that is not known."""
    if not tuned.importance:
        return None
    names = sorted(tuned.importance, key=lambda name: tuned.importance[name])
    shares = [100 * tuned.importance[name] for name in names]
    figure = style.new_figure(WIDTH, 1.3 + 0.36 * len(names))
    axes = figure.subplots()
    axes.barh(names, shares, color=style.BLUE, height=0.62)
    for place, share in enumerate(shares):
        axes.annotate(f"{share:.0f} %", (share, place), xytext=(5, 0), textcoords="offset points", va="center", color=style.INK)
    style.dressed(axes, "How much of the scores each setting explains")
    axes.grid(visible=False, axis="y")
    axes.set(xlabel="share of the variance of the scores that the setting explains [%]", xlim=(0, 1.1 * max(shares)))
    return figure


def plot_parallel(tuned: Tuned) -> Figure | None:
    """Return each trial as a line through the values of its settings, coloured by its score; None with fewer than two."""
    complete = tuned.complete[~tuned.complete["configured"]].sort_values("score", ascending=False)
    if len(complete) < 2:
        return None
    names = sorted(tuned.settings, key=lambda name: -tuned.importance.get(name, 0.0))
    if len(names) == 1:
        return _plot_one(tuned, names[0], complete)
    figure = style.new_figure(WIDTH, 4.4)
    axes = figure.subplots()
    heights = np.stack([_heights(tuned, name, complete) for name in names], axis=1)
    scores = complete["score"].to_numpy(dtype=np.float64)
    norm = Normalize(scores.min(), max(float(np.percentile(scores, CLOSE)), scores.min() + 1e-9))
    colours = ScalarMappable(norm, style.dark_end("viridis_r", 0.08).reversed())
    lines = [np.column_stack([np.arange(len(names)), row]) for row in heights]
    axes.add_collection(LineCollection(lines[:-1], colors=colours.to_rgba(scores[:-1]), linewidths=1.3, alpha=0.85))
    axes.plot(np.arange(len(names)), heights[-1], color=style.VERMILION, linewidth=2.8, zorder=4, label="best")
    _dress_parallel(axes, tuned, names)
    bar = figure.colorbar(colours, ax=axes, pad=0.02, extend=style.extend(scores, colours))
    bar.set_label(label_of(tuned), color=style.INK)
    bar.ax.tick_params(color=style.GREY)
    bar.outline.set_visible(False)
    title = "Settings of each trial but that as configured, the most important first"
    axes.set_title(title, loc="left", fontsize=12, pad=36, color=style.INK)
    axes.legend(loc="upper right", bbox_to_anchor=(1.0, 1.19), frameon=False, fontsize=10)
    return figure


def _plot_one(tuned: Tuned, name: str, complete: pd.DataFrame) -> Figure:
    """Return the score of each trial over the only setting that was searched."""
    figure = style.new_figure(WIDTH, 4.0)
    axes = figure.subplots()
    scores = complete["score"].to_numpy(dtype=np.float64)
    heights = _heights(tuned, name, complete)
    axes.plot(heights, scores, "o", color=style.GREY, markersize=6, label="trial")
    axes.plot(heights[-1:], scores[-1:], "o", color=style.VERMILION, markersize=8, label="best")
    if np.isfinite(tuned.configured):
        axes.axhline(tuned.configured, color=style.INK, linewidth=1, linestyle="--", label="as configured", zorder=1)
    ticks = _ticks(tuned, name)
    axes.set_xticks([place for _, place in ticks], [label for label, _ in ticks])
    style.dressed(axes, f"The score by {name}")
    axes.set(xlabel=name, ylabel=label_of(tuned), xlim=(-0.06, 1.06))
    figure.legend(loc="outside upper left", ncols=3, frameon=False, fontsize=10)
    return figure


def _marks(axes: Axes, trials: npt.NDArray[Any], marker: str, colour: str, label: str) -> None:
    """Mark trials at the upper edge, if there are any."""
    if len(trials):
        at = np.full(len(trials), 0.955)
        axes.plot(trials, at, marker, color=colour, markersize=6.5, transform=axes.get_xaxis_transform(), label=label)


def _limit(axes: Axes, scores: Floats) -> float:
    """Leave out of the axis scores far above the others, which would flatten them; return up to where they are on it."""
    low, high = float(np.nanmin(scores)), float(np.nanmax(scores))
    middle = float(np.nanmedian(scores))
    top = min(high, middle + 4 * (middle - low)) if middle > low else high
    span = (top - low) or 0.1 * abs(low) or 1.0
    axes.set_ylim(low - 0.08 * span, top + 0.2 * span)
    return top + 0.1 * span


def _heights(tuned: Tuned, name: str, table: pd.DataFrame) -> Floats:
    """Return where the values of a setting lie on its axis, from 0 to 1; equal choices a little apart, so that lines are seen."""
    dimension = tuned.space.dimensions[name]
    if isinstance(dimension, Range):
        values = table[name].to_numpy(dtype=np.float64)
        return np.asarray(_share(dimension, values), dtype=np.float64)
    labels, random = dimension.labels, np.random.default_rng(0)
    places = np.array([labels.index(value) for value in table[name]], dtype=np.float64)
    nudge = random.uniform(-0.02, 0.02, len(places))
    nudge[-1] = 0.0
    return np.asarray(places / max(1, len(labels) - 1) + nudge, dtype=np.float64)


def _share(dimension: Range, values: Floats) -> Floats:
    low, high = dimension.low, dimension.high
    return np.log(values / low) / np.log(high / low) if dimension.log else (values - low) / (high - low)


def _dress_parallel(axes: Axes, tuned: Tuned, names: list[str]) -> None:
    """Draw one upright axis a setting, with its name and its values."""
    for place, name in enumerate(names):
        axes.axvline(place, color=style.GREY, linewidth=1, zorder=0)
        named: dict[str, Any] = {"fontsize": 10, "color": style.INK, "fontweight": "bold", "annotation_clip": False}
        axes.annotate(name, (place, 1.08), ha="center", va="bottom", **named)
        for value, height in _ticks(tuned, name):
            box = {"boxstyle": "round,pad=0.12", "facecolor": "white", "edgecolor": "none", "alpha": 0.8}
            text: dict[str, Any] = {"fontsize": 9, "va": "center", "color": style.INK, "bbox": box, "zorder": 5}
            axes.annotate(value, (place, height), xytext=(4, 0), textcoords="offset points", **text)
    axes.set(xlim=(-0.15, len(names) - 0.55), ylim=(-0.06, 1.06), xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def _ticks(tuned: Tuned, name: str) -> list[tuple[str, float]]:
    """Return what stands at the axis of a setting, and how high."""
    dimension = tuned.space.dimensions[name]
    if not isinstance(dimension, Range):
        return [
            (style.literal(str(label)), place / max(1, len(dimension.labels) - 1)) for place, label in enumerate(dimension.labels)
        ]
    heights = np.linspace(0, 1, 3)
    low, high = dimension.low, dimension.high
    values = low * (high / low) ** heights if dimension.log else low + heights * (high - low)
    return [(f"{value:.2g}", float(height)) for value, height in zip(values, heights, strict=True)]
