"""Opening a run: its network, and its sources read again, with newer readings and weather on top."""

from __future__ import annotations

import json
import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from gridcast.clock import HOUR, clock_zone, find_zone, stamp_of, utc
from gridcast.config import RunConfig, make_config, read_config
from gridcast.errors import ConfigError, FileError, GridcastWarning, PanelError
from gridcast.loading import Listener, load, prepare, with_covariates
from gridcast.loading.newer import with_newer_readings, with_newer_weather
from gridcast.loading.stations import Stations, stations_of
from gridcast.panel import Panel
from gridcast.sources.pair import Loaded
from gridcast.workflow.making import usual_hour
from gridcast.workflow.record import MODEL, load_hybrid

if TYPE_CHECKING:
    from gridcast.forecasters.hybrid import HybridForecaster


@dataclass(frozen=True)
class Opened:
    """A run that can be asked.

    Attributes:
        config: Its settings.
        until: When its training ended.
        forecaster: Its network.
        panel: Readings and weather, with what is newer.
        loaded: The readings as they were read.
        newer: File of newer weather, or nothing.
    """

    config: RunConfig
    until: pd.Timestamp
    forecaster: HybridForecaster
    panel: Panel
    loaded: Loaded
    newer: str

    def stations(self) -> Stations | None:
        """Return the stations that its weather comes from; None where it comes from none.

        Raises:
            GridcastError: If they can't be read.
        """
        return stations_of(self.panel, self.loaded, self.config, self.until, self.newer)

    def moment(self, issue_time: str | pd.Timestamp | None = None, *, before: pd.Timestamp | None = None) -> pd.Timestamp:
        """Return an issue time, by default the end of the readings; warn of another hour than the network was trained for.

        Args:
            issue_time: As it was given.
            before: The issue time that it is the earlier one of; None for any.

        Raises:
            ConfigError: If it is no moment, lies between two readings, or is not the earlier one.
            PanelError: If the readings end before it.
        """
        moment = moment_of(self.panel, self.config, issue_time, before=before)
        _warn_of_hour(self.forecaster.issue_hour, self.panel, moment)
        return moment


def open_run(run: str | os.PathLike[str], *, load_file: str = "", weather: str = "", listener: Listener) -> Opened:
    """Return the run in a folder.

    Args:
        run: Folder of `gridcast train` or `gridcast run`.
        load_file: New readings, which go beside those of the run's own sources, and before them where both are there.
        weather: New weather, likewise.
        listener: Who is told how it goes.

    Raises:
        GridcastError: If there is no model, or the files can't be read or do not fit.
    """
    config, until = settings_of_run(run)
    forecaster = load_hybrid(Path(run) / MODEL)
    loaded = _newest_readings(config, load_file, listener)
    panel = _with_newest_weather(loaded, config, until, weather, listener)
    return Opened(config, until, forecaster, panel, loaded, weather)


def newest_panel(config: RunConfig, until: pd.Timestamp, *, load_file: str = "", weather: str = "", listener: Listener) -> Panel:
    """Return readings and weather of a run as they are now; arguments as in `open_run`, `until` is the end of its training.

    Raises:
        GridcastError: If the files can't be read or do not fit.
    """
    return _with_newest_weather(_newest_readings(config, load_file, listener), config, until, weather, listener)


def _newest_readings(config: RunConfig, load_file: str, listener: Listener) -> Loaded:
    loaded = load(config, listener, refuse=False)
    return with_newer_readings(loaded, config, load_file, listener) if load_file else loaded


def _with_newest_weather(loaded: Loaded, config: RunConfig, until: pd.Timestamp, weather: str, listener: Listener) -> Panel:
    panel = with_covariates(loaded, config, until, listener)
    if weather:
        panel = with_newer_weather(panel, loaded, config, weather, until, listener)
    return prepare(panel, config, until, listener)


def settings_of_run(run: str | os.PathLike[str]) -> tuple[RunConfig, pd.Timestamp]:
    """Return the configuration of a run, and when its training ended.

    Raises:
        GridcastError: If the folder is no run, or damaged.
    """
    run = Path(run)
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


def require_moment(issue_time: str | pd.Timestamp) -> pd.Timestamp:
    """Return an issue time as it is given, with an offset or without.

    Raises:
        ConfigError: If it is no moment.
    """
    stamp = stamp_of(issue_time)
    if pd.isna(stamp):
        expected = "such as `2017-11-26 06:00`, the year first"
        raise ConfigError("the issue time is no moment", found=f"`{issue_time}`", expected=expected)
    return stamp


def moment_of(
    panel: Panel, config: RunConfig, issue_time: str | pd.Timestamp | None, *, before: pd.Timestamp | None = None
) -> pd.Timestamp:
    """Return the issue time: a tick of the readings, at most their end."""
    if issue_time is None:
        return panel.end
    stamp = require_moment(issue_time)
    zone = find_zone(clock_zone(config.data.timezone, panel.freq))
    moment = utc(stamp if stamp.tzinfo else stamp.tz_localize(zone, ambiguous=True, nonexistent="shift_forward"))
    if (moment - panel.times[0]) % panel.freq != pd.Timedelta(0):
        raise ConfigError(
            "the issue time lies between two readings",
            found=f"{moment}",
            expected=f"one of the clock of the readings: {panel.times[0]} and every {panel.freq / HOUR:g} h from there",
        )
    if before is not None and moment > before:
        raise ConfigError(
            "the earlier forecast comes after the one that is explained",
            found=f"issued at {moment}",
            expected=f"at most {before}",
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
        warnings.warn(f"{problem}; without `task.issue_hour` it is trained for any hour", GridcastWarning, stacklevel=4)
