"""The LSTM + CNN hybrid, from top to bottom.

Letters: B samples (issue times), N locations, T context steps, F features, H horizon steps, G grid side, C channels, U units,
K filters. A model for samples of one place is the same network with N = 1 and the map summed up as a whole.

    sequence (B, N, T, F) -> patches (B N, T / p, p F) -> Dense -> LSTM        -> (B, N, U)
    frame    (B, G, G, C) -> 1x1 conv -> 3 residual 3x3 convs -> own cell's K  -> (B, N, K)
    concat [both, place embedding] -> Dense -> Dense (H)  +  same hour of the last season

Another name of `gridcast.networks.branches` puts another encoder in the place of the LSTM, or of the convolutions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gridcast.errors import ConfigError, ShapeError, require_positive
from gridcast.networks.backend import keras
from gridcast.networks.branches import NONE, TEMPORAL, require_branches
from gridcast.networks.spatial import DILATIONS, MapAttention

DROPOUT = 0.1
EMBEDDING = 8
UNROLLED = 16  # recurrences of at most this many steps are unrolled, which is faster

register = keras.saving.register_keras_serializable(package="gridcast")


@register
class PlaceVectors(keras.layers.Layer):  # type: ignore[misc]
    """What the map says about each place: (B, G, G, K) -> (B, N, 2 K), its own cell's vector and the mean over the map."""

    def __init__(self, cells: Sequence[Sequence[int]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.cells = [[int(row), int(column)] for row, column in cells]

    def call(self, features: Any) -> Any:
        """Read the features at each place's cell."""
        _, rows, columns, filters = features.shape
        flat = keras.ops.reshape(features, (-1, rows * columns, filters))
        numbers = np.array([row * columns + column for row, column in self.cells], dtype="int32")
        own = keras.ops.take(flat, numbers, axis=1)
        whole = keras.ops.mean(flat, axis=1, keepdims=True)
        return keras.ops.concatenate([own, keras.ops.broadcast_to(whole, keras.ops.shape(own))], axis=-1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return (B, N, 2 K)."""
        return (input_shape[0], len(self.cells), 2 * (input_shape[-1] or 0))

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to build the layer again."""
        return {**super().get_config(), "cells": self.cells}


@register
class PlaceEmbedding(keras.layers.Layer):  # type: ignore[misc]
    """Adds a learned vector a place: (B, N, K) -> (B, N, K + size)."""

    def __init__(self, size: int = EMBEDDING, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size = size

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the vectors."""
        self.vectors = self.add_weight(shape=(input_shape[1], self.size), initializer="random_normal", name="vectors")

    def call(self, inputs: Any) -> Any:
        """Append each place's vector."""
        vectors = keras.ops.broadcast_to(self.vectors[None], (keras.ops.shape(inputs)[0], *self.vectors.shape))
        return keras.ops.concatenate([inputs, vectors], axis=-1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return (B, N, K + size)."""
        return (*input_shape[:-1], (input_shape[-1] or 0) + self.size)

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to build the layer again."""
        return {**super().get_config(), "size": self.size}


def create_hybrid_model(  # noqa: PLR0913  one argument a choice
    temporal_input_shape: Sequence[int],
    spatial_input_shape: Sequence[int],
    *,
    horizon: int = 1,
    cells: npt.ArrayLike | None = None,
    season: int | None = None,
    patch: int = 1,
    units: int = 64,
    temporal: str = "lstm",
    spatial: str = "cnn",
) -> Any:
    """Return the hybrid as a `keras.Model` with the inputs `sequence` and `frame`.

    Args:
        temporal_input_shape: (T, F) for samples of one place, or (N, T, F) for all places together.
        spatial_input_shape: (G, G, C).
        horizon: Steps to forecast, H.
        cells: Row and column of each place on the grid, shape (N, 2); needed with (N, T, F), so that each place reads the map
            at its own cell.
        season: Start from the context's value this many steps before each target (168: the same hour last week) and learn the
            correction only: an untrained network then is the seasonal naive. None learns the forecast itself.
        patch: Steps that the LSTM takes at once; with 24 it reads an hourly context day by day, far faster than hour by hour.
        units: Width of the LSTM; the CNN has half as many filters.
        temporal: What reads the sequence: `lstm`, `lstm_attention`, `transformer`, `transformer_causal`, `tcn` or `none`.
        spatial: What reads the frame: `cnn`, `attention` (cells read each other), `cnn_attention`, `convlstm` (the channels one
            after the other) or `none`.

    Returns:
        A model from [(B, T, F), (B, G, G, C)] to (B, H), or from [(B, N, T, F), (B, G, G, C)] to (B, N, H).

    Raises:
        ShapeError: If the shapes do not fit each other.
        ConfigError: If a number is out of its range, or a branch is unknown.
    """
    require_positive(horizon=horizon, patch=patch, units=units)
    require_branches(temporal, spatial)
    if temporal == spatial == NONE:
        raise ConfigError("the network would read nothing", found="no branch", expected="`temporal` or `spatial` other than `none`")
    _check_shapes(temporal_input_shape, spatial_input_shape, cells)
    sequence = keras.Input(tuple(temporal_input_shape), name="sequence")
    frame = keras.Input(tuple(spatial_input_shape), name="frame")
    *places, steps, features = temporal_input_shape
    _check_season(steps, season, patch)

    merged = []
    if temporal != NONE:
        history = sequence if season is None else _around_level(sequence, steps, season)
        history = keras.ops.reshape(history, (-1, steps // patch, patch * features))
        history = keras.layers.Dense(units, activation="silu", name="patches")(history)
        history = TEMPORAL[temporal](units, steps // patch, steps // patch <= UNROLLED)(history)
        merged.append(history if cells is None else keras.ops.reshape(history, (-1, *places, units)))
    if spatial != NONE:
        merged += _of_map(_map_features(spatial, frame, units // 2), cells)
    fused = keras.layers.Concatenate(name="fusion")(merged)
    if cells is not None:
        fused = PlaceEmbedding(name="places")(fused)

    fused = keras.layers.Dense(2 * units, activation="silu", name="head")(fused)
    fused = keras.layers.Dropout(DROPOUT)(fused)
    start = "glorot_uniform" if season is None else "zeros"
    output = keras.layers.Dense(horizon, kernel_initializer=start, name="steps")(fused)
    if season is not None:
        output = output + _seasonal(sequence, steps, season, horizon)
    return keras.Model([sequence, frame], output, name="hybrid")


def _map_features(spatial: str, frame: Any, filters: int) -> Any:
    """Return the features of every cell, (B, G, G, C) -> (B, G, G, K)."""
    if spatial == "convlstm":
        frames = keras.ops.expand_dims(keras.ops.transpose(frame, (0, 3, 1, 2)), -1)
        return keras.layers.ConvLSTM2D(max(1, 7 * filters // 8), 3, padding="same", name="convlstm")(frames)
    if spatial == "attention":
        return MapAttention(filters, name="map_attention")(frame)
    if spatial == "cnn_attention":
        return MapAttention(filters, 1, name="map_attention")(_convolved(frame, max(1, 3 * filters // 4)))
    return _convolved(frame, filters)


def _convolved(frame: Any, filters: int) -> Any:
    """Return the features of every cell by convolutions, (B, G, G, C) -> (B, G, G, K)."""
    maps = keras.layers.Conv2D(filters, 1, activation="silu", name="channels")(frame)
    for dilation in DILATIONS:
        step = keras.layers.Conv2D(
            filters, 3, padding="same", dilation_rate=dilation, activation="silu", name=f"convolution_{dilation}"
        )(maps)
        maps = maps + step
    return maps


def _of_map(maps: Any, cells: npt.ArrayLike | None) -> list[Any]:
    """Return what is read off the map: as a whole, or at each place's cell."""
    if cells is None:
        return [keras.layers.GlobalAveragePooling2D()(maps), keras.layers.GlobalMaxPooling2D()(maps)]
    return [PlaceVectors(np.asarray(cells).tolist(), name="own_cell")(maps)]


def _around_level(sequence: Any, steps: int, season: int) -> Any:
    """Return the sequence with its consumption as the difference from its mean over the last season, (B, ..., T, F)."""
    level = keras.ops.mean(sequence[..., steps - season :, :1], axis=-2)
    return keras.ops.concatenate([sequence[..., :1] - keras.ops.expand_dims(level, -2), sequence[..., 1:]], axis=-1)


def _seasonal(sequence: Any, steps: int, season: int, horizon: int) -> Any:
    """Return the context's consumption one season before each target, (B, ..., T, F) -> (B, ..., H)."""
    last = sequence[..., steps - season : steps - season + min(horizon, season), 0]
    repeats = -(-horizon // season)
    return keras.ops.concatenate([last] * repeats, axis=-1)[..., :horizon] if repeats > 1 else last


def _check_shapes(temporal: Sequence[int], spatial: Sequence[int], cells: npt.ArrayLike | None) -> None:
    count = None if cells is None else len(np.asarray(cells))
    if len(spatial) != 3 or len(temporal) != (2 if cells is None else 3) or (count is not None and temporal[0] != count):
        raise ShapeError(
            "the input shapes do not fit",
            found=f"temporal {tuple(temporal)}, spatial {tuple(spatial)}, {'no' if count is None else count} cells",
            expected="(T, F) and (G, G, C); or (N, T, F) and (G, G, C) with `cells` of N places",
            hint="pass `X.shape[1:]` and `frames.frame_shape`, and `cells=frames.grid.cells` with all places together",
        )
    if cells is not None:
        outside = ((np.asarray(cells) < 0) | (np.asarray(cells) >= np.asarray(spatial[:2]))).any(axis=1)
        if outside.any():
            raise ShapeError(f"{int(outside.sum())} places are off the grid", found=str(np.asarray(cells)[outside][:5].tolist()))


def _check_season(steps: int, season: int | None, patch: int) -> None:
    if season is not None and not 0 < season <= steps:
        raise ConfigError("the season does not fit the context", found=f"season {season}", expected=f"1 to {steps} steps")
    if steps % patch:
        raise ConfigError(
            "the context is not a whole number of patches",
            found=f"{steps} steps in patches of {patch}",
            expected=f"a sequence length that {patch} divides",
        )
