"""Fitting a network to windows and frames: the feed, the loop, early stopping, and asking the fitted network."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypedDict, Unpack

import numpy as np
import numpy.typing as npt

from gridcast.errors import ConfigError, ShapeError, TrainingError, listed, require_positive
from gridcast.networks.backend import keras
from gridcast.raster import Frames
from gridcast.windows import VALIDATION_SHARE, Windows, first_validation_time

Array = npt.NDArray[np.float32]
Index = npt.NDArray[np.intp]


class Indexable(Protocol):
    """An array, or something that is cut like one."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape, samples first."""

    def __len__(self) -> int:
        """Return the number of samples."""

    def __getitem__(self, index: Any, /) -> Any:
        """Return some samples."""


class Settings(TypedDict, total=False):
    """How to train, beside epochs and batch size.

    Attributes:
        validation_split: Share of the samples, the last in time, on which the network is judged; 0 for none. Default 0.2.
        patience: Epochs without a better validation loss after which training stops; 0 goes on to the end. Default 10.
        keep_best: Whether to return to the weights of the best epoch. Default True.
        learning_rate: Of Adam. Default 0.001.
        loss: Any loss of Keras. Default `mse`.
        seed: Of the order of the samples. Default 0.
        verbose: Progress on standard output, as in Keras: 0 silent, 1 a bar, 2 a line an epoch. Default 1.
        callbacks: Further callbacks of Keras.
    """

    validation_split: float
    patience: int
    keep_best: bool
    learning_rate: float
    loss: str
    seed: int
    verbose: int
    callbacks: Sequence[Any]


@dataclass(frozen=True)
class _Training:
    validation_split: float = VALIDATION_SHARE
    patience: int = 10
    keep_best: bool = True
    learning_rate: float = 0.001
    loss: str = "mse"
    seed: int = 0
    verbose: int = 1
    callbacks: Sequence[Any] = field(default=())


def train_model(
    model: Any,
    X_temporal: Indexable,
    X_spatial: Indexable,
    y: Indexable,
    epochs: int = 50,
    batch_size: int = 32,
    **settings: Unpack[Settings],
) -> Any:
    """Train a hybrid in place and return its Keras history: Adam at 0.001, MSE, the last 20 % in time for validation.

    Early stopping is on, and the best weights are kept. A target that is NaN does not count.

    Args:
        model: From `create_hybrid_model`; one that is compiled already keeps its optimizer and loss.
        X_temporal: Sequences in order of time, shape (B, T, F) or (B, N, T, F).
        X_spatial: One static frame (G, G, C) for all samples; `Frames` with a time, of which each sample gets the one of its issue
            time; or one frame a sample (B, G, G, C). Frames are looked up by index, never copied per sample.
        y: Targets, shape (B, H) or (B, N, H); (B,) for one step.
        epochs: Passes over the samples.
        batch_size: Samples in a step; with all places together a sample is an issue time.
        **settings: `validation_split=0.2`, `patience=10` (0: no early stopping), `keep_best=True`, `learning_rate=0.001`,
            `loss="mse"`, `seed=0`, `verbose=1` (0: silent), `callbacks=()`; see `Settings`.

    Returns:
        The `keras.callbacks.History`, with `loss` and `val_loss` an epoch.

    Raises:
        ConfigError: If a setting is out of its range.
        ShapeError: If the inputs do not belong together.
        TrainingError: If nothing can be learned from the targets, or the loss is no longer a number.
    """
    how = _settings(settings)
    X_temporal, X_spatial, y = _indexable(X_temporal), _indexable(X_spatial), _indexable(y)
    if len(y.shape) == 1:  # (B,) and (B, 1) are the same thing
        y = np.asarray(y)[:, None]
    _require_fit(model, X_temporal, X_spatial, y)
    require_positive(epochs=epochs, batch_size=batch_size, learning_rate=how.learning_rate)
    if not 0 <= how.validation_split < 1:
        raise ConfigError("`validation_split` is a share", found=str(how.validation_split), expected="0 or more, below 1")
    frames = frame_feed(X_temporal, X_spatial)
    train, validation = _split_in_time(X_temporal, y, how.validation_split)
    _require_targets(y, train, validation)
    if not getattr(model, "compiled", False):
        model.compile(optimizer=keras.optimizers.Adam(how.learning_rate), loss=how.loss)
    feed = Feed(X_temporal, frames, y, train, batch_size, seed=how.seed)
    judged = Feed(X_temporal, frames, y, validation, batch_size) if len(validation) else None
    callbacks = [keras.callbacks.TerminateOnNaN(), *how.callbacks]
    if judged is not None and (how.patience or how.keep_best):
        patience = how.patience or epochs + 1
        callbacks.append(keras.callbacks.EarlyStopping(patience=patience, restore_best_weights=how.keep_best))
    history = model.fit(feed, validation_data=judged, epochs=epochs, callbacks=callbacks, verbose=how.verbose, shuffle=False)
    if not np.isfinite(history.history["loss"]).all():
        raise TrainingError(
            "the training loss is no longer a number",
            found=f"loss {history.history['loss'][-1]} after {len(history.history['loss'])} epochs",
            expected="a falling loss",
            hint="try a lower learning rate, or mask wild readings (`gridcast run --outliers mask`)",
        )
    return history


