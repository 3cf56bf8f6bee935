"""Timestamps: texts of many forms -> moments in UTC, with a problem for each one that can't be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.clock import LOCAL, day_labels, find_zone, from_local
from gridcast.errors import SHOWN, Problem, counted, listed
from gridcast.sources.text.folds import Flag
from gridcast.sources.text.stampforms import FIRST_YEAR, ISO_HINT, LAST_YEAR, SECOND, Mask, Moments, Parsed, in_range, parse

Rows = npt.NDArray[np.intp]

SHORTEST_DAY = 23 * 3600 * SECOND


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
    days: bool = False,
) -> Stamps:
    """Return the moment of each row.

    Args:
        texts: A pyarrow array of strings, one a row.
        place: The number of the row's location, shape (rows,): of two equal stamps of a location in the doubled hour
            of autumn, the first in the file is summer time.
        zone: Time zone of stamps without an offset, see `find_zone`; or a sequence with that of each location.
        where: Returns for rows what to show of them, such as `line 7: 2024-13-01`.
        name: The column, for messages.
        flag: What tells the two hours apart instead of their order.
        days: Whether stamps a day apart are those of daily readings, whose moment is the local date at 00:00.

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
    rows = _Coded.of_texts(parsed.moments, which, good)
    floating = bool((good & ~aware).any())
    if floating and (good & aware).any():
        problems.append(_mixed(good & aware, good & ~aware, where, name))
        return Stamps(rows.moments, good, True, tuple(problems), parsed.said)
    if not floating and LOCAL in zones.names and good.any():
        problems.append(_with_offsets(np.flatnonzero(good), where, name))
    dates = _days(rows, zones, floating=floating) if days else None
    if dates is not None:
        return Stamps(dates, good, False, tuple(problems), (*parsed.said, "one reading a day, labelled by its local date"))
    if not floating:
        return Stamps(rows.moments, good, False, tuple(problems), parsed.said)
    stamps = _from_wall(rows, zones, where, flag)
    return replace(stamps, problems=(*problems, *stamps.problems), said=(*parsed.said, *stamps.said))


@dataclass(frozen=True)
class _Coded:
    """Rows by the number of their moment among the different ones, and which of them have one."""

    labels: Moments
    which: Rows
    good: Mask

    @classmethod
    def of_texts(cls, moments: Moments, which: Rows, good: Mask) -> _Coded:
        """Return rows from the moments of different texts, of which some may be the same."""
        if (moments[1:] > moments[:-1]).all():  # the usual case, in which there is nothing to sort
            return cls(moments, which, good)
        labels, back = np.unique(moments, return_inverse=True)
        return cls(labels, back[which], good)

    @property
    def moments(self) -> Moments:
        return self.labels[self.which]

    def of(self, rows: Rows) -> _Coded:
        return _Coded(self.labels, self.which[rows], self.good[rows])


def _from_wall(coded: _Coded, zones: _Zones, where: Callable[[Rows], list[str]], flag: Flag | None) -> Stamps:
    """Return stamps without an offset as moments in UTC, each by the clock of its row's zone."""
    utc, good = np.zeros(len(coded.which), np.int64), coded.good.copy()
    said: list[str] = []
    problems: list[Problem] = []
    for zone, rows in zones.groups():
        part = _localise(coded.of(rows), zones.place[rows], zone, flag and flag.of(rows))
        utc[rows], good[rows] = part.utc, good[rows] & part.exists
        skipped = rows[~part.exists]
        if len(skipped):
            first = int(coded.labels[coded.which[skipped[0]]])
            problems.append(_non_existent(skipped, where, zone, first, doubled=part.doubled))
        said += part.said
        problems += part.problems
    return Stamps(utc, good, True, tuple(problems), tuple(dict.fromkeys(said)))


def _days(coded: _Coded, zones: _Zones, *, floating: bool) -> Moments | None:
    """Return the local dates, where the stamps of each zone are a day apart; None where they are not."""
    dates = np.zeros(len(coded.which), np.int64)
    for zone, rows in [(zones.names[0], np.arange(len(dates)))] if floating else zones.groups():
        part = coded.of(rows)
        there = np.flatnonzero(np.bincount(part.which[part.good], minlength=len(part.labels)))
        labels = part.labels[there]
        if (np.diff(labels) < SHORTEST_DAY).any():
            return None
        times = pd.DatetimeIndex(labels.view("datetime64[us]"))
        days = day_labels(times if floating else times.tz_localize("UTC"), zone)
        if days is None:
            return None
        of_label = np.zeros(len(part.labels), np.int64)
        of_label[there] = days.as_unit("us").asi8
        dates[rows] = of_label[part.which]
    return dates


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


def _localise(coded: _Coded, place: Rows, zone: str, flag: Flag | None) -> _Localised:
    """Return the rows of one zone by its clock."""
    labels, which, good = coded.labels, coded.which, coded.good
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
            second, said = _by_order(coded, place, rows)
        else:
            offset = wall.as_unit("us").asi8 - early
            second, said, problems = flag.second(rows, (offset > offset.min())[which] & good)
        utc[rows] = np.where(second, late[which[rows]], utc[rows])
    return _Localised(utc, exists[which] | ~good, bool(second.any()), said, problems)


def _by_order(coded: _Coded, place: Rows, rows: Rows) -> tuple[Mask, tuple[str, ...]]:
    """Return which rows of the doubled hour are its second, by their order in the file, and what was assumed."""
    again = pd.DataFrame({"place": place[rows], "which": coded.which[rows]})
    steps = np.diff(coded.which[place == place[rows[0]]])
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


def _non_existent(rows: Rows, where: Callable[[Rows], list[str]], zone: str, first: int, *, doubled: bool) -> Problem:
    """Return the problem of stamps in hours that spring skips; whoever has no doubled hour has a clock of another kind."""
    year = pd.Timestamp(first, unit="us").year
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
