"""Fitting the lines of a network: ridge regressions in closed form, of all weeks, and for each fold of them of the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from gridcast.networks.lines import HOURS, Lines, LinesShape
from gridcast.samples.placed import Placed
from gridcast.samples.samples import Float, Rows

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FOLDS = 5
COMMON, OWN = 10.0, 30.0  # weight of the squares of the common coefficients, and of a place's departure from them [readings]
FLAT = 1e-6  # spread up to which a term is the same everywhere
ASKED = 25_000  # places times issue times times steps whose terms are held at once
SCALED = 8  # times as many tell the scale of the terms
SUMS = 2**26  # numbers that the sums of products may take


def slots_for(places: int, terms: int, *, daily: bool) -> int:
    """Return into how many slots the day is cut, so that the sums of their products find room.

    Example:
        >>> slots_for(54, 80, daily=False), slots_for(1000, 80, daily=False)
        (24, 2)
    """
    if daily:
        return 1
    fit = [slots for slots in range(1, HOURS + 1) if HOURS % slots == 0 and FOLDS * places * slots * terms**2 <= SUMS]
    return max(fit, default=1)


def lines_of(placed: Placed, features: Mapping[str, tuple[int, ...]]) -> LinesShape:
    """Return what the lines for samples are like, whose inputs have so many features."""
    samples, count = placed.samples, len(placed.samples.recipe.covariates.names)
    first = samples.step_names.index("day_there") + 1
    terms = 1 + 2 * count + sum(features[name][-1] for name in ("steps", "calendar", "recent")) - HOURS
    slots = slots_for(len(placed.number), terms, daily=samples.recipe.lags.day == 1)
    return LinesShape(FOLDS, slots, (first, first + count), tuple(samples.echo_columns))


def fold_of(placed: Placed, issued: Rows) -> npt.NDArray[np.int32]:
    """Return the fold of each issue row, from 1 on: weeks in turn, or longer spans where forecasts reach over weeks."""
    samples = placed.samples
    day, week, horizon = samples.recipe.lags.day, samples.recipe.lags.week, samples.recipe.horizon
    span = max(day, min(max(week, 2 * horizon), len(samples.readings) // (2 * FOLDS)))
    return (1 + issued // span % FOLDS).astype(np.int32)


def fit_lines(lines: Lines, placed: Placed, issued: Rows) -> None:
    """Give lines the coefficients that fit the readings after issue rows best, in all and without each fold.

    Each place has in each slot of the day a regression of its own, which departs from the one that is common to all places as far
    as its readings tell. One more set is fitted to the terms that tell nothing of the weather.
    """
    _scale(lines, placed, issued)
    squares, products = _sums(lines, placed, issued)
    found = []
    for without in (None, *range(FOLDS)):
        kept = [fold for fold in range(FOLDS) if fold != without]
        parts = squares[kept].sum(axis=0, dtype=np.float64), products[kept].sum(axis=0, dtype=np.float64)
        found += [_solved(*parts, np.ones_like(lines.bare)), _solved(*parts, lines.bare)]
    lines.coefficients.assign(np.concatenate(found).astype(np.float32))


def _scale(lines: Lines, placed: Placed, issued: Rows) -> None:
    """Bring the terms to one scale, as they are at some of the issue rows."""
    some = issued[:: max(1, len(issued) * placed.samples.recipe.horizon * len(placed.number) // (SCALED * ASKED))]
    first = _amounts(lines, placed, some[:1])[0]  # sums of what is near zero keep their digits
    count, total, squares = 0, np.zeros_like(first), np.zeros_like(first)
    for rows in _few(placed, some):
        apart = _amounts(lines, placed, rows) - first
        count, total, squares = count + len(apart), total + apart.sum(axis=0), squares + (apart**2).sum(axis=0)
    mean = total / count
    spread = np.sqrt(np.maximum(squares / count - mean**2, 0))
    lines.centre.assign(first + mean)
    lines.scale.assign(np.where(spread > FLAT, 1 / np.maximum(spread, FLAT), 0))


def _amounts(lines: Lines, placed: Placed, issued: Rows) -> Floats:
    """Return the terms of all places and steps before they are brought to one scale, shape (any, F)."""
    found = np.asarray(lines.amounts(placed.inputs(issued)), dtype=np.float64)
    return found.reshape(-1, found.shape[-1])


def _few(placed: Placed, issued: Rows) -> Iterator[Rows]:
    """Yield the issue rows, a few at a time."""
    size = max(1, ASKED // (placed.samples.recipe.horizon * len(placed.number)))
    yield from (issued[start : start + size] for start in range(0, len(issued), size))


def _sums(lines: Lines, placed: Placed, issued: Rows) -> tuple[Float, Float]:
    """Return the sums of the products of the terms with each other and with the target, by fold, place and slot.

    Shapes (fold, N, S, F, F) and (fold, N, S, F).
    """
    places, slots, terms = len(placed.number), lines.shape_of.slots, len(lines.bare)
    squares = np.zeros((FOLDS, places, slots, terms, terms), dtype=np.float32)
    products = np.zeros((FOLDS, places, slots, terms), dtype=np.float32)
    fold = fold_of(placed, issued)
    for number in range(FOLDS):
        for rows in _few(placed, issued[fold == number + 1]):
            for slot, group, x, y in _groups(lines, placed, rows):
                squares[number, group, slot] += x.swapaxes(1, 2) @ x
                products[number, group, slot] += (x.swapaxes(1, 2) @ y[..., None])[..., 0]
    return squares, products


def _groups(lines: Lines, placed: Placed, issued: Rows) -> Iterator[tuple[int, Ints, Float, Float]]:
    """Yield a slot, places that are in it at the same steps, n of them, their terms (n, any, F) and targets (n, any).

    The targets are what is above the weekly lag; where there is none, they and the terms are 0.
    """
    inputs = placed.inputs(issued)
    terms = np.asarray(lines.terms(inputs))
    target = placed.samples.targets(issued) - np.asarray(inputs["level"])[:, None] - np.asarray(inputs["start"])
    terms, target = terms * np.isfinite(target)[..., None], np.nan_to_num(target)
    terms, target = (np.moveaxis(each, 2, 0).reshape(each.shape[2], -1, *each.shape[3:]) for each in (terms, target))
    slots = np.asarray(lines.slots_of(inputs["calendar"]))
    clocks, clock_of = np.unique(slots.reshape(-1, slots.shape[-1]), axis=1, return_inverse=True)
    clock_of = np.broadcast_to(clock_of.ravel(), len(placed.number))
    for clock in range(clocks.shape[1]):
        group = np.flatnonzero(clock_of == clock)
        for slot in np.unique(clocks[:, clock]):
            at = np.flatnonzero(clocks[:, clock] == slot)
            yield int(slot), group, terms[np.ix_(group, at)], target[np.ix_(group, at)]


def _solved(squares: Floats, products: Floats, told: npt.NDArray[np.bool_]) -> Floats:
    """Return the coefficients of the terms that are told, first those common to all places, shape ((N + 1) S, F).

    Args:
        squares: Sums of the products of the terms, shape (N, S, F, F).
        products: Sums of their products with the target, shape (N, S, F).
        told: Which terms there are, shape (F,).
    """
    squares, products = squares[..., told, :][..., told], products[..., told]
    unit = np.eye(squares.shape[-1])
    common = np.linalg.solve(squares.sum(axis=0) + COMMON * unit, products.sum(axis=0)[..., None])[..., 0]  # (S, F)
    rest = products - np.einsum("nsfg,sg->nsf", squares, common)
    own = np.linalg.solve(squares + OWN * unit, rest[..., None])[..., 0]
    found = np.zeros((len(squares) + 1, squares.shape[1], len(told)))
    found[..., told] = np.concatenate([common[None], common + own])
    return found.reshape(-1, len(told))
