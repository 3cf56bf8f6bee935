import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridcast.calibration.conformal import NORMAL_SPREAD, STEP_OWN, STEP_PLACE, Calibration
from gridcast.errors import ConfigError, ShapeError

LEVELS = np.array([0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95])
NORMAL = np.array([-1.6448536, -1.2815516, -0.6744898, 0, 0.6744898, 1.2815516, 1.6448536])  # its quantiles
THREE = [0.1, 0.5, 0.9]


def smooth(random, shape):
    """Normal noise whose neighbours along the last axis are alike, as the errors of neighbouring leads are."""
    noise = random.normal(size=shape)
    for lead in range(1, shape[-1]):
        noise[..., lead] = 0.8 * noise[..., lead - 1] + 0.6 * noise[..., lead]
    return noise


def world(drift=lambda readings, sizes: readings, *, issues=330, validation=60, places=12, horizon=24, seed=0):
    """Readings and predicted quantiles, of validation and later: errors of changing size, partly shared, that drift later."""
    random = np.random.default_rng(seed)
    total = validation + issues
    windy = np.exp(0.5 * random.normal(size=(total, 1, 1)))
    sizes = windy * np.exp(0.3 * random.normal(size=(1, places, 1))) * np.linspace(0.7, 1.3, horizon)
    shared = np.sqrt(0.3) * smooth(random, (total, 1, horizon))
    readings = sizes * (shared + np.sqrt(0.7) * smooth(random, (total, places, horizon)))
    readings *= np.exp(0.2 * random.normal(size=(1, places, 1)))  # what the forecaster does not know
    readings[validation:] = drift(readings[validation:], sizes[validation:])
    quantiles = sizes[..., None] * NORMAL
    return readings[:validation], quantiles[:validation], readings[validation:], quantiles[validation:]


def coverage(actual, quantiles, axis=None):
    """Of the 80 % interval."""
    return ((actual >= quantiles[..., 1]) & (actual <= quantiles[..., 5])).mean(axis=axis)


def backtested(**how):
    past, past_quantiles, actual, quantiles = world(**how)
    calibration = Calibration.fit(past, past_quantiles, LEVELS)
    issue = np.datetime64("2020-01-01") + np.arange(len(actual)) * np.timedelta64(1, "D")
    return actual, calibration.apply(quantiles), calibration.adapted(quantiles, actual, issue=issue, freq=np.timedelta64(1, "h"))


def grows(readings, sizes):
    return 1.3 * readings


def biased(readings, sizes):
    return readings + 0.7 * sizes


def turns_later(readings, sizes):
    return np.where(np.arange(len(readings))[:, None, None] < 150, readings, 1.3 * readings + 0.3 * sizes)


@pytest.mark.parametrize("drift", [grows, biased, turns_later])
def test_adapted_intervals_follow_drift_where_fixed_ones_do_not(drift):
    actual, fixed, adapted = backtested(drift=drift)
    assert coverage(actual, fixed) < 0.76
    assert coverage(actual, adapted) == pytest.approx(0.8, abs=0.02)
    assert coverage(actual, adapted, axis=(0, 1)) == pytest.approx(0.8, abs=0.05)
    assert coverage(actual, adapted, axis=(0, 2)) == pytest.approx(0.8, abs=0.05)


def test_without_drift_adapting_costs_nothing():
    actual, fixed, adapted = backtested()
    assert coverage(actual, adapted) == pytest.approx(0.8, abs=0.02)

    def pinball(quantiles):
        error = actual[..., None] - quantiles
        return np.maximum(LEVELS * error, (LEVELS - 1) * error).mean()

    assert pinball(adapted) < 1.005 * pinball(fixed)


