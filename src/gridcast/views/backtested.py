"""What the report of a backtest is made of: the scores, the forecasts, and what they are measured against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.errors import ShapeError, listed
from gridcast.forecast import Forecast
from gridcast.panel import Panel
from gridcast.views.background import Background

COLUMNS = ("model", "split", "metric", "value", "n")
ERRORS = {"nmae": "nMAE [% of mean load]", "wape": "WAPE [%]", "mae": "MAE"}  # the first that is there leads the report
WEATHER = {
    "ex post": "ex post: scored with the measured weather of the predicted hours, which nobody has when the forecast is made",
    "ex ante": "ex ante: only what was known at the issue time was used, weather forecasts included",
    "none": "ex ante: no weather was used",
}

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Total:
    """The sum of all places: its scores, its forecasts, each with one place, and what was measured."""

    scores: pd.DataFrame
    forecasts: Mapping[str, Forecast]
    actual: Forecast


@dataclass(frozen=True)
class Backtested:
    """A backtest to be reported.

    Attributes:
        scores: A row a score: `model`, `split` (`overall`, `location`, `lead`, `hour`, `season`, `issue`) and the column of its
            label, `metric`, `value` and `n`.
        forecasts: By model, all of one shape.
        actual: What was measured, in that shape.
        panel: Whose places, unit and coordinates they are.
        skills: `model`, `reference`, `metric`, `skill`, `low`, `high` and `p_value`, a row or mapping each. [1]
        won: At how many of how many places a model is better than a rival: by (model, rival).
        facts: What is to be printed of plan and settings; `weather` is a key of `WEATHER`, `gap` the steps that are not scored.
        ablation: `variant`, `nmae`, `difference_percent`, `low`, `high` and `p_value`: how much larger the error is without.
        total: The sum of all places.
        operator: The overall scores of all, and of the operator, on the hours that the operator forecast too.
        background: What was asked, the data, and what was used, as far as that is known.

    Raises:
        ShapeError: If the scores lack a column, have no row, or a forecast is not of the shape of what was measured.
    """

    scores: pd.DataFrame
    forecasts: Mapping[str, Forecast]
    actual: Forecast
    panel: Panel
    skills: pd.DataFrame | Sequence[Mapping[str, object]] = ()
    won: Mapping[tuple[str, str], Sequence[object]] = field(default_factory=dict)
    facts: Mapping[str, object] = field(default_factory=dict)
    ablation: pd.DataFrame | None = None
    total: Total | None = None
    operator: pd.DataFrame | None = None
    background: Background = field(default_factory=Background)

    def __post_init__(self) -> None:
        missing = [name for name in COLUMNS if name not in self.scores]
        if missing or self.scores.empty:
            problem = f"the table of scores lacks {listed(missing)}" if missing else "there are no scores to report"
            raise ShapeError(problem, found=listed(self.scores) or "no columns", expected=listed(COLUMNS, shown=9))
        shape = self.actual.values.shape
        others = [name for name, forecast in self.forecasts.items() if forecast.values.shape != shape]
        if others:
            raise ShapeError(f"forecasts of {listed(others)} are not of the hours that were measured", expected=str(shape))

    @cached_property
    def metric(self) -> str:
        """The error that leads the report."""
        return next((name for name in ERRORS if self.overall(name).notna().any()), "mae")

    @cached_property
    def error_label(self) -> str:
        """That error with its unit."""
        return f"MAE [{self.panel.unit}]" if self.metric == "mae" and self.panel.unit else ERRORS[self.metric]

    @cached_property
    def models(self) -> tuple[str, ...]:
        """All models, the best first; those without a score last."""
        names = list(dict.fromkeys(self.scores["model"]))
        value = self.overall(self.metric)
        return tuple(sorted(names, key=lambda name: (not np.isfinite(value.get(name, np.nan)), value.get(name, np.nan))))

    @property
    def best(self) -> str:
        """The model with the smallest error."""
        return self.models[0]

    @cached_property
    def reference(self) -> str | None:
        """The model that pictures put beside the best: a naive one if there is any, that of a week ago first."""
        rivals = [name for name in self.models if name != self.best and name in self.forecasts]
        naive = [name for name in rivals if "naive" in name.lower()]
        return next(iter([*(name for name in naive if "168" in name), *naive, *rivals]), None)

    @cached_property
    def skill_table(self) -> pd.DataFrame:
        """The skills as a table with all its columns; of two models that were compared one way, the other way too."""
        table = self.skills if isinstance(self.skills, pd.DataFrame) else pd.DataFrame(list(self.skills))
        told = _table(table, ("model", "reference", "metric"), ("skill", "low", "high", "p_value"))
        turned = _turned(told[told["reference"].isin(self.models)])
        return pd.concat([told, turned], ignore_index=True).drop_duplicates(["model", "reference", "metric"])

    @cached_property
    def parts(self) -> pd.DataFrame:
        """The ablation as a table with all its columns; empty where nobody tried."""
        table = pd.DataFrame() if self.ablation is None else self.ablation
        return _table(table, ("variant",), ("nmae", "difference_percent", "low", "high", "p_value"))

    @cached_property
    def weather(self) -> str:
        """What was known of the weather, a key of `WEATHER`."""
        known = str(self.facts.get("weather", ""))
        used = any(forecast.is_ex_post for forecast in self.forecasts.values())
        return known if known in WEATHER else "ex post" if used or self.panel.is_ex_post else "none"

    @property
    def mark(self) -> str:
        """What is printed with every table and figure."""
        return "ex post" if self.weather == "ex post" else "ex ante"

    @property
    def gap(self) -> int:
        """Number of first steps that are not scored."""
        return int(str(self.facts.get("gap", 0)))

    def overall(self, metric: str) -> pd.Series[float]:
        """Return a score over everything by model."""
        rows = self.scores[(self.scores["split"] == "overall") & (self.scores["metric"] == metric)]
        return rows.drop_duplicates("model").set_index("model")["value"].astype(np.float64)

    def split(self, split: str, metric: str, column: str | None = None) -> pd.DataFrame:
        """Return a score by the groups of a split, a column a model, in the order of `models`; empty where there is none."""
        column = column or split
        rows = self.scores[(self.scores["split"] == split) & (self.scores["metric"] == metric)]
        if rows.empty or column not in rows:
            return pd.DataFrame()
        order = list(dict.fromkeys(rows[column]))
        table = rows.pivot_table(index=column, columns="model", values="value", sort=False, dropna=False)
        return table.reindex(index=order, columns=[name for name in self.models if name in table])

    def missed(self, model: str) -> tuple[int, int]:
        """Return how many readings a model could not forecast, and of how many."""
        rows = self.scores[(self.scores["split"] == "overall") & (self.scores["metric"] == "missed")]
        own = rows[rows["model"] == model]
        if len(own):
            return int(own["value"].iloc[0]), int(own["n"].iloc[0])
        if model not in self.forecasts:
            return 0, 0
        read = np.isfinite(self.actual.values.values[:, :, self.gap :])
        told = np.isfinite(self.forecasts[model].values.values[:, :, self.gap :])
        return int((read & ~told).sum()), int(read.sum())

    @cached_property
    def mean_load(self) -> Floats:
        """Mean of what was measured at each place, shape (location,). [the panel's unit]"""
        return mean_load(self.actual)


def _table(table: pd.DataFrame, names: tuple[str, ...], numbers: tuple[str, ...]) -> pd.DataFrame:
    """Return a table with all these columns, NaN where a number is not known."""
    return table.reindex(columns=[*names, *numbers]).astype(dict.fromkeys(numbers, np.float64))


def _turned(table: pd.DataFrame) -> pd.DataFrame:
    """Return skills the other way round: of each reference against the model, 1 - 1 / (1 - skill)."""
    other = 1 - 1 / (1 - table[["skill", "low", "high"]])
    names = {"model": table["reference"], "reference": table["model"]}
    return table.assign(**names, skill=other["skill"], low=other["high"], high=other["low"])


def mean_load(actual: Forecast) -> Floats:
    """Return the mean of what was measured at each place, shape (location,); NaN where nothing was."""
    values = actual.values.values.astype(np.float64)
    count = np.isfinite(values).sum(axis=(0, 2))
    mean: Floats = np.abs(np.where(count > 0, np.nansum(values, axis=(0, 2)) / np.maximum(count, 1), np.nan))
    return np.where(mean > 0, mean, np.nan)
