import numpy as np
import pytest

from gridcast.networks.backend import keras, seed_everything
from gridcast.networks.engine import AXES, Pinball, Shape, features_of, make_engine, never_crossing

LEVELS = (0.1, 0.5, 0.9)
FEATURES = {"history": (3, 5), "recent": (4,), "steps": (6,), "calendar": (7,), "start": (), "map": (8,), "static": (2,)}


def shape(**how) -> Shape:
    return Shape(**{"levels": LEVELS, "places": 4, "horizon": 5, "features": FEATURES, "grid": (3, 4), "units": 8, **how})


def inputs(batch: int = 2, places: int = 4, horizon: int = 5, seed: int = 0) -> dict:
    random = np.random.default_rng(seed)
    lengths = {"steps": (horizon, places), "calendar": (horizon, 1), "start": (horizon, places)}
    drawn = {
        name: random.normal(size=(batch, *lengths.get(name, (places,)), *FEATURES[name])).astype("float32") for name in FEATURES
    }
    numbers = np.arange(1, places + 1, dtype="int32")
    return {**drawn, "place": np.tile(numbers, (batch, 1)), "cell": np.tile(numbers, (batch, 1))}


def answer(network, given) -> np.ndarray:
    return keras.ops.convert_to_numpy(network(given, training=False))


@pytest.mark.parametrize("branches", [{}, {"spatial": "none"}, {"temporal": "none"}])
def test_untrained_it_says_what_it_starts_from_and_its_quantiles_ascend(branches):
    given = inputs()
    quantiles = answer(make_engine(shape(**branches)), given)
    assert quantiles.shape == (2, 5, 4, 3)
    assert quantiles[..., 1] == pytest.approx(given["start"], abs=1e-6)
    assert (np.diff(quantiles, axis=-1) > 0).all()


def test_quantiles_never_cross_whatever_comes_in():
    raw = np.random.default_rng(0).normal(size=(50, 7)).astype("float32") * 20
    levels = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
    found = keras.ops.convert_to_numpy(never_crossing(raw, levels, np.zeros((50, 1), dtype="float32")))
    assert (np.diff(found, axis=-1) >= 0).all()
    assert found[:, 3] == pytest.approx(raw[:, 3])


def trained(network):
    """The network with other weights than its first ones, under which the start is not the whole answer."""
    random = np.random.default_rng(1)
    network.set_weights([weight + random.normal(size=weight.shape).astype("float32") * 0.3 for weight in network.get_weights()])
    return network


def test_the_order_of_places_does_not_matter():
    network, given = trained(make_engine(shape())), inputs()
    order = [2, 0, 3, 1]
    turned = {
        name: value[:, :, order] if name in ("steps", "start") else value if name == "calendar" else value[:, order]
        for name, value in given.items()
    }
    assert answer(network, turned) == pytest.approx(answer(network, given)[:, :, order], abs=1e-4)


def test_it_takes_any_number_of_places():
    network = trained(make_engine(shape()))
    assert answer(network, inputs(places=2)).shape == (2, 5, 2, 3)


def test_a_place_hears_of_its_neighbours_through_the_map_only():
    given = inputs()
    other = {**given, "map": given["map"].copy()}
    other["map"][:, 3] += 1  # of the last place
    with_map, without = trained(make_engine(shape())), trained(make_engine(shape(spatial="none")))
    assert not np.allclose(answer(with_map, given)[:, :, 0], answer(with_map, other)[:, :, 0])
    assert np.array_equal(answer(without, given)[:, :, 0], answer(without, other)[:, :, 0])


def test_the_same_seed_gives_the_same_weights():
    networks = []
    for _ in range(2):
        seed_everything(3)
        networks.append(make_engine(shape()))
    assert all(np.array_equal(one, two) for one, two in zip(*(each.get_weights() for each in networks), strict=True))


def test_the_loss_is_the_mean_pinball_loss_of_what_counts():
    target = np.array([[[[2.0, 1.0], [5.0, 0.0]]]], dtype="float32")  # the second one does not count
    predicted = np.array([[[[1.0, 2.0, 4.0], [0.0, 0.0, 0.0]]]], dtype="float32")
    # 0.1 x (2 - 1) = 0.1; 0; (1 - 0.9) x (4 - 2) = 0.2; their mean is 0.1
    assert float(Pinball(LEVELS)(target, predicted)) == pytest.approx(0.1, abs=1e-6)


def test_a_shape_survives_the_way_through_plain_values():
    given = shape(dropout=0.3, spatial="none")
    assert Shape.of(given.as_dict()) == given


def test_features_are_read_off_a_batch():
    assert features_of(inputs()) == FEATURES
    assert set(AXES) == set(FEATURES)
