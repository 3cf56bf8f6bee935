"""Forecasts into a table: whole or not at all, once however often they are written, whoever else writes."""

import sqlite3
import threading
from contextlib import closing

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridcast.errors import ConfigError, FileError, PanelError
from gridcast.sources.readings import ReadOptions
from gridcast.sources.sql import writing
from gridcast.sources.sql.reading import read_consumption_sql
from gridcast.sources.sql.writing import require_target, write_forecasts


def forecasts(issued="2024-01-01", names=("Kyiv", "Lviv"), steps=3, value=1.0, **columns):
    """Return a table as `prediction_table` makes it: step after step of one place, then the next."""
    step = np.tile(np.arange(1, steps + 1), len(names))
    issue = pd.DatetimeIndex([issued] * len(step), tz="UTC").as_unit("us")
    place = pd.Categorical.from_codes(np.repeat(np.arange(len(names)), steps), categories=list(names))
    table = pd.DataFrame(
        {"timestamp": issue + pd.to_timedelta(step - 1, unit="h"), "location": place, "issue_time": issue, "step": step}
    )
    return table.assign(actual=np.nan, predicted=value, **columns)


def kept(database, columns="run, location, step, actual, predicted"):
    return database.run(f"SELECT {columns} FROM forecasts ORDER BY run, issue_time, location, valid_time")


def refused(table, address, error=FileError, run="a"):
    with pytest.raises(error) as caught:
        write_forecasts(table, address, run=run)
    return caught.value.problems


def test_rows_and_times(database):
    table = forecasts(names=("Kyiv",), steps=2, **{"q0.05": [0.5, np.nan], "q0.95": 2, "other": "x"})
    assert write_forecasts(table, database.url("#forecasts"), run="a") == 2
    assert kept(database, 'run, location, step, actual, predicted, "q0.05", "q0.95"') == [
        ("a", "Kyiv", 1, None, 1.0, 0.5, 2.0),
        ("a", "Kyiv", 2, None, 1.0, None, 2.0),
    ]


def test_a_target_is_looked_at_before_the_work_and_left_as_it_is(database):
    require_target(database.url("#forecasts"), "a")
    write_forecasts(forecasts(), database.url("#forecasts"), run="a")
    require_target(database.url("#forecasts"), "a")
    assert len(kept(database)) == 6
    database.run("CREATE TABLE loads (place text, load double precision)")
    with pytest.raises(FileError, match="`loads` is not one of forecasts"):
        require_target(database.url("#loads"), "a")


def test_a_file_that_is_to_be_made_is_not_made_by_looking(tmp_path, monkeypatch):
    address = f"sqlite:///{tmp_path / 'new.db'}#forecasts"
    require_target(address, "a")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr("gridcast.sources.sql.address.os.access", lambda *_: False)
    with pytest.raises(FileError, match="can't be made"):
        require_target(address, "a")
    with pytest.raises(FileError, match="is missing"):
        require_target(f"sqlite:///{tmp_path / 'nowhere' / 'new.db'}#forecasts", "a")


def test_times_are_stored_with_their_zone(sqlite, postgres):
    table = forecasts(names=("Kyiv",), steps=2)
    table["timestamp"] = table["timestamp"].dt.tz_convert("Europe/Berlin")
    for database in (sqlite, postgres):
        write_forecasts(table, database.url("#forecasts"), run="a")
    assert sqlite.run("SELECT issue_time, valid_time FROM forecasts")[1] == ("2024-01-01T00:00:00Z", "2024-01-01T01:00:00Z")
    assert postgres.run("SELECT extract(epoch FROM valid_time)::int, pg_typeof(valid_time)::text FROM forecasts")[1] == (
        1704070800,  # 2024-01-01 is day 19723 since 1970: 19723 * 86400 + 3600
        "timestamp with time zone",
    )


def test_the_same_run_and_issue_time_replace_and_others_stay(database):
    address = database.url("#forecasts")
    write_forecasts(forecasts(value=1), address, run="a")
    write_forecasts(forecasts(value=2), address, run="b")
    write_forecasts(forecasts("2024-01-02", value=3), address, run="a")
    for _ in range(2):
        assert write_forecasts(forecasts(names=("Kyiv", "Odesa"), value=4), address, run="a") == 6
    # run a: the first issue time replaced by 2 places of value 4, the second as it was; run b untouched
    expected = [("a", place, 4.0) for place in ("Kyiv", "Odesa")] + [("a", place, 3.0) for place in ("Kyiv", "Lviv")]
    expected += [("b", place, 2.0) for place in ("Kyiv", "Lviv")]
    assert kept(database, "run, location, predicted")[::3] == expected


