"""The whole way: two CSV files in; a trained hybrid, its plots, its scores beside the naive forecasts, and predictions.csv out."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridcast.attaching import calendar_of
from gridcast.clock import DAY, WEEK, find_zone
from gridcast.config import RunConfig, to_toml
from gridcast.errors import counted
from gridcast.evaluation import evaluate, issue, overall, prediction_table
from gridcast.evaluation.adapting import adapted
from gridcast.forecast import Forecast, Forecaster, actual_values
from gridcast.forecasters.baselines import SeasonalNaive
from gridcast.loading import Listener, held_out_issue_times, in_words, load, prepare, with_covariates
from gridcast.panel import Panel
from gridcast.samples.recipe import default_context
from gridcast.sources.sql.writing import require_target, write_forecasts
from gridcast.store import require_free, run_folder, save_predictions, write_csv, write_json
from gridcast.views.figures import plot_results
from gridcast.views.maps import plot_map
from gridcast.workflow.fingerprints import fingerprints
from gridcast.workflow.making import hybrid_of, settings_of, usual_hour
from gridcast.workflow.record import MODEL, record_of, save_hybrid, weather_used
from gridcast.workflow.training import remove_checkpoint

if TYPE_CHECKING:
    from gridcast.forecasters.hybrid import HybridForecaster


@dataclass(frozen=True)
class RunResult:
    """What a run came to.

    Attributes:
        folder: The run folder.
        metrics: `rmse`, `mae`, `mape`, `nmae`, `skill` and `ex_post` of each forecaster by its name, over all places.
        scores: The same by place, see `gridcast.evaluation.evaluate`.
        unit: Unit of `rmse` and `mae`.
        weather: `ex post` if measured weather of the predicted hours was used, `ex ante` if forecasts were, or `none`.
    """

    folder: Path
    metrics: dict[str, dict[str, Any]]
    scores: pd.DataFrame
    unit: str
    weather: str = "none"


def run(
    config: RunConfig | str | os.PathLike[str] | None = None,
    *,
    out: str | os.PathLike[str],
    overwrite: bool = False,
    checkpoint: str | os.PathLike[str] | None = None,
    listener: Listener | None = None,
) -> RunResult:
    """Load, check, train, forecast the held-out last part, and write the run folder.

    The folder gets `predictions.csv`, `results.png`, `map.png`, `metrics.json`, `scores.csv` (by place), `model/` (the
    network), `history.csv`, `config.toml` and `run.json` (versions, counts, times). It appears when all of them are there.

    Args:
        config: Settings, or the TOML file that holds them; by default the synthetic world.
        out: The run folder.
        overwrite: Whether an earlier run there may be replaced.
        checkpoint: File that keeps the state after each epoch, from which an interrupted training goes on; by default none.
        listener: Who is told how it goes.

    Raises:
        GridcastError: Of the kind that fits; nothing is left behind but the checkpoint.
    """
    config, listener = settings_of(config), listener or Listener()
    require_free(out, overwrite=overwrite)
    if config.output.forecasts_to:
        require_target(config.output.forecasts_to, Path(out).name)
    calendar_of(config).at(pd.DatetimeIndex(["2000-01-01"], tz="UTC"))  # refuses an unknown country or zone before the work
    started = time.monotonic()
    loaded = load(config, listener)
    prints = fingerprints(config, loaded.panel)
    issue_times = held_out_issue_times(loaded.panel, config)
    _check_events(loaded.panel, config)
    panel = prepare(with_covariates(loaded, config, issue_times[0], listener), config, issue_times[0], listener)
    hour = usual_hour(panel, issue_times)
    forecaster = hybrid_of(config, listener, panel.locations, issue_hour=hour, checkpoint=checkpoint)
    listener.say(_plan(panel, config, issue_times))
    known = panel.as_of(issue_times[0])
    listener.say(f"training on {known.describe()}")
    forecaster.fit(known)
    outcome = _score(forecaster, panel, issue_times, config.task.gap)
    _say_coverage(outcome, listener)
    with run_folder(out, overwrite=overwrite) as folder:
        _write(folder, config, outcome, {**_record(outcome, time.monotonic() - started), "data": prints})
    if checkpoint is not None:
        remove_checkpoint(Path(checkpoint))
    if config.output.forecasts_to:
        table = prediction_table(outcome.actual, outcome.forecasts[forecaster.name])
        count = write_forecasts(table, config.output.forecasts_to, run=Path(out).name)
        listener.say(f"{counted(count, 'forecast')} of run `{Path(out).name}` are in the database too")
    return RunResult(Path(out), overall(outcome.scores), outcome.scores, panel.unit, outcome.weather)


def _check_events(panel: Panel, config: RunConfig) -> None:
    """Warn of events that are about no time or place of the panel."""
    events = calendar_of(config, panel.locations).events
    if events is not None:
        events.check(panel.times, panel.locations)


def _plan(panel: Panel, config: RunConfig, issued: pd.DatetimeIndex) -> str:
    """Return what is going to be forecast, and from what."""
    zone, task = config.data.timezone, config.task
    context = task.sequence_length or default_context(panel.freq)
    gap, span = task.gap * panel.freq, task.horizon * panel.freq
    ends = issued[0] + gap, issued[-1] + gap + span
    later = f", {in_words(gap)} after the issue time" if task.gap else ""
    first, last = (end.tz_convert(find_zone(zone)) for end in ends)
    return (
        f"held out: {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} {zone}, {counted(issued, 'forecast')} of "
        f"{in_words(span)}{later}, each from {in_words(context * panel.freq)} of history"
    )


@dataclass(frozen=True)
class _Outcome:
    """What came of the test period."""

    panel: Panel
    forecaster: HybridForecaster
    forecasts: dict[str, Forecast]
    actual: Forecast
    scores: pd.DataFrame
    gap: int

    @property
    def weather(self) -> str:
        """What weather of the predicted hours the hybrid used."""
        return weather_used(self.forecaster, self.forecasts[self.forecaster.name])


def _score(forecaster: HybridForecaster, panel: Panel, issue_times: pd.DatetimeIndex, gap: int) -> _Outcome:
    """Forecast the test period with the hybrid and both seasonal naive forecasters, and score them; no step of the gap counts."""
    horizon = forecaster.horizon
    everyone: list[Forecaster] = [forecaster, SeasonalNaive(DAY, horizon), SeasonalNaive(WEEK, horizon)]
    actual = actual_values(panel, issue_times, horizon)
    forecasts = {each.name: adapted(issue(each, panel, issue_times), actual, panel) for each in everyone}
    actual = replace(actual, values=actual.values.where(actual.values["step"] > gap))
    return _Outcome(panel, forecaster, forecasts, actual, evaluate(forecasts, actual), gap)


def _say_coverage(outcome: _Outcome, listener: Listener) -> None:
    """Say how many test hours could not be scored, and why."""
    wanted = slice(outcome.gap, None)
    actual = outcome.actual.values.isel(step=wanted)
    total, scored = actual.size, int(outcome.scores["n"].iloc[0])
    if scored == total:
        return
    silent = int(np.isnan(outcome.forecasts[outcome.forecaster.name].values.isel(step=wanted).values).sum())
    unread = int(np.isnan(actual.values).sum())
    listener.say(
        f"{total - scored:,} of {total:,} test hours are not scored: {silent:,} without a forecast (a gap in the history before "
        f"them), {unread:,} without a reading; the same hours count for every forecaster"
    )


def _write(folder: Path, config: RunConfig, outcome: _Outcome, record: dict[str, Any]) -> None:
    """Fill the run folder."""
    forecaster, unit = outcome.forecaster, outcome.panel.unit
    hybrid = outcome.forecasts[forecaster.name]
    save_predictions(outcome.actual, hybrid, folder / "predictions.csv")
    write_csv(outcome.scores, folder / "scores.csv")
    write_json(overall(outcome.scores), folder / "metrics.json")
    write_json(record, folder / "run.json")
    history = pd.DataFrame(forecaster.history)
    write_csv(history.assign(epoch=history.index + 1), folder / "history.csv")
    (folder / "config.toml").write_text(to_toml(config), encoding="utf-8")
    save_hybrid(forecaster, folder / MODEL)
    weekly = {"same hour last week": outcome.forecasts["seasonal_naive_168h"]}
    title = "ex post: with the measured weather of the predicted hours" if hybrid.is_ex_post else ""
    plot_results(forecaster.history, outcome.actual, hybrid, unit=unit, reference=weekly, title=title, path=folder / "results.png")
    plot_map(outcome.panel, forecaster.fitted.placing.grid, outcome.scores, path=folder / "map.png")


def _record(outcome: _Outcome, seconds: float) -> dict[str, Any]:
    """Return what one needs to know of a run later."""
    panel, forecaster, issued = outcome.panel, outcome.forecaster, outcome.actual.issue_times
    test = {
        "weather": outcome.weather,
        "test_from": issued[0].isoformat(),
        "test_until": (issued[-1] + forecaster.horizon * panel.freq).isoformat(),
        "test_issue_times": len(issued),
    }
    return {**record_of(forecaster, panel, trained_until=issued[0], seconds=seconds), **test}
