"""Means along the steps, as products of matrices: faster than sums over many short rows."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float32]


def mean_over(values: Float) -> Float:
    """Return the mean over axis 1, (B, T, N) -> (B, N)."""
    return means_of_blocks(values, 1)[:, 0]


def mean_there(values: Float, least: float) -> Float:
    """Return the mean over axis 1 of what is there; NaN where that is a smaller share than `least`, or nothing."""
    there = np.isfinite(values)
    share = mean_over(there.astype(np.float32))
    total = mean_over(np.where(there, values, np.float32(0)))
    enough = (share > least) & (share > 0)
    return np.where(enough, total / np.where(enough, share, 1), np.float32(np.nan))


def means_of_blocks(values: Float, blocks: int) -> Float:
    """Return the means of blocks along axis 1 that are about as long, (B, T, N) -> (B, blocks, N)."""
    found: Float = np.matmul(_shares(values.shape[1], blocks), values)
    return found


@lru_cache
def _shares(steps: int, blocks: int) -> Float:
    """Return how much each step counts in each block, shape (blocks, T)."""
    found = np.zeros((blocks, steps), dtype=np.float32)
    for row, block in zip(found, np.array_split(np.arange(steps), blocks), strict=True):
        row[block] = 1 / len(block)
    return found
