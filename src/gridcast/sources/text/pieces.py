"""The text of a file in pieces that end with a row: UTF-8 with one kind of line end, whatever the file has."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gridcast.errors import FileError
from gridcast.sources.text.unpacked import A_TABLE, unpacked

UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
UTF8_MARK = b"\xef\xbb\xbf"
OTHER_FORMATS = {
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"PAR1": "a Parquet file",
    b"BZh": "compressed with bzip2",
    b"\xfd7zXZ": "compressed with xz",
}
LINE_FEED = ord("\n")
ALL = -1  # in one piece, whatever its size
LONGEST_ROW = 1 << 26  # bytes without the end of a row: a quote was never closed, or it is no table


class OtherEncodingError(Exception):
    """The text is not in the encoding in which it was being read: it has to be read anew."""


@dataclass(frozen=True)
class Piece:
    """Some rows of a file.

    Attributes:
        content: UTF-8, lines end with a line feed, the last one too.
        before: Lines of the file before it.
        last: Whether the file ends here.
    """

    content: bytes
    before: int
    last: bool


def pieces(path: str | os.PathLike[str], size: int, *, encoding: str = "utf-8") -> Iterator[Piece]:
    """Yield a file's text in pieces of about `size` bytes, each of whole rows.

    Args:
        path: The file, compressed or not.
        size: Of a piece before decoding, or `ALL`. [byte]
        encoding: `utf-8` or `cp1252`; a file with the mark of UTF-16 is read as such.

    Raises:
        FileError: If the file can't be read, or is not text.
        OtherEncodingError: If it is not UTF-8.
    """
    name, before, rest = Path(path).name, 0, b""
    with unpacked(path) as stream:
        for text, last in _decoded(stream, size, name, encoding):
            content = rest + text if rest else text
            if last and content and not content.endswith(b"\n"):
                content += b"\n"
            end = len(content) if last else end_of_rows(content)
            if not end and len(content) > max(LONGEST_ROW, size):
                found = f"more than {LONGEST_ROW >> 20} MB from line {before + 1} without the end of a row"
                raise FileError(f"`{name}` is not a table", found=found, expected="quotes in pairs, around whole cells")
            rest = content[end:]
            content = content[:end] if rest else content
            if content or last:
                yield Piece(content, before, last)
                before += int(np.count_nonzero(np.frombuffer(content, np.uint8) == LINE_FEED))


def end_of_rows(content: bytes) -> int:
    r"""Return the length of the whole rows at the beginning: up to the last line end that is not in quotes.

    Example:
        >>> end_of_rows(b'a,b\n1,"x\ny'), end_of_rows(b"a,b"), end_of_rows(b'"a"\n"b')
        (4, 0, 4)
    """
    end, quotes = content.rfind(b"\n"), content.count(b'"') if b'"' in content else 0
    after = len(content)
    while end >= 0:
        quotes -= content.count(b'"', end, after) if quotes else 0
        if quotes % 2 == 0:
            return end + 1
        after, end = end, content.rfind(b"\n", 0, end)
    return 0


def _decoded(stream: Any, size: int, name: str, encoding: str) -> Iterator[tuple[bytes, bool]]:
    """Yield the stream's text as UTF-8 with one kind of line end, and whether it is the last of it."""
    chunk = bytes(stream.read() if size == ALL else stream.read(size))
    _require_text(chunk, name)
    wide = chunk.startswith(UTF16_MARKS)
    decoder = codecs.getincrementaldecoder("utf-16" if wide else encoding)()
    chunk = chunk[len(UTF8_MARK) :] if chunk.startswith(UTF8_MARK) else chunk
    held = b""
    while True:
        following = bytes(stream.read(size)) if chunk and size != ALL else b""
        last = not following
        if not wide and _has_control(chunk):
            raise FileError(f"`{name}` is not a text file", found="bytes that no text has", expected=A_TABLE)
        text = held + _text(chunk, decoder, name, last=last)
        held = b"\r" if text.endswith(b"\r") and not last else b""  # its line feed may come
        text = text[: len(text) - len(held)]
        yield (text.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in text else text), last
        if last:
            return
        chunk = following


def _text(chunk: bytes, decoder: codecs.IncrementalDecoder, name: str, *, last: bool) -> bytes:
    """Return a chunk as UTF-8."""
    kind = type(decoder).__module__.rpartition(".")[2]
    if kind != "utf_16" and chunk.isascii() and decoder.getstate()[0] == b"":
        return chunk
    try:
        text = decoder.decode(chunk, final=last)
    except UnicodeDecodeError as error:
        if kind == "utf_8":
            raise OtherEncodingError from error
        raise FileError(f"`{name}` is not a text file", found=str(error), expected=A_TABLE) from error
    if "\0" in text:
        raise FileError(f"`{name}` is not a text file", found="zero bytes", expected=A_TABLE)
    return text.encode("utf-8", "replace")


def _has_control(chunk: bytes) -> bool:
    """Return whether there are control characters that no text has: below 32, but not 9 to 13."""
    codes = np.frombuffer(chunk, np.uint8)
    return bool((codes < 9).any() or (codes - np.uint8(14) < 32 - 14).any())


def _require_text(start: bytes, name: str) -> None:
    for mark, what in OTHER_FORMATS.items():
        if start.startswith(mark):
            hint = "save the table as CSV (UTF-8) first"
            raise FileError(f"`{name}` is not a text file", found=what, expected=A_TABLE, hint=hint)
