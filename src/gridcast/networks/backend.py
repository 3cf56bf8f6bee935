"""The one place that knows which backend Keras runs on: TensorFlow unless `KERAS_BACKEND` names another."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@contextmanager
def _without_chatter() -> Iterator[None]:
    """Drop what native code writes to standard error, such as that there is no GPU; Python's errors still come through."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


logging.getLogger("tensorflow").setLevel(logging.ERROR)
with _without_chatter():
    import keras as keras  # reads the variables above


def name() -> str:
    """Return the name of the backend in use, such as `tensorflow` or `jax`."""
    return str(keras.backend.backend())


def version() -> str:
    """Return the backend with its version, for the record of a run."""
    module = __import__(name())
    return f"{name()} {module.__version__}"


def seed_everything(seed: int) -> None:
    """Make weights, dropout and shuffling repeatable: the same seed gives the same result on the same machine."""
    keras.utils.set_random_seed(seed)
    if name() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()
