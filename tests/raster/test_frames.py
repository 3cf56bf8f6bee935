import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridcast.errors import ConfigError, GridcastWarning, PanelError, ShapeError
from gridcast.panel import Panel
from gridcast.raster import Frames, Grid, preprocess_spatial_data, suggest_grid_size
from gridcast.windows import preprocess_temporal_data


def test_a_static_frame_by_hand():
    places = pd.DataFrame(
        {"id": list("ABC"), "latitude": [50, 50, 40], "longitude": [0, 0, 10], "mean_consumption": [1.0, 3.0, 5.0]}
    )
    frames = preprocess_spatial_data(places, 2)
    assert frames.shape == frames.frame_shape == (2, 2, 3)
    assert frames.channels == ("consumption", "places", "mask")
    # A and B share the north-west cell: mean 2; C is alone in the south-east: 5; relative to the mean of all places, 3
    assert np.asarray(frames)[..., 0] == pytest.approx(np.array([[2 / 3, 0], [0, 5 / 3]]))
    # two places and one place, relative to the mean of the occupied cells, 1.5
    assert np.asarray(frames)[..., 1] == pytest.approx(np.array([[2 / 1.5, 0], [0, 1 / 1.5]]))
    assert np.asarray(frames)[..., 2].tolist() == [[1, 0], [0, 1]]


def steps_panel() -> Panel:
    """Two places side by side: one reads the hour, the other 1000."""
    times = pd.date_range("2024-01-01", periods=24 * 10, freq="h", tz="UTC")
    readings = pd.DataFrame({"W": np.arange(240.0), "E": 1000.0}, index=times)
    return Panel.from_wide(readings, pd.DataFrame({"id": ["W", "E"], "latitude": 50, "longitude": [0, 10]}))


def test_a_frame_in_time_by_hand():
    frames = preprocess_spatial_data(steps_panel(), (1, 2))
    assert frames.shape == (240, 1, 2, 12)
    assert frames.channels[1:9] == tuple(f"change_{i}" for i in range(1, 9))
    issued_at_hour_200 = frames[frames.positions(pd.DatetimeIndex(["2024-01-09 08:00+00:00"]))][0]
    # the last reading known at hour 200 is that of hour 199; a week makes the western place rise by 168
    assert issued_at_hour_200[0, 0] == pytest.approx([199, *[168] * 8, 1, 1, 1])
    assert issued_at_hour_200[0, 1] == pytest.approx([1000, *[0] * 8, 1, 1, 1])


def test_without_a_week_before_there_is_no_change():
    frames = preprocess_spatial_data(steps_panel(), (1, 2))
    assert frames[100][..., 1:9].tolist() == np.zeros((1, 2, 8)).tolist()


def test_a_missing_reading_leaves_the_mean_to_the_others(make_panel):
    times = pd.date_range("2024-01-01", periods=48, freq="h", tz="UTC")
    readings = pd.DataFrame({"A": 2.0, "B": 4.0, "C": 7.0}, index=times)
    readings.iloc[10, 0] = np.nan
    panel = Panel.from_wide(readings, pd.DataFrame({"id": list("ABC"), "latitude": [1, 1, 2], "longitude": [1, 1, 2]}))
    frames = preprocess_spatial_data(panel, 2)
    # A and B share a cell: mean 3, or 4 where A is missing
    assert frames[9][1, 0, 0] == 3
    assert frames[10][1, 0, 0] == 4


@given(row=st.integers(1, 239), seed=st.integers(0, 100))
def test_a_frame_is_blind_to_what_comes_after_its_time(row, seed):
    panel = steps_panel()
    wild = panel.consumption.copy()
    wild[row:] = np.random.default_rng(seed).normal(size=wild[row:].shape) * 1e9
    spatial = pd.DataFrame({"id": ["W", "E"], "latitude": 50, "longitude": [0, 10]})
    scrambled = Panel.from_wide(pd.DataFrame(wild, index=panel.times, columns=["W", "E"]), spatial)
    issue_time = panel.times[[row]]
    one, other = (preprocess_spatial_data(each, (1, 2)) for each in (panel, scrambled))
    assert np.array_equal(one[one.positions(issue_time)], other[other.positions(issue_time)])


def test_frames_are_indexed_like_an_array(make_panel):
    frames = preprocess_spatial_data(make_panel(), 3)
    whole = np.asarray(frames)
    assert whole.shape == frames.shape
    assert np.array_equal(frames[5], whole[5])
    assert np.array_equal(frames[-2:], whole[-2:])
    assert np.array_equal(frames[[4, 4, 1]], whole[[4, 4, 1]])


def test_the_scaler_makes_places_count_alike(make_panel):
    panel = make_panel()
    scaler = preprocess_temporal_data(panel, 24).scaler
    frames = preprocess_spatial_data(panel, 8, scaler=scaler)
    scaled = scaler.transform(panel.consumption)
    assert frames[30][tuple(frames.grid.cells[2])][0] == pytest.approx(scaled[30, 2], abs=1e-5)


def test_a_crowded_grid_is_warned_of_with_one_that_would_do(make_panel):
    panel = make_panel(places=30)
    with pytest.warns(GridcastWarning, match=r"30 places share 4 cells of the 2 x 2 grid.*--grid-size \d+"):
        preprocess_spatial_data(panel, 2)
    side = suggest_grid_size(*panel.coordinates)
    shared = [Grid.of(*panel.coordinates, each, collisions="share").crowding for each in (side, side - 1)]
    assert shared[0] <= 2 < shared[1]


def test_a_table_of_readings_with_its_places():
    panel = steps_panel()
    table = panel.dataset["consumption"].to_dataframe().reset_index().rename(columns={"time": "timestamp"})
    table = table[["timestamp", "location", "consumption"]]
    places = pd.DataFrame({"id": ["W", "E"], "latitude": 50, "longitude": [0, 10]})
    assert np.array_equal(
        np.sort(np.asarray(preprocess_spatial_data(table, (1, 2), locations=places)).ravel()),
        np.sort(np.asarray(preprocess_spatial_data(panel, (1, 2))).ravel()),
    )


@pytest.mark.parametrize("size", [0, -3, (4, 0)])
def test_a_grid_has_cells(size):
    with pytest.raises(ConfigError, match="must be above zero"):
        preprocess_spatial_data(steps_panel(), size)


def test_readings_need_coordinates():
    panel = Panel(steps_panel().dataset.drop_vars(["latitude", "longitude"]))
    with pytest.raises(PanelError, match="no coordinates"):
        preprocess_spatial_data(panel, 4)


def test_a_static_frame_needs_the_mean_consumption():
    with pytest.raises(PanelError, match="lacks `mean_consumption`"):
        preprocess_spatial_data(pd.DataFrame({"id": ["A"], "latitude": [1], "longitude": [1]}), 4)


def test_times_without_a_frame_are_named():
    frames = preprocess_spatial_data(steps_panel(), 2)
    with pytest.raises(ShapeError, match="no frame for 1 issue times"):
        frames.positions(pd.DatetimeIndex(["2023-01-01 00:00+00:00"]))
    with pytest.raises(ShapeError, match="static frame has no times"):
        Frames(frames.grid, np.ones(2, dtype=np.float32)).positions(frames.times)