def test_moments_with_parts_of_a_second_are_replaced_too(database):
    for _ in range(2):
        write_forecasts(forecasts("2024-01-01 00:00:00.25"), database.url("#forecasts"), run="a")
    write_forecasts(forecasts().iloc[:0], database.url("#forecasts"), run="a")
    assert len(kept(database)) == 6
    write_forecasts(forecasts("2024-01-01 00:00:00.75"), database.url("#forecasts"), run="a")
    assert len(kept(database)) == 12


def test_tables_put_together_from_several(database):
    table = pd.concat([forecasts(value=1), forecasts("2024-01-02", ("Odesa",), value=2)])  # with an index that repeats itself
    assert write_forecasts(table, database.url("#forecasts"), run="a") == 9
    assert kept(database, "location, predicted")[::3] == [("Kyiv", 1.0), ("Lviv", 1.0), ("Odesa", 2.0)]


def test_a_schema_and_names_that_need_quotes(postgres):
    postgres.run("CREATE SCHEMA utility")
    write_forecasts(forecasts(), postgres.url("#utility.order"), run="it's; a -- run")
    assert postgres.run('SELECT DISTINCT run FROM utility."order"') == [("it's; a -- run",)]
    assert refused(forecasts(), postgres.url("#utilty.order"))[0].hint == "did you mean `utility`?"


# ---- failures change nothing ----


def test_a_failure_in_the_middle_leaves_what_was_there(database, monkeypatch):
    address = database.url("#forecasts")
    write_forecasts(forecasts(value=1), address, run="a")
    before = kept(database)
    monkeypatch.setattr(writing, "CHUNK", 2)
    clash = "CREATE UNIQUE INDEX one ON forecasts (run, issue_time, location) WHERE predicted > 8"
    database.run(clash)
    (problem,) = refused(forecasts(value=9), address)
    assert "nothing was changed" in problem.problem
    assert kept(database) == before


