"""Where the trials of a search are kept: a journal file, or a database."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridcast.errors import FileError, GridcastError
from gridcast.sources.sql.address import is_address, parse_address

if TYPE_CHECKING:
    from optuna.storages import BaseStorage

HELD = 5  # after so long the lock of a journal is that of a process that was killed [s]
BEAT, SILENT = 60, 300  # a process tells a database that it lives so often, and is gone after so long a silence [s]


def library() -> Any:
    """Return Optuna, which is told to be silent.

    Raises:
        GridcastError: If it is not installed.
    """
    try:
        import optuna
    except ImportError:
        raise GridcastError("a search needs Optuna, which is not installed", hint='pip install "gridcast[tune]"') from None
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    return optuna


@contextmanager
def answering(storage: str) -> Iterator[None]:
    """Say clearly that the storage of a search can't be opened, or went away.

    Args:
        storage: Path of a journal, or URL of a database.

    Raises:
        FileError: In place of what the storage raised.
    """
    optuna = library()
    from sqlalchemy.exc import SQLAlchemyError

    failures = (optuna.exceptions.StorageInternalError, SQLAlchemyError, OSError)
    try:
        yield
    except Exception as error:
        causes = [each for each in _chain(error) if isinstance(each, failures)]
        if not causes or isinstance(error, GridcastError):
            raise
        raise _gone(storage, causes[0]) from error


def opened(storage: str) -> BaseStorage:
    """Return the storage of a search, made where it is not there.

    Raises:
        FileError: If it can't be opened.
        ConfigError: If the URL is none.
        GridcastError: If Optuna or the driver of the database is not installed.
    """
    optuna = library()
    if not is_address(storage):
        return _journal(Path(storage))
    url = parse_address(storage).url.render_as_string(hide_password=False)
    with warnings.catch_warnings(), answering(storage):
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        try:
            return _database(url)
        except ImportError as error:
            raise GridcastError(
                f"the driver of the database is not installed: {error}", hint='pip install "gridcast[sql]"'
            ) from None
        except RuntimeError as error:  # tables of another version of Optuna
            raise _gone(storage, error) from error


def _database(url: str) -> BaseStorage:
    """Return the database at a URL; a beat that does not reach it is left out: where it stays away, the trial says so."""
    optuna = library()
    from sqlalchemy.exc import SQLAlchemyError

    class Database(optuna.storages.RDBStorage):  # type: ignore[misc,name-defined]
        def record_heartbeat(self, trial_id: int) -> None:
            with suppress(optuna.exceptions.StorageInternalError, SQLAlchemyError):
                super().record_heartbeat(trial_id)

    again = optuna.storages.RetryHeartbeatStaleTrialCallback()
    return Database(url, heartbeat_interval=BEAT, grace_period=SILENT, heartbeat_stale_trial_callback=again)


def _journal(path: Path) -> BaseStorage:
    """Return the journal in a file; half a line at its end, of a process that was killed while it wrote, is removed."""
    optuna = library()
    with answering(str(path)):
        lock = optuna.storages.journal.JournalFileSymlinkLock(str(path), grace_period=HELD)
        backend = optuna.storages.journal.JournalFileBackend(str(path), lock_obj=lock)
        lock.acquire()
        try:
            content = path.read_bytes()
            if content and not content.endswith(b"\n"):
                os.truncate(path, content.rfind(b"\n") + 1)
        finally:
            lock.release()
        try:
            journal: BaseStorage = optuna.storages.JournalStorage(backend)
        except (ValueError, KeyError) as error:
            expected, hint = "the journal of a search", "choose another folder with `--out DIR`"
            raise FileError(f"`{path}` can't be read", found=str(error), expected=expected, hint=hint) from error
        return journal


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those that led to it: Optuna fails on its own where a trial can't be written down."""
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__ or found.__context__


def _gone(storage: str, error: Exception) -> FileError:
    """Return what a door prints of a storage that fails; a password is never shown."""
    found = " ".join(str(getattr(error, "orig", None) or error.__cause__ or error).split())
    shown = storage
    if is_address(storage):
        address = parse_address(storage)
        shown, found = address.shown, address.hidden(found)
    return FileError(
        f"the storage of the search does not answer: `{shown}`",
        found=found,
        expected="a database, or a folder that one may write to, that is there to the end of the search",
        hint="start the same command with `--resume` when it is back: the trials that had ended are in it",
    )
