"""The engine as an ONNX graph, which answers without a deep-learning framework: the mean of all members in one file of bytes."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from contextlib import redirect_stderr
from io import StringIO
from typing import Any

from gridcast.errors import ConfigError
from gridcast.networks import backend
from gridcast.networks.engine import AXES, Shape

OPSET = 17
NUMBERS = {"place": 2, "cell": 2, "fold": 1}  # inputs that are whole numbers, and how many axes they have


def onnx_graph(networks: Sequence[Any]) -> Any:
    """Return the ONNX model of networks of one shape, for any number of issue times and places.

    Its inputs are those of `Engine`, by name; its output is the mean of their quantiles, (B, H, N, Q).

    Raises:
        ConfigError: If Keras does not run on TensorFlow, or tf2onnx is not installed.
    """
    if backend.name() != "tensorflow":
        found, expected = f"Keras on {backend.name()}", "Keras on TensorFlow"
        raise ConfigError("ONNX is written with another backend", found=found, expected=expected, hint="unset `KERAS_BACKEND`")
    try:
        tf2onnx = importlib.import_module("tf2onnx")
    except ImportError as error:
        hint = "pip install 'gridcast[export]'"
        raise ConfigError("tf2onnx is not installed", found=str(error), expected="the extra `export`", hint=hint) from error
    tensorflow: Any = importlib.import_module("tensorflow")
    signature = [_signature(tensorflow, networks[0].shape_of)]

    def answer(inputs: dict[str, Any]) -> Any:
        return sum(network(inputs, training=False) for network in networks) / len(networks)

    with redirect_stderr(StringIO()):
        traced = tensorflow.function(answer, input_signature=signature)
        model, _ = tf2onnx.convert.from_function(traced, input_signature=signature, opset=OPSET)
    return model


def _signature(tensorflow: Any, shape: Shape) -> dict[str, Any]:
    """Return the inputs of a network, of which the number of issue times and places is left open."""
    signature = {}
    for name, axes in AXES.items():
        sizes = [None, *(None if axis else shape.horizon for axis in axes[1:]), *shape.features[name]]
        signature[name] = tensorflow.TensorSpec(sizes, tensorflow.float32, name=name)
    whole = {name: tensorflow.TensorSpec([None] * axes, tensorflow.int32, name=name) for name, axes in NUMBERS.items()}
    return {**signature, **whole}
