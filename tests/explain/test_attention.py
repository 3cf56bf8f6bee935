"""What a network with attention reads, told by stretches of the history and by places."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from gridcast.explain.attention import COLUMNS, attention

SHARES = np.array([[0.7, 0.1, 0.1, 0.1], [0.2, 0.3, 0.4, 0.1], [0.25, 0.25, 0.25, 0.25], [0.1, 0.1, 0.1, 0.7]])


class Reading:
    """A network that reads the newest patch alone, and of the places what is told, more of the first where its level is higher."""

    def __init__(self, question, *, tilt=0.0, history=True) -> None:
        self.usual, self.tilt, self.history = question.placed.inputs(question.earlier)["level"][:, 0], tilt, history

    def attention(self, inputs):
        _, places, patches, _ = inputs["history"].shape
        newest = np.zeros((1, places, patches), dtype=np.float32)
        newest[..., -1] = 1
        own = inputs["level"][0, 0] not in self.usual
        more = own * self.tilt * np.array([1.0, -1, 0, 0])
        return {"patches": newest, "places": (SHARES + more)[None]} if self.history else {"places": (SHARES + more)[None]}


@pytest.fixture
def read(ask):
    """Return a function that gives the question about a place, asked of a network that tells what it reads."""

    def make(location="P1", networks=1, **how):
        question = ask(lambda inputs, at: inputs["start"], location)
        told = tuple(Reading(question, **how) for _ in range(networks))
        return replace(question, fitted=replace(question.fitted, networks=told))

    return make


def test_the_stretches_of_the_history_end_at_the_issue_time(read):
    question = read()
    history = attention(question).query("of == 'history'")
    assert list(history.columns) == COLUMNS
    assert history["end"].iloc[-1] == question.issue_time
    assert history["start"].iloc[0] == question.issue_time - pd.Timedelta(hours=336)
    assert (history["start"].iloc[1:].to_numpy() == history["end"].iloc[:-1].to_numpy()).all()
    assert history["share"].tolist() == [0.0] * 13 + [1.0]
    assert history["location"].isna().all()


def test_the_shares_of_the_places_are_those_of_the_place_that_is_forecast(read):
    places = attention(read("P1", tilt=0.05)).query("of == 'places'")
    assert places["location"].tolist() == ["P0", "P1", "P2", "P3"]
    assert places["share"].tolist() == pytest.approx([0.25, 0.25, 0.4, 0.1])
    assert places["usual"].tolist() == pytest.approx([0.2, 0.3, 0.4, 0.1])


def test_for_the_sum_it_is_the_mean_over_the_places_and_of_members_the_mean(read):
    table = attention(read("", networks=2))
    places = table.query("of == 'places'")
    assert places["share"].tolist() == pytest.approx(SHARES.mean(axis=0).tolist())
    assert table.groupby("of")[["share", "usual"]].sum().to_numpy() == pytest.approx(1)


def test_a_branch_without_attention_has_no_rows(read, ask):
    assert set(attention(read(history=False))["of"]) == {"places"}
    silent = ask(lambda inputs, at: inputs["start"])
    network = silent.fitted.networks[0]
    network.attention = lambda inputs: {}
    table = attention(silent)
    assert table.empty
    assert list(table.columns) == COLUMNS
