"""Forecasting with a network that was trained before: the newest readings in, a table of forecasts out."""

from __future__ import annotations

import json
import os
import warnings
from pathlib import Path
from typing import Any

import pandas as pd

from gridcast.clock import HOUR, utc
from gridcast.config import RunConfig, make_config, read_config
from gridcast.errors import ConfigError, FileError, GridcastWarning, PanelError, counted
from gridcast.evaluation import forecast_table, issue
from gridcast.forecast import Forecast, actual_values
from gridcast.loading import Listener, load, prepare, with_covariates
from gridcast.loading.newer import with_newer_readings, with_newer_weather
from gridcast.panel import Panel
from gridcast.store import write_csv, write_parquet
from gridcast.workflow.making import usual_hour
from gridcast.workflow.record import MODEL, load_hybrid

KINDS = (".csv", ".csv.gz", ".parquet")


def forecast(
    run: str | os.PathLike[str],
    *,
    load_file: str = "",
    weather: str = "",
    issue_time: str | pd.Timestamp | None = None,
    out: str | os.PathLike[str],
    overwrite: bool = False,
    listener: Listener | None = None,
) -> pd.DataFrame:
    """Forecast with the network of a run, write the table, and return it.

    The quantiles have the calibration of training. A backtest corrects them over time besides, which is not carried on here: where
    errors have grown since the training, intervals are narrower than a backtest shows.

    Args:
        run: Folder of `gridcast train` or `gridcast run`.
        load_file: New readings, which go beside those of the run's own sources, and before them where both are there.
        weather: New weather, likewise.
        issue_time: When the forecast is issued, without an offset by the clock of the run; by default after the newest reading.
        out: CSV (`.csv`, `.csv.gz`) or Parquet.
        overwrite: Whether a file there may be replaced.
        listener: Who is told how it goes.

    Returns:
        Columns `location`, `issue_time`, `valid_time` (start of the interval, UTC), `lead` [h], `point`, the quantiles `q0.05` ...,
        and `quality`: what was special, such as `no weather` or `new place`. [the unit of the run]

    Raises:
        GridcastError: If there is no model, or the readings do not fit it.
    """
    listener = listener or Listener()
    target = _target(out, overwrite=overwrite)
    config, until = _settings(Path(run))
    forecaster = load_hybrid(Path(run) / MODEL)
    loaded = load(config, listener, refuse=False)
    if load_file:
        loaded = with_newer_readings(loaded, config, load_file, listener)
    panel = with_covariates(loaded, config, until, listener)
    if weather:
        panel = with_newer_weather(panel, loaded, config, weather, until, listener)
    panel = prepare(panel, config, until, listener)
    moment = _moment(panel, config, issue_time)
    _warn_of_hour(forecaster.issue_hour, panel, moment)
    made = issue(forecaster, panel, pd.DatetimeIndex([moment]))
    _say(made, listener)
    table = _table(made, panel, gap=config.task.gap)
    if target.suffix == ".parquet":
        write_parquet(table, target)
    else:
        write_csv(table, target)
    return table


def _settings(run: Path) -> tuple[RunConfig, pd.Timestamp]:
    """Return the configuration of a run, and when its training ended."""
    try:
        record: dict[str, Any] = json.loads((run / "run.json").read_text(encoding="utf-8"))
        until = utc(record["trained_until"])
    except FileNotFoundError as error:
        raise FileError(
            f"`{run}` is no run folder", found="no `run.json`", expected="a folder that `gridcast train` or `gridcast run` wrote"
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileError(f"`{run / 'run.json'}` is damaged", found=str(error), expected="what was written") from error
    return make_config(read_config(run / "config.toml"), source=f"`{run / 'config.toml'}`"), until


def _target(out: str | os.PathLike[str], *, overwrite: bool) -> Path:
    """Return where the table goes."""
    path = Path(out)
    if not path.name.endswith(KINDS):
        raise ConfigError("what kind of file?", found=f"`{path.name}`", expected=f"a name that ends in {', '.join(KINDS)}")
    if path.exists() and not overwrite:
        raise FileError(f"`{path}` would be replaced", found="a file", expected="a new name", hint="add `--overwrite`")
    return path


def _moment(panel: Panel, config: RunConfig, issue_time: str | pd.Timestamp | None) -> pd.Timestamp:
    """Return the issue time: a tick of the readings, at most their end."""
    if issue_time is None:
        return panel.end
    stamp = pd.to_datetime(issue_time, errors="coerce")
    if pd.isna(stamp):
        raise ConfigError("the issue time is no moment", found=f"`{issue_time}`", expected="such as `2017-11-26 06:00`")
    zone = "UTC" if config.data.timezone == "local" else config.data.timezone
    moment = utc(stamp if stamp.tzinfo else stamp.tz_localize(zone, ambiguous=True, nonexistent="shift_forward"))
    if (moment - panel.times[0]) % panel.freq != pd.Timedelta(0):
        raise ConfigError(
            "the issue time lies between two readings",
            found=f"{moment}",
            expected=f"one of the clock of the readings: {panel.times[0]} and every {panel.freq / HOUR:g} h from there",
        )
    if moment > panel.end:
        raise PanelError(
            "the readings end before the issue time",
            found=f"the newest reading ends at {panel.end}",
            expected=f"readings up to {moment}",
            hint="add newer ones: `--load FILE`",
        )
    return moment


def _warn_of_hour(hour: int | None, panel: Panel, moment: pd.Timestamp) -> None:
    """Warn of an issue time at another hour than the network was trained for."""
    shown = usual_hour(panel, pd.DatetimeIndex([moment]))
    if hour is not None and shown is not None and hour != shown:
        problem = f"the network was trained to forecast at {hour:02}:00, and this forecast is issued at {shown:02}:00"
        warnings.warn(f"{problem}: train with `gridcast train` for any hour", GridcastWarning, stacklevel=3)


def _say(made: Forecast, listener: Listener) -> None:
    """Say what was special about the forecasts."""
    listener.say(f"issued at {made.issue_times[0]:%Y-%m-%d %H:%M} UTC for {counted(made.horizon, 'step')}")
    notes = [] if made.quality is None else pd.Series(made.quality.values[0]).value_counts().items()
    for note, count in notes:
        if note:
            listener.say(f"{note}: {counted(int(count), 'place')}")
    if made.is_ex_post:
        listener.say("ex post: weather that was measured stands in for a forecast")


def _table(made: Forecast, panel: Panel, *, gap: int) -> pd.DataFrame:
    """Return the forecasts as a table."""
    table = forecast_table({"": made}, actual_values(panel, made.issue_times, made.horizon), gap=gap)
    quantiles = [name for name in table if str(name).startswith("q0") or str(name).startswith("q1")]
    return table[["location", "issue_time", "valid_time", "lead", "point", *quantiles, "quality"]]
