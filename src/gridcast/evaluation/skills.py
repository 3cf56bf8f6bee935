"""How much better one forecaster is than another, and whether that is more than chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from gridcast.clock import HOUR, WEEK, steps_in
from gridcast.errors import ConfigError, did_you_mean, listed
from gridcast.metrics import block_bootstrap_skill, diebold_mariano


class PlacesWon(NamedTuple):
    """At how many of how many places one forecaster is better than another, and which those are."""

    won: int
    of: int
    names: tuple[str, ...]


def skills(
    scores: pd.DataFrame,
    reference: str,
    *,
    metrics: Sequence[str] = ("mae", "crps"),
    level: float = 0.9,
    samples: int = 2000,
    seed: int = 0,
) -> pd.DataFrame:
    """Return each forecaster's skill against a reference, over issue times, with its interval and significance.

    The interval comes from blocks of a week of issue times. The test counts lags up to two weeks, or twice as far as forecasts
    overlap, with weights that fall to zero: one of a week has half the weight.

    Args:
        scores: From `score_table`.
        reference: The name of the forecaster to compare with.
        metrics: Errors of which the skill is told, means over hours such as `mae` and `crps`; those that the reference or the
            forecaster does not have are left out.
        level: How probable the interval is. [1]
        samples: How many times issue times are drawn.
        seed: Of the draws.

    Returns:
        A row for each other forecaster and metric: `model`, `reference`, `metric`; `skill`, 1 - score / reference score, and
        its interval from `low` to `high` [1]; `p_value` of the Diebold-Mariano test [1]; `n`, the number of issue times.

    Raises:
        ConfigError: If there is no such reference.
    """
    _require_models(scores, [reference])
    horizon, block = _overlap(scores), _block(scores)
    rows = []
    for metric in metrics:
        means, sums = _by_issue_time(scores, metric)
        if reference not in means:
            continue
        for model in means.columns.drop(reference):
            found = block_bootstrap_skill(
                sums[model], sums[reference], block=block, samples=samples, seed=seed, level=level
            )._asdict()
            test = diebold_mariano(means[model], means[reference], horizon=horizon, lags=2 * max(horizon, block) - 1)
            row = {"model": model, "reference": reference, "metric": metric}
            rows.append({**row, **found, "p_value": test.p_value, "n": test.n})
    return pd.DataFrame(rows, columns=["model", "reference", "metric", "skill", "low", "high", "p_value", "n"])


def places_won(scores: pd.DataFrame, model: str, rival: str, *, metric: str = "mae") -> PlacesWon:
    """Return at how many places a forecaster has the lower score than a rival, of those where both have one.

    Args:
        scores: From `score_table`.
        model: The forecaster's name.
        rival: The other's name.
        metric: A score of which less is better.

    Raises:
        ConfigError: If there is no such forecaster.

    Example:
        >>> maes = {"model": ["a", "a", "b", "b"], "location": ["X", "Y", "X", "Y"], "value": [1.0, 3.0, 2.0, 2.0]}
        >>> places_won(pd.DataFrame({**maes, "split": "location", "metric": "mae"}), "a", "b")
        PlacesWon(won=1, of=2, names=('X',))
    """
    _require_models(scores, [model, rival])
    rows = scores[(scores["split"] == "location") & (scores["metric"] == metric)]
    own, other = (rows[rows["model"] == name].set_index("location")["value"].dropna() for name in (model, rival))
    both = own.index.intersection(other.index, sort=False)
    won = both[(own[both] < other[both]).to_numpy()]
    return PlacesWon(len(won), len(both), tuple(str(name) for name in won))


def _require_models(scores: pd.DataFrame, names: Sequence[str]) -> None:
    models = scores["model"].unique().tolist()
    unknown = [name for name in names if name not in models]
    if unknown:
        raise ConfigError(
            f"no scores of {listed(unknown)}", found=listed(models), expected="one of them", hint=did_you_mean(unknown[0], models)
        )


def _by_issue_time(scores: pd.DataFrame, metric: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the mean and the sum of an error at each issue time, a column a model in the order of the scores."""
    rows = scores[(scores["split"] == "issue") & (scores["metric"] == metric)]
    rows = rows.assign(sum=rows["value"] * rows["n"])
    of_model = {name: own.set_index("issue_time") for name, own in rows.groupby("model", sort=False)}
    means, sums = (pd.DataFrame({name: own[column] for name, own in of_model.items()}) for column in ("value", "sum"))
    return means.sort_index(), sums.sort_index()


def _stride(scores: pd.DataFrame) -> pd.Timedelta:
    """Return the usual time between two issue times; a week if there is but one."""
    times = scores["issue_time"].dropna().drop_duplicates().sort_values()
    return pd.Timedelta(times.diff().median()) if len(times) > 1 else WEEK


def _overlap(scores: pd.DataFrame) -> int:
    """Return how many issue times a forecast reaches ahead, at least one."""
    last = scores["lead"].max()
    return int(last * HOUR // _stride(scores)) + 1 if np.isfinite(last) else 1


def _block(scores: pd.DataFrame) -> int:
    """Return how many issue times there are in a week, at least one."""
    return steps_in(WEEK, _stride(scores))
