"""Parquet files of consumption and of places: read by columns and by ranges of time, and checked as text files are.

A file of readings is long (timestamp, location, consumption) or wide (timestamp, one column a location). A folder with parts such
as `year=2024/` is one table: a part's name is a column where it names the location, and otherwise only says where rows are.

    time         timestamps with or without a zone, dates, texts, whole numbers (Unix time); also as the index that pandas wrote
    location     texts, categories, whole numbers
    consumption  whole numbers, floats, decimals, or texts that are numbers
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.dataset as pads

from gridcast.errors import FileError, PanelError, Problem, listed
from gridcast.sources.doubts import warn_of_doubts
from gridcast.sources.readings import Consumption, Places, ReadOptions
from gridcast.sources.text.columns import LOCATION, key
from gridcast.sources.text.csvfile import places_of
from gridcast.sources.text.gather import gather
from gridcast.sources.text.layout import Layout
from gridcast.sources.text.rawtable import Numbered, RawTable
from gridcast.sources.text.unpacked import readable
from gridcast.sources.text.zones import require_zones

INDEX = "__index_level_0__"  # the name that pandas gives to an index without one
SAMPLE_ROWS = 1000
BATCH_ROWS = 1 << 17
WHOLE = 1 << 23  # cells up to which a file is read at once
MARGIN = pd.Timedelta(days=2)  # around a range of time, for stamps that are local, or label the ends of their intervals


@dataclass(frozen=True)
class Span:
    """From the start, inclusive, to the end, exclusive; None is open."""

    start: pd.Timestamp | None = None
    end: pd.Timestamp | None = None


def read_consumption_parquet(
    path: str | os.PathLike[str], *, options: ReadOptions | None = None, span: Span | None = None, now: pd.Timestamp | None = None
) -> Consumption:
    """Return the readings of a Parquet file, or of a folder with parts such as `year=2024/`.

    Args:
        path: The file or folder.
        options: Time zone and names of columns, where the file does not tell.
        span: Row groups outside it are skipped, as far as the file tells what is in them.
        now: The present moment, by default that of the machine's clock.

    Raises:
        ConfigError: If the time zone is unknown.
        FileError: If the file can't be read, or is not Parquet.
        PanelError: Naming all the columns, types, stamps, names and cells that are wrong.

    Warns:
        GridcastWarning: See `gridcast.sources.doubts`.
    """
    return warn_of_doubts(gather_parquet(path, options or ReadOptions(), span or Span()), now=now)


def gather_parquet(path: str | os.PathLike[str], options: ReadOptions, span: Span) -> Consumption:
    """Return the readings of a Parquet file or dataset, without looking at what is doubtful; see `read_consumption_parquet`."""
    require_zones(options)
    return gather(ParquetBlocks(path, options, span), options)


def read_places_parquet(path: str | os.PathLike[str], *, options: ReadOptions | None = None) -> Places:
    """Return the places of a Parquet file; see `gridcast.sources.text.csvfile.read_places`.

    Raises:
        FileError: If the file can't be read, or is not Parquet.
        PanelError: Naming all the columns, ids and coordinates that are wrong.
    """
    return places_of(read_table_parquet(path), options=options)


def read_table_parquet(path: str | os.PathLike[str]) -> RawTable:
    """Return the cells of a Parquet file of moderate size as strings; without columns whose values no text can be.

    Raises:
        FileError: If the file can't be read, is not Parquet, or has no rows.
    """
    name = Path(path).name
    with _sound(path):
        table = _dataset(path).to_table(use_threads=False).combine_chunks()
        texts = {field.name: _text(_array(table[field.name])) for field in table.schema if _as_text(field.type)}
    if not texts or not len(table):
        raise _without_rows(name, table.schema.names)
    return RawTable(name, tuple(texts), tuple(texts.values()), "")


class ParquetBlocks:
    """Blocks of a Parquet file or dataset, see `gridcast.sources.text.blocks.Blocks`.

    Raises:
        FileError: If the file is missing, can't be read, or is not sound.
    """

    def __init__(self, path: str | os.PathLike[str], options: ReadOptions, span: Span) -> None:
        self.name = Path(path).name
        self._path, self._span, self._filter = path, span, None
        with _sound(path):
            self._dataset = _dataset(path)
            self._fields = self._own_fields(options)
            rows = self._dataset.count_rows()
            head = self._dataset.head(SAMPLE_ROWS, columns=[field.name for field in self._fields], use_threads=False)
            texts = [_text(_array(head[field.name])) if _as_text(field.type) else _blank(len(head)) for field in self._fields]
        header = tuple("" if field.name == INDEX else " ".join(field.name.split()) for field in self._fields)
        if not rows or not header:
            raise _without_rows(self.name, header)
        self.sample = RawTable(self.name, header, tuple(texts), "")
        self.whole = rows * len(header) <= WHOLE
        self._layout: Layout | None = None

    def using(self, layout: Layout) -> None:
        """Read what is needed from now on.

        Raises:
            PanelError: If a column can't hold what it should.
        """
        problems = list(_wrong_types(self.name, self._fields, layout))
        if problems:
            raise PanelError.of(problems)
        self._layout = layout
        time = self._fields[layout.time]
        if pa.types.is_timestamp(time.type) or pa.types.is_date(time.type):
            self._filter = _range(time, self._span)

    def __iter__(self) -> Iterator[RawTable]:
        assert self._layout is not None
        columns = [self._fields[number].name for number in self._layout.used]
        rows = 0
        with _sound(self._path):
            scanner = self._dataset.scanner(columns, filter=self._filter, batch_size=BATCH_ROWS, use_threads=False, **READ_AHEAD)
            batches = [scanner.to_table().combine_chunks()] if self.whole else scanner.to_batches()
            for batch in batches:
                if len(batch) or self.whole:
                    yield self._table(batch, rows)
                    rows += len(batch)

    def said(self) -> tuple[str, ...]:
        """Return nothing: types tell."""
        return ()

    def _table(self, batch: Any, first: int) -> RawTable:
        layout = self._layout
        assert layout is not None
        columns: list[Any] = [None] * len(self._fields)
        for number in layout.used:
            column = _array(batch[self._fields[number].name])
            if number in layout.values:
                columns[number] = _text(column) if _is_text(column.type) else column.cast(pa.float64(), safe=False)
            else:
                columns[number] = _encoded(column)
        return RawTable(self.name, self.sample.header, tuple(columns), "", Numbered(first), first)

    def _own_fields(self, options: ReadOptions) -> list[Any]:
        """Return the columns but for those that only say in which part rows are, and the row numbers of pandas."""
        parts = set(self._dataset.partitioning.schema.names) if self._dataset.partitioning is not None else set()
        named = {options.time_column, options.location_column, options.consumption_column, options.fold_column}
        kept = []
        for field in self._dataset.schema:
            place = field.name not in parts or field.name in named or key(field.name) in LOCATION.synonyms
            if place and (field.name != INDEX or pa.types.is_timestamp(field.type)):
                kept.append(field)
        return kept


READ_AHEAD = {"batch_readahead": 1, "fragment_readahead": 1}


def _dataset(path: str | os.PathLike[str]) -> Any:
    """Return the dataset; the values of parts such as `zone=01/` stay texts."""
    if not Path(path).is_dir():
        with readable(path):
            return pads.dataset(str(path), format="parquet")
    found = pads.dataset(str(path), format="parquet", partitioning="hive")
    names = found.partitioning.schema.names if found.partitioning is not None else []
    texts = pads.partitioning(pa.schema([(name, pa.string()) for name in names]), flavor="hive")
    return pads.dataset(str(path), format="parquet", partitioning=texts)


@contextmanager
def _sound(path: str | os.PathLike[str]) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, KeyError, MemoryError, OverflowError) as error:
        found = str(error).partition("\n")[0][:200] or type(error).__name__
        hint = "copy or download it again"
        raise FileError(
            f"`{Path(path).name}` is not a sound Parquet file", found=found, expected="a Parquet file", hint=hint
        ) from error


def _without_rows(name: str, header: Any) -> FileError:
    return FileError(f"`{name}` holds no rows", found=listed(header, 12) or "no columns", expected="rows of readings or places")


def _array(column: Any) -> Any:
    """Return a column in one piece, categories as what they stand for."""
    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _blank(rows: int) -> Any:
    return pa.nulls(rows, pa.string())


def _is_text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_number(kind: Any) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_null(kind))


def _as_text(kind: Any) -> bool:
    """Return whether the values of a type can be written as a text."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return (
        _is_text(kind)
        or _is_number(kind)
        or pa.types.is_boolean(kind)
        or bool(pa.types.is_temporal(kind) and not pa.types.is_duration(kind))
    )


