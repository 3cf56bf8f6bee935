"""What several tests share: the real data where they are, and a small panel."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings

from gridcast.panel import Panel

settings.register_profile("gridcast", deadline=None, derandomize=True)  # the same examples each time, however busy the machine
settings.load_profile("gridcast")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real data sets are not on this machine (../shared/data)")
    return folder


@pytest.fixture
def make_panel():
    """Return a function that makes a panel of noise around a daily cycle, with given gaps (row, column)."""

    def make(days: int = 20, places: int = 4, gaps: tuple[tuple[int, int], ...] = (), seed: int = 0) -> Panel:
        random = np.random.default_rng(seed)
        times = pd.date_range("2024-01-01", periods=24 * days, freq="h", tz="UTC")
        cycle = 10 + 3 * np.sin(2 * np.pi * times.hour.to_numpy() / 24)[:, None] * np.arange(1, places + 1)
        readings = cycle + random.normal(size=(len(times), places))
        for row, column in gaps:
            readings[row, column] = np.nan
        names = [f"P{i}" for i in range(places)]
        spatial = pd.DataFrame(
            {"id": names, "latitude": random.uniform(45, 55, places), "longitude": random.uniform(0, 15, places)}
        )
        return Panel.from_wide(pd.DataFrame(readings, index=times, columns=names), spatial, unit="MW")

    return make
