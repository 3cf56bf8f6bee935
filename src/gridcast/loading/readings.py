"""From the configuration to a checked panel: the readings of files or of the synthetic world, and their weather."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from gridcast.attaching import SYNTHETIC_COUNTRY, Source, with_weather
from gridcast.clock import clock_zone, find_zone, stamp_of, utc
from gridcast.config import RunConfig
from gridcast.errors import ConfigError
from gridcast.loading.listener import Listener
from gridcast.loading.options import read_options
from gridcast.loading.repairs import without_wrong
from gridcast.panel import Panel
from gridcast.quality import check_panel
from gridcast.sources.pair import Loaded, read_panel
from gridcast.sources.synthetic.world import generate_synthetic_spatial_data, generate_synthetic_temporal_data

SYNTHETIC_UNIT = "MW"


def load(config: RunConfig, listener: Listener, *, refuse: bool = True) -> Loaded:
    """Return the checked panel of the readings, or of the synthetic world; say what was recognised.

    Args:
        config: Where the readings come from.
        listener: Who is told.
        refuse: Whether places that nothing can be learned from are refused.

    Raises:
        GridcastError: If the files can't make a panel.
    """
    loaded = _synthetic(config) if config.is_synthetic else _from_sources(config)
    zoned = loaded.panel.dataset.assign_attrs(timezone=config.data.timezone)
    zone = clock_zone(config.data.timezone, loaded.panel.freq)
    panel = Panel(zoned).between(_moment(config, "start", zone), _moment(config, "end", zone))
    for sentence in (*loaded.said, panel.describe(), *check_panel(panel, refuse=refuse)):
        listener.say(sentence)
    return replace(loaded, panel=panel)


def with_covariates(
    loaded: Loaded,
    config: RunConfig,
    until: pd.Timestamp,
    listener: Listener,
    *,
    like: Callable[[], Source] | None = None,
) -> Panel:
    """Return the panel with the weather of the configuration, and say what was recognised.

    Readings that are called wrong are masked before, so that no station is learned from them.

    Args:
        loaded: What `load` returned.
        config: With the source of the weather, or none.
        until: The end of the training part.
        listener: Who is told.
        like: Of newer weather the older one, see `gridcast.attaching.with_weather`.

    Raises:
        GridcastError: If weather or flags can't be read, or do not fit the panel.
    """
    readings = without_wrong(loaded.panel, config, until, listener)
    panel, said = with_weather(readings, config, until=until, stations=loaded.stations, like=like)
    for sentence in said:
        listener.say(sentence)
    return panel


def _synthetic(config: RunConfig) -> Loaded:
    data, seed = config.data, config.training.seed
    places = generate_synthetic_spatial_data(data.num_locations, seed=seed)
    readings = generate_synthetic_temporal_data(
        data.num_days, data.noise_level, locations=places, seed=seed, country=SYNTHETIC_COUNTRY
    )
    said = (f"no files given: a synthetic world with seed {seed}",)
    return Loaded(Panel.from_tables(readings, places, unit=SYNTHETIC_UNIT), said)


def _from_sources(config: RunConfig) -> Loaded:
    data = config.data
    if not data.temporal:
        problem = "there is a table of places and there are no readings"
        raise ConfigError(problem, found=f"`data.spatial = {data.spatial}`", expected="`data.temporal` too, or neither")
    return read_panel(
        data.temporal,
        data.spatial or None,
        options=read_options(config),
        exclude=data.exclude,
        common_only=data.common_only,
        unit=data.unit or None,
        query=data.query or None,
    )


def _moment(config: RunConfig, name: str, zone: str) -> pd.Timestamp | None:
    """Return the start or the end of the readings to use, by the clock of a zone; None for no limit."""
    text = getattr(config.data, name)
    if not text:
        return None
    stamp = stamp_of(text)
    if pd.isna(stamp):
        raise ConfigError(f"`data.{name}` is no moment", found=text, expected="such as `2017-11-26` or `2017-11-26 06:00`")
    return utc(stamp if stamp.tzinfo else stamp.tz_localize(find_zone(zone), ambiguous=True, nonexistent="shift_forward"))
