"""The scores of folders of `gridcast backtest` and `gridcast run`, and whether the map earned its keep."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from gridcast.app.scored import heading, kind_of, map_told, open_scored, score_columns
from gridcast.config import RunConfig, to_toml
from gridcast.errors import FileError


def test_a_backtest_is_opened_with_its_places_and_without_its_forecasts(backtest_run):
    scored = open_scored(backtest_run)
    assert (scored.kind, scored.names, scored.unit) == ("backtest", ("P0", "P1", "P2", "P3"), "MW")
    assert scored.backtested.models == ("hybrid", "seasonal_naive_24h")  # 1 too high, 5 too low
    assert scored.backtested.overall("mae").tolist() == pytest.approx([1.0, 5.0], rel=1e-4)
    assert not scored.backtested.forecasts
    assert scored.places.on_earth
    assert scored.places.x.tolist() == [5, 7, 9, 11]
    assert scored.total["hybrid"]["mae"] == pytest.approx(1.0, rel=1e-4)


def test_scores_have_a_column_each_with_its_unit(backtest_run):
    scored = open_scored(backtest_run)
    rows = scored.backtested.scores
    table = score_columns(rows[rows["split"] == "overall"], scored.unit)
    # an error that is the same everywhere has an RMSE of its size
    assert table.loc["hybrid", "RMSE [MW]"] == pytest.approx(1.0, rel=1e-4)
    assert table.loc["seasonal_naive_24h", "RMSE [MW]"] == pytest.approx(5.0, rel=1e-4)
    assert list(table)[:3] == ["RMSE [MW]", "MAE [MW]", "nMAE [%]"]
    assert heading("mase", "MW") == "MASE"


def test_whether_the_map_earned_its_keep_is_told_from_an_ablation_of_the_same_settings(backtest_run, ablation_run):
    scored = open_scored(backtest_run)
    told, command = map_told(scored, backtest_run.parent)
    assert told == (
        "The map earned its keep: the error of the variant “without CNN” is 4.0 % larger (2.0 to 6.0 %) (from `ablated`)."
    )
    assert command == ""


def test_where_nobody_has_tried_without_the_map_it_is_said_how(backtest_run, ablation_run, tmp_path):
    shutil.copytree(ablation_run, tmp_path / "other")
    text = (tmp_path / "other" / "config.toml").read_text().replace("horizon = 24", "horizon = 48")
    (tmp_path / "other" / "config.toml").write_text(text)
    told, command = map_told(open_scored(backtest_run), tmp_path)  # an ablation of another task tells nothing
    assert told == ""
    assert command.startswith("gridcast ablate ")
    assert "--without cnn" in command


@pytest.fixture
def written_run(tmp_path):
    """Return the folder of a run with two places, two issue times and two steps."""
    predictions = [  # P is 10 and 2 off at lead 0, and 4 and 0 at lead 1; Q is always right
        ("P", "2024-01-01 00:00", 0, 100.0, 110.0), ("P", "2024-01-01 00:00", 1, 100.0, 104.0),
        ("P", "2024-01-02 00:00", 0, 100.0, 98.0), ("P", "2024-01-02 00:00", 1, 100.0, 100.0),
        ("Q", "2024-01-01 00:00", 0, 50.0, 50.0), ("Q", "2024-01-01 00:00", 1, 50.0, 50.0),
        ("Q", "2024-01-02 00:00", 0, 50.0, 50.0), ("Q", "2024-01-02 00:00", 1, 50.0, np.nan),
    ]  # fmt: skip
    table = pd.DataFrame(predictions, columns=["location", "issue_time", "step", "actual", "predicted"])
    issued = pd.to_datetime(table["issue_time"])
    table["timestamp"] = (issued + pd.to_timedelta(table["step"], unit="h")).dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    table["issue_time"] = issued.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    table.assign(step=table["step"] + 1).to_csv(tmp_path / "predictions.csv", index=False)
    names = ["", "P", "Q"]
    scores = [
        {"model": model, "location": name, "n": 4, "rmse": 2.0 * k, "mae": 1.0 * k, "mape": 1.0, "nmae": 2.0 * k, "skill": 0.5}
        for k, model in enumerate(("hybrid", "seasonal_naive_24h"), 1)
        for name in names
    ]
    pd.DataFrame(scores).to_csv(tmp_path / "scores.csv", index=False)
    record = {"unit": "MW", "weather": "none", "freq_minutes": 60, "test_from": "2024-01-01T00:00:00+00:00",
              "test_until": "2024-01-02T02:00:00+00:00", "test_issue_times": 2}  # fmt: skip
    (tmp_path / "run.json").write_text(json.dumps(record))
    (tmp_path / "metrics.json").write_text("{}")
    (tmp_path / "config.toml").write_text(to_toml(RunConfig()))
    return tmp_path


def test_of_a_run_the_errors_by_lead_time_come_from_its_predictions(written_run):
    scored = open_scored(written_run)
    assert (scored.kind, scored.names) == ("run", ("P", "Q"))
    assert scored.backtested.models == ("hybrid", "seasonal_naive_24h")
    # lead 0: MAE (10 + 2 + 0 + 0) / 4 = 3; lead 1: (4 + 0 + 0) / 3, as one has no forecast
    assert scored.backtested.split("lead", "mae")["hybrid"].tolist() == pytest.approx([3.0, 4 / 3])
    # nMAE: the mean over places of 6 of 100 and 0 of 50 is 3 %; of 2 of 100 and 0 it is 1 %
    assert scored.backtested.split("lead", "nmae")["hybrid"].tolist() == pytest.approx([3.0, 1.0])
    assert scored.backtested.split("hour", "nmae")["hybrid"].to_dict() == pytest.approx({0.0: 3.0, 1.0: 1.0})


def test_places_that_nothing_is_known_of_are_drawn_in_their_order(written_run):
    (written_run / "config.toml").write_text('[data]\ntemporal = "none.csv"\nspatial = "none.csv"\n')
    places = open_scored(written_run).places
    assert not places.on_earth
    assert "in their order" in places.note


def test_a_folder_without_scores_is_refused(tmp_path):
    assert kind_of(tmp_path) is None
    with pytest.raises(FileError, match="holds no scores"):
        open_scored(tmp_path)


def test_a_damaged_folder_is_refused_in_words(backtest_run, tmp_path):
    shutil.copytree(backtest_run, tmp_path / "damaged")
    (tmp_path / "damaged" / "scores.json").write_text("{")
    with pytest.raises(FileError, match="are damaged"):
        open_scored(tmp_path / "damaged")
