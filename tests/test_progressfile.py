"""The progress file: whole lines, whoever reads when."""

import math

from gridcast.errors import ConfigError
from gridcast.progressfile import ProgressFile, read_progress


def test_what_is_told_is_read_again(tmp_path):
    path = tmp_path / "progress.jsonl"
    file = ProgressFile(path)
    file.said("12 places")
    file.epoch(1, 3, {"loss": 0.5, "val_loss": math.nan})
    file.warned(UserWarning("a gap"))
    file.failed(ConfigError("`x` is wrong", found="1", expected="2", hint="try 2"))
    lines = [{name: value for name, value in line.items() if name != "at"} for line in read_progress(path)]
    assert lines == [
        {"said": "12 places"},
        {"epoch": 1, "epochs": 3, "loss": 0.5, "val_loss": None},
        {"warning": "a gap"},
        {"problem": "`x` is wrong", "found": "1", "expected": "2", "hint": "try 2"},
    ]


def test_a_line_that_is_being_written_is_left_for_later(tmp_path):
    path = tmp_path / "progress.jsonl"
    path.write_text('{"said": "a"}\n[1]\n{"sai')
    assert read_progress(path) == [{"said": "a"}]
    assert read_progress(tmp_path / "none") == []


def test_nothing_is_written_unless_it_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GRIDCAST_PROGRESS", raising=False)
    ProgressFile.asked().said("a")
    assert not list(tmp_path.iterdir())
    monkeypatch.setenv("GRIDCAST_PROGRESS", "here.jsonl")
    ProgressFile.asked().said("a")
    assert read_progress("here.jsonl")[0]["said"] == "a"
