"""Readings from a database: the layouts and types in which they come, and the ways in which they go wrong."""

import sqlite3
import traceback
from contextlib import closing
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridcast.errors import ConfigError, FileError, GridcastError, GridcastWarning, PanelError
from gridcast.sources.readings import ReadOptions
from gridcast.sources.sql import reading, rows, tables
from gridcast.sources.sql.reading import read_consumption_sql

LONG = (
    "CREATE TABLE load (timestamp text, location text, consumption double precision)",
    "INSERT INTO load VALUES ('2024-01-01 00:00', 'Kyiv', 1), ('2024-01-01 00:00', 'Lviv', 2), ('2024-01-01 01:00', 'Kyiv', 3)",
)
WIDE = (
    'CREATE TABLE load (timestamp text, "Kyiv" double precision, "Lviv" numeric(8, 2))',
    "INSERT INTO load VALUES ('2024-01-01 01:00', 3, NULL), ('2024-01-01 00:00', 1, 2)",
)


def assert_both(read, names=("Kyiv", "Lviv"), start="2024-01-01 00:00"):
    times = pd.date_range(start, periods=2, freq="h", tz="UTC", name="timestamp")
    expected = pd.DataFrame({names[0]: [1.0, 3.0], names[1]: [2.0, np.nan]}, index=times)
    pd.testing.assert_frame_equal(read.readings, expected, check_column_type=False, check_index_type=False, check_freq=False)
    assert str(read.readings.index.tz) == "UTC"


def problems_of(address, error=PanelError, **given):
    with pytest.raises(error) as caught:
        read_consumption_sql(address, **given)
    return caught.value.problems


def rows_of(table, *values):
    return f"INSERT INTO {table} VALUES {', '.join(values)}"


# ---- layouts and types ----


@pytest.mark.parametrize("content", [LONG, WIDE], ids=["long", "wide"])
def test_long_and_wide_tables_come_to_the_same(database, content):
    database.run(*content)
    assert_both(read_consumption_sql(database.url("#load")))


def test_a_query_in_place_of_a_table(database):
    database.run(*LONG, rows_of("load", "('2024-01-01 00:00', 'a:b %s', 9)"))
    query = "-- towns; only\nSELECT timestamp AS t, location, consumption AS load_mw FROM load WHERE location NOT LIKE '%:b %'; "
    read = read_consumption_sql(database.url(), query=query, options=ReadOptions(time_column="t"))
    assert_both(read)
    assert read.unit == "MW"


@pytest.mark.parametrize(
    ("kind", "first", "second", "zone", "start"),
    [
        ("timestamptz", "2024-07-01 02:00+02", "2024-07-01 03:00+02", "America/New_York", "2024-07-01 00:00"),
        ("timestamp", "2024-07-01 02:00", "2024-07-01 03:00", "Europe/Berlin", "2024-07-01 00:00"),
        ("text", "2024-07-01T02:00:00+02:00", "2024-07-01T03:00:00+02:00", "America/New_York", "2024-07-01 00:00"),
        ("bigint", "1719792000", "1719795600", "Europe/Berlin", "2024-07-01 00:00"),
    ],
)
def test_moments_of_many_types(postgres, kind, first, second, zone, start):
    # 02:00 in Berlin's summer is midnight in UTC; 1719792000 s = 19905 days since 1970 = 2024-07-01
    postgres.run(
        f"CREATE TABLE load (ts {kind}, id serial PRIMARY KEY, zone_id uuid, mwh numeric)",
        f"INSERT INTO load (ts, zone_id, mwh) VALUES ('{first}', '{'a' * 32}', 1), ('{first}', '{'b' * 32}', 2)",
        f"INSERT INTO load (ts, zone_id, mwh) VALUES ('{second}', '{'a' * 32}', 3)",
    )
    options = ReadOptions(timezone=zone, time_column="ts")
    read = read_consumption_sql(postgres.url("#load"), options=options)
    assert_both(read, names=("aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa", "bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb"), start=start)
    assert read.unit == "MWh"
    assert any("only numbers the rows: `id`" in said for said in read.said)


