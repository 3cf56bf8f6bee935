"""Which readings of earlier forecasts are there when a forecast is issued."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]


def newly_known(
    issue: npt.NDArray[Any], freq: float | np.timedelta64, delay: float | np.timedelta64, horizon: int
) -> Iterator[tuple[Integers, Integers]]:
    """Yield for each issue time which forecasts, as rows and leads from 0, became known since the one before."""
    ends = issue[:, None] + np.arange(1, horizon + 1) * freq + delay
    known = np.searchsorted(issue, ends)  # (B, H), the row of the first issue time at which it is known
    for row in range(len(issue)):
        first, last = np.searchsorted(known[:, -1], row), np.searchsorted(known[:, 0], row, side="right")
        issued, leads = np.nonzero(known[first:last] == row)
        yield issued + first, leads
