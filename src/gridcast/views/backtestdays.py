"""The days that were forecast best and worst, and the weather that they had."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure

from gridcast.clock import DAY, local_labels
from gridcast.forecast import Forecast
from gridcast.sources.weather.quantities import QUANTITIES
from gridcast.views import style
from gridcast.views.backtested import Backtested
from gridcast.views.backtestfigures import new
from gridcast.views.backtesttables import table as table_of
from gridcast.views.labels import label_places

SHOWN = 5  # best days, and worst days
NAMED = 3  # places that a day names
SEASON = 15  # days on either side that tell what is usual at that time of the year
WHOLE = 0.5  # share of the most readings of a day from which on it counts
MOST = 4  # variables of the weather
YEAR = 365
DOT = 3.0  # radius of a day [points]
UNITS = {"degC": "°C", "W/m2": "W/m²"}
TEMPERATURE = "temperature"

Floats = npt.NDArray[np.float64]


def daily_errors(backtested: Backtested, model: str) -> pd.DataFrame:
    """Return the mean absolute error of a model by day of the local clock and place. [% of the place's mean load]

    Returns:
        A row a day, a column a place; NaN where nothing was scored. Days with less than half of the most readings are left out.
    """
    forecast, gap = backtested.forecasts[model], backtested.gap
    share = 100 * np.abs(forecast.values.values - backtested.actual.values.values)[:, :, gap:] / backtested.mean_load[:, None]
    days = _days_of(backtested, forecast, pd.DatetimeIndex(forecast.valid_times[:, gap:].ravel()))
    first = min(label.min() for label in days.values())
    count = 1 + max(int((label.max() - first) / DAY) for label in days.values())
    sums, counts = np.zeros((2, count, len(forecast.locations)))
    for place, name in enumerate(forecast.locations):
        own = share[:, place].astype(np.float64).ravel()
        known, code = np.isfinite(own), np.asarray((days[_zone(backtested, name)] - first) // DAY)
        sums[:, place] = np.bincount(code, np.where(known, own, 0.0), minlength=count)
        counts[:, place] = np.bincount(code, known, minlength=count)
    errors = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    found = pd.DataFrame(errors, index=pd.date_range(first, periods=count, name="day"), columns=list(forecast.locations))
    whole = counts.sum(axis=1) >= WHOLE * counts.sum(axis=1).max(initial=1)
    kept: pd.DataFrame = found.loc[whole]
    return kept


def daily_weather(backtested: Backtested) -> dict[str, pd.DataFrame]:
    """Return the mean weather of each day of the local clock by variable: a row a day, a column a place."""
    panel = backtested.panel
    names = [name for name in panel.variables if name in QUANTITIES and panel.values_of(name).ndim == 2][:MOST]
    found = {}
    for name in names:
        values = pd.DataFrame(panel.values_of(name).astype(np.float64), columns=list(panel.locations))
        parts = []
        for zone in dict.fromkeys(panel.timezones):
            own = values.loc[:, [each == zone for each in panel.timezones]]
            parts.append(own.groupby(_labels(panel.times, zone, panel.freq)).mean())
        found[name] = pd.concat(parts, axis=1)[list(panel.locations)].sort_index()
    return found


def departure(values: pd.Series[float], day: pd.Timestamp) -> float:
    """Return by how much a day departs from what is usual at its time of the year, over all years that there are.

    Example:
        >>> days = pd.date_range("2024-01-01", periods=3)
        >>> departure(pd.Series([1.0, 2.0, 6.0], index=days), days[2])
        3.0
    """
    apart = np.abs(pd.DatetimeIndex(values.index).dayofyear.to_numpy() - day.dayofyear)
    near = values[np.minimum(apart, YEAR - apart) <= SEASON]
    return float(values[day] - near.mean())


def day_table(backtested: Backtested, errors: pd.DataFrame, weather: Mapping[str, pd.DataFrame], *, worst: bool) -> str:
    """Return the best or worst days of the best model, with the weather of each; empty without its forecasts.

    Args:
        backtested: What is reported.
        errors: From `daily_errors`, of the best model.
        weather: From `daily_weather`.
        worst: Whether the worst days are wanted.
    """
    mean = errors.mean(axis=1)
    chosen = mean.sort_values(ascending=not worst, kind="stable").head(SHOWN).index
    other = backtested.reference if backtested.reference in backtested.forecasts else None
    beside = daily_errors(backtested, other).mean(axis=1) if other else pd.Series(dtype=np.float64)
    of_all = {name: table.mean(axis=1) for name, table in weather.items()}
    rows = []
    for day in pd.DatetimeIndex(chosen):
        cells = [f"{day:%a %Y-%m-%d}", style.number(float(mean[day]))]
        cells += [style.number(float(beside[day])) if day in beside.index else "–"] if other else []
        cells += [_told(values, day) for values in of_all.values()]
        rows.append([*cells, escape(_where(errors.T[day], weather.get(TEMPERATURE), worst=worst))])
    head = ["day, local time", *(f"{escape(name)} [%]" for name in (backtested.best, other) if name)]
    head += [f"{name.replace('_', ' ')} [{_unit(name)}]" for name in weather]
    return table_of([*head, f"{'largest' if worst else 'smallest'} error at [%]"], rows, backtested.mark, "words")


def plot_days(backtested: Backtested, errors: pd.DataFrame, weather: Mapping[str, pd.DataFrame]) -> Figure | None:
    """Return the error of each day beside its temperature, the worst days with their date; None without temperature."""
    if TEMPERATURE not in weather:
        return None
    both = pd.DataFrame({"warm": weather[TEMPERATURE].mean(axis=1), "error": errors.mean(axis=1)}).dropna()
    if len(both) < 2 * SHOWN:
        return None
    figure, (axes,) = new(backtested, 3.4)
    ends = both["error"].sort_values(kind="stable")
    axes.plot(both["warm"], both["error"], "o", color=style.BLUE, alpha=0.45, markersize=5, markeredgewidth=0, label="a day")
    for days, colour, marker, label in (
        (ends.index[-SHOWN:], style.VERMILION, "D", "worst days"),
        (ends.index[:SHOWN], style.GREEN, "s", "best days"),
    ):
        axes.plot(both.loc[days, "warm"], both.loc[days, "error"], marker, color=colour, markersize=6.5, label=label)
    style.dressed(axes, f"Error of {backtested.best} by day and temperature")
    axes.set(xlabel="mean temperature of all places [°C]", ylabel="error [% of mean load]")
    axes.set_ylim(bottom=0)
    axes.margins(x=0.08)
    axes.legend(frameon=False, fontsize=10)
    names = {int(row): f"{both.index[row]:%d %b %Y}" for row in np.argsort(-both["error"].to_numpy(), kind="stable")[:NAMED]}
    label_places(axes, both[["warm", "error"]].to_numpy(), np.full(len(both), DOT), names)
    return figure


def _days_of(backtested: Backtested, forecast: Forecast, times: pd.DatetimeIndex) -> dict[str, pd.DatetimeIndex]:
    """Return the day of each moment by the clock of each zone."""
    zones = dict.fromkeys(_zone(backtested, name) for name in forecast.locations)
    return {zone: _labels(times, zone, forecast.freq) for zone in zones}


def _zone(backtested: Backtested, location: str) -> str:
    return backtested.panel.timezones[backtested.panel.locations.index(location)]


def _labels(times: pd.DatetimeIndex, zone: str, freq: pd.Timedelta) -> pd.DatetimeIndex:
    """Return the days of moments by a clock; those of daily readings are labels already."""
    labels = local_labels(times, zone) if freq < DAY else times
    return (labels.tz_localize(None) if labels.tz is not None else labels).normalize()


def _told(values: pd.Series[float], day: pd.Timestamp) -> str:
    """Return the weather of a day, and by how much it departs from what is usual."""
    value = float(values.get(day, np.nan))
    return f"{value:.1f} ({departure(values, day):+.1f})".replace("-", "−") if np.isfinite(value) else "–"


def _where(errors: pd.Series[float], warm: pd.DataFrame | None, *, worst: bool) -> str:
    """Return the places that a day names, with their errors and temperatures."""
    known = errors.dropna().sort_values(ascending=not worst, kind="stable").head(NAMED)
    found = []
    for name, value in known.items():
        told = "–" if warm is None or name not in warm else _told(warm[name], pd.Timestamp(str(errors.name)))
        found.append(f"{name} {style.number(float(value))}" + ("" if told == "–" else f" at {told.replace(' (', ' °C (')}"))
    return ", ".join(found)


def _unit(name: str) -> str:
    return UNITS.get(QUANTITIES[name].unit, QUANTITIES[name].unit)
