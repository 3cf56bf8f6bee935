"""Explanations of a run's forecasts: those that are in its folder, and new ones."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from gridcast.app.locks import require_locks
from gridcast.app.processes import UNDER_WAY, State, asked_of, begin, end, state_of
from gridcast.app.runs import JOBS
from gridcast.errors import FileError
from gridcast.store import EXPLANATION_MARKS
from gridcast.workflow.opening import require_moment

FOLDER = "explanations"  # in that of a run
ALL, NEWEST = "all places", "after the newest reading"
STAGES = ("issued at", "since", "where it looks", "weather stations", "why")  # parts of what is said, in this order
PICTURES = {
    "lags": "Which past readings the forecast rests on: what each lag adds to each hour.",
    "stations": "Which weather stations the forecast rests on: how far it moves when one is silent and others stand in for it.",
    "attention": "What the network reads of the history and of each place: where it looks, not what that does to the forecast.",
    "response": "How the load responds to temperature, hour by hour, as the network has learned it.",
}


@dataclass(frozen=True)
class StoredExplanation:
    """An explanation in a folder.

    Attributes:
        path: The folder.
        summary: What `explanation.json` holds.
    """

    path: Path
    summary: dict[str, Any]

    @property
    def label(self) -> str:
        """Which forecast it is of."""
        return f"{self.summary['location']}, issued {pd.Timestamp(self.summary['issue_time']):%Y-%m-%d %H:%M} UTC"

    @property
    def unit(self) -> str:
        """Unit of the forecast."""
        return str(self.summary.get("unit") or "")

    def table(self, name: str) -> pd.DataFrame | None:
        """Return one of its tables: `why`, `influence`, `change` or `importance`; None where there is nothing to say."""
        file = self.path / f"{name}.csv"
        return pd.read_csv(file, dtype={"location": str}) if file.is_file() else None

    def picture(self, name: str) -> Path | None:
        """Return one of its pictures; None where there is none."""
        file = self.path / f"{name}.png"
        return file if file.is_file() else None


@dataclass(frozen=True)
class Explaining:
    """An explanation that a process makes, was stopped or failed to make.

    Attributes:
        path: The folder that it is to become.
        label: Which forecast it is of.
        state: How far it is.
    """

    path: Path
    label: str
    state: State

    @property
    def job(self) -> Path:
        """Folder of the process: log and progress."""
        return self.path.parent / JOBS / self.path.name

    @property
    def is_under_way(self) -> bool:
        """Whether a process works on it, or waits for its turn."""
        return self.state in UNDER_WAY


def find_explanations(run: Path) -> list[StoredExplanation]:
    """Return the explanations in the folder of a run, the newest first; what can't be read is left out."""
    found = []
    for file in [*run.glob("*/explanation.json"), *run.glob(f"{FOLDER}/*/explanation.json")]:
        try:
            summary = json.loads(file.read_text(encoding="utf-8"))
            whole = all((file.parent / mark).is_file() for mark in EXPLANATION_MARKS) and {"location", "issue_time"} <= set(summary)
        except (OSError, ValueError, TypeError):
            continue
        if whole:
            found.append((file.stat().st_mtime_ns, StoredExplanation(file.parent, summary)))
    return [each for _, each in sorted(found, key=lambda pair: -pair[0])]


def start_explanation(run: Path, *, location: str = "", issue_time: str = "") -> Explaining:
    """Start to explain a forecast of a run, in a process of its own, unless one is at work on it.

    The explanation is kept in the folder of the run.

    Args:
        run: Its folder.
        location: Whose forecast; by default the sum of all places.
        issue_time: When it is issued; by default after the newest reading.

    Raises:
        ConfigError: If the issue time is no moment, or the system has no locks.
        FileError: If the folder can't be written to.
    """
    require_locks()
    if issue_time:
        require_moment(issue_time)
    out = run / FOLDER / _slug(f"{location or ALL} {issue_time or 'newest'}")
    job = out.parent / JOBS / out.name
    try:
        job.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"cannot make `{job}`", found=error.strerror or str(error), expected="a folder to write to") from error
    if (earlier := _explaining(job)) is not None and earlier.is_under_way:
        return earlier
    told = [f"--location={location}"] if location else []
    told += [f"--issue-time={issue_time}"] if issue_time else []
    arguments = ["explain", str(run.absolute()), "--out", str(out.absolute()), "--overwrite", *told]
    label = f"{location or ALL}, issued {issue_time or NEWEST}"
    begin(job, out.parent / JOBS / "turn.lock", arguments, {"label": label, "started": pd.Timestamp.now(tz="UTC").isoformat()})
    begun = _explaining(job)
    assert begun is not None
    return begun


def find_explaining(run: Path) -> list[Explaining]:
    """Return what is being explained of a run, and what was given up, by name."""
    folder = run / FOLDER / JOBS
    jobs = sorted(folder.iterdir()) if folder.is_dir() else []
    return [each for job in jobs if (each := _explaining(job)) is not None and each.state != "done"]


def stop_explaining(explaining: Explaining) -> None:
    """Stop the process of an explanation, if there is one, and forget it."""
    end(explaining.job)
    shutil.rmtree(explaining.job, ignore_errors=True)


def share_of(said: Sequence[str]) -> float:
    """Return how far an explanation is, between 0 and 1, by what was said on the way."""
    stage = max((number for sentence in said for number, part in enumerate(STAGES, 1) if part in sentence), default=0)
    return stage / (len(STAGES) + 1)


def _explaining(job: Path) -> Explaining | None:
    """Return the explanation that a process makes, which is done where it is newer than the process; None where there is none."""
    about = asked_of(job, "label", "started")
    if about is None:
        return None
    path = job.parent.parent / job.name
    file = path / "explanation.json"
    there = file.is_file() and pd.Timestamp(file.stat().st_mtime_ns, tz="UTC") >= pd.Timestamp(about["started"])
    return Explaining(path, about["label"], state_of(job, there=there))


def _slug(text: str) -> str:
    """Return a text as the name of a folder.

    Example:
        >>> _slug("São Paulo / 2024-01-05 06:00")
        'são_paulo_2024-01-05_06_00'
    """
    return re.sub(r"[^\w-]+", "_", text.lower()).strip("_")
