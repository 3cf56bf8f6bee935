"""The validation: nothing of the test period is seen, issue times lie before it, and the score is that of the table of scores."""

import numpy as np
import pandas as pd
import pytest

from gridcast.config import make_config
from gridcast.errors import ConfigError, PanelError
from gridcast.evaluation import backtest, score_table
from gridcast.loading import Listener
from gridcast.workflow.backtesting import HYBRID, Prepared
from gridcast.workflow.making import baselines_of
from gridcast.workflow.validating import Validation, _in_tenths, score_of

DAYS, TEST = 60, "2024-02-20"  # the last ten days are the test period


@pytest.fixture
def world(tmp_path, tiny_tables, monkeypatch):
    """Return a function that writes the tiny world, changed, and gives its settings."""
    monkeypatch.setattr("gridcast.features.stationweights.FEWEST_DAYS", 20)  # so that stations are learned

    def make(change=lambda table: table, **tables):
        load, weather = tiny_tables(DAYS)
        change(load).to_csv(tmp_path / "load.csv")
        change(weather).to_csv(tmp_path / "weather.csv")
        (tmp_path / "places.csv").write_text("id,latitude,longitude\nA,50,5\nB,51,6\nC,52,7\n")
        files = {"temporal": f"{tmp_path}/load.csv", "spatial": f"{tmp_path}/places.csv", "outliers": "mask", "fill": "gaps"}
        weather_of = {"source": f"{tmp_path}/weather.csv", "stations": f"{tmp_path}/places.csv", "perfect_weather": True}
        settings = {
            "data": {**files, "unit": "MW", "bounds": [0.1, 3.0], **tables.pop("data", {})},
            "weather": {**weather_of, "method": "learned"},
            "task": {"sequence_length": 168},
            "backtest": {"first": TEST, **tables.pop("backtest", {})},
            "tune": {"validation_days": 10, **tables.pop("tune", {})},
        }
        return make_config({**settings, **tables})

    return make


@pytest.fixture
def with_ridge(monkeypatch):
    """Let a ridge regression stand in for the hybrid: it learns from all that it is shown, and fast."""

    def hybrid(self, **_):
        self.config.training.epochs  # noqa: B018  of the trial's own configuration
        return baselines_of(["ridge"], self.config, self.panel.locations, self.issue_hour)["ridge"]

    monkeypatch.setattr(Prepared, "hybrid", hybrid)


def scrambled(since: str, until: str | None = None):
    """Return what changes all of a table from a moment on: values, spikes and gaps."""

    def change(table: pd.DataFrame) -> pd.DataFrame:
        changed = table.copy()
        rows = (changed.index >= pd.Timestamp(since, tz="UTC")) & (changed.index < pd.Timestamp(until or "2100", tz="UTC"))
        random = np.random.default_rng(1)
        noise = random.uniform(1, 58, (rows.sum(), changed.shape[1]))
        noise[random.random(noise.shape) < 0.2] = np.nan
        changed.loc[rows] = noise
        return changed

    return change


def score(config) -> float:
    return Validation(config, Listener())(config, lambda *_: None)


@pytest.mark.slow
def test_scrambling_the_test_period_changes_nothing(world, with_ridge):
    plain = score(world())
    assert score(world(scrambled(TEST))) == plain


@pytest.mark.slow
def test_scrambling_the_last_day_before_it_changes_the_score(world, with_ridge):
    plain = score(world())
    assert score(world(scrambled("2024-02-19", TEST))) != plain


def test_forecasts_of_the_validation_end_where_the_test_begins(world):
    validation = Validation(world(backtest={"first": f"{TEST} 06:00"}), Listener())
    first = pd.Timestamp(f"{TEST} 06:00", tz="UTC")
    assert validation.before == first
    assert validation.prepared.panel.end == first
    # ten days back from the last midnight, February 20, at the hour of the backtest
    expected = pd.date_range("2024-02-10 06:00", "2024-02-19 06:00", tz="UTC", freq="D")
    assert validation.issue_times.equals(expected)
    assert validation.issue_times[-1] + 24 * validation.prepared.panel.freq == first
    assert validation.weather == "ex post"


def test_without_a_first_issue_time_the_held_out_days_are_the_test(world):
    config = world(backtest={"first": ""}, task={"sequence_length": 168, "test_days": 7})
    # 60 days from January 1 end on March 1
    assert Validation(config, Listener()).before == pd.Timestamp("2024-02-23", tz="UTC")


def test_refits_make_rounds(world):
    validation = Validation(world(tune={"validation_days": 10, "refit_days": 4}), Listener())
    rounds = validation.prepared.plan.rounds(validation.prepared.panel)
    assert [len(each.issue_times) for each in rounds] == [4, 4, 2]


def test_a_cross_validation_is_refused(world):
    with pytest.raises(ConfigError, match="leaves no readings to tune on"):
        Validation(world(backtest={"folds": 3, "first": ""}), Listener())


def test_a_history_that_is_too_short_is_told(world):
    with pytest.raises(PanelError, match="too little to learn from and to validate on") as caught:
        Validation(world(tune={"validation_days": 45}), Listener())
    (problem,) = caught.value.problems
    assert "tune.validation_days = 45" in problem.found
    assert "fewer `tune.validation_days`" in problem.hint


@pytest.mark.parametrize("not_scored", [(), ("B",)])
def test_scores_are_those_of_the_table(world, not_scored):
    prepared = Validation(world(backtest={"not_scored": not_scored}), Listener()).prepared
    makers = baselines_of(["ridge"], prepared.config, prepared.panel.locations, 0)
    result = backtest(prepared.panel, {HYBRID: makers["ridge"]}, prepared.plan)
    table = score_table(result.forecasts, result.actual, panel=prepared.panel, places=prepared.scored)
    overall = table[table["split"] == "overall"].set_index("metric")["value"]
    assert score_of(result, prepared, "nmae") == pytest.approx(overall["nmae"], rel=1e-5)
    places = table[table["split"] == "location"].pivot_table(index="location", columns="metric", values="value")
    # MAE / (MAE by mean reading) is the mean reading of a place
    means = places["mae"] / (places["wape"] / 100)
    assert score_of(result, prepared, "pinball") == pytest.approx(100 * (places["pinball"] / means).mean(), rel=1e-5)
    assert len(places) == 3 - len(not_scored)


def test_a_curve_is_told_in_tenths_of_the_first_training():
    told = []
    progress = _in_tenths(4, lambda tenth, loss: told.append((tenth, loss)))
    for epoch in (1, 2, 3, 4):
        progress(epoch, 8, {"val_loss": epoch / 10})
    for epoch in (5, 6, 1, 2):  # of a second network, and of a second round
        progress(epoch, 8, {"val_loss": 9.0})
    # epoch 1 of 4 is past two tenths, 2 past five, 3 past seven
    assert told == [(2, 0.1), (5, 0.2), (7, 0.3), (10, 0.4)]
    many = []
    progress = _in_tenths(30, lambda tenth, _: many.append(tenth))
    for epoch in range(1, 31):
        progress(epoch, 30, {"val_loss": 0.0})
    assert many == list(range(1, 11))
