"""The user's own calendar: school holidays, fairs, matches, strikes; each an event with a beginning and an end."""

from __future__ import annotations

import re
import warnings
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.clock import DAY
from gridcast.errors import GridcastWarning, PanelError, Problem, counted, listed
from gridcast.features.localdays import inside, local_clock, local_days, nearness

COLUMNS = ("start", "end", "local", "name", "category", "location")
INSTANT = pd.Timedelta(1, "us")


@dataclass(frozen=True, eq=False)
class Events:
    """Events, and which covariates they make.

    Attributes:
        table: One row an event. `start` and `end` (exclusive): naive datetime64. `local`: True where these are on the local clock
            of whoever uses the calendar, as for whole days; False where they are UTC. `name`; `category`, such as `school holiday`;
            `location`: the one place that it is about, empty for all. Only `start` and `end` are needed: without `local` they are
            local, without `category` all events are of the category `event`.
        around: How many days before and after an event a covariate of its nearness reaches; 0 for no such covariate.
    """

    table: pd.DataFrame
    around: int = 0
    _slugs: pd.Series[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        table = self.table.copy()
        for name, default in _DEFAULTS.items():
            table[name] = table.get(name, default)
        problems = _problems(table)
        if problems:
            raise PanelError.of(problems)
        table = table.loc[:, list(COLUMNS)].reset_index(drop=True)
        object.__setattr__(self, "table", table)
        object.__setattr__(self, "_slugs", table["category"].map(_slug))

    @cached_property
    def categories(self) -> tuple[str, ...]:
        """Categories in small letters, `_` for whatever is no letter or digit, sorted."""
        return tuple(sorted(set(self._slugs)))

    @cached_property
    def locations(self) -> frozenset[str]:
        """Places that have events of their own."""
        return frozenset(self.table["location"]) - {""}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the covariates, in the order of the columns of `at`."""
        kinds = ("event", "near_event") if self.around else ("event",)
        return tuple(f"{kind}_{category}" for category in self.categories for kind in kinds)

    def at(
        self, times: pd.DatetimeIndex, timezone: str = "UTC", *, location: str = "", freq: pd.Timedelta | None = None
    ) -> npt.NDArray[np.float32]:
        """Return which events are on, and how near they are, shape (time, covariate), between 0 and 1. [1]

        Args:
            times: Starts of intervals, shape (time,); without a zone they are taken as UTC.
            timezone: IANA name of the zone whose clock local events follow.
            location: The place whose own events count beside those of all places.
            freq: Length of the intervals: an event that touches an interval is on in it. Without it the moments count.
                In intervals of a day or longer, local events count by the local day that holds the middle.

        Raises:
            ConfigError: If there is no such zone.

        Example:
            >>> fair = pd.DataFrame({"start": [pd.Timestamp("2024-05-04")], "end": [pd.Timestamp("2024-05-06")]})
            >>> Events(fair).at(pd.date_range("2024-05-03", periods=4, freq="D")).ravel().tolist()
            [0.0, 1.0, 1.0, 0.0]
        """
        times = times.tz_localize("UTC") if times.tz is None else times.tz_convert("UTC")
        local = local_clock(times, timezone, freq)
        columns: list[npt.NDArray[np.generic]] = []
        for category in self.categories:
            chosen = self.table[(self._slugs == category) & self.table["location"].isin(["", location])]
            columns.append(_on(chosen, times, local, freq))
            if self.around:
                columns.append(_near(chosen, local, timezone, self.around))
        return np.column_stack(columns).astype(np.float32)

    def check(self, times: pd.DatetimeIndex, locations: Collection[str] = ()) -> None:
        """Warn if no event touches the span of some times, or if events are about places that are not there."""
        first, last = self.table["start"].min(), self.table["end"].max()
        begin, end = times[0].tz_localize(None), times[-1].tz_localize(None)
        if not ((self.table["start"] <= end + DAY) & (self.table["end"] >= begin - DAY)).any():  # the day covers every zone
            span = f"{begin:%Y-%m-%d} to {end:%Y-%m-%d}"
            told = f"the events, from {first:%Y-%m-%d} to {last:%Y-%m-%d}, are all outside the readings, from {span}"
            warnings.warn(told, GridcastWarning, stacklevel=2)
        strange = sorted(self.locations - set(locations)) if locations else []
        if strange:
            told = f"{counted(strange, 'place')} of the events {'is' if len(strange) == 1 else 'are'} not in the panel: "
            warnings.warn(told + listed(strange), GridcastWarning, stacklevel=2)


_DEFAULTS: dict[str, bool | str] = {"local": True, "name": "", "category": "event", "location": ""}


def _on(events: pd.DataFrame, times: pd.DatetimeIndex, local: pd.DatetimeIndex, freq: pd.Timedelta | None) -> npt.NDArray[np.bool_]:
    """Return in which intervals any of the events is on, shape (time,)."""
    wall, utc = local.tz_localize(None), times.tz_localize(None)
    whole_days = freq is not None and freq >= DAY
    wall = wall.normalize() if whole_days else wall
    span = freq or INSTANT
    on = np.zeros(len(times), dtype=bool)
    for clock, kind in ((wall, True), (utc, False)):
        chosen = events[events["local"] == kind]
        if len(chosen):
            begin = _micros(clock)
            on |= inside(begin, _micros(clock + (DAY if whole_days and kind else span)), *_span(chosen))
    return on


def _near(events: pd.DataFrame, local: pd.DatetimeIndex, timezone: str, around: int) -> npt.NDArray[np.float64]:
    """Return how near each local day is to the nearest event, shape (time,)."""
    first, last = [], []
    for kind in (True, False):
        chosen = events[events["local"] == kind]
        begin, end = pd.DatetimeIndex(chosen["start"]), pd.DatetimeIndex(chosen["end"]) - INSTANT
        if not kind:
            begin, end = (local_clock(each, timezone) for each in (begin, end))
        first.append(local_days(begin))
        last.append(local_days(end))
    return nearness(local_days(local), np.concatenate(first), np.concatenate(last), around)


def _span(events: pd.DataFrame) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    return _micros(pd.DatetimeIndex(events["start"])), _micros(pd.DatetimeIndex(events["end"]))


def _micros(moments: pd.DatetimeIndex) -> npt.NDArray[np.int64]:
    return np.asarray(moments.as_unit("us").asi8)


def _slug(category: str) -> str:
    """Return a category as a part of a covariate's name.

    Example:
        >>> _slug("School holiday"), _slug("")
        ('school_holiday', 'event')
    """
    return re.sub(r"\W+", "_", str(category).strip().lower()).strip("_") or "event"


def _problems(table: pd.DataFrame) -> list[Problem]:
    absent = [name for name in ("start", "end") if name not in table]
    if absent:
        return [
            Problem(f"events have no {listed(absent)}", found=listed(table.columns, 12), expected="a `start` and an `end` each")
        ]
    if not len(table):
        return [Problem("the calendar of events is empty", found="no rows", expected="at least one event")]
    unclear = [
        f"`{name}` of type {table[name].dtype}" for name in ("start", "end") if not pd.api.types.is_datetime64_dtype(table[name])
    ]
    if unclear:
        expected = "naive datetime64, UTC where `local` is False"
        return [Problem("events begin and end at moments", found=", ".join(unclear), expected=expected)]
    wrong = table[~(table["end"] > table["start"])]
    if len(wrong):
        told = [
            f"{name or f'row {n}'}: {start} to {end}"
            for n, name, start, end in zip(wrong.index, wrong["name"], wrong["start"], wrong["end"], strict=True)
        ]
        problem = f"{counted(len(wrong), 'event')} {'ends' if len(wrong) == 1 else 'end'} before it begins"
        return [Problem(problem, found=listed(told), expected="an `end`, exclusive, after the `start`")]
    return []
