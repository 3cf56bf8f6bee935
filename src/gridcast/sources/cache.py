"""Answers of the outside world kept on disk: one file a request, written whole or not at all, and looked into before asking again.

An entry is one line of JSON (the request, when it was answered, the checksum of the answer) and then the answer itself. An entry
that is damaged, or that belongs to another request, is dropped and fetched anew.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from gridcast.atomic import replacing
from gridcast.errors import FileError, GridcastError, counted, listed

VARIABLE = "GRIDCAST_CACHE"
T = TypeVar("T")


def cache_folder() -> Path:
    """Return where answers are kept: `GRIDCAST_CACHE`, or `gridcast` in the user's folder for caches."""
    own = os.environ.get(VARIABLE)
    if own:
        return Path(own)
    if os.environ.get("XDG_CACHE_HOME"):
        return Path(os.environ["XDG_CACHE_HOME"]) / "gridcast"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "gridcast" / "cache"
    return Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "gridcast"


def made(folder: Path) -> Path:
    """Return a folder of the cache, made if need be.

    Raises:
        FileError: If it can't be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise FileError(
            f"cannot keep answers in `{folder}`",
            found=error.strerror or str(error),
            expected="a folder that you may write to",
            hint=f"choose another one: `export {VARIABLE}=DIR`",
        ) from error
    return folder


@dataclass(frozen=True)
class Cache:
    """Answers on disk.

    Attributes:
        folder: Where they are.
        max_age: Answers older than this are fetched anew; None if they never are. [s]
        offline: Whether to use only what is there, however old.
    """

    folder: Path = field(default_factory=cache_folder)
    max_age: float | None = None
    offline: bool = False

    def fetch(self, request: str, ask: Callable[[], bytes], read: Callable[[bytes], T], *, max_age: float | None = None) -> T:
        """Return what the answer to a request says: the one on disk if it is whole and young enough, or else a new one.

        A new answer is kept once `read` has made sense of it; one on disk of which it can't is forgotten.

        Args:
            request: What was asked, without any secret; it is kept in the file.
            ask: Asks the outside world.
            read: Makes sense of an answer.
            max_age: Of this answer, where it is not settled yet; that of the cache if None. [s]

        Raises:
            FileError: If the answer is not there and `offline` is set, or the new one can't be kept.
            GridcastError: As `ask` and `read` raise it.
        """
        kept = self._kept(request, self.max_age if max_age is None else max_age)
        if kept is not None:
            try:
                return read(kept)
            except GridcastError:
                self._drop(request)
                raise
        self.require([request])
        made(self.folder)
        body = ask()
        answer = read(body)
        head = {"request": request, "time": time.time(), "sha256": hashlib.sha256(body).hexdigest()}
        with replacing(self._path(request)) as path:
            path.write_bytes(json.dumps(head).encode() + b"\n" + body)
        return answer

    def require(self, requests: Iterable[str]) -> None:
        """Refuse to go on without the network if some of the answers are not there, and name them.

        Raises:
            FileError: If `offline` is set and an answer is missing.
        """
        if not self.offline:
            return
        missing = [request for request in requests if self._kept(request, None) is None]
        if missing:
            raise FileError(
                f"the network may not be used, and {counted(missing, 'answer')} cannot be had without it",
                found=f"nothing in `{self.folder}` for {listed(missing, shown=3)}",
                expected="every answer in the cache",
                hint=f"ask once with the network, or copy the cache of a machine that did: `export {VARIABLE}=DIR`",
            )

    def _path(self, request: str) -> Path:
        return self.folder / f"{hashlib.sha256(request.encode()).hexdigest()[:32]}.answer"

    def _kept(self, request: str, max_age: float | None) -> bytes | None:
        """Return the kept answer if it is whole, the right one and young enough."""
        path = self._path(request)
        try:
            head, _, body = path.read_bytes().partition(b"\n")
        except OSError:
            return None
        try:
            told = json.loads(head)
            whole = told["request"] == request and told["sha256"] == hashlib.sha256(body).hexdigest()
            age = time.time() - float(told["time"])
        except (ValueError, KeyError, TypeError):
            whole, age = False, 0.0
        if not whole:
            self._drop(request)
            return None
        return body if self.offline or max_age is None or age <= max_age else None

    def _drop(self, request: str) -> None:
        with contextlib.suppress(OSError):
            self._path(request).unlink()
