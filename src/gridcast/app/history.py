"""The history of runs: what was tried, and what came of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from gridcast.app.runs import StoredRun
from gridcast.config import RunConfig, make_config, read_config
from gridcast.errors import GridcastError

OWN = "hybrid"
COLUMNS = ("run", "state", "kind", "started", "RMSE", "skill", "places", "horizon", "size", "epochs", "seconds")


def history(runs: list[StoredRun]) -> pd.DataFrame:
    """Return a row a run: its state, its main settings, and how good it is where that is known."""
    return pd.DataFrame([_row(run) for run in runs], columns=list(COLUMNS))


def settings_of_run(run: StoredRun) -> RunConfig | None:
    """Return the settings of a run; None where they can't be read."""
    for folder in (run.path, run.job):
        if (folder / "config.toml").is_file():
            try:
                return make_config(read_config(folder / "config.toml"))
            except GridcastError:
                return None
    return None


def scores_of_run(path: Path) -> dict[str, dict[str, float | None]]:
    """Return the scores of a run by forecaster, its own first; none where there are none."""
    scores = _read(path / "metrics.json")
    ranked = sorted(scores, key=lambda name: name != OWN)
    return {name: scores[name] for name in ranked if isinstance(scores[name], dict)}


def unit_of_run(path: Path) -> str:
    """Return the unit of the readings of a run; empty where it is not known."""
    return str(_read(path / "run.json").get("unit") or "")


def _row(run: StoredRun) -> dict[str, Any]:
    config, about = settings_of_run(run), _read(run.path / "run.json")
    own = scores_of_run(run.path).get(OWN, {})
    return {
        "run": run.name,
        "state": run.state,
        "kind": run.kind,
        "started": run.started,
        "RMSE": own.get("rmse"),
        "skill": own.get("skill"),
        "places": about.get("places"),
        "horizon": config.task.horizon if config else None,
        "size": config.model.size if config else None,
        "epochs": config.training.epochs if config else None,
        "seconds": about.get("seconds"),
    }


def _read(path: Path) -> dict[str, Any]:
    """Return the content of a JSON file; nothing where there is none, or a damaged one."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
