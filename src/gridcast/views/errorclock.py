"""When in the week a model errs: its error by hour and weekday of the local clock, as a picture."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure

from gridcast.clock import DAY, local_labels
from gridcast.views import style
from gridcast.views.backtested import Backtested
from gridcast.views.backtestfigures import new

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
ROBUST = (0.02, 0.98)  # quantiles between which the colours run: a lone hour of readings that can't be right fades no other

Floats = npt.NDArray[np.float64]


def error_by_weekday(backtested: Backtested) -> Floats:
    """Return the best model's mean absolute error by weekday and hour of each place's clock, shape (7, 24). [% of mean load]

    It is a mean over readings, each in per cent of its place's mean load; NaN where there is none.
    """
    forecast, gap = backtested.forecasts[backtested.best], backtested.gap
    errors = np.abs(forecast.values.values - backtested.actual.values.values)[:, :, gap:].astype(np.float64)
    share = 100 * errors / backtested.mean_load[:, None]
    valid = pd.DatetimeIndex(forecast.valid_times[:, gap:].ravel())
    zones = dict(zip(backtested.panel.locations, backtested.panel.timezones, strict=True))
    sums, counts = np.zeros(7 * 24), np.zeros(7 * 24)
    for zone in dict.fromkeys(zones[name] for name in forecast.locations):
        label = local_labels(valid, zone)
        cell = label.day_of_week.to_numpy() * 24 + label.hour.to_numpy()
        own = share[:, [zones[name] == zone for name in forecast.locations]]  # (issue_time, location, step)
        known = np.isfinite(own)
        sums += np.bincount(cell, np.where(known, own, 0.0).sum(axis=1).ravel(), minlength=7 * 24)
        counts += np.bincount(cell, known.sum(axis=1).ravel(), minlength=7 * 24)
    mean: Floats = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    return mean.reshape(7, 24)


def plot_weekdays(backtested: Backtested) -> Figure | None:
    """Return the best model's error by hour and weekday; None for forecasts of days, or where its forecasts are not at hand."""
    if backtested.best not in backtested.forecasts or backtested.actual.freq >= DAY:
        return None
    values = error_by_weekday(backtested)
    known = values[np.isfinite(values)]
    if not len(known):
        return None
    figure, (axes,) = new(backtested, 3.0)
    low, high = np.quantile(known, ROBUST)
    shades = axes.imshow(values, aspect="auto", cmap=style.dark_end("YlOrBr", 0.05), vmin=low, vmax=high, extent=(0, 24, 7, 0))
    style.dressed(axes, f"Error of {backtested.best} by hour and weekday")
    axes.grid(visible=False)
    axes.set_yticks(np.arange(7) + 0.5, WEEKDAYS)
    axes.set_xticks(range(0, 25, 3))
    axes.set_xlabel("hour by the local clock")
    axes.tick_params(axis="y", length=0)
    bar = figure.colorbar(shades, ax=axes, extend=style.extend(known, shades), pad=0.02)
    bar.set_label("error [% of mean load]", fontsize=10)
    return figure
