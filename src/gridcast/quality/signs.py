"""Zeros that mean 'no reading', and negative values where a place consumes."""

from __future__ import annotations

import numpy as np

from gridcast.errors import counted
from gridcast.quality.finding import Detection, Finding, detected, finding, shown, stretches
from gridcast.quality.history import Flags, Floats, History

OFTEN = 0.05  # share of readings below zero from which on these are normal at a place (net load)
MOSTLY = 0.5  # share of zeros from which on they are what is normal
FAR = 0.2  # a place whose lowest readings are above this share of its median does not fall to zero
HABIT = 3.0  # zeros that are this much more frequent at some hour of the day than on average are a habit


def negative(history: History) -> Detection:
    """Return readings below zero: wrong where they are rare and the other readings are far from zero, else a note."""
    below = history.values < 0
    consuming = _far_from_zero(history) & (_share(history.known < 0, history.known) <= OFTEN)
    wrong = below & consuming
    found = detected(
        history,
        "negative",
        wrong,
        lambda place, _: (
            f"{counted(int(wrong[:, place].sum()), 'reading')} below zero at a place that consumes, the lowest "
            f"{shown(history.values[:, place][wrong[:, place]].min())}"
        ),
    )
    notes = tuple(_net_load(history, place, below[:, place]) for place in np.flatnonzero(below.any(axis=0) & ~consuming).tolist())
    return Detection(found.findings + notes, found.masks)


def zero(history: History) -> Detection:
    """Return zeros that mean 'no reading': where the other readings are far from zero, and zeros no habit of some hours."""
    zeros = history.values == 0
    known = history.known
    share = _share(known == 0, known)
    rare = (share <= OFTEN) | ((share < MOSTLY) & ~_habitual(history, known == 0, share))
    wrong = zeros & _far_from_zero(history) & (_share(known < 0, known) <= OFTEN) & rare
    return detected(
        history,
        "zero",
        wrong,
        lambda place, _: (
            f"{counted(int(wrong[:, place].sum()), 'zero')} where nearly all readings are above {shown(history.floor[place])}"
        ),
    )


def _far_from_zero(history: History) -> Flags:
    """Return which places never come near zero when they consume, shape (location,)."""
    return np.asarray(history.floor > FAR * history.typical)


def _share(chosen: Flags, values: Floats) -> Floats:
    """Return the share of the chosen among the readings of each place."""
    return np.asarray(chosen.sum(axis=0) / np.maximum(np.isfinite(values).sum(axis=0), 1))


def _habitual(history: History, zeros: Flags, share: Floats) -> Flags:
    """Return where zeros come at the same hours of the day, shape (location,)."""
    hours = history.day
    whole = len(zeros) // hours * hours
    if hours == 1 or whole == 0:
        return np.zeros(zeros.shape[1], dtype=bool)
    by_hour = zeros[:whole].reshape(-1, hours, zeros.shape[1]).mean(axis=0)
    return np.asarray(by_hour.max(axis=0) > np.minimum(HABIT * share, 0.9))


def _net_load(history: History, place: int, below: Flags) -> Finding:
    spans = [(start, end, float(history.values[start, place])) for start, end in stretches(below)]
    count = int(below.sum())
    text = f"{counted(count, 'reading')} below zero; that is right for net load"
    return finding(history, "negative", place, text, spans=spans, count=count, severity="note")
