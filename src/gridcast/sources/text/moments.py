"""The moments of a file's rows, where the file is read in blocks: by its different stamps, which are far fewer than its rows.

A stamp is all that tells a row's moment: the text, the time of day where it stands apart, what tells the doubled hour apart, and
the time zone where the locations of a long file are in several.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gridcast.sources.readings import ReadOptions
from gridcast.sources.text.blocks import Blocks
from gridcast.sources.text.cells import NameReader
from gridcast.sources.text.columns import says_utc
from gridcast.sources.text.folds import Flag
from gridcast.sources.text.layout import Layout, join_hours
from gridcast.sources.text.rawtable import RawTable, Rows
from gridcast.sources.text.stampforms import Mask, Moments
from gridcast.sources.text.stamps import Stamps, read_stamps
from gridcast.sources.text.zones import zones_in_words

MOST_UNREADABLE = 100_000  # rows that are counted one by one
MANY = 1000  # different stamps of a block from which on it pays to look whether they follow each other as before
JOIN = "\x1f"  # between the parts of a stamp; no text has it


class RowReader:
    """Numbers the stamps and the locations of rows, of one block after the other, in the order of the file.

    Attributes:
        layout: Where things are in the file.
        places: The locations' names; of a wide file there are none, each row has all of them.
        zoned: Whether stamps are read by the zone of their row's location.
    """

    def __init__(self, layout: Layout, header: tuple[str, ...], options: ReadOptions) -> None:
        self.layout = layout
        self.places = NameReader()
        self.name = header[layout.time] or f"column {layout.time + 1}"
        self.zoned = layout.location is not None and bool(options.timezones) and not says_utc(self.name)
        self._header, self._options = header, options
        self._known: dict[str | None, int] = {}
        self._order = pa.array([], pa.string())  # the same, to be compared at once
        self._next = 0  # the number after that of the last row

    @property
    def stamps(self) -> list[str | None]:
        """The different stamps so far."""
        return list(self._known)

    @property
    def zones(self) -> tuple[str, ...]:
        """The zone of each location so far."""
        names = [self._header[number] for number in self.layout.values] if self.layout.location is None else self.places.names
        return ("UTC",) * max(1, len(names)) if says_utc(self.name) else self._options.zones_of(names or [""])

    def read(self, table: RawTable, *, again: bool = True) -> tuple[Rows, Rows]:
        """Return the number of each row's stamp and of its location."""
        location = self.layout.location
        place = np.zeros(len(table), np.intp) if location is None else self.places.read(table, location, again=again)
        encoded = self._texts(table, place).dictionary_encode()
        numbers = self._numbers(encoded.dictionary)
        if encoded.null_count:
            numbers = np.append(numbers, self._known.setdefault(None, len(self._known)))
        stamp = numbers[encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)]
        self._next = int(stamp[-1]) + 1 if len(stamp) else self._next
        return stamp, place

    def _texts(self, table: RawTable, place: Rows) -> Any:
        """Return the stamps of a block, their parts joined."""
        parts = [table.columns[number] for number in (self.layout.time, self.layout.time_of_day) if number is not None]
        if self.layout.fold is not None:
            parts.append(pc.fill_null(_plain(table.columns[self.layout.fold]), ""))
        if self.zoned:
            parts.append(pa.array(self.zones, pa.string()).take(pa.array(place)))
        return parts[0] if len(parts) == 1 else pc.binary_join_element_wise(*map(_plain, parts), JOIN)

    def _numbers(self, texts: Any) -> Rows:
        """Return the numbers of different texts; those that follow each other as in the rows before are found without a search."""
        known, count = self._known, len(texts)
        if count > MANY:
            self._order = pa.array(known, pa.string()) if len(self._order) < len(known) else self._order
            start = self._next % max(1, len(known))
            ahead = self._order[start : start + count]
            round_again = self._order[: count - len(ahead)] if count <= len(known) else self._order[:0]
            if texts[: len(ahead)].equals(ahead) and texts[len(ahead) :].equals(round_again):
                return (start + np.arange(count)) % len(known)
        listed = texts.to_pylist()
        numbers = list(map(known.get, listed))
        if None in numbers:
            numbers = [known.setdefault(text, len(known)) for text in listed]
        return np.array(numbers, np.intp)


