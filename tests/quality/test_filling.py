"""Gaps are filled as told, what was measured stays, and a causal filling knows nothing of what comes later."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from gridcast.panel import Panel
from gridcast.quality import fill, filled

HOUR = pd.Timedelta(hours=1)


def weeks(count: int) -> np.ndarray:
    """Each hour of the week has its own value, 1 to 168; each week is as the one before."""
    return np.tile(np.arange(1.0, 169.0), count)[:, None]


def test_a_short_gap_is_a_line():
    values = np.array([[2.0], [np.nan], [np.nan], [np.nan], [10.0]])
    result, made = fill(values, HOUR)
    assert result[:, 0].tolist() == [2, 4, 6, 8, 10]
    assert made[:, 0].tolist() == [False, True, True, True, False]


def test_a_longer_gap_is_the_same_hour_of_other_weeks():
    values = weeks(5)
    values[400:420] = np.nan
    result, made = fill(values, HOUR)
    assert np.allclose(result, weeks(5))
    assert made[:, 0].nonzero()[0].tolist() == list(range(400, 420))


def test_analogues_are_scaled_to_the_level_beside_the_gap():
    values = weeks(5)
    values[2 * 168 : 3 * 168] *= 1.5
    expected = values.copy()
    values[400:420] = np.nan
    assert np.allclose(fill(values, HOUR)[0], expected)


def test_gaps_longer_than_the_limit_stay():
    values = weeks(8)
    values[400:500] = np.nan
    result, made = fill(values, HOUR, limit=pd.Timedelta(days=3))
    assert np.isnan(result[400:500]).all()
    assert not made.any()
    causal, _ = fill(values, HOUR, limit=pd.Timedelta(days=3), causal=True)
    assert np.isfinite(causal[400:472]).all()
    assert np.isnan(causal[472:500]).all()


def test_what_has_no_analogue_stays_missing():
    values = np.full((100, 1), np.nan)
    values[:10] = 1
    assert not fill(values, HOUR)[1].any()


def test_the_same_local_hour_is_taken_across_a_change_of_the_clock():
    times = pd.date_range("2024-03-01", periods=24 * 60, freq="h", tz="UTC")
    local = times.tz_convert("Europe/Berlin")
    values = (local.hour.to_numpy() + 1.0)[:, None]
    values[(times >= "2024-04-01") & (times < "2024-04-02")] = np.nan  # the day after the change, 31 March
    panel = Panel.from_wide(pd.DataFrame(values, index=times, columns=["a"]))
    result, made = filled(panel, causal=True, timezones="Europe/Berlin")
    assert np.allclose(result[made], local.hour.to_numpy()[made[:, 0]] + 1)
    assert not np.allclose(filled(panel, causal=True)[0][made], local.hour.to_numpy()[made[:, 0]] + 1)


@given(seed=st.integers(0, 10_000), causal=st.booleans())
@settings(max_examples=30)
def test_measured_values_stay_and_the_mask_tells_the_others(seed, causal):
    random = np.random.default_rng(seed)
    values = random.normal(10, 5, (900, 2)).astype(np.float32)
    for start in random.integers(0, 900, 8):
        values[start : start + random.integers(1, 60), random.integers(2)] = np.nan
    result, made = fill(values, HOUR, causal=causal)
    assert np.array_equal(result[~np.isnan(values)], values[~np.isnan(values)])
    assert np.array_equal(made, np.isnan(values) & ~np.isnan(result))
    assert result.dtype == np.float32


@given(seed=st.integers(0, 10_000), row=st.integers(200, 890))
@settings(max_examples=30)
def test_a_causal_filling_does_not_see_what_comes_later(seed, row):
    random = np.random.default_rng(seed)
    values = random.normal(10, 5, (900, 2)).astype(np.float32)
    for start in random.integers(0, 900, 12):
        values[start : start + random.integers(1, 60)] = np.nan
    scrambled = values.copy()
    scrambled[row:] = random.choice([np.nan, 1e5, -3], size=scrambled[row:].shape)
    kept, other = (fill(some, HOUR, causal=True)[0][:row] for some in (values, scrambled))
    assert np.array_equal(kept, other, equal_nan=True)
