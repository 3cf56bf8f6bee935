import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gridcast.errors import ConfigError, ShapeError
from gridcast.metrics import (
    bias,
    day_statistics,
    energy_error,
    mase,
    nmae,
    peak_error,
    peak_shift,
    ratios_of,
    relative_bias,
    seasonal_scale,
    series_statistics,
    statistics,
    wape,
)

NUMBERS = st.floats(0.1, 1e4).map(lambda x: round(x, 3))


def test_scores_of_series_by_hand():
    # errors 1, -2, 4 of readings 2, 4, -4; the fourth has no forecast
    actual, predicted = [2.0, 4.0, -4.0, 9.0], [3.0, 2.0, 0.0, np.nan]
    assert wape(actual, predicted) == pytest.approx(100 * 7 / 10)
    assert bias(actual, predicted) == 3 / 3
    assert relative_bias(actual, predicted) == pytest.approx(100 * 3 / 10)
    # by scales of 2, 1 and none: 1/2 and 2/1
    assert mase(actual, predicted, [2.0, 1.0, np.nan, 1.0]) == 2.5 / 2


@given(arrays(np.float64, (2, 9), elements=NUMBERS))
def test_bias_turns_its_sign_and_is_not_above_the_error(pair):
    assert bias(*pair) == pytest.approx(-bias(*pair[::-1]), abs=1e-9)
    assert abs(relative_bias(*pair)) <= wape(*pair) * (1 + 1e-9) + 1e-9
    assert wape(*pair) == pytest.approx(nmae(*pair))


def test_nothing_to_score_is_not_a_number():
    empty = [np.nan, np.nan]
    assert np.isnan([wape(empty, empty), bias(empty, empty), relative_bias(empty, empty), mase(empty, empty, 1.0)]).all()
    assert np.isnan([score([1.0] * 23, [1.0] * 23) for score in (peak_error, peak_shift, energy_error)]).all()


def test_statistics_by_hand_and_those_of_points_among_them():
    found = series_statistics([2.0, 4.0, np.nan], [3.0, 1.0, 1.0], [2.0, 0.0, 1.0])
    assert {name: found[name].tolist() for name in statistics(1.0, 1.0)} == {
        name: values.tolist() for name, values in statistics([2.0, 4.0, np.nan], [3.0, 1.0, 1.0]).items()
    }
    assert found["error"].tolist() == [1, -3, 0]
    assert found["scaled"].tolist() == [0.5, 0, 0]
    assert found["n_scaled"].tolist() == [1, 0, 0]


def test_scale_of_each_series_by_hand():
    readings = np.array([[1, 5], [2, np.nan], [4, 9], [2, 7], [np.nan, np.nan]])
    # a season of 2: |4 - 1|, |2 - 2| = 1.5; |9 - 5| = 4
    assert seasonal_scale(readings, 2).tolist() == [1.5, 4]
    assert np.isnan(seasonal_scale(readings, 5)).all()


def test_the_seasonal_naive_has_a_mase_of_one_on_what_it_was_scaled_by():
    readings = np.random.default_rng(0).normal(size=(100, 3))
    assert mase(readings[24:], readings[:-24], seasonal_scale(readings, 24)) == pytest.approx(1)


def test_a_season_is_at_least_a_step():
    with pytest.raises(ConfigError, match="`season` must be above zero"):
        seasonal_scale([1.0, 2.0], 0)


def day(**hours: float) -> list[float]:
    """A day of 1 but for some hours, named h0 to h23."""
    return [hours.get(f"h{i}", 1.0) for i in range(24)]


def test_peaks_and_energies_by_hand():
    # first day: peaks 10 at 18 h and 8 at 16 h: 20 % lower, 2 h earlier; energies 33 and 31
    # second day: peaks 5 and 10 at 8 h: 100 % higher; energies 28 and 33
    actual = day(h18=10) + day(h8=5)
    predicted = day(h16=8) + day(h8=10)
    assert peak_error(actual, predicted) == pytest.approx((20 + 100) / 2)
    assert peak_shift(actual, predicted) == (2 + 0) / 2
    assert energy_error(actual, predicted) == pytest.approx(100 * (2 / 33 + 5 / 28) / 2)


def test_days_with_a_gap_and_what_follows_the_last_day_do_not_count():
    actual = np.array(day(h18=10) + day(h8=5) + [99.0] * 23)
    predicted = np.array(day(h16=8) + day(h8=10) + [1.0] * 23)
    predicted[30] = np.nan
    found = day_statistics(actual, predicted)
    assert found["n_day"].tolist() == found["n_peak"].tolist() == found["n_energy"].tolist() == [1, 0]
    assert found["peak"].tolist() == pytest.approx([0.2, 0])
    assert found["peak_shift"].tolist() == [2, 0]
    assert found["energy"].tolist() == pytest.approx([2 / 33, 0])


def test_a_quarter_of_an_hour_and_a_day_are_steps_as_well():
    quarters = np.ones((2, 96))
    quarters[0, 8], quarters[1, 9] = 4, 4
    assert peak_shift(*quarters, hours=0.25) == 0.25
    # steps of a day: the peak and the energy are the reading itself
    assert peak_error([4.0, 2.0], [5.0, 2.0], hours=24) == energy_error([4.0, 2.0], [5.0, 2.0], hours=24) == 12.5


@pytest.mark.parametrize("missing", [0, 1, 20, 288])
def test_statistics_of_days_have_the_shape_of_days_and_add_up(missing):
    pair = np.random.default_rng(missing).uniform(1, 9, size=(2, 3, 48))
    pair.reshape(-1)[:missing] = np.nan
    found = day_statistics(*pair)
    assert {values.shape for values in found.values()} == {(3, 2)}
    pooled = ratios_of({name: np.asarray(values.sum()) for name, values in found.items()})
    assert pooled["peak_error"][0] == pytest.approx(peak_error(*pair), nan_ok=True)
    assert pooled["peak_shift"][0] == pytest.approx(peak_shift(*pair), nan_ok=True)
    assert pooled["energy_error"][0] == pytest.approx(energy_error(*pair), nan_ok=True)


@given(arrays(np.float64, (2, 8), elements=NUMBERS), st.floats(1e-2, 1e2))
def test_shares_of_days_do_not_change_with_the_unit(pair, factor):
    assert peak_error(*(factor * pair), hours=6) == pytest.approx(peak_error(*pair, hours=6), rel=1e-6, abs=1e-6)
    assert energy_error(*(factor * pair), hours=6) == pytest.approx(energy_error(*pair, hours=6), rel=1e-6, abs=1e-6)


def test_steps_that_do_not_make_up_days_are_refused():
    with pytest.raises(ConfigError, match="the steps do not make up days"):
        day_statistics([1.0], [1.0], hours=7)
    with pytest.raises(ConfigError, match="`hours` must be above zero"):
        day_statistics([1.0], [1.0], hours=0)


def test_shapes_have_to_agree():
    with pytest.raises(ShapeError):
        day_statistics(np.zeros((2, 24)), np.zeros((2, 48)))
