"""Jobs are processes of their own: they wait for their turn, can be stopped, go on, and say why they gave up."""

import os
import time

import pytest

from gridcast.app.jobs import can_go_on, free_name, resume_job, start_job, stop_job
from gridcast.app.locks import take
from gridcast.app.progress import progress, progress_of
from gridcast.app.runs import JOBS, find_run
from gridcast.config import DataConfig, RunConfig, make_config, read_config
from gridcast.errors import FileError

NOTHING_TO_READ = RunConfig(data=DataConfig(temporal="no/such/load.csv"))  # a command that gives up soon


def until(state, runs_dir, name, seconds=60):
    end = time.monotonic() + seconds
    while (run := find_run(runs_dir, name)).state != state:
        assert time.monotonic() < end, run
        time.sleep(0.05)
    return run


@pytest.fixture
def turn(tmp_path):
    """Hold the turn, so that what is started waits for it; give what lets go of it."""
    (tmp_path / JOBS).mkdir()
    held = [take(tmp_path / JOBS / "turn.lock", wait=False)]
    yield lambda: os.close(held.pop())
    for each in held:
        os.close(each)


def test_a_job_waits_is_stopped_goes_on_and_tells_why_it_gave_up(tmp_path, turn):
    run = start_job(tmp_path, "run", NOTHING_TO_READ, "first try")
    assert (run.name, run.state, run.kind) == ("first try", "queued", "run")
    assert make_config(read_config(run.job / "config.toml")) == NOTHING_TO_READ
    with pytest.raises(FileError, match="can't go on"):
        resume_job(run)
    stop_job(run)
    stopped = find_run(tmp_path, run.name)
    assert stopped.state == "stopped"
    stop_job(stopped)  # nothing is left to stop
    again = resume_job(stopped)
    assert (again.state, again.started) == ("queued", run.started)
    turn()
    failed = until("failed", tmp_path, run.name)
    (problem,) = progress(failed.job).problems
    assert "no/such/load.csv" in problem.problem
    assert "Traceback" not in (failed.job / "log.txt").read_text()
    assert not can_go_on(failed)


def test_two_jobs_of_one_name_get_a_folder_each(tmp_path, turn):
    runs = [start_job(tmp_path, "run", NOTHING_TO_READ, "a/b") for _ in range(2)]
    try:
        assert [run.name for run in runs] == ["ab", "ab-2"]
    finally:
        for run in runs:
            stop_job(run)


@pytest.mark.parametrize(("asked", "name"), [("..", "run"), ("Łódź 1", "Łódź 1"), ("a" * 99, "a" * 80), (".hidden", "hidden")])
def test_a_name_can_be_that_of_a_folder(tmp_path, asked, name):
    assert free_name(tmp_path, asked) == name


def test_progress_is_read_across_a_break():
    lines = [
        {"at": 0.0, "started": True},
        {"at": 5.0, "epoch": 1, "epochs": 4, "loss": 3.0, "val_loss": 4.0},
        {"at": 9.0, "problem": "the disk is full", "found": "0 MB"},
        {"at": 100.0, "started": True},
        {"at": 101.0, "said": "12 places"},
        {"at": 110.0, "epoch": 2, "epochs": 4, "loss": 2.0, "val_loss": None},
        {"at": 116.0, "epoch": 3, "epochs": 4, "loss": 1.0, "val_loss": 2.5},
    ]
    found = progress_of(lines, now=118.0)
    assert found.losses["loss"].tolist() == [3.0, 2.0, 1.0]
    assert found.said == ("12 places",)
    assert found.problems == ()  # the earlier start's
    assert (found.epoch, found.epochs, found.share) == (3, 4, 0.75)
    assert found.seconds_left == 4.0  # an epoch takes 6 s, 2 s of it are over; the break does not count
    assert progress_of(lines[:3], now=10.0).problems[0].problem == "the disk is full"
    assert progress_of([], now=0.0).share == 0.0
