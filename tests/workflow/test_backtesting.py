"""The backtest of a configuration: all files are there and agree, and each way to plan it works."""

import importlib.util
import json
import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

import gridcast
from gridcast.availability import Availability
from gridcast.config import RunConfig, make_config, read_config
from gridcast.errors import ConfigError, FileError, GridcastError
from gridcast.evaluation import BacktestPlan, backtest
from gridcast.forecast import Forecast
from gridcast.forecasters.baselines import SeasonalNaive
from gridcast.loading import Listener
from gridcast.panel import Panel
from gridcast.workflow import backtesting
from gridcast.workflow.backtesting import Prepared, run_backtest, run_models

NAIVE = ("seasonal_naive_24h", "seasonal_naive_168h")
QUANTILES = ["q0.05", "q0.1", "q0.25", "q0.5", "q0.75", "q0.9", "q0.95"]
SCORES = {"mae", "rmse", "mape", "nmae", "mase", "wape", "bias", "hours"}


def settings(tiny_world, backtest=None, **data):
    """Return the settings of the tiny world with some of the backtest."""
    tables = read_config(tiny_world)
    tables["data"] |= data
    tables["weather"] = {}
    tables["backtest"] = backtest or {}
    return make_config(tables)


@pytest.fixture(scope="module")
def backtested(tiny_world, tiny_tables):
    """Return the result and the folder of a backtest beside an operator, with a place that is not scored and one not compared."""
    load, _ = tiny_tables()
    operator = load[["A", "B", "C"]] + 1
    operator.to_csv(tiny_world.parent / "operator.csv")
    asked = {"not_scored": ["C"], "not_compared": ["B"], "baselines": list(NAIVE)}
    config = settings(tiny_world, asked, operator=str(tiny_world.parent / "operator.csv"))
    out = tiny_world.parent / "backtested"
    return gridcast.backtest(config, out=out), out


def test_the_folder_holds_what_is_promised(backtested):
    assert {path.name for path in backtested[1].iterdir()} == {
        *("forecasts.parquet", "scores.parquet", "scores.json", "report.html", "config.toml"),
        *("scores_operator.parquet", "total.parquet"),
    }


def test_forecasts_are_a_long_table_of_all_models(backtested):
    table = pd.read_parquet(backtested[1] / "forecasts.parquet")
    columns = ["model", "location", "issue_time", "valid_time", "lead", "actual", "point"]
    assert list(table)[:7] == columns
    assert [name for name in table if name.startswith("q0")] == QUANTILES
    assert set(table["model"]) == {"hybrid", *NAIVE, "operator"}
    # four days at three places, 24 steps each
    assert (table.groupby("model", observed=True).size() == 4 * 3 * 24).all()
    hybrid = table[table["model"] == "hybrid"]
    assert (hybrid["point"] == hybrid["q0.5"]).all()
    assert (np.diff(hybrid[QUANTILES], axis=1) >= 0).all()


def test_scores_are_those_of_the_forecasts(backtested):
    summary = json.loads((backtested[1] / "scores.json").read_text())
    assert set(summary) >= {"models", "skills", "places_won", "total", "with_operator", "weather", "places", "issue_times", "unit"}
    assert set(summary["models"]) == {"hybrid", *NAIVE}
    assert set(summary["models"]["hybrid"]) >= SCORES | {"crps", "coverage80", "training_seconds"}
    table = pd.read_parquet(backtested[1] / "forecasts.parquet")
    scored = table[table["location"] != "C"]
    for name in ("hybrid", *NAIVE):
        own = scored[scored["model"] == name]
        assert summary["models"][name]["mae"] == pytest.approx((own["point"] - own["actual"]).abs().mean(), rel=1e-4)
        assert summary["models"][name]["hours"] == 4 * 2 * 24


def test_a_place_that_is_not_scored_is_forecast_and_in_no_score(backtested):
    assert set(pd.read_parquet(backtested[1] / "scores.parquet")["location"]) - {"", None} == {"A", "B"}
    assert backtested[0].summary["places"] == 2


