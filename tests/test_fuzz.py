"""Any input of any reader: what it gives keeps what it promises, or it refuses in order; never another error, never a hang.

The suite draws a few examples, the same each time. `GRIDCAST_FUZZ=50 pytest tests/test_fuzz.py` draws 50 times as many, others each
time.
"""

import gzip
import os
import shutil
import signal
import sqlite3
import string
import warnings
from collections.abc import Callable
from contextlib import closing, contextmanager
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xarray as xr
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from gridcast.config import RunConfig, make_config, read_config, to_toml
from gridcast.errors import GridcastError, GridcastWarning
from gridcast.features.events import Events
from gridcast.sources.calendarfile import read_events
from gridcast.sources.files import read_consumption_files, read_places_file
from gridcast.sources.pair import read_panel
from gridcast.sources.readings import ReadOptions
from gridcast.sources.sql.places import read_places_sql
from gridcast.sources.sql.reading import read_consumption_sql
from gridcast.sources.text import blocks
from gridcast.sources.text.columns import CONSUMPTION, FOLD, ID, LATITUDE, LOCATION, LONGITUDE, TIME
from gridcast.sources.weather.axes import NAMES
from gridcast.sources.weather.quantities import QUANTITIES, UNITS
from gridcast.sources.weather.reading import read_weather
from gridcast.sources.weather.series import ISSUED, STATION
from gridcast.sources.weather.weather import WeatherOptions

TIMES = int(os.environ.get("GRIDCAST_FUZZ", "1"))
SLOWEST = 60  # after which a reader counts as hanging [s]


def examples(number: int) -> settings:
    return settings(
        max_examples=number * TIMES, derandomize=TIMES == 1, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
    )


class HangingError(BaseException):
    """A reader has not come back."""


