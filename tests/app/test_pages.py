"""The pages of data and training, as a visitor sees them: empty, at work, and where something is wrong. Never a stack trace."""

import json
import os
import sys

import pytest
from streamlit.testing.v1 import AppTest

from gridcast.app import asking
from gridcast.app.locks import take
from gridcast.app.runs import JOBS
from gridcast.config import DataConfig, RunConfig
from gridcast.progressfile import ProgressFile

WORLD = RunConfig(data=DataConfig(num_locations=3, num_days=40))
SECONDS = 120  # of a page: other things go on on the machine


def page(name, runs_dir, chosen=None):
    """Show a page; this is what runs in the app, so it imports all that it needs."""
    from importlib import import_module
    from pathlib import Path

    from gridcast.app.runs import find_run

    run = find_run(Path(runs_dir), chosen) if chosen else None
    import_module(f"gridcast.app.pages.{name}").show(Path(runs_dir), run)


def opened(name, runs_dir, chosen=None, source=None):
    at = AppTest.from_function(page, args=(name, str(runs_dir), chosen), default_timeout=SECONDS)
    if source is not None:
        at.session_state["source"] = source
    at.run()
    assert not at.exception
    return at


def texts(at) -> str:
    found = [*at.markdown, *at.caption, *at.error, *at.warning, *at.success, *at.title]
    return "\n".join(str(each.value) for each in found)


def button(at, label):
    return next(each for each in at.button if each.label == label)


def view(at, key, name):
    at.session_state[key] = name
    return at.run()


@pytest.fixture
def odd(tmp_path):
    """Return a long table whose columns have names that tell nothing."""
    path = tmp_path / "odd.csv"
    rows = [f"2024-01-{d:02} {h:02}:00,{p},{10 + h}" for d in range(1, 31) for h in range(24) for p in ("x", "y")]
    path.write_text("\n".join(["alpha,beta,gamma", *rows]) + "\n")
    return path


def test_without_readings_the_page_says_what_to_do(tmp_path):
    at = opened("data", tmp_path)
    assert "No readings are chosen yet" in texts(at)
    assert all(widget.label for widget in [*at.button, *at.text_input, *at.selectbox])


def test_a_synthetic_world_is_made_and_shown(tmp_path):
    at = view(opened("data", tmp_path), "data-kind", "Synthetic world")
    at.number_input(key="world-places").set_value(3)
    at.number_input(key="world-days").set_value(40)
    button(at, "Make this world").click().run()
    assert at.session_state["source"] == WORLD
    assert {each.label: each.value for each in at.metric}["Places"] == "3"
    assert "Forecasting is advisable" in texts(view(at, "data-view", "What is wrong"))
    assert "by their mean consumption [MW]" in texts(view(at, "data-view", "Map"))
    assert not at.exception


def test_a_file_that_is_not_there_is_a_mistake_with_a_way_out(tmp_path):
    at = view(opened("data", tmp_path), "data-kind", "Files on this machine")
    button(at, "Read them").click().run()
    assert "Which readings?" in texts(at)
    at.text_input(key="path-readings").set_value("no/such.csv")
    button(at, "Read them").click().run()
    assert not at.exception
    assert any("no/such.csv" in each.value for each in at.error)


def test_columns_that_are_not_recognised_are_chosen_and_read_again(tmp_path, odd):
    at = opened("data", tmp_path, source=RunConfig(data=DataConfig(temporal=str(odd))))
    assert at.error
    at.selectbox(key="correct-time_column").set_value("alpha")
    at.selectbox(key="correct-location_column").set_value("beta")
    at.selectbox(key="correct-consumption_column").set_value("gamma")
    at.selectbox(key="correct-zone").set_value("Europe/Kyiv")
    button(at, "Read again").click().run()
    assert not at.error
    assert {each.label: each.value for each in at.metric}["Places"] == "2"
    assert at.session_state["source"].data.timezone == "Europe/Kyiv"


