import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gridcast.errors import ConfigError, PanelError, ShapeError
from gridcast.layout import Grid, suggest_grid_shape, suggest_grid_size

SIDES = st.tuples(st.integers(1, 12), st.integers(1, 12))
CHOICES = {"axes": st.sampled_from(["equal", "quantile"]), "collisions": st.sampled_from(["share", "spread"])}
DEGREES = st.tuples(st.integers(-90_000, 90_000), st.integers(-180_000, 180_000)).map(lambda p: (p[0] / 1000, p[1] / 1000))
PLACES = st.lists(DEGREES, min_size=1, max_size=12)


def test_north_is_row_zero_and_west_is_column_zero():
    grid = Grid.of([50, 40, 50, 40], [0, 0, 10, 10], (2, 3))
    assert grid.cells.tolist() == [[0, 0], [1, 0], [0, 2], [1, 2]]
    assert grid.flat.tolist() == [0, 3, 2, 5]


def test_a_region_across_the_180th_meridian_stays_together():
    grid = Grid.of([-17, -17, -17], [178.0, 179.5, -179.0], (1, 3))
    assert grid.cells[:, 1].tolist() == [0, 1, 2]


@given(st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180)), min_size=1, max_size=30), st.integers(1, 20))
def test_every_place_is_on_the_grid(places, side):
    latitude, longitude = zip(*places, strict=True)
    cells = Grid.of(latitude, longitude, side).cells
    assert ((cells >= 0) & (cells < side)).all()


def test_the_order_of_places_does_not_matter():
    random = np.random.default_rng(0)
    latitude, longitude = random.uniform(40, 50, 20), random.uniform(0, 10, 20)
    order = random.permutation(20)
    assert np.array_equal(Grid.of(latitude[order], longitude[order], 7).cells, Grid.of(latitude, longitude, 7).cells[order])


def test_a_missing_coordinate_is_named():
    with pytest.raises(PanelError, match="1 of 2 places have no usable coordinates"):
        Grid.of([50, np.nan], [1, 2], 3)


def test_rows_cover_equal_areas():
    # between the equator and 90 degrees north lie areas as the sines of the latitudes: half of it is south of 30 degrees
    grid = Grid.of([0.0, 90.0, 29.9, 30.1], [0.0, 10.0, 5.0, 5.0], (2, 1), collisions="share")
    assert grid.y_edges == pytest.approx([90, 30, 0])
    assert grid.cells[:, 0].tolist() == [1, 0, 1, 0]


@given(places=PLACES, sides=SIDES, order=st.randoms(use_true_random=False), **CHOICES)
def test_cells_are_on_the_grid_and_go_with_the_places(places, sides, order, axes, collisions):
    shuffled = list(range(len(places)))
    order.shuffle(shuffled)
    latitude, longitude = np.array(places).T
    one = Grid.of(latitude, longitude, sides, axes=axes, collisions=collisions)
    other = Grid.of(latitude[shuffled], longitude[shuffled], sides, axes=axes, collisions=collisions)
    assert ((one.cells >= 0) & (one.cells < np.array(sides))).all()
    assert np.array_equal(one.cells[shuffled], other.cells)
    assert np.array_equal(one.x_edges, other.x_edges)
    assert np.array_equal(one.y_edges, other.y_edges)


@given(places=PLACES, sides=SIDES, turns=st.lists(st.sampled_from([0, 360, -360]), min_size=12, max_size=12), **CHOICES)
def test_a_turn_around_the_earth_leads_to_the_same_cells(places, sides, turns, axes, collisions):
    latitude, longitude = np.array(places).T
    turned = longitude + np.array(turns[: len(places)])
    assume((np.abs(turned) <= 360).all())
    one, other = (Grid.of(latitude, each, sides, axes=axes, collisions=collisions) for each in (longitude, turned))
    assert np.array_equal(one.cells, other.cells)
    assert np.array_equal(one.x, other.x)


