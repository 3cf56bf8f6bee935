"""Fitting the engine's network to samples: the feed, the schedule, checkpoints, and asking the fitted network."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from gridcast.augment import Augmenter
from gridcast.errors import GridcastWarning, TrainingError, require_positive
from gridcast.networks.backend import give_memory_back, keras
from gridcast.networks.engine import Pinball
from gridcast.samples.hiding import Hiding
from gridcast.samples.placed import Placed
from gridcast.samples.samples import Float, Rows
from gridcast.training.checkpoints import Checkpoint
from gridcast.training.lines import fold_of

Progress = Callable[[int, dict[str, float]], None]

EMA = 0.99  # of the weights of the step before, in their moving average ...
EMA_STEPS = 20  # ... which spans at most a twentieth of the training
ASKED = 1024  # places times issue times that are asked at once
HINT = "try a lower learning rate, or mask wild readings (`--outliers mask`)"


@dataclass(frozen=True)
class Schedule:
    """How a network is trained: AdamW, the learning rate falling as a cosine to zero, the weights averaged over the last steps.

    Attributes:
        epochs: Passes over the issue times.
        batch_size: Issue times in a step, each with all places.
        learning_rate: At the beginning.
        weight_decay: Of AdamW.
        seed: Of the order, and of what is hidden.
        hiding: What is hidden.
        augment: Kinds of augmentation, of `gridcast.augment.KINDS`.
        augment_strength: How strong they are.
    """

    epochs: int = 30
    batch_size: int = 16
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    seed: int = 0
    hiding: Hiding = field(default_factory=Hiding)
    augment: tuple[str, ...] = ()
    augment_strength: float = 1.0

    def __post_init__(self) -> None:
        require_positive(epochs=self.epochs, batch_size=self.batch_size, learning_rate=self.learning_rate)


@dataclass(frozen=True)
class Material:
    """What is learned from.

    Attributes:
        placed: Samples.
        choose: Gives the issue rows of an epoch.
        augmenter: Changes the samples, if anything does; what is judged stays as it is.
    """

    placed: Placed
    choose: Callable[[np.random.Generator], Rows]
    augmenter: Augmenter | None = None


class SampleFeed(keras.utils.PyDataset):  # type: ignore[misc]
    """Cuts one batch after the other; an epoch's order, what it hides and changes, follow from the seed and its number."""

    def __init__(self, material: Material, schedule: Schedule) -> None:
        super().__init__()
        self.placed, self.choose, self.augmenter = material.placed, material.choose, material.augmenter
        self.schedule = schedule
        self.hiding = schedule.hiding if self.augmenter is None else self.augmenter.more_of(schedule.hiding)
        self.begin(0)
        self.size = min(schedule.batch_size, len(self.order))

    def __len__(self) -> int:
        return len(self.order) // self.size

    def __getitem__(self, batch: int) -> Any:
        seed = (self.schedule.seed, self.epoch, batch)
        random, placed, recipe = np.random.default_rng(seed), self.placed, self.placed.samples.recipe
        issued = self.order[batch * self.size : (batch + 1) * self.size]
        shape = (len(issued), len(placed.number))
        hidden = self.hiding.hidden(random, shape, context=recipe.context, day=recipe.lags.day)
        numbers = self.hiding.places(random, placed.number, len(issued))
        cut = None if self.augmenter is None else self.augmenter.cut(placed.samples, issued, seed)
        inputs = placed.inputs(issued, hidden, numbers, cut)
        if self.augmenter is not None:
            inputs["cell"] = self.augmenter.cells(placed.cell, len(issued), seed)
        inputs["fold"] = fold_of(placed, issued)
        return inputs, placed.targets(issued, np.asarray(inputs["level"], dtype=np.float32), cut)

    def begin(self, epoch: int) -> None:
        """Draw the issue times and the order of an epoch."""
        random = np.random.default_rng((self.schedule.seed, epoch))
        self.epoch, self.order = epoch, random.permutation(self.choose(random))


