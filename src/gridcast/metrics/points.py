"""Everyday scores: statistics per element that add up, and metrics made of their sums."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from gridcast.errors import ShapeError

Array = npt.NDArray[np.float64]
ArrayLike = npt.ArrayLike


def statistics(actual: ArrayLike, predicted: ArrayLike) -> dict[str, Array]:
    """Return what every element adds to the scores; an element without a reading or a forecast adds nothing.

    Args:
        actual: Readings, any shape, NaN where missing.
        predicted: Forecasts, same shape and unit.

    Returns:
        `n`, `absolute` error, `squared` error, `level` |actual| of each element; and `relative` error with its own count
        `n_relative`, for readings other than zero.

    Raises:
        ShapeError: If the shapes differ.
    """
    actual, predicted = np.asarray(actual, dtype=np.float64), np.asarray(predicted, dtype=np.float64)
    if actual.shape != predicted.shape:
        raise ShapeError(
            "readings and forecasts differ in shape",
            found=f"{actual.shape} and {predicted.shape}",
            expected="one shape",
        )
    counts = np.isfinite(actual) & np.isfinite(predicted)
    error = np.where(counts, predicted - actual, 0.0)
    level = np.where(counts, np.abs(actual), 0.0)
    return {
        "n": counts.astype(np.float64),
        "absolute": np.abs(error),
        "squared": error**2,
        "level": level,
        "relative": np.divide(np.abs(error), level, out=np.zeros_like(error), where=level > 0),
        "n_relative": (level > 0).astype(np.float64),
    }


def metrics_of(sums: Mapping[str, float]) -> dict[str, float]:
    """Return the metrics of summed statistics: `rmse`, `mae` in the unit of the readings, `mape` and `nmae` in %.

    `nmae` is the MAE as a share of the mean absolute reading. What can't be computed is NaN.
    """
    n = sums["n"]
    mae = _ratio(sums["absolute"], n)
    return {
        "rmse": float(np.sqrt(_ratio(sums["squared"], n))),
        "mae": mae,
        "mape": 100 * _ratio(sums["relative"], sums["n_relative"]),
        "nmae": 100 * _ratio(sums["absolute"], sums["level"]),
    }


def scores(actual: ArrayLike, predicted: ArrayLike) -> dict[str, float]:
    """Return `rmse`, `mae`, `mape` [%] and `nmae` [%] over all elements that have both a reading and a forecast."""
    return metrics_of({name: float(values.sum()) for name, values in statistics(actual, predicted).items()})


def rmse(actual: ArrayLike, predicted: ArrayLike) -> float:
    """Return the root mean squared error, in the unit of the readings.

    Example:
        >>> rmse([1.0, 2.0], [1.0, 4.0])
        1.4142135623730951
    """
    return scores(actual, predicted)["rmse"]


def mae(actual: ArrayLike, predicted: ArrayLike) -> float:
    """Return the mean absolute error, in the unit of the readings.

    Example:
        >>> mae([1.0, 2.0], [1.0, 4.0])
        1.0
    """
    return scores(actual, predicted)["mae"]


def mape(actual: ArrayLike, predicted: ArrayLike) -> float:
    """Return the mean absolute percentage error over readings other than zero. [%]

    Example:
        >>> mape([1.0, 2.0], [1.0, 4.0])
        50.0
    """
    return scores(actual, predicted)["mape"]


def nmae(actual: ArrayLike, predicted: ArrayLike) -> float:
    """Return the mean absolute error as a share of the mean absolute reading. [%]

    Example:
        >>> nmae([1.0, 3.0], [1.0, 4.0])
        25.0
    """
    return scores(actual, predicted)["nmae"]


def skill(score: float, reference: float) -> float:
    """Return 1 - score / reference score: 0 is no better than the reference, 1 is perfect. [1]

    Example:
        >>> skill(3.0, 4.0)
        0.25
    """
    return 1 - _ratio(score, reference)


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else float("nan")
