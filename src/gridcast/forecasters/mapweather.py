"""The weather that the CNN sees on the map."""

from __future__ import annotations

import numpy as np

from gridcast.covariates import Covariates
from gridcast.panel import Panel
from gridcast.raster import Field, Grid, Variables

ON_THE_MAP = "temperature"  # of the weather at the places; fields are all shown


def map_weather(panel: Panel, covariates: Covariates, grid: Grid) -> Variables:
    """Return the weather of the hours before and after an issue time, scaled as among the covariates.

    A field is taken as it is where the places are on the globe; without one the temperature at the places is.

    Args:
        panel: With the variables that the covariates were fitted on.
        covariates: Weather that is known ahead.
        grid: Where the places are.
    """
    weather: dict[str, np.ndarray | Field] = {}
    for name, centre, scale in zip(covariates.names, covariates.centre, covariates.scale, strict=True):
        field = f"{name}_field"
        if field in panel.variables and grid.on_earth:
            coords = panel.dataset[field]
            values = ((panel.values_of(field) - centre) / scale).astype(np.float32)
            weather[name] = Field(values, coords["y"].values, coords["x"].values)
        elif name == ON_THE_MAP:
            weather[name] = ((panel.values_of(name) - centre) / scale).astype(np.float32)
    return weather
