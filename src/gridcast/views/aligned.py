"""Readings and forecasts side by side, in whatever form they come."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.errors import ShapeError
from gridcast.evaluation import prediction_table
from gridcast.forecast import Forecast
from gridcast.windows import Windows

Values = npt.ArrayLike | Forecast
Targets = Values | Windows


def aligned(y_true: Targets, y_pred: Values, name: str = "y_pred") -> pd.DataFrame:
    """Return a row for each hour that has a forecast: `actual`, `predicted`, `location`, `step`, and `timestamp` or `sample`.

    Args:
        y_true: Forecasts, targets cut from a panel, or an array of shape (n,), (B, H) or (B, N, H).
        y_pred: Predictions of the same shape. What one of the two knows of times and places holds for both.
        name: What the predictions are called in an error.

    Raises:
        ShapeError: If shapes, times or places differ, or there are no values.
    """
    _require_alike(_shape(y_true), _shape(y_pred), name)
    if isinstance(y_true, Forecast) and isinstance(y_pred, Forecast):
        _require_same_labels(y_true, y_pred, name)
    if isinstance(y_pred, Forecast) and not isinstance(y_true, Forecast):
        actual = y_true.unscaled(y_true) if isinstance(y_true, Windows) else np.asarray(y_true, dtype=np.float64)
        y_true = Forecast(y_pred.values.copy(data=actual))
    if not isinstance(y_true, Forecast | Windows) and len(_shape(y_true)) == 3:
        return _places_numbered(np.asarray(y_true), np.asarray(y_pred))
    table = prediction_table(y_true, y_pred)
    return table if "location" in table else table.assign(location="")


def _places_numbered(actual: npt.NDArray[np.float64], predicted: npt.NDArray[np.float64]) -> pd.DataFrame:
    """Return the table of arrays of shape (sample, location, step) of which nothing else is known."""
    samples, places, steps = actual.shape
    names = [f"place {place + 1}" for place in range(places)] * samples
    table = prediction_table(actual.reshape(-1, steps), predicted.reshape(-1, steps), locations=names)
    return table.assign(sample=table["sample"] // places)


def _shape(values: Targets) -> tuple[int, ...]:
    return values.values.shape if isinstance(values, Forecast) else tuple(np.shape(values))


def _require_alike(actual: tuple[int, ...], predicted: tuple[int, ...], name: str) -> None:
    if len(actual) not in (1, 2, 3) or 0 in actual:
        raise ShapeError(
            "there is nothing to draw",
            found=f"`y_true` of shape {actual}",
            expected="values of shape (samples,), (samples, steps) or (samples, places, steps), at least one",
        )
    if actual != predicted and not (actual[:1] == predicted[:1] and set(actual[1:] + predicted[1:]) <= {1}):
        raise ShapeError(f"`y_true` and `{name}` differ in shape", found=f"{actual} and {predicted}", expected=f"{actual} for both")


def _require_same_labels(actual: Forecast, predicted: Forecast, name: str) -> None:
    for what, one, other in (
        ("issue times", actual.issue_times, predicted.issue_times),
        ("locations", actual.locations, predicted.locations),
    ):
        if list(one) != list(other):
            raise ShapeError(
                f"`y_true` and `{name}` have different {what}",
                found=f"{other[0]} to {other[-1]}",
                expected=f"{one[0]} to {one[-1]}, {len(one)} of them and in this order",
            )
