"""The whole way: two CSV files in; a trained hybrid, its plots, its scores beside the naive forecasts, and predictions.csv out."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridcast.clock import DAY, WEEK
from gridcast.config import RunConfig, to_toml
from gridcast.errors import PanelError, counted
from gridcast.evaluation import evaluate, overall
from gridcast.features.calendar import Calendar
from gridcast.forecast import Forecast, Forecaster, actual_values
from gridcast.forecasters.baselines import SeasonalNaive
from gridcast.panel import Panel
from gridcast.quality import check_panel, implausible
from gridcast.sources.pair import read_panel
from gridcast.sources.readings import ReadOptions
from gridcast.sources.synthetic.world import generate_synthetic_spatial_data, generate_synthetic_temporal_data
from gridcast.store import require_free, run_folder, save_predictions, write_csv, write_json
from gridcast.views.figures import plot_results
from gridcast.views.maps import plot_map

if TYPE_CHECKING:
    from gridcast.forecasters.hybrid import HybridForecaster

SYNTHETIC_COUNTRY = "DE"
SYNTHETIC_UNIT = "MW"


@dataclass(frozen=True)
class Listener:
    """Who is told how a run is going.

    Attributes:
        say: Called with each sentence worth saying.
        progress: Called after each epoch with its number, the number of epochs, and the losses.
    """

    say: Callable[[str], None] = field(default=lambda *_: None)
    progress: Callable[[int, int, dict[str, float]], None] = field(default=lambda *_: None)


@dataclass(frozen=True)
class RunResult:
    """What a run came to.

    Attributes:
        folder: The run folder.
        metrics: `rmse`, `mae`, `mape`, `nmae`, `skill` of each forecaster by its name, over all places.
        scores: The same by place, see `gridcast.evaluation.evaluate`.
        unit: Unit of `rmse` and `mae`.
    """

    folder: Path
    metrics: dict[str, dict[str, float]]
    scores: pd.DataFrame
    unit: str


def run(
    config: RunConfig | None = None,
    *,
    out: str | os.PathLike[str],
    overwrite: bool = False,
    listener: Listener | None = None,
) -> RunResult:
    """Load, check, train, forecast the held-out last part, and write the run folder.

    The folder gets `predictions.csv`, `results.png`, `map.png`, `metrics.json`, `scores.csv` (by place), `model.keras`,
    `scaler.csv`, `history.csv`, `config.toml` and `run.json` (versions, counts, times). It appears when all of them are there.

    Args:
        config: Settings; by default the synthetic world.
        out: The run folder.
        overwrite: Whether an earlier run there may be replaced.
        listener: Who is told how it goes.

    Raises:
        GridcastError: Of the kind that fits; nothing is left behind.
    """
    config, listener = config or RunConfig(), listener or Listener()
    require_free(out, overwrite=overwrite)
    _calendar(config).at(pd.DatetimeIndex(["2000-01-01"], tz="UTC"))  # refuses an unknown country or zone before the work
    started = time.monotonic()
    panel = load(config, listener)
    issue_times = held_out_issue_times(panel, config)
    panel = mask_outliers(panel, config, issue_times[0], listener)
    forecaster = _forecaster(config, listener)
    listener.say(_plan(panel, config, issue_times))
    _fit(forecaster, panel.as_of(issue_times[0]), listener)
    outcome = _score(forecaster, panel, issue_times)
    _say_coverage(outcome, listener)
    with run_folder(out, overwrite=overwrite) as folder:
        _write(folder, config, outcome, seconds=time.monotonic() - started)
    return RunResult(Path(out), overall(outcome.scores), outcome.scores, panel.unit)


def load(config: RunConfig, listener: Listener) -> Panel:
    """Return the checked panel of the two files, or of the synthetic world; say what was recognised.

    Raises:
        GridcastError: If the files can't make a panel.
    """
    data = config.data
    if config.is_synthetic:
        places = generate_synthetic_spatial_data(data.num_locations, seed=config.training.seed)
        readings = generate_synthetic_temporal_data(
            data.num_days, data.noise_level, locations=places, seed=config.training.seed, country=SYNTHETIC_COUNTRY
        )
        panel = Panel.from_tables(readings, places, unit=SYNTHETIC_UNIT)
        listener.say(f"no files given: a synthetic world with seed {config.training.seed}")
    else:
        columns = {name: getattr(data, name) or None for name in type(data).model_fields if name.endswith("_column")}
        loaded = read_panel(
            data.temporal,
            data.spatial,
            options=ReadOptions(timezone=data.timezone, **columns),
            exclude=data.exclude,
            common_only=data.common_only,
            unit=data.unit or None,
        )
        panel = loaded.panel
        for sentence in loaded.said:
            listener.say(sentence)
    listener.say(panel.describe())
    for sentence in check_panel(panel):
        listener.say(sentence)
    return panel


def held_out_issue_times(panel: Panel, config: RunConfig) -> pd.DatetimeIndex:
    """Return the issue times of the held-out part, counted back from the end of the readings, one forecast after the other.

    Where the horizon is a number of whole days they are issued at midnight of the configured time zone: on a day of 23 hours the
    last hour is forecast again by the next forecast, on one of 25 hours an hour is not forecast.

    Raises:
        PanelError: If the history is too short for training and test.
    """
    task, freq = config.task, panel.freq
    span = task.horizon * freq
    count = int(pd.Timedelta(days=task.test_days) / span)
    back = np.arange(count, 0, -1) * span
    issued = panel.end - pd.TimedeltaIndex(back)
    if span % DAY == pd.Timedelta(0):
        midnight = panel.end.tz_convert(config.data.timezone).tz_localize(None).normalize()
        local = pd.DatetimeIndex(midnight - pd.TimedeltaIndex(back))
        zoned = local.tz_localize(config.data.timezone, ambiguous=np.ones(count, dtype=bool), nonexistent="shift_forward")
        ticks = -((panel.times[0] - zoned.tz_convert("UTC")) // freq)  # the next tick, where the zone's midnight is between two
        issued = panel.times[0] + pd.TimedeltaIndex(ticks * freq)
        issued = issued[issued + span <= panel.end]
    needed = (task.sequence_length + 4 * task.horizon) * freq
    if not len(issued) or issued[0] - panel.times[0] < needed:
        raise PanelError(
            "the history is too short",
            found=f"{len(panel.times):,} readings a place ({_days(panel.end - panel.times[0])})",
            expected=f"at least {_days(needed + max(pd.Timedelta(days=task.test_days), span))}: sequence length "
            f"{task.sequence_length}, four horizons of {task.horizon} to train on, and {counted(task.test_days, 'test day')}",
            hint="take a shorter `--sequence-length`, `--horizon` or `--test-days`, or a longer history",
        )
    return pd.DatetimeIndex(issued)


def _plan(panel: Panel, config: RunConfig, issued: pd.DatetimeIndex) -> str:
    """Return what is going to be forecast, and from what."""
    zone, task = config.data.timezone, config.task
    first, last = issued[0].tz_convert(zone), (issued[-1] + task.horizon * panel.freq).tz_convert(zone)
    return (
        f"held out: {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} {zone}, {counted(issued, 'forecast')} of "
        f"{_span(task.horizon * panel.freq)}, each from {_span(task.sequence_length * panel.freq)} of history"
    )


def _span(span: pd.Timedelta) -> str:
    hours = span / pd.Timedelta(hours=1)
    return f"{hours:g} hours" if hours < 72 else _days(span)


def _days(span: pd.Timedelta) -> str:
    return f"{span / DAY:,.4g} days"


def mask_outliers(panel: Panel, config: RunConfig, before: pd.Timestamp, listener: Listener) -> Panel:
    """Mask readings that can't be right if that was asked for; else say that there are some."""
    wrong = implausible(panel, before=before)
    if not wrong.any():
        return panel
    worst = np.argsort(-wrong.sum(axis=0))[:3]
    where = ", ".join(f"{panel.locations[i]} {int(wrong[:, i].sum()):,}" for i in worst if wrong[:, i].any())
    found = f"{counted(int(wrong.sum()), 'reading')} at {counted(int(wrong.any(axis=0).sum()), 'place')} can't be right ({where})"
    if config.data.outliers == "keep":
        listener.say(f"{found}; kept as they are: `--outliers mask` treats them as missing")
        return panel
    listener.say(f"{found}; treated as missing")
    return panel.masked(wrong)


