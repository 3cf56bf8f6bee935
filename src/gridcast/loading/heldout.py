"""Which part of the readings is held out: when its forecasts are issued."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridcast.clock import DAY, find_zone
from gridcast.config import RunConfig
from gridcast.errors import PanelError, counted
from gridcast.panel import Panel


def held_out_issue_times(panel: Panel, config: RunConfig) -> pd.DatetimeIndex:
    """Return the issue times of the held-out part, counted back from the end of the readings, one forecast after the other.

    Where the horizon is a number of whole days they are issued at midnight of the configured time zone: on a day of 23 hours the
    last hour is forecast again by the next forecast, on one of 25 hours an hour is not forecast.

    Raises:
        PanelError: If the history is too short for training and test.
    """
    task, freq = config.task, panel.freq
    span = task.horizon * freq
    count = int(pd.Timedelta(days=task.test_days) / span)
    back = np.arange(count, 0, -1) * span
    issued = panel.end - pd.TimedeltaIndex(back)
    if span % DAY == pd.Timedelta(0):
        zone = find_zone(config.data.timezone)
        midnight = panel.end.tz_convert(zone).tz_localize(None).normalize()
        local = pd.DatetimeIndex(midnight - pd.TimedeltaIndex(back))
        zoned = local.tz_localize(zone, ambiguous=np.ones(count, dtype=bool), nonexistent="shift_forward")
        ticks = -((panel.times[0] - zoned.tz_convert("UTC")) // freq)  # the next tick, where the zone's midnight is between two
        issued = panel.times[0] + pd.TimedeltaIndex(ticks * freq)
        issued = issued[issued + span <= panel.end]
    needed = (task.sequence_length + 4 * task.horizon) * freq
    if not len(issued) or issued[0] - panel.times[0] < needed:
        raise PanelError(
            "the history is too short",
            found=f"{panel.rows:,} readings a place ({in_days(panel.end - panel.times[0])})",
            expected=f"at least {in_days(needed + max(pd.Timedelta(days=task.test_days), span))}: sequence length "
            f"{task.sequence_length}, four horizons of {task.horizon} to train on, and {counted(task.test_days, 'test day')}",
            hint="take a shorter `--sequence-length`, `--horizon` or `--test-days`, or a longer history",
        )
    return pd.DatetimeIndex(issued)


def in_words(span: pd.Timedelta) -> str:
    """Return a span in hours, or in days from three on."""
    hours = span / pd.Timedelta(hours=1)
    return f"{hours:g} hours" if hours < 72 else in_days(span)


def in_days(span: pd.Timedelta) -> str:
    """Return a span in days."""
    return f"{span / DAY:,.4g} days"
