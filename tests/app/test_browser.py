"""In a real browser: files are dropped in, a small network is trained, its score is seen, nothing is fetched from elsewhere.

It takes Chromium (`CHROMIUM`, or where systems have it) and `playwright`; it is skipped, and says so, where one is absent.
"""

import gzip
import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from gridcast.sources.pair import save_tables
from gridcast.sources.synthetic.world import generate_synthetic_spatial_data, generate_synthetic_temporal_data

pytestmark = pytest.mark.slow

SHARED = Path(__file__).parents[3] / "shared" / "data" / "nyiso_2005_2020"
ROWS = 24 * 75  # the last ones of the real file
MINUTES = 60_000  # [ms]


@pytest.fixture(scope="session")
def tables(tmp_path_factory) -> tuple[Path, Path]:
    """Return readings and places: real ones where they are there, otherwise synthetic ones."""
    folder = tmp_path_factory.mktemp("files")
    load, places = folder / "load.csv", folder / "places.csv"
    if not SHARED.is_dir():
        known = generate_synthetic_spatial_data(5, seed=1)
        save_tables(generate_synthetic_temporal_data(75, 0.1, locations=known, seed=1), known, load, places)
        return load, places
    with gzip.open(SHARED / "load.csv.gz", "rt") as file:
        header, *rows = file.read().splitlines()
    load.write_text("\n".join([header, *rows[-ROWS:]]) + "\n")
    shutil.copy(SHARED / "locations.csv", places)
    return load, places


@pytest.fixture(scope="session")
def app(tmp_path_factory):
    """Start the app as its users do; give its address and its folder of runs."""
    runs = tmp_path_factory.mktemp("app") / "runs"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    typed = [sys.executable, "-m", "gridcast", "app", str(runs), "--no-browser", "--port", str(port)]
    with (runs.parent / "log.txt").open("wb") as log:
        server = subprocess.Popen(typed, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=5).close()
                break
            except (urllib.error.URLError, OSError):
                time.sleep(0.5)
        yield address, runs
    finally:
        server.terminate()
        server.wait(timeout=30)


@pytest.fixture
def page(browser, app):
    """Open a page, and refuse whatever it fetches from elsewhere."""
    opened = browser.new_page(viewport={"width": 1280, "height": 720})
    opened.set_default_timeout(2 * MINUTES)
    asked = []
    opened.on("request", lambda request: asked.append(request.url))
    yield opened
    opened.close()
    own = (app[0], app[0].replace("http", "ws"), "data:", "blob:")
    assert [url for url in asked if not url.startswith(own)] == []
    assert len(asked) > 10


def test_from_files_to_a_score(app, page, tables):
    address, runs = app
    page.goto(address)
    files = page.locator("input[type=file]")
    for number, path in enumerate(tables):
        files.nth(number).set_input_files(path)
        page.get_by_text(path.name).first.wait_for()
    page.get_by_role("button", name="Read these files").click()
    page.get_by_text("What was recognised, in words").wait_for()
    page.get_by_role("radio", name="What is wrong").click()
    page.get_by_text("Forecasting is advisable").wait_for()
    page.get_by_role("link", name="Go on: train on these readings").click()

    for label, value in {"Epochs": 1, "Sequence length": 48, "Test days": 7, "Grid size": 4}.items():
        page.get_by_label(label).fill(str(value))
    page.get_by_text("Weather, holidays, name, seed").click()
    page.get_by_label("Name of the run").fill("first")
    page.get_by_role("button", name="Start training").click()
    page.get_by_role("button", name="Stop").wait_for()

    page.goto("about:blank")  # the tab is closed: the job goes on
    page.goto(f"{address}/train")
    page.get_by_role("link", name="Go on: look at the results").wait_for(timeout=8 * MINUTES)
    scores = json.loads((runs / "first" / "metrics.json").read_text())["hybrid"]
    shown = page.get_by_test_id("stMetricValue").nth(2).inner_text()
    assert shown == f"{scores['nmae']:#.3g} %".replace(". %", " %")
    assert not (runs / ".app" / "errors.log").exists()
