"""The part of a field that is wanted: a box around the places, and a span of time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Places = npt.NDArray[np.intp]
Degrees = npt.NDArray[np.float64]
BEYOND = 2.0  # degrees by which a box may miss a field whose edge is still read


@dataclass(frozen=True)
class Window:
    """The part of a field that is wanted, all of it by default.

    Attributes:
        south: Of the box. [degrees]
        north: Likewise.
        west: Likewise, in [-180, 180).
        east: Likewise.
        start: The first valid time wanted.
        end: The last one.
    """

    south: float = -90.0
    north: float = 90.0
    west: float = -180.0
    east: float = 180.0
    start: pd.Timestamp | None = None
    end: pd.Timestamp | None = None

    @classmethod
    def around(
        cls,
        latitude: npt.ArrayLike,
        longitude: npt.ArrayLike,
        *,
        margin: float = 0.5,
        start: pd.Timestamp | None = None,
        end: pd.Timestamp | None = None,
    ) -> Window:
        """Return the box around places with a margin [degrees]; a field gives one point more on each side.

        Example:
            >>> Window.around([50.0, 49.0], [30.0, 24.0], margin=1)
            Window(south=48.0, north=51.0, west=23.0, east=31.0, start=None, end=None)
        """
        north, east = np.asarray(latitude, dtype=np.float64), np.asarray(longitude, dtype=np.float64)
        south, west = float(north.min() - margin), float(east.min() - margin)
        return cls(south, float(north.max() + margin), west, float(east.max() + margin), start, end)


ALL = Window()


def rows_in(latitude: Degrees, window: Window) -> tuple[Degrees, Places]:
    """Return the latitudes in the window and one more on each side, from north to south, and where they are in the file."""
    order = np.argsort(-latitude, kind="stable")
    inside = _enclosing(latitude[order][::-1], window.south, window.north)
    kept = order[::-1][inside][::-1]
    return latitude[kept], kept


def columns_in(longitude: Degrees, window: Window) -> tuple[Degrees, Places]:
    """Return the longitudes in the window and one more on each side, ascending in [-180, 180), and where they are."""
    turned = np.round((longitude + 180) % 360 - 180, 9)
    unique, first = np.unique(turned, return_index=True)
    inside = _enclosing(unique, window.west, window.east)
    return unique[inside], first[inside]


def _enclosing(axis: Degrees, low: float, high: float) -> Places:
    """Return the points of an ascending axis from the last one not above `low` to the first one not below `high`."""
    if not len(axis) or low > axis[-1] + BEYOND or high < axis[0] - BEYOND:
        return np.arange(0)
    first = max(0, int(np.searchsorted(axis, low, side="right")) - 1)
    last = min(len(axis) - 1, int(np.searchsorted(axis, high, side="left")))
    return np.arange(first, last + 1)
