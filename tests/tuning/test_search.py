"""The search: what each sampler finds, pruning, failures, budgets, resuming, and processes that are killed."""

import json
import os
import platform
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from optuna.study import StudyDirection

from gridcast.errors import ConfigError, FileError, GridcastError, TrainingError
from gridcast.tuning import Budget, begun, outcome_of, search_alone
from gridcast.tuning.storage import opened
from gridcast.tuning.study import joined

from .conftest import SPACE, parabola

SCRIPT = """
import math, os, sys, time
from gridcast.config import make_config
from gridcast.tuning import Budget, Search, Space, begun, search_alone, search_together

def objective(config, report):
    rate = config.training.learning_rate or 0.03
    time.sleep(PAUSE)
    return 1 + math.log10(rate / 0.003) ** 2

def make():
    return objective

if __name__ == "__main__":
    config = make_config({"tune": {"method": METHOD, "space": SPACE}})
    search = Search(Space.of(config), make, sys.argv[1])
    begun(search, resume="resume" in sys.argv)
    say = lambda line: print(line, flush=True)
    if JOBS == 1:
        search_alone(search, Budget(TRIALS), say)
    else:
        search_together(search, Budget(TRIALS), say, jobs=JOBS)
"""


def script(folder: Path, *, pause: float = 0.0, method: str = "random", trials: int = 100, jobs: int = 1, space=SPACE) -> Path:
    text = SCRIPT
    for name, value in {"PAUSE": pause, "METHOD": method, "TRIALS": trials, "JOBS": jobs, "SPACE": space}.items():
        text = text.replace(f"{name}", repr(value)) if name != "SPACE" else text.replace('"space": SPACE', f'"space": {space!r}')
    path = folder / "searching.py"
    path.write_text(text)
    return path


def test_settings_as_they_are_come_first(make_search):
    search = make_search(method="random")
    begun(search, resume=False)
    search_alone(search, Budget(3), lambda _: None)
    table = outcome_of(search).table
    # without a learning rate the parabola takes 0.03: 1 + 1, and 30 epochs are the default
    assert table["configured"].tolist() == [True, False, False]
    assert table["score"][0] == pytest.approx(2)
    assert table["epochs"][0] == 30


@pytest.mark.parametrize("method", ["random", "bayes", "gp"])
def test_a_search_finds_what_is_better(make_search, method):
    search, said = make_search(method=method), []
    begun(search, resume=False)
    search_alone(search, Budget(22), said.append)
    tuned = outcome_of(search)
    assert len(tuned.table) == len(said) == 22
    assert tuned.best["score"] < (1.3 if method == "random" else 1.05) < tuned.configured
    assert tuned.best_config.training.learning_rate == pytest.approx(tuned.best["learning_rate"])
    assert f"best {tuned.best['score']:.4f} (trial {tuned.best['trial']})" in said[-1]


def test_the_same_seed_gives_the_same_trials(make_search, tmp_path):
    tables = []
    for name in ("a", "b"):
        search = make_search(method="bayes", storage=str(tmp_path / name))
        begun(search, resume=False)
        search_alone(search, Budget(10), lambda _: None)
        tables.append(outcome_of(search).table.drop(columns=["seconds", "started"]))
    assert tables[0].equals(tables[1])


def test_a_grid_is_searched_to_its_end(make_search):
    search = make_search(method="grid")
    begun(search, resume=False)
    search_alone(search, Budget(), lambda _: None)
    table = outcome_of(search).table
    # as configured, and four learning rates x three numbers of epochs
    assert len(table) == 1 + 4 * 3
    assert len(table[["learning_rate", "epochs"]].drop_duplicates()) == 1 + 12


@pytest.mark.parametrize("method", ["random", "bayes", "gp"])
def test_a_small_space_is_tried_once_and_then_the_search_ends(make_search, method):
    search = make_search(method=method, space={"learning_rate": [0.001, 0.003], "epochs": {"low": 10, "high": 30, "step": 10}})
    begun(search, resume=False)
    search_alone(search, Budget(60), lambda _: None)
    table = outcome_of(search).table
    assert len(table[~table["configured"]][["learning_rate", "epochs"]].drop_duplicates()) == 2 * 3
    assert len(table) < 60
    assert table[~table["configured"]].groupby(["learning_rate", "epochs"])["score"].nunique().le(1).all()  # pruned ones have none


def test_what_was_tried_is_not_trained_again(make_search):
    seen = []

    def watched(config, report):
        seen.append(config.training.learning_rate)
        return 1.0

    search = make_search(method="random", space={"learning_rate": [0.001, 0.003, 0.01]}, objective=watched)
    begun(search, resume=False)
    search_alone(search, Budget(60), lambda _: None)
    assert sorted(map(str, seen)) == ["0.001", "0.003", "0.01", "None"]


