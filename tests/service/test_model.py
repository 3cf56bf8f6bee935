"""The model's file is swapped while the service runs."""

import os
import shutil

import pytest

from gridcast.errors import FileError
from gridcast.service.measures import Measures
from gridcast.service.model import Shelf, file_of


@pytest.fixture
def other(exported, tmp_path):
    """Return another model file: the same graph with one more word in its metadata."""
    import onnx

    model = onnx.load(exported)
    model.metadata_props.add(key="other", value="yes")
    path = tmp_path / "other.onnx"
    onnx.save(model, path)
    return path


def test_another_file_is_taken_as_a_whole(exported, other, tmp_path):
    path = tmp_path / "model.onnx"
    shutil.copy(exported, path)
    shelf = Shelf(path, Measures())
    first = shelf.model
    assert not shelf.look()
    os.replace(other, path)
    assert shelf.look()
    assert shelf.model.version != first.version
    assert first.horizon == 24  # who has taken it keeps it
    assert shelf.measures.values["gridcast_model_swaps_total"] == 1


@pytest.mark.parametrize("content", [b"broken", None], ids=["broken", "gone"])
def test_one_that_can_not_be_read_is_left(exported, tmp_path, content):
    path = tmp_path / "model.onnx"
    shutil.copy(exported, path)
    shelf = Shelf(path, Measures())
    first = shelf.model
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    assert not shelf.look()
    assert shelf.model is first
    assert shelf.measures.values["gridcast_model_refused_total"] == 1


def test_a_run_that_was_not_exported_is_told_how(tmp_path):
    with pytest.raises(FileError, match="gridcast export"):
        file_of(tmp_path)
