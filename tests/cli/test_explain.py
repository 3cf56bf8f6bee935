"""`gridcast explain`: what it prints, and how it fails."""

import json

import pytest
from typer.testing import CliRunner

from gridcast.cli import app
from gridcast.cli.explain import _print

SUMMARY = {
    "location": "Lviv",
    "unit": "MW",
    "issue_time": "2024-01-29T06:00:00+00:00",
    "average_day": 12345.6,
    "forecast": 12500.0,
    "groups": {"calendar": -45.6, "recent load": 200.0},
    "importance": [{"group": "recent load", "importance": 12.34, "low": 1.0, "high": 20.0}],
}


def call(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})


def test_help_names_the_command_and_its_options():
    shown = call("explain", "--help").stdout
    for option in ("--issue-time", "--location", "--previous-time", "--previous-run", "--load", "--weather", "--out", "--seed"):
        assert option in shown
    assert "explain" in call("--help").stdout


def test_the_groups_are_printed_from_the_average_day_to_the_forecast(capsys):
    _print(SUMMARY, as_json=False)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0][:2] == ["Lviv,", "issued"]
    assert lines[1][:3] == ["average", "day", "12,346"]
    assert lines[2] == ["calendar", "-45.6"]
    assert lines[3] == ["recent", "load", "+200", "12.3", "%"]
    assert lines[4] == ["this", "forecast", "12,500"]
    _print(SUMMARY, as_json=True)
    assert json.loads(capsys.readouterr().out) == SUMMARY


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    found = call("explain", tmp_path, "--out", tmp_path / "out")
    assert found.exit_code == 2
    assert "is no run folder" in found.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("option", ["--seed", "--location"])
def test_an_option_needs_its_value(option):
    assert call("explain", "run", "--out", "x", option).exit_code == 2
