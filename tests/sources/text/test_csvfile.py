"""CSV files of readings and of places, in the shapes in which they come."""

import contextlib
import gzip

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridcast.errors import ConfigError, FileError, GridcastError, GridcastWarning, PanelError
from gridcast.sources.text.csvfile import Consumption, Places, ReadOptions, read_consumption, read_places
from gridcast.sources.text.rawtable import MOST_COLUMNS

LONG = "timestamp,location,consumption\n2024-01-01 00:00,Kyiv,1\n2024-01-01 00:00,Lviv,2\n2024-01-01 01:00,Kyiv,3\n"
WIDE = "timestamp,Kyiv,Lviv\n2024-01-01 00:00,1,2\n2024-01-01 01:00,3,\n"
BOTH = {"Kyiv": [1.0, 3.0], "Lviv": [2.0, np.nan]}
TOWNS = "id,latitude,longitude,kind,customers\nKyiv,50.45,30.52,town,3\nLviv,49.84,24.03,,2\n"


@pytest.fixture
def readings(tmp_path):
    def read(content: str | bytes, **options: str) -> Consumption:
        path = tmp_path / "load.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_consumption(path, options=ReadOptions(**options))

    return read


@pytest.fixture
def places(tmp_path):
    def read(content: str, **options: str) -> Places:
        path = tmp_path / "places.csv"
        path.write_text(content, encoding="utf-8")
        return read_places(path, options=ReadOptions(**options))

    return read


def problems_of(read, content, **options):
    with pytest.raises(PanelError) as caught:
        read(content, **options)
    return caught.value.problems


def assert_both(read: Consumption) -> None:
    expected = pd.DataFrame(BOTH, index=pd.DatetimeIndex(["2024-01-01 00:00", "2024-01-01 01:00"], tz="UTC", name="timestamp"))
    pd.testing.assert_frame_equal(read.readings, expected, check_column_type=False, check_index_type=False, check_freq=False)
    assert str(read.readings.index.tz) == "UTC"


# ---- readings: layouts ----


@pytest.mark.parametrize("content", [LONG, WIDE], ids=["long", "wide"])
def test_long_and_wide_tables_come_to_the_same(readings, content):
    assert_both(readings(content))


@pytest.mark.parametrize("separator", [";", "\t", "|"])
@pytest.mark.parametrize("content", [LONG, WIDE], ids=["long", "wide"])
def test_separators(readings, content, separator):
    assert_both(readings(content.replace(",", separator)))


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends(readings, end):
    assert_both(readings(WIDE.replace("\n", end)))
    assert_both(readings(WIDE.replace("\n", end).rstrip()))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(readings, encoding):
    read = readings(WIDE.replace("Kyiv", "Zürich").encode(encoding))
    assert list(read.readings.columns) == ["Zürich", "Lviv"]
    assert any("Windows-1252" in said for said in read.said) == (encoding == "cp1252")


def test_gzip_is_known_by_its_content(readings):
    assert_both(readings(gzip.compress(LONG.encode())))


def test_a_file_named_gz_that_is_not_compressed(tmp_path):
    path = tmp_path / "load.csv.gz"
    path.write_text(LONG)
    assert_both(read_consumption(path))


def test_decimal_comma(readings):
    read = readings("time;A;B\n2024-01-01;1,5;2\n2024-01-02;-0,25;1e3\n")
    assert read.readings.to_numpy().tolist() == [[1.5, 2.0], [-0.25, 1000.0]]
    assert "load.csv: decimal comma" in read.said


def test_decimal_commas_and_points_do_not_mix(readings):
    (problem,) = problems_of(readings, "time;A\n2024-01-01;1,5\n2024-01-02;1.234\n")
    assert "`line 3, A: 1.234`" in problem.found


@pytest.mark.parametrize("mark", ["", "NA", "NaN", "null", "-", "n/a", " "])
def test_no_reading(readings, mark):
    assert_both(readings(WIDE.replace(",3,", f",3,{mark}")))


def test_marks_of_no_reading_are_said(readings):
    assert "load.csv: `-`, `NA` taken as no reading" in readings("time,A,B\n2024-01-01,-,1\n2024-01-02,2,NA\n").said


def test_a_location_may_be_called_na(readings):
    assert list(readings(LONG.replace("Kyiv", "NA")).readings.columns) == ["NA", "Lviv"]


