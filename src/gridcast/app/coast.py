"""Coastlines and borders to draw behind a map: Natural Earth 1:50m, which is in the public domain, as the package ships it.

`coast.json.gz` holds the lines of npm's `world-atlas` 2.0.2 (`countries-50m.json`): first the start of each line, then steps, in
hundredths of a degree. Lines that two countries share are borders.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
KINDS = ("coast", "borders")
TURN = 360.0
DOTS = 1500  # across a map that can be told apart


class Box(NamedTuple):
    """A part of the map. [degrees]"""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True)
class Lines:
    """Lines one after the other, NaN between two of them.

    Attributes:
        longitude: Shape (P,). [degrees]
        latitude: Shape (P,). [degrees]
    """

    longitude: Floats
    latitude: Floats


def lines_within(box: Box) -> dict[str, Lines]:
    """Return the coast and the borders of a part of the map, which may go on beyond the 180th meridian, as finely as one can see.

    Example:
        >>> britain = lines_within(Box(-8.0, 50.0, 2.0, 60.0))["coast"]
        >>> bool(np.nanmin(britain.longitude) >= -8 and np.nanmax(britain.latitude) <= 60)
        True
    """
    return {kind: _coarser(_within(_world(kind), box), (box.east - box.west) / DOTS) for kind in KINDS}


def decoded(lines: Sequence[Sequence[int]], unit: float) -> Lines:
    """Return lines that are written as a start and steps.

    Example:
        >>> decoded([[100, 200, 10, 0, 0, 5]], 0.01).longitude.round(2).tolist()[:3]
        [1.0, 1.1, 1.1]
    """
    parts = [np.cumsum(np.array(line, dtype=np.int64).reshape(-1, 2), axis=0) * unit for line in lines]
    gap = np.full((1, 2), np.nan)
    points = np.concatenate([piece for part in parts for piece in (part, gap)]) if parts else np.empty((0, 2))
    return Lines(points[:, 0], points[:, 1])


@lru_cache
def _world(kind: str) -> Lines:
    content: dict[str, Any] = json.loads(gzip.decompress((files("gridcast.app") / "coast.json.gz").read_bytes()))
    return decoded(content[kind], content["unit"])


def _within(lines: Lines, box: Box) -> Lines:
    """Return the points inside of a box; NaN stands once for each run of points outside."""
    pieces = []
    for turn in (-TURN, 0.0, TURN):
        x, y = lines.longitude + turn, lines.latitude
        inside = (x >= box.west) & (x <= box.east) & (y >= box.south) & (y <= box.north)
        if inside.any():
            kept = inside | np.append(False, inside[:-1])  # the first point outside stands for the gap
            pieces.append(np.where(inside[kept], np.stack([x[kept], y[kept]]), np.nan))
    found = np.concatenate(pieces, axis=1) if pieces else np.empty((2, 0))
    return Lines(found[0], found[1])


def _coarser(lines: Lines, step: float) -> Lines:
    """Return lines without the points that lie in the same square as the one before them, of such a side. [degrees]"""
    squares = np.floor(np.stack([lines.longitude, lines.latitude]) / step)
    same = np.append(False, (squares[:, 1:] == squares[:, :-1]).all(axis=0)) if squares.shape[1] else np.zeros(0, dtype=bool)
    return Lines(lines.longitude[~same], lines.latitude[~same])
