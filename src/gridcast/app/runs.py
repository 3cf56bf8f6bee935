"""Runs in a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd


@dataclass(frozen=True)
class StoredRun:
    """A run in a folder."""

    name: str
    path: Path
    state: str
    kind: str
    started: pd.Timestamp | None = None


def find_runs(folder: Path) -> list[StoredRun]:
    """Return the runs of a folder."""
    kinds = {"backtest": "scores.json", "run": "metrics.json", "train": "run.json"}
    found = []
    for path in sorted(folder.iterdir()):
        kind = next((kind for kind, mark in kinds.items() if (path / mark).is_file()), None)
        if kind:
            found.append(StoredRun(path.name, path, "done", kind))
    return found
