import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridcast.augment.days import Swap
from gridcast.samples.samples import Samples

HOLIDAYS: list[Samples] = []


@pytest.fixture(autouse=True)
def _samples(make_samples):
    HOLIDAYS or HOLIDAYS.append(make_samples())


def swapped(samples, issued, seed):
    """The cut before and after."""
    swap = Swap.of(samples, 2.0)  # a rate of 1
    before, after = samples.cut(issued), samples.cut(issued)
    swap(after, np.random.default_rng(seed))
    return before, after


def test_two_days_of_one_class_change_places_with_their_weather(make_samples):
    samples = make_samples()
    classes = {0: 0, 1: 1, 2: 1, 3: 1, 4: 2, 5: 3, 6: 4}
    seen = set()
    for seed in range(30):
        before, after = swapped(samples, np.array([900]), seed)
        rows = 900 - 336 + np.flatnonzero((before.contexts != after.contexts).any(axis=(0, 2)))
        assert len(rows) <= 48
        if not len(rows):
            continue
        days = sorted(set(samples.times[rows].normalize()))
        assert len(days) == 2
        assert classes[days[0].weekday()] == classes[days[1].weekday()]
        seen.add(days[0].weekday())
        one, other = (int((day - samples.times[0]) / pd.Timedelta(hours=1)) - (900 - 336) for day in days)
        assert np.array_equal(after.contexts[:, one : one + 24], before.contexts[:, other : other + 24])
        assert np.array_equal(after.contexts[:, other : other + 24], before.contexts[:, one : one + 24])
        shift = before.past.shape[1] - 336
        assert np.array_equal(after.past[:, shift + one : shift + one + 24], before.past[:, shift + other : shift + other + 24])
        assert np.array_equal(after.targets, before.targets)
        assert np.array_equal(after.coming, before.coming)
    assert len(seen) > 1


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000))
def test_no_holiday_moves_and_no_day_takes_the_place_of_one(seed):
    samples = HOLIDAYS[0]
    # 2024-05-01 (Wednesday, row 720) and 2024-05-09 (Thursday, row 912) are public holidays in Germany, 05-20 (row 1176) too
    issued = np.array([1000, 1250])
    before, after = swapped(samples, issued, seed)
    for sample, row in enumerate(issued):
        changed = row - 336 + np.flatnonzero((before.contexts[sample] != after.contexts[sample]).any(axis=-1))
        for holiday in (720, 912, 1176):
            assert not ((changed >= holiday) & (changed < holiday + 24)).any()
        assert not (changed >= row - 24).any()  # the last day stays


def test_the_holidays_are_where_the_property_looks(make_samples):
    samples = make_samples()
    assert HOLIDAYS[0].times[720] == samples.times[720] == pd.Timestamp("2024-05-01", tz="UTC")
    column = samples.calendar.values[:, 0, samples.calendar.holiday]
    assert column[[720, 912, 1176]].tolist() == [1, 1, 1]


def test_days_of_23_hours_have_no_like(make_samples):
    samples = make_samples()
    codes = np.tile(np.arange(24), 10)[:, None].astype(np.int16)
    swap = Swap(codes, np.arange(0, 240, 24), 24, 1.0)
    assert swap.fit(0, 48)
    assert not swap.fit(0, 1)
    short = Swap(np.delete(codes, 50, axis=0), swap.starts, 24, 1.0)
    assert not short.fit(0, 48)
    assert samples.recipe.lags.day == 24
