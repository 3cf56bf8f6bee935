"""What can read the map, each place at its own position: inputs of the engine -> (B, N, U). All have about as many weights.

Letters as in `gridcast.networks.engine`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gridcast.networks.attention import Axes, PlaceEncoder, register
from gridcast.networks.backend import keras

ops = keras.ops

DILATIONS = (1, 2, 4)  # three 3x3 convolutions see 7 cells in every direction
FRAMES = 7  # newest patches that the ConvLSTM reads, a week of days

Inputs = Mapping[str, Any]


class Convolutions(keras.layers.Layer):  # type: ignore[misc]
    """What the map says about each place: (B, N, C) laid on cells, convolved, and read at each place's own cell and as a whole."""

    def __init__(self, filters: int, grid: tuple[int, int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.grid = grid
        self.channels = keras.layers.Conv2D(filters, 1, activation="silu", name="channels")
        self.steps = [
            keras.layers.Conv2D(filters, 3, padding="same", dilation_rate=dilation, activation="silu", name=f"step_{dilation}")
            for dilation in DILATIONS
        ]

    def call(self, inputs: Inputs) -> Any:
        """Return (B, N, 2 K)."""
        onto, count = cells_of(inputs, self.grid)
        maps = self.channels(laid(inputs["map"], onto, count, self.grid))
        for step in self.steps:
            maps = maps + step(maps)
        return read(maps, onto)


class PlaceAttention(keras.layers.Layer):  # type: ignore[misc]
    """What places read of each other, the near ones more, and the mean over them; (B, N, C) -> (B, N, U)."""

    def __init__(self, units: int, grid: tuple[int, int], blocks: int = 3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.grid = grid
        self.encoder = PlaceEncoder(max(1, units // 2), blocks, name="encoder")

    def build(self, input_shape: Mapping[str, Axes]) -> None:
        """Make the weights."""
        self.encoder.build(input_shape["map"])

    def call(self, inputs: Inputs) -> Any:
        """Return (B, N, U)."""
        own = self.encoder(inputs["map"], position_of(inputs["cell"], self.grid))
        whole = ops.mean(own, axis=1, keepdims=True)
        return ops.concatenate([own, ops.broadcast_to(whole, ops.shape(own))], axis=-1)

    def attention(self, inputs: Inputs) -> Any:
        """Return how much of what is said of a place stems from each place, (B, N, N); it adds up to 1."""
        return self.encoder.attention(ops.convert_to_tensor(inputs["map"]), position_of(inputs["cell"], self.grid))


class ConvolvedAttention(keras.layers.Layer):  # type: ignore[misc]
    """What the convolutions say of each place, of which places then read each other; (B, N, C) -> (B, N, U)."""

    def __init__(self, units: int, grid: tuple[int, int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.convolutions = Convolutions(max(1, 3 * units // 8), grid, name="convolutions")
        self.places = PlaceAttention(units, grid, blocks=1, name="places")

    def call(self, inputs: Inputs) -> Any:
        """Return (B, N, U)."""
        return self.places(self._convolved(inputs))

    def attention(self, inputs: Inputs) -> Any:
        """Return how much places read of each other after the convolutions, (B, N, N); it adds up to 1."""
        return self.places.attention(self._convolved(inputs))

    def _convolved(self, inputs: Inputs) -> dict[str, Any]:
        return {"map": self.convolutions(inputs), "cell": inputs["cell"]}


class ConvolutionalLSTM(keras.layers.Layer):  # type: ignore[misc]
    """The last patches as maps one after the other, and then the map itself; -> (B, N, U) (doi:10.48550/arXiv.1506.04214)."""

    def __init__(self, units: int, grid: tuple[int, int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.grid, self.filters = grid, max(1, units // 4)
        self.patches = keras.layers.Dense(self.filters, activation="silu", name="patches")
        self.lstm = keras.layers.ConvLSTM2D(self.filters, 3, padding="same", name="lstm")
        self.channels = keras.layers.Conv2D(max(1, units // 2), 1, activation="silu", name="channels")
        self.step = keras.layers.Conv2D(max(1, units // 2), 3, padding="same", activation="silu", name="step")

    def call(self, inputs: Inputs) -> Any:
        """Return (B, N, U)."""
        onto, count = cells_of(inputs, self.grid)
        maps = [self.lstm(self._frames(inputs, onto, count)), laid(inputs["map"], onto, count, self.grid)]
        joined = self.channels(ops.concatenate(maps, axis=-1))
        return read(joined + self.step(joined), onto)

    def _frames(self, inputs: Inputs, onto: Any, count: Any) -> Any:
        """Return what places say of each of the last patches, on the map, (B, P, G, G, K)."""
        patches = self.patches(inputs["history"][:, :, -FRAMES:])  # (B, N, P, K)
        _, _, steps, filters = patches.shape
        flat = ops.reshape(patches, (-1, ops.shape(patches)[1], steps * filters))
        cells = ops.matmul(ops.swapaxes(onto, 1, 2), flat) / ops.maximum(count, 1)
        return ops.transpose(ops.reshape(cells, (-1, *self.grid, steps, filters)), (0, 3, 1, 2, 4))


@register
class MapAttention(keras.layers.Layer):  # type: ignore[misc]
    """What the cells of a map read of each other, the near ones more; (B, G, G, C) -> (B, G, G, K)."""

    def __init__(self, filters: int, blocks: int = 3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.filters, self.count = filters, blocks
        self.encoder = PlaceEncoder(filters, blocks, name="encoder")

    def build(self, input_shape: Axes) -> None:
        """Make the weights."""
        self.encoder.build((input_shape[0], None, input_shape[-1]))

    def call(self, maps: Any) -> Any:
        """Return (B, G, G, K)."""
        _, rows, columns, channels = maps.shape
        flat = ops.reshape(maps, (-1, rows * columns, channels))
        position = position_of(np.arange(rows * columns)[None], (rows, columns))
        found = self.encoder(flat, ops.broadcast_to(position, (ops.shape(flat)[0], rows * columns, 2)))
        return ops.reshape(found, (-1, rows, columns, self.filters))

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to build the layer again."""
        return {**super().get_config(), "filters": self.filters, "blocks": self.count}


def position_of(cell: Any, grid: tuple[int, int]) -> Any:
    """Return the row and the column of cells, from 0 to 1 along the longer side of the map, (B, N) -> (B, N, 2)."""
    number = ops.cast(cell, "int32")
    return ops.cast(ops.stack([number // grid[1], number % grid[1]], axis=-1), "float32") / max(grid)


def cells_of(inputs: Inputs, grid: tuple[int, int]) -> tuple[Any, Any]:
    """Return in which cell each place is, (B, N, G G), and how many are in each, (B, G G, 1)."""
    onto = ops.one_hot(inputs["cell"], grid[0] * grid[1], dtype=inputs["map"].dtype)
    return onto, ops.expand_dims(ops.sum(onto, axis=1), -1)


def laid(vectors: Any, onto: Any, count: Any, grid: tuple[int, int]) -> Any:
    """Return what places say, the mean in each cell, and whether there is any, (B, N, C) -> (B, G, G, C + 1)."""
    cells = ops.matmul(ops.swapaxes(onto, 1, 2), vectors) / ops.maximum(count, 1)
    cells = ops.concatenate([cells, ops.minimum(count, 1)], axis=-1)
    return ops.reshape(cells, (-1, *grid, vectors.shape[-1] + 1))


def read(maps: Any, onto: Any) -> Any:
    """Return what the map says at each place's own cell and as a whole, (B, G, G, K) -> (B, N, 2 K)."""
    flat = ops.reshape(maps, (-1, maps.shape[1] * maps.shape[2], maps.shape[-1]))
    own = ops.matmul(onto, flat)
    whole = ops.mean(flat, axis=1, keepdims=True)
    return ops.concatenate([own, ops.broadcast_to(whole, ops.shape(own))], axis=-1)
