"""Everyday scores of forecasts against what was measured: the same hours for every forecaster, overall and by place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from gridcast.errors import ShapeError, listed
from gridcast.forecast import Forecast
from gridcast.metrics import metrics_of, skill, statistics

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


def overall(table: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Return the metrics of each forecaster over all places, by its name, and whether they are `ex_post`."""
    rows = table[table["location"] == ""].set_index("model")
    return {
        str(name): {**{metric: float(row[metric]) for metric in METRICS}, "ex_post": bool(row["ex_post"])}
        for name, row in rows.iterrows()
    }


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
