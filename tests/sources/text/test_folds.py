"""The doubled hour of autumn is told apart by a column of marks."""

import pyarrow as pa
import pytest

from gridcast.errors import PanelError
from gridcast.sources.readings import Consumption, ReadOptions
from gridcast.sources.text.csvfile import read_consumption
from gridcast.sources.text.folds import is_mark

# 00:00 to 02:00 UTC; Berlin's clock goes back from 03:00 to 02:00 at 01:00 UTC
NIGHT = ["2024-10-27 01:00", "2024-10-27 02:00", "2024-10-27 02:00", "2024-10-27 03:00"]
IN_ORDER, SWAPPED = [1, 2, 3, 4], [1, 3, 2, 4]


@pytest.fixture
def night(tmp_path):
    """Return a function that reads the night with a column of marks."""

    def read(name: str, *marks: str, zone: str = "Europe/Berlin", **options: str) -> Consumption:
        path = tmp_path / "load.csv"
        rows = (f"{stamp},{mark},{number}" for stamp, mark, number in zip(NIGHT, marks, range(1, 5), strict=True))
        path.write_text("\n".join([f"time,{name},load", *rows, ""]))
        return read_consumption(path, options=ReadOptions(timezone=zone, **options))

    return read


@pytest.mark.parametrize(
    ("name", "marks", "readings"),
    [
        ("fold", "0 0 1 0", IN_ORDER),
        ("fold", "0 1 0 0", SWAPPED),
        ("Fold", "False True False False", SWAPPED),
        ("Repeated Hour Flag", "N Y N N", SWAPPED),
        ("dst", "1 0 1 0", SWAPPED),
        ("is_dst", "true true false false", IN_ORDER),
        ("summer_time", "S W S W", SWAPPED),
        ("DST flag", "yes no yes no", SWAPPED),
        ("DSTFlag", "N Y N N", SWAPPED),  # not set at 01:00 in summer, so that it marks the repeated hour
        ("DSTFlag", "Y N Y N", SWAPPED),
        ("timezone", "CEST CET CEST CET", SWAPPED),
        ("tz", "MESZ MESZ MEZ MEZ", IN_ORDER),
        ("utc_offset", "+02:00 +01:00 +02:00 +01:00", SWAPPED),
        ("offset", "+02 +02 +01 +01", IN_ORDER),
    ],
)
def test_marks(night, name, marks, readings):
    read = night(name, *marks.split())
    assert read.readings.iloc[:, 0].tolist() == readings
    assert read.readings.index.strftime("%H:%M").tolist() == ["23:00", "00:00", "01:00", "02:00"]
    assert f"the hour that comes twice in autumn is told apart by `{name}`" in read.said
    assert any(f"fold = `{name}`" in sentence for sentence in read.said)


def test_an_empty_mark_is_one_that_is_not_set(night):
    assert night("repeated_hour", "", "X", "", "").readings.iloc[:, 0].tolist() == SWAPPED


def test_a_column_by_option(night):
    # 01:00 is in summer and not marked, so that the mark is of the hour's second time
    assert night("zweite", "0", "1", "0", "0", fold_column="zweite").readings.iloc[:, 0].tolist() == SWAPPED
    with pytest.raises(PanelError, match="has no column `fld`") as caught:
        night("fold", "0", "1", "0", "0", fold_column="fld")
    assert caught.value.problems[0].hint == "did you mean `--fold-column fold`?"


def test_marks_that_tell_nothing_are_refused(night):
    with pytest.raises(PanelError, match="2 rows in the hour that comes twice in autumn can't be told apart") as caught:
        night("fold", "0", "first", "second", "0", fold_column="fold")
    assert caught.value.problems[0].found == "`line 3: first`, `line 4: second`"


def test_equal_marks_leave_two_readings_of_one_moment(night):
    with pytest.raises(PanelError, match="comes twice"):
        night("fold", "0", "0", "0", "0")


def test_without_a_zone_the_marks_do_not_help_and_the_zone_is_asked_for(night):
    with pytest.raises(PanelError, match="comes twice") as caught:
        night("fold", "0", "0", "1", "0", zone="UTC")
    assert "`--timezone Europe/Berlin`" in caught.value.problems[0].hint


def test_a_mark_in_a_wide_table_is_no_place(tmp_path):
    path = tmp_path / "load.csv"
    path.write_text("time,A,B,dst\n2024-07-01 00:00,1,2,1\n2024-07-01 01:00,3,4,1\n")
    assert read_consumption(path, options=ReadOptions(timezone="Europe/Berlin")).readings.columns.tolist() == ["A", "B"]


def test_readings_under_the_name_of_a_mark_are_a_place(tmp_path):
    path = tmp_path / "load.csv"
    path.write_text("time,A,dst\n2024-07-01 00:00,1,17\n2024-07-01 01:00,3,18\n")
    assert read_consumption(path).readings.columns.tolist() == ["A", "dst"]


def test_hours_that_end_with_a_flag_as_of_a_system_operator(tmp_path):
    # the second hour of 2024-11-03 begins at 01:00 and comes twice in Chicago, at 06:00 and 07:00 UTC
    path = tmp_path / "load.csv"
    rows = ["11/02/2024,24:00,N,1", "11/03/2024,01:00,N,2", "11/03/2024,02:00,Y,4", "11/03/2024,02:00,N,3", "11/03/2024,03:00,N,5"]
    path.write_text("\n".join(["DeliveryDate,HourEnding,DSTFlag,Load", *rows, ""]))
    readings = read_consumption(path, options=ReadOptions(timezone="America/Chicago")).readings
    assert readings.iloc[:, 0].tolist() == [1, 2, 3, 4, 5]
    assert str(readings.index[0]) == "2024-11-03 04:00:00+00:00"


@pytest.mark.parametrize(
    ("name", "cells", "mark"),
    [
        ("dst", ["0", "1", None], True),
        ("Time Zone", ["EST", "EDT"], True),
        ("timezone", ["Europe/Berlin"], False),
        ("dst", ["0", "1", "2"], False),
        ("weather", ["0", "1"], False),
    ],
)
def test_what_is_a_mark(name, cells, mark):
    assert is_mark(name, pa.array(cells)) is mark
