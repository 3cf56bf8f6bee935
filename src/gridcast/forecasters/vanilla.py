"""Tao Hong's vanilla benchmark: a regression of the load of each place on calendar and temperature, and on nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.availability import Availability
from gridcast.errors import PanelError, TrainingError, listed, require_positive
from gridcast.features.localdays import local_clock
from gridcast.forecast import Forecast
from gridcast.forecasters.residuals import LEVELS, Residuals, require_levels
from gridcast.panel import Panel

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

TEMPERATURE = "temperature"
YEAR = pd.Timedelta(days=365.25)
MONTHS, HOURS, WEEK = 12, 24, 168
POWERS = np.array([1, 2, 3])
CALENDAR_TERMS = 2 + MONTHS + WEEK
TERMS = CALENDAR_TERMS + 3 * (MONTHS + HOURS)
BLOCK = 8192  # rows of the design at once


@dataclass(frozen=True)
class Moments:
    """What a local clock shows at moments.

    Attributes:
        years: Since the first reading of the training part, shape (any,). [a]
        month: 0 for January, shape (any,).
        week: Hour of the week, 0 from midnight to one on Mondays, shape (any,).
    """

    years: Floats
    month: Ints
    week: Ints

    @classmethod
    def of(cls, times: pd.DatetimeIndex, zone: str, freq: pd.Timedelta, origin: pd.Timestamp) -> Moments:
        """Return what the clock of a zone shows at moments in UTC."""
        clock = local_clock(times, zone, freq)
        week = np.asarray(clock.day_of_week * HOURS + clock.hour, dtype=np.int64)
        return cls(np.asarray((times - origin) / YEAR), np.asarray(clock.month - 1, dtype=np.int64), week)

    def at(self, chosen: npt.NDArray[np.bool_] | slice) -> Moments:
        """Return some of the moments."""
        return Moments(self.years[chosen], self.month[chosen], self.week[chosen])


@dataclass(frozen=True)
class Regression:
    """The regression of one place.

    Attributes:
        coefficients: In the order of `design`, shape (K,); without temperature the first `CALENDAR_TERMS`. [the panel's unit]
        centre: Mean temperature of the training part. [its unit]
        scale: Standard deviation of that temperature. [its unit]
        residuals: By the hour of the day. [the panel's unit]
    """

    coefficients: Floats
    centre: float
    scale: float
    residuals: Residuals

    @classmethod
    def fit(
        cls, moments: Moments, load: Floats, temperature: Floats | None, *, ridge: float, levels: Sequence[float]
    ) -> Regression | None:
        """Return the regression on what is there of load and temperature, shape (time,) each; None where nothing is."""
        used = np.isfinite(load) if temperature is None else np.isfinite(load) & np.isfinite(temperature)
        if not used.any():
            return None
        moments, load = moments.at(used), load[used]
        temperature = None if temperature is None else temperature[used]
        centre, scale = (0.0, 1.0) if temperature is None else (float(temperature.mean()), float(temperature.std()) or 1.0)
        warmth = None if temperature is None else (temperature - centre) / scale
        level = float(load.mean())
        coefficients = _least_squares(moments, load - level, warmth, ridge)
        coefficients[0] += level
        wrong = load - evaluated(coefficients, moments, warmth)
        return cls(coefficients, centre, scale, Residuals.fit(wrong, moments.week % HOURS, levels, HOURS))

    def at(self, moments: Moments, temperature: Floats | None) -> Floats:
        """Return the median and the quantiles, shape (any, 1 + Q); NaN where the temperature is missing. [the panel's unit]"""
        warmth = None if temperature is None else (temperature - self.centre) / self.scale
        value = evaluated(self.coefficients, moments, warmth)[:, None]
        hour = moments.week % HOURS
        return np.concatenate([value + self.residuals.medians[hour, None], value + self.residuals.offsets[hour]], axis=1)


@dataclass
class VanillaRegression:
    """Trend + month + weekday x hour + T, T^2 and T^3, each x month and x hour, for each place by its local clock.

    The regression is fitted by least squares on all readings with a temperature, with a light ridge for months and hours that a
    short history lacks. Quantiles are those of its residuals at the hour of the day. Without a variable `temperature` that is
    known ahead, and at steps where it is missing, the same regression without temperature stands in, and the quality says so.
    A place that it was not fitted on gets no forecast.

    Attributes:
        horizon: Number of steps.
        levels: Of the quantiles.
        ridge: Weight of the squares of the coefficients, in readings.

    References:
        Hong, Pinson & Fan (2014), doi:10.1016/j.ijforecast.2013.07.001: the benchmark of GEFCom2012.
    """

    horizon: int = 24
    levels: tuple[float, ...] = LEVELS
    ridge: float = 0.1

    name = "vanilla"
    batched = True
    reach = pd.Timedelta(0)

    def __post_init__(self) -> None:
        require_positive(horizon=self.horizon, ridge=self.ridge)
        require_levels(self.levels)

    def fit(self, panel: Panel) -> VanillaRegression:
        """Fit the regressions of all places; return itself.

        Raises:
            PanelError: If there is no reading at all.
        """
        self.origin = panel.times[0]
        times, load = panel.times[: panel.rows], panel.measured[: panel.rows].astype(np.float64)
        if not np.isfinite(load).any():
            raise PanelError(
                "there is nothing to learn from", found=f"no reading of {listed(panel.locations)}", expected="readings"
            )
        warm = _temperature(panel)
        zones = panel.timezones
        moments = {zone: Moments.of(times, zone, panel.freq, self.origin) for zone in dict.fromkeys(zones)}
        self.calendar: dict[str, Regression | None] = {}
        self.weather: dict[str, Regression | None] = {}
        for place, (name, zone) in enumerate(zip(panel.locations, zones, strict=True)):
            column = None if warm is None else warm[: len(times), place].astype(np.float64)
            self.calendar[name] = self._fitted(moments[zone], load[:, place], None)
            self.weather[name] = None if column is None else self._fitted(moments[zone], load[:, place], column)
        return self

    def predict(self, panel: Panel, issue_times: pd.DatetimeIndex) -> Forecast:
        """Return the values of the regressions at the hours after the issue times.

        Raises:
            TrainingError: If it was not fitted.
        """
        if not hasattr(self, "calendar"):
            raise TrainingError("the forecaster is not fitted", found="no coefficients", expected="a call of `fit(panel)` before")
        steps = np.tile(np.arange(self.horizon), len(issue_times))
        valid = issue_times.repeat(self.horizon) + pd.TimedeltaIndex(steps * panel.freq.to_timedelta64())
        rows = np.asarray((valid - panel.times[0]) // panel.freq, dtype=np.int64)
        warm = _temperature(panel)
        moments = {zone: Moments.of(valid, zone, panel.freq, self.origin) for zone in dict.fromkeys(panel.timezones)}
        shape = (len(issue_times), len(panel.locations), self.horizon)
        values = np.full((*shape, 1 + len(self.levels)), np.nan, dtype=np.float32)
        with_weather = np.zeros(shape, dtype=np.bool_)
        for place, (name, zone) in enumerate(zip(panel.locations, panel.timezones, strict=True)):
            column = np.full(len(rows), np.nan) if warm is None else _taken(warm[:, place], rows)
            found, used = self._at(name, moments[zone], column)
            values[:, place] = found.reshape(len(issue_times), self.horizon, -1)
            with_weather[:, place] = used.reshape(len(issue_times), self.horizon)
        return Forecast.of(
            values[..., 0],
            panel=panel,
            issue_times=issue_times,
            ex_post=bool(with_weather.any()) and Availability.of(panel.dataset[TEMPERATURE]).kind == "perfect",
            quantiles=(self.levels, values[..., 1:]) if self.levels else None,
            quality=_quality(with_weather, [self.calendar.get(name) is not None for name in panel.locations]),
        )

    def _fitted(self, moments: Moments, load: Floats, temperature: Floats | None) -> Regression | None:
        return Regression.fit(moments, load, temperature, ridge=self.ridge, levels=self.levels)

    def _at(self, name: str, moments: Moments, temperature: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """Return a place's median and quantiles, shape (any, 1 + Q), and which of them know the temperature, shape (any,)."""
        calendar, weather = self.calendar.get(name), self.weather.get(name)
        nothing = np.full((len(temperature), 1 + len(self.levels)), np.nan)
        without = nothing if calendar is None else calendar.at(moments, None)
        if weather is None:
            return without, np.zeros(len(temperature), dtype=np.bool_)
        known = np.isfinite(temperature)
        return np.where(known[:, None], weather.at(moments, temperature), without), known


def design(moments: Moments, warmth: Floats | None) -> Floats:
    """Return the terms of the regression: 1, trend, month, weekday x hour, and with warmth its powers x month and x hour.

    Args:
        moments: Of the clock.
        warmth: Scaled temperature, shape (any,); None for the regression without it.

    Returns:
        Shape (any, K), K = 182, or 290 with warmth.
    """
    row = np.arange(len(moments.years))
    terms = np.zeros((len(row), CALENDAR_TERMS if warmth is None else TERMS))
    terms[:, 0] = 1
    terms[:, 1] = moments.years
    terms[row, 2 + moments.month] = 1
    terms[row, 2 + MONTHS + moments.week] = 1
    if warmth is not None:
        powers = warmth[:, None] ** POWERS
        by_month = CALENDAR_TERMS + 3 * moments.month
        by_hour = CALENDAR_TERMS + 3 * MONTHS + 3 * (moments.week % HOURS)
        for number in range(3):
            terms[row, by_month + number] = powers[:, number]
            terms[row, by_hour + number] = powers[:, number]
    return terms


def evaluated(coefficients: Floats, moments: Moments, warmth: Floats | None) -> Floats:
    """Return `design(moments, warmth) @ coefficients`, shape (any,), without making the design, most of which is 0."""
    parts = np.split(coefficients, [2, 2 + MONTHS, CALENDAR_TERMS, CALENDAR_TERMS + 3 * MONTHS])
    value = parts[0][0] + parts[0][1] * moments.years + parts[1][moments.month] + parts[2][moments.week]
    if warmth is None:
        return np.asarray(value)
    slopes = parts[3].reshape(MONTHS, 3)[moments.month] + parts[4].reshape(HOURS, 3)[moments.week % HOURS]
    return np.asarray(value + (slopes * warmth[:, None] ** POWERS).sum(axis=1))


def _least_squares(moments: Moments, load: Floats, warmth: Floats | None, ridge: float) -> Floats:
    """Return the coefficients, found block by block, as the whole design of some years would fill the memory."""
    size = CALENDAR_TERMS if warmth is None else TERMS
    squares, products = np.zeros((size, size)), np.zeros(size)
    for start in range(0, len(load), BLOCK):
        part = slice(start, start + BLOCK)
        terms = design(moments.at(part), None if warmth is None else warmth[part])
        squares += terms.T @ terms
        products += terms.T @ load[part]
    squares[np.diag_indices(size)] += ridge
    return np.asarray(np.linalg.solve(squares, products))


def _temperature(panel: Panel) -> npt.NDArray[np.float32] | None:
    """Return the temperature at the places where it is known ahead, shape (time, location); else None."""
    if TEMPERATURE not in panel.ahead or "location" not in panel.dataset[TEMPERATURE].dims:
        return None
    return panel.values_of(TEMPERATURE)


def _taken(values: npt.NDArray[np.float32], rows: Ints) -> Floats:
    """Return the values at rows, shape (any,); NaN where there is no such row."""
    inside = (rows >= 0) & (rows < len(values))
    return np.where(inside, values[np.where(inside, rows, 0)].astype(np.float64), np.nan)


def _quality(with_weather: npt.NDArray[np.bool_], learned: Sequence[bool]) -> npt.NDArray[np.object_]:
    """Return what is special about each forecast, shape (issue_time, location)."""
    steps = with_weather.shape[2]
    texts = np.array(["no weather", *(f"no weather at {steps - n} of {steps} steps" for n in range(1, steps)), ""], dtype=object)
    return np.where(np.asarray(learned), texts[with_weather.sum(axis=2)], "place not learned")
