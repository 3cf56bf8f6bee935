"""Covariates of a moment that are known long before it: the calendar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.errors import ConfigError, ShapeError
from gridcast.features.events import Events
from gridcast.features.localdays import Days, local_clock, local_days, nearness
from gridcast.features.publicdays import PublicDays, public_days

EPOCH = pd.Timestamp("1970-01-01").toordinal()
MONDAY = 4  # the first one after 1970-01-01, which was a Thursday


@dataclass(frozen=True)
class Calendar:
    """Calendar covariates by the local clock.

    Attributes:
        timezone: Of the clock that the consumers live by: an IANA name, or `local` where the labels are local themselves.
        country: ISO code of the country whose public holidays count; empty for none.
        yearly: Whether to tell the season; only a history of more than a year can teach it.
        subdivision: Code of the state, province or region whose own holidays count too, such as `BY`; needs a country.
        around: How many days before and after a holiday tell that it is near: adds the day before one, the day after one, and the
            nearness; 0 for none. Needs a country.
        bridges: Whether to mark bridge days: single working days between a holiday and a weekend, or between two holidays,
            on which many take leave. Needs a country, whose weekend counts.
        year_end: Whether to mark December 24 to January 1.
        events: The user's own calendar.
        location: The place whose own events count beside those of all places.
    """

    timezone: str = "UTC"
    country: str = ""
    yearly: bool = False
    subdivision: str = ""
    around: int = 0
    bridges: bool = False
    year_end: bool = False
    events: Events | None = None
    location: str = ""

    def __post_init__(self) -> None:
        if self.subdivision and not self.country:
            raise ConfigError(
                f"`{self.subdivision}` is a part of no country",
                found=f"subdivision `{self.subdivision}` without a country",
                expected="the country's ISO code too, such as `DE` for `BY`",
            )
        if self.around < 0:
            raise ConfigError("`around` counts days", found=str(self.around), expected="0 or more")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the covariates, in the order of the columns of `at`."""
        names = ["hour_sin", "hour_cos", "week_sin", "week_cos", "weekend"]
        names += ["year_sin", "year_cos"] if self.yearly else []
        if self.country:
            names += ["holiday"]
            names += ["before_holiday", "after_holiday", "near_holiday"] if self.around else []
            names += ["bridge"] if self.bridges else []
        names += ["year_end"] if self.year_end else []
        return (*names, *(self.events.names if self.events else ()))

    def at(self, times: pd.DatetimeIndex, *, freq: pd.Timedelta | None = None) -> npt.NDArray[np.float32]:
        """Return the covariates of moments, shape (time, covariate), between -1 and 1. [1]

        Args:
            times: Moments, shape (time,); without a zone they are taken as UTC.
            freq: Length of the interval that each one begins. An interval of a day or longer is told by its middle, and an event
                is on in each interval that it touches; without it the moments themselves count.

        Raises:
            ConfigError: If the country or the time zone is not known.

        Example:
            >>> Calendar().at(pd.DatetimeIndex(["2024-01-07 06:00+00:00"])).astype(float).round(2).tolist()
            [[1.0, 0.0, -0.62, 0.78, 1.0]]
        """
        local = local_clock(times, self.timezone, freq)
        weekday, month = np.asarray(local.day_of_week), np.asarray(local.month)
        day = (np.asarray(local.hour) + np.asarray(local.minute) / 60) / 24
        week = (weekday + day) / 7
        year = (np.asarray(local.day_of_year) - 1 + day) / 365.25
        columns = [f(2 * np.pi * phase) for phase in (day, week) for f in (np.sin, np.cos)]
        columns.append(weekday >= 5)
        if self.yearly:
            columns += [np.sin(2 * np.pi * year), np.cos(2 * np.pi * year)]
        if self.country:
            columns += self._holidays(local)
        if self.year_end:
            columns.append((month == 12) & (local.day >= 24) | (month == 1) & (local.day == 1))
        if self.events:
            columns += list(self.events.at(times, self.timezone, location=self.location, freq=freq).T)
        return np.column_stack(columns).astype(np.float32)

    def holiday_names(self, times: pd.DatetimeIndex, *, freq: pd.Timedelta | None = None) -> npt.NDArray[np.str_]:
        """Return the name of the public holiday on each local day, shape (time,); empty where there is none.

        Raises:
            ConfigError: If the country or the time zone is not known.

        Example:
            >>> Calendar("Europe/Berlin", "DE").holiday_names(pd.DatetimeIndex(["2024-10-02 22:00", "2024-10-03 22:00"])).tolist()
            ['German Unity Day', '']
        """
        local = local_clock(times, self.timezone, freq)
        if not self.country or not len(local):
            return np.full(len(local), "", dtype=np.str_)
        names = self._public(local).names
        days, which = np.unique(local_days(local), return_inverse=True)
        return np.array([names.get(pd.Timestamp.fromordinal(EPOCH + int(day)).date(), "") for day in days], dtype=np.str_)[which]

    def _public(self, local: pd.DatetimeIndex) -> PublicDays:
        """Return the holidays of the years that the moments are in, and of the days around them."""
        reach = pd.Timedelta(days=self.around + 1)
        first, last = (local.min() - reach, local.max() + reach) if len(local) else (pd.Timestamp(2000, 1, 1),) * 2
        return public_days(self.country, self.subdivision, first.year, last.year)

    def _holidays(self, local: pd.DatetimeIndex) -> list[npt.NDArray[np.generic]]:
        """Return the covariates of the public holidays, shape (time,) each."""
        public = self._public(local)
        marked: Days = np.array(sorted(day.toordinal() - EPOCH for day in public.names), dtype=np.int64)
        days = local_days(local)
        columns: list[npt.NDArray[np.generic]] = [np.isin(days, marked)]
        if self.around:
            columns += [np.isin(days + 1, marked), np.isin(days - 1, marked), nearness(days, marked, marked, self.around)]
        if self.bridges:
            columns.append(_bridges(days, marked, public.weekend))
        return columns


