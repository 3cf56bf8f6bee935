"""Running the service: from a run folder to a server that answers until it is told to stop, and then ends what it has begun."""

from __future__ import annotations

import ipaddress
import logging
import os
import signal
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from gridcast.errors import ConfigError
from gridcast.service.api import make_app
from gridcast.service.door import Limits, Lines
from gridcast.service.forecasts import Forecasts
from gridcast.service.keys import VARIABLE, Keys
from gridcast.service.measures import Measures
from gridcast.service.model import Shelf, file_of
from gridcast.service.source import Source
from gridcast.service.workers import Workers

LOOPBACK = "127.0.0.1"
CONNECTIONS = 200  # at the same time
DRAIN = 30  # seconds for what was begun
IDLE = 5  # seconds that a connection may be silent between two requests


@dataclass(frozen=True)
class Address:
    """Where the service listens.

    Attributes:
        host: Of the network; only of this machine where nobody needs a key.
        port: 0 for a free one.
        auth: Whether one needs a key.
    """

    host: str = LOOPBACK
    port: int = 8000
    auth: bool = True


def serve(
    run: str | os.PathLike[str],
    address: Address,
    *,
    keys_file: str | os.PathLike[str] | None = None,
    workers: int = 1,
    limits: Limits | None = None,
    refresh_seconds: float = 300.0,
    environment: Mapping[str, str] = os.environ,
) -> None:
    """Serve the exported model of a run until SIGTERM or SIGINT.

    Args:
        run: Folder with `model.onnx`, or such a file, which has no source of readings.
        address: Where to listen.
        keys_file: Hashes of keys, as `gridcast key` makes them; beside those of `GRIDCAST_API_KEYS`.
        workers: Processes that make the forecasts of what is sent; with one it is that which listens.
        limits: Of requests.
        refresh_seconds: After which the source is read again.
        environment: Where the variable is.

    Raises:
        GridcastError: If there is no model, or nobody may ask.
    """
    keys = keys_for(address, keys_file, environment)
    measures = Measures()
    path = file_of(run)
    shelf = Shelf(path, measures)
    folder = Path(run) if Path(run).is_dir() else path.with_suffix("")
    source = Source.of(folder, refresh_seconds)
    crew = Workers(path, workers) if workers > 1 else None
    app = make_app(Forecasts(shelf, source, measures, crew), keys=keys, limits=limits)
    _write_journal()
    shelf.watch()
    if source.settings is not None:
        threading.Thread(target=source.refresh, name="read-source", daemon=True).start()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: None)  # uvicorn raises it again after the drain
    settings = uvicorn.Config(
        app,
        host=address.host,
        port=address.port,
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=IDLE,
        timeout_graceful_shutdown=DRAIN,
    )
    uvicorn.Server(settings).run()
    shelf.stopped.set()
    if crew is not None:
        crew.stop()


def keys_for(address: Address, keys_file: str | os.PathLike[str] | None, environment: Mapping[str, str]) -> Keys | None:
    """Return who may ask; None for anybody on this machine.

    Raises:
        ConfigError: If there are no keys, or anybody could ask from other machines.
    """
    if not address.auth:
        if not _is_loopback(address.host):
            hint = "leave out `--host`, or make a key with `gridcast key NAME --file FILE`"
            problem = "without keys the service listens on this machine only"
            raise ConfigError(problem, found=f"`--no-auth --host {address.host}`", expected=LOOPBACK, hint=hint)
        return None
    keys = Keys.read(keys_file, environment)
    if not keys.names:
        hint = "gridcast key NAME --file FILE, and `--keys FILE`; or `--no-auth` on this machine only"
        raise ConfigError("nobody may ask", found="no keys", expected=f"a file of them, or `{VARIABLE}`", hint=hint)
    return keys


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _write_journal() -> None:
    """Write the journal to standard error, one line of JSON an event."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    for name in ("gridcast.service", "uvicorn.error"):
        journal = logging.getLogger(name)
        journal.handlers, journal.propagate = [handler], False
        journal.setLevel(logging.INFO)
