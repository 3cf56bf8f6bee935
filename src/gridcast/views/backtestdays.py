"""The days that were forecast best and worst, and the weather that they had."""

from __future__ import annotations

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

SHOWN = 5  # best days, and worst days
NAMED = 3  # places that a day names
SEASON = 15  # days on either side that tell what is usual at that time of the year
WHOLE = 0.5  # share of the most readings of a day from which on it counts
MOST = 4  # variables of the weather
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


def daily_weather(backtested: Backtested) -> pd.DataFrame:
    """Return the mean weather of all places by day of their clocks, a column a variable; without columns where there is none."""
    panel = backtested.panel
    names = [name for name in panel.variables if name in QUANTITIES and panel.values_of(name).ndim == 2][:MOST]
    columns = {}
    for name in names:
        values = pd.DataFrame(panel.values_of(name), columns=list(panel.locations))
        parts = []
        for zone in dict.fromkeys(panel.timezones):
            own = values.loc[:, [each == zone for each in panel.timezones]]
            parts.append(own.groupby(_labels(panel.times, zone, panel.freq)).mean())
        columns[name] = pd.concat(parts, axis=1).mean(axis=1)
    return pd.DataFrame(columns) if columns else pd.DataFrame(index=pd.DatetimeIndex([]))


def departures(weather: pd.DataFrame) -> pd.DataFrame:
    """Return by how much each day departs from what is usual at its time of the year, over all years of the panel."""
    of_year = weather.index.dayofyear.to_numpy()  # type: ignore[attr-defined]
    found = {}
    for name in weather:
        values = weather[name].to_numpy(dtype=np.float64)
        usual = np.full(len(values), np.nan)
        for day in np.unique(of_year):
            apart = np.abs(of_year - day)
            near = values[np.minimum(apart, 365 - apart) <= SEASON]
            usual[of_year == day] = np.nanmean(near) if np.isfinite(near).any() else np.nan
        found[name] = values - usual
    return pd.DataFrame(found, index=weather.index)


def day_table(backtested: Backtested, errors: pd.DataFrame, weather: pd.DataFrame, *, worst: bool) -> str:
    """Return the best or worst days of the best model, with the weather of each; empty without its forecasts."""
    mean = errors.mean(axis=1)
    chosen = mean.sort_values(ascending=not worst, kind="stable").head(SHOWN).index
    other = backtested.reference if backtested.reference in backtested.forecasts else None
    beside = daily_errors(backtested, other).mean(axis=1) if other else None
    apart = departures(weather)
    rows = []
    for day in chosen:
        cells = [f"{day:%a %Y-%m-%d}", style.number(float(mean[day]))]
        if beside is not None:
            cells.append(style.number(float(beside[day])) if day in beside.index else "–")
        cells += [_told(weather, apart, name, day) for name in map(str, weather)]
        rows.append([*cells, escape(_where(errors.loc[day], worst=worst))])
    units = {name: UNITS.get(QUANTITIES[name].unit, QUANTITIES[name].unit) for name in map(str, weather)}
    compared = [f"{escape(other)} [%]"] if other else []
    head = [
        "day, local time",
        f"{escape(backtested.best)} [%]",
        *compared,
        *(f"{_title(name)} [{unit}]" for name, unit in units.items()),
    ]
    return table_of([*head, f"{'largest' if worst else 'smallest'} error at [%]"], rows, backtested.mark, "words")


def plot_days(backtested: Backtested, errors: pd.DataFrame, weather: pd.DataFrame) -> Figure | None:
    """Return the error of each day beside its temperature, the worst days with their date; None without temperature."""
    if TEMPERATURE not in weather:
        return None
    both = pd.DataFrame({"warm": weather[TEMPERATURE], "error": errors.mean(axis=1)}).dropna()
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
    for day in ends.index[-NAMED:]:
        axes.annotate(f" {day:%d %b %Y}", (both.loc[day, "warm"], both.loc[day, "error"]), fontsize=9, va="center", xytext=(5, 0),
                      textcoords="offset points")  # fmt: skip
    style.dressed(axes, f"Error of {backtested.best} by day and temperature")
    axes.set(xlabel="mean temperature of all places [°C]", ylabel="error [% of mean load]")
    axes.set_ylim(bottom=0)
    axes.margins(x=0.08)
    axes.legend(frameon=False, fontsize=10)
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


def _told(weather: pd.DataFrame, apart: pd.DataFrame, name: str, day: pd.Timestamp) -> str:
    """Return the weather of a day, and by how much it departs from what is usual."""
    value, more = (float(table[name].get(day, np.nan)) for table in (weather, apart))
    return f"{value:.1f} ({more:+.1f})".replace("-", "−") if np.isfinite(value) else "–"


def _where(errors: pd.Series[float], *, worst: bool) -> str:
    """Return the places that a day names, with their errors."""
    known = errors.dropna().sort_values(ascending=not worst, kind="stable").head(NAMED)
    return ", ".join(f"{name} {style.number(float(value))}" for name, value in known.items())


def _title(name: str) -> str:
    return name.replace("_", " ")
