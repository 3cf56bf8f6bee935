import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gridcast.errors import ConfigError, ShapeError
from gridcast.metrics import block_bootstrap_skill, diebold_mariano

LOSSES = arrays(np.float64, (2, 12), elements=st.floats(0.1, 10).map(lambda x: round(x, 3)))


def moving_average(random: np.random.Generator, n: int, length: int) -> np.ndarray:
    """Losses of forecasts that overlap with the `length - 1` before: 10 and a sum of so many shocks."""
    return 10 + np.convolve(random.normal(size=n + length - 1), np.ones(length), mode="valid")


def test_the_test_by_hand():
    # differences -1, 0, -1, -1: mean -0.75, variance 3/16; -0.75 / sqrt(3/16 / 4) = -2 sqrt(3), by sqrt(3/4) of the correction: -3
    # Student's t with 3 degrees of freedom is above 3 or below -3 with 5.77 %
    found = diebold_mariano([1.0, 2.0, 1.0, 2.0], [2.0, 2.0, 2.0, 3.0])
    assert found == pytest.approx((-0.75, -3, 0.0577, 4), abs=1e-4)


def test_the_test_by_hand_with_a_horizon_of_two():
    # differences 0, 0, 3, 3, 0, 0, mean 1: autocovariances (4 x 1 + 2 x 4) / 6 = 2 and (1 - 2 + 4 - 2 + 1) / 6 = 1/3
    # variance 2 + 2/3 = 8/3; statistic 1 / sqrt(8/18) = 1.5, by sqrt((6 + 1 - 4 + 2/6) / 6) = sqrt(5/9)
    found = diebold_mariano([1.0, 1, 4, 4, 1, 1], np.ones(6), horizon=2)
    assert found.statistic == pytest.approx(1.5 * (5 / 9) ** 0.5)


def test_a_variance_below_zero_is_weighted_down():
    # differences 1, -1, 1, -1, 1, 0 with mean 1/6: the first lag takes more than twice the variance away
    loss = np.array([1.0, -1, 1, -1, 1, 0])
    centred = loss - 1 / 6
    first, second = centred @ centred / 6, centred[1:] @ centred[:-1] / 6
    assert first + 2 * second < 0
    expected = (1 / 6) / ((first + second) / 6) ** 0.5 * ((6 + 1 - 4 + 2 / 6) / 6) ** 0.5
    assert diebold_mariano(loss, np.zeros(6), horizon=2).statistic == pytest.approx(expected)


@given(LOSSES, st.integers(1, 4))
def test_the_other_way_round_the_sign_turns(losses, horizon):
    one, other = diebold_mariano(*losses, horizon=horizon), diebold_mariano(*losses[::-1], horizon=horizon)
    assert (other.difference, other.statistic) == pytest.approx((-one.difference, -one.statistic), rel=1e-6)
    assert other.p_value == pytest.approx(one.p_value, rel=1e-6)
    assert 0 <= one.p_value <= 1


def test_the_same_losses_are_no_difference():
    loss = np.random.default_rng(0).normal(size=9)
    assert diebold_mariano(loss, loss, horizon=3) == (0, 0, 1, 9)


def test_one_that_is_always_better_by_as_much_is_better():
    assert diebold_mariano(np.ones(9), np.full(9, 2.0)) == (-1, -np.inf, 0, 9)


@pytest.mark.parametrize(("loss", "horizon"), [([], 1), ([1.0], 1), ([1.0, 3.0], 1), ([1.0, 3.0, np.nan], 1), ([1.0, 3, 2], 3)])
def test_too_few_losses_tell_nothing(loss, horizon):
    found = diebold_mariano(loss, np.zeros(len(loss)), horizon=horizon)
    assert np.isnan([found.statistic, found.p_value]).all()


def test_losses_that_are_missing_add_nothing():
    one, other = np.random.default_rng(1).normal(size=(2, 30))
    gappy = one.copy()
    gappy[[3, 4, 20]] = np.nan
    kept = np.isfinite(gappy)
    assert diebold_mariano(gappy, other) == pytest.approx(diebold_mariano(one[kept], other[kept]))
    assert block_bootstrap_skill(gappy + 9, other + 9) == block_bootstrap_skill(one[kept] + 9, other[kept] + 9)


@pytest.mark.parametrize(("horizon", "n", "highest"), [(1, 30, 0.075), (3, 100, 0.085)])
def test_the_test_seldom_finds_what_is_not_there(horizon, n, highest):
    # at a level of 5 %; 1000 draws have a standard deviation of 0.7 %
    random = np.random.default_rng(2)
    found = [
        diebold_mariano(moving_average(random, n, horizon), moving_average(random, n, horizon), horizon=horizon).p_value
        for _ in range(1000)
    ]
    assert 0.03 < np.mean(np.array(found) < 0.05) < highest


def test_without_the_lags_the_test_finds_too_much():
    random = np.random.default_rng(3)
    found = [diebold_mariano(moving_average(random, 100, 5), moving_average(random, 100, 5)).p_value for _ in range(300)]
    assert np.mean(np.array(found) < 0.05) > 0.2


def lasting(random: np.random.Generator, n: int, correlation: float) -> np.ndarray:
    """Differences without a mean of which each keeps a part of the one before (an AR(1) process)."""
    shocks = random.normal(size=n + 50)
    for row in range(1, len(shocks)):
        shocks[row] += correlation * shocks[row - 1]
    return shocks[50:]


