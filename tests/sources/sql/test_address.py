"""Addresses of databases: what is one, what is hidden of it, and what is said of one that does not open."""

import subprocess
import sys
from pathlib import Path

import pytest

from gridcast.errors import ConfigError, FileError, GridcastError
from gridcast.sources.sql.address import connected, is_address, parse_address


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgresql+psycopg://u@h/d#t", True),
        ("postgres://h", True),
        ("sqlite:///x.db", True),
        ("C:\\load.csv", False),
        ("data/load.csv", False),
        ("s3://bucket/load.parquet", False),
        (7, False),
    ],
)
def test_what_is_an_address(text, expected):
    assert is_address(text) is expected


@pytest.mark.parametrize(
    ("text", "url", "table"),
    [
        ("postgresql://u@h/d#load", "postgresql+psycopg://u@h/d", "load"),
        ("postgres://u:a#b@h:1/d#s.t", "postgresql+psycopg://u:***@h:1/d", "s.t"),
        ("postgresql+psycopg2://h/d", "postgresql+psycopg2://h/d", ""),
        ("sqlite:///a/b.db#my%20load", "sqlite:///a/b.db", "my load"),
        ("postgresql://u@h/d?sslpassword=geheim&sslmode=require#t", "postgresql+psycopg://u@h/d", "t"),
    ],
)
def test_an_address_is_taken_apart_and_shown_without_its_password(text, url, table):
    address = parse_address(text)
    assert (address.shown, address.table) == (url, table)
    assert str(address).replace("%20", " ") == (f"{url}#{table}" if table else url)


def test_a_password_is_hidden_as_a_word_in_each_of_its_forms():
    hidden = parse_address("postgresql://bob:o%23k@h/d?sslpassword=o").hidden
    assert hidden("o#k and o%23k, o; look") == "*** and ***, ***; look"


@pytest.mark.parametrize(
    ("text", "found", "hint"),
    [
        ("load.csv", "no `://` in it", ""),
        (Path("load.csv"), "no `://` in it", ""),
        ("postgresql://u:geheim@h:port/d", "`postgresql://...`", ""),
        ("postgresql://u:geheim", "`postgresql://...`", ""),
        ("postgrsql://u:geheim@h/d", "`postgrsql://`", "did you mean `postgresql://`?"),
    ],
)
def test_what_is_no_address(text, found, hint):
    with pytest.raises(ConfigError) as caught:
        parse_address(text)
    assert (caught.value.problems[0].found, caught.value.problems[0].hint) == (found, hint)


@pytest.mark.parametrize(
    ("text", "error", "told"),
    [
        ("postgresql+psycopg_async://h/d", ConfigError, "asynchronous"),
        ("sqlite:///{folder}/grid.db?mode=ro", ConfigError, "not accepted"),
        ("postgresql://u:geheim\udc80@127.0.0.1:1/d", FileError, "surrogates"),
        ("postgresql://127.0.0.1:1/d?foo=bar", FileError, "invalid connection option"),
        ("sqlite:///{folder}/\0", FileError, "missing"),
    ],
)
def test_addresses_that_a_driver_cannot_take(sqlite, text, error, told):
    sqlite.run("CREATE TABLE load (a)")
    with pytest.raises(error, match=told) as caught, connected(parse_address(text.format(folder=sqlite.path.parent))):
        pass
    assert "geheim" not in str(caught.value)


def test_extras_that_are_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(GridcastError) as caught, connected(parse_address("postgresql://h/d")):
        pass
    assert caught.value.problems[0].hint == 'pip install "gridcast[sql]"'
    with pytest.raises(GridcastError, match="`MySQLdb`"), connected(parse_address("mysql://h/d")):
        pass
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    with pytest.raises(GridcastError) as caught:
        parse_address("sqlite:///x")
    assert caught.value.problems[0].hint == 'pip install "gridcast[sql]"'


def test_databases_are_a_library_only_when_asked_for():
    modules = ", ".join(f"gridcast.sources.sql.{name}" for name in ("reading", "places", "writing"))
    code = f"import sys, {modules}; print('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "False"


def test_files_that_are_not_there_are_not_made(tmp_path):
    (tmp_path / "grid.db").write_bytes(b"no database at all, only a long enough text to be told from an empty file" * 20)
    for name, hint in (("gird.db", "did you mean `grid.db`?"), ("", "")):
        with pytest.raises(FileError) as caught, connected(parse_address(f"sqlite:///{tmp_path}/{name}")):
            pass
        assert caught.value.problems[0].hint == hint
    with pytest.raises(FileError, match="not a database"), connected(parse_address(f"sqlite:///{tmp_path}/grid.db")) as connection:
        connection.exec_driver_sql("SELECT * FROM sqlite_master")
    with pytest.raises(FileError), connected(parse_address(f"sqlite:///{tmp_path}/none/x.db"), writing=True):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["grid.db"]


def test_a_sqlite_file_is_only_read(sqlite):
    sqlite.run("CREATE TABLE load (a)")
    with pytest.raises(FileError, match="readonly"), connected(parse_address(sqlite.url())) as connection:
        connection.exec_driver_sql("DROP TABLE load")
    assert sqlite.run("SELECT count(*) FROM load") == [(0,)]
