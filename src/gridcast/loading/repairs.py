"""What is done to a panel before forecasters get it: readings masked and filled as was asked for."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridcast.attaching import with_features
from gridcast.config import RunConfig
from gridcast.errors import counted
from gridcast.loading.listener import Listener
from gridcast.panel import Panel
from gridcast.quality import filled, implausible
from gridcast.quality.filling import SHORT


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
