"""From blocks of rows to one table (time, location): first which stamps and locations there are, then their readings."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.clock import describe_freq, infer_freq
from gridcast.errors import SHOWN, PanelError, Problem, counted
from gridcast.sources.readings import Consumption, ReadOptions
from gridcast.sources.text.blocks import Blocks
from gridcast.sources.text.cells import NumberReader, has_decimal_comma
from gridcast.sources.text.checks import readings_twice, rows_of_cells
from gridcast.sources.text.columns import says_end
from gridcast.sources.text.layout import Layout, find_layout
from gridcast.sources.text.moments import Clock, RowReader, read_clock
from gridcast.sources.text.rawtable import Rows
from gridcast.sources.text.stampforms import Moments
from gridcast.sources.text.zones import by_zone

MOST_CELLS = 2**28  # of the table (time, location); more are a sign of misread columns, unless
FEWEST_ROWS = 0.25  # of the cells have a row
UNSEEN = {4: 0x7FC0_5EED, 8: 0x7FF8_0000_0000_5EED}  # bits of the NaN that says that no row has filled the cell
CHUNK = 1 << 20  # cells that are looked through at once


def gather(blocks: Blocks, options: ReadOptions) -> Consumption:
    """Return the readings of a file.

    The blocks are gone through twice: the table is allocated once all its stamps and locations are known, and then filled in
    place. It holds 64-bit floats if the file is one block, and otherwise 32-bit floats; the frame is a view of it.

    Raises:
        ConfigError: If the time zone is unknown.
        PanelError: Naming all the columns, stamps, names and cells that are wrong.
    """
    named = {role: getattr(options, f"{role}_column") for role in ("time", "location", "consumption", "fold")}
    layout = find_layout(blocks.sample, named)
    consumption = by_zone(blocks.sample.header, layout, options, lambda part: _readings(blocks, part, options))
    if not _any_reading(consumption.readings.to_numpy()):
        raise PanelError(f"`{blocks.name}` has no readings", found="empty cells only", expected="numbers")
    return consumption


def _readings(blocks: Blocks, layout: Layout, options: ReadOptions) -> Consumption:
    """Return the readings of a long table, or of a wide one all of whose locations are in the same zone."""
    blocks.using(layout)
    header = blocks.sample.header
    rows = RowReader(layout, header, options)
    count, comma = _survey(blocks, rows)
    if not count:
        raise PanelError(f"`{blocks.name}` has no readings", found="no rows in the span of time", expected="readings")
    if rows.zoned and rows.places.problems():  # without a name there is no zone
        raise PanelError.of(rows.places.problems())
    clock = read_clock(blocks, rows)
    names = [header[number] for number in layout.values] if layout.location is None else rows.places.names
    table = _Table(blocks, layout, clock, names)
    numbers = NumberReader(decimal_comma=comma, no_reading=options.no_reading)
    matrix = table.fill(rows, numbers, count)
    problems = [*clock.stamps.problems, *rows.places.problems(), *numbers.problems()]
    problems += [] if rows.places.problems() else table.twice(rows)
    if problems:
        raise PanelError.of(problems)
    numbers.warn_of_thousands()
    split = layout.time_of_day is not None
    index, shifted = starts(clock.times, header[layout.time], split=split, options=options)
    readings = pd.DataFrame(matrix, index=index, columns=pd.Index(names, dtype=str), copy=False)
    late = (f"{blocks.name}: {counted(table.late, 'row')} out of order, now sorted",) if table.late else ()
    return Consumption(readings, layout.unit, (*blocks.said(), *layout.said, *clock.said, *shifted, *late, *numbers.said()))


def _survey(blocks: Blocks, rows: RowReader) -> tuple[int, bool]:
    """Read the stamps and locations of all blocks; return how many rows there are, and whether a comma is a decimal comma."""
    count, comma = 0, False
    for table in blocks:
        rows.read(table, again=False)
        count += len(table)
        comma = comma or has_decimal_comma(table, rows.layout.values)
        if not blocks.whole and rows.layout.location is not None:
            _require_dense(count, len(rows.stamps), len(rows.places.names))
    return count, comma


def _require_dense(rows: int, times: int, places: int) -> None:
    """Refuse a table out of all proportion to the file."""
    if times * places > MOST_CELLS and rows < FEWEST_ROWS * times * places:
        raise PanelError(
            "the readings are too scattered for a table",
            found=f"{counted(rows, 'row')} of {counted(places, 'location')} at {counted(times, 'moment')}",
            expected="locations that share their timestamps",
            hint="name the right column with `--location-column`",
        )


@dataclass
class _Table:
    """The table that is being filled.

    Attributes:
        late: Rows that come after a later one of their location.
        again: Readings that come again.
    """

    blocks: Blocks
    layout: Layout
    clock: Clock
    names: list[str]
    late: int = 0
    again: int = 0
    _cells_again: Rows = field(default_factory=lambda: np.zeros(0, np.intp))

    def fill(self, rows: RowReader, numbers: NumberReader, count: int) -> npt.NDArray[np.floating]:
        """Return the readings, shape (time, location), in the order of time; of readings that come twice, the last."""
        wide = self.layout.location is None
        size, places = len(self.clock.times), max(1, len(self.names))
        if not wide:
            _require_dense(count, size, places)
        matrix = np.empty((size, places), np.float64 if self.blocks.whole else np.float32)
        bits = matrix.reshape(-1).view(f"u{matrix.itemsize}")
        bits[:] = UNSEEN[matrix.itemsize]
        tickets = np.full(size, UNSEEN[matrix.itemsize], bits.dtype) if wide else bits
        last = np.full(1 if wide else places, -1)
        for table in self.blocks:
            stamp, place = rows.read(table)
            when, good = self.clock.at(table.first, stamp)
            values = numbers.read(table, self.layout.values)
            self.late += _late(when, place, last)
            cells = when if wide else when * places + place
            if not good.all():
                cells, when, values = cells[good], when[good], values[good]
            self._claim(tickets, cells)
            with np.errstate(over="ignore"):  # such numbers are told as infinite
                if wide:
                    matrix[when] = values
                else:
                    matrix.reshape(-1)[cells] = values[:, 0]
        for start in range(0, len(bits), CHUNK):
            part = bits[start : start + CHUNK]
            matrix.reshape(-1)[start : start + CHUNK][part == UNSEEN[matrix.itemsize]] = np.nan
        return matrix

    def twice(self, rows: RowReader) -> list[Problem]:
        """Return the problem that a location has several readings at one moment, if it has."""
        if not self.again:
            return []
        wide = self.layout.location is None
        places = 1 if wide else len(self.names)
        found = rows_of_cells(self.blocks, rows, self.clock, places, self._cells_again)
        moments = [
            (self.names[cell % places] if not wide else "", int(self.clock.times[cell // places])) for cell in self._cells_again
        ]
        return [
            readings_twice(
                self.blocks.name, self.again, list(zip(moments, found, strict=True)), floating=self.clock.stamps.floating
            )
        ]

    def _claim(self, tickets: npt.NDArray[np.unsignedinteger], cells: Rows) -> None:
        """Count the cells that were filled before, and remember the first few: each row leaves its number in its cell."""
        again = tickets[cells] != UNSEEN[tickets.itemsize]
        number = np.arange(len(cells), dtype=tickets.dtype)
        tickets[cells] = number
        again |= tickets[cells] != number
        if again.any():
            self.again += int(again.sum())
            self._cells_again = np.unique(np.concatenate([self._cells_again, cells[again]]))[:SHOWN]


def _late(when: Rows, place: Rows, last: Rows) -> int:
    """Return how many rows come after a later one of their location; `last` is brought up to date."""
    if not len(place):
        return 0
    if (place[1:] < place[:-1]).any():
        small = place.astype(np.uint16) if len(last) < 1 << 16 else place
        order = np.argsort(small, kind="stable")
        when, place = when[order], place[order]
    begins = np.flatnonzero(np.concatenate([[True], place[1:] != place[:-1]]))
    ends = np.concatenate([begins[1:], [len(place)]]) - 1
    late = when[1:] < when[:-1]
    late[begins[1:] - 1] = False
    late_begins = when[begins] < last[place[begins]]
    last[place[ends]] = when[ends]
    return int(late.sum()) + int(late_begins.sum())


def _any_reading(matrix: npt.NDArray[np.floating]) -> bool:
    rows = max(1, CHUNK // matrix.shape[1])
    return any(not np.isnan(matrix[start : start + rows]).all() for start in range(0, len(matrix), rows))


def starts(clock: Moments, name: str, *, split: bool, options: ReadOptions) -> tuple[pd.DatetimeIndex, tuple[str, ...]]:
    """Return the starts of the intervals: stamps that are ends go back by one step.

    Args:
        clock: The stamps. [us since 1970, UTC]
        name: Of their column, which may say that they are ends.
        split: Whether dates and hours are in two columns; the hours 1 to 24 were taken as ends before.
        options: Whether they are ends whatever the name says, and the step where a single one does not tell it.
    """
    times = pd.DatetimeIndex(clock.view("datetime64[us]"), name="timestamp").tz_localize("UTC")
    step = infer_freq(times) if len(times) > 1 else options.step
    if split or not (options.ending or says_end(name)) or step is None:
        return times, ()
    return times - step, (f"`{name}` labels the end of an interval: taken back by {describe_freq(step)} to its start",)