def test_poor_trials_are_pruned_by_their_curve(make_search):
    search, reached = make_search(method="random"), []

    def watched(config, report):
        def noted(tenth, loss):
            reached.append(tenth)
            report(tenth, loss)

        return parabola(config, noted)

    search = make_search(watched, method="random")
    begun(search, resume=False)
    search_alone(search, Budget(16), lambda _: None)
    table = outcome_of(search).table
    pruned = table[table["state"] == "pruned"]
    assert 0 < len(pruned) < 11
    assert pruned["trial"].min() > 5
    assert pruned["loss"].min() > table["score"].min()
    assert len(reached) < 10 * 16


def test_pruning_can_be_switched_off(make_search):
    search = make_search(method="random", prune=False)
    begun(search, resume=False)
    search_alone(search, Budget(16), lambda _: None)
    assert set(outcome_of(search).table["state"]) == {"complete"}


def test_a_trial_that_fails_is_written_down_and_the_search_goes_on(make_search):
    def failing(config, report):
        if config.training.epochs == 20:
            raise ValueError("no such width")
        if config.training.epochs == 40:
            raise TrainingError("the loss is no number", found="nan")
        return 1.0

    search, said = make_search(failing, method="grid"), []
    begun(search, resume=False)
    search_alone(search, Budget(), said.append)
    table = outcome_of(search).table
    errors = table.set_index("epochs")["error"]
    assert set(errors[20]) == {"ValueError: no such width"}
    assert set(errors[40]) == {"the loss is no number (found: nan)"}
    assert set(table["state"][table["epochs"] != 30]) == {"failed"}
    assert set(table["state"][table["epochs"] == 30]) == {"complete"}
    assert sum("failed: ValueError: no such width" in line for line in said) == 4


def test_ten_failures_in_a_row_end_a_search(make_search):
    def failing(config, report):
        raise ValueError("always")

    search = make_search(failing, method="random")
    begun(search, resume=False)
    with pytest.raises(TrainingError, match="10 trials in a row failed"):
        search_alone(search, Budget(50), lambda _: None)
    tuned = outcome_of(search)
    assert len(tuned.table) == 10
    with pytest.raises(TrainingError, match="no trial has a score") as caught:
        _ = tuned.best_config
    assert "ValueError: always" in caught.value.problems[0].found


def test_no_trial_begins_after_the_deadline(make_search):
    search = make_search(method="random")
    begun(search, resume=False)
    search_alone(search, Budget(deadline=time.time() - 1), lambda _: None)
    assert outcome_of(search).table.empty


def test_an_earlier_search_goes_on_only_when_told(make_search):
    search = make_search(method="random")
    begun(search, resume=False)
    search_alone(search, Budget(3), lambda _: None)
    with pytest.raises(FileError, match="earlier search") as caught:
        begun(search, resume=False)
    assert "--resume" in caught.value.problems[0].hint
    begun(search, resume=True)
    search_alone(search, Budget(5), lambda _: None)
    assert outcome_of(search).table["trial"].tolist() == [1, 2, 3, 4, 5]
    begun(search, resume=False, replace=True)
    assert outcome_of(search).table.empty


def test_an_earlier_search_of_other_settings_is_refused(make_search):
    begun(make_search(method="random", validation_days=7), resume=False)
    with pytest.raises(ConfigError, match=r"another `tune\.validation_days`") as caught:
        begun(make_search(method="random", validation_days=9), resume=True)
    assert (caught.value.problems[0].found, caught.value.problems[0].expected[:2]) == ("9", "7:")
    begun(make_search(method="random", validation_days=7, trials=9, minutes=3), resume=True)


