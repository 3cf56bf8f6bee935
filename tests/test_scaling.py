import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gridcast.errors import PanelError, ShapeError
from gridcast.scaling import SPREAD_OF_NORMAL, Scaler

NUMBERS = st.floats(-1e6, 1e6)
NAMES = ("A", "B", "C")


def scaler() -> Scaler:
    return Scaler(np.array([1.0, 10.0, 100.0]), np.array([2.0, 4.0, 0.5]), NAMES)


def test_centre_and_scale_by_hand():
    # 0 .. 10: median 5, quantiles of 10 % and 90 % are 1 and 9; ten times that in the second place
    readings = np.arange(11.0)[:, None] * [1, 10]
    fitted = Scaler.fit(readings, ["A", "B"])
    assert fitted.centre == pytest.approx([5, 50])
    assert fitted.scale == pytest.approx([8 / SPREAD_OF_NORMAL, 80 / SPREAD_OF_NORMAL])
    assert fitted.locations == ("A", "B")


def test_normal_readings_become_standard_normal():
    scaled = Scaler.fit(readings := np.random.default_rng(0).normal(50, 7, (20000, 1)), ["A"]).transform(readings)
    assert scaled.mean() == pytest.approx(0, abs=0.02)
    assert scaled.std() == pytest.approx(1, abs=0.02)


def test_a_wild_reading_does_not_disturb():
    readings = np.random.default_rng(0).normal(50, 7, (1000, 1))
    wild = readings.copy()
    wild[3] = 1e9
    assert Scaler.fit(wild, ["A"]).scale == pytest.approx(Scaler.fit(readings, ["A"]).scale, rel=0.02)


def test_missing_readings_are_left_out():
    readings = np.arange(11.0)[:, None]
    with_gaps = np.insert(readings, [2, 5, 11], np.nan, axis=0)
    one, other = Scaler.fit(with_gaps, ["A"]), Scaler.fit(readings, ["A"])
    assert (one.centre[0], one.scale[0]) == (other.centre[0], other.scale[0])


def test_places_do_not_touch_each_other():
    readings = np.random.default_rng(0).normal(size=(50, 3))
    together, alone = Scaler.fit(readings, NAMES), Scaler.fit(readings[:, 1:2], ["B"])
    assert (together.centre[1], together.scale[1]) == (alone.centre[0], alone.scale[0])


def test_a_place_that_is_mostly_constant_has_a_scale():
    # one 10 among twenty: both quantiles are 0, so the standard deviation is taken
    readings = np.array([10.0] + [0.0] * 19)[:, None]
    # mean 0.5, variance 100 / 20 - 0.5^2 = 4.75
    assert Scaler.fit(readings, ["A"]).scale == pytest.approx([4.75**0.5])


@pytest.mark.parametrize("flat", [0.0, 0.1, 1e-3, 7.7, 1e9 / 3, np.nan])
@pytest.mark.parametrize("hours", [1, 10, 1000])
def test_a_place_with_nothing_to_learn_from_is_named(flat, hours):
    readings = np.tile([flat, 0.0], (2 * hours, 1))
    readings[::2, 1] = 1
    with pytest.raises(PanelError) as caught:
        Scaler.fit(readings, ["flat", "lively"])
    (problem,) = caught.value.problems
    assert problem.problem == "1 places have nothing to learn from in the training part"
    assert problem.found == "no reading, or one constant value: `flat`"
    assert problem.expected == "at least two different readings of each place"
    assert problem.hint == "leave them out: `--exclude flat`"


def test_no_readings_at_all():
    with pytest.raises(PanelError, match="3 places have nothing to learn from"):
        Scaler.fit(np.empty((0, 3)), NAMES)


@given(arrays(np.float64, (30, 3), elements=NUMBERS), arrays(np.float64, (4, 3), elements=NUMBERS | st.just(np.nan)))
def test_the_inverse_undoes_to_float_precision(readings, values):
    readings[:2] = [[-1, -2, -3], [1, 2, 3]]  # no place is constant
    fitted = Scaler.fit(readings, NAMES)
    again = fitted.inverse_transform(fitted.transform(values))
    scale = np.maximum(np.abs(values), np.abs(fitted.centre))
    assert np.array_equal(np.isnan(again), np.isnan(values))
    assert (np.abs(again - values) <= 1e-14 * scale + 1e-300)[~np.isnan(values)].all()


@given(st.lists(st.sampled_from(NAMES), max_size=8), st.integers(0, 100))
def test_a_location_a_sample_is_scaled_as_in_the_whole(locations, seed):
    values = np.random.default_rng(seed).normal(size=(len(locations), 5))
    scaled = scaler().transform(values, locations)
    for sample, name in enumerate(locations):
        place = NAMES.index(name)
        assert np.array_equal(scaled[sample], (values[sample] - scaler().centre[place]) / scaler().scale[place])
    assert scaler().inverse_transform(scaled, locations) == pytest.approx(values, abs=1e-12)


def test_any_axes_before_the_places():
    values = np.random.default_rng(0).normal(size=(2, 4, 3))
    # (values - [1, 10, 100]) / [2, 4, 0.5]
    assert scaler().transform([1.0, 18.0, 99.0]).tolist() == [0, 2, -2]
    assert scaler().inverse_transform([0.0, 2.0, -2.0]).tolist() == [1, 18, 99]
    assert scaler().transform(values)[1, 2].tolist() == scaler().transform(values[1, 2]).tolist()


def test_single_precision_comes_back_in_double():
    values = np.array([[3.0, 5.0, 7.0]], dtype=np.float32)
    assert scaler().inverse_transform(values).dtype == np.float64


@pytest.mark.parametrize("shape", [(), (4,), (3, 2)])
def test_the_last_axis_holds_the_places(shape):
    with pytest.raises(ShapeError) as caught:
        scaler().transform(np.zeros(shape))
    (problem,) = caught.value.problems
    assert problem.problem == "the last axis does not hold the scaler's places"
    assert (problem.found, problem.expected) == (f"shape {shape}", "(..., 3)")
    assert "locations=" in problem.hint


def test_unknown_places_are_named():
    with pytest.raises(ShapeError, match=r"(?s)does not know these places.*`X`, `Y`.*`A`, `B`, `C`"):
        scaler().inverse_transform(np.zeros((3, 2)), ["Y", "A", "X"])


def test_every_sample_has_one_location():
    with pytest.raises(ShapeError, match=r"(?s)one location a sample.*2 locations, 3 samples"):
        scaler().transform(np.zeros((3, 2)), ["A", "B"])