@given(places=PLACES, sides=SIDES, axes=CHOICES["axes"])
def test_homes_are_the_cells_that_places_lie_in(places, sides, axes):
    latitude, longitude = np.array(places).T
    grid = Grid.of(latitude, longitude, sides, axes=axes)
    rows, columns = grid.homes.T
    assert (grid.x_edges[columns] <= grid.x + 1e-9).all()
    assert (grid.x <= grid.x_edges[columns + 1] + 1e-9).all()
    assert (grid.y_edges[rows + 1] <= grid.y + 1e-6).all()  # near a pole the sine hardly changes
    assert (grid.y <= grid.y_edges[rows] + 1e-6).all()
    assert (np.diff(grid.x_edges) > 0).all()


def test_quantile_axes_give_each_row_and_column_its_share():
    # longitudes 0, 1, 2, 3, 100, 200 in two columns: the median is 2.5, so that three are on each side; equal columns meet at 100
    longitude = [0.0, 1.0, 2.0, 3.0, 100.0, 170.0]
    grids = [Grid.of([0.0] * 6, longitude, (1, 2), axes=axes, collisions="share") for axes in ("quantile", "equal")]
    assert [grid.cells[:, 1].tolist() for grid in grids] == [[0, 0, 0, 1, 1, 1], [0, 0, 0, 0, 1, 1]]
    assert grids[0].x_edges == pytest.approx([0, 2.5, 170])


def test_a_region_at_a_pole_has_cells():
    grid = Grid.of([90.0, 89.0, 88.0, 89.0], [0.0, 90.0, 180.0, -90.0], 3)
    assert len(np.unique(grid.flat)) == 4


def test_a_layout_has_its_y_upwards_and_no_degrees():
    grid = Grid.of_layout([0.0, 5.0, 10.0], [0.0, 10.0, 0.0], (2, 2))
    assert grid.cells.tolist() == [[1, 0], [0, 1], [1, 1]]
    assert not grid.on_earth
    assert grid.plane[0].tolist() == [0, 5, 10]
    with pytest.raises(ShapeError, match="not a layout"):
        Grid.of_layout([0.0, np.nan], [0.0, 1.0], 2)


def test_the_suggested_grid_has_the_form_of_the_region():
    random = np.random.default_rng(1)
    # on the equator a degree is as long both ways: 20 by 5 degrees are four times as wide as high
    latitude, longitude = random.uniform(-2.5, 2.5, 80), random.uniform(0, 20, 80)
    rows, columns = suggest_grid_shape(latitude, longitude)
    assert columns / rows == pytest.approx(4, rel=0.35)
    assert Grid.of(latitude, longitude, (rows, columns), collisions="share").crowding <= 2
    assert Grid.of(latitude, longitude, suggest_grid_size(latitude, longitude), collisions="share").crowding <= 2
    assert suggest_grid_shape([50.0], [10.0]) == (1, 1)
    assert suggest_grid_shape([50.0, 50.0, 50.0], [10.0, 11.0, 12.0]) == (2, 2)  # on a line: as many rows as columns


@pytest.mark.parametrize("choice", [{"axes": "log"}, {"collisions": "fight"}])
def test_an_unknown_choice_is_named(choice):
    with pytest.raises(ConfigError, match=f"unknown `{next(iter(choice))}`"):
        Grid.of([1.0, 2.0], [1.0, 2.0], 2, **choice)


def rank_correlation(one, other) -> float:
    upper = np.triu_indices(len(one), 1)
    return float(pd.Series(one[upper]).rank().corr(pd.Series(other[upper]).rank()))


def distances(points):
    return np.sqrt(np.square(points[:, None] - points[None]).sum(axis=-1))


def on_sphere(latitude, longitude):
    phi, lam = np.radians(latitude), np.radians(longitude)
    return np.column_stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)])


@pytest.mark.shared_data
def test_spreading_the_balancing_authorities_keeps_who_is_near_whom(shared_data):
    places = pd.read_csv(shared_data / "us_ba_2015_2020" / "locations.csv")
    places = places[places["kind"] == "balancing_authority"]
    latitude, longitude = places["latitude"].to_numpy(), places["longitude"].to_numpy()
    true = distances(on_sphere(latitude, longitude))  # chords rank as great circles do
    grids = {how: Grid.of(latitude, longitude, (12, 24), collisions=how) for how in ("share", "spread")}
    assert [len(np.unique(grid.flat)) for grid in grids.values()] == [43, 54]
    kept = [rank_correlation(true, distances(grid.cells.astype(float))) for grid in grids.values()]
    assert kept[0] > 0.99
    assert kept[1] > 0.98
