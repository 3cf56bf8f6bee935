"""The local clock of each place, row by row: hour, weekday, and how far it is from UTC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.clock import DAY, clock_zone, local_labels

Codes = npt.NDArray[np.int32]

HOURS, WEEKDAYS = 24, 7
HOUR = pd.Timedelta(hours=1)


@dataclass(frozen=True)
class LocalClock:
    """Local time at regular moments, once for each different zone.

    Attributes:
        zone_of: Number of each place's zone, shape (N,).
        hour: Local hour of the day, shape (time, zone). [h]
        weekday: 0 for Monday, shape (time, zone).
        ahead: How far local time is ahead of UTC, shape (time, zone). [steps]
    """

    zone_of: npt.NDArray[np.intp]
    hour: Codes
    weekday: Codes
    ahead: Codes

    @classmethod
    def of(cls, times: pd.DatetimeIndex, zones: Sequence[str], freq: pd.Timedelta) -> LocalClock:
        """Return the clock at moments.

        Args:
            times: UTC, shape (time,).
            zones: IANA name of each place's zone, shape (N,).
            freq: Step of the readings; those of days or longer are told by their middle.
        """
        names = list(dict.fromkeys(zones))
        labels = [local_labels(times, clock_zone(name, freq)) for name in names]
        naive = times.tz_convert(None)
        ahead = [np.asarray(np.rint((label - naive) / freq), dtype=np.int32) for label in labels]
        shown = [label + freq / 2 if freq >= DAY else label for label in labels]
        return cls(
            np.array([names.index(zone) for zone in zones], dtype=np.intp),
            np.stack([np.asarray(label.hour, dtype=np.int32) for label in shown], axis=1),
            np.stack([np.asarray(label.day_of_week, dtype=np.int32) for label in shown], axis=1),
            np.stack(ahead, axis=1),
        )
