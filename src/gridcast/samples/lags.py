"""Lags of every step: the newest readings of the same local hour that an issue time knows, by days, by weeks, and of a Sunday."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]

DAYS, WEEKS = 3, 4  # how many of the newest same hours
SUNDAY = 6  # what a public holiday is like


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
        """What each lag is: weeks first, then days, then the newest Sunday."""
        return (*(f"week_{k}" for k in range(1, WEEKS + 1)), *(f"day_{k}" for k in range(1, DAYS + 1)), "sunday")

    @property
    def offsets(self) -> Rows:
        """Steps from a step back to its lags by weeks and days, shape (H, lag); the newest one before the issue time comes first.

        Example:
            >>> Lags(24, 168, 25, 672).offsets[[0, 24]].tolist()  # the 25th step can't look back a single day
            [[168, 336, 504, 672, 24, 48, 72], [168, 336, 504, 672, 48, 72, 96]]
        """
        step = np.arange(self.horizon)[:, None]
        weeks = (step // self.week + np.arange(1, WEEKS + 1)) * self.week
        days = (step // self.day + np.arange(1, DAYS + 1)) * self.day
        return np.concatenate([weeks, days], axis=1)

    def rows(self, issued: Rows, ahead: npt.NDArray[np.int32], weekday: npt.NDArray[np.int32]) -> Rows:
        """Return the rows of the lags, all before the issue row.

        Args:
            issued: Issue rows, shape (B,).
            ahead: How far local time is ahead of UTC at each row of the clock, shape (time,). [steps]
            weekday: Local weekday at each row, 0 for Monday, shape (time,).

        Returns:
            Shape (B, H, lag); rows below 0 are before the first reading.
        """
        valid = issued[:, None, None] + np.arange(self.horizon)[None, :, None]
        last = len(ahead) - 1
        sunday = self._since_sunday(weekday[np.clip(valid, 0, last)])
        offsets = np.broadcast_to(self.offsets, (len(issued), *self.offsets.shape))
        rows = valid - np.concatenate([offsets, sunday], axis=-1)
        rows = rows + ahead[np.clip(valid, 0, last)] - ahead[np.clip(rows, 0, last)]
        by_days = (np.arange(rows.shape[-1]) >= WEEKS) & (np.arange(rows.shape[-1]) < WEEKS + DAYS)
        again = np.where(by_days, self.day, self.week)
        earlier: Rows = np.where(rows >= issued[:, None, None], rows - again, rows)
        return earlier

    def _since_sunday(self, weekday: npt.NDArray[np.int32]) -> Rows:
        """Return the steps back to the same hour of the newest Sunday before the issue time, weekdays of shape (B, H, 1)."""
        days = (weekday.astype(np.int64) - SUNDAY) % 7
        back = np.where(days == 0, 7, days) * self.day
        short = np.arange(self.horizon)[None, :, None] + 1 - back
        later: Rows = back + np.maximum(-(-short // self.week), 0) * self.week
        return later
