"""A Parquet file of weather as a table of strings, so that it is recognised and checked as a text file is."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa

from gridcast.errors import FileError, listed
from gridcast.sources.text.rawtable import RawTable

MAGIC = b"PAR1"


def is_parquet(address: str | os.PathLike[str]) -> bool:
    """Return whether a file begins as Parquet does."""
    try:
        with Path(address).open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except (OSError, ValueError):
        return False


def read_parquet_table(address: str | os.PathLike[str]) -> RawTable:
    """Return the cells of a Parquet file as strings, null where there is none; the first row counts as line 2.

    Raises:
        FileError: If the file can't be read, or has columns that are no simple values.
    """
    from pyarrow import parquet

    name = Path(address).name
    expected = "a whole Parquet file of stamps, names and numbers"
    try:
        table = parquet.read_table(address)
    except (OSError, pa.ArrowException) as error:
        raise FileError(f"cannot read `{name}` as Parquet", found=str(error).splitlines()[0], expected=expected) from error
    columns, wrong = [], []
    for header, column in zip(table.column_names, table.columns, strict=True):
        try:
            columns.append(pa.concat_arrays(column.cast(pa.string()).chunks) if column.num_chunks else pa.array([], pa.string()))
        except pa.ArrowException:
            wrong.append(f"{header} ({column.type})")
    if wrong:
        raise FileError(f"columns of `{name}` are of types that can't be read", found=listed(wrong), expected=expected)
    if not table.num_rows:
        raise FileError(f"`{name}` has no rows", found=listed(table.column_names, 12), expected=expected)
    return RawTable(name, tuple(table.column_names), tuple(columns), ",")