def test_locations_that_are_numbers_stay_texts(readings):
    read = readings("zone_id,timestamp,actual\n01,2024-01-01,5\n2,2024-01-01,6\n")
    assert list(read.readings.columns) == ["01", "2"]


def test_wide_columns_that_are_called_as_locations_but_hold_readings(readings):
    read = readings("timestamp,Area,Load\n2024-01-01 00:00,1.5,2\n2024-01-01 01:00,3,4\n")
    assert read.readings.to_numpy().tolist() == [[1.5, 2.0], [3.0, 4.0]]


def test_further_columns_of_a_long_table_are_left_out_and_said(readings):
    read = readings("timestamp,zone,load_mw,weather\n2024-01-01,A,1,rain\n")
    assert list(read.readings.columns) == ["A"]
    assert "load.csv: not used: `weather`" in read.said
    assert "load.csv: long table; time = `timestamp`, location = `zone`, consumption = `load_mw`" in read.said


def test_a_single_column_is_a_single_place(readings):
    read = readings("ds,y\n2024-01-01,1\n2024-01-02,2\n")
    assert read.readings["y"].tolist() == [1.0, 2.0]
    assert "load.csv: one place; time = `ds`, consumption = `y`" in read.said


def test_consumption_beside_other_things_is_a_single_place(readings):
    read = readings("timestamp,load_MW,temperature_F\n2024-01-01,1,30\n")
    assert (list(read.readings.columns), read.unit) == (["load_MW"], "MW")


def test_places_called_as_weak_words_for_consumption_are_wide(readings):
    assert list(readings("time,x,y\n2024-01-01,1,2\n").readings.columns) == ["x", "y"]


def test_units(readings):
    assert readings(LONG.replace("consumption", "consumption (kWh)")).unit == "kWh"
    assert readings(LONG).unit == ""
    assert readings("time,A_MW,B_MW\n2024-01-01,1,2\n").unit == "MW"
    assert readings("time,A_MW,B\n2024-01-01,1,2\n").unit == ""


def test_columns_by_option(readings):
    read = readings("a,b,c,d\n2024-01-01,9,Kyiv,5\n", time_column="a", location_column="C", consumption_column="d")
    assert read.readings["Kyiv"].tolist() == [5.0]


def test_a_column_that_is_not_there_by_option(readings):
    (problem,) = problems_of(readings, LONG, location_column="locaton")
    assert problem.found == "`timestamp`, `location`, `consumption`"
    assert problem.hint == "did you mean `--location-column location`?"


def test_stamps_are_known_by_their_look_where_no_name_tells(readings):
    read = readings(",Kyiv,Lviv\n2024-01-01 00:00,1,2\n2024-01-01 01:00,3,\n")
    assert_both(read)
    assert "load.csv: wide table of 2 places; time = column 1" in read.said


def test_another_column_of_stamps_is_no_place(readings):
    content = "utc_time,local_time,Kyiv,Lviv\n2024-01-01 00:00,2024-01-01 02:00,1,2\n2024-01-01 01:00,2024-01-01 03:00,3,\n"
    assert_both(readings(content))


def test_an_empty_column_and_empty_rows_at_the_end_are_left_out(readings):
    assert_both(readings("timestamp,Kyiv,Lviv,\n2024-01-01 00:00,1,2,\n\n2024-01-01 01:00,3,,\n,,,\n"))


def test_quoted_cells(readings):
    read = readings('"time","Kyiv, west","say ""hi"""\n"2024-01-01","1","2"\n')
    assert list(read.readings.columns) == ["Kyiv, west", 'say "hi"']


# ---- readings: time ----


def test_unsorted_rows_are_sorted_and_said(readings):
    # 02, 00, 01: only the second row comes after a later one
    read = readings("time,A\n2024-01-01 02:00,3\n2024-01-01 00:00,1\n2024-01-01 01:00,2\n")
    assert read.readings["A"].tolist() == [1.0, 2.0, 3.0]
    assert "load.csv: 1 row out of order, now sorted" in read.said


def test_a_long_table_place_after_place_is_in_order(readings):
    said = readings("time,zone,load\n2024-01-01,A,1\n2024-01-02,A,1\n2024-01-01,B,1\n").said
    assert not any("out of order" in sentence for sentence in said)


