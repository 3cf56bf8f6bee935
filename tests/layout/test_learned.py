import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridcast.errors import GridcastWarning, PanelError, ShapeError
from gridcast.layout import Grid, change_correlation, fill_coordinates, layout_from_readings, stress

WEEK = 7
UNTIL = 300


def readings(places: int = 6, seed: int = 0, rows: int = UNTIL + 40) -> np.ndarray:
    """Places along a line, of which each hears its neighbour's news, with gaps."""
    random = np.random.default_rng(seed)
    news = random.normal(size=(rows, places + 2))
    values = sum(news[:, shift : shift + places] for shift in range(3)) + 0.1 * random.normal(size=(rows, places))
    values[random.random(values.shape) < 0.05] = np.nan
    return values.astype(np.float32)


def names(places: int) -> list[str]:
    return [f"P{i}" for i in range(places)]


def laid(values, **how) -> np.ndarray:
    x, y = layout_from_readings(values, names(values.shape[1]), **{"week": WEEK, "until_row": UNTIL, **how})
    return np.column_stack([x, y])


def distances(points):
    return np.sqrt(np.square(points[:, None] - points[None]).sum(axis=-1))


def test_the_correlation_of_changes_by_hand():
    # against the row before (a week of one step), A changes by 1, 1, -2, 0 in turn and B by 2, 2, -4, 0: r = 1; C by the opposite
    # of A: r = -1; D never changes and goes with none
    a = np.tile([0.0, 1.0, 2.0, 0.0], 20)
    r = change_correlation(np.column_stack([a, 2 * a + 5, -a, np.ones(80)]), list("ABCD"), week=1, until_row=80)
    assert r == pytest.approx(np.array([[1, 1, -1, 0], [1, 1, -1, 0], [-1, -1, 1, 0], [0, 0, 0, 1]]))


def test_pairs_are_compared_where_both_have_a_change():
    values = readings()
    r = change_correlation(values, names(6), week=WEEK, until_row=UNTIL)
    change = values[WEEK:UNTIL] - values[: UNTIL - WEEK]
    assert r == pytest.approx(pd.DataFrame(change).corr().to_numpy(), abs=0.02)  # few changes are cut off
    assert r[0, 1] > r[0, 2] > 0.1 > r[0, 5]


