from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PathCollection, QuadMesh
from matplotlib.legend import Legend
from matplotlib.patches import Rectangle

from gridcast.errors import FileError, ShapeError
from gridcast.panel import Panel
from gridcast.raster import Field, Frames, Grid, frames_in_time, preprocess_spatial_data
from gridcast.views.frames import plot_frames, plot_layout

ROWS = 24 * 10


def world(**how) -> Frames:
    """A in the north-west rises by 1 an hour, C and D in the south-east fall; B in the north-east has gaps at the end."""
    times = pd.date_range("2024-01-01", periods=ROWS, freq="h", tz="UTC")
    rising = np.arange(float(ROWS))
    readings = pd.DataFrame({"A": rising, "B": 7.0, "C": 500 - rising, "D": 500 - rising}, index=times)
    readings.iloc[-1, 1] = np.nan
    places = pd.DataFrame({"id": list("ABCD"), "latitude": [50, 50, 46, 46], "longitude": [10, 20, 20, 20]})
    panel = Panel.from_wide(readings, places, unit="MW")
    return frames_in_time(panel, Grid.of(*panel.coordinates, 2), **how)


def rendered(figure):
    FigureCanvasAgg(figure).draw()
    return figure


@pytest.fixture(scope="module")
def figure():
    return rendered(plot_frames(world(), title="Title"))


def titled(figure, title: str):
    return next(axes for axes in figure.axes if axes.get_title("left").replace("\n", ", ") == title)


def mesh(axes) -> QuadMesh:
    return next(c for c in axes.collections if isinstance(c, QuadMesh))


def hatched(axes) -> list[tuple[float, float]]:
    """South-western corners of the hatched cells."""
    return [patch.get_xy() for patch in axes.patches if isinstance(patch, Rectangle) and patch.get_hatch()]


def test_there_is_a_map_of_each_channel_in_words(figure):
    titles = [axes.get_title("left").replace("\n", ", ") for axes in figure.axes if axes.get_visible()]
    assert len(titles) == len(world().channels) == 12
    assert titles[:2] == ["consumption, newest value", "consumption, change on the week before, 24 to 21 h ago"]
    assert titles[-3:] == ["places in the cell", "mask: is there a place?", "known: is there a value?"]
    assert figure.get_suptitle() == "Title, as known at 2024-01-11 00:00 UTC"


def test_cells_hold_what_the_network_reads_but_for_what_is_not_there(figure):
    newest = titled(figure, "consumption, newest value")
    values = mesh(newest).get_array().reshape(2, 2)
    assert values[0, 0] == ROWS - 1
    assert values[1, 1] == 500 - (ROWS - 1)
    assert values.mask.tolist() == [[False, True], [True, False]]
    columns, rows = world().grid.x_edges, world().grid.y_edges
    assert hatched(newest) == [(columns[1], rows[1])]  # B has no reading; nobody is in the south-west
    change = titled(figure, "consumption, change on the week before, 3 to 0 h ago")
    assert mesh(change).get_array().reshape(2, 2).filled(-1).tolist() == [[168, 0], [-1, -168]]  # B has two hours of three
    assert hatched(change) == []


def test_changes_share_one_scale_around_zero_and_say_their_unit(figure):
    scales = [mesh(axes).norm for axes in figure.axes if "change" in axes.get_title("left")]
    assert len(scales) == 8
    assert {(scale.vmin, scale.vmax) for scale in scales} == {(-168, 168)}
    bars = [axes.child_axes[0].get_ylabel() for axes in figure.axes if axes.get_visible()]
    assert bars[:2] == ["consumption [MW]", "change [MW]"]
    assert bars[-1] == "share known"


def test_titles_and_bars_stand_clear_of_each_other():
    temperature = Field(np.zeros((ROWS, 2, 2)), [50.0, 46.0], [10.0, 20.0])
    figure = plot_frames(world(observed={"temperature": temperature}))
    figure.draw_without_rendering()
    boxes = [axes.get_tightbbox() for axes in figure.axes if axes.get_visible()]
    assert len(boxes) == 15
    assert not any(one.overlaps(other) for i, one in enumerate(boxes) for other in boxes[:i])
    assert max(box.x1 for box in boxes) <= figure.bbox.x1


