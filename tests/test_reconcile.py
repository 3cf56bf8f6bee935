import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridcast.errors import ShapeError
from gridcast.reconcile import mint, sum_bottom_up

LEVELS = [0.05, 0.1, 0.5, 0.9, 0.95]


def errors_of(*rows):
    """Errors of issue times, each of all places, at one lead: shape (V, N, 1)."""
    return np.array(rows, dtype=float)[:, :, None]


def world(issues, places=8, horizon=6, shared=0.3, seed=0):
    """Errors whose size differs between places, leads and windy and calm days, and these sizes."""
    random = np.random.default_rng(seed)
    sizes = (
        np.exp(0.5 * random.normal(size=(issues, 1, 1)))
        * np.exp(random.normal(size=(1, places, 1)))
        * np.linspace(0.7, 1.3, horizon)
    )
    together, alone = random.normal(size=(issues, 1, horizon)), random.normal(size=(issues, places, horizon))
    return sizes * (np.sqrt(shared) * together + np.sqrt(1 - shared) * alone), sizes


def covered(total, quantiles, axis=None):
    """By the 80 % interval."""
    return ((total >= quantiles[..., 1]) & (total <= quantiles[..., 3])).mean(axis=axis)


def test_sum_by_hand():
    # the places err by (1, 2), (-3, 1), (0, 0): sums 3, -2, 0. Median 0, first of three -2 (25 %), last 3 (75 %)
    errors = errors_of((1, 2), (-3, 1), (0, 0))
    point, quantiles = sum_bottom_up(np.array([[[10.0], [20.0]]]), errors, [0.25, 0.5, 0.75])
    assert point == pytest.approx(np.array([[30.0]]))
    assert quantiles == pytest.approx(np.array([[[28.0, 30.0, 33.0]]]))


def test_errors_are_scaled_by_the_spread_of_now():
    # the first place now is twice as uncertain as then: sums 4, -5, 0
    errors, then = errors_of((1, 2), (-3, 1), (0, 0)), np.ones((3, 2, 1))
    point = np.array([[[10.0], [20.0]]])
    _, quantiles = sum_bottom_up(point, errors, [0.25, 0.5, 0.75], spread=[[[2.0], [1.0]]], residual_spread=then)
    assert quantiles == pytest.approx(np.array([[[25.0, 30.0, 34.0]]]))


def test_the_median_stays_the_point_though_errors_have_a_bias():
    errors, _ = world(50)
    point, quantiles = sum_bottom_up(np.full((4, 8, 6), 10.0), errors + 100, LEVELS)
    assert (point == 80).all()
    assert (quantiles[..., 2] == 80).all()


def test_errors_made_together_make_a_wide_sum():
    # 16 places: the sum's spread is 16 times one place's where they err together, 4 times where they do not
    random = np.random.default_rng(0)
    point = np.zeros((1, 16, 1))
    alone = random.normal(size=(4000, 16, 1))
    together = np.broadcast_to(random.normal(size=(4000, 1, 1)), (4000, 16, 1))
    narrow, wide = (np.ptp(sum_bottom_up(point, errors, [0.1, 0.9])[1]) / 2 for errors in (alone, together))
    assert narrow == pytest.approx(4 * 1.2816, rel=0.05)
    assert wide == pytest.approx(16 * 1.2816, rel=0.05)


@pytest.mark.parametrize("validation", [60, 250])
def test_the_interval_covers_windy_and_calm_days(validation):
    errors, sizes = world(validation + 500, seed=3)
    then, now = slice(validation), slice(validation, None)
    total = (10 + errors[now]).sum(axis=1)
    point = np.full(errors[now].shape, 10.0)
    _, quantiles = sum_bottom_up(point, errors[then], LEVELS, spread=sizes[now], residual_spread=sizes[then])
    windy = sizes[now, 0, 0] > np.median(sizes[now, 0, 0])
    assert covered(total, quantiles) == pytest.approx(0.8, abs=0.03)
    assert covered(total[windy], quantiles[windy]) == pytest.approx(0.8, abs=0.04)
    _, blind = sum_bottom_up(point, errors[then], LEVELS)
    assert covered(total, blind) == pytest.approx(0.8, abs=0.04)
    assert covered(total[windy], blind[windy]) < 0.75


