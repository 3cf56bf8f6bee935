"""The hybrid as a forecaster: from a panel to windows and frames, to a trained network, to a forecast."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from gridcast.clock import DAY, WEEK, steps_in
from gridcast.covariates import Covariates
from gridcast.errors import PanelError, TrainingError, listed
from gridcast.features.calendar import Calendar
from gridcast.features.groups import calendar_for
from gridcast.forecast import Forecast
from gridcast.forecasters.mapweather import map_weather
from gridcast.layout import Axes, Collisions
from gridcast.networks import backend
from gridcast.networks.hybrid import create_hybrid_model
from gridcast.panel import Panel
from gridcast.raster import Frames, Grid, frames_in_time, panel_grid
from gridcast.scaling import Scaler
from gridcast.training import predict, train_model
from gridcast.windows import VALIDATION_SHARE, contexts_at, preprocess_temporal_data

YEARLY_FROM = pd.Timedelta(days=450)  # a validation part of a fifth leaves more than 365 days to learn the year from
FRAMES_REACH = DAY + WEEK  # a frame compares the last day with the week before
TRAINING_SHARE = 1 - VALIDATION_SHARE
Progress = Callable[[int, dict[str, float]], None]


@dataclass
class HybridForecaster:
    """LSTM on each history, CNN on the map, one network for all places.

    Attributes:
        sequence_length: Steps of context.
        horizon: Steps to forecast.
        grid_size: Rows and columns of the map, or both.
        epochs: At most so many passes over the training part.
        batch_size: Issue times in a training step; each brings all places.
        calendar: Calendar covariates; the season of the year is added where the history is long enough to teach it.
        seed: Of weights, dropout and order.
        units: Width of the network.
        axes: Of the map, see `gridcast.raster.panel_grid`.
        collisions: Likewise.
        progress: Called after each epoch with its number and losses.
    """

    sequence_length: int = 168
    horizon: int = 24
    grid_size: int | tuple[int, int] = 16
    epochs: int = 50
    batch_size: int = 8
    calendar: Calendar | None = field(default_factory=Calendar)
    seed: int = 0
    units: int = 64
    axes: Axes = "equal"
    collisions: Collisions = "spread"
    progress: Progress | None = None

    name = "hybrid"

    def fit(self, panel: Panel) -> HybridForecaster:
        """Train on all readings of the panel, the last 20 % of the issue times for validation; return itself.

        Raises:
            PanelError: If the history is too short or has too many gaps.
        """
        yearly = panel.end - panel.times[0] >= YEARLY_FROM
        calendar = self.calendar and calendar_for(panel, replace(self.calendar, yearly=yearly))
        self.covariates = Covariates.fit(panel, calendar, panel.times[0] + TRAINING_SHARE * (panel.end - panel.times[0]))
        sequences = preprocess_temporal_data(
            panel,
            self.sequence_length,
            horizon=self.horizon,
            stride=self.stride(panel),
            joint=True,
            calendar=self.covariates,
        )
        self.reach = max(self.sequence_length * panel.freq, FRAMES_REACH)
        self.scaler: Scaler = sequences.scaler
        self.skipped = sequences.skipped
        self.samples = int(np.isfinite(np.asarray(sequences.y)).all(axis=-1).sum())
        self.grid: Grid = panel_grid(panel, self.grid_size, until=panel.end, axes=self.axes, collisions=self.collisions)
        frames = self.frames(panel)
        backend.seed_everything(self.seed)
        self.model = create_hybrid_model(
            sequences.X.shape[1:],
            frames.frame_shape,
            horizon=self.horizon,
            cells=frames.grid.cells,
            season=self._season(panel),
            patch=self._patch(panel),
            units=self.units,
        )
        callbacks = [] if self.progress is None else [_report(self.progress)]
        history = train_model(
            self.model,
            sequences.X,
            frames,
            sequences.y,
            self.epochs,
            self.batch_size,
            seed=self.seed,
            verbose=0,
            callbacks=callbacks,
        )
        self.history: dict[str, list[float]] = history.history
        return self

    def predict(self, panel: Panel, issue_times: pd.DatetimeIndex) -> Forecast:
        """Return the forecasts of all places; NaN where a place's context has a gap.

        Raises:
            TrainingError: If it was not fitted.
            PanelError: If the places are others than those it was fitted on, or the context is too short.
        """
        if not hasattr(self, "model"):
            raise TrainingError("the forecaster is not fitted", found="no network", expected="a call of `fit(panel)` before")
        if panel.locations != self.scaler.locations:
            raise PanelError(
                "the places are not those that the network was trained on",
                found=listed(panel.locations),
                expected=listed(self.scaler.locations),
            )
        covariates = self.covariates.at(panel, self.horizon)
        contexts, whole = contexts_at(panel, issue_times, scaler=self.scaler, length=self.sequence_length, covariates=covariates)
        frames = self.frames(panel)
        scaled = predict(self.model, contexts, frames, batch_size=self.batch_size)
        values = contexts.unscaled(np.where(whole[..., None], scaled, np.nan))
        ex_post = panel.is_ex_post and bool(self.covariates.names)
        return Forecast.of(values, panel=panel, issue_times=issue_times, ex_post=ex_post)

    def frames(self, panel: Panel) -> Frames:
        """Return what the CNN sees at each issue time of a panel.

        Weather of the hours to come is the newest that the panel holds: cut it by `as_of` for what was known at an issue time.
        """
        weather = map_weather(panel, self.covariates, self.grid)
        return frames_in_time(panel, self.grid, self.scaler, observed=weather, ahead=weather, horizon=self.horizon)

    def stride(self, panel: Panel) -> int:
        """Return the steps between two issue times of training: the horizon, at most a day."""
        return min(self.horizon, steps_in(DAY, panel.freq))

    def _season(self, panel: Panel) -> int | None:
        """Return the longest season that the context holds: a week, a day, or none."""
        seasons = (steps_in(WEEK, panel.freq), steps_in(DAY, panel.freq))
        return next((season for season in seasons if season <= self.sequence_length), None)

    def _patch(self, panel: Panel) -> int:
        """Return a day if the context is a whole number of days, else single steps."""
        day = steps_in(DAY, panel.freq)
        return day if self.sequence_length % day == 0 else 1


def _report(progress: Progress) -> Any:
    """Return the callback that reports each epoch."""
    return backend.keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: progress(epoch + 1, {k: float(v) for k, v in (logs or {}).items()})
    )
