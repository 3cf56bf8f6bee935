"""Explanations in the folder of a run, and new ones."""

import json
from types import SimpleNamespace

import pytest

from gridcast.app import explained
from gridcast.app.explained import explain_forecast, find_explanations
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


def test_a_new_explanation_is_kept_in_the_folder_of_the_run_and_told_on_the_way(tmp_path, monkeypatch):
    asked = {}

    summary = {"location": "B", "issue_time": "2024-01-31T00:00:00+00:00"}

    def stand_in(run, *, listener, **given):
        asked.update(given, run=run)
        for sentence in ("54 places", "B: issued at 2024-01-31", "a place more", "where it looks: C", "why: average day"):
            listener.say(sentence)
        return SimpleNamespace(summary=summary)

    monkeypatch.setattr(explained, "explain", stand_in)
    shares = []
    made = explain_forecast(tmp_path, location="B", issue_time="2024-01-31 00:00", say=lambda share, _: shares.append(share))
    assert made.path == tmp_path / "explanations" / "b_2024-01-31_00_00"
    assert (asked["location"], asked["issue_time"], asked["overwrite"]) == ("B", "2024-01-31 00:00", False)
    assert shares == sorted(shares)
    assert shares == pytest.approx([0.0, 0.2, 0.2, 0.6, 0.8])
    assert json.loads(json.dumps(made.summary)) == summary


def test_a_place_that_is_not_there_is_refused(network_run):
    with pytest.raises(ConfigError, match="there is no place `Z`"):
        explain_forecast(network_run, location="Z")
    assert find_explanations(network_run) == []