@pytest.mark.parametrize(("correlation", "highest"), [(0.0, 0.08), (0.3, 0.085), (0.5, 0.10), (0.7, 0.12)])
def test_losses_that_last_from_day_to_day_are_not_taken_for_a_difference(correlation, highest):
    # a year of daily losses, at a level of 5 %; 600 draws have a standard deviation of 0.9 to 1.1 %
    random = np.random.default_rng(9)
    found = [diebold_mariano(lasting(random, 330, correlation), np.zeros(330), lags=13).p_value for _ in range(600)]
    assert 0.02 < np.mean(np.array(found) < 0.05) < highest


def test_the_test_by_hand_with_weighted_lags():
    # as with a horizon of two: autocovariances 2 and 1/3, and here the second has half its weight twice: 2 + 1/3 = 7/3
    found = diebold_mariano([1.0, 1, 4, 4, 1, 1], np.ones(6), lags=1)
    assert found.statistic == pytest.approx(1 / (7 / 18) ** 0.5 * (5 / 9) ** 0.5)
    # at most a third of the losses, two lags, and never fewer than the overlap has
    most = diebold_mariano([1.0, 1, 4, 4, 1, 1], np.ones(6), lags=2)
    assert diebold_mariano([1.0, 1, 4, 4, 1, 1], np.ones(6), lags=99) == most
    assert diebold_mariano([1.0, 1, 4, 4, 1, 1], np.ones(6), lags=1, horizon=3) == most


def test_the_test_finds_what_is_there():
    # losses differ by half a standard deviation of their difference: 100 of them are 5 standard errors
    random = np.random.default_rng(4)
    found = [diebold_mariano(random.normal(size=100), random.normal(0.5 * 2**0.5, 1, 100)) for _ in range(200)]
    assert np.mean([each.p_value < 0.05 for each in found]) > 0.95
    assert np.mean([each.difference < 0 for each in found]) > 0.99


def test_the_skill_is_that_of_the_means():
    loss, reference = np.random.default_rng(5).uniform(1, 2, size=(2, 50))
    found = block_bootstrap_skill(loss, reference)
    assert found.skill == pytest.approx(1 - loss.mean() / reference.mean())
    assert found.low < found.skill < found.high
    assert found == block_bootstrap_skill(loss, reference)
    assert found != block_bootstrap_skill(loss, reference, seed=1)


def test_a_skill_that_is_always_the_same_has_no_width():
    reference = np.random.default_rng(6).uniform(1, 2, size=50)
    assert block_bootstrap_skill(0.8 * reference, reference) == pytest.approx((0.2, 0.2, 0.2))


def test_a_block_as_long_as_the_series_only_turns_it():
    loss, reference = np.random.default_rng(7).uniform(1, 2, size=(2, 10))
    found = block_bootstrap_skill(loss, reference, block=99)
    assert (found.low, found.high) == pytest.approx((found.skill, found.skill))


@given(LOSSES, st.integers(1, 14), st.floats(1e-2, 1e2))
def test_the_skill_does_not_change_with_the_unit(losses, block, factor):
    before, after = (block_bootstrap_skill(*each, block=block, samples=50) for each in (losses, factor * losses))
    assert after == pytest.approx(before, rel=1e-6, abs=1e-9)


def test_drawn_series_are_as_long_as_the_series():
    # every loss is 1 but the first, 4; blocks of 3, 3, 3 and 1 have it at most four times: 1 - (10 + 4 x 3) / 10 = -1.2,
    # once in 370 draws
    losses = np.ones(10)
    losses[0] = 4
    found = block_bootstrap_skill(losses, np.ones(10), block=3, samples=5000, level=0.9999)
    assert (found.low, found.high) == pytest.approx((-1.2, 0))


def test_draws_in_which_the_reference_has_no_losses_are_left_out():
    # one loss of 5 in nine: it is drawn at least once in two of three draws, and then the skill is 1 - 9 / 5 or more
    reference = np.zeros(9)
    reference[4] = 5
    found = block_bootstrap_skill(np.ones(9), reference, block=1, level=0.99)
    assert found.low == pytest.approx(1 - 9 / 5)
    assert np.isfinite(found.high)


def test_the_interval_covers_the_skill_about_as_often_as_it_says():
    # losses that go on for four days; the true skill is 1 - 9/10
    random = np.random.default_rng(8)
    hits = []
    for _ in range(150):
        common = moving_average(random, 200, 4) - 10
        found = block_bootstrap_skill(9 + common + moving_average(random, 200, 4) - 10, 10 + common, samples=300)
        hits.append(found.low <= 0.1 <= found.high)
    assert 0.8 < np.mean(hits) < 0.97


@pytest.mark.parametrize("loss", [[], [1.0], [1.0, 2.0]])
def test_too_few_losses_have_no_interval(loss):
    found = block_bootstrap_skill(loss, np.full(len(loss), 2.0))
    assert np.isnan([found.low, found.high]).all()


def test_there_is_no_skill_against_a_reference_without_losses():
    assert np.isnan(block_bootstrap_skill(np.ones(9), np.zeros(9))).all()


def test_settings_out_of_range_are_refused():
    with pytest.raises(ConfigError, match="`horizon` must be above zero"):
        diebold_mariano(np.ones(5), np.ones(5), horizon=0)
    with pytest.raises(ConfigError, match="`lags` must be above zero"):
        diebold_mariano(np.ones(5), np.ones(5), lags=0)
    with pytest.raises(ConfigError, match="`block` must be above zero"):
        block_bootstrap_skill(np.ones(5), np.ones(5), block=0)
    with pytest.raises(ConfigError, match="level of an interval"):
        block_bootstrap_skill(np.ones(5), np.ones(5), level=90)
    with pytest.raises(ShapeError, match="same issue times"):
        diebold_mariano(np.ones(5), np.ones(4))
