"""The backtest: forecasters learn from the past, forecast what came after it, and never see more than was known."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from gridcast.errors import ConfigError, GridcastError, ShapeError, counted
from gridcast.evaluation.issuing import Part, assembled, issue
from gridcast.evaluation.plan import BacktestPlan
from gridcast.evaluation.rounds import Round
from gridcast.forecast import Forecast, Forecaster, actual_values
from gridcast.panel import Panel


@dataclass(frozen=True)
class Seconds:
    """How long a forecaster took, over all rounds.

    Attributes:
        training: For learning. [s]
        prediction: For its forecasts. [s]
    """

    training: float = 0.0
    prediction: float = 0.0


@dataclass(frozen=True)
class BacktestResult:
    """What a backtest came to.

    Attributes:
        actual: What was then measured, in the shape of the forecasts; missing at the steps of the gap, which are not scored.
        forecasts: Those of all issue times, by the forecaster's name, with their quantiles and quality.
        seconds: How long each took.
        plan: When the forecasts were issued, and in which rounds.
    """

    actual: Forecast
    forecasts: dict[str, Forecast]
    seconds: dict[str, Seconds]
    plan: BacktestPlan


def backtest(
    panel: Panel,
    forecasters: Mapping[str, Callable[[], Forecaster]],
    plan: BacktestPlan,
    *,
    progress: Callable[[str, int, int], None] | None = None,
) -> BacktestResult:
    """Return the forecasts of several forecasters for all issue times of a plan, and what was then measured.

    In each round each forecaster is made anew, learns from the panel of the round, and is asked for its issue times by `issue`,
    which shows it what was known at each of them.

    Args:
        panel: Readings and weather of the whole period.
        forecasters: For each name what makes a forecaster that is not fitted; its forecasts have the gap and the horizon of the
            plan as their steps.
        plan: When and in which rounds.
        progress: Called with the name, the number of the round and the number of rounds, whenever a forecaster is through one.

    Raises:
        GridcastError: If the plan does not fit the panel, or a forecaster fails: the message begins with its name.
    """
    if not forecasters:
        raise ConfigError("a backtest without forecasters", found="none", expected="at least one")
    issue_times, rounds = plan.issue_times(panel), plan.rounds(panel)
    parts: dict[str, list[Part]] = {name: [] for name in forecasters}
    seconds = dict.fromkeys(forecasters, Seconds())
    for number, each in enumerate(rounds, start=1):
        train = each.train
        for name, make in forecasters.items():
            with _named(name, number, len(rounds)):
                forecast, spent = _forecast(make(), train, panel, each)
                _require_steps(forecast, plan)
            parts[name].append((forecast, each.scored))
            before = seconds[name]
            seconds[name] = Seconds(before.training + spent.training, before.prediction + spent.prediction)
            if progress is not None:
                progress(name, number, len(rounds))
    forecasts = {}
    for name in forecasters:
        with _named(name, len(rounds), len(rounds)):
            forecasts[name] = assembled(parts.pop(name), panel=panel, issue_times=issue_times)
    actual = actual_values(panel, issue_times, plan.steps)
    scored = actual.values.where(actual.values["step"] > plan.gap)
    return BacktestResult(replace(actual, values=scored), forecasts, seconds, plan)


def _forecast(forecaster: Forecaster, train: Panel, panel: Panel, each: Round) -> tuple[Forecast, Seconds]:
    """Return the forecasts of one round and how long they took."""
    started = time.perf_counter()
    forecaster.fit(train)
    fitted = time.perf_counter()
    forecast = issue(forecaster, panel, each.issue_times)
    return forecast, Seconds(fitted - started, time.perf_counter() - fitted)


def _require_steps(forecast: Forecast, plan: BacktestPlan) -> None:
    if forecast.horizon != plan.steps:
        raise ShapeError(
            "the forecasts have another horizon than the plan",
            found=counted(forecast.horizon, "step"),
            expected=f"{counted(plan.steps, 'step')}: a gap of {plan.gap} and a horizon of {plan.horizon}",
        )


@contextmanager
def _named(name: str, number: int, rounds: int) -> Iterator[None]:
    """Put the name of the forecaster and the round before what went wrong."""
    try:
        yield
    except GridcastError as error:
        where = f"`{name}` in round {number} of {rounds}" if rounds > 1 else f"`{name}`"
        problems = [replace(problem, problem=f"{where}: {problem.problem}") for problem in error.problems]
        raise type(error).of(problems) from error
