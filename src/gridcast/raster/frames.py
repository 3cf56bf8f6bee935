"""Frames: what each cell of the map has been doing up to an issue time.

Letters: B issue times, N locations, G grid side (rows, columns), C channels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.errors import ShapeError, listed, require_positive
from gridcast.layout import Field, Grid
from gridcast.raster.cells import (
    Float,
    Index,
    Variable,
    Variables,
    array_of,
    has_vintages,
    in_blocks,
    on_cells,
    placed,
    places_in,
    read,
    require_fit,
    rows_of,
)

CHANGES = 8  # blocks into which the last day's change against the week before is cut
AHEAD = 4  # blocks into which the horizon of a variable known ahead is cut


class Channel(NamedTuple):
    """What a channel of a frame holds.

    Attributes:
        name: Of the channel.
        part: `value`; `change` against the week before; `places` in a cell; `mask`, where there are any; `known`, where there is
            a value.
        variable: What it is of.
        steps: The first and the last step of which it is the mean, counted from the issue row, the last one left out; None for
            the newest value.
    """

    name: str
    part: str = "value"
    variable: str = "consumption"
    steps: tuple[int, int] | None = None


@dataclass(frozen=True)
class Frames:
    """Frames that are drawn on demand: `frames[i]`, `frames[indices]`, `np.asarray(frames)`.

    Row r of the readings is the last one known to frame r; r + 1 is the *issue row* of the frame. A variable is an array of one
    value a place, or a `Field` on a raster of its own, and should be scaled to about -1..1, as it is handed on as it is.

    Attributes:
        grid: Where the places are.
        values: Readings, shape (time, N), NaN where missing; or one value a place, shape (N,), for a static frame.
        times: Issue time of each frame, UTC: frame i holds what was known then. None for a static frame.
        day: Steps in a day.
        week: Steps in a week.
        observed: Variables by name, shape (time, N) or fields (time, y, x), read at rows before the issue row only.
        ahead: Variables by name that are known ahead, read at the rows from the issue row up to the horizon, which may be more rows
            than there are readings: shape (time, N); or what was known at each issue row, shape (issue row, step, N); or
            fields likewise. That the values were known at the issue time is the caller's word.
        horizon: Steps of `ahead` that a frame holds.
        units: Of the consumption and the variables, by name, for pictures.
    """

    grid: Grid
    values: Float
    times: pd.DatetimeIndex | None = None
    day: int = 24
    week: int = 168
    observed: Variables = field(default_factory=dict)
    ahead: Variables = field(default_factory=dict)
    horizon: int = 0
    units: Mapping[str, str] = field(default_factory=dict)

    dtype = np.dtype(np.float32)

    def __post_init__(self) -> None:
        if self.ahead:
            require_positive(horizon=self.horizon)
        if self.times is None and (self.observed or self.ahead):
            raise ShapeError("a static frame has no weather", found=listed([*self.observed, *self.ahead]), expected="none")
        for variables, axes in ((self.observed, (2,)), (self.ahead, (2, 3))):
            for name, variable in variables.items():
                require_fit(name, variable, self.values.shape, axes, self.horizon)
                if isinstance(variable, Field):
                    variable.weights(self.grid)

    @property
    def is_static(self) -> bool:
        """Whether there is one frame for all times."""
        return self.times is None

    @property
    def layers(self) -> tuple[Channel, ...]:
        """What each channel holds."""
        if self.is_static:
            return Channel("consumption"), Channel("places", "places"), Channel("mask", "mask")
        past = _cuts(self.day, CHANGES, -self.day)
        changes = (Channel(f"change_{block}", "change", steps=steps) for block, steps in enumerate(past, 1))
        own = [Channel("consumption"), *changes, *(Channel(part, part) for part in ("places", "mask", "known"))]
        for name in self.observed:
            parts = (("", "value"), ("_change", "change"), ("_known", "known"))
            own += [Channel(f"{name}{end}", part, name) for end, part in parts]
        for name in self.ahead:
            part = "change" if name in self.observed else "value"
            blocks = enumerate(_cuts(self.horizon, AHEAD, 0), 1)
            own += [Channel(f"{name}_ahead_{block}", part, name, steps) for block, steps in blocks]
            own.append(Channel(f"{name}_ahead_known", "known", name, (0, self.horizon)))
        return tuple(own)

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels."""
        return tuple(layer.name for layer in self.layers)

    @property
    def frame_shape(self) -> tuple[int, int, int]:
        """Shape of one frame, (G, G, C)."""
        return (*self.grid.shape, len(self.channels))

    @property
    def shape(self) -> tuple[int, ...]:
        """(G, G, C) of a static frame, else (B, G, G, C)."""
        return self.frame_shape if self.times is None else (len(self.times), *self.frame_shape)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Iterator[Float]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: int | slice | npt.ArrayLike) -> Float:
        if self.times is None:
            return np.asarray(np.nan_to_num(self.with_gaps())[index])  # type: ignore[index]
        return np.nan_to_num(self.with_gaps(index), copy=False)

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[np.generic]:
        return np.asarray(self[:], dtype=dtype)

    def positions(self, times: pd.DatetimeIndex) -> Index:
        """Return the index of the frame for each issue time, shape of `times`.

        Raises:
            ShapeError: If there is no frame for some of them.
        """
        if self.times is None:
            raise ShapeError("a static frame has no times", found="a static frame", expected="a frame for each issue time")
        found = self.times.get_indexer(times)
        if (found < 0).any():
            raise ShapeError(
                f"no frame for {int((found < 0).sum())} issue times",
                found=listed(times[found < 0].unique()),
                expected=f"times from {self.times[0]} to {self.times[-1]}",
                hint="make sequences and frames from the same panel",
            )
        return found.astype(np.intp)

    def with_gaps(self, index: int | slice | npt.ArrayLike = 0) -> Float:
        """Return frames as `frames[index]` does, but NaN in the cells where nothing is known, where the network reads 0.

        Args:
            index: Of the frames; a static frame is the only one.
        """
        if self.times is None:
            return np.asarray(self._shaped([on_cells(self.grid, self.values[None, None]), places_in(self.grid, 1)])[0])
        chosen = np.arange(len(self))[index if isinstance(index, int | slice) else np.asarray(index)]
        frames = self._at(np.atleast_1d(chosen))
        return frames[0] if np.ndim(chosen) == 0 else frames

    def _at(self, chosen: Index) -> Float:
        """Draw the frames of some issue times."""
        past = self.values[np.maximum(chosen, 0)][:, None]  # (B, 1, N)
        rows = chosen[:, None] + np.arange(1 - self.day, 1)  # (B, day)
        change = rows_of(self.values, rows) - rows_of(self.values, rows - self.week)  # (B, day, N)
        own = np.concatenate([past, in_blocks(change, min(CHANGES, self.day))], axis=1)
        known = on_cells(self.grid, np.isfinite(past).astype(np.float32))
        seen = [self._seen(variable, chosen) for variable in self.observed.values()]
        coming = [self._coming(name, chosen + 1) for name in self.ahead]
        return self._shaped([on_cells(self.grid, own), places_in(self.grid, len(chosen)), known, *seen, *coming])

    def _seen(self, variable: Variable, rows: Index) -> Float:
        """Return a variable's newest value, its change against the week before, and where it is known, (B, 3, cells)."""
        now, before = read(self.grid, variable, rows[:, None]), read(self.grid, variable, rows[:, None] - self.week)
        return np.concatenate([now, now - before, np.isfinite(now)], axis=1, dtype=np.float32)

    def _coming(self, name: str, issued: Index) -> Float:
        """Return a variable's next steps in blocks and where they are known, (B, blocks + 1, cells).

        Of a variable that is observed too, it is the change against the same hours of the week before.
        """
        variable, rows = self.ahead[name], issued[:, None] + np.arange(self.horizon)
        if has_vintages(variable):
            values = rows_of(array_of(variable), issued)[:, : self.horizon]
            coming = placed(self.grid, variable, values)
        else:
            coming = read(self.grid, variable, rows)
        if name in self.observed:
            base = np.where(rows - self.week < issued[:, None], rows - self.week, -1)
            coming = coming - read(self.grid, self.observed[name], base)
        blocks = in_blocks(coming, min(AHEAD, self.horizon))
        share: Float = np.isfinite(coming).mean(axis=1, keepdims=True, dtype=np.float32)
        return np.concatenate([blocks, share], axis=1)

    def _shaped(self, layers: list[Float]) -> Float:
        """Return layers (B, c, cells) as frames (B, G, G, C)."""
        cells = np.concatenate(layers, axis=1).swapaxes(1, 2)
        return np.asarray(np.ascontiguousarray(cells).reshape(len(cells), *self.grid.shape, -1))


def _cuts(steps: int, blocks: int, start: int) -> list[tuple[int, int]]:
    """Return the first and the last step of each block, as `in_blocks` cuts them."""
    parts = np.array_split(np.arange(start, start + steps), min(blocks, steps))
    return [(int(part[0]), int(part[-1]) + 1) for part in parts]
