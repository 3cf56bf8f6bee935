import numpy as np
import pandas as pd
import pytest

from gridcast.errors import ConfigError, ShapeError
from gridcast.evaluation import scored_hours
from gridcast.forecast import Forecast
from gridcast.panel import Panel

ISSUED = pd.date_range("2024-01-02", periods=2, freq="D", tz="UTC")
GAP = np.nan


def forecast(values: object, issue_times: pd.DatetimeIndex = ISSUED, quantiles: object = None) -> Forecast:
    """A forecast of A, B and so on, shape (issue_time, location, step)."""
    values = np.asarray(values, float)
    times = pd.date_range("2024-01-01", periods=99, freq="h", tz="UTC")
    panel = Panel.from_wide(pd.DataFrame(1.0, index=times, columns=list("ABC"[: values.shape[1]])))
    return Forecast.of(values, panel=panel, issue_times=issue_times, quantiles=quantiles)


def test_hours_that_all_have():
    actual = forecast([[[1, GAP], [3, 4]], [[5, 6], [7, 8]]])
    one, other = forecast([[[1, 2], [GAP, 4]], [[5, 6], [7, 8]]]), forecast([[[1, GAP], [3, 4]], [[5, 6], [7, GAP]]])
    found = scored_hours({"one": one, "other": other}, actual)
    assert found.counts.tolist() == [[[True, False], [False, True]], [[True, True], [True, False]]]
    # what has no reading can't be missed
    assert {name: missed.tolist() for name, missed in found.missed.items()} == {"one": [0, 1], "other": [0, 1]}


def test_one_that_makes_no_forecasts_takes_no_hours_from_the_others():
    ones = np.ones((2, 2, 2))
    found = scored_hours({"idle": forecast(GAP * ones), "one": forecast(ones)}, forecast(ones))
    assert found.counts.all()
    assert found.idle == {"idle"}
    assert found.counts_of("one").all()
    assert not found.counts_of("idle").any()
    assert found.missed["idle"].tolist() == [4, 4]


def test_an_hour_with_a_quantile_missing_is_not_forecast():
    ones = np.ones((2, 1, 1))
    quantiles = ((0.1, 0.9), [[[[1, 2]]], [[[1, GAP]]]])
    found = scored_hours({"one": forecast(ones, quantiles=quantiles), "points": forecast(ones)}, forecast(ones))
    assert found.counts.ravel().tolist() == [True, False]
    assert {name: missed.tolist() for name, missed in found.missed.items()} == {"one": [1], "points": [0]}


def test_places_and_steps_are_cut_in_the_order_asked_for():
    values = np.arange(18.0).reshape(2, 3, 3)
    found = scored_hours({"one": forecast(values)}, forecast(values), gap=1, places=["C", "A"])
    assert found.locations == ("C", "A")
    assert found.readings.tolist() == [[[7, 8], [1, 2]], [[16, 17], [10, 11]]]
    assert found.cut(values).tolist() == found.readings.tolist()


def test_one_that_forecasts_other_places_only_takes_no_hours_from_the_others():
    ones = np.ones((2, 2, 2))
    partial = ones.copy()
    partial[:, 0] = GAP
    made = {"partial": forecast(partial), "one": forecast(ones)}
    found = scored_hours(made, forecast(ones), places=["A"])
    assert found.idle == {"partial"}
    assert found.counts.all()
    # with both places it takes part, and A is compared at no hour
    assert scored_hours(made, forecast(ones)).counts.any(axis=(0, 2)).tolist() == [False, True]


def test_forecasts_of_other_hours_are_refused():
    ones = np.ones((2, 2, 2))
    made = {"early": forecast(ones, ISSUED - pd.Timedelta(hours=1)), "well": forecast(ones), "short": forecast(ones[:, :, :1])}
    with pytest.raises(ShapeError) as caught:
        scored_hours(made, forecast(ones))
    (problem,) = caught.value.problems
    assert (problem.problem, problem.found) == ("forecasts and readings are not of the same hours and places", "`early`, `short`")
    assert problem.expected == "2 issue times, 2 places, 2 steps, in one order"


def test_unknown_places_and_gaps_that_leave_nothing_are_refused():
    actual = forecast(np.ones((2, 2, 2)))
    with pytest.raises(ConfigError, match="places to score that there are no forecasts of") as caught:
        scored_hours({}, actual, places=["A", "Q"])
    assert caught.value.problems[0].found == "`Q`"
    with pytest.raises(ConfigError, match="no places to score"):
        scored_hours({}, actual, places=[])
    for gap in (2, -1):
        with pytest.raises(ConfigError, match="the gap leaves no steps to score"):
            scored_hours({}, actual, gap=gap)
