"""Long jobs as processes of their own: they survive the browser's tab and the app, can be stopped, and go on later."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Literal

import pandas as pd

from gridcast.app.locks import is_held, require_locks, take
from gridcast.app.runs import JOBS, StoredRun, find_run
from gridcast.config import RunConfig, to_toml
from gridcast.errors import FileError
from gridcast.progressfile import VARIABLE, ProgressFile
from gridcast.store import write_json

Command = Literal["run", "train", "backtest"]
PROGRESS, CHECKPOINT = "progress.jsonl", "checkpoint.npz"
PATIENCE = 5.0  # until a process that was asked to end is made to [s]
PLAIN = {"COLUMNS": "120", "NO_COLOR": "1", "TERM": "dumb"}  # of the log


def start_job(runs_dir: Path, command: Command, config: RunConfig, name: str) -> StoredRun:
    """Start a command on settings, in a process of its own, and return the run that it is to become.

    Args:
        runs_dir: Folder of runs; made if need be.
        command: What to do.
        config: The settings.
        name: Wanted for the run; a number is added where it is taken.

    Raises:
        ConfigError: If the system can't do that.
        FileError: If the folder can't be written to.
    """
    require_locks()
    job = _new_folder(runs_dir, name)
    (job / "config.toml").write_text(to_toml(config), encoding="utf-8")
    return _launch(runs_dir, job, command, pd.Timestamp.now(tz="UTC"))


def stop_job(run: StoredRun) -> None:
    """Stop the process of a run, if there is one; what it has learned so far stands in its checkpoint."""
    lock = run.job / "lock"
    if not is_held(lock):
        return
    (run.job / "stopped").touch()
    pid = int(json.loads((run.job / "job.json").read_text(encoding="utf-8"))["pid"])
    for way in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(pid, way)
        end = time.monotonic() + PATIENCE
        while is_held(lock) and time.monotonic() < end:
            time.sleep(0.05)
        if not is_held(lock):
            return


def resume_job(run: StoredRun) -> StoredRun:
    """Go on with a run that was stopped or failed: from its last epoch, where there was one.

    Raises:
        FileError: If it is done, or at work.
    """
    if run.state not in ("stopped", "failed"):
        raise FileError(f"`{run.name}` can't go on", found=f"it is {run.state}", expected="a run that was stopped or failed")
    about = json.loads((run.job / "job.json").read_text(encoding="utf-8"))
    return _launch(run.path.parent, run.job, about["command"], pd.Timestamp(about["started"]))


def can_go_on(run: StoredRun) -> bool:
    """Return whether a run that is not done would go on from an epoch, and not begin anew."""
    return (run.job / CHECKPOINT).exists() or run.path.with_name(f"{run.name}.checkpoint.npz").exists()


def free_name(runs_dir: Path, name: str) -> str:
    """Return a name for a run that can be the name of a folder and is not taken yet.

    Example:
        >>> free_name(Path("no/such/folder"), "../New York: week 1")
        'New York week 1'
    """
    plain = re.sub(r"[^\w .-]+", "", name).strip(" .")[:80] or "run"
    taken = (f"{plain}-{number}" if number > 1 else plain for number in range(1, sys.maxsize))
    return next(each for each in taken if not (runs_dir / each).exists() and not (runs_dir / JOBS / each).exists())


def _new_folder(runs_dir: Path, name: str) -> Path:
    """Return a new folder for a job; two that want the same name get one each."""
    while True:
        job = runs_dir / JOBS / free_name(runs_dir, name)
        try:
            job.mkdir(parents=True)
            return job
        except FileExistsError:
            continue
        except OSError as error:
            raise FileError(f"cannot make `{job}`", found=error.strerror or str(error), expected="a folder to write to") from error


def _launch(runs_dir: Path, job: Path, command: Command, started: pd.Timestamp) -> StoredRun:
    """Start the process of a job; it holds the job's lock as long as it lives."""
    held = take(job / "lock", wait=False)
    if held is None:
        raise FileError(f"`{job.name}` is at work already", found="another process", expected="none")
    for mark in ("began", "stopped"):
        (job / mark).unlink(missing_ok=True)
    progress = ProgressFile(job / PROGRESS)
    progress.add(started=True)
    turn = [str(runs_dir.absolute() / JOBS / "turn.lock"), str(job.absolute() / "began")]
    typed = [sys.executable, "-m", "gridcast.app.turn", *turn, *_arguments(command, job.absolute(), runs_dir.absolute() / job.name)]
    try:
        with (job / "log.txt").open("ab") as log:
            process = subprocess.Popen(
                typed,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **PLAIN, VARIABLE: str((job / PROGRESS).absolute())},
                start_new_session=True,
                pass_fds=(held,),
            )
        write_json({"command": command, "started": started.isoformat(), "pid": process.pid}, job / "job.json")
    finally:
        os.close(held)
    threading.Thread(target=process.wait, daemon=True).start()  # so that it does not stay as a zombie
    run = find_run(runs_dir, job.name)
    assert run is not None
    return run


def _arguments(command: Command, job: Path, out: Path) -> list[str]:
    """Return what is typed after `gridcast`."""
    config = str(job / "config.toml")
    if command == "run":
        return ["run", "--config", config, "--out", str(out), "--checkpoint", str(job / CHECKPOINT)]
    more = ["--resume"] if command == "train" else []
    return [command, config, "--out", str(out), *more]
