"""Samples of a small world whose load answers to the temperature, with a German calendar."""

import numpy as np
import pandas as pd
import pytest

from gridcast.features.calendar import Calendar
from gridcast.features.weather import derive_weather
from gridcast.panel import Panel
from gridcast.samples.recipe import Recipe
from gridcast.samples.samples import Samples

DAYS, CONTEXT, HORIZON = 60, 336, 24


def readings_and_temperature(places: int = 3, days: int = DAYS, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    """The load is 100 MW, a daily cycle, and 2 MW a degree, of 2024-04-01 and after."""
    random = np.random.default_rng(seed)
    times = pd.date_range("2024-04-01", periods=24 * days, freq="h", tz="UTC")
    warmth = 15 + np.cumsum(random.normal(size=(len(times), 1)), axis=0) * 0.3 + 0.1 * random.normal(size=(len(times), places))
    cycle = 100 + 10 * np.sin(2 * np.pi * times.hour.to_numpy() / 24)[:, None]
    return pd.DataFrame(cycle + 2 * warmth, index=times, columns=list("ABCDEFGH")[:places]), warmth.astype(np.float32)


def panel_of(readings: pd.DataFrame, warmth: np.ndarray, *, derived: bool = True) -> Panel:
    """The panel of readings, with a temperature that is known ahead and what is derived from it."""
    places = list(readings.columns)
    spatial = pd.DataFrame({"id": places, "latitude": 50.0 + np.arange(len(places)), "longitude": 5.0 + np.arange(len(places))})
    panel = Panel.from_wide(readings, spatial, unit="MW")
    panel = panel.with_variable("temperature", warmth, units="degC", availability="perfect")
    return Panel(derive_weather(panel.dataset, ["heating", "cooling", "recency"])) if derived else panel


@pytest.fixture
def make_samples():
    """Return a function that makes samples, of other places, days, or readings."""

    def make(places: int = 3, days: int = DAYS, readings: pd.DataFrame | None = None, **how) -> Samples:
        own, warmth = readings_and_temperature(places, days)
        panel = panel_of(own if readings is None else readings, warmth)
        how = {"horizon": HORIZON, "context": CONTEXT, "calendar": Calendar(country="DE"), **how}
        return Samples(Recipe.fit(panel, **how), panel)

    return make


@pytest.fixture
def learned():
    """Return a function that tells all rows of samples as learned from."""
    return lambda samples: np.ones(len(samples.readings), dtype=bool)
