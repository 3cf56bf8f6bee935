"""What holds for every branch of a network: any shape, weights that travel, learning, the same on every way of running it."""

import functools
import importlib.util
import json
import os
import subprocess
import sys
from typing import get_args

import numpy as np
import pytest

from gridcast.config import ModelConfig
from gridcast.errors import ConfigError
from gridcast.networks import backend
from gridcast.networks.backend import keras, seed_everything
from gridcast.networks.branches import NONE, SPATIAL, TEMPORAL
from gridcast.networks.engine import Engine, Pinball, Shape, make_engine
from gridcast.networks.hybrid import create_hybrid_model

LEVELS = (0.1, 0.5, 0.9)
FEATURES = {"history": (4, 6), "recent": (6,), "steps": (7,), "calendar": (31,), "start": (), "map": (11,), "static": (3,)}
BRANCHES = [*((name, "cnn") for name in TEMPORAL), *(("lstm", name) for name in SPATIAL if name != "cnn"), (NONE, NONE)]
WHOLE = [(name, "cnn") for name in TEMPORAL if name not in ("lstm", NONE)] + [
    ("lstm", name) for name in SPATIAL if name not in ("cnn", NONE)
]
ATTENTIVE = [("lstm_attention", "attention"), ("transformer", "cnn_attention"), ("transformer_causal", "attention")]
NEAREST = {"atention": "attention", "CNN": "cnn"}
CELLS = [[0, 0], [2, 3], [2, 3], [1, 1]]
each_branch = pytest.mark.parametrize(("temporal", "spatial"), BRANCHES)
whole_branch = pytest.mark.parametrize(("temporal", "spatial"), WHOLE)


def shape(temporal: str = "lstm", spatial: str = "cnn", **how) -> Shape:
    usual = {"levels": LEVELS, "places": 4, "horizon": 5, "features": FEATURES, "grid": (3, 4), "units": 8}
    return Shape(**{**usual, "temporal": temporal, "spatial": spatial, **how})


def inputs(of: Shape, batch: int = 2, places: int = 4, seed: int = 0) -> dict:
    random = np.random.default_rng(seed)
    axes = {"steps": (of.horizon, places), "calendar": (of.horizon, 1), "start": (of.horizon, places)}
    drawn = {name: random.normal(size=(batch, *axes.get(name, (places,)), *size)) for name, size in of.features.items()}
    numbers = np.tile(np.arange(places, dtype="int32"), (batch, 1))
    given = {name: values.astype("float32") for name, values in drawn.items()}
    return {**given, "place": numbers % 5, "cell": numbers % 12, "fold": np.zeros(batch, dtype="int32")}


@functools.cache
def shaken(temporal: str, spatial: str) -> Engine:
    """A network with other weights than its first ones, under which every part has something to say."""
    seed_everything(0)
    network, random = make_engine(shape(temporal, spatial)), np.random.default_rng(1)
    network.set_weights([weight + 0.2 * random.normal(size=weight.shape).astype("float32") for weight in network.get_weights()])
    return network


def answer(network: Engine, given: dict) -> np.ndarray:
    return keras.ops.convert_to_numpy(network(given, training=False))


@pytest.mark.parametrize(("places", "horizon", "grid", "patches"), [(1, 1, (1, 1), 1), (4, 30, (5, 3), 40)])
@each_branch
def test_it_builds_for_any_shape_and_is_untrained_what_it_starts_from(temporal, spatial, places, horizon, grid, patches):
    features = {**FEATURES, "history": (patches, 6)}
    of = shape(temporal, spatial, places=places, horizon=horizon, grid=grid, features=features)
    given = inputs(of, places=places)
    given["cell"] %= grid[0] * grid[1]
    given["place"] %= places + 1
    quantiles = answer(make_engine(of), given)
    assert quantiles.shape == (2, horizon, places, 3)
    assert quantiles[..., 1] == pytest.approx(given["start"], abs=1e-6)
    assert (np.diff(quantiles, axis=-1) > 0).all()


