"""Folders that the pages of the app show: a backtest and an explanation that are written by hand, and one tiny trained run."""

import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gridcast.config import RunConfig, make_config, to_toml
from gridcast.evaluation import forecast_tables, score_table, skills
from gridcast.evaluation.totals import summed_actual, summed_forecast
from gridcast.forecast import Forecast, actual_values
from gridcast.panel import Panel
from gridcast.store import write_csv, write_json, write_parquet
from gridcast.views import style
from gridcast.views.backtested import Total
from gridcast.workflow.summary import summary_of

PLACES = ["P0", "P1", "P2", "P3"]
MAIN = sys.modules["__main__"]
LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
SPREADS = np.array([-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0])

CHROMIUM = (
    os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)


@pytest.fixture(autouse=True)
def main_stays():
    """Put back the script of the tests, in whose place Streamlit leaves that of a page: processes that are begun later run it."""
    yield
    sys.modules["__main__"] = MAIN


@pytest.fixture(scope="session")
def small_panel() -> Panel:
    """Return four places of forty days with a daily cycle: place number i is around 100 (i + 1)."""
    random = np.random.default_rng(1)
    times = pd.date_range("2024-01-01", periods=24 * 40, freq="h", tz="UTC")
    cycle = 1 + 0.3 * np.sin(2 * np.pi * times.hour.to_numpy() / 24)
    readings = 100 * cycle[:, None] * np.arange(1, 5) + random.normal(size=(len(times), 4))
    spatial = pd.DataFrame({"id": PLACES, "latitude": [50.0, 51.0, 52.0, 53.0], "longitude": [5.0, 7.0, 9.0, 11.0]})
    return Panel.from_wide(pd.DataFrame(readings, index=times, columns=PLACES), spatial, unit="MW")


@pytest.fixture(scope="session")
def made(small_panel) -> tuple[dict[str, Forecast], Forecast]:
    """Return ten days of forecasts of two models: `hybrid` is 1 too high and tells quantiles, `seasonal_naive_24h` 5 too low."""
    issued = pd.date_range("2024-01-25", periods=10, freq="D", tz="UTC")
    actual = actual_values(small_panel, issued, 24)
    point = actual.values.values + 1.0
    hybrid = Forecast.of(
        point, panel=small_panel, issue_times=issued, quantiles=(LEVELS, point[..., None] + SPREADS), quality=np.full((10, 4), "")
    )
    naive = Forecast.of(actual.values.values - 5.0, panel=small_panel, issue_times=issued)
    return {"hybrid": hybrid, "seasonal_naive_24h": naive}, actual


@pytest.fixture(scope="session")
def runs_dir(tmp_path_factory) -> Path:
    """Return a folder of runs."""
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="session")
def backtest_run(runs_dir, small_panel, made) -> Path:
    """Return the folder of a backtest, as `gridcast backtest` would have written it."""
    forecasts, actual = made
    folder = runs_dir / "backtested"
    folder.mkdir()
    (folder / "places.csv").write_text("id,latitude,longitude\nP0,50,5\nP1,51,7\nP2,52,9\nP3,53,11\n")
    data = {"temporal": str(folder / "load.csv"), "spatial": str(folder / "places.csv"), "unit": "MW"}
    config = make_config({"data": data})
    scores = score_table(forecasts, actual, panel=small_panel)
    sums = {name: summed_forecast(each) for name, each in forecasts.items()}
    total = Total(scores, sums, summed_actual(actual))
    facts = {"weather": "none", "gap": 0, "horizon": 24, "unit": "MW", "places": 4, "issue_times": 10,
             "first_issue_time": "2024-01-25T00:00:00+00:00", "last_issue_time": "2024-02-03T00:00:00+00:00"}  # fmt: skip
    told = skills(scores, "seasonal_naive_24h", samples=20)
    summary = summary_of(scores, told, {}, facts, total=total, versus=None, seconds={})
    write_parquet(forecast_tables(forecasts, actual), folder / "forecasts.parquet")
    write_parquet(forecast_tables(sums, summed_actual(actual)), folder / "total.parquet")
    write_parquet(scores, folder / "scores.parquet")
    write_json(summary, folder / "scores.json")
    (folder / "report.html").write_text("<!doctype html><title>report</title>")
    (folder / "config.toml").write_text(to_toml(config))
    return folder


