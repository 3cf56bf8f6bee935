"""LightGBM: one model of boosted trees for all places and steps, with all that the network sees but the map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd

from gridcast.errors import GridcastError, TrainingError, require_positive
from gridcast.features.calendar import Calendar
from gridcast.forecast import Forecast
from gridcast.forecasters.residuals import LEVELS, require_levels
from gridcast.forecasters.tabulated import CODES, Floats, Rows, Tabulated, learned_and_judged
from gridcast.panel import Panel
from gridcast.processors import processors
from gridcast.samples.recipe import Recipe
from gridcast.samples.samples import Samples

PATIENCE = 100  # trees without a gain in the weeks that are held out, after which no more are added
MEDIAN = 0.5
ROWS_A_LEAF, FEWEST = 2000, (20, 200)  # a leaf has at least this part of the rows, within bounds
SHARES = {"feature_fraction": 0.5, "bagging_fraction": 0.8, "bagging_freq": 1}  # of columns and rows that each tree sees


@dataclass
class LightGBMForecaster:
    """Boosted trees on the features of the engine without its map: a model of the median, and one of each other quantile.

    Places are brought to one scale, and the target is what is above the mean of the last week. Trees are added for as long as
    they help in weeks that are held out. The same seed gives the same trees.

    Attributes:
        horizon: Number of steps.
        levels: Of the quantiles; without any only the median is learned, in a fraction of the time.
        calendar: What the calendars of all places have in common.
        issue_hour: Local hour at which forecasts are issued, for which it is fitted; None for any hour.
        trees: At most so many for the median.
        quantile_trees: At most so many for each other quantile.
        learning_rate: Share of each tree that counts.
        leaves: Of a tree.
        seed: Of the trees, and of the hours that are learned, if they may be any.
        threads: Of the processor; 0 for all.

    References:
        Ke et al. (2017), LightGBM: a highly efficient gradient boosting decision tree, Advances in Neural Information Processing
        Systems 30.
    """

    horizon: int = 24
    levels: tuple[float, ...] = LEVELS
    calendar: Calendar | None = field(default_factory=Calendar)
    issue_hour: int | None = None
    trees: int = 3000
    quantile_trees: int = 500
    learning_rate: float = 0.05
    leaves: int = 63
    seed: int = 0
    threads: int = 0

    name = "lightgbm"
    batched = True

    def __post_init__(self) -> None:
        require_positive(
            horizon=self.horizon, trees=self.trees, quantile_trees=self.quantile_trees, learning_rate=self.learning_rate
        )
        require_levels(self.levels)

    @property
    def reach(self) -> pd.Timedelta:
        """The context of the lags, and a day for what a local clock may have moved by."""
        return self._require_fit().reach

    def fit(self, panel: Panel) -> LightGBMForecaster:
        """Grow the trees on the readings of the panel; return itself.

        Raises:
            GridcastError: If LightGBM is not installed.
            PanelError: If the history is too short, or a place has nothing to learn from.
        """
        lightgbm = _lightgbm()
        recipe = Recipe.fit(panel, horizon=self.horizon, calendar=self.calendar)
        learned, judged = learned_and_judged(Samples(recipe, panel), self.issue_hour, self.seed)
        categories = [learned.names.index(name) for name in CODES]
        training = lightgbm.Dataset(
            learned.values, learned.target, categorical_feature=categories, params={"verbosity": -1}, free_raw_data=False
        )
        held_out = training.create_valid(judged.values, judged.target) if judged else None
        self.median = self._grown(lightgbm, training, held_out, None)
        self.others = {level: self._grown(lightgbm, training, held_out, level) for level in self.levels if level != MEDIAN}
        self.tabulated = Tabulated.of(panel, recipe)
        return self

    def predict(self, panel: Panel, issue_times: pd.DatetimeIndex) -> Forecast:
        """Return what the trees say; quantiles that would cross are moved towards the median.

        Raises:
            TrainingError: If it was not fitted.
            PanelError: If the panel is not like the one that it was fitted on.
        """
        return self._require_fit().forecast(panel, issue_times, self.levels, self._at)

    def _grown(self, lightgbm: Any, training: Any, held_out: Any, level: float | None) -> Any:
        """Return the model of a quantile, or of the median by the mean absolute error."""
        goal = {"objective": "regression_l1"} if level is None else {"objective": "quantile", "alpha": level}
        settings = {
            **goal,
            "learning_rate": self.learning_rate,
            "num_leaves": self.leaves,
            **SHARES,
            "min_data_in_leaf": int(np.clip(len(training.get_label()) // ROWS_A_LEAF, *FEWEST)),
            "seed": self.seed,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": self._threads,
            "verbosity": -1,
        }
        trees = self.trees if level is None else self.quantile_trees
        if held_out is None:
            return lightgbm.train(settings, training, trees)
        stop = lightgbm.early_stopping(PATIENCE, verbose=False)
        return lightgbm.train(settings, training, trees, valid_sets=[held_out], callbacks=[stop])

    @property
    def _threads(self) -> int:
        return self.threads or processors()

    def _at(self, rows: Rows) -> Floats:
        """Return the median and the quantiles above the level, shape (any, 1 + Q). [scaled]"""
        point = self.median.predict(rows.values, num_threads=self._threads)
        said = [
            self.others[level].predict(rows.values, num_threads=self._threads) if level != MEDIAN else point
            for level in self.levels
        ]
        return np.column_stack([point, *_in_order(point, self.levels, said)])

    def _require_fit(self) -> Tabulated:
        if not hasattr(self, "tabulated"):
            raise TrainingError("the forecaster is not fitted", found="no trees", expected="a call of `fit(panel)` before")
        return self.tabulated


def _in_order(point: Floats, levels: Sequence[float], said: Sequence[Floats]) -> list[Floats]:
    """Return quantiles that do not cross: none below the median is above it or above a higher one, and the other way round.

    Example:
        >>> point, said = np.array([5.0]), [np.array([value]) for value in (4.0, 6.0, 9.0, 7.0)]
        >>> [float(each[0]) for each in _in_order(point, (0.1, 0.3, 0.7, 0.9), said)]
        [4.0, 5.0, 9.0, 9.0]
    """
    below = [values for level, values in zip(levels, said, strict=True) if level <= MEDIAN]
    above = [values for level, values in zip(levels, said, strict=True) if level > MEDIAN]
    lower = np.minimum.accumulate(np.stack([point, *below[::-1]]))[1:][::-1]
    upper = np.maximum.accumulate(np.stack([point, *above]))[1:]
    return [*lower, *upper]


def _lightgbm() -> Any:
    """Return the library.

    Raises:
        GridcastError: If it is not installed.
    """
    try:
        return import_module("lightgbm")
    except ImportError as error:
        raise GridcastError(
            "LightGBM is not installed", found="the forecaster `lightgbm`", hint='pip install "gridcast[boosting]"'
        ) from error
