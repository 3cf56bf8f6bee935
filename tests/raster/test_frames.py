import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridcast.errors import ConfigError, GridcastWarning, PanelError, ShapeError
from gridcast.panel import Panel
from gridcast.raster import Field, Frames, Grid, frames_in_time, preprocess_spatial_data, suggest_grid_size
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


def test_the_share_of_the_places_that_have_a_reading_is_told():
    times = pd.date_range("2024-01-01", periods=48, freq="h", tz="UTC")
    readings = pd.DataFrame({"A": 2.0, "B": 4.0, "C": 0.0}, index=times)
    readings.iloc[10, [0, 2]] = np.nan
    panel = Panel.from_wide(readings, pd.DataFrame({"id": list("ABC"), "latitude": [1, 1, 2], "longitude": [1, 1, 2]}))
    frames = preprocess_spatial_data(panel, 2)
    known = frames.channels.index("known")
    # A and B are in the south-west, C, which reads 0, in the north-east
    assert frames[9][..., known].tolist() == [[0, 1], [1, 0]]
    assert frames[10][..., known].tolist() == [[0, 0], [0.5, 0]]
    assert frames[9][0, 1, 0] == frames[10][0, 1, 0] == 0
    assert np.isnan(frames.with_gaps(10)[0, 1, 0])
    assert frames.with_gaps(9)[0, 1, 0] == 0


def weather_frames(**how) -> Frames:
    panel = steps_panel()
    return preprocess_spatial_data(panel, (1, 2), **how)


def channel(frames: Frames, frame: int, name: str) -> list[float]:
    return frames[frame][0, :, frames.channels.index(name)].tolist()


def test_an_observed_variable_by_hand():
    temperature = np.column_stack([np.arange(240.0), np.full(240, 5.0)])
    temperature[199, 1] = np.nan
    frames = weather_frames(observed={"temperature": temperature})
    assert frames.channels[-3:] == ("temperature", "temperature_change", "temperature_known")
    # frame 199 is of issue row 200: its newest row is 199, and the west was 168 less a week before; the east is missing
    assert channel(frames, 199, "temperature") == [199, 0]
    assert channel(frames, 199, "temperature_change") == [168, 0]
    assert channel(frames, 199, "temperature_known") == [1, 0]
    assert channel(frames, 100, "temperature_change") == [0, 0]  # there is no week before


def test_a_variable_known_ahead_by_hand():
    rain = np.column_stack([np.arange(248.0), np.full(248, 5.0)])
    frames = weather_frames(ahead={"rain": rain}, horizon=8)
    assert frames.channels[-5:] == ("rain_ahead_1", "rain_ahead_2", "rain_ahead_3", "rain_ahead_4", "rain_ahead_known")
    # issue row 200: rows 200 and 201 have the mean 200.5, and so on by twos
    assert [channel(frames, 199, f"rain_ahead_{block}") for block in (1, 2, 3, 4)] == [[200.5 + 2 * b, 5] for b in range(4)]
    assert channel(frames, 199, "rain_ahead_known") == [1, 1]
    # the last frame is of issue row 240, and rows 240 to 247 are there
    assert channel(frames, 239, "rain_ahead_4") == [246.5, 5]


def test_what_ends_before_the_horizon_is_not_known_from_there_on():
    rain = np.column_stack([np.arange(246.0), np.full(246, 5.0)])
    frames = weather_frames(ahead={"rain": rain}, horizon=8)
    assert channel(frames, 239, "rain_ahead_3") == [244.5, 5]
    assert channel(frames, 239, "rain_ahead_4") == [0, 0]
    assert channel(frames, 239, "rain_ahead_known") == [0.75, 0.75]  # six steps of eight


def test_a_variable_that_is_observed_too_is_a_change_against_the_week_before():
    temperature = np.column_stack([np.arange(248.0), np.full(248, 5.0)])
    frames = weather_frames(observed={"t": temperature[:240]}, ahead={"t": temperature + 1}, horizon=8)
    # a week is 168, and what is known ahead is one more than what will be observed
    assert [channel(frames, 199, f"t_ahead_{block}") for block in (1, 4)] == [[169, 1], [169, 1]]
    assert channel(frames, 100, "t_ahead_1") == [0, 0]


