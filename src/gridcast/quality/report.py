"""The report on the readings of a panel: what was found, which readings are wrong, and whether forecasting is advisable."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd

from gridcast.clock import HOUR, WEEK
from gridcast.errors import counted, listed
from gridcast.panel import Panel
from gridcast.quality.changes import clock_changes
from gridcast.quality.clocks import shifted_clocks
from gridcast.quality.copies import copies
from gridcast.quality.finding import KINDS, Detection, Finding, Flags, shown
from gridcast.quality.flat import flat_lines
from gridcast.quality.gaps import missing, useless
from gridcast.quality.history import History, without_change
from gridcast.quality.levels import level_jumps
from gridcast.quality.signs import negative, zero
from gridcast.quality.spikes import spikes_and_drops
from gridcast.quality.units import unit_slips

Detector = Callable[[History], Detection]
OF_READINGS: Final[tuple[Detector, ...]] = (clock_changes, negative, zero, unit_slips, flat_lines, spikes_and_drops)
OF_PLACES: Final[tuple[Detector, ...]] = (level_jumps, shifted_clocks, copies)

SHORTEST = 2 * WEEK
HALF = 0.5
USELESS = {"silent", "constant"}
RANK = {"error": 0, "warning": 1, "note": 2}


@dataclass(frozen=True)
class QualityReport:
    """What a check of the readings found.

    Attributes:
        findings: One for each kind and place concerned; errors first, then warnings, then notes.
        masks: Wrong readings by kind, shape (time, location) each; no reading is in two of them.
        reasons: Why forecasting is not advisable; empty if it is.
        locations: All places that were looked at.
        shape: Number of times and of locations.
    """

    findings: tuple[Finding, ...]
    masks: Mapping[str, Flags]
    reasons: tuple[str, ...]
    locations: tuple[str, ...]
    shape: tuple[int, int]

    @property
    def advisable(self) -> bool:
        """Whether it is advisable to make forecasts from these readings."""
        return not self.reasons

    @cached_property
    def mask(self) -> Flags:
        """Readings that can't be right, whatever the kind, shape (time, location)."""
        return _any(self.masks, self.shape)

    @property
    def verdict(self) -> str:
        """The outcome in a sentence."""
        if self.reasons:
            return f"forecasting is not advisable: {'; '.join(self.reasons)}"
        useless = [f.location for f in self.findings if f.kind in USELESS]
        but = f" without {counted(useless, 'place')} that nothing can be learned from ({listed(useless)})" if useless else ""
        kinds = {f.kind for f in self.findings if f.severity != "note"} - USELESS
        if not kinds:
            rest = "nothing else" if useless else "nothing"
            notes = any(f.severity == "note" for f in self.findings)
            return f"forecasting is advisable{but}; {'nothing but notes' if notes else f'{rest} was found'}"
        faults = f"{counted(len(kinds), 'kind')} of {'fault' if len(kinds) == 1 else 'faults'}"
        told = f"{counted(self._wrong('warning'), 'reading')} of {self.mask.size:,} can't be right"
        noted = self._wrong("note")
        more = f", {noted:,} more in notes may not be" if noted else ""
        return f"forecasting is advisable{but}, with {faults} to look at; {told}{more}"

    def _wrong(self, severity: str) -> int:
        """Return the number of readings that can't be right, of findings of a severity."""
        return sum(f.count for f in self.findings if f.severity == severity and f.kind in self.masks)

    def of(self, kind: str, location: str | None = None) -> tuple[Finding, ...]:
        """Return the findings of a kind, of one place or of all."""
        return tuple(f for f in self.findings if f.kind == kind and location in (None, f.location))

    def table(self) -> pd.DataFrame:
        """Return the number of readings concerned: a row a place with findings, a column a kind."""
        rows = [(f.location, f.kind, f.count) for f in self.findings]
        long = pd.DataFrame(rows, columns=["location", "kind", "count"])
        wide = long.pivot_table(index="location", columns="kind", values="count", aggfunc="sum", fill_value=0)
        kinds = [kind for kind in KINDS if kind in wide.columns]
        places = [name for name in self.locations if name in wide.index]
        return wide.loc[places, kinds].astype(int)

    def rows(self) -> list[tuple[str, str, str, str, str]]:
        """Return the findings as rows of a table to read: place, kind, readings, first example, what to do."""
        return [
            (f.location, f"{f.severity}: {KINDS[f.kind].title}", f"{f.count:,}", first_example(f), f.hint) for f in self.findings
        ]

    def summary(self) -> list[tuple[str, str, str, str, str]]:
        """Return the findings by kind as rows of a table to read: kind, places, readings, the worst place, what to do there."""
        rows = []
        for kind, severity in dict.fromkeys((f.kind, f.severity) for f in self.findings):
            found = [f for f in self.findings if (f.kind, f.severity) == (kind, severity)]
            worst = max(found, key=lambda f: f.count)
            total = sum(f.count for f in found)
            where = f"{worst.location}: {worst.count:,}, {first_example(worst)}"
            rows.append((f"{severity}: {KINDS[kind].title}", f"{len(found)}", f"{total:,}", where, worst.hint))
        return rows

    def as_dict(self) -> dict[str, Any]:
        """Return the report as what JSON can hold."""
        return {
            "advisable": self.advisable,
            "verdict": self.verdict,
            "reasons": list(self.reasons),
            "places": len(self.locations),
            "wrong": {kind: int(mask.sum()) for kind, mask in self.masks.items()},
            "findings": [_plain(finding) for finding in self.findings],
        }


