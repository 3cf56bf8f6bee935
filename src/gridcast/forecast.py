"""The Forecast: what was said at which issue time about which place and step; and what every forecaster can do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from gridcast.errors import Problem, ShapeError
from gridcast.panel import Panel

DIMS = ("issue_time", "location", "step")
QUANTILE_DIMS = (*DIMS, "quantile")
QUALITY_DIMS = ("issue_time", "location")


@dataclass(frozen=True)
class Forecast:
    """Point forecasts in the panel's unit, and, where the forecaster tells them, quantiles.

    Attributes:
        values: Shape (issue_time, location, step); step 1 is the interval that starts at the issue time; NaN where there is no
            forecast. Issue times are UTC. Attributes `unit`, `freq` [ns] between two steps, and `ex_post`.
        quantiles: Shape (issue_time, location, step, quantile), levels in (0, 1) ascending, values never crossing; None where
            there are only points.
        quality: What was special about a forecast, shape (issue_time, location), such as `no weather`; an empty text for
            nothing. None where the forecaster does not tell.
    """

    values: xr.DataArray
    quantiles: xr.DataArray | None = None
    quality: xr.DataArray | None = None

    def __post_init__(self) -> None:
        problems = []
        if self.values.dims != DIMS:
            problems.append(Problem("not a forecast", found=str(self.values.dims), expected=str(DIMS)))
        elif not pd.DatetimeIndex(self.values.indexes["issue_time"]).is_monotonic_increasing:
            problems.append(Problem("issue times of a forecast ascend", found="another order"))
        for part, dims in ((self.quantiles, QUANTILE_DIMS), (self.quality, QUALITY_DIMS)):
            if part is not None and (part.dims != dims or part.shape[:2] != self.values.shape[:2]):
                expected = f"{dims} of {self.values.shape[:2]}"
                problems.append(Problem("does not belong to the forecast", found=f"{part.dims} of {part.shape}", expected=expected))
        if not problems and self.quantiles is not None:
            problems += _problems_of_quantiles(self.quantiles)
        if problems:
            raise ShapeError.of(problems)

    @classmethod
    def of(
        cls,
        values: npt.ArrayLike,
        *,
        panel: Panel,
        issue_times: pd.DatetimeIndex,
        ex_post: bool = False,
        quantiles: tuple[Sequence[float], npt.ArrayLike] | None = None,
        quality: npt.ArrayLike | None = None,
    ) -> Forecast:
        """Return the forecast of all the panel's places, values of shape (issue_time, location, step).

        Args:
            values: The forecasts. [the panel's unit]
            panel: Whose places, unit and step they are of.
            issue_times: When they were made, UTC.
            ex_post: Whether measured weather of the predicted hours was used.
            quantiles: Levels, shape (Q,), and values, shape (issue_time, location, step, Q). [the panel's unit]
            quality: See the class, shape (issue_time, location).
        """
        values = np.asarray(values)
        where = {"issue_time": issue_times.tz_convert(None).to_numpy(), "location": list(panel.locations)}
        steps = {"step": np.arange(1, values.shape[2] + 1)}
        attrs = {"unit": panel.unit, "freq": panel.freq.value, "ex_post": int(ex_post)}
        return cls(
            xr.DataArray(values, {**where, **steps}, DIMS, attrs=attrs),
            None
            if quantiles is None
            else xr.DataArray(
                np.asarray(quantiles[1]), {**where, **steps, "quantile": np.asarray(quantiles[0], dtype=np.float64)}, QUANTILE_DIMS
            ),
            None if quality is None else xr.DataArray(np.asarray(quality, dtype=object), where, QUALITY_DIMS),
        )

    @property
    def levels(self) -> tuple[float, ...]:
        """Levels of the quantiles, in (0, 1), ascending; empty where there are only points."""
        return () if self.quantiles is None else tuple(float(level) for level in self.quantiles.indexes["quantile"])

    @property
    def issue_times(self) -> pd.DatetimeIndex:
        """The moments at which the forecasts were made, UTC."""
        return pd.DatetimeIndex(self.values.indexes["issue_time"]).tz_localize("UTC")

    @property
    def locations(self) -> tuple[str, ...]:
        """Names of the places."""
        return tuple(str(name) for name in self.values.indexes["location"])

    @property
    def horizon(self) -> int:
        """Number of steps."""
        return int(self.values.sizes["step"])

    @property
    def freq(self) -> pd.Timedelta:
        """Time between two steps."""
        return pd.Timedelta(self.values.attrs["freq"], unit="ns")

    @property
    def is_ex_post(self) -> bool:
        """Whether measured weather of the predicted hours was used in place of a weather forecast."""
        return bool(self.values.attrs.get("ex_post", 0))

    @property
    def valid_times(self) -> npt.NDArray[np.datetime64]:
        """Start of each predicted interval, UTC, shape (issue_time, step)."""
        issued = self.values.indexes["issue_time"].to_numpy()
        offsets = np.arange(self.horizon) * self.freq.to_timedelta64()
        times: npt.NDArray[np.datetime64] = issued[:, None] + offsets[None, :]
        return times

    def only(self, locations: Sequence[str]) -> Forecast:
        """Return the forecast of some of its places, in the order given."""
        parts = (self.values, self.quantiles, self.quality)
        values, *others = (None if part is None else part.sel(location=list(locations)) for part in parts)
        assert values is not None
        return Forecast(values, *others)


def joined_in_time(parts: Sequence[Forecast], panel: Panel, issue_times: pd.DatetimeIndex) -> Forecast:
    """Return one forecast of forecasts of consecutive issue times, which all tell quantiles and quality."""
    quantiles = [part.quantiles.values for part in parts if part.quantiles is not None]
    quality = [part.quality.values for part in parts if part.quality is not None]
    return Forecast.of(
        np.concatenate([part.values.values for part in parts]),
        panel=panel,
        issue_times=issue_times,
        ex_post=any(part.is_ex_post for part in parts),
        quantiles=(parts[0].levels, np.concatenate(quantiles)) if quantiles else None,
        quality=np.concatenate(quality) if quality else None,
    )


def _problems_of_quantiles(quantiles: xr.DataArray) -> list[Problem]:
    """Return what is wrong with quantiles whose dims are right."""
    levels = np.asarray(quantiles.indexes["quantile"], dtype=np.float64)
    if not (len(levels) and (levels > 0).all() and (levels < 1).all() and (np.diff(levels) > 0).all()):
        return [
            Problem("levels of quantiles are in (0, 1) and ascend", found=str(levels.tolist()), expected="such as 0.1, 0.5, 0.9")
        ]
    if (np.diff(quantiles.values, axis=-1) < 0).any():
        crossing = int((np.diff(quantiles.values, axis=-1) < 0).any(axis=-1).sum())
        return [Problem("quantiles cross", found=f"at {crossing} steps", expected="a higher level is never lower")]
    return []


def actual_values(panel: Panel, issue_times: pd.DatetimeIndex, horizon: int) -> Forecast:
    """Return what was then measured, in the shape of a forecast; NaN where there is no reading, or a filled one.

    Args:
        panel: The panel with the readings of the predicted hours.
        issue_times: Moments of issue, UTC, shape (issue_time,).
        horizon: Number of steps.
    """
    first = panel.times.get_indexer(issue_times)
    if (first < 0).any():
        first = np.asarray((issue_times - panel.times[0]) // panel.freq, dtype=np.int64)
    rows = first[:, None] + np.arange(horizon)
    inside = (rows >= 0) & (rows < len(panel.times))
    readings = panel.measured[np.where(inside, rows, 0)]
    readings = np.where(inside[..., None], readings, np.nan)
    return Forecast.of(readings.transpose(0, 2, 1), panel=panel, issue_times=issue_times)


class Predictor(Protocol):
    """Whatever is fitted already, and makes forecasts."""

    @property
    def name(self) -> str:
        """What scores and tables call it."""

    @property
    def reach(self) -> pd.Timedelta:
        """How far before an issue time the readings go on which its forecasts rest."""

    def predict(self, panel: Panel, issue_times: pd.DatetimeIndex) -> Forecast:
        """Return the forecasts; the one issued at t uses only readings whose interval had ended by t."""


class Forecaster(Predictor, Protocol):
    """What every forecaster can do: it is fitted on a panel that ends before the first issue time, then asked for issue times."""

    def fit(self, panel: Panel) -> object:
        """Learn from all readings of the panel."""
