"""How the tables of a configuration are read: those of readings, of flags, and of somebody else's forecasts."""

from __future__ import annotations

from gridcast.config import RunConfig
from gridcast.panel import Panel
from gridcast.sources.readings import ReadOptions


def read_options(config: RunConfig, panel: Panel | None = None) -> ReadOptions:
    """Return how to read a table of the configuration.

    Args:
        config: With the time zone, and the names of the columns of the readings.
        panel: The readings, where another table about their places is to be read: stamps are then by the zones of the places, and
            columns are recognised by their usual names, as they may be called otherwise than in the table of readings.
    """
    data = config.data
    ending = data.stamps == "end"
    if panel is None:
        columns = {name: getattr(data, name) or None for name in type(data).model_fields if name.endswith("_column")}
        own = data.timezones or None
        return ReadOptions(timezone=data.timezone, timezones=own, no_reading=data.no_reading, ending=ending, **columns)
    zones = dict(zip(panel.locations, panel.timezones, strict=True)) if "timezone" in panel.dataset.coords else None
    return ReadOptions(timezone=data.timezone, timezones=zones, no_reading=data.no_reading, ending=ending)
