import numpy as np
import pandas as pd
import pytest

from gridcast.errors import GridcastWarning, PanelError
from gridcast.panel import Panel
from gridcast.raster import Grid, panel_grid, preprocess_spatial_data


def without(panel: Panel, *lost: int) -> Panel:
    """The panel without the coordinates of some places; of all without numbers."""
    if not lost:
        return Panel(panel.dataset.drop_vars(["latitude", "longitude"]))
    latitude = panel.dataset["latitude"].to_numpy().copy()
    latitude[list(lost)] = np.nan
    return Panel(panel.dataset.assign_coords(latitude=("location", latitude)))


def scrambled(panel: Panel, until: pd.Timestamp) -> Panel:
    """The panel with other readings where the interval had not ended."""
    late = panel.times + panel.freq > until
    wild = np.where(late[:, None], np.float32(1e6), panel.consumption)
    return Panel(panel.dataset.assign(consumption=(("time", "location"), wild)))


def test_places_with_coordinates_are_laid_out_by_them(make_panel):
    panel = make_panel()
    grid = panel_grid(panel, (3, 5), axes="quantile", collisions="share")
    assert np.array_equal(grid.cells, Grid.of(*panel.coordinates, (3, 5), axes="quantile", collisions="share").cells)


@pytest.mark.parametrize("lost", [(), (0, 1, 2, 3), (1,)])
def test_without_coordinates_readings_until_a_moment_decide(make_panel, lost):
    panel = without(make_panel(), *lost)
    until = panel.times[300]
    grids = []
    for each in (panel, scrambled(panel, until)):
        if lost == (1,):
            with pytest.warns(GridcastWarning, match="`P1`"):
                grids.append(panel_grid(each, 4, until=until))
        else:
            grids.append(panel_grid(each, 4, until=until))
    assert grids[0].on_earth == (lost == (1,))
    assert np.array_equal(grids[0].cells, grids[1].cells)
    assert np.array_equal(grids[0].x, grids[1].x)


def test_the_last_reading_before_the_moment_counts(make_panel):
    panel = without(make_panel())
    until = panel.times[300]
    changed = panel.consumption.copy()
    changed[299, 0] += 1.0
    other = Panel(panel.dataset.assign(consumption=(("time", "location"), changed)))
    assert not np.array_equal(panel_grid(panel, 4, until=until).x, panel_grid(other, 4, until=until).x)


def test_without_a_moment_missing_coordinates_are_an_error(make_panel):
    with pytest.raises(PanelError, match=r"no coordinates: 2 of 4(.|\n)*`P0`, `P2`(.|\n)*until="):
        panel_grid(without(make_panel(), 0, 2), 4)


def test_frames_are_made_on_a_grid_that_is_there_already(make_panel):
    panel = without(make_panel())
    grid = panel_grid(panel, 5, until=panel.times[300])
    frames = preprocess_spatial_data(panel, grid)
    assert frames.grid is grid
    assert frames.shape == (480, 5, 5, 12)
    places = pd.DataFrame({"id": list("ABCD"), "latitude": 1.0, "longitude": 1.0, "mean_consumption": 1.0})
    assert preprocess_spatial_data(places, grid).grid is grid


def test_the_hint_for_a_crowded_learned_layout_is_a_grid_that_would_do(make_panel):
    panel = without(make_panel(places=30))
    with pytest.warns(GridcastWarning, match="--grid-size") as caught:
        grid = panel_grid(panel, 2, until=panel.end)
    rows, columns = grid.suggested_shape()
    assert f"--grid-size {rows}x{columns}" in str(caught[0].message)
