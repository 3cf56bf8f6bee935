import warnings

import numpy as np
import pandas as pd
import pytest

from gridcast.errors import GridcastWarning, PanelError
from gridcast.features.events import Events

HOUR = pd.Timedelta(hours=1)


def make(*rows, around=0):
    """Make events of rows (start, end, local, category, location)."""
    rows = [(pd.Timestamp(start), pd.Timestamp(end), *others) for start, end, *others in rows]
    return Events(pd.DataFrame(rows, columns=["start", "end", "local", "category", "location"]), around)


def test_a_moment_in_utc_is_the_same_moment_in_every_zone():
    match = make(("2024-07-14 19:00", "2024-07-14 21:00", False, "match", ""))
    times = pd.date_range("2024-07-14 18:00", periods=5, freq="h", tz="UTC")
    for zone in ("UTC", "America/New_York", "Australia/Lord_Howe"):
        assert match.at(times, zone).ravel().tolist() == [0, 1, 1, 0, 0]
    assert match.at(times.tz_convert("Asia/Kolkata")).ravel().tolist() == [0, 1, 1, 0, 0]
    assert match.at(times.tz_localize(None)).ravel().tolist() == [0, 1, 1, 0, 0]


def test_a_local_moment_follows_the_clock():
    # 18:00 in Berlin is 17:00 UTC in winter and 16:00 in summer
    match = make(("2024-01-14 18:00", "2024-01-14 19:00", True, "m", ""), ("2024-07-14 18:00", "2024-07-14 19:00", True, "m", ""))
    times = pd.DatetimeIndex(["2024-01-14 16:00", "2024-01-14 17:00", "2024-07-14 16:00", "2024-07-14 17:00"])
    assert match.at(times, "Europe/Berlin").ravel().tolist() == [0, 1, 1, 0]


def test_an_event_is_on_in_each_interval_that_it_touches():
    # from 12:15 to 13:00: at no full hour but for the interval from 12:00; what begins at 13:00 is after it
    break_ = make(("2024-05-04 12:15", "2024-05-04 13:00", False, "break", ""))
    times = pd.date_range("2024-05-04 11:00", periods=3, freq="h")
    assert break_.at(times).sum() == 0
    assert break_.at(times, freq=HOUR).ravel().tolist() == [0, 1, 0]


def test_a_local_day_in_daily_readings_is_one_day():
    # the day from 00:00 UTC is for the most part May 4 in New York, and in Tokyo too: its noon is at 21:00 there
    fair = make(("2024-05-04", "2024-05-05", True, "fair", ""), ("2024-05-06 20:00", "2024-05-06 22:00", True, "fair", ""))
    times = pd.date_range("2024-05-03", periods=5, freq="D")
    for zone in ("America/New_York", "Asia/Tokyo", "UTC"):
        assert fair.at(times, zone, freq=pd.Timedelta(days=1)).ravel().tolist() == [0, 1, 0, 1, 0]


def test_categories_become_columns():
    events = make(
        ("2024-05-05", "2024-05-06", True, "School holiday", ""),
        ("2024-05-04", "2024-05-05", True, "school-holiday ", ""),
        ("2024-05-04", "2024-05-05", True, "Fair", ""),
    )
    assert events.names == ("event_fair", "event_school_holiday")
    assert events.at(pd.date_range("2024-05-03", periods=4, freq="D")).tolist() == [[0, 0], [1, 1], [0, 1], [0, 0]]


def test_days_around_by_hand():
    # local days 4 and 5; around 1: half as near a day before and after. The one in UTC ends at 05:00 on May 9 in Tokyo
    events = make(("2024-05-04", "2024-05-06", True, "e", ""), ("2024-05-08 16:00", "2024-05-08 20:00", False, "e", ""), around=1)
    assert events.names == ("event_e", "near_event_e")
    times = pd.date_range("2024-05-02 03:00", periods=9, freq="D")  # noon in Tokyo
    assert events.at(times, "Asia/Tokyo")[:, 1].tolist() == [0, 0.5, 1, 1, 0.5, 0, 0.5, 1, 0.5]


def test_only_the_place_that_it_is_about():
    events = make(("2024-05-04", "2024-05-05", True, "fair", "Kyiv"))
    times = pd.DatetimeIndex(["2024-05-04 12:00"])
    assert [events.at(times, location=place)[0, 0] for place in ("Kyiv", "Lviv", "")] == [1, 0, 0]
    assert events.locations == {"Kyiv"}


def test_only_a_start_and_an_end_are_needed():
    events = Events(pd.DataFrame({"start": pd.to_datetime(["2024-05-04"]), "end": pd.to_datetime(["2024-05-05"])}))
    assert events.names == ("event_event",)
    assert events.at(pd.DatetimeIndex(["2024-05-03 22:00", "2024-05-03 21:59"]), "Europe/Berlin").ravel().tolist() == [1, 0]


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({"start": pd.to_datetime(["2024-05-04"])}, "events have no `end`"),
        ({"start": pd.to_datetime([]), "end": pd.to_datetime([])}, "the calendar of events is empty"),
        ({"start": ["2024-05-04"], "end": ["2024-05-05"]}, "events begin and end at moments"),
        ({"start": pd.to_datetime(["2024-05-04"]), "end": pd.to_datetime(["2024-05-04"])}, "1 event ends before it begins"),
        ({"start": pd.to_datetime(["2024-05-04"]), "end": pd.to_datetime(["NaT"])}, "1 event ends before it begins"),
    ],
)
def test_tables_that_are_no_events_are_refused(table, problem):
    with pytest.raises(PanelError) as caught:
        Events(pd.DataFrame(table))
    assert caught.value.problems[0].problem == problem


def test_events_that_touch_no_reading_are_told():
    events = make(("2024-05-04", "2024-05-05", True, "fair", "Kyiv"))
    days = ("2024-05-03", "2023-05-03", "2024-06-03")
    inside, before, after = (pd.date_range(day, periods=48, freq="h", tz="UTC") for day in days)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        events.check(inside, ["Kyiv", "Lviv"])
    with pytest.warns(GridcastWarning, match="from 2024-05-04 to 2024-05-05, are all outside the readings, from 2023-05-03"):
        events.check(before)
    with pytest.warns(GridcastWarning, match="all outside the readings, from 2024-06-03"):
        events.check(after)
    with pytest.warns(GridcastWarning, match="1 place of the events is not in the panel: `Kyiv`"):
        events.check(inside, ["Lviv"])


def test_many_events_are_as_one_by_one():
    random = np.random.default_rng(0)
    start = pd.Timestamp("2024-01-01") + pd.to_timedelta(random.integers(0, 5000, 40), unit="min")
    rows = [(s, s + pd.Timedelta(minutes=int(m)), False, "e", "") for s, m in zip(start, random.integers(1, 300, 40), strict=True)]
    times = pd.date_range("2024-01-01", periods=5000, freq="min")
    expected = np.max([make(row).at(times) for row in rows], axis=0)
    assert np.array_equal(make(*rows).at(times), expected)