def _text(column: Any) -> Any:
    """Return a column as strings: moments in ISO 8601, those with a zone in UTC.

    Example:
        >>> _text(pa.array([0], pa.timestamp("s", "Europe/Berlin"))).to_pylist()
        ['1970-01-01 00:00:00.000000Z']
    """
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us", "UTC" if column.type.tz else None), safe=False)
    elif pa.types.is_date(column.type):
        column = column.cast(pa.date32(), safe=False)
    text = column.cast(pa.string())
    text.validate(full=True)
    return text


def _encoded(column: Any) -> Any:
    """Return a column as strings of which each is there once."""
    encoded = column.dictionary_encode()
    return pa.DictionaryArray.from_arrays(encoded.indices, _text(encoded.dictionary))


def _range(time: Any, span: Span) -> Any:
    """Return the condition that rows are in a span of time, with a margin; None if it is open."""
    zone = getattr(time.type, "tz", None)
    condition = None
    for moment, after in ((span.start, True), (span.end, False)):
        if moment is None:
            continue
        bound = moment - MARGIN if after else moment + MARGIN
        scalar = pa.scalar(bound.to_pydatetime() if zone else bound.tz_convert(None).to_pydatetime(), pa.timestamp("us", zone))
        field = pads.field(time.name)
        each = field >= scalar.cast(time.type, safe=False) if after else field < scalar.cast(time.type, safe=False)
        condition = each if condition is None else condition & each
    return condition


