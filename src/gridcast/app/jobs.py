"""Runs, trainings and backtests as processes of their own, which can be stopped, and go on later."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Literal

import pandas as pd

from gridcast.app.locks import require_locks
from gridcast.app.processes import asked_of, begin, end
from gridcast.app.runs import JOBS, StoredRun, find_run
from gridcast.config import RunConfig, to_toml
from gridcast.errors import FileError

Command = Literal["run", "train", "backtest"]
CHECKPOINT = "checkpoint.npz"


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
    end(run.job)


def resume_job(run: StoredRun) -> StoredRun:
    """Go on with a run that was stopped or failed: from its last epoch, where there was one.

    Raises:
        FileError: If it is done, or at work.
    """
    if run.state not in ("stopped", "failed"):
        raise FileError(f"`{run.name}` can't go on", found=f"it is {run.state}", expected="a run that was stopped or failed")
    about = asked_of(run.job, "command", "started")
    if about is None:
        raise FileError(f"`{run.name}` can't go on", found="nothing that says what was asked", expected="`job.json` in its folder")
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


def _launch(runs_dir: Path, job: Path, command: str, started: pd.Timestamp) -> StoredRun:
    """Start the process of a job."""
    arguments = _arguments(command, job.absolute(), runs_dir.absolute() / job.name)
    begin(job, runs_dir / JOBS / "turn.lock", arguments, {"command": command, "started": started.isoformat()})
    run = find_run(runs_dir, job.name)
    assert run is not None
    return run


def _arguments(command: str, job: Path, out: Path) -> list[str]:
    """Return what is typed after `gridcast`."""
    config = str(job / "config.toml")
    if command == "run":
        return ["run", "--config", config, "--out", str(out), "--checkpoint", str(job / CHECKPOINT)]
    more = ["--resume"] if command == "train" else []
    return [command, config, "--out", str(out), *more]
