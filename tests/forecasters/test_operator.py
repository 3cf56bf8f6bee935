import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gridcast.errors import ConfigError, PanelError, ShapeError
from gridcast.forecasters.operator import FiledForecast
from gridcast.panel import Panel

TIMES = pd.date_range("2024-01-01", periods=48, freq="h", tz="UTC")


@pytest.fixture
def panel():
    return Panel.from_wide(pd.DataFrame(np.ones((48, 2)), index=TIMES, columns=["A", "B"]), unit="MW")


def filed(columns="AB", start="2024-01-01", hours=48) -> pd.DataFrame:
    """A table in which the place of column c says 100 c + the hour since the start."""
    times = pd.date_range(start, periods=hours, freq="h")
    values = np.arange(hours, dtype=float)[:, None] + 100 * (1 + np.arange(len(columns)))
    return pd.DataFrame(values, index=times, columns=list(columns))


def predicted(forecaster: FiledForecast, panel: Panel, *rows: int) -> np.ndarray:
    return forecaster.fit(panel).predict(panel, panel.times[0] + panel.freq * pd.Index(rows)).values.values


def test_what_was_filed_for_the_valid_times_is_returned(panel):
    values = predicted(FiledForecast(filed(), horizon=3), panel, 5, 10)
    assert values.tolist() == [[[105, 106, 107], [205, 206, 207]], [[110, 111, 112], [210, 211, 212]]]


def test_places_are_found_by_name_and_strangers_left_out(panel):
    values = predicted(FiledForecast(filed("CBA"), horizon=1), panel, 0)
    assert values.ravel().tolist() == [300, 200]  # A is the third column, B the second


def test_where_nothing_was_filed_there_is_no_forecast(panel):
    values = predicted(FiledForecast(filed("B", "2024-01-01 02:00", 2), horizon=5), panel, 0)[0]
    assert np.isnan(values[0]).all()
    np.testing.assert_array_equal(values[1], [np.nan, np.nan, 100, 101, np.nan])


def test_times_in_another_zone_and_order_are_the_same_moments(panel):
    table = filed()
    other = table.set_axis(table.index.tz_localize("UTC").tz_convert("America/New_York")).iloc[::-1]
    assert predicted(FiledForecast(other), panel, 3).tobytes() == predicted(FiledForecast(table), panel, 3).tobytes()


def test_an_array_does_as_well_as_a_table(panel):
    table = filed()
    array = xr.DataArray(table.to_numpy().T, {"location": list("AB"), "time": table.index}, ("location", "time"))
    assert predicted(FiledForecast(array), panel, 3).tobytes() == predicted(FiledForecast(table), panel, 3).tobytes()


def test_zero_and_below_count_as_nothing_unless_told_otherwise(panel):
    table = filed()
    table.iloc[:2, 0] = [0.0, -5.0]
    assert np.isnan(predicted(FiledForecast(table, horizon=3), panel, 0)[0, 0]).tolist() == [True, True, False]
    assert predicted(FiledForecast(table, horizon=3, positive=False), panel, 0)[0, 0].tolist() == [0, -5, 102]


def test_where_readings_may_be_zero_or_below_so_may_forecasts(panel):
    table = filed()
    table.iloc[:2] = [[0.0, 0.0], [-5.0, -5.0]]
    readings = panel.dataset["consumption"].copy()
    readings[7, 1] = -1.0  # a net load at B
    net = Panel(panel.dataset.assign(consumption=readings))
    values = predicted(FiledForecast(table, horizon=3), net, 0)[0]
    assert np.isnan(values[0]).tolist() == [True, True, False]
    assert values[1].tolist() == [0, -5, 202]


def test_neither_readings_nor_variables_matter(panel):
    forecaster = FiledForecast(filed())
    other = panel.with_variable("temperature", np.full((48, 2), 7.0), availability="perfect")
    other = Panel(other.dataset.assign(consumption=other.dataset["consumption"] * 9))
    forecast = forecaster.predict(other, other.times[[5]])
    assert forecast.values.values.tobytes() == predicted(forecaster, panel, 5).tobytes()
    assert not forecast.is_ex_post


@pytest.mark.parametrize(
    ("table", "error", "problem"),
    [
        (filed().reset_index(drop=True), PanelError, "has no times"),
        (pd.concat([filed(), filed()]), PanelError, "come twice"),
        (filed("AA"), PanelError, "come twice"),
        (xr.DataArray(np.ones((2, 2)), dims=("time", "place")), ShapeError, "other dims"),
    ],
)
def test_what_is_no_table_of_forecasts_is_refused(table, error, problem):
    with pytest.raises(error, match=problem):
        FiledForecast(table)


def test_forecasts_of_other_places_only_are_refused(panel):
    with pytest.raises(PanelError, match=r"(?s)of other places.*`X`, `Y`.*`A`, `B`"):
        predicted(FiledForecast(filed("XY")), panel, 0)


def test_the_horizon_is_above_zero():
    with pytest.raises(ConfigError, match="`horizon` must be above zero"):
        FiledForecast(filed(), horizon=0)
