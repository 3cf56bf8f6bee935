"""Processes that work for the app: they survive the browser's tab and the app, take turns, can be stopped, and tell how they go.

Each has a folder: `job.json` (what was asked, and the number of the process), `lock` (held as long as it lives), `log.txt`,
`progress.jsonl`, and the marks `began` and `stopped`.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

from gridcast.app.locks import is_held, take
from gridcast.errors import FileError
from gridcast.progressfile import VARIABLE, ProgressFile
from gridcast.store import write_json

State = Literal["queued", "running", "stopped", "failed", "done"]
UNDER_WAY = ("queued", "running")  # states in which a process works, or waits for its turn
PROGRESS = "progress.jsonl"
PATIENCE = 5.0  # until a process that was asked to end is made to [s]
PLAIN = {"COLUMNS": "120", "NO_COLOR": "1", "TERM": "dumb"}  # of the log


def begin(folder: Path, turn: Path, arguments: Sequence[str], about: Mapping[str, str]) -> None:
    """Start `gridcast ARGUMENTS` in a process of its own, which begins when it is its turn.

    Args:
        folder: Of the process; it is there.
        turn: The lock for which those wait that are not to work at the same time.
        arguments: What is typed after `gridcast`.
        about: What was asked.

    Raises:
        FileError: If it is at work already.
    """
    folder = folder.absolute()
    held = take(folder / "lock", wait=False)
    if held is None:
        raise FileError(f"`{folder.name}` is at work already", found="another process", expected="none")
    for mark in ("began", "stopped"):
        (folder / mark).unlink(missing_ok=True)
    ProgressFile(folder / PROGRESS).add(started=True)
    typed = [sys.executable, "-m", "gridcast.app.turn", str(turn.absolute()), str(folder / "began"), *arguments]
    try:
        with (folder / "log.txt").open("ab") as log:
            process = subprocess.Popen(
                typed,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **PLAIN, VARIABLE: str(folder / PROGRESS)},
                start_new_session=True,
                pass_fds=(held,),
            )
        write_json({**about, "pid": process.pid}, folder / "job.json")
    finally:
        os.close(held)
    threading.Thread(target=process.wait, daemon=True).start()  # so that it does not stay as a zombie


def end(folder: Path) -> None:
    """End the process of a folder, if there is one."""
    lock = folder / "lock"
    if not is_held(lock):
        return
    (folder / "stopped").touch()
    pid = int(json.loads((folder / "job.json").read_text(encoding="utf-8"))["pid"])
    for way in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(pid, way)
        limit = time.monotonic() + PATIENCE
        while is_held(lock) and time.monotonic() < limit:
            time.sleep(0.05)
        if not is_held(lock):
            return


def state_of(folder: Path, *, there: bool) -> State:
    """Return how far a process is; `there` is whether its results are."""
    if is_held(folder / "lock"):
        return "running" if (folder / "began").exists() else "queued"
    if there:
        return "done"
    return "stopped" if (folder / "stopped").exists() else "failed"


def asked_of(folder: Path, *wanted: str) -> dict[str, str] | None:
    """Return what was asked of a process; None where there is none, or not all that is wanted is written."""
    try:
        about = json.loads((folder / "job.json").read_text(encoding="utf-8"))
        return about if set(wanted) <= set(about) else None
    except (OSError, ValueError, TypeError):
        return None
