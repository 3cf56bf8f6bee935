"""Which part of the readings is held out: when its forecasts are issued."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridcast.clock import DAY, find_zone
from gridcast.config import RunConfig
from gridcast.errors import PanelError, counted
from gridcast.panel import Panel
from gridcast.samples.recipe import least_history


def held_out_issue_times(panel: Panel, config: RunConfig) -> pd.DatetimeIndex:
    """Return the issue times of the held-out part, counted back from the end of the readings, one forecast after the other.

    With an issue hour they are at that hour of the clock of the configured time zone, once a day, or as many days apart as the
    horizon takes. Without one, where the horizon is a number of whole days, they are issued at midnight: on a day of 23 hours the
    last hour is forecast again by the next forecast, on one of 25 hours an hour is not forecast. Each leaves room for the gap
    before its first step, and for all its steps.

    Raises:
        PanelError: If the history is too short for training and test.
    """
    task, freq = config.task, panel.freq
    span, end = task.horizon * freq, panel.end - task.gap * freq
    hour = task.issue_hour
    if hour is None and span % DAY != pd.Timedelta(0):
        count = int(pd.Timedelta(days=task.test_days) / span)
        issued = end - pd.TimedeltaIndex(np.arange(count, 0, -1) * span)
    else:
        issued = _at_an_hour(panel, config, end, hour or 0)
    context = least_history(task.sequence_length, freq)
    needed = (context + task.gap + 4 * task.horizon) * freq
    if not len(issued) or issued[0] - panel.times[0] < needed:
        gap = f"a gap of {task.gap}, " if task.gap else ""
        raise PanelError(
            "the history is too short",
            found=f"{panel.rows:,} readings a place ({in_days(panel.end - panel.times[0])})",
            expected=f"at least {in_days(needed + max(pd.Timedelta(days=task.test_days), span))}: a context of "
            f"{context}, {gap}four horizons of {task.horizon} to train on, and {counted(task.test_days, 'test day')}",
            hint="take a shorter `--sequence-length`, `--horizon` or `--test-days`, or a longer history",
        )
    return pd.DatetimeIndex(issued)


def _at_an_hour(panel: Panel, config: RunConfig, end: pd.Timestamp, hour: int) -> pd.DatetimeIndex:
    """Return issue times at an hour of the local clock, whose steps have ended by a moment; as many as the test days hold."""
    task, freq, zone = config.task, panel.freq, find_zone(config.data.timezone)
    span = task.horizon * freq
    stride = max(DAY, -(-span // DAY) * DAY)
    count = int(pd.Timedelta(days=task.test_days) / stride)
    since = pd.Timedelta(hours=hour)
    latest = ((end - span).tz_convert(zone).tz_localize(None) - since).normalize() + since
    local = pd.DatetimeIndex(latest - pd.TimedeltaIndex(np.arange(count, -1, -1) * stride))
    zoned = local.tz_localize(zone, ambiguous=np.ones(len(local), dtype=bool), nonexistent="shift_forward")
    ticks = -((panel.times[0] - zoned.tz_convert("UTC")) // freq)  # the next tick, where the zone's hour is between two
    issued = panel.times[0] + pd.TimedeltaIndex(ticks * freq)
    return pd.DatetimeIndex(issued[issued + span <= end][-count:] if count else issued[:0])


def in_words(span: pd.Timedelta) -> str:
    """Return a span in hours, or in days from three on."""
    hours = span / pd.Timedelta(hours=1)
    return f"{hours:g} hours" if hours < 72 else in_days(span)


def in_days(span: pd.Timedelta) -> str:
    """Return a span in days."""
    return f"{span / DAY:,.4g} days"
