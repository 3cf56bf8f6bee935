"""What a backtest came to, in a form that is read by people and programs: `scores.json`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from gridcast.evaluation import Seconds
from gridcast.views.backtested import Total

Won = Mapping[tuple[str, str], tuple[int, int]]


def summary_of(
    scores: pd.DataFrame,
    told: pd.DataFrame,
    won: Won,
    facts: Mapping[str, Any],
    *,
    total: Total | None,
    versus: Any,
    seconds: Mapping[str, Seconds],
) -> dict[str, Any]:
    """Return the overall scores by model, and all that is needed to read them.

    Args:
        scores: From `score_table`.
        told: From `skills`.
        won: At how many places a model is better than a rival, and of how many.
        facts: Of plan and settings.
        total: The sum of all places.
        versus: The operator, with the scores of all on its hours.
        seconds: How long each model took.
    """
    models = overall_of(scores)
    for name, each in seconds.items():
        models.get(name, {}).update(training_seconds=round(each.training, 1), prediction_seconds=round(each.prediction, 2))
    return {
        **facts,
        "models": models,
        "skills": told.to_dict("records"),
        "places_won": [{"model": model, "rival": rival, "won": won_, "of": of} for (model, rival), (won_, of) in won.items()],
        "total": None if total is None else overall_of(total.scores),
        "with_operator": None if versus is None else overall_of(versus.scores),
    }


def overall_of(scores: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Return the overall scores of each model by metric, and how many hours they are of."""
    rows = scores[scores["split"] == "overall"]
    found: dict[str, dict[str, Any]] = {}
    for model, own in rows.groupby("model", sort=False):
        values = {str(metric): float(value) for metric, value in zip(own["metric"], own["value"], strict=True)}
        hours = own.loc[own["metric"] == "mae", "n"]
        found[str(model)] = {**values, "hours": int(hours.iloc[0]) if len(hours) else 0}
    return found
