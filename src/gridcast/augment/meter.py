"""What a meter does: noise of single readings, a slow drift, missing hours; and growth, which puts a place on another level.

Sizes are shares of a reading. Where readings hardly change, a spread is a small share of them, and sizes are cut so that a change
does not drown what there is to learn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from gridcast.samples.cut import Cut
from gridcast.samples.samples import Samples

Float = npt.NDArray[np.float32]

CLASS = 0.01  # error of a meter of class 1, at most, as a share of the reading
SIGMAS = 3.0  # standard deviations of the noise that the class is
LEVEL = 0.1  # growth, at most, as a share of the reading
FLAT = 10.0  # readings of more than so many spreads are changed by a smaller share
WEEKS = (1.0, 4.0)  # period of a drift
GAPS = 0.1  # share of the places of a sample that miss some hours
LONGEST = 4  # such a gap is at most this part of a day


@dataclass(frozen=True)
class Sized:
    """A change by a share of each reading.

    Attributes:
        offset: Scaled zero of each place, with the sign changed, shape (N,).
        share: Largest change as a share of a reading, shape (N,).
        usual: That share at the usual strength.
    """

    offset: Float
    share: Float
    usual: ClassVar[float] = CLASS

    @classmethod
    def of(cls, samples: Samples, strength: float) -> Self:
        """Return the change of the places of samples."""
        return cls(*_offset_and_share(samples, cls.usual * strength))


@dataclass(frozen=True)
class Jitter(Sized):
    """Noise of single readings of the context, within the meter's class."""

    def __call__(self, cut: Cut, random: np.random.Generator) -> None:
        """Change a cut: its contexts; what is to be forecast stays as it was."""
        noise = np.clip(random.standard_normal(cut.contexts.shape, dtype=np.float32) / SIGMAS, -1, 1)
        cut.contexts = times(cut.contexts, 1 + self.share * noise, self.offset)


@dataclass(frozen=True)
class Drift:
    """A meter that slowly swings around the truth, within its class: a wave of one to four weeks, on through the hours to come.

    Attributes:
        offset: As of `Sized`.
        share: Largest height of the wave as a share of a reading, shape (N,).
        week: Steps in a week.
    """

    offset: Float
    share: Float
    week: int

    @classmethod
    def of(cls, samples: Samples, strength: float) -> Drift:
        """Return the drift of the meters of samples."""
        return cls(*_offset_and_share(samples, CLASS * strength), samples.recipe.lags.week)

    def __call__(self, cut: Cut, random: np.random.Generator) -> None:
        """Change a cut."""
        batch, steps, places = cut.contexts.shape
        height = self.share * random.uniform(-1, 1, (batch, 1, places))
        period = self.week * random.uniform(*WEEKS, (batch, 1, places))
        phase = random.random((batch, 1, places))
        for name, time in (("contexts", np.arange(-steps, 0)), ("targets", np.arange(cut.targets.shape[1]))):
            wave = height * np.sin(2 * np.pi * (time[:, None] / period + phase))
            setattr(cut, name, times(getattr(cut, name), (1 + wave).astype(np.float32), self.offset))


@dataclass(frozen=True)
class Level(Sized):
    """A place that has grown or shrunk: all its readings by one factor."""

    usual: ClassVar[float] = LEVEL

    def __call__(self, cut: Cut, random: np.random.Generator) -> None:
        """Change a cut."""
        batch, _, places = cut.contexts.shape
        factor = (1 + self.share * random.uniform(-1, 1, (batch, 1, places))).astype(np.float32)
        cut.contexts = times(cut.contexts, factor, self.offset)
        cut.targets = times(cut.targets, factor, self.offset)


@dataclass(frozen=True)
class Gaps:
    """Hours of the context that did not arrive.

    Attributes:
        rate: Share of the places of a sample that have a gap.
        longest: Steps of a gap at most.
    """

    rate: float
    longest: int

    @classmethod
    def of(cls, samples: Samples, strength: float) -> Gaps:
        """Return the gaps in the contexts of samples."""
        return cls(min(1.0, GAPS * strength), max(1, samples.recipe.lags.day // LONGEST))

    def __call__(self, cut: Cut, random: np.random.Generator) -> None:
        """Change a cut."""
        batch, steps, places = cut.contexts.shape
        there = random.random((batch, 1, places)) < self.rate
        first = random.integers(0, steps, (batch, 1, places))
        length = random.integers(1, self.longest + 1, (batch, 1, places))
        time = np.arange(steps)[:, None]
        cut.contexts[there & (time >= first) & (time < first + length)] = np.nan


def times(scaled: Float, factor: Float, offset: Float) -> Float:
    """Return scaled readings, which are (reading - centre) / spread, as if the readings themselves were so many times as large.

    Args:
        scaled: Shape (..., N).
        factor: Shape (..., N).
        offset: Centre by spread of each place, shape (N,).

    Example:
        >>> times(np.array([1.0]), np.array([2.0]), np.array([3.0]))  # of centre 3 and spread 1: the reading is 4, then 8
        array([5.])
    """
    return scaled + (factor - 1) * (scaled + offset)


def _offset_and_share(samples: Samples, share: float) -> tuple[Float, Float]:
    """Return the offset of each place, and by which share of a reading it is changed at most, shape (N,)."""
    scaler = samples.recipe.scaler
    offset = scaler.centre / scaler.scale
    return offset.astype(np.float32), (share * np.minimum(1, FLAT / np.maximum(np.abs(offset), 1))).astype(np.float32)