@pytest.fixture(scope="session")
def ablation_run(backtest_run) -> Path:
    """Return the folder of an ablation of the same settings, beside the backtest: without its map the hybrid is 4 % worse."""
    folder = backtest_run.parent / "ablated"
    folder.mkdir()
    rows = {"variant": ["hybrid", "without CNN"], "nmae": [1.0, 1.04], "difference_percent": [0.0, 4.0]}
    table = pd.DataFrame({**rows, "low": [np.nan, 2.0], "high": [np.nan, 6.0], "p_value": [np.nan, 0.001]})
    write_csv(table, folder / "ablation.csv")
    write_json({}, folder / "ablation.json")
    (folder / "config.toml").write_text((backtest_run / "config.toml").read_text())
    return folder


@pytest.fixture(scope="module")
def browser():
    """Start a headless Chromium; only one may run in a process at a time."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def network_run(tiny_world, runs_dir) -> Path:
    """Return the folder of `gridcast run` on the tiny world: a trained network, and its scores."""
    from gridcast.workflow.run import run

    out = runs_dir / "tiny"
    run(tiny_world, out=out)
    return out


@pytest.fixture
def explanation(tmp_path) -> Path:
    """Return the folder of an explanation of two steps: the average day has 100 and 110, and the forecast 104 and 112."""
    folder = tmp_path / "explanations" / "a_newest"
    folder.mkdir(parents=True)
    stamps = ["2024-01-31T00:00:00Z", "2024-01-31T01:00:00Z"]
    rows = [("baseline", "average day", (100.0, 110.0)), ("weather", "temperature", (6.0, 5.0)), ("map", "B", (-1.0, -2.0)),
            ("map", "C", (-1.0, -1.0))]  # fmt: skip
    why = [
        {"location": "A", "issue_time": stamps[0], "valid_time": stamp, "lead": lead, "group": group, "part": part,
         "contribution": values[lead], "error": 0.1}
        for group, part, values in rows for lead, stamp in enumerate(stamps)
    ]  # fmt: skip
    pd.DataFrame(why).to_csv(folder / "why.csv", index=False)
    influence = {"location": ["B", "B", "C"], "kind": ["load and weather", "load", "load and weather"]}
    numbers = {"size": [2.0, 1.5, 1.0], "change": [-1.5, -1.0, -1.0], "share": [0.02, 0.015, 0.01]}
    pd.DataFrame({**influence, **numbers}).to_csv(folder / "influence.csv", index=False)
    change = {"location": "A", "issued_before": "2024-01-30T00:00:00Z", "issued_after": stamps[0], "valid_time": stamps,
              "first": [100.0, 108.0], "calendar": [1.0, 1.0], "newer load": [3.0, 3.0], "last": [104.0, 112.0]}  # fmt: skip
    pd.DataFrame(change).to_csv(folder / "change.csv", index=False)
    importance = {"group": ["weather", "map", "weather"], "season": ["", "", "winter"], "importance": [4.0, 9.0, 5.0]}
    pd.DataFrame({**importance, "low": [3.0, 8.0, 4.0], "high": [5.0, 10.0, 6.0]}).to_csv(folder / "importance.csv", index=False)
    write_json({"location": "A", "unit": "MW", "issue_time": "2024-01-31T00:00:00+00:00"}, folder / "explanation.json")
    for name in ("stations", "attention"):
        style.save(style.new_figure(1, 1), folder / f"{name}.png")
    return folder


@pytest.fixture
def plain_config() -> RunConfig:
    """Return settings that name files which are not there."""
    return make_config({"data": {"temporal": "nowhere/load.csv", "spatial": "nowhere/places.csv"}})
