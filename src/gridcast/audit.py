"""The audit: scramble what was not available at an issue time, and see whether the forecast changes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from gridcast.availability import ISSUED, LEAD, Availability, is_timed, laid_out, there
from gridcast.errors import counted
from gridcast.evaluation import issue
from gridcast.forecast import Forecast, Forecaster
from gridcast.panel import Panel
from gridcast.tabular import TARGET

WILD = 10.0  # spread of the scrambled values, in spreads of the true ones
SILENT = 0.1  # share of scrambled values that go missing: gaps may leak too
SAME = 0.99  # share of a forecast's values that equal others of their valid time from which on it is no forecast
THE_END = "the end of the panel"

Pipeline = Callable[[Panel, pd.Timestamp], Forecast]
"""All that is done from the loaded panel to the forecast of an issue time: masking, filling, features, fitting, predicting."""


@dataclass(frozen=True)
class Leak:
    """A variable of which something was used before it was available.

    Attributes:
        variable: Its name.
        issue_time: Of the forecast that changed; None if the variable is a measurement passed as a forecast.
        changed: How many of the forecast's values changed.
        size: How many values the forecast has.
        largest: The largest change. [the panel's unit]
        sentence: What was found.
    """

    variable: str
    issue_time: pd.Timestamp | None
    changed: int
    size: int
    largest: float
    sentence: str


@dataclass(frozen=True)
class AuditReport:
    """What an audit found.

    Attributes:
        variables: Names of the variables that were scrambled.
        issue_times: Of the forecasts that were compared.
        leaks: What leaked; empty where all forecasts stayed the same to the last bit.
    """

    variables: tuple[str, ...]
    issue_times: tuple[pd.Timestamp, ...]
    leaks: tuple[Leak, ...]

    @property
    def is_clean(self) -> bool:
        """Whether nothing leaked."""
        return not self.leaks

    def leaks_of(self, variable: str) -> tuple[Leak, ...]:
        """Return what leaked of one variable."""
        return tuple(leak for leak in self.leaks if leak.variable == variable)


def audit(pipeline: Pipeline, panel: Panel, issue_times: Sequence[pd.Timestamp], *, seed: int = 0) -> AuditReport:
    """Return which variables a pipeline uses before they are available.

    For each issue time and variable the pipeline is run anew on a panel in which all that was not available at that time is
    scrambled, once by wild values with gaps, once by gaps alone; and once on a panel that ends there. Its forecast must be
    bit-identical to the one from the true panel. Static columns and coordinates, and what a pipeline keeps from one call to the
    next, are out of reach.

    Args:
        pipeline: From the whole panel and an issue time to the forecast issued then.
        panel: Readings and weather, before anything was fitted on or derived from them.
        issue_times: In UTC.
        seed: Of the scrambled values.
    """
    variables = tuple(str(name) for name, variable in panel.dataset.data_vars.items() if is_timed(variable))
    leaks = list(measurements_passed_as_forecasts(panel))
    for number, time in enumerate(issue_times):
        truth = pipeline(panel, time)
        for name in variables:
            other = scrambled(panel, time, (name,), seed=seed + number)
            found = _compared(name, time, truth, pipeline(other, time))
            leaks += found or _compared(name, time, truth, pipeline(_silenced(panel, other, name), time))
        leaks += _compared(THE_END, time, truth, pipeline(panel.as_of(time), time)) if not leaks else []
    return AuditReport(variables, tuple(issue_times), tuple(leaks))


def scrambled(panel: Panel, moment: pd.Timestamp, names: Sequence[str], *, seed: int = 0) -> Panel:
    """Return the panel in which all that was not available at a moment is replaced by wild values and gaps.

    Args:
        panel: Readings and weather.
        moment: In UTC.
        names: Of the variables to scramble.
        seed: Of the values.
    """
    random = np.random.default_rng(seed)
    dataset = panel.dataset.copy()
    for name in names:
        variable = dataset[name]
        late = ~there(variable, panel.freq, moment)
        dataset[name] = variable.copy(data=_wild(variable, late, random))
    return Panel(dataset)


def _silenced(panel: Panel, other: Panel, name: str) -> Panel:
    """Return the panel without the values of a variable that are others in a scrambled one."""
    variable = panel.dataset[name]
    return Panel(panel.dataset.assign({name: variable.where(variable == other.dataset[name])}))


def pipeline_of(make: Callable[[], Forecaster], first: pd.Timestamp) -> Pipeline:
    """Return the pipeline that fits a new forecaster on what was known at a moment, and asks it for the issue time.

    A network that is trained twice need not be the same to the last bit, and training is slow. So where what was known is the
    same to the last bit as in the first call, the forecaster of the first call is asked; where it is not, a new one is fitted.

    Args:
        make: Returns a forecaster that is not fitted.
        first: Moment up to which it learns; issue times are not before it.
    """
    fitted: dict[bytes, Forecaster] = {}  # of the first call only: others may be large, and come once

    def forecast(panel: Panel, issue_time: pd.Timestamp) -> Forecast:
        known = panel.as_of(first)
        digest = _digest(known.dataset)
        forecaster = fitted.get(digest)
        if forecaster is None:
            forecaster = make()
            forecaster.fit(known)
            if not fitted:
                fitted[digest] = forecaster
        return issue(forecaster, panel, pd.DatetimeIndex([issue_time]))

    return forecast


def _digest(dataset: xr.Dataset) -> bytes:
    """Return a digest of all values, coordinates and attributes."""
    digest = hashlib.sha256(repr(dataset.attrs).encode())
    for name, variable in dataset.variables.items():
        values = np.ascontiguousarray(variable.values)
        digest.update(repr((name, variable.dims, values.dtype.str, values.shape, variable.attrs)).encode())
        digest.update(repr(values.tolist()).encode() if values.dtype.hasobject else values.tobytes())
    return digest.digest()


def measurements_passed_as_forecasts(panel: Panel) -> list[Leak]:
    """Return the forecasts that are none: the values of a valid time are never revised, or equal a measurement of the panel."""
    times = pd.DatetimeIndex(panel.dataset.indexes["time"])
    measured = [
        n for n in panel.variables if Availability.of(panel.dataset[n]).kind == "observed" and "time" in panel.dataset[n].dims
    ]
    leaks = []
    for name in panel.variables:
        forecast = panel.dataset[name]
        if ISSUED not in forecast.dims or forecast.sizes[LEAD] < 2 or name.endswith("_field"):
            continue
        twins = [other for other in measured if panel.dataset[other].dims == ("time", *forecast.dims[2:])]
        last = laid_out(_last_leads(forecast), times).values
        equal = next((other for other in twins if _equal(last, panel.dataset[other].values)), None)
        why = (
            f"equals the measured `{equal}` at every lead time"
            if equal
            else "is never revised"
            if _unrevised(forecast, times)
            else ""
        )
        if why:
            sentence = (
                f"the forecast `{name}` {why}: measured weather passed as a forecast; as a stand-in it goes by `perfect_weather`"
            )
            leaks.append(Leak(name, None, 0, 0, 0.0, sentence))
    return leaks


def _unrevised(forecast: xr.DataArray, times: pd.DatetimeIndex) -> bool:
    """Return whether the vintages agree wherever several of them are about the same time."""
    issued = pd.DatetimeIndex(forecast.indexes[ISSUED])
    if len(issued) < 3:
        return False
    older = forecast.isel({LEAD: np.flatnonzero(forecast.indexes[LEAD] >= np.diff(issued).min())})
    if not older.sizes[LEAD]:
        return False
    past = times < issued[-1]
    return _equal(laid_out(forecast, times).values[past], laid_out(older, times).values[past])


def _last_leads(forecast: xr.DataArray) -> xr.DataArray:
    """Return the longer half of a forecast's lead times: the nearest may well be measured."""
    return forecast.isel({LEAD: slice(forecast.sizes[LEAD] // 2, None)})


def _equal(forecast: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> bool:
    both = np.isfinite(forecast) & np.isfinite(other)
    return bool(both.any() and (forecast[both] == other[both]).mean() > SAME and np.ptp(other[both]) > 0)


def _wild(variable: xr.DataArray, late: npt.NDArray[np.bool_], random: np.random.Generator) -> npt.NDArray[np.float32]:
    """Return the values in which those that came late are noise around the true level, and gaps."""
    axis = variable.dims.index(ISSUED if ISSUED in variable.dims else "time")
    values = np.moveaxis(np.array(variable.values), axis, 0)
    if late.any():
        known = values[np.isfinite(values)]
        level, spread = (float(np.mean(known)), float(np.std(known)) or 1.0) if len(known) else (0.0, 1.0)
        shape = values[late].shape
        noise = level + WILD * spread * random.standard_normal(shape)
        values[late] = np.where(random.random(shape) < SILENT, np.nan, noise)
    return np.moveaxis(values, 0, axis)


def _compared(name: str, time: pd.Timestamp, truth: Forecast, other: Forecast) -> list[Leak]:
    """Return the leak that a changed forecast shows; nothing where it is the same to the last bit."""
    one, two = truth.values.values, other.values.values
    if one.tobytes() == two.tobytes():
        return []
    differs = ~((one == two) | (np.isnan(one) & np.isnan(two)))
    gap = np.abs(one - two)
    largest = float(np.nanmax(gap)) if np.isfinite(gap).any() else float("nan")
    what = "readings" if name == TARGET else f"`{name}`"
    sentence = (
        f"the forecast of {time:%Y-%m-%d %H:%M} UTC changes with {what} that had not arrived by then: "
        f"{counted(int(differs.sum()), 'value')} of {one.size:,}, by up to {largest:.3g}"
    )
    return [Leak(name, time, int(differs.sum()), one.size, largest, sentence)]
