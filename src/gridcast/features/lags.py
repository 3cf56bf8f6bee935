"""Lags by the local clock: the same local hour yesterday or last week, across days of 23 and 25 hours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.clock import DAY, clock_zone, from_local, is_second, local_labels
from gridcast.errors import ShapeError, require_positive

Rows = npt.NDArray[np.int64]
OUTSIDE = -1


def local_lag(
    times: pd.DatetimeIndex,
    zone: str | Sequence[str],
    *,
    days: int,
    freq: pd.Timedelta,
    start: pd.Timestamp | None = None,
) -> Rows:
    """Return for each moment the row of the same local hour some days before, always a row before its own.

    An hour that spring skipped on that day is taken from as much earlier as was skipped: 02:15 from 01:15. Of an hour
    that autumn showed twice the first is taken, or the second by the second itself. Where the clock moved by less than
    a step, it is the reading in whose interval the moment lies. Readings of days are labelled by local dates, whatever
    the zone.

    Args:
        times: Regular moments in UTC, shape (time,).
        zone: Of the local clock, see `gridcast.clock.find_zone`; or one for each location.
        days: How many local days to go back. [d]
        freq: Step of the readings.
        start: Moment of row 0; that of the first of the times if left out.

    Returns:
        Rows, shape (time,), or (time, location) for several zones; -1 before `start`.

    Raises:
        ConfigError: If a zone is unknown, or `days` is not above zero.

    Example:
        >>> times = pd.date_range("2024-03-30 00:00", periods=48, freq="h", tz="UTC")  # Berlin's clock skips 02:00 on the 31st
        >>> rows = local_lag(times, "Europe/Berlin", days=1, freq=pd.Timedelta(hours=1))
        >>> rows[[23, 24, 25, 26]].tolist()  # 24 h back until 01:00, 23 h from 03:00 on
        [-1, 0, 2, 3]
    """
    require_positive(days=days)
    if not len(times):
        return np.zeros(0 if isinstance(zone, str) else (0, len(zone)), np.int64)
    first = times[0] if start is None else start
    if not isinstance(zone, str):
        each = {name: _back(times, name, days, freq) for name in dict.fromkeys(zone)}
        return np.stack([_rows(each[name], first, freq) for name in zone], axis=1)
    return _rows(_back(times, zone, days, freq), first, freq)


def local_season(
    issue_times: pd.DatetimeIndex,
    zone: str,
    *,
    days: int,
    horizon: int,
    freq: pd.Timedelta,
    start: pd.Timestamp,
) -> Rows:
    """Return for each step of each forecast the row of the newest reading that is whole seasons back by the local clock.

    It is the reading of a seasonal naive forecast: the same local hour `days` before, or twice as many, and so on, whose
    interval had ended at the issue time.

    Args:
        issue_times: Moments in UTC, shape (issue time,).
        zone: Of the local clock.
        days: Length of a season. [d]
        horizon: Number of steps.
        freq: Step of the readings.
        start: Moment of row 0.

    Returns:
        Rows, shape (issue time, horizon); -1 before `start`.

    Raises:
        ConfigError: If the zone is unknown, or `days` or `horizon` is not above zero.

    Example:
        >>> issued = pd.DatetimeIndex(["2024-03-30 23:00"], tz="UTC")  # the midnight with which Berlin's 31st begins
        >>> start, hour = pd.Timestamp("2024-03-29 23:00", tz="UTC"), pd.Timedelta(hours=1)
        >>> local_season(issued, "Europe/Berlin", days=1, horizon=5, freq=hour, start=start).tolist()  # 00, 01, 03, 04, 05
        [[0, 1, 3, 4, 5]]
    """
    require_positive(days=days, horizon=horizon)
    lead = np.tile(np.arange(horizon) * freq.to_timedelta64(), len(issue_times))
    issued = issue_times.repeat(horizon)
    times = issued + pd.TimedeltaIndex(lead)
    seasons = np.maximum(lead // (days * DAY.to_timedelta64()), 1)
    for _ in range(2):  # one more where the reading had not ended, and another where a day of 23 hours lies between
        row = _rows(_back(times, zone, seasons * days, freq), start, freq)
        seasons = seasons + np.asarray(start + pd.TimedeltaIndex((row + 1) * freq.to_timedelta64()) > issued)
    return _rows(_back(times, zone, seasons * days, freq), start, freq).reshape(len(issue_times), horizon)


def lagged(values: npt.NDArray[Any], rows: Rows) -> npt.NDArray[Any]:
    """Return the values at rows, NaN where there is no such row.

    Args:
        values: Floats, shape (time, location).
        rows: For all locations, shape (any,); or for each one, shape (any, location).

    Returns:
        Shape (any, location).

    Raises:
        ShapeError: If the rows are of another number of locations.

    Example:
        >>> lagged(np.array([[1.0], [2.0], [3.0]]), np.array([-1, 0, 1])).ravel().tolist()
        [nan, 1.0, 2.0]
    """
    if rows.ndim == 2 and rows.shape[1] != values.shape[1]:
        expected = f"one column for each of {values.shape[1]} locations"
        raise ShapeError("rows and values are of different locations", found=f"rows of shape {rows.shape}", expected=expected)
    rows = rows[:, None] if rows.ndim == 1 else rows
    inside = (rows >= 0) & (rows < len(values))
    taken = values[np.where(inside, rows, 0), np.arange(values.shape[1])]
    return np.where(inside, taken, np.full((), np.nan, values.dtype))


def _back(times: pd.DatetimeIndex, zone: str, days: int | Rows, freq: pd.Timedelta) -> pd.DatetimeIndex:
    """Return the moments of the same local labels some days before."""
    zone = clock_zone(zone, freq)
    span = pd.TimedeltaIndex(np.broadcast_to(days, len(times)) * DAY.to_timedelta64())
    return from_local(local_labels(times, zone) - span, zone, is_second(times, zone))[0]


def _rows(moments: pd.DatetimeIndex, start: pd.Timestamp, freq: pd.Timedelta) -> Rows:
    """Return the rows in whose intervals moments lie."""
    rows = np.asarray((moments - start) // freq, dtype=np.int64)
    return np.where(rows >= 0, rows, OUTSIDE)
