"""Series of several steps on one clock: an operator that changes from hours to quarters, zones of which some report quarters."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from gridcast.clock import DAY, describe_freq
from gridcast.errors import PanelError, listed

MINUTES = np.array([1, 5, 10, 15, 20, 30, 60, 1440])  # the usual steps
RARE = 0.05  # share of a series below which a step does not count: days with few readings look coarse


def on_one_clock(
    series: Mapping[str, pd.Series], freq: pd.Timedelta | None = None, *, covered: float = 1.0
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return series of mean power, a column each, at one step: means of the finer readings, NaN where too few of them are there.

    Args:
        series: By location; index in UTC at the START of the interval, in any order; of a moment told twice the last counts.
        freq: The step; the coarsest that any of them has if None.
        covered: Share of a step that must be covered by readings. [1]

    Returns:
        The table, index `timestamp`, and what is worth saying.

    Raises:
        PanelError: If there is not a single reading.

    Example:
        >>> quarters = pd.Series([1.0, 2, 3, 6], pd.date_range("2024-01-01", periods=4, freq="15min", tz="UTC"))
        >>> on_one_clock({"a": quarters}, pd.Timedelta(hours=1))[0]["a"].tolist()
        [3.0]
    """
    whole = {name: values[~values.index.duplicated(keep="last")].sort_index().dropna() for name, values in series.items()}
    empty = [name for name, values in whole.items() if values.empty]
    if len(empty) == len(whole):
        raise PanelError(
            "there are no readings",
            found=f"nothing for {listed(empty)}",
            expected="at least one",
            hint="ask for other days or places",
        )
    steps = {name: _steps(pd.DatetimeIndex(values.index)) for name, values in whole.items()}
    step = freq or max(max(_common(own)) for own in steps.values() if len(own))
    said = [
        f"{name}: readings {_told(own)} apart, now their means over {describe_freq(step)}"
        for name, own in steps.items()
        if _finer(own, step)
    ]
    said += [f"{name}: no readings" for name in empty]
    columns = {name: _means(values, steps[name], step, covered) for name, values in whole.items()}
    table = pd.DataFrame(columns, dtype=float).sort_index()
    clock = pd.date_range(table.index[0], table.index[-1], freq=step, name="timestamp")
    return table.reindex(clock)[list(series)], tuple(said)


def _steps(times: pd.DatetimeIndex) -> pd.Series:
    """Return the step of the day of each reading: the nearest usual one to the median difference, or on odd days that of most."""
    days = times.floor(DAY)
    minutes = pd.Series(times, index=times).diff() / pd.Timedelta(minutes=1)
    gaps = minutes.groupby(days).median()
    usual = gaps.fillna(gaps.median()).fillna(DAY / pd.Timedelta(minutes=1)).to_numpy()
    nearest = np.abs(np.log(usual[:, None] / MINUTES)).argmin(axis=1)
    steps = pd.Series(pd.to_timedelta(MINUTES[nearest], unit="min"), index=gaps.index).reindex(days).set_axis(times)
    return steps.where(steps.isin(_common(steps)), steps.mode().min())


def _common(steps: pd.Series) -> list[pd.Timedelta]:
    shares = steps.value_counts(normalize=True)
    return [pd.Timedelta(step) for step in shares.index[shares >= RARE]]


def _finer(steps: pd.Series, step: pd.Timedelta) -> bool:
    return bool((steps < step).any())


def _told(steps: pd.Series) -> str:
    return " or ".join(describe_freq(step) for step in sorted(_common(steps)))


def _means(values: pd.Series, steps: pd.Series, step: pd.Timedelta, covered: float) -> pd.Series:
    """Return the means over `step` where the readings cover enough of it."""
    parts = []
    for own in sorted(set(steps)):
        part = values[steps == own]
        fine = part.groupby(pd.DatetimeIndex(part.index).floor(own)).mean()
        parts.append(pd.DataFrame({"value": fine, "share": min(own / step, 1.0)}))
    if not parts:
        return pd.Series(dtype=float, index=pd.DatetimeIndex([], tz="UTC"))
    grouped = pd.concat(parts).groupby(lambda time: time.floor(step))
    sums = grouped.agg(share=("share", "sum"), mean=("value", "mean"))
    return sums["mean"].where(sums["share"] > covered - 1e-6)
