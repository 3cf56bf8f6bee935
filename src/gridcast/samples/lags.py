"""Lags of every step: the newest readings of the same local hour that an issue time knows, by days and by weeks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]

DAYS, WEEKS = 3, 4  # how many of the newest same hours


@dataclass(frozen=True)
class Lags:
    """Which lags a step of the horizon has.

    Attributes:
        day: Steps in a day.
        week: Steps in a week.
        horizon: Steps to forecast, H.
        context: Steps that are looked back at most.
    """

    day: int
    week: int
    horizon: int
    context: int

    @property
    def names(self) -> tuple[str, ...]:
        """What each lag is, weeks first."""
        return (*(f"week_{k}" for k in range(1, WEEKS + 1)), *(f"day_{k}" for k in range(1, DAYS + 1)))

    @property
    def offsets(self) -> Rows:
        """Steps from a step back to each of its lags, shape (H, lag); the newest one before the issue time comes first.

        Example:
            >>> Lags(24, 168, 25, 672).offsets[[0, 24]].tolist()  # the 25th step can't look back a single day
            [[168, 336, 504, 672, 24, 48, 72], [168, 336, 504, 672, 48, 72, 96]]
        """
        step = np.arange(self.horizon)[:, None]
        weeks = (step // self.week + np.arange(1, WEEKS + 1)) * self.week
        days = (step // self.day + np.arange(1, DAYS + 1)) * self.day
        return np.concatenate([weeks, days], axis=1)

    def rows(self, issued: Rows, ahead: npt.NDArray[np.int32]) -> Rows:
        """Return the rows of the lags, all before the issue row.

        Args:
            issued: Issue rows, shape (B,).
            ahead: How far local time is ahead of UTC at each row of the clock, shape (time,). [steps]

        Returns:
            Shape (B, H, lag); rows below 0 are before the first reading.
        """
        valid = issued[:, None, None] + np.arange(self.horizon)[None, :, None]
        rows = valid - self.offsets
        last = len(ahead) - 1
        rows = rows + ahead[np.clip(valid, 0, last)] - ahead[np.clip(rows, 0, last)]
        again = np.where(np.arange(rows.shape[-1]) < WEEKS, self.week, self.day)
        return np.where(rows >= issued[:, None, None], rows - again, rows)