@contextmanager
def in_time():
    def give_up(*_):
        raise HangingError(f"no answer within {SLOWEST} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(SLOWEST)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def outcome(read: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Return what a reader gives; None where it refuses, and then every problem says what is wrong and what was found."""
    try:
        with in_time(), warnings.catch_warnings():
            warnings.simplefilter("ignore", GridcastWarning)
            return read(*arguments, **named)
    except GridcastError as error:
        assert all(problem.problem and problem.found for problem in error.problems)
        str(error).encode()  # a terminal can show it
        return None


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


# ---- what is promised ----


def check_consumption(consumption) -> None:
    readings = consumption.readings
    assert str(readings.index.tz) == "UTC"
    assert readings.index.is_monotonic_increasing
    assert readings.index.is_unique
    assert not readings.index.hasnans
    assert readings.columns.is_unique
    assert all(isinstance(name, str) and name for name in readings.columns)
    assert all(dtype.kind == "f" for dtype in readings.dtypes)
    assert not np.isinf(readings.to_numpy()).any()
    assert readings.notna().to_numpy().any()


def check_places(places) -> None:
    table = places.table
    assert table["id"].is_unique
    assert all(table["id"])
    for name, most in (("latitude", 90), ("longitude", 180)):
        if name in table:
            assert not (table[name].abs() > most).any()


def check_panel(loaded) -> None:
    panel = loaded.panel
    assert len(set(np.diff(panel.times.asi8))) == 1
    assert panel.times.is_monotonic_increasing
    assert len(set(panel.locations)) == len(panel.locations)
    assert panel.consumption.dtype == np.float32
    assert not np.isinf(panel.consumption).any()
    assert panel.describe()
    if panel.has_coordinates:
        assert np.isfinite(panel.coordinates).all()


def check_weather(weather) -> None:
    assert weather.variables
    assert len(weather.valid_times)
    for each in weather.dataset.data_vars.values():
        assert each.dtype.kind == "f"
        assert not np.isinf(each.values).any()
        assert {"units", "availability", "delay"} <= each.attrs.keys()


def check_events(events) -> None:
    table = events.table
    assert (table["end"] > table["start"]).all()
    assert np.isfinite(Events(table).at(pd.date_range("2024-05-01", periods=9, freq="h"))).all()


# ---- what is in files ----

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5) | st.sampled_from(
    [
        "",
        " ",
        "A",
        "A",
        "B",
        "C",
        "nan",
        "NULL",
        '"',
        "a,b",
        "\ufefftime",
        "location",
        "kind",
        "weather station",
        "-",
        "0",
        "12",
        "Київ",
    ]
)
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC+02:00", "local", "Mars/Base", ""])
FORMS = (
    *("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d", "%d.%m.%Y %H:%M", "%m/%d/%Y %I:%M %p", "%d/%m/%y %H:%M", "%Y%m%d%H"),
    *("%Y-%m-%dT%H:%M:%S.%f+01:00", "%s", "%s000", "%b %d %Y %H:%M", "%H:%M", "%Y-%j", "%Y/%m/%d %Hh", "%d-%b-%y %H.%M"),
)
ODD_STAMPS = st.sampled_from(
    ["", "never", "2024-13-45", "0000-00-00", "9999-12-31 23:59", "24:00", "2024-01-01 24:00", "1e10", "-1", "9" * 30, "inf", "nan"]
    + ["2024-W05-1", "٢٠٢٤-01-01", "2024-02-30", "2024-01-01 00:00+25:00", "2262-04-12", "1600-01-01", "2024-01-01T00:00:60Z", "12"]
    + [
        "31.12.2024 24:00",
        "00:00 PM",
        "2024-01-01 00:00 CET",
        "2024-01-01 00:00 Europe/Berlin",
        "2024-01-01 00:00-00:30",
        "20240101",
    ]
)
ODD_NUMBERS = st.sampled_from(
    [
        "",
        "-",
        "n/a",
        "nan",
        "inf",
        "-inf",
        "1e400",
        "1,5",
        "1.234,5",
        "1,234.5",
        "1 234",
        "0x1F",
        "12 MW",
        "9" * 400,
        "1e-400",
        "٣",
        "+-1",
    ]
    + ["-9999", "65535", "1_000", "true", "5%", "1.", ".5", "--5", "∞", '"5"', " 7 ", "1e5", "1E+05", "\0", "5,5,5", "0", "-0"]
)
NUMBERS = st.floats(-1e4, 1e4).map(lambda value: f"{value:.6g}")
STRIKES = st.lists(
    st.tuples(
        st.sampled_from(["cut", "insert", "twice", "replace", "end"]),
        st.floats(0, 1),
        st.sampled_from([b",", b";", b"\n", b'"', b"\0", b"\r", b"\xff", b"\xc3", b"Z", b"24:00", b"nan", b"1e999", b"\t", b" "])
        | st.binary(min_size=1, max_size=6),
    ),
    max_size=3,
)


def synonyms(*roles) -> st.SearchStrategy[str]:
    return st.sampled_from([synonym for role in roles for synonym in role.synonyms])


@st.composite
def clocks(draw, rows: int) -> list[str]:
    """Draw stamps: mostly regular, often around a change of the clock, in any order, some of them odd."""
    first = draw(
        st.sampled_from([datetime(2024, 3, 30, 20), datetime(2024, 10, 26, 20), datetime(2023, 12, 31), datetime(2020, 4, 4, 9)])
    )
    step = draw(st.sampled_from([5, 15, 30, 60, 60, 60, 1440, 10080, 7]))
    form = draw(st.sampled_from(FORMS))
    stamps = [(first + timedelta(minutes=step * row)).replace(tzinfo=timezone.utc).strftime(form) for row in range(rows)]
    for row, odd in draw(st.lists(st.tuples(st.integers(0, max(0, rows - 1)), ODD_STAMPS), max_size=2)):
        stamps[row:row] = [] if draw(st.booleans()) else [odd]
    return (draw(st.permutations(stamps)) if draw(st.sampled_from([False, False, True])) else stamps)[:rows]