def test_the_assumed_zone_is_always_said(readings):
    assert "load.csv: stamps carry no offset: taken as UTC (`--timezone` to change)" in readings(WIDE).said
    read = readings(WIDE, timezone="Europe/Kyiv")  # two hours ahead in winter
    assert read.readings.index[0] == pd.Timestamp("2023-12-31 22:00", tz="UTC")
    assert any("taken as Europe/Kyiv" in said for said in read.said)


def test_a_name_with_utc_outweighs_the_zone(readings):
    read = readings(WIDE.replace("timestamp", "timestamp_utc"), timezone="Europe/Kyiv")
    assert_both(read)
    assert any("taken as UTC (as the name of their column says)" in said for said in read.said)


def test_offsets_are_not_said_to_be_missing(readings):
    read = readings("time,A\n2024-01-01T00:00+02:00,1\n2024-07-01T00:00+03:00,2\n")
    assert [str(time) for time in read.readings.index] == ["2023-12-31 22:00:00+00:00", "2024-06-30 21:00:00+00:00"]
    assert not any("no offset" in said for said in read.said)


def test_a_night_of_25_hours_in_a_long_table(readings):
    hours = ["01:00", "02:00", "02:00", "03:00"]
    rows = [f"2024-10-27 {hour},{place},{n}" for place in "AB" for n, hour in enumerate(hours)]
    read = readings("\n".join(["time,zone,load", *rows]), timezone="Europe/Berlin")
    # 01:00 +02:00 is 23:00 UTC of the day before, 03:00 +01:00 is 02:00 UTC
    expected = pd.date_range("2024-10-26 23:00", periods=4, freq="h", tz="UTC")
    assert list(read.readings.index) == list(expected)
    assert read.readings["B"].tolist() == [0.0, 1.0, 2.0, 3.0]


def test_stamps_named_as_ends_go_back_to_the_starts(readings):
    read = readings("hour_ending,load\n2024-01-01 01:00,1\n2024-01-01 02:00,3\n")
    assert [time.hour for time in read.readings.index] == [0, 1]
    assert any("`hour_ending` labels the end of an interval: taken back by 1 h" in said for said in read.said)
    told = readings("time,load\n2024-01-01 01:00,1\n2024-01-01 02:00,3\n", ending=True)
    assert [time.hour for time in told.readings.index] == [0, 1]


@pytest.mark.parametrize(
    ("content", "hours"),
    [
        ("date,time,kwh\n2024-01-01,05:15,1\n", [5.25]),
        ("date,hour,kwh\n2024-01-01,0,1\n2024-01-01,23,2\n", [0.0, 23.0]),
        ("date,hour,kwh\n2024-01-01,1,1\n2024-01-01,24,2\n", [0.0, 23.0]),
        ("date,HE,kwh\n2024-01-01,1,1\n2024-01-01,2,2\n", [0.0, 1.0]),
    ],
)
def test_date_and_hour_in_two_columns(readings, content, hours):
    times = readings(content).readings.index
    assert [time.hour + time.minute / 60 for time in times] == hours


def test_unknown_zone(readings):
    with pytest.raises(ConfigError, match="did you mean `Europe/Berlin`"):
        readings(WIDE, timezone="Europe/Brelin")


# ---- readings: problems ----


def test_all_problems_are_told_at_once_with_their_lines(readings):
    content = "time,A,B\n2024-01-01,1,x\n\nsoon,2,inf\n2024-01-01,4,5 MW\n"
    stamps, cells, infinite, twice = problems_of(readings, content)
    assert "line 4: soon" in stamps.found  # the empty third line counts
    assert cells.found == "`line 2, B: x`, `line 5, B: 5 MW`"
    assert infinite.found == "`line 4, B: inf`"
    assert twice.found == "`2024-01-01 00:00 UTC in lines 2 and 5`"
    assert all(problem.expected for problem in (stamps, cells, infinite, twice))


def test_lines_are_counted_through_quoted_line_breaks(readings):
    content = 'time,zone,load,note\n2024-01-01,A,1,"two\nlines"\n2024-01-02,A,x,\n'
    (problem,) = problems_of(readings, content)
    assert problem.found == "`line 4, load: x`"


def test_a_row_is_named_by_its_first_line_also_after_rows_without_content(readings):
    (problem,) = problems_of(readings, 'time,zone,load,note\n,,,\n2024-01-02,A,x,"two\nlines"\n2024-01-03,A,1,\n')
    assert problem.found == "`line 3, load: x`"


