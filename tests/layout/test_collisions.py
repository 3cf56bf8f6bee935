import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gridcast.layout.collisions import MOST, REACH, spread

SHAPES = st.tuples(st.integers(1, 6), st.integers(1, 6))


@st.composite
def crowds(draw):
    """Places on a grid, in units of cells, often at one point or on an edge."""
    rows, columns = draw(SHAPES)
    fraction = st.integers(0, 8).map(lambda eighth: eighth / 8)
    points = st.tuples(fraction.map(lambda f: f * rows), fraction.map(lambda f: f * columns))
    return np.array(draw(st.lists(points, min_size=1, max_size=20))), (rows, columns)


def test_the_place_nearest_the_middle_stays_and_the_other_goes_the_shortest_way():
    # cell (1, 1) has its centre at (1.5, 1.5); the first place is 0.1 from it and stays; the second, at (1.5, 1.9), is 0.6 from
    # the centre of cell (1, 2); the last two are alone in their cells
    position = np.array([[1.5, 1.6], [1.5, 1.9], [0.2, 0.2], [2.5, 2.5]])
    assert spread(position, (3, 3)).tolist() == [[1, 1], [1, 2], [0, 0], [2, 2]]


def test_the_shortest_way_is_taken_first():
    # both want cell (0, 1), with its centre at (0.5, 1.5): one is 0.7 from it, the other 0.6, and that one gets it; the first
    # would have to go on to (0, 2), 1.7 away
    position = np.array([[0.5, 0.8], [0.5, 0.9], [0.5, 0.5]])
    assert spread(position, (1, 4), most=1).tolist() == [[0, 2], [0, 1], [0, 0]]
    assert spread(position, (1, 4), most=1, reach=1).tolist() == [[0, 0], [0, 1], [0, 0]]


def test_no_more_than_a_quarter_of_the_places_are_moved():
    position = np.array([[0.5, 0.5 + step / 100] for step in range(8)])
    cells = spread(position, (1, 9), reach=9)
    assert (cells[:, 1] > 0).sum() == 2  # a quarter of eight


def test_places_at_one_point_stay_together():
    position = np.array([[0.5, 0.5], [0.5, 0.5], [0.5, 0.75]])
    assert spread(position, (1, 3)).tolist() == [[0, 0], [0, 0], [0, 1]]


@given(crowds())
def test_cells_are_unique_as_long_as_there_is_room(crowd):
    position, shape = crowd
    points = len(np.unique(position, axis=0))
    cells = spread(position, shape, reach=max(shape), most=1)
    assert ((cells >= 0) & (cells < shape)).all()
    assert len(np.unique(cells, axis=0)) == min(points, math.prod(shape))


@given(crowds(), st.randoms(use_true_random=False))
def test_few_go_and_not_far_and_whoever_stands_first_has_no_part_in_it(crowd, random):
    position, shape = crowd
    cells = spread(position, shape)
    homes = np.minimum(position.astype(int), np.array(shape) - 1)
    points, where = np.unique(position, axis=0, return_index=True)
    assert (cells != homes).any(axis=1)[where].sum() <= max(1, int(MOST * len(points)))
    assert np.abs(cells - homes).max() <= REACH
    assert {tuple(cell) for cell in homes} <= {tuple(cell) for cell in cells}  # no cell is given up
    order = list(range(len(position)))
    random.shuffle(order)
    assert np.array_equal(spread(position[order], shape), cells[order])