@st.composite
def columns(draw, kind: str, rows: int) -> list[str]:
    """Draw the cells of a column."""
    if kind == "time":
        return (draw(clocks(rows)) + [""] * rows)[:rows]
    if kind == "number":
        cells = draw(st.lists(NUMBERS, min_size=rows, max_size=rows))
    elif kind == "place":
        names = draw(st.lists(WORDS, min_size=1, max_size=3))
        cells = (
            [names[row % len(names)] for row in range(rows)]
            if draw(st.booleans())
            else draw(st.lists(st.sampled_from(names), min_size=rows, max_size=rows))
        )
    elif kind == "flag":
        cells = draw(
            st.lists(st.sampled_from(["0", "1", "S", "W", "CET", "CEST", "", "true", "+01:00"]), min_size=rows, max_size=rows)
        )
    else:
        cells = draw(st.lists(WORDS | ODD_NUMBERS | ODD_STAMPS, min_size=rows, max_size=rows))
    for row, odd in draw(st.lists(st.tuples(st.integers(0, max(0, rows - 1)), ODD_NUMBERS | WORDS), max_size=2)):
        cells[row : row + 1] = [odd] if rows else []
    return cells


HEADS = {
    "time": synonyms(TIME) | st.sampled_from(["time (UTC)", "date", "hour", "Hour Ending", "local time"]),
    "place": synonyms(LOCATION, ID),
    "number": synonyms(CONSUMPTION) | st.sampled_from(["MW", "load (kWh)", "A", "B", "Wh"]) | WORDS,
    "flag": synonyms(FOLD),
    "coordinate": synonyms(LATITUDE, LONGITUDE),
    "weather": st.sampled_from(
        ["temperature", "temp_A (F)", "A humidity [%]", "KLGA wind_mph", "temperature (K)", "rain", "pressure_inHg"]
    ),
    "issued": synonyms(ISSUED),
    "station": synonyms(STATION),
    "junk": WORDS,
}
CELLS = {"coordinate": "number", "weather": "number", "issued": "time", "station": "place"}
READINGS = (
    ("time", "place", "number"),
    ("time", "number", "number"),
    ("time", "time", "number"),
    ("time", "flag", "place", "number"),
)
PLACES = ("place", "coordinate", "coordinate"), ("place", "coordinate", "coordinate", "junk"), ("place", "junk")
WEATHER = (
    ("time", "weather", "weather"),
    ("time", "station", "weather", "weather"),
    ("issued", "time", "weather"),
    ("issued", "time", "station", "weather"),
    ("time", "number"),
)
EVENTS = ("time", "time", "junk"), ("time", "place", "junk")


@st.composite
def tables(draw, kinds: tuple[tuple[str, ...], ...]) -> tuple[list[str], list[list[str]]]:
    """Draw a header and the cells of its columns: mostly what is wanted, sometimes more, less, or the same twice."""
    chosen = [*draw(st.sampled_from(kinds)), *draw(st.lists(st.sampled_from(sorted(HEADS)), max_size=2))]
    if draw(st.sampled_from([False, False, False, True])):
        chosen = draw(st.permutations(chosen))[: draw(st.integers(1, len(chosen)))]
    rows = draw(st.integers(0, 12))
    return [draw(HEADS[kind]) for kind in chosen], [draw(columns(CELLS.get(kind, kind), rows)) for kind in chosen]


@st.composite
def texts(draw, kinds: tuple[tuple[str, ...], ...]) -> bytes:
    """Draw a text file: a table, somehow written, packed and damaged."""
    header, cells = draw(tables(kinds))
    separator, end = draw(st.sampled_from(",,;\t|")), draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    if draw(st.sampled_from([False, False, True])):
        cells = [[cell.replace(".", ",") for cell in column] for column in cells]

    def written(cell: str) -> str:
        return '"' + cell.replace('"', '""') + '"' if any(mark in cell for mark in (separator, '"', "\n", "\r")) else cell

    lines = [separator.join(map(written, row)) for row in [header, *zip(*cells, strict=True)]]
    encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252", "utf-32"]))
    content = damaged(end.join([*lines, ""]).encode(encoding, "replace"), draw(STRIKES))
    packing = draw(st.sampled_from(["", "", "", "gzip", "zstd", "gzip twice"]))
    if packing:
        content = gzip.compress(content, mtime=0) if "gzip" in packing else pa.compress(content, codec="zstd", asbytes=True)
        content = gzip.compress(content, mtime=0) if "twice" in packing else content
        content = damaged(content, draw(STRIKES))
    return content


