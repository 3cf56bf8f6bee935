"""When a value became available: the rule that each variable of a panel carries, and what was there at a moment.

| availability | a value became available | examples |
|---|---|---|
| `observed` | at the end of its interval + delay | readings, measured weather |
| `forecast` | all of a vintage at its issue time + delay | weather forecasts, dims (issued, lead, ...) |
| `perfect` | always: measured weather stands in for a forecast without error, and scores are *ex post* | `perfect_weather` |
| `known` | always | a calendar, a tariff |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from gridcast.errors import PanelError, listed

Kind = Literal["observed", "forecast", "perfect", "known"]
KINDS: tuple[str, ...] = get_args(Kind)
ISSUED, LEAD = "issued", "lead"  # dims of a forecast: when it was made, and how far ahead each value lies

AT_ONCE = pd.Timedelta(0)

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Availability:
    """When the values of a variable become available.

    Attributes:
        kind: The rule.
        delay: Time from the end of the interval (observed), or from the issue time (forecast), until the value is there.
    """

    kind: Kind = "observed"
    delay: pd.Timedelta = AT_ONCE

    @classmethod
    def of(cls, variable: xr.DataArray) -> Availability:
        """Return the rule that a variable carries in its attributes; observed without delay where it carries none.

        Example:
            >>> Availability.of(xr.DataArray([1.0], dims="time", attrs={"availability": "perfect"})).kind
            'perfect'
        """
        kind = str(variable.attrs.get("availability", "observed"))
        return cls(cast("Kind", kind), pd.Timedelta(int(variable.attrs.get("delay", 0)), unit="ns"))

    @property
    def attrs(self) -> dict[str, str | int]:
        """The rule as attributes of a variable."""
        return {"availability": self.kind, "delay": self.delay.as_unit("ns").value}

    @property
    def is_ahead(self) -> bool:
        """Whether values may be there before their time has come."""
        return self.kind != "observed"


def there(variable: xr.DataArray, freq: pd.Timedelta, moment: pd.Timestamp) -> Mask:
    """Return which values were available at a moment: along `issued` for a forecast, else along `time`.

    Args:
        variable: With a dim `issued` or `time`.
        freq: Length of an interval.
        moment: In UTC.

    Example:
        >>> times = pd.date_range("2024-01-01", periods=3, freq="h")
        >>> load = xr.DataArray([1.0, 2.0, 3.0], dims="time", coords={"time": times})
        >>> there(load, pd.Timedelta(hours=1), pd.Timestamp("2024-01-01 02:00", tz="UTC")).tolist()
        [True, True, False]
    """
    rule = Availability.of(variable)
    naive = moment.tz_convert(None)
    if ISSUED in variable.dims:
        return np.asarray(variable.indexes[ISSUED] + rule.delay <= naive)
    times = pd.DatetimeIndex(variable.indexes["time"])
    if rule.kind in ("perfect", "known"):
        return np.ones(len(times), dtype=np.bool_)
    return np.asarray(times + freq + rule.delay <= naive)


def is_timed(variable: xr.DataArray) -> bool:
    """Return whether a variable changes with time, so that the question of availability arises."""
    return ISSUED in variable.dims or "time" in variable.dims


def known_then(dataset: xr.Dataset, freq: pd.Timedelta, moment: pd.Timestamp) -> xr.Dataset:
    """Return what was available at a moment, on a time axis that goes as far as anything known then does.

    Vintages made later are dropped; values of an interval that were not available yet are missing.
    """
    ended = int((pd.DatetimeIndex(dataset.indexes["time"]) + freq <= moment.tz_convert(None)).sum())
    last, made = ended, np.zeros(dataset.sizes.get(ISSUED, 0), dtype=np.bool_)
    parts: dict[str, xr.DataArray] = {}
    for name, variable in dataset.data_vars.items():
        if not is_timed(variable):
            continue
        kept = there(variable, freq, moment)
        axis = ISSUED if ISSUED in variable.dims else "time"
        if axis == ISSUED:
            made |= kept
            last = max(last, _reach(variable.isel({ISSUED: kept}), pd.DatetimeIndex(dataset.indexes["time"]), freq))
        elif Availability.of(variable).is_ahead:
            last = len(kept)
        if not kept.all():
            parts[str(name)] = variable.where(xr.DataArray(kept, dims=axis))
    cut: dict[str, object] = {"time": slice(0, last)}
    if ISSUED in dataset.dims:
        cut[ISSUED] = np.flatnonzero(made)
    return dataset.assign(parts).isel(cut)


def laid_out(variable: xr.DataArray, times: pd.DatetimeIndex) -> xr.DataArray:
    """Return a forecast with vintages as one value for each time, the newest; dims (time, ...).

    From the issue time of the newest vintage on, only that vintage counts: where it ends, values are missing.

    Args:
        variable: Dims (issued, lead, ...).
        times: Regular, naive UTC.
    """
    step = pd.Timedelta(times[1] - times[0])
    variable = variable.transpose(ISSUED, LEAD, ...)
    variable = variable.isel({ISSUED: ~np.isnan(variable.values).all(axis=tuple(range(1, variable.ndim)))})
    issued, lead = variable.indexes[ISSUED], pd.TimedeltaIndex(variable.indexes[LEAD])
    valid = issued.to_numpy()[:, None] + lead.to_numpy()[None, :]
    offset = (valid - times[0].to_numpy()) / step.to_timedelta64() if valid.size else np.empty(valid.shape)
    rows = np.rint(offset).astype(np.int64)
    used = (np.abs(offset - rows) < 1e-6) & (rows >= 0) & (rows < len(times))
    used &= np.isfinite(variable.values).reshape(*used.shape, -1).any(axis=-1)
    if len(issued):
        used[:-1] &= valid[:-1] < issued[-1].to_numpy()
    laid = np.full((len(times), *variable.shape[2:]), np.nan, dtype=np.float32)
    laid[rows[used]] = variable.values[used]  # in the order of the issue times: the newest is written last
    coords = {name: coord for name, coord in variable.coords.items() if not {ISSUED, LEAD} & set(coord.dims)}
    dims = ("time", *variable.dims[2:])
    return xr.DataArray(laid, dims=dims, coords={"time": times, **coords}, attrs=variable.attrs, name=variable.name)


def require_kind(kind: str) -> Kind:
    """Return the name of a rule.

    Raises:
        PanelError: If there is none of that name.
    """
    if kind not in KINDS:
        raise PanelError(f"`{kind}` is no availability", found=kind, expected=listed(KINDS))
    return cast("Kind", kind)


def _reach(variable: xr.DataArray, times: pd.DatetimeIndex, freq: pd.Timedelta) -> int:
    """Return how many rows of the time axis the newest vintage reaches to."""
    if not variable.sizes[ISSUED] or not variable.sizes[LEAD]:
        return 0
    end = variable.indexes[ISSUED][-1] + variable.indexes[LEAD][-1]
    return min(len(times), max(0, int((end - times[0]) // freq) + 1))
