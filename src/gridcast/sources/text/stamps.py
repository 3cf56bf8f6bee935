"""Timestamps: texts of many forms -> moments in UTC, with a problem for each one that can't be."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.errors import SHOWN, ConfigError, Problem, counted, listed
from gridcast.sources.text.columns import did_you_mean
from gridcast.sources.text.stampforms import FIRST_YEAR, ISO_HINT, LAST_YEAR, Mask, Moments, Parsed, in_range, parse

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Stamps:
    """The moments of the rows.

    Attributes:
        utc: Microseconds since 1970, shape (rows,); where `good` is False they mean nothing.
        good: Which rows have a moment, shape (rows,).
        floating: Whether the texts have no offset, so that the time zone was assumed.
        problems: What is wrong with the others.
        said: What was recognised.
    """

    utc: Moments
    good: Mask
    floating: bool
    problems: tuple[Problem, ...]
    said: tuple[str, ...]


def read_stamps(texts: Any, place: Rows, zone: str, where: Callable[[Rows], list[str]], name: str = "") -> Stamps:
    """Return the moment of each row.

    Args:
        texts: A pyarrow array of strings, one a row.
        place: The number of the row's location, shape (rows,): of two equal stamps of a location in the doubled hour
            of autumn, the first in the file is summer time.
        zone: Time zone of stamps without an offset, see `find_zone`.
        where: Returns for rows what to show of them, such as `line 7: 2024-13-01`.
        name: The column, for messages.

    Raises:
        ConfigError: If the zone is unknown.

    Example:
        >>> import pyarrow as pa
        >>> stamps = read_stamps(pa.array(["2024-07-01 12:00"]), np.array([0]), "Europe/Berlin", lambda rows: [])
        >>> stamps.utc.astype("datetime64[us]").astype("datetime64[m]")
        array(['2024-07-01T10:00'], dtype='datetime64[m]')
    """
    clock = find_zone(zone)
    encoded = texts.dictionary_encode()
    number = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.intp)
    parsed = parse(encoded.dictionary)
    blank, which = number < 0, np.maximum(number, 0)
    if len(parsed.moments) == 0:
        parsed = Parsed(np.zeros(1, np.int64), np.zeros(1, bool), np.zeros(1, bool))
    good, aware = parsed.good[which] & ~blank, parsed.aware[which]
    problems = list(parsed.problems)
    if not good.all() and not parsed.problems:
        problems.append(_unreadable(np.flatnonzero(~good), where, name))
    floating = bool((good & ~aware).any())
    if floating and (good & aware).any():
        problems.append(_mixed(good & aware, good & ~aware, where, name))
        return Stamps(parsed.moments[which], good, True, tuple(problems), parsed.said)
    if not floating:
        return Stamps(parsed.moments[which], good, False, tuple(problems), parsed.said)
    utc, exists, said = _localise(parsed.moments, which, place, clock, good)
    if not exists.all():
        problems.append(_non_existent(np.flatnonzero(~exists), where, clock, zone, parsed.moments[which]))
    return Stamps(utc, good & exists, True, tuple(problems), (*parsed.said, *said))


def find_zone(name: str) -> tzinfo:
    """Return the time zone of a name such as `Europe/Kyiv`, `UTC` or, without summer time, `UTC+01:00`.

    Raises:
        ConfigError: If there is none.

    Example:
        >>> find_zone("UTC+01:00").utcoffset(None)
        datetime.timedelta(seconds=3600)
    """
    fixed = re.fullmatch(r"UTC([+-])(0\d|1[0-4]):([0-5]\d)", name)
    if fixed:
        offset = timedelta(hours=int(fixed[2]), minutes=int(fixed[3]))
        return timezone(-offset if fixed[1] == "-" else offset)
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        given = re.fullmatch(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d\d))?", name, re.ASCII | re.IGNORECASE)
        fixed_name = f"did you mean `UTC{given[1]}{given[2]:0>2}:{given[3] or '00'}`?" if given else ""
        raise ConfigError(
            f"unknown time zone `{name}`",
            found=f"`--timezone {name}`",
            expected="a name such as `Europe/Kyiv`, `UTC`, or an offset such as `UTC+02:00`",
            hint=fixed_name or did_you_mean(name, zoneinfo.available_timezones()),
        ) from error


def _localise(moments: Moments, which: Rows, place: Rows, clock: tzinfo, good: Mask) -> tuple[Moments, Mask, tuple[str, ...]]:
    """Return the rows' moments in UTC, which of them exist on the wall clock, and what was assumed."""
    wall = pd.DatetimeIndex(np.where(in_range(moments), moments, 0).view("datetime64[us]"))
    early, late = (wall.tz_localize(clock, ambiguous=np.full(len(wall), summer), nonexistent="NaT") for summer in (True, False))
    exists = ~np.asarray(early.isna())
    doubled = exists & np.asarray(early != late)
    utc = early.as_unit("us").asi8[which]
    said: list[str] = []
    rows = np.flatnonzero(doubled[which] & good)
    if len(rows):
        again = pd.DataFrame({"place": place[rows], "which": which[rows]})
        steps = np.diff(moments[which][place == place[rows[0]]])
        backwards = bool((steps < 0).sum() > (steps > 0).sum())
        second = (again[::-1] if backwards else again).groupby(["place", "which"]).cumcount().sort_index() > 0
        utc[rows] = np.where(second, late.as_unit("us").asi8[which[rows]], utc[rows])
        order = "first in the file" if not backwards else "last in the file, which runs backwards,"
        if second.any():
            said.append(f"the hour that comes twice in autumn: the {order} is summer time, the other winter time")
        else:
            said.append("the hour that comes twice in autumn is there once: taken as summer time")
    return utc, exists[which] | ~good, tuple(said)


def _unreadable(rows: Rows, where: Callable[[Rows], list[str]], name: str) -> Problem:
    more = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
    return Problem(
        f"{counted(len(rows), 'timestamp')} of `{name}` can't be read",
        found=listed(where(rows[:SHOWN])) + more,
        expected=f"moments such as `2024-02-13 14:00` or `2024-02-13T14:00:00Z`, of the years {FIRST_YEAR} to {LAST_YEAR}",
        hint=ISO_HINT,
    )


def _mixed(aware: Mask, floating: Mask, where: Callable[[Rows], list[str]], name: str) -> Problem:
    with_offset, without = np.flatnonzero(aware), np.flatnonzero(floating)
    return Problem(
        f"mixed time zones: some stamps of `{name}` carry an offset, others don't",
        found=f"{counted(len(with_offset), 'row')} with one ({listed(where(with_offset[:2]))}), "
        f"{counted(len(without), 'row')} without ({listed(where(without[:2]))})",
        expected="an offset (or `Z`) on each stamp, or on none",
        hint="write all of them in UTC, such as `2024-02-13T14:00:00Z`",
    )


def _non_existent(rows: Rows, where: Callable[[Rows], list[str]], clock: tzinfo, zone: str, moments: Moments) -> Problem:
    year = int(moments[rows[0]].astype("datetime64[us]").astype("datetime64[Y]").astype(int)) + 1970
    offsets = [clock.utcoffset(datetime(year, month, 1)) or timedelta(0) for month in (1, 7)]
    minutes = round(min(offsets).total_seconds() / 60)
    fixed = f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
    more = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
    return Problem(
        f"{counted(len(rows), 'timestamp')} skipped by the clock of `{zone}`, which is put forward in spring",
        found=listed(where(rows[:SHOWN])) + more,
        expected="no stamps in the hour that spring skips",
        hint=f"if the file's clock has no summer time: `--timezone {fixed}`",
    )
