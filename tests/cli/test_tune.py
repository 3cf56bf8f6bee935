"""`gridcast tune`: what it prints, and mistakes with exit code 2."""

import json

import pytest
from typer.testing import CliRunner

from gridcast.cli import app
from gridcast.workflow.validating import Validation

SPACE = """
[tune]
trials = 4
validation_days = 4
[tune.space]
learning_rate = [0.001, 0.003, 0.01]
epochs = { low = 1, high = 9 }
"""


@pytest.fixture
def config(tiny_world, tmp_path, monkeypatch):
    """Return a configuration whose network is stood in for by a line."""
    monkeypatch.setattr(Validation, "__call__", lambda self, config, report: 1.0 + (config.training.learning_rate or 1))
    monkeypatch.setattr("os.fsync", lambda _: None)
    path = tmp_path / "tune.toml"
    path.write_text(tiny_world.read_text() + SPACE)
    return path


def run(*arguments: object):
    return CliRunner().invoke(app, ["tune", *map(str, arguments)], env={"COLUMNS": "200"})


def test_the_best_settings_are_printed(config, tmp_path):
    done = run(config, "--out", tmp_path / "out", "--method", "random", "--trials", "6")
    assert done.exit_code == 0, done.stderr
    assert done.stdout.split("\n")[0].split() == ["setting", "best", "as", "configured"]
    assert "learning_rate" in done.stdout
    assert "trial 6 (6 of 6)" in done.stderr
    assert "gridcast train" in done.stderr


def test_json_is_all_there_is_on_standard_output(config, tmp_path):
    done = run(config, "--out", tmp_path / "out", "--json", "--quiet")
    assert json.loads(done.stdout)["trials"] == {"complete": 4}
    assert done.stderr == ""


def test_a_search_goes_on_when_told(config, tmp_path):
    assert run(config, "--out", tmp_path / "out", "--quiet").exit_code == 0
    refused = run(config, "--out", tmp_path / "out")
    assert refused.exit_code == 2
    assert "--resume" in refused.stderr
    assert run(config, "--out", tmp_path / "out", "--trials", "6", "--resume", "--quiet").exit_code == 0


@pytest.mark.parametrize(
    ("options", "more", "told"),
    [
        (["--method", "baysian"], "", "`tune.method` is out of range"),
        (["--minutes", "0"], "", "`tune.minutes` is out of range"),
        ([], "dropuot = [0.1]\n", "did you mean `dropout`?"),
        ([], "dropout = { low = 0.4, high = 0.1 }\n", "`low` below `high`"),
        (["--storage", "postgresql://u:secret@localhost:1/x?connect_timeout=2"], "", "the storage of the search does not answer"),
    ],
)
def test_mistakes_end_with_two_and_no_traceback(config, tmp_path, options, more, told):
    config.write_text(config.read_text() + more)
    done = run(config, "--out", tmp_path / "out", *options)
    assert done.exit_code == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_without_optuna_the_extra_is_named(config, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "optuna", None)
    done = run(config, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert 'pip install "gridcast[tune]"' in done.stderr
