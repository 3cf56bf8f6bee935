"""Forecasting with a network that was trained before: the newest readings in, a table of forecasts out."""

from __future__ import annotations

import os
from datetime import tzinfo
from pathlib import Path

import pandas as pd

from gridcast.clock import DAY, clock_zone, find_zone, utc
from gridcast.config import RunConfig
from gridcast.errors import ConfigError, FileError, counted
from gridcast.evaluation import forecast_table, issue
from gridcast.evaluation.adapting import adapted
from gridcast.forecast import Forecast, Predictor, actual_values, joined_in_time
from gridcast.loading import Listener
from gridcast.panel import Panel
from gridcast.store import write_csv, write_parquet
from gridcast.workflow.opening import open_run

KINDS = (".csv", ".csv.gz", ".parquet")
LOOKED_BACK = 28  # days whose forecasts are made again, to see what they missed


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

    As in a backtest, forecasts of the days before, back to the end of the training, are made again from what was known then: what
    they kept missing, and how often their quantiles were met, corrects the new one.

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
    made = issued_now(opened.forecaster, panel, moment, config=opened.config, until=opened.until, listener=listener)
    _say(made, listener)
    table = issued_table(made, panel, gap=opened.config.task.gap)
    if target.suffix == ".parquet":
        write_parquet(table, target)
    else:
        write_csv(table, target)
    return table


def issued_now(
    forecaster: Predictor,
    panel: Panel,
    moment: pd.Timestamp,
    *,
    config: RunConfig,
    until: pd.Timestamp,
    listener: Listener | None = None,
) -> Forecast:
    """Return the forecast at an issue time, corrected by how those of the days before it turned out, as in a backtest.

    Args:
        forecaster: Fitted.
        panel: Readings and weather.
        moment: Issue time, UTC.
        config: Of the run.
        until: When its training ended.
        listener: Who is told of how many days.
    """
    zone = find_zone(clock_zone(config.data.timezone, panel.freq))
    times = _days_before(panel, moment, zone, since=max(until, panel.times[0] + forecaster.reach))
    newest = issue(forecaster, panel, times[-1:])
    if len(times) == 1:
        return newest
    made = joined_in_time([issue(forecaster, panel, times[:-1]), newest], panel, times)
    if listener is not None:
        listener.say(f"corrected by what the forecasts of {counted(len(times) - 1, 'day')} before have missed")
    made = adapted(made, actual_values(panel, times, made.horizon), panel)
    quantiles, quality = (None if part is None else part[-1:] for part in (made.quantiles, made.quality))
    return Forecast(made.values[-1:].assign_attrs(newest.values.attrs), quantiles, quality)  # others may be ex post


def _days_before(panel: Panel, moment: pd.Timestamp, zone: tzinfo, *, since: pd.Timestamp) -> pd.DatetimeIndex:
    """Return the issue time and, before it, the same of earlier days by the clock of a zone, from `since` on."""
    local = moment.tz_convert(zone).tz_localize(None)
    before = [local - number * DAY for number in range(LOOKED_BACK, 0, -1)]
    days = [utc(each.tz_localize(zone, ambiguous=True, nonexistent="shift_forward")) for each in before]
    ticks = [day for day in days if day >= since and (day - panel.times[0]) % panel.freq == pd.Timedelta(0)]
    return pd.DatetimeIndex([*ticks, moment])


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
