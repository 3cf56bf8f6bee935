import numpy as np
import pytest

from gridcast.networks.backend import keras, seed_everything
from gridcast.networks.engine import Shape, make_engine, without_folds
from gridcast.networks.lines import HOURS, Lines, LinesShape

FEATURES = {"steps": (4,), "calendar": (HOURS + 2,), "recent": (1,)}
SHAPE = LinesShape(folds=2, slots=2, weather=(1, 2))  # steps: a lag, the temperature, whether it is there, another lag


def lines_of(shape: LinesShape = SHAPE, places: int = 1) -> Lines:
    lines = Lines(shape, places, FEATURES)
    lines.scale.assign(np.ones(lines.scale.shape))
    return lines


def inputs(hour: int = 0, known: float = 1.0, place: int = 1, fold: int = 0, temperature: float = 3.0) -> dict:
    calendar = np.zeros((1, 1, 1, HOURS + 2), dtype="float32")
    calendar[..., hour] = 1
    steps = np.array([2.0, temperature * known, known, 5.0], dtype="float32").reshape(1, 1, 1, 4)
    return {
        "steps": steps,
        "calendar": calendar,
        "recent": np.full((1, 1, 1), 7, dtype="float32"),
        "place": np.full((1, 1), place, dtype="int32"),
        "fold": np.full(1, fold, dtype="int32"),
    }


def said(lines: Lines, given: dict) -> float:
    return float(keras.ops.convert_to_numpy(lines.call(given))[0, 0, 0])


def test_the_terms_are_one_the_steps_powers_of_the_weather_the_calendar_and_what_is_recent():
    terms = keras.ops.convert_to_numpy(lines_of().terms(inputs()))[0, 0, 0]
    assert terms.tolist() == [1, 2, 3, 1, 5, 9, 10, 0, 0, 7]  # 3 squared is 9; 3 cubed is 27, which is cut at 10


def test_no_term_of_the_weather_is_left_where_it_is_not_there():
    lines = lines_of(LinesShape(2, 2, (1, 2), echoes=(3,)))
    assert lines.bare.tolist() == [True, True, False, False, False, False, False, True, True, True]


def test_each_fold_variant_place_and_slot_has_coefficients_of_its_own():
    lines = lines_of()
    numbers = np.zeros(lines.coefficients.shape, dtype="float32")
    numbers[:, 0] = np.arange(len(numbers))  # the constant term tells which set is used
    lines.coefficients.assign(numbers)
    # order: 3 folds (0 for all), with and without weather, 2 places (0 for a new one), 2 slots (from 0 and from 12 o'clock)
    assert said(lines, inputs()) == 2  # place 1
    assert said(lines, inputs(hour=11)) == 2
    assert said(lines, inputs(hour=12)) == 3
    assert said(lines, inputs(place=0)) == 0
    assert said(lines, inputs(known=0)) == 4 + 2
    assert said(lines, inputs(fold=2, known=0, hour=23)) == 2 * 8 + 4 + 3


def test_without_its_folds_a_network_says_the_same():
    features = {"history": (3, 5), **FEATURES, "start": (), "map": (8,), "static": (2,)}
    shape = Shape((0.1, 0.5, 0.9), 1, 1, features, (2, 2), units=8, lines=SHAPE)
    seed_everything(0)
    network = make_engine(shape)
    random = np.random.default_rng(0)
    network.set_weights([random.normal(size=weight.shape) for weight in network.get_weights()])
    small = without_folds(network)
    blank = {name: np.ones((1, 1, *features[name]), dtype="float32") for name in ("history", "map", "static")}
    given = {**inputs(), **blank, "start": np.ones((1, 1, 1), dtype="float32"), "cell": np.zeros((1, 1), dtype="int32")}
    whole, less = (keras.ops.convert_to_numpy(each(given, training=False)) for each in (network, small))
    assert less == pytest.approx(whole, abs=1e-6)
    assert small.count_params() < network.count_params()
    assert Shape.of(small.shape_of.as_dict()) == small.shape_of
