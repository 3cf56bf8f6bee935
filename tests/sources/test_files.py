"""One door for files of readings: a file, a folder or a pattern; joined where they agree, refused with all problems where not."""

import gzip
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from gridcast.errors import FileError, PanelError
from gridcast.sources.files import read_consumption_files, read_places_file
from gridcast.sources.pair import read_panel
from gridcast.sources.readings import ReadOptions

JANUARY = "timestamp,Kyiv,Lviv\n2024-01-01 00:00,1,2\n2024-01-01 01:00,3,\n"
FEBRUARY = "timestamp,Kyiv,Lviv\n2024-02-01 00:00,5,6\n2024-02-01 01:00,7,8\n"


@pytest.fixture
def folder(tmp_path):
    """Return a function that writes files by their names into a folder."""

    def write(**files: str | bytes):
        for name, content in files.items():
            path = tmp_path / "load" / name.replace("__", "/").replace("_csv", ".csv")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return tmp_path / "load"

    return write


def test_rows_are_joined_in_time(folder):
    read = read_consumption_files(folder(b_csv=JANUARY, a_csv=FEBRUARY))
    assert read.readings["Kyiv"].tolist() == [1.0, 3.0, 5.0, 7.0]
    assert read.readings.index.is_monotonic_increasing
    assert read.said[0] == "2 files read: `a.csv`, `b.csv`"
    assert "wide table of 2 places; time = `timestamp`" in read.said


def test_columns_are_joined_by_place(folder):
    read = read_consumption_files(folder(a_csv=JANUARY, b_csv=JANUARY.replace("Kyiv,Lviv", "Odesa,Dnipro")))
    assert list(read.readings.columns) == ["Kyiv", "Lviv", "Odesa", "Dnipro"]
    assert read.readings.iloc[0].tolist() == [1.0, 2.0, 1.0, 2.0]


def test_names_do_not_tell_what_a_file_is(folder):
    files = {
        "a_csv": gzip.compress(JANUARY.encode()),
        "b.gz": FEBRUARY,
        "c.txt": pa.compress(FEBRUARY.replace("-02-", "-03-").encode(), "zstd", asbytes=True),
    }
    assert len(read_consumption_files(folder(**files)).readings) == 6


def test_text_and_parquet_are_joined_alike(folder, tmp_path):
    address = folder(a_csv=JANUARY)
    times = pd.date_range("2024-01-01 02:00", periods=2, freq="h", tz="UTC", name="timestamp")
    pd.DataFrame({"Kyiv": [9.0, 9.5]}, index=times).to_parquet(address / "b.parquet")
    assert read_consumption_files(address).readings["Kyiv"].tolist() == [1.0, 3.0, 9.0, 9.5]


def test_a_pattern(folder):
    address = folder(**{"2024-01_csv": JANUARY, "2024-02_csv": FEBRUARY, "notes_csv": "x"})
    assert len(read_consumption_files(f"{address}/2024-*.csv").readings) == 4
    assert len(read_consumption_files(f"{address}/**/2024-01*").readings) == 2


def test_folders_in_the_folder_with_files_of_the_same_name(folder):
    read = read_consumption_files(folder(**{"2024__01__load_csv": JANUARY, "2024__02__load_csv": FEBRUARY}))
    assert read.said[0] == "2 files read: `01/load.csv`, `02/load.csv`"


def test_hidden_files_and_marks_are_left_out_and_other_kinds_said(folder):
    read = read_consumption_files(
        folder(a_csv=JANUARY, _SUCCESS="", **{".a.crc": "x", "README.md": "readings", "_old__b_csv": "x"})
    )
    assert read.said[0] == "load: left out: `README.md`"
    assert len(read.readings) == 2


def test_overlap_with_equal_readings_is_said(folder):
    read = read_consumption_files(folder(a_csv=JANUARY, b_csv=JANUARY + "2024-01-01 02:00,5,6\n"))
    assert "3 readings in several files, equal in all of them" in read.said  # the fourth is missing in both
    assert read.readings["Lviv"].tolist()[::2] == [2.0, 6.0]


def test_a_reading_fills_a_gap_of_another_file(folder):
    whole = JANUARY.replace("3,\n", "3,4\n")
    for files in ({"a_csv": JANUARY, "b_csv": whole}, {"a_csv": whole, "b_csv": JANUARY}):
        assert read_consumption_files(folder(**files)).readings["Lviv"].tolist() == [2.0, 4.0]


