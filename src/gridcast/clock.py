"""Time: everything inside is UTC, regular, and labelled by the START of its interval.

An *issue time* is the moment a forecast is made. With hourly readings the context of a forecast issued at 06:00 ends with the
reading labelled 05:00 (it covers 05:00 to 06:00), and step 1 of the forecast is the reading labelled 06:00.
"""

from __future__ import annotations

import pandas as pd

from gridcast.errors import PanelError, listed

DAY = pd.Timedelta(days=1)
WEEK = pd.Timedelta(days=7)
SPARSE = 50  # steps a timestamp from which on a step is a sign of irregular stamps rather than of gaps


def infer_freq(times: pd.DatetimeIndex) -> pd.Timedelta:
    """Return the step between readings: the most common difference of sorted, unique times.

    Raises:
        PanelError: If there are fewer than two times.

    Example:
        >>> infer_freq(pd.DatetimeIndex(["2024-01-01 00:00", "2024-01-01 01:00", "2024-01-01 05:00", "2024-01-01 06:00"]))
        Timedelta('0 days 01:00:00')
    """
    if len(times) < 2:
        raise PanelError(
            "too few readings to tell the time between them",
            found=f"{len(times)} different timestamps",
            expected="at least two",
        )
    differences = pd.Series(times).diff().dropna()
    return pd.Timedelta(differences.mode().iloc[0])


def regular_times(times: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Return the regular clock, without holes, on which all of the sorted, unique times lie.

    Raises:
        PanelError: If some times lie between the ticks.
    """
    freq = infer_freq(times)
    if (times[-1] - times[0]) / freq > SPARSE * len(times):
        raise PanelError(
            "the timestamps are irregular",
            found=f"{len(times):,} timestamps, most often {describe_freq(freq)} apart, from {times[0]} to {times[-1]}",
            expected="one regular step for all locations",
            hint="bring the readings to one regular step first, such as the start of each hour",
        )
    clock = pd.date_range(times[0], times[-1], freq=freq)
    off = times[~times.isin(clock)]
    if len(off):
        raise PanelError(
            f"{len(off)} of {len(times)} timestamps are off the regular clock",
            found=listed(off),
            expected=f"one reading every {describe_freq(freq)}, counted from {times[0]}",
            hint="bring the readings to one regular step first",
        )
    return clock


def steps_in(span: pd.Timedelta, freq: pd.Timedelta) -> int:
    """Return how many steps of `freq` make up a span, at least one.

    Example:
        >>> steps_in(WEEK, pd.Timedelta(hours=1))
        168
    """
    return max(1, round(span / freq))


def describe_freq(freq: pd.Timedelta) -> str:
    """Return a step in words.

    Example:
        >>> describe_freq(pd.Timedelta(minutes=15)), describe_freq(pd.Timedelta(hours=1)), describe_freq(DAY)
        ('15 min', '1 h', '1 d')
    """
    minutes = freq / pd.Timedelta(minutes=1)
    if minutes < 1:
        return f"{freq / pd.Timedelta(seconds=1):g} s"
    for unit, size in (("d", 1440), ("h", 60)):
        if minutes % size == 0:
            return f"{minutes / size:g} {unit}"
    return f"{minutes:g} min"


def utc(time: str | pd.Timestamp) -> pd.Timestamp:
    """Return a moment in UTC; one without a zone is taken as UTC.

    Example:
        >>> utc("2024-01-01 01:00+01:00")
        Timestamp('2024-01-01 00:00:00+0000', tz='UTC')
    """
    stamp = pd.Timestamp(time)
    return stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp.tz_convert("UTC")
