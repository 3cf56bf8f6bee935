"""What a check of readings found: the nouns that detectors make and doors show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.clock import DAY, describe_freq
from gridcast.quality.history import History

Flags = npt.NDArray[np.bool_]
Severity = Literal["note", "warning", "error"]
EXAMPLES = 5
MASK = "add `--outliers mask`"


@dataclass(frozen=True)
class Kind:
    """A kind of fault.

    Attributes:
        title: What it is called in tables and pictures.
        wrong: Whether the readings themselves can't be right, and are marked.
        hint: What to type; `{place}` stands for the place.
    """

    title: str
    wrong: bool
    hint: str


KINDS: Final[dict[str, Kind]] = {
    "silent": Kind("no reading", False, "`--exclude {place}`"),
    "constant": Kind("constant", False, "`--exclude {place}`"),
    "missing": Kind("missing stretch", False, "gaps stay gaps, unless you add `--fill gaps`"),
    "negative": Kind("negative value", True, MASK),
    "zero": Kind("zero for 'no reading'", True, MASK),
    "unit": Kind("unit slip", True, f"correct the unit in the file, or {MASK}"),
    "flat": Kind("flat line", True, MASK),
    "dst": Kind("change of the clock", True, f"give the file's own zone with `--timezone`, or {MASK}"),
    "spike": Kind("spike", True, MASK),
    "drop": Kind("drop", True, MASK),
    "level": Kind("level jump", False, "`--exclude {place}`, or give readings of one level only"),
    "clock": Kind("shifted clock", False, "give the file's own zone with `--timezone`, or `--exclude {place}`"),
    "copy": Kind("copy of another place", False, "`--exclude {place}`"),
}


@dataclass(frozen=True)
class Example:
    """One stretch of readings.

    Attributes:
        start: Start of its first interval, in UTC.
        end: End of its last interval, in UTC.
        value: The first reading of it, or what the kind of fault is measured in; NaN where there is none.
    """

    start: pd.Timestamp
    end: pd.Timestamp
    value: float


@dataclass(frozen=True)
class Finding:
    """One kind of fault at one place.

    Attributes:
        kind: A key of `KINDS`.
        location: The place.
        count: Number of readings concerned.
        examples: The first stretches, at most five.
        severity: `note` to know of, `warning` to act on, `error` where the place can't be forecast like this.
        sentence: What was found, in a sentence.
        hint: What to type.
    """

    kind: str
    location: str
    count: int
    examples: tuple[Example, ...]
    severity: Severity
    sentence: str
    hint: str


@dataclass(frozen=True)
class Detection:
    """What one detector found.

    Attributes:
        findings: One for each kind and place concerned.
        masks: Readings concerned by kind, shape (time, location) each.
    """

    findings: tuple[Finding, ...] = ()
    masks: tuple[tuple[str, Flags], ...] = ()


def stretches(marked: Flags) -> Iterator[tuple[int, int]]:
    """Yield the first row and the row after the last of each run of marks, shape (time,).

    Example:
        >>> list(stretches(np.array([True, True, False, True])))
        [(0, 2), (3, 4)]
    """
    steps = np.diff(np.pad(marked.astype(np.int8), 1))
    yield from zip(np.flatnonzero(steps > 0).tolist(), np.flatnonzero(steps < 0).tolist(), strict=True)


def finding(
    history: History,
    kind: str,
    place: int,
    sentence: str,
    *,
    spans: Iterable[tuple[int, int, float]],
    count: int,
    severity: Severity = "warning",
) -> Finding:
    """Return a finding at one place; `spans` are rows (first, after the last) with a value."""
    name = history.locations[place]
    examples = tuple(Example(history.at(start), history.at(end), value) for start, end, value in list(spans)[:EXAMPLES])
    hint = KINDS[kind].hint.format(place=f'"{name}"' if " " in name else name)
    return Finding(kind, name, count, examples, severity, sentence, hint)


def detected(
    history: History,
    kind: str,
    marked: Flags,
    sentence: Callable[[int, list[tuple[int, int]]], str],
    *,
    severity: Callable[[int], Severity] | None = None,
) -> Detection:
    """Return the finding of each place with marks.

    Args:
        history: The readings.
        kind: A key of `KINDS`.
        marked: Readings concerned, shape (time, location).
        sentence: Called with the place and its runs of marks (first row, row after the last).
        severity: Called with the place; without it findings are warnings.
    """
    findings = []
    for place in np.flatnonzero(marked.any(axis=0)).tolist():
        runs = list(stretches(marked[:, place]))
        spans = ((start, end, float(history.values[start, place])) for start, end in runs)
        count = int(marked[:, place].sum())
        text = sentence(place, runs)
        findings.append(
            finding(history, kind, place, text, spans=spans, count=count, severity=severity(place) if severity else "warning")
        )
    return Detection(tuple(findings), ((kind, marked),) if findings else ())


def lasting(history: History, steps: int) -> str:
    """Return how long a number of steps is, in words: in days from three on."""
    span = history.freq * steps
    return describe_freq(span) if span < 3 * DAY else f"{span / DAY:,.1f}".removesuffix(".0") + " d"


def shown(value: float) -> str:
    """Return a reading as one writes it: whole from a thousand on, else six digits.

    Example:
        >>> shown(-31990200.0), shown(0.52)
        ('-31,990,200', '0.52')
    """
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.6g}"