@pytest.mark.parametrize("seed", range(3))
def test_sixty_issue_times_and_no_validation_are_enough(seed):
    _, _, actual, quantiles = world(grows, issues=60, seed=seed)
    start = Calibration.neutral(LEVELS, places=12, horizon=24)
    adapted = start.adapted(quantiles, actual, issue=np.arange(60) * 24, freq=1)
    assert coverage(actual, quantiles) < 0.75
    assert coverage(actual, adapted) == pytest.approx(0.8, abs=0.03)
    by_lead = coverage(actual[20:], adapted[20:], axis=(0, 1))  # of 40 issue times: chance alone moves one by 0.02
    assert by_lead == pytest.approx(0.8, abs=0.06)


@pytest.mark.parametrize("factor", [0.3, 1.0, 3.0])
def test_fitted_intervals_cover_what_follows_whatever_the_predicted_width(factor):
    past, past_quantiles, actual, quantiles = world(places=30, validation=120, seed=1)
    calibrated = Calibration.fit(past, factor * past_quantiles, LEVELS).apply(factor * quantiles)
    assert coverage(actual, calibrated) == pytest.approx(0.8, abs=0.02)
    windy = quantiles[:, :, :, 5].mean(axis=(1, 2)) > np.median(quantiles[:, :, :, 5])
    assert coverage(actual[windy], calibrated[windy]) == pytest.approx(0.8, abs=0.03)  # the widths told which days are windy


def test_pooling_comes_nearer_to_the_true_coverage_than_each_place_and_lead_alone():
    past, past_quantiles, actual, quantiles = world(validation=30, issues=600, seed=2)

    def off(minimum):
        calibrated = Calibration.fit(past, past_quantiles, LEVELS, minimum=minimum).apply(quantiles)
        return np.abs(coverage(actual, calibrated, axis=0) - 0.8).mean()

    assert off(1.0) < 0.85 * off(1e-9)


def test_shift_by_hand():
    # one place and lead: pooled and own scores are the same. Readings 0 .. 8, width 10; ranks 10 * level = 1, 5, 9
    actual = np.arange(9.0).reshape(9, 1, 1)
    quantiles = np.broadcast_to([-5.0, 4.0, 5.0], (9, 1, 1, 3))
    fitted = Calibration.fit(actual, quantiles, THREE)
    assert fitted.shift[:, 0] == pytest.approx(np.array([[0.5, 0.0, 0.3]] * 2))  # (0 + 5) / 10, 0, (8 - 5) / 10
    assert fitted.spread == pytest.approx([0.2, 0.2])  # the fifth of the distances 0, 1, 1, 2, 2, 3, 3, 4, 4 is 2


def test_blend_by_hand():
    # 9 scores a place, 0.9 of them beyond the level 0.9: weight 0.9 / 1.9 of the place against all, 0.9 / 5.9 of it at its lead
    actual = np.arange(9.0)[:, None, None] * [[[1.0], [2.0]]]
    fitted = Calibration.fit(actual, np.broadcast_to([-5.0, 4.0, 5.0], (9, 2, 1, 3)), THREE)
    # all: 0 .. 8 and 0 .. 16 by 2, rank ceil(19 * 0.9) = 18, the greatest, 16: (16 - 5) / 10 = 1.1; alone 0.3 and 1.1
    place = 1.1 + 0.9 / 1.9 * (0.3 - 1.1)
    assert fitted.shift[:, 0, 2] == pytest.approx([place + 0.9 / 5.9 * (0.3 - place), 1.1, 1.1])


def test_few_values_give_finite_shifts():
    random = np.random.default_rng(0)
    fitted = Calibration.fit(random.normal(size=(2, 3, 4)), np.sort(random.normal(size=(2, 3, 4, 2))), [0.001, 0.999])
    assert np.isfinite(fitted.shift).all()


def test_missing_values_are_ignored_and_a_silent_place_gets_the_pooled_shift():
    past, quantiles, _, _ = world(validation=40, places=4)
    past, quantiles = past.copy(), quantiles.copy()
    past[3, 1, 5] = quantiles[7, 2, :] = past[:, 3] = np.nan
    fitted = Calibration.fit(past, quantiles, LEVELS)
    assert np.isfinite(fitted.shift).all()
    assert fitted.shift[3] == pytest.approx(fitted.shift[-1])
    assert fitted.spread[3] == fitted.spread[-1]
    assert np.isnan(fitted.apply(quantiles)[7, 2]).all()
    nothing = Calibration.fit(np.full(past.shape, np.nan), quantiles, LEVELS)
    assert (nothing.shift == 0).all()
    assert (nothing.spread == NORMAL_SPREAD).all()


