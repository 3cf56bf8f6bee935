"""Stretches without readings."""

from __future__ import annotations

import numpy as np

from gridcast.quality.finding import Detection, Severity, detected, lasting
from gridcast.quality.history import History

WORTH = 0.05  # share of missing readings from which on a place needs a look
HALF = 0.5


def missing(history: History) -> Detection:
    """Return where readings are missing: how many, in how many stretches, and the longest of them."""
    absent = np.isnan(history.values)
    shares = absent.mean(axis=0)

    def sentence(place: int, runs: list[tuple[int, int]]) -> str:
        start, end = max(runs, key=lambda run: run[1] - run[0])
        count = "in one stretch" if len(runs) == 1 else f"in {len(runs):,} stretches, the longest"
        longest = f"{lasting(history, end - start)} from {history.at(start):%Y-%m-%d %H:%M}"
        return f"{shares[place]:.1%} of the readings are missing {count} of {longest}"

    def severity(place: int) -> Severity:
        return "error" if shares[place] > HALF else "warning" if shares[place] >= WORTH else "note"

    return detected(history, "missing", absent, sentence, severity=severity)
