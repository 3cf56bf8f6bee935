import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridcast.augment import KINDS, Augmenter, require_kinds
from gridcast.errors import ConfigError
from gridcast.layout import Grid
from gridcast.panel import Panel
from gridcast.samples.hiding import Hiding
from gridcast.samples.recipe import Recipe
from gridcast.samples.samples import Samples

ISSUED = np.array([500, 700, 900, 1100])
GRID = Grid.of_layout([0.0, 0.8, 2.1], [0.0, 0.8, 2.1], 3)  # the second place is next to an edge


def augmenter_of(samples, kinds=tuple(KINDS), strength=1.0) -> Augmenter:
    return Augmenter.fit(samples, np.arange(340, 1400), GRID, kinds, strength)


def same(one: dict, other: dict) -> bool:
    return all(np.array_equal(one[name], other[name], equal_nan=True) for name in one)


def test_the_same_seed_changes_the_same_and_another_one_otherwise(make_samples):
    samples = make_samples()
    augmenter = augmenter_of(samples)
    one, again, other = (vars(augmenter.cut(samples, ISSUED, seed)) for seed in ((0, 1, 2), (0, 1, 2), (0, 1, 3)))
    assert same(one, again)
    assert not same(one, other)
    cells = [augmenter.cells(np.arange(3, dtype=np.int32), 4, seed).tolist() for seed in ((0, 1, 2), (0, 1, 2), (0, 1, 3))]
    assert cells[0] == cells[1] != cells[2]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "shift"])
def test_each_kind_changes_a_cut_and_not_the_panel(make_samples, kind):
    samples = make_samples()
    before = samples.cut(ISSUED)
    assert not same(vars(augmenter_of(samples, (kind,), 3.0).cut(samples, ISSUED, (0, 0, 0))), vars(before))
    assert same(vars(samples.cut(ISSUED)), vars(before))


def test_what_a_kind_does_does_not_depend_on_which_others_there_are(make_samples):
    samples = make_samples()
    alone, together = (augmenter_of(samples, kinds).cut(samples, ISSUED, (0, 0, 0)) for kinds in (("drift",), ("jitter", "drift")))
    assert np.array_equal(alone.targets, together.targets)  # which jitter leaves
    assert not np.array_equal(alone.contexts, together.contexts)


def test_without_kinds_nothing_is_changed(make_samples):
    samples = make_samples()
    augmenter = augmenter_of(samples, ())
    assert same(samples.batch(ISSUED, None, augmenter.cut(samples, ISSUED, (0, 0, 0))), samples.batch(ISSUED))
    assert augmenter.more_of(Hiding()) == Hiding()
    assert augmenter.cells(np.arange(3, dtype=np.int32), 2, (0, 0, 0)).tolist() == [[0, 1, 2], [0, 1, 2]]


WORLD: list[tuple[Samples, Augmenter]] = []


@pytest.fixture(autouse=True)
def _world(make_samples):
    if not WORLD:
        samples = make_samples()
        WORLD.append((samples, augmenter_of(samples, strength=3.0)))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), row=st.integers(340, 1400))
def test_what_is_at_or_after_the_issue_time_never_reaches_the_inputs(seed, row):
    samples, augmenter = WORLD[0]
    readings = samples.panel.consumption.copy()
    readings[row:] = np.random.default_rng(seed).normal(size=readings[row:].shape) * 1e6
    others = Samples(samples.recipe, Panel(samples.panel.dataset.assign(consumption=(("time", "location"), readings))))
    issued = np.array([row])
    cuts = [augmenter.cut(each, issued, (seed, 0, 0)) for each in (samples, others)]
    assert not np.array_equal(cuts[0].targets, cuts[1].targets)
    batches = [each.batch(issued, None, cut) for each, cut in zip((samples, others), cuts, strict=True)]
    assert all(batches[0][name].tobytes() == batches[1][name].tobytes() for name in batches[0])


def test_dropping_hides_more_often(make_samples):
    hiding = augmenter_of(make_samples(), ("dropping",)).more_of(Hiding())
    assert hiding == Hiding(late=0.1, silent=0.02, weather=0.12, past=0.5, unknown=0.06)
    assert Hiding(late=0.7).times(2).late == 1


def test_one_place_alone_has_neither_likes_nor_a_map(make_samples):
    samples = make_samples(places=1)
    augmenter = Augmenter.fit(samples, np.arange(340, 1400), Grid.of_layout([0.0], [0.0], 3), tuple(KINDS))
    assert set(augmenter.changes) == set(KINDS) - {"mixup", "shift"}
    assert augmenter.shift is None


def test_without_weather_nothing_errs(make_samples):
    samples = make_samples(weather=False)
    augmenter = augmenter_of(samples)
    assert set(augmenter.changes) == set(KINDS) - {"weather", "response", "shift"}
    cut = augmenter.cut(samples, ISSUED, (0, 0, 0))
    assert np.isfinite(samples.batch(ISSUED, None, cut)["steps"]).all()


def test_daily_readings_are_changed_too():
    times = pd.date_range("2024-01-01", periods=300, freq="D", tz="UTC")
    readings = np.random.default_rng(0).normal(size=(300, 3)) + 50 + 10 * (times.dayofweek.to_numpy() > 4)[:, None]
    panel = Panel.from_wide(pd.DataFrame(readings, index=times, columns=list("ABC")))
    samples = Samples(Recipe.fit(panel, horizon=7, calendar=None), panel)
    augmenter = Augmenter.fit(samples, np.arange(120, 250), GRID, tuple(KINDS), 3.0)
    batch = samples.batch(np.array([150, 200]), None, augmenter.cut(samples, np.array([150, 200]), (0, 0, 0)))
    assert all(np.isfinite(values).all() for values in batch.values())


def test_an_unknown_kind_is_refused_with_what_may_have_been_meant():
    with pytest.raises(ConfigError) as caught:
        require_kinds(["jitter", "mixupp"])
    assert "mixupp" in str(caught.value)
    assert "did you mean `mixup`?" in str(caught.value)
