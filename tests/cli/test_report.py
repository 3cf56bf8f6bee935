"""`gridcast report`: what it writes, and how it fails."""

import pytest
from typer.testing import CliRunner

from gridcast.cli import app


def call(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})


def test_help_names_the_command_and_its_options():
    shown = call("report", "--help").stdout
    for option in ("--out", "--forecasts", "--ablation", "--overwrite", "--quiet"):
        assert option in shown
    assert "report" in call("--help").stdout


def test_what_is_asked_for_is_passed_on(monkeypatch, tmp_path):
    from gridcast.workflow import reporting

    asked = {}
    monkeypatch.setattr(reporting, "report", lambda run, **how: asked.update(how, run=run) or tmp_path / "x.html")
    found = call("report", tmp_path, "--out", "a.html", "--forecasts", "f.csv", "--forecasts", "g.csv", "--overwrite")
    assert found.exit_code == 0
    assert "open" in found.stderr
    assert str(asked["out"]) == "a.html"
    assert [str(path) for path in asked["forecasts"]] == ["f.csv", "g.csv"]
    assert asked["overwrite"]
    assert asked["run"] == tmp_path
    assert call("report", tmp_path, "--quiet").stderr == ""


@pytest.mark.parametrize(("folder", "said"), [("nowhere", "there is no folder"), ("", "is no run folder")])
def test_a_folder_that_is_no_run_is_refused(tmp_path, folder, said):
    (tmp_path / "notes.txt").write_text("")
    found = call("report", tmp_path / folder, "--out", tmp_path / "out.html")
    assert found.exit_code == 2
    assert said in found.stderr
    assert "found:" in found.stderr
    assert "expected:" in found.stderr
    assert not (tmp_path / "out.html").exists()
