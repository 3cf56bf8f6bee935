"""The Gaussian process: what it expects, and that settings survive the way through the cube."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from gridcast.tuning.gaussian import GaussianProcessSampler, expected_improvement

DISTRIBUTIONS = {
    "rate": FloatDistribution(1e-4, 1e-1, log=True),
    "share": FloatDistribution(0.0, 0.4, step=0.05),
    "epochs": IntDistribution(10, 90, step=20),
    "size": CategoricalDistribution(["small", 1, True]),
}
SETTINGS = st.fixed_dictionaries(
    {
        "rate": st.floats(1e-4, 1e-1),
        "share": st.integers(0, 8).map(lambda steps: 0.05 * steps),
        "epochs": st.sampled_from([10, 30, 50, 70, 90]),
        "size": st.sampled_from(["small", 1, True]),
    }
)


@given(SETTINGS)
def test_settings_survive_the_way_through_the_cube(settings):
    sampler = GaussianProcessSampler(DISTRIBUTIONS, seed=0)
    point = sampler._point(settings)
    # one axis a number, and one a choice
    assert len(point) == 3 + 3
    assert all(-1e-9 <= axis <= 1 + 1e-9 for axis in point)
    back = sampler._settings(point)
    assert (back["size"], type(back["size"])) == (settings["size"], type(settings["size"]))
    assert back["epochs"] == settings["epochs"]
    assert (back["rate"], back["share"]) == pytest.approx((settings["rate"], settings["share"]))


@given(st.lists(st.floats(0, 1), min_size=6, max_size=6))
def test_every_point_of_the_cube_is_a_setting(point):
    found = GaussianProcessSampler(DISTRIBUTIONS, seed=0)._settings(point)
    assert all(distribution._contains(distribution.to_internal_repr(found[name])) for name, distribution in DISTRIBUTIONS.items())


def test_most_is_expected_at_the_bottom_of_a_valley():
    points = np.linspace(0, 1, 9)[:, None]
    scores = (points[:, 0] - 0.55) ** 2
    candidates = np.array([[0.0], [0.55], [1.0]])
    gain = expected_improvement(points, scores, candidates, seed=0)
    # 0.55 lies between the known points 0.5 and 0.625, below both
    assert gain.argmax() == 1
    assert (gain >= 0).all()


def test_equal_scores_are_no_trouble():
    points = np.random.default_rng(0).random((9, 2))
    assert np.isfinite(expected_improvement(points, np.ones(9), points, seed=0)).all()
