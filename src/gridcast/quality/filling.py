"""Filling gaps: only when told, and every filled reading is known as one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.clock import steps_in
from gridcast.panel import Panel
from gridcast.quality.finding import stretches
from gridcast.quality.history import Flags, Floats, History, median, offsets, shifted

SHORT = pd.Timedelta(hours=3)  # gaps up to this long are bridged by a line
LIMIT = pd.Timedelta(days=14)  # longer gaps stay
WEEKS = (1, 2, 3, 4)  # whose same hour of the week stands in for a missing one
BESIDE = pd.Timedelta(hours=24)  # readings before and after a gap that tell its level
ENOUGH = 3  # of these that must be there, or all that fit
SCALES = (0.5, 2.0)  # by which analogues are scaled at most

Values = npt.NDArray[np.float32]


def filled(
    panel: Panel, *, causal: bool = False, limit: pd.Timedelta = LIMIT, timezones: str | Sequence[str] | None = None
) -> tuple[Values, Flags]:
    """Return the readings of a panel with their gaps filled, and which are filled; shape (time, location) each.

    Args:
        panel: The readings.
        causal: As in `fill`.
        limit: As in `fill`.
        timezones: IANA name of the zone of all places, or of each, whose clock analogues keep to; by default UTC.

    Raises:
        ConfigError: If a zone is not known, or there is not one a place.
    """
    zones = History.of(panel, timezones=timezones).timezones
    ahead = {zone: offsets(panel.times, zone) * (pd.Timedelta(hours=1) / panel.freq) for zone in set(zones)}
    steps = np.column_stack([np.round(ahead[zone]).astype(np.intp) for zone in zones])
    return fill(panel.consumption, panel.freq, causal=causal, limit=limit, ahead=steps if np.ptp(steps) else None)


def fill(
    values: Floats,
    freq: pd.Timedelta,
    *,
    causal: bool = False,
    limit: pd.Timedelta = LIMIT,
    ahead: npt.NDArray[np.intp] | None = None,
) -> tuple[Values, Flags]:
    """Return readings with their gaps filled, and which are filled. Measured readings stay as they are.

    Gaps of at most 3 hours are bridged by a line between the readings before and after. Longer ones, up to `limit`, are filled with
    the median of the same hour of the week one to four weeks before and after, scaled to the level of the day before and after the
    gap. What has no analogue stays missing.

    Args:
        values: Readings, shape (time, location); NaN where there is none.
        freq: Time between two readings.
        causal: Whether a filled reading may only depend on readings before it, as at an issue time: then no line is drawn, and the
            length of a gap counts from its start.
        limit: Longest gap that is filled; where `causal`, the readings of a gap that are filled at its start.
        ahead: Steps that the local clock is ahead of UTC at each time and place, shape (time, location), so that the same local
            hour is taken across a change of the clock; by default it stands still.

    Returns:
        The values, float32, and a mask; shape (time, location) each.

    Example:
        >>> values, made = fill(np.array([[1.0], [np.nan], [3.0]]), pd.Timedelta(hours=1))
        >>> values[:, 0].tolist(), made[:, 0].tolist()
        ([1.0, 2.0, 3.0], [False, True, False])
    """
    values = np.asarray(values, dtype=np.float32)
    analogue = _analogues(values, steps_in(pd.Timedelta(days=7), freq), causal=causal, ahead=ahead)
    result = values.copy()
    short = 0 if causal else int(SHORT // freq)
    for place in np.flatnonzero(np.isnan(values).any(axis=0)).tolist():
        for start, end in stretches(np.isnan(values[:, place])):
            if end - start <= short and start > 0 and end < len(values):
                _bridge(result[:, place], start, end)
            elif causal or end - start <= limit // freq:
                last = min(end, start + int(limit // freq))
                beside = _beside(start, end, len(values), steps_in(BESIDE, freq), causal=causal)
                scale = _scale(values[beside, place], analogue[beside, place])
                result[start:last, place] = analogue[start:last, place] * np.float32(scale)
    return result, np.isnan(values) & np.isfinite(result)


def _bridge(line: Values, start: int, end: int) -> None:
    """Draw a line from the reading before a gap to the one after it."""
    line[start:end] = np.linspace(line[start - 1], line[end], end - start + 2, dtype=np.float32)[1:-1]


def _analogues(values: Values, week: int, *, causal: bool, ahead: npt.NDArray[np.intp] | None) -> Values:
    """Return the median of the same hour of the week in the weeks around, or before, shape (time, location)."""
    steps = [week * weeks for weeks in WEEKS] + ([] if causal else [-week * weeks for weeks in WEEKS])
    around = [shifted(values, step) if ahead is None else _same_local_hour(values, step, ahead) for step in steps]
    return np.asarray(median(np.stack(around)), dtype=np.float32)


def _same_local_hour(values: Values, step: int, ahead: npt.NDArray[np.intp]) -> Values:
    """Return the values `step` rows earlier by the local clock; NaN beyond the ends."""
    rows = np.arange(len(values))[:, None] - step
    inside = np.clip(rows, 0, len(values) - 1)
    rows = rows + ahead - np.take_along_axis(ahead, inside, axis=0)
    found = np.take_along_axis(values, np.clip(rows, 0, len(values) - 1), axis=0)
    return np.where((rows >= 0) & (rows < len(values)), found, np.float32(np.nan))


def _beside(start: int, end: int, rows: int, day: int, *, causal: bool) -> npt.NDArray[np.intp]:
    """Return the rows of a day before a gap, and of a day after it unless only earlier ones may be used."""
    before = np.arange(max(start - day, 0), start)
    return before if causal else np.concatenate([before, np.arange(end, min(end + day, rows))])


def _scale(values: Values, analogue: Values) -> float:
    """Return the level of readings beside that of their analogues; 1 where it can't be told, as with net load around zero."""
    both = np.isfinite(values) & np.isfinite(analogue)
    level, usual = values[both].sum(dtype=np.float64), analogue[both].sum(dtype=np.float64)
    if both.sum() < min(ENOUGH, len(values)) or level <= 0 or usual <= 0:
        return 1.0
    return float(np.clip(level / usual, *SCALES))
