"""The grid: which cell of a map each place is in. Row 0 is the north, column 0 the west.

Latitudes and longitudes are laid out by the cylindrical equal-area projection (x = longitude * cos s, y = sin(latitude) / cos s,
with the standard parallel s in the middle of the places), so that all cells of an equal grid cover the same area. Meridians and
parallels stay straight, so a cell is a box in degrees, and a weather field on a regular raster has an exact share in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from gridcast.errors import ConfigError, PanelError, ShapeError, listed, require_positive
from gridcast.layout.collisions import spread

Floats: TypeAlias = npt.NDArray[np.float64]
Index: TypeAlias = npt.NDArray[np.intp]
Axes = Literal["equal", "quantile"]
Collisions = Literal["share", "spread"]
Size: TypeAlias = int | tuple[int, int]

ROOMY = 2.0  # mean number of places in an occupied cell that a suggested grid has at most
FINEST = 64
LONGEST = 6.0  # a suggested grid's longer side is at most so many times the shorter one
FLATTEST = 0.1  # least cosine of the standard parallel
DIGITS = 9  # decimals of a longitude that count [0.1 mm]: one turn more or less must not move a place
WIDTH = 0.5  # from a lone place to the edge of its map [degrees]


@dataclass(frozen=True)
class Grid:
    """Which cell each place is in, and where the cells are.

    Attributes:
        rows: Number of rows.
        columns: Number of columns.
        cells: Row and column of each place, shape (N, 2).
        y: Latitude of each place [degrees], or its y in a layout without coordinates, shape (N,).
        x: Longitude, without a jump at the 180th meridian [degrees], or x in a layout, shape (N,).
        y_edges: Edges of the rows from north to south, shape (rows + 1,), as `y`.
        x_edges: Edges of the columns from west to east, shape (columns + 1,), as `x`.
        homes: The cell that each place lies in, before places that collided were spread, shape (N, 2).
        on_earth: Whether `y` and `x` are degrees.
    """

    rows: int
    columns: int
    cells: Index
    y: Floats
    x: Floats
    y_edges: Floats
    x_edges: Floats
    homes: Index
    on_earth: bool = True

    @classmethod
    def of(
        cls,
        latitude: npt.ArrayLike,
        longitude: npt.ArrayLike,
        grid_size: Size,
        *,
        axes: Axes = "equal",
        collisions: Collisions = "spread",
    ) -> Grid:
        """Return the grid spanned by places on earth, on an equal-area projection.

        Args:
            latitude: Shape (N,). [degrees]
            longitude: Shape (N,); a region that straddles the 180th meridian is kept together. [degrees]
            grid_size: Number of rows and columns, or both.
            axes: `equal` cells, or rows and columns that hold about as many places each (`quantile`).
            collisions: Whether places that lie in one cell `share` it, or `spread`: the place nearest the cell's centre stays,
                the others go to free cells at most two away, but for no more than a quarter of the places. Places at one point
                stay together.

        Raises:
            ConfigError: If a side is not above zero, or a choice is unknown.
            PanelError: If a coordinate is missing or out of range.

        Example:
            >>> Grid.of([50.0, 40.0], [10.0, 20.0], 4).cells.tolist()
            [[0, 0], [3, 3]]
        """
        lat, lon = np.asarray(latitude, dtype=np.float64), np.asarray(longitude, dtype=np.float64)
        wrong = ~((np.abs(lat) <= 90) & (np.abs(lon) <= 360))
        if wrong.any() or not len(lat):
            raise PanelError(
                f"{int(wrong.sum())} of {len(lat)} places have no usable coordinates",
                found=listed(zip(lat[wrong], lon[wrong], strict=True)),
                expected="latitude in -90..90 and longitude in -180..180",
            )
        lon = _unwrapped(lon)
        parallel = _standard_parallel(lat)
        x, y = _projected(lat, lon, parallel)
        cells, homes, across, up = _laid(x, y, _sides(grid_size), axes, collisions, np.radians(WIDTH))
        south_north = np.degrees(np.arcsin(np.clip(up * parallel, -1, 1)))
        return cls(*_sides(grid_size), cells, lat, lon, south_north, np.degrees(across / parallel), homes)

    @classmethod
    def of_layout(
        cls, x: npt.ArrayLike, y: npt.ArrayLike, grid_size: Size, *, axes: Axes = "equal", collisions: Collisions = "spread"
    ) -> Grid:
        """Return the grid of places on a plane of no particular unit, as `layout_from_readings` gives it.

        Args:
            x: To the right, shape (N,).
            y: Upwards, shape (N,).
            grid_size: Number of rows and columns, or both.
            axes: As in `of`.
            collisions: As in `of`.

        Raises:
            ConfigError: If a side is not above zero, or a choice is unknown.
            ShapeError: If x and y are not finite and of the same length.

        Example:
            >>> Grid.of_layout([0.0, 1.0], [0.0, 1.0], 2).cells.tolist()
            [[1, 0], [0, 1]]
        """
        across, up = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
        if across.shape != up.shape or across.ndim != 1 or not len(up) or not np.isfinite([across, up]).all():
            raise ShapeError("not a layout", found=f"x {across.shape}, y {up.shape}", expected="finite x and y of each place")
        cells, homes, x_edges, y_edges = _laid(across, up, _sides(grid_size), axes, collisions, 1.0)
        return cls(*_sides(grid_size), cells, up, across, y_edges, x_edges, homes, on_earth=False)

    @property
    def latitude(self) -> Floats:
        """Latitude of each place, shape (N,). [degrees]"""
        return self.y

    @property
    def longitude(self) -> Floats:
        """Longitude of each place, without a jump at the 180th meridian, shape (N,). [degrees]"""
        return self.x

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.rows, self.columns

    @property
    def flat(self) -> Index:
        """Cell number of each place, counted row by row, shape (N,)."""
        return self.cells[:, 0] * self.columns + self.cells[:, 1]

    @property
    def moved(self) -> npt.NDArray[np.bool_]:
        """Which places are not in the cell that they lie in, shape (N,)."""
        return np.asarray((self.cells != self.homes).any(axis=1))

    @property
    def crowding(self) -> float:
        """Mean number of places in an occupied cell."""
        return len(self.cells) / len(np.unique(self.flat))

    @property
    def plane(self) -> tuple[Floats, Floats]:
        """The x and y of each place on the plane on which the cells are cut, shape (N,) each."""
        return _projected(self.y, self.x, _standard_parallel(self.y)) if self.on_earth else (self.x, self.y)

    def suggested_shape(self, *, square: bool = False) -> tuple[int, int]:
        """Return the smallest equal grid on which at most two of these places share an occupied cell, on average.

        Args:
            square: As many rows as columns; else cells about as wide as high, in a grid of the region's form.
        """
        x, y = self.plane
        width, height = float(np.ptp(x)), float(np.ptp(y))
        form = 1.0 if square or not (width > 0 and height > 0) else float(np.clip(width / height, 1 / LONGEST, LONGEST))
        shape = (1, 1)
        for side in range(1, FINEST + 1):
            shape = (round(side / max(1, form)) or 1, round(side * min(1, form)) or 1)
            cells, _, _, _ = _laid(x, y, shape, "equal", "share", 1.0)
            if len(cells) / len(np.unique(cells, axis=0)) <= ROOMY:
                break
        return shape


def suggest_grid_size(latitude: npt.ArrayLike, longitude: npt.ArrayLike) -> int:
    """Return the smallest side of a square grid on which few places share a cell: at most two in a cell, on average."""
    return Grid.of(latitude, longitude, 1).suggested_shape(square=True)[0]


def suggest_grid_shape(latitude: npt.ArrayLike, longitude: npt.ArrayLike) -> tuple[int, int]:
    """Return the rows and columns of the smallest grid of the region's form on which few places share a cell.

    Example:
        >>> suggest_grid_shape([0.0, 0.0, 1.0, 1.0, 0.0, 1.0], [0.0, 1.0, 2.0, 3.0, 4.0, 4.0])
        (1, 3)
    """
    return Grid.of(latitude, longitude, 1).suggested_shape()


def _sides(grid_size: Size) -> tuple[int, int]:
    rows, columns = (grid_size, grid_size) if isinstance(grid_size, int | np.integer) else grid_size
    require_positive(grid_rows=rows, grid_columns=columns)
    return int(rows), int(columns)


def _laid(
    x: Floats, y: Floats, shape: tuple[int, int], axes: Axes, collisions: Collisions, width: float
) -> tuple[Index, Index, Floats, Floats]:
    """Return the cells, the homes, and the edges of the columns (ascending) and of the rows (descending) on the plane."""
    for name, value, known in (("axes", axes, ("equal", "quantile")), ("collisions", collisions, ("share", "spread"))):
        if value not in known:
            raise ConfigError(f"unknown `{name}`", found=f"`{value}`", expected=listed(known))
    spare = max(float(np.ptp(x)), float(np.ptp(y))) / 2 or width
    edges = (_edges(-y, shape[0], axes, spare), _edges(x, shape[1], axes, spare))
    places = [np.interp(values, cuts, np.arange(len(cuts))) for values, cuts in zip((-y, x), edges, strict=True)]
    position = np.column_stack(places)
    homes = np.minimum(position.astype(np.intp), np.array(shape) - 1)
    cells = spread(position, shape) if collisions == "spread" else homes
    return cells, homes, edges[1], -edges[0]


def _edges(values: Floats, bins: int, axes: Axes, spare: float) -> Floats:
    """Return the edges of the bins, ascending; around values that are all the same, wide enough to be seen."""
    low, high = float(values.min()), float(values.max())
    if axes == "quantile" and high > low:
        cuts: Floats = np.quantile(np.unique(values), np.linspace(0, 1, bins + 1))
        if (np.diff(cuts) > 0).all():
            return cuts
    if not high > low:
        middle = (bins // 2 + 0.5) / bins  # of the bin that they are in, as a share
        low, high = low - 2 * spare * middle, low + 2 * spare * (1 - middle)
    return np.linspace(low, high, bins + 1)


def _standard_parallel(latitude: Floats) -> float:
    """Return the cosine of the parallel in the middle between the extremes: true to scale there."""
    middle = (float(latitude.min()) + float(latitude.max())) / 2
    return max(FLATTEST, float(np.cos(np.radians(middle))))


def _projected(latitude: Floats, longitude: Floats, parallel: float) -> tuple[Floats, Floats]:
    """Return x and y of the cylindrical equal-area projection, in radii of the earth.

    References:
        Snyder (1987), Map projections: a working manual, p. 77, doi:10.3133/pp1395.
    """
    return np.radians(longitude) * parallel, np.sin(np.radians(latitude)) / parallel


def _unwrapped(longitude: Floats) -> Floats:
    """Return longitudes without a jump at the 180th meridian: cut the circle at its widest empty arc."""
    turned = np.mod(np.round(np.mod(longitude, 360), DIGITS), 360)
    ordered = np.sort(turned)
    gaps = np.diff(ordered, append=ordered[0] + 360)
    start = ordered[(int(np.argmax(gaps)) + 1) % len(ordered)]
    unwrapped: Floats = start + np.mod(turned - start, 360)
    middle = (float(unwrapped.min()) + float(unwrapped.max())) / 2
    return unwrapped - 360.0 * float(np.round(middle / 360))
