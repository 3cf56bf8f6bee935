"""Locks that a process holds until it ends, however it ends: what tells a job that runs from one that was killed."""

from __future__ import annotations

import os
from pathlib import Path

from gridcast.errors import ConfigError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


def require_locks() -> None:
    """Refuse a system without locks of files.

    Raises:
        ConfigError: Naming the way around.
    """
    if fcntl is None:
        raise ConfigError(
            "jobs can't be started from the app on this system",
            found="no locks of files (fcntl)",
            expected="Linux or macOS",
            hint="run `gridcast run` in a terminal: the app shows its results",
        )


def take(path: Path, *, wait: bool) -> int | None:
    """Return the open file that holds a lock, which a child process may inherit; None where another one holds it.

    Args:
        path: The file of the lock; made if need be.
        wait: Whether to wait until nobody else holds it.
    """
    opened = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        os.close(opened)
        return None
    except BaseException:
        os.close(opened)
        raise
    os.set_inheritable(opened, True)
    return opened


def is_held(path: Path) -> bool:
    """Return whether a process holds a lock."""
    if fcntl is None or not path.exists():
        return False
    opened = take(path, wait=False)
    if opened is None:
        return True
    os.close(opened)
    return False
