"""What matters overall, and how the load responds to temperature."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from gridcast.explain.response import Response
from gridcast.views import style
from gridcast.views.why import COLOURS

PANELS = 4  # hours of the day at which the response is drawn
KNOTS = 8  # bins of temperature between which its line runs
FEWEST = 2  # days in a bin


def plot_importance(table: pd.DataFrame, *, name: str, issued: int) -> Figure:
    """Return the importance of each group with its interval, by lead time, and by season where there are several.

    Args:
        table: What `gridcast.explain.importance.importance` returned, not empty.
        name: Of the place, or of the sum.
        issued: Number of past issue times.
    """
    seasons = [season for season in table["season"].unique() if season]
    by_lead = table[table["season"] == ""]
    whole = by_lead.drop_duplicates("group")
    blocks = by_lead[by_lead.duplicated("group")]
    columns = 1 + (not blocks.empty) + bool(seasons)
    figure = style.new_figure(4.6 * columns + 1.6, 4.6, f"What matters for forecasts of {name}")
    axes = np.atleast_1d(figure.subplots(1, columns, width_ratios=[1.1, *[1.0] * (columns - 1)]))
    _draw_whole(axes[0], whole, issued)
    if not blocks.empty:
        _draw_leads(axes[1], blocks)
    if seasons:
        _draw_seasons(axes[-1], table[table["season"] != ""], seasons)
    handles = [Line2D([], [], color=COLOURS[group], marker="o", linewidth=2, label=group) for group in whole["group"]]
    figure.legend(handles=handles, loc="outside lower center", ncols=6, frameon=False, fontsize=10)
    return figure


def plot_response(told: Response) -> Figure:
    """Return the response at some hours of the day: readings as dots, the forecasts with the weather of other days as a line."""
    hours = np.sort(told.forecasts["hour"].unique())
    shown = (
        hours[np.unique(np.linspace(0, len(hours) - 1, min(PANELS, len(hours)) + 1).astype(int)[:-1])] if len(hours) > 1 else hours
    )
    figure = style.new_figure(3.3 * len(shown) + 1.0, 4.5, f"How the load responds to {told.variable}: {told.name}")
    panels = np.atleast_1d(figure.subplots(1, len(shown), sharey=True, sharex=True))
    for axes, hour in zip(panels, shown, strict=True):
        style.dressed(axes, f"{hour:02}:00" if len(hours) > 1 else "all days")
        readings = told.readings[told.readings["hour"] == hour]
        made = told.forecasts[told.forecasts["hour"] == hour]
        axes.plot(readings["temperature"], readings["reading"], ".", color=style.GREY, alpha=0.35, markersize=4, label="readings")
        axes.plot(made["temperature"], made["forecast"], "o", color=style.VERMILION, alpha=0.5, markersize=3.5, markeredgewidth=0)
        line = _line(made["temperature"].to_numpy(), made["forecast"].to_numpy())
        axes.plot(*line, color=style.VERMILION, linewidth=2.2, label="forecasts with the weather of other days")
        axes.set_xlabel(style.with_unit(told.variable, told.units.replace("degC", "°C")))
        axes.yaxis.set_major_formatter(style.NUMBERS)
        axes.xaxis.set_major_locator(MaxNLocator(5))
    panels[0].set_ylabel(style.with_unit("consumption", told.unit))
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False, fontsize=10)
    return figure


def _draw_whole(axes: Axes, whole: pd.DataFrame, issued: int) -> None:
    rows = np.arange(len(whole))
    values, low, high = (whole[name].to_numpy() for name in ("importance", "low", "high"))
    axes.barh(rows, values, color=[COLOURS[group] for group in whole["group"]], height=0.65)
    axes.errorbar(values, rows, xerr=np.clip([values - low, high - values], 0, None), fmt="none", ecolor=style.INK, capsize=3)
    axes.set_yticks(rows, whole["group"])
    axes.invert_yaxis()
    axes.axvline(0, color=style.INK, linewidth=0.8)
    style.dressed(axes, f"All lead times, {issued} issue times").grid(False, axis="y")
    axes.set_xlabel("larger error with that of another day [%]")


def _draw_leads(axes: Axes, blocks: pd.DataFrame) -> None:
    for group, rows in blocks.groupby("group", sort=False):
        middle = (rows["lead_from"] + rows["lead_to"]) / 2
        axes.fill_between(middle, rows["low"], rows["high"], color=COLOURS[str(group)], alpha=0.15, linewidth=0)
        axes.plot(middle, rows["importance"], color=COLOURS[str(group)], marker="o", linewidth=2)
    axes.axhline(0, color=style.INK, linewidth=0.8)
    style.dressed(axes, "By lead time")
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.set_xlabel("from the issue time [h]")
    axes.set_ylabel("larger error [%]")


def _draw_seasons(axes: Axes, table: pd.DataFrame, seasons: list[str]) -> None:
    groups = list(table["group"].unique())
    width = 0.8 / len(groups)
    for number, group in enumerate(groups):
        rows = table[table["group"] == group].set_index("season").reindex(seasons)
        where = np.arange(len(seasons)) + (number - (len(groups) - 1) / 2) * width
        axes.bar(where, rows["importance"], width=width, color=COLOURS[group])
        ends = np.clip([rows["importance"] - rows["low"], rows["high"] - rows["importance"]], 0, None)
        axes.errorbar(where, rows["importance"], yerr=ends, fmt="none", ecolor=style.INK, elinewidth=0.8)
    axes.set_xticks(range(len(seasons)), seasons)
    axes.axhline(0, color=style.INK, linewidth=0.8)
    style.dressed(axes, "By season").grid(False, axis="x")
    axes.set_ylabel("larger error [%]")


def _line(warm: npt.NDArray[np.float64], said: npt.NDArray[np.float64]) -> tuple[list[float], list[float]]:
    """Return the means of bins of temperature that hold as many days each.

    Example:
        >>> _line(np.array([3.0, 1.0, 2.0, 4.0]), np.array([30.0, 10.0, 20.0, 40.0]))
        ([1.5, 3.5], [15.0, 35.0])
    """
    order = np.argsort(warm, kind="stable")
    bins = np.array_split(order, max(1, min(KNOTS, len(order) // FEWEST)))
    return [float(warm[some].mean()) for some in bins], [float(said[some].mean()) for some in bins]