def fit(
    network: Any,
    material: Material,
    schedule: Schedule,
    *,
    judged: Rows,
    progress: Progress | None = None,
    checkpoint: Checkpoint | None = None,
) -> dict[str, list[float]]:
    """Train a network in place, and return the loss and the loss on the judged issue times of each epoch.

    Args:
        network: The engine.
        material: What from.
        schedule: How.
        judged: Issue rows that nothing is learned from.
        progress: Called after each epoch with its number and losses.
        checkpoint: Where to keep what is needed to go on, and from where to go on.

    Raises:
        TrainingError: If the loss is not a number from the start.

    Warns:
        GridcastWarning: If the loss is no longer a number: the weights of the last good epoch are kept.
    """
    feed = SampleFeed(material, schedule)
    levels = network.shape_of.levels
    _compile(network, levels, schedule, len(feed))
    history: dict[str, list[float]] = {"loss": [], "val_loss": []}
    first = 0
    if checkpoint is not None:
        first, history = checkpoint.resume(network, history)
    keeper = _Keeper(feed, judged, history, progress, checkpoint)
    keeper.good = network.get_weights() if first else []
    network.fit(feed, initial_epoch=first, epochs=schedule.epochs, verbose=0, shuffle=False, callbacks=[keeper])
    if keeper.failed is not None:
        _stop(network, keeper.good, *keeper.failed)
    return history


class _Keeper(keras.callbacks.Callback):  # type: ignore[misc]
    """Draws each epoch, and keeps what came of it; Keras itself puts the averaged weights in place at the very end."""

    def __init__(
        self,
        feed: SampleFeed,
        judged: Rows,
        history: dict[str, list[float]],
        progress: Progress | None,
        checkpoint: Checkpoint | None,
    ) -> None:
        super().__init__()
        self.feed, self.judged, self.history = feed, judged, history
        self.progress, self.checkpoint = progress, checkpoint
        self.good: list[npt.NDArray[np.generic]] = []
        self.failed: tuple[int, float] | None = None

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
        give_memory_back()
        self.feed.begin(epoch)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        loss = float((logs or {}).get("loss", math.nan))
        if not math.isfinite(loss):
            self.failed, self.model.stop_training = (epoch, loss), True
            return
        self.good = self.model.get_weights()
        placed, levels = self.feed.placed, self.model.shape_of.levels
        self.history["loss"].append(loss)
        self.history["val_loss"].append(pinball_loss(placed, self.judged, ask(self.model, placed, self.judged), levels))
        if self.checkpoint is not None:
            self.checkpoint.keep(self.model, epoch + 1, self.history)
        if self.progress is not None:
            self.progress(epoch + 1, {name: values[-1] for name, values in self.history.items()})


def ask(network: Any, placed: Placed, issued: Rows) -> Float:
    """Return the quantiles at issue rows, shape (B, H, N, Q). [scaled]"""
    recipe, places = placed.samples.recipe, len(placed.number)
    found = np.empty((len(issued), recipe.horizon, places, len(network.shape_of.levels)), dtype=np.float32)
    size = max(1, ASKED // places)
    for start in range(0, len(issued), size):
        some = issued[start : start + size]
        inputs = placed.inputs(some)
        answer = network.predict_on_batch(inputs) if len(some) == size else network(inputs, training=False)
        found[start : start + size] = keras.ops.convert_to_numpy(answer) + np.asarray(inputs["level"])[:, None, :, None]
    return found


def pinball_loss(placed: Placed, issued: Rows, predicted: Float, levels: Sequence[float]) -> float:
    """Return the mean pinball loss at issue rows; NaN where there are none. [scaled]"""
    error = placed.samples.targets(issued)[..., None] - predicted
    weighted = np.maximum(np.asarray(levels) * error, (np.asarray(levels) - 1) * error)
    return float(np.nanmean(weighted)) if np.isfinite(weighted).any() else math.nan


def _compile(network: Any, levels: Sequence[float], schedule: Schedule, steps: int) -> None:
    """Give a network its loss and its optimizer, for so many steps an epoch."""
    total = schedule.epochs * steps
    momentum = max(0.0, min(EMA, 1 - EMA_STEPS / total))
    rate = keras.optimizers.schedules.CosineDecay(schedule.learning_rate, total)
    optimizer = keras.optimizers.AdamW(rate, weight_decay=schedule.weight_decay, clipnorm=1.0, use_ema=True, ema_momentum=momentum)
    optimizer.build(network.trainable_variables)  # else the step is traced twice
    network.compile(optimizer=optimizer, loss=Pinball(levels))


def _stop(network: Any, good: list[npt.NDArray[np.generic]], epoch: int, loss: float) -> None:
    """Go back to the last good weights, if there are any."""
    if not good:
        raise TrainingError(
            "the training loss is no number", found=f"loss {loss} in epoch {epoch + 1}", expected="a falling loss", hint=HINT
        )
    network.set_weights(good)
    problem = f"the training loss is no longer a number after {epoch} epochs; their weights are kept. {HINT}"
    warnings.warn(problem, GridcastWarning, stacklevel=3)
