"""The scaler: puts every place on one scale, fitted on the training part only, exactly undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gridcast.errors import PanelError, ShapeError, listed

Array = npt.NDArray[np.float64]

SPREAD_OF_NORMAL = 2.5631031310892007  # distance between the 10 % and 90 % quantiles, in standard deviations


@dataclass(frozen=True)
class Scaler:
    """Centre and scale of each place: scaled = (value - centre) / scale.

    Attributes:
        centre: Median of the training readings, shape (location,). [the panel's unit]
        scale: Spread of the training readings in terms of a standard deviation, shape (location,). [the panel's unit]
        locations: Names of the places.
    """

    centre: npt.NDArray[np.float64]
    scale: npt.NDArray[np.float64]
    locations: tuple[str, ...]

    @classmethod
    def fit(cls, values: npt.ArrayLike, locations: Sequence[str]) -> Scaler:
        """Return the scaler of training readings; wild values do not disturb it, as it rests on quantiles.

        Args:
            values: Readings of the training part, shape (time, location), NaN where missing. [the panel's unit]
            locations: Names of the places, shape (location,).

        Raises:
            PanelError: If a place has no reading, or only one value, in the training part.

        Example:
            >>> scaler = Scaler.fit([[1.0], [2.0], [3.0]], ["P1"])
            >>> scaler.transform(np.array([[2.0]]))
            array([[0.]])
        """
        values = np.asarray(values, dtype=np.float64)
        low, centre, high = np.full((3, values.shape[1]), np.nan)
        for place in range(values.shape[1]):  # one place at a time: no copy of the whole panel in double precision
            readings = values[np.isfinite(values[:, place]), place]
            if len(readings):
                low[place], centre[place], high[place] = np.quantile(readings, [0.1, 0.5, 0.9])
        spread = (high - low) / SPREAD_OF_NORMAL
        flat = ~(spread > 0)
        for place in map(int, np.flatnonzero(flat)):
            readings = values[np.isfinite(values[:, place]), place]
            spread[place] = readings.std() if len(readings) and np.ptp(readings) > 0 else 0.0
        flat = ~(spread > 0)
        if flat.any():
            raise PanelError(
                f"{int(flat.sum())} places have nothing to learn from in the training part",
                found=f"no reading, or one constant value: {listed(np.asarray(locations)[flat])}",
                expected="at least two different readings of each place",
                hint=f"leave them out: `--exclude {np.asarray(locations)[flat][0]}`",
            )
        return cls(centre, spread, tuple(locations))

    def transform(self, values: npt.ArrayLike, locations: Sequence[str] | None = None) -> Array:
        """Return scaled values.

        Args:
            values: In original units; shape (..., location) without `locations`, else (sample, ...) with one location a sample.
            locations: The location of each sample, shape (sample,).
        """
        centre, scale = self._matching(np.asarray(values), locations)
        return (np.asarray(values) - centre) / scale

    def inverse_transform(self, values: npt.ArrayLike, locations: Sequence[str] | None = None) -> Array:
        """Return values in original units; arguments as in `transform`."""
        centre, scale = self._matching(np.asarray(values), locations)
        return np.asarray(values, dtype=np.float64) * scale + centre

    def _matching(self, values: Array, locations: Sequence[str] | None) -> tuple[Array, Array]:
        """Return centre and scale, shaped so that they broadcast against the values."""
        if locations is None:
            if values.ndim == 0 or values.shape[-1] != len(self.locations):
                raise ShapeError(
                    "the last axis does not hold the scaler's places",
                    found=f"shape {values.shape}",
                    expected=f"(..., {len(self.locations)})",
                    hint="or name the location of each sample with `locations=`",
                )
            return self.centre, self.scale
        index = {name: place for place, name in enumerate(self.locations)}
        unknown = sorted({str(name) for name in locations} - set(index))
        if unknown:
            raise ShapeError("the scaler does not know these places", found=listed(unknown), expected=listed(self.locations))
        if len(locations) != len(values):
            raise ShapeError("one location a sample", found=f"{len(locations)} locations, {len(values)} samples")
        places = np.fromiter((index[str(name)] for name in locations), dtype=np.intp, count=len(locations))
        shape = (len(places), *([1] * (values.ndim - 1)))
        return self.centre[places].reshape(shape), self.scale[places].reshape(shape)
