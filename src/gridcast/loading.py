"""From the configuration to a checked panel: sources, weather, quality, and which part is held out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from gridcast.attaching import SYNTHETIC_COUNTRY, with_features, with_weather
from gridcast.clock import DAY, find_zone, utc
from gridcast.config import RunConfig
from gridcast.errors import ConfigError, PanelError, counted
from gridcast.panel import Panel
from gridcast.quality import check_panel, filled, implausible
from gridcast.quality.filling import SHORT
from gridcast.sources.pair import Loaded, read_panel
from gridcast.sources.readings import ReadOptions
from gridcast.sources.synthetic.world import generate_synthetic_spatial_data, generate_synthetic_temporal_data

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


def load(config: RunConfig, listener: Listener, *, refuse: bool = True) -> Loaded:
    """Return the checked panel of the readings, or of the synthetic world; say what was recognised.

    Args:
        config: Where the readings come from.
        listener: Who is told.
        refuse: Whether places that nothing can be learned from are refused.

    Raises:
        GridcastError: If the files can't make a panel.
    """
    loaded = _synthetic(config) if config.is_synthetic else _from_sources(config)
    zoned = loaded.panel.dataset.assign_attrs(timezone=config.data.timezone)
    panel = Panel(zoned).between(_moment(config, "start"), _moment(config, "end"))
    for sentence in (*loaded.said, panel.describe(), *check_panel(panel, refuse=refuse)):
        listener.say(sentence)
    return replace(loaded, panel=panel)


def with_covariates(loaded: Loaded, config: RunConfig, until: pd.Timestamp, listener: Listener) -> Panel:
    """Return the panel with the weather of the configuration, and say what was recognised.

    Args:
        loaded: What `load` returned.
        config: With the source of the weather, or none.
        until: The end of the training part.
        listener: Who is told.

    Raises:
        GridcastError: If the weather can't be read, or does not fit the panel.
    """
    panel, said = with_weather(loaded.panel, config, until=until, stations=loaded.stations)
    for sentence in said:
        listener.say(sentence)
    return panel


def prepare(panel: Panel, config: RunConfig, before: pd.Timestamp, listener: Listener) -> Panel:
    """Return the panel as the forecasters get it: masked and filled as was asked for, with what is derived from the weather.

    Args:
        panel: Readings and weather.
        config: What to repair and to derive.
        before: What is judged by the readings is judged by those before this moment.
        listener: Who is told.
    """
    panel = mask_outliers(panel, config, before, listener)
    if config.data.fill == "gaps":
        panel = with_filled_gaps(panel)
        listener.say(f"{counted(int(panel.filled.sum()), 'missing reading')} filled; no target and no score is made of them")
    return with_features(panel, config)


def with_filled_gaps(panel: Panel) -> Panel:
    """Return the panel with its gaps filled: up to three hours on a line, longer ones by the same hour of earlier weeks.

    What lies on a line is there at issue times after the reading at its end, and filled like the rest until then; the rest rests
    on earlier readings only.
    """
    readings, ended = panel.consumption, np.arange(len(panel.times))[:, None] < panel.rows
    line, on_line = filled(panel, limit=SHORT, timezones=panel.timezones)
    past, from_past = filled(panel, causal=True, timezones=panel.timezones)
    on_line, from_past = on_line & ended, from_past & ended
    rows = np.arange(len(readings))[:, None]
    measured = np.where(np.isnan(readings), len(readings), rows)
    following = np.minimum.accumulate(measured[::-1], axis=0)[::-1]
    reach = np.where(on_line, following, np.where(from_past, rows, -1))
    meanwhile = np.where(from_past, past, np.float32(np.nan))
    return panel.with_filled(np.where(on_line, line, np.where(from_past, past, readings)), reach.astype(np.int32), meanwhile)


def _synthetic(config: RunConfig) -> Loaded:
    data, seed = config.data, config.training.seed
    places = generate_synthetic_spatial_data(data.num_locations, seed=seed)
    readings = generate_synthetic_temporal_data(
        data.num_days, data.noise_level, locations=places, seed=seed, country=SYNTHETIC_COUNTRY
    )
    said = (f"no files given: a synthetic world with seed {seed}",)
    return Loaded(Panel.from_tables(readings, places, unit=SYNTHETIC_UNIT), said)


def _from_sources(config: RunConfig) -> Loaded:
    data = config.data
    if not data.temporal:
        problem = "there is a table of places and there are no readings"
        raise ConfigError(problem, found=f"`data.spatial = {data.spatial}`", expected="`data.temporal` too, or neither")
    columns = {name: getattr(data, name) or None for name in type(data).model_fields if name.endswith("_column")}
    return read_panel(
        data.temporal,
        data.spatial or None,
        options=ReadOptions(timezone=data.timezone, no_reading=data.no_reading, **columns),
        exclude=data.exclude,
        common_only=data.common_only,
        unit=data.unit or None,
        query=data.query or None,
    )


def _moment(config: RunConfig, name: str) -> pd.Timestamp | None:
    """Return the start or the end of the readings to use, by the clock of the configuration; None for no limit."""
    text = getattr(config.data, name)
    if not text:
        return None
    try:
        stamp = pd.Timestamp(text)
    except ValueError as error:
        raise ConfigError(
            f"`data.{name}` is no moment", found=text, expected="such as `2017-11-26` or `2017-11-26 06:00`"
        ) from error
    return utc(
        stamp if stamp.tzinfo else stamp.tz_localize(find_zone(config.data.timezone), ambiguous=True, nonexistent="shift_forward")
    )


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


def mask_outliers(panel: Panel, config: RunConfig, before: pd.Timestamp, listener: Listener) -> Panel:
    """Mask readings that can't be right if that was asked for; else say that there are some."""
    wrong = implausible(panel, before=before, timezones=panel.timezones)
    if not wrong.any():
        return panel
    worst = np.argsort(-wrong.sum(axis=0))[:3]
    where = ", ".join(f"{panel.locations[i]} {int(wrong[:, i].sum()):,}" for i in worst if wrong[:, i].any())
    found = f"{counted(int(wrong.sum()), 'reading')} at {counted(int(wrong.any(axis=0).sum()), 'place')} can't be right ({where})"
    if config.data.outliers == "keep":
        listener.say(f"{found}; kept as they are: `--outliers mask` treats them as missing")
        return panel
    late = int(wrong[panel.times.searchsorted(before) :].sum())
    unscored = f"; {counted(late, 'reading')} of the test part among them, which are not scored" if late else ""
    listener.say(f"{found}; treated as missing{unscored}")
    return panel.masked(wrong)


def in_words(span: pd.Timedelta) -> str:
    """Return a span in hours, or in days from three on."""
    hours = span / pd.Timedelta(hours=1)
    return f"{hours:g} hours" if hours < 72 else in_days(span)


def in_days(span: pd.Timedelta) -> str:
    """Return a span in days."""
    return f"{span / DAY:,.4g} days"
