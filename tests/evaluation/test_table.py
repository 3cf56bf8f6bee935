import numpy as np
import pandas as pd
import pytest

from gridcast.errors import ShapeError
from gridcast.evaluation import prediction_table
from gridcast.forecast import Forecast
from gridcast.panel import Panel
from gridcast.windows import preprocess_temporal_data

ACTUAL = [[[2, 4], [10, 10]], [[2, 4], [10, 10]]]
OFF_BY_ONE = np.add(ACTUAL, 1)
ISSUED = pd.date_range("2024-01-02", periods=2, freq="D", tz="UTC")


def forecast(values: object, names: str = "AB", issue_times: pd.DatetimeIndex = ISSUED) -> Forecast:
    """A forecast of values, shape (issue_time, location, step)."""
    times = pd.date_range("2024-01-01", periods=99, freq="h", tz="UTC")
    panel = Panel.from_wide(pd.DataFrame(0.0, index=times, columns=list(names)))
    return Forecast.of(np.asarray(values, dtype=float), panel=panel, issue_times=issue_times)


def test_a_table_of_forecasts_has_one_row_a_place_and_hour():
    predicted = np.array(OFF_BY_ONE, dtype=float)
    predicted[0, 1, 1] = np.nan
    actual = np.array(ACTUAL, dtype=float)
    actual[1, 0, 0] = np.nan
    table = prediction_table(forecast(actual), forecast(predicted))
    assert table.columns.tolist() == ["timestamp", "location", "issue_time", "step", "actual", "predicted"]
    # the row without a prediction is left out, the one without a reading is not
    assert len(table) == 7
    assert table["actual"].isna().sum() == 1
    # step 1 is the hour that starts at the issue time
    assert (table["timestamp"] == table["issue_time"] + (table["step"] - 1) * pd.Timedelta(hours=1)).all()
    first, second = table.iloc[0], table.iloc[1]
    assert (first["timestamp"], first["location"], first["step"]) == (ISSUED[0], "A", 1)
    assert (second["timestamp"], second["actual"], second["predicted"]) == (ISSUED[0] + pd.Timedelta(hours=1), 4, 5)
    assert str(table["timestamp"].dt.tz) == "UTC"


@pytest.mark.parametrize("joint", [False, True])
def test_a_table_of_windows_is_in_original_units(make_panel, joint):
    panel = make_panel(days=8, places=3)
    y = preprocess_temporal_data(panel, 24, horizon=4, stride=9, joint=joint).y
    table = prediction_table(y, np.asarray(y))
    assert len(table) == np.prod(y.shape)
    readings = panel.dataset["consumption"].to_series()
    found = readings[pd.MultiIndex.from_arrays([table["timestamp"].dt.tz_localize(None), table["location"]])]
    assert table["actual"].to_numpy() == pytest.approx(found.to_numpy(), rel=1e-5)
    assert table["predicted"].tolist() == table["actual"].tolist()


def test_both_layouts_of_windows_make_the_same_table(make_panel):
    panel = make_panel(days=8, places=3)
    tables = []
    for joint in (False, True):
        y = preprocess_temporal_data(panel, 24, horizon=4, stride=9, joint=joint).y
        table = prediction_table(y, np.asarray(y) * 2).astype({"location": str})
        tables.append(table.sort_values(["issue_time", "location", "step"], ignore_index=True))
    pd.testing.assert_frame_equal(*tables)


def test_plain_arrays_have_samples():
    table = prediction_table([[1.0, 2.0], [3.0, 4.0]], [[1.5, 2.5], [np.nan, 4.5]])
    assert table.to_dict("list") == {
        "sample": [0, 0, 1],
        "step": [1, 2, 2],
        "actual": [1, 2, 4],
        "predicted": [1.5, 2.5, 4.5],
    }


@pytest.mark.parametrize(("actual", "predicted"), [((3,), (3,)), ((3, 1), (3,)), ((3,), (3, 1)), ((0,), (0, 1))])
def test_one_column_is_the_same_as_none(actual, predicted):
    table = prediction_table(np.ones(actual), np.ones(predicted))
    assert table["sample"].tolist() == list(range(actual[0]))


def test_plain_arrays_with_times_and_locations():
    table = prediction_table([1.0, 2.0], [3.0, np.nan], times=ISSUED, locations=["A", "B"])
    assert table.to_dict("list") == {"timestamp": [ISSUED[0]], "location": ["A"], "step": [1], "actual": [1], "predicted": [3]}


@pytest.mark.parametrize(
    "times",
    [ISSUED.tz_convert("Asia/Tokyo"), ISSUED.tz_localize(None), list(ISSUED), ["2024-01-02", "2024-01-03 02:00+02:00"]],
    ids=["zone", "no zone", "list", "text"],
)
def test_times_become_utc(times):
    if isinstance(times[0], str):
        times = [pd.Timestamp(time) for time in times]
    table = prediction_table([1.0, 2.0], [3.0, 4.0], times=times)
    assert pd.DatetimeIndex(table["timestamp"]).equals(ISSUED)


@pytest.mark.parametrize("labels", [{"times": ISSUED}, {"locations": ["A"] * 4}])
def test_times_and_locations_are_one_a_sample(labels):
    with pytest.raises(ShapeError, match=r"(?s)one of `(times|locations)` a sample.*[24] (times|locations), 3 samples"):
        prediction_table(np.ones(3), np.ones(3), **labels)


def test_shapes_have_to_agree(make_panel):
    y = preprocess_temporal_data(make_panel(days=4), 24, horizon=4).y
    cases = [
        (forecast(ACTUAL), np.ones((2, 2, 3))),
        (y, np.ones((len(y), 5))),
        (np.ones((3, 2)), np.ones((3, 4))),
        (np.ones(3), np.ones((3, 4))),
    ]
    for actual, predicted in cases:
        with pytest.raises(ShapeError, match=r"(?s)actual and predicted values differ in shape.*found:.*expected: one shape"):
            prediction_table(actual, predicted)
