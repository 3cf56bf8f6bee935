"""What is done to a panel before forecasters get it: readings masked and filled as was asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.attaching import with_features
from gridcast.clock import DAY, local_labels
from gridcast.config import RunConfig
from gridcast.errors import ConfigError, PanelError, counted, listed
from gridcast.loading.listener import Listener
from gridcast.loading.options import read_options
from gridcast.panel import Panel
from gridcast.quality import filled, implausible
from gridcast.quality.filling import SHORT
from gridcast.sources.flagfile import read_flags

Mask = npt.NDArray[np.bool_]


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


def without_wrong(panel: Panel, config: RunConfig, before: pd.Timestamp, listener: Listener) -> Panel:
    """Return the panel without the readings that the configuration calls wrong: those flagged, and those out of bounds.

    Bounds are multiples of the median of the place, of its readings before a moment that are not flagged.

    Args:
        panel: Readings.
        config: With a table of flags, or bounds, or neither.
        before: What is judged by the readings is judged by those before this moment.
        listener: Who is told.

    Raises:
        GridcastError: If the table can't be read, nothing in it fits, the bounds are none, or a place is left without a reading.
    """
    data = config.data
    masked = panel
    if data.flags:
        wrong = _flagged(panel, config, listener)
        masked = _masked(masked, wrong, before, f"called wrong by `{Path(data.flags).name}`", listener)
    if data.bounds is not None:
        wrong = _out_of_bounds(masked, data.bounds, before, listener)
        low, high = data.bounds
        masked = _masked(masked, wrong, before, f"below {low:g} or above {high:g} times the median of their place", listener)
    _require_rest(panel, masked, before)
    return masked


def mask_outliers(panel: Panel, config: RunConfig, before: pd.Timestamp, listener: Listener) -> Panel:
    """Mask readings that can't be right if that was asked for; else say that there are some."""
    wrong = implausible(panel, before=before, timezones=panel.timezones)
    if not wrong.any():
        return panel
    why = "can't be right"
    if config.data.outliers == "keep":
        listener.say(f"{_counted(panel, wrong, why)}; kept as they are: `--outliers mask` treats them as missing")
        return panel
    return _masked(panel, wrong, before, why, listener)


def _masked(panel: Panel, wrong: Mask, before: pd.Timestamp, why: str, listener: Listener) -> Panel:
    """Return the panel without some readings; say how many they are, where, and how many of the test part."""
    wrong = wrong & np.isfinite(panel.consumption)
    if not wrong.any():
        listener.say(f"no reading {why}")
        return panel
    late = int(wrong[panel.times.searchsorted(before) :].sum())
    unscored = f"; {counted(late, 'reading')} of the test part among them, which are not scored" if late else ""
    listener.say(f"{_counted(panel, wrong, why)}; treated as missing{unscored}")
    return panel.masked(wrong)


def _counted(panel: Panel, wrong: Mask, why: str) -> str:
    """Return how many readings are wrong at how many places, and the worst three of them."""
    worst = np.argsort(-wrong.sum(axis=0), kind="stable")[:3]
    where = ", ".join(f"{panel.locations[i]} {int(wrong[:, i].sum()):,}" for i in worst if wrong[:, i].any())
    return f"{counted(int(wrong.sum()), 'reading')} at {counted(int(wrong.any(axis=0).sum()), 'place')} {why} ({where})"


def _flagged(panel: Panel, config: RunConfig, listener: Listener) -> Mask:
    """Return which readings the table of the configuration flags, shape (time, location).

    Raises:
        GridcastError: If it can't be read, or nothing in it fits.
    """
    path = config.data.flags
    flags = read_flags(path, panel.locations, step=panel.freq, options=read_options(config, panel))
    for sentence in flags.said:
        listener.say(sentence)
    moments = pd.DatetimeIndex(flags.table["timestamp"])
    if panel.freq >= DAY:
        moments = local_labels(moments, config.data.timezone).tz_localize("UTC")
    rows = np.asarray((moments - panel.times[0]) // panel.freq)
    there = (rows >= 0) & (rows < panel.rows)
    if not there.any():
        raise PanelError(
            f"`{Path(path).name}` flags no time of the readings",
            found=f"flags from {moments.min()} to {moments.max()}",
            expected=f"some from {panel.times[0]} to {panel.end}",
            hint="where none of these readings is called wrong, leave `--flags` out",
        )
    wrong = np.zeros(panel.consumption.shape, dtype=np.bool_)
    wrong[rows[there], pd.Index(panel.locations).get_indexer(pd.Index(flags.table["location"]))[there]] = True
    return wrong


def _out_of_bounds(panel: Panel, bounds: tuple[float, float], before: pd.Timestamp, listener: Listener) -> Mask:
    """Return which readings are out of the bounds of their place, shape (time, location); of one without a usual reading none.

    Raises:
        ConfigError: If the bounds are none.
    """
    low, high = bounds
    if low >= high:
        expected = "the lower one first, such as `[0.1, 5]`"
        raise ConfigError("`data.bounds` leave nothing between them", found=f"[{low:g}, {high:g}]", expected=expected)
    usual = pd.DataFrame(panel.consumption[: panel.times.searchsorted(before)]).median().to_numpy()
    without = [name for name, middle in zip(panel.locations, usual, strict=True) if not middle > 0]
    if without:
        listener.say(f"no bounds for {counted(without, 'place')} whose median is not above zero: {listed(without)}")
    usual = np.where(usual > 0, usual, np.nan)
    wrong: Mask = (panel.consumption < low * usual) | (panel.consumption > high * usual)
    return wrong


def _require_rest(panel: Panel, masked: Panel, before: pd.Timestamp) -> None:
    """Refuse to go on with places of which nothing is left to learn from."""
    rows = panel.times.searchsorted(before)
    there, left = (np.isfinite(each.consumption[:rows]).any(axis=0) for each in (panel, masked))
    names = [name for name, gone in zip(panel.locations, np.atleast_1d(there & ~left), strict=True) if gone]
    if names:
        raise PanelError(
            f"flags and bounds leave {counted(names, 'place')} without a reading to learn from",
            found=listed(names),
            expected=f"some readings before {before}",
            hint="leave them out: " + " ".join(f'--exclude "{name}"' if " " in name else f"--exclude {name}" for name in names),
        )
