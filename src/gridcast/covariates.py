"""What is known ahead of the hours to be forecast, laid on the context: the calendar, and weather of the hours to come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.panel import Panel

Float = npt.NDArray[np.float32]

OFTEN = 0.5  # share of the training part in which a variable has a value from which on it is used
ALWAYS_THE_SAME = 1e-6  # spread in terms of the level up to which a variable does not change
FAR = 10.0  # spreads from the mean at which a value is cut: nothing farther was seen in training


class KnownAhead(Protocol):
    """Covariates that follow from the moment alone, such as a calendar."""

    def at(self, times: pd.DatetimeIndex) -> Float:
        """Return the covariates of moments, shape (time, F), or (time, location, F) where places differ. [1]"""


@dataclass(frozen=True)
class Covariates:
    """Calendar and weather covariates, scaled.

    Attributes:
        calendar: What follows from the moment alone; None for nothing.
        names: Variables of the panel that are known ahead, dims (time, location).
        centre: Mean of each variable in the training part. [its unit]
        scale: Standard deviation of each variable in the training part. [its unit]
    """

    calendar: KnownAhead | None = None
    names: tuple[str, ...] = ()
    centre: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()

    @classmethod
    def fit(cls, panel: Panel, calendar: KnownAhead | None, until: pd.Timestamp) -> Covariates:
        """Return the covariates of all variables that the panel knows ahead, scaled by their values before a moment.

        Variables that are mostly missing before it, or always the same, teach nothing and are left out.
        """
        names = tuple(name for name in panel.ahead if "location" in panel.dataset[name].dims)
        before = panel.times.searchsorted(until)
        kept: dict[str, tuple[float, float]] = {}
        for name in names:
            values = panel.values_of(name)[:before].astype(np.float64)
            if np.isfinite(values).mean() >= OFTEN:
                centre, scale = float(np.nanmean(values)), float(np.nanstd(values))
                if scale > ALWAYS_THE_SAME * max(abs(centre), 1.0):
                    kept[name] = centre, scale
        return cls(calendar, tuple(kept), tuple(centre for centre, _ in kept.values()), tuple(scale for _, scale in kept.values()))

    def at(self, panel: Panel, horizon: int) -> Float:
        """Return for each of the panel's times what is known of the time `horizon` steps later.

        Weather that is missing, or goes on for less than the horizon, is put at its mean.

        Returns:
            Shape (time, F) where all places share the covariates, else (time, location, F). [1]
        """
        times = panel.times + horizon * panel.freq
        parts = [] if self.calendar is None else [self.calendar.at(times)]
        if not self.names:
            return parts[0] if parts else np.empty((len(times), 0), dtype=np.float32)
        shape = (len(times), len(panel.locations))
        parts = [np.broadcast_to(each[:, None] if each.ndim == 2 else each, (*shape, each.shape[-1])) for each in parts]
        for name, centre, scale in zip(self.names, self.centre, self.scale, strict=True):
            later = np.full(shape, np.nan, dtype=np.float32)
            known = max(0, len(times) - horizon)
            later[:known] = panel.values_of(name)[horizon : horizon + known]
            parts.append(np.clip(np.nan_to_num((later - centre) / scale), -FAR, FAR)[..., None].astype(np.float32))
        return np.concatenate(parts, axis=-1)