def test_what_was_known_at_each_issue_row_is_read_at_that_row():
    vintages = np.arange(241.0)[:, None, None] * 100 + np.arange(4.0)[:, None] + np.zeros(2)
    frames = weather_frames(ahead={"rain": vintages}, horizon=4)
    assert [channel(frames, 199, f"rain_ahead_{block}") for block in (1, 4)] == [[20000, 20000], [20003, 20003]]


def test_a_field_is_laid_on_all_cells():
    panel = steps_panel()
    panel = Panel(panel.dataset.assign_coords(longitude=("location", [20.0, 0.0])))  # W is in the west: columns P0 = E, P1 = W
    values = np.arange(240.0)[:, None, None] + np.array([[0.0, 10.0]])  # two boxes, which meet at 10 degrees east
    field = Field(values, [50.0], [5.0, 15.0])
    frames = preprocess_spatial_data(panel, (1, 4), observed={"t": field}, ahead={"t": field}, horizon=4)
    assert channel(frames, 199, "t") == [199, 199, 209, 209]
    assert channel(frames, 199, "t_known") == [1, 1, 1, 1]
    assert channel(frames, 199, "mask") == [1, 0, 0, 1]
    assert channel(frames, 199, "t_ahead_1") == [168] * 4


@settings(max_examples=20)
@given(issue_row=st.integers(1, 239), seed=st.integers(0, 100), vintages=st.booleans(), field=st.booleans())
def test_a_frame_reads_observed_rows_before_its_issue_row_and_rows_ahead_up_to_the_horizon(issue_row, seed, vintages, field):
    random, horizon = np.random.default_rng(seed), 12
    seen, ahead = random.normal(size=(240, 2)), random.normal(size=(252, horizon, 2) if vintages else (252, 2))
    wild, wild_ahead = seen.copy(), ahead.copy()
    wild[issue_row:] += 1e6
    read_rows = slice(issue_row, issue_row + (1 if vintages else horizon))
    wild_ahead += 1e6
    wild_ahead[read_rows] = ahead[read_rows]

    def frame(observed, coming):
        if field:
            observed, coming = (Field(each[..., None, :], [50.0], [0.0, 10.0]) for each in (observed, coming))
        return weather_frames(observed={"t": observed}, ahead={"t": coming}, horizon=horizon)[issue_row - 1]

    assert np.array_equal(frame(seen, ahead), frame(wild, wild_ahead))


def test_variables_that_do_not_fit_are_refused():
    for how, found in (
        ({"observed": {"t": np.zeros((240, 3))}}, r"`t` \(240, 3\)"),
        ({"observed": {"t": np.zeros((100, 2))}}, r"`t` \(100, 2\)"),
        ({"observed": {"t": np.zeros((240, 4, 2))}}, r"`t` \(240, 4, 2\)"),
        ({"ahead": {"t": np.zeros((240, 3, 2))}, "horizon": 4}, r"`t` \(240, 3, 2\)"),
    ):
        with pytest.raises(ShapeError, match=found):
            weather_frames(**how)
    with pytest.raises(ConfigError, match="`horizon` must be above zero"):
        weather_frames(ahead={"t": np.zeros((240, 2))})
    grid = Grid.of_layout([0.0, 1.0], [0.0, 1.0], 2)
    with pytest.raises(PanelError, match="needs places with coordinates"):
        frames_in_time(steps_panel(), grid, observed={"t": Field(np.zeros((240, 1, 1)), [0.0], [0.0])})
    with pytest.raises(ShapeError, match="a static frame has no weather"):
        Frames(grid, np.zeros(2, dtype=np.float32), observed={"t": np.zeros((1, 2))})


def test_layers_say_of_which_steps_a_channel_is():
    frames = weather_frames(ahead={"rain": np.zeros((240, 2))}, horizon=8)
    steps = {layer.name: layer.steps for layer in frames.layers}
    assert steps["change_1"] == (-24, -21)
    assert steps["change_8"] == (-3, 0)
    assert steps["rain_ahead_2"] == (2, 4)
    assert steps["consumption"] is None
