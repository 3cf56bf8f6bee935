"""Timestamps: texts of many forms -> moments in UTC, with a problem for each one that can't be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.clock import LOCAL, day_labels, find_zone, from_local
from gridcast.errors import SHOWN, Problem, counted, listed
from gridcast.sources.text.folds import Flag
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


def read_stamps(
    texts: Any,
    place: Rows,
    zone: str | Sequence[str],
    where: Callable[[Rows], list[str]],
    name: str = "",
    *,
    flag: Flag | None = None,
) -> Stamps:
    """Return the moment of each row; of readings a day apart, the local date at 00:00.

    Args:
        texts: A pyarrow array of strings, one a row.
        place: The number of the row's location, shape (rows,): of two equal stamps of a location in the doubled hour
            of autumn, the first in the file is summer time.
        zone: Time zone of stamps without an offset, see `find_zone`; or a sequence with that of each location.
        where: Returns for rows what to show of them, such as `line 7: 2024-13-01`.
        name: The column, for messages.
        flag: What tells the two hours apart instead of their order.

    Raises:
        ConfigError: If a zone is unknown.

    Example:
        >>> import pyarrow as pa
        >>> stamps = read_stamps(pa.array(["2024-07-01 12:00"]), np.array([0]), "Europe/Berlin", lambda rows: [])
        >>> stamps.utc.astype("datetime64[us]").astype("datetime64[m]")
        array(['2024-07-01T10:00'], dtype='datetime64[m]')
    """
    zones = _Zones((zone,) if isinstance(zone, str) else tuple(zone), place)
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
    moments, floating = parsed.moments[which], bool((good & ~aware).any())
    if floating and (good & aware).any():
        problems.append(_mixed(good & aware, good & ~aware, where, name))
        return Stamps(moments, good, True, tuple(problems), parsed.said)
    if not floating and LOCAL in zones.names and good.any():
        problems.append(_with_offsets(np.flatnonzero(good), where, name))
    days = _days(parsed, which, good, zones) if good.any() else None
    if days is not None:
        return Stamps(days, good, False, tuple(problems), (*parsed.said, "one reading a day, labelled by its local date"))
    if not floating:
        return Stamps(moments, good, False, tuple(problems), parsed.said)
    return _from_wall(Stamps(moments, good, True, tuple(problems), parsed.said), zones, where, flag)


def _from_wall(stamps: Stamps, zones: _Zones, where: Callable[[Rows], list[str]], flag: Flag | None) -> Stamps:
    """Return stamps without an offset as moments in UTC, each by the clock of its row's zone."""
    utc, good = stamps.utc.copy(), stamps.good.copy()
    said, problems = list(stamps.said), list(stamps.problems)
    for zone, rows in zones.groups():
        part = _localise(stamps.utc[rows], zones.place[rows], zone, stamps.good[rows], flag and flag.of(rows))
        utc[rows], exists = part.utc, part.exists
        skipped = rows[~exists]
        if len(skipped):
            problems.append(_non_existent(skipped, where, zone, stamps.utc, doubled=part.doubled))
        good[rows] &= exists
        said += part.said
        problems += part.problems
    return Stamps(utc, good, True, tuple(problems), tuple(dict.fromkeys(said)))


def _days(parsed: Parsed, which: Rows, good: Mask, zones: _Zones) -> Moments | None:
    """Return the local dates, where the stamps of each zone are a day apart; None where they are not."""
    labels = np.zeros(len(which), np.int64)
    for zone, rows in zones.groups():
        rows = rows[good[rows]]
        stamps, back = np.unique(parsed.moments[which[rows]], return_inverse=True)
        times = pd.DatetimeIndex(stamps.view("datetime64[us]"))
        aware = bool(parsed.aware[which[rows]].any())
        days = day_labels(times.tz_localize("UTC") if aware else times, zone)
        if days is None:
            return None
        labels[rows] = days.as_unit("us").asi8[back]
    return labels


