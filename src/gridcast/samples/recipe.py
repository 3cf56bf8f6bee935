"""The recipe of samples: what a network was fitted on, and what it needs of any other panel."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.availability import Availability
from gridcast.clock import DAY, WEEK, steps_in
from gridcast.covariates import Covariates
from gridcast.errors import PanelError, counted, require_positive
from gridcast.features.calendar import Calendar
from gridcast.panel import Panel
from gridcast.samples.lags import Lags
from gridcast.scaling import Scaler
from gridcast.tabular import TARGET

Float = npt.NDArray[np.float32]

CONTEXT = pd.Timedelta(days=28)
SHORTEST = pd.Timedelta(days=8)  # of a longer context, what has to be there
DAILY_CONTEXT = 112  # steps of context where a step is a day: sixteen weeks
YEARLY_FROM = pd.Timedelta(days=400)  # of history, from which on the season of the year is told
PATCHES = 8  # of a day, where the context is shorter than one
PAST = "temperature"  # of the weather known ahead, what the recurrent branch and the map read beside the consumption


@dataclass(frozen=True)
class Recipe:
    """What samples are made of.

    Attributes:
        scaler: Centre and spread of each place.
        covariates: Weather that is known ahead, with its centre and spread.
        calendar: What the calendars of all places have in common; None for hour and weekday only.
        lags: Which lags each step has.
        patch: Steps that the recurrent branch takes at once; the context is a whole number of them.
        delay: Steps after its end until a reading is there.
        freq: Step of the readings.
        past: Name of the weather that is read along with the consumption; empty for none.
    """

    scaler: Scaler
    covariates: Covariates
    calendar: Calendar | None
    lags: Lags
    patch: int
    delay: int
    freq: pd.Timedelta
    past: str = ""

    @classmethod
    def fit(
        cls,
        panel: Panel,
        *,
        horizon: int,
        context: int | None = None,
        calendar: Calendar | None,
        weather: bool = True,
        until: pd.Timestamp | None = None,
    ) -> Recipe:
        """Return the recipe of a panel.

        Args:
            panel: Readings and what goes with them.
            horizon: Steps to forecast.
            context: Steps of history; by default 28 days, or 112 steps where a step is a day. It is rounded up to whole patches.
            calendar: What the calendars of all places have in common.
            weather: Whether the weather is read at all.
            until: The end of the training part; that of the readings by default.

        Raises:
            PanelError: If a place has nothing to learn from.
        """
        require_positive(horizon=horizon, context=1 if context is None else context)
        day, week = steps_in(DAY, panel.freq), steps_in(WEEK, panel.freq)
        until = panel.end if until is None else until
        patch = day if day > 1 else week
        if context is not None and context > panel.rows:
            raise PanelError(
                "the history to be read is longer than all readings",
                found=f"a sequence length of {context:,}, and {counted(panel.rows, 'reading')} of each place",
                expected="a part of them: 28 days are usual",
            )
        context = context or default_context(panel.freq)
        patch = patch if context >= patch else max(1, patch // PATCHES)
        context = -(-context // patch) * patch
        yearly = until - panel.times[0] >= YEARLY_FROM
        known = calendar and replace(calendar, yearly=yearly, around=_around(calendar, panel))
        delay = Availability.of(panel.dataset[TARGET]).delay
        covariates = Covariates.fit(panel, None, until) if weather else Covariates()
        return cls(
            Scaler.fit(panel.measured[: panel.times.searchsorted(until)], panel.locations),
            covariates,
            known,
            Lags(day, week, horizon, context),
            patch,
            int(-(-delay // panel.freq)),
            panel.freq,
            PAST if PAST in covariates.names else "",
        )

    @property
    def horizon(self) -> int:
        """Steps to forecast."""
        return self.lags.horizon

    @property
    def context(self) -> int:
        """Steps of history."""
        return self.lags.context

    @property
    def reach(self) -> int:
        """Steps that samples look back: the context, or a week and a day for the weather of then."""
        return max(self.lags.context, self.lags.week + self.lags.day)

    @property
    def main(self) -> tuple[str, ...]:
        """Weather known ahead that is not derived from other weather."""
        names = self.covariates.names
        return tuple(name for name in names if not any(name.startswith(f"{other}_") for other in names if other != name))


def default_context(freq: pd.Timedelta) -> int:
    """Return the steps of context where none are asked for: 28 days, or 112 steps where a step is a day."""
    return DAILY_CONTEXT if freq >= DAY else steps_in(CONTEXT, freq)


def least_history(context: int | None, freq: pd.Timedelta) -> int:
    """Return the steps before the first issue time that is learned from: the context, or eight days of a longer one."""
    return min(context or default_context(freq), steps_in(SHORTEST, freq))


def _around(calendar: Calendar, panel: Panel) -> int:
    """Return how many days around a holiday tell that it is near: one, or more if that was asked for."""
    has_country = bool(calendar.country) or "country" in panel.dataset.coords
    return max(1, calendar.around) if has_country else calendar.around
