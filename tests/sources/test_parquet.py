"""Parquet files of readings and of places: the types in which they come, parts of datasets, ranges of time, what is wrong."""

import contextlib
import datetime
import decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as papq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridcast.errors import FileError, GridcastError, PanelError
from gridcast.sources.parquet import ParquetBlocks, Span, read_consumption_parquet, read_places_parquet
from gridcast.sources.readings import ReadOptions
from gridcast.sources.text.layout import find_layout

TIMES = pd.date_range("2024-01-01", periods=4, freq="h", tz="UTC")
WIDE = pd.DataFrame({"Kyiv": [1.0, 2.0, np.nan, 4.0], "Lviv": [5.5, 6.0, 7.0, 8.0]}, index=TIMES.rename("timestamp"))


@pytest.fixture
def write(tmp_path):
    def write(table: dict | pd.DataFrame | pa.Table, name: str = "load.parquet", **options):
        path = tmp_path / name
        if isinstance(table, pd.DataFrame):
            table.to_parquet(path, **options)
        else:
            papq.write_table(pa.table(table), path, **options)
        return path

    return write


def long() -> pd.DataFrame:
    return WIDE.reset_index().melt("timestamp", var_name="location", value_name="load_mw")


def assert_wide(readings: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(
        readings, WIDE, check_freq=False, check_column_type=False, check_index_type=False, check_names=False
    )


@pytest.mark.parametrize(
    "stamps",
    [
        pa.array(TIMES),
        pa.array(TIMES.tz_convert("Europe/Berlin")),
        pa.array(TIMES.tz_convert(None).as_unit("ns")),
        pa.array(TIMES.tz_convert(None).as_unit("ms")),
        pa.array([f"{time:%Y-%m-%d %H:%M}" for time in TIMES]),
        pa.array([f"{time:%d.%m.%Y %H:%M}" for time in TIMES]).dictionary_encode(),
        pa.array([int(time.timestamp()) for time in TIMES]),
    ],
    ids=lambda array: str(array.type),
)
def test_types_of_time(write, stamps):
    assert_wide(read_consumption_parquet(write({"time": stamps, **WIDE})).readings)


def test_dates(write):
    days = [datetime.date(2024, 1, day) for day in (1, 2)]
    readings = read_consumption_parquet(write({"day": pa.array(days), "A": [1, 2]})).readings
    assert list(readings.index) == [pd.Timestamp("2024-01-01", tz="UTC"), pd.Timestamp("2024-01-02", tz="UTC")]


def test_stamps_without_a_zone_are_local(write):
    path = write({"time": pa.array(TIMES.tz_convert(None)), **WIDE})
    read = read_consumption_parquet(path, options=ReadOptions(timezone="Europe/Kyiv"))
    assert read.readings.index[0] == pd.Timestamp("2023-12-31 22:00", tz="UTC")
    assert any("taken as Europe/Kyiv" in said for said in read.said)


@pytest.mark.parametrize("name", [None, "timestamp"])
def test_the_index_of_pandas(write, name):
    assert_wide(read_consumption_parquet(write(WIDE.rename_axis(name))).readings)


def test_the_row_numbers_of_pandas_are_no_place(write):
    assert_wide(read_consumption_parquet(write(WIDE.reset_index().iloc[::-1])).readings)


@pytest.mark.parametrize(
    "values",
    [
        pa.array([1, 2, None, 4], pa.int16()),
        pa.array([1, 2, None, 4], pa.float32()),
        pa.array([decimal.Decimal("1.00"), decimal.Decimal("2.00"), None, decimal.Decimal("4.00")]),
        pa.array(["1", "2.0", "NA", "4e0"]),
        pa.array(["1", "2", "", "4"]).dictionary_encode(),
        pa.array([1.0, 2.0, np.nan, 4.0], pa.float64()),
    ],
    ids=lambda array: str(array.type),
)
def test_types_of_readings(write, values):
    assert_wide(read_consumption_parquet(write({"time": pa.array(TIMES), "Kyiv": values, "Lviv": WIDE["Lviv"].tolist()})).readings)


def test_a_long_table(write):
    read = read_consumption_parquet(write(long()))
    assert_wide(read.readings)
    assert read.unit == "MW"
    assert "load.parquet: long table; time = `timestamp`, location = `location`, consumption = `load_mw`" in read.said


def test_categories_without_rows_are_no_places(write):
    table = long()
    table["location"] = pd.Categorical(table["location"], categories=["Odesa", "Lviv", "Kyiv"])
    assert list(read_consumption_parquet(write(table)).readings.columns) == ["Kyiv", "Lviv"]


def test_names_that_are_numbers(write):
    table = long().replace({"location": {"Kyiv": 1, "Lviv": 2}}).rename(columns={"location": "zone_id"})
    table["zone_id"] = table["zone_id"].astype(int)
    assert list(read_consumption_parquet(write(table)).readings.columns) == ["1", "2"]


def test_many_rows_are_read_in_batches_into_32_bits(write, monkeypatch):
    monkeypatch.setattr("gridcast.sources.parquet.WHOLE", 0)
    monkeypatch.setattr("gridcast.sources.parquet.BATCH_ROWS", 3)
    readings = read_consumption_parquet(write(long(), row_group_size=5)).readings
    assert (readings.dtypes == np.float32).all()
    assert_wide(readings.astype(float))


def test_parts_named_by_location_and_by_year(tmp_path):
    for place, name in (("01", "Kyiv"), ("2", "Lviv")):
        folder = tmp_path / "load" / f"zone={place}" / "year=2024"
        folder.mkdir(parents=True)
        WIDE[[name]].rename(columns={name: "load"}).reset_index().to_parquet(folder / "part-0.parquet")
    (tmp_path / "load" / "_SUCCESS").touch()
    (tmp_path / "load" / ".part.crc").write_bytes(b"crc")
    readings = read_consumption_parquet(tmp_path / "load").readings
    assert list(readings.columns) == ["01", "2"]
    assert_wide(readings.set_axis(["Kyiv", "Lviv"], axis=1))


def test_only_the_columns_that_are_used_are_read(write):
    path = write(long().assign(note="x", more=1.5))
    blocks = ParquetBlocks(path, ReadOptions(), Span())
    blocks.using(find_layout(blocks.sample, {}))
    (table,) = blocks
    assert [column is not None for column in table.columns] == [True, True, True, False, False]


def test_row_groups_outside_the_span_are_skipped(write):
    times = pd.date_range("2024-01-01", periods=24 * 30, freq="h", tz="UTC")
    path = write({"time": pa.array(times), "A": np.arange(len(times)) * 1.0}, row_group_size=24)
    blocks = ParquetBlocks(path, ReadOptions(), Span(times[24 * 10], times[24 * 11]))
    blocks.using(find_layout(blocks.sample, {}))
    assert sum(map(len, blocks)) == 5 * 24  # the day itself and two on either side


# ---- what is wrong ----


@pytest.mark.parametrize(
    ("table", "problem", "found"),
    [
        ({"time": [1.5, 2.5], "A": [1, 2]}, "holds no stamps", "`time: double`"),
        ({"time": ["2024-01-01"], "A": [[1]]}, "hold no numbers", "`A: list<"),
        ({"time": ["2024-01-01"], "A": [True]}, "hold no numbers", "`A: bool`"),
        ({"time": ["2024-01-01"], "zone": [1.5], "x": [2], "load": ["a"]}, "holds no names", "`zone: double`"),
        ({"time": ["2024-01-01", "2024-01-02"], "A": ["grey", "blue"]}, "are no numbers", "`row 1, A: grey`, `row 2, A: blue`"),
        ({"time": ["2024-01-01", "2024-01-01"], "A": [1, 2]}, "comes twice", "in rows 1 and 2`"),
        ({"time": ["2024-01-01", None], "A": [1, 2]}, "can't be read", "`row 2: empty`"),
        ({"time": ["2024-01-01"], "A": [np.inf]}, "infinite", "`row 1, A: inf`"),
        ({"a": [1], "b": [2]}, "no column of time", "`a`, `b`"),
    ],
)
def test_wrong_types_and_values(write, table, problem, found):
    options = ReadOptions(location_column="zone" if "zone" in table else None)
    with pytest.raises(PanelError, match=problem) as caught:
        read_consumption_parquet(write(table), options=options)
    assert found in caught.value.problems[0].found
    assert caught.value.problems[0].expected


def test_files_that_are_not_sound(tmp_path, write):
    path = write(long())
    content = path.read_bytes()
    for damaged in (content[:-20], content[:40], b"PAR1", b"PAR1PAR1", b"", content[:200] + b"\0" * 400 + content[600:]):
        path.write_bytes(damaged)
        with pytest.raises(GridcastError):
            read_consumption_parquet(path)
    with pytest.raises(FileError, match="is missing"):
        read_consumption_parquet(tmp_path / "no.parquet")


def test_a_file_without_rows(write):
    with pytest.raises(FileError, match="holds no rows"):
        read_consumption_parquet(write(long().iloc[:0]))
    with pytest.raises(FileError, match="holds no rows"):
        read_consumption_parquet(write({}))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.floats(0, 1, exclude_max=True), st.integers(0, 255), st.integers(1, 4))
