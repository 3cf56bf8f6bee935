"""Bayesian search with a Gaussian process: the next trial is where the most improvement is expected.

The settings are laid on the unit cube, choices as corners of their own axes; the process has a Matern kernel with a length for each
axis, and noise. The expected improvement (Jones et al. 1998, doi:10.1023/A:1008306431147) is looked for among points at random and
near the best trials.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

Floats = npt.NDArray[np.float64]

FIRST = 8  # trials that are drawn at random before there is anything to learn from
CANDIDATES = 2000  # points at random, and as many near the best trials
NEAR = 0.08  # how near, as a share of an axis
BEST = 3  # how many of them


class GaussianProcessSampler(BaseSampler):
    """Chooses the settings of the next trial by a Gaussian process over those before; what failed or was pruned counts as poor."""

    def __init__(self, distributions: Mapping[str, BaseDistribution], seed: int) -> None:
        self.distributions = dict(distributions)
        self.random = np.random.default_rng(seed)
        self.drawn = RandomSampler(seed)

    def reseed_rng(self) -> None:
        """Draw from a new seed."""
        self.random = np.random.default_rng()

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:  # noqa: ARG002
        """Return all settings: they are chosen together."""
        return self.distributions

    def sample_relative(self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]) -> dict[str, Any]:  # noqa: ARG002
        """Return the settings of the next trial; none, for ones drawn at random, while there are few trials."""
        if not search_space:
            return {}
        points, scores = self._known(study)
        if len(points) < FIRST:
            return {}
        candidates = self._candidates(points, scores)
        gain = expected_improvement(points, scores, candidates, seed=int(self.random.integers(2**31)))
        return self._settings(candidates[int(np.argmax(gain))])

    def sample_independent(self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution) -> Any:
        """Return a setting drawn at random."""
        return self.drawn.sample_independent(study, trial, param_name, param_distribution)

    def _known(self, study: Study) -> tuple[Floats, Floats]:
        """Return where the trials lie, shape (trial, axis), and their scores; one that is running counts as the mean."""
        states = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL, TrialState.RUNNING)
        trials = [
            each for each in study.get_trials(deepcopy=False, states=states) if self.distributions.keys() <= each.params.keys()
        ]
        scores = [float(each.value) for each in trials if each.state is TrialState.COMPLETE and each.value is not None]
        if not scores:
            return np.empty((0, 0)), np.empty(0)
        worst, mean = max(scores), float(np.mean(scores))
        instead = {TrialState.PRUNED: worst, TrialState.FAIL: worst, TrialState.RUNNING: mean}
        values = [instead[each.state] if each.state in instead else float(each.value or 0.0) for each in trials]
        return np.array([self._point(each.params) for each in trials]), np.array(values)

    def _candidates(self, points: Floats, scores: Floats) -> Floats:
        """Return where the next trial may lie: anywhere, and near the best."""
        anywhere = [self._point(self._settings(each)) for each in self.random.random((CANDIDATES, points.shape[1]))]
        best = points[np.argsort(scores)[:BEST]]
        near = best[self.random.integers(len(best), size=CANDIDATES)] + self.random.normal(0, NEAR, (CANDIDATES, points.shape[1]))
        return np.array([*anywhere, *(self._point(self._settings(each)) for each in near.clip(0, 1))])

    def _point(self, settings: Mapping[str, Any]) -> list[float]:
        """Return where settings lie in the cube."""
        return [axis for name, each in self.distributions.items() for axis in _axes(each, settings[name])]

    def _settings(self, point: Sequence[float] | Floats) -> dict[str, Any]:
        """Return the settings that lie nearest to a point of the cube."""
        found, start = {}, 0
        for name, each in self.distributions.items():
            width = len(each.choices) if isinstance(each, CategoricalDistribution) else 1
            found[name] = _value(each, point[start : start + width])
            start += width
        return found


def expected_improvement(points: Floats, scores: Floats, candidates: Floats, *, seed: int) -> Floats:
    """Return by how much each candidate is expected to fall below the lowest score, in standard deviations of the scores.

    Args:
        points: Where the scores are known, shape (trial, axis), in the unit cube.
        scores: Shape (trial,).
        candidates: Shape (candidate, axis).
        seed: Of the starts from which the kernel is fitted.
    """
    from scipy.stats import norm
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import Matern, WhiteKernel

    scaled = (scores - scores.mean()) / (scores.std() or 1.0)
    axes = np.ones(points.shape[1])
    kernel = Matern(axes, (0.05, 20.0), nu=2.5) + WhiteKernel(0.05, (1e-4, 1.0))
    process = GaussianProcessRegressor(kernel, n_restarts_optimizer=1, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # an axis without effect has a length at its bound
        process.fit(points, scaled)
    mean, spread = process.predict(candidates, return_std=True)
    spread = np.maximum(spread, 1e-9)
    below = scaled.min() - mean
    return np.asarray(below * norm.cdf(below / spread) + spread * norm.pdf(below / spread), dtype=np.float64)


def _axes(distribution: Any, value: Any) -> list[float]:
    """Return where a value lies: on one axis from 0 to 1, or for a choice on one axis a choice."""
    if isinstance(distribution, CategoricalDistribution):
        return [float(each == value and type(each) is type(value)) for each in distribution.choices]
    low, high, at = distribution.low, distribution.high, value
    if distribution.log:
        low, high, at = math.log(low), math.log(high), math.log(at)
    return [(at - low) / (high - low) if high > low else 0.0]


def _value(distribution: Any, axes: Sequence[float] | Floats) -> Any:
    """Return the value that lies nearest."""
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices[int(np.argmax(axes))]
    low, high, share = distribution.low, distribution.high, float(axes[0])
    found = low * (high / low) ** share if distribution.log else low + share * (high - low)
    if distribution.step is not None:
        found = low + distribution.step * round((found - low) / distribution.step)
    found = min(max(found, low), high)
    return round(found) if isinstance(low, int) else found
