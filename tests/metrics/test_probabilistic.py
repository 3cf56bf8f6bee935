import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gridcast.errors import ConfigError, ShapeError
from gridcast.metrics import (
    central_intervals,
    coverage,
    crps_from_quantiles,
    level_widths,
    mae,
    pinball,
    quantile_statistics,
    width,
)

LEVELS = np.array([0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95])
NUMBERS = st.floats(-1e4, 1e4).map(lambda x: round(x, 3))


def cases(levels: int = 7):
    """A reading and its quantiles, shape (1 + levels,); the quantiles in order."""
    return arrays(np.float64, 1 + levels, elements=NUMBERS).map(lambda x: np.concatenate([x[:1], np.sort(x[1:])]))


def test_pinball_by_hand():
    # 10 is 2 above 8: 0.1 x 2 and 0.9 x 2; and 4 below 14: 0.9 x 4 at level 0.1 and 0.1 x 4 at level 0.9
    assert pinball([10.0, 10.0], [[8, 8], [14, 14]], [0.1, 0.9]) == pytest.approx(np.array([[0.2, 1.8], [3.6, 0.4]]))


def test_pinball_of_what_is_missing_is_not_a_number():
    found = pinball([np.nan, 1.0], [[1.0, 2.0], [np.nan, 1.0]], [0.1, 0.9])
    assert np.isnan(found).tolist() == [[True, True], [True, False]]


def test_pinball_is_the_quantile_score_of_scoringrules():
    oracle = pytest.importorskip("scoringrules")
    random = np.random.default_rng(0)
    actual, predicted = random.normal(size=(6, 5)), np.sort(random.normal(size=(6, 5, 7)), axis=-1)
    expected = np.stack(
        [oracle.quantile_score(actual, predicted[..., k], np.full((6, 5), level)) for k, level in enumerate(LEVELS)], -1
    )
    assert pinball(actual, predicted, LEVELS) == pytest.approx(expected)


def test_cells_of_levels_by_hand():
    # borders 0, 0.075, 0.175, 0.375, 0.625, 0.825, 0.925, 1
    assert level_widths(LEVELS) == pytest.approx([0.075, 0.1, 0.2, 0.25, 0.2, 0.1, 0.075])


def test_crps_by_hand():
    # pinball 0.25 x 2 and 0.25 x 4, each level stands for half of all: 2 x (0.5 x 0.5 + 0.5 x 1)
    assert crps_from_quantiles(10.0, [8.0, 14.0], [0.25, 0.75]) == pytest.approx(1.5)


def test_crps_is_that_of_scoringrules_where_all_cells_are_as_wide():
    oracle = pytest.importorskip("scoringrules")
    random = np.random.default_rng(1)
    levels = np.arange(1, 20, 2) / 20  # 0.05, 0.15 ... 0.95
    actual, predicted = random.normal(size=(4, 3)), np.sort(random.normal(size=(4, 3, 10)), axis=-1)
    assert crps_from_quantiles(actual, predicted, levels) == pytest.approx(oracle.crps_quantile(actual, predicted, levels))


@pytest.mark.parametrize(("levels", "off"), [(np.arange(1, 100) / 100, 0.01), (LEVELS, 0.06)])
def test_crps_of_a_normal_is_near_the_closed_form(levels, off):
    oracle = pytest.importorskip("scoringrules")
    special = pytest.importorskip("scipy.special")
    actual = np.random.default_rng(2).normal(size=2000)
    predicted = np.broadcast_to(special.ndtri(levels), (2000, len(levels)))
    expected = oracle.crps_normal(actual, 0.0, 1.0).mean()
    assert crps_from_quantiles(actual, predicted, levels).mean() == pytest.approx(expected, rel=off)


@given(cases(1))
def test_crps_of_the_median_alone_is_the_absolute_error(case):
    assert crps_from_quantiles(case[0], case[1:], [0.5]) == pytest.approx(mae(case[:1], case[1:]), abs=1e-9)


@given(cases(), st.floats(1e-2, 1e2), NUMBERS)
def test_scores_grow_with_the_unit_and_not_with_the_level(case, factor, shift):
    moved = factor * case + shift
    for score in (pinball, crps_from_quantiles):
        expected = factor * np.asarray(score(case[0], case[1:], LEVELS))
        assert score(moved[0], moved[1:], LEVELS) == pytest.approx(expected, rel=1e-6, abs=1e-6)


@given(cases())
def test_scores_turned_upside_down_are_the_same(case):
    turned = -case[1:][::-1]  # the levels are symmetric
    assert crps_from_quantiles(-case[0], turned, LEVELS) == pytest.approx(crps_from_quantiles(case[0], case[1:], LEVELS), abs=1e-6)


@given(cases())
def test_scores_are_never_below_zero(case):
    assert (pinball(case[0], case[1:], LEVELS) >= 0).all()
    assert (pinball(case[0], np.full(7, case[0]), LEVELS) == 0).all()


