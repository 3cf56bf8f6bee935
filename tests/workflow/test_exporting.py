"""Exporting a run: where the file goes, what it says of itself, and that another network is refused."""

import pytest

from gridcast.errors import FileError, TrainingError
from gridcast.forecasters.exported import load_onnx
from gridcast.workflow import exporting
from gridcast.workflow.exporting import export


def test_it_stands_in_the_run_folder_and_is_not_replaced(exported):
    assert exported.name == "model.onnx"
    with pytest.raises(FileError, match="would be replaced"):
        export(exported.parent)


def test_it_tells_what_its_readings_are_read_with(exported):
    card = load_onnx(exported).card
    assert card["places"]["B"] == {"latitude": 51.0, "longitude": 6.0}
    assert (card["timezone"], card["gap"], card["variables"]) == ("UTC", 0, ["temperature"])
    assert card["features"] == ["heating", "cooling", "recency"]
    assert card["run"]["places"] == 3


@pytest.mark.slow
def test_a_graph_that_says_something_else_is_not_left_behind(trained, exported, tmp_path, monkeypatch):
    monkeypatch.setattr(exporting, "TOLERANCE", 0.0)
    with pytest.raises(TrainingError, match="the exported network is another one"):
        export(trained, onnx=tmp_path)
    assert not list(tmp_path.iterdir())
