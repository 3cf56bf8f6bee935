"""A layout for places without coordinates, learned from their readings: places that change alike lie near each other."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from gridcast.errors import GridcastWarning, PanelError, ShapeError, counted, listed

Floats = npt.NDArray[np.float64]

COPY = 0.999  # correlation from which on two places carry the same signal
LEAST = 24  # changes that two places must have in common to be compared
WILD = 3.0  # a change beyond so many times the 90 % quantile of a place's changes counts as that much
BLOCK = 8192  # rows that are looked at together
NEIGHBOURS = 3  # places between which one without coordinates is put
PATIENCE = 300  # steps of the descent of the stress, at most
SETTLED = 1e-9  # relative gain of stress at which the descent ends


def layout_from_readings(
    values: npt.NDArray[np.floating], names: Sequence[str], *, week: int, until_row: int
) -> tuple[Floats, Floats]:
    """Return x and y of each place: distances follow sqrt(2 (1 - r)), r the correlation of changes against the week before.

    Classical scaling gives the start, and the stress is then brought down (SMACOF). The longer axis is x, and on each axis the
    place farthest from the middle (the first by name, if there are several) is on the positive side. Places that carry the
    same signal (r above 0.999) are one point. A place that can't be compared, as its readings never change, counts as
    uncorrelated with all others.

    Args:
        values: Readings, shape (time, N), NaN where missing.
        names: Of the places, shape (N,); the layout of a place does not depend on the order of the places.
        week: Steps in a week.
        until_row: The end of the training part: readings from this row on are not looked at.

    Raises:
        ShapeError: If there is not one name a place.
        PanelError: If the training part is not longer than a week.

    Example:
        >>> step = np.random.default_rng(0).normal(size=(400, 1))
        >>> x, y = layout_from_readings(np.hstack([step, step * 2, -step]), ["A", "B", "C"], week=7, until_row=400)
        >>> (x[0] == x[1]).item(), round(float(abs(x[2] - x[0])), 6)  # copies; the opposite is at sqrt(2 (1 - -1)) = 2
        (True, 2.0)

    References:
        Torgerson (1952), doi:10.1007/BF02288916; de Leeuw & Mair (2009), doi:10.18637/jss.v031.i03.
    """
    _require_names(values, names)
    order = np.argsort(np.asarray(names, dtype=str), kind="stable")
    r = change_correlation(values[:, order], names, week=week, until_row=until_row)
    leader = _leaders(r)
    kept = np.unique(leader)
    distance = np.sqrt(np.maximum(2 * (1 - r[np.ix_(kept, kept)]), 0))
    plane = _turned(_relaxed(_classical(distance), distance))
    placed = np.empty((len(order), 2))
    placed[order] = plane[np.searchsorted(kept, leader)]
    return placed[:, 0], placed[:, 1]


def change_correlation(values: npt.NDArray[np.floating], names: Sequence[str], *, week: int, until_row: int) -> Floats:
    """Return how the changes against the week before go together, shape (N, N); 0 where that is not known.

    Each pair is compared over the rows at which both have a change. Wild changes are cut off: at three times the 90 % quantile of a
    place's changes.

    Raises:
        ShapeError: If there is not one name a place.
        PanelError: If the training part is not longer than a week.
    """
    _require_names(values, names)
    known = values[: max(0, until_row)]
    if len(known) <= week:
        raise PanelError(
            "too few readings to learn a layout from",
            found=f"{counted(len(known), 'reading')} of each place in the training part",
            expected=f"more than a week: {week + 1}",
            hint="give the places coordinates (`latitude`, `longitude`)",
        )
    limit = np.array([_limit(known[week:, place] - known[:-week, place]) for place in range(values.shape[1])])
    sums = np.zeros((4, len(limit), len(limit)))
    for start in range(week, len(known), BLOCK):
        rows = np.arange(start, min(start + BLOCK, len(known)))
        change = known[rows].astype(np.float64) - known[rows - week]
        change = np.ascontiguousarray(np.clip(change / limit, -1, 1))  # the order of sums must not follow that of the memory
        there = np.isfinite(change).astype(np.float64)
        change = np.nan_to_num(change)
        sums += np.stack([there.T @ there, change.T @ there, (change**2).T @ there, change.T @ change])
    return _correlation(*sums)


def fill_coordinates(
    latitude: npt.ArrayLike,
    longitude: npt.ArrayLike,
    values: npt.NDArray[np.floating],
    names: Sequence[str],
    *,
    week: int,
    until_row: int,
) -> tuple[Floats, Floats]:
    """Return coordinates of all places: those without are put between the three places that change most like them.

    Such a place is at the centre of its neighbours, weighted by the square of the correlation; one that goes with no other is
    at the centre of all places. A warning names them. Arguments, errors and what is looked at are as in `layout_from_readings`.

    Raises:
        PanelError: If no place has coordinates; those need `layout_from_readings`.
    """
    lat, lon = np.array(latitude, dtype=np.float64), np.array(longitude, dtype=np.float64)
    there = np.isfinite(lat) & np.isfinite(lon)
    if there.all():
        return lat, lon
    if not there.any():
        raise PanelError("no place has coordinates", found=counted(lat, "place"), hint="make a layout: `layout_from_readings`")
    lost = np.flatnonzero(~there)
    r = np.maximum(change_correlation(values, names, week=week, until_row=until_row)[np.ix_(lost, there)], 0)
    weights = np.where(r >= np.sort(r, axis=1)[:, [-min(NEIGHBOURS, r.shape[1])]], r**2, 0)
    weights[weights.sum(axis=1) == 0] = 1
    phi, lam = np.radians(lat[there]), np.radians(lon[there])
    x, y, z = weights @ np.column_stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)]).T[..., None]
    lat[lost], lon[lost] = np.degrees(np.arctan2(z, np.hypot(x, y))).ravel(), np.degrees(np.arctan2(y, x)).ravel()
    warnings.warn(
        f"{counted(lost, 'place')} without coordinates: {listed(np.asarray(names)[lost])}, "
        "put between the places that change most like them",
        GridcastWarning,
        stacklevel=2,
    )
    return lat, lon


def stress(x: Floats, y: Floats, distance: Floats) -> float:
    """Return Kruskal's stress 1 of a layout: how far its distances are from those it stands for, as a share. [1]

    References:
        Kruskal (1964), doi:10.1007/BF02289565.
    """
    laid = _distances(np.column_stack([x, y]))
    return float(np.sqrt(np.square(laid - distance).sum() / max(np.square(laid).sum(), np.finfo(float).tiny)))


def _require_names(values: npt.NDArray[np.floating], names: Sequence[str]) -> None:
    if values.ndim != 2 or len(names) != values.shape[1]:
        raise ShapeError("one name a place", found=f"readings {values.shape}, {counted(len(names), 'name')}")


def _limit(change: npt.NDArray[np.floating]) -> float:
    """Return at which size a place's changes are cut off; infinite where it never changes."""
    size = np.abs(change[np.isfinite(change)].astype(np.float64))
    if not size.size or not size.max() > 0:
        return np.inf
    return float(WILD * np.quantile(size, 0.9) or size.max())