def inspect(panel: Panel, *, before: pd.Timestamp | None = None, timezones: str | Sequence[str] | None = None) -> QualityReport:
    """Return what is wrong with the readings of a panel. Nothing is changed.

    Args:
        panel: The readings.
        before: What is usual is learned from the readings before this moment only, and a reading before it is judged without
            those after; a later one by itself and those before it. By default all readings teach.
        timezones: IANA name of the zone of all places, or of each; by default UTC.

    Raises:
        ConfigError: If a zone is not known, or there is not one a place.
    """
    history = History.of(panel, before, timezones)
    findings = [*useless(history).findings, *missing(history).findings]
    constant = {f.location for f in findings if f.kind == "constant"}
    with np.errstate(all="ignore"):  # readings may be as large as single precision holds
        history, of_readings, masks = _wrong(history)
        findings += [f for f in of_readings if f.location not in constant]  # flat lines and the like: said already
        for detect in OF_PLACES:
            findings += detect(history).findings
    order = {kind: number for number, kind in enumerate(KINDS)}
    findings.sort(key=lambda f: (RANK[f.severity], order[f.kind]))
    return QualityReport(tuple(findings), masks, _reasons(panel), panel.locations, panel.consumption.shape)


def implausible(panel: Panel, *, before: pd.Timestamp | None = None, timezones: str | Sequence[str] | None = None) -> Flags:
    """Return which readings can't be right, shape (time, location): the mask of the report, without the rest of it.

    Args:
        panel: The readings.
        before: As in `inspect`.
        timezones: Likewise.
    """
    with np.errstate(all="ignore"):
        _, _, masks = _wrong(History.of(panel, before, timezones))
    return _any(masks, panel.consumption.shape)


def _wrong(history: History) -> tuple[History, list[Finding], dict[str, Flags]]:
    """Return the history without wrong readings, what was found, and which readings are wrong by kind."""
    findings: list[Finding] = []
    masks: dict[str, Flags] = {}
    for detect in OF_READINGS:
        found = detect(history)
        findings += found.findings
        masks |= dict(found.masks)
        for _, marked in found.masks:
            history = history.without(marked)
    return history, findings, masks


def _any(masks: Mapping[str, Flags], shape: tuple[int, ...]) -> Flags:
    marked: Flags = np.zeros(shape, dtype=bool)
    for mask in masks.values():
        marked |= mask
    return marked


def first_example(finding: Finding) -> str:
    """Return the first stretch of a finding in words."""
    if not finding.examples:
        return ""
    first = finding.examples[0]
    value = "" if np.isnan(first.value) else f" ({_measured(finding.kind, first.value)})"
    ends = f" to {first.end:%Y-%m-%d %H:%M}" if finding.count > 1 and first.end - first.start > HOUR else ""
    return f"{first.start:%Y-%m-%d %H:%M}{ends}{value}"


def _measured(kind: str, value: float) -> str:
    """Return the value of an example in words: a reading, a factor, or by how much a clock is off."""
    if kind == "clock":
        return f"{abs(value):.1f} h {'late' if value > 0 else 'early'}"
    return {"level": f"factor {value:.2g}", "copy": f"x {value:.4g}"}.get(kind, shown(value))


def _plain(finding: Finding) -> dict[str, Any]:
    return {
        **{name: getattr(finding, name) for name in ("kind", "location", "count", "severity", "sentence", "hint")},
        "examples": [
            {"start": e.start.isoformat(), "end": e.end.isoformat(), "value": None if np.isnan(e.value) else e.value}
            for e in finding.examples
        ],
    }


def _reasons(panel: Panel) -> tuple[str, ...]:
    """Return why no forecast can be made from the readings."""
    values, reasons = panel.consumption, []
    finite = np.isfinite(values)
    span = len(panel.times) * panel.freq
    if span < SHORTEST:
        reasons.append(f"the readings span {span / pd.Timedelta(days=1):.3g} days, at least 14 are needed")
    useless = np.logical_or(*without_change(values))
    if useless.all():
        reasons.append(f"no place has readings that change ({listed(panel.locations)})")
    elif (~finite[:, ~useless]).mean(axis=0).min() > HALF:
        reasons.append(f"more than half of the readings are missing at every {'other ' if useless.any() else ''}place")
    return tuple(reasons)