@each_branch
def test_its_weights_make_the_same_network_again(temporal, spatial):
    network = shaken(temporal, spatial)
    again = make_engine(Shape.of(json.loads(json.dumps(network.shape_of.as_dict()))))
    again.set_weights(network.get_weights())
    given = inputs(network.shape_of)
    assert np.array_equal(answer(again, given), answer(network, given))


@pytest.mark.slow
@each_branch
def test_it_says_the_same_in_a_graph_and_takes_any_number_of_places_there(temporal, spatial):
    network = shaken(temporal, spatial)
    for batch, places in ((2, 4), (3, 1), (1, 7)):  # from the second size on TensorFlow's graph is one for all sizes
        given = inputs(network.shape_of, batch, places)
        assert network.predict_on_batch(given) == pytest.approx(answer(network, given), abs=1e-5)


@pytest.mark.slow
@each_branch
def test_it_learns_one_batch_by_heart(temporal, spatial):
    seed_everything(0)
    network = make_engine(shape(temporal, spatial, dropout=0.0))
    network.compile(optimizer=keras.optimizers.Adam(0.02), loss=Pinball(LEVELS))
    given = inputs(network.shape_of, batch=4)
    wanted = given["start"] + np.random.default_rng(1).normal(size=(4, 5, 4))
    target = np.stack([wanted, np.ones_like(wanted)], axis=-1).astype("float32")
    before = float(Pinball(LEVELS)(target, answer(network, given)))
    often = {name: np.concatenate([values] * 150) for name, values in given.items()}
    network.fit(often, np.concatenate([target] * 150), batch_size=4, shuffle=False, verbose=0)
    assert float(Pinball(LEVELS)(target, answer(network, given))) < 0.1 * before


@whole_branch
def test_what_it_reads_matters(temporal, spatial):
    network = shaken(temporal, spatial)
    given = inputs(network.shape_of)
    for name in ("history", "map"):
        other = {**given, name: given[name].copy()}
        other[name][:, 3] += 1  # of the last place
        moved = np.abs(answer(network, other) - answer(network, given)).max(axis=(0, 1, 3))
        assert moved[3] > 1e-4
        assert moved[0] > 1e-5 or (name == "history" and spatial != "convlstm")


@whole_branch
def test_the_order_of_places_does_not_matter(temporal, spatial):
    network = shaken(temporal, spatial)
    given, order = inputs(network.shape_of), [2, 0, 3, 1]
    turned = {
        name: value[:, :, order] if name in ("steps", "start") else value if name in ("calendar", "fold") else value[:, order]
        for name, value in given.items()
    }
    assert answer(network, turned) == pytest.approx(answer(network, given)[:, :, order], abs=1e-4)


@functools.cache
def weights_of(temporal: str, spatial: str, units: int) -> int:
    """How many weights a network has that reads about as much as on real data."""
    features = {"history": (1, 60), "recent": (6,), "steps": (40,), "calendar": (60,), "start": (), "map": (50,), "static": (3,)}
    return make_engine(shape(temporal, spatial, units=units, features=features, horizon=24)).count_params()


@pytest.mark.slow
@pytest.mark.parametrize("units", [32, 64, 128])
@whole_branch
def test_it_has_about_as_many_weights_as_the_default(temporal, spatial, units):
    default, other = weights_of("lstm", "cnn", units), weights_of(temporal, spatial, units)
    without = weights_of(NONE, "cnn", units) if spatial == "cnn" else weights_of("lstm", NONE, units)
    assert other / default == pytest.approx(1, abs=0.2)
    assert (other - without) / (default - without) == pytest.approx(1, abs=0.2)  # of the branch alone


@pytest.mark.parametrize(("temporal", "spatial"), ATTENTIVE)
def test_attention_tells_where_it_looks(temporal, spatial):
    network = shaken(temporal, spatial)
    found = {name: keras.ops.convert_to_numpy(values) for name, values in network.attention(inputs(network.shape_of)).items()}
    assert {name: values.shape for name, values in found.items()} == {"patches": (2, 4, 4), "places": (2, 4, 4)}
    for values in found.values():
        assert values.sum(axis=-1) == pytest.approx(1, abs=1e-5)
        assert (values > 0).all()


