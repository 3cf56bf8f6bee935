"""Places on a grid, and the frames that the CNN reads: what each cell of the map has been doing up to an issue time.

Letters: B issue times, N locations, G grid side (rows, columns), C channels.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.clock import DAY, WEEK, steps_in
from gridcast.errors import GridcastWarning, PanelError, ShapeError, listed, require_positive
from gridcast.panel import Panel, as_panel
from gridcast.scaling import Scaler

Float = npt.NDArray[np.float32]
Index = npt.NDArray[np.intp]

CROWDED = 4.0  # mean number of places in an occupied cell above which a finer grid is suggested
ROOMY = 2.0  # what the suggestion aims at
FINEST = 64
CHANGES = 8  # blocks into which the last day's change against the week before is cut


@dataclass(frozen=True)
class Grid:
    """Which cell each place is in. Row 0 is the north, column 0 the west.

    Attributes:
        rows: Number of rows.
        columns: Number of columns.
        cells: Row and column of each place, shape (N, 2).
        latitude: Of each place, shape (N,). [degrees]
        longitude: Of each place, without a jump at the 180th meridian, shape (N,). [degrees]
    """

    rows: int
    columns: int
    cells: Index
    latitude: npt.NDArray[np.float64]
    longitude: npt.NDArray[np.float64]

    @classmethod
    def of(cls, latitude: npt.ArrayLike, longitude: npt.ArrayLike, grid_size: int | tuple[int, int]) -> Grid:
        """Return the grid spanned by the places; several places may share a cell.

        Args:
            latitude: Shape (N,). [degrees]
            longitude: Shape (N,); a region that straddles the 180th meridian is kept together. [degrees]
            grid_size: Number of rows and columns, or both.

        Raises:
            ConfigError: If a side is not above zero.
            PanelError: If a coordinate is missing or out of range.

        Example:
            >>> Grid.of([50.0, 40.0], [10.0, 20.0], 4).cells.tolist()
            [[0, 0], [3, 3]]
        """
        rows, columns = (grid_size, grid_size) if isinstance(grid_size, int | np.integer) else grid_size
        require_positive(grid_rows=rows, grid_columns=columns)
        lat, lon = np.asarray(latitude, dtype=np.float64), np.asarray(longitude, dtype=np.float64)
        wrong = ~((np.abs(lat) <= 90) & (np.abs(lon) <= 360))
        if wrong.any() or not len(lat):
            raise PanelError(
                f"{int(wrong.sum())} of {len(lat)} places have no usable coordinates",
                found=listed(zip(lat[wrong], lon[wrong], strict=True)),
                expected="latitude in -90..90 and longitude in -180..180",
            )
        lon = _unwrapped(lon)
        cells = np.column_stack([_binned(-lat, int(rows)), _binned(lon, int(columns))])
        return cls(int(rows), int(columns), cells, lat, lon)

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.rows, self.columns

    @property
    def flat(self) -> Index:
        """Cell number of each place, counted row by row, shape (N,)."""
        return self.cells[:, 0] * self.columns + self.cells[:, 1]

    @property
    def crowding(self) -> float:
        """Mean number of places in an occupied cell."""
        return len(self.cells) / len(np.unique(self.flat))


def suggest_grid_size(latitude: npt.ArrayLike, longitude: npt.ArrayLike) -> int:
    """Return the smallest side of a square grid on which few places share a cell: at most two in a cell, on average."""
    lat, lon = np.asarray(latitude), np.asarray(longitude)
    for side in range(1, FINEST):
        if Grid.of(lat, lon, side).crowding <= ROOMY:
            return side
    return FINEST


@dataclass(frozen=True)
class Frames:
    """Frames that are drawn on demand: `frames[i]`, `frames[indices]`, `np.asarray(frames)`.

    Attributes:
        grid: Where the places are.
        values: Readings, shape (time, N), NaN where missing; or one value a place, shape (N,), for a static frame.
        times: Issue time of each frame, UTC: frame i holds what was known then. None for a static frame.
        day: Steps in a day.
        week: Steps in a week.
    """

    grid: Grid
    values: Float
    times: pd.DatetimeIndex | None = None
    day: int = 24
    week: int = 168

    dtype = np.dtype(np.float32)

    @property
    def is_static(self) -> bool:
        """Whether there is one frame for all times."""
        return self.times is None

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels."""
        changes = () if self.is_static else tuple(f"change_{block + 1}" for block in range(self._blocks))
        return ("consumption", *changes, "places", "mask")

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
            return self._static()[index]  # type: ignore[no-any-return,index]
        chosen = np.arange(len(self))[index if isinstance(index, int | slice) else np.asarray(index)]
        frames = self._at(np.atleast_1d(chosen))
        return frames[0] if np.ndim(chosen) == 0 else frames

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[np.generic]:
        return np.asarray(self._static() if self.times is None else self[:], dtype=dtype)

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

    @property
    def _blocks(self) -> int:
        return min(CHANGES, self.day)

    def _static(self) -> Float:
        frame: Float = self._drawn(self.values[None, None])[0]
        return frame

    def _at(self, chosen: Index) -> Float:
        """Draw the frames of some issue times: row r of the readings is the last one known to frame r."""
        past = self.values[np.maximum(chosen, 0)][:, None]  # (B, 1, N)
        rows = chosen[:, None] + np.arange(1 - self.day, 1)  # (B, day)
        earlier = rows - self.week
        change = self.values[np.maximum(rows, 0)] - self.values[np.maximum(earlier, 0)]  # (B, day, N)
        change = np.where((earlier >= 0)[..., None], change, np.float32(np.nan))
        blocks = [_nanmean(part) for part in np.array_split(change, self._blocks, axis=1)]
        return self._drawn(np.concatenate([past, np.stack(blocks, axis=1)], axis=1))

    def _drawn(self, values: Float) -> Float:
        """Return values (B, c, N) as frames (B, G, G, c + 2): the mean of a cell's places; 0 where nothing is known."""
        cell = self.grid.flat
        order = np.argsort(cell, kind="stable")
        occupied, starts, count = np.unique(cell[order], return_index=True, return_counts=True)
        sorted_values = values[..., order]
        known = np.add.reduceat(np.isfinite(sorted_values), starts, axis=-1, dtype=np.float32)
        sums = np.add.reduceat(np.nan_to_num(sorted_values), starts, axis=-1)
        frames = np.zeros((len(values), math.prod(self.grid.shape), values.shape[1] + 2), dtype=np.float32)
        frames[:, occupied, :-2] = (sums / np.maximum(known, 1)).swapaxes(1, 2)
        frames[:, occupied, -2] = count / count.mean()
        frames[:, occupied, -1] = 1
        return frames.reshape(len(values), *self.grid.shape, -1)


