import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from gridcast.availability import ISSUED, LEAD, Availability, laid_out, there
from gridcast.errors import PanelError
from gridcast.forecast import actual_values
from gridcast.panel import Panel
from gridcast.windows import fit_scaler

HOUR = pd.Timedelta(hours=1)
START = pd.Timestamp("2024-01-01")


def panel(hours: int = 48) -> Panel:
    times = pd.date_range(START, periods=hours, freq="h", tz="UTC")
    return Panel.from_wide(pd.DataFrame({"A": np.arange(hours) * 1.0, "B": np.arange(hours) + 100.0}, index=times))


def vintages(issued: list[int], leads: int, offset: float = 0.0) -> xr.DataArray:
    """Forecasts issued at some hours: the value is 1000 x the number of the vintage + the hour that is forecast + 0.5 at B."""
    hours = np.array(issued)[:, None] + np.arange(leads)
    values = 1000.0 * np.arange(len(issued))[:, None] + hours + offset
    return xr.DataArray(
        np.stack([values, values + 0.5], axis=-1),
        dims=(ISSUED, LEAD, "location"),
        coords={
            ISSUED: START + pd.to_timedelta(issued, unit="h"),
            LEAD: pd.to_timedelta(np.arange(leads), unit="h"),
            "location": ["A", "B"],
        },
    )


def at(hour: float) -> pd.Timestamp:
    return START.tz_localize("UTC") + hour * HOUR


def test_observed_weather_arrives_with_its_delay():
    whole = panel().with_variable("temperature", np.ones((48, 2)), units="degC", delay=2 * HOUR)
    known = whole.as_of(at(10))
    # at 10:00 the hours 0..9 have ended; with two hours of delay those up to 7 are there
    assert known.consumption.shape == (10, 2)
    assert np.isfinite(known.values_of("temperature")[:, 0]).tolist() == [True] * 8 + [False] * 2
    assert known.end == at(10)


def test_late_readings_are_missing_and_the_end_is_the_issue_time():
    late = panel()
    late.dataset["consumption"].attrs.update(Availability("observed", 3 * HOUR).attrs)
    known = late.as_of(at(10))
    assert np.isnan(known.consumption[:, 0]).tolist() == [False] * 7 + [True] * 3
    assert known.end == at(10)


def test_perfect_weather_stays_and_is_called_ex_post():
    whole = panel().with_variable("temperature", np.arange(96).reshape(48, 2), availability="perfect")
    known = whole.as_of(at(10))
    assert known.is_ex_post
    assert not panel().is_ex_post
    assert known.ahead == ("temperature",)
    assert len(known.times) == 48
    assert np.isnan(known.consumption[10:]).all()
    assert known.end == at(10)
    assert known.values_of("temperature")[47].tolist() == [94, 95]


def test_only_the_newest_forecast_that_had_arrived_is_used():
    whole = panel().with_variable("temperature", vintages([0, 6, 12], 12), availability="forecast", delay=2 * HOUR)
    # the vintage of 12:00 arrives at 14:00
    before, after = whole.as_of(at(13)).values_of("temperature"), whole.as_of(at(14)).values_of("temperature")
    # at 13:00: hours 0..5 by vintage 0, from 6 on by vintage 1 (issued at 6, 12 hours long: up to 17)
    assert before[:, 0].tolist() == [*range(6), *(1000 + hour for hour in range(6, 18))]
    assert after[:, 0].tolist() == [*range(6), *(1000 + hour for hour in range(6, 12)), *(2000 + hour for hour in range(12, 24))]
    assert after[20, 1] == 2020.5


def test_where_the_newest_forecast_ends_nothing_older_steps_in():
    long_then_short = xr.concat([vintages([0], 24), vintages([6], 24).where(lambda v: v[LEAD] < 6 * HOUR)], dim=ISSUED)
    whole = panel().with_variable("temperature", long_then_short, availability="forecast")
    known = whole.as_of(at(6)).values_of("temperature")[:, 0]
    # vintage 6 has values for 6..11 only; those of vintage 0 for 12..23 are older, and not used
    assert known[:12].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    assert np.isnan(known[12:]).all()