def _forecaster(config: RunConfig, listener: Listener) -> HybridForecaster:
    from gridcast.forecasters.hybrid import HybridForecaster  # slow to import; what is wrong with the files is told before

    epochs = config.training.epochs
    return HybridForecaster(
        sequence_length=config.task.sequence_length,
        horizon=config.task.horizon,
        grid_size=config.model.grid_size,
        epochs=epochs,
        batch_size=config.training.batch_size,
        calendar=_calendar(config),
        seed=config.training.seed,
        units=config.model.units,
        progress=lambda epoch, losses: listener.progress(epoch, epochs, losses),
    )


def _calendar(config: RunConfig) -> Calendar:
    return Calendar(config.data.timezone, config.data.country or (SYNTHETIC_COUNTRY if config.is_synthetic else ""))


def _fit(forecaster: HybridForecaster, known: Panel, listener: Listener) -> None:
    """Train on what was known at the first issue time, and say what was left out."""
    listener.say(f"training on {known.describe()}")
    forecaster.fit(known)
    if forecaster.skipped:
        listener.say(
            f"{counted(forecaster.skipped, 'window')} of {forecaster.skipped + forecaster.samples:,} touch a gap and were left out"
        )


@dataclass(frozen=True)
class _Outcome:
    """What came of the test period."""

    panel: Panel
    forecaster: HybridForecaster
    forecasts: dict[str, Forecast]
    actual: Forecast
    scores: pd.DataFrame


