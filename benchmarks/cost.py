"""What the engine costs: training on gefcom2012, the share of feeding, the share of the machine's rate, and one prediction.

    python benchmarks/cost.py               prints the table and writes benchmarks/cost.md (needs ../shared/data)

The rate of a training step counts the multiplications of the layers' matrices, three times those of a forward pass; the rate of the
machine is that of square single-precision matrices in the same process. Both sides of each ratio are measured in one run.
"""

from __future__ import annotations

import platform
import resource
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gridcast.attaching import calendar_of
from gridcast.config import RunConfig, make_config, read_config
from gridcast.forecasters.boosting import LightGBMForecaster
from gridcast.forecasters.hybrid import HybridForecaster
from gridcast.forecasters.saved import load_hybrid, save_hybrid
from gridcast.loading import Listener
from gridcast.networks.backend import keras, seed_everything
from gridcast.networks.engine import Engine, Pinball, make_engine
from gridcast.panel import Panel
from gridcast.samples.parts import parts_of
from gridcast.sources.synthetic.world import generate_synthetic_spatial_data, generate_synthetic_temporal_data
from gridcast.training.engine import Material, SampleFeed, Schedule
from gridcast.workflow.backtesting import Prepared, prepared_for

HERE = Path(__file__).parent
STEPS, SIDE, REPEATS = 30, 2048, 8


def main() -> None:
    """Measure, and write the table."""
    config = make_config(read_config(HERE / "accuracy" / "gefcom2012.toml"))
    prepared = prepared_for(config, Listener())
    rows = [*training(prepared, config), *steps(prepared), *prediction()]
    lines = ["# What the engine costs\n", f"`python benchmarks/cost.py`, {platform.machine()}, two cores:\n", "| | |", "|---|---|"]
    text = "\n".join([*lines, *(f"| {name} | {value} |" for name, value in rows), ""])
    print(text)
    (HERE / "cost.md").write_text(text, encoding="utf-8")


def training(prepared: Prepared, config: RunConfig) -> list[tuple[str, str]]:
    """Return how long the whole training takes, and how much memory."""
    known = prepared.panel.as_of(prepared.plan.issue_times(prepared.panel)[0])
    forecaster = prepared.hybrid()()
    started = time.perf_counter()
    forecaster.fit(known)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    started = time.perf_counter()
    LightGBMForecaster(calendar=calendar_of(prepared.config), issue_hour=0).fit(known)
    peer = time.perf_counter() - started
    said = f"{seconds:.0f} s, {config.training.epochs} epochs"
    return [
        ("training the medium default on gefcom2012 (20 zones x 3 years)", said),
        ("peak memory of that process", f"{peak:.2f} GB"),
        ("training LightGBM on the same", f"{peer:.0f} s"),
    ]


def steps(prepared: Prepared) -> list[tuple[str, str]]:
    """Return the share of cutting in a step, and the rate of a step beside that of the machine."""
    forecaster = HybridForecaster(calendar=calendar_of(prepared.config), issue_hour=0)
    known = prepared.panel.as_of(prepared.plan.issue_times(prepared.panel)[0])
    placed, placing = forecaster.placed_for(known)
    parts = parts_of(placed.samples, 0)
    seed_everything(0)
    shape = forecaster._shape(placed, placing, parts)
    network = make_engine(shape)
    network.compile(optimizer=keras.optimizers.AdamW(1e-3, use_ema=True), loss=Pinball(shape.levels))
    feed = SampleFeed(Material(placed, parts.draw), Schedule(batch_size=20))
    for number in range(3):
        network.train_on_batch(*feed[number])
    cut, trained = [], []
    for number in range(3, 3 + STEPS):
        started = time.perf_counter()
        batch = feed[number]
        between = time.perf_counter()
        network.train_on_batch(*batch)
        cut.append(between - started)
        trained.append(time.perf_counter() - between)
    step, cutting = statistics.median(trained), statistics.median(cut)
    rate, machine = 3 * multiplications(network, feed[0][0]) * 2 / step / 1e9, matmul_rate()
    return [
        ("a training step of 20 issue times x 20 zones", f"{1000 * step:.0f} ms, and {1000 * cutting:.0f} ms of cutting the batch"),
        ("cutting, of both", f"{100 * cutting / (cutting + step):.0f} %"),
        ("rate of the step", f"{rate:.0f} GFLOP/s of the machine's {machine:.0f} ({100 * rate / machine:.0f} %)"),
    ]


def multiplications(network: Engine, inputs: dict[str, Any]) -> float:
    """Return how many multiplications the matrices of a forward pass take."""
    batch, places, patches, _ = inputs["history"].shape
    horizon, clocks = inputs["calendar"].shape[1:3]
    rows, columns = network.shape_of.grid
    of_place, of_step, of_cell = batch * places, batch * horizon * places, batch * rows * columns
    often = {
        "patches": of_place * patches,
        "step": of_step,
        "linear": of_step,
        "clock": batch * horizon * clocks,
        "quantiles": of_step,
    }
    total = 0.0
    for layer in network._flatten_layers():
        size = sum(int(np.prod(weight.shape)) for weight in layer.weights if weight.name in ("kernel", "recurrent_kernel"))
        if isinstance(layer, keras.layers.Conv2D):
            total += of_cell * size
        elif isinstance(layer, keras.layers.LSTM):
            total += of_place * patches * size
        elif isinstance(layer, keras.layers.Dense):
            total += size * (of_step if layer.name.startswith("hidden") else often.get(layer.name, of_place))
    return total


def matmul_rate() -> float:
    """Return the rate of square single-precision matrices in this process. [GFLOP/s]"""
    one = keras.ops.convert_to_tensor(np.random.default_rng(0).normal(size=(SIDE, SIDE)).astype("float32"))
    seconds = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        float(keras.ops.matmul(one, one)[0, 0])
        seconds.append(time.perf_counter() - started)
    return float(2 * SIDE**3 / min(seconds) / 1e9)


def prediction() -> list[tuple[str, str]]:
    """Return how long one forecast of 54 places takes after loading, and a year of daily ones."""
    places = generate_synthetic_spatial_data(54)
    panel = Panel.from_tables(generate_synthetic_temporal_data(430, locations=places), places, unit="MW")
    issued = panel.times[24 * 60 : 24 * 425 : 24]
    forecaster = HybridForecaster(epochs=1).fit(panel.as_of(issued[0]))
    with tempfile.TemporaryDirectory() as folder:
        save_hybrid(forecaster, Path(folder) / "model")
        loaded = load_hybrid(Path(folder) / "model")
    recent = panel.as_of(issued[-1]).recent(loaded.reach)
    loaded.predict(recent, issued[-1:])
    one = statistics.median(_seconds(loaded, recent, issued[-1:]) for _ in range(10))
    year = _seconds(loaded, panel, issued)
    return [
        ("one forecast of 54 places, after loading", f"{1000 * one:.0f} ms"),
        ("a year of daily forecasts of 54 places in one pass", f"{year:.1f} s"),
    ]


def _seconds(forecaster: HybridForecaster, panel: Panel, issued: pd.DatetimeIndex) -> float:
    started = time.perf_counter()
    forecaster.predict(panel, issued)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
