"""Readings as the detectors look at them: which of them may teach, and what is usual at each place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.clock import DAY, local_labels, steps_in
from gridcast.errors import ConfigError
from gridcast.panel import Panel

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]
NORMAL = 1.4826  # a standard deviation in median absolute deviations, where readings are normally distributed


@dataclass(frozen=True)
class History:
    """Readings of a panel.

    Attributes:
        values: Shape (time, location); NaN where there is no reading, or where a detector found a wrong one.
        times: Starts of the intervals, in UTC.
        freq: Time between two readings.
        locations: Names of the places.
        timezones: The zone of each place; `UTC` where it is not known.
        rows: Number of rows from whose readings may be learned what is usual; the later ones are only compared with it.
    """

    values: Floats
    times: pd.DatetimeIndex
    freq: pd.Timedelta
    locations: tuple[str, ...]
    timezones: tuple[str, ...]
    rows: int

    @classmethod
    def of(cls, panel: Panel, before: pd.Timestamp | None = None, timezones: str | Sequence[str] | None = None) -> History:
        """Return the history of a panel.

        Raises:
            ConfigError: If there is not one time zone a place.
        """
        names = panel.locations
        zones = (timezones or "UTC",) * len(names) if timezones is None or isinstance(timezones, str) else tuple(timezones)
        if len(zones) != len(names):
            raise ConfigError("each place needs its time zone", found=f"{len(zones)} zones", expected=f"{len(names)}, or one")
        rows = len(panel.times) if before is None else int(panel.times.searchsorted(before))
        return cls(panel.consumption, panel.times, panel.freq, names, zones, rows)

    @property
    def known(self) -> Floats:
        """Readings from which may be learned, shape (rows, location)."""
        return self.values[: self.rows]

    @property
    def day(self) -> int:
        """Readings a day, at least one."""
        return steps_in(DAY, self.freq)

    @cached_property
    def typical(self) -> Floats:
        """Median size of a reading of each place, shape (location,); NaN where there is none."""
        return median(np.abs(self.known))

    @cached_property
    def floor(self) -> Floats:
        """The value that 95 % of the readings above zero of each place are above, shape (location,); NaN where there is none."""
        return quantile(np.where(self.known > 0, self.known, np.nan), 0.05)

    def at(self, row: int) -> pd.Timestamp:
        """Return the start of a row; the row after the last is the end of the panel."""
        return self.times[0] + row * self.freq

    def without(self, wrong: Flags) -> History:
        """Return the history in which the marked readings are missing."""
        return replace(self, values=np.where(wrong, np.float32(np.nan), self.values)) if wrong.any() else self


def without_change(values: Floats) -> tuple[Flags, Flags]:
    """Return which columns have no reading at all, and which have the same one all the time, shape (location,) each.

    Example:
        >>> silent, constant = without_change(np.array([[np.nan, 3.0, 1.0], [np.nan, np.nan, 2.0]]))
        >>> silent.tolist(), constant.tolist()
        ([True, False, False], [False, True, False])
    """
    there = np.isfinite(values)
    largest = np.max(values, axis=0, where=there, initial=-np.inf)
    smallest = np.min(values, axis=0, where=there, initial=np.inf)
    return np.asarray(~there.any(axis=0)), np.asarray(largest == smallest)


def median(values: Floats) -> Floats:
    """Return the median of what is not missing along the first axis; NaN where all is missing.

    Example:
        >>> median(np.array([[1.0, np.nan], [4.0, np.nan], [2.0, np.nan]])).tolist()
        [2.0, nan]
    """
    return quantile(values, 0.5)


def quantile(values: Floats, share: float) -> Floats:
    """Return a quantile of what is not missing along the first axis, linear between readings; NaN where all is missing.

    Example:
        >>> quantile(np.array([[1.0], [np.nan], [3.0]]), 0.25).tolist()
        [1.5]
    """
    ordered = np.sort(values, axis=0)  # NaN come last
    if len(ordered) == 0:
        return np.full(values.shape[1:], np.nan, dtype=values.dtype)
    last = np.maximum(np.isfinite(ordered).sum(axis=0) - 1, 0)
    below = np.floor(share * last).astype(np.intp)
    low = np.take_along_axis(ordered, below[None], axis=0)[0]
    high = np.take_along_axis(ordered, np.minimum(below + 1, last)[None], axis=0)[0]
    found: Floats = low + (high - low) * (share * last - below).astype(values.dtype)
    return found


def spread(values: Floats) -> Floats:
    """Return the robust standard deviation along the first axis: 1.4826 median absolute deviations."""
    return NORMAL * median(np.abs(values - median(values)))


def shifted(values: Floats, steps: int) -> Floats:
    """Return the values `steps` rows earlier at each row (later ones where `steps` is negative); NaN beyond the ends.

    Example:
        >>> shifted(np.array([1.0, 2.0, 3.0]), 1).tolist(), shifted(np.array([1.0, 2.0, 3.0]), -1).tolist()
        ([nan, 1.0, 2.0], [2.0, 3.0, nan])
    """
    moved = np.full_like(values, np.nan)
    if 0 <= steps < len(values):
        moved[steps:] = values[: len(values) - steps]
    elif 0 < -steps < len(values):
        moved[:steps] = values[-steps:]
    return moved


def offsets(times: pd.DatetimeIndex, zone: str) -> npt.NDArray[np.float64]:
    """Return how far the clock of a zone is ahead of UTC at each moment, shape (time,). [h]

    Raises:
        ConfigError: If the zone is not known.

    Example:
        >>> offsets(pd.DatetimeIndex(["2024-01-01", "2024-07-01"], tz="UTC"), "Europe/Berlin").tolist()
        [1.0, 2.0]
    """
    return np.asarray((local_labels(times, zone) - times.tz_localize(None)) / pd.Timedelta(hours=1), dtype=np.float64)
