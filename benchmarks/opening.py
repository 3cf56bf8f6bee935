"""How soon the app shows a large backtest: `python benchmarks/opening.py RUN [--tabs 5] [--out benchmarks/opening.md]`.

RUN is a folder of `gridcast backtest`, such as that of benchmarks/accuracy/us_ba.toml: 54 places, a year of daily forecasts. Timed
is what a user sees in Chromium, from the address to the figure: in the first tab after the start of the app, and in further ones.
Needs the extra `[app]`, `playwright`, and Chromium (`CHROMIUM`, or where systems have it).
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

SEEN = ("the verdict and the scores", "the figure below them", "week by week: a fan chart of the forecasts")
FIGURE = ".js-plotly-plot .main-svg"
PATIENCE = 120_000  # [ms]


@contextmanager
def serving(runs: Path) -> Iterator[str]:
    """Give the address of the app on a folder of runs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gridcast", "app", str(runs), "--no-browser", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            for _ in range(600):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def opened(page: Page, address: str) -> tuple[float, ...]:
    """Return the seconds until each of what is `SEEN` is there; the last from a click on."""
    started = time.perf_counter()
    page.goto(f"{address}/results")
    page.get_by_test_id("stDataFrame").first.wait_for(timeout=PATIENCE)
    scores = time.perf_counter() - started
    page.locator(FIGURE).first.wait_for(timeout=PATIENCE)
    figure = time.perf_counter() - started
    started = time.perf_counter()
    page.get_by_role("radio", name="Week by week").click()
    page.get_by_text("mean absolute error of").first.wait_for(timeout=PATIENCE)
    page.locator(FIGURE).first.wait_for(timeout=PATIENCE)
    return scores, figure, time.perf_counter() - started


def main() -> None:
    """Print the table, and write it where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--tabs", type=int, default=5)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        (Path(folder) / asked.run.name).symlink_to(asked.run.resolve())
        with serving(Path(folder)) as address, playwright.chromium.launch(executable_path=chromium) as browser:
            user = browser.new_context(viewport={"width": 1280, "height": 720})  # who keeps what was fetched once
            times = [opened(user.new_page(), address) for _ in range(asked.tabs)]
    rows = [f"| {name} | {first:.1f} | {statistics.median(later):.1f} |" for name, first, *later in zip(SEEN, *times, strict=True)]
    lines = [
        "# How soon the app shows a large backtest\n",
        f"`python benchmarks/opening.py {asked.run}` makes this page: seconds in Chromium on {os.cpu_count()} cores, load of the "
        f"machine {os.getloadavg()[0]:.1f}.\n",
        "| | first tab after the start [s] | further tabs, median [s] |",
        "|---|---|---|",
        *rows,
    ]
    text = "\n".join(lines)
    print(text)
    if asked.out:
        asked.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
