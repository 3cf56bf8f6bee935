"""The bytes of a file, unpacked if it is compressed, piece by piece: what it is tells its content, not its name."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from gridcast.errors import NEAR_FILE, FileError, did_you_mean, listed

GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
PARQUET_MAGIC = b"PAR1"
A_TABLE = "a table in text, its columns separated by comma, semicolon, tab or `|`; gzip and zstd are fine"
TABLES = (".csv", ".tsv", ".txt", ".gz", ".zst", ".parquet")  # endings of files that are worth a hint


def magic(path: str | os.PathLike[str]) -> bytes:
    """Return the first bytes of a file.

    Raises:
        FileError: If it is missing, a folder, or can't be read.
    """
    with readable(path) as file:
        return bytes(file.read(8))


def is_parquet(path: str | os.PathLike[str]) -> bool:
    """Return whether a file is Parquet, by its first bytes.

    Raises:
        FileError: If it is missing, a folder, or can't be read.
    """
    return magic(path).startswith(PARQUET_MAGIC)


@contextmanager
def unpacked(path: str | os.PathLike[str]) -> Iterator[Any]:
    """Open a file to read its bytes, unpacked if they are compressed with gzip or Zstandard.

    Raises:
        FileError: If it is missing, a folder, can't be read, or the compressed content is damaged or cut off.
    """
    start, name = magic(path), Path(path).name
    kind = "gzip" if start.startswith(GZIP_MAGIC) else "Zstandard" if start.startswith(ZSTD_MAGIC) else ""
    tool = "gzip" if kind == "gzip" else "zstd"
    try:
        with readable(path) as file:
            if not kind:
                yield file
            elif kind == "gzip":
                with gzip.GzipFile(fileobj=file) as stream:
                    yield stream
            else:
                with pa.CompressedInputStream(pa.PythonFile(file, "r"), "zstd") as stream:
                    yield stream
    except (EOFError, zlib.error, gzip.BadGzipFile, OSError) as error:
        if not kind:
            raise FileError(f"cannot read `{name}`", found=str(error), expected="a file that you may read") from error
        hint = f"check it with `{tool} -t {path}`, and copy or download it again"
        raise FileError(f"`{name}` is not a sound {kind} file", found=str(error), expected=A_TABLE, hint=hint) from error


@contextmanager
def readable(path: str | os.PathLike[str]) -> Iterator[Any]:
    """Open a file to read its bytes as they are.

    Raises:
        FileError: If it is missing, a folder, or can't be read.
    """
    path = Path(path)
    try:
        file = path.open("rb")
    except FileNotFoundError as error:
        near = did_you_mean(path.name, names_in(path.parent), cutoff=NEAR_FILE)
        raise FileError(f"`{path}` is missing", found=_what_is_at(path.parent), expected=A_TABLE, hint=near) from error
    except IsADirectoryError as error:
        tables = [name for name in names_in(path) if name.endswith(TABLES)]
        hint = f"name a file in it, such as `{path / tables[0]}`" if tables else ""
        raise FileError(f"`{path}` is a folder", found=_what_is_at(path), expected=A_TABLE, hint=hint) from error
    except (OSError, ValueError) as error:
        found = getattr(error, "strerror", None) or str(error)
        raise FileError(f"cannot read `{shortened(str(path))}`", found=found, expected="a file that you may read") from error
    with file:
        yield file


def names_in(folder: Path) -> list[str]:
    """Return the names in a folder but for hidden ones, sorted; none if it can't be read."""
    try:
        return sorted(each.name for each in folder.iterdir() if not each.name.startswith("."))
    except (OSError, ValueError):
        return []


def shortened(text: str, most: int = 60) -> str:
    """Return the text, cut if it is long, and readable whatever characters it has.

    Example:
        >>> shortened("a line and another", most=6)
        'a line...'
    """
    text = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text[: most + 1])
    return text if len(text) <= most else text[:most] + "..."


def _what_is_at(folder: Path) -> str:
    if not folder.is_dir():
        return f"no folder `{folder}`"
    return f"in `{folder}`: {listed(names_in(folder)) or 'nothing'}"
