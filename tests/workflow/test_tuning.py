"""The search of a configuration: what the folder holds, going on, and what is refused."""

import json
import math
import tomllib

import pandas as pd
import pytest

from gridcast.config import make_config, read_config
from gridcast.errors import ConfigError, FileError, TrainingError
from gridcast.loading import Listener
from gridcast.workflow.tuning import tune
from gridcast.workflow.validating import Validation

FILES = {"best.toml", "config.toml", "trials.csv", "trials.journal", "tuning.html", "tuning.json"}


def parabola(self, config, report):
    """Return a score that is lowest, 1, at a learning rate of 0.003; without a rate that of 0.03 counts."""
    return 1 + math.log10((config.training.learning_rate or 0.03) / 0.003) ** 2


@pytest.fixture
def settings(tiny_world, monkeypatch):
    """Return a function that gives the settings of the tiny world; a parabola stands in for its network."""
    monkeypatch.setattr(Validation, "__call__", parabola)
    monkeypatch.setattr("os.fsync", lambda _: None)
    tables = read_config(tiny_world)

    def make(**asked):
        own = {"trials": 8, "validation_days": 4, "space": {"learning_rate": {"low": 1e-4, "high": 1e-1, "log": True}}}
        return make_config({**tables, "tune": {**own, **asked}})

    return make


def test_the_folder_holds_the_best_settings_and_all_trials(settings, tmp_path):
    said = []
    result = tune(settings(), out=tmp_path / "out", listener=Listener(say=said.append))
    assert {path.name for path in (tmp_path / "out").iterdir()} == FILES
    best = make_config(read_config(tmp_path / "out" / "best.toml"))
    assert best == result.best
    table = pd.read_csv(tmp_path / "out" / "trials.csv")
    assert len(table) == len(result.table) == 8
    row = table.loc[table["score"].idxmin()]
    assert best.training.learning_rate == pytest.approx(row["learning_rate"], rel=1e-6)
    assert best.model_copy(update={"training": settings().training}) == settings()
    summary = json.loads((tmp_path / "out" / "tuning.json").read_text())
    # as configured the parabola takes 0.03: 1 + 1
    assert summary["configured_score"] == pytest.approx(2)
    assert summary["gain_percent"] == pytest.approx(100 * (1 - summary["best_score"] / 2))
    assert summary["trials"] == {"complete": 8}
    assert any("searching learning_rate by `bayes` in one process: 8 trials" in line for line in said)
    assert sum(line.startswith("trial ") for line in said) == 8


def test_the_first_lines_of_the_best_settings_say_what_they_are(settings, tmp_path):
    result = tune(settings(), out=tmp_path / "out")
    first = (tmp_path / "out" / "best.toml").read_text().partition("[data]")[0]
    assert f"The best of 8 trials with a score: pinball {result.summary['best_score']:.4f} %" in first
    assert "in place of 2.0000 % as configured" in first


def test_where_nothing_is_better_the_settings_stay(settings, tmp_path):
    space = {"learning_rate": [0.9, 0.5]}
    result = tune(settings(space=space, trials=3), out=tmp_path / "out")
    assert result.best == settings(space=space, trials=3)
    assert result.summary["gain_percent"] == 0
    assert "Nothing was found that is better" in (tmp_path / "out" / "tuning.html").read_text()


def test_a_search_goes_on(settings, tmp_path):
    first = tune(settings(trials=3), out=tmp_path / "out")
    with pytest.raises(FileError, match="earlier search") as caught:
        tune(settings(), out=tmp_path / "out")
    assert "--resume" in caught.value.problems[0].hint
    second = tune(settings(trials=5), out=tmp_path / "out", resume=True)
    assert second.table[:3].equals(first.table)
    assert len(second.table) == 5
    third = tune(settings(trials=2), out=tmp_path / "out", overwrite=True)
    assert len(third.table) == 2


