import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridcast.clock import (
    DAY,
    WEEK,
    clock_zone,
    day_labels,
    describe_freq,
    find_zone,
    from_local,
    infer_freq,
    is_second,
    local_labels,
    regular_times,
    steps_in,
    utc,
)
from gridcast.errors import ConfigError, PanelError

MINUTES = st.sampled_from([1, 5, 10, 15, 30, 60, 180, 1440])


def hours(*numbers: float) -> pd.DatetimeIndex:
    return pd.DatetimeIndex([pd.Timestamp("2024-01-01", tz="UTC") + pd.Timedelta(hours=n) for n in numbers])


def test_the_step_is_the_most_common_difference():
    # differences 1, 4, 1, 2 hours
    assert infer_freq(hours(0, 1, 5, 6, 8)) == pd.Timedelta(hours=1)


@pytest.mark.parametrize("times", [hours(), hours(0)])
def test_one_time_has_no_step(times):
    with pytest.raises(PanelError) as caught:
        infer_freq(times)
    (problem,) = caught.value.problems
    assert problem.problem == "too few readings to tell the time between them"
    assert problem.found == f"{len(times)} different timestamps"
    assert problem.expected == "at least two"


def test_holes_are_filled():
    assert regular_times(hours(0, 1, 4, 5)).equals(hours(0, 1, 2, 3, 4, 5))


@given(minutes=MINUTES, kept=st.sets(st.integers(1, 60)), at=st.datetimes(pd.Timestamp("1990-01-01"), pd.Timestamp("2040-01-01")))
def test_a_clock_with_holes_is_found_again(minutes, kept, at):
    whole = pd.date_range(at, periods=100, freq=pd.Timedelta(minutes=minutes))
    # a run of forty readings, so that the step stays the most common difference
    ticks = np.array(sorted({0, *kept, *range(60, 100)}))
    assert regular_times(whole[ticks]).equals(whole)


def test_times_off_the_clock_are_counted_and_named():
    with pytest.raises(PanelError) as caught:
        regular_times(hours(0, 1, 2, 3.5, 4, 5))
    (problem,) = caught.value.problems
    assert problem.problem == "1 of 6 timestamps are off the regular clock"
    assert problem.found == "`2024-01-01 03:30:00+00:00`"
    assert problem.expected == "one reading every 1 h, counted from 2024-01-01 00:00:00+00:00"
    assert problem.hint == "bring the readings to one regular step first"


@pytest.mark.parametrize(
    ("span", "freq", "steps"), [("7D", "1h", 168), ("1D", "15min", 96), ("1D", "1D", 1), ("1h", "1D", 1), ("25h", "1D", 1)]
)
def test_steps_of_a_span(span, freq, steps):
    assert steps_in(pd.Timedelta(span), pd.Timedelta(freq)) == steps


def test_a_day_and_a_week():
    assert (steps_in(DAY, pd.Timedelta("1h")), steps_in(WEEK, DAY)) == (24, 7)


@pytest.mark.parametrize(
    ("freq", "words"), [("30s", "30 s"), ("15min", "15 min"), ("1h", "1 h"), ("90min", "90 min"), ("36h", "36 h"), ("7D", "7 d")]
)
def test_a_step_in_words(freq, words):
    assert describe_freq(pd.Timedelta(freq)) == words


@pytest.mark.parametrize(
    "time", ["2024-07-01 00:00", "2024-07-01 02:00+02:00", pd.Timestamp("2024-07-01 02:00", tz="Europe/Berlin")]
)
def test_a_moment_in_utc(time):
    assert utc(time) == pd.Timestamp("2024-07-01", tz="UTC")
    assert str(utc(time).tz) == "UTC"


def test_jittered_stamps_are_refused_and_not_laid_on_a_clock_of_seconds():
    stamps = pd.DatetimeIndex([f"2024-01-01 {hour:02}:00:{second:02}" for hour in range(24) for second in (0, 1, 2)])
    with pytest.raises(PanelError, match="the timestamps are irregular") as caught:
        regular_times(stamps)
    assert "most often 1 s apart" in caught.value.problems[0].found


def test_five_minutes_with_gaps_and_a_missing_month():
    whole = pd.date_range("2024-01-01 00:17", "2024-04-01", freq="5min", tz="UTC")
    kept = whole[(whole.month != 2) & (np.arange(len(whole)) % 7 != 3)]
    assert regular_times(kept).equals(whole[: whole.get_loc(kept[-1]) + 1])


def test_steps_below_a_minute():
    whole = pd.date_range("2024-01-01 00:00:05", periods=500, freq="10s", tz="UTC")
    assert regular_times(whole[[*range(100), *range(300, 500)]]).equals(whole)


def test_hours_that_are_seconds_off_are_refused():
    whole = pd.date_range("2024-01-01", periods=500, freq="h", tz="UTC")
    stamps = whole + pd.to_timedelta(np.arange(500) * 7919 % 11, unit="s")
    with pytest.raises(PanelError, match=r"off the regular clock|irregular") as caught:
        regular_times(stamps)
    assert "bring the readings to one regular step first" in caught.value.problems[0].hint


