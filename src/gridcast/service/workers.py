"""Processes that make the forecasts of what is sent, so that several processors work at once."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from gridcast.errors import GridcastError, Problem
from gridcast.service.answers import Kind
from gridcast.service.measures import Measures
from gridcast.service.model import Shelf
from gridcast.service.sent import answer_of_sent

Answer = tuple[bytes, int]  # what is answered, and of how many places the forecast is


class Workers:
    """Makes forecasts in processes of their own; one that dies is replaced, and what it had begun is done again once."""

    def __init__(self, path: Path, count: int) -> None:
        self.path, self.count = path, count
        self.lock = threading.Lock()
        self.pool = self._pool()

    def answer(self, body: bytes, kind: Kind) -> Answer:
        """Return the forecast of what one sends, see `answer_of_sent`.

        Raises:
            GridcastError: If it can't be read, or does not fit the model.
        """
        pool = self.pool
        try:
            found = pool.submit(_answer, body, kind).result()
        except BrokenProcessPool:
            with self.lock:
                if self.pool is pool:
                    self.pool = self._pool()
            found = self.pool.submit(_answer, body, kind).result()
        if isinstance(found, list):
            raise GridcastError.of(found)
        return found

    def stop(self) -> None:
        """End the processes, once they have done what they had begun."""
        self.pool.shutdown()

    def _pool(self) -> ProcessPoolExecutor:
        """Return new processes, which begin to read the model at once."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([__name__])
        pool = ProcessPoolExecutor(self.count, context, _begin, (self.path,))
        for _ in range(self.count):
            pool.submit(_ready)
        return pool


_shelf: list[Shelf] = []  # of a worker, in its own process


def _begin(path: Path) -> None:
    """Read the model; the end of the service comes from its first process, not from the keyboard."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_service, name="end-with-service", daemon=True).start()
    _shelf[:] = [Shelf(path, Measures())]


def _end_with_the_service() -> None:
    """End this process when that which began it is gone, however it went."""
    service = multiprocessing.parent_process()
    if service is not None:
        service.join()
        os._exit(1)


def _ready() -> None:
    """Do nothing, once there is a model."""


def _answer(body: bytes, kind: Kind) -> Answer | list[Problem]:
    """Return an answer, or the problems that stand against it: errors do not travel between processes, their parts do."""
    shelf = _shelf[0]
    shelf.look()
    try:
        return answer_of_sent(shelf.model, body, kind)
    except GridcastError as error:
        return list(error.problems)
