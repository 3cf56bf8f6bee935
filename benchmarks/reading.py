"""Speed and memory of reading: gridcast beside pandas and polars on the same files, and a long CSV of 2 GB read block by block.

All three come to the same: a table (time, location) of 32-bit floats. gridcast also recognises the columns, checks every cell and
stamp, and looks for readings that come twice. Each way runs in a process of its own, in turn, so that its peak memory is its own;
the table shows medians. The long files are made in a temporary folder, which takes 2 GB for a while.

    python benchmarks/reading.py            prints the table and writes benchmarks/reading.md
"""

from __future__ import annotations

import json
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
REAL = HERE.parents[1] / "shared" / "data" / "us_ba_2015_2020" / "load.csv.gz"
REPEATS = 3
HOURS, PLACES, LARGE_PLACES = 59_000, 100, 1000  # of the long files; 34 bytes a row
MEGABYTE = 1e6


def main() -> None:
    """Make the files, measure each way in turn, several times, and write the table."""
    if len(sys.argv) > 1:
        way, path, kind = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
        print(json.dumps(make_long(path, kind) if way == "make" else measure(way, path, long=kind == "long")))
        return
    with tempfile.TemporaryDirectory() as name:
        folder, sections = Path(name), []
        if REAL.is_file():
            sections.append(compare("us_ba_2015_2020/load.csv.gz (wide, real)", REAL, "wide"))
        path = folder / "long.csv"
        run("make", path, f"{PLACES} by time")
        sections.append(compare("long CSV, all places of an hour together", path, "long"))
        rows = []
        for order, by in (("all places of an hour together", "time"), ("all hours of a place together", "place")):
            run("make", path, f"{LARGE_PLACES} by {by}")
            rows.append((order, path.stat().st_size, run("gridcast", path, "long")))
    text = "\n".join([HEADING, *sections, streamed(rows), "Made by `python benchmarks/reading.py`.", ""])
    print(text)
    (HERE / "reading.md").write_text(text, encoding="utf-8")


def compare(title: str, path: Path, kind: str) -> str:
    """Return the section of a file that each of the three reads."""
    runs: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for _ in range(REPEATS):
        for way, kept in runs.items():
            kept.append(run(way, path, kind))
    first = runs["gridcast"][0]
    lines = [
        f"## {title}",
        "",
        f"{path.stat().st_size / MEGABYTE:,.0f} MB, {first['times']:,.0f} times x {first['places']:,.0f} places, "
        f"{first['array'] / MEGABYTE:,.1f} MB as an array of 32-bit floats. Medians of {REPEATS} runs.",
        "",
        "| reader | seconds | peak [MB] |",
        "|---|---:|---:|",
    ]
    for way, kept in runs.items():
        seconds = statistics.median(each["seconds"] for each in kept)
        peak = statistics.median(each["peak"] for each in kept) / MEGABYTE
        lines.append(f"| {way} {version(way) if way != 'gridcast' else ''} | {seconds:.2f} | {peak:,.0f} |".replace("  ", " "))
    return "\n".join([*lines, ""])