@pytest.mark.parametrize(("freq", "words"), [("7D", "7 d"), ("MS", "31 d"), ("36h", "36 h")])
def test_weeks_and_months_are_refused(freq, words):
    with pytest.raises(PanelError, match="more than a day apart") as caught:
        regular_times(pd.date_range("2020-01-01", periods=40, freq=freq, tz="UTC"))
    problem = caught.value.problems[0]
    assert f"most often {words} apart" in problem.found
    assert problem.expected == "a reading every 5, 15, 30 or 60 minutes, or every day"


def test_zones():
    assert str(find_zone("Europe/Kyiv")) == "Europe/Kyiv"
    assert find_zone("local").utcoffset(None) == pd.Timedelta(0)
    with pytest.raises(ConfigError) as caught:
        find_zone("locl")
    assert caught.value.problems[0].hint == "did you mean `local`?"


def test_a_zone_is_meant_by_the_name_that_it_has_today(tmp_path, monkeypatch):
    rows = "# comment\nUA\t+5026+03031\tEurope/Kyiv\tmost of Ukraine\nUM\t+1917+16637\tPacific/Wake\n"
    (tmp_path / "zone.tab").write_text(rows, encoding="utf-8")
    monkeypatch.setattr("gridcast.clock.zoneinfo.TZPATH", (str(tmp_path / "nothing"), str(tmp_path)))
    monkeypatch.setattr("gridcast.clock.zoneinfo.available_timezones", lambda: {"Europe/Kiev", "Europe/Kyiv", "US/Pacific"})
    for name, meant in (("Europe/Kiew", "Europe/Kyiv"), ("US/Pacifik", "US/Pacific")):
        with pytest.raises(ConfigError) as caught:
            find_zone(name)
        assert caught.value.problems[0].hint == f"did you mean `{meant}`?"


def test_days_go_by_their_labels_and_all_else_by_its_zone():
    zone = "Europe/Berlin"
    assert [clock_zone(zone, pd.Timedelta(hours=each)) for each in (1, 12, 24)] == [zone, zone, "local"]


def test_labels_of_a_local_clock():
    times = pd.DatetimeIndex(["2024-01-01 12:00", "2024-07-01 12:00"])
    assert local_labels(times, "America/New_York").strftime("%H").tolist() == ["07", "08"]
    assert local_labels(times.tz_localize("Asia/Tokyo"), "Europe/London").strftime("%H").tolist() == ["03", "04"]
    assert local_labels(times, "local").equals(times)


def test_skipped_labels_come_as_much_earlier_as_was_skipped():
    # Lord Howe skips from 02:00 to 02:30, Sao Paulo from 00:00 to 01:00, Samoa the whole of 2011-12-30
    for zone, label, earlier in (
        ("Australia/Lord_Howe", "2024-10-06 02:10", "2024-10-06 01:40"),
        ("America/Sao_Paulo", "2018-11-04 00:15", "2018-11-03 23:15"),
        ("Pacific/Apia", "2011-12-30 10:00", "2011-12-29 10:00"),
    ):
        moments, exists = from_local(pd.DatetimeIndex([label]), zone)
        assert not exists[0]
        assert local_labels(moments, zone)[0] == pd.Timestamp(earlier)


@given(
    st.sampled_from(
        ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Sao_Paulo", "Europe/Dublin"]
    ),
    st.dates(pd.Timestamp("1950-01-01").date(), pd.Timestamp("2040-01-01").date()),
)
def test_moments_come_back_from_their_labels(zone, day):
    times = pd.date_range(day, periods=400, freq="30min", tz="UTC")
    second = is_second(times, zone)
    moments, exists = from_local(local_labels(times, zone), zone, second)
    assert exists.all()
    assert (moments == times).all()
    assert second.sum() <= 2  # half hours, of one autumn at most


@settings(max_examples=30)
@given(
    st.sampled_from(["Europe/Berlin", "America/New_York", "America/Adak", "Pacific/Auckland", "America/Sao_Paulo", "UTC"]),
    st.dates(pd.Timestamp("2000-01-01").date(), pd.Timestamp("2019-01-01").date()),
    st.sampled_from([0, 6, 9]),
    st.randoms(use_true_random=False),
)
def test_local_days_become_dates_with_the_zone_or_without(zone, day, hour, random):
    dates = pd.date_range(day, periods=300)
    times = (dates + pd.Timedelta(hours=hour)).tz_localize(zone, nonexistent="shift_forward", ambiguous=np.ones(300, bool))
    order = random.sample(range(300), 300)
    moments = times.tz_convert("UTC")[order]
    assert day_labels(moments, zone).equals(dates[order])
    if hour == 0:
        assert day_labels(moments, "UTC").equals(dates[order])
