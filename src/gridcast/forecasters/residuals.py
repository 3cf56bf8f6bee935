"""What a fitted forecaster got wrong where it learned, as the spread around what it says next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from gridcast.errors import ConfigError

Floats = npt.NDArray[np.float64]

LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
FEW = 20  # residuals of a group below which those of all groups stand in


def require_levels(levels: Sequence[float]) -> None:
    """Refuse levels of quantiles that are not in (0, 1) and ascending.

    Raises:
        ConfigError: If they are not.
    """
    if not all(0 < level < 1 for level in levels) or any(low >= high for low, high in pairwise(levels)):
        raise ConfigError(
            "levels of quantiles are in (0, 1) and ascend", found=str(tuple(levels)), expected="such as 0.1, 0.5, 0.9"
        )


@dataclass(frozen=True)
class Residuals:
    """Empirical quantiles of the residuals in groups, such as the hours of the day.

    Attributes:
        levels: In (0, 1), ascending, shape (Q,).
        offsets: Quantiles of measured - fitted, shape (group, Q). [the residuals' unit]
        medians: Shape (group,). [the residuals' unit]
    """

    levels: tuple[float, ...]
    offsets: Floats
    medians: Floats

    @classmethod
    def fit(cls, residuals: Floats, group: npt.NDArray[np.int64], levels: Sequence[float], groups: int) -> Residuals:
        """Return the quantiles of each group's residuals; those of all residuals where a group has few.

        Args:
            residuals: Measured - fitted, without NaN, shape (any,).
            group: Number of the group of each, shape (any,).
            levels: In (0, 1), ascending.
            groups: How many groups there are.

        Example:
            >>> found = Residuals.fit(np.arange(101.0), np.zeros(101, np.int64), (0.1, 0.9), 2)
            >>> found.offsets.tolist(), found.medians.tolist()
            ([[10.0, 90.0], [10.0, 90.0]], [50.0, 50.0])
        """
        wanted = (*levels, 0.5)
        order = np.argsort(group, kind="stable")
        parts = np.split(residuals[order], np.searchsorted(group[order], np.arange(1, groups)))
        found = np.stack([np.quantile(part if len(part) >= FEW else residuals, wanted) for part in parts])
        return cls(tuple(levels), found[:, :-1], found[:, -1])
