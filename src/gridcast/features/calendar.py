"""Covariates of a moment that are known long before it: the calendar."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.clock import local_labels
from gridcast.errors import ConfigError


@dataclass(frozen=True)
class Calendar:
    """Calendar covariates by the local clock.

    Attributes:
        timezone: Of the clock that the consumers live by: an IANA name, or `local` where the labels are local themselves.
        country: ISO code of the country whose public holidays count; empty for none.
        yearly: Whether to tell the season; only a history of more than a year can teach it.
    """

    timezone: str = "UTC"
    country: str = ""
    yearly: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the covariates, in the order of the columns of `at`."""
        names = ("hour_sin", "hour_cos", "week_sin", "week_cos", "weekend")
        yearly = ("year_sin", "year_cos") if self.yearly else ()
        return (*names, *yearly, *(("holiday",) if self.country else ()))

    def at(self, times: pd.DatetimeIndex) -> npt.NDArray[np.float32]:
        """Return the covariates of moments, shape (time, covariate), between -1 and 1. [1]

        Args:
            times: Moments, shape (time,); without a zone they are taken as UTC.

        Raises:
            ConfigError: If the country or the time zone is not known.

        Example:
            >>> Calendar().at(pd.DatetimeIndex(["2024-01-07 06:00+00:00"])).astype(float).round(2).tolist()
            [[1.0, 0.0, -0.62, 0.78, 1.0]]
        """
        local = local_labels(times, self.timezone)
        day = (local.hour + local.minute / 60) / 24
        week = (local.day_of_week + day) / 7
        year = (local.day_of_year - 1 + day) / 365.25
        columns = [f(2 * np.pi * phase) for phase in (day, week) for f in (np.sin, np.cos)]
        columns.append(local.day_of_week >= 5)
        if self.yearly:
            columns += [np.sin(2 * np.pi * year), np.cos(2 * np.pi * year)]
        if self.country:
            columns.append(self._holidays(local))
        return np.column_stack(columns).astype(np.float32)

    def _holidays(self, local: pd.DatetimeIndex) -> npt.NDArray[np.bool_]:
        """Return whether each local day is a public holiday, shape (time,)."""
        import holidays  # slow to import, and only wanted with a country

        years = sorted(set(local.year.tolist()))
        try:
            days = holidays.country_holidays(self.country, years=years)
        except NotImplementedError as error:
            raise ConfigError(
                f"no holidays are known for `{self.country}`",
                found=self.country,
                expected="an ISO country code such as `DE`, `US` or `FR`",
            ) from error
        return np.asarray(local.normalize().isin(pd.DatetimeIndex(sorted(days))))