def damaged(content: bytes, strikes: list[tuple[str, float, bytes]]) -> bytes:
    """Return bytes with some cut out, put in, put twice or replaced, or cut off, each at a share of the length."""
    for kind, where, new in strikes:
        start = int(where * len(content))
        old = content[start : start + len(new)]
        middle = {"cut": b"", "insert": new + old, "twice": old + old, "replace": new}.get(kind)
        content = content[:start] if middle is None else content[:start] + middle + content[start + len(new) :]
    return content


NAMES_OF_COLUMNS = st.none() | st.none() | st.none() | WORDS | synonyms(TIME, LOCATION, CONSUMPTION)
OPTIONS = st.builds(
    ReadOptions,
    timezone=ZONES,
    timezones=st.none() | st.dictionaries(st.sampled_from("ABC"), ZONES, max_size=2),
    time_column=NAMES_OF_COLUMNS,
    location_column=NAMES_OF_COLUMNS,
    consumption_column=NAMES_OF_COLUMNS,
    fold_column=NAMES_OF_COLUMNS,
    no_reading=st.sampled_from([(), (), (65535.0, -9999.0), (0.0,)]),
)
SOME_OPTIONS = st.just(ReadOptions(timezone="Europe/Berlin")) | st.just(ReadOptions()) | OPTIONS


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


# ---- folders and Parquet ----

KINDS = st.sampled_from(
    [
        pa.string(),
        pa.large_string(),
        pa.int64(),
        pa.int8(),
        pa.uint64(),
        pa.float64(),
        pa.float32(),
        pa.float16(),
        pa.bool_(),
        pa.date32(),
    ]
    + [
        pa.date64(),
        pa.timestamp("s"),
        pa.timestamp("ns", "UTC"),
        pa.timestamp("ms", "Europe/Berlin"),
        pa.time64("us"),
        pa.duration("s"),
    ]
    + [pa.decimal128(10, 2), pa.binary(), pa.list_(pa.int8()), pa.struct([("a", pa.int8())]), pa.dictionary(pa.int8(), pa.string())]
    + [pa.null(), pa.timestamp("us", "+05:30"), pa.dictionary(pa.int32(), pa.int64()), pa.time32("s"), pa.string_view()]
)
PLAIN = {
    "string": st.text(max_size=3) | ODD_STAMPS | ODD_NUMBERS,
    "bool": st.booleans(),
    "float": st.floats(width=16) | st.integers(0, 99).map(float),
    "date": st.dates(),
    "time32": st.times().map(lambda moment: moment.replace(microsecond=0)),
    "time64": st.times(),
    "duration": st.timedeltas(timedelta(-99), timedelta(99)).map(lambda span: timedelta(seconds=int(span.total_seconds()))),
    "decimal": st.decimals(-99, 99, places=2),
    "binary": st.binary(max_size=3),
    "list": st.lists(st.integers(0, 9), max_size=2),
    "struct": st.just({"a": 1}),
    "null": st.none(),
}