def test_the_time_axis_goes_on_as_far_as_the_forecast():
    whole = panel(24).with_variable("temperature", vintages([0, 24], 30), availability="forecast")
    assert len(whole.times) == 54
    assert whole.end == at(24)
    assert whole.rows == 24
    assert len(whole.as_of(at(24)).times) == 54
    # at 23:00 the vintage of 0:00 is the newest: it reaches to the hour 29
    assert len(whole.as_of(at(23)).times) == 30
    assert "24 readings" in whole.describe()


def test_forecasts_of_two_sources_with_other_issue_times_do_not_disturb_each_other():
    whole = panel().with_variable("temperature", vintages([0, 12], 24), availability="forecast")
    whole = whole.with_variable("wind_speed", vintages([6, 18], 24), availability="forecast", delay=HOUR)
    known = whole.as_of(at(18))
    assert known.values_of("temperature")[18, 0] == 1018
    assert known.values_of("wind_speed")[18, 0] == 18  # the vintage of 18:00 arrives at 19:00
    assert whole.as_of(at(19)).values_of("wind_speed")[18, 0] == 1018


def test_a_weather_field_is_cut_as_the_readings_are():
    field = xr.DataArray(
        np.zeros((48, 3, 4)),
        dims=("time", "y", "x"),
        coords={"time": pd.date_range(START, periods=48, freq="h"), "y": [1.0, 2.0, 3.0], "x": [5.0, 6.0, 7.0, 8.0]},
    )
    known = panel().with_variable("temperature", field).as_of(at(10))
    assert known.values_of("temperature").shape == (10, 3, 4)


@given(st.lists(st.integers(2, 47), min_size=2, max_size=2), st.integers(0, 4))
def test_knowing_then_and_knowing_earlier_is_knowing_earlier(hours, delay):
    earlier, later = sorted(hours)
    whole = panel().with_variable("measured", np.arange(96).reshape(48, 2), delay=delay * HOUR)
    whole = whole.with_variable("forecast", vintages([0, 5, 20], 30), availability="forecast", delay=delay * HOUR)
    at_once, in_steps = whole.as_of(at(earlier)), whole.as_of(at(later)).as_of(at(earlier))
    assert at_once.dataset.identical(in_steps.dataset)


@given(st.integers(2, 47), st.integers(0, 2**32 - 1))
def test_what_was_not_there_yet_changes_nothing(hour, seed):
    random = np.random.default_rng(seed)
    whole = panel().with_variable("measured", np.arange(96).reshape(48, 2))
    whole = whole.with_variable("forecast", vintages([0, 5, 20, 30], 30), availability="forecast", delay=HOUR)
    dataset = whole.dataset.copy(deep=True)
    for name in dataset.data_vars:
        late = ~there(dataset[name], HOUR, at(hour))
        dataset[name].values[late] = random.normal(size=dataset[name].values[late].shape)
    assert Panel(dataset).as_of(at(hour)).dataset.identical(whole.as_of(at(hour)).dataset)


def test_a_filled_reading_is_there_when_what_it_was_made_from_is():
    whole = panel()
    values = whole.consumption.copy()
    values[20:22, 0] = np.nan
    gappy = Panel.from_wide(pd.DataFrame(values, index=whole.times, columns=["A", "B"]))
    filled, reach = values.copy(), np.full((48, 2), -1)
    filled[20:22, 0], reach[20:22, 0] = (20, 21), 22  # on a line to the reading in row 22
    mended = gappy.with_filled(filled, reach)
    assert mended.filled.sum() == 2
    assert np.isnan(mended.measured[20:22, 0]).all()
    assert np.isfinite(mended.consumption).all()
    # row 22 ends at 23:00: before that nobody could have drawn the line
    assert np.isnan(mended.as_of(at(22)).consumption[20:22, 0]).all()
    assert mended.as_of(at(22)).filled.sum() == 0
    assert mended.as_of(at(23)).consumption[20:22, 0].tolist() == [20, 21]


