"""The moments of a file's rows, where the file is read in blocks: by its different stamps, which are far fewer than its rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

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
JOIN = "\t"  # between the texts of a date and of a time of day


class RowReader:
    """Numbers the stamps and the locations of rows, of one block after the other, in the order of the file.

    Attributes:
        layout: Where things are in the file.
        places: The locations' names; of a wide file there are none, each row has all of them.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.places = NameReader()
        self._known: dict[str | None, int] = {}
        self._order = pa.array([], pa.string())  # the same, to be compared at once
        self._next = 0  # the number after that of the last row

    @property
    def stamps(self) -> list[str | None]:
        """The different texts of stamps so far."""
        return list(self._known)

    def read(self, table: RawTable, *, again: bool = True) -> tuple[Rows, Rows]:
        """Return the number of each row's stamp and of its location."""
        location = self.layout.location
        place = np.zeros(len(table), np.intp) if location is None else self.places.read(table, location, again=again)
        texts = table.columns[self.layout.time]
        if self.layout.time_of_day is not None:
            texts = pc.binary_join_element_wise(texts, table.columns[self.layout.time_of_day], JOIN)
        encoded = texts.dictionary_encode()
        numbers = self._numbers(encoded.dictionary)
        if encoded.null_count:
            numbers = np.append(numbers, self._known.setdefault(None, len(self._known)))
        stamp = numbers[encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)]
        self._next = int(stamp[-1]) + 1 if len(stamp) else self._next
        return stamp, place

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


def read_clock(blocks: Blocks, rows: RowReader, zones: Sequence[str]) -> Clock:
    """Return when the rows are.

    Args:
        blocks: The file.
        rows: That has read all of them once.
        zones: Of stamps without an offset, one a location; of a file in several blocks they are the same.
    """
    layout, header = rows.layout, blocks.sample.header
    texts, said = _texts(rows, header)
    name = header[layout.time] or f"column {layout.time + 1}"
    zones = ("UTC",) * len(zones) if says_utc(name) else tuple(zones)
    if blocks.whole:
        table = next(iter(blocks))
        stamp, place = rows.read(table)
        flag = _flag(table, layout)
        where = partial(table.cells, column=layout.time)
        stamps = read_stamps(texts.take(pa.array(stamp)), place, zones, where, name, flag=flag, days=True)
        clock = _clock(stamps, stamps.utc, by_row=True)
    else:
        clock = _by_stamp(blocks, rows, texts, zones[0], name)
    if clock.stamps.floating:
        reason = "as the name of their column says" if says_utc(name) else "`--timezone` to change"
        said = (*said, f"{blocks.name}: stamps carry no offset: taken as {zones_in_words(zones)} ({reason})")
    return Clock(clock.times, clock.stamps, clock.position, clock.by_row, clock.moved, (*said, *clock.stamps.said))


def _flag(table: RawTable, layout: Layout) -> Flag | None:
    """Return the column that tells the doubled hour apart, if there is one."""
    if layout.fold is None:
        return None
    return Flag(table.header[layout.fold], table.columns[layout.fold], partial(table.cells, column=layout.fold))


def _texts(rows: RowReader, header: tuple[str, ...]) -> tuple[Any, tuple[str, ...]]:
    """Return the different stamps, dates joined with their times of day, and what was assumed of these."""
    texts = pa.array(rows.stamps, pa.string())
    if rows.layout.time_of_day is None:
        return texts, ()
    parts = pc.split_pattern(texts, JOIN)
    return join_hours(pc.list_element(parts, 0), pc.list_element(parts, 1), header[rows.layout.time_of_day])


def _clock(stamps: Stamps, utc: Moments, *, by_row: bool, moved: tuple[Rows, Moments] | None = None) -> Clock:
    elsewhere = moved[1] if moved else utc[:0]
    every = np.concatenate([np.where(stamps.good, utc, 0), elsewhere])
    times, position = np.unique(every, return_inverse=True)
    rows = moved[0] if moved else np.zeros(0, np.intp)
    return Clock(times, stamps, position[: len(utc)], by_row, (rows, position[len(utc) :]), ())


def _by_stamp(blocks: Blocks, rows: RowReader, texts: Any, zone: str, name: str) -> Clock:
    """Return when the rows of a large file are.

    Only two kinds of stamps need their rows: those of the hour that comes twice, of which the second is an hour later, and those
    with problems, which are counted and shown. They are told by reading each different stamp twice.
    """
    count = len(texts)
    twice, place = pa.concat_arrays([texts, texts]), np.zeros(2 * count, np.intp)
    look = read_stamps(twice, place, zone, lambda which: [""] * len(which), name, days=True)
    bad, doubled = ~look.good[:count] | bool(look.problems), look.utc[:count] != look.utc[count:]
    row, stamp, place = _rows_with(blocks, rows, bad, doubled)
    plain = np.setdiff1d(np.arange(count), stamp)
    first = place[doubled[stamp]][:1]
    order, places = np.concatenate([plain, stamp]), np.concatenate([np.full(len(plain), first[0] if len(first) else 0), place])

    def where(which: Rows) -> list[str]:
        wanted = [int(row[n - len(plain)]) if n >= len(plain) else None for n in which]
        return list(_cells(blocks, rows, wanted, [int(order[n]) for n in which]))

    stamps = read_stamps(texts.take(pa.array(order)), places, zone, where, name, days=True)
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


def _cells(blocks: Blocks, rows: RowReader, wanted: list[int | None], stamps: list[int]) -> Iterator[str]:
    """Yield the cells of stamps with their lines: of the rows of these numbers, or else the first with these stamps."""
    found: dict[int, str] = {}
    for table in blocks:
        stamp, _ = rows.read(table)
        for number, (row, code) in enumerate(zip(wanted, stamps, strict=True)):
            here = np.flatnonzero(stamp == code) if row is None else np.array([row - table.first])
            if number not in found and len(here) and 0 <= here[0] < len(table):
                (found[number],) = table.cells(here[:1], rows.layout.time)
        if len(found) == len(wanted):
            break
    yield from (found[number] for number in sorted(found))
