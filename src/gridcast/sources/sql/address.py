"""Addresses of databases, `dialect://user@host/database#table`, and connections whose errors are told without the password."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus, unquote

from gridcast.errors import NEAR_FILE, ConfigError, FileError, GridcastError, did_you_mean, listed

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine, ExceptionContext

EXAMPLES = "an address such as `postgresql://user@host/grid#load` or `sqlite:///grid.db#load`"
NOT_DATABASES = ("http", "https", "file", "ftp", "s3", "gs", "az", "abfs", "memory")
DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
KINDS = ("postgresql", "sqlite", "mysql", "mariadb", "mssql", "oracle")
PATIENCE = 10  # for a server that does not answer [s]
LOCK_PATIENCE = 60  # for another writer of a SQLite file [s]
HINTS = (
    (r"password|authentication", "correct user and password; the password may stand in the environment: `export PGPASSWORD=...`"),
    (r"role .* does not exist", "name another user: `postgresql://USER@host/database`"),
    (r"database .* does not exist", "list the databases: `psql --list`"),
    (r"resolve|translate host|not known", "correct the name of the host"),
    (r"refused|timeout|timed out|No such file", "see whether the server answers: `pg_isready -h HOST -p PORT`"),
    (r"file is not a database", "see what it is: `file NAME`"),
)


@dataclass(frozen=True)
class Address:
    """Where a table is.

    Attributes:
        url: Of the database, with the driver.
        table: What stands behind `#`: `table` or `schema.table`; empty if nothing does.
    """

    url: URL
    table: str

    @property
    def shown(self) -> str:
        """The address as messages show it, without any password."""
        bare = self.url.set(query={}) if self._secrets_in_query() else self.url
        return bare.render_as_string(hide_password=True)

    def __str__(self) -> str:
        """Return the address with its table, without any password."""
        return f"{self.shown}#{quote(self.table)}" if self.table else self.shown

    def hidden(self, text: str) -> str:
        """Return a text in which each password of the address is replaced by stars."""
        secrets = [str(self.url.password or ""), *self._secrets_in_query()]
        quoted = [write(each, safe="", errors="replace") for each in secrets for write in (quote, quote_plus)]
        forms = {form for form in (*secrets, *quoted) if form}
        for secret in sorted(forms, key=len, reverse=True):
            text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", "***", text)
        return text

    def _secrets_in_query(self) -> list[str]:
        pairs = (
            (name, value) for name, values in self.url.query.items() for value in ([values] if isinstance(values, str) else values)
        )
        return [value for name, value in pairs if re.search("pass|pwd|secret|token", name, re.IGNORECASE)]


def is_address(text: object) -> bool:
    """Return whether a text is the address of a database rather than a path.

    Example:
        >>> is_address("sqlite:///grid.db#load"), is_address("load.csv"), is_address("https://example.org/load.csv")
        (True, False, False)
    """
    match = re.match(r"([A-Za-z][\w.-]*)(\+\w+)?:/{2}", text) if isinstance(text, str) else None
    return match is not None and match[1].lower() not in NOT_DATABASES


def parse_address(text: str | os.PathLike[str]) -> Address:
    """Return the database and the table of an address; `postgresql://` chooses the driver psycopg.

    Raises:
        ConfigError: If it is no address of a database.
        GridcastError: If the extra `sql` is not installed.
    """
    sqlalchemy, text = library(), os.fspath(text)
    base, _, table = text.rpartition("#") if re.search(r"#[^#@/]*$", text) else (text, "", "")
    try:
        url = sqlalchemy.make_url(base)
    except (sqlalchemy.exc.ArgumentError, ValueError):
        found = f"`{base.partition('://')[0]}://...`" if "://" in base else "no `://` in it"
        raise ConfigError("that is no address of a database", found=found, expected=EXAMPLES) from None
    address = Address(url.set(drivername=DRIVERS.get(url.drivername, url.drivername)), unquote(table))
    kind, found = url.drivername.partition("+")[0], f"`{url.drivername}://`"
    try:
        dialect = address.url.get_dialect()
    except sqlalchemy.exc.NoSuchModuleError:
        hint = did_you_mean(kind, KINDS, "{}://")
        raise ConfigError("there is no such kind of database", found=found, expected=EXAMPLES, hint=hint) from None
    if dialect.is_async:
        raise ConfigError("that driver is for asynchronous programs", found=found, expected=EXAMPLES, hint=f"`{kind}://`")
    return address


def library() -> Any:
    """Return SQLAlchemy.

    Raises:
        GridcastError: If it is not installed.
    """
    try:
        import sqlalchemy
    except ImportError:
        problem = "databases need SQLAlchemy, which is not installed"
        raise GridcastError(problem, hint='pip install "gridcast[sql]"') from None
    return sqlalchemy


@contextmanager
def connected(address: Address, *, writing: bool = False) -> Iterator[Connection]:
    """Give a connection that may only read, or one in a transaction that ends with the block: whole, or not at all.

    Raises:
        FileError: If the database can't be opened, goes away, or refuses what it is asked.
        GridcastError: If its driver is not installed.
    """
    sqlalchemy, opened = library(), False
    _require_file(address, writing=writing)
    engine = _engine(address, writing=writing)
    try:
        with engine.begin() if writing else engine.connect() as connection:
            opened = True
            yield connection
    except (sqlalchemy.exc.SQLAlchemyError, UnicodeError) as error:
        raise _explained(error, address, opened=opened, writing=writing) from None
    finally:
        engine.dispose()


def _engine(address: Address, *, writing: bool) -> Engine:
    sqlalchemy = library()
    kind = address.url.get_backend_name()
    arguments: dict[str, Any] = {}
    if kind == "postgresql" and "connect_timeout" not in address.url.query:
        arguments = {"connect_timeout": PATIENCE}
    if kind == "sqlite":
        arguments = {"timeout": LOCK_PATIENCE, "isolation_level": None}  # transactions are begun below
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", sqlalchemy.exc.SAWarning)  # of parameters that the driver does not know
            engine = sqlalchemy.create_engine(address.url, connect_args=arguments, poolclass=sqlalchemy.pool.NullPool)
    except ImportError as error:
        needed, name = f"`{address.url.drivername}://` needs a driver that is not installed", error.name or ""
        hint = 'pip install "gridcast[sql]"' if name == "psycopg" else f"pip install {name}"
        raise GridcastError(needed, found=f"no module `{name}`", hint=hint) from None
    except (sqlalchemy.exc.ArgumentError, sqlalchemy.exc.SAWarning, TypeError, ValueError) as error:
        problem = f"`{address.shown}` can't be used"
        raise ConfigError(problem, found=address.hidden(str(error)), expected=EXAMPLES) from None
    sqlalchemy.event.listen(engine, "handle_error", _close_cursor)
    if kind == "postgresql":
        engine = engine.execution_options(isolation_level="READ COMMITTED", postgresql_readonly=not writing)
    if kind == "sqlite":
        begin = "BEGIN IMMEDIATE" if writing else "BEGIN"
        sqlalchemy.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
        if not writing:
            sqlalchemy.event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA query_only = ON"))
    return engine  # type: ignore[no-any-return]


def _close_cursor(failed: ExceptionContext) -> None:
    """Close the cursor of a connection that was lost, which SQLAlchemy leaves to the driver."""
    running = failed.execution_context
    if failed.is_disconnect and running is not None:
        with suppress(Exception):
            running.cursor.close()


def to_be_made(address: Address) -> bool:
    """Return whether an address is that of a SQLite file that is not there yet, but can be made.

    Raises:
        FileError: If its folder is not there or can't be written.
    """
    path = _file(address)
    _require_file(address, writing=True)
    if path is None or path.exists():
        return False
    if not os.access(path.parent, os.W_OK | os.X_OK):
        problem, expected = f"`{path}` can't be made", "a folder that you may write in"
        raise FileError(problem, found=f"`{path.parent}` may not be written", expected=expected)
    return True


def _file(address: Address) -> Path | None:
    """Return the file of a SQLite database; None if it is none."""
    name = address.url.database
    none = address.url.get_backend_name() != "sqlite" or not name or name == ":memory:" or name.startswith("file:")
    return None if none else Path(str(name))


def _require_file(address: Address, *, writing: bool) -> None:
    """Refuse a SQLite file that is not there, which would be made, empty, by reading it."""
    path = _file(address)
    if path is None:
        return
    if path.is_dir() or (writing and not path.parent.is_dir()) or (not writing and not path.exists()):
        beside = sorted(each.name for each in path.parent.iterdir()) if path.parent.is_dir() else []
        found = "a folder" if path.is_dir() else f"in `{path.parent}`: {listed(beside) or 'nothing'}"
        expected = "the file of a SQLite database" if path.parent.is_dir() else f"a folder `{path.parent}`"
        hint = "" if path.is_dir() else did_you_mean(path.name, beside, cutoff=NEAR_FILE)
        raise FileError(f"`{path}` is {'a folder' if path.is_dir() else 'missing'}", found=found, expected=expected, hint=hint)


def _explained(error: Exception, address: Address, *, opened: bool, writing: bool) -> GridcastError:
    """Return what a door prints of an error of the database."""
    message = address.hidden(" ".join(str(getattr(error, "orig", None) or error).split()))
    if not opened:
        hint = next((hint for pattern, hint in HINTS if re.search(pattern, message)), "")
        hint = hint.replace("HOST", address.url.host or "localhost").replace("PORT", str(address.url.port or 5432))
        hint = hint.replace("NAME", address.url.database or "")
        expected = "a database that answers there, and a user that it lets in"
        return FileError(f"cannot open `{address.shown}`", found=message, expected=expected, hint=hint)
    doing, after = ("writing", "nothing was changed") if writing else ("reading", "nothing was taken over")
    expected = "a table that this user may write" if writing else "a table or a query that this user may read"
    if getattr(error, "connection_invalidated", False):
        problem = f"`{address.shown}` went away in the middle of {doing}: {after}"
        return FileError(problem, found=message, expected="a connection that lasts to the end", hint="run it again")
    return FileError(f"`{address.shown}` failed in {doing}: {after}", found=message, expected=expected)
