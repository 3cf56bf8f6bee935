"""What several tests share: the real data where they are, and a small panel."""

import shutil
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


@pytest.fixture(scope="session")
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


TINY = """
[data]
temporal = "{folder}/load.csv"
spatial = "{folder}/places.csv"
unit = "MW"
[weather]
source = "{folder}/weather.csv"
stations = "{folder}/places.csv"
perfect_weather = true
[task]
sequence_length = 168
test_days = 4
[model]
size = "small"
units = 8
[training]
epochs = 1
"""
TINY_DAYS, TINY_PLACES = 30, ["A", "B", "C"]


@pytest.fixture(scope="session")
def tiny_tables():
    """Return a function that gives load and temperature, one column a place, of so many days from 2024-01-01 on."""

    def tables(days: int = TINY_DAYS, places: list[str] = TINY_PLACES) -> tuple[pd.DataFrame, pd.DataFrame]:
        random = np.random.default_rng(0)
        times = pd.date_range("2024-01-01", periods=24 * days, freq="h", tz="UTC", name="timestamp")
        warm = 10 + random.normal(size=(24 * 60, 6))[: len(times), : len(places)]
        cycle = 50 + 10 * np.sin(2 * np.pi * times.hour.to_numpy() / 24)[:, None]
        load, weather = (pd.DataFrame(each.round(3), index=times, columns=places) for each in (cycle + warm, warm))
        return load, weather.add_suffix("_temperature_c")

    return tables


@pytest.fixture(scope="session")
def tiny_world(tmp_path_factory, tiny_tables) -> Path:
    """Write three places of a month with their weather, and the configuration of a tiny network; return the configuration."""
    folder = tmp_path_factory.mktemp("tiny")
    load, weather = tiny_tables()
    load.to_csv(folder / "load.csv")
    weather.to_csv(folder / "weather.csv")
    (folder / "places.csv").write_text("id,latitude,longitude\nA,50,5\nB,51,6\nC,52,7\n")
    (folder / "tiny.toml").write_text(TINY.format(folder=folder.as_posix()))
    return folder / "tiny.toml"


@pytest.fixture(scope="session")
def trained(tiny_world) -> Path:
    """Return the run folder of a tiny network, trained on all of the tiny world."""
    from gridcast.workflow.training import train

    out = tiny_world.parent / "trained"
    train(tiny_world, out=out)
    return out


@pytest.fixture(scope="session")
def exported(trained) -> Path:
    """Return the ONNX file of the tiny network, which stands in a run folder of its own."""
    from gridcast.networks import backend
    from gridcast.workflow.exporting import export

    pytest.importorskip("tf2onnx")
    if backend.name() != "tensorflow":
        pytest.skip("ONNX is written by TensorFlow")
    return export(shutil.copytree(trained, trained.with_name("exported"))).path
