"""The samples of the engine as a table, a row for each issue time, step and place: for forecasters that learn from tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.clock import DAY, describe_freq
from gridcast.errors import PanelError, Problem, listed
from gridcast.forecast import Forecast
from gridcast.forecasters.placing import Placing, recipe_for
from gridcast.panel import Panel
from gridcast.raster import panel_grid
from gridcast.samples.parts import parts_of
from gridcast.samples.recipe import Recipe
from gridcast.samples.samples import Samples
from gridcast.samples.tabular import table_of, targets_of

Float = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CODES = ("place", "hour", "weekday")  # columns that are no amounts
LIMIT = 1_000_000  # rows of a table to learn from
ENOUGH = 100_000  # rows from which on one issue time a day is learned from, where they may be at any hour
AT_ONCE = 100_000  # rows that are made at a time
ROUGH = 8  # rows and columns of the map on which a new place finds its neighbours
MARGIN = DAY  # beyond the context: a lag by the local clock may reach back an hour or two more
NEW, SILENT, NO_WEATHER = "new place", "no recent readings", "no weather"


@dataclass(frozen=True)
class Rows:
    """What is known of steps of forecasts, and what was measured then, in the order (issue time, step, place).

    Attributes:
        values: Shape (any, F), see `gridcast.samples.tabular`.
        names: Of the columns.
        target: Measured above the level, NaN where nothing was, shape (any,). [scaled]
        level: Mean of the place's last week, shape (any,). [scaled]
        place: Number of the place, -1 for one that was not learned, shape (any,).
        step: 0 for the first step, shape (any,).
        slot: Steps since the local midnight, shape (any,).
    """

    values: Float
    names: tuple[str, ...]
    target: Float
    level: Float
    place: Ints
    step: Ints
    slot: Ints

    @classmethod
    def of(cls, samples: Samples, number: Ints, issued: Ints) -> Rows:
        """Return the rows of issue rows, in which places have given numbers, shape (N,)."""
        table = table_of(samples, issued)
        shape = table.start.shape  # (B, H, N)
        values = table.values.reshape(-1, table.values.shape[-1])
        place = np.broadcast_to(number, shape).ravel()
        values[:, table.names.index("place")] = place
        return cls(
            values,
            table.names,
            targets_of(samples, issued, table).ravel(),
            np.broadcast_to(table.level[:, None], shape).ravel(),
            place,
            np.broadcast_to(np.arange(shape[1])[:, None], shape).ravel(),
            _slots(samples, issued).ravel(),
        )

    def columns(self, names: Sequence[str]) -> Float:
        """Return the columns of some names, shape (any, name)."""
        return self.values[:, [self.names.index(name) for name in names]]

    def only(self, chosen: npt.NDArray[np.bool_]) -> Rows:
        """Return some of the rows."""
        values, names, *rest = (getattr(self, each.name) for each in fields(self))
        return Rows(values[chosen], names, *(each[chosen] for each in rest))

    @classmethod
    def joined(cls, parts: Sequence[Rows]) -> Rows:
        """Return the rows of several parts as one."""
        each = {one.name: [getattr(part, one.name) for part in parts] for one in fields(cls)}
        names = each.pop("names")[0]
        return cls(names=names, **{name: np.concatenate(arrays) for name, arrays in each.items()})


def rows_of(samples: Samples, number: Ints, issued: Ints) -> Iterator[Rows]:
    """Return the rows of issue rows, a few issue times each."""
    size = max(1, AT_ONCE // (samples.recipe.horizon * len(number)))
    for start in range(0, len(issued), size):
        yield Rows.of(samples, number, issued[start : start + size])


def learned_and_judged(samples: Samples, hour: int | None, seed: int) -> tuple[Rows, Rows | None]:
    """Return the rows to learn from, and those of the weeks that are held out; None if nothing was measured in them.

    Args:
        samples: Of the training part.
        hour: Local hour at which forecasts are issued; None for any, one of each day or more of a short history.
        seed: Of the hours.
    """
    parts = parts_of(samples, hour)
    random = np.random.default_rng(seed)
    drawn = parts.draw(random) if parts.regular is None else parts.learned[parts.regular]
    each = len(drawn) * samples.recipe.horizon * len(samples.panel.locations)
    more = [] if parts.regular is not None else [parts.draw(random) for _ in range(min(parts.day, ENOUGH // max(1, each)))]
    judged = _measured(samples, parts.judged) if len(parts.judged) else None
    return _measured(samples, np.unique(np.concatenate([drawn, *more]))), judged if judged and len(judged.target) else None


@dataclass(frozen=True)
class Tabulated:
    """How a panel becomes rows, and what is said of rows a forecast.

    Attributes:
        recipe: How samples are made.
        placing: Which places were learned, and how others are brought to their scale.
        unit: Of the readings.
    """

    recipe: Recipe
    placing: Placing
    unit: str

    @classmethod
    def of(cls, panel: Panel, recipe: Recipe) -> Tabulated:
        """Return how panels like the one that was learned from are read."""
        return cls(recipe, Placing.fit(panel, panel_grid(panel, ROUGH, until=panel.end), recipe.scaler), panel.unit)

    @property
    def reach(self) -> pd.Timedelta:
        """What samples look back, and a day for what lags behind it."""
        return self.recipe.reach * self.recipe.freq + MARGIN

    def forecast(
        self, panel: Panel, issue_times: pd.DatetimeIndex, levels: Sequence[float], ask: Callable[[Rows], Floats]
    ) -> Forecast:
        """Return the forecast of a panel.

        Args:
            panel: Readings and weather.
            issue_times: Moments of issue, UTC.
            levels: Of the quantiles, shape (Q,).
            ask: From rows to point and quantiles above the level, shape (any, 1 + Q). [scaled]

        Raises:
            PanelError: If the panel has another step or unit than the one that was learned from, or ends before an issue time.
        """
        self._require_like(panel, issue_times)
        samples = Samples(self._recipe(panel, issue_times.min()), panel)
        number = self.placing.numbers(panel).astype(np.int64) - 1
        issued = samples.rows_of(issue_times)
        scaled = np.concatenate([ask(rows) + rows.level[:, None] for rows in rows_of(samples, number, issued)])
        scaled = scaled.reshape(len(issued), self.recipe.horizon, len(number), -1)  # (B, H, N, 1 + Q)
        values = samples.recipe.scaler.inverse_transform(scaled.swapaxes(2, 3)).transpose(0, 3, 1, 2).astype(np.float32)
        quality, weathered = _quality(samples, number, issued)
        return Forecast.of(
            values[..., 0],
            panel=panel,
            issue_times=issue_times,
            ex_post=panel.is_ex_post and weathered,
            quantiles=(levels, values[..., 1:]) if levels else None,
            quality=quality,
        )

    def _recipe(self, panel: Panel, first: pd.Timestamp) -> Recipe:
        """Return the recipe for a panel's places; new ones are scaled by what was known at the first issue time."""
        if panel.locations == self.recipe.scaler.locations:
            return self.recipe
        return recipe_for(self.recipe, panel.as_of(first), self.placing)

    def _require_like(self, panel: Panel, issue_times: pd.DatetimeIndex) -> None:
        problems = []
        if panel.freq != self.recipe.freq:
            found, expected = describe_freq(panel.freq), describe_freq(self.recipe.freq)
            problems.append(Problem("the readings have another step", found=found, expected=expected))
        if panel.unit != self.unit:
            problems.append(Problem("the readings are in another unit", found=f"`{panel.unit}`", expected=f"`{self.unit}`"))
        outside = (issue_times < panel.times[0]) | (issue_times > panel.end)
        if outside.any():
            expected = f"issue times from {panel.times[0]} to {panel.end}"
            problems.append(Problem("there are no readings before the issue time", listed(issue_times[outside]), expected))
        if problems:
            raise PanelError.of(problems)


