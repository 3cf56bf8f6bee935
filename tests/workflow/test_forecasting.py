"""Forecasts of a trained network: from the newest readings, at a given time; and what is refused."""

import shutil

import numpy as np
import pandas as pd
import pytest

from gridcast.config import make_config
from gridcast.errors import ConfigError, FileError, GridcastWarning, PanelError
from gridcast.evaluation import issue
from gridcast.forecast import actual_values
from gridcast.loading import Listener
from gridcast.panel import Panel
from gridcast.workflow.forecasting import forecast
from gridcast.workflow.opening import moment_of, open_run

QUANTILES = ["q0.05", "q0.1", "q0.25", "q0.5", "q0.75", "q0.9", "q0.95"]
END = pd.Timestamp("2024-01-31", tz="UTC")  # of the readings that the network knows


@pytest.fixture
def newer(tiny_tables, tmp_path):
    """Return the paths of load and weather of two more days, the load with a place that is in no table of places."""
    load, weather = tiny_tables(32, ["A", "B", "C", "D"])
    load[load.index >= "2024-01-20"].to_csv(tmp_path / "newer.csv")
    weather.drop(columns="D_temperature_c").to_csv(tmp_path / "weather.csv")
    return str(tmp_path / "newer.csv"), str(tmp_path / "weather.csv")


def test_the_newest_issue_time_is_the_end_of_the_readings(trained, tmp_path):
    said = []
    table = forecast(trained, out=tmp_path / "f.csv", listener=Listener(said.append))
    assert list(table) == ["location", "issue_time", "valid_time", "lead", "point", *QUANTILES, "quality"]
    assert len(table) == 3 * 24
    assert set(table["issue_time"]) == {END}
    assert (table["valid_time"] == END + pd.to_timedelta(table["lead"], unit="h")).all()
    assert (np.diff(table[QUANTILES], axis=1) >= 0).all()
    assert (table["point"] == table["q0.5"]).all()
    # its weather ends with its readings
    assert set(table["quality"]) == {"no weather"}
    assert "no weather: 3 places" in said
    assert not any(sentence.startswith("ex post:") for sentence in said)
    assert pd.read_csv(tmp_path / "f.csv")["point"].to_numpy() == pytest.approx(table["point"].to_numpy(), rel=1e-5)


def test_at_an_earlier_issue_time_the_weather_is_known_and_said_to_be_ex_post(trained, tmp_path):
    said = []
    table = forecast(trained, issue_time="2024-01-29 06:00", out=tmp_path / "f.parquet", listener=Listener(said.append))
    assert set(table["issue_time"]) == {pd.Timestamp("2024-01-29 06:00", tz="UTC")}
    assert set(table["quality"]) == {""}
    assert any("ex post" in sentence for sentence in said)
    read = pd.read_parquet(tmp_path / "f.parquet")
    assert read["point"].tolist() == table["point"].tolist()


def test_newer_readings_move_the_issue_time_on(trained, newer, tmp_path):
    with pytest.warns(GridcastWarning, match="`temperature` is missing at 48 of 768 readings"):
        table = forecast(trained, load_file=newer[0], out=tmp_path / "f.csv")
    assert set(table["issue_time"]) == {END + pd.Timedelta(days=2)}
    # D is in no table of places, and left out
    assert table.groupby("location")["quality"].first().to_dict() == dict.fromkeys("ABC", "no weather")
    assert np.abs(table["point"] - 60).mean() < 25


@pytest.mark.filterwarnings("ignore:`temperature` is missing")
def test_what_earlier_forecasts_missed_corrects_the_new_one(trained, newer, tmp_path):
    said = []
    table = forecast(trained, load_file=newer[0], out=tmp_path / "f.csv", listener=Listener(said.append))
    assert "corrected by what the forecasts of 2 days before have missed" in said
    opened = open_run(trained, load_file=newer[0], listener=Listener())
    times = pd.date_range(END, periods=3, freq="D")
    raw = issue(opened.forecaster, opened.panel, times)
    actual = actual_values(opened.panel, times, 24).values.values
    quantiles = raw.quantiles.values
    missed = np.clip(actual, quantiles[..., 0], quantiles[..., -1]) - quantiles[..., 3]
    half = 0.5 ** (1 / 7)  # of the older error is left, beside five days without any
    expected = quantiles[2, ..., 3] + (half * missed[0] + missed[1]) / (half + 1 + 5)
    assert table["point"].to_numpy() == pytest.approx(expected.ravel(), rel=1e-4)
    assert table["point"].to_numpy() != pytest.approx(quantiles[2, ..., 3].ravel(), rel=1e-3)


