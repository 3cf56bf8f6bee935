"""How far a job is: what it said, the loss of each epoch, and how long it will take yet."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gridcast.app.processes import PROGRESS
from gridcast.errors import Problem
from gridcast.progressfile import read_progress

LOSSES = ("loss", "val_loss")


@dataclass(frozen=True)
class Progress:
    """How far a job is.

    Attributes:
        epochs: All that there will be; 0 before the first one is over.
        losses: Columns `epoch`, `loss`, `val_loss`, a row an epoch that is over.
        said: What it said, the newest last.
        warnings: What it warned of.
        problems: For which it gave up.
        seconds_left: Until the last epoch is over; None where that can't be told.
    """

    epochs: int
    losses: pd.DataFrame
    said: tuple[str, ...]
    warnings: tuple[str, ...]
    problems: tuple[Problem, ...]
    seconds_left: float | None

    @property
    def epoch(self) -> int:
        """The last epoch that is over."""
        return int(self.losses["epoch"].iloc[-1]) if len(self.losses) else 0

    @property
    def share(self) -> float:
        """Share of the epochs that are over, of 1."""
        return min(self.epoch / self.epochs, 1.0) if self.epochs else 0.0


def progress(job: Path, *, now: float | None = None) -> Progress:
    """Return how far a job is, from the file that it writes.

    Args:
        job: Its folder.
        now: Seconds since 1970; by default the present.
    """
    return progress_of(read_progress(job / PROGRESS), now=time.time() if now is None else now)


def progress_of(lines: list[dict[str, Any]], *, now: float) -> Progress:
    """Return how far a job is from the lines of its progress file.

    Example:
        >>> lines = [{"at": 0, "started": True}, *({"at": 10 * n, "epoch": n, "epochs": 4, "loss": 1 / n} for n in (1, 2))]
        >>> progress_of(lines, now=23).seconds_left  # two epochs of 10 s are left, 3 s of which are over
        17.0
    """
    begun = max((number for number, line in enumerate(lines) if "started" in line), default=0)
    epochs = [line for line in lines if "epoch" in line]
    rows = {line["epoch"]: {"epoch": line["epoch"], **{name: line.get(name) for name in LOSSES}} for line in epochs}
    losses = pd.DataFrame([rows[epoch] for epoch in sorted(rows)], columns=["epoch", *LOSSES]).astype(float)
    return Progress(
        epochs=int(epochs[-1]["epochs"]) if epochs else 0,
        losses=losses.astype({"epoch": int}),
        said=tuple(line["said"] for line in lines[begun:] if "said" in line),
        warnings=tuple(dict.fromkeys(line["warning"] for line in lines if "warning" in line)),
        problems=tuple(_problem(line) for line in lines[begun:] if "problem" in line),
        seconds_left=_left([line for line in lines[begun:] if "epoch" in line], now),
    )


def in_words(seconds: float) -> str:
    """Return a duration to read.

    Example:
        >>> in_words(42), in_words(125), in_words(7500)
        ('42 s', '2 min', '2 h 5 min')
    """
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _left(epochs: list[dict[str, Any]], now: float) -> float | None:
    """Return the time that the epochs to come take, at the pace of those since the job was started last."""
    if len(epochs) < 2:
        return None
    pace = float(np.median(np.diff([line["at"] for line in epochs])))
    last = epochs[-1]
    return max(float(pace * (last["epochs"] - last["epoch"]) - (now - last["at"])), 0.0)


def _problem(line: dict[str, Any]) -> Problem:
    return Problem(*(str(line.get(name) or "") for name in ("problem", "found", "expected", "hint")))
