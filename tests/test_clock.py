import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridcast.clock import DAY, WEEK, describe_freq, infer_freq, regular_times, steps_in, utc
from gridcast.errors import PanelError

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