@dataclass(frozen=True)
class Clock:
    """When the rows of a file are.

    Attributes:
        times: The different moments, ascending. [us since 1970, UTC]
        stamps: What `position` and `good` are for, with problems.
        position: Of each stamp, or of each row, in `times`.
        by_row: Whether it is of each row.
        moved: Rows that are elsewhere than their stamp, ascending, and where: of two in the hour that comes twice.
        said: What was recognised and assumed.
    """

    times: Moments
    stamps: Stamps
    position: Rows
    by_row: bool
    moved: tuple[Rows, Rows]
    said: tuple[str, ...]

    def at(self, first: int, stamp: Rows) -> tuple[Rows, Mask]:
        """Return where in `times` the rows of a block are, and which of them have a moment."""
        which = np.arange(first, first + len(stamp)) if self.by_row else stamp
        when, good = self.position[which], self.stamps.good[which]
        rows, positions = self.moved
        start, stop = np.searchsorted(rows, [first, first + len(stamp)])
        when[rows[start:stop] - first] = positions[start:stop]
        return when, good


def read_clock(blocks: Blocks, rows: RowReader) -> Clock:
    """Return when the rows are.

    Args:
        blocks: The file.
        rows: That has read all of them once.
    """
    keys = _Keys.of(rows, blocks.sample.header)
    if blocks.whole:
        table = next(iter(blocks))
        stamp, place = rows.read(table)
        stamps = keys.moments(stamp, place, lambda column: lambda which: table.cells(which, column))
        clock = _clock(stamps, stamps.utc, by_row=True)
    else:
        clock = _by_stamp(blocks, rows, keys)
    said = keys.said
    if clock.stamps.floating:
        reason = "as the name of their column says" if says_utc(rows.name) else "`--timezone` to change"
        said = (*said, f"{blocks.name}: stamps carry no offset: taken as {zones_in_words(keys.zones)} ({reason})")
    return Clock(clock.times, clock.stamps, clock.position, clock.by_row, clock.moved, (*said, *clock.stamps.said))


@dataclass(frozen=True)
class _Keys:
    """The different stamps of a file, taken apart.

    Attributes:
        rows: Where they were found.
        texts: With dates and times of day joined.
        flags: What tells the doubled hour apart; None if no column does.
        flag: The name of that column.
        zones: Of each location.
        zone: Of each stamp, as the number of a location in it.
        said: What was assumed.
    """

    rows: RowReader
    texts: Any
    flags: Any
    flag: str
    zones: tuple[str, ...]
    zone: Rows
    said: tuple[str, ...]

    @classmethod
    def of(cls, rows: RowReader, header: tuple[str, ...]) -> _Keys:
        """Return the stamps of rows that have been read once."""
        layout, zones, said = rows.layout, rows.zones, tuple[str, ...]()
        texts, flags, zone = pa.array(rows.stamps, pa.string()), None, np.zeros(len(rows.stamps), np.intp)
        parts = pc.split_pattern(texts, JOIN) if rows.zoned or layout.fold is not None or layout.time_of_day is not None else None
        if parts is not None:
            texts = pc.list_element(parts, 0)
        if layout.time_of_day is not None:
            texts, said = join_hours(texts, pc.list_element(parts, 1), header[layout.time_of_day])
        if layout.fold is not None:
            flags = pc.list_element(parts, 1 + (layout.time_of_day is not None))
        if rows.zoned:
            last = [text.rpartition(JOIN)[2] if text else zones[0] for text in rows.stamps]
            zone = np.array([zones.index(each) for each in last], np.intp)
        return cls(rows, texts, flags, header[layout.fold] if layout.fold is not None else "", zones, zone, said)

    def moments(self, stamp: Rows, place: Rows, where: Callable[[int], Callable[[Rows], list[str]]]) -> Stamps:
        """Return the moments of some rows.

        Args:
            stamp: The number of each row's stamp.
            place: The number of each row's location.
            where: Returns for a column what tells what to show of rows.
        """
        taken, fold, time = pa.array(stamp), self.rows.layout.fold, self.rows.layout.time
        flag = None if fold is None else Flag(self.flag, self.flags.take(taken), where(fold))
        return read_stamps(self.texts.take(taken), place, self.zones, where(time), self.rows.name, flag=flag, days=True)

    def locations(self, rows: Rows) -> Rows:
        """Return for each stamp a location in its zone: the first of those of some rows, or else any."""
        place = self.zone.copy()
        of_zone = {self.zones[number]: int(number) for number in rows[::-1]}
        for zone, number in of_zone.items():
            place[self.zone == self.zones.index(zone)] = number
        return place