@st.composite
def arrays(draw, kind: pa.DataType, rows: int) -> pa.Array:
    """Draw a column of a type; moments mostly follow each other."""
    name = str(kind).replace("large_", "").split("[")[0].split("(")[0].split("<")[0]
    if name == "timestamp" and draw(st.sampled_from([True, True, True, False])):
        first, step = draw(st.integers(1_700_000_000, 1_720_000_000)), draw(st.sampled_from([60, 3600, 86400, 0, -3600]))
        factor = {"s": 1, "ms": 1000, "us": 10**6, "ns": 10**9}[kind.unit]
        return pa.array([(first + step * row) * factor for row in range(rows)], pa.int64()).cast(kind)
    if name == "timestamp":
        return pa.array(
            draw(st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), min_size=rows, max_size=rows)), pa.int64()
        ).cast(kind)
    if pa.types.is_dictionary(kind):
        return draw(arrays(kind.value_type, rows)).dictionary_encode()
    if pa.types.is_integer(kind):
        bits, signed = kind.bit_width, pa.types.is_signed_integer(kind)
        whole = st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else st.integers(0, 2**bits - 1)
        return pa.array(draw(st.lists(st.none() | st.integers(0, 99) | whole, min_size=rows, max_size=rows)), kind)
    cells = PLAIN.get(
        "float"
        if name in ("halffloat", "double")
        else "date"
        if name.startswith("date")
        else name.replace("_view", "").replace("128", "")
    )
    values = draw(st.lists(st.none() | cells, min_size=rows, max_size=rows))
    return pa.array(np.array([np.nan if v is None else v for v in values], np.float16) if name == "halffloat" else values, kind)


@st.composite
def typed(draw, kinds: tuple[tuple[str, ...], ...]) -> pa.Table:
    """Draw a table of any types under names that are recognised."""
    usual = {
        "time": pa.timestamp("us", "UTC"),
        "place": pa.string(),
        "number": pa.float64(),
        "coordinate": pa.float64(),
        "flag": pa.int8(),
    }
    rows, chosen = draw(st.integers(0, 9)), draw(st.sampled_from(kinds))
    names, parts = [], []
    for kind in chosen:
        names.append(draw(HEADS[kind]))
        parts.append(draw(arrays(usual.get(kind, pa.float64()) if draw(st.booleans()) else draw(KINDS), rows)))
    return pa.table(parts, names)


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

SQL_KINDS = st.sampled_from(
    [
        "",
        "TEXT",
        "INTEGER",
        "REAL",
        "BLOB",
        "DATE",
        "DATETIME",
        "TIMESTAMP",
        "TIME",
        "BOOLEAN",
        "NUMERIC(9,2)",
        "JSON",
        "GEOMETRY(2)",
        "FLOAT",
    ]
)
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


# ---- weather ----

SUFFIXES = st.sampled_from(["csv", "parquet"])
WEATHER_OPTIONS = st.builds(
    WeatherOptions,
    timezone=ZONES,
    variables=st.sampled_from([(), (), ("temperature",), ("wind_speed", "nothing")]),
    missing=st.sampled_from([(), (-9999.0,)]),
    availability=st.sampled_from(["", "", "perfect", "forecast", "observed"]),
    units=st.sampled_from([{}, {}, {"temperature": "degF"}, {"temperature": "nothing"}]),
)
LOCATIONS = st.none() | st.just(pd.DataFrame({"id": ["A", "B"], "latitude": [50.0, np.nan], "longitude": [8.0, 9.0]}))


@examples(60)
@given(texts(WEATHER), WEATHER_OPTIONS, LOCATIONS)
def test_weather_of_stations_in_text(folder, content, options, locations):
    path = folder / "weather.csv"
    path.write_bytes(content)
    if (read := outcome(read_weather, path, options=options, locations=locations)) is not None:
        check_weather(read)


@examples(40)
@given(typed(WEATHER), WEATHER_OPTIONS)
def test_weather_of_stations_in_parquet(folder, table, options):
    path = folder / "weather.parquet"
    pq.write_table(table, path)
    if (read := outcome(read_weather, path, options=options)) is not None:
        check_weather(read)


TIME_UNITS = [
    "hours since 1900-01-01",
    "seconds since 1970-01-01",
    "days since 2024-01-01 06:00",
    "hours",
    "",
    "months since 2000-01-01",
]
TIME_UNITS += ["fortnights since never", "hours since 0000-00-00", "days since 1-1-1", "h", "weeks", "nanoseconds since 1970-01-01"]
CALENDARS = [
    "standard",
    "standard",
    "standard",
    "gregorian",
    "proleptic_gregorian",
    "noleap",
    "360_day",
    "julian",
    "none",
    "strange",
]
DIMS = ["time", "latitude", "longitude", "issued", "lead"]
FIELD_NAMES = [*QUANTITIES, "t2m", "tp", "ssrd", "u10", "v10", "nothing"]
FIELD_UNITS = [unit for units in UNITS.values() for unit in units] + ["", "K", "strange"]
ODD_ATTRIBUTES = {
    "scale_factor": 0.0,
    "add_offset": float("nan"),
    "_FillValue": -1.0,
    "valid_range": "x",
    "coordinates": "a b",
    "missing_value": 1.0,
}