def predict(model: Any, X_temporal: Indexable, X_spatial: Indexable, *, batch_size: int = 32) -> Array:
    """Return the network's forecasts, shape (B, H) or (B, N, H), scaled as the targets were.

    Arguments as in `train_model`.
    """
    require_positive(batch_size=batch_size)
    X_temporal, X_spatial = _indexable(X_temporal), _indexable(X_spatial)
    _require_fit(model, X_temporal, X_spatial)
    frames = frame_feed(X_temporal, X_spatial)
    feed = Feed(X_temporal, frames, None, np.arange(len(X_temporal)), batch_size)
    parts = [keras.ops.convert_to_numpy(model.predict_on_batch(list(feed[i].values()))) for i in range(len(feed))]
    return np.concatenate(parts).astype(np.float32)


class Feed(keras.utils.PyDataset):  # type: ignore[misc]
    """Cuts one batch after the other: nothing is held beyond the batch. The order is drawn anew each epoch if there is a seed."""

    def __init__(
        self,
        X: Indexable,
        frames: Callable[[Index], Array],
        y: Indexable | None,
        samples: Index,
        batch_size: int,
        *,
        seed: int | None = None,
    ) -> None:
        super().__init__()
        self._X, self._frames, self._y = X, frames, y
        self._samples = samples
        self._batch_size = batch_size
        self._random = None if seed is None else np.random.default_rng(seed)
        self.on_epoch_end()

    def __len__(self) -> int:
        return math.ceil(len(self._samples) / self._batch_size)

    def __getitem__(self, batch: int) -> Any:
        chosen = self._order[batch * self._batch_size : (batch + 1) * self._batch_size]
        inputs = {"sequence": np.asarray(self._X[chosen], dtype=np.float32), "frame": self._frames(chosen)}
        if self._y is None:
            return inputs
        targets = np.asarray(self._y[chosen], dtype=np.float32)
        counts = np.isfinite(targets).all(axis=-1).astype(np.float32)
        return inputs, np.nan_to_num(targets), counts

    def on_epoch_end(self) -> None:
        """Draw the order of the next epoch."""
        self._order = self._samples if self._random is None else self._random.permutation(self._samples)