def test_other_settings_do_not_go_on_and_leave_all_as_it_is(settings, tmp_path):
    tune(settings(trials=3), out=tmp_path / "out")
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    with pytest.raises(ConfigError, match=r"another `tune\.score`"):
        tune(settings(score="nmae"), out=tmp_path / "out", resume=True)
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


def test_a_search_that_is_not_there_does_not_go_on(settings, tmp_path):
    with pytest.raises(FileError, match="no search to go on with"):
        tune(settings(), out=tmp_path / "out", resume=True)
    assert not (tmp_path / "out").exists()


def test_a_storage_that_is_no_database_is_refused(settings, tmp_path):
    with pytest.raises(ConfigError, match="is no database"):
        tune(settings(), out=tmp_path / "out", storage="nonsense")
    assert not (tmp_path / "out").exists()


def test_a_folder_of_another_kind_is_refused(settings, tmp_path):
    (tmp_path / "thesis.txt").write_text("")
    for how in ({}, {"overwrite": True}, {"resume": True}):
        with pytest.raises(FileError, match="not a search folder"):
            tune(settings(), out=tmp_path, **how)


def test_a_search_that_can_not_begin_leaves_no_folder(settings, tmp_path):
    with pytest.raises(FileError, match="does not answer"):
        tune(settings(), out=tmp_path / "out", storage="sqlite:////no/such/folder/trials.db")
    with pytest.raises(ConfigError, match="too many points"):
        tune(settings(method="grid", space={"units": {"low": 1, "high": 9999, "step": 1}}), out=tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_search_writes_what_it_has(settings, tmp_path, monkeypatch):
    calls = []

    def interrupted(self, config, report):
        calls.append(config)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return parabola(self, config, report)

    monkeypatch.setattr(Validation, "__call__", interrupted)
    with pytest.raises(KeyboardInterrupt):
        tune(settings(), out=tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == FILES
    assert pd.read_csv(tmp_path / "out" / "trials.csv")["state"].tolist() == ["complete"] * 3 + ["lost"]
    again = tune(settings(), out=tmp_path / "out", resume=True)
    assert again.table["state"].tolist() == ["complete"] * 3 + ["lost"] + ["complete"] * 5


def test_where_all_fails_the_errors_are_written(settings, tmp_path, monkeypatch):
    def failing(self, config, report):
        raise TrainingError("the loss is no number", found="nan")

    monkeypatch.setattr(Validation, "__call__", failing)
    with pytest.raises(TrainingError, match="no trial has a score"):
        tune(settings(trials=3), out=tmp_path / "out")
    assert set(pd.read_csv(tmp_path / "out" / "trials.csv")["error"]) == {"the loss is no number (found: nan)"}
    assert not (tmp_path / "out" / "best.toml").exists()
    assert "No trial has a score" in (tmp_path / "out" / "tuning.html").read_text()


def test_a_team_shares_a_search_in_a_database(settings, tmp_path):
    storage = f"sqlite:///{tmp_path}/trials.db"
    first = tune(settings(trials=2), out=tmp_path / "here" / "load", storage=storage)
    second = tune(settings(trials=4), out=tmp_path / "there" / "load", storage=storage, resume=True)
    assert second.table[:2].equals(first.table)
    assert not (tmp_path / "there" / "load" / "trials.journal").exists()


@pytest.mark.slow
def test_a_real_search_ends_in_settings_that_can_be_trained(tiny_world, tmp_path):
    from gridcast.workflow.training import train

    tables = read_config(tiny_world)
    asked = {"trials": 3, "validation_days": 4, "space": {"learning_rate": [0.001, 0.01], "dropout": [0.0, 0.3]}}
    result = tune(make_config({**tables, "tune": asked}), out=tmp_path / "out")
    assert result.table["state"].tolist() == ["complete"] * 3
    assert result.table["score"].nunique() == 3
    assert result.table["loss"].notna().all()
    trained = train(tmp_path / "out" / "best.toml", out=tmp_path / "model")
    assert tomllib.loads((trained.folder / "config.toml").read_text())["training"]["epochs"] == 1