def test_a_fault_of_ours_is_a_code_in_a_box_and_a_trace_in_the_log(tmp_path, monkeypatch):
    def break_down(_):
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr("gridcast.app.pages.source.recognise", break_down)
    asking.log_to(tmp_path)
    at = opened("data", tmp_path, source=RunConfig(data=DataConfig(num_locations=2, num_days=31)))
    assert "Something of ours broke" in at.error[0].value
    assert "secret" not in texts(at)
    assert "a secret of the inside" in (tmp_path / asking.LOG_FILE).read_text()


def test_training_needs_readings(tmp_path):
    assert "Choose them on the page “Data” first" in texts(opened("train", tmp_path))


def test_what_is_chosen_is_what_is_started(tmp_path, monkeypatch):
    started = []

    def start(runs_dir, command, config, name):
        started.append((command, config, name))
        raise RuntimeError("far enough")

    monkeypatch.setattr("gridcast.app.pages.train.start_job", start)
    at = opened("train", tmp_path, source=WORLD)
    at.number_input(key="train-epochs").set_value(2)
    at.number_input(key="train-sequence-length").set_value(48)
    at.text_input(key="train-name").set_value("first")
    button(at, "Start training").click().run()
    ((command, config, name),) = started
    assert (command, name, config.data) == ("run", "first", WORLD.data)
    # a fifth of 40 days is held out
    assert (config.training.epochs, config.task.sequence_length, config.task.test_days) == (2, 48, 8)
    assert (config.task.horizon, config.model.size, config.model.grid_size) == (24, "medium", None)


@pytest.fixture
def job(tmp_path):
    folder = tmp_path / JOBS / "one"
    folder.mkdir(parents=True)
    about = {"command": "run", "started": "2026-01-01T00:00:00+00:00", "pid": 2**30}
    (folder / "job.json").write_text(json.dumps(about))
    return folder


def test_a_job_at_work_shows_its_losses_and_can_be_stopped(tmp_path, job):
    held = take(job / "lock", wait=False)
    (job / "began").touch()
    file = ProgressFile(job / "progress.jsonl")
    file.add(started=True)
    for epoch in (1, 2):
        file.epoch(epoch, 5, {"loss": 1 / epoch, "val_loss": 2 / epoch})
    at = opened("train", tmp_path, "one")
    os.close(held)
    assert "Loss after epoch 2 of 5: 0.5000, on readings that it does not learn from 1.0000" in texts(at)
    assert [each.label for each in at.button] == ["Stop"]


def test_a_job_that_gave_up_says_why_and_can_go_on(tmp_path, job):
    file = ProgressFile(job / "progress.jsonl")
    file.add(started=True)
    file.add(problem="the history is too short", found="3 days", expected="40 days", hint="take a shorter `--horizon`")
    at = view(opened("train", tmp_path, "one"), "train-view", "How it goes")
    assert "**The history is too short**" in at.error[0].value
    assert "*found:* 3 days" in at.error[0].value
    assert [each.label for each in at.button] == ["Begin again"]
    (job / "checkpoint.npz").touch()
    assert [each.label for each in at.run().button] == ["Go on"]


def test_a_job_that_was_killed_says_so(tmp_path, job):
    at = view(opened("train", tmp_path, "one"), "train-view", "How it goes")
    assert "It ended without saying why" in at.error[0].value


def test_runs_are_listed(tmp_path, job):
    at = view(opened("train", tmp_path), "train-view", "History")
    table = at.dataframe[0].value
    assert table[["run", "state", "kind"]].to_numpy().tolist() == [["one", "failed", "run"]]


def test_the_app_opens_on_an_empty_folder(tmp_path, monkeypatch):
    from gridcast.app.script import start

    monkeypatch.setattr(sys, "argv", ["start.py", str(tmp_path / "new")])
    at = AppTest.from_file(start.__file__, default_timeout=SECONDS).run()
    assert not at.exception
    assert [each.value for each in at.title] == ["Data"]
    assert "No runs yet" in texts(at)
    assert (tmp_path / "new").is_dir()
