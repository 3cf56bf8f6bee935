"""Attention in which what is far counts less: over the patches of a context, and over places.

Letters as in `gridcast.networks.engine`; S sources that are read, A heads, W width, M cells of a coarse grid.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from gridcast.networks.backend import keras

ops = keras.ops
register = keras.saving.register_keras_serializable(package="gridcast")

Axes = tuple[int | None, ...]

SLOPES = (0.5, 2.0, 8.0, 32.0)  # how fast what is far fades, of each head at first; 1 is the side of the map, or the context
MOST = 1000  # places that read each other one by one; more than these read the means of coarse cells ...
SIDE = 16  # ... with so many rows and columns
NEVER = -1e9  # to the score of what must not be read


@register
class Attention(keras.layers.Layer):  # type: ignore[misc]
    """What each of N reads of S sources, with several heads: (B, N, W) and (B, S, W) -> (B, N, W).

    The score of a source falls with its distance, in each head at a rate that is learned (as in doi:10.48550/arXiv.2108.12409).
    """

    def __init__(self, width: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width, self.size = width, max(1, width // len(SLOPES))
        inner = len(SLOPES) * self.size
        self.query, self.key, self.value = (
            keras.layers.Dense(inner, use_bias=False, name=name) for name in ("query", "key", "value")
        )
        self.out = keras.layers.Dense(width, name="out")
        logarithms = keras.initializers.Constant(np.log(SLOPES).astype("float32"))
        self.slope = self.add_weight(shape=(len(SLOPES),), initializer=logarithms, name="slope")

    def build(self, input_shape: Axes) -> None:
        """Make the weights."""
        for layer in (self.query, self.key, self.value):
            layer.build(input_shape)
        self.out.build((*input_shape[:-1], len(SLOPES) * self.size))

    def shares(self, queries: Any, sources: Any, distance: Any, offset: Any = None) -> Any:
        """Return how much of each source is read, (B, A, N, S); over the sources it adds up to 1.

        Args:
            queries: Who reads, (B, N, W).
            sources: What is read, (B, S, W).
            distance: Of both, (B or 1, N, S).
            offset: Added to the scores, (B or 1, N or 1, S).
        """
        scores = ops.matmul(self._heads(self.query(queries)), ops.swapaxes(self._heads(self.key(sources)), 2, 3))
        slope = ops.reshape(ops.exp(self.slope), (1, -1, 1, 1))
        scores = scores / math.sqrt(self.size) - slope * ops.expand_dims(distance, 1)
        if offset is not None:
            scores = scores + ops.expand_dims(offset, 1)
        return softmax(scores)

    def call(self, queries: Any, sources: Any, distance: Any, offset: Any = None) -> Any:
        """Return (B, N, W)."""
        read = ops.matmul(self.shares(queries, sources, distance, offset), self._heads(self.value(sources)))  # (B, A, N, W / A)
        read = ops.swapaxes(read, 1, 2)
        return self.out(ops.reshape(read, (-1, ops.shape(read)[1], len(SLOPES) * self.size)))

    def _heads(self, values: Any) -> Any:
        """Return the heads apart, (B, N, W) -> (B, A, N, W / A)."""
        apart = ops.reshape(values, (-1, ops.shape(values)[1], len(SLOPES), self.size))
        return ops.swapaxes(apart, 1, 2)

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to build the layer again."""
        return {**super().get_config(), "width": self.width}


