"""The backtest of a configuration: the hybrid and its baselines, forecast and scored over many issue times, and a report."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from gridcast.config import RunConfig, to_toml
from gridcast.errors import ConfigError, GridcastError, counted, did_you_mean, listed
from gridcast.evaluation import (
    BacktestPlan,
    BacktestResult,
    backtest,
    forecast_tables,
    places_won,
    plan_of,
    score_table,
    skills,
)
from gridcast.evaluation.adapting import adapted
from gridcast.forecast import Forecast
from gridcast.forecasters.operator import FiledForecast
from gridcast.loading import Listener, load, prepare, read_operator, with_covariates
from gridcast.panel import Panel
from gridcast.store import require_free, run_folder, write_json, write_parquet
from gridcast.views.backtested import Backtested, Total
from gridcast.views.backtestpage import write_backtest_page
from gridcast.workflow.fingerprints import fingerprints
from gridcast.workflow.making import BASELINES, Maker, baselines_of, hybrid_of, settings_of, usual_hour
from gridcast.workflow.record import versions, weather_used
from gridcast.workflow.summary import summary_of
from gridcast.workflow.surroundings import Sources, ablation_beside, asked_of, background_of, left_out, noted
from gridcast.workflow.totalling import total_of

HYBRID, OPERATOR = "hybrid", "operator"


@dataclass(frozen=True)
class BacktestRun:
    """What a backtest of a configuration came to.

    Attributes:
        folder: Where it was written.
        summary: What `scores.json` holds: overall scores by model, skills, places won, the sum, times.
        scores: The LONG table of scores, see `gridcast.evaluation.score_table`.
        result: Forecasts and readings.
    """

    folder: Path
    summary: dict[str, Any]
    scores: pd.DataFrame
    result: BacktestResult


@dataclass
class Prepared:
    """A panel and a plan, ready for a backtest.

    Attributes:
        config: The settings.
        panel: Readings and weather, masked and filled as was asked for.
        plan: When forecasts are issued.
        issue_hour: The hour at which most of them are, if there is one.
        operator: Somebody else's forecasts, if there are any.
        fitted: Hybrids in the order in which they were made.
        sources: The data as they were read, and what was said of them.
    """

    config: RunConfig
    panel: Panel
    plan: BacktestPlan
    issue_hour: int | None
    operator: xr.DataArray | None
    listener: Listener
    fitted: list[Any] = field(default_factory=list)
    sources: Sources = field(default_factory=Sources)

    @property
    def scored(self) -> tuple[str, ...]:
        """Names of the places that are scored."""
        return tuple(name for name in self.panel.locations if name not in self.config.backtest.not_scored)

    def hybrid(self, **variant: Any) -> Maker:
        """Return what makes a hybrid, which is kept for what it knows of its errors."""

        def make() -> Any:
            forecaster = hybrid_of(self.config, self.listener, self.panel.locations, issue_hour=self.issue_hour, **variant)
            self.fitted.append(forecaster)
            return forecaster

        return make


def run_backtest(
    config: RunConfig | str | os.PathLike[str] | None = None,
    *,
    out: str | os.PathLike[str],
    with_baselines: bool = False,
    overwrite: bool = False,
    listener: Listener | None = None,
) -> BacktestRun:
    """Backtest a configuration, and write the forecasts, the scores and a report.

    The folder gets `forecasts.parquet` (LONG: model, location, issue_time, valid_time, lead, actual, point, quantiles),
    `scores.parquet`, `scores.json`, `report.html` and `config.toml`; where there is an operator `scores_operator.parquet`, on the
    hours that it forecast too; and of the sum of all places `total.parquet`. It appears when all of them are there.

    Args:
        config: Settings, or the TOML file that holds them; by default the synthetic world.
        out: The folder.
        with_baselines: Whether all baselines are backtested too, or those of the configuration.
        overwrite: Whether an earlier backtest there may be replaced.
        listener: Who is told how it goes.

    Raises:
        GridcastError: Of the kind that fits; nothing is left behind.
    """
    config, listener = settings_of(config), listener or Listener()
    require_free(out, overwrite=overwrite, kind="backtest")
    names = BASELINES if with_baselines else config.backtest.baselines
    baselines_of(names, config, (), None)  # refuses an unknown one before the work
    prepared = prepared_for(config, listener)
    makers = {HYBRID: prepared.hybrid(), **baselines_of(names, config, prepared.panel.locations, prepared.issue_hour)}
    result = run_models(prepared, makers)
    scores = score_table(result.forecasts, result.actual, panel=prepared.panel, gap=prepared.plan.gap, places=prepared.scored)
    versus = _against_operator(prepared, result)
    total = _total(prepared, result) if config.backtest.total != "none" else None
    facts = facts_of(prepared, result)
    told = _skills(scores, versus)
    won = _won(scores, versus)
    summary = summary_of(scores, told, won, facts, total=total, versus=versus, seconds=result.seconds)
    parts, ablation = ablation_beside(Path(out), config)
    further = {"facts": facts, "total": total, "ablation": parts, "operator": None if versus is None else versus.scores}
    page = page_of(prepared, result, scores, told, won=won, background={"ablation": ablation}, **further)
    with run_folder(out, overwrite=overwrite, kind="backtest") as folder:
        everybody = {**result.forecasts, **({} if versus is None else {OPERATOR: versus.forecast})}
        write_parquet(forecast_tables(everybody, result.actual, gap=prepared.plan.gap), folder / "forecasts.parquet")
        write_parquet(scores, folder / "scores.parquet")
        if versus is not None:
            write_parquet(versus.scores, folder / "scores_operator.parquet")
        if total is not None:
            write_parquet(forecast_tables(total.forecasts, total.actual, gap=prepared.plan.gap), folder / "total.parquet")
        write_json(summary, folder / "scores.json")
        write_backtest_page(page, folder / "report.html", title=f"Backtest: {Path(out).name}")
        (folder / "config.toml").write_text(to_toml(config), encoding="utf-8")
    return BacktestRun(Path(out), summary, scores, result)


def prepared_for(config: RunConfig, listener: Listener) -> Prepared:
    """Return the panel and the plan of a configuration."""
    with noted(listener) as (own, said):
        loaded = load(config, own)
        prints = fingerprints(config, loaded.panel)
        _require_places(config, loaded.panel.locations)
        plan = plan_of(config, loaded.panel)
        issued = plan.issue_times(loaded.panel)
        panel = prepare(with_covariates(loaded, config, issued[0], own), config, issued[0], own)
    listener.say(
        f"backtest: {len(issued):,} issue times from {issued[0]:%Y-%m-%d %H:%M} to {issued[-1]:%Y-%m-%d %H:%M} UTC, "
        f"{plan.horizon} steps each" + (f" after a gap of {plan.gap}" if plan.gap else "")
    )
    operator = read_operator(config, panel, listener)
    sources = Sources(loaded.panel, panel, tuple(said), prints=prints)
    return Prepared(config, panel, plan, usual_hour(panel, issued), operator, listener, sources=sources)


def _require_places(config: RunConfig, locations: tuple[str, ...]) -> None:
    """Refuse names of places that are not there, and to score none.

    Raises:
        ConfigError: Naming them.
    """
    for key in ("not_scored", "not_compared"):
        unknown = [name for name in getattr(config.backtest, key) if name not in locations]
        if unknown:
            raise ConfigError(
                f"`backtest.{key}` names {counted(unknown, 'place')} that {'is' if len(unknown) == 1 else 'are'} not there",
                found=listed(unknown),
                expected=f"some of {listed(locations)}",
                hint=did_you_mean(unknown[0], locations),
            )
    if not set(locations) - set(config.backtest.not_scored):
        problem, expected = "no place is left to score", f"fewer than all {counted(locations, 'place')}"
        raise ConfigError(problem, found=f"`backtest.not_scored` with {listed(config.backtest.not_scored)}", expected=expected)


def run_models(prepared: Prepared, makers: dict[str, Callable[[], Any]]) -> BacktestResult:
    """Return the backtest of models; the quantiles of all are corrected over time by how often they were met."""

    def progress(name: str, number: int, rounds: int) -> None:
        prepared.listener.say(f"{name} is through" + (f" round {number} of {rounds}" if rounds > 1 else ""))

    result = backtest(prepared.panel, makers, prepared.plan, progress=progress)
    forecasts = {name: adapted(forecast, result.actual, prepared.panel) for name, forecast in result.forecasts.items()}
    return BacktestResult(result.actual, forecasts, result.seconds, result.plan)


@dataclass(frozen=True)
class Versus:
    """The operator's forecasts, and the scores of all on the hours that it forecast too."""

    forecast: Forecast
    scores: pd.DataFrame