def test_any_damage_is_read_or_refused_in_order(tmp_path, write, where, byte, length):
    path = write(long(), compression="none")
    content = bytearray(path.read_bytes())
    position = int(where * len(content))
    content[position : position + length] = bytes([byte]) * length
    path.write_bytes(content)
    for read in (read_consumption_parquet, read_places_parquet):
        with contextlib.suppress(GridcastError):
            read(path)


# ---- places ----


def test_places(write):
    table = pd.DataFrame({"id": [7, 8], "lat": [50.45, 49.84], "lon": [30.52, 24.03], "kind": ["town", None], "customers": [3, 2]})
    places = read_places_parquet(write(table)).table
    assert places["id"].tolist() == ["7", "8"]
    assert places["longitude"].tolist() == [30.52, 24.03]
    assert places["kind"].tolist() == ["town", ""]
    assert places["customers"].tolist() == [3, 2]


def test_places_off_the_globe(write):
    with pytest.raises(PanelError, match="not on the globe") as caught:
        read_places_parquet(write({"id": ["A", "B", "C"], "lat": [95.0, 1.0, 2.0], "lon": [0.0, 1.0, 2.0]}))
    assert caught.value.problems[0].found == "`row 1, A: 95, 0`"


@pytest.mark.parametrize("cells", [1 << 20, 1])
def test_marks_of_summer_time_and_zones_of_places(write, monkeypatch, cells):
    monkeypatch.setattr("gridcast.sources.parquet.WHOLE", cells)
    monkeypatch.setattr("gridcast.sources.parquet.BATCH_ROWS", 5)
    zones = {"A": "Europe/Berlin", "B": "Europe/Athens"}
    times = pd.date_range("2024-10-26 20:00", periods=12, freq="h", tz="UTC")
    summer = times < pd.Timestamp("2024-10-27 01:00", tz="UTC")  # until then in both
    tables = [
        pd.DataFrame({"time": times.tz_convert(zone).tz_localize(None), "place": place, "load": np.arange(12.0), "dst": summer})
        for place, zone in zones.items()
    ]
    found = read_consumption_parquet(write(pd.concat(tables)), options=ReadOptions(timezones=zones))
    assert list(found.readings.index) == list(times)
    assert (found.readings.to_numpy() == np.arange(12.0)[:, None]).all()
    assert "the hour that comes twice in autumn is told apart by `dst`" in found.said