def test_filling_can_t_change_what_was_measured():
    whole = panel()
    with pytest.raises(PanelError, match="filling must leave measured readings as they are"):
        whole.with_filled(whole.consumption + 1, np.full((48, 2), -1))
    with pytest.raises(PanelError, match="filling must leave"):
        whole.with_filled(whole.consumption + 1, np.zeros((48, 2), dtype=int))


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        (np.zeros((3, 2)), "does not fit the panel"),
        (xr.DataArray(np.zeros(48), dims="hour"), "has other dims than a panel"),
        (vintages([0], 4).sel(location=["A"]), "lacks 1 place of the panel"),
    ],
)
def test_a_variable_that_does_not_fit_is_refused(values, problem):
    with pytest.raises(PanelError, match=problem):
        panel().with_variable("temperature", values)


def test_an_unknown_availability_and_an_unknown_variable_are_refused():
    with pytest.raises(PanelError, match="`someday` is no availability"):
        panel().with_variable("temperature", np.zeros((48, 2)), availability="someday")
    with pytest.raises(PanelError, match="no variable `temperature`"):
        panel().values_of("temperature")


def test_values_between_the_panel_s_times_are_left_out():
    # a vintage whose leads fall on half hours has no place on an hourly clock
    half = vintages([0], 4).assign_coords({LEAD: pd.to_timedelta([0.5, 1, 1.5, 2], unit="h")})
    laid = laid_out(half, pd.date_range(START, periods=4, freq="h"))
    assert np.isfinite(laid.values[:, 0]).tolist() == [False, True, True, False]


def test_a_vintage_without_a_value_does_not_erase_an_older_one():
    holes = xr.concat([vintages([0], 24), vintages([6], 24).where(lambda v: v[LEAD] != 2 * HOUR), vintages([20], 4)], dim=ISSUED)
    laid = laid_out(holes, pd.date_range(START, periods=24, freq="h"))
    assert laid.values[8, 0] == 8  # the second vintage has nothing for 8:00, the first has
    assert laid.values[9, 0] == 9


def test_a_reading_that_comes_late_ends_no_line_before_it_has_come():
    whole = panel()
    late = whole.dataset.copy(deep=True)
    late["consumption"].attrs.update(Availability("observed", 3 * HOUR).attrs)
    late["consumption"].values[20:22, 0] = np.nan
    gappy = Panel(late)
    values, reach = gappy.consumption.copy(), np.full((48, 2), -1)
    values[20:22, 0], reach[20:22, 0] = (20, 21), 22
    mended = gappy.with_filled(values, reach)
    # the reading of row 22 ends at 23:00 and comes at 02:00
    assert np.isnan(mended.as_of(at(25)).consumption[20:22, 0]).all()
    assert mended.as_of(at(26)).consumption[20:22, 0].tolist() == [20, 21]


def test_a_masked_reading_is_filled_no_more():
    whole = panel()
    values = whole.consumption.copy()
    values[20, 0] = np.nan
    gappy = Panel.from_wide(pd.DataFrame(values, index=whole.times, columns=["A", "B"]))
    filled, reach = values.copy(), np.full((48, 2), -1)
    filled[20, 0], reach[20, 0] = 5, 20
    wrong = np.zeros((48, 2), dtype=bool)
    wrong[20, 0] = True
    masked = gappy.with_filled(filled, reach).masked(wrong)
    assert not masked.filled.any()
    assert np.isnan(masked.as_of(at(40)).consumption[20, 0])


def test_no_score_and_no_scale_is_made_of_filled_readings():
    whole = panel()
    values = whole.consumption.copy()
    values[30, 0] = np.nan
    gappy = Panel.from_wide(pd.DataFrame(values, index=whole.times, columns=["A", "B"]))
    filled, reach = values.copy(), np.full((48, 2), -1)
    filled[30, 0], reach[30, 0] = 1e6, 30
    mended = gappy.with_filled(filled, reach)
    assert np.isnan(actual_values(mended, mended.times[[24]], 24).values.values[0, 0, 6])
    assert np.array_equal(fit_scaler(mended, mended.end).scale, fit_scaler(gappy, gappy.end).scale)


def test_fields_on_different_rasters_are_refused():
    times = pd.date_range(START, periods=48, freq="h")
    one, two = (
        xr.DataArray(np.zeros((48, 2, 2)), {"time": times, "y": [1.0, 2.0], "x": [side, side + 1]}, ("time", "y", "x"))
        for side in (5.0, 5.5)
    )
    with pytest.raises(PanelError, match="on another raster"):
        panel().with_variable("a_field", one).with_variable("b_field", two)
