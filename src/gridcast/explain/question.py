"""A forecast to be explained, and the earlier days that it is compared with; asking the network about inputs that are mixed.

Letters: B inputs asked about, K earlier days, N locations, H steps, Q quantiles.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.clock import DAY
from gridcast.errors import ConfigError, PanelError, did_you_mean, listed
from gridcast.evaluation.issuing import recent_as_of
from gridcast.forecasters.fitted import Fitted
from gridcast.forecasters.hybrid import HybridForecaster
from gridcast.forecasters.placing import recipe_for
from gridcast.panel import Panel
from gridcast.samples.placed import Placed
from gridcast.samples.recipe import least_history
from gridcast.samples.samples import Rows, Samples

Floats = npt.NDArray[np.float64]
Inputs = Mapping[str, npt.NDArray[np.generic]]

YEAR = pd.Timedelta(days=365)
HOURS = 24
EARLIER = 24  # days that a forecast is compared with


@dataclass(frozen=True)
class Question:
    """What is to be explained.

    Attributes:
        fitted: Whose forecast it is.
        placed: What was known at the issue time.
        row: Of the issue time.
        places: Whose sum is explained: one place, or all of them.
        earlier: Issue rows of the days that it is compared with, at the same hour, shape (K,).
    """

    fitted: Fitted
    placed: Placed
    row: int
    places: tuple[int, ...]
    earlier: Rows

    @classmethod
    def of(
        cls, forecaster: HybridForecaster, panel: Panel, issue_time: pd.Timestamp, location: str = "", *, earlier: int = EARLIER
    ) -> Question:
        """Return the question why the forecast of a place is what it is; of the sum of all places where none is named.

        Raises:
            ConfigError: If there is no such place.
            PanelError: If the panel does not fit the network, or begins less than a day and its context before the issue time.
        """
        places = tuple(range(len(panel.locations))) if not location else (place_of(panel, location),)
        fitted = forecaster._require_fit()
        fitted.require_fit(panel, pd.DatetimeIndex([issue_time]))
        placed = _placed(fitted, forecaster.reach, panel, issue_time)
        row = int(placed.samples.rows_of(pd.DatetimeIndex([issue_time]))[0])
        zone = int(placed.samples.clock.zone_of[places[0]])
        return cls(fitted, placed, row, places, _earlier(placed.samples, row, earlier, least=1, zone=zone))

    @property
    def issue_time(self) -> pd.Timestamp:
        """When the forecast is issued, UTC."""
        return self.samples.times[self.row]

    @property
    def samples(self) -> Samples:
        """What is known."""
        return self.placed.samples

    @property
    def horizon(self) -> int:
        """Number of steps."""
        return self.samples.recipe.horizon

    @property
    def name(self) -> str:
        """Name of the place, or what stands for the sum."""
        return self.samples.panel.locations[self.places[0]] if len(self.places) == 1 else "all places"

    @property
    def others(self) -> tuple[int, ...]:
        """The places on the map that are not explained: the neighbours."""
        return tuple(place for place in range(len(self.placed.number)) if place not in self.places)

    def about(self, *places: int) -> Question:
        """Return the same question about other places."""
        return replace(self, places=places)

    def scored(self, count: int) -> Rows:
        """Return up to so many issue rows before this one, at the same hour, whose hours are over; spread over the last year."""
        zone = int(self.samples.clock.zone_of[self.places[0]])
        day = self.samples.recipe.lags.day
        least = -(-(self.horizon + day // HOURS) // day)  # a clock that was put forward or back moves an hour
        return _earlier(self.samples, self.row, count, least=least, zone=zone)

    def answer(self, inputs: Inputs) -> Floats:
        """Return the forecast of the sum of the places, shape (B, H). [the panel's unit]"""
        found: Floats = self.answers(inputs)[:, :, list(self.places)].sum(axis=-1)
        return found

    def answers(self, inputs: Inputs) -> Floats:
        """Return the forecasts of all places, the mean over the members' medians, shape (B, H, N). [the panel's unit]"""
        scaler = self.samples.recipe.scaler
        level = np.asarray(inputs["level"], dtype=np.float64)[:, None]
        medians = [_medians(network, inputs) for network in self.fitted.networks]
        found: Floats = (np.mean(medians, axis=0) + level) * scaler.scale + scaler.centre
        return found


def place_of(panel: Panel, location: str) -> int:
    """Return the number of a place.

    Raises:
        ConfigError: If there is none of that name.
    """
    if location not in panel.locations:
        hint = did_you_mean(location, panel.locations, "--location {}")
        raise ConfigError(f"there is no place `{location}`", found=location, expected=listed(panel.locations), hint=hint)
    return panel.locations.index(location)


def _placed(fitted: Fitted, reach: pd.Timedelta, panel: Panel, issue_time: pd.Timestamp) -> Placed:
    """Return what was known at the issue time, with the places known by what the forecast knew them by."""
    recent = recent_as_of(panel, issue_time, reach)
    longer = recent_as_of(panel, issue_time, reach + YEAR)
    flat, y, x = fitted.placing.cells(recent)
    recipe = recipe_for(fitted.recipe, recent, fitted.placing)
    static = fitted.placing.static(recent, y, x, recipe.scaler)
    return Placed(Samples(recipe, longer), fitted.placing.numbers(recent), flat, static)


def _earlier(samples: Samples, row: int, count: int, *, least: int, zone: int) -> Rows:
    """Return up to so many rows at the same local hour, spread evenly over the last year.

    Args:
        samples: What is known.
        row: The issue row that they come before.
        count: How many.
        least: Days before it.
        zone: Of the local clock.

    Raises:
        PanelError: If there is none.
    """
    recipe = samples.recipe
    day = recipe.lags.day
    first = min(least_history(recipe.context, recipe.freq), 7 * day)
    most = min((row - first) // day, YEAR // max(DAY, recipe.freq))
    if most < least:
        raise PanelError(
            "there are no earlier days to compare the forecast with",
            found=f"readings from {samples.times[0]} on",
            expected=f"some before {samples.times[row] - (first + least * day) * recipe.freq}",
            hint="explain a later issue time",
        )
    back = np.unique(np.linspace(least, most, count).round().astype(np.int64))
    rows = row - back[::-1] * day
    ahead = samples.clock.ahead[:, zone]
    return np.asarray(rows + ahead[row] - ahead[rows], dtype=np.int64)


def _medians(network: Any, inputs: Inputs) -> Floats:
    """Return the medians, relative to the level, shape (B, H, N). [scaled]"""
    middle = list(network.shape_of.levels).index(0.5)
    return np.asarray(network.predict_on_batch(dict(inputs))[..., middle], dtype=np.float64)