def frame_feed(X: Indexable, frames: Indexable) -> Callable[[Index], Array]:
    """Return the function that gives the frames of some samples, shape (B, G, G, C).

    Raises:
        ShapeError: If it can't be told which frame belongs to which sample.
    """
    if isinstance(frames, Frames) and not frames.is_static:
        if not isinstance(X, Windows):
            raise ShapeError(
                "which frame belongs to which sample?",
                found=f"{len(frames)} frames with a time, sequences without",
                expected="sequences from `preprocess_temporal_data`, which know their issue times",
                hint="pass `frames[frames.positions(times)]` instead",
            )
        position = frames.positions(X.times)
        return lambda chosen: frames[position[chosen]]
    if len(frames.shape) == 3:
        static = np.asarray(frames, dtype=np.float32)
        return lambda chosen: np.broadcast_to(static, (len(chosen), *static.shape))
    if len(frames.shape) == 4 and len(frames) == len(X):
        return lambda chosen: np.asarray(frames[chosen], dtype=np.float32)
    raise ShapeError(
        "sequences and frames do not belong together",
        found=f"sequences {tuple(X.shape)}, frames {tuple(frames.shape)}",
        expected="one frame (G, G, C), or as many frames as samples (B, G, G, C)",
    )


def _settings(given: Settings) -> _Training:
    unknown = [name for name in given if name not in _Training.__dataclass_fields__]
    if unknown:
        raise ConfigError(
            f"`train_model` has no setting {listed(unknown)}",
            found=listed(unknown),
            expected=listed(_Training.__dataclass_fields__, 12),
            hint="early stopping is off with `patience=0`",
        )
    return _Training(**given)


def _indexable(values: Any) -> Any:
    return values if hasattr(values, "shape") else np.asarray(values, dtype=np.float32)


def _require_fit(model: Any, X: Indexable, frames: Indexable, y: Indexable | None = None) -> None:
    """Refuse arrays that are not of the shapes for which the network was made."""
    inputs = {each.name: tuple(each.shape[1:]) for each in getattr(model, "inputs", None) or ()}
    if set(inputs) != {"sequence", "frame"}:
        return  # a network of the caller's own, which says itself what it takes
    sequence, frame = inputs["sequence"], inputs["frame"]
    frame_shape = frames.frame_shape if isinstance(frames, Frames) else tuple(frames.shape)[-3:]
    output, target = tuple(model.output_shape[1:]), None if y is None else tuple(y.shape[1:])
    fits = _is_of(tuple(X.shape[1:]), sequence) and _is_of(frame_shape, frame) and (target is None or _is_of(target, output))
    if not fits:
        raise ShapeError(
            "the arrays do not fit the network",
            found=f"sequences {tuple(X.shape)}, frames {tuple(frames.shape)}"
            + ("" if y is None else f", targets {tuple(y.shape)}"),
            expected=f"sequences {('B', *sequence)}, frames {frame}, targets {('B', *output)}".replace("'", ""),
            hint="make the network with `X.shape[1:]`, `frames.frame_shape` and the horizon of the targets",
        )


def _is_of(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    """Return whether a shape is the wanted one, in which None stands for any length."""
    return len(shape) == len(wanted) and all(want in (None, length) for length, want in zip(shape, wanted, strict=True))


def _split_in_time(X: Indexable, y: Indexable, share: float) -> tuple[Index, Index]:
    """Return the samples to learn from and the later ones to judge by; no target of the former reaches into the latter."""
    if len(X) != len(y) or len(X) == 0:
        raise ShapeError("sequences and targets do not belong together", found=f"{len(X)} and {len(y)} samples", expected="as many")
    everything = np.arange(len(X))
    if not share:
        return everything, everything[:0]
    if not isinstance(X, Windows):
        cut = len(X) - max(1, round(share * len(X)))
        return everything[:cut], everything[cut:]
    first = first_validation_time(X.times, share)
    horizon = y.shape[-1] * X.freq
    return everything[np.asarray(X.times + horizon <= first)], everything[np.asarray(X.times >= first)]


def _require_targets(y: Indexable, train: Index, validation: Index) -> None:
    if not len(train):
        raise TrainingError(
            "too few samples to train on",
            found=f"{len(y)} samples, {len(validation)} of them for validation",
            expected="at least one before the validation part",
            hint="take a longer history, a shorter sequence length, or `validation_split=0`",
        )
    if isinstance(y, np.ndarray) and not np.isfinite(y[train]).any():
        raise TrainingError("no target is a number", found=f"{len(train)} samples, all NaN", expected="readings to learn from")
