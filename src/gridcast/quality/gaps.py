"""Stretches without readings, and places from which nothing can be learned."""

from __future__ import annotations

import numpy as np

from gridcast.errors import counted
from gridcast.quality.finding import Detection, Severity, detected, finding, lasting, shown, stretches
from gridcast.quality.history import History, without_change

WORTH = 0.05  # share of missing readings from which on a place needs a look
HALF = 0.5


def missing(history: History) -> Detection:
    """Return where readings are missing: how many, in how many stretches, and the longest of them."""
    absent = np.isnan(history.values)
    absent &= ~absent.all(axis=0)  # what has no reading at all is another finding
    shares = absent.mean(axis=0)

    def sentence(place: int, runs: list[tuple[int, int]]) -> str:
        start, end = max(runs, key=lambda run: run[1] - run[0])
        count = "in one stretch" if len(runs) == 1 else f"in {len(runs):,} stretches, the longest"
        longest = f"{lasting(history, end - start)} from {history.at(start):%Y-%m-%d %H:%M}"
        return f"{shares[place]:.1%} of the readings are missing {count} of {longest}"

    def severity(place: int) -> Severity:
        return "error" if shares[place] > HALF else "warning" if shares[place] >= WORTH else "note"

    return detected(history, "missing", absent, sentence, severity=severity)


def useless(history: History) -> Detection:
    """Return the places without any reading, and those whose reading never changes: errors, since nothing can be learned there."""
    findings, there = [], np.isfinite(history.values)
    silent, constant = without_change(history.values)
    for place in np.flatnonzero(silent).tolist():
        spans, count = [(0, len(there), np.nan)], len(there)
        findings.append(finding(history, "silent", place, "no reading at all", spans=spans, count=count, severity="error"))
    for place in np.flatnonzero(constant).tolist():
        value = float(history.values[there[:, place], place][0])
        spans, count = [(start, end, value) for start, end in stretches(there[:, place])], int(there[:, place].sum())
        text = f"the same reading all the time: {counted(count, 'reading')} of {shown(value)}"
        findings.append(finding(history, "constant", place, text, spans=spans, count=count, severity="error"))
    return Detection(tuple(findings))
