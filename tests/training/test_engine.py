"""The feed: what it changes follows from the seed, the epoch and the batch, and without augmentation it changes nothing."""

import numpy as np
import pandas as pd
import pytest

from gridcast.augment import Augmenter
from gridcast.forecasters.hybrid import HybridForecaster
from gridcast.panel import Panel
from gridcast.samples.parts import parts_of
from gridcast.training.engine import Material, SampleFeed, Schedule


@pytest.fixture(scope="module")
def material():
    """Return a function that gives what is learned from, with kinds of augmentation or none."""
    random = np.random.default_rng(0)
    times = pd.date_range("2024-01-01", periods=24 * 40, freq="h", tz="UTC")
    readings = pd.DataFrame(50 + random.normal(size=(len(times), 3)), index=times, columns=list("ABC"))
    spatial = pd.DataFrame({"id": list("ABC"), "latitude": [50.0, 51.0, 52.0], "longitude": [5.0, 6.0, 7.0]})
    panel = Panel.from_wide(readings, spatial).with_variable(
        "temperature", readings.to_numpy(), units="degC", availability="perfect"
    )
    placed, placing = HybridForecaster(sequence_length=168, grid_size=4).placed_for(panel)
    parts = parts_of(placed.samples)

    def make(kinds: tuple[str, ...] | None) -> Material:
        augmenter = None if kinds is None else Augmenter.fit(placed.samples, parts.learned, placing.grid, kinds)
        return Material(placed, parts.draw, augmenter)

    return make


def batch(material: Material, seed: int = 0, epoch: int = 0) -> list:
    feed = SampleFeed(material, Schedule(seed=seed, batch_size=4))
    feed.begin(epoch)
    inputs, targets = feed[1]
    return [*(np.asarray(inputs[name]) for name in sorted(inputs)), targets]


def same(one: list, other: list) -> bool:
    return all(a.dtype == b.dtype and a.tobytes() == b.tobytes() for a, b in zip(one, other, strict=True))


def test_an_augmenter_that_does_nothing_is_none_to_the_last_bit(material):
    assert same(batch(material(None)), batch(material(())))


def test_the_same_seed_gives_the_same_batches_and_another_seed_or_epoch_others(material):
    kinds = ("jitter", "level", "swap", "mixup", "weather", "response", "dropping", "shift", "drift")
    changed = batch(material(kinds))
    assert same(changed, batch(material(kinds)))
    assert not same(changed, batch(material(None)))
    assert not same(changed, batch(material(kinds), seed=1))
    assert not same(changed, batch(material(kinds), epoch=1))


def test_what_is_learned_is_what_was_changed(material):
    plain, grown = batch(material(None)), batch(material(("level",)))
    # targets are relative to the level of the week before, and so grow by the same factor
    there = plain[-1][..., 1] > 0
    ratio = grown[-1][..., 0][there] / plain[-1][..., 0][there]
    assert 0.9 < np.median(ratio) < 1.1
    assert not np.allclose(ratio, 1)
