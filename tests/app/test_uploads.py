"""Files that were dropped in are kept once, whole, and nowhere else."""

import pytest

from gridcast.app.uploads import UPLOADS, earlier_uploads, keep_upload


def test_the_same_content_is_kept_once(tmp_path):
    first, again = (keep_upload(tmp_path, "load.csv", b"a,b\n") for _ in range(2))
    other = keep_upload(tmp_path, "load.csv", b"a,c\n")
    assert first == again != other
    assert first.read_bytes() == b"a,b\n"
    assert set(earlier_uploads(tmp_path)) == {first, other}
    assert first.parent.parent == tmp_path / UPLOADS


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\data\\load 1.csv", "load 1.csv"),
        (".hidden", "hidden"),
        ("a$b?.csv", "a_b_.csv"),
        ("", "file.csv"),
    ],
)
def test_a_name_leads_nowhere_else(tmp_path, name, kept):
    path = keep_upload(tmp_path, name, b"1")
    assert path.name == kept
    assert path.is_relative_to(tmp_path / UPLOADS)


def test_nothing_was_dropped_in(tmp_path):
    assert earlier_uploads(tmp_path) == []
