"""What can read a context, patch by patch: (B, P, F) -> (B, U). All have about as many weights as the LSTM of that width.

Letters as in `gridcast.networks.engine`; here B are issue times times places.
"""

from __future__ import annotations

import math
from typing import Any

from gridcast.networks.attention import Axes, Block, in_order, register, rollout, softmax
from gridcast.networks.backend import keras

ops = keras.ops

BLOCKS = 2  # of the transformer, half as wide as the LSTM
KERNEL, LAYERS = 3, 4  # of the temporal convolutions


@register
class PatchLSTM(keras.layers.LSTM):  # type: ignore[misc]
    """Keras's LSTM, the same to rounding; unrolled it meets all patches with the weights at once, in half as many operations.

    It starts from zero, knows no masks, and has the usual gates and no dropout.
    """

    def call(self, sequences: Any, initial_state: Any = None, mask: Any = None, training: bool | None = False) -> Any:
        """Return the last state (B, U), or all of them (B, P, U)."""
        if not self.unroll:
            return super().call(sequences, initial_state, mask, training)
        met = ops.matmul(sequences, self.cell.kernel) + self.cell.bias  # (B, P, 4 U)
        states: list[Any] = []
        carried = state = None
        for gates in ops.unstack(met, axis=1):
            gates = gates if state is None else gates + ops.matmul(state, self.cell.recurrent_kernel)
            let_in, kept, candidate, shown = ops.split(gates, 4, axis=-1)
            new = ops.sigmoid(let_in) * ops.tanh(candidate)
            carried = new if carried is None else ops.sigmoid(kept) * carried + new
            state = ops.sigmoid(shown) * ops.tanh(carried)
            states.append(state)
        return ops.stack(states, axis=1) if self.return_sequences else state


@register
class AttentiveLSTM(keras.layers.Layer):  # type: ignore[misc]
    """An LSTM whose last state reads all its states again."""

    def __init__(self, units: int, unroll: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units, self.unroll = units, unroll
        self.lstm = PatchLSTM(units, return_sequences=True, unroll=unroll, name="lstm")
        self.size = max(1, units // 4)
        self.query, self.key = (keras.layers.Dense(self.size, use_bias=False, name=name) for name in ("query", "key"))

    def build(self, input_shape: Axes) -> None:
        """Make the weights."""
        self.lstm.build(input_shape)
        self.query.build((input_shape[0], self.units))
        self.key.build((*input_shape[:-1], self.units))

    def call(self, patches: Any) -> Any:
        """Return (B, U)."""
        states = self.lstm(patches)
        return states[:, -1] + ops.sum(ops.expand_dims(self._shares(states), -1) * states, axis=1)

    def attention(self, patches: Any) -> Any:
        """Return how much of each patch's state is read, (B, P); it adds up to 1."""
        return self._shares(self.lstm(patches))

    def _shares(self, states: Any) -> Any:
        scores = ops.sum(ops.expand_dims(self.query(states[:, -1]), 1) * self.key(states), axis=-1)
        return softmax(scores / math.sqrt(self.size))

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to build the layer again."""
        return {**super().get_config(), "units": self.units, "unroll": self.unroll}


@register
class PatchTransformer(keras.layers.Layer):  # type: ignore[misc]
    """A transformer over patches, read at the newest one (patches as in doi:10.48550/arXiv.2211.14730)."""

    def __init__(self, units: int, causal: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units, self.causal = units, causal
        self.width = max(1, units // 2)
        self.lift = keras.layers.Dense(self.width, name="lift")
        self.blocks = [Block(self.width, name=f"block_{block}") for block in range(BLOCKS)]
        self.norm = keras.layers.LayerNormalization(name="norm")
        self.out = keras.layers.Dense(units, name="out")

    def build(self, input_shape: Axes) -> None:
        """Make the weights."""
        self.lift.build(input_shape)
        for block in self.blocks:
            block.build((*input_shape[:-1], self.width))
        for layer in (self.norm, self.out):
            layer.build((input_shape[0], self.width))

    def call(self, patches: Any) -> Any:
        """Return (B, U)."""
        values = self.lift(patches)
        for block in self.blocks:
            values = block(values, **in_order(patches.shape[1], causal=self.causal))
        return self.out(self.norm(values[:, -1]))

    def attention(self, patches: Any) -> Any:
        """Return how much of what is said stems from each patch, (B, P); it adds up to 1."""
        return rollout(self.blocks, self.lift(patches), in_order(patches.shape[1], causal=self.causal))[:, -1]

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to build the layer again."""
        return {**super().get_config(), "units": self.units, "causal": self.causal}


@register
class TemporalConvolutions(keras.layers.Layer):  # type: ignore[misc]
    """Residual causal convolutions, each over steps farther apart, read at the newest patch (doi:10.48550/arXiv.1803.01271)."""

    def __init__(self, units: int, steps: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units, self.steps = units, steps
        self.width = max(1, 5 * units // 8)
        self.lift = keras.layers.Dense(self.width, name="lift")
        self.convolutions = [
            keras.layers.Conv1D(self.width, KERNEL, padding="causal", dilation_rate=apart, activation="silu", name=f"step_{apart}")
            for apart in dilations(steps)
        ]
        self.out = keras.layers.Dense(units, name="out")

    def build(self, input_shape: Axes) -> None:
        """Make the weights."""
        self.lift.build(input_shape)
        for layer in self.convolutions:
            layer.build((*input_shape[:-1], self.width))
        self.out.build((input_shape[0], self.width))

    def call(self, patches: Any) -> Any:
        """Return (B, U)."""
        values = self.lift(patches)
        for convolution in self.convolutions:
            values = values + convolution(values)
        return self.out(values[:, -1])

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to build the layer again."""
        return {**super().get_config(), "units": self.units, "steps": self.steps}


def dilations(steps: int) -> list[int]:
    """Return how far apart the steps of each convolution are, so that the last one hears of the first.

    Example:
        >>> dilations(28), dilations(81)  # 1 + 2 x (1 + 2 + 4 + 8) = 31 steps are heard, and 1 + 2 x (1 + 3 + 9 + 27) = 81
        ([1, 2, 4, 8], [1, 3, 9, 27])
    """
    base = 2
    while 1 + (KERNEL - 1) * sum(base**layer for layer in range(LAYERS)) < steps:
        base += 1
    return [base**layer for layer in range(LAYERS)]
