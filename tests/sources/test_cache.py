"""Answers on disk: used again, fetched anew when old or damaged, enough without the network."""

from pathlib import Path

import pytest

from gridcast.errors import FileError, GridcastError
from gridcast.sources import cache as module
from gridcast.sources.cache import Cache, cache_folder


@pytest.fixture
def ask():
    """Return a function that answers, and counts."""

    def answer() -> bytes:
        answer.count += 1
        return f"answer {answer.count}".encode()

    answer.count = 0
    return answer


def test_an_answer_is_asked_for_once(tmp_path, ask):
    cache = Cache(tmp_path)
    assert [cache.fetch("q", ask, bytes.decode) for _ in range(3)] == ["answer 1"] * 3
    assert cache.fetch("another", ask, bytes.decode) == "answer 2"
    assert Cache(tmp_path).fetch("q", ask, bytes.decode) == "answer 1"


def test_an_old_answer_is_fetched_anew(tmp_path, ask, monkeypatch):
    now = 1000.0
    monkeypatch.setattr(module.time, "time", lambda: now)
    cache = Cache(tmp_path, max_age=60)
    cache.fetch("q", ask, bytes.decode)
    now = 1060.0
    assert cache.fetch("q", ask, bytes.decode) == "answer 1"
    now = 1061.0
    assert cache.fetch("q", ask, bytes.decode) == "answer 2"
    now = 1063.0
    assert cache.fetch("q", ask, bytes.decode, max_age=1) == "answer 3"
    now = 9999.0
    assert Cache(tmp_path, max_age=1, offline=True).fetch("q", ask, bytes.decode) == "answer 3"  # old is better than none


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: whole[:-1],
        lambda whole: whole.replace(b"answer 1", b"answer 7"),
        lambda whole: b"",
        lambda whole: b"\xff\xfe" + whole,
        lambda whole: b"[1]\n" + whole,
        lambda whole: b"{}\nanswer 1",
        lambda whole: whole.replace(b'"request": "q"', b'"request": "p"'),
    ],
)
def test_a_damaged_entry_is_dropped_and_fetched_anew(tmp_path, ask, damage):
    cache = Cache(tmp_path)
    cache.fetch("q", ask, bytes.decode)
    (entry,) = tmp_path.iterdir()
    entry.write_bytes(damage(entry.read_bytes()))
    with pytest.raises(FileError, match="1 answer cannot be had without it"):
        Cache(tmp_path, offline=True).fetch("q", ask, bytes.decode)
    assert not entry.exists()
    assert cache.fetch("q", ask, bytes.decode) == "answer 2"
    assert cache.fetch("q", ask, bytes.decode) == "answer 2"


def test_without_the_network_all_that_is_missing_is_named_before_anything_is_asked(tmp_path, ask):
    Cache(tmp_path).fetch("q1", ask, bytes.decode)
    with pytest.raises(FileError, match="5 answers cannot be had") as caught:
        Cache(tmp_path, offline=True).require([f"q{i}" for i in range(1, 7)])
    assert "`q2`, `q3`, `q4` and 2 more" in str(caught.value)
    assert ask.count == 1


def test_an_answer_that_makes_no_sense_is_not_kept(tmp_path, ask):
    def read(body: bytes) -> str:
        raise GridcastError("no sense")

    cache = Cache(tmp_path)
    for count in (1, 2):
        with pytest.raises(GridcastError, match="no sense"):
            cache.fetch("q", ask, read)
        assert ask.count == count
    cache.fetch("q", ask, bytes.decode)
    with pytest.raises(GridcastError, match="no sense"):  # one that is understood no more is forgotten
        cache.fetch("q", ask, read)
    assert list(tmp_path.iterdir()) == []


def test_a_broken_question_leaves_nothing_behind(tmp_path):
    def ask() -> bytes:
        raise GridcastError("refused")

    with pytest.raises(GridcastError, match="refused"):
        Cache(tmp_path).fetch("q", ask, bytes.decode)
    assert list(tmp_path.iterdir()) == []


def test_where_the_cache_is(monkeypatch):
    monkeypatch.delenv("GRIDCAST_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/x")
    assert cache_folder() == Path("/x/gridcast")
    monkeypatch.setenv("GRIDCAST_CACHE", "/own")
    assert cache_folder() == Path("/own")
    for name in ("XDG_CACHE_HOME", "GRIDCAST_CACHE"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", "/home/me")
    for platform, folder in (("linux", ".cache/gridcast"), ("darwin", "Library/Caches/gridcast")):
        monkeypatch.setattr(module.sys, "platform", platform)
        assert cache_folder() == Path("/home/me") / folder
    monkeypatch.setattr(module.sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", "/local")
    assert cache_folder() == Path("/local/gridcast/cache")
