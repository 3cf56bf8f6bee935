"""The local clock and its days, of 23, 24 or 25 hours, and how near a day is to days that are marked."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.clock import DAY, find_zone

Days = npt.NDArray[np.int64]  # since 1970-01-01


def local_clock(times: pd.DatetimeIndex, timezone: str, freq: pd.Timedelta | None = None) -> pd.DatetimeIndex:
    """Return moments on the clock of a zone.

    Args:
        times: Starts of intervals, shape (time,); without a zone they are taken as UTC.
        timezone: See `gridcast.clock.find_zone`.
        freq: Length of the intervals. One of a day or longer is told by its middle, as that of a day in UTC begins on the day
            before in New York, and belongs to the day on which most of it lies.

    Raises:
        ConfigError: If there is no such zone.

    Example:
        >>> local_clock(pd.DatetimeIndex(["2024-03-31 00:00"]), "America/New_York", pd.Timedelta(days=1))[0].day_name()
        'Sunday'
    """
    times = times.tz_localize("UTC") if times.tz is None else times
    times = times + freq / 2 if freq is not None and freq >= DAY else times
    return times.tz_convert(find_zone(timezone))


def local_days(local: pd.DatetimeIndex) -> Days:
    """Return the number of each moment's local day, shape (time,).

    Example:
        >>> local_days(pd.DatetimeIndex(["1970-01-02 23:59+01:00", "1970-01-03 00:00+01:00"]))
        array([1, 2])
    """
    return np.asarray(local.tz_localize(None).to_numpy().astype("datetime64[D]").astype(np.int64))


def inside(begin: npt.NDArray[np.int64], end: npt.NDArray[np.int64], first: Days, last: Days) -> npt.NDArray[np.bool_]:
    """Return which intervals [begin, end) meet any of the spans [first, last), in whatever order the spans are.

    Spans that began before the interval's end, less those that were over at its beginning, are the ones that it meets.

    Example:
        >>> inside(np.array([0, 4, 9]), np.array([1, 5, 10]), np.array([4, 3]), np.array([9, 5]))
        array([False,  True, False])
    """
    begun = np.searchsorted(np.sort(first), end, side="left")
    return np.asarray(begun > np.searchsorted(np.sort(last), begin, side="right"))


def nearness(days: Days, first: Days, last: Days, around: int) -> npt.NDArray[np.float64]:
    """Return how near each day is to the nearest marked span: 1 within it, falling evenly to 0 beyond `around` days.

    Args:
        days: Shape (time,).
        first: First day of each span, shape (span,).
        last: Last day of each span, inclusive, shape (span,).
        around: How many days before and after a span still feel it.

    Example:
        >>> nearness(np.array([6, 7, 8, 9, 10, 12]), np.array([9]), np.array([9]), around=2).round(2).tolist()
        [0.0, 0.33, 0.67, 1.0, 0.67, 0.0]
    """
    far = np.iinfo(np.int32).max
    starts, ends = np.append(np.sort(first), far), np.insert(np.sort(last), 0, -far)
    until = starts[np.searchsorted(starts, days, side="left")] - days
    since = days - ends[np.searchsorted(ends, days, side="right") - 1]
    distance = np.where(inside(days, days + 1, first, last + 1), 0, np.minimum(until, since))
    return np.asarray(np.maximum(0, 1 - distance / (around + 1)))
