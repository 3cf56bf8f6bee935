"""A delimited text as it stands: every cell a string, every row with the line it begins on."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from gridcast.errors import FileError, PanelError, counted, listed
from gridcast.sources.text.unpacked import A_TABLE, shortened

Rows = npt.NDArray[np.intp]

SEPARATORS = {",": "comma", "|": "bar", "\t": "tab", ";": "semicolon"}  # the later wins where both would do
SAMPLE_ROWS, SAMPLE_TEXT = 50, 100_000
MOST_COLUMNS = 1 << 17  # more are no places, and would take hours to look at


@dataclass(frozen=True)
class Lines:
    """Where the rows of a text begin in the file.

    Attributes:
        content: The text that holds the rows. UTF-8
        separator: Between two cells of a row.
        before: Lines of the file before the text.
        headed: Whether its first row is the header.
        kept: Numbers of the rows that were kept, if not all.
    """

    content: bytes
    separator: str
    before: int
    headed: bool
    kept: Rows | None = None

    noun = "line"

    def of(self, row: int) -> int:
        """Return the number of the line of the file on which a row begins; the header is on line 1."""
        number = (int(self.kept[row]) if self.kept is not None else int(row)) + self.headed
        return self.before + (self._begins[number] if number < len(self._begins) else number + 1)

    @cached_property
    def _begins(self) -> list[int]:
        begins: list[int] = []
        with suppress(csv.Error):  # of a cell longer than the module reads
            begins.extend(line for line, _ in records(self.content.decode(), self.separator))
        return begins


@dataclass(frozen=True)
class Numbered:
    """Where rows are in a file that numbers them: from 1 on."""

    before: int = 0

    noun = "row"

    def of(self, row: int) -> int:
        """Return the number of the row in the file."""
        return self.before + int(row) + 1


@dataclass(frozen=True)
class RawTable:
    """Rows of a table: all of a file, or some that follow each other.

    Attributes:
        name: The file's name, for messages.
        header: Names of the columns.
        columns: For each column its cells as a pyarrow array of strings, null where the cell is empty; of a typed file also as
            encoded strings or as numbers, and None if they were not asked for.
        separator: Between two cells of a row; empty in a typed file.
        lines: Where the rows are in the file.
        first: Rows of the file before these.
    """

    name: str
    header: tuple[str, ...]
    columns: tuple[Any, ...]
    separator: str
    lines: Lines | Numbered = field(repr=False, default=Numbered())
    first: int = 0

    def __len__(self) -> int:
        return next((len(column) for column in self.columns if column is not None), 0)

    def line(self, row: int) -> int:
        """Return the number of the line of the file on which a row begins, or of the row in a typed file."""
        return self.lines.of(row)

    def where(self, row: int) -> str:
        """Return where a row is, such as `line 7`."""
        return f"{self.lines.noun} {self.lines.of(row)}"

    def cell(self, row: int, column: int) -> str:
        """Return the content of a cell, fit to be shown."""
        content = self.columns[column][int(row)].as_py()
        return shortened(str("" if content is None else content).strip() or "empty")

    def cells(self, rows: Iterable[int], column: int) -> list[str]:
        """Return for each row its line and the content of its cell, such as `line 7: 12,5 MW`."""
        return [f"{self.where(row)}: {self.cell(row, column)}" for row in rows]


class RaggedRowsError(Exception):
    """Rows have too many or too few cells; `rows` says which and how many."""

    def __init__(self, rows: list[str]) -> None:
        super().__init__(rows)
        self.rows = rows


@dataclass(frozen=True)
class Form:
    """How a text is cut into cells.

    Attributes:
        name: The file's name, for messages.
        header: Names of the columns, as they stand.
        separator: Between two cells of a row.
    """

    name: str
    header: tuple[str, ...]
    separator: str

    def cut(self, content: bytes, *, before: int = 0, first: int = 0, whole: bool = True) -> RawTable:
        """Return the rows of a text.

        Args:
            content: Whole rows. UTF-8
            before: Lines of the file before it; without any, the first row is the header.
            first: Rows of the file before it.
            whole: Whether it is all of the file.

        Raises:
            FileError: If it is not a table.
            RaggedRowsError: If rows have too many or too few cells.
        """
        headed = before == 0
        try:
            columns = _columns(content, self.separator, len(self.header), headed=headed)
            _require_closed_quotes(content, self.separator)
        except (pa.ArrowException, ValueError, csv.Error) as error:
            raise self._explain(content, before, error) from error
        columns, kept = _without_empty_rows(columns, whole=whole)
        lines = Lines(content, self.separator, before, headed, kept)
        return RawTable(self.name, tuple(" ".join(cell.split()) for cell in self.header), columns, self.separator, lines, first)

    def ragged(self, rows: list[str]) -> PanelError:
        """Return the error of rows with too many or too few cells."""
        return PanelError(
            f"{counted(rows, 'row')} of `{self.name}` {'has' if len(rows) == 1 else 'have'} too many or too few cells",
            found=listed(rows),
            expected=f"{len(self.header)} cells, as in the header, separated by {SEPARATORS[self.separator]}",
            hint='put cells in which the separator stands in quotes: `"Kyiv, west"`',
        )

    def _explain(self, content: bytes, start: int, error: Exception) -> Exception:
        """Return why the text is not a table: the rows with too many or too few cells, or else what the reader said."""
        wrong, before = [], start
        try:
            for line, row in records(content.decode(), self.separator, strict=isinstance(error, csv.Error)):
                before = start + line
                if len(row) != len(self.header):
                    wrong.append(f"line {before}: {counted(len(row), 'cell')}")
        except csv.Error as reason:
            found = f"after line {before}: {reason}"
            return FileError(f"`{self.name}` is not a table", found=found, expected="quotes in pairs, around whole cells")
        if not wrong:
            return FileError(f"`{self.name}` is not a table", found=str(error), expected=A_TABLE)
        return RaggedRowsError(wrong)


def form_of(content: bytes, name: str) -> Form:
    """Return how a text is cut into cells, as its first rows tell.

    Raises:
        FileError: If it is not a table.
    """
    text = content[: max(SAMPLE_TEXT, SAMPLE_ROWS * (content.find(b"\n") + 1)) + 3].decode("utf-8", "ignore")
    separator = _separator(text, whole=len(text) >= len(content))
    return Form(name, tuple(_header(text, separator, name)), separator)


def records(text: str, separator: str, *, strict: bool = False) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not empty, the header first, each with the number of its first line."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=strict)
    before = 0
    for row in reader:
        if row:
            yield before + 1, row
        before = reader.line_num


def _separator(head: str, *, whole: bool) -> str:
    """Return the separator that cuts the first rows into the same number of cells, at least two."""

    def fit(separator: str) -> tuple[float, int, int]:
        try:
            widths = [len(row) for _, row in itertools.islice(records(head, separator), SAMPLE_ROWS)]
        except csv.Error:
            return 0.0, 0, 0
        widths = widths[:-1] if not whole and 1 < len(widths) < SAMPLE_ROWS else widths
        if widths[0] < 2:
            return 0.0, 0, 0
        return sum(width == widths[0] for width in widths) / len(widths), widths[0], list(SEPARATORS).index(separator)

    return max(SEPARATORS, key=fit)


def _header(text: str, separator: str, name: str) -> list[str]:
    """Return the names of the columns."""
    try:
        _, header = next(records(text, separator))
    except csv.Error as error:
        raise FileError(f"`{name}` is not a table", found=str(error), expected=A_TABLE) from error
    first = text.lstrip()[:1]
    if len(header) < 2 or first in ("<", "{", "["):
        found = f"a first line of one column: {shortened(text.lstrip().partition(chr(10))[0])}"
        raise FileError(f"`{name}` is not a table", found=found, expected=A_TABLE)
    if len(header) > MOST_COLUMNS:
        found = f"a first line of {len(header):,} cells: {shortened(text.lstrip())}"
        raise FileError(f"`{name}` has too many columns", found=found, expected=f"a header of at most {MOST_COLUMNS:,} names")
    return header


def _columns(content: bytes, separator: str, width: int, *, headed: bool) -> tuple[Any, ...]:
    """Return the cells below the header as strings, column by column; null where a cell is empty."""
    names = [str(number) for number in range(width)]
    table = pacsv.read_csv(
        pa.BufferReader(content.lstrip(b"\n") if content.startswith(b"\n") else content),
        read_options=pacsv.ReadOptions(
            column_names=names, skip_rows_after_names=int(headed), block_size=1 << 24, use_threads=headed
        ),
        parse_options=pacsv.ParseOptions(delimiter=separator, newlines_in_values=b'"' in content),
        convert_options=pacsv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
            check_utf8=False,
        ),
    )
    return tuple(column.combine_chunks() for column in table.columns)


def _require_closed_quotes(content: bytes, separator: str) -> None:
    """Refuse a quote that is never closed: it would swallow the rows that follow it."""
    if b'"' in content and content.count(b'"') % 2:
        for _ in records(content.decode(), separator, strict=True):
            pass


def _without_empty_rows(columns: tuple[Any, ...], *, whole: bool) -> tuple[tuple[Any, ...], Rows | None]:
    """Return the columns without the rows in which every cell is empty, and which rows were kept if not all."""
    if not columns[0].null_count:
        return columns, None
    empty = columns[0].is_null()
    for column in columns[1:]:
        empty = pc.and_(empty, column.is_null())
    if not pc.any(empty).as_py() or (whole and pc.all(empty).as_py()):
        return columns, None
    kept = pc.invert(empty)
    return tuple(column.filter(kept) for column in columns), np.flatnonzero(kept.to_numpy(zero_copy_only=False))
