"""Why a forecast is not what it was: the clock, newer load, newer weather and another model, whose shares add up to the change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.availability import ISSUED
from gridcast.errors import ConfigError, counted
from gridcast.explain.question import place_of
from gridcast.forecast import Forecaster
from gridcast.panel import Panel

Floats = npt.NDArray[np.float64]
Known = frozenset[str]

CALENDAR, LOAD, WEATHER, MODEL = "calendar", "newer load", "newer weather", "model"


@dataclass(frozen=True)
class Change:
    """What changed between two forecasts of the same hours.

    Attributes:
        name: Of the place, or of the sum.
        before: When the first one was issued, UTC.
        after: When the second one was, UTC.
        valid_times: Of the hours that both are about, UTC, shape (h,).
        zone: Of the local clock.
        unit: Of all values.
        first: The earlier forecast, shape (h,).
        last: The later one, shape (h,).
        values: What each cause changed, shape (h,); they add up to the change.
    """

    name: str
    before: pd.Timestamp
    after: pd.Timestamp
    valid_times: pd.DatetimeIndex
    zone: str
    unit: str
    first: Floats
    last: Floats
    values: dict[str, Floats]

    def table(self) -> pd.DataFrame:
        """Return a row a valid hour: `first`, what each cause changed, and `last`, which is their sum. [the panel's unit]"""
        columns = {"location": self.name, "issued_before": self.before, "issued_after": self.after, "valid_time": self.valid_times}
        return pd.DataFrame({**columns, "first": self.first, **self.values, "last": self.last})


def change(
    forecaster: Forecaster,
    panel: Panel,
    after: pd.Timestamp,
    before: pd.Timestamp,
    *,
    location: str = "",
    earlier: Forecaster | None = None,
) -> Change:
    """Return why the forecast issued at `after` is not the one that was issued at `before`, for the hours that both are about.

    The clock moves on first, with nothing new: other lead times, another day to start from (`calendar`). Then come the readings
    that have arrived since, the weather forecasts that have, and the other model, in all orders; each is worth the mean of what
    it changes when it comes in.

    Args:
        forecaster: That made the later forecast.
        panel: Readings and weather.
        after: Issue time of the later one, UTC.
        before: Of the earlier one, UTC; the same for two models at one time.
        location: The place; by default the sum of all.
        earlier: That made the earlier forecast; by default the same.

    Raises:
        ConfigError: If there is no such place, or no hour that both forecasts are about.
        PanelError: If too little was known at `before`, or a model can't read the panel.

    References:
        Shapley (1953), doi:10.1515/9781400881970-018.
    """
    places = list(range(len(panel.locations))) if not location else [place_of(panel, location)]
    old = forecaster if earlier is None else earlier
    offset = int((after - before) // panel.freq)

    def said(by: Forecaster, known: Panel, moment: pd.Timestamp) -> Floats:
        made = by.predict(known.recent(by.reach), pd.DatetimeIndex([moment])).values.values[0]  # (N, H)
        found: Floats = made[places].astype(np.float64).sum(axis=0)
        return found

    then, now = panel.as_of(before), panel.as_of(after)
    first, last = said(old, then, before), said(forecaster, now, after)
    count = min(len(last), len(first) - offset)
    if offset < 0 or count < 1:
        raise ConfigError(
            "the two forecasts are about no hour together",
            found=f"issued at {before} for {counted(len(first), 'step')}, and at {after}",
            expected=f"an earlier one issued from {after - (len(first) - 1) * panel.freq} to {after}",
            hint="choose an earlier forecast that reaches into the later one",
        )
    first, last = first[offset : offset + count], last[:count]

    def worth(known: Known) -> Floats:
        return said(forecaster if MODEL in known else old, _known(then, now, known), after)[:count]

    causes = [LOAD, WEATHER] if earlier is None else [LOAD, WEATHER, MODEL]
    if not panel.variables:
        causes.remove(WEATHER)
    values = shapley(worth, causes)
    nothing = np.zeros(count)
    each = {name: values.get(name, nothing) for name in (LOAD, WEATHER, MODEL)}
    each = {CALENDAR: worth(frozenset()) - first, **each}
    return Change(
        location or "all places",
        before,
        after,
        pd.date_range(after, periods=count, freq=panel.freq),
        panel.timezones[places[0]],
        panel.unit,
        first,
        last,
        each,
    )


def shapley(worth: Callable[[Known], Floats], players: Sequence[str]) -> dict[str, Floats]:
    """Return the Shapley value of each of a few players, from what all coalitions are worth.

    Example:
        Alone each is worth 1, together 4: they share the 2 that they make together.

        >>> values = shapley(lambda known: np.array([[0.0, 1.0, 4.0][len(known)]]), ["load", "weather"])
        >>> {name: float(value[0]) for name, value in values.items()}
        {'load': 2.0, 'weather': 2.0}
    """
    count = len(players)
    sets = [frozenset(some) for size in range(count + 1) for some in combinations(players, size)]
    told = {known: worth(known) for known in sets}
    values: dict[str, Floats] = {}
    for player in players:
        without = [known for known in sets if player not in known]
        weights = [factorial(len(known)) * factorial(count - len(known) - 1) / factorial(count) for known in without]
        values[player] = np.sum(
            [weight * (told[known | {player}] - told[known]) for weight, known in zip(weights, without, strict=True)], axis=0
        )
    return values


def _known(then: Panel, now: Panel, known: Known) -> Panel:
    """Return the panel as it is known now, but with the load and the weather of then where the newer ones are not known."""
    panel = now
    if LOAD not in known:
        late = np.ones(now.consumption.shape, dtype=bool)
        late[: len(then.times)] = np.isnan(then.consumption[: len(late)])
        panel = panel.masked(late & np.isfinite(now.consumption))
    if WEATHER not in known and now.variables:
        dataset = panel.dataset.drop_vars(list(now.variables)).drop_dims(ISSUED, errors="ignore")
        panel = Panel(dataset.assign({name: then.dataset[name] for name in now.variables}))
    return panel
