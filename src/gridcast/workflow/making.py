"""Forecasters by name, as a configuration wants them: made, not fitted."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from gridcast.attaching import calendar_of
from gridcast.augment import require_kinds
from gridcast.clock import DAY, WEEK, local_labels
from gridcast.config import RunConfig, make_config, read_config
from gridcast.errors import ConfigError, did_you_mean, listed
from gridcast.forecast import Forecaster
from gridcast.loading import Listener
from gridcast.panel import Panel

if TYPE_CHECKING:
    from gridcast.forecasters.hybrid import HybridForecaster

Maker = Callable[[], Forecaster]

KEPT = ("batch_size", "seed", "learning_rate", "weight_decay", "augment", "augment_strength")  # of [training], by the same name
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
        issue_hour: Hour at which forecasts are issued, where the configuration does not tell.
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
        "issue_hour": issue_hour if task.issue_hour is None else task.issue_hour,
        "calendar": calendar_of(config, locations),
        "epochs": training.epochs,
        **{name: getattr(training, name) for name in KEPT},
        "progress": lambda epoch, losses: listener.progress(epoch, total, losses),
        **{name: getattr(model, name) for name in ("size", "units", "members", "grid_size", "axes", "collisions", "dropout")},
    }
    return HybridForecaster(**{**settings, **variant})


def baselines_of(names: Sequence[str], config: RunConfig, locations: tuple[str, ...], issue_hour: int | None) -> dict[str, Maker]:
    """Return what makes each baseline.

    Raises:
        ConfigError: Naming one that is unknown.
    """
    unknown = [name for name in names if name not in BASELINES]
    if unknown:
        hint = did_you_mean(unknown[0], BASELINES)
        raise ConfigError(f"unknown baseline `{unknown[0]}`", found=listed(unknown), expected=listed(BASELINES, 10), hint=hint)
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


def common_hour(panel: Panel, issue_times: pd.DatetimeIndex) -> int | None:
    """Return the hour of the panel's clock at which all forecasts are issued; None if there are several."""
    zone = str(panel.dataset.attrs.get("timezone", "UTC"))
    hours = local_labels(issue_times, zone).hour.unique()
    return int(hours[0]) if len(hours) == 1 and panel.freq < DAY else None
