import numpy as np
import pytest

from gridcast.errors import ConfigError, ShapeError
from gridcast.networks import backend
from gridcast.networks.backend import keras
from gridcast.networks.hybrid import create_hybrid_model

CELLS = [[0, 0], [3, 5], [3, 5], [2, 1]]


def draw(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).normal(size=shape).astype("float32")


def call(model, sequence, frame) -> np.ndarray:
    return keras.ops.convert_to_numpy(model([sequence, frame], training=False))


def test_it_has_the_two_inputs_and_one_output():
    model = create_hybrid_model((24, 3), (10, 8, 2), horizon=6)
    assert [tuple(each.shape) for each in model.inputs] == [(None, 24, 3), (None, 10, 8, 2)]
    assert tuple(model.output_shape) == (None, 6)
    kinds = {type(layer).__name__ for layer in model.layers}
    assert {"Conv2D", "Concatenate", "Dense"} <= kinds
    assert any(isinstance(layer, keras.layers.LSTM) for layer in model.layers)


def test_with_all_places_together_there_is_an_output_for_each():
    model = create_hybrid_model((4, 24, 1), (4, 6, 3), horizon=5, cells=CELLS)
    assert call(model, draw(2, 4, 24, 1), draw(2, 4, 6, 3)).shape == (2, 4, 5)


@pytest.mark.parametrize(("season", "horizon"), [(24, 24), (24, 6), (24, 60), (48, 24)])
def test_untrained_it_is_the_seasonal_naive(season, horizon):
    model = create_hybrid_model((4, 48, 2), (4, 6, 3), horizon=horizon, cells=CELLS, season=season, patch=24)
    sequence = draw(2, 4, 48, 2)
    last = sequence[..., 48 - season :, 0]
    expected = np.concatenate([last] * 4, axis=-1)[..., :horizon]
    assert call(model, sequence, draw(2, 4, 6, 3)) == pytest.approx(expected)


def test_each_place_reads_the_map_at_its_own_cell():
    backend.seed_everything(0)
    model = create_hybrid_model((4, 24, 1), (4, 6, 3), cells=CELLS)
    own = keras.Model(model.inputs, model.get_layer("own_cell").output)
    last_map = keras.Model(model.inputs, model.get_layer("own_cell").input)
    inputs = (draw(1, 4, 24, 1), draw(1, 4, 6, 3))
    vectors, features = call(own, *inputs)[0], call(last_map, *inputs)[0]
    for place, (row, column) in enumerate(CELLS):
        assert vectors[place, : features.shape[-1]] == pytest.approx(features[row, column])
        assert vectors[place, features.shape[-1] :] == pytest.approx(features.mean(axis=(0, 1)), abs=1e-5)


def test_a_neighbour_on_the_map_matters_and_only_through_the_frame():
    backend.seed_everything(0)
    model = create_hybrid_model((4, 24, 1), (4, 6, 3), cells=CELLS)
    sequence, frame = draw(1, 4, 24, 1), draw(1, 4, 6, 3)
    before = call(model, sequence, frame)
    other_history = sequence.copy()
    other_history[0, 3] += 1
    assert call(model, other_history, frame)[0, :3] == pytest.approx(before[0, :3])
    assert call(model, other_history, frame)[0, 3] != pytest.approx(before[0, 3])
    other_map = frame.copy()
    other_map[0, 3, 4] += 1
    assert call(model, sequence, other_map)[0, 1] != pytest.approx(before[0, 1])


def test_it_can_be_saved_and_loaded(tmp_path):
    model = create_hybrid_model((4, 48, 2), (4, 6, 3), horizon=12, cells=CELLS, season=24, patch=24)
    model.save(tmp_path / "model.keras")
    inputs = (draw(2, 4, 48, 2), draw(2, 4, 6, 3))
    assert call(keras.saving.load_model(tmp_path / "model.keras"), *inputs) == pytest.approx(call(model, *inputs))


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(24, 1), (4, 24, 1)])
def test_it_learns_one_batch_by_heart(shape):
    backend.seed_everything(0)
    cells = CELLS if len(shape) == 3 else None
    model = create_hybrid_model(shape, (4, 6, 3), horizon=3, cells=cells)
    model.compile(optimizer=keras.optimizers.Adam(0.005), loss="mse")
    inputs = [draw(8, *shape), draw(8, 4, 6, 3)]
    target = draw(8, *shape[:-2], 3)
    before = model.evaluate(inputs, target, verbose=0)
    model.fit(inputs, target, epochs=150, verbose=0)
    assert model.evaluate(inputs, target, verbose=0) < 0.1 * before


@pytest.mark.parametrize(
    ("temporal", "spatial", "cells"),
    [
        ((24,), (4, 4, 1), None),
        ((24, 1), (4, 4), None),
        ((3, 24, 1), (4, 4, 1), None),
        ((24, 1), (4, 6, 1), CELLS),
        ((5, 24, 1), (4, 6, 1), CELLS),
    ],
)
def test_shapes_that_do_not_fit_are_refused(temporal, spatial, cells):
    with pytest.raises(ShapeError, match=r"expected: +\(T, F\) and \(G, G, C\)"):
        create_hybrid_model(temporal, spatial, cells=cells)


def test_places_off_the_grid_are_refused():
    with pytest.raises(ShapeError, match="2 places are off the grid"):
        create_hybrid_model((4, 24, 1), (4, 5, 1), cells=CELLS)


@pytest.mark.parametrize("wrong", [{"horizon": 0}, {"units": 0}, {"season": 25}, {"season": 0}, {"patch": 7}, {"patch": 0}])
def test_numbers_out_of_range_are_refused(wrong):
    with pytest.raises(ConfigError):
        create_hybrid_model((24, 1), (4, 4, 1), **wrong)
