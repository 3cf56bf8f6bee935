"""What is read of a database: a table that was found under its name, or a query that can only read."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gridcast.errors import ConfigError, FileError, did_you_mean, listed
from gridcast.sources.sql.address import Address, library

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Select

CHUNK = 20_000  # rows under way at a time
SAMPLE = 2_000  # rows by which the layout of a table is recognised
QUOTED = r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|\[[^\]]*\]|\$(\w*)\$.*?\$\1\$|--[^\n]*|/\*.*?\*/"
WRITES = r"\b(insert|update|delete|merge|into)\b"

Row = Sequence[Any]


@dataclass(frozen=True)
class Selected:
    """A table or the result of a query, before it is read.

    Attributes:
        name: For messages.
        header: Names of the columns.
        sample: The first rows.
        keys: The column that is the primary key by itself, if one is.
        connection: From which the rows come.
        cursors: Of the server, to be closed when done.
        origin: The table as SQL knows it; None of a query.
        rest: Of a query, the rows after the sample, in chunks; None of a table.
    """

    name: str
    header: tuple[str, ...]
    sample: Sequence[Row]
    keys: frozenset[str]
    connection: Connection
    cursors: list[Any]
    origin: Any = None
    rest: Iterator[Sequence[Row]] | None = None

    def column(self, number: int) -> ColumnElement[Any]:
        """Return a column of a table as SQL knows it."""
        column: ColumnElement[Any] = library().column(self.header[number])
        return column

    def chunks(self, columns: Sequence[int], where: Iterable[ColumnElement[bool]] = ()) -> Iterator[list[Row]]:
        """Yield the rows in chunks, each as its columns: those of the numbers asked for; `where` holds for a table only."""
        if self.rest is not None:
            parts: Iterator[Sequence[Row]] = itertools.chain([self.sample], self.rest)
            picked: Sequence[int] = columns
        else:
            wanted = library().select(*(self.column(number) for number in columns)).select_from(self.origin).where(*where)
            parts, picked = _streamed(self.connection, wanted, self.cursors)[1], range(len(columns))
        for rows in parts:
            if rows:
                each = list(zip(*rows, strict=True))
                yield [each[number] for number in picked]


@contextmanager
def opened(connection: Connection, address: Address, query: str | None) -> Iterator[Selected]:
    """Give the table of an address, or the result of a query; cursors of the server are let go however the block ends.

    Raises:
        ConfigError: If the address names no table, or the query is not a single one that only reads.
        FileError: If there is no such table, or it is empty.
    """
    cursors: list[Any] = []
    try:
        yield _open_table(connection, address, cursors) if query is None else _open_query(connection, query, cursors)
    finally:
        for cursor in cursors:
            with suppress(Exception):  # of a connection that was lost
                cursor.close()


def _open_table(connection: Connection, address: Address, cursors: list[Any]) -> Selected:
    """Return the table of an address."""
    sqlalchemy = library()
    inspector = sqlalchemy.inspect(connection)
    name, schema = find_table(inspector, address)
    described = [column["name"] for column in inspector.get_columns(name, schema=schema)]
    key = inspector.get_pk_constraint(name, schema=schema).get("constrained_columns") or []
    columns = [sqlalchemy.column(each) for each in described]
    origin = sqlalchemy.table(name, *columns, schema=schema)
    sample = [tuple(row) for row in connection.execute(sqlalchemy.select(*columns).select_from(origin).limit(SAMPLE))]
    if not sample:
        raise FileError(f"the table `{name}` is empty", found=listed(described, 12), expected="rows of readings or places")
    keys = frozenset(key if len(key) == 1 else [])
    return Selected(name, tuple(described), sample, keys, connection, cursors, origin)


def _open_query(connection: Connection, query: str, cursors: list[Any]) -> Selected:
    """Return the result of a query."""
    statement = _require_reading(query)
    header, parts = _streamed(connection, statement, cursors)
    sample = next(parts, [])
    if not sample:
        raise FileError("the query finds no rows", found=listed(header, 12), expected="rows of readings")
    return Selected("query", header, sample, frozenset(), connection, cursors, rest=parts)


def find_table(inspector: Any, address: Address) -> tuple[str, str | None]:
    """Return the name and the schema of the table that an address names.

    Raises:
        ConfigError: If it names none.
        FileError: If there is no such table.
    """
    if not address.table:
        there = _names(inspector, None)
        hint = f"`{address.shown}#{there[0]}`" if there else ""
        raise ConfigError(
            "which table?", found=listed(there, 12) or "a database without tables", expected="`#table` at the end", hint=hint
        )
    schema, _, name = address.table.rpartition(".")
    if inspector.has_table(address.table):
        return address.table, None
    if schema and inspector.has_table(name, schema=schema):
        return name, schema
    if schema and schema not in inspector.get_schema_names():
        schemas = sorted(inspector.get_schema_names())
        problem = f"`{address.shown}` has no schema `{schema}`"
        raise FileError(problem, found=listed(schemas, 12), expected="`#schema.table`", hint=did_you_mean(schema, schemas))
    there = _names(inspector, schema or None)
    found = listed(there, 12) or "no tables"
    hint = did_you_mean(name, there)
    raise FileError(f"`{address.shown}` has no table `{address.table}`", found=found, expected="one of its tables", hint=hint)


def _names(inspector: Any, schema: str | None) -> list[str]:
    return sorted({*inspector.get_table_names(schema=schema), *inspector.get_view_names(schema=schema)})


def _streamed(
    connection: Connection, statement: Select[Any] | str, cursors: list[Any]
) -> tuple[tuple[str, ...], Iterator[Sequence[Row]]]:
    """Return the names of the columns, and the rows as they come from the server, a chunk at a time."""
    streaming = connection.execution_options(yield_per=CHUNK)
    if isinstance(statement, str):  # in which `%` and `:` are no marks of parameters
        result = streaming.execution_options(no_parameters=True).exec_driver_sql(statement)
    else:
        result = streaming.execute(statement)
    cursors.append(result.cursor)
    return tuple(result.keys()), iter(result.partitions(CHUNK))


def _require_reading(query: str) -> str:
    """Return a query without the semicolon at its end, if it is a single one that only reads."""
    bare = re.sub(QUOTED, lambda match: " " if match[0][:2] in ("--", "/*") else "''", query, flags=re.DOTALL).strip("; \n\t")
    words = re.findall(WRITES, bare, flags=re.IGNORECASE)
    if re.match(r"\(*\s*(select|with)\b", bare, flags=re.IGNORECASE) and ";" not in bare and not words:
        return query.strip().rstrip("; \n\t")
    found = f"`{words[0].upper()}` in it" if words else "several statements" if ";" in bare else f"`{bare[:40]}`"
    raise ConfigError("only a query that reads is run", found=found, expected="a single `SELECT ...` or `WITH ... SELECT ...`")