def test_a_place_that_is_not_scored_is_not_in_the_report(backtested):
    # the worst days and steps, the example weeks and the reliability are those of the two places that are scored
    page = (backtested[1] / "report.html").read_text()
    assert "2 places, 4 issue times" in page
    assert "Forecasts are adaptive" in page
    words = re.findall(r"<td>([ABC])</td>", page)
    assert set(words) == {"A", "B"}


def test_the_operator_is_compared_where_it_is_credible(backtested):
    versus = backtested[0].summary["with_operator"]
    assert set(versus) == {"hybrid", *NAIVE, "operator"}
    # it is 1 too high everywhere; B is not compared, C not scored
    assert versus["operator"]["mae"] == pytest.approx(1, abs=1e-3)
    assert versus["operator"]["hours"] == 4 * 24
    won = {(row["model"], row["rival"]): row["of"] for row in backtested[0].summary["places_won"]}
    assert won["hybrid", "operator"] == 1
    assert won["hybrid", NAIVE[0]] == 2


def test_the_sum_of_the_scored_places_has_quantiles(backtested):
    total = pd.read_parquet(backtested[1] / "total.parquet")
    places = pd.read_parquet(backtested[1] / "forecasts.parquet")
    assert set(total["model"]) == {"hybrid", *NAIVE}
    hybrid = total[total["model"] == "hybrid"]
    assert np.isfinite(hybrid[QUANTILES].to_numpy()).all()
    both = places[(places["model"] == "hybrid") & places["location"].isin(["A", "B"])]
    summed = both.groupby(["issue_time", "valid_time"])["actual"].sum()
    assert hybrid["actual"].to_numpy() == pytest.approx(summed.to_numpy(), rel=1e-4)


def test_an_earlier_backtest_is_replaced_only_when_told(backtested, tiny_world):
    with pytest.raises(FileError, match="holds an earlier backtest"):
        run_backtest(settings(tiny_world), out=backtested[1])


def test_an_unknown_baseline_is_named_before_the_work(tiny_world, tmp_path):
    with pytest.raises(ConfigError, match="unknown baseline `ridgy`") as raised:
        run_backtest(settings(tiny_world, {"baselines": ["ridgy"]}), out=tmp_path / "run")
    assert "ridge" in raised.value.problems[0].hint
    assert not list(tmp_path.iterdir())


@dataclass
class Narrow:
    """A week ago, and quantiles that are far too narrow."""

    name = "narrow"
    batched = True
    reach = pd.Timedelta(days=7)
    horizon: int = 24

    def fit(self, panel):
        return self

    def predict(self, panel, issue_times):
        points = SeasonalNaive(pd.Timedelta(days=7), self.horizon).predict(panel, issue_times)
        quantiles = points.values.values[..., None] + np.array([-0.8, 0.0, 0.8])
        return Forecast.of(points.values.values, panel=panel, issue_times=issue_times, quantiles=((0.1, 0.5, 0.9), quantiles))


@pytest.mark.parametrize("delay", [0, 26])
def test_the_quantiles_of_all_models_are_corrected_as_far_as_was_known(make_panel, delay):
    # readings differ from those a week before by 1.4 (standard deviation) and more: 0.8 either way covers 43 %, and not 80 %
    panel = make_panel(days=80)
    attrs = Availability("observed", pd.Timedelta(hours=delay)).attrs
    panel = Panel(panel.dataset.assign(consumption=panel.dataset["consumption"].assign_attrs(attrs)))
    plan = BacktestPlan(first=panel.times[24 * 20])
    prepared = Prepared(RunConfig(), panel, plan, 0, None, Listener())
    found = run_models(prepared, {"narrow": Narrow, "ridge": Narrow})
    raw = backtest(panel, {"narrow": Narrow}, plan).forecasts["narrow"].quantiles.values
    for name in ("narrow", "ridge"):
        quantiles, actual = found.forecasts[name].quantiles.values, found.actual.values.values
        covered = (quantiles[..., 0] <= actual) & (actual <= quantiles[..., 2])
        assert covered[:3].mean() < 0.5
        assert covered[30:].mean() > 0.7
        # the first forecast's readings all are there a day later, and not if they come 26 h late
        assert (quantiles[1] == raw[1]).all() == (delay == 26)
        assert (quantiles[2] != raw[2]).any()