def streamed(rows: list[tuple[str, int, dict[str, float]]]) -> str:
    """Return the section of the large files."""
    lines = [
        "## A long CSV of 2 GB, read block by block",
        "",
        f"{HOURS:,} hours x {LARGE_PLACES:,} places, one row a reading; one run each.",
        "",
        "| order of the rows | file [GB] | seconds | microseconds a row | array [MB] | peak [MB] | peak / array |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for order, size, each in rows:
        lines.append(
            f"| {order} | {size / 1e9:.2f} | {each['seconds']:.0f} | {each['seconds'] / each['cells'] * 1e6:.2f} | "
            f"{each['array'] / MEGABYTE:,.0f} | {each['peak'] / MEGABYTE:,.0f} | {each['peak'] / each['array']:.2f} |"
        )
    return "\n".join([*lines, ""])


def run(way: str, path: Path, kind: str) -> dict[str, float]:
    """Return what a process of its own finds: a child of a large process would start with its parent's peak."""
    found = subprocess.run([sys.executable, __file__, way, str(path), kind], check=True, capture_output=True, text=True)
    measured: dict[str, float] = json.loads(found.stdout)
    return measured


def measure(way: str, path: Path, *, long: bool) -> dict[str, float]:
    """Return seconds and peak memory above that of the interpreter with its imports. [s, byte]"""
    read = WAYS[way](long)
    before = _peak()
    started = time.perf_counter()
    values = read(path)
    seconds = time.perf_counter() - started
    times, places = values.shape
    cells = times * places
    return {
        "seconds": seconds,
        "peak": _peak() - before,
        "times": times,
        "places": places,
        "cells": cells,
        "array": 4 * cells,
    }


def _gridcast(_: bool) -> Callable[[Path], Any]:  # it finds out by itself
    from gridcast.sources.files import read_consumption_files

    return lambda path: read_consumption_files(path).readings.to_numpy(dtype="float32")


def _pandas(long: bool) -> Callable[[Path], Any]:
    import pandas as pd

    def read_long(path: Path) -> Any:
        table = pd.read_csv(path, dtype={"location": "category", "consumption": "float32"})
        table["timestamp"] = pd.to_datetime(table["timestamp"], utc=True)
        wide = table.pivot(index="timestamp", columns="location", values="consumption")  # noqa: PD010
        return wide.to_numpy("float32")

    def read_wide(path: Path) -> Any:
        table = pd.read_csv(path)
        table.index = pd.to_datetime(table.pop(table.columns[0]), utc=True)
        return table.to_numpy("float32")

    return read_long if long else read_wide


def _polars(long: bool) -> Callable[[Path], Any]:
    import polars as pl

    def read_long(path: Path) -> Any:
        table = pl.read_csv(path, schema_overrides={"consumption": pl.Float32})
        table = table.with_columns(pl.col("timestamp").str.to_datetime(time_zone="UTC"))
        wide = table.pivot(on="location", index="timestamp", values="consumption")  # noqa: PD010
        return wide.sort("timestamp").drop("timestamp").to_numpy()

    def read_wide(path: Path) -> Any:
        table = pl.read_csv(path, infer_schema_length=None, try_parse_dates=True)
        return table.drop(table.columns[0]).to_numpy().astype("float32")

    return read_long if long else read_wide


def make_long(path: Path, kind: str) -> dict[str, float]:
    """Write a long CSV file of hourly readings; `kind` is the number of places and the order, such as `100 by time`."""
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    import pyarrow.csv as pacsv

    places, by_time = int(kind.split()[0]), kind.endswith("time")
    random = np.random.default_rng(0)
    stamps = pa.array(pd.date_range("2015-01-01", periods=HOURS, freq="h").strftime("%Y-%m-%d %H:%M:%S").to_numpy(str))
    names = pa.array([f"P{number:04d}" for number in range(places)])
    outer, inner = (HOURS, places) if by_time else (places, HOURS)
    step = max(1, 500_000 // inner)
    schema = pa.schema({"timestamp": pa.string(), "location": pa.string(), "consumption": pa.float64()})
    with pacsv.CSVWriter(path, schema, write_options=pacsv.WriteOptions(quoting_style="none")) as file:
        for start in range(0, outer, step):
            size = min(step, outer - start)
            major, minor = np.repeat(np.arange(start, start + size), inner), np.tile(np.arange(inner), size)
            hour, place = (major, minor) if by_time else (minor, major)
            readings = np.round(1000 + 500 * random.random(len(hour)), 2)
            file.write(pa.table([stamps.take(pa.array(hour)), names.take(pa.array(place)), pa.array(readings)], schema=schema))
    return {}


def _peak() -> int:
    """Return the largest resident memory of this process so far. [byte]"""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


WAYS = {"gridcast": _gridcast, "pandas": _pandas, "polars": _polars}
HEADING = f"""# Reading files

To a table (time, location) of 32-bit floats. gridcast also recognises the columns, checks every cell and stamp, and looks for
readings that come twice. Peak: resident memory above that of the interpreter with its imports. Each run in a process of its own;
Python {platform.python_version()}, 2 cores.
"""

if __name__ == "__main__":
    main()