def test_no_width_does_not_explode():
    past, quantiles, _, _ = world(validation=40, places=4)
    quantiles = quantiles.copy()
    quantiles[:, 1, 3] *= 1e-9  # one lead with hardly a width has a small part of the others' width
    quantiles[:, 2] = 0.0  # a place without any tells nothing
    fitted = Calibration.fit(past, quantiles, LEVELS)
    assert np.abs(fitted.shift).max() < 50
    assert fitted.shift[2] == pytest.approx(fitted.shift[-1])
    assert (fitted.apply(quantiles)[:, 2] == 0).all()


def test_unknown_places_get_the_last_row():
    past, quantiles, _, _ = world(validation=40, places=4)
    fitted = Calibration.fit(past, quantiles, LEVELS)
    both = fitted.apply(quantiles[:, [2, 0]], places=[2, -1])
    assert both[:, 0].tolist() == fitted.apply(quantiles)[:, 2].tolist()
    pooled = Calibration(fitted.levels, fitted.shift[[-1, -1]], fitted.spread[[-1, -1]])
    assert both[:, 1].tolist() == pooled.apply(quantiles[:, :1])[:, 0].tolist()


@given(st.integers(0, 10_000))
def test_quantiles_never_cross_and_the_median_stays(seed):
    random = np.random.default_rng(seed)
    shift = random.normal(scale=random.choice([0.01, 0.3, 5.0]), size=(3, 4, 7))
    quantiles = np.sort(random.normal(size=(5, 2, 4, 7)))
    moved = Calibration(LEVELS, shift, np.full(3, 0.2)).apply(quantiles)
    assert (np.diff(moved) >= 0).all()
    assert (moved[..., 3] == quantiles[..., 3]).all()


def test_levels_without_a_median_are_only_sorted():
    # width 4, shifts +3 and -1 widths: 0 + 12 and 4 - 4
    crossing = Calibration(np.array([0.1, 0.9]), np.array([[[3.0, -1.0]]] * 2), np.full(2, 0.2))
    assert crossing.apply([[[[0.0, 4.0]]]]).tolist() == [[[[0.0, 12.0]]]]


@given(st.integers(0, 10_000))
def test_nothing_is_learnt_before_it_is_known(seed):
    random = np.random.default_rng(seed)
    issues, horizon = 12, int(random.integers(1, 40))
    issue = np.cumsum(random.integers(1, 30, issues))
    quantiles, actual = np.sort(random.normal(size=(issues, 3, horizon, 3))), 3 * random.normal(size=(issues, 3, horizon))
    start = Calibration.neutral(THREE, places=3, horizon=horizon)
    now = int(random.integers(issues))
    delay = int(random.integers(0, 30))
    unknown = issue[:, None] + np.arange(1, horizon + 1) + delay > issue[now]
    scrambled = np.where(unknown[:, None], 100 * random.normal(size=actual.shape), actual)
    scrambled[random.random(actual.shape) < 0.2] = np.nan
    scrambled = np.where(unknown[:, None], scrambled, actual)
    one, other = (start.adapted(quantiles, readings, issue=issue, freq=1, delay=delay) for readings in (actual, scrambled))
    assert one[: now + 1].tobytes() == other[: now + 1].tobytes()