def _plain(column: Any) -> Any:
    """Return a column of texts of which each row has its own."""
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _clock(stamps: Stamps, utc: Moments, *, by_row: bool, moved: tuple[Rows, Moments] | None = None) -> Clock:
    elsewhere = moved[1] if moved else utc[:0]
    every = np.concatenate([np.where(stamps.good, utc, 0), elsewhere])
    times, position = np.unique(every, return_inverse=True)
    rows = moved[0] if moved else np.zeros(0, np.intp)
    return Clock(times, stamps, position[: len(utc)], by_row, (rows, position[len(utc) :]), ())


def _by_stamp(blocks: Blocks, rows: RowReader, keys: _Keys) -> Clock:
    """Return when the rows of a large file are.

    Only two kinds of stamps need their rows: those of the hour that comes twice, of which the second is an hour later, and those
    with problems, which are counted and shown. They are told by reading each different stamp twice.
    """
    count = len(keys.texts)
    look = keys.moments(np.tile(np.arange(count), 2), np.tile(keys.zone, 2), lambda _: lambda which: [""] * len(which))
    bad, doubled = ~look.good[:count] | bool(look.problems), look.utc[:count] != look.utc[count:]
    row, stamp, place = _rows_with(blocks, rows, bad, doubled)
    plain = np.setdiff1d(np.arange(count), stamp)
    order = np.concatenate([plain, stamp])
    places = np.concatenate([keys.locations(place[doubled[stamp]])[plain], place])

    def where(column: int) -> Callable[[Rows], list[str]]:
        def cells(which: Rows) -> list[str]:
            wanted = [int(row[n - len(plain)]) if n >= len(plain) else None for n in which]
            return list(_cells(blocks, rows, column, wanted, [int(order[n]) for n in which]))

        return cells

    stamps = keys.moments(order, places, where)
    utc, good = np.zeros(count, np.int64), np.zeros(count, bool)
    utc[order[::-1]], good[order[::-1]] = stamps.utc[::-1], stamps.good[::-1]  # of several rows, the first one's
    elsewhere = stamps.good[len(plain) :] & (stamps.utc[len(plain) :] != utc[stamp])
    moved = row[elsewhere], stamps.utc[len(plain) :][elsewhere]
    return _clock(Stamps(utc, good, stamps.floating, stamps.problems, stamps.said), utc, by_row=False, moved=moved)


def _rows_with(blocks: Blocks, rows: RowReader, bad: Mask, doubled: Mask) -> tuple[Rows, Rows, Rows]:
    """Return the rows with a stamp that is bad or doubled: their number in the file, stamp and location."""
    found: list[tuple[Rows, Rows, Rows]] = [(np.zeros(0, np.intp),) * 3]
    unreadable = 0
    for table in blocks if (bad | doubled).any() else ():
        stamp, place = rows.read(table)
        kept = np.flatnonzero(doubled[stamp] | bad[stamp] & (unreadable < MOST_UNREADABLE))
        unreadable += int(bad[stamp[kept]].sum())
        found.append((kept + table.first, stamp[kept], place[kept]))
    row, stamp, place = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return row, stamp, place


def _cells(blocks: Blocks, rows: RowReader, column: int, wanted: list[int | None], stamps: list[int]) -> Iterator[str]:
    """Yield cells of a column with their lines: of the rows of these numbers, or else the first with these stamps."""
    found: dict[int, str] = {}
    for table in blocks:
        stamp, _ = rows.read(table)
        for number, (row, code) in enumerate(zip(wanted, stamps, strict=True)):
            here = np.flatnonzero(stamp == code) if row is None else np.array([row - table.first])
            if number not in found and len(here) and 0 <= here[0] < len(table):
                (found[number],) = table.cells(here[:1], column)
        if len(found) == len(wanted):
            break
    yield from (found[number] for number in sorted(found))
