"""Series of several steps on one clock: nothing is made up, nothing is lost."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridcast.errors import PanelError
from gridcast.sources.oneclock import on_one_clock

START = pd.Timestamp("2024-03-30 23:00", tz="UTC")


def series(values, minutes, start=START):
    return pd.Series(np.asarray(values, dtype=float), pd.date_range(start, periods=len(values), freq=f"{minutes}min"))


def test_the_coarsest_step_counts():
    table, said = on_one_clock({"quarters": series(range(8), 15), "hours": series([5, 6], 60)})
    assert table.index.tolist() == [START, START + pd.Timedelta(hours=1)]
    # (0 + 1 + 2 + 3) / 4 and (4 + 5 + 6 + 7) / 4
    assert table["quarters"].tolist() == [1.5, 5.5]
    assert table["hours"].tolist() == [5, 6]
    assert said == ("quarters: readings 15 min apart, now their means over 1 h",)


def test_order_and_repetitions_do_not_matter():
    values = series(range(8), 15)
    shuffled = pd.concat([values[::-1] + 100, values]).sample(frac=1, random_state=0).sort_values()[::-1]
    table, _ = on_one_clock({"a": shuffled})
    # of each moment the last value counts; sorted downwards these are the ones below 100
    assert table["a"].tolist() == list(range(8))


def test_stamps_between_the_ticks_belong_to_their_tick():
    times = pd.DatetimeIndex(["00:00:07", "00:05:03", "00:07:30", "00:10:01"]).map(
        lambda time: time.replace(year=2024, month=1, day=1)
    )
    values = pd.Series([1.0, 2.0, 4.0, 6.0], times.tz_localize("UTC"))
    table, _ = on_one_clock({"a": values}, pd.Timedelta(minutes=5))
    assert table["a"].tolist() == [1, 3, 6]


def test_a_tick_that_is_told_twice_does_not_cover_two():
    times = pd.DatetimeIndex([f"2024-01-01 00:{minute}" for minute in ("00", "05", "10", "12", "20", "25")], tz="UTC")
    table, _ = on_one_clock({"a": pd.Series([1.0, 3.0, 5.0, 7.0, 9.0, 11.0], times)}, pd.Timedelta(minutes=10))
    # ticks of five minutes: that of 00:15 is not there, 00:10 is twice
    np.testing.assert_array_equal(table["a"], [2, np.nan, 10])


def test_a_share_of_the_readings_can_be_enough():
    values = series(range(8), 15).drop(START + pd.Timedelta(minutes=90)).drop([START, START + pd.Timedelta(minutes=15)])
    table, _ = on_one_clock({"a": values}, pd.Timedelta(hours=1), covered=0.75)
    # two of four are too few; (4 + 5 + 7) / 3
    np.testing.assert_allclose(table["a"], [np.nan, 16 / 3])


def test_a_place_of_which_an_interval_is_not_covered_is_missing_there():
    values = series(range(8), 15).drop(START + pd.Timedelta(minutes=90))
    table, _ = on_one_clock({"a": values, "b": series([], 60)}, pd.Timedelta(hours=1))
    assert table["a"].isna().tolist() == [False, True]
    assert table["b"].isna().all()


def test_days_with_few_readings_do_not_set_the_step():
    values = pd.concat([series(range(96), 15), series([1, 2], 720, START + pd.Timedelta(days=3))])
    table, _ = on_one_clock({"a": values})
    assert table.index.freq == pd.Timedelta(minutes=15)
    assert table["a"].dropna().equals(values)
    assert on_one_clock({"a": values}, pd.Timedelta(hours=1))[0]["a"].count() == 24  # two quarters do not make two hours


def test_no_readings_are_an_error():
    with pytest.raises(PanelError, match="there are no readings"):
        on_one_clock({"a": series([], 60), "b": series([np.nan], 60)})


@given(
    st.integers(2, 200),
    st.sampled_from([5, 10, 15, 30, 60]),
    st.sampled_from([1, 2, 3, 4, 12]),
    st.sets(st.integers(0, 199), max_size=20),
)
def test_means_are_those_of_whole_intervals(count, minutes, factor, missing):
    values = series(np.random.default_rng(count).normal(size=count), minutes, pd.Timestamp("2024-01-01", tz="UTC"))
    values.iloc[[row for row in missing if row < count]] = np.nan
    if values.notna().sum() < 0.8 * count or count < 6:
        return
    table, _ = on_one_clock({"a": values}, pd.Timedelta(minutes=minutes * factor))
    expected = values.resample(f"{minutes * factor}min").agg(lambda part: part.mean() if part.notna().sum() == factor else np.nan)
    found = table["a"].reindex(expected.index)
    np.testing.assert_allclose(found.to_numpy(), expected.to_numpy(dtype=float))
