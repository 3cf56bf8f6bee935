import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gridcast.errors import ShapeError
from gridcast.metrics import mae, mape, metrics_of, nmae, rmse, scores, skill, statistics

NUMBERS = st.floats(-1e6, 1e6).map(lambda x: round(x, 3))  # readings of a meter, not 1e-300
GAPPY = NUMBERS | st.just(np.nan)


def pairs(elements=NUMBERS):
    """Readings and forecasts, shape (2, n)."""
    return st.integers(1, 20).flatmap(lambda n: arrays(np.float64, (2, n), elements=elements))


def test_the_metrics_by_hand():
    # errors -1, 2, 0, 3 of readings 2, 4, 5, -6
    actual, predicted = [2.0, 4.0, 5.0, -6.0], [1.0, 6.0, 5.0, -3.0]
    assert mae(actual, predicted) == (1 + 2 + 0 + 3) / 4
    assert rmse(actual, predicted) == pytest.approx(((1 + 4 + 0 + 9) / 4) ** 0.5)
    assert mape(actual, predicted) == pytest.approx(100 * (1 / 2 + 2 / 4 + 0 + 3 / 6) / 4)
    # the mean absolute reading is (2 + 4 + 5 + 6) / 4 = 4.25
    assert nmae(actual, predicted) == pytest.approx(100 * 1.5 / 4.25)


def test_scores_are_the_single_metrics():
    actual, predicted = np.random.default_rng(0).normal(size=(2, 5, 4, 3))
    assert scores(actual, predicted) == {
        "rmse": rmse(actual, predicted),
        "mae": mae(actual, predicted),
        "mape": mape(actual, predicted),
        "nmae": nmae(actual, predicted),
    }


@given(pairs())
def test_a_forecast_that_comes_true_has_no_error(pair):
    assert rmse(pair[0], pair[0]) == mae(pair[0], pair[0]) == 0


@given(pairs())
def test_rmse_is_not_below_mae_nor_above_the_largest_error(pair):
    actual, predicted = pair
    largest = np.abs(actual - predicted).max()
    assert mae(actual, predicted) <= rmse(actual, predicted) * (1 + 1e-12)
    assert rmse(actual, predicted) <= largest * (1 + 1e-12)


@given(pairs(), st.floats(1e-3, 1e3))
def test_errors_grow_with_the_unit_and_shares_do_not(pair, factor):
    actual, predicted = pair
    before, after = scores(actual, predicted), scores(factor * actual, factor * predicted)
    for name in ("rmse", "mae"):
        assert after[name] == pytest.approx(factor * before[name], rel=1e-6, abs=1e-9)
    for name in ("mape", "nmae"):
        assert after[name] == pytest.approx(before[name], rel=1e-6, nan_ok=True)


@given(pairs())
def test_errors_are_the_same_both_ways(pair):
    assert rmse(*pair) == rmse(*pair[::-1])
    assert mae(*pair) == mae(*pair[::-1])


@given(pairs(), st.integers(0, 100))
def test_the_order_of_elements_does_not_matter(pair, seed):
    order = np.random.default_rng(seed).permutation(pair.shape[1])
    assert scores(*pair[:, order]) == pytest.approx(scores(*pair), rel=1e-12, nan_ok=True)


@given(pairs(GAPPY))
def test_what_is_missing_on_either_side_is_left_out(pair):
    whole = pair[:, np.isfinite(pair).all(axis=0)]
    assert scores(*pair) == pytest.approx(scores(*whole), rel=1e-12, nan_ok=True)
    assert statistics(*pair)["n"].sum() == whole.shape[1]


@given(pairs(GAPPY), pairs(GAPPY))
def test_statistics_of_parts_add_up_to_the_whole(one, other):
    whole = np.concatenate([one, other], axis=1)
    sums = {name: float(statistics(*one)[name].sum() + statistics(*other)[name].sum()) for name in statistics(*whole)}
    assert metrics_of(sums) == pytest.approx(scores(*whole), rel=1e-12, nan_ok=True)


@given(pairs())
def test_nmae_is_the_mae_as_a_share_of_the_mean_absolute_reading(pair):
    actual, predicted = pair
    level = np.abs(actual).mean()
    expected = 100 * np.abs(actual - predicted).mean() / level if level > 0 else np.nan
    assert nmae(actual, predicted) == pytest.approx(expected, rel=1e-9, nan_ok=True)


def test_mape_leaves_out_readings_of_zero():
    # 50 % of 2 and 100 % of -1; the zero has no share
    assert mape([2.0, 0.0, -1.0], [1.0, 5.0, 0.0]) == 75
    assert mae([2.0, 0.0, -1.0], [1.0, 5.0, 0.0]) == pytest.approx(7 / 3)


def test_shares_of_nothing_but_zeros_are_not_numbers():
    zeros = scores([0.0, 0.0], [1.0, 3.0])
    assert (zeros["mae"], zeros["rmse"]) == (2, 5**0.5)
    assert np.isnan([zeros["mape"], zeros["nmae"]]).all()


@pytest.mark.parametrize("nothing", [[], [np.nan], [np.nan, np.nan]])
def test_scores_of_nothing_are_not_numbers(nothing):
    assert np.isnan(list(scores(nothing, nothing).values())).all()


def test_statistics_by_hand():
    found = statistics([2.0, 0.0, np.nan, 4.0], [1.0, 3.0, 1.0, np.nan])
    assert {name: values.tolist() for name, values in found.items()} == {
        "n": [1, 1, 0, 0],
        "absolute": [1, 3, 0, 0],
        "squared": [1, 9, 0, 0],
        "level": [2, 0, 0, 0],
        "relative": [0.5, 0, 0, 0],
        "n_relative": [1, 0, 0, 0],
    }


def test_single_precision_is_summed_in_double():
    # 2^24 + 1 is not a number in single precision
    actual = np.zeros(2, dtype=np.float32)
    assert mae(actual, np.array([2.0**24, 2.0], dtype=np.float32)) == 2.0**23 + 1


@given(st.floats(1e-6, 1e6))
def test_the_reference_has_no_skill_against_itself(score):
    assert skill(score, score) == 0


def test_skill_by_hand():
    assert skill(0.0, 4.0) == 1
    assert skill(1.0, 4.0) == 0.75
    assert skill(8.0, 4.0) == -1


@pytest.mark.parametrize(("score", "reference"), [(1.0, 0.0), (0.0, 0.0), (1.0, np.nan), (np.nan, 1.0)])
def test_skill_that_cannot_be_told_is_not_a_number(score, reference):
    assert np.isnan(skill(score, reference))


def test_shapes_have_to_agree():
    with pytest.raises(ShapeError) as caught:
        scores(np.zeros((2, 3)), np.zeros((2, 1)))
    (problem,) = caught.value.problems
    assert problem.problem == "readings and forecasts differ in shape"
    assert (problem.found, problem.expected) == ("(2, 3) and (2, 1)", "one shape")
