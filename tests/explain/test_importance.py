import numpy as np
import pytest

from gridcast.explain.importance import Errors, importance, permuted_errors, seasons_of
from gridcast.panel import Panel


def yesterday(inputs, at):
    """The same hour yesterday, and nothing else."""
    return inputs["steps"][..., at("steps", "day_1")[0]]


@pytest.fixture
def drifting(warm_panel):
    """A panel whose days go up and down together, so that yesterday tells a lot of today."""
    panel = warm_panel()
    days = np.random.default_rng(5).normal(size=42).cumsum() * 3
    drift = np.repeat(days, 24)[: len(panel.times), None].astype(np.float32)
    return Panel(panel.dataset.assign(consumption=(("time", "location"), panel.consumption + drift)))


def test_only_what_the_network_uses_matters(ask, drifting):
    table, errors = importance(ask(yesterday, panel=drifting))
    whole = table[(table["season"] == "") & (table["lead_from"] == 0) & (table["lead_to"] == 5)].set_index("group")
    assert whole.loc["recent load", "low"] > 0
    assert set(whole.index) == {"calendar", "holiday", "weather", "weekly load", "recent load", "map"}
    for group in ("calendar", "holiday", "weather", "map"):
        assert whole.loc[group, ["importance", "low", "high"]].tolist() == pytest.approx([0, 0, 0], abs=1e-4)
    assert whole["n"].tolist() == [errors.whole.size] * 6
    # in pairs of lead times each step is counted once
    blocks = table[(table["season"] == "") & (table["group"] == "map")].iloc[1:]
    assert blocks["n"].sum() == errors.whole.size
    assert blocks[["lead_from", "lead_to"]].to_numpy().tolist() == [[0, 1], [2, 3], [4, 4], [5, 5]]


def test_the_whole_error_is_that_of_the_forecasts(ask):
    question = ask(yesterday)
    errors = permuted_errors(question)
    assert (errors.rows + question.horizon <= question.row).all()
    said = question.answer(question.placed.inputs(errors.rows))
    readings = question.samples.panel.consumption
    actual = np.stack([readings[row : row + 6, 1] for row in errors.rows])
    assert errors.whole[..., 0] == pytest.approx(np.abs(said - actual) / np.nanmean(readings[:, 1]), abs=1e-4)
    assert errors.places == (1,)


def test_of_all_places_some_are_judged(ask):
    errors = permuted_errors(ask(yesterday, ""))
    assert errors.places == tuple(dict.fromkeys(errors.places))
    assert len(errors.places) == 4
    assert isinstance(errors, Errors)


def test_seasons_turn_over_south_of_the_equator(ask):
    question = ask(yesterday)
    rows = np.array([question.row])
    assert seasons_of(question, rows).tolist() == ["winter"]  # February 10th
