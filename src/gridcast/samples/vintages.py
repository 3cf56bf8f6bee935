"""Weather forecasts by the moment at which they were made: what was known of the steps to come at each issue time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from gridcast.availability import ISSUED, LEAD, Availability

Float = npt.NDArray[np.float32]
Moments = npt.NDArray[np.datetime64]


@dataclass(frozen=True)
class Vintages:
    """The vintages of a variable.

    Attributes:
        values: Shape (issued, lead, N), NaN where missing.
        arrived: When each vintage was there, ascending, UTC, shape (issued,).
        issued: When it was made, shape (issued,).
        leads: From that to each value, shape (lead,).
    """

    values: Float
    arrived: Moments
    issued: Moments
    leads: npt.NDArray[np.timedelta64]

    @classmethod
    def of(cls, variable: xr.DataArray) -> Vintages:
        """Return the vintages of a variable with the dims (issued, lead, location)."""
        issued = variable.indexes[ISSUED].to_numpy()
        values = np.asarray(variable.transpose(ISSUED, LEAD, "location").values, dtype=np.float32)
        delay = Availability.of(variable).delay.to_timedelta64()
        return cls(values, issued + delay, issued, pd.TimedeltaIndex(variable.indexes[LEAD]).to_numpy())

    def at(self, moments: Moments, valid: Moments) -> Float:
        """Return what the newest vintage that was there at each moment says.

        Args:
            moments: Issue times, shape (B,).
            valid: Times of the steps, shape (B, H).

        Returns:
            Shape (B, H, N), NaN where the vintage does not tell.
        """
        newest = np.searchsorted(self.arrived, moments, side="right") - 1
        chosen = np.maximum(newest, 0)
        wanted = valid - self.issued[chosen][:, None]
        place = np.clip(np.searchsorted(self.leads, wanted), 0, len(self.leads) - 1)
        told = (self.leads[place] == wanted) & (newest >= 0)[:, None]
        found = self.values[chosen[:, None], place]
        return np.where(told[..., None], found, np.float32(np.nan))