@register
class Block(keras.layers.Layer):  # type: ignore[misc]
    """A block of a transformer: attention, then two dense layers, both added to what came in; (B, N, W) -> (B, N, W)."""

    def __init__(self, width: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width = width
        self.before, self.between = (keras.layers.LayerNormalization(name=name) for name in ("before", "between"))
        self.attention = Attention(width, name="attention")
        self.wide = keras.layers.Dense(2 * width, activation="silu", name="wide")
        self.narrow = keras.layers.Dense(width, name="narrow")

    def build(self, input_shape: Axes) -> None:
        """Make the weights."""
        for layer in (self.before, self.between, self.attention, self.wide):
            layer.build(input_shape)
        self.narrow.build((*input_shape[:-1], 2 * self.width))

    def call(self, values: Any, distance: Any, offset: Any = None, pool: Any = None) -> Any:
        """Return (B, N, W); `pool` (B, S, N) makes the sources of the values, else these are the sources."""
        queries = self.before(values)
        sources = queries if pool is None else ops.matmul(pool, queries)
        values = values + self.attention(queries, sources, distance, offset)
        return values + self.narrow(self.wide(self.between(values)))

    def shares(self, values: Any, distance: Any, offset: Any = None, pool: Any = None) -> Any:
        """Return how much each reads of each, the mean over the heads, (B, N, N)."""
        queries = self.before(values)
        sources = queries if pool is None else ops.matmul(pool, queries)
        shares = ops.mean(self.attention.shares(queries, sources, distance, offset), axis=1)
        return shares if pool is None else ops.matmul(shares, pool)

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to build the layer again."""
        return {**super().get_config(), "width": self.width}


@register
class PlaceEncoder(keras.layers.Layer):  # type: ignore[misc]
    """What places say, each with what it reads of the others: (B, N, C) and their positions (B, N, 2) -> (B, N, W)."""

    def __init__(self, width: int, blocks: int = 3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width, self.count = width, blocks
        self.lift = keras.layers.Dense(width, activation="silu", name="lift")
        self.blocks = [Block(width, name=f"block_{block}") for block in range(blocks)]
        self.norm = keras.layers.LayerNormalization(name="norm")

    def build(self, input_shape: Axes) -> None:
        """Make the weights."""
        self.lift.build(input_shape)
        for layer in (*self.blocks, self.norm):
            layer.build((*input_shape[:-1], self.width))

    def call(self, vectors: Any, position: Any) -> Any:
        """Return (B, N, W)."""
        lifted, places = self.lift(vectors), vectors.shape[1]
        if places is None:  # in a graph that serves any number of places
            many = ops.shape(vectors)[1] > MOST
            return ops.cond(many, lambda: self._read(lifted, in_cells(position)), lambda: self._read(lifted, one_by_one(position)))
        return self._read(lifted, _around(position, places))

    def attention(self, vectors: Any, position: Any) -> Any:
        """Return how much of what is said of a place stems from each place, (B, N, N)."""
        return rollout(self.blocks, self.lift(vectors), _around(position, vectors.shape[1]))

    def _read(self, values: Any, around: dict[str, Any]) -> Any:
        for block in self.blocks:
            values = block(values, **around)
        return self.norm(values)

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to build the layer again."""
        return {**super().get_config(), "width": self.width, "blocks": self.count}


def one_by_one(position: Any) -> dict[str, Any]:
    """Return what a block is told where all places read each other: how far they are, (B, N, N)."""
    return {"distance": _apart(position, position)}


def in_cells(position: Any) -> dict[str, Any]:
    """Return what a block is told where places read the means of coarse cells: memory is linear in their number.

    A cell counts as often as there are places in it, so that nothing changes where those in a cell say the same.

    Args:
        position: Of the places, from 0 to 1, (B, N, 2).

    Returns:
        `distance` (B, N, M), `offset` (B, 1, M), `pool` (B, M, N).
    """
    row, column = (ops.cast(ops.clip(position[..., axis] * SIDE, 0, SIDE - 1), "int32") for axis in (0, 1))
    inside = ops.swapaxes(ops.one_hot(row * SIDE + column, SIDE * SIDE, dtype=position.dtype), 1, 2)  # (B, M, N)
    count = ops.sum(inside, axis=2, keepdims=True)
    pool = inside / ops.maximum(count, 1)
    offset = ops.where(count > 0, ops.log(ops.maximum(count, 1)), NEVER)
    return {"distance": _apart(position, ops.matmul(pool, position)), "offset": ops.swapaxes(offset, 1, 2), "pool": pool}


def in_order(steps: int, *, causal: bool) -> dict[str, Any]:
    """Return what a block is told of steps of time: how far they are, of their whole, and which may not be read, (1, P, P)."""
    behind = np.arange(steps)[:, None] - np.arange(steps)
    distance = ops.convert_to_tensor((np.abs(behind) / steps).astype("float32")[None])
    later = ops.convert_to_tensor(np.where(behind < 0, NEVER, 0.0).astype("float32")[None])
    return {"distance": distance, "offset": later} if causal else {"distance": distance}


def softmax(scores: Any) -> Any:
    """Return shares that add up to 1 over the last axis, also where that has one element, of which Keras warns."""
    weights = ops.exp(scores - ops.max(scores, axis=-1, keepdims=True))
    return weights / ops.sum(weights, axis=-1, keepdims=True)


def rollout(blocks: Sequence[Block], values: Any, around: dict[str, Any]) -> Any:
    """Return how much of each of N stems from each, (B, N, N), through all blocks; over the last axis it adds up to 1.

    References:
        Abnar & Zuidema (2020), doi:10.18653/v1/2020.acl-main.385.
    """
    seen = ops.expand_dims(ops.eye(values.shape[1]), 0)
    for block in blocks:
        seen = (seen + ops.matmul(block.shares(values, **around), seen)) / 2
        values = block(values, **around)
    return seen


def _around(position: Any, places: int) -> dict[str, Any]:
    return in_cells(position) if places > MOST else one_by_one(position)


def _apart(one: Any, other: Any) -> Any:
    """Return how far positions are from others, (B, N, 2) and (B, S, 2) -> (B, N, S)."""
    rows, columns = (ops.expand_dims(one[..., axis], 2) - ops.expand_dims(other[..., axis], 1) for axis in (0, 1))
    return ops.sqrt(rows**2 + columns**2)
