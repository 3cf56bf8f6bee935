"""What there is in the folder of runs: results that are there, and jobs that are to become some."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from gridcast.app.processes import UNDER_WAY, State, asked_of, state_of
from gridcast.errors import FileError
from gridcast.store import BACKTEST_MARKS, MARKS, MODEL_MARKS

KIND_MARKS = {"run": MARKS, "backtest": BACKTEST_MARKS, "train": MODEL_MARKS}  # a run has the marks of a training too
JOBS = ".jobs"


@dataclass(frozen=True)
class StoredRun:
    """A run, a training or a backtest.

    Attributes:
        name: Of its folder.
        path: Of its folder, which is there once it is done.
        state: How far it is.
        kind: `run`, `train` or `backtest`.
        started: When it was begun, UTC; None where that is not known.
    """

    name: str
    path: Path
    state: State
    kind: str
    started: pd.Timestamp | None = None

    @property
    def job(self) -> Path:
        """Folder of the job that makes it: settings, log, progress, checkpoint."""
        return self.path.parent / JOBS / self.name

    @property
    def is_under_way(self) -> bool:
        """Whether a process works on it, or waits for its turn."""
        return self.state in UNDER_WAY


def find_runs(folder: Path) -> list[StoredRun]:
    """Return what is in the folder of runs, the newest first; nothing where there is no such folder.

    Raises:
        FileError: If the folder can't be looked into.
    """
    try:
        names = _names(folder) | _names(folder / JOBS)
    except OSError as error:
        raise FileError(f"cannot look into `{folder}`", found=error.strerror or str(error), expected="a folder of runs") from error
    found = [run for name in names if (run := find_run(folder, name)) is not None]
    return sorted(found, key=lambda run: (run.started or pd.Timestamp(0, tz="UTC"), run.name), reverse=True)


def find_run(folder: Path, name: str) -> StoredRun | None:
    """Return one run of the folder; None where there is none of that name."""
    path, job = folder / name, folder / JOBS / name
    kind = kind_of(path)
    about = asked_of(job, "started", "command")
    if about is None:
        return None if kind is None else StoredRun(name, path, "done", kind, _changed(path / "config.toml"))
    started = pd.Timestamp(about["started"])
    return StoredRun(name, path, state_of(job, there=kind is not None), kind or str(about["command"]), started)


def kind_of(path: Path) -> str | None:
    """Return what a folder is: `run`, `backtest` or `train`; None where it is none of them."""
    return next((kind for kind, marks in KIND_MARKS.items() if all((path / mark).is_file() for mark in marks)), None)


def _names(folder: Path) -> set[str]:
    """Return the names of the folders in a folder, but for hidden ones."""
    if not folder.is_dir():
        return set()
    return {path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")}


def _changed(path: Path) -> pd.Timestamp:
    return pd.Timestamp(path.stat().st_mtime_ns, tz="UTC")