def test_a_primary_key_that_is_the_time(database):
    database.run("CREATE TABLE load (t varchar(20) PRIMARY KEY, a real)", rows_of("load", "('2024-01-01', 1)", "('2024-01-02', 2)"))
    assert list(read_consumption_sql(database.url("#load")).readings["a"]) == [1, 2]
    database.run("CREATE TABLE epochs (t integer PRIMARY KEY, a real)", rows_of("epochs", "(1719792000, 1)"))
    assert "no column of time" in problems_of(database.url("#epochs"))[0].problem
    assert list(read_consumption_sql(database.url("#epochs"), options=ReadOptions(time_column="T")).readings["a"]) == [1]


def test_the_hour_that_comes_twice_in_autumn(postgres):
    # Berlin on 2024-10-27: 02:00 summer time is 00:00 UTC, 02:00 winter time 01:00 UTC, 03:00 is 02:00 UTC
    postgres.run(
        "CREATE TABLE load (time timestamp, load real)",
        rows_of("load", "('2024-10-27 02:00', 1)", "('2024-10-27 02:00', 2)", "('2024-10-27 03:00', 3)"),
    )
    read = read_consumption_sql(postgres.url("#load"), options=ReadOptions(timezone="Europe/Berlin"))
    assert list(read.readings.index.hour) == [0, 1, 2]
    assert list(read.readings["load"]) == [1, 2, 3]


def test_date_and_hour_apart_and_ends_of_intervals(database):
    database.run(
        "CREATE TABLE load (date date, hour integer, load real)", rows_of("load", "('2024-01-01', 1, 5)", "('2024-01-01', 24, 6)")
    )
    read = read_consumption_sql(database.url("#load"))
    assert list(read.readings.index) == [pd.Timestamp("2024-01-01 00:00", tz="UTC"), pd.Timestamp("2024-01-01 23:00", tz="UTC")]
    database.run(
        "CREATE TABLE ends (hour_ending text, load real)",
        rows_of("ends", "('2024-01-01 01:00', 5)", "('2024-01-01 02:00', 6)", "('2024-01-01 03:00', 6)"),
    )
    assert read_consumption_sql(database.url("#ends")).readings.index[0] == pd.Timestamp("2024-01-01 00:00", tz="UTC")


@pytest.mark.parametrize("table", ["order", "Load 2024", "a.b", "naïve", "100%", "x;y"])
def test_names_that_need_quotes(database, table):
    database.run(
        f'CREATE TABLE "{table}" ("select" text, "group" real, "a%(b)s:c" real)',
        rows_of(f'"{table}"', "('2024-01-01 00:00', 1, 2)"),
    )
    read = read_consumption_sql(database.url(f"#{table.replace('%', '%25')}"), options=ReadOptions(time_column="select"))
    assert read.readings.iloc[0].to_dict() == {"group": 1, "a%(b)s:c": 2}


def test_a_view_and_a_table_of_another_schema(postgres):
    postgres.run(
        *LONG, "CREATE SCHEMA utility", "ALTER TABLE load SET SCHEMA utility", "CREATE VIEW v AS SELECT * FROM utility.load"
    )
    assert_both(read_consumption_sql(postgres.url("#utility.load")))
    assert_both(read_consumption_sql(postgres.url("#v")))
    (problem,) = problems_of(postgres.url("#utilty.load"), FileError)
    assert problem.hint == "did you mean `utility`?"


def test_texts_that_mean_numbers_or_no_reading(sqlite):
    sqlite.run(
        "CREATE TABLE load (time text, a, b)",
        rows_of("load", "('2024-01-01', ' 1.5 ', 'n/a')", "('2024-01-02', 2, '')", "('2024-01-03', 1e400, 7)"),
    )
    (problem,) = problems_of(sqlite.url("#load"))
    assert problem.problem == "1 cell of `load` is infinite"
    assert problem.found == "`2024-01-03, a: inf`"
    read = read_consumption_sql(sqlite.url(), query="SELECT time, a, b FROM load WHERE a < 9 OR b = 'n/a'")
    np.testing.assert_array_equal(read.readings, [[1.5, np.nan], [2, np.nan]])
    assert "query: `n/a` taken as no reading" in read.said


