"""What each place puts on the map.

Letters: B issue times, N locations, T context steps, H horizon steps, K covariates, C channels.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gridcast.samples.means import mean_over, means_of_blocks
from gridcast.samples.recipe import Recipe

Float = npt.NDArray[np.float32]

BLOCKS = 8  # into which a day, or the horizon, is cut on the map
NEWEST = 3  # last readings that are on the map one by one


def on_map(recipe: Recipe, relative: Float, known: npt.NDArray[np.bool_], weather: Float, past: Float | None) -> Float:
    """Return what each place puts on the map, shape (B, N, C).

    The last day in blocks and its last readings; the day's surprise (against the week before) in blocks; whether readings are
    there; and of the main weather what comes, what comes against the last day, and that against the week before, in blocks.

    Args:
        recipe: How samples are made.
        relative: Readings of the context against the level, missing at 0, shape (B, T, N). [scaled]
        known: Which of them are there, shape (B, T, N).
        weather: Of the steps, and last whether it is there, shape (B, H, N, K + 1). [scaled]
        past: Main weather of at least the day and week before, shape (B, any, N); None where there is none. [scaled]
    """
    day, week = recipe.lags.day, recipe.lags.week
    parts = [_in_blocks(relative[:, -day:]), relative[:, -min(NEWEST, day) :]]
    if relative.shape[1] >= week + day:
        now, before = relative[:, -day:], relative[:, -day - week : relative.shape[1] - week]
        both = known[:, -day:] & known[:, -day - week : relative.shape[1] - week]
        parts.append(_in_blocks(np.where(both, now - before, 0)))
    parts.append(mean_over(known[:, -day:].astype(np.float32))[:, None])
    if past is not None:
        last, before = past[:, -day:], past[:, -day - week : past.shape[1] - week]
        coming = weather[..., recipe.covariates.names.index(recipe.past)]
        changes = coming - last[:, np.arange(coming.shape[1]) % day]
        there = weather[..., -1:].mean(axis=(1, 2, 3))[:, None, None] > 0
        parts += [_in_blocks(coming), np.where(there, _in_blocks(changes), 0), _in_blocks(last - before)]
    return np.concatenate(parts, axis=1, dtype=np.float32).swapaxes(1, 2)


def _in_blocks(values: Float) -> Float:
    """Return the means of blocks along axis 1, shape (B, blocks, N)."""
    return means_of_blocks(values, min(BLOCKS, values.shape[1]))
