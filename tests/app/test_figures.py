"""The figures that one can point at: what is drawn, in which colours, and what they say in words."""

import json

import numpy as np
import pandas as pd
import pytest

from gridcast.app.compared import comparison, differences
from gridcast.app.fanfigure import Fan, fan_figure
from gridcast.app.mapfigure import Shade, diameters, ends_of, map_figure
from gridcast.app.palette import DARK, LIGHT, palette
from gridcast.app.places import Places, in_order
from gridcast.app.scored import open_scored
from gridcast.app.scorefigures import error_map, skill_figure, split_figure, split_said
from gridcast.app.sure import forecasts_at_hand
from gridcast.app.taken import figures_zip, scores_csv
from gridcast.app.whyfigures import average_day, causes, contributions, importance_figure, influence_map, waterfall
from gridcast.views.reliability import observed

ALPS = Places(("A", "B", "C"), np.array([6.0, 8.0, 10.0]), np.array([46.0, 47.0, 46.5]))
TIMES = pd.date_range("2024-01-01", periods=3, freq="h", tz="UTC")
KINDS = {"scatter", "waterfall", "bar"}  # of traces: all others load something from elsewhere, or could


def marks(figure):
    return [trace for trace in figure.data if trace.mode and "markers" in trace.mode]


def test_each_place_can_be_clicked_and_the_chosen_one_has_a_ring():
    figure = map_figure(ALPS, Shade(np.array([1.0, 2.0, 3.0]), "load [MW]"), LIGHT, chosen="B")
    places, ring = marks(figure)
    assert sorted(places.customdata) == ["A", "B", "C"]
    assert (ring.x[0], ring.y[0]) == (8.0, 47.0)
    assert figure.layout.yaxis.scaleratio == pytest.approx(1 / np.cos(np.radians(46.5)))
    assert len(figure.data) == 4  # coast, borders, places, ring


def test_a_place_without_a_value_is_a_grey_cross():
    figure = map_figure(ALPS, Shade(np.array([1.0, np.nan, 3.0]), "load [MW]"), LIGHT)
    known, unknown = marks(figure)
    assert sorted(known.customdata) == ["A", "C"]
    assert list(unknown.customdata) == ["B"]
    assert unknown.marker.symbol == "x"


def test_a_layout_has_no_coast():
    figure = map_figure(in_order(["A", "B"]), Shade(np.array([1.0, 2.0]), "load"), LIGHT)
    assert len(figure.data) == 1
    assert figure.layout.yaxis.scaleratio == 1


def test_diverging_colours_part_at_zero_and_given_ends_are_kept():
    values = np.array([-1.0, 4.0])
    assert ends_of(Shade(values, "", diverging=True)) == (-4.0, 4.0)
    assert ends_of(Shade(values, "")) == (-1.0, 4.0)
    assert ends_of(Shade(values, "", ends=(0.0, 9.0))) == (0.0, 9.0)
    assert ends_of(Shade(np.array([2.0, 2.0]), "")) == (1.5, 2.5)
    assert ends_of(Shade(np.array([np.nan]), "")) == (0.0, 1.0)


def test_marks_without_sizes_are_all_the_same():
    assert set(diameters(None, 3)) == set(diameters(np.array([np.nan, 0.0, 0.0]), 3)) == {16.0}


def test_a_fan_has_its_bands_the_widest_first_and_what_was_measured_last():
    point = np.array([10.0, 11.0, 12.0])
    quantiles = {level: point + level - 0.5 for level in (0.05, 0.25, 0.5, 0.75, 0.95)}
    fan = Fan("hybrid", TIMES, point, quantiles, {"naive": point - 1})
    figure = fan_figure(fan, DARK, measured=pd.Series([9.0, 10.0, 11.0], TIMES), unit="MW", limit=11.5, now=TIMES[0])
    names = [trace.name for trace in figure.data if trace.showlegend is not False]
    assert names == ["90 %", "50 %", "naive", "hybrid", "measured"]  # of 80 % it tells nothing
    assert figure.data[-1].line.color == DARK.ink
    assert len(figure.layout.shapes) == 2  # the limit, and when it was issued
    assert figure.layout.yaxis.title.text == "load [MW]"


def test_the_page_may_be_light_dark_or_unknown():
    assert palette("dark") is DARK
    assert palette("light") is palette(None) is LIGHT


@pytest.fixture(scope="module")
def scored(backtest_run):
    return open_scored(backtest_run)


def test_errors_by_lead_time_have_a_line_a_model_and_are_told_in_words(scored):
    figure = split_figure(scored.backtested, "lead", "mae", LIGHT)
    assert [trace.name for trace in figure.data] == ["hybrid", "seasonal_naive_24h"]
    assert figure.data[0].y == pytest.approx(np.ones(24), abs=1e-3)
    assert len({(trace.line.color, trace.line.dash) for trace in figure.data}) == 2
    assert split_said(scored.backtested, "lead", "mae").startswith("MAE [MW] of hybrid: from 1.00 at a lead time of ")
    assert split_figure(scored.backtested, "lead", "nothing", LIGHT) is None


