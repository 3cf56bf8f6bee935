import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection, QuadMesh
from matplotlib.legend import Legend

from gridcast.errors import FileError, ShapeError
from gridcast.panel import Panel
from gridcast.raster import Grid
from gridcast.views.cells import cell_edges
from gridcast.views.labels import label_places
from gridcast.views.maps import plot_map
from gridcast.views.style import new_figure


def town(names, latitude, longitude, mean) -> Panel:
    """A panel in which each place consumes the same at all times."""
    times = pd.date_range("2024-01-01", periods=4, freq="h")
    readings = pd.DataFrame(np.tile(np.asarray(mean, dtype=float), (4, 1)), index=times, columns=names)
    spatial = pd.DataFrame({"id": names, "latitude": latitude, "longitude": longitude})
    return Panel.from_wide(readings, spatial, unit="MW")


@pytest.fixture(scope="module")
def panel() -> Panel:
    return town(["A", "B", "C", "D"], [50.0, 46.0, 48.0, 47.0], [10.0, 20.0, 15.0, 12.0], [100.0, 25.0, 50.0, 1.0])


def score_table(nmae, skill, *, model: str = "hybrid", names="ABCD") -> pd.DataFrame:
    rows = [
        {"model": model, "location": "", "rmse": 1.0, "nmae": 5.0, "skill": 0.1},
        *({"model": model, "location": p, "rmse": 1.0, "nmae": e, "skill": s} for p, e, s in zip(names, nmae, skill, strict=True)),
        {"model": "seasonal_naive_168h", "location": "", "rmse": 2.0, "nmae": 9.0, "skill": 0.0},
    ]
    return pd.DataFrame(rows)


def draw(panel: Panel, scores=None, *, grid_size=4, **kwargs):
    return plot_map(panel, Grid.of(*panel.coordinates, grid_size), scores, **kwargs)


def rendered(figure):
    """Draw it as a picture: matplotlib notices only then what it can't draw."""
    FigureCanvasAgg(figure).draw()
    return figure


@pytest.fixture(scope="module")
def plain(panel):
    """The map without scores."""
    return draw(panel).axes[0]


def points(axes) -> list[PathCollection]:
    return [c for c in axes.collections if isinstance(c, PathCollection)]


def legends(axes) -> list[Legend]:
    """The legends below a map, from left to right."""
    return [artist for artist in axes.artists if isinstance(artist, Legend)]


def legend(axes, which: int = 0) -> list[str]:
    return [text.get_text() for text in legends(axes)[which].get_texts()]


def test_areas_are_proportional_to_the_mean_consumption(plain):
    areas = points(plain)[0].get_sizes()
    assert areas / areas[0] == pytest.approx([1, 0.25, 0.5, 0.01])
    assert points(plain)[0].get_offsets().tolist() == [[10, 50], [20, 46], [15, 48], [12, 47]]


def test_the_legend_of_sizes_is_to_scale(plain):
    assert legend(plain) == ["100 MW", "20 MW", "4 MW"]
    diameters = [handle.get_markersize() for handle in legends(plain)[0].legend_handles]
    assert diameters[0] ** 2 == pytest.approx(points(plain)[0].get_sizes()[0])
    assert np.square(diameters) / diameters[0] ** 2 == pytest.approx([1, 0.2, 0.04])


def test_the_cells_are_those_of_the_grid_and_the_darker_the_more_places_are_in_them(panel):
    figure = draw(panel, grid_size=(2, 5))
    mesh = next(c for c in figure.axes[0].collections if isinstance(c, QuadMesh))
    # rows cover equal areas: they meet at arcsin((sin 50 + sin 46) / 2) = 47.961 degrees north, so 48 is in the northern one;
    # columns begin at 10, 12, 14, 16 and 18 degrees east
    assert mesh.get_array().reshape(2, 5).tolist() == [[1, 0, 1, 0, 0], [0, 1, 0, 0, 1]]
    columns, rows = cell_edges(Grid.of(*panel.coordinates, (2, 5)))
    assert columns == pytest.approx([10, 12, 14, 16, 18, 20])
    assert rows == pytest.approx([50, 47.961, 46], abs=1e-3)  # row 0 is the north
    assert figure.axes[0].get_title("left") == "4 places in 4 cells of the 2 × 5 grid"
    crowded = draw(town(list("ABCDEFG"), [1.0] * 6 + [0.0], [0.0] * 6 + [1.0], [1.0] * 7), grid_size=2).axes[0]
    mesh = next(c for c in crowded.collections if isinstance(c, QuadMesh))
    darkness = 3 - mesh.to_rgba(mesh.get_array().ravel())[:, :3].sum(axis=1)
    assert darkness[0] > darkness[3] > darkness[1] == darkness[2] == 0  # 6 places, 1 place, none, none
    assert crowded.get_title("left") == "7 places in 2 cells of the 2 × 2 grid, up to 6 in one"
    assert legend(crowded, 1) == ["1", "6 or more"]


