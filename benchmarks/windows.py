"""Speed and memory of cutting windows: indices into the readings, beside a written copy of every sequence.

Reads us_ba_2015_2020 (54 places) and cuts every window of 168 hours with its 24 target hours. Each way runs in a process of its
own, in turn, so that its peak memory is its own; the table shows medians.

    python benchmarks/windows.py            prints the table and writes benchmarks/windows.md
"""

from __future__ import annotations

import json
import platform
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
DATA = HERE.parents[1] / "shared" / "data" / "us_ba_2015_2020"
CONTEXT, HORIZON, REPEATS = 168, 24, 5
WAYS = {
    "read": "reading the two files",
    "indices": "reading, and all windows as indices (`preprocess_temporal_data`)",
    "copies": "reading, and a copy of every sequence and target",
}
MEGABYTE = 1e6


def main() -> None:
    """Measure each way in turn, several times, and write the table."""
    if len(sys.argv) > 1:
        print(json.dumps(measure(sys.argv[1])))
        return
    if not DATA.is_dir():
        sys.exit(f"this benchmark needs the data set {DATA.name} in {DATA.parent}")
    runs: dict[str, list[dict[str, Any]]] = {way: [] for way in WAYS}
    for _ in range(REPEATS):
        for way, kept in runs.items():
            found = subprocess.run([sys.executable, __file__, way], check=True, capture_output=True, text=True)
            kept.append(json.loads(found.stdout))
    text = table(runs)
    print(text)
    (HERE / "windows.md").write_text(text, encoding="utf-8")


def measure(way: str) -> dict[str, Any]:
    """Return seconds, peak memory above the readings, and the number of windows of one way."""
    import numpy as np

    from gridcast.sources.pair import read_panel
    from gridcast.windows import preprocess_temporal_data

    before = _peak()
    started = time.perf_counter()
    panel = read_panel(DATA / "load.csv.gz", DATA / "locations.csv").panel
    windows = 0
    if way == "indices":
        sequences = preprocess_temporal_data(panel, CONTEXT, horizon=HORIZON)
        windows = len(sequences)
    if way == "copies":
        cut = np.lib.stride_tricks.sliding_window_view(panel.consumption, CONTEXT + HORIZON, axis=0)
        whole = np.isfinite(cut).all(axis=-1)
        X, y = cut[..., :CONTEXT][whole], cut[..., CONTEXT:][whole]
        windows = len(X)
        assert len(y) == windows
    seconds = time.perf_counter() - started
    peak = _peak() - before - panel.consumption.nbytes
    return {
        "seconds": seconds,
        "peak": peak,
        "windows": windows,
        "arrays": panel.consumption.nbytes,
        "shape": panel.consumption.shape,
    }


def table(runs: dict[str, list[dict[str, Any]]]) -> str:
    """Return the results as Markdown."""
    first = runs["read"][0]
    lines = [
        "# Cutting windows",
        "",
        f"{first['shape'][1]} places x {first['shape'][0]:,} hours (us_ba_2015_2020; the readings themselves take "
        f"{first['arrays'] / MEGABYTE:.1f} MB), every window of {CONTEXT} + {HORIZON} hours without a gap. "
        f"Medians of {REPEATS} runs, each in a process of its own, after the imports; Python {platform.python_version()}, 2 cores. "
        "Peak: resident memory above the readings themselves.",
        "",
        "| way | windows | seconds | peak [MB] |",
        "|---|---:|---:|---:|",
    ]
    for way, kept in runs.items():
        seconds = statistics.median(run["seconds"] for run in kept)
        peak = statistics.median(run["peak"] for run in kept) / MEGABYTE
        lines.append(f"| {WAYS[way]} | {_count(kept[0]['windows'])} | {seconds:.2f} | {peak:,.0f} |")
    return "\n".join([*lines, "", "Made by `python benchmarks/windows.py`.", ""])


def _count(windows: int) -> str:
    return f"{windows:,}" if windows else ""


def _peak() -> int:
    """Return the largest resident memory of this process so far. [byte]"""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
