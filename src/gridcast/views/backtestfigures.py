"""The figures of a backtest's errors: skill, lead time, hour and season, and how they go over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from gridcast.views import style
from gridcast.views.backtested import Backtested
from gridcast.views.heatmap import dated

WIDTH = 9.6  # of a figure [inches]
SKY = "#56B4E9"
COLOURS = (style.BLUE, style.VERMILION, style.GREEN, style.PURPLE, style.ORANGE, SKY, style.GREY)
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (1, 1)))
MARKERS = "osD^vPX"
WEEKLY = 21  # issue times from which on errors are drawn by week


class Look(NamedTuple):
    """How a model is drawn, in every figure the same."""

    color: str
    linestyle: str | tuple[int, tuple[int, ...]]
    marker: str
    linewidth: float
    zorder: float


def look(backtested: Backtested, model: str) -> Look:
    """Return how a model is drawn: colour, dashes and marker all tell it, for those who see no colours."""
    place = backtested.models.index(model)
    kind, again = place % len(COLOURS), place // len(COLOURS)
    return Look(
        COLOURS[kind], DASHES[(kind + again) % 7], MARKERS[(kind + again) % 7], 2.6 if place == 0 else 1.5, 4 - 0.01 * place
    )


def new(
    backtested: Backtested, height: float, ratios: Sequence[float] = (1,), *, one_scale: bool = False
) -> tuple[Figure, list[Axes]]:
    """Return a figure of axes side by side, as wide as the ratios say, marked ex ante or ex post in its lower left corner."""
    figure = style.new_figure(WIDTH, height)
    axes = figure.subplots(1, len(ratios), width_ratios=ratios, sharey=one_scale, squeeze=False)[0]
    figure.supxlabel(backtested.mark, x=0.005, y=0.005, ha="left", va="bottom", fontsize=9, color=style.GREY, style="italic")
    return figure, list(axes)


def lines(axes: Axes, backtested: Backtested, table: pd.DataFrame) -> None:
    """Draw each model's column as a line; markers where there are few rows."""
    for name in table.columns:
        chosen = look(backtested, name)
        size = 4.5 if len(table) <= 26 else 0
        axes.plot(
            table.index,
            table[name],
            color=chosen.color,
            linestyle=chosen.linestyle,
            linewidth=chosen.linewidth,
            marker=chosen.marker,
            markersize=size,
            zorder=chosen.zorder,
            label=style.literal(name),
        )
    if np.nanmin(table.to_numpy(), initial=0) >= 0:
        axes.set_ylim(bottom=0)


def legend(figure: Figure, axes: Axes) -> None:
    """Put one legend above all axes."""
    handles, labels = axes.get_legend_handles_labels()
    if len(handles):
        figure.legend(
            handles, labels, loc="outside upper left", ncols=min(len(labels), 4), frameon=False, fontsize=10, handlelength=3.2
        )


def plot_skills(backtested: Backtested) -> Figure | None:
    """Return each skill of the best model as a dot with the bar of its interval; None where there is no skill."""
    table = backtested.skill_table
    rows = table[(table["model"] == backtested.best) & np.isfinite(table["skill"].astype(np.float64))]
    if rows.empty:
        return None
    metrics = list(dict.fromkeys(rows["metric"]))
    references = [name for name in backtested.models if name in set(rows["reference"])][::-1]
    figure, (axes,) = new(backtested, 1.5 + 0.42 * len(references) * max(len(metrics) * 0.6, 1))
    for number, metric in enumerate(metrics):
        own = rows[rows["metric"] == metric].set_index("reference").reindex(references)
        at = np.arange(len(references)) + 0.16 * ((len(metrics) - 1) / 2 - number) * 2
        value, low, high = (100 * own[name].to_numpy(dtype=np.float64) for name in ("skill", "low", "high"))
        bars = np.nan_to_num(np.stack([value - low, high - value])).clip(min=0)
        marks = {"color": COLOURS[number % 7], "marker": MARKERS[number % 7]}
        axes.errorbar(value, at, xerr=bars, fmt="none", ecolor=marks["color"], elinewidth=2.2, capsize=4)
        axes.plot(value, at, linestyle="none", markersize=8, label=str(metric).upper(), **marks)  # type: ignore[arg-type]
    axes.axvline(0, color=style.INK, linewidth=1)
    axes.set_yticks(np.arange(len(references)), [style.literal(name) for name in references])
    axes.set_ylim(-0.6, len(references) - 0.4)
    style.dressed(axes, f"How much smaller the error of {backtested.best} is than that of ...")
    axes.set_xlabel("skill [%], bar: its interval; right of 0: better")
    axes.margins(x=0.08)
    axes.legend(frameon=False, fontsize=10, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def plot_leads(backtested: Backtested) -> Figure | None:
    """Return the error by lead time, a line a model; None where there is none."""
    table = backtested.split("lead", backtested.metric)
    if table.empty:
        return None
    figure, (axes,) = new(backtested, 4.0)
    lines(axes, backtested, table)
    style.dressed(axes, "Error by lead time")
    axes.set(xlabel="lead time: from the issue time to the start of the interval [h]", ylabel=backtested.error_label)
    axes.xaxis.set_major_locator(MaxNLocator(12, integer=True, steps=[1, 2, 3, 4, 6, 10]))
    legend(figure, axes)
    return figure


def plot_clock(backtested: Backtested) -> Figure | None:
    """Return the error by hour of the day and by season, a line a model; None where there is neither."""
    tables = {split: backtested.split(split, backtested.metric) for split in ("hour", "season")}
    tables = {split: table for split, table in tables.items() if not table.empty}
    if not tables:
        return None
    ratios = [2.2 if split == "hour" else 1 for split in tables]
    figure, every = new(backtested, 4.0, ratios, one_scale=True)
    for axes, (split, table) in zip(every, tables.items(), strict=True):
        lines(axes, backtested, table.sort_index() if split == "hour" else table)
        style.dressed(axes, f"Error by {'hour of the day' if split == 'hour' else 'season'}")
        axes.set_xlabel("hour by the local clock" if split == "hour" else "season at the place")
        if split == "hour":
            axes.set_xticks(range(0, 24, 3))
        axes.margins(x=0.04 if split == "hour" else 0.12)
    every[0].set_ylabel(backtested.error_label)
    every[0].set_ylim(bottom=0)
    legend(figure, every[0])
    return figure


def plot_over_time(backtested: Backtested) -> Figure | None:
    """Return the error by week, or by issue time where there are few; None where there is none."""
    table = backtested.split("issue", backtested.metric, "issue_time")
    if table.empty:
        return None
    table = table.set_axis(pd.to_datetime(table.index, utc=True).tz_localize(None)).sort_index()
    weekly = len(table) >= WEEKLY
    if weekly:
        table = table.resample("7D").mean()
    figure, (axes,) = new(backtested, 4.0)
    lines(axes, backtested, table)
    style.dressed(axes, f"Error by {'week' if weekly else 'issue time'}")
    axes.set_ylabel(backtested.error_label)
    dated(axes)
    axes.set_xlabel("first issue time of the week (UTC)" if weekly else "issue time (UTC)")
    legend(figure, axes)
    return figure
