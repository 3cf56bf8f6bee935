"""The score by which settings are chosen: forecasts of the last days of the training period, never of the test period."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.config import RunConfig
from gridcast.errors import ConfigError, PanelError, TrainingError
from gridcast.evaluation import BacktestResult, plan_of
from gridcast.loading import Listener, load, prepare, with_covariates
from gridcast.workflow.backtesting import HYBRID, Prepared, run_models
from gridcast.workflow.making import usual_hour

TENTHS = 10

Report = Callable[[int, float], None]


@dataclass(frozen=True)
class FreshValidation:
    """Makes the validation of a configuration, in whatever process it is called."""

    config: RunConfig

    def __call__(self) -> Validation:
        """Return the validation; nobody is told how the readings are loaded."""
        return Validation(self.config, Listener())


class Validation:
    """Scores settings on the last days before the first issue time of the backtest.

    The readings are cut there before anything is made of them; weather, repairs and bounds are learned from what comes before the
    validation days.

    Attributes:
        before: The first issue time of the backtest, from which on nothing is read.
        prepared: The panel of the training period, and the issue times of the validation.
        weather: What weather of the predicted hours the forecasts may use: `none`, `ex post` or `ex ante`.
    """

    def __init__(self, config: RunConfig, listener: Listener) -> None:
        loaded = load(config, listener)
        if config.backtest.folds and config.backtest.leave_out == "none":
            raise ConfigError(
                "a cross-validation leaves no readings to tune on",
                found=f"`backtest.folds = {config.backtest.folds}`: all of them are tested",
                expected="a rolling origin, which tests only what comes last",
                hint="set `backtest.folds = 0`, and `backtest.first` to the beginning of the test",
            )
        tested = plan_of(config, loaded.panel).issue_times(loaded.panel)
        self.before = tested[0]
        training = loaded.panel.between(None, self.before)
        own = _validation_config(config, usual_hour(loaded.panel, tested))
        loaded = replace(loaded, panel=training)
        try:
            plan = plan_of(own, training)
            issued = plan.issue_times(training)
        except PanelError as error:
            raise _too_short(error, config, self.before) from error
        panel = prepare(with_covariates(loaded, own, issued[0], listener), own, issued[0], listener)
        self.prepared = Prepared(own, panel, plan, usual_hour(panel, issued), None, Listener())
        self.weather = "ex post" if panel.is_ex_post else "ex ante" if panel.ahead else "none"

    @property
    def issue_times(self) -> pd.DatetimeIndex:
        """When forecasts of the validation are issued, UTC."""
        return self.prepared.plan.issue_times(self.prepared.panel)

    def __call__(self, config: RunConfig, report: Report) -> float:
        """Return the score of settings. [%]

        Args:
            config: Those of the validation but for what concerns the network and its training.
            report: Called with the tenths of the first training that are over, and the loss on what it holds out.

        Raises:
            GridcastError: If the network can't be trained.
        """
        own, epochs = self.prepared.config, config.training.epochs
        task = own.task.model_copy(update={"sequence_length": config.task.sequence_length})
        changed = own.model_copy(update={"task": task, "model": config.model, "training": config.training})
        listener = Listener(progress=_in_tenths(epochs, report))
        prepared = replace(self.prepared, config=changed, listener=listener, fitted=[])
        result = run_models(prepared, {HYBRID: prepared.hybrid()})
        gc.collect()  # networks hold on to themselves
        return score_of(result, prepared, own.tune.score)


def score_of(result: BacktestResult, prepared: Prepared, score: str) -> float:
    """Return the pinball loss or the MAE of the hybrid, of each place by its mean reading, as the mean over the places scored. [%]

    Raises:
        TrainingError: If nothing was forecast.
    """
    forecast, actual = result.forecasts[HYBRID], result.actual
    places = np.isin(np.array(actual.locations), prepared.scored)
    readings = actual.values.values[:, places].astype(np.float64)
    points = forecast.values.values[:, places]
    if score == "pinball" and forecast.quantiles is not None:
        error = _pinball(readings, forecast.quantiles.values[:, places], np.array(forecast.levels))
    else:
        error = np.abs(readings - points)
    known = np.isfinite(readings) & np.isfinite(error)
    sums = np.where(known, error, 0).sum(axis=(0, 2)), np.where(known, np.abs(readings), 0).sum(axis=(0, 2))
    if not (sums[1] > 0).any():
        raise TrainingError("nothing was forecast that has a reading", found="no hour to score", expected="some")
    return float(100 * np.mean(sums[0][sums[1] > 0] / sums[1][sums[1] > 0]))


def _pinball(readings: npt.NDArray[Any], quantiles: npt.NDArray[Any], levels: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return the pinball loss, the mean over the levels, in the shape of the readings."""
    error = readings[..., None] - quantiles
    return np.asarray(np.maximum(levels * error, (levels - 1) * error).mean(axis=-1), dtype=np.float64)


def _validation_config(config: RunConfig, hour: int | None) -> RunConfig:
    """Return the settings of a backtest of the last days, issued at the hour of the backtest proper."""
    tune = config.tune
    asked = config.backtest.model_copy(
        update={"first": "", "last": "", "folds": 0, "leave_out": "none", "refit_days": tune.refit_days}
    )
    task = config.task.model_copy(
        update={"test_days": tune.validation_days, "issue_hour": hour if config.task.issue_hour is None else config.task.issue_hour}
    )
    return config.model_copy(update={"backtest": asked, "task": task})


def _in_tenths(epochs: int, report: Report) -> Callable[[int, int, dict[str, float]], None]:
    """Return what hears of each epoch, and tells how far the first network is, each tenth once."""
    told = 0

    def progress(epoch: int, _: int, losses: dict[str, float]) -> None:
        nonlocal told
        tenth = TENTHS * epoch // epochs
        if told < tenth <= TENTHS:
            told = tenth
            report(tenth, losses.get("val_loss", float("nan")))

    return progress


def _too_short(error: PanelError, config: RunConfig, before: pd.Timestamp) -> PanelError:
    """Return the error of a validation that leaves too little to learn from."""
    problem = error.problems[0]
    return PanelError(
        f"before the test there is too little to learn from and to validate on: {problem.problem}",
        found=f"{problem.found}, with `tune.validation_days = {config.tune.validation_days}` before {before:%Y-%m-%d %H:%M} UTC",
        expected=problem.expected,
        hint="set fewer `tune.validation_days`, a later `backtest.first`, or take a longer history",
    )