def test_a_reading_that_comes_twice_for_a_location(readings):
    (problem,) = problems_of(readings, LONG + "2024-01-01 01:00,Kyiv,3\n")
    assert problem.problem == "1 reading of `load.csv` comes twice"
    assert problem.found == "`Kyiv at 2024-01-01 01:00 UTC in lines 4 and 5`"
    assert "`--timezone" in problem.hint


def test_five_of_many_are_shown(readings):
    (problem,) = problems_of(readings, "time,A\n" + "".join(f"2024-01-{day:02d},x{day}\n" for day in range(1, 9)))
    assert problem.problem == "8 cells of `load.csv` are no numbers"
    assert problem.found.endswith("`line 6, A: x5` and 3 more")


def test_thousands_separators_are_refused(readings):
    (problem,) = problems_of(readings, 'time,A\n2024-01-01,"1,234"\n')
    assert problem.found == "`line 2, A: 1,234`"
    assert "without thousands separators" in problem.hint


def dotted(numbers, separator=";"):
    times = pd.date_range("2024-03-01", periods=len(numbers), freq="h")
    rows = [f"{time:%d.%m.%Y %H:%M}{separator}{number}" for time, number in zip(times, numbers, strict=True)]
    return "\n".join([f"time{separator}A", *rows]) + "\n"


def test_dots_that_may_separate_thousands_are_warned_of(readings):
    with pytest.warns(GridcastWarning, match=r"each dot in `A`(.|\n)*`1\.517` read as 1\.517(.|\n)*without thousands separators"):
        read = readings(dotted(["1.517"] * 20 + ["998", "", "n/a"]))
    assert read.readings["A"].iloc[0] == 1.517


@pytest.mark.parametrize(
    "numbers",
    [["1.517"] * 19, ["1.517"] * 300 + ["0.998"], ["1.517"] * 20 + ["1517"], ["1.517"] * 20 + ["1.5"], ["998"] * 30],
    ids=["few", "below one", "a thousand without", "one digit", "no dots"],
)
def test_dots_that_are_decimal_marks_are_not_warned_of(readings, numbers):
    assert len(readings(dotted(numbers)).readings) == len(numbers)


def test_dots_between_commas_are_decimal_marks(readings):
    assert readings(dotted(["1.517"] * 30, ",")).readings["A"].iloc[0] == 1.517


def test_a_column_of_words_in_a_wide_table(readings):
    (problem,) = problems_of(readings, "time,A,sky\n2024-01-01,1,grey\n2024-01-02,2,blue\n")
    assert problem.found == "`line 2, sky: grey`, `line 3, sky: blue`"
    assert "`--location-column`" in problem.hint


def test_rows_with_too_many_or_too_few_cells(readings):
    (problem,) = problems_of(readings, "time,A\n2024-01-01,1,2\n2024-01-02,1\n2024-01-03\n")
    assert problem.found == "`line 2: 3 cells`, `line 4: 1 cell`"
    assert problem.expected.startswith("2 cells")


def test_columns_of_the_same_name(readings):
    (problem,) = problems_of(readings, "time,A,A\n2024-01-01,1,2\n")
    assert problem.found == "`A` in columns 2, 3"


def test_a_column_without_a_name(readings):
    (problem,) = problems_of(readings, "time,A,\n2024-01-01,1,2\n")
    assert problem.found == "`column 3`"


def test_rows_without_a_location(readings):
    (problem,) = problems_of(readings, LONG.replace("Lviv", " "))
    assert problem.found == "`line 3: empty`"


def test_no_column_of_time(readings):
    (problem,) = problems_of(readings, "a,b\n1,2\n")
    assert "no column of time" in problem.problem
    assert "--time-column" in problem.hint


def test_no_column_of_consumption(readings):
    (problem,) = problems_of(readings, "time,zone,a,b\n2024-01-01,Kyiv,1,2\n")
    assert "no column of consumption" in problem.problem
    assert "--consumption-column" in problem.hint


def test_no_header(readings):
    (problem,) = problems_of(readings, "2024-01-01,1\n2024-01-02,2\n")
    assert problem.problem == "the first row of `load.csv` is no header"


def test_no_readings_at_all(readings):
    (problem,) = problems_of(readings, "time,A\n2024-01-01,\n")
    assert problem.problem == "`load.csv` has no readings"


