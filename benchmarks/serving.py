"""How many forecasts a second the service gives on loopback, how long the slowest take, and whether its memory is flat.

    python benchmarks/serving.py [--seconds 60] [--clients 8] [--workers 1 2] [--out benchmarks/serving.md]

54 places, 24 hours, 9 quantiles, from a network of the usual size that was hardly trained, which costs the same. Asked are the
newest forecast of the source (`GET`, which is remembered) and the forecast of four weeks of load that are sent along (`POST`).
Memory is that of all processes; what they share is counted once.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil

PLACES, DAYS = 54, 70
QUANTILES = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95)
CONFIG = f"""
[data]
num_locations = {PLACES}
num_days = {DAYS}
[task]
quantiles = {list(QUANTILES)}
test_days = 7
[training]
epochs = 1
"""


def make_run(folder: Path) -> Path:
    """Train hardly at all, export, and return the run folder; in a process of its own, whose memory is not counted."""
    (folder / "config.toml").write_text(CONFIG, encoding="utf-8")
    run = folder / "run"
    for command in (["train", str(folder / "config.toml"), "--out", str(run)], ["export", str(run)]):
        subprocess.run([sys.executable, "-m", "gridcast", *command, "--quiet"], check=True)
    return run


@contextmanager
def serving(run: Path, workers: int) -> Iterator[tuple[int, psutil.Process, float]]:
    """Give the port of a running service, its process, and the seconds until it answered."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "gridcast", "serve", str(run), "--no-auth", "--port", "0", "--rate", "0"]
    command += ["--workers", str(workers)]
    with tempfile.TemporaryFile("w+") as journal, subprocess.Popen(command, stderr=journal) as process:
        found = None
        while found is None and process.poll() is None:
            time.sleep(0.02)
            journal.seek(0)
            found = re.search(r"running on http://127\.0\.0\.1:(\d+)", journal.read())
        if found is None:
            raise SystemExit("the service did not start")
        yield int(found[1]), psutil.Process(process.pid), time.perf_counter() - started
        process.terminate()


def client(port: int, body: bytes | None, until: float, found: multiprocessing.Queue[list[tuple[int, float]]]) -> None:
    """Ask again and again, one request after the other, and tell the status and seconds of each."""
    answers = []
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    method, path = ("GET", "/forecast/latest") if body is None else ("POST", "/forecast")
    headers = {} if body is None else {"Content-Type": "application/json"}
    while time.time() < until:
        started = time.perf_counter()
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        answer.read()
        answers.append((answer.status, time.perf_counter() - started))
    found.put(answers)


def held(process: psutil.Process) -> float:
    """Return what a process and those that it has started hold in memory. [MB]"""
    return float(sum(each.memory_full_info().pss for each in (process, *process.children(recursive=True)))) / 1e6


def load(port: int, process: psutil.Process, body: bytes | None, clients: int, seconds: float) -> str:
    """Return the cells of a row of the table: what so many clients saw in so many seconds."""
    found: multiprocessing.Queue[list[tuple[int, float]]] = multiprocessing.Queue()
    until = time.time() + seconds
    before = held(process)
    asking = [multiprocessing.Process(target=client, args=(port, body, until, found)) for _ in range(clients)]
    for each in asking:
        each.start()
    answers = [answer for _ in asking for answer in found.get()]
    for each in asking:
        each.join()
    times = 1000 * np.array([spent for _, spent in answers])
    wrong = sum(status != 200 for status, _ in answers)
    after = held(process)
    middle, late = np.percentile(times, [50, 99])
    what = "GET the newest" if body is None else "POST four weeks"
    return f"| {what} | {len(answers) / seconds:.0f} | {middle:.0f} | {late:.0f} | {wrong} | {before:.0f} | {after:.0f} |"


def body_of(port: int) -> bytes:
    """Return a request with four weeks of load of all places."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/locations")
    names = [place["name"] for place in json.loads(connection.getresponse().read())]
    random = np.random.default_rng(0)
    readings = (50 + random.normal(size=(len(names), 24 * 28))).round(2).tolist()
    return json.dumps({"start": "2024-01-01T00:00:00Z", "load": dict(zip(names, readings, strict=True))}).encode()


def main() -> None:
    """Print the table, and write it where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--run", type=Path, help="an exported run, in place of one that is made")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    busy, rows, starts = os.getloadavg()[0], [], []
    with tempfile.TemporaryDirectory() as folder:
        run = options.run or make_run(Path(folder))
        for workers in options.workers:
            with serving(run, workers) as (port, process, started):
                starts.append(started)
                told = [load(port, process, body, options.clients, options.seconds) for body in (body_of(port), None)]
            rows += [f"| {workers} {cells}" for cells in told]
    title = f"# Serving: {options.clients} clients for {options.seconds:g} s on {os.cpu_count()} cores"
    text = "\n".join(
        [
            f"{title} (load of the machine before: {busy:.1f})",
            "",
            "| workers | | requests/s | median [ms] | p99 [ms] | not 200 | before [MB] | after [MB] |",
            "|---|---|---|---|---|---|---|---|",
            *rows,
            "",
            f"It listened {' and '.join(f'{each:.1f}' for each in starts)} s after the start.",
        ]
    )
    print(text)
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
