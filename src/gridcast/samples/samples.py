"""Samples: an issue time and all places, cut from arrays that stay in place.

Letters: B issue times, N locations, T context steps, H horizon steps, L lags, P patches, K covariates.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.availability import ISSUED
from gridcast.covariates import FAR
from gridcast.panel import Panel
from gridcast.samples.calendars import CalendarRows
from gridcast.samples.cut import Cut
from gridcast.samples.lags import WEEKS
from gridcast.samples.localclock import HOURS, LocalClock
from gridcast.samples.mapped import on_map
from gridcast.samples.means import mean_over, mean_there
from gridcast.samples.recipe import Recipe
from gridcast.samples.vintages import Vintages

Float = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

ENOUGH = 0.25  # share of the last week's readings from which on their mean is the recent level
CUT = 20.0  # spreads from the level at which a reading is cut


@dataclass(frozen=True)
class Hidden:
    """What is kept from a sample, as if it had not arrived.

    Attributes:
        last: Steps at the end of the context that are missing, shape (B, N).
        weather: Whether the weather of the hours to come is missing, shape (B,).
        past: Whether the weather of the hours before is missing, shape (B,).
    """

    last: npt.NDArray[np.int64]
    weather: npt.NDArray[np.bool_]
    past: npt.NDArray[np.bool_]


class Samples:
    """What a panel says at its issue times, by a recipe.

    Attributes:
        recipe: How samples are made.
        panel: Where they are from.
    """

    def __init__(self, recipe: Recipe, panel: Panel) -> None:
        self.recipe, self.panel = recipe, panel
        self.readings = recipe.scaler.transform(panel.consumption[: panel.rows]).astype(np.float32)  # (R, N)
        measured = recipe.scaler.transform(panel.measured[: panel.rows]).astype(np.float32) if panel.filled.any() else self.readings
        self.measured = measured
        self.times = pd.date_range(panel.times[0], periods=panel.rows + recipe.horizon, freq=panel.freq)
        self.clock = LocalClock.of(self.times, panel.timezones, panel.freq)
        self.weather = self._weather()  # (R + H, N, K + 1)
        variables = {k: panel.dataset[name] for k, name in enumerate(recipe.covariates.names) if name in panel.variables}
        self.vintages = {k: Vintages.of(each) for k, each in variables.items() if ISSUED in each.dims}
        self.calendar = CalendarRows.of(panel, self.times, self.clock, recipe.calendar)

    def _weather(self) -> Float:
        """Return the scaled weather known ahead, missing at 0, and last whether it is there."""
        covariates, shape = self.recipe.covariates, (len(self.times), len(self.panel.locations))
        found = np.zeros((*shape, len(covariates.names) + 1), dtype=np.float32)
        if not covariates.names:
            return found
        for k, (name, centre, scale) in enumerate(zip(covariates.names, covariates.centre, covariates.scale, strict=True)):
            values = self.panel.values_of(name)[: shape[0]] if name in self.panel.variables else np.empty((0, shape[1]))
            found[: len(values), :, k] = (values - centre) / scale
            found[len(values) :, :, k] = np.nan
        main = [covariates.names.index(name) for name in self.recipe.main]
        known = np.isfinite(found[..., main]).all(axis=-1)
        np.nan_to_num(found, copy=False)
        np.clip(found, -FAR, FAR, out=found)
        found[..., -1] = known
        return found

    def rows_of(self, issue_times: pd.DatetimeIndex) -> Rows:
        """Return the issue rows of issue times: of the first interval that is forecast."""
        return np.asarray((issue_times - self.times[0]) // self.panel.freq, dtype=np.int64)

    def targets(self, issued: Rows) -> Float:
        """Return the readings to forecast, shape (B, H, N), NaN where there is none. [scaled]"""
        rows = issued[:, None] + np.arange(self.recipe.horizon)
        inside = rows < len(self.measured)
        found = self.measured[np.where(inside, rows, 0)]
        return np.where(inside[..., None], found, np.float32(np.nan))

    def cut(self, issued: Rows) -> Cut:
        """Return a copy of the readings and the weather around issue rows, of which `batch` makes samples once it was changed."""
        return Cut(issued, self.contexts(issued), self.targets(issued), self._echoed(issued), self._weather_at(issued, None))

    def _echoed(self, issued: Rows) -> Float:
        """Return the weather that is told of the past, as far as samples look back, missing at 0, shape (B, R, N, E)."""
        rows = issued[:, None] + np.arange(-self.recipe.reach - self.recipe.lags.day, 0)
        found = np.zeros((*rows.shape, self.readings.shape[1], len(self.echoes)), dtype=np.float32)
        for number, column in enumerate(self.echoes):
            found[..., number] = np.where(rows[..., None] >= 0, self.weather[..., column][np.maximum(rows, 0)], 0)
        return found

    def contexts(self, issued: Rows, hidden: Hidden | None = None, cut: Cut | None = None) -> Float:
        """Return the readings before each issue row, shape (B, T, N), NaN where there is none. [scaled]"""
        steps = self.recipe.context
        if cut is None:
            rows = issued[:, None] + np.arange(-steps, 0)
            inside = (rows >= 0) & (rows < len(self.readings))
            found = self.readings[np.where(inside, rows, 0)]
            if not inside.all():
                found[~inside] = np.nan
        else:
            found = cut.contexts.copy()
        last = np.full((len(issued), 1), self.recipe.delay) if hidden is None else np.maximum(hidden.last, self.recipe.delay)
        if last.any():
            newest = min(int(last.max()), steps)
            age = np.arange(newest, 0, -1)[:, None]  # 1 for the last reading
            found[:, -newest:][age[None] <= last[:, None, :]] = np.nan
        return found

    def level(self, contexts: Float) -> Float:
        """Return the mean of the last week of each context, of all of it where most of the week is missing, else 0; (B, N)."""
        week = contexts[:, -min(self.recipe.lags.week, contexts.shape[1]) :]
        near = mean_there(week, ENOUGH)
        if np.isfinite(near).all():
            return near
        return np.where(np.isfinite(near), near, np.nan_to_num(mean_there(contexts, 0.0)))

    def lag_rows(self, issued: Rows) -> list[tuple[npt.NDArray[np.intp], Rows]]:
        """Return the places of each zone and the rows of their lags, shape (B, H, L)."""
        groups = [np.flatnonzero(self.clock.zone_of == zone) for zone in range(self.clock.ahead.shape[1])]
        return [(places, self._rows_of_lags(issued, zone)) for zone, places in enumerate(groups)]

    def _rows_of_lags(self, issued: Rows, zone: int) -> Rows:
        """Return the rows of the lags by the clock of a zone, shape (B, H, L)."""
        return self.recipe.lags.rows(issued, self.clock.ahead[:, zone], self.clock.weekday[:, zone])

    @cached_property
    def echoes(self) -> list[int]:
        """Columns of the weather whose values at the lags are told too: the main ones, and whether they are there."""
        names = self.recipe.covariates.names
        return [*(names.index(name) for name in self.recipe.main), len(names)] if names else []

    @cached_property
    def step_names(self) -> tuple[str, ...]:
        """Names of the columns of `steps`."""
        recipe, holiday = self.recipe, self.calendar.holiday is not None
        told = [*([*recipe.main, "weather_known"] if self.echoes else []), *(["holiday"] if holiday else [])]
        echoes = [f"{name}_{when}" for when in ("week_ago", "day_ago") for name in told]
        changes = ["towards_sunday", "towards_week_before"] if holiday else []
        return (*recipe.lags.names, "week_there", "day_there", *recipe.covariates.names, "weather_known", *echoes, *changes)

    @property
    def echo_columns(self) -> list[int]:
        """Columns of `steps` that tell the weather of earlier days."""
        ends = tuple(f"{name}_{when}" for name in self.recipe.main for when in ("week_ago", "day_ago"))
        return [column for column, name in enumerate(self.step_names) if name in ends]

    def batch(self, issued: Rows, hidden: Hidden | None = None, cut: Cut | None = None) -> dict[str, Float]:
        """Return what is known at issue rows, see the module for the letters.

        Args:
            issued: Issue rows, shape (B,).
            hidden: What is kept from it.
            cut: What they are made of, where that was changed.

        Returns:
            `history` (B, N, P, F) the context in patches; `recent` (B, N, F) level and change; `steps` (B, H, N, K) covariates and
            lags of each step; `calendar` (B, H, N or 1, F); `start` (B, H, N) the weekly lag; `level` (B, N); `map` (B, N, C).
            Consumption is relative to the level. [scaled]
        """
        contexts = self.contexts(issued, hidden, cut)
        level = self.level(contexts)
        relative = np.clip(contexts - level[:, None], -CUT, CUT)  # (B, T, N)
        known = np.isfinite(relative)
        weather = self._weather_at(issued, hidden, cut)
        past = self._past_weather(issued, hidden, cut)
        lags, echoes = self._lagged(issued, relative, hidden, cut)
        start = _first_known(lags)
        holidays = self._holidays(issued, lags, echoes)
        rows = issued[:, None] + np.arange(self.recipe.horizon)
        np.copyto(relative, 0, where=~known)
        return {
            "history": self._history(issued, relative, known, past),
            "recent": self._recent(relative, known, level),
            "steps": np.concatenate(
                [
                    np.where(np.isfinite(lags), lags, start[..., None]),
                    np.isfinite(lags[..., [0, WEEKS]]),
                    weather,
                    echoes,
                    holidays,
                ],
                axis=-1,
                dtype=np.float32,
            ),
            "calendar": self.calendar.at(rows),
            "start": start,
            "level": level,
            "map": on_map(self.recipe, relative, known, weather, past),
        }

    def _weather_at(self, issued: Rows, hidden: Hidden | None, cut: Cut | None = None) -> Float:
        """Return the weather of the steps, shape (B, H, N, K + 1), of which the last tells whether it is there."""
        rows = issued[:, None] + np.arange(self.recipe.horizon)
        found: Float = self.weather[rows] if cut is None else cut.coming.copy()
        if self.vintages and cut is None:
            self._as_forecast_then(found, issued, rows)
        if hidden is not None and hidden.weather.any():
            found[hidden.weather] = 0
        return found

    def _as_forecast_then(self, found: Float, issued: Rows, rows: Rows) -> None:
        """Put into weather (B, H, N, K + 1) what the newest forecast of each issue time said, and whether it is there."""
        covariates, times = self.recipe.covariates, self.times.tz_convert(None).to_numpy()
        known = np.ones(found.shape[:-1], dtype=bool)
        main = [covariates.names.index(name) for name in self.recipe.main]
        for k, vintages in self.vintages.items():
            values = (vintages.at(times[issued], times[rows]) - covariates.centre[k]) / covariates.scale[k]
            known &= np.isfinite(values) | (k not in main)
            found[..., k] = np.clip(np.nan_to_num(values), -FAR, FAR)
        found[..., -1] = known if set(main) <= set(self.vintages) else known & (found[..., -1] > 0)

    def _lagged(self, issued: Rows, relative: Float, hidden: Hidden | None, cut: Cut | None) -> tuple[Float, Float]:
        """Return the lags, shape (B, H, N, L), NaN where missing; and what was told then that explains them, (B, H, N, 2 E)."""
        batch, horizon, places = len(issued), self.recipe.horizon, relative.shape[2]
        count = len(self.recipe.lags.names)
        lags = np.full((batch, horizon, places, count), np.nan, dtype=np.float32)
        holiday = self.calendar.holiday
        extra = len(self.echoes) + (holiday is not None)
        echoes = np.zeros((batch, horizon, places, 2, extra), dtype=np.float32)
        for group, rows in self.lag_rows(issued):
            inside = rows - issued[:, None, None] + self.recipe.context
            there = inside >= 0
            sample = np.arange(batch)[:, None, None]
            every = len(group) == places
            view = relative if every else relative[:, :, group]
            found = view[sample, np.where(there, inside, 0)]  # (B, H, L, n)
            found[~there] = np.nan
            lags[:, :, group] = found.swapaxes(2, 3)
            back = np.maximum(rows[..., [0, WEEKS]], 0)  # the newest week, the newest day
            if self.echoes:
                if cut is None:
                    then = self.weather[back][..., group, :][..., self.echoes]  # (B, H, 2, n, E)
                else:
                    then = cut.past[sample, back - issued[:, None, None]][..., group, :]
                then[rows[..., [0, WEEKS]] < 0] = 0
                echoes[:, :, group, :, : len(self.echoes)] = then.swapaxes(2, 3)
            if holiday is not None:
                column = self.calendar.at(back)[..., holiday]  # (B, H, 2, N or 1)
                column = column if column.shape[-1] == 1 else column[..., group]
                echoes[:, :, group, :, -1:] = column.swapaxes(2, 3)[..., None]
        if hidden is not None and hidden.past.any() and self.echoes:
            echoes[hidden.past, ..., : len(self.echoes)] = 0
        return lags, echoes.reshape(batch, horizon, places, 2 * extra)

    def _holidays(self, issued: Rows, lags: Float, echoes: Float) -> Float:
        """Return what a holiday changes, shape (B, H, N, 2): on one towards a Sunday, a week after one towards the week before.

        Nothing where the calendar tells no holidays, shape (B, H, N, 0).
        """
        column = self.calendar.holiday
        if column is None:
            return np.empty((*lags.shape[:-1], 0), dtype=np.float32)
        today = self.calendar.at(issued[:, None] + np.arange(self.recipe.horizon))[..., column]  # (B, H, N or 1)
        week_ago = echoes[..., echoes.shape[-1] // 2 - 1]  # the last of what was told a week ago
        week, earlier, sunday = lags[..., 0], lags[..., 1], lags[..., -1]
        changes = [np.nan_to_num(sunday - week) * today, np.nan_to_num(earlier - week) * week_ago]
        return np.stack(changes, axis=-1, dtype=np.float32)

    def _past_weather(self, issued: Rows, hidden: Hidden | None, cut: Cut | None) -> Float | None:
        """Return the weather that is read along with the consumption, as far as samples look back, missing at 0, (B, R, N)."""
        if not self.recipe.past:
            return None
        if cut is None:
            rows = issued[:, None] + np.arange(-self.recipe.reach, 0)
            found: Float = self._past_column[np.maximum(rows, 0)]
            found[rows < 0] = 0
        else:
            column = self.recipe.covariates.names.index(self.recipe.past)
            found = cut.past[:, -self.recipe.reach :, :, self.echoes.index(column)].copy()
        if hidden is not None:
            found[hidden.past] = 0
        return found

    @cached_property
    def _past_column(self) -> Float:
        """The weather that is read along with the consumption, side by side in memory, shape (R + H, N)."""
        return np.ascontiguousarray(self.weather[..., self.recipe.covariates.names.index(self.recipe.past)])

    def _history(self, issued: Rows, relative: Float, known: npt.NDArray[np.bool_], past: Float | None) -> Float:
        """Return the context in patches, shape (B, N, P, F): consumption, past weather, share that is known, weekday, holiday."""
        batch, steps, places = relative.shape
        patch = self.recipe.patch
        count = steps // patch
        parts = [relative.reshape(batch, count, patch, places).transpose(0, 3, 1, 2)]
        rows = np.maximum(issued[:, None] + np.arange(-steps, 0), 0)
        if past is not None:
            parts.append(past[:, -steps:].reshape(batch, count, patch, places).transpose(0, 3, 1, 2))
        share = known.reshape(batch, count, patch, places).mean(axis=2, dtype=np.float32)
        parts.append(share.transpose(0, 2, 1)[..., None])
        codes = self.calendar.at(rows[:, patch // 2 :: patch])[..., HOURS:]  # (B, P, N or 1, 7 + F) in the middle of each patch
        parts.append(np.broadcast_to(codes.swapaxes(1, 2), (batch, places, count, codes.shape[-1])))
        return np.concatenate(parts, axis=-1, dtype=np.float32)

    def _recent(self, relative: Float, known: npt.NDArray[np.bool_], level: Float) -> Float:
        """Return the level, what the last day and half day were against it, and how much was known, shape (B, N, F)."""
        day = min(self.recipe.lags.day, relative.shape[1])
        lately = [mean_over(relative[:, -steps:]) for steps in (day, max(1, day // 2), max(1, day // 8))]
        there = known.astype(np.float32)
        return np.stack([level, *lately, mean_over(there[:, -day:]), mean_over(there)], axis=-1, dtype=np.float32)


def _first_known(lags: Float) -> Float:
    """Return the first lag that is there, weeks before days, else 0 which is the level; shape (B, H, N)."""
    which = np.isfinite(lags).argmax(axis=-1)[..., None]
    return np.nan_to_num(np.take_along_axis(lags, which, axis=-1)[..., 0])
