"""Timestamps of many forms become the same moments."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from gridcast.clock import find_zone
from gridcast.errors import ConfigError
from gridcast.sources.text.stamps import Stamps, read_stamps


def read(*texts: str | None, zone: str = "UTC", place: list[int] | None = None) -> Stamps:
    column = pa.array(texts, pa.string())
    rows = np.zeros(len(texts), np.intp) if place is None else np.array(place, np.intp)
    return read_stamps(column, rows, zone, lambda rows: [f"row {row}: {texts[row]}" for row in rows], "t", days=True)


def moments(*texts: str, zone: str = "UTC", place: list[int] | None = None) -> list[str]:
    stamps = read(*texts, zone=zone, place=place)
    assert not stamps.problems
    return [f"{pd.Timestamp(int(moment), unit='us'):%Y-%m-%d %H:%M}" for moment in stamps.utc]


@pytest.mark.parametrize(
    "text",
    [
        "2024-02-13 14:05",
        "2024-02-13T14:05:00",
        "2024-02-13T14:05:00.000Z",
        "2024-02-13 14:05:00+00:00",
        "2024-02-13 14:05 UTC",
        "2024-02-13T15:05+01",
        "2024-02-13T09:05:00-0500",
        "2024/02/13 14:05",
        "2024-2-13 14:05",
        " 2024-02-13 14:05 ",
        "20240213T1405",
        "202402131405",
        "20240213 14:05:00",
        "13.02.2024 14:05",
        "13/02/2024 14:05",
        "02/13/2024 14:05",
        "2/13/24 2:05 PM",
        "13/02/2024 16:35 +02:30",
        "2024-2-13 09:05 -05",
        "13-Feb-2024 14:05",
        "13 February 2024, 14:05",
        "1707833100",  # 19,766 days of 86,400 s are 1,707,782,400 s; 14 h 5 min are 50,700 s
        "1707833100000",
        "1707833100000000",
        "1707833100000000000",
        "13.02.2024 14:05 - 13.02.2024 15:05",
    ],
)
def test_forms_of_one_moment(text):
    assert moments(text) == ["2024-02-13 14:05"]


def test_a_date_is_its_midnight_and_24_00_the_next():
    assert moments("2024-02-28", "2024-02-28 24:00") == ["2024-02-28 00:00", "2024-02-29 00:00"]
    assert moments("20240228") == ["2024-02-28 00:00"]


def test_noon_and_midnight_of_the_twelve_hour_clock():
    assert moments("2/13/2024 12:00 AM", "2/13/2024 12:00 PM") == ["2024-02-13 00:00", "2024-02-13 12:00"]


@pytest.mark.parametrize(
    "text",
    ["2024-02-30", "2023-02-29", "2024-13-01", "2024-01-01 25:00", "2024-01-01 24:30", "2024-01-01 10:60", "soon", "12",
     "2024", "1234-01-01", "2024-01-01 00:00+25:00", "30 Febtember 2024", "13:00", "1/13/2024 13:00 PM", "99999999", "100000000"],
)  # fmt: skip
def test_what_is_no_stamp(text):
    (problem,) = read(text).problems
    assert "1 timestamp of `t` can't be read" in problem.problem
    assert f"row 0: {text}" in problem.found


def test_an_empty_stamp_is_named():
    (problem,) = read("2024-01-01", None).problems
    assert "row 1" in problem.found


def test_only_five_of_many_bad_stamps_are_shown():
    (problem,) = read("2024-01-01", *["x"] * 7).problems
    assert "7 timestamps" in problem.problem
    assert problem.found.endswith("and 2 more")
    assert problem.found.count("row") == 5


def test_different_offsets_are_honoured():
    # 02:30 comes twice on this night: at +02:00 it is 00:30 UTC, at +01:00 it is 01:30 UTC
    texts = "2024-10-27T02:30+02:00", "2024-10-27T02:30+01:00"
    assert moments(*texts) == ["2024-10-27 00:30", "2024-10-27 01:30"]
    assert not read(*texts, zone="America/New_York").floating


def test_stamps_with_and_without_offset_do_not_mix():
    (problem,) = read("2024-01-01 00:00", "2024-01-01 01:00Z").problems
    assert "mixed time zones" in problem.problem
    assert "1 row with one (`row 1: 2024-01-01 01:00Z`), 1 row without (`row 0: 2024-01-01 00:00`)" in problem.found


def test_a_zone_is_applied_with_its_summer_time():
    # Berlin is one hour ahead of UTC in winter, two in summer
    assert moments("2024-01-01 12:00", "2024-07-01 12:00", zone="Europe/Berlin") == ["2024-01-01 11:00", "2024-07-01 10:00"]
    assert moments("2024-01-01 12:00", zone="UTC-03:30") == ["2024-01-01 15:30"]


def test_the_doubled_hour_is_summer_time_first():
    # summer time ends at 03:00 +02:00 = 01:00 UTC
    night = ["2024-10-27 01:30", "2024-10-27 02:00", "2024-10-27 02:30", "2024-10-27 02:00", "2024-10-27 02:30"]
    utc = ["2024-10-26 23:30", "2024-10-27 00:00", "2024-10-27 00:30", "2024-10-27 01:00", "2024-10-27 01:30"]
    assert moments(*night, zone="Europe/Berlin") == utc
    assert any("twice in autumn" in said for said in read(*night, zone="Europe/Berlin").said)


def test_the_doubled_hour_is_told_apart_for_each_location():
    hour = "2024-10-27 02:00"
    expected = ["2024-10-27 00:00", "2024-10-27 00:00", "2024-10-27 01:00", "2024-10-27 01:00"]
    assert moments(hour, hour, hour, hour, zone="Europe/Berlin", place=[0, 1, 0, 1]) == expected


def test_the_doubled_hour_of_a_file_that_runs_backwards():
    night = ["2024-10-27 03:00", "2024-10-27 02:00", "2024-10-27 02:00", "2024-10-27 01:00"]
    utc = ["2024-10-27 02:00", "2024-10-27 01:00", "2024-10-27 00:00", "2024-10-26 23:00"]
    assert moments(*night, zone="Europe/Berlin") == utc


def test_the_skipped_hour_does_not_exist_and_a_fixed_offset_is_offered():
    (problem,) = read("2024-03-31 01:30", "2024-03-31 02:30", zone="Europe/Berlin").problems
    assert "1 timestamp skipped by the clock of `Europe/Berlin`" in problem.problem
    assert "row 1: 2024-03-31 02:30" in problem.found
    assert "has no summer time: `--timezone UTC+01:00`" in problem.hint
    assert "was given 24 hours: `--timezone local`" in problem.hint
    assert moments("2024-03-31 02:30", zone="UTC+01:00") == ["2024-03-31 01:30"]


def test_the_offset_offered_south_of_the_equator_and_west_of_greenwich():
    assert "UTC+10:30`" in read("2024-10-06 02:10", zone="Australia/Lord_Howe").problems[0].hint
    assert "UTC-05:00`" in read("2024-03-10 02:30", zone="America/New_York").problems[0].hint


def test_where_autumn_has_its_hour_twice_a_stamp_in_the_skipped_hour_is_a_slip():
    texts = ["2024-03-31 02:30", "2024-10-27 02:30", "2024-10-27 02:30"]
    (problem,) = read(*texts, zone="Europe/Berlin").problems
    assert problem.hint == "the hour that comes twice in autumn is there twice: take these rows out, or correct them"


def test_local_labels_are_kept_as_they_are():
    labels = ["2024-03-31 01:00", "2024-03-31 02:00", "2024-10-27 02:00"]
    assert moments(*labels, zone="local") == labels
    (problem,) = read("2024-03-31 02:00+02:00", "2024-03-31 03:00+02:00", zone="local").problems
    assert problem.problem == "the stamps of `t` tell their moments, they are no local labels"
    assert problem.found == "`row 0: 2024-03-31 02:00+02:00`"


def test_each_location_by_its_own_zone():
    hour = "2024-10-27 02:00"
    column = pa.array([hour] * 4)
    zones = ["Europe/Berlin", "Europe/Athens", "UTC"]
    stamps = read_stamps(column, np.array([0, 1, 2, 0], np.intp), zones, lambda rows: [], "t")
    # Berlin: 00:00 UTC, then an hour later; Athens: +03:00 until 04:00
    utc = [f"{pd.Timestamp(int(moment), unit='us'):%d %H:%M}" for moment in stamps.utc]
    assert utc == ["27 00:00", "26 23:00", "27 02:00", "27 01:00"]
    (problem,) = read("2024-03-31 02:30", "2024-03-31 02:30", place=[0, 1], zone=("UTC", "Europe/Berlin")).problems
    assert problem.found == "`row 1: 2024-03-31 02:30`"


DAYS = ["2024-03-30", "2024-03-31", "2024-04-01", "2024-04-02"]


@pytest.mark.parametrize(
    ("texts", "zone"),
    [
        (DAYS, "UTC"),
        (DAYS, "Europe/Berlin"),
        ([f"{day} 00:00" for day in DAYS], "America/New_York"),
        (["2024-03-29T23:00Z", "2024-03-30T23:00Z", "2024-03-31T22:00Z", "2024-04-01T22:00Z"], "Europe/Berlin"),
        (["2024-03-29T23:00Z", "2024-03-30T23:00Z", "2024-03-31T22:00Z", "2024-04-01T22:00Z"], "UTC"),
        (["2024-03-30T00:00+01:00", "2024-03-31T00:00+01:00", "2024-04-01T00:00+02:00", "2024-04-02T00:00+02:00"], "UTC"),
        (["2024-03-30T06:00+01:00", "2024-03-31T06:00+02:00", "2024-04-01T06:00+02:00", "2024-04-02T06:00+02:00"], "UTC"),
    ],
)  # fmt: skip
def test_readings_of_days_are_labelled_by_their_local_dates(texts, zone):
    assert moments(*texts, zone=zone) == [f"{day} 00:00" for day in DAYS]
    assert "one reading a day, labelled by its local date" in read(*texts, zone=zone).said
    assert not read(*texts, zone=zone).floating


def test_days_of_a_zone_without_a_midnight_in_spring():
    # Sao Paulo's 2018-11-04 began at 01:00; midnights are 03:00 UTC before, 02:00 UTC from then on
    assert moments("2018-11-03", "2018-11-04", "2018-11-05", zone="America/Sao_Paulo")[1] == "2018-11-04 00:00"
    texts = ["2018-11-03T03:00Z", "2018-11-04T03:00Z", "2018-11-05T02:00Z"]
    assert moments(*texts, zone="America/Sao_Paulo") == ["2018-11-03 00:00", "2018-11-04 00:00", "2018-11-05 00:00"]


def test_days_of_several_places_each_by_its_zone():
    # a day begins at 23:00 UTC in Berlin, at 05:00 UTC in New York
    texts = ["2024-01-01T23:00Z", "2024-01-02T23:00Z", "2024-01-02T05:00Z", "2024-01-03T05:00Z"]
    zones, place = ["Europe/Berlin", "America/New_York"], np.array([0, 0, 1, 1], np.intp)
    stamps = read_stamps(pa.array(texts), place, zones, lambda rows: [], "t", days=True)
    assert pd.DatetimeIndex(stamps.utc.view("datetime64[us]")).strftime("%d %H").tolist() == ["02 00", "03 00"] * 2


def test_stamps_that_are_no_readings_are_no_days():
    stamps = read_stamps(pa.array(DAYS), np.zeros(4, np.intp), "Europe/Berlin", lambda rows: [])
    assert stamps.floating
    assert pd.DatetimeIndex(stamps.utc.view("datetime64[us]")).hour.tolist() == [23, 23, 22, 22]


def test_weeks_hours_and_single_stamps_are_no_days():
    for texts in (["2024-01-01", "2024-01-08", "2024-01-15"], ["2024-01-01 00:00", "2024-01-01 12:00"], ["2024-01-01"]):
        assert moments(*texts, zone="UTC+01:00")[0] == "2023-12-31 23:00"


def test_a_number_above_twelve_tells_the_order_for_all():
    assert moments("01/02/2024", "13/02/2024") == ["2024-02-01 00:00", "2024-02-13 00:00"]
    assert moments("01/02/2024", "02/13/2024") == ["2024-01-02 00:00", "2024-02-13 00:00"]
    assert "dates such as `02/13/2024` are month/day/year" in read("01/02/2024", "02/13/2024").said


def test_otherwise_the_order_in_which_the_stamps_are_regular_is_taken_and_said():
    days = ["01/02/2024", "02/02/2024", "03/02/2024"]  # steps of 1 d; as months 31 - 2 + 2 = 31 d and 29 d
    assert moments(*days) == ["2024-02-01 00:00", "2024-02-02 00:00", "2024-02-03 00:00"]
    assert any("were taken as day/month/year" in said for said in read(*days).said)
    months_first = ["02/01/2024", "02/02/2024", "02/03/2024"]
    assert moments(*months_first) == ["2024-02-01 00:00", "2024-02-02 00:00", "2024-02-03 00:00"]


def test_an_order_that_cannot_be_told_is_an_error():
    (problem,) = read("01/02/2024 00:00", "01/02/2024 01:00").problems
    assert problem.problem == "day and month can't be told apart"
    assert moments("02/02/2024 00:00") == ["2024-02-02 00:00"]  # either order is the same day


def test_both_orders_in_one_column_show_the_rows_that_do_not_fit():
    (problem,) = read("13/02/2024", "14/02/2024", "02/15/2024").problems
    assert "row 2: 02/15/2024" in problem.found


def test_unknown_zones_are_refused_with_a_suggestion():
    for name, meant in (("Europe/Kyv", "Europe/Kyiv"), ("europe/berlin", "Europe/Berlin"), ("UTC+2", "UTC+02:00")):
        with pytest.raises(ConfigError, match="unknown time zone") as caught:
            find_zone(name)
        assert f"did you mean `{meant}`?" in str(caught.value)
    for name in ("", "..", "/etc/passwd", "a\0b", "UTC+99:99"):
        with pytest.raises(ConfigError):
            find_zone(name)
