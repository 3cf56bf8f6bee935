"""The pages in a real browser: a place is clicked, downloads are what is in the folder, and nothing comes from outside."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]

SCRIPT = """
import importlib, sys
from pathlib import Path
import streamlit as st
from gridcast.app.runs import StoredRun
st.set_page_config(page_title="gridcast", layout="wide")
folder = Path(sys.argv[1])
page, name = st.query_params["page"], st.query_params["run"]
importlib.import_module(f"gridcast.app.pages.{page}").show(folder, StoredRun(name, folder / name, "done", "run", None))
"""
PATIENCE = 120_000  # [ms]


@pytest.fixture(scope="module")
def address(runs_dir, network_run, backtest_run, tmp_path_factory):
    """Start the pages on a port of their own, and return their address."""
    pytest.importorskip("streamlit", reason="the extra `app` is not installed")
    script = tmp_path_factory.mktemp("script") / "pages.py"
    script.write_text(SCRIPT)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {"server.port": port, "server.headless": "true", "server.address": "127.0.0.1", "browser.gatherUsageStats": "false",
               "server.fileWatcherType": "none"}  # fmt: skip
    command = [sys.executable, "-m", "streamlit", "run", str(script), *(f"--{key}={value}" for key, value in options.items())]
    source = str(Path(__file__).parents[2] / "src")
    environment = {**os.environ, "PYTHONPATH": source, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [*command, "--", str(runs_dir)], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            _wait_for(f"http://127.0.0.1:{port}/_stcore/health")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def _wait_for(health: str) -> None:
    for _ in range(240):
        try:
            with urllib.request.urlopen(health, timeout=2):
                return
        except OSError:
            time.sleep(0.5)
    raise TimeoutError(health)


@pytest.fixture
def page(browser, address):
    """Return a page that must not ask anybody but the own host, nor fail."""
    opened = browser.new_page(viewport={"width": 1280, "height": 720}, accept_downloads=True)
    opened.set_default_timeout(PATIENCE)
    outside, failed = [], []
    opened.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((address, address.replace("http", "ws"), "data:", "blob:"))
            else outside.append(request.url)
        ),
    )
    opened.on("pageerror", lambda error: failed.append(str(error)))
    yield opened
    opened.close()
    assert outside == []
    assert failed == []


def settled(page) -> None:
    """Wait until the page is computed."""
    page.get_by_role("heading", level=1).wait_for()
    for _ in range(400):
        page.wait_for_timeout(200)
        if not page.locator('[data-testid="stStatusWidget"], [data-testid="stSpinner"], [data-stale="true"]').count():
            return
    raise TimeoutError("the page is still computing")


def click_place(page, number: int) -> None:
    """Click one of the places on the map."""
    mark = page.locator(".js-plotly-plot .scatterlayer .points path").nth(number).bounding_box()
    x, y = mark["x"] + mark["width"] / 2, mark["y"] + mark["height"] / 2
    page.mouse.move(x - 3, y)
    page.mouse.move(x, y)
    page.wait_for_timeout(300)
    page.mouse.click(x, y)


def downloaded(page, label: str) -> bytes:
    """Return what a button gives."""
    with page.expect_download() as event:
        page.get_by_role("button", name=label).click()
    return Path(event.value.path()).read_bytes()


def test_the_map_of_forecasts_can_be_clicked_and_its_csv_is_that_of_the_command(page, address, network_run, tmp_path):
    from gridcast.workflow.forecasting import forecast

    page.goto(f"{address}/?page=forecast&run={network_run.name}")
    settled(page)
    fan = page.get_by_text("highest at").last
    assert fan.inner_text().startswith("sum of all places")
    click_place(page, 1)
    page.get_by_text(": highest at").filter(has_not_text="sum of all places").last.wait_for()
    assert fan.inner_text()[0] in "ABC"
    forecast(network_run, out=tmp_path / "f.csv")
    assert downloaded(page, "Download CSV") == (tmp_path / "f.csv").read_bytes()


def test_the_map_of_errors_can_be_clicked_and_the_predictions_are_those_of_the_folder(page, address, network_run):
    page.goto(f"{address}/?page=results&run={network_run.name}")
    settled(page)
    page.get_by_role("radio", name="Where it errs").or_(page.get_by_role("button", name="Where it errs", exact=True)).first.click()
    settled(page)
    page.get_by_text("Map of error of").last.wait_for()
    names = set()
    for number in range(3):
        click_place(page, number)
        settled(page)
        names.add(page.get_by_role("combobox", name="Place").input_value())
    assert len(names) > 1
    page.get_by_role("radio", name="Downloads").or_(page.get_by_role("button", name="Downloads", exact=True)).first.click()
    settled(page)
    assert downloaded(page, "Predictions of hybrid") == (network_run / "predictions.csv").read_bytes()


@pytest.mark.parametrize("page_name", ["results", "forecast", "understand"])
def test_every_widget_and_figure_has_a_text(page, address, network_run, page_name):
    page.goto(f"{address}/?page={page_name}&run={network_run.name}")
    settled(page)
    for role in ("combobox", "button", "radio", "slider", "spinbutton"):
        for widget in page.locator('[data-testid="stMain"]').get_by_role(role).all():
            if widget.is_visible():
                assert widget.evaluate(NAMED), widget.evaluate("node => node.outerHTML")[:300]
    for picture in page.locator('[data-testid="stMain"] img').all():
        assert picture.get_attribute("alt")


NAMED = """node => Boolean(
  node.getAttribute('aria-label') || node.getAttribute('aria-labelledby') || node.innerText || node.getAttribute('title')
  || node.labels?.length || node.querySelector('[aria-label], title'))"""
