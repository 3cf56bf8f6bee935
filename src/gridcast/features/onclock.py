"""Weather of any step on the clock of the readings."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from gridcast.availability import ISSUED, LEAD, Availability
from gridcast.clock import describe_freq, infer_freq
from gridcast.errors import PanelError

ENOUGH = 0.5  # share of the finer values that an interval must have for a mean


def on_clock(dataset: xr.Dataset, start: pd.Timestamp, freq: pd.Timedelta) -> xr.Dataset:
    """Return weather whose times, or issue times and lead times, lie on a clock.

    Finer values are averaged over an interval, if at least half of them are there. Coarser ones are interpolated where they are
    known ahead; observed ones are held until the next, and count as available when the interval that they stand for has ended.

    Args:
        dataset: Variables (time, ...) or (issued, lead, ...), naive UTC.
        start: First moment of the clock, in UTC.
        freq: Step of the clock.

    Raises:
        PanelError: If the steps do not go into each other.
    """
    return xr.Dataset({str(name): _variable(each, start.tz_convert(None), freq) for name, each in dataset.data_vars.items()})


def _variable(variable: xr.DataArray, start: pd.Timestamp, freq: pd.Timedelta) -> xr.DataArray:
    axis = LEAD if LEAD in variable.dims else "time"
    if variable.sizes[axis] < 2:
        return variable
    labels = variable.indexes[axis]
    zero = pd.Timedelta(0) if axis == LEAD else start
    step = infer_freq(pd.DatetimeIndex(pd.Timestamp(0) + labels)) if axis == LEAD else infer_freq(pd.DatetimeIndex(labels))
    whole = max(step, freq) % min(step, freq) == pd.Timedelta(0)
    if not whole:
        raise PanelError(
            f"the step of `{variable.name}` does not fit that of the readings",
            found=f"one value every {describe_freq(step)}, one reading every {describe_freq(freq)}",
            expected="steps of which one is a multiple of the other",
        )
    if axis == LEAD:
        _require_issues_on_clock(variable, start, freq)
    if step < freq:
        return _averaged(variable, axis, zero, step, freq)
    regular = len(set(np.diff(labels.to_numpy()))) == 1
    return variable if step == freq and (regular or axis == "time") else _refined(variable, axis, step, freq)


def _averaged(
    variable: xr.DataArray, axis: str, zero: pd.Timestamp | pd.Timedelta, step: pd.Timedelta, freq: pd.Timedelta
) -> xr.DataArray:
    """Return the means over the intervals of the clock."""
    labels = variable.indexes[axis]
    interval = zero + ((labels - zero) // freq) * freq
    grouped = variable.assign_coords({axis: interval}).groupby(axis)
    counts = grouped.count()
    means = grouped.mean().where(counts >= ENOUGH * (freq / step))
    means.attrs = variable.attrs
    return means.transpose(*variable.dims).rename(variable.name)


def _refined(variable: xr.DataArray, axis: str, step: pd.Timedelta, freq: pd.Timedelta) -> xr.DataArray:
    """Return the values between coarser ones: on a line if all are known ahead, else the one before."""
    labels, rule = variable.indexes[axis], Availability.of(variable)
    count = int((labels[-1] - labels[0]) // freq) + 1
    fine = labels[0] + pd.TimedeltaIndex(np.arange(count) * freq)
    if rule.is_ahead:
        between = variable.interp({axis: fine}) if axis == "time" else _interpolated_leads(variable, fine)
        between.attrs = variable.attrs
        return between
    before = np.asarray((fine - labels[0]) // step * step + labels[0])  # the coarse label that each fine one falls to
    held = variable.reindex({axis: before}).assign_coords({axis: fine})
    held.attrs = {**variable.attrs, **Availability(rule.kind, rule.delay + step - freq).attrs}
    return held


def _interpolated_leads(variable: xr.DataArray, fine: pd.Index) -> xr.DataArray:
    """Return a forecast at further lead times; xarray interpolates along numbers only."""
    known, wanted = (np.asarray(pd.TimedeltaIndex(each) / pd.Timedelta(hours=1)) for each in (variable.indexes[LEAD], fine))
    between = variable.assign_coords({LEAD: known}).interp({LEAD: wanted})
    return between.assign_coords({LEAD: fine}).transpose(*variable.dims)


def _require_issues_on_clock(variable: xr.DataArray, start: pd.Timestamp, freq: pd.Timedelta) -> None:
    off = (variable.indexes[ISSUED] - start) % freq != pd.Timedelta(0)
    if off.any():
        raise PanelError(
            f"issue times of `{variable.name}` are off the clock of the readings",
            found=str(variable.indexes[ISSUED][off][0]),
            expected=f"moments a multiple of {describe_freq(freq)} from {start}",
        )