def test_readings_too_scattered_for_a_table(readings, monkeypatch):
    monkeypatch.setattr("gridcast.sources.text.gather.MOST_CELLS", 3)
    monkeypatch.setattr("gridcast.sources.text.gather.FEWEST_ROWS", 1.0)
    (problem,) = problems_of(readings, LONG)
    assert problem.problem == "the readings are too scattered for a table"


# ---- the file itself ----


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"time,A", "holds only a header"),
        (b"time,A\n\n", "holds only a header"),
        (b"hello\nworld\n", "is not a table"),
        (b"<html><p>a,b</p>\n", "is not a table"),
        (b'{"time": 1, "A": 2}\n', "is not a table"),
        (b'time,A\n2024-01-01,"1\n2024-01-02,2\n', "is not a table"),
        (b"\x00\x01\x02,\x03", "is not a text file"),
        (b"time,\x81\n1,2\n", "is not a text file"),
        (b"PK\x03\x04rest", "is not a text file"),
        (b"\x1f\x8bnonsense", "is not a sound gzip file"),
        (gzip.compress(LONG.encode(), mtime=0)[:-9], "is not a sound gzip file"),
    ],
)
def test_files_that_are_no_tables(readings, content, problem):
    with pytest.raises(FileError, match=problem) as caught:
        readings(content)
    assert caught.value.problems[0].found
    assert caught.value.problems[0].expected


def test_a_missing_file(tmp_path):
    (tmp_path / "load.csv").write_text(LONG)
    with pytest.raises(FileError, match="is missing") as caught:
        read_consumption(tmp_path / "lod.csv")
    assert caught.value.problems[0].hint == "did you mean `load.csv`?"
    with pytest.raises(FileError, match="no folder"):
        read_consumption(tmp_path / "nowhere" / "load.csv")


def test_a_missing_file_is_not_taken_for_one_of_another_name(tmp_path):
    (tmp_path / "orte.csv").write_text(TOWNS, encoding="utf-8")
    for name, hint in (("nofile.csv", ""), ("ort.csv", "did you mean `orte.csv`?")):
        with pytest.raises(FileError) as caught:
            read_consumption(tmp_path / name)
        assert caught.value.problems[0].hint == hint


def test_a_folder_or_an_impossible_name(tmp_path):
    (tmp_path / "load.csv").write_text(LONG)
    with pytest.raises(FileError, match="is a folder") as caught:
        read_places(tmp_path)
    assert "load.csv" in caught.value.problems[0].hint
    for name in ("load.csv/x", "a\0b", "x" * 1000):
        with pytest.raises(FileError, match="cannot read"):
            read_places(tmp_path / name)


# ---- places ----


def test_places(places):
    table = places(TOWNS).table
    assert list(table.columns) == ["id", "latitude", "longitude", "kind", "customers"]
    assert table["id"].tolist() == ["Kyiv", "Lviv"]
    assert table["longitude"].tolist() == [30.52, 24.03]
    assert table["kind"].tolist() == ["town", ""]
    assert table["customers"].dtype == np.int64


def test_places_under_other_names(places):
    read = places("Name;LAT;lng;code\nKyiv;50,45;30,52;007\n", id_column="name")
    assert read.table.iloc[0].tolist() == ["Kyiv", 50.45, 30.52, "007"]
    assert "places.csv: 1 place; id = `Name`, latitude = `LAT`, longitude = `lng`" in read.said


def test_ids_stay_texts(places):
    assert places("id,lat,lon\n007,1,2\n8,3,4\n").table["id"].tolist() == ["007", "8"]


def test_a_column_whose_name_is_taken_is_left_out(places):
    read = places("location_id,id,lat,lon\nA,1,2,3\n", id_column="location_id")
    assert list(read.table.columns) == ["id", "latitude", "longitude"]
    assert "places.csv: not used: `id`" in read.said


def test_the_row_numbers_of_pandas_are_left_out(places):
    assert list(places(",id,lat,lon\n0,A,2,3\n").table.columns) == ["id", "latitude", "longitude"]


def test_coordinates_off_the_globe(places):
    (problem,) = problems_of(places, "id,lat,lon\nA,91,10\nB,50,200\nC,50,20\n")
    assert problem.problem == "2 places of `places.csv` are not on the globe"
    assert problem.found == "`line 2, A: 91, 10`, `line 3, B: 50, 200`"