def _against_operator(prepared: Prepared, result: BacktestResult) -> Versus | None:
    """Return how all stand against the operator, if there is one and an hour at which they can be compared with it."""
    if prepared.operator is None:
        return None
    filed = FiledForecast(prepared.operator, prepared.plan.steps).predict(prepared.panel, result.actual.issue_times)
    both = np.isfinite(result.actual.values.values) & np.isfinite(filed.values.values)
    there = np.asarray(both.any(axis=(0, 2)))
    compared = [
        name
        for name, known in zip(prepared.panel.locations, there, strict=True)
        if known and name in prepared.scored and name not in prepared.config.backtest.not_compared
    ]
    if not compared:
        why = "it has no hour of the period at a place that is scored and compared"
        prepared.listener.say(f"nobody is compared with the operator: {why}")
        return None
    everybody = {**result.forecasts, OPERATOR: filed}
    scores = score_table(everybody, result.actual, panel=prepared.panel, gap=prepared.plan.gap, places=compared)
    return Versus(filed, scores)


def _total(prepared: Prepared, result: BacktestResult) -> Total | None:
    """Return the sum of all places; None where it can't be made, for which the long work before is not lost."""
    try:
        return total_of(prepared, result)
    except GridcastError as error:
        prepared.listener.say(f"the sum of all places is left out: {error.problems[0].problem}")
        return None


