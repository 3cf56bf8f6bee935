"""Samples together with what the network knows the places by: their number, their cell on the map, their attributes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gridcast.samples.cut import Cut
from gridcast.samples.samples import Float, Hidden, Rows, Samples


@dataclass(frozen=True)
class Placed:
    """What a network is fed with.

    Attributes:
        samples: Of a panel with N places.
        number: By which the network knows each place, 0 for one that it has not seen, shape (N,).
        cell: Of each place on the map, counted row by row, shape (N,).
        static: Attributes, scaled, shape (N, S).
    """

    samples: Samples
    number: npt.NDArray[np.int32]
    cell: npt.NDArray[np.int32]
    static: Float

    def inputs(
        self,
        issued: Rows,
        hidden: Hidden | None = None,
        numbers: npt.NDArray[np.int32] | None = None,
        cut: Cut | None = None,
    ) -> dict[str, npt.NDArray[np.generic]]:
        """Return what the network reads at issue rows, B of them.

        Args:
            issued: Issue rows, shape (B,).
            hidden: What is kept from it.
            numbers: Of the places, where others than its own are to be believed, shape (B, N).
            cut: Readings and weather around them, where these were changed.
        """
        count, places = len(issued), len(self.number)
        told: dict[str, npt.NDArray[np.generic]] = dict(self.samples.batch(issued, hidden, cut))
        return {
            **told,
            "place": np.tile(self.number, (count, 1)) if numbers is None else numbers,
            "fold": np.zeros(count, dtype=np.int32),
            "cell": np.tile(self.cell, (count, 1)),
            "static": np.broadcast_to(self.static, (count, places, self.static.shape[1])).copy(),
        }

    def targets(self, issued: Rows, level: Float, cut: Cut | None = None) -> Float:
        """Return the readings relative to the level, and 1 where there is one, else 0, shape (B, H, N, 2). [scaled]"""
        found = (self.samples.targets(issued) if cut is None else cut.targets) - level[:, None]
        there = np.isfinite(found)
        return np.stack([np.nan_to_num(found), there], axis=-1).astype(np.float32)
