"""The engine's network, from top to bottom: one for all places, all steps and all quantiles at once.

Letters: B issue times, N locations, P patches of the context, H horizon steps, G cells of the map, C channels, F features, U width,
K filters, Q quantiles.

    history (B, N, P, F) -> Dense (U / 4) -> LSTM                                        -> (B, N, U)
    map     (B, N, C)    -> cells (B, G, G, C) -> 1x1 conv -> residual 3x3 convs -> own cell, whole map -> (B, N, 2 K)
    concat [both, recent level, what the hours to come are like, attributes, place]  -> Dense -> context (B, N, 2 U)
    decoder, the same for all steps: Dense (context, step, calendar) + lead -> gate by place -> Dense -> (B, H, N, Q)
    output = same hour of last week + lines + correction + what context and step say without detour; all start at zero

Another name of `gridcast.networks.branches` puts another encoder in the place of the LSTM, or of the convolutions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from gridcast.networks.backend import keras
from gridcast.networks.branches import NONE, SPATIAL, TEMPORAL
from gridcast.networks.lines import Lines, LinesShape

ops = keras.ops

UNROLLED = 32  # recurrences of at most this many patches are unrolled, which is faster
MEMORY_DROPOUT = 0.5  # of what the recurrent branch says: a network that leans on it learns single days by heart
SPREAD = -1.5  # where the distance between two quantiles starts, before softplus
AXES = {  # the axes of a blank input before its features; 0 stands for the horizon
    "history": (1, 1),
    "recent": (1, 1),
    "steps": (1, 0, 1),
    "calendar": (1, 0, 1),
    "start": (1, 0, 1),
    "map": (1, 1),
    "static": (1, 1),
}


@dataclass(frozen=True)
class Shape:
    """What a network is like.

    Attributes:
        levels: Of the quantiles, ascending, with the median.
        places: Places that it has learned; number 0 is any other place.
        horizon: Steps to forecast.
        features: Length of the last axis of each input, and of `history` of the last two.
        grid: Rows and columns of the map.
        units: Width.
        embedding: Numbers that a place is known by.
        dropout: Share of what is dropped in training.
        blocks: Residual blocks of the decoder.
        temporal: Name of the branch that reads the histories, see `gridcast.networks.branches`.
        spatial: Name of the branch that reads the map.
        lines: Of the lines from which the forecast starts; None for the weekly lag itself.
    """

    levels: tuple[float, ...]
    places: int
    horizon: int
    features: Mapping[str, tuple[int, ...]]
    grid: tuple[int, int]
    units: int = 64
    embedding: int = 8
    dropout: float = 0.2
    blocks: int = 1
    temporal: str = "lstm"
    spatial: str = "cnn"
    lines: LinesShape | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Shape:
        """Return the shape of a mapping such as `asdict` gives."""
        features = {name: tuple(sizes) for name, sizes in values["features"].items()}
        lines = values["lines"] and LinesShape.of(values["lines"])
        plain = {"levels": tuple(values["levels"]), "grid": tuple(values["grid"]), "features": features, "lines": lines}
        return cls(**{**values, **plain})

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)


class Engine(keras.Model):  # type: ignore[misc]
    """The network; called with what `gridcast.samples` cuts, and `place`, `cell` (B, N), `static` (B, N, S), `fold` (B,)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__(name="engine")
        self.shape_of = shape
        units, dense = shape.units, keras.layers.Dense
        self.place = keras.layers.Embedding(shape.places + 1, shape.embedding, name="place")
        if shape.lines is not None:
            self.lines = Lines(shape.lines, shape.places, shape.features, name="lines")
        if shape.temporal != NONE:
            self.patches = dense(units // 4, activation="silu", name="patches")
            steps = shape.features["history"][0]
            self.temporal = TEMPORAL[shape.temporal](units, steps, steps <= UNROLLED)
        if shape.spatial != NONE:
            self.spatial = SPATIAL[shape.spatial](units, shape.grid)
        self.fusion = dense(2 * units, activation="silu", name="fusion")
        self.context = dense(2 * units, name="context")
        self.step = dense(2 * units, use_bias=False, name="step")
        self.clock = dense(2 * units, use_bias=False, name="clock")
        self.hidden = [dense(2 * units, name=f"hidden_{block}") for block in range(shape.blocks)]
        self.gate = [dense(2 * units, name=f"gate_{block}") for block in range(shape.blocks)]
        self.lead = self.add_weight(shape=(1, shape.horizon, 1, 2 * units), initializer="zeros", name="lead")
        self.linear = dense(1, use_bias=False, kernel_initializer="zeros", name="linear")
        self.direct = dense(shape.horizon, use_bias=False, kernel_initializer="zeros", name="direct")
        self.quantiles = dense(
            len(shape.levels), kernel_initializer="zeros", bias_initializer=_spread_of(shape.levels), name="quantiles"
        )
        self.drop_readings = keras.layers.Dropout(shape.dropout)
        self.drop_memory = keras.layers.Dropout(MEMORY_DROPOUT)
        self.drop = keras.layers.Dropout(shape.dropout)
        self.drop_steps = keras.layers.Dropout(shape.dropout, noise_shape=(None, 1, None, None))  # the same for all steps

    def call(self, inputs: Mapping[str, Any], training: bool | None = None) -> Any:
        """Return the quantiles relative to the recent level, (B, H, N, Q)."""
        place = self.place(inputs["place"])  # (B, N, E)
        parts = [inputs["recent"], inputs["static"], inputs["map"], place, self._coming(inputs)]
        if self.shape_of.temporal != NONE:
            parts.append(self._remembered(inputs["history"], training))
        if self.shape_of.spatial != NONE:
            parts.append(self.spatial({name: inputs[name] for name in ("map", "cell", "history")}))
        fused = self.drop(self.fusion(ops.concatenate(parts, axis=-1)), training=training)  # (B, N, 2 U)
        context = ops.expand_dims(self.context(fused), 1)  # (B, 1, N, 2 U)
        start, steps = self._start(inputs)
        hidden = ops.silu(context + self.step(steps) + self.clock(inputs["calendar"]) + self.lead)  # (B, H, N, 2 U)
        for dense, gate in zip(self.hidden, self.gate, strict=True):
            amount = ops.expand_dims(1 + gate(place), 1)  # (B, 1, N, 2 U)
            hidden = hidden + ops.silu(dense(self.drop_steps(hidden, training=training)) * amount)
        start = start + ops.swapaxes(self.direct(fused), 1, 2)  # (B, H, N)
        start = ops.expand_dims(start, -1) + self.linear(steps)
        return never_crossing(self.quantiles(hidden), self.shape_of.levels, start)

    def _start(self, inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        """Return from where the forecast starts, (B, H, N), and what is known of each step, (B, H, N, F)."""
        start, steps = inputs["start"], inputs["steps"]
        if self.shape_of.lines is not None:
            start = start + self.lines(inputs)
            steps = ops.concatenate([steps, ops.expand_dims(start, -1)], axis=-1)
        return start, steps

    def _remembered(self, history: Any, training: bool | None) -> Any:
        """Return what the temporal branch makes of the context, (B, N, P, F) -> (B, N, U)."""
        shape, patches = ops.shape(history), self._patches(history, training)
        return self.drop_memory(ops.reshape(self.temporal(patches), (-1, shape[1], self.shape_of.units)), training=training)

    def _patches(self, history: Any, training: bool | None = None) -> Any:
        """Return the patches as the temporal branch reads them, (B, N, P, F) -> (B N, P, U / 4)."""
        return self.patches(self.drop_readings(ops.reshape(history, (-1, *history.shape[2:])), training=training))

    def attention(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Return how much of what is said of each place stems from each patch, (B, N, P), and from each place, (B, N, N).

        Returns:
            `patches` and `places`, each where its branch has attention; each adds up to 1 over the last axis.
        """
        found = {}
        if hasattr(getattr(self, "temporal", None), "attention"):
            history = inputs["history"]
            shares = self.temporal.attention(self._patches(history))
            found["patches"] = ops.reshape(shares, (-1, history.shape[1], history.shape[2]))
        if hasattr(getattr(self, "spatial", None), "attention"):
            found["places"] = self.spatial.attention(inputs)
        return found

    def _coming(self, inputs: Mapping[str, Any]) -> Any:
        """Return what the hours to come are like on the whole, (B, N, F)."""
        clock = ops.mean(inputs["calendar"], axis=1)  # (B, N or 1, F)
        shape = ops.shape(inputs["recent"])
        return ops.broadcast_to(clock, (shape[0], shape[1], inputs["calendar"].shape[-1]))


def features_of(inputs: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """Return what `Shape.features` wants of a batch of inputs."""
    return {name: tuple(inputs[name].shape[len(axes) :]) for name, axes in AXES.items()}


def make_engine(shape: Shape) -> Engine:
    """Return a network with its first weights."""
    network = Engine(shape)
    sizes = {name: [axis or shape.horizon for axis in axes] for name, axes in AXES.items()}
    blank = {name: np.zeros((*axes, *shape.features[name]), dtype="float32") for name, axes in sizes.items()}
    numbers = {name: np.zeros((1, 1), dtype="int32") for name in ("place", "cell")}
    network({**blank, **numbers, "fold": np.zeros(1, dtype="int32")}, training=False)
    return network


def without_folds(network: Engine) -> Engine:
    """Return a trained network whose lines are those of the whole training part, and no others."""
    lines = network.shape_of.lines
    if lines is None or not lines.folds:
        return network
    small = make_engine(replace(network.shape_of, lines=replace(lines, folds=0)))
    for mine, other in zip(small.weights, network.weights, strict=True):
        mine.assign(other[: mine.shape[0]])
    return small


class Pinball(keras.losses.Loss):  # type: ignore[misc]
    """The mean pinball loss over all quantiles; targets are (B, H, N, 2): the reading, and how much it counts."""

    def __init__(self, levels: Sequence[float]) -> None:
        super().__init__(name="pinball", reduction="sum")
        self.levels = np.asarray(levels, dtype="float32")

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss."""
        target, weight = y_true[..., :1], y_true[..., 1]
        error = target - y_pred
        loss = ops.mean(ops.maximum(self.levels * error, (self.levels - 1) * error), axis=-1)
        return ops.sum(loss * weight) / ops.maximum(ops.sum(weight), 1.0)


def never_crossing(raw: Any, levels: Sequence[float], start: Any) -> Any:
    """Return quantiles that ascend: the median, and distances from it that are never negative.

    Args:
        raw: Shape (..., Q).
        levels: Ascending, with the median.
        start: What the median is a correction of, shape (..., 1).
    """
    middle = list(levels).index(0.5)
    median = start + raw[..., middle : middle + 1]
    below = ops.flip(ops.cumsum(ops.flip(ops.softplus(raw[..., :middle]), axis=-1), axis=-1), axis=-1)
    above = ops.cumsum(ops.softplus(raw[..., middle + 1 :]), axis=-1)
    return ops.concatenate([median - below, median, median + above], axis=-1)


def _spread_of(levels: Sequence[float]) -> Any:
    return keras.initializers.Constant(np.where(np.asarray(levels) == 0.5, 0.0, SPREAD).astype("float32"))