def _skills(scores: pd.DataFrame, versus: Versus | None) -> pd.DataFrame:
    """Return the skills against every baseline, and against the operator on the hours that it forecast too."""
    others = [str(name) for name in scores["model"].unique() if name != HYBRID]
    parts = [skills(scores, name) for name in others]
    if versus is not None:
        parts.append(skills(versus.scores, OPERATOR))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["model", "reference", "metric", "skill"])


def _won(scores: pd.DataFrame, versus: Versus | None) -> dict[tuple[str, str], tuple[int, int]]:
    """Return at how many places the hybrid is better than each rival, and of how many."""
    rivals = [str(name) for name in scores["model"].unique() if name != HYBRID]
    won = {(HYBRID, rival): places_won(scores, HYBRID, rival)[:2] for rival in rivals}
    if versus is not None:
        for name in (HYBRID, *rivals):
            won[name, OPERATOR] = places_won(versus.scores, name, OPERATOR)[:2]
    return won


def page_of(
    prepared: Prepared,
    result: BacktestResult,
    scores: pd.DataFrame,
    told: pd.DataFrame,
    *,
    background: Mapping[str, Any] | None = None,
    **further: Any,
) -> Backtested:
    """Return what the report is made of: the places that are scored, and no others.

    Args:
        prepared: Panel and plan.
        result: Forecasts and readings of all places.
        scores: Of those that are scored.
        told: The skills.
        background: Further attributes of `Background`.
        **further: Further attributes of `Backtested`.
    """
    forecasts = {name: forecast.only(prepared.scored) for name, forecast in result.forecasts.items()}
    actual, panel, config = result.actual.only(prepared.scored), prepared.panel.only(prepared.scored), prepared.config
    around = background_of(
        config,
        prepared.sources,
        asked=asked_of(config, freq=panel.freq, places=len(panel.locations), unit=panel.unit),
        left_out=left_out(config, scores, actual),
        **(background or {}),
    )
    return Backtested(scores, forecasts, actual, panel, told, background=around, **further)


def facts_of(prepared: Prepared, result: BacktestResult) -> dict[str, Any]:
    """Return what is to be known of plan and settings."""
    issued, config = result.actual.issue_times, prepared.config
    hybrid = result.forecasts.get(HYBRID, next(iter(result.forecasts.values())))
    weather = weather_used(prepared.fitted[0], hybrid) if prepared.fitted else "none"
    return {
        "weather": weather,
        "intervals": "adaptive",
        "gap": prepared.plan.gap,
        "horizon": prepared.plan.horizon,
        "unit": prepared.panel.unit,
        "places": len(prepared.scored),
        "issue_times": len(issued),
        "first_issue_time": issued[0].isoformat(),
        "last_issue_time": issued[-1].isoformat(),
        "size": config.model.size,
        "members": config.model.members,
        "epochs": config.training.epochs,
        "seed": config.training.seed,
        "training_seconds": {name: round(each.training, 1) for name, each in result.seconds.items()},
        "prediction_seconds": {name: round(each.prediction, 2) for name, each in result.seconds.items()},
        **versions(),
        "data": prepared.sources.prints,
    }


__all__ = ["HYBRID", "OPERATOR", "BacktestRun", "Prepared", "Total", "Versus", "prepared_for", "run_backtest", "run_models"]