def test_a_failure_does_not_leave_a_table(database, monkeypatch):
    monkeypatch.setattr(writing, "_replace", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_forecasts(forecasts(), database.url("#forecasts"), run="a")
    monkeypatch.undo()
    names = "information_schema.tables WHERE table_name" if hasattr(database, "port") else "sqlite_master WHERE name"
    assert database.run(f"SELECT count(*) FROM {names} = 'forecasts'") == [(0,)]
    write_forecasts(forecasts(), database.url("#forecasts"), run="a")


def test_a_server_that_stops_in_the_middle_keeps_the_old_rows(postgres, monkeypatch):
    from sqlalchemy import Engine, event

    address = postgres.url("#forecasts")
    write_forecasts(forecasts(value=1), address, run="a")
    before = kept(postgres)
    monkeypatch.setattr(writing, "CHUNK", 2)
    inserts = []

    def stop_at_the_second(connection, cursor, statement, *_):
        inserts.append(statement) if statement.startswith("INSERT") else None
        if len(inserts) == 2:
            postgres.stop()

    event.listen(Engine, "before_cursor_execute", stop_at_the_second)
    try:
        (problem,) = refused(forecasts(value=2), address)
    finally:
        event.remove(Engine, "before_cursor_execute", stop_at_the_second)
        postgres.start()
    assert "went away in the middle of writing" in problem.problem
    assert kept(postgres) == before


def test_writers_at_the_same_time_do_not_double(database):
    if hasattr(database, "port"):
        database.run("ALTER ROLE grid SET default_transaction_isolation TO 'repeatable read'")
    address, start, failed = database.url("#forecasts"), threading.Barrier(4), []

    def write(value):
        start.wait()
        try:
            for _ in range(2):
                write_forecasts(forecasts(names=[f"P{n}" for n in range(20)], value=value), address, run="a")
        except Exception as error:
            failed.append(error)

    writers = [threading.Thread(target=write, args=(float(value),)) for value in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert failed == []
    assert len(kept(database)) == 60  # 20 places, 3 steps
    assert len({row[-1] for row in kept(database)}) == 1  # all of one writer


def test_a_locked_file_is_waited_for_and_then_refused(sqlite, monkeypatch):
    from gridcast.sources.sql import address

    monkeypatch.setattr(address, "LOCK_PATIENCE", 0.1)
    write_forecasts(forecasts(), sqlite.url("#forecasts"), run="a")
    with closing(sqlite3.connect(sqlite.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        (problem,) = refused(forecasts(), sqlite.url("#forecasts"))
    assert "locked" in problem.found


# ---- what is refused ----


@pytest.mark.parametrize(
    ("made", "told"),
    [
        ("CREATE TABLE forecasts (a text)", "it has no column `run`, `issue_time`, `location`, `valid_time`, `step` and 2 more"),
        (
            "CREATE TABLE forecasts (run text, issue_time timestamptz, location text, valid_time timestamptz, step int, "
            "actual real, predicted real)",
            "it has another primary key",
        ),
        (
            "CREATE TABLE forecasts (run text, issue_time timestamp, location text, valid_time timestamptz, step int, actual real, "
            "predicted real, PRIMARY KEY (run, issue_time, location, valid_time))",
            "it keeps `issue_time` without a zone",
        ),
    ],
)
def test_a_table_of_something_else_is_refused(postgres, made, told):
    postgres.run(made)
    (problem,) = refused(forecasts(), postgres.url("#forecasts"))
    assert problem.problem == f"the table `forecasts` is not one of forecasts: {told}"
    assert problem.hint.endswith("#forecasts_2`")


def test_quantiles_that_the_table_has_not(sqlite):
    write_forecasts(forecasts(**{"q0.5": 1.0}), sqlite.url("#forecasts"), run="a")
    write_forecasts(forecasts("2024-01-02"), sqlite.url("#forecasts"), run="a")  # fewer are fine
    (problem,) = refused(forecasts(**{"q0.1": 1.0}), sqlite.url("#forecasts"))
    assert problem.problem.endswith("it has no column `q0.1`")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"step": np.nan}, "the forecasts are no numbers"),
        ({"q0.5": "x"}, "the forecasts are no numbers"),
        ({"predicted": np.inf}, "forecasts are infinite in `predicted`"),
        ({"location": "a\0b"}, "names of runs or locations can't be stored"),
        ({"location": pd.Series(["\ud800"] * 6, dtype=object)}, "names of runs or locations can't be stored"),
        ({"location": None}, "names of runs or locations can't be stored"),
        ({"issue_time": pd.Timestamp("2024-01-01")}, "`issue_time` is not a time with a zone in each row"),
        ({"timestamp": pd.Timestamp("2024-01-01", tz="UTC")}, "4 forecasts come twice"),
    ],
)
def test_wrong_forecasts_are_refused(sqlite, changed, told):
    assert refused(forecasts().assign(**changed), sqlite.url("#forecasts"), PanelError)[0].problem == told
    assert not sqlite.path.exists()


def test_wrong_calls_are_refused(sqlite):
    assert refused(forecasts().drop(columns="step"), sqlite.url("#f"), PanelError)[0].problem == "the forecasts have no `step`"
    assert refused(forecasts(), sqlite.url(), ConfigError)[0].problem == "which table?"
    assert refused(forecasts(), sqlite.url("#f"), ConfigError, run=" ")[0].problem == "which run?"
    assert "mysql" in refused(forecasts(), "mysql://h/d#f", ConfigError)[0].problem


# ---- any table comes back as it was ----

TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=8).filter(
    lambda name: name.lower() not in ("-", "--")
)


@pytest.mark.filterwarnings("ignore::gridcast.errors.GridcastWarning")  # forecasts are of the future
@given(
    st.lists(TEXTS, min_size=1, max_size=4, unique=True),
    st.datetimes(pd.Timestamp("1970-01-02"), pd.Timestamp("2090-01-01")),
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=6),
    TEXTS,
)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_was_written_is_read_back(sqlite, names, issued, values, run):
    sqlite.path.unlink(missing_ok=True)
    table = forecasts(issued, names, len(values)).assign(predicted=np.tile(values, len(names)))
    for _ in range(2):
        write_forecasts(table, sqlite.url("#forecasts"), run=run)
    options = ReadOptions(time_column="valid_time", location_column="location", consumption_column="predicted")
    read = read_consumption_sql(sqlite.url("#forecasts"), options=options).readings
    assert sorted(read.columns) == sorted(names)
    assert sqlite.run("SELECT DISTINCT run FROM forecasts") == [(run,)]
    for name in names:
        assert read[name].tolist() == values
    assert list(read.index) == list(table["timestamp"].unique())
