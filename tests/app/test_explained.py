"""Explanations in the folder of a run, and new ones."""

import os
import shutil
import time

import pytest

from gridcast.app.explained import STAGES, find_explaining, find_explanations, share_of, start_explanation, stop_explaining
from gridcast.app.locks import take
from gridcast.app.progress import progress
from gridcast.app.runs import JOBS
from gridcast.errors import ConfigError


def test_explanations_of_a_run_are_found_the_newest_first(explanation):
    run = explanation.parents[1]
    (explanation.parent / "broken").mkdir()
    (explanation.parent / "broken" / "explanation.json").write_text("{")
    (found,) = find_explanations(run)
    assert found.label == "A, issued 2024-01-31 00:00 UTC"
    assert found.unit == "MW"
    assert len(found.table("why")) == 8
    assert found.table("response") is None
    assert found.picture("lags") is None


def test_a_folder_without_explanations_has_none(tmp_path):
    assert find_explanations(tmp_path) == []


def until(state, run, seconds=120):
    end = time.monotonic() + seconds
    while [each.state for each in find_explaining(run)] != state:
        assert time.monotonic() < end, find_explaining(run)
        time.sleep(0.1)


@pytest.mark.slow
def test_a_process_explains_while_others_wait_and_what_it_fails_at_is_told(network_run, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(network_run, run)
    turn = run / "explanations" / JOBS / "turn.lock"
    turn.parent.mkdir(parents=True)
    held = take(turn, wait=False)
    first = start_explanation(run, location="B", issue_time="2024-01-31 00:00")
    second = start_explanation(run, location="Z")
    assert (first.path, first.label) == (run / "explanations" / "b_2024-01-31_00_00", "B, issued 2024-01-31 00:00")
    assert second.label == "Z, issued after the newest reading"
    assert [each.state for each in find_explaining(run)] == ["queued", "queued"]
    assert start_explanation(run, location="B", issue_time="2024-01-31 00:00") == first  # which is at work on it already
    os.close(held)
    until(["failed"], run)
    (failed,) = find_explaining(run)
    assert "there is no place `Z`" in progress(failed.job).problems[0].problem
    (made,) = find_explanations(run)
    assert (made.path, made.summary["location"]) == (first.path, "B")
    said = progress(first.job).said
    shares = [share_of(said[:number]) for number in range(len(said) + 1)]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, len(STAGES) / (len(STAGES) + 1))
    stop_explaining(failed)
    assert find_explaining(run) == []


def test_an_explanation_that_waits_is_stopped_and_forgotten(tmp_path):
    turn = tmp_path / "explanations" / JOBS / "turn.lock"
    turn.parent.mkdir(parents=True)
    held = take(turn, wait=False)
    begun = start_explanation(tmp_path)
    assert begun.state == "queued"
    stop_explaining(begun)
    os.close(held)
    assert find_explaining(tmp_path) == []
    assert not begun.job.exists()


def test_what_is_no_moment_is_refused_before_anything_is_begun(tmp_path):
    with pytest.raises(ConfigError, match="issue time is no moment"):
        start_explanation(tmp_path, issue_time="soon")
    assert not list(tmp_path.iterdir())
