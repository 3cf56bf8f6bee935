import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from gridcast.errors import ConfigError, PanelError
from gridcast.features.recency import lagged, smoothed, step_of, trailing_mean

HOUR = pd.Timedelta(hours=1)
NAN = np.nan


def column(*values):
    return np.array(values, dtype=float)[:, None]


def test_a_lag_by_hand():
    assert lagged(column(1, 2, 3, 4), 2 * HOUR, HOUR).ravel() == pytest.approx([NAN, NAN, 1, 2], nan_ok=True)
    assert lagged(column(1, 2), 5 * HOUR, HOUR).ravel() == pytest.approx([NAN, NAN], nan_ok=True)


def test_a_trailing_mean_by_hand():
    # of the 4 steps before each; at least 2 have to be there: (1+2)/2, (1+2+6)/3, (1+2+6)/3, (2+6+5)/3
    values = column(1, 2, 6, NAN, 5, 7)
    assert trailing_mean(values, 4 * HOUR, HOUR).ravel() == pytest.approx([NAN, NAN, 1.5, 3, 3, 13 / 3], nan_ok=True)


def test_a_gap_longer_than_half_the_window_is_a_gap_of_the_mean():
    values = column(1, 1, 1, 1, NAN, NAN, NAN, 1)
    # before step 7 only one of four is there
    assert trailing_mean(values, 4 * HOUR, HOUR).ravel() == pytest.approx([NAN, NAN, 1, 1, 1, 1, 1, NAN], nan_ok=True)


def test_smoothing_by_hand():
    # half-life of one step: weights 1/2, 1/4, 1/8: 8; (8/4 + 2/2) / (3/4) = 4; (8/8 + 2/4 + 5/2) / (7/8) = 4 / 0.875
    assert smoothed(column(8, 2, 5), HOUR, HOUR).ravel() == pytest.approx([8, 4, 4 / 0.875])


def test_smoothing_waits_for_half_of_the_weight():
    # half-life of 2 steps: after one step 1 - 0.5 ** 0.5 = 29 % of the weight is there, after two half
    assert smoothed(column(4, 4, 4), 2 * HOUR, HOUR).ravel() == pytest.approx([NAN, 4, 4], nan_ok=True)
    # in a gap the weight of what was falls: 75 % after the second, 75 % / sqrt(2) = 53 %, 38 %
    values = column(4, 4, 4, 4, NAN, NAN)
    assert smoothed(values, 2 * HOUR, HOUR).ravel() == pytest.approx([NAN, 4, 4, 4, 4, NAN], nan_ok=True)


@pytest.mark.parametrize("values", [column(1, np.inf, 3, 4, 5), column(1, NAN, 3, 4, 5)])
def test_what_is_not_finite_is_missing(values):
    # an infinite value does not spoil all that follows
    assert trailing_mean(values, 2 * HOUR, HOUR).ravel()[3:] == pytest.approx([3, 3.5])
    assert np.isfinite(smoothed(values, HOUR, HOUR)[2:]).all()


@pytest.mark.parametrize("freq", ["5min", "15min", "1h", "1D"])
def test_spans_are_in_time_and_not_in_steps(freq):
    values = np.arange(2000.0)[:, None]
    steps = pd.Timedelta(days=1) // pd.Timedelta(freq)
    step = pd.Timedelta(freq)
    assert lagged(values, pd.Timedelta(days=1), step)[1000, 0] == 1000 - steps
    assert trailing_mean(values, pd.Timedelta(days=1), step)[1000, 0] == pytest.approx(1000 - (steps + 1) / 2)


def test_spans_that_do_not_fit_are_refused():
    for span in (30 * pd.Timedelta(minutes=1), 0 * HOUR, -HOUR, 1.5 * HOUR):
        with pytest.raises(ConfigError, match="no multiple of the step"):
            lagged(column(1, 2), span, HOUR)
        with pytest.raises(ConfigError, match="no multiple of the step"):
            trailing_mean(column(1, 2), span, HOUR)
    with pytest.raises(ConfigError, match="half-life must be above zero"):
        smoothed(column(1, 2), 0 * HOUR, HOUR)


