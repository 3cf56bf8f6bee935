"""What is doubtful in readings though it can be read: codes that mean 'no reading', and stamps in the future."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.errors import GridcastWarning, counted, listed
from gridcast.sources.readings import Consumption

CODES = (65535.0, 65534.0, 65533.0, 32767.0, -32768.0, -9999.0, -999.0, -99.0, 99999.0, 999999.0, 9999999.0, 99999999.0)
REPEATED = 2  # times that a code comes at least
AHEAD = pd.Timedelta(days=1)  # of now, beyond which a stamp is in the future
CHUNK = 1 << 20  # cells that are looked through at once


def warn_of_doubts(consumption: Consumption, *, now: pd.Timestamp | None = None) -> Consumption:
    """Return the readings as they are; warn of codes among them, and of stamps in the future.

    Args:
        consumption: The readings.
        now: The present moment, by default that of the machine's clock.

    Warns:
        GridcastWarning: If a place has a code such as 65535 or -9999 several times, far outside all its other readings; if
            stamps are later than tomorrow.
    """
    codes = list(_codes(consumption.readings))
    if codes:
        found = listed(f"{place}: {code:g} ({counted(count, 'time')})" for place, code, count in codes)
        typed = " ".join(f"--no-reading {code:g}" for code in dict.fromkeys(code for _, code, _ in codes))
        message = f"readings that may mean `no reading`, as they are far outside all others: {found}; to take them so: `{typed}`"
        warnings.warn(message, GridcastWarning, stacklevel=3)
    now = pd.Timestamp.now("UTC") if now is None else now
    times = pd.DatetimeIndex(consumption.readings.index)
    late = times[times.searchsorted(now + AHEAD, side="right") :]
    if len(late):
        message = (
            f"{counted(late, 'timestamp')} in the future, from {late[0]:%Y-%m-%d %H:%M} UTC on; it is {now:%Y-%m-%d %H:%M} UTC now"
        )
        warnings.warn(message, GridcastWarning, stacklevel=3)
    return consumption


def _codes(readings: pd.DataFrame) -> Iterator[tuple[str, float, int]]:
    """Yield place, code and count of the readings that are probably codes."""
    values = readings.to_numpy()
    low, high = _extremes(values)
    known = np.array(CODES, values.dtype)
    for column in np.flatnonzero(np.isin(low, known) | np.isin(high, known)):
        series = values[:, column]
        series = series[~np.isnan(series)]
        coded = np.isin(series, known)
        others, codes = series[~coded], np.unique(series[coded])
        if not len(others):
            continue
        for code in codes:
            count = int((series == code).sum())
            if count >= REPEATED and _far(float(code), float(others.min()), float(others.max())):
                yield str(readings.columns[int(column)]), float(code), count


def _far(code: float, low: float, high: float) -> bool:
    """Return whether a code is far outside the range of the others: by more than its width, or below where none is negative.

    Example:
        >>> _far(65535, 100, 900), _far(65535, 30_000, 60_000), _far(-999, 1000, 5000), _far(-999, -800, 900)
        (True, False, True, False)
    """
    if code < 0 <= low:
        return True
    distance = max(code - high, low - code)
    return distance > max(high - low, abs(low), abs(high))


def _extremes(values: npt.NDArray[np.floating]) -> tuple[npt.NDArray[np.floating], npt.NDArray[np.floating]]:
    """Return the smallest and the largest reading of each column."""
    low, high = np.full(values.shape[1], np.inf, values.dtype), np.full(values.shape[1], -np.inf, values.dtype)
    rows = max(1, CHUNK // values.shape[1])
    for start in range(0, len(values), rows):
        part = values[start : start + rows]
        low, high = np.fmin(low, np.fmin.reduce(part, axis=0)), np.fmax(high, np.fmax.reduce(part, axis=0))
    return low, high