def test_a_reading_counts_as_soon_as_its_interval_has_ended():
    # issued at 0, 2, 3; steps of 1: at 2 the steps 1 and 2 of the first are known, at 3 step 3 and step 1 of the second
    start = Calibration.neutral(THREE, places=1, horizon=3)
    quantiles = np.broadcast_to([-1.0, 0.0, 1.0], (3, 1, 3, 3))
    actual = np.full((3, 1, 3), np.nan)
    actual[0, 0] = [np.nan, np.nan, 5.0]
    top = start.adapted(quantiles, actual, issue=[0, 2, 3], freq=1)[:, 0, :, 2]
    moved = 0.9 * NORMAL_SPREAD * 2.0  # the miss of one reading, in widths of 2
    assert top[1] == pytest.approx([1, 1, 1])
    assert top[2] - 1 == pytest.approx(moved * np.array([STEP_PLACE, STEP_PLACE, STEP_PLACE + STEP_OWN]))


def test_a_reading_that_comes_late_counts_when_it_has_come():
    # issued at 0, 2, 4 h; the reading of the first step ends at 1 h and is there 2 h later: at 4 h, and not at 2 h
    start = Calibration.neutral(THREE, places=1, horizon=1)
    quantiles = np.broadcast_to([-1.0, 0.0, 1.0], (3, 1, 1, 3))
    actual = np.full((3, 1, 1), np.nan)
    actual[0] = 5.0
    hours = np.datetime64("2024-01-01", "h") + 2 * np.arange(3)
    times = {"issue": hours, "freq": np.timedelta64(1, "h")}
    at_once = start.adapted(quantiles, actual, **times)[:, 0, 0, 2]
    late = start.adapted(quantiles, actual, **times, delay=np.timedelta64(2, "h"))[:, 0, 0, 2]
    assert (at_once > 1).tolist() == [False, True, True]
    assert (late > 1).tolist() == [False, False, True]


def test_adapting_in_other_units_is_the_same():
    _, _, actual, quantiles = world(grows, issues=40)
    start = Calibration.neutral(LEVELS, places=12, horizon=24)
    small, large = (start.adapted(f * quantiles, f * actual, issue=np.arange(40) * 24, freq=1) for f in (1.0, 1024.0))
    assert (large == 1024.0 * small).all()


def test_missing_readings_teach_nothing():
    _, _, actual, quantiles = world(issues=20)
    start = Calibration.neutral(LEVELS, places=12, horizon=24)
    adapted = start.adapted(quantiles, np.full(actual.shape, np.nan), issue=np.arange(20) * 24, freq=1)
    assert adapted == pytest.approx(quantiles)


def test_arrays_make_the_same_calibration_again(tmp_path):
    past, quantiles, _, _ = world(validation=30, places=3)
    fitted = Calibration.fit(past, quantiles, LEVELS)
    np.savez(tmp_path / "calibration.npz", **fitted.arrays())
    with np.load(tmp_path / "calibration.npz", allow_pickle=False) as saved:
        again = Calibration.from_arrays(saved)
    assert again.apply(quantiles).tobytes() == fitted.apply(quantiles).tobytes()


def test_what_does_not_fit_is_refused():
    three = Calibration.neutral(THREE, places=2, horizon=4)
    quantiles, actual = np.zeros((5, 2, 4, 3)), np.zeros((5, 2, 4))
    with pytest.raises(ShapeError, match="do not fit the calibration"):
        three.apply(quantiles[:, :1])
    with pytest.raises(ShapeError, match="no such place"):
        three.apply(quantiles, places=[0, 2])
    with pytest.raises(ShapeError, match="do not fit each other"):
        Calibration.fit(actual, quantiles, [0.1, 0.9])
    with pytest.raises(ShapeError, match="do not fit each other"):
        Calibration(np.array(THREE), np.zeros((2, 4, 3)), np.zeros(3))
    with pytest.raises(ShapeError, match="ascend"):
        Calibration.neutral([0.9, 0.1], places=1, horizon=1)
    with pytest.raises(ShapeError, match="they ascend"):
        three.adapted(quantiles, actual, issue=[0, 1, 1, 2, 3], freq=1)
    with pytest.raises(ConfigError, match="minimum"):
        Calibration.fit(actual, quantiles, THREE, minimum=0)
