import math

import numpy as np
import pytest

from gridcast.networks import attention, backend
from gridcast.networks.attention import NEVER, Attention, PlaceEncoder, in_cells, in_order, one_by_one, softmax
from gridcast.networks.backend import keras, seed_everything
from gridcast.networks.spatial import position_of
from gridcast.networks.temporal import dilations


def plain(values) -> np.ndarray:
    return keras.ops.convert_to_numpy(values)


def draw(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).normal(size=shape).astype("float32")


def test_shares_add_up_to_one_whatever_the_scores():
    # exp(0) : exp(log 3) = 1 : 3
    assert plain(softmax(np.array([[0.0, math.log(3.0)]]))) == pytest.approx(np.array([[0.25, 0.75]]))
    assert plain(softmax(np.array([[1e4, -1e4], [NEVER, 0.0]], dtype="float32"))).tolist() == [[1, 0], [0, 1]]


def test_what_is_far_is_read_less_and_fastest_so_by_the_last_head():
    layer = Attention(8)
    layer(draw(1, 3, 8), draw(1, 3, 8), np.zeros((1, 3, 3), dtype="float32"))
    layer.query.kernel.assign(np.zeros((8, 8)))
    shares = plain(layer.shares(draw(1, 3, 8), draw(1, 3, 8), np.array([[[0.0, 0.1, 0.5]] * 3], dtype="float32")))
    assert shares.shape == (1, 4, 3, 3)
    # without scores a source a tenth away is read exp(-slope / 10) times as much as one at hand
    assert shares[0, :, 0, 1] / shares[0, :, 0, 0] == pytest.approx(np.exp(-np.array([0.5, 2, 8, 32]) / 10), rel=1e-4)
    assert (np.diff(shares, axis=-1) < 0).all()


def test_no_step_reads_a_later_one_if_that_is_asked_for():
    around = {name: plain(values) for name, values in in_order(3, causal=True).items()}
    assert around["distance"][0] == pytest.approx(np.array([[0, 1, 2], [1, 0, 1], [2, 1, 0]]) / 3)
    assert (around["offset"][0] == NEVER).tolist() == [[False, True, True], [False, False, True], [False] * 3]
    assert set(in_order(3, causal=False)) == {"distance"}


def test_positions_are_rows_and_columns_of_cells_by_the_longer_side():
    assert plain(position_of(np.array([[0, 5, 11]]), (3, 4)))[0].tolist() == [[0, 0], [0.25, 0.25], [0.5, 0.75]]


def test_coarse_cells_hold_the_mean_of_their_places_and_count_as_often():
    position = np.array([[[0.0, 0.0], [0.01, 0.03], [0.9, 0.0]]], dtype="float32")  # 16 x 0.9 = 14.4: row 14, cell 14 x 16 = 224
    around = {name: plain(values) for name, values in in_cells(position).items()}
    assert around["pool"][0, [0, 224]].tolist() == [[0.5, 0.5, 0], [0, 0, 1]]
    assert around["offset"][0, 0, [0, 224]] == pytest.approx([math.log(2), 0])
    assert around["offset"][0, 0, 1] == NEVER
    # from the third place to the mean of the other two, at (0.005, 0.015): the root of 0.895 ^ 2 + 0.015 ^ 2
    assert around["distance"][0, 2, 0] == pytest.approx(math.hypot(0.895, 0.015), abs=1e-6)


def test_reading_coarse_cells_changes_nothing_where_places_in_one_say_the_same():
    seed_everything(0)
    encoder, each = PlaceEncoder(8), draw(2, 5, 6)
    corner = np.array([[0, 0], [0.25, 0.5], [0.5, 0.5], [0.5, 0.9], [0.9, 0.1]], dtype="float32")
    often = [1, 2, 3, 4, 5]  # places in each cell
    vectors, position = (np.repeat(values, often, axis=1) for values in (each, np.tile(corner, (2, 1, 1))))
    exact = plain(encoder(vectors, position))
    coarse = plain(encoder._read(encoder.lift(vectors), in_cells(position)))
    assert coarse == pytest.approx(exact, abs=1e-5)
    assert not np.allclose(exact[:, 0], exact[:, 14])


@pytest.mark.parametrize("places", [3, 5])
def test_from_so_many_places_on_it_reads_coarse_cells_in_a_graph_too(monkeypatch, places):
    monkeypatch.setattr(attention, "MOST", 4)
    encoder = PlaceEncoder(8, 1)
    vectors, position = draw(2, places, 6), np.random.default_rng(0).uniform(size=(2, places, 2)).astype("float32")
    around = in_cells(position) if places > 4 else one_by_one(position)
    encoder.build(vectors.shape)
    expected = plain(encoder._read(encoder.lift(vectors), around))
    assert plain(encoder(vectors, position)) == pytest.approx(expected, abs=1e-5)
    if backend.name() == "tensorflow":  # JAX has a graph for each number of places
        sizes = (keras.Input((None, 6)), keras.Input((None, 2)))
        network = keras.Model(sizes, encoder(*sizes))
        assert network.predict_on_batch([vectors, position]) == pytest.approx(expected, abs=1e-5)
    shares = plain(encoder.attention(vectors, position))
    assert shares.shape == (2, places, places)
    assert shares.sum(axis=-1) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("steps", [1, 4, 28, 31, 32, 81, 112, 365])
def test_the_last_convolution_hears_of_the_first_step(steps):
    assert 1 + 2 * sum(dilations(steps)) >= steps
