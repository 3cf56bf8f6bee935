"""Any input of any reader: what it gives keeps what it promises, or it refuses in order; never another error, never a hang.

The suite draws a few examples, the same each time. `GRIDCAST_FUZZ=50 pytest tests/fuzz` draws 50 times as many, others each
time.
"""

import os
import shutil
import sqlite3
from contextlib import closing
from unittest.mock import patch

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gridcast.errors import GridcastError
from gridcast.sources.calendarfile import read_events
from gridcast.sources.files import read_consumption_files, read_places_file
from gridcast.sources.pair import read_panel
from gridcast.sources.readings import ReadOptions
from gridcast.sources.sql.places import read_places_sql
from gridcast.sources.sql.reading import read_consumption_sql
from gridcast.sources.text import blocks
from gridcast.sources.weather.reading import read_weather

from .drawing import ODD_NUMBERS, ODD_STAMPS, PLACES, READINGS, SOME_OPTIONS, STRIKES, ZONES, damaged, one_of, tables, texts
from .drawing_typed import typed
from .promises import check_consumption, check_panel, check_places, examples, outcome

# ---- readings and places in text ----


@examples(60)
@given(texts(READINGS), SOME_OPTIONS)
def test_readings_in_text(folder, content, options):
    path = folder / "load.csv"
    path.write_bytes(content)
    if (read := outcome(read_consumption_files, path, options=options)) is not None:
        check_consumption(read)


@examples(40)
@given(texts(READINGS), SOME_OPTIONS)
def test_readings_in_text_block_by_block(folder, content, options):
    path = folder / "load.csv"
    path.write_bytes(content)
    with patch.multiple(blocks, WHOLE=0, BLOCK=100):
        read = outcome(read_consumption_files, path, options=options)
    if read is not None:
        check_consumption(read)


@examples(50)
@given(texts(PLACES))
def test_places_in_text(folder, content):
    path = folder / "places.csv"
    path.write_bytes(content)
    if (read := outcome(read_places_file, path)) is not None:
        check_places(read)


@examples(40)
@given(texts(READINGS), texts(PLACES), SOME_OPTIONS, st.booleans())
def test_readings_and_places_together(folder, readings, places, options, common):
    (folder / "load.csv").write_bytes(readings)
    (folder / "places.csv").write_bytes(places)
    if (read := outcome(read_panel, folder / "load.csv", folder / "places.csv", options=options, common_only=common)) is not None:
        check_panel(read)


GOOD_PLACES = b"id,latitude,longitude,timezone,kind\nA,50,8,Europe/Berlin,\nB,49,9,,\nS,48,7,,weather station\n"
LONG = "".join(f"{3 + hour // 24:02}.11.2024 {hour % 24:02}:00;{name};{hour},5\n" for hour in range(30) for name in "AB")
WIDE = "".join(f"2024-10-27T{hour:02}:00Z,{hour}.5,{hour}\n" for hour in range(24))


@examples(40)
@given(st.sampled_from(["time;zone;load (MW)\n" + LONG, "utc,A,B\n" + WIDE]), STRIKES, STRIKES, ZONES)
def test_good_readings_and_places_a_little_damaged(folder, readings, strikes, others, zone):
    (folder / "load.csv").write_bytes(damaged(readings.encode(), strikes))
    (folder / "places.csv").write_bytes(damaged(GOOD_PLACES, others))
    read = outcome(read_panel, folder / "load.csv", folder / "places.csv", options=ReadOptions(timezone=zone), common_only=True)
    if read is not None:
        check_panel(read)


@examples(25)
@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"PAR1", b"\x1f\x8b\x08\0", b"\x28\xb5\x2f\xfd", b"CDF\x01", b"\x89HDF\r\n\x1a\n", b"PK"]),
)
def test_any_bytes(folder, content, magic):
    path = folder / "any"
    path.write_bytes(magic + content)
    for read in (read_consumption_files, read_places_file, read_panel, read_weather, read_events):
        outcome(read, path)
    for address in (f"sqlite:///{path}#load", f"sqlite:///{path}"):
        outcome(read_consumption_sql, address)


def lines_told(read, path, lines) -> None:
    """Check that a reader refuses a file, and names all the lines."""
    with pytest.raises(GridcastError) as caught:
        read(path)
    told = " ".join(str(caught.value).replace("`", " ").replace(",", " ").replace(":", " ").split())
    assert all(f" {line} " in told for line in lines)


FAULTS = {  # what is wrong, and what is done to the line
    "stamp": lambda line: line.replace("2024", "never", 1),
    "number": lambda line: line.rpartition(",")[0] + ",many",
    "name": lambda line: ",".join([line.split(",")[0], "", line.split(",")[2]]),
}


@examples(20)
@given(st.sets(st.sampled_from(sorted(FAULTS)), min_size=2), st.permutations(range(24)))
def test_all_that_is_wrong_with_a_file_is_told_at_once(folder, faults, lines):
    path, rows = folder / "load.csv", [f"2024-01-01 {hour:02}:00,A,{hour}" for hour in range(24)]
    for fault, line in zip(sorted(faults), lines, strict=False):
        rows[line] = FAULTS[fault](rows[line])
    path.write_text("\n".join(["time,place,load", *rows]) + "\n")
    lines_told(read_consumption_files, path, [line + 2 for _, line in zip(faults, lines, strict=False)])


PLACE_FAULTS = {
    "id": lambda line: "," + line.partition(",")[2],
    "twice": lambda line: "P0," + line.partition(",")[2],
    "number": lambda line: line.split(",")[0] + ",north,8",
    "globe": lambda line: line.split(",")[0] + ",95,8",
}