@dataclass(frozen=True)
class _Zones:
    """The zone of each row: one for all, or one a place."""

    names: tuple[str, ...]
    place: Rows

    def groups(self) -> Iterator[tuple[str, Rows]]:
        """Yield each zone with its rows."""
        if len(set(self.names)) == 1:
            yield self.names[0], np.arange(len(self.place))
            return
        for zone in dict.fromkeys(self.names):
            of_zone = np.array([name == zone for name in self.names])
            yield zone, np.flatnonzero(of_zone[self.place])


@dataclass(frozen=True)
class _Localised:
    """Rows of one zone: their moments, which exist on its clock, whether it showed an hour twice; what was assumed, and wrong."""

    utc: Moments
    exists: Mask
    doubled: bool
    said: tuple[str, ...]
    problems: tuple[Problem, ...]


def _localise(moments: Moments, place: Rows, zone: str, good: Mask, flag: Flag | None) -> _Localised:
    """Return the rows of one zone by its clock."""
    labels, which = np.unique(moments, return_inverse=True)
    wall = pd.DatetimeIndex(np.where(in_range(labels), labels, 0).view("datetime64[us]"))
    first, exists = from_local(wall, zone)
    last, _ = from_local(wall, zone, np.ones(len(wall), bool))
    early, late = first.as_unit("us").asi8, last.as_unit("us").asi8
    utc = early[which]
    rows = np.flatnonzero((early != late)[which] & exists[which] & good)
    said: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    second = np.zeros(0, bool)
    if len(rows):
        if flag is None:
            second, said = _by_order(moments, which, place, rows)
        else:
            offset = wall.as_unit("us").asi8 - early
            second, said, problems = flag.second(rows, (offset > offset.min())[which] & good)
        utc[rows] = np.where(second, late[which[rows]], utc[rows])
    return _Localised(utc, exists[which] | ~good, bool(second.any()), said, problems)


def _by_order(moments: Moments, which: Rows, place: Rows, rows: Rows) -> tuple[Mask, tuple[str, ...]]:
    """Return which rows of the doubled hour are its second, by their order in the file, and what was assumed."""
    again = pd.DataFrame({"place": place[rows], "which": which[rows]})
    steps = np.diff(moments[place == place[rows[0]]])
    backwards = bool((steps < 0).sum() > (steps > 0).sum())
    second = (again[::-1] if backwards else again).groupby(["place", "which"]).cumcount().sort_index() > 0
    order = "first in the file" if not backwards else "last in the file, which runs backwards,"
    if second.any():
        said = f"the hour that comes twice in autumn: the {order} is summer time, the other winter time"
    else:
        said = "the hour that comes twice in autumn is there once: taken as summer time"
    return second.to_numpy(), (said,)


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


def _with_offsets(rows: Rows, where: Callable[[Rows], list[str]], name: str) -> Problem:
    return Problem(
        f"the stamps of `{name}` tell their moments, they are no local labels",
        found=listed(where(rows[:1])),
        expected=f"stamps without an offset, where the time zone is `{LOCAL}`",
        hint="name the zone that the consumers live by: `--timezone Europe/Berlin`",
    )


def _non_existent(rows: Rows, where: Callable[[Rows], list[str]], zone: str, moments: Moments, *, doubled: bool) -> Problem:
    """Return the problem of stamps in hours that spring skips; whoever has no doubled hour has a clock of another kind."""
    year = int(moments[rows[0]].astype("datetime64[us]").astype("datetime64[Y]").astype(int)) + 1970
    offsets = [find_zone(zone).utcoffset(datetime(year, month, 1)) or timedelta(0) for month in (1, 7)]
    minutes = round(min(offsets).total_seconds() / 60)
    fixed = f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
    more = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
    if doubled:
        hint = "the hour that comes twice in autumn is there twice: take these rows out, or correct them"
    else:
        hint = (
            f"if the file's clock has no summer time: `--timezone {fixed}`; "
            f"if it has, but each day was given 24 hours: `--timezone {LOCAL}`"
        )
    return Problem(
        f"{counted(len(rows), 'timestamp')} skipped by the clock of `{zone}`, which is put forward in spring",
        found=listed(where(rows[:SHOWN])) + more,
        expected="no stamps in the hour that spring skips",
        hint=hint,
    )