def test_a_field_is_drawn_on_all_cells_in_its_unit():
    values = np.broadcast_to(np.array([[1.0, 2.0], [3.0, 4.0]]), (ROWS, 2, 2))
    frames = world(observed={"wind": Field(values, [49.0, 47.0], [12.5, 17.5], "nearest")}, units={"wind": "m/s"})
    axes = titled(plot_frames(frames), "wind, newest value")
    assert mesh(axes).get_array().reshape(2, 2).tolist() == [[1, 2], [3, 4]]
    assert axes.child_axes[0].get_ylabel() == "wind [m/s]"


def test_weather_without_a_unit_is_scaled():
    frames = world(observed={"wind": np.zeros((ROWS, 4))})
    assert titled(plot_frames(frames), "wind, newest value").child_axes[0].get_ylabel() == "wind [scaled]"


def test_the_title_says_so_where_no_place_had_a_reading_for_a_day():
    frames = world()
    values = frames.values.copy()
    values[-24:] = np.nan
    frames = replace(frames, values=values)
    assert plot_frames(frames).get_suptitle() == "as known at 2024-01-11 00:00 UTC, no reading in the last day"
    assert plot_frames(frames, "2024-01-10 23:00").get_suptitle() == "as known at 2024-01-10 23:00 UTC"


def test_another_time_is_drawn_when_asked_for_and_one_without_a_frame_refused():
    figure = plot_frames(world(), "2024-01-10 12:00")
    assert figure.get_suptitle() == "as known at 2024-01-10 12:00 UTC"
    assert hatched(titled(figure, "consumption, newest value")) == []
    with pytest.raises(ShapeError, match="no frame for 1 issue times"):
        plot_frames(world(), "2025-01-01")


def test_a_static_frame_and_a_learned_layout_are_drawn():
    places = pd.DataFrame({"id": list("AB"), "latitude": [1, 2], "longitude": [1, 2], "mean_consumption": [1.0, np.nan]})
    static = rendered(plot_frames(preprocess_spatial_data(places, 2)))
    assert len(static.axes) == 3
    learned = preprocess_spatial_data(places, Grid.of_layout([0.0, 1.0], [0.0, 0.0], 2))
    assert len(plot_frames(learned).axes[0].get_xticks()) == 0


def test_lines_lead_to_the_middle_of_the_cells_and_moved_places_are_marked(tmp_path):
    # C and D share the south-eastern cell; D is nearer to its middle, so that C is moved to the free one in the south-west
    grid = Grid.of([50.0, 50.0, 46.0, 46.5], [10.0, 20.0, 20.0, 19.0], 2)
    assert grid.moved.tolist() == [False, False, True, False]
    axes = rendered(plot_layout(grid, list("ABCD"), path=tmp_path / "map.png")).axes[0]
    stayed, went = (c.get_segments() for c in axes.collections if isinstance(c, LineCollection))
    assert len(stayed) == 3
    middle = (grid.y_edges[1] + grid.y_edges[2]) / 2
    assert np.allclose(went, [[[20.0, 46.0], [12.5, middle]]])
    marks = [c.get_offsets().tolist() for c in axes.collections if isinstance(c, PathCollection)]
    assert marks == [[[10, 50], [20, 50], [19, 46.5]], [[20, 46]]]
    legends = [text.get_text() for each in axes.artists if isinstance(each, Legend) for text in each.get_texts()]
    assert legends == ["in the cell it lies in: 3 places", "moved to a free cell: 1 place", "1"]
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")


def test_places_at_one_point_have_one_label():
    grid = Grid.of_layout([0.0, 1.0, 1.0], [0.0, 1.0, 1.0], 3)
    axes = rendered(plot_layout(grid, ["Z$", "B", "C"])).axes[0]
    assert sorted(text.get_text() for text in axes.texts) == ["B, C", r"Z\$"]
    assert axes.get_title("left") == "3 places laid out by their readings, in 2 cells of the 3 × 3 grid"


def test_what_cannot_be_drawn_or_saved_is_refused(tmp_path):
    grid = world().grid
    with pytest.raises(ShapeError, match="1 name, 4 places"):
        plot_layout(grid, ["A"])
    for draw in (lambda path: plot_layout(grid, list("ABCD"), path=path), lambda path: plot_frames(world(), path=path)):
        with pytest.raises(FileError, match="what kind of picture"):
            draw(tmp_path / "map.txt")