def test_newer_weather_is_used(trained, newer, tmp_path):
    table = forecast(trained, weather=newer[1], out=tmp_path / "f.csv")
    assert set(table["issue_time"]) == {END}
    assert set(table["quality"]) == {""}


WRONG = {
    "between two readings": ({"issue_time": "2024-01-29 06:30"}, ConfigError, "lies between two readings"),
    "after the end": ({"issue_time": "2024-02-05"}, PanelError, "the readings end before the issue time"),
    "no moment": ({"issue_time": "soon"}, ConfigError, "is no moment"),
    "two moments": ({"issue_time": "09/12/2016 06:00"}, ConfigError, "is no moment"),
    "before the first": ({"issue_time": "2023-12-01"}, PanelError, "nothing was known yet at the issue time"),
    "no file": ({"load_file": "none.csv"}, FileError, "none.csv"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_told_and_nothing_is_written(trained, tmp_path, case):
    how, kind, words = WRONG[case]
    with pytest.raises(kind, match=words):
        forecast(trained, out=tmp_path / "f.csv", **how)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("zone", ["Europe/Berlin", "UTC+01:00", "America/New_York"])
def test_the_issue_time_of_days_is_a_date_whatever_the_zone(zone):
    days = pd.date_range("2024-02-20", periods=20, tz="UTC")
    panel = Panel.from_wide(pd.DataFrame({"A": np.arange(20.0)}, index=days))
    config = make_config({"data": {"timezone": zone}})
    assert moment_of(panel, config, "2024-03-01") == pd.Timestamp("2024-03-01", tz="UTC")


def test_the_issue_time_of_hours_is_told_by_the_local_clock(make_panel):
    for zone in ("Europe/Berlin", "UTC+01:00"):
        moment = moment_of(make_panel(), make_config({"data": {"timezone": zone}}), "2024-01-10 06:00")
        assert moment == pd.Timestamp("2024-01-10 05:00", tz="UTC")


@pytest.mark.parametrize("name", ["f.xlsx", "f", "f.gz"])
def test_a_file_of_another_kind_is_refused(trained, tmp_path, name):
    with pytest.raises(ConfigError, match="what kind of file"):
        forecast(trained, out=tmp_path / name)


def test_a_file_is_replaced_only_when_told(trained, tmp_path):
    (tmp_path / "f.csv").write_text("mine")
    with pytest.raises(FileError, match="would be replaced"):
        forecast(trained, out=tmp_path / "f.csv")
    assert (tmp_path / "f.csv").read_text() == "mine"
    forecast(trained, out=tmp_path / "f.csv", overwrite=True)
    assert (tmp_path / "f.csv").read_text().startswith("location,")


def test_readings_of_another_step_are_refused(trained, tiny_tables, tmp_path):
    tiny_tables(32)[0].iloc[::2].to_csv(tmp_path / "other.csv")
    with pytest.raises(PanelError, match="do not go with those of the run"):
        forecast(trained, load_file=str(tmp_path / "other.csv"), out=tmp_path / "f.csv")
    assert not (tmp_path / "f.csv").exists()


def test_a_folder_that_is_no_run_and_a_damaged_one_are_refused(trained, tmp_path):
    with pytest.raises(FileError, match="is no run folder"):
        forecast(tmp_path, out=tmp_path / "f.csv")
    broken = tmp_path / "run"
    shutil.copytree(trained, broken)
    arrays = broken / "model" / "model.npz"
    arrays.write_bytes(arrays.read_bytes()[:-100])
    with pytest.raises(FileError, match=r"model.npz` is damaged"):
        forecast(broken, out=tmp_path / "f.csv")
    (broken / "run.json").write_text("{}")
    with pytest.raises(FileError, match=r"run.json` is damaged"):
        forecast(broken, out=tmp_path / "f.csv")
    assert not (tmp_path / "f.csv").exists()
