"""The local slope: what the load answers to a change of the temperature, by the time of day and the temperature itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gridcast.samples.localclock import HOURS
from gridcast.samples.samples import Rows, Samples

Float = npt.NDArray[np.float32]

BLOCKS = 6  # of the day
KNOTS = np.linspace(-2, 2, 9)  # temperatures between which slopes are interpolated [spreads]
WIDTH = 0.5  # of the kernel [spreads]
RIDGE = 5.0  # weight of no slope at all [squared spreads]
WILD = 3.0  # a change of the load is cut at so many spreads
MOST = 4_000_000  # readings that are looked at


@dataclass(frozen=True)
class Slopes:
    """Slopes without a model: changes of the load against the week before on those of the temperature, near a temperature.

    Attributes:
        values: Shape (knot, block, N). [spreads of the load by spreads of the temperature]
        block: Of the day, at each row and each place's clock, shape (row, zone).
        zone_of: Number of each place's zone, shape (N,).
    """

    values: Float
    block: npt.NDArray[np.int32]
    zone_of: npt.NDArray[np.intp]

    @classmethod
    def of(cls, samples: Samples, learned: npt.NDArray[np.bool_], column: int) -> Slopes:
        """Return the slopes at the places of samples, by the rows that are learned from, of a column of the weather."""
        week, clock = samples.recipe.lags.week, samples.clock
        block = clock.hour * BLOCKS // HOURS
        rows = np.flatnonzero(learned[week:] & learned[:-week]) + week
        rows = rows[:: max(1, len(rows) * len(clock.zone_of) // MOST)]
        load, warmth = samples.measured, samples.weather[..., column]
        there = (samples.weather[rows, :, -1] > 0) & (samples.weather[rows - week, :, -1] > 0)
        change = np.clip(load[rows] - load[rows - week], -WILD, WILD)
        there &= np.isfinite(change)
        change, warmer = np.where(there, change, 0), np.where(there, warmth[rows] - warmth[rows - week], 0)
        middle, at = (warmth[rows] + warmth[rows - week]) / 2, block[rows][:, clock.zone_of]
        values = np.zeros((len(KNOTS), BLOCKS, len(clock.zone_of)), dtype=np.float32)
        for knot, temperature in enumerate(KNOTS):
            weight = np.exp(-0.5 * ((middle - temperature) / WIDTH) ** 2) * warmer
            for number in range(BLOCKS):
                near = np.where(at == number, weight, 0)
                values[knot, number] = (near * change).sum(axis=0) / ((near * warmer).sum(axis=0) + RIDGE)
        return cls(values, block, clock.zone_of)

    def at(self, rows: Rows, temperature: Float) -> Float:
        """Return the slopes at rows, shape (B, H), and temperatures, shape (B, H, N), of the places, shape (B, H, N)."""
        place = np.clip((temperature - KNOTS[0]) / (KNOTS[1] - KNOTS[0]), 0, len(KNOTS) - 1)
        low = np.minimum(place.astype(np.int64), len(KNOTS) - 2)
        share = place - low
        block, own = self.block[rows][..., self.zone_of], np.arange(len(self.zone_of))
        found: Float = (1 - share) * self.values[low, block, own] + share * self.values[low + 1, block, own]
        return found.astype(np.float32)