def _wrong_types(name: str, fields: list[Any], layout: Layout) -> Iterator[Problem]:
    """Yield the columns that can't hold what they should."""

    def wrong(column: int | None, *, good: Any) -> list[str]:
        if column is None:
            return []
        kind = fields[column].type
        kind = kind.value_type if pa.types.is_dictionary(kind) else kind
        return [] if good(kind) else [f"{fields[column].name}: {kind}"]

    time = wrong(
        layout.time,
        good=lambda kind: _is_text(kind) or pa.types.is_integer(kind) or pa.types.is_timestamp(kind) or pa.types.is_date(kind),
    )
    if time:
        expected = "timestamps, dates, texts, or whole seconds since 1970"
        yield Problem(
            f"the column of time of `{name}` holds no stamps", listed(time), expected, "name another column: `--time-column NAME`"
        )
    place = wrong(layout.location, good=lambda kind: _is_text(kind) or pa.types.is_integer(kind))
    if place:
        expected, hint = "texts or whole numbers", "name another column: `--location-column NAME`"
        yield Problem(f"the column of location of `{name}` holds no names", listed(place), expected, hint)
    values = [text for column in layout.values for text in wrong(column, good=lambda kind: _is_text(kind) or _is_number(kind))]
    if values:
        hint = "name the column: `--consumption-column NAME`; of a wide table take out the columns that hold no readings"
        yield Problem(f"columns of readings of `{name}` hold no numbers", listed(values), "floats, whole numbers or decimals", hint)
