"""Several places in one cell: who stays, and where the others go."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

REACH = 2  # a place goes at most so many rows and columns away from the cell that it lies in
MOST = 0.25  # of the places are moved; where more would have to be, the grid is too coarse for them


def spread(
    position: npt.NDArray[np.float64], shape: tuple[int, int], *, reach: int = REACH, most: float = MOST
) -> npt.NDArray[np.intp]:
    """Return a cell for each place, and no cell twice as long as there is room near by.

    In each cell the place nearest its centre stays. The others look for the nearest free cell, at most `reach` rows and columns
    away, and the shortest way is taken first, until a quarter of the places (one in any case) have been moved; whoever is left
    shares the cell that it lies in. Places at one point are one: nothing on a map tells them apart. Ties go by position, so the
    order of the places has no part in it.

    Args:
        position: Row and column of each place in units of cells, shape (N, 2): 0.5 is the centre of the first row.
        shape: Number of rows and columns.
        reach: How far a place may be moved. [cells]
        most: Share of the different points that may be moved.

    Returns:
        Row and column of each place, shape (N, 2).

    Example:
        >>> spread(np.array([[0.5, 0.5], [0.5, 0.9], [0.5, 2.5]]), (1, 3)).tolist()
        [[0, 0], [0, 1], [0, 2]]
    """
    points, inverse = np.unique(position, axis=0, return_inverse=True)  # sorted: a number says where, not who
    cells = np.minimum(points.astype(np.intp), np.array(shape) - 1)
    away = np.hypot(*(points - cells - 0.5).T)
    nearest_first = np.lexsort((np.arange(len(points)), away))
    _, first = np.unique(cells[nearest_first], axis=0, return_index=True)
    stays = np.zeros(len(points), dtype=np.bool_)
    stays[nearest_first[first]] = True
    free = np.ones(shape, dtype=np.bool_)
    free[tuple(cells.T)] = False
    left = max(1, int(most * len(points)))
    for point, row, column in _moves(points, cells, np.flatnonzero(~stays), free, reach):
        if left and free[row, column] and not stays[point]:
            cells[point], stays[point], free[row, column] = (row, column), True, False
            left -= 1
    placed: npt.NDArray[np.intp] = cells[inverse.reshape(-1)]
    return placed


def _moves(
    points: npt.NDArray[np.float64],
    cells: npt.NDArray[np.intp],
    movers: npt.NDArray[np.intp],
    free: npt.NDArray[np.bool_],
    reach: int,
) -> npt.NDArray[np.intp]:
    """Return all moves to free cells, the shortest first, as (point, row, column), shape (moves, 3)."""
    steps = np.arange(-reach, reach + 1)
    offsets = np.stack(np.meshgrid(steps, steps, indexing="ij"), axis=-1).reshape(-1, 2)
    targets = (cells[movers, None] + offsets).reshape(-1, 2)
    who = np.repeat(movers, len(offsets))
    inside = ((targets >= 0) & (targets < free.shape)).all(axis=1)
    who, targets = who[inside], targets[inside]
    open_ = free[tuple(targets.T)]
    who, targets = who[open_], targets[open_]
    way = np.hypot(*(points[who] - targets - 0.5).T)
    order = np.lexsort((targets[:, 1], targets[:, 0], who, way))
    return np.column_stack([who, targets])[order]
