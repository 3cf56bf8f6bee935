"""The newest forecast of a trained run: of every place and of their sum, what was measured before it, and what is known of it."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.app.fanfigure import Fan
from gridcast.app.places import Places, places_of_panel
from gridcast.clock import DAY, steps_in
from gridcast.errors import GridcastWarning
from gridcast.evaluation.totals import TOTAL, summed_forecast
from gridcast.forecast import Forecast
from gridcast.loading import Listener
from gridcast.panel import Panel
from gridcast.store import write_csv
from gridcast.workflow.forecasting import issued_now, issued_table
from gridcast.workflow.opening import Opened, open_run

if TYPE_CHECKING:
    from gridcast.forecasters.hybrid import HybridForecaster

Floats = npt.NDArray[np.float64]

EARLIER = 28  # days before the newest issue time that can be chosen
WIDE = (0.1, 0.9)  # the levels between which the width of the interval is told


@dataclass(frozen=True)
class Outlook:
    """A forecast of all places.

    Attributes:
        panel: Readings and weather that it was made from.
        made: The forecast.
        total: Of the sum of all places.
        gap: First steps that are not asked for.
        notes: What is to be known of it.
    """

    panel: Panel
    made: Forecast
    total: Forecast
    gap: int
    notes: tuple[str, ...] = ()

    @property
    def moment(self) -> pd.Timestamp:
        """When it was issued, UTC."""
        return self.made.issue_times[0]

    @property
    def times(self) -> pd.DatetimeIndex:
        """Starts of the steps that are asked for, UTC, shape (H,)."""
        return pd.DatetimeIndex(self.made.valid_times[0, self.gap :]).tz_localize("UTC")

    @property
    def point(self) -> Floats:
        """Shape (N, H). [the panel's unit]"""
        return self.made.values.values[0, :, self.gap :].astype(np.float64)

    @property
    def quantiles(self) -> Floats:
        """Shape (N, H, Q), Q may be 0. [the panel's unit]"""
        return _quantiles(self.made)[:, self.gap :]

    def fan(self, place: str) -> Fan:
        """Return the fan of a place, or of `total`."""
        made = self.total if place == TOTAL else self.made
        row = made.locations.index(place)
        levels = dict(zip(made.levels, _quantiles(made)[row, self.gap :].T, strict=True))
        return Fan("forecast", self.times, made.values.values[0, row, self.gap :].astype(np.float64), levels)

    def measured(self, place: str, days: int) -> pd.Series[float]:
        """Return what was measured of a place, or of `total`, from so many days before the issue time on."""
        readings = self.panel.measured.sum(axis=1) if place == TOTAL else self.panel.measured[:, self.panel.locations.index(place)]
        times = self.panel.times
        shown = (times >= self.moment - days * DAY) & (times <= self.times[-1])
        return pd.Series(readings[shown].astype(np.float64), times[shown])


def open_outlook_run(path: Path, say: Callable[[str], None] | None = None) -> tuple[Opened, Places]:
    """Return a run that can be asked for forecasts, with its sources read again, and where its places are.

    Raises:
        GridcastError: If there is no model, or the sources can't be read.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GridcastWarning)  # of the sources; the page of data tells them
        opened = open_run(path, listener=Listener(say) if say else Listener())
    return opened, places_of_panel(opened.panel)


def moments_of(opened: Opened) -> tuple[pd.Timestamp, ...]:
    """Return the issue times that can be chosen, UTC: the newest, and those of the days before, at the hour it was trained for."""
    panel, hour = opened.panel, opened.forecaster.issue_hour
    end = panel.end
    last = end if hour is None else end.normalize() + pd.Timedelta(hours=hour)
    days = [last - back * max(DAY, panel.freq) for back in range(EARLIER + 1)]
    on_clock = [day for day in days if day < end and (day - panel.times[0]) % panel.freq == pd.Timedelta(0)]
    earliest = panel.times[0] + opened.forecaster.reach
    return (end, *(day for day in on_clock if day >= earliest))


def outlook_of(
    opened: Opened, moment: pd.Timestamp, panel: Panel | None = None, forecaster: HybridForecaster | None = None
) -> Outlook:
    """Return the forecast of an issue time.

    Args:
        opened: The run.
        moment: When it is issued, UTC.
        panel: Other readings or weather than those of the run.
        forecaster: Another forecaster.

    Raises:
        GridcastError: If too little is known at that time.
    """
    panel, forecaster = panel or opened.panel, forecaster or opened.forecaster
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", GridcastWarning)
        made = issued_now(forecaster, panel, opened.moment(moment), config=opened.config, until=opened.until)
    fitted = forecaster.fitted
    residuals = fitted.residuals if made.locations == fitted.placing.locations else None
    total = summed_forecast(made, residuals)
    said = tuple(dict.fromkeys(str(each.message) for each in caught if issubclass(each.category, GridcastWarning)))
    return Outlook(panel, made, total, opened.config.task.gap, (*_notes(made), *said))


def against_yesterday(outlook: Outlook) -> Floats:
    """Return how much larger each step is than a day before, measured or, where that is still ahead, forecast, shape (N, H). [%]"""
    day, made, panel = steps_in(DAY, outlook.made.freq), outlook.made, outlook.panel
    whole = made.values.values[0].astype(np.float64)
    rows = int((outlook.moment - panel.times[0]) / panel.freq) + np.arange(-day, 0)
    there = rows >= 0
    before = np.where(there, panel.consumption[np.maximum(rows, 0)].T, np.nan).astype(np.float64)
    series = np.concatenate([before, whole], axis=1)
    earlier, now = series[:, : whole.shape[1]][:, outlook.gap :], outlook.point
    found: Floats = 100 * (np.divide(now, earlier, out=np.full(now.shape, np.nan), where=earlier > 0) - 1)
    return found


def uncertainty(outlook: Outlook) -> Floats | None:
    """Return the width of the 80 % interval, shape (N, H) [% of the forecast]; None where it is not known."""
    levels = np.array(outlook.made.levels)
    at = [np.flatnonzero(np.isclose(levels, level)) for level in WIDE]
    if not all(len(each) for each in at):
        return None
    low, high = (outlook.quantiles[..., int(each[0])] for each in at)
    found: Floats = 100 * np.divide(high - low, outlook.point, out=np.full(low.shape, np.nan), where=outlook.point > 0)
    return found


def usual_load(outlook: Outlook, days: int = 28) -> Floats:
    """Return the mean of what was measured in the days before, shape (N,). [the panel's unit]"""
    panel = outlook.panel
    rows = (panel.times >= outlook.moment - days * DAY) & (panel.times < outlook.moment)
    values = panel.measured[rows].astype(np.float64)
    count = np.isfinite(values).sum(axis=0)
    return np.where(count > 0, np.nansum(values, axis=0) / np.maximum(count, 1), np.nan)


def as_csv(outlook: Outlook) -> bytes:
    """Return the forecast as the CSV that `gridcast forecast` writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "forecast.csv"
        write_csv(issued_table(outlook.made, outlook.panel, gap=outlook.gap), path)
        return path.read_bytes()


def _quantiles(made: Forecast) -> Floats:
    """Return the quantiles, shape (N, H, Q)."""
    if made.quantiles is None:
        return np.empty((*made.values.shape[1:], 0))
    found: Floats = made.quantiles.values[0].astype(np.float64)
    return found


def _notes(made: Forecast) -> tuple[str, ...]:
    """Return what is special about a forecast."""
    notes = ["Ex post: weather that was measured stands in for a weather forecast."] if made.is_ex_post else []
    if made.quality is not None:
        for note, own in pd.Series(made.locations).groupby(made.quality.values[0]):
            if note and len(own):
                places = (
                    "all places" if len(own) == len(made.locations) else ", ".join(own.head(5)) + (" ..." if len(own) > 5 else "")
                )
                notes.append(f"{str(note).capitalize()}: {places}.")
    return tuple(notes)