def test_without_attention_there_is_none_to_tell():
    network = make_engine(shape())
    assert network.attention(inputs(network.shape_of)) == {}


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="needs the extra `[jax]`")
def test_it_says_the_same_on_the_other_backend(tmp_path):
    weights, expected = {}, {}
    for number, (temporal, spatial) in enumerate(BRANCHES):
        network = shaken(temporal, spatial)
        weights |= {f"{number}.{i:03}": weight for i, weight in enumerate(network.get_weights())}
        expected[str(number)] = answer(network, inputs(network.shape_of))
    np.savez(tmp_path / "weights.npz", **weights)
    other = "jax" if backend.name() == "tensorflow" else "tensorflow"
    command = [sys.executable, __file__, str(tmp_path / "weights.npz"), str(tmp_path / "answers.npz")]
    subprocess.run(command, env={**os.environ, "KERAS_BACKEND": other}, check=True)
    with np.load(tmp_path / "answers.npz") as found:
        assert str(found["backend"]) == other
        for number, values in expected.items():
            assert found[number] == pytest.approx(values, abs=1e-4), BRANCHES[int(number)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("temporal", "spatial", "cells"),
    [*((*names, CELLS) for names in BRANCHES[1:-1]), ("tcn", "attention", None), ("none", "convlstm", None)],
)
def test_the_network_of_the_nine_functions_takes_the_same_names(tmp_path, temporal, spatial, cells):
    random = np.random.default_rng(0)
    places = () if cells is None else (4,)
    given = [random.normal(size=(2, *places, 48, 2)).astype("float32"), random.normal(size=(2, 3, 4, 5)).astype("float32")]
    model = create_hybrid_model(
        (*places, 48, 2), (3, 4, 5), horizon=3, cells=cells, patch=12, units=8, temporal=temporal, spatial=spatial
    )
    found = model.predict_on_batch(given)
    assert found.shape == (2, *places, 3)
    model.save(tmp_path / "model.keras")
    assert keras.saving.load_model(tmp_path / "model.keras").predict_on_batch(given) == pytest.approx(found, abs=1e-6)
    other = [given[0], given[1] + random.normal(size=given[1].shape).astype("float32")]
    assert np.array_equal(model.predict_on_batch(other), found) == (spatial == NONE)


@whole_branch
def test_that_network_has_about_as_many_weights_too(temporal, spatial):
    counts = [
        create_hybrid_model((4, 24, 9), (3, 4, 12), horizon=24, cells=CELLS, patch=24, temporal=temporal, spatial=spatial)
        for temporal, spatial in (("lstm", "cnn"), (temporal, spatial))
    ]
    assert counts[1].count_params() / counts[0].count_params() == pytest.approx(1, abs=0.2)


@pytest.mark.parametrize("names", [{"temporal": "lsmt"}, {"spatial": "atention"}, {"spatial": "CNN"}])
def test_an_unknown_branch_is_refused_with_the_nearest(names):
    with pytest.raises(ConfigError, match=r"unknown (temporal|spatial) branch") as caught:
        create_hybrid_model((24, 9), (3, 4, 12), **names)
    assert caught.value.problems[0].hint == f"did you mean `{'lstm' if 'temporal' in names else NEAREST[names['spatial']]}`?"


def test_that_network_reads_something():
    with pytest.raises(ConfigError, match="would read nothing"):
        create_hybrid_model((24, 9), (3, 4, 12), temporal="none", spatial="none")


def test_the_names_are_those_of_the_configuration():
    fields = ModelConfig.model_fields
    assert set(get_args(fields["temporal"].annotation)) == set(TEMPORAL)
    assert set(get_args(fields["spatial"].annotation)) == set(SPATIAL)


def answer_elsewhere(weights: str, answers: str) -> None:
    """Write what networks of given weights say, on the backend of this process."""
    found = {}
    with np.load(weights) as given:
        for number, (temporal, spatial) in enumerate(BRANCHES):
            network = make_engine(shape(temporal, spatial))
            network.set_weights([given[name] for name in sorted(given.files) if name.startswith(f"{number}.")])
            found[str(number)] = answer(network, inputs(network.shape_of))
    np.savez(answers, backend=backend.name(), **found)


if __name__ == "__main__":
    answer_elsewhere(*sys.argv[1:])
