"""What a fitted hybrid is: its recipe, its places, its networks and their calibration; and what it asks of a panel."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.calibration import Calibration
from gridcast.clock import DAY, describe_freq
from gridcast.errors import PanelError, Problem, counted, listed
from gridcast.forecast import Forecast, joined_in_time
from gridcast.forecasters.placing import Placing, recipe_for
from gridcast.panel import Panel
from gridcast.samples.placed import Placed
from gridcast.samples.recipe import Recipe
from gridcast.samples.samples import Rows, Samples

if TYPE_CHECKING:  # what answers without training needs neither
    from gridcast.networks.engine import Shape
    from gridcast.training.engine import Schedule

Ask = Callable[[Placed, Rows], npt.NDArray[np.floating[Any]]]

NEW, SILENT, NO_WEATHER = "new place", "no recent readings", "no weather"
MARGIN = DAY  # beyond the context: a lag by the local clock may reach back an hour or two more
MOST = 0.5  # share of the steps with weather, from which on a forecast is one with weather


@dataclass(frozen=True)
class Fitted:
    """A fitted hybrid.

    Attributes:
        recipe: How samples are made.
        placing: What the places are known by.
        networks: One a member.
        unit: Of the readings.
        calibration: Of the quantiles; None where nothing was held out.
        residuals: Of the point forecasts that were held out, shape (V, N, H). [the panel's unit]
        judged: When those were issued, UTC, shape (V,).
    """

    recipe: Recipe
    placing: Placing
    networks: tuple[Any, ...]
    unit: str
    calibration: Calibration | None = None
    residuals: npt.NDArray[np.float32] | None = None
    judged: npt.NDArray[np.datetime64] | None = None

    @property
    def reach(self) -> pd.Timedelta:
        """What samples look back, and a day for what lags behind it."""
        return self.recipe.reach * self.recipe.freq + MARGIN

    def placed(self, panel: Panel) -> Placed:
        """Return the samples of a panel, with what its places are known by."""
        recipe = recipe_for(self.recipe, panel, self.placing)
        flat, y, x = self.placing.cells(panel)
        static = self.placing.static(panel, y, x, recipe.scaler)
        return Placed(Samples(recipe, panel), self.placing.numbers(panel), flat, static)

    def require_fit(self, panel: Panel, issue_times: pd.DatetimeIndex) -> None:
        """Refuse a panel that the network can't read.

        Raises:
            PanelError: Naming all that does not fit.
        """
        problems = []
        if panel.freq != self.recipe.freq:
            found, expected = describe_freq(panel.freq), f"one every {describe_freq(self.recipe.freq)}"
            problems.append(Problem("the readings have another step", found=f"one every {found}", expected=expected))
        if panel.unit != self.unit:
            expected = f"`{self.unit}`, in which the network was trained" if self.unit else "none, as in training"
            problems.append(
                Problem("the readings are in another unit", found=f"`{panel.unit}`" if panel.unit else "none", expected=expected)
            )
        missing = [name for name in self.recipe.covariates.names if name not in panel.variables]
        if missing and any(name in panel.variables for name in self.recipe.covariates.names):
            problems.append(
                Problem(
                    f"weather is missing that the network was trained with: {listed(missing)}",
                    found=listed(panel.variables),
                    expected=listed(self.recipe.covariates.names, 20),
                    hint="leave the weather out as a whole, or read all of it",
                )
            )
        early = issue_times < panel.times[0] + self.recipe.lags.day * panel.freq
        late = issue_times > panel.end
        if early.any() or late.any():
            needed = f"{counted(self.recipe.context, 'reading')} before each issue time, and at least a day of them"
            problems.append(
                Problem(
                    f"no context for {int((early | late).sum())} of {len(issue_times)} issue times",
                    found=f"{listed(issue_times[early | late])}; readings from {panel.times[0]} to {panel.end}",
                    expected=needed,
                )
            )
        if problems:
            raise PanelError.of(problems)

    def quality(self, placed: Placed, rows: Rows) -> tuple[npt.NDArray[np.object_], bool]:
        """Return what is special about forecasts, shape (B, N), and whether any of them used weather."""
        samples = placed.samples
        context = samples.contexts(rows)  # (B, T, N)
        notes = [np.where(placed.number == 0, NEW, "")[None, :], np.where(np.isfinite(context).any(axis=1), "", SILENT)]
        weathered = False
        if self.recipe.covariates.names:
            there = samples.weather[rows[:, None] + np.arange(self.recipe.horizon), :, -1].mean(axis=1) > MOST
            notes.append(np.where(there, "", NO_WEATHER))
            weathered = bool(there.any())
        shape = context.shape[0], context.shape[2]
        each = [np.broadcast_to(note, shape) for note in notes]
        joined = np.array(
            ["; ".join(filter(None, texts)) for texts in zip(*(note.ravel() for note in each), strict=True)], dtype=object
        )
        return joined.reshape(shape), weathered


@dataclass(frozen=True)
class Told:
    """What a fitted hybrid tells at B issue times.

    Attributes:
        quantiles: Ascending, shape (B, N, H, Q). [the panel's unit]
        quality: What is special about each, shape (B, N); an empty text for nothing.
        weathered: Whether any used the weather of the hours to come.
    """

    quantiles: npt.NDArray[np.float64]
    quality: npt.NDArray[np.object_]
    weathered: bool


def forecast_of(fitted: Fitted, panel: Panel, issue_times: pd.DatetimeIndex, *, levels: Sequence[float], ask: Ask) -> Forecast:
    """Return the forecasts of all the panel's places, also of places never seen in training.

    Args:
        fitted: What was fitted.
        panel: Readings and weather.
        issue_times: Moments, UTC, shape (B,).
        levels: Of the quantiles, with the median, shape (Q,).
        ask: Gives the quantiles at issue rows, shape (B, H, N, Q). [scaled]

    Raises:
        PanelError: If the panel has another step or unit, or lacks what the network was trained with.
    """
    fitted.require_fit(panel, issue_times)
    strangers = set(panel.locations) - set(fitted.placing.locations)
    if strangers and not (len(issue_times) == 1 and panel.issue_time == issue_times[0]):
        known = [panel.as_of(time).recent(fitted.reach) for time in issue_times]
        parts = [forecast_of(fitted, each, issue_times[[i]], levels=levels, ask=ask) for i, each in enumerate(known)]
        return joined_in_time(parts, panel, issue_times)
    told = told_of(fitted, panel, issue_times, ask=ask)
    return Forecast.of(
        told.quantiles[..., list(levels).index(0.5)],
        panel=panel,
        issue_times=issue_times,
        ex_post=panel.is_ex_post and told.weathered,
        quantiles=(levels, told.quantiles),
        quality=told.quality,
    )


def told_of(fitted: Fitted, panel: Panel, issue_times: pd.DatetimeIndex, *, ask: Ask) -> Told:
    """Return what is told at issue times that all know the places of the panel by the same, see `forecast_of`."""
    placed = fitted.placed(panel)
    rows = placed.samples.rows_of(issue_times)
    scaled = np.asarray(ask(placed, rows), dtype=np.float64).swapaxes(2, 3)  # (B, H, Q, N)
    quantiles = placed.samples.recipe.scaler.inverse_transform(scaled).transpose(0, 3, 1, 2)  # (B, N, H, Q)
    if fitted.calibration is not None:
        quantiles = fitted.calibration.apply(quantiles, places=placed.number - 1)
    return Told(quantiles, *fitted.quality(placed, rows))


def fingerprint(shape: Shape, schedule: Schedule, placed: Placed) -> str:
    """Return what tells one training from another: settings, and all that the network is fed with."""
    samples = placed.samples
    digest = hashlib.sha256(json.dumps([shape.as_dict(), asdict(schedule)], sort_keys=True).encode())
    vintages = [array for each in samples.vintages.values() for array in (each.values, each.arrived, each.issued, each.leads)]
    for array in (
        *(samples.times.asi8, samples.measured, samples.readings, samples.weather, *vintages),
        *(samples.calendar.values, samples.calendar.which, placed.number, placed.cell, placed.static),
    ):
        digest.update(str((array.shape, array.dtype)).encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
