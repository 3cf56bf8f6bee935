"""Scores of quantiles: pinball loss, CRPS, and how often and how widely a central interval covers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gridcast.errors import ConfigError, ShapeError, listed

Array = npt.NDArray[np.float64]
ArrayLike = npt.ArrayLike


def pinball(actual: ArrayLike, predicted: ArrayLike, quantiles: ArrayLike) -> Array:
    """Return the pinball loss of each predicted quantile; NaN where the reading or the quantile is missing.

    Args:
        actual: Readings, shape (...,).
        predicted: Quantile forecasts, shape (..., Q), same unit.
        quantiles: Levels in (0, 1), shape (Q,), ascending. [1]

    Returns:
        Loss per element and quantile, shape (..., Q), in the unit of the readings.

    Raises:
        ShapeError: If the shapes do not fit.
        ConfigError: If the levels are not in (0, 1) or do not ascend.

    Example:
        >>> pinball(np.array(10.0), np.array([8.0]), np.array([0.9]))
        array([1.8])

    References:
        Koenker & Bassett (1978), doi:10.2307/1913643.
    """
    actual, predicted, levels = _fitting(actual, predicted, quantiles)
    return _loss(actual[..., None], predicted, levels)


def crps_from_quantiles(actual: ArrayLike, predicted: ArrayLike, quantiles: ArrayLike) -> Array:
    """Return the continuous ranked probability score of forecasts that are known by their quantiles.

    The score is twice the pinball loss integrated over the levels from 0 to 1. Each level stands for the levels that are nearer
    to it than to its neighbours (`level_widths`): between two levels that is the trapezoid rule, and beyond the outermost levels
    their loss goes on unchanged to 0 and to 1. All weights are above zero, so that honest quantiles have the best expected score.
    The median alone gives the absolute error.

    Args:
        actual: Readings, shape (...,).
        predicted: Quantile forecasts, shape (..., Q), same unit.
        quantiles: Levels in (0, 1), shape (Q,), ascending. [1]

    Returns:
        Score per element, shape (...,), in the unit of the readings; NaN where the reading or a quantile is missing.

    Raises:
        ShapeError: If the shapes do not fit.
        ConfigError: If the levels are not in (0, 1) or do not ascend.

    Example:
        >>> crps_from_quantiles(np.array([10.0]), np.array([[8.0, 9.0, 14.0]]), np.array([0.25, 0.5, 0.75])).tolist()
        [1.375]

    References:
        Gneiting & Ranjan (2011), doi:10.1198/jbes.2010.08110.
    """
    score: Array = 2 * pinball(actual, predicted, quantiles) @ level_widths(quantiles)
    return score


def level_widths(quantiles: ArrayLike) -> Array:
    """Return how wide the cell of each level is, shape (Q,): its borders are midway to the neighbours, 0 and 1. [1]

    Example:
        >>> level_widths([0.25, 0.5, 0.75]).tolist()
        [0.375, 0.25, 0.375]
    """
    levels = _levels(quantiles)
    borders = np.concatenate([[0.0], (levels[1:] + levels[:-1]) / 2, [1.0]])
    return np.diff(borders)


def coverage(actual: ArrayLike, predicted: ArrayLike, quantiles: ArrayLike, *, share: float = 0.8) -> Array:
    """Return whether each reading lies in a central interval, its borders included: 1 or 0, shape (...,); NaN where missing.

    Args:
        actual: Readings, shape (...,).
        predicted: Quantile forecasts, shape (..., Q).
        quantiles: Levels in (0, 1), shape (Q,), ascending. [1]
        share: How much the interval is to cover; 0.8 is that from level 0.1 to level 0.9. [1]

    Raises:
        ShapeError: If the shapes do not fit.
        ConfigError: If the interval is not among the levels.

    Example:
        >>> coverage([10.0, 15.0], [[8.0, 14.0], [8.0, 14.0]], [0.1, 0.9]).tolist()
        [1.0, 0.0]
    """
    actual, predicted, levels = _fitting(actual, predicted, quantiles)
    low, high = _interval(levels, share)
    return _covered(actual, predicted[..., low], predicted[..., high])


def width(predicted: ArrayLike, quantiles: ArrayLike, *, share: float = 0.8) -> Array:
    """Return how wide a central interval is, shape (...,), in the unit of the forecasts; see `coverage`.

    Example:
        >>> width([[8.0, 14.0]], [0.1, 0.9]).tolist()
        [6.0]
    """
    predicted = np.asarray(predicted, dtype=np.float64)
    low, high = _interval(_levels(quantiles), share)
    return np.asarray(predicted[..., high] - predicted[..., low])


def central_intervals(quantiles: ArrayLike) -> dict[str, tuple[int, int]]:
    """Return the central intervals among levels: by how much they are to cover [%], the positions of the lower and upper level.

    Example:
        >>> central_intervals([0.05, 0.1, 0.5, 0.9])
        {'80': (1, 3)}
    """
    levels = _levels(quantiles)
    pairs = ((low, int(np.argmin(np.abs(1 - levels[low] - levels)))) for low in np.flatnonzero(levels < 0.5))
    return {
        f"{round(100 * float(levels[high] - levels[low]), 6):g}": (int(low), high)
        for low, high in pairs
        if np.isclose(levels[low] + levels[high], 1)
    }


def quantile_statistics(actual: ArrayLike, predicted: ArrayLike, quantiles: ArrayLike) -> dict[str, Array]:
    """Return what every element adds to the scores of quantiles; one without a reading or with a quantile missing adds nothing.

    Args:
        actual: Readings, shape (...,), NaN where missing.
        predicted: Quantile forecasts, shape (..., Q), same unit.
        quantiles: Levels in (0, 1), shape (Q,), ascending. [1]

    Returns:
        `n_quantile`, `pinball` (mean over the levels), `crps`; and for each central interval among the levels, such as that of
        80 %, `covered80` and `width80`. Shape (...,) each.

    Raises:
        ShapeError: If the shapes do not fit.
        ConfigError: If the levels are not in (0, 1) or do not ascend.
    """
    actual, predicted, levels = _fitting(actual, predicted, quantiles)
    counts = np.isfinite(actual) & np.isfinite(predicted).all(axis=-1)
    found = {"n_quantile": counts.astype(np.float64), "pinball": np.zeros(actual.shape), "crps": np.zeros(actual.shape)}
    for position, (level, cell) in enumerate(zip(levels, level_widths(levels), strict=True)):  # one level at a time is small
        loss = np.where(counts, _loss(actual, predicted[..., position], level), 0.0)
        found["pinball"] += loss / len(levels)
        found["crps"] += 2 * cell * loss
    for name, (low, high) in central_intervals(levels).items():
        found[f"covered{name}"] = np.where(counts, _covered(actual, predicted[..., low], predicted[..., high]), 0.0)
        found[f"width{name}"] = np.where(counts, predicted[..., high] - predicted[..., low], 0.0)
    return found


def _loss(actual: Array, predicted: Array, level: Array | float) -> Array:
    above = actual - predicted
    return np.asarray(np.maximum(level * above, (level - 1) * above))


def _covered(actual: Array, low: Array, high: Array) -> Array:
    known = np.isfinite(actual) & np.isfinite(low) & np.isfinite(high)
    return np.where(known, (low <= actual) & (actual <= high), np.nan)


def _interval(levels: Array, share: float) -> tuple[int, int]:
    intervals, name = central_intervals(levels), f"{round(100 * share, 6):g}"
    if name not in intervals:
        raise ConfigError(
            f"the quantiles have no central interval of {name} %",
            found=f"levels {listed(levels.tolist())}",
            expected=f"the levels {(1 - share) / 2:g} and {(1 + share) / 2:g} among them",
        )
    return intervals[name]


def _levels(quantiles: ArrayLike) -> Array:
    levels = np.asarray(quantiles, dtype=np.float64)
    if levels.ndim != 1 or not len(levels):
        raise ShapeError("levels of quantiles are a list", found=f"shape {levels.shape}", expected="shape (Q,)")
    if not ((levels > 0).all() and (levels < 1).all() and (np.diff(levels) > 0).all()):
        raise ConfigError(
            "levels of quantiles are in (0, 1) and ascend", found=listed(levels.tolist()), expected="such as 0.1, 0.5, 0.9"
        )
    return levels


def _fitting(actual: ArrayLike, predicted: ArrayLike, quantiles: ArrayLike) -> tuple[Array, Array, Array]:
    actual, predicted = np.asarray(actual, dtype=np.float64), np.asarray(predicted, dtype=np.float64)
    levels = _levels(quantiles)
    if predicted.shape != (*actual.shape, len(levels)):
        raise ShapeError(
            "readings, quantiles and their levels do not fit each other",
            found=f"{actual.shape} readings, {predicted.shape} quantiles, {len(levels)} levels",
            expected=f"quantiles of shape {(*actual.shape, len(levels))}",
        )
    return actual, predicted, levels