@dataclass(frozen=True)
class LocationCalendars:
    """A calendar for each location, whose covariates have the same names everywhere.

    Attributes:
        calendars: One a location.
        freq: Length of the intervals that times begin, see `Calendar.at`; None where moments count.
    """

    calendars: tuple[Calendar, ...]
    freq: pd.Timedelta | None = None

    @classmethod
    def of(
        cls,
        timezones: Sequence[str],
        countries: Sequence[str] | None = None,
        subdivisions: Sequence[str] | None = None,
        *,
        locations: Sequence[str] | None = None,
        like: Calendar | None = None,
        freq: pd.Timedelta | None = None,
    ) -> LocationCalendars:
        """Return the calendars of locations.

        Args:
            timezones: One a location; an empty one is that of `like`.
            countries: One a location; an empty one is that of `like`, with its subdivision.
            subdivisions: One a location; an empty one means the whole country.
            locations: Names, by which events find their place.
            like: What all have in common; `Calendar()` if None.
            freq: Length of the intervals, see `Calendar.at`.

        Raises:
            ShapeError: If there is not one of each for each location.
            ConfigError: If a subdivision comes without its country.
        """
        like = like or Calendar()
        blank = [""] * len(timezones)
        columns = (timezones, countries or blank, subdivisions or blank, locations or blank)
        if len({len(column) for column in columns}) > 1:
            found = ", ".join(str(len(column)) for column in columns)
            raise ShapeError("calendars per location need one of each", found=found, expected=f"{len(timezones)} of each")
        own = like.events.locations if like.events else ()
        return cls(
            tuple(
                replace(
                    like,
                    timezone=zone or like.timezone,
                    country=country or like.country,
                    subdivision=part or ("" if country else like.subdivision),
                    location=location if location in own else "",
                )
                for zone, country, part, location in zip(*columns, strict=True)
            ),
            freq,
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the covariates, in the order of the last axis of `at`."""
        return max((calendar.names for calendar in self.calendars), key=len, default=())

    def at(self, times: pd.DatetimeIndex) -> npt.NDArray[np.float32]:
        """Return the covariates of moments, shape (time, location, covariate), between -1 and 1. [1]

        Each different calendar is computed once. Where a location has no country, the covariates of its holidays are 0.

        Args:
            times: Moments, shape (time,); without a zone they are taken as UTC.

        Raises:
            ConfigError: If a country, a part of it, or a time zone is not known.

        Example:
            >>> noon = pd.DatetimeIndex(["2024-01-06 12:00"])  # Epiphany, a holiday in Bavaria
            >>> calendars = LocationCalendars.of(["Europe/Berlin"] * 2, ["DE", "DE"], ["BY", "HH"])
            >>> calendars.at(noon)[0, :, calendars.names.index("holiday")].tolist()
            [1.0, 0.0]
        """
        names = self.names
        different = {calendar: number for number, calendar in enumerate(dict.fromkeys(self.calendars))}
        values = np.zeros((len(times), len(different), len(names)), dtype=np.float32)
        for calendar, number in different.items():
            values[:, number, [names.index(name) for name in calendar.names]] = calendar.at(times, freq=self.freq)
        return values[:, [different[calendar] for calendar in self.calendars]]


def _bridges(days: Days, marked: Days, weekend: frozenset[int]) -> npt.NDArray[np.bool_]:
    """Return which days are single working days between days off; as weekends are longer apart, one of these is a holiday."""

    def off(day: Days) -> npt.NDArray[np.bool_]:
        return np.isin(day, marked) | np.isin((day - MONDAY) % 7, list(weekend))

    return ~off(days) & off(days - 1) & off(days + 1)
