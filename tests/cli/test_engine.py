"""The commands of daily work: exit codes, data on standard output, talk on standard error."""

import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from gridcast.cli import app
from gridcast.cli.engine import _print_ablation, _print_models

COMMANDS = ("train", "forecast", "backtest", "ablate")
SUMMARY = {
    "unit": "MW",
    "weather": "ex post",
    "models": {
        name: {"nmae": 13.54, "median_mape": 13.15, "mae": 12345.6, "rmse": 2.476, "crps": None, "training_seconds": 21.0}
        for name in ("hybrid", "seasonal_naive_168h", "mean_profile_7d")
    },
    "places_won": [{"model": "hybrid", "rival": "operator", "won": 2, "of": 3}],
    "total": {"hybrid": {"mape": 13.1}},
}


def call(*arguments: object, columns: int = 200):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": str(columns)})


@pytest.mark.parametrize("command", COMMANDS)
def test_help_tells_what_the_command_does_and_each_of_its_options(command):
    shown = call(command, "--help").stdout
    assert f"gridcast {command}" in shown or command in shown
    assert "--out" in shown
    assert "--overwrite" in shown
    assert command in call("--help").stdout


def test_no_name_is_broken_in_a_terminal_of_80_columns(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    _print_models(SUMMARY, as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["nMAE", "MAPE", "MAE", "RMSE", "CRPS", "covers", "time"]
    assert [line.split()[0] for line in lines[1:4]] == ["hybrid", "seasonal_naive_168h", "mean_profile_7d"]
    assert lines[1].split()[1:] == ["13.54", "13.15", "12,346", "2.476", "-", "-", "21"]
    assert all(len(line) <= 80 for line in lines[:4])
    assert "hybrid is better than the operator at 2 of 3 places" in lines
    assert "in MW" in lines[5]


def test_the_operator_stands_in_the_table(capsys):
    filed = {"operator": {"nmae": 2.52, "median_mape": 2.4, "mae": 40.0, "rmse": 55.0}}
    _print_models({**SUMMARY, "with_operator": filed}, as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[4].split() == ["operator", "2.52", "2.4", "40", "55", "-", "-", "-"]
    assert "the operator is scored on the hours that it has forecast" in lines


def test_the_table_of_an_ablation_has_a_row_a_variant(capsys):
    whole = {"variant": "hybrid", "nmae": 4.0, "difference_percent": 0.0}
    other = {"variant": "without CNN", "nmae": 4.4, "difference_percent": 10.0, "low": 5.0, "high": 15.0, "p_value": 0.01}
    _print_ablation({"ablation": [whole, other], "weather": "none"}, as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].split() == ["without", "CNN", "4.400", "+10.0", "+5.0", "to", "+15.0", "0.010"]
    assert lines[-1] == "no weather was used"


@pytest.mark.parametrize("command", ["train", "backtest", "ablate"])
@pytest.mark.parametrize("content", [None, "[model]\nsise = 3\n", "not toml"])
def test_a_bad_configuration_ends_with_2_and_writes_nothing(tmp_path, command, content):
    if content is not None:
        (tmp_path / "my.toml").write_text(content)
    result = call(command, tmp_path / "my.toml", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "error:" in result.stderr
    assert "found:" in result.stderr
    assert result.stdout == ""
    assert not (tmp_path / "out").exists()


def test_options_win_over_the_file_and_are_checked(tiny_world, tmp_path):
    result = call("train", tiny_world, "--out", tmp_path / "out", "--size", "huge")
    assert result.exit_code == 2
    assert "model.size" in result.stderr


def test_a_forecast_is_written_and_said(trained, tmp_path):
    result = call("forecast", trained, "--out", tmp_path / "f.csv")
    assert result.exit_code == 0, result.output
    assert "72 forecasts in" in result.stderr
    assert result.stdout == ""
    assert len(pd.read_csv(tmp_path / "f.csv")) == 72
    again = call("forecast", trained, "--out", tmp_path / "f.csv")
    assert again.exit_code == 2
    assert "--overwrite" in again.stderr


def test_a_forecast_without_a_run_ends_with_2(tmp_path):
    result = call("forecast", tmp_path, "--out", tmp_path / "f.csv")
    assert result.exit_code == 2
    assert "is no run folder" in result.stderr


def test_training_and_resuming(tiny_world, tmp_path):
    result = call("train", tiny_world, "--out", tmp_path / "run", "--resume", "--quiet")
    assert result.exit_code == 0, result.output
    assert result.output == ""
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@pytest.mark.slow
def test_a_backtest_as_json_is_all_that_is_on_standard_output(tiny_world, tmp_path):
    result = call("backtest", tiny_world, "--out", tmp_path / "run", "--json", "--seed", 3)
    assert result.exit_code == 0, result.output
    printed = json.loads(result.stdout)
    assert printed == json.loads((tmp_path / "run" / "scores.json").read_text())
    assert printed["seed"] == 3
    assert "report.html" in result.stderr
