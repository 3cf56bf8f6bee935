"""Ridge regression on lags, recency, weather and calendar: what a line can make of all that the network sees but the map."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from gridcast.errors import TrainingError, require_positive
from gridcast.features.calendar import Calendar
from gridcast.forecast import Forecast
from gridcast.forecasters.residuals import LEVELS, Residuals, require_levels
from gridcast.forecasters.tabulated import CODES, Float, Floats, Ints, Rows, Tabulated, learned_and_judged
from gridcast.panel import Panel
from gridcast.samples.localclock import WEEKDAYS
from gridcast.samples.recipe import Recipe
from gridcast.samples.samples import Samples

FLAT = 1e-6  # spread up to which a feature is the same everywhere
FAR = 10.0  # spreads from the mean at which a feature is cut


@dataclass
class RidgeForecaster:
    """For each time of the day a regression common to all places, and each place's own departure from it, both by ridge.

    The features are those of the engine without its map, and the squares and cubes of the weather. Places are brought to one
    scale, and the target is what is above the mean of the last week. Quantiles are those of the residuals in weeks that were
    held out, at each step and place, around the point.

    Attributes:
        horizon: Number of steps.
        levels: Of the quantiles.
        calendar: What the calendars of all places have in common.
        issue_hour: Local hour at which forecasts are issued, for which it is fitted; None for any hour.
        common: Weight of the squares of the common coefficients, in readings.
        own: Weight of the squares of each place's departure from them, in readings.
        seed: Of the hours that are learned, if they may be any.
    """

    horizon: int = 24
    levels: tuple[float, ...] = LEVELS
    calendar: Calendar | None = field(default_factory=Calendar)
    issue_hour: int | None = None
    common: float = 10.0
    own: float = 30.0
    seed: int = 0

    name = "ridge"
    batched = True

    def __post_init__(self) -> None:
        require_positive(horizon=self.horizon, common=self.common, own=self.own)
        require_levels(self.levels)

    @property
    def reach(self) -> pd.Timedelta:
        """The context of the lags, and a day for what a local clock may have moved by."""
        return self._require_fit().reach

    def fit(self, panel: Panel) -> RidgeForecaster:
        """Fit the regressions on the readings of the panel; return itself.

        Raises:
            PanelError: If the history is too short, or a place has nothing to learn from.
        """
        recipe = Recipe.fit(panel, horizon=self.horizon, calendar=self.calendar)
        self.weather = recipe.covariates.names
        learned, judged = learned_and_judged(Samples(recipe, panel), self.issue_hour, self.seed)
        terms = self._terms(learned)
        self.centre = terms.mean(axis=0)
        spread = terms.std(axis=0)
        self.scale = np.where(spread > FLAT, spread, np.inf)
        self.coefficients = self._coefficients(self._scaled(terms), learned, len(panel.locations), recipe.lags.day)
        self.offsets = self._offsets(judged or learned, len(panel.locations))
        self.tabulated = Tabulated.of(panel, recipe)
        return self

    def predict(self, panel: Panel, issue_times: pd.DatetimeIndex) -> Forecast:
        """Return the values of the regressions, and the quantiles of the residuals around them.

        Raises:
            TrainingError: If it was not fitted.
            PanelError: If the panel is not like the one that it was fitted on.
        """
        return self._require_fit().forecast(panel, issue_times, self.levels, self._at)

    def _at(self, rows: Rows) -> Floats:
        """Return point and quantiles above the level, shape (any, 1 + Q). [scaled]"""
        point = self._points(rows)[:, None]
        return np.concatenate([point, point + self.offsets[rows.place, rows.step]], axis=1)

    def _points(self, rows: Rows) -> Floats:
        coefficients = self.coefficients[rows.place, rows.slot]
        return np.asarray(np.einsum("rf,rf->r", self._scaled(self._terms(rows)), coefficients), dtype=np.float64)

    def _terms(self, rows: Rows) -> Float:
        """Return all that are amounts, the weekdays one by one, and the squares and cubes of the weather, shape (any, F)."""
        amounts = rows.columns([name for name in rows.names if name not in CODES])
        weekday = np.eye(WEEKDAYS, dtype=np.float32)[rows.columns(["weekday"])[:, 0].astype(np.int64)]
        weather = rows.columns(self.weather)
        return np.concatenate([amounts, weekday, weather**2, weather**3], axis=1)

    def _scaled(self, terms: Float) -> Float:
        """Return 1 and the scaled terms, shape (any, 1 + F)."""
        scaled = np.clip((terms - self.centre) / self.scale, -FAR, FAR)
        return np.concatenate([np.ones((len(terms), 1)), scaled], axis=1, dtype=np.float32)

    def _coefficients(self, terms: Float, rows: Rows, places: int, slots: int) -> Float:
        """Return the coefficients of each place, and last the common ones, at each time of the day, shape (N + 1, slot, 1 + F)."""
        target = rows.target.astype(np.float64)
        common = _by_group(terms, target, rows.slot, slots, self.common)
        rest = target - np.einsum("rf,rf->r", terms, common.astype(np.float32)[rows.slot])
        own = _by_group(terms, rest, rows.place * slots + rows.slot, places * slots, self.own).reshape(places, slots, -1)
        return np.concatenate([common + own, common[None]], dtype=np.float32)

    def _offsets(self, judged: Rows, places: int) -> Floats:
        """Return the quantiles of the residuals less their median, of each place, and last of all, at each step. [scaled]

        Shape (N + 1, H, Q).
        """
        wrong = judged.target - self._points(judged)
        found = np.zeros((places + 1, self.horizon, len(self.levels)))
        for place in range(places + 1):
            mine = judged.place == place
            mine = mine if mine.any() else np.ones(len(wrong), dtype=bool)
            residuals = Residuals.fit(wrong[mine], judged.step[mine], self.levels, self.horizon)
            found[place] = residuals.offsets - residuals.medians[:, None]
        return found

    def _require_fit(self) -> Tabulated:
        if not hasattr(self, "tabulated"):
            raise TrainingError("the forecaster is not fitted", found="no coefficients", expected="a call of `fit(panel)` before")
        return self.tabulated


def _by_group(terms: Float, target: Floats, group: Ints, groups: int, weight: float) -> Floats:
    """Return the ridge coefficients of each group of rows, 0 where a group has none, shape (group, F)."""
    found = np.zeros((groups, terms.shape[1]))
    order = np.argsort(group, kind="stable")
    bounds = np.searchsorted(group[order], np.arange(groups + 1))
    for number in np.flatnonzero(np.diff(bounds)):
        rows = order[bounds[number] : bounds[number + 1]]
        part = terms[rows].astype(np.float64)
        squares = part.T @ part
        squares[np.diag_indices(len(squares))] += weight
        found[number] = np.linalg.solve(squares, part.T @ target[rows])
    return found
