"""What a search came to: the table of its trials, the best of them, and which settings mattered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridcast.config import RunConfig
from gridcast.errors import TrainingError, counted
from gridcast.tuning.space import LEFT_OUT, SEARCHED, Range, Space
from gridcast.tuning.storage import answering, library
from gridcast.tuning.study import LOST, Search, joined, state_of

if TYPE_CHECKING:
    from optuna.study import Study
    from optuna.trial import FrozenTrial

ENOUGH = 6  # trials from which on it is told which settings mattered


@dataclass(frozen=True)
class Tuned:
    """What a search came to.

    Attributes:
        space: What was searched.
        table: A row a trial: `trial` from 1 on, `state` (complete, pruned, failed, lost, running), `score` [%], `seconds`,
            `started` [UTC], `configured` (the settings as they were), each setting searched, `loss` (the last of its curve),
            `error`.
        importance: By setting, its share of how the scores vary; empty where there are too few trials. [1]
    """

    space: Space
    table: pd.DataFrame
    importance: Mapping[str, float]

    @property
    def settings(self) -> tuple[str, ...]:
        """Names of the settings that were searched."""
        return tuple(self.space.dimensions)

    @property
    def complete(self) -> pd.DataFrame:
        """The trials with a score."""
        return self.table[self.table["state"] == "complete"]

    @property
    def best(self) -> pd.Series[Any] | None:
        """The trial with the lowest score, the first of equal ones; None where all failed."""
        found = self.complete
        return None if found.empty else found.iloc[int(found["score"].to_numpy().argmin())]

    @property
    def configured(self) -> float:
        """Score of the settings as they were; NaN where it is not known. [%]"""
        found = self.complete[self.complete["configured"]]
        return float(found["score"].iloc[0]) if len(found) else float("nan")

    @property
    def best_config(self) -> RunConfig:
        """The settings of the best trial.

        Raises:
            TrainingError: If no trial has a score.
        """
        best = self.best
        if best is None:
            errors = self.table["error"][self.table["error"] != ""]
            raise TrainingError(
                "no trial has a score",
                found=f"{counted(len(self.table), 'trial')}; the first error: {errors.iloc[0] if len(errors) else 'none'}",
                expected="at least one that is trained to the end",
                hint="give more `--minutes` or `--trials`, or look at `trials.csv`",
            )
        if best["configured"]:
            return self.space.config
        return self.space.with_values({name: _plain(best[name]) for name in self.settings})


def outcome_of(search: Search) -> Tuned:
    """Return what a search has come to so far.

    Raises:
        FileError: If the storage does not answer.
    """
    with answering(search.storage):
        study = joined(search)
        trials = [each for each in study.get_trials(deepcopy=False) if state_of(each) != "waiting"]
        table = pd.DataFrame([_row(each, search.space) for each in trials], columns=_columns(search.space))
        for name, dimension in search.space.dimensions.items():
            if isinstance(dimension, Range):
                table[name] = pd.to_numeric(table[name], errors="coerce")
        table["started"] = pd.to_datetime(table["started"], utc=True)
        return Tuned(search.space, table, _importance(study))


def _columns(space: Space) -> list[str]:
    return ["trial", "state", "score", "seconds", "started", "configured", *space.dimensions, "loss", "error"]


def _row(trial: FrozenTrial, space: Space) -> dict[str, Any]:
    """Return a trial as a row; that of the configuration has its own settings."""
    configured = bool(trial.user_attrs.get("configured"))
    ended = None if state_of(trial) == LOST else trial.datetime_complete  # when a lost one ended nobody knows
    spent = (ended - trial.datetime_start) if ended and trial.datetime_start else None
    return {
        "trial": trial.number + 1,
        "state": state_of(trial),
        "score": float(trial.value) if trial.state.name == "COMPLETE" and trial.value is not None else np.nan,
        "seconds": spent.total_seconds() if spent else np.nan,
        "started": trial.datetime_start.astimezone() if trial.datetime_start else None,
        "configured": configured,
        **(_configured(space) if configured else {name: trial.params.get(name) for name in space.dimensions}),
        "loss": trial.intermediate_values[trial.last_step] if trial.last_step is not None else np.nan,
        "error": str(trial.user_attrs.get("error", "")),
    }


def _configured(space: Space) -> dict[str, Any]:
    """Return what the configuration says of the settings that are searched."""
    values = {name: getattr(getattr(space.config, SEARCHED[name]), name) for name in space.dimensions}
    return {name: LEFT_OUT if value is None else value for name, value in values.items()}


def _importance(study: Study) -> dict[str, float]:
    """Return which settings mattered, by the variance that each explains in a random forest (Hutter et al. 2014)."""
    optuna = library()
    states = optuna.trial.TrialState
    known = [each for each in study.get_trials(deepcopy=False, states=(states.COMPLETE,)) if each.params]
    if len(known) < ENOUGH or len({each.value for each in known}) < 2:
        return {}
    alone = optuna.create_study(direction="minimize")
    alone.add_trials(known)
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
    found = optuna.importance.get_param_importances(alone, evaluator=evaluator)
    return {str(name): float(share) for name, share in found.items()}


def _plain(value: Any) -> Any:
    """Return a value of a table as Python has it."""
    return value.item() if isinstance(value, np.generic) else value
