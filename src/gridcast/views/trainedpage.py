"""The report of a training whose forecasts can't be scored yet: the data, the training, and what was forecast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gridcast.clock import WEEK
from gridcast.errors import counted
from gridcast.forecast import Forecast
from gridcast.panel import Panel
from gridcast.views import style
from gridcast.views.background import Background
from gridcast.views.backgroundparts import data_part, training_part, used_part
from gridcast.views.checkpage import coded
from gridcast.views.fans import BANDS, HEIGHT, bands
from gridcast.views.heatmap import dated
from gridcast.views.page import bullets, document, note, pictured

SHOWN = 3  # places
WIDTH = 9.6  # [inches]


@dataclass(frozen=True)
class Trained:
    """A training to be reported.

    Attributes:
        facts: Versions, counts and times.
        background: What was asked, the data, and what was used.
        forecast: What it forecast; None where no forecast is at hand.
        panel: The readings; None where they can't be read.
        next_step: What to type for scores.
    """

    facts: Mapping[str, object]
    background: Background
    forecast: Forecast | None = None
    panel: Panel | None = None
    next_step: str = ""
    mark: str = field(default="not scored")


def trained_page(trained: Trained, *, title: str) -> str:
    """Return the report as HTML, without scripts, and without anything from elsewhere."""
    background = trained.background
    made = trained.forecast
    said = (
        "There is no forecast to report"
        if made is None
        else f"No step of {counted(len(made.issue_times), 'forecast')} of {counted(made.locations, 'place')} has a reading yet"
    )
    summary = (
        f"<h1>{escape(title)}</h1><p>{coded(background.asked)}</p>"
        f'<div class="verdict"><p>Nothing is scored here. {escape(said)}.</p><p>{coded(trained.next_step)}</p></div>'
        + bullets(background.left_out)
    )
    caption = "The places with the largest load: the readings of the last week, and the newest forecast with its intervals."
    parts = {
        "": summary,
        "The data": data_part(background),
        "The training": training_part(background),
        "The forecast": pictured(plot_newest(trained), caption, caption),
        "What each part is worth": note(background.ablation),
        "What was used": used_part(background, trained.facts, ""),
    }
    return document(title, parts)


def plot_newest(trained: Trained) -> Figure | None:
    """Return the newest forecast of the largest places as fans; None where there is no forecast."""
    made = trained.forecast
    if made is None:
        return None
    size = np.nanmean(np.nan_to_num(made.values.values[-1], nan=0.0), axis=1)
    places = np.argsort(-size, kind="stable")[:SHOWN]
    figure = style.new_figure(WIDTH, HEIGHT * len(places) + 0.6)
    every = np.atleast_1d(figure.subplots(len(places), 1))
    for axes, place in zip(every, places.tolist(), strict=True):
        _draw(axes, made, place, trained.panel)
    handles, labels = every[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=5, frameon=False, fontsize=10)
    every[-1].set_xlabel("time (UTC)")
    return figure


def _draw(axes: Axes, made: Forecast, place: int, panel: Panel | None) -> None:
    """Draw the newest forecast of a place after its last readings."""
    name, times = made.locations[place], pd.DatetimeIndex(made.valid_times[-1])
    for percent, (low, high) in bands(made).items():
        assert made.quantiles is not None
        lower, upper = (made.quantiles.values[-1, place, :, level] for level in (low, high))
        axes.fill_between(times, lower, upper, color=BANDS[percent], linewidth=0, label=f"{percent} % interval")
    axes.plot(times, made.values.values[-1, place], color=style.BLUE, linewidth=1.6, label="forecast")
    if panel is not None and name in panel.locations:
        recent = panel.recent(WEEK)
        values = recent.measured[:, recent.locations.index(name)]
        axes.plot(recent.times.tz_convert(None), values, color=style.INK, linewidth=1.4, label="actual")
    style.dressed(axes, f"{name}, issued {made.issue_times[-1]:%Y-%m-%d %H:%M} UTC")
    axes.set_ylabel(style.with_unit("load", str(made.values.attrs.get("unit", ""))))
    axes.yaxis.set_major_formatter(style.NUMBERS)
    axes.margins(x=0.01)
    dated(axes)
