"""Scores of forecasts against what was measured: the same hours for every forecaster, overall and by place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.errors import ShapeError, listed
from gridcast.forecast import Forecast, Forecaster
from gridcast.metrics import metrics_of, skill, statistics
from gridcast.panel import Panel
from gridcast.windows import Windows

REFERENCES = ("seasonal_naive_168h", "seasonal_naive_24h")
METRICS = ("rmse", "mae", "mape", "nmae", "skill")


def evaluate(forecasts: Mapping[str, Forecast], actual: Forecast) -> pd.DataFrame:
    """Return the scores of several forecasters on the same hours.

    An hour counts if it has a reading and a forecast of every forecaster that makes forecasts at all.

    Args:
        forecasts: Forecasts by the forecaster's name, all of one shape.
        actual: What was measured.

    Returns:
        A table with `model`, `location` (empty for all places together), `n`, `rmse`, `mae` [the panel's unit], `mape` [%],
        `nmae` [%], `skill` [1]: 1 - RMSE / RMSE of the seasonal naive of 168 h, or of 24 h where that has no forecast; and
        `ex_post`: whether measured weather of the predicted hours was used.

    Raises:
        ShapeError: If a forecast is not of the issue times, places and steps that were measured.
    """
    strangers = [name for name, f in forecasts.items() if not _aligned(f, actual)]
    if strangers:
        raise ShapeError(
            "forecasts and readings are not of the same hours and places",
            found=listed(strangers),
            expected=f"{len(actual.issue_times)} issue times, {len(actual.locations)} places, {actual.horizon} steps, in one order",
        )
    taking_part = {name: f.values.values for name, f in forecasts.items() if np.isfinite(f.values.values).any()}
    counts = np.isfinite(actual.values.values)
    for values in taking_part.values():
        counts &= np.isfinite(values)
    measured = np.where(counts, actual.values.values, np.nan)
    nothing = np.full_like(measured, np.nan)
    rows = []
    for name, forecast in forecasts.items():
        ex_post = forecast.is_ex_post
        by_place = {
            statistic: values.sum(axis=(0, 2)) for statistic, values in statistics(measured, taking_part.get(name, nothing)).items()
        }
        for place, location in [(slice(None), ""), *enumerate(actual.locations)]:
            sums = {statistic: float(np.sum(values[place])) for statistic, values in by_place.items()}
            rows.append({"model": name, "location": location, "n": int(sums["n"]), **metrics_of(sums), "ex_post": ex_post})
    return _with_skill(pd.DataFrame(rows))


def issue(forecaster: Forecaster, panel: Panel, issue_times: pd.DatetimeIndex) -> Forecast:
    """Return the forecasts of a fitted forecaster, which for each issue time gets only what was available then.

    Args:
        forecaster: Fitted on what was known at the first issue time.
        panel: Readings and weather of the whole period.
        issue_times: Moments of issue, UTC, ascending, shape (issue_time,).
    """
    parts = [forecaster.predict(panel.as_of(time).recent(forecaster.reach), issue_times[[i]]) for i, time in enumerate(issue_times)]
    values = np.concatenate([part.values.values for part in parts])
    return Forecast.of(values, panel=panel, issue_times=issue_times, ex_post=any(part.is_ex_post for part in parts))


def overall(table: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Return the metrics of each forecaster over all places, by its name, and whether they are `ex_post`."""
    rows = table[table["location"] == ""].set_index("model")
    return {
        str(name): {**{metric: float(row[metric]) for metric in METRICS}, "ex_post": bool(row["ex_post"])}
        for name, row in rows.iterrows()
    }


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


def _aligned(forecast: Forecast, actual: Forecast) -> bool:
    """Return whether two forecasts have the same issue times, places and steps, in the same order."""
    return all(forecast.values.indexes[dim].equals(actual.values.indexes[dim]) for dim in actual.values.dims)


def _with_skill(table: pd.DataFrame) -> pd.DataFrame:
    by_model = {name: rows.set_index("location")["rmse"] for name, rows in table.groupby("model", sort=False)}
    reference = next(
        (by_model[name] for name in REFERENCES if name in by_model and np.isfinite(by_model[name].get("", np.nan))),
        None,
    )
    if reference is None:
        return table.assign(skill=np.nan)
    return table.assign(skill=[skill(r, reference[p]) for r, p in zip(table["rmse"], table["location"], strict=True)])


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
