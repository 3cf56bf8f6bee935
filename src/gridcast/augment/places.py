"""Places: a place that is a little like its likes, and a map that is laid a little differently."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gridcast.layout import Grid, change_correlation
from gridcast.samples.cut import Cut
from gridcast.samples.samples import Samples

Float = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

PARTNERS = 3  # places most like a place, of which one is mixed into it
ALIKE = 0.5  # correlation of the changes against the week before, from which on places are alike
RATE = 0.25  # share of the places of a sample that are mixed
MOST = 0.5  # weight of the other place at most
SHIFT = 0.5  # of a cell that the map is shifted at most


@dataclass(frozen=True)
class Mixup:
    """A place is mixed with one that is like it, and has the same clock and calendar: scaled readings and weather alike.

    A reading that either of them misses is missing; weather is mixed where both have it.

    Attributes:
        partners: Places that are like each, the most alike first; the place itself where there are fewer, shape (N, P).
        rate: Share of the places of a sample.

    References:
        Zhang et al. (2018), mixup: beyond empirical risk minimization, doi:10.48550/arXiv.1710.09412.
    """

    partners: Ints
    rate: float

    @classmethod
    def of(cls, samples: Samples, learned: npt.NDArray[np.bool_], strength: float) -> Mixup:
        """Return the mixing of the places of samples, by how alike they are at the rows that are learned from."""
        count, week = len(samples.panel.locations), samples.recipe.lags.week
        own = np.arange(count)
        if len(learned) <= week:
            return cls(own[:, None], 0.0)
        values = np.where(learned[:, None], samples.measured[: len(learned)], np.nan)
        likeness = change_correlation(values, samples.panel.locations, week=week, until_row=len(values))
        calendar = samples.calendar.which
        likeness = np.where(calendar[:, None] == calendar, likeness, -1)
        np.fill_diagonal(likeness, -1)
        best = np.argsort(-likeness, axis=1, kind="stable")[:, :PARTNERS]
        found = np.where(np.take_along_axis(likeness, best, axis=1) >= ALIKE, best, own[:, None])
        return cls(found.astype(np.int64), min(1.0, RATE * strength))

    def __call__(self, cut: Cut, random: np.random.Generator) -> None:
        """Change a cut."""
        batch, _, places = cut.contexts.shape
        choice = random.integers(0, self.partners.shape[1], (batch, places))
        partner = self.partners[np.arange(places), choice]  # (B, N)
        weight = np.where(random.random((batch, places)) < self.rate, random.uniform(0, MOST, (batch, places)), 0)
        weight = np.where(partner == np.arange(places), 0, weight).astype(np.float32)
        cut.contexts, cut.targets = (_mixed(values[..., None], partner, weight)[..., 0] for values in (cut.contexts, cut.targets))
        cut.past, cut.coming = (_mixed(values, partner, weight, told=True) for values in (cut.past, cut.coming))


def _mixed(values: Float, partner: Ints, weight: Float, *, told: bool = False) -> Float:
    """Return values of places, shape (B, T, N, F), with some of their partners' in them, shape (B, N).

    Where the last of F tells whether the others are there, they are mixed where both places have them.
    """
    if not values.shape[-1]:
        return values
    others = np.take_along_axis(values, partner[:, None, :, None], axis=2)
    mixed = (weight > 0)[:, None, :, None]
    if told:
        mixed = mixed & (values[..., -1:] > 0) & (others[..., -1:] > 0)
    return np.where(mixed, values + weight[:, None, :, None] * (others - values), values)


@dataclass(frozen=True)
class Shift:
    """The map is laid at most half a cell to the side: places near an edge of their cell come into the next one.

    Attributes:
        position: Row and column of each place in units of cells, shape (N, 2).
        cells: The cell of each place, shape (N, 2).
        shape: Rows and columns.
        size: Largest shift. [cells]
    """

    position: npt.NDArray[np.float64]
    cells: npt.NDArray[np.intp]
    shape: tuple[int, int]
    size: float

    @classmethod
    def of(cls, grid: Grid, strength: float) -> Shift:
        """Return the shifts of a map."""
        axes = ((-grid.y, -grid.y_edges), (grid.x, grid.x_edges))
        position = np.column_stack([np.interp(values, edges, np.arange(len(edges))) for values, edges in axes])
        return cls(position, grid.cells, grid.shape, min(1.0, SHIFT * strength))

    def drawn(self, random: np.random.Generator, batch: int) -> npt.NDArray[np.int32]:
        """Return the cell of each place in each sample, counted row by row, shape (B, N)."""
        shift = random.uniform(-self.size, self.size, (batch, 1, 2))
        last = np.array(self.shape) - 1
        before, after = (np.clip(np.floor(position), 0, last) for position in (self.position, self.position + shift))
        rows, columns = np.moveaxis(np.clip(self.cells + (after - before).astype(np.int64), 0, last), -1, 0)
        return np.asarray(rows * self.shape[1] + columns, dtype=np.int32)
