"""The forms of timestamps: ISO 8601, day or month first, run together, with the month's name, Unix time."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from gridcast.errors import SHOWN, Problem

Moments = npt.NDArray[np.int64]  # microseconds since 1970-01-01, in UTC or on the wall clock
Mask = npt.NDArray[np.bool_]

FIRST_YEAR, LAST_YEAR = 1900, 2100
EPOCH_FIRST_YEAR = 1980  # smaller numbers are no stamps
SAMPLE = 100  # texts that show which form to try first
SECOND = 1_000_000
DAY = 86_400 * SECOND
MONTHS = {name: number for number, name in enumerate(re.findall("...", "janfebmaraprmayjunjulaugsepoctnovdec"), 1)}
CLOCK = (
    r"(?:[t ,]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r" ?(?P<half>[ap]\.?m\.?)? ?(?P<offset>z|utc|gmt|[+-]\d{2}(?::?\d{2})?)?)?$"
)
FORMS = {
    "year first": r"^(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})" + CLOCK,
    "numbers": r"^(?P<first>\d{1,2})(?P<mark>[-/.])(?P<other>\d{1,2})[-/.](?P<year>\d{4}|\d{2})" + CLOCK,
    "run together": r"^(?P<year>(?:19|20)\d{2})(?P<month>0[1-9]|1[0-2])(?P<day>0[1-9]|[12]\d|3[01])"
    r"(?:[t ]?(?P<hour>[01]\d|2[0-4]):?(?:(?P<minute>[0-5]\d):?(?P<second>[0-5]\d)?)?(?P<offset>z|[+-]\d{2}(?::?\d{2})?)?)?$",
    "name of the month": r"^(?P<day>\d{1,2})[-/ .]+(?P<name>[a-z]{3,9})[-/ .,]+(?P<year>\d{4}|\d{2})" + CLOCK,
    "Unix time": r"^(?P<epoch>\d{9,19})(?:\.0*)?$",
}
EPOCH_UNITS = ((11, SECOND, "seconds"), (14, 1_000, "milliseconds"), (17, 1, "microseconds"), (20, 1e-3, "nanoseconds"))
ISO_HINT = "write stamps as `2024-02-13 14:00` or `2024-02-13T14:00:00Z`"
INTERVAL = r"^(.{8,40}?) +- +.{8,40}$"
LOOKS_LIKE_A_STAMP = r"^\d{1,4}[-/.](\d{1,2}|[A-Za-z]{3,9})[-/.]\d{1,4}([T ,].*)?$"


@dataclass(frozen=True)
class Parsed:
    """Different texts as moments: in UTC where `aware`, else on the wall clock; with what is worth saying."""

    moments: Moments
    good: Mask
    aware: Mask
    said: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def looks_like_stamps(texts: Any) -> bool:
    """Return whether the first cells that are not empty look like dates.

    Example:
        >>> looks_like_stamps(pa.array([None, "2024-01-01 00:00"])), looks_like_stamps(pa.array(["12.5"]))
        (True, False)
    """
    first = texts.drop_null()[:SHOWN]
    return len(first) > 0 and all(re.match(LOOKS_LIKE_A_STAMP, text.strip()) for text in first.to_pylist())


def parse(texts: Any) -> Parsed:
    """Return the moments of different texts, all of one form: the one that fits most of them."""
    for kind, aware in ((pa.timestamp("us"), False), (pa.timestamp("us", "UTC"), True)):
        try:
            texts[:1].cast(kind)  # a cast that fails for every text takes seconds
            moments = texts.cast(kind).cast(pa.int64()).to_numpy(zero_copy_only=False)
        except pa.ArrowInvalid:
            continue
        return Parsed(moments, in_range(moments), np.full(len(moments), aware))
    texts = pc.utf8_lower(pc.utf8_trim_whitespace(texts))
    texts, said = _without_ends(texts)
    form, fields, matched = "", pa.nulls(len(texts)), np.zeros(len(texts), bool)
    for candidate, pattern in _by_likelihood(texts):
        found = pc.extract_regex(texts, pattern)
        fits = found.is_valid().to_numpy(zero_copy_only=False)
        if fits.sum() > matched.sum():
            form, fields, matched = candidate, found, fits
        if fits.all():
            break
    if not form:
        return Parsed(np.zeros(len(texts), np.int64), matched, np.zeros(len(texts), bool))
    if form == "Unix time":
        return _unix(fields, matched)
    parsed = _dated(_Fields(fields, matched), form, texts)
    return replace(parsed, said=(*said, *parsed.said))


def _by_likelihood(texts: Any) -> list[tuple[str, str]]:
    """Return the forms, those that fit the most of the first texts first."""
    first = texts[:SAMPLE]
    return sorted(FORMS.items(), key=lambda form: -(pc.sum(pc.match_substring_regex(first, form[1])).as_py() or 0))


def _without_ends(texts: Any) -> tuple[Any, tuple[str, ...]]:
    """Return the starts of texts that are all intervals, such as `01.01.2024 00:00 - 01.01.2024 01:00`."""
    if len(texts) == 0 or not pc.all(pc.match_substring_regex(texts, INTERVAL)).as_py():
        return texts, ()
    return pc.replace_substring_regex(texts, INTERVAL, r"\1"), ("stamps are intervals: their starts are taken",)


class _Fields:
    """The parts of the texts that a form matched; 0 for the others."""

    def __init__(self, fields: Any, matched: Mask) -> None:
        self.matched = matched
        self.names = {field.name for field in fields.type}
        self._fields = fields

    def text(self, name: str) -> Any:
        """Return one part as strings; an empty string where it is not there."""
        if name not in self.names:
            return pa.array([""] * len(self.matched), pa.string())
        return pc.fill_null(pc.struct_field(self._fields, name), "")

    def number(self, name: str) -> Moments:
        """Return one part as integers; 0 where it is not there."""
        text = self.text(name)
        digits = pc.if_else(pc.equal(text, ""), "0", text)
        values: Moments = digits.cast(pa.int64()).to_numpy(zero_copy_only=False)
        return values


def _dated(fields: _Fields, form: str, texts: Any) -> Parsed:
    """Return the moments of texts with a date."""
    time, time_good = _time_of_day(fields)
    offset, aware, offset_good = _offset(fields)
    rest_good = fields.matched & time_good & offset_good
    year = fields.number("year")
    year = np.where((year < 100) & fields.matched, year + np.where(year < 70, 2000, 1900), year)
    said: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    if form == "numbers":
        month_first, said, problems = _order(fields, year, time, texts)
        first, other = fields.number("first"), fields.number("other")
        month, day = (first, other) if month_first else (other, first)
    else:
        month, day = fields.number("month"), fields.number("day")
    if form == "name of the month":
        names = pc.utf8_slice_codeunits(fields.text("name"), 0, 3).to_pylist()
        month = np.array([MONTHS.get(name, 0) for name in names], dtype=np.int64)
    days, date_good = _days(year, month, day)
    moments = days * DAY + time - offset
    good = rest_good & date_good & in_range(moments)
    return Parsed(moments, good, aware, said, problems)


def _time_of_day(fields: _Fields) -> tuple[Moments, Mask]:
    """Return the time since midnight; 24:00 is the midnight that follows."""
    hour, minute, second = (fields.number(name) for name in ("hour", "minute", "second"))
    fraction = pc.utf8_slice_codeunits(pc.utf8_rpad(fields.text("fraction"), 9, "0"), 0, 6)
    micro = fraction.cast(pa.int64()).to_numpy(zero_copy_only=False)
    half = pc.utf8_slice_codeunits(fields.text("half"), 0, 1).to_numpy(zero_copy_only=False)
    has_half = half != ""
    good = (hour < 24) & (minute < 60) & (second < 60) | (hour == 24) & (minute + second + micro == 0)
    good &= ~has_half | (hour >= 1) & (hour <= 12)
    hour = np.where(has_half, hour % 12 + np.where(half == "p", 12, 0), hour)
    return ((hour * 60 + minute) * 60 + second) * SECOND + micro, good


def _offset(fields: _Fields) -> tuple[Moments, Mask, Mask]:
    """Return what to take from a local time for UTC, which texts have an offset, and which have none that can't be."""
    text = fields.text("offset")
    aware = pc.not_equal(text, "").to_numpy(zero_copy_only=False)
    minutes = np.zeros(len(aware), np.int64)
    good = np.ones(len(aware), bool)
    for name in text.unique().to_pylist():
        if name[:1] in ("+", "-"):
            hours, rest = int(name[1:3]), int(name[-2:]) if len(name) > 3 else 0
            chosen = pc.equal(text, name).to_numpy(zero_copy_only=False)
            minutes[chosen] = (hours * 60 + rest) * (-1 if name[0] == "-" else 1)
            good[chosen] = hours < 24 and rest < 60
    return minutes * 60 * SECOND, aware, good