@pytest.mark.parametrize(("shift", "spread"), [(0.3, 1.0), (-0.3, 1.0), (0.0, 0.6), (0.0, 1.6)])
def test_honest_quantiles_have_the_best_expected_score(shift, spread):
    random = np.random.default_rng(3)
    actual, honest = random.normal(size=20_000), np.quantile(random.normal(size=100_000), LEVELS)

    def expected(quantiles: np.ndarray) -> float:
        return float(crps_from_quantiles(actual, np.broadcast_to(quantiles, (len(actual), 7)), LEVELS).mean())

    assert expected(honest) < expected(spread * honest + shift)


def test_intervals_among_levels():
    assert central_intervals(LEVELS) == {"90": (0, 6), "80": (1, 5), "50": (2, 4)}
    assert central_intervals([0.025, 0.3, 0.5, 0.975]) == {"95": (0, 3)}
    assert central_intervals([0.001, 0.999]) == {"99.8": (0, 1)}
    assert central_intervals([0.5]) == {}


def test_coverage_and_width_by_hand():
    predicted = np.array([[1.0, 2.0, 5.0], [1.0, 2.0, 5.0], [1.0, 2.0, 5.0], [1.0, np.nan, np.nan]])
    found = coverage([1.0, 5.001, np.nan, 1.0], predicted, [0.1, 0.5, 0.9])  # the border counts as covered
    assert found.tolist() == pytest.approx([1, 0, np.nan, np.nan], nan_ok=True)
    assert width(predicted, [0.1, 0.5, 0.9]).tolist() == pytest.approx([4, 4, 4, np.nan], nan_ok=True)


def test_the_interval_score_of_scoringrules_is_made_of_pinball_losses():
    # interval score of 80 % = (pinball at 0.1 + pinball at 0.9) x 2 / 0.2, and at a covered reading it is the width
    oracle = pytest.importorskip("scoringrules")
    random = np.random.default_rng(4)
    actual, predicted = random.normal(size=50), np.sort(random.normal(size=(50, 2)), axis=-1)
    expected = oracle.interval_score(actual, predicted[:, 0], predicted[:, 1], 0.2)
    assert pinball(actual, predicted, [0.1, 0.9]).sum(axis=-1) * 10 == pytest.approx(expected)
    covered = coverage(actual, predicted, [0.1, 0.9]) == 1
    assert width(predicted, [0.1, 0.9])[covered] == pytest.approx(expected[covered])
    assert (expected[~covered] > width(predicted, [0.1, 0.9])[~covered]).all()


def test_an_interval_that_is_not_among_the_levels_is_refused():
    with pytest.raises(ConfigError) as caught:
        coverage([1.0], [[1.0, 2.0]], [0.1, 0.9], share=0.9)
    (problem,) = caught.value.problems
    assert problem.problem == "the quantiles have no central interval of 90 %"
    assert problem.expected == "the levels 0.05 and 0.95 among them"


def test_statistics_are_the_scores_of_what_is_whole():
    random = np.random.default_rng(5)
    actual, predicted = random.normal(size=(4, 3, 2)), np.sort(random.normal(size=(4, 3, 2, 7)), axis=-1)
    actual[0, 0, 0], predicted[1, 1, 1, 6] = np.nan, np.nan
    found = quantile_statistics(actual, predicted, LEVELS)
    whole = found["n_quantile"] > 0
    assert whole.sum() == 4 * 3 * 2 - 2
    assert all((values[~whole] == 0).all() for values in found.values())
    assert found["pinball"][whole] == pytest.approx(pinball(actual, predicted, LEVELS).mean(axis=-1)[whole])
    assert found["crps"][whole] == pytest.approx(crps_from_quantiles(actual, predicted, LEVELS)[whole])
    for name, share in (("90", 0.9), ("80", 0.8), ("50", 0.5)):
        assert (found[f"covered{name}"][whole] == coverage(actual, predicted, LEVELS, share=share)[whole]).all()
        assert (found[f"width{name}"][whole] == width(predicted, LEVELS, share=share)[whole]).all()


@pytest.mark.parametrize("levels", [[0.0, 0.5], [0.5, 1.0], [0.9, 0.1], [0.5, 0.5]])
def test_levels_out_of_range_or_order_are_refused(levels):
    with pytest.raises(ConfigError, match="levels of quantiles are in"):
        pinball([1.0], [[1.0, 2.0]], levels)


def test_shapes_have_to_fit():
    with pytest.raises(ShapeError) as caught:
        pinball(np.zeros(2), np.zeros((2, 3)), [0.1, 0.9])
    assert caught.value.problems[0].expected == "quantiles of shape (2, 2)"
    with pytest.raises(ShapeError, match="levels of quantiles are a list"):
        level_widths(0.5)