def _score(forecaster: HybridForecaster, panel: Panel, issue_times: pd.DatetimeIndex) -> _Outcome:
    """Forecast the test period with the hybrid and both seasonal naive forecasters, and score them."""
    horizon = forecaster.horizon
    everyone: list[Forecaster] = [forecaster, SeasonalNaive(DAY, horizon), SeasonalNaive(WEEK, horizon)]
    forecasts = {each.name: each.predict(panel, issue_times) for each in everyone}
    actual = actual_values(panel, issue_times, horizon)
    return _Outcome(panel, forecaster, forecasts, actual, evaluate(forecasts, actual))


def _say_coverage(outcome: _Outcome, listener: Listener) -> None:
    """Say how many test hours could not be scored, and why."""
    total, scored = outcome.actual.values.size, int(outcome.scores["n"].iloc[0])
    if scored == total:
        return
    silent = int(np.isnan(outcome.forecasts[outcome.forecaster.name].values.values).sum())
    unread = int(np.isnan(outcome.actual.values.values).sum())
    listener.say(
        f"{total - scored:,} of {total:,} test hours are not scored: {silent:,} without a forecast (a gap in the history before "
        f"them), {unread:,} without a reading; the same hours count for every forecaster"
    )


def _write(folder: Path, config: RunConfig, outcome: _Outcome, *, seconds: float) -> None:
    """Fill the run folder."""
    forecaster, unit = outcome.forecaster, outcome.panel.unit
    hybrid = outcome.forecasts[forecaster.name]
    save_predictions(outcome.actual, hybrid, folder / "predictions.csv")
    write_csv(outcome.scores, folder / "scores.csv")
    write_json(overall(outcome.scores), folder / "metrics.json")
    write_json(_record(outcome, seconds), folder / "run.json")
    history = pd.DataFrame(forecaster.history)
    write_csv(history.assign(epoch=history.index + 1), folder / "history.csv")
    scaler = forecaster.scaler
    write_csv(
        pd.DataFrame({"location": scaler.locations, "centre": scaler.centre, "scale": scaler.scale}),
        folder / "scaler.csv",
    )
    (folder / "config.toml").write_text(to_toml(config), encoding="utf-8")
    forecaster.model.save(folder / "model.keras")
    weekly = {"same hour last week": outcome.forecasts["seasonal_naive_168h"]}
    plot_results(forecaster.history, outcome.actual, hybrid, unit=unit, reference=weekly, path=folder / "results.png")
    plot_map(outcome.panel, forecaster.grid, outcome.scores, path=folder / "map.png")


def _record(outcome: _Outcome, seconds: float) -> dict[str, Any]:
    """Return what one needs to know of a run later."""
    from gridcast.networks import backend

    panel, forecaster, issued = outcome.panel, outcome.forecaster, outcome.actual.issue_times
    return {
        "gridcast": version("gridcast"),
        "keras": version("keras"),
        "backend": backend.version(),
        "python": platform.python_version(),
        "places": len(panel.locations),
        "readings": int(np.isfinite(panel.consumption).sum()),
        "unit": panel.unit,
        "freq_minutes": panel.freq / pd.Timedelta(minutes=1),
        "first_reading": panel.times[0].isoformat(),
        "test_from": issued[0].isoformat(),
        "test_until": (issued[-1] + forecaster.horizon * panel.freq).isoformat(),
        "test_issue_times": len(issued),
        "training_windows": forecaster.samples,
        "windows_left_out": forecaster.skipped,
        "epochs_trained": len(forecaster.history["loss"]),
        "seconds": round(seconds, 1),
    }
