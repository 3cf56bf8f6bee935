"""How much of a training step is spent on cutting the batch, on the synthetic default (100 places, a year).

A step has two parts: cutting the batch from windows and frames, and training on it. The input pipeline's share is cutting /
(cutting + training), in the order in which `train_model` does it.

    python benchmarks/feeding.py            prints the table and writes benchmarks/feeding.md
"""

from __future__ import annotations

import platform
import statistics
import time
from pathlib import Path

import numpy as np
import psutil

from gridcast import Panel, create_hybrid_model, generate_synthetic_spatial_data, generate_synthetic_temporal_data
from gridcast.features.calendar import Calendar
from gridcast.networks import backend
from gridcast.raster import preprocess_spatial_data
from gridcast.training import Feed, frame_feed
from gridcast.windows import preprocess_temporal_data

HERE = Path(__file__).parent
WARM_UP, STEPS = 10, 60
CONTEXT, HORIZON, GRID = 168, 24, 16
BATCHES = (8, 16, 32)


def main() -> None:
    """Measure several batch sizes and write the table."""
    places = generate_synthetic_spatial_data()
    panel = Panel.from_tables(generate_synthetic_temporal_data(locations=places), places)
    rows = [_row(batch_size, *measure(panel, batch_size)) for batch_size in BATCHES]
    text = "\n".join(
        [
            "# The input pipeline's share of a training step",
            "",
            f"Synthetic default: {panel.describe()}; {CONTEXT} hours of context, {HORIZON} ahead, a map of {GRID} x {GRID}. "
            f"Medians of {STEPS} steps; {backend.version()}, Python {platform.python_version()}, {psutil.cpu_count()} cores. "
            "Busy: share of both cores while stepping.",
            "",
            "| batch size | cutting [ms] | training [ms] | share | cores busy |",
            "|---:|---:|---:|---:|---:|",
            *rows,
            "",
            "Made by `python benchmarks/feeding.py`.",
            "",
        ]
    )
    print(text)
    (HERE / "feeding.md").write_text(text, encoding="utf-8")


def measure(panel: Panel, batch_size: int) -> tuple[list[float], list[float], float]:
    """Return the seconds of cutting and of training, a step each, and the share of the cores that was busy."""
    calendar = Calendar(country="DE")
    sequences = preprocess_temporal_data(panel, CONTEXT, horizon=HORIZON, stride=1, joint=True, calendar=calendar)
    frames = preprocess_spatial_data(panel, GRID, scaler=sequences.scaler)
    backend.seed_everything(0)
    model = create_hybrid_model(
        sequences.X.shape[1:], frames.frame_shape, horizon=HORIZON, cells=frames.grid.cells, season=CONTEXT, patch=24
    )
    model.compile(optimizer=backend.keras.optimizers.Adam(0.001), loss="mse")
    feed = Feed(sequences.X, frame_feed(sequences.X, frames), sequences.y, np.arange(len(sequences)), batch_size, seed=0)
    cutting, training = [], []
    process = psutil.Process()
    busy_from = wall_from = 0.0
    for step in range(WARM_UP + STEPS):
        if step == WARM_UP:
            busy_from, wall_from = sum(process.cpu_times()[:2]), time.perf_counter()
        start = time.perf_counter()
        inputs, targets, weights = feed[step]
        middle = time.perf_counter()
        model.train_on_batch(inputs, targets, sample_weight=weights)
        if step >= WARM_UP:
            cutting.append(middle - start)
            training.append(time.perf_counter() - middle)
    busy = (sum(process.cpu_times()[:2]) - busy_from) / (time.perf_counter() - wall_from) / (psutil.cpu_count() or 1)
    return cutting, training, busy


def _row(batch_size: int, cutting: list[float], training: list[float], busy: float) -> str:
    cut, train = statistics.median(cutting), statistics.median(training)
    return f"| {batch_size} | {1e3 * cut:.1f} | {1e3 * train:.1f} | {cut / (cut + train):.1%} | {busy:.0%} |"


if __name__ == "__main__":
    main()
