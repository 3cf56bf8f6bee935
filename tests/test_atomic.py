import os
from pathlib import Path

import pytest

from gridcast.atomic import replacing, replacing_folder
from gridcast.errors import FileError

INTERRUPTIONS = [ValueError, OSError, KeyboardInterrupt, SystemExit]


def filled(folder: Path, text: str) -> Path:
    folder.mkdir()
    (folder / "scores.csv").write_text(text)
    return folder


def stop_half_way(replace, target: Path, stop: type[BaseException]) -> None:
    """Write a part of what was to be written, and stop."""
    with replace(target) as temporary:
        (temporary / "scores.csv" if temporary.is_dir() else temporary).write_text("ha")
        raise stop("half way")


def tree(folder: Path) -> dict[str, str]:
    """Every file below a folder, hidden ones too, with its text."""
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_a_file_appears_when_the_block_ends(tmp_path):
    target = tmp_path / "new" / "folder" / "scores.csv"
    with replacing(target) as temporary:
        temporary.write_text("whole")
        assert not target.exists()
        assert temporary.name == target.name  # compression goes by the ending
    assert tree(tmp_path) == {"new/folder/scores.csv": "whole"}
    assert os.listdir(target.parent) == ["scores.csv"]


def test_an_older_file_stands_until_the_block_ends(tmp_path):
    target = tmp_path / "scores.csv"
    target.write_text("old")
    with replacing(str(target)) as temporary:
        temporary.write_text("new")
        assert target.read_text() == "old"
    assert tree(tmp_path) == {"scores.csv": "new"}


@pytest.mark.parametrize("stop", INTERRUPTIONS)
def test_a_failure_leaves_the_older_file_and_no_litter(tmp_path, stop):
    target = tmp_path / "scores.csv"
    target.write_text("old")
    with pytest.raises(FileError if stop is OSError else stop, match="half way"):
        stop_half_way(replacing, target, stop)
    assert os.listdir(tmp_path) == ["scores.csv"]
    assert target.read_text() == "old"


def test_a_failure_makes_no_file_where_there_was_none(tmp_path):
    with pytest.raises(ValueError, match="half way"):
        stop_half_way(replacing, tmp_path / "scores.csv", ValueError)
    assert os.listdir(tmp_path) == []


def test_nothing_written_is_an_error_and_keeps_the_older_file(tmp_path):
    target = tmp_path / "scores.csv"
    target.write_text("old")
    with pytest.raises(FileError, match="cannot write"), replacing(target):
        pass
    assert tree(tmp_path) == {"scores.csv": "old"}


@pytest.mark.parametrize("replace", [replacing, replacing_folder])
def test_a_place_that_is_a_file_cannot_hold_another(tmp_path, replace):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError) as caught, replace(tmp_path / "file" / "scores"):
        pytest.fail("the block must not run")
    (problem,) = caught.value.problems
    assert problem.problem == f"cannot write `{tmp_path / 'file' / 'scores'}`"
    assert problem.found
    assert problem.expected == "a folder that you may write to, with room on the disk"
    assert problem.hint == "choose another place with `--out DIR`"


def test_a_folder_does_not_become_a_file(tmp_path):
    folder = filled(tmp_path / "run", "old")
    with pytest.raises(FileError, match="cannot write"), replacing(folder) as temporary:
        temporary.write_text("new")
    assert tree(tmp_path) == {"run/scores.csv": "old"}
    assert os.listdir(tmp_path) == ["run"]


def test_a_folder_is_replaced_as_a_whole_when_the_block_ends(tmp_path):
    target = filled(tmp_path / "run", "old")
    (target / "notes.txt").write_text("of the old run")
    with replacing_folder(target) as staged:
        (staged / "scores.csv").write_text("new")
        assert (target / "scores.csv").read_text() == "old"
    assert tree(tmp_path) == {"run/scores.csv": "new"}
    assert os.listdir(tmp_path) == ["run"]


@pytest.mark.parametrize("stop", INTERRUPTIONS)
def test_an_interruption_keeps_the_older_folder(tmp_path, stop):
    target = filled(tmp_path / "run", "old")
    with pytest.raises(FileError if stop is OSError else stop, match="half way"):
        stop_half_way(replacing_folder, target, stop)
    assert tree(tmp_path) == {"run/scores.csv": "old"}
    assert os.listdir(tmp_path) == ["run"]


@pytest.mark.parametrize("stop", INTERRUPTIONS)
def test_an_interruption_leaves_no_folder_where_there_was_none(tmp_path, stop):
    with pytest.raises(FileError if stop is OSError else stop, match="half way"):
        stop_half_way(replacing_folder, tmp_path / "run", stop)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("stop", [OSError, KeyboardInterrupt])
def test_an_interruption_between_the_two_renames_brings_the_older_folder_back(tmp_path, monkeypatch, stop):
    target = filled(tmp_path / "run", "old")
    rename = Path.rename

    def stopped(self: Path, other: Path) -> Path:
        if self.name == "new":
            raise stop
        return rename(self, other)

    monkeypatch.setattr(Path, "rename", stopped)
    with pytest.raises(FileError if stop is OSError else stop), replacing_folder(target) as staged:
        (staged / "scores.csv").write_text("new")
    assert tree(tmp_path) == {"run/scores.csv": "old"}
    assert os.listdir(tmp_path) == ["run"]


@pytest.mark.skipif(os.name == "nt", reason="access rights of POSIX")
def test_the_results_can_be_read_by_whom_the_user_lets_read(tmp_path):
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain.csv").write_text("")
    with replacing_folder(tmp_path / "run"):
        pass
    with replacing(tmp_path / "scores.csv") as temporary:
        temporary.write_text("")
    # as any new file or folder, although the place where they are prepared is private
    assert (tmp_path / "run").stat().st_mode == (tmp_path / "plain").stat().st_mode
    assert (tmp_path / "scores.csv").stat().st_mode == (tmp_path / "plain.csv").stat().st_mode
