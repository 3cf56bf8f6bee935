"""Tables of readings that others call wrong."""

import gzip

import pandas as pd
import pytest

from gridcast.errors import FileError, PanelError
from gridcast.sources.flagfile import read_flags
from gridcast.sources.readings import ReadOptions

HOUR = pd.Timedelta(hours=1)


@pytest.fixture
def read(tmp_path):
    def read(text, places=("A", "B"), name="flags.csv", **options):
        path = tmp_path / name
        path.write_bytes(gzip.compress(text.encode()) if name.endswith("gz") else text.encode())
        return read_flags(path, places, step=HOUR, options=ReadOptions(**options))

    return read


def rows(flags):
    return [(place, f"{time:%m-%d %H:%M}") for place, time in flags.table.itertuples(index=False)]


@pytest.mark.parametrize("name", ["flags.csv", "flags.csv.gz"])
@pytest.mark.parametrize("header", ["location_id,timestamp_utc,why", "location,timestamp,why", "id,time,why"])
def test_place_and_time_are_recognised_and_the_rest_is_not_used(read, header, name):
    flags = read(f"{header}\nA,2024-01-01 03:00:00,RUN\nB,2024-01-02T04:00:00,\n", name=name)
    assert rows(flags) == [("A", "01-01 03:00"), ("B", "01-02 04:00")]
    assert any("2 flags; location = " in said for said in flags.said)


def test_parquet_is_read_too(tmp_path):
    table = pd.DataFrame({"location_id": ["A"], "timestamp_utc": pd.to_datetime(["2024-01-01 03:00"])})
    table.to_parquet(tmp_path / "flags.parquet")
    assert rows(read_flags(tmp_path / "flags.parquet", ["A", "B"], step=HOUR)) == [("A", "01-01 03:00")]


def test_stamps_without_an_offset_are_local_unless_the_column_says_utc(read):
    # 12:00 in Berlin is 10:00 UTC in July, in Lisbon 11:00
    zones = {"timezone": "Europe/Berlin", "timezones": {"B": "Europe/Lisbon"}}
    text = "location,{}\nA,2024-07-01 12:00\nB,2024-07-01 12:00\n"
    assert rows(read(text.format("time"), **zones)) == [("A", "07-01 10:00"), ("B", "07-01 11:00")]
    assert rows(read(text.format("time_utc"), **zones)) == [("A", "07-01 12:00"), ("B", "07-01 12:00")]
    with_offset = read("location,time\nA,2024-07-01 12:00+05:00\n", **zones)
    assert rows(with_offset) == [("A", "07-01 07:00")]


def test_stamps_at_the_end_of_the_interval_go_back_to_its_start(read):
    assert rows(read("location,hour_ending\nA,2024-01-01 01:00\n")) == [("A", "01-01 00:00")]
    assert rows(read("location,time\nA,2024-01-01 01:00\n", ending=True)) == [("A", "01-01 00:00")]


def test_unknown_places_are_left_out_and_counted(read):
    flags = read("location,time\nX,2024-01-01\nA,2024-01-01\nX,2024-01-02\n")
    assert rows(flags) == [("A", "01-01 00:00")]
    assert "flags.csv: 2 flags of places that are not among the readings left out: `X`" in flags.said


def test_a_single_place_needs_no_column(read):
    assert rows(read("time,category\n2024-01-01 05:00,RUN\n", places=["all"])) == [("all", "01-01 05:00")]


@pytest.mark.parametrize(
    ("text", "kind", "problem"),
    [
        ("location,time\nX,2024-01-01\nY,2024-01-01\n", PanelError, "`flags.csv` flags no place of the readings"),
        ("when,location\n2024-01-01,A\n", PanelError, "`flags.csv` has no column of time that could be recognised"),
        ("time,reason\n2024-01-01,A\n", PanelError, "`flags.csv` has no column of location that could be recognised"),
        ("time,location\n2024-13-01,A\n", PanelError, "1 timestamp of `time` can't be read"),
        ("time,location\n2024-01-01,\n", PanelError, "1 row of `flags.csv` has no name in `location`"),
        ("time,location\n", FileError, ""),
    ],
)
def test_what_is_wrong_is_told(read, text, kind, problem):
    with pytest.raises(kind) as caught:
        read(text)
    told = caught.value.problems[0]
    assert problem in told.problem
    assert told.found
    assert told.expected


@pytest.mark.shared_data
def test_the_flags_of_the_balancing_authorities(shared_data):
    flags = read_flags(shared_data / "us_ba_2015_2020" / "anomaly_flags.csv.gz", ["AEC", "NSB"], step=HOUR)
    assert set(flags.table["location"]) == {"AEC", "NSB"}
    assert ("AEC", "09-07 10:00") in rows(flags)
