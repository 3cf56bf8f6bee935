"""How probable it is that a place exceeds a limit, by the quantiles of its forecast."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.app.outlook import Outlook
from gridcast.clock import DAY

Floats = npt.NDArray[np.float64]


def exceeding(quantiles: Floats, levels: Sequence[float], limits: Floats) -> Floats:
    """Return the probability that each step exceeds the limit of its place, on a line between two quantiles, shape (N, H). [1]

    Below the lowest quantile all that is known is that it is at least 1 - its level, and above the highest one that it is at most
    1 - its level; these are returned.

    Args:
        quantiles: Shape (N, H, Q), ascending in Q.
        levels: Shape (Q,).
        limits: Shape (N,), in the unit of the quantiles; NaN for none.

    Example:
        >>> exceeding(np.array([[[10.0, 20.0, 40.0]]]), (0.1, 0.5, 0.9), np.array([30.0])).round(2).tolist()
        [[0.3]]
    """
    ascending = np.asarray(levels, dtype=np.float64)
    found = np.full(quantiles.shape[:2], np.nan)
    for place, step in np.ndindex(found.shape):
        known = quantiles[place, step]
        if np.isfinite(limits[place]) and np.isfinite(known).all():
            found[place, step] = 1 - np.interp(limits[place], known, ascending)
    return found


def usual_limits(outlook: Outlook, days: int = 28) -> Floats:
    """Return the largest reading of each place in the days before the issue time, shape (N,): a limit to begin with."""
    panel = outlook.panel
    rows = (panel.times >= outlook.moment - days * DAY) & (panel.times < outlook.moment)
    values = panel.measured[rows].astype(np.float64)
    found: Floats = np.where(np.isfinite(values).any(axis=0), np.max(np.nan_to_num(values, nan=-np.inf), axis=0), np.nan)
    return found


def risk_table(outlook: Outlook, limits: Floats) -> pd.DataFrame:
    """Return each place's highest risk of all steps, the riskiest first.

    Returns:
        Columns `place`, `limit`, `risk` [%], `told` (the risk in words, where quantiles end), `at` (the step, UTC), `peak` (the
        largest median) and `room`, how far it is below the limit. [%]
    """
    levels, point = outlook.made.levels, outlook.point
    risk = exceeding(outlook.quantiles, levels, limits)
    known = np.isfinite(risk).any(axis=1)
    at = np.where(known, np.argmax(np.nan_to_num(risk, nan=-1) + _tie(point), axis=1), 0)
    rows = np.arange(len(limits))
    peak = np.max(np.nan_to_num(point, nan=-np.inf), axis=1)
    room = 100 * (1 - np.divide(peak, limits, out=np.full(len(peak), np.nan), where=limits > 0))
    table = pd.DataFrame(
        {
            "place": outlook.made.locations,
            "limit": limits,
            "risk": np.where(known, 100 * risk[rows, at], np.nan),
            "at": outlook.times[at],
            "peak": np.where(np.isfinite(peak), peak, np.nan),
            "room": room,
        }
    )
    table["told"] = [in_words(value, levels) for value in table["risk"]]
    order = table.sort_values(["risk", "room"], ascending=[False, True], kind="stable", na_position="last")
    return order.reset_index(drop=True)


def in_words(percent: float, levels: Sequence[float]) -> str:
    """Return a risk to read, in which the ends of what is known show.

    Example:
        >>> in_words(5.0, (0.05, 0.5, 0.95)), in_words(95.0, (0.05, 0.5, 0.95)), in_words(31.7, (0.05, 0.5, 0.95))
        ('5 % or less', '95 % or more', '32 %')
    """
    if not np.isfinite(percent):
        return "not known"
    low, high = 100 * (1 - max(levels)), 100 * (1 - min(levels))
    if percent <= low + 1e-6:
        return f"{low:.0f} % or less"
    return f"{high:.0f} % or more" if percent >= high - 1e-6 else f"{percent:.0f} %"


def _tie(point: Floats) -> Floats:
    """Return what makes the step with the largest median the first of equals: far less than any risk."""
    largest = np.nanmax(np.abs(point), initial=0)
    found: Floats = 1e-9 * np.nan_to_num(point / largest) if largest > 0 else np.zeros(point.shape)
    return found