@examples(20)
@given(st.sets(st.sampled_from(sorted(PLACE_FAULTS)), min_size=2), st.permutations(range(1, 9)))
def test_all_that_is_wrong_with_places_is_told_at_once(folder, faults, lines):
    path, rows = folder / "places.csv", [f"P{number},50,8" for number in range(9)]
    for fault, line in zip(sorted(faults), lines, strict=False):
        rows[line] = PLACE_FAULTS[fault](rows[line])
    path.write_text("\n".join(["id,latitude,longitude", *rows]) + "\n")
    lines_told(read_places_file, path, [line + 2 for _, line in zip(faults, lines, strict=False)])


# ---- Parquet and folders ----


@examples(50)
@given(typed(READINGS), SOME_OPTIONS, STRIKES, st.booleans())
def test_readings_in_parquet(folder, table, options, strikes, broken):
    path = folder / "load.parquet"
    pq.write_table(table, path)
    path.write_bytes(damaged(path.read_bytes(), strikes if broken else []))
    for span in ({}, {"start": "2023-12-01", "end": "2024-02-01"}):
        if (read := outcome(read_consumption_files, path, options=options, **span)) is not None:
            check_consumption(read)


@examples(40)
@given(typed(PLACES), STRIKES, st.booleans())
def test_places_in_parquet(folder, table, strikes, broken):
    path = folder / "places.parquet"
    pq.write_table(table, path)
    path.write_bytes(damaged(path.read_bytes(), strikes if broken else []))
    if (read := outcome(read_places_file, path)) is not None:
        check_places(read)


PARTS = st.sampled_from(["", "", "deep/", "year=2024/", "zone=A/", "zone=B/", "_aside/", ".hidden/"])
GOOD = st.sampled_from(["time;zone;load\n" + LONG, "utc,A,B\n" + WIDE]).map(str.encode)


@examples(25)
@given(
    st.lists(st.tuples(PARTS, st.sampled_from("12"), GOOD | texts(READINGS) | typed(READINGS), STRIKES), max_size=3), SOME_OPTIONS
)
def test_folders(folder, files, options):
    root = folder / "many"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    for part, name, content, strikes in files:
        (root / part).mkdir(exist_ok=True)
        path = root / part / f"{name}.{'parquet' if isinstance(content, pa.Table) else 'csv'}"
        if isinstance(content, pa.Table):
            pq.write_table(content, path)
        else:
            path.write_bytes(damaged(content, strikes[:1]))
    for address in (root, f"{root}/*", f"{root}/**/[12].*"):
        if (read := outcome(read_consumption_files, address, options=options)) is not None:
            check_consumption(read)


# ---- databases ----

SQL_KINDS = one_of("|TEXT|INTEGER|REAL|BLOB|DATE|DATETIME|TIMESTAMP|TIME|BOOLEAN|NUMERIC(9,2)|JSON|GEOMETRY(2)|FLOAT")
SQL_CELLS = (
    st.none()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
    | st.binary(max_size=3)
    | ODD_STAMPS
    | ODD_NUMBERS
)


@examples(40)
@given(tables(READINGS) | tables(PLACES), st.data(), SOME_OPTIONS)
def test_tables_of_a_database(folder, table, data, options):
    path, (header, cells) = folder / "grid.db", table
    path.unlink(missing_ok=True)
    rows = [list(row) for row in zip(*cells, strict=True)]
    for row in rows:
        for column in data.draw(st.lists(st.integers(0, len(header) - 1), max_size=1)):
            row[column] = data.draw(SQL_CELLS)
    named = [name.replace('"', "").replace("\0", "") or f"c{number}" for number, name in enumerate(header)]
    described = ", ".join(f'"{name}" {data.draw(SQL_KINDS)}' for name in named)
    with closing(sqlite3.connect(path)) as connection, connection:
        try:
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute(f"CREATE TABLE load ({described})")
        except sqlite3.OperationalError:  # two columns of one name
            return
        connection.executemany(f"INSERT INTO load VALUES ({', '.join('?' * len(named))})", rows)
    for span in ({}, {"start": "2024-01-01"}, {"query": "SELECT * FROM load"}):
        if (read := outcome(read_consumption_sql, f"sqlite:///{path}#load", options=options, **span)) is not None:
            check_consumption(read)
    if (read := outcome(read_places_sql, f"sqlite:///{path}#load", options=options)) is not None:
        check_places(read)


@examples(30)
@given(STRIKES, st.integers(0, 4095))
def test_a_damaged_database(folder, strikes, end):
    path = folder / "grid.db"
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE load (time TEXT, zone TEXT, load REAL)")
        connection.executemany("INSERT INTO load VALUES (?, ?, ?)", [(f"2024-01-01 {hour:02}:00", "A", hour) for hour in range(24)])
    path.write_bytes(damaged(path.read_bytes(), strikes)[: -end or None])
    if (read := outcome(read_consumption_sql, f"sqlite:///{path}#load")) is not None:
        check_consumption(read)


@examples(40)
@given(
    st.text(max_size=30)
    | st.lists(
        st.sampled_from(["sqlite://", "/", "#", "a", ":", "@", "postgresql", "+", "?", "%", "=", "[", "]", "\0"]), max_size=8
    ).map("".join)
)
def test_any_address(folder, address):
    assume(not os.path.isdir(address) and not set("*?[") & set(address) and ".." not in address)  # reads nobody else's files
    for text in (address, f"sqlite:///{folder}/{address}", f"{folder}/{address}"):
        outcome(read_panel, text)
        outcome(read_places_file, text)
        outcome(read_events, text)
