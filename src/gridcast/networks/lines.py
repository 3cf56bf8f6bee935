"""Lines: from where the network's forecast starts, a ridge regression of each place at each hour of the day.

They are fitted in closed form before the training, and stay as they are in it. Letters as in `gridcast.networks.engine`; F terms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gridcast.networks.backend import keras

ops = keras.ops

HOURS = 24  # columns of the hour, first in the calendar
FAR = 10.0  # spreads from the mean at which a term is cut
VARIANTS = 2  # with the weather of the hours to come, and without


@dataclass(frozen=True)
class LinesShape:
    """What the lines are like.

    Attributes:
        folds: Of the training part, for each of which there are lines that have not seen it; 0 after the training.
        slots: Parts of the day, each with lines of its own; they divide 24.
        weather: First column of the weather in `steps`, and the one after its last, which tells whether it is there.
        echoes: Columns of `steps` with the weather of earlier days.
    """

    folds: int
    slots: int
    weather: tuple[int, int]
    echoes: tuple[int, ...] = ()

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> LinesShape:
        """Return the shape of a mapping such as `asdict` gives."""
        return cls(**{**values, "weather": tuple(values["weather"]), "echoes": tuple(values["echoes"])})


class Lines(keras.layers.Layer):  # type: ignore[misc]
    """What the lines add to the weekly lag; nothing before they are fitted.

    Attributes:
        bare: Terms that tell nothing of the weather, shape (F,).
    """

    def __init__(self, shape: LinesShape, places: int, features: Mapping[str, tuple[int, ...]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shape_of, self.places = shape, places
        first, after = shape.weather
        steps, calendar, recent = (features[name][-1] for name in ("steps", "calendar", "recent"))
        self.bare = self._bare(steps, calendar - HOURS + recent)
        terms = len(self.bare)
        sets = (shape.folds + 1) * VARIANTS * (places + 1) * shape.slots
        frozen = {"trainable": False, "initializer": "zeros"}
        self.coefficients = self.add_weight(shape=(sets, terms), name="coefficients", **frozen)
        self.centre = self.add_weight(shape=(terms - 1,), name="centre", **frozen)
        self.scale = self.add_weight(shape=(terms - 1,), name="scale", **frozen)
        self.curved = slice(first, after)

    def amounts(self, inputs: Mapping[str, Any]) -> Any:
        """Return what the terms are made of, (B, H, N, F - 1); of the weather also squares and cubes."""
        steps = ops.convert_to_tensor(inputs["steps"])
        shape = ops.shape(steps)[:3]
        calendar = ops.convert_to_tensor(inputs["calendar"])[..., HOURS:]
        recent = ops.expand_dims(ops.convert_to_tensor(inputs["recent"]), 1)
        weather = steps[..., self.curved]
        same = [ops.broadcast_to(each, (*shape, each.shape[-1])) for each in (calendar, recent)]
        return ops.concatenate([steps, weather**2, weather**3, *same], axis=-1)

    def terms(self, inputs: Mapping[str, Any]) -> Any:
        """Return 1 and the scaled terms of each step, (B, H, N, F)."""
        scaled = ops.clip((self.amounts(inputs) - self.centre) * self.scale, -FAR, FAR)
        return ops.concatenate([ops.ones((*ops.shape(scaled)[:3], 1), dtype=scaled.dtype), scaled], axis=-1)

    def slots_of(self, calendar: Any) -> Any:
        """Return the slot of each step, (B, H, N or 1)."""
        hour = ops.top_k(calendar[..., :HOURS], 1)[1][..., 0]  # Keras's argmax takes bits apart, which ONNX cannot
        return hour * self.shape_of.slots // HOURS

    def call(self, inputs: Mapping[str, Any]) -> Any:
        """Return what they add to the weekly lag, (B, H, N)."""
        slots = ops.cast(self.slots_of(inputs["calendar"]), "int32")
        without = ops.cast(inputs["steps"][..., self.shape_of.weather[1]] < 1, "int32")  # (B, H, N)
        variant = ops.cast(inputs["fold"], "int32")[:, None, None] * VARIANTS + without
        place = ops.expand_dims(ops.cast(inputs["place"], "int32"), 1)
        number = (variant * (self.places + 1) + place) * self.shape_of.slots + slots
        return ops.sum(self.terms(inputs) * ops.take(self.coefficients, number, axis=0), axis=-1)

    def _bare(self, steps: int, others: int) -> npt.NDArray[np.bool_]:
        first, after = self.shape_of.weather
        told = np.ones(steps, dtype=bool)
        told[first : after + 1] = False
        told[list(self.shape_of.echoes)] = False
        return np.concatenate([[True], told, np.zeros(2 * (after - first), dtype=bool), np.ones(others, dtype=bool)])
