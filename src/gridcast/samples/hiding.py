"""Availability dropout: in training some of what would be known is hidden, so that a failing meter does not break a forecast."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from gridcast.samples.samples import Hidden

DAYS = 2  # up to so many days at the end of a context are hidden


@dataclass(frozen=True)
class Hiding:
    """How often what is hidden in training.

    Attributes:
        late: Share of the places of a sample whose last readings are missing, as if the meter had gone silent.
        silent: Share of the places of a sample without any reading.
        weather: Share of the samples without the weather of the hours to come.
        past: Share of these without any weather.
        unknown: Share of the places of a sample that are treated as a place never seen.
    """

    late: float = 0.05
    silent: float = 0.01
    weather: float = 0.06
    past: float = 0.5
    unknown: float = 0.03

    def times(self, factor: float) -> Hiding:
        """Return what hides so many times as often; `past` is a share of that already.

        Example:
            >>> Hiding(late=0.1).times(2).late
            0.2
        """
        names = ("late", "silent", "weather", "unknown")
        return replace(self, **{name: min(1.0, factor * getattr(self, name)) for name in names})

    def hidden(self, random: np.random.Generator, shape: tuple[int, int], *, context: int, day: int) -> Hidden:
        """Return what is hidden of samples, shape (B, N), with a context of so many steps."""
        last = np.where(random.random(shape) < self.late, random.integers(1, DAYS * day + 1, shape), 0)
        last = np.where(random.random(shape) < self.silent, context, last)
        weather = random.random(shape[0]) < self.weather
        return Hidden(last, weather, weather & (random.random(shape[0]) < self.past))

    def places(self, random: np.random.Generator, places: npt.NDArray[np.int32], batch: int) -> npt.NDArray[np.int32]:
        """Return the numbers of places by which the network knows them, shape (B, N); 0 for those treated as never seen."""
        shape = (batch, len(places))
        return np.where(random.random(shape) < self.unknown, 0, places).astype(np.int32)