def _measured(samples: Samples, issued: Ints) -> Rows:
    """Return the rows in which something was measured, of some issue times if there are too many."""
    number = np.arange(len(samples.panel.locations))
    issued = issued[:: max(1, -(-len(issued) * samples.recipe.horizon * len(number) // LIMIT))]
    return Rows.joined([rows.only(np.isfinite(rows.target)) for rows in rows_of(samples, number, issued)])


def _slots(samples: Samples, issued: Ints) -> Ints:
    """Return the steps since the local midnight, shape (B, H, N)."""
    clock, day = samples.clock, samples.recipe.lags.day
    since = np.asarray((samples.times - samples.times[0].normalize()) // samples.recipe.freq, dtype=np.int64)
    slots = (since[:, None] + clock.ahead) % day  # (time, zone)
    return np.asarray(slots[issued[:, None] + np.arange(samples.recipe.horizon)][..., clock.zone_of], dtype=np.int64)


def _quality(samples: Samples, number: Ints, issued: Ints) -> tuple[npt.NDArray[np.object_], bool]:
    """Return what is special about forecasts, shape (B, N), and whether any of them used weather."""
    few = np.array_split(issued, max(1, len(issued) // 32))
    silent = np.concatenate([~np.isfinite(samples.contexts(part)).any(axis=1) for part in few])
    weathered = (samples.weather[issued[:, None] + np.arange(samples.recipe.horizon), :, -1] > 0).any(axis=1)
    bare = ~weathered & bool(samples.recipe.covariates.names)
    texts = np.array(
        ["; ".join(said for bit, said in enumerate((NEW, SILENT, NO_WEATHER)) if mask >> bit & 1) for mask in range(8)]
    )
    return texts.astype(object)[(number < 0) + 2 * silent + 4 * bare], bool(weathered.any())
