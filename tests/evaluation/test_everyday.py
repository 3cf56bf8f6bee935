import numpy as np
import pandas as pd
import pytest

from gridcast.errors import ShapeError
from gridcast.evaluation import METRICS, evaluate, overall
from gridcast.forecast import Forecast, actual_values
from gridcast.forecasters.baselines import SeasonalNaive
from gridcast.panel import Panel

WEEKLY, DAILY = "seasonal_naive_168h", "seasonal_naive_24h"
ISSUED = pd.date_range("2024-01-02", periods=2, freq="D", tz="UTC")


def forecast(values: object, names: str = "AB", issue_times: pd.DatetimeIndex = ISSUED) -> Forecast:
    """A forecast of values, shape (issue_time, location, step)."""
    times = pd.date_range("2024-01-01", periods=99, freq="h", tz="UTC")
    panel = Panel.from_wide(pd.DataFrame(0.0, index=times, columns=list(names)))
    return Forecast.of(np.asarray(values, dtype=float), panel=panel, issue_times=issue_times)


def row(table: pd.DataFrame, model: str, location: str = "") -> pd.Series:
    (found,) = (r for _, r in table.iterrows() if (r["model"], r["location"]) == (model, location))
    return found


ACTUAL = [[[2, 4], [10, 10]], [[2, 4], [10, 10]]]
OFF_BY_ONE = np.add(ACTUAL, 1)
OFF_BY_TWO = np.add(ACTUAL, 2)


def test_scores_by_hand():
    # place A is off by 1 and by 3, place B is exact
    predicted = [[[3, 5], [10, 10]], [[5, 1], [10, 10]]]
    table = evaluate({"model": forecast(predicted)}, forecast(ACTUAL))
    assert table["location"].tolist() == ["", "A", "B"]
    assert table["n"].tolist() == [8, 4, 4]
    # A: errors 1, 1, 3, 3
    assert table["mae"].tolist() == [8 / 8, 8 / 4, 0]
    assert table["rmse"].tolist() == pytest.approx([(20 / 8) ** 0.5, (20 / 4) ** 0.5, 0])
    # shares 1/2, 1/4, 3/2, 3/4 of A and zeros of B; the readings add up to 52, 12 and 40
    assert table["mape"].tolist() == pytest.approx([300 / 8, 300 / 4, 0])
    assert table["nmae"].tolist() == pytest.approx([800 / 52, 800 / 12, 0])
    assert table["skill"].isna().all()


def test_skill_is_against_last_week_and_the_reference_has_none():
    table = evaluate({"model": forecast(OFF_BY_ONE), WEEKLY: forecast(OFF_BY_TWO), DAILY: forecast(OFF_BY_ONE)}, forecast(ACTUAL))
    # an RMSE of 1 beside one of 2, over all places and at each
    assert table["skill"].tolist() == [0.5] * 3 + [0] * 3 + [0.5] * 3


def test_skill_of_a_place_is_against_the_reference_at_that_place():
    reference = np.add(ACTUAL, [[1], [4]])
    table = evaluate({"model": forecast(OFF_BY_TWO), WEEKLY: forecast(reference)}, forecast(ACTUAL))
    assert row(table, "model", "A")["skill"] == -1
    assert row(table, "model", "B")["skill"] == 0.5
    assert row(table, "model")["skill"] == pytest.approx(1 - 2 / 8.5**0.5)


def test_without_a_forecast_of_last_week_skill_is_against_yesterday():
    nothing = np.full_like(OFF_BY_ONE, np.nan, dtype=float)
    table = evaluate({"model": forecast(OFF_BY_ONE), WEEKLY: forecast(nothing), DAILY: forecast(OFF_BY_TWO)}, forecast(ACTUAL))
    assert row(table, "model")["skill"] == 0.5
    assert row(table, DAILY)["skill"] == 0
    # who makes no forecast at all has no scores and takes no hours from the others
    assert row(table, WEEKLY)["n"] == 0
    assert row(table, WEEKLY)[list(METRICS)].isna().all()
    assert row(table, "model")["n"] == 8


def test_only_hours_that_all_have_count():
    actual, one, other = (np.array(values, dtype=float) for values in (ACTUAL, OFF_BY_ONE, OFF_BY_TWO))
    actual[0, 0, 0] = one[0, 1, 0] = other[1, 1, 1] = np.nan
    one[1, 1, 1] = 1e9  # of an hour that the other does not have
    table = evaluate({"one": forecast(one), "other": forecast(other)}, forecast(actual))
    for model, error in (("one", 1), ("other", 2)):
        assert [row(table, model, place)["n"] for place in ("", "A", "B")] == [5, 3, 2]
        assert row(table, model)["rmse"] == error


def test_the_order_of_forecasters_does_not_change_the_scores():
    forecasts = {"model": forecast(OFF_BY_ONE), WEEKLY: forecast(OFF_BY_TWO)}
    one, other = (evaluate(dict(order), forecast(ACTUAL)) for order in (forecasts.items(), reversed(forecasts.items())))
    pd.testing.assert_frame_equal(one.iloc[[3, 4, 5, 0, 1, 2]].reset_index(drop=True), other)


def test_a_naive_forecast_of_a_steady_week_is_exact(make_panel):
    panel = make_panel(days=20)
    steady = Panel(
        panel.dataset.assign(consumption=panel.dataset["consumption"].copy(data=np.tile(panel.consumption[:24], (20, 1))))
    )
    issue_times = steady.times[24 * 8 :: 24]
    naive = SeasonalNaive()
    table = evaluate({naive.name: naive.predict(steady, issue_times)}, actual_values(steady, issue_times, 24))
    assert table["rmse"].tolist() == [0] * 5
    assert table["n"].tolist() == [12 * 24 * 4, *[12 * 24] * 4]


@pytest.mark.parametrize(
    "stranger",
    [
        forecast(ACTUAL, names="BA"),
        forecast(ACTUAL, issue_times=ISSUED + pd.Timedelta(hours=1)),
        forecast(np.array(ACTUAL)[..., :1]),
        forecast(ACTUAL[:1], issue_times=ISSUED[:1]),
    ],
    ids=["places", "issue times", "steps", "fewer issue times"],
)
def test_forecasts_of_other_hours_or_places_are_named(stranger):
    with pytest.raises(ShapeError) as caught:
        evaluate({"model": forecast(OFF_BY_ONE), "stranger": stranger}, forecast(ACTUAL))
    (problem,) = caught.value.problems
    assert problem.problem == "forecasts and readings are not of the same hours and places"
    assert problem.found == "`stranger`"
    assert problem.expected == "2 issue times, 2 places, 2 steps, in one order"


def test_overall_metrics_by_name():
    table = evaluate({"model": forecast(OFF_BY_ONE), WEEKLY: forecast(OFF_BY_TWO)}, forecast(ACTUAL))
    found = overall(table)
    assert list(found) == ["model", WEEKLY]
    assert tuple(found["model"]) == (*METRICS, "ex_post")
    assert found["model"].pop("ex_post") is False
    assert found["model"] == pytest.approx(
        {"rmse": 1, "mae": 1, "mape": 100 * 2.0 * (0.5 + 0.25 + 0.2) / 8, "nmae": 800 / 52, "skill": 0.5}
    )
