"""Forecasts that somebody else made, such as a grid operator: they stand in the table like those made here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from gridcast.errors import PanelError, ShapeError, counted, listed, require_positive
from gridcast.features.lags import lagged
from gridcast.forecast import Forecast
from gridcast.panel import Panel


@dataclass
class FiledForecast:
    """The forecast that was filed for each hour, whenever it was made.

    Nothing of it is in the panel, so that no other forecaster sees it.

    Attributes:
        filed: Forecasts of hours: a table whose index is the time and whose columns are places, or an array with the dims
            (time, location); the starts of intervals, naive ones are UTC. [the panel's unit]
        horizon: Number of steps.
        positive: Whether a forecast that is not above zero counts as none, at places where no reading of the panel is zero or
            below: a net load may be.
    """

    filed: pd.DataFrame | xr.DataArray
    horizon: int = 24
    positive: bool = True

    name = "operator"
    batched = True
    reach = pd.Timedelta(0)

    def __post_init__(self) -> None:
        require_positive(horizon=self.horizon)
        table = _table(self.filed)
        times = pd.DatetimeIndex(table.index)
        if not (times.is_unique and table.columns.is_unique):
            again = [*times[times.duplicated()].unique(), *table.columns[table.columns.duplicated()].unique()]
            raise PanelError("hours or places of the filed forecast come twice", found=listed(again), expected="one value for each")
        times = times.tz_localize("UTC") if times.tz is None else times.tz_convert("UTC")
        self._table = table.set_axis(times).rename(columns=str).sort_index()

    def fit(self, panel: Panel) -> FiledForecast:  # noqa: ARG002
        """Return itself: there is nothing to learn."""
        return self

    def predict(self, panel: Panel, issue_times: pd.DatetimeIndex) -> Forecast:
        """Return what was filed for the hours after the issue times; NaN where nothing was.

        Raises:
            PanelError: If nothing was filed for any of the panel's places.
        """
        if not set(panel.locations) & set(self._table.columns):
            raise PanelError(
                "the filed forecast is of other places", found=listed(self._table.columns), expected=listed(panel.locations)
            )
        filed = self._table.reindex(columns=list(panel.locations)).to_numpy(dtype=np.float32)
        if self.positive:
            always_above = ~(panel.consumption <= 0).any(axis=0)
            filed = np.where((filed <= 0) & always_above, np.float32(np.nan), filed)
        lead = np.tile(np.arange(self.horizon) * panel.freq.to_timedelta64(), len(issue_times))
        valid = issue_times.repeat(self.horizon) + pd.TimedeltaIndex(lead)
        values = lagged(filed, pd.DatetimeIndex(self._table.index).get_indexer(valid).astype(np.int64))
        shape = (len(issue_times), self.horizon, len(panel.locations))
        return Forecast.of(values.reshape(shape).transpose(0, 2, 1), panel=panel, issue_times=issue_times)


def _table(filed: pd.DataFrame | xr.DataArray) -> pd.DataFrame:
    """Return filed forecasts as a wide table.

    Raises:
        ShapeError: If an array has other dims.
        PanelError: If the index of a table is not one of times.
    """
    if isinstance(filed, xr.DataArray):
        if set(filed.dims) != {"time", "location"}:
            raise ShapeError("the filed forecast has other dims", found=str(filed.dims), expected="('time', 'location')")
        filed = pd.DataFrame(filed.transpose("time", "location").values, filed.indexes["time"], filed.indexes["location"])
    if not isinstance(filed.index, pd.DatetimeIndex):
        found = f"an index of {counted(len(filed), 'row')} of type {filed.index.dtype}"
        raise PanelError("the filed forecast has no times", found=found, expected="the start of each interval as the index")
    return filed
