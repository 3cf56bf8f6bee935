"""The branches of a network by name: what reads each history, and what reads the map."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gridcast.errors import ConfigError, Problem, did_you_mean, listed
from gridcast.networks.spatial import ConvolutionalLSTM, Convolutions, ConvolvedAttention, PlaceAttention
from gridcast.networks.temporal import AttentiveLSTM, PatchLSTM, PatchTransformer, TemporalConvolutions

NONE = "none"

TEMPORAL: dict[str, Callable[[int, int, bool], Any]] = {  # of width, patches, and whether to unroll a recurrence
    "lstm": lambda units, _, unroll: PatchLSTM(units, unroll=unroll, name="lstm"),
    "lstm_attention": lambda units, _, unroll: AttentiveLSTM(units, unroll, name="lstm_attention"),
    "transformer": lambda units, *_: PatchTransformer(units, name="transformer"),
    "transformer_causal": lambda units, *_: PatchTransformer(units, causal=True, name="transformer_causal"),
    "tcn": lambda units, steps, _: TemporalConvolutions(units, steps, name="tcn"),
    NONE: lambda *_: None,
}
SPATIAL: dict[str, Callable[[int, tuple[int, int]], Any]] = {  # of width and grid
    "cnn": lambda units, grid: Convolutions(units // 2, grid, name="convolutions"),
    "attention": lambda units, grid: PlaceAttention(units, grid, name="place_attention"),
    "cnn_attention": lambda units, grid: ConvolvedAttention(units, grid, name="cnn_attention"),
    "convlstm": lambda units, grid: ConvolutionalLSTM(units, grid, name="convlstm"),
    NONE: lambda *_: None,
}


def require_branches(temporal: str, spatial: str) -> None:
    """Refuse names that no branch has.

    Raises:
        ConfigError: Naming each one.

    Example:
        >>> require_branches("lstm", "cnn")
    """
    asked = (("temporal", temporal, TEMPORAL), ("spatial", spatial, SPATIAL))
    problems = [
        Problem(
            f"unknown {kind} branch", found=f"`{name}`", expected=listed(known, len(known)), hint=did_you_mean(str(name), known)
        )
        for kind, name, known in asked
        if name not in known
    ]
    if problems:
        raise ConfigError.of(problems)
