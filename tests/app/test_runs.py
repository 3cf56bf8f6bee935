"""What is in a folder of runs, and how far it is."""

import json
import os

import pandas as pd
import pytest

from gridcast.app.locks import is_held, take
from gridcast.app.runs import JOBS, find_run, find_runs, kind_of
from gridcast.errors import FileError


def made(folder, name, *files):
    path = folder / name
    path.mkdir(parents=True)
    for file in files:
        (path / file).write_text("{}")
    return path


def job(folder, name, *marks, started="2026-01-01T00:00:00+00:00", command="run"):
    path = made(folder, f"{JOBS}/{name}", *marks)
    (path / "job.json").write_text(json.dumps({"command": command, "started": started, "pid": 1}))
    return path


def test_nothing_is_found_where_there_is_no_folder(tmp_path):
    assert find_runs(tmp_path / "none") == []


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        (("config.toml", "metrics.json", "run.json"), "run"),
        (("config.toml", "scores.json"), "backtest"),
        (("config.toml", "run.json"), "train"),
        (("config.toml",), None),
        (("metrics.json",), None),
    ],
)
def test_a_folder_is_what_its_files_make_it(tmp_path, files, kind):
    assert kind_of(made(tmp_path, "one", *files)) == kind
    assert [run.kind for run in find_runs(tmp_path)] == ([] if kind is None else [kind])


def test_runs_of_the_command_line_and_jobs_are_listed_the_newest_first(tmp_path):
    old = made(tmp_path, "old", "config.toml", "metrics.json") / "config.toml"
    os.utime(old, (0, 86_400))  # changed on January 2nd 1970
    job(tmp_path, "new", started="2026-02-01T00:00:00+00:00")
    job(tmp_path, "between", "stopped", started="2026-01-01T00:00:00+00:00", command="backtest")
    made(tmp_path, ".uploads", "config.toml", "metrics.json")
    found = find_runs(tmp_path)
    assert [(run.name, run.state, run.kind) for run in found] == [
        ("new", "failed", "run"),
        ("between", "stopped", "backtest"),
        ("old", "done", "run"),
    ]
    assert found[2].started == pd.Timestamp("1970-01-02", tz="UTC")


def test_a_job_is_as_far_as_its_lock_and_its_marks_tell(tmp_path):
    folder = job(tmp_path, "one")
    lock = take(folder / "lock", wait=False)
    assert find_run(tmp_path, "one").state == "queued"
    (folder / "began").touch()
    assert find_run(tmp_path, "one").state == "running"
    os.close(lock)
    assert find_run(tmp_path, "one").state == "failed"  # nobody works on it, and nothing came of it
    made(tmp_path, "one", "config.toml", "metrics.json")
    assert find_run(tmp_path, "one").state == "done"


def test_a_damaged_note_of_a_job_is_no_job(tmp_path):
    (job(tmp_path, "one") / "job.json").write_text("{")
    assert find_runs(tmp_path) == []


def test_a_folder_that_is_a_file_is_told(tmp_path, monkeypatch):
    def refuse(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("gridcast.app.runs._names", refuse)
    with pytest.raises(FileError, match="cannot look into"):
        find_runs(tmp_path)


def test_a_lock_is_held_by_one(tmp_path):
    lock = tmp_path / "lock"
    assert not is_held(lock)
    opened = take(lock, wait=False)
    assert is_held(lock)
    assert take(lock, wait=False) is None
    os.close(opened)
    assert not is_held(lock)