def test_overlap_with_other_readings_names_file_place_and_time(folder):
    with pytest.raises(PanelError) as caught:
        read_consumption_files(folder(a_csv=JANUARY, b_csv=JANUARY.replace("3,", "4,")))
    (problem,) = caught.value.problems
    assert problem.problem == "`b.csv` has other readings than the files before it"
    assert problem.found == "`Kyiv at 2024-01-01 01:00 UTC: 3 in a.csv, 4 in b.csv`"


def test_a_file_for_each_place_asks_for_names(folder):
    with pytest.raises(PanelError) as caught:
        read_consumption_files(folder(a_csv="time,load\n2024-01-01,1\n2024-01-02,1\n", b_csv="time,load\n2024-01-01,2\n"))
    assert "give its column of readings the name of the place" in caught.value.problems[0].hint


def test_the_problems_of_all_files_are_told_at_once(folder):
    with pytest.raises(PanelError) as caught:
        read_consumption_files(folder(a_csv=JANUARY.replace("3", "x"), b_csv=FEBRUARY, c_csv=b"PK\x03\x04", d_csv="id,lat\nA,1\n"))
    assert [problem.problem for problem in caught.value.problems] == [
        "1 cell of `a.csv` is no number",
        "`c.csv` is not a text file",
        "`d.csv` has no column of time that could be recognised",
    ]


def test_different_units_are_refused(folder):
    with pytest.raises(PanelError, match="different units"):
        read_consumption_files(folder(a_csv="time,load_kW\n2024-01-01,1\n", b_csv="time,load_MW\n2024-01-02,1\n"))


def test_a_span_of_time(folder):
    address = folder(a_csv=JANUARY, b_csv=FEBRUARY)
    readings = read_consumption_files(address, start="2024-01-01 01:00", end="2024-02-01 01:00").readings
    assert readings["Kyiv"].tolist() == [3.0, 5.0]
    with pytest.raises(PanelError, match="no readings in the span of time") as caught:
        read_consumption_files(address, start="2025-01-01")
    assert "2024-02-01 01:00" in caught.value.problems[0].found


def test_a_span_outside_a_parquet_file(tmp_path):
    times = pd.date_range("2024-01-01", periods=48, freq="h", tz="UTC", name="timestamp")
    pd.DataFrame({"A": np.arange(48.0)}, index=times).to_parquet(tmp_path / "load.parquet")
    assert len(read_consumption_files(tmp_path / "load.parquet", end="2024-01-01 05:00").readings) == 5
    with pytest.raises(PanelError, match="no readings"):
        read_consumption_files(tmp_path / "load.parquet", start="2025-01-01")


@pytest.mark.parametrize("address", ["no.csv", "no/*.csv", "*.parquet", "no/load.csv", "a\0b", "a\0*", "x" * 1000, "[", "no[/*"])
def test_addresses_without_a_file(tmp_path, address):
    with pytest.raises(FileError) as caught:
        read_consumption_files(f"{tmp_path}/{address}")
    assert caught.value.problems[0].expected


def test_a_folder_without_files(folder):
    with pytest.raises(FileError, match="no file to read") as caught:
        read_consumption_files(folder(_SUCCESS=""))
    assert caught.value.problems[0].found == "`_SUCCESS`"


def test_places_may_be_parquet(tmp_path):
    table = pd.DataFrame({"id": ["Kyiv", "Lviv"], "lat": [50.45, 49.84], "lon": [30.52, 24.03]})
    table.to_parquet(tmp_path / "places")
    assert read_places_file(tmp_path / "places").table["id"].tolist() == ["Kyiv", "Lviv"]
    (tmp_path / "load.csv").write_text(JANUARY)
    panel = read_panel(f"{tmp_path}/load*", tmp_path / "places").panel
    assert panel.locations == ("Kyiv", "Lviv")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_folder_that_may_not_be_read(folder, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_file", refuse)
    with pytest.raises(FileError, match="cannot read the folder") as caught:
        read_consumption_files(folder(a_csv=JANUARY))
    assert "Permission denied" in caught.value.problems[0].found


def test_pipes_in_a_folder_are_no_files(folder):
    address = folder(a_csv=JANUARY)
    os.mkfifo(address / "b.csv")
    assert len(read_consumption_files(address).readings) == 2


def test_options_hold_for_all_files(folder):
    read = read_consumption_files(folder(a_csv=JANUARY, b_csv=FEBRUARY), options=ReadOptions(timezone="Europe/Kyiv"))
    assert read.readings.index[0] == pd.Timestamp("2023-12-31 22:00", tz="UTC")