def test_skill_is_told_in_per_cent(scored):
    figure = skill_figure(scored.backtested, LIGHT)
    assert figure.data[0].x[0] == pytest.approx(80.0, abs=0.1)  # 1 - 1 / 5
    assert list(figure.data[0].y) == ["seasonal_naive_24h"]


def test_the_map_of_errors_can_be_against_another_model(scored):
    figure, text = error_map(scored.backtested, scored.places, "hybrid", LIGHT, rival="seasonal_naive_24h", chosen="P1")
    assert marks(figure)[0].marker.color == pytest.approx(np.full(4, 80.0), abs=0.1)
    assert "smaller the error of hybrid is than that of seasonal_naive_24h" in text
    _, text = error_map(scored.backtested, scored.places, "hybrid", LIGHT)
    assert text.startswith("Map of error of hybrid, nMAE [%]: from ")
    assert text.endswith(" at P0.")  # the smallest place has the largest error in per cent


def test_runs_are_compared_in_one_table_and_their_differences_are_told(scored):
    table = comparison([scored, scored])
    assert list(table.index) == ["backtested", "backtested"]
    assert table["RMSE [MW]"].iloc[0] == pytest.approx(1.0, abs=1e-3)
    assert differences([scored, scored]) == ""
    from dataclasses import replace

    other = replace(scored, facts={**scored.facts, "horizon": 48})
    assert differences([scored, other]) == "These runs differ in horizons: compare their scores with care."


def test_forecasts_are_read_where_quantiles_are_looked_at(scored):
    backtested = forecasts_at_hand(scored)
    forecast = backtested.forecasts["hybrid"]
    # what was measured is 1 below the point: at the level 0.25, and at or below all above it
    assert observed(forecast, backtested.actual)[3:].tolist() == [1.0] * 4
    assert observed(forecast, backtested.actual)[:2].tolist() == [0.0] * 2


def test_what_is_taken_away_is_the_same_each_time(scored):
    first = figures_zip(scored)
    assert first == figures_zip(scored)
    assert b"error_map.png" in first
    assert scores_csv(scored).startswith(b"model,split,location,")


def test_what_each_group_adds_is_a_mean_over_steps_or_that_of_one(explanation):
    why = pd.read_csv(explanation / "why.csv")
    # weather 6 and 5; map -2 and -3; baseline 100 and 110
    assert contributions(why).to_dict() == {"weather": 5.5, "map": -2.5}
    assert contributions(why, 0).to_dict() == {"weather": 6.0, "map": -2.0}
    assert contributions(why, 1, by="part").to_dict() == {"weather: temperature": 5.0, "map: B": -2.0, "map: C": -1.0}
    assert (average_day(why), average_day(why, 1)) == (105.0, 110.0)


def test_a_waterfall_ends_at_the_sum(explanation):
    figure = waterfall(contributions(pd.read_csv(explanation / "why.csv")), "the average day", "all together", "MW", LIGHT)
    assert list(figure.data[0].y) == ["weather", "map", "all together"]
    assert list(figure.data[0].x) == [5.5, -2.5, 3.0]
    low, high = figure.layout.xaxis.range
    assert low < 0 < 5.5 < high


def test_causes_of_a_change_add_up(explanation):
    change = pd.read_csv(explanation / "change.csv")
    assert causes(change).to_dict() == {"calendar": 1.0, "newer load": 3.0}
    assert causes(change).sum() == pytest.approx((change["last"] - change["first"]).mean())


def test_of_a_neighbour_its_load_and_weather_together_are_drawn(explanation):
    influence = pd.read_csv(explanation / "influence.csv").iloc[[1, 0, 2]]  # its load alone comes first
    figure, text = influence_map(influence, ALPS, "A", "MW", LIGHT)
    known = marks(figure)[0]
    assert dict(zip(known.customdata, known.marker.color, strict=True)) == {"B": -1.5, "C": -1.0}
    assert "The most: B (2 %), C (1 %)" in text


def test_what_matters_is_told_over_all_seasons_the_most_first(explanation):
    figure = importance_figure(pd.read_csv(explanation / "importance.csv"), LIGHT)
    assert list(figure.data[0].y) == ["map", "weather"]
    assert list(figure.data[0].x) == [9.0, 4.0]


def test_no_figure_could_load_anything_from_elsewhere(scored, explanation):
    figures = [
        error_map(scored.backtested, scored.places, "hybrid", LIGHT)[0],
        split_figure(scored.backtested, "hour", "mae", LIGHT),
        skill_figure(scored.backtested, LIGHT),
        importance_figure(pd.read_csv(explanation / "importance.csv"), LIGHT),
    ]
    for figure in figures:
        told = json.loads(figure.to_json())
        assert {trace["type"] for trace in told["data"]} <= KINDS
        assert not {"geo", "mapbox", "map"} & set(told["layout"])
        assert "http" not in json.dumps(told["layout"].get("images", ""))