def test_swapped_coordinates(places):
    (problem,) = problems_of(places, "id,lat,lon\nA,-120,40\nB,-75,42\n")
    assert problem.problem.endswith("latitude and longitude look swapped")
    assert problem.hint == "`--latitude-column lon --longitude-column lat`"
    read = places("id,lat,lon\nA,-120,40\nB,-75,42\n", latitude_column="lon", longitude_column="lat")
    assert read.table["latitude"].tolist() == [40.0, 42.0]


def test_a_single_latitude_off_the_globe_is_not_taken_for_a_swap(places):
    (problem,) = problems_of(places, "id,lat,lon\na,48,10\nb,95,11\nc,50,12\n")
    assert problem.problem == "1 place of `places.csv` is not on the globe"


def test_missing_coordinates_and_doubled_ids_are_told_together(places):
    twice, absent = problems_of(places, "id,lat,lon\nA,1,2\nA,,2\nB,3,4\n")
    assert twice.found == "`A in lines 2, 3`"
    assert absent.problem == "1 of 3 places of `places.csv` have no coordinates"
    assert "`line 3: A`" in absent.found


def test_coordinates_that_are_no_numbers(places):
    (problem,) = problems_of(places, "id,lat,lon\nA,50N,2\n")
    assert problem.found == "`line 2, lat: 50N`"


def test_places_without_a_name(places):
    assert problems_of(places, "id,lat,lon\n,1,2\n")[0].found == "`line 2: empty`"


def test_columns_of_places_that_are_missing(places):
    for columns, missing in (("a,b", "`--id-column"), ("id,lat", "`--longitude-column"), ("id,lon", "`--latitude-column")):
        found = problems_of(places, f"{columns}\n1,2\n")
        assert [problem.hint.split()[3] for problem in found] == [missing]


def test_places_may_have_no_coordinates_at_all_and_weather_stations_none(places):
    assert list(places("id,customers\na,1\nb,2\n").table) == ["id", "customers"]
    content = "id,lat,lon,kind\na,,,zone\nb,,,zone\ns,50,8,weather\nt,,,weather\n"
    assert places(content).table["latitude"].isna().tolist() == [True, True, False, True]
    for cells, found in (("1,2", "1 of 2 places"), ("1,", "all places")):
        assert found in problems_of(places, content.replace("b,,", f"b,{cells}"))[0].problem
    assert problems_of(places, content.replace("50,8", "95,8"))[0].problem == "1 place of `places.csv` is not on the globe"


def test_a_cell_longer_than_the_module_csv_reads_is_shown_short(readings):
    (problem,) = problems_of(readings, f'time,A\n2024-01-01,1\n2024-01-02,"{"x" * 200_000}"\n2024-01-03,3\n')
    assert problem.found.startswith("`line 3, A: xxx")
    assert len(problem.found) < 100


def test_more_columns_than_places_there_can_be(tmp_path):
    path = tmp_path / "load.csv"
    path.write_text("," * (MOST_COLUMNS + 1) + "\n")
    with pytest.raises(FileError, match="too many columns"):
        read_consumption(path)


def test_rows_without_an_id_are_no_places_that_come_twice(places):
    for rows in ("A,1,2\n,1,2\n", ",1,2\n,1,2\n"):  # the first name known, or none
        (problem,) = problems_of(places, "id,lat,lon\n" + rows)
        assert "no name in `id`" in problem.problem


def test_coordinates_in_words_and_off_the_globe_are_told_together(places):
    words, absent, off = problems_of(places, "id,lat,lon\nA,north,8\nB,,8\nC,95,8\nD,50,8\n")
    assert "north" in words.found
    assert absent.found == "empty cells in `lat`, `lon`: `line 3: B`"
    assert off.found == "`line 4, C: 95, 8`"


# ---- real data ----


@pytest.mark.shared_data
def test_real_readings(shared_data):
    load = read_consumption(shared_data / "nyiso_2005_2020" / "load.csv.gz")
    assert load.readings.shape[1] == 11
    # the first row of the file: 2005-02-01 05:00:00+00:00,1689.4,1010.9,...
    assert load.readings.iloc[0, :2].tolist() == [1689.4, 1010.9]
    assert load.readings.index[0] == pd.Timestamp("2005-02-01 05:00", tz="UTC")
    assert load.readings.index.is_monotonic_increasing