def test_the_legends_are_within_the_picture():
    names = [f"P{i}" for i in range(30)]
    panel = town(names, [50.0] * 15 + [51.0] * 15, [10.0] * 10 + [11.0] * 20, np.arange(1.0, 31))
    figure = rendered(draw(panel, score_table([5.0] * 30, [0.1] * 30, names=names), title="Title"))
    boxes = [each.get_window_extent() for axes in figure.axes for each in legends(axes)]
    assert len(boxes) == 3
    assert all(box.y0 >= 0 and box.x0 >= 0 and box.x1 <= figure.bbox.x1 for box in boxes)
    assert not boxes[0].overlaps(boxes[1])


def test_a_long_title_ends_before_the_map_beside_it():
    names = [f"P{i}" for i in range(54)]
    places = np.random.default_rng(0).uniform(0, 1, (2, 54))
    panel = town(names, 50 + places[0], 10 + places[1], np.arange(1.0, 55))
    grid = Grid.of(*panel.coordinates, 8)
    figure = rendered(plot_map(panel, grid, score_table([5.0] * 54, [0.1] * 54, names=names)))
    assert "moved (lines)" in figure.axes[0].get_title("left")
    one, other = (axes._left_title.get_window_extent() for axes in figure.axes[:2])
    assert one.x1 < other.x0


@pytest.mark.parametrize("grid_size", [1, 4, 5, (3, 8)])
@pytest.mark.parametrize(
    ("latitude", "longitude"), [([48.0, 48.0], [9.0, 9.0]), ([48.0, 48.0], [9.0, 12.0]), ([48.0, 49.0], [9.0, 9.0])]
)
def test_every_place_is_in_its_shaded_cell_even_where_all_are_on_a_line(grid_size, latitude, longitude):
    grid = Grid.of(latitude, longitude, grid_size)
    columns, rows = cell_edges(grid)
    for (row, column), lat, lon in zip(grid.cells, grid.latitude, grid.longitude, strict=True):
        assert columns[column] - 1e-9 <= lon <= columns[column + 1] + 1e-9
        assert rows[row + 1] - 1e-9 <= lat <= rows[row] + 1e-9


def test_distances_are_alike_both_ways(plain):
    # the middle of 46..50 degrees is 48; a degree of longitude is cos(48 degrees) of one of latitude
    assert plain.get_aspect() == pytest.approx(1 / np.cos(np.radians(48)))


def test_the_largest_places_are_named(plain):
    texts = [text.get_text() for text in plain.texts]
    assert texts == ["A", "C", "B", "D"]


def test_names_cover_neither_each_other_nor_the_edge():
    random = np.random.default_rng(0)
    names = [f"A rather long name {i}" for i in range(60)]
    panel = town(names, random.uniform(50, 51, 60), random.uniform(10, 11, 60), random.uniform(1, 100, 60))
    axes = rendered(draw(panel)).axes[0]
    boxes = [text.get_window_extent() for text in axes.texts]
    frame = axes.get_window_extent()
    assert len(boxes) >= 3
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    assert all(frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1 for box in boxes)


def test_a_name_without_room_is_left_out():
    figure = new_figure(4, 4)
    axes = figure.subplots()
    axes.set(xlim=(0, 1), ylim=(0, 1))
    same = np.full((12, 2), 0.5)
    written = label_places(axes, same, np.full(12, 5.0), {i: f"place number {i}" for i in range(12)})
    assert 0 < len(written) < 12  # there is room around the one point, but not for all
    assert written[0] == "place number 0"
    assert [text.get_text() for text in axes.texts] == written
    assert label_places(axes, same[:1], np.full(1, 5.0), {0: "place"}) == ["place"]


def test_worse_than_naive_is_another_mark_and_counted(panel):
    axes = draw(panel, score_table([2.0, 4.0, 6.0, np.nan], [0.5, -0.1, 0.0, np.nan])).axes[1]
    assert legend(axes) == [
        "not scored: 1 place",
        "no worse than the same hour last week: 2 places",
        "worse than the same hour last week: 1 place",
    ]
    unknown, better, worse = points(axes)
    assert better.get_offsets().tolist() == [[10, 50], [15, 48]]
    assert worse.get_offsets().tolist() == [[20, 46]]
    assert unknown.get_offsets().tolist() == [[12, 47]]
    assert better.get_paths()[0].vertices.shape != worse.get_paths()[0].vertices.shape


def test_the_colour_grows_with_the_error_and_the_largest_is_on_top(panel):
    axes = draw(panel, score_table([2.0, 4.0, 6.0, 3.0], [0.5, 0.5, 0.5, 0.5])).axes[1]
    (circles,) = points(axes)
    darkness = 3 - circles.get_facecolors()[:, :3].sum(axis=1)
    assert np.all(np.diff(darkness) > 0)
    assert circles.get_offsets().tolist() == [[10, 50], [12, 47], [20, 46], [15, 48]]  # A, D, B, C
    bar = axes.child_axes[0]
    assert bar.get_ylabel().startswith("nMAE [%")
    assert bar.get_ylim() == pytest.approx((2, 6))