def test_numeric_infinity_and_nan_of_postgres(postgres):
    postgres.run(
        "CREATE TABLE load (time timestamptz, load numeric)", rows_of("load", "('2024-01-01Z', 'NaN')", "('2024-01-02Z', 2)")
    )
    np.testing.assert_array_equal(read_consumption_sql(postgres.url("#load")).readings["load"], [np.nan, 2])
    postgres.run(rows_of("load", "('2024-01-03Z', '-Infinity')"))
    (problem,) = problems_of(postgres.url("#load"))
    assert problem.found == "`2024-01-03 00:00:00Z, load: -Infinity`"


def test_chunks_come_to_the_same_as_one_piece(database, monkeypatch):
    values = [
        f"('2024-01-{day:02d} {hour:02d}:00', 'P{place}', {day * hour + place})"
        for day in range(1, 9)
        for hour in range(24)
        for place in range(3)
    ]
    database.run(LONG[0], rows_of("load", *values))
    whole = read_consumption_sql(database.url("#load")).readings
    monkeypatch.setattr(tables, "CHUNK", 7)
    pd.testing.assert_frame_equal(read_consumption_sql(database.url("#load")).readings, whole)
    pd.testing.assert_frame_equal(read_consumption_sql(database.url(), query="SELECT * FROM load").readings, whole)
    # day 2, hour 3, place 1: 2 * 3 + 1
    assert whole.loc["2024-01-02 03:00Z", "P1"] == 7


def test_a_wrong_cell_is_named_whatever_chunk_it_is_in(database, monkeypatch):
    monkeypatch.setattr(tables, "CHUNK", 2)
    database.run(
        "CREATE TABLE load (time text, load text)", rows_of("load", *(f"('2024-01-0{day}', '{day}')" for day in range(1, 6)))
    )
    database.run("UPDATE load SET load = 'x' WHERE time = '2024-01-05' OR time = '2024-01-02'")
    found = {problem.found for problem in problems_of(database.url("#load"))}
    assert found <= {
        "`2024-01-05, load: x`, `2024-01-02, load: x`",
        "`2024-01-02, load: x`, `2024-01-05, load: x`",
    }  # rows have no order


# ---- ranges ----


@pytest.mark.parametrize("kind", ["timestamptz", "timestamp", "text", "date"])
def test_a_range_is_cut_by_the_database(postgres, kind, monkeypatch):
    postgres.run(
        f"CREATE TABLE load (time {kind}, load real)",
        "INSERT INTO load SELECT '2024-01-01'::date + n, n FROM generate_series(0, 99) n",
    )
    sizes = []
    monkeypatch.setattr(
        reading,
        "gather",
        lambda chunks, texts: sizes.append(1) or rows.gather((sizes.append(len(c[0])) or c for c in chunks), texts),
    )
    options = ReadOptions(timezone="Asia/Kolkata")  # the server's own
    read = read_consumption_sql(postgres.url("#load"), start="2024-02-01", end="2024-02-04", options=options)
    # day 31 is the first of February; two days more on each side are read
    assert list(read.readings["load"]) == [31, 32, 33]
    assert 3 <= sum(sizes[1:]) <= 8


def test_a_range_of_stamps_that_sql_cannot_compare(sqlite):
    sqlite.run(
        "CREATE TABLE load (time text, location text, load real)",
        rows_of("load", "('13.02.2024 00:00', 'A', 1)", "('14.02.2024 00:00', 'B', 2)"),
    )
    read = read_consumption_sql(sqlite.url("#load"), start=datetime(2024, 2, 14, tzinfo=UTC))
    assert read.readings.to_dict("list") == {"B": [2]}


def test_a_range_of_texts_with_offsets(sqlite):
    # 23:00 five hours behind is 04:00 UTC of the next day, 02:00 five hours ahead is 21:00 of the day before
    stamps = ("2024-01-31T23:00:00-05:00", "2024-02-01T04:30:00+00:00", "2024-02-02T02:00:00+05:00", "2024-02-02T00:00:00+00:00")
    sqlite.run(
        "CREATE TABLE load (time text, load real)", rows_of("load", *(f"('{stamp}', {n})" for n, stamp in enumerate(stamps)))
    )
    assert list(read_consumption_sql(sqlite.url("#load"), start="2024-02-01", end="2024-02-02").readings["load"]) == [0, 1, 2]


