"""From the configuration to a checked panel: sources, weather, quality, and which part is held out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from gridcast.clock import DAY
from gridcast.config import RunConfig
from gridcast.errors import PanelError, counted
from gridcast.features.calendar import Calendar
from gridcast.panel import Panel
from gridcast.quality import check_panel, implausible
from gridcast.sources.pair import read_panel
from gridcast.sources.readings import ReadOptions
from gridcast.sources.synthetic.world import generate_synthetic_spatial_data, generate_synthetic_temporal_data

SYNTHETIC_COUNTRY = "DE"
SYNTHETIC_UNIT = "MW"


@dataclass(frozen=True)
class Listener:
    """Who is told how a run is going.

    Attributes:
        say: Called with each sentence worth saying.
        progress: Called after each epoch with its number, the number of epochs, and the losses.
    """

    say: Callable[[str], None] = field(default=lambda *_: None)
    progress: Callable[[int, int, dict[str, float]], None] = field(default=lambda *_: None)


def load(config: RunConfig, listener: Listener) -> Panel:
    """Return the checked panel of the two files, or of the synthetic world; say what was recognised.

    Raises:
        GridcastError: If the files can't make a panel.
    """
    data = config.data
    if config.is_synthetic:
        places = generate_synthetic_spatial_data(data.num_locations, seed=config.training.seed)
        readings = generate_synthetic_temporal_data(
            data.num_days, data.noise_level, locations=places, seed=config.training.seed, country=SYNTHETIC_COUNTRY
        )
        panel = Panel.from_tables(readings, places, unit=SYNTHETIC_UNIT)
        listener.say(f"no files given: a synthetic world with seed {config.training.seed}")
    else:
        columns = {name: getattr(data, name) or None for name in type(data).model_fields if name.endswith("_column")}
        loaded = read_panel(
            data.temporal,
            data.spatial,
            options=ReadOptions(timezone=data.timezone, **columns),
            exclude=data.exclude,
            common_only=data.common_only,
            unit=data.unit or None,
        )
        panel = loaded.panel
        for sentence in loaded.said:
            listener.say(sentence)
    listener.say(panel.describe())
    for sentence in check_panel(panel):
        listener.say(sentence)
    return panel


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
        midnight = panel.end.tz_convert(config.data.timezone).tz_localize(None).normalize()
        local = pd.DatetimeIndex(midnight - pd.TimedeltaIndex(back))
        zoned = local.tz_localize(config.data.timezone, ambiguous=np.ones(count, dtype=bool), nonexistent="shift_forward")
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


def mask_outliers(panel: Panel, config: RunConfig, before: pd.Timestamp, listener: Listener) -> Panel:
    """Mask readings that can't be right if that was asked for; else say that there are some."""
    wrong = implausible(panel, before=before)
    if not wrong.any():
        return panel
    worst = np.argsort(-wrong.sum(axis=0))[:3]
    where = ", ".join(f"{panel.locations[i]} {int(wrong[:, i].sum()):,}" for i in worst if wrong[:, i].any())
    found = f"{counted(int(wrong.sum()), 'reading')} at {counted(int(wrong.any(axis=0).sum()), 'place')} can't be right ({where})"
    if config.data.outliers == "keep":
        listener.say(f"{found}; kept as they are: `--outliers mask` treats them as missing")
        return panel
    listener.say(f"{found}; treated as missing")
    return panel.masked(wrong)


def calendar_of(config: RunConfig) -> Calendar:
    """Return the calendar of a configuration."""
    return Calendar(config.data.timezone, config.weather.country or (SYNTHETIC_COUNTRY if config.is_synthetic else ""))


def in_words(span: pd.Timedelta) -> str:
    """Return a span in hours, or in days from three on."""
    hours = span / pd.Timedelta(hours=1)
    return f"{hours:g} hours" if hours < 72 else in_days(span)


def in_days(span: pd.Timedelta) -> str:
    """Return a span in days."""
    return f"{span / DAY:,.4g} days"
