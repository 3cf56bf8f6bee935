"""The calendar of each place as the network reads it: computed once for places that share one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.features.calendar import Calendar, LocationCalendars
from gridcast.features.groups import calendar_for
from gridcast.panel import Panel
from gridcast.samples.localclock import HOURS, WEEKDAYS, LocalClock

Float = npt.NDArray[np.float32]

CODES = HOURS + WEEKDAYS


@dataclass(frozen=True)
class CalendarRows:
    """One-hot hour and weekday, and the calendar's covariates, at each row.

    Attributes:
        values: Shape (row, M, F), M different calendars.
        which: Calendar of each place, shape (N,).
        names: Of the columns.
    """

    values: Float
    which: npt.NDArray[np.intp]
    names: tuple[str, ...]

    @classmethod
    def of(cls, panel: Panel, times: pd.DatetimeIndex, clock: LocalClock, calendar: Calendar | None) -> CalendarRows:
        """Return the calendar of a panel's places at moments."""
        known = None if calendar is None else calendar_for(panel, calendar)
        own = known.calendars if isinstance(known, LocationCalendars) else (known,) * len(panel.locations)
        keys = list(zip(clock.zone_of.tolist(), own, strict=True))
        different = list(dict.fromkeys(keys))
        codes = [np.eye(HOURS)[clock.hour[:, zone]] for zone, _ in different]
        days = [np.eye(WEEKDAYS)[clock.weekday[:, zone]] for zone, _ in different]
        parts = [np.stack(codes, axis=1), np.stack(days, axis=1)]
        names = (*(f"hour_{hour}" for hour in range(HOURS)), *(f"weekday_{day}" for day in range(WEEKDAYS)))
        if isinstance(known, LocationCalendars):
            parts.append(LocationCalendars(tuple(each for _, each in different if each), known.freq).at(times))
            names += known.names
        elif known is not None:
            shared = known.at(times)
            parts.append(np.broadcast_to(shared[:, None], (len(times), len(different), shared.shape[1])))
            names += known.names
        which = np.array([different.index(key) for key in keys], dtype=np.intp)
        return cls(np.concatenate(parts, axis=-1, dtype=np.float32), which, names)

    @property
    def holiday(self) -> int | None:
        """Column that tells public holidays, if one does."""
        return self.names.index("holiday") if "holiday" in self.names else None

    def at(self, rows: npt.NDArray[np.integer]) -> Float:
        """Return the covariates at rows, shape (*rows, N, F), or (*rows, 1, F) where all places share them."""
        found = self.values[rows]
        return found if found.shape[-2] == 1 else found[..., self.which, :]
