"""What is recognised in readings, and settings made from what was chosen."""

import numpy as np
import pandas as pd
import pytest

from gridcast.app.asked import Asked
from gridcast.app.history import history, scores_of_run
from gridcast.app.reading import columns_of, corrected, of_files, recognise, stamps_of
from gridcast.app.runs import StoredRun
from gridcast.config import DataConfig, RunConfig
from gridcast.errors import ConfigError, FileError


@pytest.fixture
def wide(tmp_path):
    """Write three weeks of two places, B with one reading in 100 missing and three times as much as A."""
    hours = pd.date_range("2024-04-02", periods=24 * 21, freq="h")
    a = 10.0 + np.sin(2 * np.pi * hours.hour / 24)
    table = pd.DataFrame({"time": hours, "A": a, "B": 3 * a})
    table.loc[50:54, "B"] = np.nan
    path = tmp_path / "load.csv"
    table.to_csv(path, index=False)
    return path


def test_facts_and_means_of_a_file(wide):
    config = corrected(of_files(str(wide)), {"timezone": "Europe/Kyiv", "unit": "MW"})
    found = recognise(config)
    facts = found.facts
    assert (facts["Places"], facts["Unit"], facts["A reading every"]) == ("2", "MW", "1 h")
    # by the clock of Kyiv, from the first label to the end of the last hour, 21 days later
    assert (facts["From"], facts["Until"]) == ("2024-04-02", "2024-04-23")
    means = found.means.set_index("place")
    assert list(means.index) == ["B", "A"]
    assert means.loc["A", "mean"] == pytest.approx(10, abs=0.01)  # whole days: the sine goes away
    assert means.loc["B", "mean"] == pytest.approx(30, abs=0.3)
    assert means.loc["B", "missing"] > 0.9
    assert found.daily.median() == pytest.approx(40, abs=0.2)
    assert any("wide table of 2 places" in sentence for sentence in found.said)


def test_what_is_doubtful_is_told(wide):
    table = pd.read_csv(wide)
    table.loc[[100, 200, 300], "A"] = 65535.0
    table.to_csv(wide, index=False)
    assert any("65535" in doubt for doubt in recognise(of_files(str(wide))).warnings)


def test_columns_of_what_is_no_table_are_none(wide, tmp_path):
    assert columns_of(str(wide)) == ("time", "A", "B")
    pd.read_csv(wide).to_parquet(tmp_path / "load.parquet")
    assert columns_of(str(tmp_path / "load.parquet")) == ("time", "A", "B")
    (tmp_path / "empty").touch()
    assert columns_of(str(tmp_path / "empty")) == columns_of("") == columns_of("sqlite:///x.db#load") == ()


def test_a_changed_file_is_read_anew(wide):
    config = of_files(str(wide), "no/such.csv")
    before = stamps_of(config)
    assert before[1] == 0
    wide.touch()
    assert stamps_of(config) != before


def test_a_correction_can_be_taken_back():
    config = RunConfig(data=DataConfig(temporal="a.csv", time_column="when", unit="kW"))
    again = corrected(config, {"time_column": None, "unit": None})
    assert again == RunConfig(data=DataConfig(temporal="a.csv"))


def test_no_file_is_told():
    with pytest.raises(FileError, match="which readings"):
        of_files("  ")


def test_what_is_out_of_range_is_told():
    with pytest.raises(ConfigError, match=r"task\.horizon"):
        Asked(horizon=0).config(RunConfig())


def test_weather_that_is_not_there_stands_in_for_nothing():
    assert not Asked(perfect_weather=True).config(RunConfig()).weather.perfect_weather
    assert Asked(perfect_weather=True, weather="w.csv").config(RunConfig()).weather.perfect_weather


def test_the_history_has_what_was_tried_and_what_came_of_it(tmp_path):
    path = tmp_path / "one"
    path.mkdir()
    (path / "config.toml").write_text("[task]\nhorizon = 48\n")
    (path / "metrics.json").write_text('{"seasonal_naive_24h": {"rmse": 2.0}, "hybrid": {"rmse": 1.5, "skill": 0.25}}')
    (path / "run.json").write_text('{"places": 7, "seconds": 12.5}')
    runs = [StoredRun("one", path, "done", "run"), StoredRun("two", tmp_path / "two", "failed", "run")]
    table = history(runs).set_index("run")
    assert table.loc["one", ["RMSE", "skill", "places", "horizon", "seconds"]].tolist() == [1.5, 0.25, 7, 48, 12.5]
    assert table.loc["two", ["RMSE", "horizon"]].isna().all()
    assert list(scores_of_run(path)) == ["hybrid", "seasonal_naive_24h"]
