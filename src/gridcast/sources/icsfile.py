"""iCalendar files (RFC 5545) of events: whole days and moments, recurring or not, in any time zone."""

from __future__ import annotations

import os
from collections.abc import Collection
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from gridcast.errors import FileError, GridcastError, PanelError, counted, listed
from gridcast.sources.text.unpacked import shortened

MARK = b"BEGIN:VCALENDAR"
AN_ICS = "an iCalendar file: `BEGIN:VCALENDAR`, events, `END:VCALENDAR`"
TOO_OFTEN = ("SECONDLY", "MINUTELY", "HOURLY")


class Span(NamedTuple):
    """Between which dates recurring events are taken."""

    first: str
    last: str


def read_ics(path: str | os.PathLike[str], places: Collection[str], span: Span) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the events of an iCalendar file, as in `gridcast.sources.calendarfile.EventTable`, and what was recognised.

    Args:
        path: The file.
        places: What counts as a location; other texts are dropped.
        span: Recurring events are taken between these dates.

    Raises:
        FileError: If the file can't be read, or is no iCalendar file.
        PanelError: Naming all the events that are wrong, or that there are none.
        GridcastError: If the extra `ics` is not installed.
    """
    name = Path(path).name
    try:
        import icalendar
        import recurring_ical_events
    except ImportError as error:
        raise GridcastError("iCalendar files need an extra", found=f"`{name}`", hint='pip install "gridcast[ics]"') from error
    try:
        calendar = icalendar.Calendar.from_ical(Path(path).read_bytes())
        entries = list(calendar.walk("VEVENT"))
    except OSError as error:
        raise FileError(f"cannot read `{name}`", found=error.strerror or str(error), expected=AN_ICS) from error
    except Exception as error:  # the parser has no error of its own for what it did not expect
        raise FileError(f"`{name}` is not an iCalendar file", found=_line(error), expected=AN_ICS) from error
    wrong = [f"{_called(event)}: {shortened(fault)}" for event in entries if (fault := _fault(event))]
    if wrong:
        expected = "a DTSTART each, with a DTEND of the same kind after it"
        raise PanelError(f"{counted(wrong, 'event')} of `{name}` can't be read", found=listed(wrong), expected=expected)
    try:
        found = recurring_ical_events.of(calendar).between(_moment(span.first), _moment(span.last))
    except Exception as error:
        raise FileError(f"the events of `{name}` can't be laid out", found=_line(error), expected=AN_ICS) from error
    lasting = [event for event in found if event.start != event.end]
    if not lasting:
        expected = f"at least one event between {span.first} and {span.last}"
        raise PanelError(f"`{name}` holds no events that last", found=counted(entries, "event"), expected=expected)
    short = len(found) - len(lasting)
    said = (f"{name}: {counted(short, 'event')} without a duration left out",) if short else ()
    return _table(lasting, places), said


def _table(events: list[Any], places: Collection[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "start": pd.to_datetime([_naive(event.start) for event in events]).as_unit("us"),
            "end": pd.to_datetime([_naive(event.end) for event in events]).as_unit("us"),
            "local": [_is_local(event.start) for event in events],
            "name": [str(event.get("SUMMARY", "")).strip() for event in events],
            "category": [str(next(iter(event.categories), "")).strip() for event in events],
            "location": [place if (place := str(event.get("LOCATION", "")).strip()) in places else "" for event in events],
        }
    )


def _fault(event: Any) -> str:
    """Return what is wrong with an event; empty if nothing is."""
    if event.errors:
        return "; ".join(f"{name or 'a line'}: {reason}" for name, reason in event.errors)
    if "DTSTART" not in event:
        return "no DTSTART"
    faults = [fault for rule in _listed(event.get("RRULE")) if (fault := _fault_of_rule(rule))]
    if faults:
        return faults[0]
    return _fault_of_ends([each for each in (event["DTSTART"], event.get("DTEND")) if each is not None])


def _fault_of_rule(rule: Any) -> str:
    """Return what keeps a rule of recurrence from being laid out in reasonable time."""
    often = str(next(iter(_listed(rule.get("FREQ"))), "")).upper() in TOO_OFTEN
    if often or not {"BYHOUR", "BYMINUTE", "BYSECOND"}.isdisjoint(rule):
        return "recurs several times a day"
    return "recurs every 0 days" if any(each < 1 for each in _listed(rule.get("INTERVAL"))) else ""


def _fault_of_ends(ends: list[Any]) -> str:
    """Return what is wrong with the start, and the end if there is one."""
    if any(isinstance(each, list) for each in ends) or not all(isinstance(each.dt, date) for each in ends):
        return "no single date as DTSTART or DTEND"
    if any("TZID" in each.params and isinstance(each.dt, datetime) and each.dt.tzinfo is None for each in ends):
        return f"unknown time zone {ends[0].params.get('TZID')}"
    start, end = ends[0].dt, ends[-1].dt
    if _is_day(start) != _is_day(end) or _is_local(start) != _is_local(end):
        return "DTSTART and DTEND of two kinds"
    return f"ends at {end}, before {start}" if _naive(end) < _naive(start) else ""


def _listed(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _called(event: Any) -> str:
    return shortened(str(event.get("SUMMARY") or event.get("UID") or "an event without a name"), 40)


def _is_day(moment: date) -> bool:
    return not isinstance(moment, datetime)


def _is_local(moment: date) -> bool:
    return not isinstance(moment, datetime) or moment.tzinfo is None


def _naive(moment: date) -> datetime:
    """Return a day's midnight, a moment on the local clock as it is, or any other moment in UTC; without a zone."""
    if not isinstance(moment, datetime):
        return datetime(moment.year, moment.month, moment.day)
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


def _moment(text: str) -> datetime:
    return pd.Timestamp(text).to_pydatetime()


def _line(error: Exception) -> str:
    return shortened(" ".join(str(error).split()) or type(error).__name__, 120)