def test_a_query_that_is_refused_half_read_says_nothing_else(database, monkeypatch, caplog):
    database.run(*LONG)
    monkeypatch.setattr(tables, "CHUNK", 1)
    assert "no column of time" in problems_of(database.url(), query="SELECT location, consumption FROM load")[0].problem
    assert caplog.records == []


def test_a_range_without_readings_and_ranges_that_are_none(sqlite):
    sqlite.run(*LONG)
    assert problems_of(sqlite.url("#load"), start="2025-01-01")[0].problem == "`load` has no readings from 2025-01-01 00:00 UTC"
    assert problems_of(sqlite.url("#load"), start="2024-01-02", end="2024-01-02 05:00")[0].found == "none"
    assert problems_of(sqlite.url("#load"), ConfigError, start="2025", end="2024")[0].problem == "the range is empty"
    assert problems_of(sqlite.url("#load"), ConfigError, start="soon")[0].found == "`soon`"


# ---- wrong content ----


def test_all_problems_of_a_table_are_told_at_once(sqlite):
    sqlite.run(
        "CREATE TABLE load (time text, location text, load)",
        rows_of(
            "load",
            "('2024-01-01 00:00', 'Kyiv', '12 MW')",
            "('2024-13-01 00:00', 'Lviv', 1)",
            "('2024-01-01 00:00', NULL, 2)",
            "(NULL, 'Odesa', 3)",
        ),
    )
    stamps, words, names = problems_of(sqlite.url("#load"))
    assert stamps.found == "`Lviv at 2024-13-01 00:00`, `Odesa at empty`"
    assert words.found == "`Kyiv at 2024-01-01 00:00: 12 MW`"
    assert names.found == "`no name at 2024-01-01 00:00`"


def test_readings_that_come_twice(database):
    database.run(*LONG, rows_of("load", "('2024-01-01 00:00', 'Lviv', 2.5)", "('2024-01-01 00:00', 'Kyiv', NULL)"))
    (problem,) = problems_of(database.url("#load"))
    assert problem.problem == "2 readings of `load` come twice"
    assert problem.found == "`Kyiv at 2024-01-01 00:00 UTC: 1 and NULL`, `Lviv at 2024-01-01 00:00 UTC: 2 and 2.5`"


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [("json", '{"a": 1}', "{'a': 1}"), ("uuid", "a" * 32, "aaaaaaaa-"), ("boolean", "t", "True"), ("bytea", "A", "41")],
)
def test_columns_of_other_types_are_no_readings(postgres, kind, value, told):
    postgres.run(f"CREATE TABLE load (time timestamptz, a real, b {kind})", rows_of("load", f"('2024-01-01Z', 1, '{value}')"))
    (problem,) = problems_of(postgres.url("#load"))
    assert problem.found.startswith(f"`2024-01-01 00:00:00Z, b: {told}")


def test_tables_without_content(database):
    database.run("CREATE TABLE load (time text, load real)")
    assert problems_of(database.url("#load"), FileError)[0].problem == "the table `load` is empty"
    assert problems_of(database.url(), FileError, query="SELECT * FROM load")[0].problem == "the query finds no rows"
    database.run("INSERT INTO load VALUES ('2024-01-01', NULL)")
    assert problems_of(database.url("#load"))[0].problem == "`load` has no readings"
    database.run("CREATE TABLE other (a text, b real)", "INSERT INTO other VALUES ('x', 1)")
    assert "no column of time" in problems_of(database.url("#other"))[0].problem


def test_a_table_that_is_not_there(database):
    database.run(*LONG)
    (problem,) = problems_of(database.url("#laod"), FileError)
    assert (problem.found, problem.hint) == ("`load`", "did you mean `load`?")
    (problem,) = problems_of(database.url(), ConfigError)
    assert problem.problem == "which table?"
    assert problem.hint.endswith("#load`")


