"""Rows of a database, chunk by chunk, as compact columns: texts by number, readings as floats, and what is no number."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from gridcast.errors import SHOWN
from gridcast.sources.text.cells import NO_READING, NUMBER, Floats
from gridcast.sources.text.unpacked import shortened

TEXTS = pa.dictionary(pa.int32(), pa.string())
PLAIN = {int, float, Decimal, type(None)}


@dataclass(frozen=True)
class Wrong:
    """Cells that are no numbers, or infinite: how many, and the first few as (row, column, content)."""

    count: int
    first: tuple[tuple[int, int, str], ...]


@dataclass(frozen=True)
class Gathered:
    """All rows, column by column.

    Attributes:
        texts: The columns of text, as pyarrow dictionaries; null where the cell is.
        values: The columns of readings, shape (rows, columns); NaN where there is none.
        words: Cells of readings that are no numbers.
        infinite: Cells of readings that are infinite.
        markers: Texts that were taken as no reading.
    """

    texts: tuple[Any, ...]
    values: Floats
    words: Wrong
    infinite: Wrong
    markers: frozenset[str]


def gather(chunks: Iterable[list[Sequence[Any]]], texts: int) -> Gathered:
    """Return rows that come in chunks, the first so many columns as texts, the others as numbers."""
    parts: list[list[Any]] = [[] for _ in range(texts)]
    blocks: list[Floats] = []
    words, infinite, markers = _Found(), _Found(), set[str]()
    start = 0
    for chunk in chunks:
        for part, cells in zip(parts, chunk, strict=False):
            part.append(encoded(cells))
        block = np.empty((len(chunk[0]), len(chunk) - texts))
        for place, cells in enumerate(chunk[texts:]):
            block[:, place], wrong, used = read_numbers(cells)
            words.add((start + row, place, as_text(cells[row]) or "") for row in wrong)
            infinite.add((start + row, place, str(cells[row])) for row in np.flatnonzero(np.isinf(block[:, place])).tolist())
            markers |= used
        blocks.append(block)
        start += len(block)
    joined = tuple(pa.chunked_array(part, TEXTS).combine_chunks() for part in parts)
    return Gathered(joined, np.concatenate(blocks) if blocks else np.empty((0, 1)), words.all(), infinite.all(), frozenset(markers))


def encoded(cells: Sequence[Any]) -> Any:
    """Return cells as a pyarrow dictionary of texts; moments with a zone are told in UTC.

    Example:
        >>> encoded([datetime(2024, 1, 1), None]).dictionary.to_pylist()
        ['2024-01-01 00:00:00.000000']
    """
    kinds = {type(cell) for cell in cells} - {type(None)}
    if kinds == {str}:
        return pa.array(cells, pa.string()).dictionary_encode()
    if kinds == {datetime}:
        zones = {cell.tzinfo is None for cell in cells if cell is not None}
        if len(zones) == 1:
            moments = pa.array(cells, pa.timestamp("us", None if zones.pop() else "UTC")).dictionary_encode()
            return pa.DictionaryArray.from_arrays(moments.indices, moments.dictionary.cast(pa.string()))
    return pa.array([as_text(cell) for cell in cells], pa.string()).dictionary_encode()


def as_text(cell: Any) -> str | None:
    """Return what a cell of any type looks like in a text file; None if it is empty.

    Example:
        >>> as_text(7.0), as_text(date(2024, 1, 1)), as_text(b"A"), as_text(None)
        ('7', '2024-01-01', '41', None)
    """
    if cell is None:
        return None
    if isinstance(cell, date):  # a datetime is one too
        return cell.isoformat()
    if isinstance(cell, bytes | bytearray | memoryview):
        return bytes(cell).hex()
    if isinstance(cell, float | Decimal) and np.isfinite(float(cell)) and cell == int(cell):
        return str(int(cell))
    return str(cell)


def read_numbers(cells: Sequence[Any]) -> tuple[Floats, list[int], set[str]]:
    """Return cells as floats, the rows of those that are no numbers, and which texts were taken as no reading.

    Example:
        >>> read_numbers([1, Decimal("2.5"), None, "n/a", "3 MW"])
        (array([1. , 2.5, nan, nan, nan]), [4], {'n/a'})
    """
    if {type(cell) for cell in cells} <= PLAIN:
        try:
            return np.array(cells, np.float64), [], set()
        except OverflowError:
            pass
    values, wrong, markers = np.full(len(cells), np.nan), list[int](), set[str]()
    for row, cell in enumerate(cells):
        text = cell.strip().lower() if isinstance(cell, str) else ""
        if isinstance(cell, str) and text in NO_READING:
            markers.add(cell.strip())
        elif (isinstance(cell, str) and re.match(NUMBER, text, re.ASCII)) or type(cell) in PLAIN - {type(None)}:
            values[row] = _float(text or cell)
        elif cell is not None and (text or not isinstance(cell, str)):
            wrong.append(row)
    return values, wrong, markers


def _float(cell: Any) -> float:
    try:
        return float(cell)
    except OverflowError:
        return float("inf")


class _Found:
    """Counts cells, and keeps the first few."""

    def __init__(self) -> None:
        self._count, self._first = 0, list[tuple[int, int, str]]()

    def add(self, cells: Iterator[tuple[int, int, str]]) -> None:
        for cell in cells:
            self._count += 1
            self._first = (
                sorted([*self._first, (cell[0], cell[1], shortened(cell[2]))])[:SHOWN] if self._count <= 50 else self._first
            )

    def all(self) -> Wrong:
        return Wrong(self._count, tuple(self._first))
