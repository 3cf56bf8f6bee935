"""Means as products of matrices are means."""

import numpy as np
import pytest

from gridcast.samples.means import mean_over, mean_there, means_of_blocks


def test_means_are_those_of_numpy():
    values = np.random.default_rng(0).normal(size=(3, 11, 4)).astype(np.float32)
    assert mean_over(values) == pytest.approx(values.mean(axis=1), abs=1e-6)
    # 11 steps in 3 blocks: 4, 4, 3
    expected = np.stack([part.mean(axis=1) for part in (values[:, :4], values[:, 4:8], values[:, 8:])], axis=1)
    assert means_of_blocks(values, 3) == pytest.approx(expected, abs=1e-6)


def test_only_what_is_there_counts_and_only_where_it_is_enough():
    nan = np.nan
    values = np.array([[1, nan, nan], [3, 6, nan], [5, nan, nan]], dtype=np.float32)[None]
    # of three steps 3, 1 and 0 are there
    assert mean_there(values, 0.0)[0] == pytest.approx([3, 6, nan], nan_ok=True)
    assert mean_there(values, 0.5)[0] == pytest.approx([3, nan, nan], nan_ok=True)