def preprocess_spatial_data(
    data: Panel | pd.DataFrame,
    grid_size: int | tuple[int, int],
    *,
    locations: pd.DataFrame | None = None,
    scaler: Scaler | None = None,
) -> Frames:
    """Return 2-D grid frames for the CNN: one static frame, or one frame a time where `data` has a time.

    Channels: mean consumption of a cell's places; the mean change of the last day against the week before in eight blocks
    (frames with a time only); how many places are in the cell, relative to the mean; 1 where there is a place, else 0. The
    frame of issue time t holds readings whose interval had ended by t.

    Args:
        data: A table of places (`id`, `latitude`, `longitude`, `mean_consumption`) for a static frame; a panel with coordinates,
            or a table of readings together with `locations`, for one frame a time.
        grid_size: Number of rows and columns, or both as (rows, columns).
        locations: The places of a table of readings.
        scaler: The scaler of the sequences, so that all places count alike; without it frames with a time are in the data's
            units. A static frame is relative to the mean of all places.

    Returns:
        Frames of shape (G, G, C) or (B, G, G, C), drawn when they are read.

    Raises:
        ConfigError: If the grid size is not above zero.
        PanelError: If coordinates or consumption are missing.
    """
    if isinstance(data, Panel) or "timestamp" in data:
        panel = as_panel(data, locations)
        frames = frames_in_time(panel, Grid.of(*panel.coordinates, grid_size), scaler)
    else:
        frames = _static_frame(data, grid_size)
    _warn_if_crowded(frames.grid)
    return frames


def frames_in_time(panel: Panel, grid: Grid, scaler: Scaler | None = None) -> Frames:
    """Return one frame for each issue time at which the panel has a new reading, on a grid that is settled already."""
    values = panel.consumption if scaler is None else scaler.transform(panel.consumption).astype(np.float32)
    return Frames(grid, values, panel.times + panel.freq, steps_in(DAY, panel.freq), steps_in(WEEK, panel.freq))


def _static_frame(places: pd.DataFrame, grid_size: int | tuple[int, int]) -> Frames:
    needed = ("latitude", "longitude", "mean_consumption")
    missing = [name for name in needed if name not in places]
    if missing:
        raise PanelError(
            f"the table of places lacks {listed(missing)}",
            found=listed(places.columns, 12),
            expected=listed(needed),
            hint="pass the readings instead (`preprocess_spatial_data(temporal, grid_size, locations=spatial)`)",
        )
    mean = places["mean_consumption"].to_numpy(dtype=np.float32)
    grid = Grid.of(places["latitude"], places["longitude"], grid_size)
    return Frames(grid, (mean / (np.nanmean(np.abs(mean)) or 1)).astype(np.float32))


def _warn_if_crowded(grid: Grid) -> None:
    if grid.crowding > CROWDED:
        warnings.warn(
            f"{len(grid.cells)} places share {len(np.unique(grid.flat))} cells of the {grid.rows} x {grid.columns} grid, and the "
            "CNN can't tell places in one cell apart; try a finer one: "
            f"`--grid-size {suggest_grid_size(grid.latitude, grid.longitude)}`",
            GridcastWarning,
            stacklevel=3,
        )


def _unwrapped(longitude: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return longitudes without a jump at the 180th meridian: cut the circle at its widest empty arc."""
    ordered = np.sort(np.mod(longitude, 360))
    gaps = np.diff(ordered, append=ordered[0] + 360)
    start = ordered[(int(np.argmax(gaps)) + 1) % len(ordered)]
    unwrapped: npt.NDArray[np.float64] = start + np.mod(longitude - start, 360)
    return unwrapped - 360.0 * float(np.round(unwrapped.mean() / 360))


def _binned(values: npt.NDArray[np.float64], bins: int) -> Index:
    """Return which of equal bins between the extremes each value is in."""
    low, high = values.min(), values.max()
    share = (values - low) / (high - low) if high > low else np.full(values.shape, 0.5)
    return np.minimum((share * bins).astype(np.intp), bins - 1)


def _nanmean(values: Float) -> Float:
    """Return the mean along axis 1 of what is not missing; NaN where all is."""
    known = np.isfinite(values)
    count = known.sum(axis=1)
    total = np.where(known, values, 0).sum(axis=1)
    mean: Float = np.where(count > 0, total / np.maximum(count, 1), np.float32(np.nan))
    return mean
