import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridcast.errors import ConfigError, PanelError, ShapeError
from gridcast.layout import Field, Grid


def drawn(values, latitude, longitude, grid, method="area"):
    field = Field(np.asarray(values, dtype=float)[None], latitude, longitude, method)
    return field.on(grid, field.values)[0]


GRID = Grid.of([10.0, -10.0], [0.0, 20.0], (2, 2))  # rows meet at the equator, columns at 10 degrees east


def test_a_cell_is_the_mean_of_the_boxes_in_it_by_their_area():
    # a raster of 5 degrees: boxes between 0 and 5 and between 5 and 10 degrees; their areas are as sin 5 and sin 10 - sin 5
    latitude, longitude = [7.5, 2.5, -2.5, -7.5], [2.5, 7.5, 12.5, 17.5]
    north, south = np.sin(np.radians([10, 5])) - np.sin(np.radians([5, 0]))
    values = np.zeros((4, 4))
    values[0], values[2] = 3.0, [1.0, 2.0, 5.0, 7.0]
    cells = drawn(values, latitude, longitude, GRID)
    assert cells[0] == pytest.approx([3 * north / (north + south)] * 2)
    assert cells[1] == pytest.approx(np.array([1.5, 6.0]) * south / (north + south))


def test_a_coarse_raster_lends_its_box_to_several_cells():
    # boxes meet at the equator and at 6 degrees east: the western cells, 0 to 10 degrees, have 0.6 of the western box
    cells = drawn([[1.0, 2.0], [3.0, 4.0]], [10.0, -10.0], [-4.0, 16.0], GRID)
    assert cells == pytest.approx(np.array([[0.6 * 1 + 0.4 * 2, 2], [0.6 * 3 + 0.4 * 4, 4]]))


def test_nearest_and_bilinear_take_the_value_at_the_middle_of_the_cell():
    # the middles are at 5 and 15 degrees east and at 5 degrees north and south; 5 is a quarter of the way from 0 to 20
    values = [[0.0, 8.0], [0.0, 8.0]]
    for method, expected in (("bilinear", [2, 6]), ("nearest", [0, 8])):
        assert drawn(values, [10.0, -10.0], [0.0, 20.0], GRID, method) == pytest.approx(np.array([expected, expected]))


@pytest.mark.parametrize("method", ["area", "bilinear", "nearest"])
def test_the_direction_of_the_raster_and_the_turn_of_the_circle_do_not_matter(method):
    values = np.random.default_rng(0).normal(size=(9, 18))
    latitude, longitude = np.linspace(-20, 20, 9), np.linspace(-30, 55, 18)
    one = drawn(values, latitude, longitude, GRID, method)
    assert np.isfinite(one).all()
    assert np.allclose(one, drawn(values[::-1, ::-1], latitude[::-1], longitude[::-1], GRID, method))
    around = np.argsort(longitude % 360)
    assert np.allclose(one, drawn(values[:, around], latitude, np.sort(longitude % 360), GRID, method))


def test_a_grid_across_the_180th_meridian_reads_a_raster_from_0_to_360():
    grid = Grid.of([-10.0, -20.0], [175.0, -175.0], (1, 2))
    cells = drawn(np.arange(36.0)[None].repeat(2, axis=0), [-20.0, -10.0], np.arange(0.0, 360, 10), grid)
    # the boxes meet at 175 and 185: both cells are within that of 180 degrees, number 18
    assert cells.ravel() == pytest.approx([18, 18])


@pytest.mark.parametrize("method", ["area", "bilinear", "nearest"])
def test_beyond_the_raster_and_where_all_is_missing_nothing_is_known(method):
    values = np.array([[1.0, np.nan], [1.0, np.nan]])
    cells = drawn(values, [5.0, -5.0], [15.0, 18.0], GRID, method)  # boxes from 13.5 to 19.5 degrees east
    assert np.isnan(cells[:, 0]).all()
    assert cells[:, 1] == pytest.approx([1, 1])  # what is missing leaves the cell to what is known


@given(value=st.floats(-50, 50), rows=st.integers(1, 9), columns=st.integers(1, 9), ny=st.integers(1, 9), nx=st.integers(1, 9))
def test_a_field_that_is_the_same_everywhere_is_the_same_in_every_cell(value, rows, columns, ny, nx):
    grid = Grid.of([10.0, -10.0], [0.0, 20.0], (rows, columns))
    latitude, longitude = np.linspace(-20, 20, ny), np.linspace(-30, 50, nx)
    for method in ("area", "bilinear", "nearest"):
        cells = drawn(np.full((ny, nx), value), latitude, longitude, grid, method)
        known = np.isfinite(cells)
        assert np.allclose(cells[known], value, atol=1e-4)
        assert known.all() or 1 in (ny, nx)


def test_a_field_needs_a_raster_and_a_map():
    values = np.zeros((5, 2, 3))
    with pytest.raises(ShapeError, match="does not fit its raster"):
        Field(values, [1.0, 2.0], [1.0, 2.0])
    with pytest.raises(ConfigError, match="`cubic`"):
        Field(values, [1.0, 2.0], [1.0, 2.0, 3.0], "cubic")  # type: ignore[arg-type]
    with pytest.raises(PanelError, match="needs places with coordinates"):
        Field(values, [1.0, 2.0], [1.0, 2.0, 3.0]).weights(Grid.of_layout([0.0, 1.0], [0.0, 1.0], 2))
