"""Calendars as plain values, for files that hold no code: everything but texts and numbers is left to the reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import pandas as pd

from gridcast.features.calendar import Calendar
from gridcast.features.events import Events


def calendar_to_plain(calendar: Calendar) -> dict[str, Any]:
    """Return a calendar as texts, numbers, and, of events, rows."""
    plain = {each.name: getattr(calendar, each.name) for each in fields(calendar) if each.name != "events"}
    if calendar.events is not None:
        table = calendar.events.table.astype({"start": str, "end": str})
        plain["events"] = {"rows": table.to_dict("list"), "around": calendar.events.around}
    return plain


def calendar_from_plain(plain: Mapping[str, Any]) -> Calendar:
    """Return the calendar of plain values.

    Example:
        >>> calendar_from_plain(calendar_to_plain(Calendar("Europe/Berlin", "DE", around=1))).around
        1
    """
    calendar = Calendar(**{name: value for name, value in plain.items() if name != "events"})
    if "events" not in plain:
        return calendar
    table = pd.DataFrame(plain["events"]["rows"])
    table = table.assign(start=pd.to_datetime(table["start"]), end=pd.to_datetime(table["end"]))
    return replace(calendar, events=Events(table, plain["events"]["around"]))