def test_an_extreme_place_does_not_use_up_the_colours():
    names = [f"P{i}" for i in range(101)]
    panel = town(names, np.linspace(40, 50, 101), np.linspace(0, 10, 101), np.ones(101))
    errors = [*np.linspace(1, 3, 100), 500.0]
    bar = draw(panel, score_table(errors, [0.1] * 101, names=names)).axes[1].child_axes[0]
    low, high = bar.get_ylim()
    assert 1 <= low < 1.2
    assert 2.8 < high <= 3


def test_without_a_naive_forecast_nothing_is_said_to_be_worse(panel):
    axes = draw(panel, score_table([2.0, 4.0, 6.0, 3.0], [np.nan] * 4)).axes[1]
    assert legend(axes) == ["without a naive forecast to compare with: 4 places"]


def test_against_yesterday_where_last_week_has_no_scores(panel):
    table = score_table([2.0] * 4, [0.1] * 4)
    table.loc[table["model"] == "seasonal_naive_168h", "rmse"] = np.nan
    table = pd.concat([table, pd.DataFrame([{"model": "seasonal_naive_24h", "location": "", "rmse": 2.0}])])
    assert legend(draw(panel, table).axes[1]) == ["no worse than the same hour yesterday: 4 places"]


def test_another_model_is_shown_where_there_is_no_hybrid(panel):
    axes = draw(panel, score_table([2.0] * 4, [0.1] * 4, model="ridge")).axes[1]
    assert axes.get_title("left") == "Error of the ridge forecast by place"


@pytest.mark.parametrize("grid_size", [1, 16])
def test_a_single_place_is_drawn(grid_size):
    panel = town(["A"], [48.0], [9.0], [3.0])
    rendered(draw(panel, score_table([2.0], [-0.1], names="A"), grid_size=grid_size))


def test_places_at_one_point_or_at_the_pole_on_a_line_are_drawn():
    rendered(draw(town(["A", "B"], [48.0, 48.0], [9.0, 9.0], [3.0, 4.0])))
    rendered(draw(town(["A", "B"], [90.0, 89.0], [0.0, 0.0], [3.0, 4.0])))


@pytest.mark.parametrize("mean", [[0.0, 0.0], [np.nan, np.nan], [np.nan, 5.0], [-3.0, 5.0]])
def test_places_without_consumption_are_dots(mean):
    panel = town(["A", "B"], [48.0, 49.0], [9.0, 10.0], mean)
    figure = rendered(draw(panel, score_table([np.nan, np.nan], [np.nan, np.nan], names="AB")))
    assert len(points(figure.axes[0])[1].get_offsets()) == 2
    assert legend(figure.axes[1]) == ["not scored: 2 places"]


def test_a_region_across_the_180th_meridian_is_kept_together():
    panel = town(["Suva", "Apia"], [-18.1, -13.8], [178.4, -171.8], [2.0, 1.0])
    axes = rendered(draw(panel)).axes[0]
    assert np.ptp(points(axes)[0].get_offsets()[:, 0]) == pytest.approx(9.8)
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert {"178°E", "172°W"} <= set(labels)


def test_names_may_hold_dollar_signs_and_letters_that_the_font_lacks(tmp_path):
    panel = town(["$A$", "_東京"], [48.0, 49.0], [9.0, 10.0], [1.0, 2.0])
    figure = draw(panel, score_table([1.0, 2.0], [0.1, 0.1], names=["$A$", "_東京"]), title="$x", path=tmp_path / "a.png")
    assert [text.get_text() for text in figure.axes[0].texts] == ["_東京", r"\$A\$"]


def test_a_grid_or_scores_of_other_places_are_refused(panel):
    with pytest.raises(ShapeError, match="3 places on the grid, 4 places in the panel"):
        plot_map(panel, Grid.of([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], 4))
    with pytest.raises(ShapeError, match="not those of the panel"):
        draw(panel, score_table([2.0] * 4, [0.1] * 4, names="WXYZ"))
    with pytest.raises(ShapeError, match="lacks `rmse`, `nmae`, `skill`"):
        draw(panel, pd.DataFrame({"model": ["hybrid"], "location": ["A"]}))
    with pytest.raises(ShapeError, match="not those of the panel"):
        draw(panel, score_table([], [], names="").iloc[:0])


def test_it_is_saved_and_a_failure_leaves_the_old_file(panel, tmp_path, monkeypatch):
    path = tmp_path / "map.png"
    draw(panel, path=path)
    old = path.read_bytes()
    assert old.startswith(b"\x89PNG")
    monkeypatch.setattr("gridcast.atomic.os.replace", lambda *_: (_ for _ in ()).throw(OSError(13, "Permission denied")))
    with pytest.raises(FileError, match="Permission denied"):
        draw(panel, path=path, title="new")
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]
