import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridcast.errors import ConfigError
from gridcast.features.localdays import inside, local_clock, local_days, nearness

days = st.integers(min_value=0, max_value=60)
spans = st.lists(st.tuples(days, st.integers(min_value=0, max_value=5)), min_size=1, max_size=8)


@given(spans, st.integers(min_value=1, max_value=6))
def test_nearness_is_what_counting_day_by_day_gives(spans, around):
    first = np.array([start for start, _ in spans])
    last = np.array([start + length for start, length in spans])
    marked = {day for start, length in spans for day in range(start, start + length + 1)}
    asked = np.arange(-10, 80)
    expected = [max(0, 1 - min(abs(day - each) for each in marked) / (around + 1)) for day in asked]
    assert nearness(asked, first, last, around) == pytest.approx(expected)


@given(spans)
def test_an_interval_meets_a_span_if_they_share_a_point(spans):
    first = np.array([start for start, _ in spans])
    last = np.array([start + length + 1 for start, length in spans])
    begin = np.arange(-5, 75)
    expected = [any(s < b + 2 and e > b for s, e in zip(first, last, strict=True)) for b in begin]
    assert inside(begin, begin + 2, first, last).tolist() == expected


def test_a_day_in_utc_is_the_local_day_that_holds_its_middle():
    # 2024-01-01 00:00 UTC is the evening before in New York, its noon is the morning of the same day; in Auckland it is
    # 13:00 of January 1, and its noon is 01:00 of January 2
    times = pd.DatetimeIndex(["2024-01-01"])
    day = pd.Timedelta(days=1)
    assert [local_clock(times, zone, day)[0].day for zone in ("America/New_York", "Pacific/Auckland")] == [1, 2]
    assert [local_clock(times, zone)[0].day for zone in ("America/New_York", "Pacific/Auckland")] == [31, 1]


def test_days_before_1970_are_counted_down():
    # 1969-12-31 23:00 is in the last day before day 0
    assert local_days(pd.DatetimeIndex(["1969-12-31 23:00+00:00", "1970-01-01 00:00+00:00"])).tolist() == [-1, 0]


def test_an_unknown_zone_is_refused():
    with pytest.raises(ConfigError, match="unknown time zone `Mars/Olympus`"):
        local_clock(pd.DatetimeIndex(["2024-01-01"]), "Mars/Olympus")