WAYS = {
    "refit": {"refit_days": 2},
    "folds": {"folds": 2, "embargo_days": 1},
    "places": {"folds": 3, "leave_out": "locations"},
    "mint": {"total": "mint"},
}


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_each_way_to_plan_a_backtest_works(tiny_world, tmp_path, way):
    result = run_backtest(settings(tiny_world, {**WAYS[way], "baselines": ["seasonal_naive_24h"]}), out=tmp_path / "run")
    assert set(result.summary["models"]) == {"hybrid", "seasonal_naive_24h"}
    assert np.isfinite(result.summary["models"]["hybrid"]["mae"])
    assert np.isfinite(result.summary["total"]["hybrid"]["mape"])
    told = pd.read_parquet(tmp_path / "run" / "forecasts.parquet").query("model == 'hybrid'")
    assert told["point"].notna().all()
    if way == "places":
        assert set(told["quality"]) == {"new place"}


NO_OPERATOR = {
    "every place with an operator is not compared": ({"not_compared": ["A", "B"]}, {}),
    "it has no hour in the period": ({}, {"until": "2024-01-20"}),
}


@pytest.mark.parametrize("case", NO_OPERATOR)
def test_an_operator_that_nobody_can_be_compared_with_is_left_out(tiny_world, tiny_tables, tmp_path, stand_in, case):
    asked, how = NO_OPERATOR[case]
    operator = tiny_tables()[0][["A", "B"]][: how.get("until")]
    operator.to_csv(tmp_path / "operator.csv")
    config = settings(tiny_world, {**asked, "baselines": list(NAIVE)}, operator=str(tmp_path / "operator.csv"))
    said = []
    result = run_backtest(config, out=tmp_path / "run", listener=Listener(said.append))
    assert result.summary["with_operator"] is None
    assert set(pd.read_parquet(tmp_path / "run" / "forecasts.parquet")["model"]) == {"hybrid", *NAIVE}
    assert "nobody is compared with the operator: it has no hour of the period at a place that is scored and compared" in said


@pytest.mark.parametrize(
    ("asked", "words", "hint"),
    [
        ({"not_scored": ["Aa"]}, "`backtest.not_scored` names 1 place that is not there", "did you mean `a`?"),
        ({"not_compared": ["Bb", "A"]}, "`backtest.not_compared` names 1 place that is not there", ""),
        ({"not_scored": ["C", "A", "B"]}, "no place is left to score", ""),
    ],
)
def test_places_that_make_no_sense_are_named_before_the_work(tiny_world, tmp_path, monkeypatch, asked, words, hint):
    def work(*_, **__):
        raise AssertionError("work")

    monkeypatch.setattr(backtesting, "run_models", work)
    with pytest.raises(ConfigError, match=words) as raised:
        run_backtest(settings(tiny_world, asked), out=tmp_path / "run")
    assert hint.lower() in raised.value.problems[0].hint.lower()
    assert not list(tmp_path.iterdir())


def test_a_library_that_is_missing_is_named_before_the_work(tiny_world, tmp_path, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *how: None if name == "lightgbm" else found(name, *how))
    monkeypatch.setattr(backtesting, "prepared_for", lambda *_: pytest.fail("work"))
    with pytest.raises(GridcastError, match="LightGBM is not installed") as raised:
        run_backtest(settings(tiny_world), out=tmp_path / "run", with_baselines=True)
    assert raised.value.problems[0].hint == 'pip install "gridcast[boosting]"'