@st.composite
def fields(draw) -> xr.Dataset:
    """Draw a field with dimensions under any of their names, in any order, with too few or too many of them."""
    roles = draw(st.sampled_from([DIMS[:3], DIMS[:3], DIMS[1:], DIMS[1:4], DIMS, DIMS[1:3], DIMS[:2]]))
    names = {role: draw(st.sampled_from(NAMES[role])) for role in roles} | {
        "other": draw(st.sampled_from(["number", "expver", "level"]))
    }
    sizes = {name: draw(st.integers(0 if draw(st.integers(0, 9)) == 0 else 1, 3)) for name in dict.fromkeys(names.values())}
    coordinates = {}
    for role, name in names.items():
        if draw(st.integers(0, 9)) == 0:
            continue
        values = np.arange(sizes[name]) * draw(st.sampled_from([1, 1, 1, -1, 0, 24, 0.25])) + draw(
            st.sampled_from([0, 8, 50, 1_000_000, -200])
        )
        values = np.where(draw(st.integers(0, 15)) == 0, np.nan, values)
        attributes = {}
        if role in ("time", "issued"):
            attributes = {"units": draw(st.sampled_from(TIME_UNITS)), "calendar": draw(st.sampled_from(CALENDARS))}
        elif role == "lead":
            attributes = {"units": draw(st.sampled_from(["hours", "h", "", "days", "strange", "hours since 2000-01-01"]))}
        if draw(st.integers(0, 15)) == 0:
            values = np.array([draw(WORDS.filter(lambda text: "\0" not in text)) for _ in values], dtype=object)
        coordinates[name] = (name, values, {key: value for key, value in attributes.items() if value})
    dims = draw(st.permutations([names[role] for role in roles] + ([names["other"]] if draw(st.integers(0, 3)) == 0 else [])))
    dims = list(dict.fromkeys(dims))
    variables = {}
    for name in draw(
        st.lists(st.sampled_from(FIELD_NAMES).filter(lambda each: each not in sizes), min_size=1, max_size=3, unique=True)
    ):
        of = dims if draw(st.integers(0, 4)) else dims[:-1]
        kind = draw(st.sampled_from(["f4", "f8", "i2", "f4", "u1"]))
        values = np.arange(np.prod([sizes[dim] for dim in of], dtype=int)).reshape([sizes[dim] for dim in of]).astype(kind)
        odd = (
            dict(draw(st.lists(st.sampled_from(sorted(ODD_ATTRIBUTES.items(), key=str)), max_size=1)))
            if draw(st.integers(0, 5)) == 0
            else {}
        )
        variables[name] = (of, values, {"units": draw(st.sampled_from(FIELD_UNITS))} | odd)
    return xr.Dataset(variables, coordinates)


@examples(40)
@given(fields(), st.sampled_from(["nc", "cdf", "zarr"]), WEATHER_OPTIONS, STRIKES, st.integers(0, 2))
@pytest.mark.filterwarnings("ignore")
def test_weather_fields(folder, field, suffix, options, strikes, broken):
    path = folder / f"weather.{suffix}"
    shutil.rmtree(path, ignore_errors=True)
    path.unlink(missing_ok=True)
    try:
        if suffix == "zarr":
            field.to_zarr(path)
        else:
            field.to_netcdf(path, engine={"nc": "h5netcdf", "cdf": "scipy"}[suffix])
    except Exception:  # what can't be written needn't be read
        return
    files = [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file())
    if broken == 0 and strikes:
        hit = files[int(strikes[0][1] * (len(files) - 1))]
        hit.write_bytes(damaged(hit.read_bytes(), strikes))
    if (read := outcome(read_weather, path, options=options)) is not None:
        check_weather(read)