@pytest.mark.shared_data
@pytest.mark.parametrize(("name", "rows"), [("us_ba_2015_2020", 80), ("nyiso_2005_2020", 12)])
def test_real_places(shared_data, name, rows):
    table = read_places(shared_data / name / "locations.csv").table
    assert len(table) == rows  # weather stations included
    assert {"kind", "name", "coordinate_source"} < set(table.columns)


@pytest.mark.shared_data
def test_real_places_without_coordinates(shared_data):
    table = read_places(shared_data / "gefcom2012" / "locations.csv").table
    assert len(table) == 31  # 20 zones, 11 weather stations
    assert table[["latitude", "longitude"]].isna().all(axis=None)


@pytest.mark.shared_data
def test_a_real_long_table_with_numbers_for_zones(shared_data):
    weeks = read_consumption(shared_data / "gefcom2012" / "test_weeks.csv.gz")
    assert list(weeks.readings.columns) == [str(zone) for zone in range(1, 22)]
    # 1,2005-03-06 00:00:00,19964
    assert weeks.readings.loc["2005-03-06 00:00:00+00:00", "1"] == 19964


@pytest.mark.shared_data
def test_a_real_single_place(shared_data):
    load = read_consumption(shared_data / "gefcom2014" / "load_temperature.csv.gz")
    assert (list(load.readings.columns), load.unit) == (["load_MW"], "MW")


# ---- properties ----

VALUES = st.one_of(st.just(np.nan), st.floats(-1e12, 1e12, allow_nan=False))
TABLES = st.integers(2, 6).flatmap(
    lambda places: st.lists(st.lists(VALUES, min_size=places, max_size=places), min_size=2, max_size=8)
)
ANY_FILE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)


@ANY_FILE
@pytest.mark.filterwarnings("ignore::gridcast.errors.GridcastWarning")  # of codes such as 32767 among the values
@given(TABLES, st.sampled_from(",;\t|"), st.booleans(), st.randoms(use_true_random=False))
def test_what_is_written_is_read(readings, values, separator, long, random):
    times = pd.date_range("2024-01-01", periods=len(values), freq="h", tz="UTC", name="timestamp")
    wide = pd.DataFrame(values, index=times, columns=[f"P{n}" for n in range(len(values[0]))])
    wide.iloc[0, 0] = 1.0  # one reading at least
    table = wide.melt(ignore_index=False, var_name="location", value_name="load") if long else wide
    table = table.reset_index()
    order = list(range(len(table)))
    random.shuffle(order)
    read = readings(table.iloc[order].to_csv(index=False, sep=separator)).readings
    pd.testing.assert_frame_equal(
        read[wide.columns], wide, check_freq=False, check_column_type=False, check_index_type=False, rtol=0, atol=0
    )


FRAGMENTS = st.sampled_from([",", ";", "\n", '"', "\0", "\r", "-", "nan", "9" * 20, "24:00", "/", "Z", "é", "1e999", "hour", " - "])
GOOD = (LONG, WIDE, TOWNS, "date,hour,kwh\n2024-01-01,1,5\n2024-03-31,24,6\n", "t;A\n1/2/2024 02:00;1,5\n31/3/2024 02:30;2\n")


def never_fails(tmp_path, content: bytes) -> None:
    path = tmp_path / "any.csv"
    path.write_bytes(content)
    for read in (read_consumption, read_places):
        with contextlib.suppress(GridcastError):
            read(path, options=ReadOptions(timezone="Europe/Berlin"))


@ANY_FILE
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_in_order(tmp_path, content):
    never_fails(tmp_path, content)


@ANY_FILE
@given(
    st.sampled_from(GOOD), st.lists(st.tuples(st.integers(0, 120), st.integers(0, 9), st.one_of(FRAGMENTS, st.text(max_size=3))))
)
def test_any_mutation_of_a_good_file_is_read_or_refused_in_order(tmp_path, content, cuts):
    for start, length, new in cuts:
        content = content[:start] + new + content[start + length :]
    never_fails(tmp_path, content.encode("utf-8", "surrogatepass"))


@ANY_FILE
@given(st.integers(0, 120), st.integers(0, 255))
def test_any_damage_to_a_gzip_file_is_read_or_refused_in_order(tmp_path, position, byte):
    packed = bytearray(gzip.compress(LONG.encode(), mtime=0))
    packed[position % len(packed)] = byte
    never_fails(tmp_path, bytes(packed))
