import numpy as np
import pandas as pd

from gridcast.samples.lags import DAYS, WEEKS, Lags

WORKDAYS = np.zeros(400, dtype=np.int32)


def test_the_newest_same_hours_come_first_and_are_all_before_the_issue_time():
    lags = Lags(24, 168, horizon=200, context=672)
    offsets = lags.offsets
    assert offsets.shape == (200, WEEKS + DAYS)
    assert offsets[0].tolist() == [168, 336, 504, 672, 24, 48, 72]
    assert offsets[23, WEEKS] == 24  # the 24th step is the last one that can look back a single day ...
    assert offsets[24, WEEKS] == 48  # ... and the 25th looks back two
    assert offsets[168, 0] == 336  # the step after a week looks back two weeks
    steps = np.arange(200)[:, None]
    assert (steps - offsets < 0).all()


def test_over_a_change_of_the_clock_the_local_hour_stays():
    # local time is one step ahead of UTC until row 100, and two ahead from row 100 on: spring, a day of 23 hours
    ahead = np.where(np.arange(400) < 100, 1, 2).astype(np.int32)
    lags = Lags(24, 168, horizon=24, context=168)
    rows = lags.rows(np.array([110]), ahead, WORKDAYS)[0, :, WEEKS]
    valid = 110 + np.arange(24)
    # a day before steps at rows 110..122 lie rows 86..98: there the clock showed an hour less, so the same label is a row later
    assert rows[0] == 110 - 24 + 1
    # row 124 looks back to row 100, where the clock had already changed
    assert rows[124 - 110] == 100
    label = valid + ahead[valid]
    assert (label - (rows + ahead[rows]))[:13].tolist() == [24] * 13


def test_a_lag_that_would_reach_the_issue_row_goes_back_once_more():
    ahead = np.where(np.arange(400) < 120, 1, 2).astype(np.int32)  # the clock changes within the horizon
    rows = Lags(24, 168, horizon=24, context=168).rows(np.array([100]), ahead, WORKDAYS)
    assert (rows < 100).all()


def test_daily_readings_have_weeks_of_seven_steps():
    offsets = Lags(1, 7, horizon=8, context=112).offsets
    assert offsets[0].tolist() == [7, 14, 21, 28, 1, 2, 3]
    assert offsets[7].tolist() == [14, 21, 28, 35, 8, 9, 10]


def test_the_newest_sunday_is_before_the_issue_time():
    times = pd.date_range("2024-01-01", periods=24 * 50, freq="h")  # a Monday
    weekday, ahead = times.dayofweek.to_numpy().astype(np.int32), np.zeros(len(times), dtype=np.int32)
    lags = Lags(24, 168, horizon=24 * 9, context=672)
    for day in range(28, 35):  # issued at midnight of each weekday
        issued = 24 * day
        rows = lags.rows(np.array([issued]), ahead, weekday)[0, :, -1]
        assert (rows < issued).all()
        assert (weekday[rows] == 6).all()
        assert (rows % 24 == np.arange(24 * 9) % 24).all()
        assert (issued - rows <= 24 * 7).all()  # no later Sunday was there
