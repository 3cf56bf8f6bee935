"""The rows of a text file in blocks: a small file is one; a large one is read anew, block by block, each time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from gridcast.errors import FileError, listed
from gridcast.sources.text.layout import Layout
from gridcast.sources.text.pieces import ALL, OtherEncodingError, Piece, pieces
from gridcast.sources.text.rawtable import Lines, RaggedRowsError, RawTable, form_of
from gridcast.sources.text.unpacked import A_TABLE

WHOLE = 1 << 25  # unpacked bytes up to which a file is read at once [byte]
BLOCK = 1 << 21  # of a larger file [byte]


class Blocks(Protocol):
    """Rows of a file of readings, block by block, as often as one asks.

    Attributes:
        name: The file's name, for messages.
        sample: The first rows, all cells as strings: they tell what the columns are.
        whole: Whether there is one block only.
    """

    name: str
    sample: RawTable
    whole: bool

    def __iter__(self) -> Iterator[RawTable]: ...

    def using(self, layout: Layout) -> None:
        """Read what the layout needs from now on."""

    def said(self) -> tuple[str, ...]:
        """Return what was recognised, once all blocks have been read."""


class TextBlocks:
    """Blocks of a text file, see `Blocks`.

    Args:
        path: UTF-8, UTF-16 with a mark, or Windows-1252, plain or compressed; the first row has the names of the columns.
        whole: Unpacked size up to which the file is one block. [byte]
        block: Size of a block of a larger file. [byte]
        encoding: `utf-8`, or `cp1252` for a large file that has turned out not to be UTF-8.

    Raises:
        FileError: If the file is missing, can't be read, or is not a table of text.
        OtherEncodingError: If a large file is not UTF-8; while it is gone through.
        PanelError: If rows have too many or too few cells; of a large file once it has been gone through.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, whole: int | None = None, block: int | None = None, encoding: str = "utf-8"
    ) -> None:
        self.name = Path(path).name
        self._path, self._block = path, BLOCK if block is None else block
        self._encoding, self._blank = encoding, False
        whole = WHOLE if whole is None else whole
        try:
            start = self._start(whole)
        except OtherEncodingError:
            self._encoding = "cp1252"
            start = self._start(whole)
        self.whole = start.last
        if not start.content.strip():
            raise FileError(f"`{self.name}` is empty", found="no text", expected=A_TABLE)
        self._form = form_of(start.content, self.name)
        self.sample = self._first(start)

    def __iter__(self) -> Iterator[RawTable]:
        if self.whole:
            yield self.sample
            return
        ragged: list[str] = []
        rows = 0
        for piece in pieces(self._path, self._block, encoding=self._encoding):
            if not piece.content.strip(b"\n"):
                continue
            try:
                table = self._form.cut(piece.content, before=piece.before, first=rows, whole=False)
            except RaggedRowsError as error:
                ragged += error.rows
                continue
            self._note_blank(table)
            rows += len(table)
            yield table
        if ragged:
            raise self._form.ragged(ragged)
        if not rows:
            raise self._without_rows()

    def using(self, layout: Layout) -> None:
        """Do nothing: a text is read as a whole."""

    def said(self) -> tuple[str, ...]:
        """Return what was recognised, once all blocks have been read."""
        said = [f"{self.name}: not UTF-8, taken as Windows-1252"] if self._encoding == "cp1252" else []
        return (*said, f"{self.name}: rows without any content were left out") if self._blank else tuple(said)

    def _start(self, whole: int) -> Piece:
        """Return the first piece: all of the file if it is not too large."""
        kept: list[bytes] = []
        for piece in pieces(self._path, ALL if whole == ALL else self._block, encoding=self._encoding):
            kept.append(piece.content)
            if piece.last:
                return Piece(b"".join(kept), 0, last=True)
            if whole != ALL and max(Path(self._path).stat().st_size, sum(map(len, kept))) > whole:
                break
        return Piece(kept[0], 0, last=False)

    def _first(self, start: Piece) -> RawTable:
        try:
            table = self._form.cut(start.content, whole=start.last)
        except RaggedRowsError as error:
            if start.last:
                raise self._form.ragged(error.rows) from error
            for _ in self:  # collects those of the whole file
                pass
            raise
        if len(table) == 0 and start.last:
            raise self._without_rows()
        self._note_blank(table)
        return table

    def _note_blank(self, table: RawTable) -> None:
        self._blank |= isinstance(table.lines, Lines) and table.lines.kept is not None

    def _without_rows(self) -> FileError:
        expected = "rows of readings or places below it"
        return FileError(f"`{self.name}` holds only a header", found=listed(self._form.header, 12), expected=expected)


def read_table(path: str | os.PathLike[str]) -> tuple[RawTable, tuple[str, ...]]:
    """Return the cells of a text file of moderate size, and what was recognised.

    Raises:
        FileError: If the file is missing, can't be read, or is not a table of text.
        PanelError: If rows have too many or too few cells.
    """
    blocks = TextBlocks(path, whole=ALL)
    return blocks.sample, blocks.said()
