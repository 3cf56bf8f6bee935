"""The run: every file of the folder is there and agrees with the others; nothing is left behind when it fails."""

import json

import numpy as np
import pandas as pd
import pytest

from gridcast.config import make_config, read_config
from gridcast.errors import ConfigError, FileError, GridcastWarning, PanelError
from gridcast.loading import Listener
from gridcast.metrics import scores
from gridcast.sources.pair import save_tables
from gridcast.sources.synthetic.world import generate_synthetic_spatial_data, generate_synthetic_temporal_data
from gridcast.workflow.run import run

SMALL = {
    "task": {"sequence_length": 48, "horizon": 24, "test_days": 4},
    "model": {"grid_size": 4, "units": 8},
    "training": {"epochs": 2},
}
WORLD = {"num_days": 24, "num_locations": 3}
FORECASTERS = {"hybrid", "seasonal_naive_24h", "seasonal_naive_168h"}


def settings(**data):
    return make_config({**SMALL, "data": {**WORLD, **data}})


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Return the result and the folder of one small run, and what it said."""
    folder = tmp_path_factory.mktemp("runs") / "one"
    said, epochs = [], []
    listener = Listener(said.append, lambda epoch, of, losses: epochs.append((epoch, of, sorted(losses))))
    return run(settings(), out=folder, listener=listener), folder, said, epochs


@pytest.fixture
def files(tmp_path):
    """Return the paths of a small world in two files, in which a place has a gap of ten hours on the 10th day."""
    places = generate_synthetic_spatial_data(3)
    readings = generate_synthetic_temporal_data(24, locations=places)
    gap = (readings["location"] == "P002") & readings["timestamp"].between("2023-01-10 05:00Z", "2023-01-10 14:00Z")
    readings.loc[gap, "consumption"] = np.nan
    paths = tmp_path / "load.csv", tmp_path / "places.csv"
    save_tables(readings, places, *paths)
    return paths


def test_the_folder_holds_what_is_promised(finished):
    _, folder, _, _ = finished
    assert {path.name for path in folder.iterdir()} == {
        *("predictions.csv", "scores.csv", "metrics.json", "history.csv", "run.json"),
        *("config.toml", "model", "results.png", "map.png"),
    }


def test_metrics_are_those_of_the_predictions(finished):
    result, folder, _, _ = finished
    metrics = json.loads((folder / "metrics.json").read_text())
    assert set(metrics) == FORECASTERS
    assert all(set(each) == {"rmse", "mae", "mape", "nmae", "skill", "ex_post"} for each in metrics.values())
    table = pd.read_csv(folder / "predictions.csv")
    for name, value in scores(table["actual"], table["predicted"]).items():
        assert metrics["hybrid"][name] == pytest.approx(value, rel=1e-4)
    assert metrics["hybrid"]["skill"] == pytest.approx(1 - metrics["hybrid"]["rmse"] / metrics["seasonal_naive_168h"]["rmse"])
    assert result.metrics["hybrid"] == pytest.approx(metrics["hybrid"])


def test_predictions_are_in_original_units_with_time_and_location(finished):
    _, folder, _, _ = finished
    table = pd.read_csv(folder / "predictions.csv", parse_dates=["timestamp", "issue_time"])
    assert len(table) == 3 * 4 * 24
    assert (table["timestamp"] == table["issue_time"] + (table["step"] - 1) * pd.Timedelta(hours=1)).all()
    places = generate_synthetic_spatial_data(3)
    truth = generate_synthetic_temporal_data(24, locations=places).set_index(["timestamp", "location"])["consumption"]
    rows = pd.MultiIndex.from_frame(table[["timestamp", "location"]])
    np.testing.assert_allclose(table["actual"], truth.loc[rows], rtol=1e-5)


def test_the_test_part_is_the_last_days(finished):
    _, folder, _, _ = finished
    record = json.loads((folder / "run.json").read_text())
    # 24 days from January 1st: the last four begin on the 21st
    assert record["test_from"].startswith("2023-01-21T00:00")
    assert record["test_until"].startswith("2023-01-25T00:00")
    assert record["test_issue_times"] == 4


@pytest.mark.slow
def test_the_written_configuration_makes_the_same_run_again(finished, tmp_path):
    result, folder, _, _ = finished
    again = run(make_config(read_config(folder / "config.toml")), out=tmp_path / "two")
    assert (tmp_path / "two" / "predictions.csv").read_bytes() == (folder / "predictions.csv").read_bytes()
    assert again.metrics == result.metrics


def test_the_saved_network_can_be_loaded_again(finished):
    from gridcast.forecasters.saved import load_hybrid

    _, folder, _, _ = finished
    forecaster = load_hybrid(folder / "model")
    assert forecaster.fitted.placing.locations == ("P001", "P002", "P003")
    assert forecaster.fitted.networks[0].count_params() == json.loads((folder / "run.json").read_text())["parameters"]


def test_the_listener_hears_of_data_and_epochs(finished):
    _, _, said, epochs = finished
    assert any("synthetic world" in sentence for sentence in said)
    assert any("3 places x 576 readings" in sentence for sentence in said)
    plan = "held out: 2023-01-21 00:00 to 2023-01-25 00:00 UTC, 4 forecasts of 24 hours, each from 48 hours of history"
    assert plan in said
    assert epochs == [(1, 2, ["loss", "val_loss"]), (2, 2, ["loss", "val_loss"])]


@pytest.mark.slow
def test_a_place_with_a_gap_is_said_and_forecast_all_the_same(files, tmp_path):
    table = pd.read_csv(files[0])
    stamps = pd.to_datetime(table["timestamp"])
    # six hours of the history of the second forecast, which are hours of the test part too
    late = (table["location"] == "P002") & stamps.between("2023-01-21 05:00Z", "2023-01-21 10:00Z")
    table.assign(consumption=table["consumption"].mask(late)).to_csv(files[0], index=False)
    said = []
    config = settings(temporal=str(files[0]), spatial=str(files[1]))
    run(config, out=tmp_path / "run", listener=Listener(said.append))
    assert any("16 readings of 1,728 are missing at 1 place, most at P002" in sentence for sentence in said)
    predictions = pd.read_csv(tmp_path / "run" / "predictions.csv")
    assert predictions["predicted"].notna().all()
    assert predictions["actual"].isna().sum() == 6


@pytest.mark.slow
def test_training_never_sees_the_test_part(files, tmp_path):
    config = settings(temporal=str(files[0]), spatial=str(files[1]))
    run(config, out=tmp_path / "one")
    table = pd.read_csv(files[0])
    table.loc[table["timestamp"] >= "2023-01-21", "consumption"] *= 100  # the last four of 24 days
    table.to_csv(files[0], index=False)
    run(config, out=tmp_path / "two")
    for name in ("history.csv", "model/model.npz"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


@pytest.mark.slow
def test_the_steps_of_a_gap_are_forecast_and_not_scored(tmp_path):
    config = make_config({**SMALL, "task": {**SMALL["task"], "gap": 6, "issue_hour": 12}, "data": WORLD, "training": {"epochs": 1}})
    said = []
    result = run(config, out=tmp_path / "run", listener=Listener(said.append))
    table = pd.read_csv(tmp_path / "run" / "predictions.csv", parse_dates=["timestamp", "issue_time"])
    assert set(table["issue_time"].dt.hour) == {12}
    assert table["step"].max() == 30
    assert table.loc[table["step"] <= 6, "actual"].isna().all()
    assert table.loc[table["step"] > 6, "actual"].notna().all()
    # three places, four issue times, 24 steps
    assert set(result.scores.query("location.isna() or location == ''")["n"]) == {3 * 4 * 24}
    assert any("4 forecasts of 24 hours, 6 hours after the issue time, each from 48 hours" in sentence for sentence in said)
    assert not any("not scored" in sentence for sentence in said)


@pytest.mark.slow
def test_flagged_readings_of_the_test_part_are_not_scored(files, tmp_path):
    (tmp_path / "flags.csv").write_text("location,timestamp_utc\nP001,2023-01-24 05:00\nP001,2023-01-10 05:00\n")
    config = settings(temporal=str(files[0]), spatial=str(files[1]), flags=str(tmp_path / "flags.csv"))
    said = []
    run(config, out=tmp_path / "run", listener=Listener(said.append))
    table = pd.read_csv(tmp_path / "run" / "predictions.csv").set_index(["timestamp", "location"])
    assert table["actual"].isna().sum() == 1
    assert any("2 readings at 1 place called wrong by `flags.csv` (P001 2); treated as missing; 1 reading" in each for each in said)


@pytest.mark.slow
def test_nothing_is_left_behind_when_a_run_fails(files, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("gridcast.workflow.run.plot_map", fail)
    with pytest.raises(KeyboardInterrupt):
        run(settings(), out=tmp_path / "out" / "run")
    assert [path for path in tmp_path.rglob("*") if path.name not in ("load.csv", "places.csv", "out")] == []


def test_an_earlier_run_is_replaced_only_when_told(finished, tmp_path):
    _, folder, _, _ = finished
    before = (folder / "metrics.json").read_bytes()
    with pytest.raises(FileError, match="holds an earlier run"):
        run(settings(), out=folder)
    assert (folder / "metrics.json").read_bytes() == before


def test_what_cannot_be_trained_on_is_told_before_the_network_library_is_loaded(tmp_path):
    config = make_config({**SMALL, "task": {"sequence_length": 480}, "data": WORLD})
    with pytest.raises(PanelError, match="the history is too short") as caught:
        run(config, out=tmp_path / "run")
    # 8 days, the least of a longer context, and 4 * 24 hours are 12 days; and 28 test days
    assert "24 days" in caught.value.problems[0].found
    assert "at least 40 days" in caught.value.problems[0].expected
    assert not list(tmp_path.iterdir())


def test_an_unknown_country_is_refused_before_anything_is_made(tmp_path):
    with pytest.raises(ConfigError, match="no holidays are known for `Xland`"):
        run(make_config({**SMALL, "data": WORLD, "weather": {"country": "Xland"}}), out=tmp_path / "new" / "run")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_crowded_grid_is_warned_of_with_a_suggestion(tmp_path):
    config = make_config(
        {**SMALL, "model": {"grid_size": 1, "units": 8}, "data": {**WORLD, "num_locations": 6}, "training": {"epochs": 1}}
    )
    with pytest.warns(GridcastWarning, match=r"6 places share 1 cells.*--grid-size"):
        run(config, out=tmp_path / "run")
