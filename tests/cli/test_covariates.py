"""A run with everything around it: weather, filled gaps, the user's events, and a database at the end."""

import json
import sqlite3
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from gridcast.cli import app
from gridcast.sources.pair import save_tables
from gridcast.sources.synthetic.weatherfield import synthetic_temperature
from gridcast.sources.synthetic.world import generate_synthetic_spatial_data, generate_synthetic_temporal_data

QUICK = ["--sequence-length", "48", "--test-days", "4", "--grid-size", "4", "--epochs", "1"]


def call(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Write a world with gaps, its weather at two stations, and a calendar."""
    folder = tmp_path_factory.mktemp("world")
    places = generate_synthetic_spatial_data(3)
    readings = generate_synthetic_temporal_data(24, locations=places)
    gap = readings["timestamp"].dt.day.isin([5, 22]) & (readings["timestamp"].dt.hour < 2) & (readings["location"] == "P001")
    stations = pd.DataFrame({"id": ["north", "south"], "latitude": [51.0, 49.0], "longitude": [9.0, 10.0], "kind": "weather"})
    save_tables(readings[~gap], pd.concat([places.assign(kind="place"), stations]), folder / "load.csv", folder / "places.csv")
    times = pd.DatetimeIndex(readings["timestamp"].unique())
    degrees = synthetic_temperature(times, stations["latitude"], stations["longitude"])
    weather = pd.DataFrame(degrees, columns=["north_temperature_c", "south_temperature_c"]).round(2)
    weather.insert(0, "timestamp", times.strftime("%Y-%m-%dT%H:%M:%SZ"))
    weather.to_csv(folder / "weather.csv", index=False)
    (folder / "events.csv").write_text("start,end,category\n2023-01-09,2023-01-13,fair\n")
    return folder


@pytest.fixture(scope="module")
def finished(folder):
    files = [folder / "load.csv", folder / "places.csv", "--out", folder / "runs" / "one", "--overwrite"]
    around = ["--weather", folder / "weather.csv", "--perfect-weather", "--fill", "gaps", "--events", folder / "events.csv"]
    to = ["--to", f"sqlite:///{folder}/grid.db#forecasts", "--country", "DE"]
    return [call("run", *files, *around, *to, *QUICK) for _ in range(2)]


def test_scores_with_measured_weather_are_labelled_ex_post_wherever_they_stand(finished, folder):
    assert finished[0].exit_code == 0, finished[0].output
    assert "ex post" in finished[0].stdout
    record = json.loads((folder / "runs" / "one" / "run.json").read_text())
    assert record["weather"] == "ex post"
    assert {"temperature", "temperature_heating"} < set(record["covariates"])
    scores = pd.read_csv(folder / "runs" / "one" / "scores.csv").set_index("model")["ex_post"]
    assert scores["hybrid"].all()
    assert not scores["seasonal_naive_24h"].any()


def test_filled_readings_are_no_targets(finished, folder):
    assert "missing readings filled" in finished[0].stderr
    predictions = pd.read_csv(folder / "runs" / "one" / "predictions.csv", parse_dates=["timestamp"])
    on_22nd = predictions[(predictions["timestamp"].dt.day == 22) & (predictions["location"] == "P001")]
    assert on_22nd["predicted"].notna().all()
    assert on_22nd["actual"].isna().sum() == 2


def test_the_database_holds_each_forecast_once(finished, folder):
    assert finished[1].exit_code == 0, finished[1].output
    with sqlite3.connect(folder / "grid.db") as database:
        stored = pd.read_sql_query("SELECT * FROM forecasts", database)
    predictions = pd.read_csv(folder / "runs" / "one" / "predictions.csv")
    assert len(stored) == len(predictions)
    assert set(stored["run"]) == {"one"}
    assert stored["predicted"].sum() == pytest.approx(predictions["predicted"].sum(), rel=1e-5)


def test_a_database_that_can_t_be_written_is_told_before_the_training(folder, tmp_path):
    result = call("run", folder / "load.csv", "--out", tmp_path / "run", "--to", "sqlite:////nowhere/at/all.db#forecasts")
    assert result.exit_code == 2
    assert not (tmp_path / "run").exists()