def test_few_issue_times_borrow_from_neighbouring_leads():
    errors, _ = world(8, horizon=24)
    _, quantiles = sum_bottom_up(np.zeros((1, 8, 24)), errors, [0.05, 0.95])
    width = np.ptp(quantiles[0], axis=1)
    single = np.ptp(np.quantile(errors.sum(axis=1), [0.05, 0.95], axis=0, method="weibull"), axis=0)
    assert np.abs(np.diff(np.log(width))).mean() < 0.5 * np.abs(np.diff(np.log(single))).mean()


def test_a_missing_place_is_made_up_for_by_the_others():
    # mean sizes: (1 + 1 + 4) / 3 = 2 and (2 + 2) / 2 = 2. At the third issue time only the first place is there: half of the
    # spread, so its 4 counts twice: sums 3, -3, 8, median 3
    errors = errors_of((1, 2), (-1, -2), (4, np.nan))
    _, quantiles = sum_bottom_up(np.zeros((1, 2, 1)), errors, [0.25, 0.5, 0.75])
    assert quantiles == pytest.approx(np.array([[[-6.0, 0.0, 5.0]]]))


def test_where_more_than_half_is_missing_the_issue_time_is_left_out():
    # three places of size 1: at the fourth issue time only one is there
    errors = errors_of((1, 1, 1), (-1, -1, -1), (1, -1, 1), (1, np.nan, np.nan))
    _, quantiles = sum_bottom_up(np.zeros((1, 3, 1)), errors, [0.25, 0.75])
    assert quantiles == pytest.approx(np.array([[[-4.0, 2.0]]]))  # sums 3, -3, 1 about 1


def test_a_place_without_errors_errs_like_the_others_for_its_size():
    # the second place is as large as the first and has no errors: the sum's are twice the first's
    errors = errors_of((1, np.nan), (-1, np.nan), (0, np.nan))
    _, quantiles = sum_bottom_up(np.full((1, 2, 1), 5.0), errors, [0.25, 0.75])
    assert quantiles == pytest.approx(np.array([[[8.0, 12.0]]]))


def test_errors_of_nothing_make_a_sum_without_width():
    _, quantiles = sum_bottom_up(np.full((1, 2, 1), 5.0), np.zeros((4, 2, 1)), LEVELS)
    assert (quantiles == 10).all()


def test_no_forecast_of_a_place_makes_no_sum_and_no_errors_no_quantiles():
    errors, _ = world(30)
    point = np.full((3, 8, 6), 10.0)
    point[1, 2, 4] = np.nan
    total, quantiles = sum_bottom_up(point, errors, LEVELS)
    gone = np.zeros((3, 6), dtype=bool)
    gone[1, 4] = True
    assert (np.isnan(total) == gone).all()
    assert (np.isnan(quantiles) == gone[..., None]).all()
    total, quantiles = sum_bottom_up(np.full((3, 8, 6), 10.0), np.full(errors.shape, np.nan), LEVELS)
    assert (total == 80).all()
    assert np.isnan(quantiles).all()


@given(st.integers(0, 10_000))
def test_quantiles_ascend_and_the_order_of_places_does_not_matter(seed):
    errors, sizes = world(12, places=4, horizon=3, seed=seed)
    random = np.random.default_rng(seed)
    errors[random.random(errors.shape) < 0.1] = np.nan
    point, order = random.normal(size=(2, 4, 3)), random.permutation(4)
    _, quantiles = sum_bottom_up(point, errors, LEVELS, spread=sizes[:2], residual_spread=sizes)
    _, other = sum_bottom_up(point[:, order], errors[:, order], LEVELS, spread=sizes[:2, order], residual_spread=sizes[:, order])
    assert (np.diff(quantiles, axis=-1) >= 0).all()
    assert other == pytest.approx(quantiles)


def test_mint_by_hand():
    # sum and places err together by 4, 1, 1 (and the negative): W = e e' with e = (4, 1, 1), c = (1, -1, -1), W c = 2 e,
    # c' W c = 4: of a gap of 2 (22 - 20) the sum loses 4 * 2 / 4 * 2 = 4 and each place 1 * 2 / 4 * 2 = 1
    places, total = mint([[[10.0], [10.0]]], [[22.0]], errors_of((1, 1), (-1, -1)), [[4.0], [-4.0]])
    assert places == pytest.approx(np.array([[[9.0], [9.0]]]))
    assert total == pytest.approx(np.array([[18.0]]))