def test_too_few_common_changes_count_as_none():
    values = readings(2)
    values[: UNTIL // 2, 0] = np.nan
    values[UNTIL // 2 :, 1] = np.nan
    assert change_correlation(values, names(2), week=WEEK, until_row=UNTIL)[0, 1] == 0


def test_a_wild_reading_does_not_make_two_places_alike():
    values = readings(6)
    values[100, [0, 5]] = 1e6
    assert abs(change_correlation(values, names(6), week=WEEK, until_row=UNTIL)[0, 5]) < 0.3


def test_places_that_change_alike_lie_near_each_other():
    values = readings()
    r = change_correlation(values, names(6), week=WEEK, until_row=UNTIL)
    wanted, points = np.sqrt(2 * (1 - r)), laid(values)
    upper = np.triu_indices(6, 1)
    assert pd.Series(wanted[upper]).rank().corr(pd.Series(distances(points)[upper]).rank()) > 0.85
    assert stress(*points.T, wanted) < 0.2
    assert np.ptp(points[:, 0]) > np.ptp(points[:, 1])
    assert all(points[np.argmax(np.abs(points[:, axis])), axis] > 0 for axis in (0, 1))


def test_the_stress_by_hand():
    # at 0 and 3 where 4 is wanted, both ways: sqrt((1 + 1) / (9 + 9)) = 1 / 3
    assert stress(np.array([0.0, 3.0]), np.zeros(2), np.array([[0.0, 4.0], [4.0, 0.0]])) == pytest.approx(1 / 3)


@pytest.mark.parametrize("places", [1, 2, 3])
@pytest.mark.parametrize("constant", [False, True])
def test_few_places_and_constant_ones_have_a_layout(places, constant):
    values = np.ones((UNTIL, places)) if constant else readings(places)
    points = laid(values)
    assert np.isfinite(points).all()
    expected = np.sqrt(2 * (1 - change_correlation(values, names(places), week=WEEK, until_row=UNTIL)))
    assert distances(points) == pytest.approx(expected, abs=1e-4)  # up to three places fit on a plane
    assert len(np.unique(Grid.of_layout(*points.T, 4).flat)) == places


def test_copies_are_one_point_and_have_no_more_weight_than_one():
    values = readings(4)
    doubled = np.column_stack([values, 0.9268 * values[:, 1], values[:, 1] + 7])
    points = laid(doubled)
    assert np.array_equal(points[4], points[1])
    assert np.array_equal(points[5], points[1])
    assert distances(points[:4]) == pytest.approx(distances(laid(values)), abs=1e-3)
    grid = Grid.of_layout(*points.T, 8)
    assert grid.flat[4] == grid.flat[5] == grid.flat[1]


@settings(max_examples=25)
@given(seed=st.integers(0, 50), order=st.permutations(range(5)))
def test_the_order_of_the_places_does_not_matter(seed, order):
    values, order = readings(5, seed), list(order)
    one = layout_from_readings(values, names(5), week=WEEK, until_row=UNTIL)
    shuffled = [names(5)[place] for place in order]
    other = layout_from_readings(np.asfortranarray(values[:, order]), shuffled, week=WEEK, until_row=UNTIL)
    assert np.array_equal(np.array(one)[:, order], other)


@settings(max_examples=25)
@given(seed=st.integers(0, 50), until=st.integers(WEEK + 1, UNTIL))
def test_what_comes_after_the_training_part_is_not_looked_at(seed, until):
    values = readings()
    wild = values.copy()
    wild[until:] = np.random.default_rng(seed).normal(size=wild[until:].shape) * 1e6
    assert np.array_equal(laid(values, until_row=until), laid(wild, until_row=until))


def test_too_short_a_history_or_other_names_are_refused():
    with pytest.raises(PanelError, match="too few readings to learn a layout"):
        laid(readings(), until_row=WEEK)
    with pytest.raises(ShapeError, match="one name a place"):
        layout_from_readings(readings(), ["A"], week=WEEK, until_row=UNTIL)


def filled(latitude, longitude, values):
    return fill_coordinates(latitude, longitude, values, names(values.shape[1]), week=WEEK, until_row=UNTIL)


def test_a_place_without_coordinates_is_put_between_those_that_change_like_it():
    # P3 is a copy of P0 and goes with no other: r is 1 with P0 and about 0 with the two others, and the weights are the squares
    values = np.random.default_rng(0).normal(size=(UNTIL, 3))
    values = np.column_stack([values, values[:, 0]])
    with pytest.warns(GridcastWarning, match="1 place without coordinates: `P3`"):
        latitude, longitude = filled([50.0, 40.0, 45.0, np.nan], [179.0, -175.0, -170.0, 3.0], values)
    assert latitude[:3].tolist() == [50, 40, 45]
    assert latitude[3] == pytest.approx(50, abs=0.3)
    assert longitude[3] == pytest.approx(179, abs=0.3)


def test_a_place_that_goes_with_no_other_is_put_in_the_middle_of_all():
    values = np.column_stack([readings(2), np.ones(UNTIL + 40)])
    with pytest.warns(GridcastWarning):
        latitude, longitude = filled([0.0, 0.0, np.nan], [170.0, -170.0, np.nan], values)
    assert latitude[2] == pytest.approx(0)
    assert abs(longitude[2]) == pytest.approx(180)


def test_nothing_is_filled_where_all_or_none_are_known():
    latitude, longitude = filled([1.0, 2.0], [3.0, 4.0], readings(2))
    assert (latitude.tolist(), longitude.tolist()) == ([1, 2], [3, 4])
    with pytest.raises(PanelError, match="no place has coordinates"):
        filled([np.nan] * 2, [np.nan] * 2, readings(2))


@pytest.mark.slow
@pytest.mark.shared_data
def test_the_zones_of_gefcom2012_are_laid_out_by_their_correlation(shared_data):
    table = pd.read_csv(shared_data / "gefcom2012" / "load.csv.gz", index_col=0)
    values, zones, until = table.to_numpy(dtype=np.float32), list(table), int(len(table) * 0.8)
    r = change_correlation(values, zones, week=168, until_row=until)
    x, y = layout_from_readings(values, zones, week=168, until_row=until)
    upper = np.triu_indices(len(zones), 1)
    wanted, got = np.sqrt(2 * (1 - r)), distances(np.column_stack([x, y]))
    assert pd.Series(wanted[upper]).rank().corr(pd.Series(got[upper]).rank()) > 0.9
    assert stress(x, y, wanted) < 0.25
    at = {zone: (x[place], y[place]) for place, zone in enumerate(zones)}
    assert at["Z02"] == at["Z03"] == at["Z07"]  # they carry the same signal
    assert np.argmax(np.hypot(x, y)) == zones.index("Z09")  # the industrial zone is like no other
    assert len(np.unique(Grid.of_layout(x, y, 8).flat)) == 17  # Z06 is nearly a copy too