def _days(year: Moments, month: Moments, day: Moments) -> tuple[Moments, Mask]:
    """Return the days since 1970, and which of the dates are in the calendar."""
    good = (month >= 1) & (month <= 12) & (day >= 1) & (year >= FIRST_YEAR) & (year <= LAST_YEAR)
    months = np.where(good, (year - 1970) * 12 + month - 1, 0)
    days = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) + np.where(good, day - 1, 0)
    return days, good & (days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) == months)


def _order(fields: _Fields, year: Moments, time: Moments, texts: Any) -> tuple[bool, tuple[str, ...], tuple[Problem, ...]]:
    """Return whether the month comes before the day: by numbers above 12, or else by which order is the more regular."""
    first, other, matched = fields.number("first"), fields.number("other"), fields.matched
    example = texts[int(np.flatnonzero(matched)[0])].as_py()
    names = {True: "month/day/year", False: "day/month/year"}
    by_day, day_good = _days(year, other, first)
    by_month, month_good = _days(year, first, other)
    if pc.all(pc.equal(fields.text("mark").filter(pa.array(matched)), ".")).as_py():
        return False, (f"dates such as `{example}` are {names[False]}",), ()
    if day_good.sum() != month_good.sum():
        month_first = bool(month_good.sum() > day_good.sum())
        example = texts[int(np.flatnonzero(matched & (day_good != month_good))[0])].as_py()
        return month_first, (f"dates such as `{example}` are {names[month_first]}",), ()
    if (by_day == by_month)[matched].all():
        return False, (), ()
    regular = {
        False: _regularity((by_day * DAY + time)[matched & day_good]),
        True: _regularity((by_month * DAY + time)[matched & month_good]),
    }
    if regular[True] == regular[False]:
        problem = Problem(
            "day and month can't be told apart",
            found=f"dates such as `{example}`",
            expected="at least one day above 12, or stamps that are regular in one of the two orders only",
            hint=ISO_HINT,
        )
        return False, (), (problem,)
    month_first = regular[True] > regular[False]
    reason = "no day is above 12, but only then the stamps are regular"
    return month_first, (f"dates such as `{example}` were taken as {names[month_first]}: {reason}",), ()