BEFORE = {
    "lag": lambda x: lagged(x, HOUR, HOUR),
    "mean": lambda x: trailing_mean(x, 5 * HOUR, HOUR),
    "smooth": lambda x: smoothed(x, 3 * HOUR, HOUR),
}


@given(st.integers(1, 59), st.integers(0, 2**32 - 1), st.sampled_from(sorted(BEFORE)))
def test_nothing_looks_ahead(row, seed, name):
    random = np.random.default_rng(seed)
    values = np.where(random.random((60, 2)) < 0.2, NAN, random.normal(10, 5, (60, 2)))
    scrambled = values.copy()
    scrambled[row:] = random.permutation(values[row:] * -3 + 1e6)
    # the mean and the lag of a step do not even know the step itself
    until = row if name == "smooth" else row + 1
    before, after = BEFORE[name](values)[:until], BEFORE[name](scrambled)[:until]
    assert before.tobytes() == after.tobytes()


@given(st.integers(2, 40), st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_means_are_those_of_pandas(length, steps, seed):
    random = np.random.default_rng(seed)
    values = np.where(random.random((length, 1)) < 0.3, NAN, random.normal(size=(length, 1)))
    table = pd.DataFrame(values)
    expected = table.shift(1).rolling(steps, min_periods=1).mean().where(table.shift(1).rolling(steps, 1).count() >= steps / 2)
    assert trailing_mean(values, steps * HOUR, HOUR) == pytest.approx(expected.to_numpy(), nan_ok=True, abs=1e-9)
    found = smoothed(values, steps * HOUR, HOUR)
    there = ~np.isnan(found)
    assert found[there] == pytest.approx(table.ewm(halflife=steps).mean().to_numpy()[there])


def test_each_vintage_stands_alone():
    # two forecasts of three leads: the lag of the first lead is missing, and not the end of the other vintage
    leads = pd.to_timedelta([1, 2, 3], unit="h")
    values = xr.DataArray(
        np.arange(6, dtype=np.float32).reshape(2, 3, 1),
        {"issued": pd.DatetimeIndex(["2024-01-01", "2024-01-02"]), "lead": leads},
        ("issued", "lead", "location"),
        attrs={"units": "degC"},
    )
    found = lagged(values, HOUR, HOUR)
    assert (found.dims, found.dtype, found.attrs) == (values.dims, np.float32, {})
    assert found.values[..., 0] == pytest.approx(np.array([[NAN, 0, 1], [NAN, 3, 4]]), nan_ok=True)


def test_the_dimension_of_time_is_found_by_its_name():
    times = pd.date_range("2024-01-01", periods=3, freq="h")
    values = xr.DataArray([[1.0, 2.0, 3.0]], {"time": times}, ("location", "time"))
    assert lagged(values, HOUR, HOUR).values == pytest.approx(np.array([[NAN, 1, 2]]), nan_ok=True)
    assert step_of(values) == HOUR
    with pytest.raises(PanelError, match="has no time"):
        lagged(values.rename(time="hour"), HOUR, HOUR)


def test_steps_that_are_not_regular_are_refused():
    leads = pd.to_timedelta([1, 2, 5], unit="h")
    values = xr.DataArray(np.ones((1, 3)), {"lead": leads}, ("issued", "lead"), name="temperature")
    with pytest.raises(PanelError, match="`temperature` is not regular in `lead`"):
        step_of(values)
    with pytest.raises(PanelError, match="one step"):
        step_of(values.isel(lead=[0]))


def test_whole_numbers_become_floats():
    assert lagged(np.array([[1], [2]]), HOUR, HOUR).dtype == np.float64
