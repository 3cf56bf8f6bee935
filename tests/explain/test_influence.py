import numpy as np
import pytest

from gridcast.explain.influence import BOTH, influence, nearest, strongest
from gridcast.explain.parts import parts_of
from gridcast.samples.columns import columns_of


def upstream(inputs, at):
    """A forecast that follows the third place's last readings, and a little what its weather will be; and no other neighbour."""
    load, warm = inputs["map"][:, 2, at("map", "newest_2")[0]], inputs["map"][:, 2, at("map", "coming_0")[0]]
    return 0 * inputs["start"] + load[:, None, None] + 0.1 * warm[:, None, None]


def test_the_neighbour_that_the_network_follows_comes_first(ask):
    question = ask(upstream)
    table = influence(question)
    assert table["location"].iloc[0] == "P2"
    assert strongest(table, question, 1) == [2]
    sizes = table.pivot(index="location", columns="kind", values="size")
    assert (sizes.drop(index="P2") < 1e-6).all(axis=None)
    assert sizes.loc["P2", "load"] > sizes.loc["P2", "weather"] > 0
    # of a sum the parts add up, and what changes is the deviation from the earlier days
    names = [each.name for each in columns_of(question.samples)["map"]]
    here, there = (np.asarray(question.placed.inputs(np.atleast_1d(rows))["map"]) for rows in (question.row, question.earlier))
    newest = here[0, 2, names.index("newest_2")] - there[:, 2, names.index("newest_2")]
    changes = table.set_index(["location", "kind"])["change"]
    assert changes["P2", "load"] == pytest.approx(newest.mean() * question.samples.recipe.scaler.scale[1], rel=1e-4)
    assert changes["P2", BOTH] == pytest.approx(changes["P2", "load"] + changes["P2", "weather"], rel=1e-4)


def test_without_weather_nothing_is_said_of_it(ask, make_panel):
    question = ask(
        lambda inputs, at: inputs["start"] + inputs["map"][:, 2, at("map", "newest_2")[0]][:, None, None], panel=make_panel(days=40)
    )
    table = influence(question)
    assert set(table["kind"]) == {"load"}
    assert strongest(table, question, 1) == [2]
    assert "weather" not in parts_of(question).groups


def test_for_the_sum_of_all_places_each_place_is_asked_about(ask):
    question = ask(upstream, "")
    table = influence(question)
    assert table["location"].iloc[0] == "P2"
    assert set(table["location"]) == {"P0", "P1", "P2", "P3"}


def test_of_many_neighbours_only_the_nearest_are_asked_about(ask):
    question = ask(upstream)
    assert sorted(nearest(question)) == [0, 2, 3]
    assert len(nearest(question, 2)) == 2
