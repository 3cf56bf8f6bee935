"""The kinds of augmentation by their names, and what makes use of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gridcast.augment.days import Swap
from gridcast.augment.meter import Drift, Gaps, Jitter, Level
from gridcast.augment.places import Mixup, Shift
from gridcast.augment.weather import Erring, Warmer
from gridcast.errors import ConfigError, did_you_mean, listed
from gridcast.layout import Grid
from gridcast.samples.cut import Cut
from gridcast.samples.hiding import Hiding
from gridcast.samples.samples import Rows, Samples

Change = Callable[[Cut, np.random.Generator], None]

KINDS = {  # in the order in which they are done
    "response": "warmer or colder hours to come, with the load moved along by its local slope",
    "weather": "weather to come that errs like a forecast, the load as it was",
    "swap": "two days of the history that change places",
    "mixup": "some of a similar place in a place",
    "level": "a place that has grown or shrunk",
    "drift": "a meter that slowly swings around the truth",
    "jitter": "noise of single readings of the history",
    "dropping": "hours that are missing, and more of what availability dropout hides",
    "shift": "the map laid up to half a cell to the side",
}


@dataclass(frozen=True)
class Augmenter:
    """Changes batches of samples in training; the same seed, epoch and batch are changed the same.

    Each kind draws from a generator of its own, so that one does not depend on which others there are.

    Attributes:
        changes: What changes a cut, by its kind.
        shift: What lays the map to the side, if anything does.
        hiding: How much more is hidden; 1 for no more.
    """

    changes: dict[str, Change]
    shift: Shift | None = None
    hiding: float = 1.0

    @classmethod
    def fit(cls, samples: Samples, learned: Rows, grid: Grid, kinds: Sequence[str], strength: float = 1.0) -> Augmenter:
        """Return what changes samples of a panel.

        Kinds that need what is not there are left out: weather, a second place.

        Args:
            samples: Of the training part.
            learned: Issue rows that are learned from: slopes and likeness are those of the steps after them.
            grid: The map.
            kinds: Names, of `KINDS`.
            strength: Of all of them; 1 for what is usual.

        Raises:
            ConfigError: If a kind is unknown.
        """
        require_kinds(kinds)
        rows = np.zeros(len(samples.readings), dtype=bool)
        rows[np.minimum(learned[:, None] + np.arange(samples.recipe.horizon), len(rows) - 1)] = True
        several = len(samples.panel.locations) > 1
        changes = {
            name: change
            for name in KINDS
            if name in kinds and (change := _change(name, samples, rows, strength, several=several)) is not None
        }
        shift = Shift.of(grid, strength) if "shift" in kinds and several else None
        return cls(changes, shift, 1 + strength if "dropping" in kinds else 1.0)

    def cut(self, samples: Samples, issued: Rows, seed: Sequence[int]) -> Cut:
        """Return the changed cut of samples at issue rows.

        Args:
            samples: Of the panel.
            issued: Issue rows, shape (B,).
            seed: Which tells this batch from all others.
        """
        cut = samples.cut(issued)
        for name, change in self.changes.items():
            change(cut, _random(seed, name))
        return cut

    def cells(self, cells: npt.NDArray[np.int32], batch: int, seed: Sequence[int]) -> npt.NDArray[np.int32]:
        """Return the cell of each place in each sample, shape (B, N), of their cells, shape (N,)."""
        return np.tile(cells, (batch, 1)) if self.shift is None else self.shift.drawn(_random(seed, "shift"), batch)

    def more_of(self, hiding: Hiding) -> Hiding:
        """Return how often what is hidden."""
        return hiding.times(self.hiding)


def require_kinds(kinds: Sequence[str]) -> None:
    """Refuse kinds of augmentation that are unknown.

    Raises:
        ConfigError: Naming them.
    """
    unknown = [name for name in kinds if name not in KINDS]
    if unknown:
        hint = did_you_mean(unknown[0], KINDS)
        raise ConfigError(f"unknown augmentation `{unknown[0]}`", found=listed(unknown), expected=listed(KINDS, 10), hint=hint)


def _random(seed: Sequence[int], name: str) -> np.random.Generator:
    """Return the generator of a kind for a batch."""
    return np.random.default_rng((*seed, 1 + list(KINDS).index(name)))


def _change(name: str, samples: Samples, learned: npt.NDArray[np.bool_], strength: float, *, several: bool) -> Change | None:
    """Return what changes a cut in a way; None where there is nothing to change."""
    recipe = samples.recipe
    makers: dict[str, Callable[[], Change | None]] = {
        "response": lambda: Warmer.of(samples, learned, strength) if recipe.past else None,
        "weather": lambda: Erring.of(samples, strength) if recipe.main else None,
        "swap": lambda: Swap.of(samples, strength),
        "mixup": lambda: Mixup.of(samples, learned, strength) if several else None,
        "level": lambda: Level.of(samples, strength),
        "drift": lambda: Drift.of(samples, strength),
        "jitter": lambda: Jitter.of(samples, strength),
        "dropping": lambda: Gaps.of(samples, strength),
    }
    return makers[name]() if name in makers else None
