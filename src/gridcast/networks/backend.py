"""The one place that knows which backend Keras runs on: TensorFlow unless `KERAS_BACKEND` names another."""

from __future__ import annotations

import ctypes
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# Parameters of glibc's mallopt: a step frees and takes the same hundred megabytes again and again, and giving them back to the
# kernel in between costs as much as the arithmetic (docs/log.md).
TRIM_THRESHOLD, TOP_PAD, MMAP_THRESHOLD = -1, -2, -3
MEGABYTE = 1 << 20


def _glibc(function: str) -> Callable[..., Any] | None:
    """Return a function of glibc; None where another library allocates."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        found: Callable[..., Any] = getattr(ctypes.CDLL("libc.so.6"), function)
    except (OSError, AttributeError):
        return None
    return found


def _keep_freed_memory() -> None:
    """Tell glibc, where that is what allocates, to keep up to 2 GiB of freed memory for the next step."""
    mallopt = _glibc("mallopt")
    for parameter, value in ((MMAP_THRESHOLD, 32 * MEGABYTE), (TRIM_THRESHOLD, 2**31 - 1), (TOP_PAD, 64 * MEGABYTE)):
        if mallopt is not None:
            mallopt(parameter, value)


def give_memory_back() -> None:
    """Give freed memory back to the kernel, as after an epoch, before what is kept for the next step has gone to pieces."""
    trim = _glibc("malloc_trim")
    if trim is not None:
        trim(0)


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


_keep_freed_memory()
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
