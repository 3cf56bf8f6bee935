"""The command that opens the app: what Streamlit is told, and what is said where it can't be opened."""

import importlib.util

import pytest
from typer.testing import CliRunner

from gridcast.cli import app
from gridcast.cli.app import arguments


def call(*typed):
    return CliRunner().invoke(app, ["app", *(str(each) for each in typed)])


def test_without_the_extra_it_says_what_to_install(monkeypatch, tmp_path):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "streamlit" else find(name, *rest))
    result = call(tmp_path / "runs")
    assert result.exit_code == 2
    assert "gridcast[app]" in result.stderr
    assert not (tmp_path / "runs").exists()


def test_a_file_is_no_folder_of_runs(tmp_path):
    pytest.importorskip("streamlit")
    (tmp_path / "runs").write_text("")
    result = call(tmp_path / "runs")
    assert result.exit_code == 2
    assert "can't be the folder of runs" in result.stderr


def test_streamlit_listens_here_and_tells_nobody(tmp_path):
    typed = arguments(tmp_path, port=8600, host="127.0.0.1", browser=False)
    assert typed[0] == "run"
    assert typed[-2:] == ["--", str(tmp_path)]
    assert {
        "--server.address=127.0.0.1",
        "--server.port=8600",
        "--server.headless=true",
        "--browser.gatherUsageStats=false",
        "--client.showErrorDetails=none",
        "--server.fileWatcherType=none",
    } < set(typed)
