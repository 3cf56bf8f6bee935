"""Days of the context that change places: with their readings and their weather, and of one kind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gridcast.samples.columns import HOLIDAY, columns_of
from gridcast.samples.cut import Cut
from gridcast.samples.localclock import HOURS, WEEKDAYS
from gridcast.samples.samples import Samples

Codes = npt.NDArray[np.int16]
Rows = npt.NDArray[np.int64]

CLASSES = (0, 1, 1, 1, 2, 3, 4)  # Monday; Tuesday to Thursday; Friday; Saturday; Sunday
RATE = 0.5  # share of the samples in which two days change places
SEASON = 28  # days that such days are apart at most
TRIES = 8  # pairs that are drawn until one fits


@dataclass(frozen=True)
class Swap:
    """Two days that change places, at all places at once.

    They are of one class of weekdays and at most four weeks apart, their hours are the same by every place's clock, and neither has
    a holiday, an event, or another label of the calendar anywhere. The day before the issue time stays.

    Attributes:
        codes: Hour and class of each row by each calendar, below 0 where it has a label, shape (row, M).
        starts: Rows at which a day begins by one of the calendars, ascending.
        day: Steps in a day.
        rate: Share of the samples.
    """

    codes: Codes
    starts: Rows
    day: int
    rate: float

    @classmethod
    def of(cls, samples: Samples, strength: float) -> Swap:
        """Return the swaps of days of samples."""
        values, day = samples.calendar.values, samples.recipe.lags.day
        hour = values[..., :HOURS].argmax(axis=-1) if day > 1 else np.zeros(values.shape[:2], dtype=np.int64)
        weekday = values[..., HOURS : HOURS + WEEKDAYS].argmax(axis=-1)
        labels = [number for number, column in enumerate(columns_of(samples)["calendar"]) if column.group == HOLIDAY]
        labelled = (values[..., labels] != 0).any(axis=(1, 2))
        codes = np.where(labelled[:, None], -1, hour * WEEKDAYS + np.array(CLASSES)[weekday])
        midnight = (hour == 0) & (np.roll(hour, 1, axis=0) != 0) if day > 1 else np.ones_like(hour, dtype=bool)
        return cls(codes.astype(np.int16), np.flatnonzero(midnight.any(axis=1)).astype(np.int64), day, min(1.0, RATE * strength))

    def __call__(self, cut: Cut, random: np.random.Generator) -> None:
        """Change a cut: its contexts and its past weather."""
        for sample in np.flatnonzero(random.random(len(cut.issued)) < self.rate):
            pair = self.pair(int(cut.issued[sample]), cut.contexts.shape[1], random)
            if pair is not None:
                for values in (cut.contexts, cut.past):
                    one, other = (values[sample, first : first + self.day] for first in np.array(pair) + values.shape[1])
                    one[:], other[:] = other.copy(), one.copy()

    def pair(self, issued: int, context: int, random: np.random.Generator) -> tuple[int, int] | None:
        """Return the first steps of two days that may change places, from the issue row on, below 0; None if none is found."""
        low, high = np.searchsorted(self.starts, [max(0, issued - context), issued - 2 * self.day + 1])
        if high - low < 2:
            return None
        for _ in range(TRIES):
            one, other = random.choice(self.starts[low:high], 2, replace=False)
            if self.fit(int(one), int(other)):
                return int(one) - issued, int(other) - issued
        return None

    def fit(self, one: int, other: int) -> bool:
        """Return whether the days that begin at two rows are of one kind."""
        near = self.day <= abs(one - other) <= SEASON * self.day
        codes = self.codes[one : one + self.day]
        return near and bool((codes >= 0).all()) and bool((codes == self.codes[other : other + self.day]).all())