def _correlation(n: Floats, a: Floats, aa: Floats, ab: Floats) -> Floats:
    """Return the correlations from sums over the rows that a pair has in common: of 1, a, a^2 and a b."""
    spread = n * aa - a**2
    with np.errstate(invalid="ignore", divide="ignore"):
        r = (n * ab - a * a.T) / np.sqrt(spread * spread.T)
    r = np.where((n >= LEAST) & (spread > 1e-12) & (spread.T > 1e-12), r, 0.0)
    np.fill_diagonal(r, 1.0)
    return np.clip((r + r.T) / 2, -1, 1)


def _leaders(r: Floats) -> npt.NDArray[np.intp]:
    """Return for each place the first one that carries the same signal, itself where there is none."""
    leader = np.arange(len(r))
    for place in range(len(r)):
        if leader[place] == place:
            leader[(r[place] > COPY) & (leader > place)] = place
    return leader


def _classical(distance: Floats) -> Floats:
    """Return the plane of classical scaling, shape (n, 2)."""
    centred = distance**2
    centred = -(centred - centred.mean(axis=0) - centred.mean(axis=1)[:, None] + centred.mean()) / 2
    sizes, directions = np.linalg.eigh(centred)
    plane: Floats = np.zeros((len(distance), 2))
    axes = min(2, len(distance))
    plane[:, :axes] = directions[:, ::-1][:, :axes] * np.sqrt(np.maximum(sizes[::-1][:axes], 0))
    return plane


def _relaxed(plane: Floats, distance: Floats) -> Floats:
    """Return the plane after majorising steps, each of which lowers the stress."""
    last = np.inf
    for _ in range(PATIENCE):
        laid = _distances(plane)
        now = float(np.square(laid - distance).sum())
        if not now < last * (1 - SETTLED):
            break
        last = now
        ratio = np.divide(distance, laid, out=np.zeros_like(laid), where=laid > 1e-12)
        plane = (ratio.sum(axis=1)[:, None] * plane - ratio @ plane) / len(plane)
    return plane


def _turned(plane: Floats) -> Floats:
    """Return the plane with its longer axis along x, and the farthest place on each axis on the positive side."""
    plane = plane - plane.mean(axis=0)
    _, directions = np.linalg.eigh(plane.T @ plane)
    plane = plane @ directions[:, ::-1]
    plane = np.where(np.abs(plane) < 1e-9, 0.0, plane)
    far = plane[np.argmax(np.round(np.abs(plane), 9), axis=0), [0, 1]]
    return np.asarray(plane * np.where(far < 0, -1.0, 1.0))


def _distances(plane: Floats) -> Floats:
    return np.asarray(np.sqrt(np.square(plane[:, None] - plane[None]).sum(axis=-1)))