def _regularity(moments: Moments) -> float:
    """Return the share of the most common step between sorted stamps."""
    steps = np.diff(np.unique(moments))
    return float(np.unique(steps, return_counts=True)[1].max() / len(steps)) if len(steps) else 0.0


def _unix(fields: Any, matched: Mask) -> Parsed:
    """Return the moments of seconds, milliseconds, microseconds or nanoseconds since 1970."""
    text = pc.fill_null(pc.struct_field(fields, "epoch"), "0")
    longest = int(pc.max(pc.utf8_length(text)).as_py())
    _, size, unit = next(each for each in EPOCH_UNITS if longest < each[0])
    number = text.cast(pa.uint64()).to_numpy(zero_copy_only=False)
    factor = int(size) if size >= 1 else 1
    good = matched & (number < np.uint64(np.iinfo(np.int64).max // factor))
    moments = np.where(good, number, 0).astype(np.int64) * factor // (1 if size >= 1 else 1000)
    good &= in_range(moments, EPOCH_FIRST_YEAR)
    return Parsed(moments, good, np.ones(len(good), bool), (f"stamps are {unit} since 1970 (Unix time, UTC)",))


def in_range(moments: Moments, first_year: int = FIRST_YEAR) -> Mask:
    """Return which moments are in years that make sense."""
    low, high = (np.datetime64(f"{year}-01-01", "us").astype(np.int64) for year in (first_year, LAST_YEAR + 1))
    return np.asarray((moments >= low) & (moments < high))
