"""Panels of another kind: daily readings, quarter hours, one place alone."""

import numpy as np
import pandas as pd
import pytest

from gridcast.explain.attribution import attribute
from gridcast.explain.importance import importance
from gridcast.explain.influence import influence
from gridcast.explain.parts import parts_of
from gridcast.explain.question import Question
from gridcast.explain.response import response
from gridcast.panel import Panel
from gridcast.views.drivers import plot_importance, plot_response
from gridcast.views.why import plot_lags, plot_why


def panel_of(freq: str, count: int, places: int) -> Panel:
    times = pd.date_range("2023-01-01", periods=count, freq=freq, tz="UTC")
    names = [f"P{i}" for i in range(places)]
    random = np.random.default_rng(0)
    spatial = pd.DataFrame({"id": names, "latitude": random.uniform(45, 55, places), "longitude": random.uniform(0, 15, places)})
    panel = Panel.from_wide(pd.DataFrame(random.normal(size=(count, places)) + 10, index=times, columns=names), spatial)
    return panel.with_variable("temperature", random.normal(size=(count, places)), units="degC", availability="perfect")


def known(inputs, at):
    return inputs["start"] + inputs["steps"][..., at("steps", "temperature")[0]] + inputs["map"].sum(axis=(1, 2))[:, None, None]


@pytest.mark.slow
@pytest.mark.parametrize(("freq", "count", "horizon"), [("1D", 500, 5), ("15min", 96 * 20, 8), ("1h", 24 * 25, 30)])
def test_any_step_can_be_explained_and_drawn(ask, freq, count, horizon):
    panel = panel_of(freq, count, 2)
    asked = ask(known, "P1", panel=panel, horizon=horizon)
    # the last temperature is that of the last reading: ask a little before the end
    when = panel.end - horizon * panel.freq
    question = Question.of(_Forecaster(asked.fitted), panel, when, "P1", earlier=8)
    why = attribute(question, parts_of(question, question.others))
    assert why.values.sum(axis=0) == pytest.approx(why.forecast - why.baseline, abs=1e-4)
    assert len(why.valid_times) == horizon
    table, errors = importance(question)
    told = response(question)
    assert len(told.forecasts)
    for figure in (plot_why(why), plot_lags(why), plot_importance(table, name="P1", issued=len(errors.rows)), plot_response(told)):
        figure.draw_without_rendering()


def test_one_place_alone_has_no_neighbours(ask):
    question = ask(lambda inputs, at: inputs["start"], "", panel=panel_of("1h", 24 * 25, 1))
    assert question.name == "P0"
    assert influence(question).empty
    assert "map" not in parts_of(question).groups


class _Forecaster:
    reach = pd.Timedelta(days=400)

    def __init__(self, fitted) -> None:
        self._require_fit = lambda: fitted
