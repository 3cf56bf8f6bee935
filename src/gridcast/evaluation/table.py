"""Forecasts and readings side by side, one row a place and hour."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.errors import ShapeError
from gridcast.forecast import Forecast
from gridcast.windows import Windows


def prediction_table(
    y_true: npt.ArrayLike | Windows | Forecast,
    y_pred: npt.ArrayLike | Forecast,
    *,
    times: Sequence[pd.Timestamp] | pd.DatetimeIndex | None = None,
    locations: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Return actual and predicted values side by side, one row a place and hour.

    Args:
        y_true: Targets from `preprocess_temporal_data`, which bring their times, locations and original units; or a forecast of
            actual values; or an array of shape (B,) or (B, H) in the units in which it is to be shown.
        y_pred: Predictions of the same shape, scaled where the targets are.
        times: Time of each sample, shape (B,), of plain arrays; without a zone they are taken as UTC.
        locations: Location of each sample, shape (B,), of plain arrays.

    Returns:
        Columns `timestamp` (start of the hour, UTC), `location`, `issue_time`, `step`, `actual`, `predicted`, as far as they are
        known; plain arrays have `sample` in place of what is not known. Rows without a prediction are left out.

    Raises:
        ShapeError: If the shapes differ, or times or locations are not one a sample.
    """
    y_pred = y_pred.values.values if isinstance(y_pred, Forecast) else np.asarray(y_pred)
    if isinstance(y_true, Forecast):
        return _labelled(y_true.values.values, y_pred, y_true.issue_times, y_true.locations, y_true.freq)
    if isinstance(y_true, Windows):
        _require_same_shape(y_true.shape, y_pred.shape)
        actual, predicted = y_true.unscaled(y_true), y_true.unscaled(y_pred)
        if y_true.place is not None:
            return _flat(actual, predicted, y_true.times, y_true.locations, y_true.freq)
        return _labelled(actual, predicted, y_true.times, y_true.locations, y_true.freq)
    actual, predicted = np.asarray(y_true, dtype=np.float64), np.asarray(y_pred, dtype=np.float64)
    if actual.ndim == 1 or predicted.ndim == 1:  # (B,) and (B, 1) are the same thing
        actual, predicted = (values[:, None] if values.ndim == 1 else values for values in (actual, predicted))
    _require_same_shape(actual.shape, predicted.shape)
    for name, labels in (("times", times), ("locations", locations)):
        if labels is not None and len(labels) != len(actual):
            raise ShapeError(f"one of `{name}` a sample", found=f"{len(labels)} {name}, {len(actual)} samples")
    stamps = None if times is None else pd.DatetimeIndex(pd.to_datetime(list(times), utc=True))
    return _flat(actual, predicted, stamps, locations, None)


def _labelled(
    actual: npt.ArrayLike, predicted: npt.ArrayLike, issued: pd.DatetimeIndex, names: Sequence[str], freq: pd.Timedelta
) -> pd.DataFrame:
    """Return the table of arrays of shape (issue_time, location, step)."""
    actual, predicted = np.asarray(actual, dtype=np.float64), np.asarray(predicted, dtype=np.float64)
    _require_same_shape(actual.shape, predicted.shape)
    issue, place, step = np.nonzero(np.isfinite(predicted))
    return pd.DataFrame(
        {
            "timestamp": issued[issue] + step * freq,
            "location": pd.Categorical.from_codes(place, categories=pd.Index(names)),
            "issue_time": issued[issue],
            "step": step + 1,
            "actual": actual[issue, place, step],
            "predicted": predicted[issue, place, step],
        }
    )


def _flat(
    actual: npt.NDArray[np.float64],
    predicted: npt.NDArray[np.float64],
    times: pd.DatetimeIndex | None,
    names: Sequence[str] | None,
    freq: pd.Timedelta | None,
) -> pd.DataFrame:
    """Return the table of arrays of shape (sample, step)."""
    _require_same_shape(actual.shape, predicted.shape)
    sample, step = np.nonzero(np.isfinite(predicted))
    columns: dict[str, object] = {}
    if times is not None:
        issued = times[sample]
        columns["timestamp"] = issued + step * freq if freq is not None else issued
    if names is not None:
        columns["location"] = np.asarray(names, dtype=object)[sample]
    if times is not None and freq is not None:
        columns["issue_time"] = times[sample]
    if times is None:
        columns["sample"] = sample
    return pd.DataFrame({**columns, "step": step + 1, "actual": actual[sample, step], "predicted": predicted[sample, step]})


def _require_same_shape(actual: tuple[int, ...], predicted: tuple[int, ...]) -> None:
    if actual != predicted:
        raise ShapeError("actual and predicted values differ in shape", found=f"{actual} and {predicted}", expected="one shape")
