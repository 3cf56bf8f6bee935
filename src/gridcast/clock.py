"""Time: everything inside is UTC, regular, and labelled by the START of its interval.

An *issue time* is the moment a forecast is made. With hourly readings the context of a forecast issued at 06:00 ends with the
reading labelled 05:00 (it covers 05:00 to 06:00), and step 1 of the forecast is the reading labelled 06:00.

Local time is what people live by: an IANA zone, an offset without summer time such as `UTC+01:00`, or `local`, where the
labels themselves are local and each day has 24 hours. A day's reading is labelled by its local date at 00:00.
"""

from __future__ import annotations

import re
import zoneinfo
from datetime import UTC, timedelta, timezone, tzinfo
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.errors import ConfigError, PanelError, did_you_mean, listed

LOCAL = "local"  # the zone of labels that are local themselves
FIXED = r"UTC([+-])(0\d|1[0-4]):([0-5]\d)"
HOUR = pd.Timedelta(hours=1)
DAY = pd.Timedelta(days=1)
WEEK = pd.Timedelta(days=7)
NEAR_TODAY = 0.8  # similarity of a zone's name of today that goes before an old name that is nearer
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
        PanelError: If some times lie between the ticks, or are weeks or months apart.
    """
    freq = infer_freq(times)
    if freq > DAY:
        raise PanelError(
            "the readings are more than a day apart",
            found=f"{len(times):,} timestamps, most often {describe_freq(freq)} apart, from {times[0]} to {times[-1]}",
            expected="a reading every 5, 15, 30 or 60 minutes, or every day",
            hint="take readings of days or hours; weeks and months can't be forecast",
        )
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


def stamp_of(text: str | pd.Timestamp) -> pd.Timestamp:
    """Return the stamp that a text in ISO 8601 tells, NaT for any other: 09/12/2016 can be September or December.

    Example:
        >>> stamp_of("2016-12-09 06:00"), stamp_of("09/12/2016 06:00")
        (Timestamp('2016-12-09 06:00:00'), NaT)
    """
    return cast("pd.Timestamp", pd.to_datetime(text, format="ISO8601", errors="coerce"))


def find_zone(name: str) -> tzinfo:
    """Return the time zone of a name such as `Europe/Kyiv`, `UTC` or, without summer time, `UTC+01:00`.

    The clock of `local` labels is that of the labels themselves, which are held as if they were UTC.

    Raises:
        ConfigError: If there is none.

    Example:
        >>> find_zone("UTC+01:00").utcoffset(None)
        datetime.timedelta(seconds=3600)
    """
    if name == LOCAL:
        return UTC
    fixed = re.fullmatch(FIXED, name)
    if fixed:
        offset = timedelta(hours=int(fixed[2]), minutes=int(fixed[3]))
        return timezone(-offset if fixed[1] == "-" else offset)
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigError(
            f"unknown time zone `{name}`",
            found=f"`--timezone {name}`",
            expected="a name such as `Europe/Kyiv`, `UTC`, an offset such as `UTC+02:00`, or `local`",
            hint=_zone_meant(name),
        ) from error


def _zone_meant(name: str) -> str:
    """Return a hint with the zone that was probably meant; empty if none is near."""
    given = re.fullmatch(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d\d))?", name, re.ASCII | re.IGNORECASE)
    if given:
        return f"did you mean `UTC{given[1]}{given[2]:0>2}:{given[3] or '00'}`?"
    other = did_you_mean(name, (LOCAL, *zoneinfo.available_timezones()))
    return did_you_mean(name, (LOCAL, *_zones_today()), otherwise=other, cutoff=NEAR_TODAY)


def _zones_today() -> list[str]:
    """Return the zones by the names that they have today; none if the machine has no list of them."""
    tables = [path for folder in zoneinfo.TZPATH if (path := Path(folder) / "zone.tab").is_file()]
    lines = tables[0].read_text(encoding="utf-8").splitlines() if tables else []
    return [line.split("\t")[2] for line in lines if not line.startswith("#") and line.count("\t") >= 2]


def clock_zone(zone: str, freq: pd.Timedelta) -> str:
    """Return the zone by which labels `freq` apart are read: those of days are local dates whatever the zone.

    Example:
        >>> clock_zone("Europe/Berlin", HOUR), clock_zone("Europe/Berlin", DAY)
        ('Europe/Berlin', 'local')
    """
    return LOCAL if freq >= DAY else zone


def local_labels(times: pd.DatetimeIndex, zone: str) -> pd.DatetimeIndex:
    """Return what a local clock shows at moments, without a zone; moments without a zone are taken as UTC.

    Args:
        times: Moments, shape (time,).
        zone: See `find_zone`.

    Raises:
        ConfigError: If the zone is unknown.

    Example:
        >>> local_labels(pd.DatetimeIndex(["2024-07-01 10:00+00:00"]), "Europe/Berlin")
        DatetimeIndex(['2024-07-01 12:00:00'], dtype='datetime64[us]', freq=None)
    """
    times = times.tz_localize("UTC") if times.tz is None else times
    return times.tz_convert(find_zone(zone)).tz_localize(None)


def from_local(
    labels: pd.DatetimeIndex, zone: str, second: npt.NDArray[np.bool_] | None = None
) -> tuple[pd.DatetimeIndex, npt.NDArray[np.bool_]]:
    """Return the moments of local labels in UTC, and which of the labels exist.

    A label that spring skips is read by the clock of before and so comes as much earlier as was skipped: with the usual
    hour, 02:15 becomes 01:15.

    Args:
        labels: What the local clock shows, without a zone, shape (time,).
        zone: See `find_zone`.
        second: Which labels mean the second time where autumn shows them twice, shape (time,); none if left out.

    Example:
        >>> labels = pd.DatetimeIndex(["2024-03-31 02:15", "2024-10-27 02:15"])
        >>> moments, exists = from_local(labels, "Europe/Berlin")
        >>> moments.strftime("%H:%M").tolist(), exists.tolist()
        (['00:15', '00:15'], [False, True])
    """
    clock = find_zone(zone)
    first = np.ones(len(labels), bool) if second is None else ~second
    moments = labels.tz_localize(clock, ambiguous=first, nonexistent="NaT")
    exists = ~np.asarray(moments.isna())
    utc = moments.tz_convert(None)
    if not exists.all():
        skipped = labels[~exists]
        before = _offset(skipped - 16 * HOUR, clock)  # no clock is further from UTC than that
        values = utc.to_numpy().copy()
        values[~exists] = (skipped - _offset(skipped - before, clock)).to_numpy()
        utc = pd.DatetimeIndex(values)
    return utc.tz_localize("UTC"), exists


def _offset(moments: pd.DatetimeIndex, clock: tzinfo) -> pd.TimedeltaIndex:
    """Return how far a clock is ahead of UTC at moments in UTC without a zone, shape (time,)."""
    return moments.tz_localize("UTC").tz_convert(clock).tz_localize(None) - moments


def is_second(times: pd.DatetimeIndex, zone: str) -> npt.NDArray[np.bool_]:
    """Return which moments are in the second of the two hours with equal labels in autumn, shape (time,).

    Example:
        >>> times = pd.date_range("2024-10-27 00:00", periods=3, freq="h", tz="UTC")
        >>> local_labels(times, "Europe/Berlin").strftime("%H:%M").tolist(), is_second(times, "Europe/Berlin").tolist()
        (['02:00', '02:00', '03:00'], [False, True, False])
    """
    times = times.tz_localize("UTC") if times.tz is None else times
    return np.asarray(from_local(local_labels(times, zone), zone)[0] != times)


def day_labels(times: pd.DatetimeIndex, zone: str) -> pd.DatetimeIndex | None:
    """Return one label a day, the local date at 00:00, for moments a local day apart; None if they are not so.

    Days of 23 and 25 hours become days like others. The local day is the one whose midnight is the nearest, so that days
    are known without their zone as well, if that lies between UTC-10 and UTC+14.

    Args:
        times: Moments, shape (time,), in any order; without a zone they are local labels themselves.
        zone: Whose clock tells the dates of moments, see `find_zone`.

    Example:
        >>> times = pd.DatetimeIndex(["2024-03-29 23:00", "2024-03-30 23:00", "2024-03-31 22:00", "2024-04-01 22:00"], tz="UTC")
        >>> day_labels(times, "UTC").strftime("%m-%d").tolist()
        ['03-30', '03-31', '04-01', '04-02']
    """
    steps = np.diff(np.unique(times.to_numpy()))
    if not len(steps) or steps.min() < DAY - HOUR or np.median(steps) > DAY + HOUR:
        return None
    labels = times if times.tz is None else local_labels(times, zone)
    since_midnight = labels - labels.normalize()
    if times.tz is None:
        return labels.normalize() if len(since_midnight.unique()) == 1 else None
    shift = (10 * HOUR - since_midnight) % DAY - 10 * HOUR
    return (labels + shift).normalize() if shift.max() - shift.min() <= HOUR else None
