"""Explaining a forecast of a run: what is written, that it adds up, and what is refused."""

import json

import numpy as np
import pandas as pd
import pytest

from gridcast.config import make_config, read_config
from gridcast.errors import ConfigError, FileError, PanelError
from gridcast.loading import Listener
from gridcast.workflow.explaining import explain
from gridcast.workflow.forecasting import forecast
from gridcast.workflow.opening import open_run
from gridcast.workflow.training import train

ISSUED = "2024-01-29 06:00"
TABLES = {f"{name}.csv" for name in ("why", "influence", "stations", "importance", "change", "response")}
PICTURES = {f"{name}.png" for name in ("why", "lags", "influence", "stations", "importance", "change", "response")}


@pytest.fixture(scope="module")
def explained(trained, tmp_path_factory):
    said: list[str] = []
    out = tmp_path_factory.mktemp("explained") / "out"
    result = explain(trained, issue_time=ISSUED, location="B", out=out, listener=Listener(said.append))
    return result, out, said


def test_all_tables_and_pictures_are_written(explained):
    result, out, said = explained
    assert {path.name for path in out.iterdir()} == TABLES | PICTURES | {"explanation.json"}
    assert result.folder == out
    assert json.loads((out / "explanation.json").read_text())["location"] == "B"
    assert any(sentence.startswith("B: issued at 2024-01-29 06:00 UTC, beside 21 earlier days") for sentence in said)
    mean = float((result.change.last - result.change.first).mean())
    told = f"since 2024-01-28 18:00 UTC it has changed by {mean:+.4g} MW in the mean of 12 shared steps: "
    assert any(sentence.startswith(told) for sentence in said)


def test_the_parts_add_up_to_the_forecast_that_the_run_makes(explained, trained, tmp_path):
    result, out, _ = explained
    made = forecast(trained, issue_time=ISSUED, out=tmp_path / "f.csv")
    point = made.loc[made["location"] == "B", "point"].to_numpy()
    assert result.why.forecast == pytest.approx(point, rel=1e-4)
    table = pd.read_csv(out / "why.csv")
    added = table.groupby("valid_time")["contribution"].sum().to_numpy()
    baseline = table.loc[table["group"] == "baseline", "contribution"].to_numpy()
    assert np.abs(added - point).max() < 0.01 * np.abs(point - baseline).max()  # within 1 %


def test_the_change_since_half_a_day_before_adds_up(explained, trained, tmp_path):
    result, _, _ = explained
    change = result.change
    before = forecast(trained, issue_time="2024-01-28 18:00", out=tmp_path / "f.csv")
    point = before.loc[before["location"] == "B", "point"].to_numpy()
    assert change.first == pytest.approx(point[12:], rel=1e-4)
    assert change.first + sum(change.values.values()) == pytest.approx(change.last, rel=1e-5)
    assert not change.values["model"].any()


def test_the_sum_of_all_places_and_another_run_can_be_explained(trained, tmp_path):
    result = explain(trained, previous_run=trained, out=tmp_path / "out")
    assert result.summary["location"] == "all places"
    assert result.change.before == result.change.after == pd.Timestamp("2024-01-31", tz="UTC")
    assert not any(values.any() for values in result.change.values.values())  # the same run
    assert "map" not in result.summary["groups"]
    assert set(result.influence["location"]) == {"A", "B", "C"}


def test_each_station_is_silent_once_and_with_all_of_them_the_forecast_is_the_run_s(explained, trained):
    result, out, said = explained
    table = pd.read_csv(out / "stations.csv")
    assert table["station"].iloc[0] == "B"  # a station at the place itself
    assert set(table["station"]) == {"A", "B", "C"}
    assert table.set_index("station").loc["B", ["latitude", "longitude"]].tolist() == [51, 6]
    assert [each["station"] for each in result.summary["stations"]] == table["station"].tolist()
    assert any(sentence.startswith("weather stations: B (") for sentence in said)
    opened = open_run(trained, listener=Listener())
    moment = pd.Timestamp(ISSUED, tz="UTC")
    stations = opened.stations()
    made = {}
    for silent in ("", "B"):
        known = stations.panel_with(stations.laid(silent)).as_of(moment).recent(opened.forecaster.reach)
        made[silent] = opened.forecaster.predict(known, pd.DatetimeIndex([moment])).values.values[0, 1]
    assert made[""] == pytest.approx(result.why.forecast, rel=1e-4)
    moved = np.abs(made[""] - made["B"]).mean()
    assert moved > 0
    assert table["size"].iloc[0] == pytest.approx(moved, rel=1e-3)


@pytest.mark.slow
def test_a_network_with_attention_tells_what_it_reads(tiny_world, tmp_path):
    tables = read_config(tiny_world)
    tables["model"] = {**tables["model"], "temporal": "lstm_attention", "spatial": "attention"}
    train(make_config(tables), out=tmp_path / "run")
    result = explain(tmp_path / "run", issue_time=ISSUED, location="B", out=tmp_path / "out")
    assert {"attention.csv", "attention.png"} <= {path.name for path in (tmp_path / "out").iterdir()}
    table = pd.read_csv(tmp_path / "out" / "attention.csv", parse_dates=["end"])
    assert table.groupby("of")[["share", "usual"]].sum().to_numpy() == pytest.approx(1, abs=1e-5)
    assert table["location"].dropna().tolist() == ["A", "B", "C"]
    assert table["end"].max() == result.why.issue_time


WRONG = {
    "no such place": ({"location": "b"}, ConfigError, "did you mean `--location B`"),
    "after the end": ({"issue_time": "2024-02-05"}, PanelError, "the readings end before the issue time"),
    "too early": ({"issue_time": "2024-01-02 06:00"}, PanelError, "no earlier days to compare the forecast with"),
    "before the first": ({"issue_time": "2023-12-01"}, PanelError, "no context for 1 of 1 issue times"),
    "a later earlier one": ({"issue_time": ISSUED, "previous_time": "2024-01-29 18:00"}, ConfigError, "comes after the one"),
    "no hour together": ({"previous_time": "2024-01-20"}, ConfigError, "about no hour together"),
    "no run": ({"previous_run": "nowhere"}, FileError, "holds no model"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_told_and_nothing_is_written(trained, tmp_path, case):
    how, kind, words = WRONG[case]
    with pytest.raises(kind, match=words):
        explain(trained, out=tmp_path / "out", **how)
    assert not list(tmp_path.iterdir())


def test_a_folder_with_something_else_is_left_alone(trained, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(FileError, match="is not an explanation folder"):
        explain(trained, out=tmp_path, overwrite=True)
    assert (tmp_path / "mine.txt").read_text() == "mine"
