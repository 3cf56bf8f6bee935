import numpy as np
import pytest

from gridcast.explain.response import response
from gridcast.samples.columns import columns_of


def heated(inputs, at):
    """The load rises with a temperature above its mean, and with what the day is warmer than yesterday on the map."""
    warm = inputs["steps"][..., at("steps", "temperature")[0]]
    change = inputs["map"][..., at("map", "coming_change_0")[0]][:, None]
    return 2 * np.maximum(warm, 0) + change


def no_change(inputs, at):
    return 2 * np.maximum(inputs["steps"][..., at("steps", "temperature")[0]], 0)


def test_the_response_is_that_of_the_network(ask):
    question = ask(no_change)
    told = response(question)
    recipe = question.samples.recipe
    centre, scale = recipe.covariates.centre[0], recipe.covariates.scale[0]
    level = question.placed.inputs(question.earlier)["level"][:, 1].mean()
    warm = (told.forecasts["temperature"].to_numpy() - centre) / scale
    expected = (2 * np.maximum(warm, 0) + level) * recipe.scaler.scale[1] + recipe.scaler.centre[1]
    assert told.forecasts["forecast"].to_numpy() == pytest.approx(expected, abs=1e-3)
    assert sorted(set(told.forecasts["hour"])) == [0, 1, 2, 3, 4, 5]
    assert (told.variable, told.units, told.unit) == ("temperature", "degC", "MW")


def test_the_readings_beside_it_are_those_of_the_place(ask, warm_panel):
    panel = warm_panel()
    told = response(ask(no_change, panel=panel)).readings
    assert len(told) == panel.rows
    assert told["reading"].to_numpy() == pytest.approx(panel.consumption[: panel.rows, 1])
    assert told["temperature"].to_numpy() == pytest.approx(panel.values_of("temperature")[: panel.rows, 1], abs=1e-3)
    assert told["hour"].tolist() == [row % 24 for row in range(panel.rows)]


def test_on_the_map_the_day_before_stays_what_it_was(ask):
    question = ask(heated, days=3)
    rows = question.earlier
    maps = question.placed.inputs(rows)["map"][:, 1]
    names = [column.name for column in columns_of(question.samples)["map"]]
    coming, change = maps[:, names.index("coming_0")], maps[:, names.index("coming_change_0")]
    before = coming - change
    scale, inputs = question.samples.recipe.scaler.scale[1], question.placed.inputs(rows)
    warm = inputs["steps"][:, 0, 1, [column.name for column in columns_of(question.samples)["steps"]].index("temperature")]
    level = inputs["level"][:, 1]
    expected = [(2 * max(warm[d], 0) + coming[d] - before.mean() + level.mean()) * scale for d in range(3)]
    told = response(question).forecasts
    said = told.loc[told["hour"] == 0, "forecast"].to_numpy() - question.samples.recipe.scaler.centre[1]
    assert sorted(said) == pytest.approx(sorted(expected), abs=1e-3)


def test_without_weather_there_is_no_response(ask, make_panel):
    assert response(ask(lambda inputs, at: inputs["start"], panel=make_panel(days=40))) is None
