"""Which hours are scored: the same for every forecaster, and what each of them could not forecast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gridcast.errors import ConfigError, ShapeError, did_you_mean, listed
from gridcast.forecast import Forecast

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ScoredHours:
    """The hours on which several forecasters are compared.

    Attributes:
        where: Positions of the scored places among those of the forecasts.
        locations: Their names.
        gap: Number of first steps that are not scored.
        readings: What was measured, shape (issue_time, location, step) of the scored ones; NaN where there is no reading.
        counts: Which of them have a reading and a forecast of every forecaster that makes forecasts at all, same shape.
        missed: For each forecaster the readings that it could not forecast, by place, shape (location,).
        idle: Forecasters that make no forecasts at all of the scored places and steps.
    """

    where: npt.NDArray[np.intp]
    locations: tuple[str, ...]
    gap: int
    readings: Array
    counts: Mask
    missed: Mapping[str, npt.NDArray[np.int64]]
    idle: frozenset[str]

    def cut(self, values: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        """Return the scored places and steps of values, shape (issue_time, location, step, ...)."""
        return values[:, self.where, self.gap :]

    def counts_of(self, name: str) -> Mask:
        """Return the hours on which a forecaster is scored: none if it makes no forecasts."""
        return np.zeros_like(self.counts) if name in self.idle else self.counts


def scored_hours(
    forecasts: Mapping[str, Forecast], actual: Forecast, *, gap: int = 0, places: Sequence[str] | None = None
) -> ScoredHours:
    """Return the hours on which forecasts can be compared.

    A forecaster has a forecast of an hour if it gives its point and, if it gives quantiles at all, each of them.

    Args:
        forecasts: Forecasts by the forecaster's name, all of one shape.
        actual: What was measured.
        gap: Number of first steps that are not scored.
        places: Names of the places to score; all if left out.

    Raises:
        ShapeError: If a forecast is not of the issue times, places and steps that were measured.
        ConfigError: If a place is unknown, or the gap leaves no steps.
    """
    _require_aligned(forecasts, actual)
    if not 0 <= gap < actual.horizon:
        raise ConfigError("the gap leaves no steps to score", found=f"a gap of {gap}", expected=f"0 to {actual.horizon - 1} steps")
    where = _positions(actual.locations, places)
    readings = actual.values.values[:, where, gap:].astype(np.float64)
    counts = measured = np.isfinite(readings)
    missed, idle = {}, set()
    for name, forecast in forecasts.items():
        known = _known(forecast)[:, where, gap:]
        if known.any():
            counts = counts & known
        else:
            idle.add(name)
        missed[name] = (measured & ~known).sum(axis=(0, 2))
    return ScoredHours(where, tuple(actual.locations[i] for i in where), gap, readings, counts, missed, frozenset(idle))


def _known(forecast: Forecast) -> Mask:
    """Return where there is a forecast, shape (issue_time, location, step)."""
    known: Mask = np.isfinite(forecast.values.values)
    if forecast.quantiles is not None:
        known = known & np.isfinite(forecast.quantiles.values).all(axis=-1)
    return known


def _positions(locations: Sequence[str], places: Sequence[str] | None) -> npt.NDArray[np.intp]:
    if places is None:
        return np.arange(len(locations))
    position = {name: i for i, name in enumerate(locations)}
    unknown = [name for name in places if name not in position]
    if unknown or not places:
        raise ConfigError(
            "places to score that there are no forecasts of" if unknown else "no places to score",
            found=listed(unknown) or "an empty list",
            expected=f"some of {listed(locations)}",
            hint=did_you_mean(unknown[0], locations) if unknown else "",
        )
    return np.array([position[name] for name in dict.fromkeys(places)])


def _require_aligned(forecasts: Mapping[str, Forecast], actual: Forecast) -> None:
    strangers = [
        name
        for name, forecast in forecasts.items()
        if not all(forecast.values.indexes[dim].equals(actual.values.indexes[dim]) for dim in actual.values.dims)
    ]
    if strangers:
        raise ShapeError(
            "forecasts and readings are not of the same hours and places",
            found=listed(strangers),
            expected=f"{len(actual.issue_times)} issue times, {len(actual.locations)} places, {actual.horizon} steps, in one order",
        )