# ---- only reading ----


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM load",
        "SELECT 1; DROP TABLE load",
        "WITH gone AS (DELETE FROM load RETURNING *) SELECT * FROM gone",
        "SELECT * INTO other FROM load",
        "EXPLAIN ANALYZE DELETE FROM load",
        "/* SELECT */ UPDATE load SET consumption = 0",
        "",
    ],
)
def test_a_query_that_writes_is_refused(database, query):
    database.run(*LONG)
    assert problems_of(database.url(), ConfigError, query=query)[0].problem == "only a query that reads is run"
    assert database.run("SELECT count(*) FROM load") == [(3,)]


def test_words_in_quotes_do_not_write(database):
    database.run(*LONG)
    query = "SELECT '2024-01-01' AS time, 'DELETE; insert' AS location, 1 AS load /* ; */"
    assert read_consumption_sql(database.url(), query=query).readings.columns == ["DELETE; insert"]


def test_functions_that_write_meet_a_session_that_only_reads(postgres):
    postgres.run(
        *LONG, "CREATE SEQUENCE s", "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS 'DELETE FROM load; SELECT ''2024-01-01'''"
    )
    (problem,) = problems_of(postgres.url(), FileError, query="SELECT f() AS time, 1 AS load")
    assert "read-only transaction" in problem.found
    assert postgres.run("SELECT count(*) FROM load") == [(3,)]


# ---- databases that fail ----


def test_a_database_that_goes_away_in_the_middle(postgres, monkeypatch):
    postgres.run(
        LONG[0], "INSERT INTO load SELECT '2024-01-01'::timestamp + n * interval '1 hour', 'A', n FROM generate_series(1, 5000) n"
    )
    monkeypatch.setattr(tables, "CHUNK", 100)
    seen = []

    def interrupted(chunks, texts):
        def watched():
            for chunk in chunks:
                seen.append(len(chunk[0]))
                if len(seen) == 3:
                    postgres.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'reader'")
                yield chunk

        return rows.gather(watched(), texts)

    monkeypatch.setattr(reading, "gather", interrupted)
    (problem,) = problems_of(postgres.url("?application_name=reader#load"), FileError)
    assert "went away in the middle of reading" in problem.problem
    assert seen == [100] * 3


def test_a_server_that_stops_and_one_that_is_down(postgres, monkeypatch):
    postgres.run(*LONG)

    def stopped(chunks, texts):
        postgres.stop()
        return rows.gather(chunks, texts)

    monkeypatch.setattr(reading, "gather", stopped)
    try:
        (problem,) = problems_of(postgres.url("#load"), FileError)
        assert "went away" in problem.problem
        (problem,) = problems_of(postgres.url("#load"), FileError)
        assert "Connection refused" in problem.found
        assert problem.hint.endswith(f"`pg_isready -h 127.0.0.1 -p {postgres.port}`")
    finally:
        postgres.start()


@pytest.mark.parametrize(
    "wrong",
    [
        {"password": "falsch#1"},
        {"user": "nobody"},
        {"database": "none"},
        {"table": "#none"},
        {"table": "?connect_timeout=x#load"},
    ],
)
def test_the_password_is_in_no_message(postgres, wrong):
    address = postgres.url(**{"table": "#load", **wrong})
    with pytest.raises(GridcastError) as caught:
        read_consumption_sql(address)
    told = "".join(traceback.format_exception(caught.value)) + str(caught.value.problems)
    for secret in ("falsch#1", "falsch%231", "gehe#m/w@rt", "gehe%23m%2Fw%40rt"):
        assert secret not in told


def test_a_user_who_may_not_read(postgres):
    postgres.run(
        *LONG, "DROP ROLE IF EXISTS guest", "CREATE ROLE guest LOGIN PASSWORD 'guest'", "GRANT USAGE ON SCHEMA public TO guest"
    )
    (problem,) = problems_of(postgres.url("#load", user="guest", password="guest"), FileError)
    assert "permission denied" in problem.found


# ---- whatever is in the cells ----

