"""What if: the forecast again, with other weather ahead, another calendar, or without the readings of a place."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridcast.app.outlook import Outlook, outlook_of
from gridcast.attaching import with_features
from gridcast.availability import ISSUED, LEAD
from gridcast.clock import DAY
from gridcast.errors import ConfigError, listed
from gridcast.evaluation.totals import TOTAL
from gridcast.features.calendar import Calendar
from gridcast.features.publicdays import PublicDays
from gridcast.panel import Panel
from gridcast.samples.recipe import PAST
from gridcast.workflow.opening import Opened

if TYPE_CHECKING:
    from gridcast.forecasters.hybrid import HybridForecaster

BEFORE = pd.Timedelta(days=60)  # of weather before the context, from which what is derived from it starts
SUPPOSED = "supposed holiday"


@dataclass(frozen=True)
class Scenario:
    """What is supposed.

    Attributes:
        warmer: How much warmer it is from the issue time on. [K]
        holidays: Days that are public holidays everywhere.
        silent: Name of the place whose newest readings are missing; none if empty.
        days: For how long they are.
    """

    warmer: float = 0.0
    holidays: tuple[date, ...] = ()
    silent: str = ""
    days: int = 7

    @property
    def told(self) -> str:
        """The scenario in words."""
        parts = [f"{abs(self.warmer):g} °C {'warmer' if self.warmer > 0 else 'colder'}"] if self.warmer else []
        parts += [f"{day:%d %b %Y} is a holiday" for day in self.holidays]
        parts += [f"no reading of {self.silent} for {self.days} days"] if self.silent else []
        return ", ".join(parts) or "nothing changes"


@dataclass(frozen=True)
class WithHolidays(Calendar):
    """A calendar with further public holidays.

    Attributes:
        further: Those days.
    """

    further: tuple[date, ...] = ()

    def _public(self, local: pd.DatetimeIndex) -> PublicDays:
        known = super()._public(local)
        return PublicDays({**known.names, **dict.fromkeys(self.further, SUPPOSED)}, known.weekend)


def can_be_warmer(opened: Opened) -> bool:
    """Return whether the network reads the temperature of the hours ahead."""
    return PAST in opened.forecaster.fitted.recipe.covariates.names


def knows_holidays(opened: Opened) -> bool:
    """Return whether the network knows of public holidays."""
    calendar = opened.forecaster.fitted.recipe.calendar
    return calendar is not None and (bool(calendar.country) or "country" in opened.panel.dataset.coords)


def outlook_if(opened: Opened, moment: pd.Timestamp, scenario: Scenario) -> Outlook:
    """Return the forecast of an issue time if a scenario came true.

    Raises:
        ConfigError: If the network does not read what the scenario changes.
        GridcastError: If too little is known at the issue time.
    """
    _require_read(opened, scenario)
    panel, forecaster = opened.panel, opened.forecaster
    if scenario.warmer:
        panel = warmer(opened, moment, scenario.warmer)
    if scenario.silent:
        panel = silenced(panel, scenario.silent, moment - scenario.days * DAY, moment)
    if scenario.holidays:
        forecaster = with_holidays(forecaster, scenario.holidays)
    return outlook_of(opened, moment, panel, forecaster)


def warmer(opened: Opened, moment: pd.Timestamp, by: float) -> Panel:
    """Return the panel with the temperature from a moment on raised, and all that is derived from it. [K]"""
    panel = opened.panel.between(moment - opened.forecaster.reach - BEFORE, None)
    dataset = panel.dataset
    naive = moment.tz_convert(None)
    for name in (PAST, f"{PAST}_field"):
        if name in dataset:
            variable = dataset[name]
            valid = variable[ISSUED] + variable[LEAD] if ISSUED in variable.dims else variable["time"]
            raised = variable.where(valid < np.datetime64(naive), variable + by).transpose(*variable.dims)
            dataset = dataset.assign({name: raised.astype(variable.dtype).assign_attrs(variable.attrs)})
    return with_features(Panel(dataset), opened.config)


def silenced(panel: Panel, place: str, start: pd.Timestamp, end: pd.Timestamp) -> Panel:
    """Return the panel without the readings of a place between two moments."""
    wrong = np.zeros(panel.consumption.shape, dtype=np.bool_)
    times = panel.times
    wrong[(times >= start) & (times < end), panel.locations.index(place)] = True
    return panel.masked(wrong)


def with_holidays(forecaster: HybridForecaster, days: tuple[date, ...]) -> HybridForecaster:
    """Return a forecaster that takes some days for public holidays."""
    fitted = forecaster.fitted
    known = fitted.recipe.calendar
    assert known is not None
    plain = {name: getattr(known, name) for name in Calendar.__dataclass_fields__}
    other = copy.copy(forecaster)
    other.fitted = replace(fitted, recipe=replace(fitted.recipe, calendar=WithHolidays(**plain, further=days)))
    return other


def differences(before: Outlook, after: Outlook) -> pd.DataFrame:
    """Return how far the scenario moves the forecast of each place, and of the sum, those it moves most first.

    Returns:
        Columns `place`, `before`, `after`, `change` (means over the steps) [the panel's unit] and `percent`.
    """
    names = [TOTAL, *before.made.locations]
    first, last = (np.append(each.fan(TOTAL).point.mean(), each.point.mean(axis=1)) for each in (before, after))
    change = last - first
    percent = 100 * np.divide(change, first, out=np.full(len(first), np.nan), where=first > 0)
    table = pd.DataFrame({"place": names, "before": first, "after": last, "change": change, "percent": percent})
    rest = table.iloc[1:].sort_values("percent", key=lambda values: -values.abs(), kind="stable")
    return pd.concat([table.iloc[:1], rest], ignore_index=True)


def _require_read(opened: Opened, scenario: Scenario) -> None:
    covariates = opened.forecaster.fitted.recipe.covariates.names
    if scenario.warmer and not can_be_warmer(opened):
        raise ConfigError(
            "the network does not read the temperature of the hours ahead",
            found=listed(covariates) or "no weather",
            expected="a run that was trained with weather that is known ahead",
        )
    if scenario.holidays and not knows_holidays(opened):
        raise ConfigError(
            "the network knows of no public holidays", found="no country", expected="a run that was trained with `weather.country`"
        )
