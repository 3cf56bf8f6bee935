"""The hybrid as a forecaster: one network for all places, trained once, calibrated, and asked at any issue time."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.augment import Augmenter, require_kinds
from gridcast.calibration import Calibration
from gridcast.clock import DAY
from gridcast.errors import ConfigError, GridcastWarning, TrainingError, require_positive
from gridcast.features.calendar import Calendar
from gridcast.forecast import Forecast, joined_in_time
from gridcast.forecasters.fitted import Fitted, fingerprint
from gridcast.forecasters.placing import Placing
from gridcast.layout import Axes, Collisions
from gridcast.networks import backend
from gridcast.networks.branches import NONE, require_branches
from gridcast.networks.engine import Shape, features_of, make_engine, without_folds
from gridcast.panel import Panel
from gridcast.raster import panel_grid
from gridcast.samples.parts import Parts, parts_of
from gridcast.samples.placed import Placed
from gridcast.samples.recipe import Recipe
from gridcast.samples.samples import Rows, Samples
from gridcast.training.checkpoints import Checkpoint
from gridcast.training.engine import Material, Schedule, ask, fit
from gridcast.training.lines import fit_lines, lines_of

Progress = Callable[[int, dict[str, float]], None]
Size = Literal["small", "medium", "large"]

UNITS: dict[Size, int] = {"small": 32, "medium": 64, "large": 128}
LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
EPOCHS = 30
STEPS = 55  # in an epoch, where the batch size is left to us ...
FEWEST, MOST = 4, 64  # ... with so many issue times in a step ...
ROWS = 2000  # ... and at most so many places times issue times
MARGIN = DAY  # beyond the context: a lag by the local clock may reach back an hour or two more


@dataclass
class HybridForecaster:
    """LSTM on each history, CNN on the map, or other branches, a decoder for all steps and quantiles; one network for all places.

    Attributes:
        horizon: Steps to forecast.
        sequence_length: Steps of context; by default 28 days, or 112 steps where a step is a day.
        grid_size: Rows and columns of the map, or both; by default as fine as the places need.
        size: How wide the network is: 32, 64 or 128 units.
        units: Another width.
        members: Networks with different seeds, whose quantiles are averaged.
        epochs: Passes over the training part; each takes one issue time a day.
        batch_size: Issue times in a training step; each brings all places.
        learning_rate: At the beginning; by default that of `Schedule`.
        weight_decay: Likewise.
        dropout: Share of what is dropped in training; by default that of `Shape`.
        augment: Kinds of augmentation, of `gridcast.augment.KINDS`.
        augment_strength: How strong they are; 1 for what is usual.
        levels: Of the quantiles, ascending, with the median.
        calendar: What the calendars of all places have in common.
        issue_hour: Hour of the panel's clock at which forecasts are issued, for which the network is trained; None for any.
        seed: Of weights, dropout and order.
        axes: Of the map, see `gridcast.raster.panel_grid`.
        collisions: Likewise.
        temporal: What reads the histories: a name of `gridcast.networks.branches`.
        spatial: What reads the map, likewise.
        shuffled_map: Whether the places change places on the map, to see what the map is worth.
        lines: Whether the forecast starts from ridge regressions, see `gridcast.networks.lines`, or from the weekly lag.
        weather: Whether weather that is known ahead is read.
        progress: Called after each epoch with its number and losses.
        checkpoint: File from which an interrupted training goes on.
    """

    horizon: int = 24
    sequence_length: int | None = None
    grid_size: int | tuple[int, int] | None = None
    size: Size = "medium"
    units: int | None = None
    members: int = 1
    epochs: int = EPOCHS
    batch_size: int | None = None
    learning_rate: float | None = None
    weight_decay: float | None = None
    dropout: float | None = None
    augment: tuple[str, ...] = ()
    augment_strength: float = 1.0
    levels: tuple[float, ...] = LEVELS
    calendar: Calendar | None = field(default_factory=Calendar)
    issue_hour: int | None = None
    seed: int = 0
    axes: Axes = "equal"
    collisions: Collisions = "spread"
    temporal: str = "lstm"
    spatial: str = "cnn"
    shuffled_map: bool = False
    lines: bool = True
    weather: bool = True
    progress: Progress | None = None
    checkpoint: str | os.PathLike[str] | None = None

    name = "hybrid"
    batched = True

    def __post_init__(self) -> None:
        require_positive(horizon=self.horizon, members=self.members, epochs=self.epochs, augment_strength=self.augment_strength)
        require_kinds(self.augment)
        require_branches(self.temporal, self.spatial)
        if self.size not in UNITS:
            raise ConfigError("unknown size of the network", found=str(self.size), expected=", ".join(UNITS))
        ascending = list(self.levels) == sorted(set(self.levels)) and all(0 < level < 1 for level in self.levels)
        if not ascending or 0.5 not in self.levels:
            expected = "levels in (0, 1), ascending, 0.5 among them"
            raise ConfigError("the quantiles need the median", found=str(self.levels), expected=expected)

    @property
    def reach(self) -> pd.Timedelta:
        """What samples look back, and a day for what lags behind it."""
        recipe = self._require_fit().recipe
        return recipe.reach * recipe.freq + MARGIN

    def fit(self, panel: Panel) -> HybridForecaster:
        """Train on the readings of the panel, and calibrate on every twelfth week, which nothing is learned from; return itself.

        Raises:
            PanelError: If the history is too short, or a place has nothing to learn from.
            TrainingError: If the loss is not a number.

        Warns:
            GridcastWarning: If there is one place only, for which there is no map.
        """
        placed, placing = self.placed_for(panel)
        parts = parts_of(placed.samples, self.issue_hour)
        shape = self._shape(placed, placing, parts)
        augmenter = self._augmenter(placed, placing, parts)
        networks: list[Any] = []
        self.history: dict[str, list[float]] = {}
        for member in range(self.members):
            network, history = self._train(shape, placed, parts, member, augmenter)
            networks.append(network)
            self.history = self.history or history
        self.fitted = Fitted(placed.samples.recipe, placing, tuple(networks), unit=panel.unit)
        self.fitted = self._calibrated(self.fitted, placed, parts)
        return self

    def predict(self, panel: Panel, issue_times: pd.DatetimeIndex) -> Forecast:
        """Return the forecasts of all the panel's places, also of places never seen in training.

        Raises:
            TrainingError: If it was not fitted.
            PanelError: If the panel has another step or unit, or lacks what the network was trained with.
        """
        fitted = self._require_fit()
        fitted.require_fit(panel, issue_times)
        cut = len(issue_times) == 1 and panel.issue_time is not None and panel.issue_time <= issue_times[0]
        if set(panel.locations) - set(fitted.placing.locations) and not cut:
            return self._one_by_one(panel, issue_times)
        placed = fitted.placed(panel)
        rows = placed.samples.rows_of(issue_times)
        scaled = _asked(fitted, placed, rows)  # (B, H, N, Q)
        quantiles = placed.samples.recipe.scaler.inverse_transform(scaled.swapaxes(2, 3)).transpose(0, 3, 1, 2)  # (B, N, H, Q)
        if fitted.calibration is not None:
            numbers = placed.number
            quantiles = fitted.calibration.apply(quantiles, places=numbers - 1)
        point = quantiles[..., self.levels.index(0.5)]
        quality, weathered = fitted.quality(placed, rows)
        ex_post = panel.is_ex_post and weathered
        return Forecast.of(
            point, panel=panel, issue_times=issue_times, ex_post=ex_post, quantiles=(self.levels, quantiles), quality=quality
        )

    def _one_by_one(self, panel: Panel, issue_times: pd.DatetimeIndex) -> Forecast:
        """Return the forecasts, each from what was known then: what a new place is like follows from its readings until then."""
        parts = [self.predict(panel.as_of(time).recent(self.reach), issue_times[[i]]) for i, time in enumerate(issue_times)]
        return joined_in_time(parts, panel, issue_times)

    def placed_for(self, panel: Panel) -> tuple[Placed, Placing]:
        """Return what a network is fed with in training, and what it will know its places by.

        Raises:
            PanelError: If a place has nothing to learn from.
        """
        recipe = Recipe.fit(panel, horizon=self.horizon, context=self.sequence_length, calendar=self.calendar, weather=self.weather)
        placing = self._placing(panel, recipe)
        flat, y, x = placing.cells(panel)
        static = placing.static(panel, y, x, recipe.scaler)
        return Placed(Samples(recipe, panel), placing.numbers(panel), flat, static), placing

    def _augmenter(self, placed: Placed, placing: Placing, parts: Parts) -> Augmenter | None:
        """Return what changes the samples that are learned from, if anything does."""
        if not self.augment:
            return None
        return Augmenter.fit(placed.samples, parts.learned, placing.grid, self.augment, self.augment_strength)

    def _train(
        self, shape: Shape, placed: Placed, parts: Parts, member: int, augmenter: Augmenter | None
    ) -> tuple[Any, dict[str, list[float]]]:
        """Return a trained network and its history."""
        seed = self.seed + 1000 * member
        backend.seed_everything(seed)
        network = make_engine(shape)
        if shape.lines is not None:
            fit_lines(network.lines, placed, parts.fitted())
        batch_size = self._batch_size(len(placed.number), len(parts.draw(np.random.default_rng(0))))
        given = self._given("learning_rate", "weight_decay", "augment", "augment_strength")
        schedule = Schedule(self.epochs, batch_size, seed=seed, **given)
        checkpoint = None
        if self.checkpoint is not None:
            path = Path(self.checkpoint)
            path = path if member == 0 else path.with_name(f"{path.stem}-{member}{path.suffix}")
            checkpoint = Checkpoint(path, fingerprint(shape, schedule, placed))
        progress = self._progress(member)
        judged = parts.judged[:: max(1, len(parts.judged) // 64)]
        material = Material(placed, parts.draw, augmenter)
        history = fit(network, material, schedule, judged=judged, progress=progress, checkpoint=checkpoint)
        return without_folds(network), history

    def _progress(self, member: int) -> Progress | None:
        """Return who is told of the epochs of a member: they count on."""
        told = self.progress
        return told and (lambda epoch, losses: told(epoch + member * self.epochs, losses))

    def _batch_size(self, places: int, samples: int) -> int:
        size = int(np.clip(round(samples / STEPS), FEWEST, MOST))
        return self.batch_size or max(1, min(size, ROWS // places, samples // 4))

    def _shape(self, placed: Placed, placing: Placing, parts: Parts) -> Shape:
        lone = len(placing.locations) == 1
        if lone and self.spatial != NONE:
            warnings.warn("there is one place only: the branch that reads the map is off", GridcastWarning, stacklevel=3)
        features = features_of(placed.inputs(parts.learned[-1:]))
        return Shape(
            self.levels,
            len(placing.locations),
            self.horizon,
            features,
            placing.grid.shape,
            units=self.units or UNITS[self.size],
            temporal=self.temporal,
            spatial=NONE if lone else self.spatial,
            lines=lines_of(placed, features) if self.lines else None,
            **self._given("dropout"),
        )

    def _given(self, *names: str) -> dict[str, Any]:
        """Return those of some attributes that are not left out."""
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}

    def _placing(self, panel: Panel, recipe: Recipe) -> Placing:
        """Return where the places are; shuffled, if that is asked for."""
        grid = panel_grid(panel, self.grid_size, until=panel.end, axes=self.axes, collisions=self.collisions)
        placing = Placing.fit(panel, grid, recipe.scaler)
        if self.shuffled_map:
            order = np.random.default_rng(self.seed).permutation(len(panel.locations))
            placing = replace(placing, grid=replace(grid, cells=grid.cells[order], homes=grid.homes[order]))
        return placing

    def _calibrated(self, fitted: Fitted, placed: Placed, parts: Parts) -> Fitted:
        """Return the fitted forecaster with its calibration, by the issue times that nothing was learned from."""
        if not len(parts.judged):
            return fitted
        scaled = _asked(fitted, placed, parts.judged)
        quantiles = scaled.transpose(0, 2, 1, 3)  # (V, N, H, Q)
        actual = placed.samples.targets(parts.judged).swapaxes(1, 2).astype(np.float64)
        calibration = Calibration.fit(actual, quantiles, self.levels)
        spread = placed.samples.recipe.scaler.scale[None, :, None]
        residuals = (actual - quantiles[..., self.levels.index(0.5)]) * spread
        judged = placed.samples.times[parts.judged].tz_convert(None).to_numpy()
        return replace(fitted, calibration=calibration, residuals=residuals.astype(np.float32), judged=judged)

    def _require_fit(self) -> Fitted:
        if not hasattr(self, "fitted"):
            raise TrainingError("the forecaster is not fitted", found="no network", expected="a call of `fit(panel)` before")
        return self.fitted


def _asked(fitted: Fitted, placed: Placed, rows: Rows) -> npt.NDArray[np.float64]:
    """Return the quantiles at issue rows, averaged over the members, shape (B, H, N, Q). [scaled]"""
    return np.asarray(np.mean([ask(network, placed, rows) for network in fitted.networks], axis=0, dtype=np.float64))