def test_shrinkage_by_hand():
    # sum 2 (1, 1, -1, -1), place (1, 1, -1, 1), each twice: products of the unit errors 1, 1, 1, -1, mean r = 0.5, variance
    # of r (1 - 0.25) / 7 = 3 / 28, so that 3 / 7 of r goes: 2 / 7 stays. W = [4, 4/7; 4/7, 1], c = (1, -1):
    # the place gets (1 - 4/7) / (5 - 8/7) = 1 / 9 of the gap
    place, of_sum = [1, 1, -1, 1] * 2, [2, 2, -2, -2] * 2
    places, total = mint([[[10.0]]], [[19.0]], np.reshape(place, (8, 1, 1)), np.reshape(of_sum, (8, 1)))
    assert places == pytest.approx(np.array([[[11.0]]]))
    assert total == pytest.approx(np.array([[11.0]]))


def test_neighbouring_leads_are_no_new_issue_times():
    # the same errors at two leads: variance of r 2 * (1 - 0.25) / 15 = 0.1, so that 0.4 of r goes and 0.3 stays:
    # W = [4, 0.6; 0.6, 1], the place gets (1 - 0.6) / (5 - 1.2) = 2 / 19 of the gap
    place, of_sum = np.array([1, 1, -1, 1] * 2), np.array([2, 2, -2, -2] * 2)
    both = np.ones(2)
    places, _ = mint([[[10.0, 10.0]]], [[29.0, 29.0]], np.multiply.outer(place, both)[:, None], np.multiply.outer(of_sum, both))
    assert places == pytest.approx(np.array([[[12.0, 12.0]]]))


@pytest.mark.parametrize("validation", [30, 120, 400])
def test_a_good_forecast_of_the_sum_makes_all_better(validation):
    random = np.random.default_rng(0)
    errors, _ = world(validation + 400, seed=1)
    of_sum = 0.7 * errors.sum(axis=1) + 0.5 * errors.sum(axis=1).std() * random.normal(size=errors[:, 0].shape)
    then, now = slice(validation), slice(validation, None)
    bottom, actual = np.full(errors[now].shape, 10.0), 10 + errors[now]
    total = actual.sum(axis=1) - of_sum[now]
    places, both = mint(bottom, total, errors[then], of_sum[then])
    assert both == pytest.approx(places.sum(axis=1), abs=1e-12)

    def mean_error(one, other):
        return np.abs(one - other).mean()

    assert mean_error(places, actual) < mean_error(bottom, actual)
    assert mean_error(both, actual.sum(axis=1)) < 0.97 * mean_error(bottom.sum(axis=1), actual.sum(axis=1))
    assert mean_error(both, actual.sum(axis=1)) < mean_error(total, actual.sum(axis=1))


def test_mint_leaves_forecasts_that_add_up():
    errors, _ = world(30)
    bottom = np.random.default_rng(0).normal(size=(5, 8, 6))
    places, total = mint(bottom, bottom.sum(axis=1), errors, 0.5 * errors.sum(axis=1))
    assert places == pytest.approx(bottom)
    assert total == pytest.approx(bottom.sum(axis=1))


def test_mint_with_what_is_missing():
    errors, _ = world(40, places=3)
    of_sum = np.random.default_rng(0).normal(size=(40, 6))
    errors[::3, 1] = of_sum[5] = errors[:, 2] = np.nan
    bottom, total = np.full((4, 3, 6), 10.0), np.full((4, 6), 33.0)
    total[2], bottom[3, 0] = np.nan, np.nan
    places, both = mint(bottom, total, errors, of_sum)
    assert (places[:2, :2] > 10).all()
    assert (places[:3, 2] == 10).all()  # nothing is known of its errors
    assert (places[2] == 10).all()  # there is no forecast of the sum
    assert np.isnan(places[3, 0]).all()
    assert np.isnan(both[3]).all()


def test_errors_of_nothing_leave_the_places():
    bottom = np.full((1, 2, 1), 10.0)
    places, total = mint(bottom, [[25.0]], np.zeros((4, 2, 1)), np.zeros((4, 1)))
    assert (places == bottom).all()
    assert (total == 20).all()


def test_what_does_not_fit_is_refused():
    point, errors = np.zeros((5, 2, 4)), np.zeros((7, 2, 4))
    with pytest.raises(ShapeError, match="do not fit each other"):
        sum_bottom_up(point, errors[:, :, :3], LEVELS)
    with pytest.raises(ShapeError, match="do not fit each other"):
        sum_bottom_up(point, errors[:0], LEVELS)
    with pytest.raises(ShapeError, match="the spreads do not fit"):
        sum_bottom_up(point, errors, LEVELS, spread=point)
    with pytest.raises(ShapeError, match="the sums do not fit"):
        mint(point, point[:, 0], errors, errors[:5, 0])
