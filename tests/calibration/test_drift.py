"""What is kept missing is put right, and by what was known only."""

import numpy as np
import pytest

from gridcast.calibration import corrected
from gridcast.errors import ShapeError

LEVELS = [0.1, 0.5, 0.9]


def daily(actual: np.ndarray, **how) -> np.ndarray:
    """What forecasts of 100, 24 steps apart, become; from 80 to 130."""
    quantiles = np.broadcast_to([80.0, 100.0, 130.0], (*actual.shape, 3))
    issue = 24 * np.arange(len(actual))
    return corrected(quantiles, actual, LEVELS, **{"issue": issue, "freq": 1, "day": 24, **how})


def test_errors_fade_and_stand_beside_five_days_without():
    actual = np.array([110.0, 100.0, 100.0]).reshape(3, 1, 1)
    half = 0.5 ** (1 / 7)  # what is left of an error after a day
    moved = daily(actual)[:, 0, 0, 1] - 100
    # 10 of 1 + 5 days; then 10 half of 1 + half + 5
    assert moved == pytest.approx([0, 10 / 6, 10 * half / (6 + half)])


def test_what_is_missed_for_good_is_learned_in_a_few_weeks():
    moved = daily(np.full((60, 1, 2), 90.0))[..., 1] - 100
    # the weights of 60 days add up to 10.6, beside 5: 68 % of 10
    assert moved[-1] == pytest.approx(-6.8, abs=0.1)
    assert (np.diff(moved[:, 0, 0]) < 0).all()


def test_a_reading_outside_the_quantiles_counts_as_one_on_their_edge():
    actual = np.array([[[500.0]], [[np.nan]]])
    assert daily(actual)[1, 0, 0].tolist() == [85.0, 105.0, 135.0]  # 30 of 6 days


def test_each_place_and_step_learns_from_its_own():
    actual = np.full((2, 2, 2), 100.0)
    actual[0, 1, 0] = 112.0
    assert (daily(actual)[1, ..., 1] - 100).tolist() == [[0, 0], [2, 0]]


def test_readings_count_from_when_they_are_there():
    actual = np.full((4, 1, 36), 100.0)
    actual[0] = 106.0
    moved = daily(actual)[..., 1] - 100
    assert (moved[1, 0, :24] == 1).all()  # 6 of 6 days
    assert (moved[1, 0, 24:] == 0).all()  # not yet measured a day after
    assert (moved[2, 0, 24:] > 0).all()
    late = daily(actual, delay=24)[..., 1] - 100
    assert (late[1] == 0).all()
    assert (late[2, 0, :24] > 0).all()


def test_nothing_after_an_issue_time_moves_its_forecast():
    random = np.random.default_rng(0)
    actual = 100 + random.normal(size=(9, 3, 24))
    other = actual.copy()
    other[5:] += 50
    assert (daily(other)[:6] == daily(actual)[:6]).all()
    assert (daily(other)[6:] != daily(actual)[6:]).all()


def test_many_issue_times_a_day_are_no_more_evidence_than_one():
    actual = np.full((240, 1, 1), 110.0)  # ten days of hourly forecasts
    hourly = daily(actual, issue=np.arange(240))[-1, 0, 0, 1]
    ten = daily(actual[:10])[-1, 0, 0, 1]
    assert hourly == pytest.approx(ten, abs=0.4)


def test_what_is_missing_teaches_nothing():
    assert (daily(np.full((3, 1, 1), np.nan))[..., 1] == 100).all()


def test_parts_that_do_not_fit_are_refused():
    with pytest.raises(ShapeError, match="do not fit"):
        daily(np.zeros((3, 1, 1)), issue=[0, 24])
    with pytest.raises(ShapeError, match="do not ascend"):
        daily(np.zeros((2, 1, 1)), issue=[24, 0])
