"""Explanations of a run's forecasts: those that are in its folder, and new ones."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from gridcast.loading import Listener
from gridcast.store import EXPLANATION_MARKS
from gridcast.workflow.explaining import explain

FOLDER = "explanations"  # in that of a run
STAGES = ("issued at", "since", "where it looks", "why")  # beginnings or parts of what is said on the way, in this order
PICTURES = {
    "lags": "Which past readings the forecast rests on: what each lag adds to each hour.",
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


def explain_forecast(
    run: Path, *, location: str = "", issue_time: str = "", say: Callable[[float, str], None] = lambda *_: None
) -> StoredExplanation:
    """Explain a forecast of a run, and keep the explanation in its folder.

    Args:
        run: Its folder.
        location: Whose forecast; by default the sum of all places.
        issue_time: When it is issued; by default after the newest reading.
        say: Told how far it is, between 0 and 1, and what was found.

    Raises:
        GridcastError: If there is no model, or too little is known.
    """
    stage = 0

    def told(sentence: str) -> None:
        nonlocal stage
        stage = max([stage, *(number for number, part in enumerate(STAGES, 1) if part in sentence)])
        say(stage / (len(STAGES) + 1), sentence)

    out = run / FOLDER / _slug(f"{location or 'all places'} {issue_time or 'newest'}")
    result = explain(
        run, location=location, issue_time=issue_time or None, out=out, overwrite=out.exists(), listener=Listener(told)
    )
    return StoredExplanation(out, json.loads(json.dumps(result.summary)))


def _slug(text: str) -> str:
    """Return a text as the name of a folder.

    Example:
        >>> _slug("São Paulo / 2024-01-05 06:00")
        'são_paulo_2024-01-05_06_00'
    """
    return re.sub(r"[^\w-]+", "_", text.lower()).strip("_")
