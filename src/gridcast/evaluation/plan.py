"""The plan of a backtest: when forecasts are issued, and in which rounds the forecasters learn anew."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from gridcast.clock import DAY, clock_zone, describe_freq, find_zone, local_labels, stamp_of
from gridcast.config import RunConfig
from gridcast.errors import ConfigError, PanelError, counted
from gridcast.evaluation.rounds import Round, cross_validation, leave_locations_out, rolling_origin
from gridcast.panel import Panel
from gridcast.samples.recipe import least_history

DATE = re.compile(r"\s*\d{4}-\d{2}-\d{2}\s*")
HORIZONS = 4  # of history to train on, beside the context


@dataclass(frozen=True)
class BacktestPlan:
    """Which forecasts a backtest makes, and from what the forecasters learn.

    Attributes:
        first: First issue time; without an offset by the clock of `zone`. Where it lies between two readings, the forecast is
            issued at the next reading.
        last: Last issue time, a date for all of that day; left out, the last one with a reading at every step.
        stride: Between two issue times. One of whole days is counted by the local clock, on which forecasts are then issued at
            the same hour all year; any other is a plain span.
        horizon: Steps to forecast, after those of the gap.
        gap: Steps from the issue time to the first one that is scored.
        zone: See `gridcast.clock.find_zone`.
        refit_days: Days after which the forecasters learn anew; 0 for never.
        window_days: Days of history that they learn from; 0 for all that there is.
        folds: Blocks of time, or groups of places, that are forecast by what learned from the others; 0 for a rolling origin.
        embargo_days: Days on either side of a block that nobody learns from.
        leave_out: `locations` or `regions`: the groups are of places and not of time.
        seed: Of the groups of places.
    """

    first: pd.Timestamp | str
    last: pd.Timestamp | str | None = None
    stride: pd.Timedelta = DAY
    horizon: int = 24
    gap: int = 0
    zone: str = "UTC"
    refit_days: int = 0
    window_days: int = 0
    folds: int = 0
    embargo_days: int = 7
    leave_out: Literal["none", "locations", "regions"] = "none"
    seed: int = 0

    def __post_init__(self) -> None:
        positive = {"horizon": self.horizon, "stride": self.stride / DAY}
        others = {name: getattr(self, name) for name in ("gap", "refit_days", "window_days", "folds", "embargo_days")}
        wrong = {name: value for name, value in positive.items() if value <= 0} | {n: v for n, v in others.items() if v < 0}
        if wrong:
            found = ", ".join(f"{name} = {value}" for name, value in wrong.items())
            raise ConfigError("a plan with numbers below zero", found=found, expected="zero or more; horizon and stride above zero")
        if self.leave_out not in ("none", "locations", "regions"):
            raise ConfigError("unknown places to leave out", found=self.leave_out, expected="`none`, `locations` or `regions`")
        if self.leave_out != "none" and not self.folds:
            raise ConfigError(
                "places are left out in groups",
                found=f'`backtest.leave_out = "{self.leave_out}"` and no `backtest.folds`',
                expected="the number of groups",
                hint="set `backtest.folds = 5`",
            )

        if self.in_blocks and (self.refit_days or self.window_days):
            raise ConfigError(
                "a cross-validation has no refits and no sliding window",
                found=f"`backtest.folds = {self.folds}`, `refit_days = {self.refit_days}`, `window_days = {self.window_days}`",
                expected="0 days for both",
                hint="set `backtest.folds = 0` for a rolling origin",
            )

    @property
    def in_blocks(self) -> bool:
        """Whether it is a cross-validation with blocks of time."""
        return self.folds > 0 and self.leave_out == "none"

    @property
    def steps(self) -> int:
        """Steps from the issue time to the last one that is predicted: gap and horizon."""
        return self.gap + self.horizon

    def issue_times(self, panel: Panel) -> pd.DatetimeIndex:
        """Return the issue times, UTC, ascending, shape (issue_time,).

        Raises:
            ConfigError: If the first or last is no moment, the first comes after the last or after the readings, or the stride
                is no multiple of the time between two readings.
            PanelError: If the history before the first is shorter than one forecast.
        """
        zone = clock_zone(self.zone, panel.freq)
        label = as_label(self.first, zone, "first")
        first = _moments(pd.DatetimeIndex([label]), zone)[0]
        last = self._last(panel, zone)
        self._require_sense(panel, first, last)
        if self.stride % DAY == pd.Timedelta(0):
            count = int((last - first + DAY) // self.stride) + 1  # a local day may be longer
            moments = _moments(pd.DatetimeIndex([label + each * self.stride for each in range(count)]), zone)
        else:
            moments = pd.date_range(first, last, freq=self.stride)
        ticks = -((panel.times[0] - moments) // panel.freq)  # the next one, where the clock's hour is between two
        issued = panel.times[0] + pd.TimedeltaIndex(ticks * panel.freq)
        issued = issued[issued <= last]
        if not len(issued):
            raise _nothing_left(panel, first, last)
        return pd.DatetimeIndex(issued)

    def rounds(self, panel: Panel) -> list[Round]:
        """Return the rounds: of a rolling origin, of blocks of time, or of groups of places.

        Raises:
            GridcastError: As `issue_times`, and if the folds leave nothing to learn from.
        """
        issued = self.issue_times(panel)
        if self.in_blocks:
            embargo = pd.Timedelta(days=self.embargo_days)
            return cross_validation(panel, issued, folds=self.folds, embargo=embargo, steps=self.steps)
        rounds = rolling_origin(panel, issued, stride=self.stride, refit_days=self.refit_days, window_days=self.window_days)
        if self.leave_out == "none":
            return rounds
        return leave_locations_out(panel, rounds, folds=self.folds, by=self.leave_out, seed=self.seed)

    def _last(self, panel: Panel, zone: str) -> pd.Timestamp:
        """Return the moment after which no forecast is issued."""
        if self.last is None:
            return panel.end - self.steps * panel.freq
        label = as_label(self.last, zone, "last")
        asked = _moments(pd.DatetimeIndex([label]), zone)[0]
        if asked > panel.end:
            raise ConfigError(
                "the last issue time comes after the readings",
                found=f"{asked}, and readings that end at {panel.end}",
                expected="one of the hours that have readings",
                hint="leave out `backtest.last` for the last issue time with a reading at every step",
            )
        if isinstance(self.last, str) and DATE.fullmatch(self.last):
            asked = _moments(pd.DatetimeIndex([label + DAY]), zone)[0] - pd.Timedelta(1, unit="ns")
        return min(asked, panel.end - (self.gap + 1) * panel.freq)

    def _require_sense(self, panel: Panel, first: pd.Timestamp, last: pd.Timestamp) -> None:
        if self.stride % panel.freq != pd.Timedelta(0):
            raise ConfigError(
                "the stride is no whole number of steps",
                found=f"a stride of {describe_freq(self.stride)}, readings every {describe_freq(panel.freq)}",
                expected=f"a multiple of {describe_freq(panel.freq)}",
                hint="set `backtest.stride_hours = 24`",
            )
        if first > last:
            raise _nothing_left(panel, first, last)
        _require_history(panel, first, self.steps, f"one forecast of {counted(self.steps, 'step')}")
        if self.window_days and pd.Timedelta(days=self.window_days) < self.steps * panel.freq:
            raise ConfigError(
                "the sliding window is shorter than a forecast",
                found=f"`backtest.window_days = {self.window_days}`, and forecasts of {counted(self.steps, 'step')}",
                expected=f"more than {self.steps * panel.freq / DAY:g} days",
                hint="set `backtest.window_days = 0` for all of the history",
            )


def plan_of(config: RunConfig, panel: Panel) -> BacktestPlan:
    """Return the plan of a configuration.

    Without a first issue time a rolling origin begins as many days before the last midnight of the readings as are held out; a
    cross-validation as soon as there is a context and a forecast before it. Both begin at the configured issue hour.

    Args:
        config: With the tables `[backtest]` and `[task]`, and the zone of the readings.
        panel: The readings.

    Raises:
        ConfigError: If the settings do not go together.
        PanelError: If the history before the first issue time is too short to train on.
    """
    asked, task = config.backtest, config.task
    in_time = bool(asked.folds) and asked.leave_out == "none"
    plan = BacktestPlan(
        first=_first(config, panel, in_time=in_time),
        last=asked.last or None,
        stride=pd.Timedelta(hours=asked.stride_hours),
        horizon=task.horizon,
        gap=task.gap,
        zone=config.data.timezone,
        refit_days=asked.refit_days,
        window_days=asked.window_days,
        folds=asked.folds,
        embargo_days=asked.embargo_days,
        leave_out=asked.leave_out,
        seed=config.training.seed,
    )
    context = least_history(task.sequence_length, panel.freq)
    needed = context + HORIZONS * plan.steps
    if not in_time:
        what = f"a context of {context:,} steps and {HORIZONS} forecasts of {plan.steps} to train on"
        _require_history(panel, plan.issue_times(panel)[0], needed, what)
    return plan


def as_label(time: pd.Timestamp | str, zone: str, name: str) -> pd.Timestamp:
    """Return what the local clock shows at an issue time of a plan, without a zone.

    Args:
        time: A moment with an offset, or what the clock shows.
        zone: See `gridcast.clock.find_zone`.
        name: Of the setting, for the error.

    Raises:
        ConfigError: If it is no moment.

    Example:
        >>> as_label("2024-07-01 10:00+00:00", "Europe/Berlin", "first")
        Timestamp('2024-07-01 12:00:00')
    """
    stamp = stamp_of(time)
    if pd.isna(stamp):
        raise ConfigError(
            f"`backtest.{name}` is no moment", found=f"`{time}`", expected="such as `2017-11-26` or `2017-11-26 06:00`"
        )
    return stamp if stamp.tzinfo is None else local_labels(pd.DatetimeIndex([stamp]), zone)[0]


def _first(config: RunConfig, panel: Panel, *, in_time: bool) -> pd.Timestamp:
    """Return what the local clock shows at the first issue time."""
    zone = clock_zone(config.data.timezone, panel.freq)
    task, text = config.task, config.backtest.first
    hour = pd.Timedelta(hours=task.issue_hour or 0)
    if text:
        label = as_label(text, zone, "first")
        if task.issue_hour is None:
            return label
        if not DATE.fullmatch(text) and label - label.normalize() != hour:
            raise ConfigError(
                "the first issue time is not at the issue hour",
                found=f"`backtest.first = {text}` and `task.issue_hour = {task.issue_hour}`",
                expected="the same hour, or a date alone",
                hint=f'set `backtest.first = "{label:%Y-%m-%d}"`',
            )
        return label.normalize() + hour
    if not in_time:
        return local_labels(pd.DatetimeIndex([panel.end]), zone)[0].normalize() - pd.Timedelta(days=task.test_days) + hour
    enough = panel.times[0] + (least_history(task.sequence_length, panel.freq) + task.gap + task.horizon) * panel.freq
    return (local_labels(pd.DatetimeIndex([enough]), zone)[0] - hour).ceil("D") + hour


def _moments(labels: pd.DatetimeIndex, zone: str) -> pd.DatetimeIndex:
    """Return the moments of local labels: the first of two, and the end of the hour that spring skips."""
    zoned = labels.tz_localize(find_zone(zone), ambiguous=np.ones(len(labels), dtype=bool), nonexistent="shift_forward")
    return zoned.tz_convert("UTC")


def _require_history(panel: Panel, first: pd.Timestamp, steps: int, what: str) -> None:
    """Refuse a first issue time with fewer steps of history before it."""
    if first - panel.times[0] < steps * panel.freq:
        raise PanelError(
            "the history is too short",
            found=f"{(first - panel.times[0]) / DAY:,.4g} days from the first reading to the first issue time, {first}",
            expected=f"at least {steps * panel.freq / DAY:,.4g} days: {what}",
            hint="set a later `backtest.first`, fewer `task.test_days`, or take a longer history",
        )


def _nothing_left(panel: Panel, first: pd.Timestamp, last: pd.Timestamp) -> ConfigError:
    return ConfigError(
        "there is no issue time from the first to the last",
        found=f"the first at {first}, the last at {last}; readings from {panel.times[0]} to {panel.end}",
        expected="a first issue time that is not after the last one with readings",
        hint="set an earlier `backtest.first`, or a later `backtest.last`",
    )