def test_an_interrupted_trial_is_queued_again(make_search):
    def interrupted(config, report):
        if config.training.epochs == 40:
            raise KeyboardInterrupt
        return 1.0

    search = make_search(interrupted, method="grid")
    begun(search, resume=False)
    with pytest.raises(KeyboardInterrupt):
        search_alone(search, Budget(), lambda _: None)
    going_on = make_search(method="grid")
    begun(going_on, resume=True)
    search_alone(going_on, Budget(), lambda _: None)
    table = outcome_of(going_on).table
    assert (table["state"] == "lost").sum() == 1
    done = table[table["state"] != "lost"]
    # every point of the grid after all: 12, and the settings as they were
    assert len(done) == len(done[["learning_rate", "epochs"]].drop_duplicates()) == 13


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_killed_search_loses_only_what_ran(make_search, tmp_path, monkeypatch, jobs):
    monkeypatch.setattr("gridcast.tuning.study.HANDOVER", 0.1)
    journal = tmp_path / "trials.journal"
    path = script(tmp_path, pause=0.6, method="grid", jobs=jobs)
    with subprocess.Popen([sys.executable, path, journal], stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        ended = [process.stdout.readline() for _ in range(3)]
        time.sleep(0.3)  # into the middle of the next
        os.killpg(process.pid, signal.SIGKILL)
    assert all(line.startswith("trial") for line in ended)
    with journal.open("ab") as file:
        file.write(b'{"op_code": 5, "worker')  # and in the middle of a line
    search = make_search(method="grid")
    before = outcome_of(search).table
    assert (before["state"] == "complete").sum() >= 3
    begun(search, resume=True)
    search_alone(search, Budget(), lambda _: None)
    after = outcome_of(search).table
    kept = after[: len(before)][before["state"] == "complete"]
    assert kept.equals(before[before["state"] == "complete"])
    assert 1 <= (after["state"] == "lost").sum() == (before["state"] == "running").sum() <= jobs
    done = after[after["state"].isin(["complete", "pruned"])]
    assert len(done) == len(done[["learning_rate", "epochs"]].drop_duplicates()) == 13


@pytest.mark.slow
def test_processes_share_a_search(make_search, tmp_path):
    path = script(tmp_path, pause=0.05, trials=12, jobs=2)
    done = subprocess.run([sys.executable, path, tmp_path / "trials.journal"], capture_output=True, text=True, check=True)
    assert done.stdout.count("trial ") >= 12
    search = make_search(method="random")
    table = outcome_of(search).table
    assert len(table) in (12, 13)  # two processes may begin the last one
    processes = {trial.user_attrs["process"] for trial in joined(search).get_trials()}
    assert len(processes) == 2


@pytest.mark.slow
def test_a_process_makes_room_for_a_new_one(make_search, tmp_path):
    path = script(tmp_path, trials=9, jobs=2)
    path.write_text(
        path.read_text().replace(
            "def objective", "import gridcast.tuning.search\ngridcast.tuning.search.FRESH = 2\n\ndef objective"
        )
    )
    subprocess.run([sys.executable, path, tmp_path / "trials.journal"], capture_output=True, text=True, check=True)
    search = make_search(method="random")
    processes = [trial.user_attrs["process"] for trial in joined(search).get_trials()]
    assert len(processes) in (9, 10)
    # two trials each: nine take five processes at least
    assert len(set(processes)) >= 5
    assert max(processes.count(each) for each in set(processes)) == 2


@pytest.mark.slow
def test_an_error_of_all_processes_is_told(tmp_path):
    path = script(tmp_path, trials=3, jobs=2)
    path.write_text(
        path.read_text().replace(
            "    return objective", "    from gridcast.errors import FileError\n    raise FileError('no data')"
        )
    )
    done = subprocess.run([sys.executable, path, tmp_path / "trials.journal"], capture_output=True, text=True, check=False)
    assert done.stderr.strip().endswith("GridcastError: no data")


def test_who_runs_a_trial_tells_whether_it_is_lost(make_search, monkeypatch):
    monkeypatch.setattr("gridcast.tuning.study.HANDOVER", 0.01)
    search = make_search(method="random")
    study = begun(search, resume=False)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    claims = {"elsewhere": ("elsewhere", gone.pid), "gone": (platform.node(), gone.pid), "runs": (platform.node(), os.getppid())}
    for host, process in claims.values():
        trial = study.ask()
        trial.set_user_attr("host", host)
        trial.set_user_attr("process", process)
    study.ask()  # nobody has said that he runs it
    begun(search, resume=True)
    assert outcome_of(search).table["state"].tolist() == ["running", "lost", "running", "lost"]


def test_a_database_keeps_a_search(make_search, tmp_path):
    search = make_search(method="random", storage=f"sqlite:///{tmp_path}/trials.db")
    begun(search, resume=False)
    search_alone(search, Budget(3), lambda _: None)
    assert outcome_of(search).table["state"].tolist() == ["complete"] * 3


def test_a_database_that_goes_away_ends_a_search(make_search, tmp_path):
    folder = tmp_path / "base"
    folder.mkdir()

    def vanishing(config, report):
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
        return 1.0

    search = make_search(vanishing, method="random", storage=f"sqlite:///{folder}/trials.db")
    begun(search, resume=False)
    with pytest.raises(FileError, match="does not answer") as caught:
        search_alone(search, Budget(3), lambda _: None)
    assert "--resume" in caught.value.problems[0].hint


def test_a_beat_that_does_not_reach_the_database_breaks_nothing_off(tmp_path):
    storage = opened(f"sqlite:///{tmp_path}/trials.db")
    study = storage.create_new_study([StudyDirection.MINIMIZE], "beats")
    trial = storage.create_new_trial(study)
    storage.record_heartbeat(trial)
    assert storage.get_heartbeat_interval()
    (tmp_path / "trials.db").unlink()
    storage.engine.dispose()
    storage.record_heartbeat(trial)


def test_a_database_that_is_not_there_is_told_without_its_password(make_search):
    search = make_search(storage="postgresql://user:secret@localhost:1/base?connect_timeout=2")
    with pytest.raises(GridcastError) as caught:
        begun(search, resume=False)
    assert "does not answer" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_url_of_no_database_is_refused(make_search):
    with pytest.raises(ConfigError, match="no such kind of database"):
        begun(make_search(storage="postgrex://localhost/base"), resume=False)


def test_a_file_that_is_no_journal_is_refused(make_search, tmp_path):
    (tmp_path / "trials.journal").write_text(json.dumps({"a": 1}) + "\nnonsense\n")
    with pytest.raises(FileError, match="can't be read"):
        begun(make_search(), resume=False)
