import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gridcast.errors import ShapeError
from gridcast.forecast import DIMS, Forecast, actual_values
from gridcast.panel import Panel


def ramp(hours: int, freq: str = "h") -> Panel:
    """A panel in which place p reads row + 1000 p, so that every value tells where it is from."""
    times = pd.date_range("2024-01-01", periods=hours, freq=freq, tz="UTC")
    values = np.arange(hours)[:, None] + 1000.0 * np.arange(2)
    return Panel.from_wide(pd.DataFrame(values, index=times, columns=["P0", "P1"]), unit="MW")


@pytest.mark.parametrize("freq", ["h", "15min", "D", "30s"])
def test_step_one_is_the_interval_that_starts_at_the_issue_time(freq):
    panel = ramp(10, freq)
    issue_times = panel.times[[3, 6]]
    forecast = Forecast.of(np.zeros((2, 2, 4)), panel=panel, issue_times=issue_times)
    assert forecast.valid_times.shape == (2, 4)
    assert forecast.values["step"].values.tolist() == [1, 2, 3, 4]
    assert pd.DatetimeIndex(forecast.valid_times[0], tz="UTC").equals(panel.times[3:7])
    assert pd.DatetimeIndex(forecast.valid_times[1], tz="UTC").equals(panel.times[6:10])


def test_a_forecast_carries_its_labels():
    panel = ramp(10)
    forecast = Forecast.of(np.zeros((1, 2, 4)), panel=panel, issue_times=panel.times[[3]])
    assert forecast.issue_times.equals(panel.times[[3]])
    assert (forecast.locations, forecast.horizon) == (("P0", "P1"), 4)
    assert forecast.freq == pd.Timedelta(hours=1)
    assert forecast.values.attrs["unit"] == "MW"


def test_the_forecast_of_some_places_keeps_all_else():
    panel = ramp(10)
    values = np.arange(8.0).reshape(1, 2, 4)
    forecast = Forecast.of(
        values, panel=panel, issue_times=panel.times[[3]], ex_post=True, quantiles=((0.5,), values[..., None]), quality=[["a", "b"]]
    )
    second = forecast.only(["P1"])
    assert second.locations == ("P1",)
    assert second.values.values.tolist() == [[[4, 5, 6, 7]]]
    assert second.quantiles.values[..., 0].tolist() == second.values.values.tolist()
    assert second.quality.values.tolist() == [["b"]]
    assert second.values.attrs == forecast.values.attrs
    assert forecast.only(["P1", "P0"]).locations == ("P1", "P0")
    bare = Forecast.of(values, panel=panel, issue_times=panel.times[[3]]).only(["P0"])
    assert (bare.quantiles, bare.quality) == (None, None)


def test_issue_times_of_another_zone_are_the_same_moments():
    panel = ramp(10)
    issue_times = panel.times[[3]].tz_convert("Asia/Tokyo")
    assert Forecast.of(np.zeros((1, 2, 1)), panel=panel, issue_times=issue_times).issue_times.equals(panel.times[[3]])


def test_what_was_measured_lies_under_what_was_forecast():
    panel = ramp(10)
    actual = actual_values(panel, panel.times[[0, 5]], horizon=3)
    # issued at hour 5: the hours labelled 5, 6, 7
    assert actual.values.values.tolist() == [
        [[0, 1, 2], [1000, 1001, 1002]],
        [[5, 6, 7], [1005, 1006, 1007]],
    ]
    by_label = panel.dataset["consumption"].sel(time=actual.valid_times[1], location="P1")
    assert actual.values.values[1, 1].tolist() == by_label.values.tolist()


def test_where_there_is_no_reading_nothing_was_measured(make_panel):
    panel = make_panel(days=1, places=2, gaps=((5, 1),))
    issue_times = panel.times[0] + pd.to_timedelta([-2, 4, 22, 24, 90], unit="h")
    missing = np.isnan(actual_values(panel, issue_times, horizon=3).values.values)
    # hours -2..0: two before the panel; 4..6: the gap of P1 at 5; 22..24: one after the end; 24.. and 90..: all after it
    assert missing[:, 0].tolist() == [[True, True, False], [False] * 3, [False, False, True], [True] * 3, [True] * 3]
    assert missing[:, 1].tolist() == [[True, True, False], [False, True, False], [False, False, True], [True] * 3, [True] * 3]


def test_dimensions_have_their_names_and_order():
    wrong = xr.DataArray(np.zeros((1, 2, 3)), dims=("location", "issue_time", "step"))
    with pytest.raises(ShapeError) as caught:
        Forecast(wrong)
    (problem,) = caught.value.problems
    assert problem.problem == "not a forecast"
    assert problem.found == "('location', 'issue_time', 'step')"
    assert problem.expected == str(DIMS)


def test_issue_times_ascend():
    panel = ramp(10)
    with pytest.raises(ShapeError, match="issue times of a forecast ascend"):
        Forecast.of(np.zeros((2, 2, 4)), panel=panel, issue_times=panel.times[[6, 3]])


def test_quantiles_ascend_and_never_cross():
    panel = ramp(10)
    quantiles = np.arange(3.0) + np.zeros((1, 2, 4, 3))
    forecast = Forecast.of(
        quantiles[..., 1],
        panel=panel,
        issue_times=panel.times[[3]],
        quantiles=((0.1, 0.5, 0.9), quantiles),
        quality=[["", "no weather"]],
    )
    assert forecast.levels == (0.1, 0.5, 0.9)
    assert forecast.quality.sel(location="P1").values.tolist() == ["no weather"]
    with pytest.raises(ShapeError, match="quantiles cross"):
        Forecast.of(quantiles[..., 1], panel=panel, issue_times=panel.times[[3]], quantiles=((0.1, 0.5, 0.9), quantiles[..., ::-1]))
    for levels in ((0.5, 0.1, 0.9), (0.0, 0.5, 0.9), (0.5, 0.5, 0.9)):
        with pytest.raises(ShapeError, match="levels of quantiles"):
            Forecast.of(quantiles[..., 1], panel=panel, issue_times=panel.times[[3]], quantiles=(levels, quantiles))


def test_quantiles_of_other_places_are_refused():
    panel = ramp(10)
    with pytest.raises(ShapeError, match="does not belong"):
        Forecast(
            Forecast.of(np.zeros((1, 2, 4)), panel=panel, issue_times=panel.times[[3]]).values,
            Forecast.of(
                np.zeros((1, 1, 4)),
                panel=panel.only(["P1"]),
                issue_times=panel.times[[3]],
                quantiles=((0.5,), np.zeros((1, 1, 4, 1))),
            ).quantiles,
        )
