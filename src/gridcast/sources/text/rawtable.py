"""A delimited text file as it stands: every cell a string, every row with the line it begins on."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import os
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from gridcast.errors import FileError, PanelError, counted, listed
from gridcast.sources.text.columns import did_you_mean

Rows = npt.NDArray[np.intp]

SEPARATORS = {",": "comma", "|": "bar", "\t": "tab", ";": "semicolon"}  # the later wins where both would do
GZIP_MAGIC = b"\x1f\x8b"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
CONTROL = bytes(code for code in range(32) if code not in b"\t\n\x0b\x0c\r")
OTHER_FORMATS = {
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"PAR1": "a Parquet file",
    b"BZh": "compressed with bzip2",
    b"\xfd7zXZ": "compressed with xz",
    b"\x28\xb5\x2f\xfd": "compressed with Zstandard",
}
A_TABLE = "a table in text, its columns separated by comma, semicolon, tab or `|`; gzip is fine"
SAMPLE_ROWS, SAMPLE_TEXT = 50, 100_000


@dataclass(frozen=True)
class RawTable:
    """A table of strings.

    Attributes:
        name: The file's name, for messages.
        header: Names of the columns.
        columns: For each column its cells as a pyarrow array of strings, null where the cell is empty.
        separator: Between two cells of a row.
        said: What was recognised.
    """

    name: str
    header: tuple[str, ...]
    columns: tuple[Any, ...]
    separator: str
    said: tuple[str, ...]
    text: str
    kept: Rows | None = None

    def __len__(self) -> int:
        return len(self.columns[0])

    def line(self, row: int) -> int:
        """Return the number of the line of the file on which a row begins; the header is on line 1."""
        number = int(self.kept[row]) if self.kept is not None else int(row)
        return self._lines[number + 1] if number + 1 < len(self._lines) else number + 2

    def cells(self, rows: Iterable[int], column: int) -> list[str]:
        """Return for each row its line and the content of its cell, such as `line 7: 12,5 MW`."""
        cells = self.columns[column]
        return [f"line {self.line(row)}: {shortened((cells[int(row)].as_py() or '').strip() or 'empty')}" for row in rows]

    @cached_property
    def _lines(self) -> list[int]:
        return [line for line, _ in _records(self.text, self.separator)]


def read_table(path: str | os.PathLike[str]) -> RawTable:
    """Return the cells of a delimited text file, gzipped or not.

    Args:
        path: The file: UTF-8, UTF-16 with a mark, or Windows-1252; the first row has the names of the columns.

    Raises:
        FileError: If the file is missing, can't be read, or is not a table of text.
        PanelError: If rows have too many or too few cells.
    """
    name = Path(path).name
    text, said = _decode(_read(path), name)
    if not text.strip():
        raise FileError(f"`{name}` is empty", found="no text", expected=A_TABLE)
    separator = _separator(text)
    header = _header(text, separator, name)
    try:
        columns = _columns(text, separator, len(header))
        _require_closed_quotes(text, separator)
    except (pa.ArrowException, ValueError, csv.Error) as error:
        raise _explain(text, separator, header, name, error) from error
    if len(columns[0]) == 0:
        expected = "rows of readings or places below it"
        raise FileError(f"`{name}` holds only a header", found=listed(header, 12), expected=expected)
    columns, kept = _without_empty_rows(columns)
    if kept is not None:
        said = (*said, f"{name}: rows without any content were left out")
    return RawTable(name, tuple(" ".join(cell.split()) for cell in header), columns, separator, said, text, kept)


def _read(path: str | os.PathLike[str]) -> bytes:
    """Return the bytes of a file, unpacked if they are gzipped."""
    path = Path(path)
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        near = did_you_mean(path.name, _names_in(path.parent))
        raise FileError(f"`{path}` is missing", found=_what_is_at(path.parent), expected=A_TABLE, hint=near) from error
    except IsADirectoryError as error:
        tables = [name for name in _names_in(path) if name.endswith((".csv", ".gz", ".tsv", ".txt"))]
        hint = f"name a file in it, such as `{path / tables[0]}`" if tables else ""
        raise FileError(f"`{path}` is a folder", found=_what_is_at(path), expected=A_TABLE, hint=hint) from error
    except (OSError, ValueError) as error:
        found = getattr(error, "strerror", None) or str(error)
        raise FileError(f"cannot read `{shortened(str(path))}`", found=found, expected="a file that you may read") from error
    if not content.startswith(GZIP_MAGIC):
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        hint = f"check it with `gzip -t {path}`, and copy or download it again"
        raise FileError(f"`{path.name}` is not a sound gzip file", found=str(error), expected=A_TABLE, hint=hint) from error


def _names_in(folder: Path) -> list[str]:
    try:
        return sorted(each.name for each in folder.iterdir() if not each.name.startswith("."))
    except OSError:
        return []


def _what_is_at(folder: Path) -> str:
    if not folder.is_dir():
        return f"no folder `{folder}`"
    return f"in `{folder}`: {listed(_names_in(folder)) or 'nothing'}"


def _decode(content: bytes, name: str) -> tuple[str, tuple[str, ...]]:
    """Return the text with one kind of line end, and what is worth saying about its encoding."""
    for magic, what in OTHER_FORMATS.items():
        if content.startswith(magic):
            hint = "save the table as CSV (UTF-8) first"
            raise FileError(f"`{name}` is not a text file", found=what, expected=A_TABLE, hint=hint)
    said: tuple[str, ...] = ()
    try:
        if content.startswith(UTF16_MARKS):
            text = content.decode("utf-16")
        elif len(content) != len(content.translate(None, CONTROL)):
            raise FileError(f"`{name}` is not a text file", found="bytes that no text has", expected=A_TABLE)
        else:
            text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        try:
            text = content.decode("cp1252")
        except UnicodeDecodeError:
            raise FileError(f"`{name}` is not a text file", found=str(error), expected=A_TABLE) from error
        said = (f"{name}: not UTF-8, taken as Windows-1252",)
    if "\0" in text:
        raise FileError(f"`{name}` is not a text file", found="zero bytes", expected=A_TABLE)
    text = text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
    return (text if text.endswith("\n") else f"{text}\n"), said


def _records(text: str, separator: str, *, strict: bool = False) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not empty, the header first, each with the number of its first line."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=strict)
    before = 0
    for row in reader:
        if row:
            yield before + 1, row
        before = reader.line_num


def _separator(text: str) -> str:
    """Return the separator that cuts the first rows into the same number of cells, at least two."""
    head = text[: max(SAMPLE_TEXT, SAMPLE_ROWS * (text.find("\n") + 1))]

    def fit(separator: str) -> tuple[float, int, int]:
        try:
            widths = [len(row) for _, row in itertools.islice(_records(head, separator), SAMPLE_ROWS)]
        except csv.Error:
            return 0.0, 0, 0
        widths = widths[:-1] if len(head) < len(text) and 1 < len(widths) < SAMPLE_ROWS else widths
        if widths[0] < 2:
            return 0.0, 0, 0
        return sum(width == widths[0] for width in widths) / len(widths), widths[0], list(SEPARATORS).index(separator)

    return max(SEPARATORS, key=fit)


def _header(text: str, separator: str, name: str) -> list[str]:
    """Return the names of the columns."""
    try:
        _, header = next(_records(text, separator))
    except csv.Error as error:
        raise FileError(f"`{name}` is not a table", found=str(error), expected=A_TABLE) from error
    first = text.lstrip()[:1]
    if len(header) < 2 or first in ("<", "{", "["):
        found = f"a first line of one column: {shortened(text.lstrip().partition(chr(10))[0])}"
        raise FileError(f"`{name}` is not a table", found=found, expected=A_TABLE)
    return header


def _columns(text: str, separator: str, width: int) -> tuple[Any, ...]:
    """Return the cells below the header as strings, column by column; null where a cell is empty."""
    content = text.lstrip("\n").encode()
    names = [str(number) for number in range(width)]
    table = pacsv.read_csv(
        pa.BufferReader(content),
        read_options=pacsv.ReadOptions(column_names=names, skip_rows_after_names=1, block_size=1 << 24),
        parse_options=pacsv.ParseOptions(delimiter=separator, newlines_in_values='"' in text),
        convert_options=pacsv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        ),
    )
    return tuple(column.combine_chunks() for column in table.columns)


def _require_closed_quotes(text: str, separator: str) -> None:
    """Refuse a quote that is never closed: it would swallow the rows that follow it."""
    if text.count('"') % 2:
        for _ in _records(text, separator, strict=True):
            pass


def _without_empty_rows(columns: tuple[Any, ...]) -> tuple[tuple[Any, ...], Rows | None]:
    """Return the columns without the rows in which every cell is empty, and which rows were kept if not all."""
    if not columns[0].null_count:
        return columns, None
    empty = columns[0].is_null()
    for column in columns[1:]:
        empty = pc.and_(empty, column.is_null())
    if not pc.any(empty).as_py() or pc.all(empty).as_py():
        return columns, None
    kept = pc.invert(empty)
    return tuple(column.filter(kept) for column in columns), np.flatnonzero(kept.to_numpy(zero_copy_only=False))


def _explain(text: str, separator: str, header: list[str], name: str, error: Exception) -> FileError | PanelError:
    """Return why the text is not a table: the rows with too many or too few cells, or else what the reader said."""
    wrong, before = [], 0
    try:
        for line, row in _records(text, separator, strict=isinstance(error, csv.Error)):
            before = line
            if len(row) != len(header):
                wrong.append(f"line {line}: {counted(len(row), 'cell')}")
    except csv.Error as reason:
        found = f"after line {before}: {reason}"
        return FileError(f"`{name}` is not a table", found=found, expected="quotes in pairs, around whole cells")
    if not wrong:
        return FileError(f"`{name}` is not a table", found=str(error), expected=A_TABLE)
    return PanelError(
        f"{counted(wrong, 'row')} of `{name}` {'has' if len(wrong) == 1 else 'have'} too many or too few cells",
        found=listed(wrong),
        expected=f"{len(header)} cells, as in the header, separated by {SEPARATORS[separator]}",
        hint='put cells in which the separator stands in quotes: `"Kyiv, west"`',
    )


def shortened(text: str, most: int = 60) -> str:
    """Return the text, cut if it is long, and readable whatever characters it has.

    Example:
        >>> shortened("a line and another", most=6)
        'a line...'
    """
    text = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text[: most + 1])
    return text if len(text) <= most else text[:most] + "..."
