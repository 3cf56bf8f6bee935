"""Artefacts of daylight saving: an hour that is zero, missing or doubled where the clock is changed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridcast.quality.finding import Detection, Finding, Flags, finding
from gridcast.quality.history import History, offsets

CLOCKS = ("Europe/Berlin", "America/New_York")  # tried where the zone is not known: the file may be in local time, called UTC
DOUBLE = (1.75, 2.3)  # times the readings beside it
HOUR = pd.Timedelta(hours=1)


@dataclass(frozen=True)
class Change:
    """A change of the clock: the row of its hour, and whether the clock goes back."""

    row: int
    back: bool


def clock_changes(history: History) -> Detection:
    """Return hours at the changes of the clock that are zero or doubled (marked), or missing by themselves.

    The change is looked for at its true moment where the zone of a place is known; otherwise at the wall clock's time of the
    changes in Europe and North America, as in a file of local times that is called UTC. One finding is made of at least two
    such hours in as many years, and of at least half of the changes in one direction; of one, where there is only one change.
    """
    wrong = np.zeros(history.values.shape, dtype=bool)
    if history.freq > HOUR or history.day < 2:
        return Detection()
    odd = {what: _odd(history, what) for what in ("zero", "doubled", "missing")}
    findings: list[Finding] = []
    for zones in dict.fromkeys(history.timezones):
        places = np.array([zone == zones for zone in history.timezones])
        changes = _changes(history, zones)
        findings += _of_zone(history, changes, places, odd, wrong)
    return Detection(tuple(findings), (("dst", wrong),) if wrong.any() else ())


def _of_zone(history: History, changes: list[list[Change]], places: Flags, odd: dict[str, Flags], wrong: Flags) -> list[Finding]:
    """Return the findings at places of one zone, and mark their readings."""
    found: dict[tuple[int, str], set[int]] = {}
    for clock in changes:
        for back in (False, True):
            rows = [change.row for change in clock if change.back == back]
            for what, marks in odd.items():
                for place in np.flatnonzero(places & _often(marks, rows)).tolist():
                    near = {row + k for row in rows for k in (-1, 0, 1) if 0 <= row + k < len(marks)}
                    found.setdefault((place, what), set()).update(row for row in near if marks[row, place])
    findings = []
    for (place, what), some in found.items():
        hits = sorted(some)
        if what != "missing":
            wrong[hits, place] = True
        spans = [(row, row + 1, float(history.values[row, place])) for row in hits]
        text = f"{what} at {len(hits)} changes of the clock, first at {history.at(hits[0]):%Y-%m-%d %H:%M}: a file in local time?"
        findings.append(finding(history, "dst", place, text, spans=spans, count=len(hits)))
    return findings


def _often(marks: Flags, rows: list[int]) -> Flags:
    """Return the places with marks at the rows or beside them often enough, shape (location,)."""
    if not rows:
        return np.zeros(marks.shape[1], dtype=bool)
    hits = sum(marks[[max(row - 1, 0), row, min(row + 1, len(marks) - 1)]].any(axis=0).astype(int) for row in rows)
    return np.asarray((hits >= min(2, len(rows))) & (hits >= 0.5 * len(rows)))


def _odd(history: History, what: str) -> Flags:
    """Return readings of one kind of artefact, shape (time, location): an hour that differs from those before and after it."""
    values, hour = history.values, max(round(HOUR / history.freq), 1)
    odd = np.zeros(values.shape, dtype=bool)
    if len(values) <= 2 * hour:
        return odd
    before, here, after = values[: -2 * hour], values[hour:-hour], values[2 * hour :]
    if what == "doubled":
        beside = (before + after) / 2
        alike = (before > 0) & (after > 0) & (np.maximum(before, after) < 1.4 * np.minimum(before, after))
        chosen = alike & (here > DOUBLE[0] * beside) & (here < DOUBLE[1] * beside)
    elif what == "zero":
        chosen = (here == 0) & (before > 0) & (after > 0)
    else:
        chosen = np.isnan(here) & np.isfinite(before) & np.isfinite(after)
    odd[hour:-hour] = chosen
    odd[history.rows :] = False
    if 0 < history.rows < len(odd):
        odd[history.rows - hour : history.rows] = False  # the reading after it may not teach
    return odd


def _changes(history: History, zone: str) -> list[list[Change]]:
    """Return the changes of a known zone, or of each clock that a file called UTC may show."""
    return [_of_clock(history, zone, wall=False)] if zone != "UTC" else [_of_clock(history, clock, wall=True) for clock in CLOCKS]


def _of_clock(history: History, zone: str, *, wall: bool) -> list[Change]:
    """Return the changes of a clock; with `wall`, at the time that the clock itself shows."""
    hours = pd.date_range(history.times[0].floor("h"), history.at(history.rows), freq=HOUR)
    ahead = offsets(hours, zone)
    found = []
    for at in (np.flatnonzero(np.diff(ahead)) + 1).tolist():
        moment = hours[at] + (min(ahead[at - 1], ahead[at]) * HOUR if wall else 0 * HOUR)
        row = int((moment - history.times[0]) // history.freq)
        if 0 <= row < history.rows:
            found.append(Change(row, back=bool(ahead[at] < ahead[at - 1])))
    return found
