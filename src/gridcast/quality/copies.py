"""Places that are copies or multiples of another: they carry one signal, and count it twice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridcast.quality.finding import Detection, Finding, finding
from gridcast.quality.history import Floats, History, median

ALIKE = 0.999  # correlation of the steps from which on a pair is looked at
EXACT = 5e-4  # median deviation of the ratio from its median, below which one is a multiple of the other
DIFFERENT = 10  # different ratios of readings that change, at least
PRESENT = 0.2  # share of the known rows at which both must have readings
ROUNDING = 1e-7  # of single precision


@dataclass(frozen=True)
class Copy:
    """A place whose readings are a multiple of those of another."""

    place: int
    original: int
    factor: float
    rows: int


def copies(history: History) -> Detection:
    """Return places whose readings are those of another, the largest or else the first of its kind, times one factor."""
    found: list[Finding] = []
    for copy in _copies(history):
        original = history.locations[copy.original]
        what = f"a copy of {original}" if abs(copy.factor - 1) < EXACT else f"{copy.factor:.4g} times {original}"
        text = f"{what} in {copy.rows:,} readings: one signal, not two"
        spans = [(0, history.rows, copy.factor)]
        found.append(finding(history, "copy", copy.place, text, spans=spans, count=copy.rows))
    return Detection(tuple(found))


def _copies(history: History) -> list[Copy]:
    known = history.known
    order = np.argsort(-np.nan_to_num(history.typical), kind="stable")
    alike = _correlation(np.diff(known, axis=0)) > ALIKE
    found: dict[int, Copy] = {}
    for rank, original in enumerate(order.tolist()):
        for place in order[rank + 1 :][alike[original, order[rank + 1 :]]].tolist():
            if original not in found and place not in found:  # what is a copy of a copy is a copy of the first
                copy = _compared(known, place, original)
                found |= {place: copy} if copy is not None else {}
    return [found[place] for place in sorted(found)]


def _compared(known: Floats, place: int, original: int) -> Copy | None:
    one, other = known[:, place].astype(np.float64), known[:, original].astype(np.float64)
    both = np.isfinite(one) & np.isfinite(other) & (other != 0)
    if both.sum() < max(PRESENT * len(known), DIFFERENT) or len(np.unique(other[both])) < DIFFERENT:
        return None
    ratio = one[both] / other[both]
    factor = float(np.median(ratio))
    deviation = float(np.median(np.abs(ratio - factor)))
    return Copy(place, original, factor, int(both.sum())) if abs(factor) > 0 and deviation < EXACT * abs(factor) else None


def _correlation(steps: Floats) -> Floats:
    """Return the correlation of the steps of each pair of places; missing steps and extreme ones count as none."""
    size = np.abs(steps)
    bound = 10 * median(np.where(size > 0, size, np.nan))
    clean = np.nan_to_num(np.where(size <= bound, steps, 0).astype(np.float64))
    norm = np.sqrt((clean**2).sum(axis=0))
    return np.asarray(clean.T @ clean / np.maximum(np.outer(norm, norm), ROUNDING))
