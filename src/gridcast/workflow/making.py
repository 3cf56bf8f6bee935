"""Forecasters by name, as a configuration wants them: made, not fitted."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridcast.attaching import calendar_of
from gridcast.augment import require_kinds
from gridcast.clock import DAY, HOUR, WEEK, find_zone, local_labels
from gridcast.config import RunConfig, make_config, read_config
from gridcast.errors import ConfigError, GridcastError, did_you_mean, listed
from gridcast.forecast import Forecaster
from gridcast.loading import Listener
from gridcast.panel import Panel

if TYPE_CHECKING:
    from gridcast.forecasters.hybrid import HybridForecaster

Maker = Callable[[], Forecaster]

KEPT = ("batch_size", "seed", "learning_rate", "weight_decay", "augment", "augment_strength")  # of [training], by the same name
MOST = 0.9  # share of days on which readings are at an hour, from which on one can learn from that hour
BASELINES = ("seasonal_naive_24h", "seasonal_naive_168h", "mean_profile_7d", "vanilla", "ridge", "lightgbm")


def settings_of(config: RunConfig | str | os.PathLike[str] | None) -> RunConfig:
    """Return settings: as they are, of a TOML file, or those of the synthetic world.

    Raises:
        GridcastError: If the file can't be read, or a setting is unknown or out of range.
    """
    if config is None or isinstance(config, RunConfig):
        config = config or RunConfig()
    else:
        config = make_config(read_config(config), source=f"`{os.fspath(config)}`")
    require_kinds(config.training.augment)
    return config


def hybrid_of(
    config: RunConfig, listener: Listener, locations: tuple[str, ...] = (), *, issue_hour: int | None = None, **variant: Any
) -> HybridForecaster:
    """Return the hybrid of a configuration, not trained yet.

    Args:
        config: Its settings.
        listener: Who is told of each epoch.
        locations: The places, for a calendar that tells them apart.
        issue_hour: Hour of the panel's clock at which forecasts are issued, None for any; see `usual_hour` and `hour_asked`.
        **variant: Further attributes of `HybridForecaster`.

    Raises:
        GridcastError: If the zone, the country or the file of events is wrong.
    """
    from gridcast.forecasters.hybrid import HybridForecaster  # slow to import; what is wrong with the files is told before

    model, training, task = config.model, config.training, config.task
    total = training.epochs * model.members
    settings: dict[str, Any] = {
        "horizon": task.gap + task.horizon,
        "sequence_length": task.sequence_length,
        "levels": task.quantiles,
        "issue_hour": issue_hour,
        "calendar": calendar_of(config, locations),
        "epochs": training.epochs,
        **{name: getattr(training, name) for name in KEPT},
        "progress": lambda epoch, losses: listener.progress(epoch, total, losses),
        **model.model_dump(),
    }
    return HybridForecaster(**{**settings, **variant})


def baselines_of(names: Sequence[str], config: RunConfig, locations: tuple[str, ...], issue_hour: int | None) -> dict[str, Maker]:
    """Return what makes each baseline.

    Raises:
        ConfigError: Naming one that is unknown.
        GridcastError: If the library of one is not installed.
    """
    unknown = [name for name in names if name not in BASELINES]
    if unknown:
        hint = did_you_mean(unknown[0], BASELINES)
        raise ConfigError(f"unknown baseline `{unknown[0]}`", found=listed(unknown), expected=listed(BASELINES, 10), hint=hint)
    if "lightgbm" in names and importlib.util.find_spec("lightgbm") is None:
        found, hint = "the baseline `lightgbm`", 'pip install "gridcast[boosting]"'
        raise GridcastError("LightGBM is not installed", found=found, hint=hint)
    return {name: partial(_baseline, name, config, locations, issue_hour) for name in names}


def _baseline(name: str, config: RunConfig, locations: tuple[str, ...], issue_hour: int | None) -> Forecaster:
    """Return a baseline; what is heavy is imported only where it is asked for."""
    from gridcast.forecasters.baselines import SeasonalNaive
    from gridcast.forecasters.profile import MeanProfile
    from gridcast.forecasters.vanilla import VanillaRegression

    horizon, levels = config.task.gap + config.task.horizon, config.task.quantiles
    learned: dict[str, Any] = {
        "levels": levels,
        "calendar": calendar_of(config, locations),
        "issue_hour": issue_hour,
        "seed": config.training.seed,
    }
    if name == "ridge":
        from gridcast.forecasters.linear import RidgeForecaster

        return RidgeForecaster(horizon, **learned)
    if name == "lightgbm":
        from gridcast.forecasters.boosting import LightGBMForecaster

        return LightGBMForecaster(horizon, **learned)
    simple: dict[str, Maker] = {
        "seasonal_naive_24h": lambda: SeasonalNaive(DAY, horizon),
        "seasonal_naive_168h": lambda: SeasonalNaive(WEEK, horizon),
        "mean_profile_7d": lambda: MeanProfile(horizon=horizon),
        "vanilla": lambda: VanillaRegression(horizon=horizon, levels=levels),
    }
    return simple[name]()


def usual_hour(panel: Panel, issue_times: pd.DatetimeIndex) -> int | None:
    """Return the hour of the panel's clock at which forecasts are issued; None for any hour.

    That is the hour of more than half of them: where spring skips an hour, one day has another. Those issued within an hour count
    for the nearest time at which an hour of the panel begins, as only these are learned from. Readings that are hours apart by UTC
    are at other hours in summer than in winter: an hour that the clock of the readings does not show on nearly all days is none.

    Args:
        panel: The readings.
        issue_times: UTC.

    Example:
        >>> times = pd.date_range("2024-03-01", periods=24 * 40, freq="h", tz="UTC")
        >>> panel = Panel.from_wide(pd.DataFrame({"A": range(24 * 40)}, index=times))
        >>> usual_hour(panel, times[6::24])
        6
        >>> usual_hour(panel, times[::6])
    """
    if panel.freq >= DAY:
        return None
    zone = str(panel.dataset.attrs.get("timezone", "UTC"))
    ticks = local_labels(panel.times[: panel.rows], zone)
    first = pd.Timedelta(minutes=int(ticks.minute.min()))  # of the readings of an hour
    hours = (local_labels(issue_times, zone) - first - HOUR / 2).ceil("h").hour.value_counts()
    hour, days = int(hours.index[0]), ticks.normalize()
    shown = days[ticks.hour == hour].nunique() / days.nunique()
    return hour if hours.iloc[0] > len(issue_times) / 2 and shown > MOST else None


def hour_asked(config: RunConfig, panel: Panel) -> int | None:
    """Return the hour at which forecasts will be issued by a configuration: that of the first reading from then on, or None."""
    if config.task.issue_hour is None:
        return None
    zone = str(panel.dataset.attrs.get("timezone", "UTC"))
    labels = local_labels(panel.times[: panel.rows], zone).normalize().unique() + config.task.issue_hour * HOUR
    zoned = labels.tz_localize(find_zone(zone), ambiguous=np.ones(len(labels), dtype=bool), nonexistent="shift_forward")
    ticks = -((panel.times[0] - zoned.tz_convert("UTC")) // panel.freq)
    return usual_hour(panel, panel.times[0] + pd.TimedeltaIndex(ticks * panel.freq))
