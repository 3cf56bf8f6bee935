"""What was before: lags, trailing means and exponential smoothing along time. None ever looks ahead.

The consumption of an hour answers to the temperature of the hours and days before it, as buildings store heat: the recency effect.
All functions take an xarray.DataArray with the dimension `time` or `lead`, or a numpy array whose first axis is time; steps are
regular. What is not finite counts as missing. What lies before the first step is missing too: of a forecast with the dimensions
(issued, lead, ...) each vintage stands alone, and a lag that reaches back beyond its first lead gives NaN, never the measured
value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from gridcast.clock import describe_freq
from gridcast.errors import ConfigError, PanelError

Floats = npt.NDArray[np.float64]
Values = TypeVar("Values", xr.DataArray, npt.NDArray[np.floating[Any]])

ENOUGH = 0.5  # of the weight of a mean has to be there


def lagged(values: Values, lag: pd.Timedelta, freq: pd.Timedelta) -> Values:
    """Return the value a lag before each step; NaN where the lag reaches back beyond the first step.

    Args:
        values: Shape (time, ...), see the module.
        lag: A positive multiple of the step.
        freq: The step.

    Raises:
        ConfigError: If the lag is no positive multiple of the step.

    Example:
        >>> lagged(np.array([[1.0], [2.0], [3.0]]), pd.Timedelta(hours=2), pd.Timedelta(hours=1)).ravel()
        array([nan, nan,  1.])
    """
    steps = _steps(lag, freq)

    def shifted(x: Floats) -> Floats:
        return np.concatenate([np.full((min(steps, len(x)), *x.shape[1:]), np.nan), x[: max(len(x) - steps, 0)]])

    return _along_time(shifted, values)


def trailing_mean(values: Values, window: pd.Timedelta, freq: pd.Timedelta) -> Values:
    """Return the mean over the window that ends where each step begins: the steps before it, and not the step itself.

    It is NaN where less than half of the window's values are there.

    Args:
        values: Shape (time, ...), see the module.
        window: A positive multiple of the step.
        freq: The step.

    Raises:
        ConfigError: If the window is no positive multiple of the step.

    Example:
        >>> hour = pd.Timedelta(hours=1)
        >>> trailing_mean(np.array([[1.0], [2.0], [np.nan], [6.0]]), 2 * hour, hour).ravel()
        array([nan, 1. , 1.5, 2. ])

    References:
        Wang, Liu & Hong (2016), doi:10.1016/j.ijforecast.2015.09.006: moving averages over the 24 hours before the hour.
    """
    steps = _steps(window, freq)

    def mean(x: Floats) -> Floats:
        there = np.isfinite(x)
        total = _before(np.where(there, x, 0.0), steps)
        count = _before(there.astype(np.float64), steps)
        return np.where(count >= ENOUGH * steps, total / np.maximum(count, 1), np.nan)

    return _along_time(mean, values)


def smoothed(values: Values, half_life: pd.Timedelta, freq: pd.Timedelta) -> Values:
    """Return the mean of each step and all before it, in which a value counts half as much a half-life later.

    Missing values have no weight. It is NaN where less than half of all weight is there: for the first half-life, and in a
    gap that lasts longer than one.

    Args:
        values: Shape (time, ...), see the module.
        half_life: Above 0.
        freq: The step.

    Raises:
        ConfigError: If the half-life is not above 0.

    Example:
        >>> hour = pd.Timedelta(hours=1)
        >>> smoothed(np.array([[4.0], [1.0], [np.nan], [np.nan]]), hour, hour).ravel()  # (4 / 4 + 1 / 2) / (3 / 4) = 2
        array([ 4.,  2., nan, nan])
    """
    if not half_life > pd.Timedelta(0):
        raise ConfigError("the half-life must be above zero", found=str(half_life), expected="a span such as 24 h")
    kept = 0.5 ** (freq / half_life)

    def mean(x: Floats) -> Floats:
        there = np.isfinite(x)
        filled = np.where(there, x, 0.0) * (1 - kept)
        weight = there * (1 - kept)
        for step in range(1, len(x)):
            filled[step] += kept * filled[step - 1]
            weight[step] += kept * weight[step - 1]
        return np.where(weight >= ENOUGH - 1e-9, filled / np.maximum(weight, 1e-9), np.nan)

    return _along_time(mean, values)


def time_dimension(values: xr.DataArray) -> str:
    """Return the dimension that is time: `lead` of a forecast with issue times, else `time`.

    Raises:
        PanelError: If there is neither.
    """
    for name in ("lead", "time"):
        if name in values.dims:
            return name
    raise PanelError(
        f"`{values.name}` has no time",
        found=f"the dimensions {', '.join(map(str, values.dims))}",
        expected="`time`, or `issued` and `lead`",
    )


def step_of(values: xr.DataArray) -> pd.Timedelta:
    """Return the step of time.

    Raises:
        PanelError: If there are fewer than two steps, or they are not regular.
    """
    dimension = time_dimension(values)
    steps = np.unique(np.diff(values[dimension].to_numpy()))
    if len(steps) != 1:
        found = f"steps of {', '.join(describe_freq(pd.Timedelta(step)) for step in steps[:5])}" if len(steps) else "one step"
        raise PanelError(
            f"`{values.name}` is not regular in `{dimension}`", found=found, expected="at least two steps, all as long"
        )
    return pd.Timedelta(steps[0])


def _before(x: Floats, steps: int) -> Floats:
    """Return the sum of the given number of steps before each step."""
    until = np.concatenate([np.zeros((1, *x.shape[1:])), np.cumsum(x, axis=0)])
    row = np.arange(len(x))
    return np.asarray(until[row] - until[np.maximum(row - steps, 0)])


def _along_time(function: Callable[[Floats], Floats], values: Values) -> Values:
    """Return a function of an array (time, ...), of the same kind, type and dimensions as the values; attributes are dropped."""
    if isinstance(values, xr.DataArray):
        axis = values.get_axis_num(time_dimension(values))
        moved = np.moveaxis(values.to_numpy(), axis, 0)
        found = np.moveaxis(function(moved.astype(np.float64)), 0, axis)
        return values.copy(data=found.astype(_float_type(moved.dtype))).drop_attrs()
    return np.asarray(function(values.astype(np.float64)), dtype=_float_type(values.dtype))


def _float_type(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return dtype if np.issubdtype(dtype, np.floating) else np.dtype(np.float64)


def _steps(span: pd.Timedelta, freq: pd.Timedelta) -> int:
    steps = span / freq
    if steps < 1 or steps != round(steps):
        raise ConfigError(
            f"{describe_freq(span)} is no multiple of the step",
            found=f"{describe_freq(span)} with readings every {describe_freq(freq)}",
            expected=f"a positive multiple of {describe_freq(freq)}",
        )
    return round(steps)