STAMPS = st.sampled_from(["2024-01-01 00:00", "2024-01-01T01:00:00Z", "01.02.2024", "1719792000", "", "never"])
CELLS = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
    st.binary(max_size=4),
)


@given(st.lists(st.tuples(STAMPS | CELLS, st.sampled_from(["A", "B"]) | CELLS, st.floats(0, 9) | CELLS), max_size=6), st.booleans())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_cells_are_readings_or_are_refused(sqlite, cells, wide):
    sqlite.path.unlink(missing_ok=True)
    with closing(sqlite3.connect(sqlite.path)) as connection, connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(f"CREATE TABLE load (time, {'a' if wide else 'location'}, load)")
        connection.executemany("INSERT INTO load VALUES (?, ?, ?)", cells)
    try:
        read = read_consumption_sql(sqlite.url("#load")).readings
    except GridcastError:
        return
    assert read.index.is_monotonic_increasing
    assert read.index.is_unique
    assert str(read.index.tz) == "UTC"
    assert not np.isinf(read.to_numpy()).any()
    assert np.isfinite(read.to_numpy()).any()


# ---- zones, marks of summer time, codes ----


def test_each_location_of_a_table_is_read_by_its_zone(sqlite):
    options = ReadOptions("Europe/Berlin", {"b": "Europe/Athens"})
    # in July Berlin is two hours ahead of UTC, Athens three
    expected = {"a": [np.nan, 1.0, 2.0], "b": [5.0, 6.0, np.nan]}
    sqlite.run(
        "CREATE TABLE long (time text, location text, value real)",
        "INSERT INTO long VALUES ('2024-07-01 10:00', 'a', 1), ('2024-07-01 11:00', 'a', 2), "
        "('2024-07-01 10:00', 'b', 5), ('2024-07-01 11:00', 'b', 6)",
        "CREATE TABLE wide (time text, a real, b real)",
        "INSERT INTO wide VALUES ('2024-07-01 10:00', 1, 5), ('2024-07-01 11:00', 2, 6)",
    )
    for table in ("long", "wide"):
        readings = read_consumption_sql(sqlite.url(f"#{table}"), options=options).readings
        assert readings.index.hour.tolist() == [7, 8, 9]
        pd.testing.assert_frame_equal(readings.reset_index(drop=True), pd.DataFrame(expected), check_column_type=False)
    wrong = "INSERT INTO wide VALUES ('2024-07-01 12:00', 'x', 'y')"
    sqlite.run(wrong)
    with pytest.raises(PanelError) as caught:
        read_consumption_sql(sqlite.url("#wide"), options=options)
    (problem,) = caught.value.problems  # of both zones, and told once
    assert problem.problem == "2 cells of `wide` are no numbers"


def test_a_mark_tells_the_doubled_hour_apart_in_a_database_too(sqlite):
    sqlite.run(
        "CREATE TABLE load (time text, dst integer, value real)",
        "INSERT INTO load VALUES ('2024-10-27 02:00', 0, 2), ('2024-10-27 02:00', 1, 1), ('2024-10-27 03:00', 0, 3)",
    )
    found = read_consumption_sql(sqlite.url("#load"), options=ReadOptions("Europe/Berlin"))
    assert found.readings["value"].tolist() == [1, 2, 3]
    assert found.readings.index.hour.tolist() == [0, 1, 2]
    assert "the hour that comes twice in autumn is told apart by `dst`" in found.said


def test_numbers_that_mean_no_reading_in_a_database(sqlite):
    sqlite.run(
        "CREATE TABLE load (time text, value real)",
        "INSERT INTO load VALUES ('2024-01-01T00:00Z', 1), ('2024-01-01T01:00Z', 65535), ('2024-01-01T02:00Z', 65535)",
    )
    with pytest.warns(GridcastWarning, match="--no-reading 65535"):
        read_consumption_sql(sqlite.url("#load"))
    found = read_consumption_sql(sqlite.url("#load"), options=ReadOptions(no_reading=(65535,)))
    assert found.readings["value"].isna().tolist() == [False, True, True]
    assert "load: 2 cells with `65535` taken as no reading, as told" in found.said
