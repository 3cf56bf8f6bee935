"""The same local hour some days before, across days of 23 and 25 hours, and never a look ahead."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridcast.clock import is_second, local_labels
from gridcast.errors import ConfigError, ShapeError
from gridcast.features.lags import lagged, local_lag, local_season

HOUR = pd.Timedelta(hours=1)
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Sao_Paulo", "Europe/Dublin", "UTC"]


def clock(start: str, days: int, freq: pd.Timedelta = HOUR) -> pd.DatetimeIndex:
    return pd.date_range(start, periods=int(days * pd.Timedelta(days=1) / freq), freq=freq, tz="UTC")


def lag(times: pd.DatetimeIndex, zone: str, moment: str, *, days: int = 1, freq: pd.Timedelta = HOUR) -> str:
    """What the local clock showed at the lag of a moment."""
    row = local_lag(times, zone, days=days, freq=freq)[times.get_loc(pd.Timestamp(moment))]
    return f"{local_labels(times, zone)[row]:%m-%d %H:%M}"


def test_a_day_later_than_the_skipped_hour_it_is_taken_from_the_hour_before():
    # Berlin's clock skips 02:00 on 2024-03-31; 02:00 of April 1st is 00:00 UTC
    times = clock("2024-03-29", 5)
    assert lag(times, "Europe/Berlin", "2024-03-31 23:00Z") == "03-31 01:00"
    assert lag(times, "Europe/Berlin", "2024-04-01 00:00Z") == "03-31 01:00"
    assert lag(times, "Europe/Berlin", "2024-04-01 01:00Z") == "03-31 03:00"


def test_quarters_of_the_skipped_hour_keep_their_minutes():
    times = clock("2024-03-29", 5, HOUR / 4)
    assert lag(times, "Europe/Berlin", "2024-04-01 00:15Z", freq=HOUR / 4) == "03-31 01:15"


def test_the_doubled_hour_leads_back_to_one_hour_and_is_led_back_to_by_its_first():
    # 02:00 comes twice on 2024-10-27, at 00:00 and 01:00 UTC; 02:00 of the 26th is 00:00 UTC, of the 28th 01:00 UTC
    times = clock("2024-10-25", 5)
    rows = local_lag(times, "Europe/Berlin", days=1, freq=HOUR)
    # rows count from the 25th: 48 is 00:00 UTC of the 27th
    assert rows[[48, 49]].tolist() == [24, 24]
    assert rows[24 * 3 + 1] == 48
    assert rows[24 * 3 + 2] == 50


def test_the_second_of_a_doubled_hour_leads_to_a_second_of_a_doubled_hour():
    # Havana went back from 01:00 to 00:00 on both 2022-11-06 and 2023-11-05, 364 days apart
    times = clock("2022-11-01", 372)
    second = is_second(times, "America/Havana")
    rows = local_lag(times, "America/Havana", days=364, freq=HOUR)
    assert second[rows[np.flatnonzero(second)[-1]]]


def test_half_an_hour_of_summer_time():
    # Lord Howe's clock goes from 02:00 to 02:30 on 2024-10-06 (15:30 UTC of the 5th), from +10:30 to +11:00
    times, half = clock("2024-10-04", 4, HOUR / 2), HOUR / 2
    assert lag(times, "Australia/Lord_Howe", "2024-10-06 15:00Z", freq=half) == "10-06 01:30"  # 02:00 did not exist
    assert lag(times, "Australia/Lord_Howe", "2024-10-06 15:30Z", freq=half) == "10-06 02:30"


def test_where_the_clock_moved_by_less_than_a_step_the_interval_around_the_moment_is_taken():
    # 05:00 of October 7th is 18:00 UTC of the 6th; 05:00 of the 6th is 18:00 UTC as well; of the 5th it is 18:30 UTC
    times = clock("2024-10-03", 5)
    rows = local_lag(times, "Australia/Lord_Howe", days=2, freq=HOUR)
    assert times[rows[times.get_loc(pd.Timestamp("2024-10-06 18:00Z"))]] == pd.Timestamp("2024-10-04 18:00Z")


def test_days_are_a_row_apart_whatever_the_zone():
    times = clock("2024-03-25", 20, pd.Timedelta(days=1))
    assert local_lag(times, "America/New_York", days=7, freq=times[1] - times[0]).tolist() == [-1] * 7 + list(range(13))


def test_local_labels_are_24_hours_apart():
    times = clock("2024-03-29", 5)
    assert local_lag(times, "local", days=1, freq=HOUR).tolist() == [-1] * 24 + list(range(96))


def test_rows_are_counted_from_the_start_of_the_readings():
    readings, ahead = clock("2024-03-25", 7), clock("2024-04-01", 1)
    rows = local_lag(ahead, "Europe/Berlin", days=7, freq=HOUR, start=readings[0])
    both = local_lag(readings.append(ahead), "Europe/Berlin", days=7, freq=HOUR)
    assert rows.tolist() == both[-24:].tolist()


def test_several_zones_have_a_column_each():
    times = clock("2024-03-09", 4)
    rows = local_lag(times, ["Europe/Berlin", "America/New_York", "Europe/Berlin"], days=1, freq=HOUR)
    assert rows.shape == (96, 3)
    for column, zone in enumerate(["Europe/Berlin", "America/New_York", "Europe/Berlin"]):
        assert np.array_equal(rows[:, column], local_lag(times, zone, days=1, freq=HOUR))
    assert not np.array_equal(rows[:, 0], rows[:, 1])  # New York's summer begins on the 10th
    assert local_lag(times[:0], ["UTC", "UTC"], days=1, freq=HOUR).shape == (0, 2)
    assert local_lag(times[:0], "UTC", days=1, freq=HOUR).shape == (0,)


def test_a_lag_of_no_days_is_refused():
    with pytest.raises(ConfigError, match="`days` must be above zero"):
        local_lag(clock("2024-01-01", 2), "UTC", days=0, freq=HOUR)


@given(
    zone=st.sampled_from(ZONES),
    day=st.dates(pd.Timestamp("1990-01-01").date(), pd.Timestamp("2035-01-01").date()),
    days=st.sampled_from([1, 2, 7]),
    minutes=st.sampled_from([5, 15, 30, 60]),
)
def test_the_label_is_that_of_the_day_wherever_it_exists_and_the_row_is_always_an_earlier_one(zone, day, days, minutes):
    freq = pd.Timedelta(minutes=minutes)
    times = clock(str(day), 10, freq)
    rows = local_lag(times, zone, days=days, freq=freq)
    inside = rows >= 0
    assert (rows < np.arange(len(times))).all()
    assert inside[int((days + 0.1) * pd.Timedelta(days=1) / freq) :].all()
    labels = local_labels(times, zone)
    wanted = labels - pd.Timedelta(days=days)
    there = inside & wanted.isin(labels)
    if zone != "Australia/Lord_Howe" or minutes < 60:
        assert (labels[rows[there]] == wanted[there]).all()
    late = labels[rows[inside]] - wanted[inside]
    assert late.max() <= pd.Timedelta(0)
    assert late.min() >= -HOUR


CHANGES = [
    ("Europe/Berlin", "2024-03-31"),
    ("Europe/Berlin", "2024-10-27"),
    ("America/New_York", "2024-03-10"),
    ("America/New_York", "2024-11-03"),
    ("Australia/Lord_Howe", "2024-04-06"),
    ("Australia/Lord_Howe", "2024-10-05"),
    ("America/Sao_Paulo", "2018-11-04"),
    ("America/Sao_Paulo", "2019-02-17"),
    ("Asia/Kolkata", "2024-03-31"),
]


@pytest.mark.parametrize(("zone", "change"), CHANGES)
@settings(max_examples=3)
@given(hours=st.integers(-12, 12))
def test_a_season_back_is_the_nearest_that_was_known(zone, change, hours):
    day = pd.Timestamp(change) - pd.Timedelta(days=12) + pd.Timedelta(hours=hours)
    times = clock(str(day), 16)
    issued = times[24 * 10 :: 5]
    rows = local_season(issued, zone, days=1, horizon=48, freq=HOUR, start=times[0])
    lags = [local_lag(clock(str(day), 30), zone, days=days, freq=HOUR) for days in (1, 2, 3)]
    for number, moment in enumerate(issued):
        first = times.get_loc(moment)
        for step in range(48):
            known = next(each[first + step] for each in lags if each[first + step] < first)
            assert rows[number, step] == known


def test_values_at_rows():
    values = np.array([[1, 10], [2, 20], [3, 30]], np.float32)
    one = lagged(values, np.array([-1, 0, 2, 3]))
    assert one.dtype == np.float32
    np.testing.assert_array_equal(one, [[np.nan, np.nan], [1, 10], [3, 30], [np.nan, np.nan]])
    np.testing.assert_array_equal(lagged(values, np.array([[0, 2], [-1, 1]])), [[1, 30], [np.nan, 20]])
    with pytest.raises(ShapeError, match="different locations"):
        lagged(values, np.zeros((3, 3), np.int64))
