"""The newest forecast of a trained run, the CSV of it that the command writes too, and scenarios that move it."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from gridcast.app.outlook import (
    Outlook,
    against_yesterday,
    as_csv,
    moments_of,
    open_outlook_run,
    outlook_of,
    uncertainty,
    usual_load,
)
from gridcast.app.outlookfigures import CHANGE, LOAD, WIDTH, difference_map, outlook_map
from gridcast.app.palette import LIGHT
from gridcast.app.places import places_of_panel
from gridcast.app.whatif import (
    Scenario,
    WithHolidays,
    can_be_warmer,
    differences,
    knows_holidays,
    outlook_if,
    silenced,
    warmer,
    with_holidays,
)
from gridcast.errors import ConfigError
from gridcast.evaluation.totals import TOTAL, summed_forecast
from gridcast.features.calendar import Calendar
from gridcast.forecast import Forecast
from gridcast.workflow.forecasting import forecast

MOMENT = pd.Timestamp("2024-01-29 00:00", tz="UTC")  # two days before the end of the readings, so that the weather ahead is known


@pytest.fixture(scope="module")
def opened(network_run):
    return open_outlook_run(network_run)[0]


@pytest.fixture(scope="module")
def before(opened):
    return outlook_of(opened, MOMENT)


@pytest.fixture
def plain(small_panel) -> Outlook:
    """Return a forecast of 48 steps that is 10 % above what was measured a day before."""
    issued = pd.DatetimeIndex(["2024-02-05 00:00"], tz="UTC")
    row = int(small_panel.times.get_indexer(issued)[0])
    yesterday = small_panel.consumption[row - 24 : row].T.astype(np.float64)
    point = np.concatenate([1.1 * yesterday, 2.2 * yesterday], axis=1)
    quantiles = point[..., None] * np.array([0.9, 1.0, 1.2])
    made = Forecast.of(point[None], panel=small_panel, issue_times=issued, quantiles=((0.1, 0.5, 0.9), quantiles[None]))
    return Outlook(small_panel, made, summed_forecast(made), gap=0)


def test_a_step_is_compared_with_the_same_hour_of_the_day_before(plain):
    # the first day with what was measured, 1.1 of it; the second with the forecast of the first, 2.2 / 1.1 of it
    change = against_yesterday(plain)
    assert change[:, :24] == pytest.approx(np.full((4, 24), 10.0), abs=1e-3)
    assert change[:, 24:] == pytest.approx(np.full((4, 24), 100.0), abs=1e-3)


def test_uncertainty_is_the_width_of_the_80_percent_interval(plain):
    assert uncertainty(plain) == pytest.approx(np.full((4, 48), 30.0))  # 1.2 - 0.9 of the forecast


def test_without_those_quantiles_it_is_not_known(plain):
    bare = Outlook(plain.panel, Forecast(plain.made.values), plain.total, gap=0)
    assert uncertainty(bare) is None
    figure, text = outlook_map(bare, places_of_panel(plain.panel), WIDTH, 0, LIGHT)
    assert "not known" in text
    assert all(trace.marker.symbol == "x" for trace in figure.data if trace.customdata is not None)


def test_steps_of_the_gap_are_not_shown(plain):
    later = Outlook(plain.panel, plain.made, plain.total, gap=3)
    assert later.times[0] == pd.Timestamp("2024-02-05 03:00", tz="UTC")
    assert later.point.shape == (4, 45)
    assert later.fan("P0").point == pytest.approx(plain.fan("P0").point[3:])
    assert against_yesterday(later) == pytest.approx(against_yesterday(plain)[:, 3:])


def test_colours_mean_the_same_at_all_hours(plain):
    places = places_of_panel(plain.panel)
    for kind in (LOAD, CHANGE):
        first, last = (outlook_map(plain, places, kind, step, LIGHT, chosen="P1")[0] for step in (0, 40))
        ends = [next((t.marker.cmin, t.marker.cmax) for t in figure.data if t.customdata is not None) for figure in (first, last)]
        assert ends[0] == ends[1]
    _figure, text = outlook_map(plain, places, CHANGE, 30, LIGHT)
    assert text.startswith("Map of change against the same hour of the day before, at Tue 06 Feb 2024 06:00 UTC: from 100.0 %")


def test_usual_load_is_the_mean_of_four_weeks(plain, small_panel):
    shown = (small_panel.times >= "2024-01-08") & (small_panel.times < "2024-02-05")
    assert usual_load(plain) == pytest.approx(small_panel.consumption[shown].mean(axis=0), rel=1e-5)


def test_the_download_is_what_the_command_writes(network_run, opened, tmp_path):
    newest = moments_of(opened)[0]
    forecast(network_run, out=tmp_path / "f.csv")
    assert as_csv(outlook_of(opened, newest)) == (tmp_path / "f.csv").read_bytes()


def test_earlier_issue_times_can_be_chosen(opened):
    moments = moments_of(opened)
    assert moments[0] == pd.Timestamp("2024-01-31", tz="UTC")
    assert MOMENT in moments
    assert list(moments) == sorted(moments, reverse=True)
    assert moments[-1] >= opened.panel.times[0] + opened.forecaster.reach


def test_what_is_special_is_said(opened, before):
    assert before.notes[0].startswith("Ex post")
    assert outlook_of(opened, moments_of(opened)[0]).notes == ("No weather: all places.",)


def test_the_sum_of_all_places_is_forecast_too(before):
    assert before.fan(TOTAL).point == pytest.approx(before.point.sum(axis=0), rel=1e-5)
    assert before.measured(TOTAL, 2).loc[: MOMENT - pd.Timedelta(hours=1)].notna().all()
    assert before.measured("A", 2).index[0] == MOMENT - pd.Timedelta(days=2)


def test_warmer_weather_changes_what_comes_after_the_issue_time_and_what_is_derived_from_it(opened):
    panel = warmer(opened, MOMENT, 5.0)
    rows = opened.panel.times.get_indexer(panel.times)
    after = panel.times >= MOMENT
    moved = panel.values_of("temperature") - opened.panel.values_of("temperature")[rows]
    assert moved[after] == pytest.approx(np.full(moved[after].shape, 5.0), abs=1e-4)
    assert not moved[~after].any()
    derived = [name for name in opened.panel.variables if name != "temperature"]
    assert derived
    changed = {name: panel.values_of(name)[after] - opened.panel.values_of(name)[rows][after] for name in derived}
    assert any(np.nanmax(np.abs(values)) > 0.1 for values in changed.values())


def test_scenarios_move_the_forecast(opened, before):
    after = outlook_if(opened, MOMENT, Scenario(warmer=8.0))
    table = differences(before, after)
    assert table["place"].iloc[0] == TOTAL
    assert table["change"].iloc[0] == pytest.approx(table["change"].iloc[1:].sum(), rel=1e-4, abs=1e-4)
    assert table["change"].abs().max() > 0
    assert (table["after"] - table["before"]).to_numpy() == pytest.approx(table["change"].to_numpy())
    _figure, text = difference_map(before, after, places_of_panel(opened.panel), LIGHT)
    assert text.startswith("Map of how far the mean of all steps is moved: from ")


def test_a_scenario_in_which_nothing_changes_gives_the_same_forecast(opened, before):
    assert (outlook_if(opened, MOMENT, Scenario()).point == before.point).all()


def test_a_place_that_drops_out_has_no_newest_readings(opened, before):
    panel = silenced(opened.panel, "B", MOMENT - pd.Timedelta(days=2), MOMENT)
    gone = np.isnan(panel.consumption) & ~np.isnan(opened.panel.consumption)
    assert gone.sum() == 48
    assert gone[:, 1].sum() == 48
    after = outlook_if(opened, MOMENT, Scenario(silent="B", days=2))
    assert np.isfinite(after.point).all()
    assert (after.point[1] != before.point[1]).any()


def test_supposed_holidays_are_marked_and_no_others():
    known = Calendar("Europe/Berlin", "DE")
    supposed = WithHolidays("Europe/Berlin", "DE", further=(date(2024, 2, 7),))
    days = pd.date_range("2024-02-06 12:00", periods=3, freq="D", tz="UTC")
    column = known.names.index("holiday")
    assert known.at(days)[:, column].tolist() == [0, 0, 0]
    assert supposed.at(days)[:, column].tolist() == [0, 1, 0]
    assert supposed.names == known.names


def test_a_forecaster_with_other_holidays_leaves_the_first_one_as_it_is(opened):
    calendar = opened.forecaster.fitted.recipe.calendar
    other = with_holidays(opened.forecaster, (date(2024, 1, 29),))
    assert other.fitted.recipe.calendar.further == (date(2024, 1, 29),)
    assert opened.forecaster.fitted.recipe.calendar is calendar


def test_what_the_network_does_not_read_can_not_be_supposed(opened):
    assert can_be_warmer(opened)
    assert not knows_holidays(opened)  # the tiny world has no country
    with pytest.raises(ConfigError, match="knows of no public holidays"):
        outlook_if(opened, MOMENT, Scenario(holidays=(date(2024, 1, 29),)))


def test_a_scenario_is_told_in_words():
    assert Scenario(-2.5, (date(2024, 5, 1),), "B", 3).told == (
        "2.5 °C colder, 01 May 2024 is a holiday, no reading of B for 3 days"
    )
    assert Scenario().told == "nothing changes"
