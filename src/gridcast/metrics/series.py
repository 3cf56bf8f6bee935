"""Scores of whole series: share of the total, bias, error beside the seasonal naive's, and daily peak and energy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gridcast.errors import ConfigError, ShapeError, require_positive
from gridcast.metrics.points import statistics

Array = npt.NDArray[np.float64]
ArrayLike = npt.ArrayLike


def series_statistics(actual: ArrayLike, predicted: ArrayLike, scale: ArrayLike = np.nan) -> dict[str, Array]:
    """Return what every element adds to the scores, those of `statistics` among it; what is missing adds nothing.

    Args:
        actual: Readings, any shape, NaN where missing.
        predicted: Forecasts, same shape and unit.
        scale: The seasonal naive's MAE, of a shape that fits; NaN or 0 where it is not known. See `seasonal_scale`.

    Returns:
        `n`, `absolute`, `squared`, `level`, `relative`, `n_relative` of `statistics`; `error`, predicted less actual; and
        `scaled`, the absolute error by the scale, with its own count `n_scaled`.

    Raises:
        ShapeError: If the shapes differ.
    """
    found = statistics(actual, predicted)
    error = np.asarray(predicted, dtype=np.float64) - np.asarray(actual, dtype=np.float64)
    scales = np.broadcast_to(np.asarray(scale, dtype=np.float64), error.shape)
    has_scale = (found["n"] > 0) & (scales > 0)
    return {
        **found,
        "error": np.where(found["n"] > 0, error, 0.0),
        "scaled": np.divide(found["absolute"], scales, out=np.zeros_like(error), where=has_scale),
        "n_scaled": has_scale.astype(np.float64),
    }


def seasonal_scale(readings: ArrayLike, season: int) -> Array:
    """Return the MAE of the seasonal naive over readings: how much they change in one season. NaN where that is not known.

    Args:
        readings: Shape (time, ...), NaN where missing.
        season: Steps in a season, such as 168 hours.

    Returns:
        One scale a series, shape (...,), in the unit of the readings.

    Raises:
        ConfigError: If the season is not at least one step.

    Example:
        >>> float(seasonal_scale([1.0, 2.0, 4.0, 2.0], 2))
        1.5
    """
    require_positive(season=season)
    readings = np.asarray(readings, dtype=np.float64)
    found = statistics(readings[season:], readings[:-season])
    n = np.asarray(found["n"].sum(axis=0))
    scale: Array = np.divide(found["absolute"].sum(axis=0), n, out=np.full(n.shape, np.nan), where=n > 0)
    return scale


def day_statistics(actual: ArrayLike, predicted: ArrayLike, *, hours: float = 1.0) -> dict[str, Array]:
    """Return what each day of a forecast adds to the scores of daily peaks and energies.

    The steps are cut into days of 24 hours, counted from the first one given. A day with a reading or forecast missing adds
    nothing, and neither do steps after the last whole day. Of equal highest values the first is the peak.

    Args:
        actual: Readings, shape (..., step), NaN where missing.
        predicted: Forecasts, same shape and unit.
        hours: Length of a step. [h]

    Returns:
        Shape (..., day) each: `n_day`; `peak`, the difference between the peaks' heights as a share of the actual one, counted
        by `n_peak`; `peak_shift`, the time between the two peaks [h]; `energy`, the absolute sum of errors as a share of the
        sum of readings, counted by `n_energy`.

    Raises:
        ShapeError: If the shapes differ.
        ConfigError: If the steps do not make up days.
    """
    actual, predicted = np.asarray(actual, dtype=np.float64), np.asarray(predicted, dtype=np.float64)
    if actual.shape != predicted.shape:
        raise ShapeError(
            "readings and forecasts differ in shape", found=f"{actual.shape} and {predicted.shape}", expected="one shape"
        )
    actual, predicted = (_days(values, _steps_in_a_day(hours)) for values in (actual, predicted))
    counts = np.asarray((np.isfinite(actual) & np.isfinite(predicted)).all(axis=-1))
    actual, predicted = (np.where(counts[..., None], values, 0.0) for values in (actual, predicted))
    peak, energy = actual.max(axis=-1), actual.sum(axis=-1)
    shift = hours * np.abs(predicted.argmax(axis=-1) - actual.argmax(axis=-1))
    return {
        "n_day": counts.astype(np.float64),
        "peak": _share(predicted.max(axis=-1) - peak, peak),
        "n_peak": (peak != 0).astype(np.float64),
        "peak_shift": np.where(counts, shift, 0.0),
        "energy": _share(predicted.sum(axis=-1) - energy, energy),
        "n_energy": (energy != 0).astype(np.float64),
    }


def wape(actual: ArrayLike, predicted: ArrayLike) -> float:
    """Return the sum of absolute errors as a share of the sum of absolute readings. [%]

    Example:
        >>> wape([1.0, 3.0], [1.0, 4.0])
        25.0
    """
    found = series_statistics(actual, predicted)
    return 100 * _mean(found["absolute"], found["level"])


def bias(actual: ArrayLike, predicted: ArrayLike) -> float:
    """Return the mean of predicted less actual, in the unit of the readings: above zero where too much was predicted.

    Example:
        >>> bias([1.0, 3.0], [2.0, 6.0])
        2.0
    """
    found = series_statistics(actual, predicted)
    return _mean(found["error"], found["n"])


def relative_bias(actual: ArrayLike, predicted: ArrayLike) -> float:
    """Return the sum of predicted less actual as a share of the sum of absolute readings. [%]

    Example:
        >>> relative_bias([1.0, 3.0], [2.0, 6.0])
        100.0
    """
    found = series_statistics(actual, predicted)
    return 100 * _mean(found["error"], found["level"])


def mase(actual: ArrayLike, predicted: ArrayLike, scale: ArrayLike) -> float:
    """Return the mean absolute error beside that of the seasonal naive: below 1 is better than it. [1]

    Args:
        actual: Readings, any shape.
        predicted: Forecasts, same shape.
        scale: The seasonal naive's MAE, of a shape that fits, see `seasonal_scale`.

    Example:
        >>> mase([1.0, 3.0], [1.0, 4.0], 2.0)
        0.25

    References:
        Hyndman & Koehler (2006), doi:10.1016/j.ijforecast.2006.03.001.
    """
    found = series_statistics(actual, predicted, scale)
    return _mean(found["scaled"], found["n_scaled"])


def peak_error(actual: ArrayLike, predicted: ArrayLike, *, hours: float = 1.0) -> float:
    """Return by how much the heights of the daily peaks differ, as a share of the actual peak, mean over days. [%]

    Example:
        >>> peak_error([2.0, 8.0], [5.0, 6.0], hours=12)
        25.0
    """
    found = day_statistics(actual, predicted, hours=hours)
    return 100 * _mean(found["peak"], found["n_peak"])


def peak_shift(actual: ArrayLike, predicted: ArrayLike, *, hours: float = 1.0) -> float:
    """Return the time between the predicted and the actual daily peak, mean over days. [h]

    Example:
        >>> peak_shift([2.0, 8.0], [9.0, 6.0], hours=12)
        12.0
    """
    found = day_statistics(actual, predicted, hours=hours)
    return _mean(found["peak_shift"], found["n_day"])


def energy_error(actual: ArrayLike, predicted: ArrayLike, *, hours: float = 1.0) -> float:
    """Return by how much the energies of days differ, as a share of the actual energy, mean over days. [%]

    Example:
        >>> energy_error([2.0, 8.0], [5.0, 6.0], hours=12)
        10.0
    """
    found = day_statistics(actual, predicted, hours=hours)
    return 100 * _mean(found["energy"], found["n_energy"])


def _steps_in_a_day(hours: float) -> int:
    require_positive(hours=hours)
    steps = max(1, round(24 / hours))
    if abs(steps * hours - 24) > 1e-6:
        raise ConfigError("the steps do not make up days", found=f"steps of {hours:g} h", expected="a step that divides 24 h")
    return steps


def _days(values: Array, steps: int) -> Array:
    """Return the whole days, shape (..., day, step of the day)."""
    days = values.shape[-1] // steps
    return values[..., : days * steps].reshape(*values.shape[:-1], days, steps)


def _share(difference: Array, whole: Array) -> Array:
    return np.divide(np.abs(difference), np.abs(whole), out=np.zeros_like(whole), where=whole != 0)


def _mean(part: Array, whole: Array) -> float:
    total = float(whole.sum())
    return float(part.sum()) / total if total > 0 else float("nan")
