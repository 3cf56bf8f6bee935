"""Forecasting with a network that was trained before: the newest readings in, a table of forecasts out."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from gridcast.errors import ConfigError, FileError, counted
from gridcast.evaluation import forecast_table, issue
from gridcast.forecast import Forecast, actual_values
from gridcast.loading import Listener
from gridcast.panel import Panel
from gridcast.store import write_csv, write_parquet
from gridcast.workflow.opening import open_run

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
    opened = open_run(run, load_file=load_file, weather=weather, listener=listener)
    panel, moment = opened.panel, opened.moment(issue_time)
    made = issue(opened.forecaster, panel, pd.DatetimeIndex([moment]))
    _say(made, listener)
    table = issued_table(made, panel, gap=opened.config.task.gap)
    if target.suffix == ".parquet":
        write_parquet(table, target)
    else:
        write_csv(table, target)
    return table


def _target(out: str | os.PathLike[str], *, overwrite: bool) -> Path:
    """Return where the table goes."""
    path = Path(out)
    if not path.name.endswith(KINDS):
        raise ConfigError("what kind of file?", found=f"`{path.name}`", expected=f"a name that ends in {', '.join(KINDS)}")
    if path.exists() and not overwrite:
        raise FileError(f"`{path}` would be replaced", found="a file", expected="a new name", hint="add `--overwrite`")
    return path


def _say(made: Forecast, listener: Listener) -> None:
    """Say what was special about the forecasts."""
    listener.say(f"issued at {made.issue_times[0]:%Y-%m-%d %H:%M} UTC for {counted(made.horizon, 'step')}")
    notes = [] if made.quality is None else pd.Series(made.quality.values[0]).value_counts().items()
    for note, count in notes:
        if note:
            listener.say(f"{note}: {counted(int(count), 'place')}")
    if made.is_ex_post:
        listener.say("ex post: weather that was measured stands in for a forecast")


def issued_table(made: Forecast, panel: Panel, *, gap: int) -> pd.DataFrame:
    """Return forecasts as the table that `forecast` writes.

    Args:
        made: The forecasts.
        panel: Whose places they are of.
        gap: Steps after the issue time that are left out.
    """
    table = forecast_table({"": made}, actual_values(panel, made.issue_times, made.horizon), gap=gap)
    quantiles = [name for name in table if str(name).startswith("q0") or str(name).startswith("q1")]
    return table[["location", "issue_time", "valid_time", "lead", "point", *quantiles, "quality"]]