# ---- calendars and settings ----


@examples(40)
@given(texts(EVENTS))
def test_events_in_text(folder, content):
    path = folder / "events.csv"
    path.write_bytes(content)
    if (read := outcome(read_events, path)) is not None:
        check_events(read)


ICS_LINES = st.sampled_from(
    "BEGIN:VEVENT|END:VEVENT|DTSTART:20240504T120000Z|DTSTART;VALUE=DATE:20240504|DTEND:20240504T130000Z|DTEND;VALUE=DATE:20240506|"
    "DTSTART;TZID=Europe/Berlin:20240331T023000|DTSTART;TZID=Mars/Base:20240504T120000|DURATION:PT3H|DURATION:-P1D|DURATION:P9999W|"
    "RRULE:FREQ=DAILY;COUNT=3|RRULE:FREQ=YEARLY|RRULE:FREQ=WEEKLY;INTERVAL=0|RRULE:FREQ=MONTHLY;BYDAY=5MO|RDATE:20240505T120000Z|"
    "RRULE:FREQ=YEARLY;BYMONTHDAY=31;BYMONTH=2|RRULE:FREQ=DAILY;UNTIL=99991231|EXDATE:20240505|RECURRENCE-ID:20240504|SUMMARY:Fair|"
    "CATEGORIES:a,b|LOCATION:A|UID:1|BEGIN:VTIMEZONE|END:VTIMEZONE|TZID:Own|DTSTART:99991231T235959Z|DTSTART;VALUE=DATE:00010101|"
    "DTEND;VALUE=DATE:99991231|RRULE:FREQ=DAILY;COUNT=999999999|STATUS:CANCELLED|SEQUENCE:x|X:|:|BEGIN:VALARM|DTSTART:19700101".split(
        "|"
    )
)


@examples(40)
@given(st.lists(st.lists(ICS_LINES, max_size=4), max_size=3), st.booleans(), STRIKES)
def test_events_in_icalendar(folder, events, orderly, strikes):
    pytest.importorskip("recurring_ical_events")
    path = folder / "events.ics"
    lines = [line for event in events for line in (["BEGIN:VEVENT", *event, "END:VEVENT"] if orderly else event)]
    content = "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *lines, "END:VCALENDAR", ""]).encode()
    path.write_bytes(damaged(content, strikes[:1]))
    if (read := outcome(read_events, path, places=["A"], last="2030-01-01")) is not None:
        check_events(read)


SETTINGS = [(section, name) for section, kind in RunConfig.model_fields.items() for name in kind.annotation.model_fields]
TOML = st.recursive(
    st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["UTC", "mask", "2024-01-01"])
    | st.datetimes()
    | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@examples(40)
@given(st.lists(st.tuples(st.sampled_from([*SETTINGS, ("data", "temporl"), ("dta", "x"), ("model", "")]), TOML), max_size=4))
def test_any_settings(folder, chosen):
    nested: dict[str, Any] = {}
    for (section, name), value in chosen:
        nested.setdefault(section, {})[name] = value
    if (config := outcome(make_config, nested)) is not None:
        path = folder / "again.toml"
        path.write_text(to_toml(config), encoding="utf-8")
        assert make_config(read_config(path)) == config


GOOD_TOML = to_toml(RunConfig()).encode()


@examples(40)
@given(
    STRIKES,
    st.sampled_from(
        [b"", b"x = 1\n[data]\n", b"[data.temporal]\n", b"[[task]]\n", b"data = 5\n", b"model.grid_size = [1, 2, 3]\n"]
    ),
    st.binary(max_size=20),
)
def test_a_damaged_configuration(folder, strikes, before, after):
    path = folder / "gridcast.toml"
    path.write_bytes(before + damaged(GOOD_TOML, strikes) + after)
    outcome(lambda: make_config(read_config(path)))
