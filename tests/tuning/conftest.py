"""Searches of a parabola in place of networks."""

import math

import pytest

from gridcast.config import make_config
from gridcast.tuning import Search, Space

SPACE = {"learning_rate": {"low": 1e-4, "high": 1e-1, "log": True}, "epochs": [20, 30, 40]}


def parabola(config, report):
    """Return a score that is lowest, 1, at a learning rate of 0.003 and 30 epochs; without a rate that of 0.03 counts."""
    rate = config.training.learning_rate or 0.03
    score = 1 + math.log10(rate / 0.003) ** 2 + abs(config.training.epochs - 30) / 100
    for tenth in range(1, 11):
        report(tenth, score + 1 - tenth / 10)
    return score


@pytest.fixture(autouse=True)
def _fast_disk(monkeypatch):
    """Don't wait until each line of a journal is on the disk."""
    monkeypatch.setattr("os.fsync", lambda _: None)


@pytest.fixture
def make_search(tmp_path):
    """Return a function that makes a search of an objective, by default the parabola, in a journal of the test's folder."""

    def make(objective=parabola, *, space: dict = SPACE, storage: str = "", **tune) -> Search:
        config = make_config({"tune": {"space": space, **tune}})
        return Search(Space.of(config), lambda: objective, storage or str(tmp_path / "trials.journal"))

    return make
