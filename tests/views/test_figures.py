import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection, PolyCollection
from matplotlib.dates import num2date

from gridcast.errors import ConfigError, FileError, ShapeError
from gridcast.forecast import Forecast, actual_values
from gridcast.metrics import rmse
from gridcast.panel import Panel
from gridcast.views.aligned import aligned
from gridcast.views.figures import plot_results
from gridcast.views.overtime import strips
from gridcast.views.style import number
from gridcast.windows import preprocess_temporal_data

HISTORY = {"loss": [3.0, 2.0, 1.0, 0.5], "val_loss": [3.5, 2.5, 1.5, 1.75]}


def counting(days: int = 6, places: int = 3) -> Panel:
    """A panel in which place p reads hour + 1000 p, so that every sum can be worked out by hand."""
    times = pd.date_range("2024-01-01", periods=24 * days, freq="h", tz="UTC")
    values = np.arange(24.0 * days)[:, None] + 1000.0 * np.arange(places)
    return Panel.from_wide(pd.DataFrame(values, index=times, columns=[f"P{i}" for i in range(places)]), unit="MW")


def forecasts(panel: Panel, *, days: int = 2, horizon: int = 24, every: int = 24, error: float = 1.0) -> tuple[Forecast, Forecast]:
    """What was measured in the last days, and a forecast that is too high by a constant."""
    issued = panel.times[-24 * days : len(panel.times) - horizon + 1 : every]
    actual = actual_values(panel, issued, horizon)
    return actual, Forecast.of(actual.values.values + error, panel=panel, issue_times=issued)


def changed(forecast: Forecast, index, value: float) -> Forecast:
    values = forecast.values.copy(deep=True)
    values.values[index] = value
    return Forecast(values)


def panels(figure):
    """The strips over time, the losses, the scatter."""
    titles = [axes.get_title("left") for axes in figure.axes]
    loss = titles.index("Loss by epoch")
    return figure.axes[:loss], figure.axes[loss], figure.axes[loss + 1]


def rendered(figure) -> None:
    """Draw it as a picture: matplotlib notices only then what it can't draw."""
    FigureCanvasAgg(figure).draw()


def drawn(axes, label: str) -> np.ndarray:
    return next(line for line in axes.lines if line.get_label() == label).get_ydata()


def strip(actual: Forecast, predicted: Forecast, place: str, others=None) -> pd.DataFrame:
    """The lines of the first strip whose title starts so."""
    table = aligned(actual, predicted).dropna()
    found = strips(table, {name: aligned(actual, other) for name, other in (others or {}).items()})
    return next(lines for title, lines in found.items() if title.startswith(place))


def test_up_to_three_places_are_drawn_each_by_itself():
    times, _, _ = panels(plot_results(HISTORY, *forecasts(counting())))
    # 144 hours; the last two days are hours 96 .. 143; place 0 reads the hour, and the forecast is too high by 1
    assert drawn(times[0], "actual") == pytest.approx(np.arange(96, 144))
    assert drawn(times[0], "predicted") == pytest.approx(np.arange(97, 145))
    assert drawn(times[2], "actual") == pytest.approx(np.arange(2096, 2144))
    first = num2date(times[0].lines[0].get_xdata(orig=False)[0])
    assert first.isoformat() == "2024-01-05T00:00:00+00:00"
    # the mean of 96 .. 143 is 119.5, and 1 / 119.5 = 0.837 %; 1 / 2119.5 = 0.0472 %
    assert [axes.get_title("left") for axes in times[::2]] == ["P0 (nMAE 0.837 %)", "P2 (nMAE 0.0472 %)"]
    assert {axes.get_ylabel() for axes in times} == {"consumption [MW]"}
    assert times[2].get_xlabel() == "time (UTC)"


def test_of_more_places_the_sum_one_in_the_middle_and_the_worst_are_drawn():
    times, _, _ = panels(plot_results(HISTORY, *forecasts(counting(places=5))))
    # the same error of 1 is the larger a share the smaller the place: P4, P3, P2, P1, P0
    assert [axes.get_title("left").split(" (")[0] for axes in times] == [
        "Sum of 5 places",
        "P2, the place in the middle by error",
        "P0, the place with the largest error",
    ]
    expected = 5 * np.arange(96, 144) + 10_000
    assert drawn(times[0], "actual") == pytest.approx(expected)
    assert drawn(times[0], "predicted") == pytest.approx(expected + 5)
    assert drawn(times[1], "actual") == pytest.approx(np.arange(2096, 2144))


def test_of_several_forecasts_for_an_hour_the_shortest_lead_is_drawn():
    actual, predicted = forecasts(counting(), horizon=6, every=1)
    values = actual.values.values + 10.0 * np.arange(1, 7)  # step s is too high by 10 s
    lines = strip(actual, Forecast(predicted.values.copy(data=values)), "P0")
    # 43 issue times, at hours 96 .. 138: each of these is a first step; hours 139 .. 143 are steps 2 .. 6 of the last
    assert (lines["predicted"] - lines["actual"]).to_numpy() == pytest.approx([10] * 43 + [20, 30, 40, 50, 60])


def test_an_hour_without_all_places_is_left_out_of_the_sum():
    actual, predicted = forecasts(counting(places=4))
    actual = changed(actual, (0, 1, 5), np.nan)  # hour 101
    predicted = changed(predicted, (1, 2, 0), np.nan)  # hour 120
    lines = strip(actual, predicted, "Sum of 4 places (")
    hours = np.arange(96, 144)
    expected = np.where(np.isin(hours, [101, 120]), np.nan, 4 * hours + 6000)
    assert lines["actual"].to_numpy() == pytest.approx(expected, nan_ok=True)
    assert np.isnan(lines["predicted"].to_numpy()[[5, 24]]).all()


def test_places_with_many_gaps_are_left_out_of_the_sum_and_of_the_ranking():
    actual, predicted = forecasts(counting(places=5))
    actual = changed(actual, (slice(None), 0, slice(0, 20)), np.nan)  # P0, the worst, has 4 of 24 hours a day
    # 4 places x 48 hours are more than 5 places x 8 hours
    lines = strip(actual, predicted, "Sum of the 4 of 5 places with few gaps")
    assert lines["actual"].to_numpy() == pytest.approx(4 * np.arange(96, 144) + 10_000)
    assert strip(actual, predicted, "P1, the place with the largest error")["actual"].iloc[0] == 1096


def test_a_place_that_never_has_both_values_does_not_spoil_the_sum():
    actual, predicted = forecasts(counting(places=5))
    actual = changed(actual, (slice(None), 2), np.nan)
    lines = strip(actual, predicted, "Sum of 4 places")
    assert lines["actual"].to_numpy() == pytest.approx(4 * np.arange(96, 144) + 8000)


def test_only_the_last_14_days_are_drawn_and_it_says_so():
    times, _, _ = panels(plot_results(HISTORY, *forecasts(counting(days=20), days=18)))
    assert len(drawn(times[0], "actual")) == 14 * 24
    assert drawn(times[0], "actual")[-1] == 20 * 24 - 1
    assert times[2].get_xlabel() == "time (UTC), the last 14 of 18 days"


def test_nothing_is_drawn_across_a_hole():
    panel = counting(days=10)
    actual = actual_values(panel, panel.times[[96, 192]], 24)
    line = drawn(panels(plot_results(HISTORY, actual, actual))[0][0], "actual")
    # two days with three days between them: one empty point in the hole
    assert np.flatnonzero(np.isnan(line)).tolist() == [24]
    assert len(line) == 49


def test_references_are_thin_dotted_and_summed_over_the_same_places():
    actual, predicted = forecasts(counting(places=4))
    other = changed(forecasts(counting(places=4), error=100)[1], (0, 1, 3), np.nan)
    actual = changed(actual, (1, 2, 0), np.nan)  # hour 120: the reference has all places, the readings have not
    figure = plot_results(HISTORY, actual, predicted, reference={"last $ week": other})
    time = panels(figure)[0][0]
    line = time.lines[2]
    expected = 4 * np.arange(96.0, 144) + 6400
    expected[[3, 24]] = np.nan
    assert line.get_ydata() == pytest.approx(expected, nan_ok=True)
    assert line.get_linestyle() == ":"
    assert [text.get_text() for text in time.get_legend().get_texts()] == ["actual", "predicted", r"last \$ week"]


def test_a_reference_cannot_take_the_name_of_another_line():
    with pytest.raises(ConfigError, match="can't be called `actual`"):
        plot_results(HISTORY, np.ones(5), np.ones(5), reference={"actual": np.ones(5)})


def test_a_lone_spike_of_a_reference_does_not_flatten_the_rest():
    actual, predicted = forecasts(counting(days=20), days=14)
    wild = changed(predicted, (3, 0, 0), 1e6)
    time = panels(plot_results(HISTORY, actual, predicted, reference={"wild": wild}))[0][0]
    assert time.get_ylim()[1] < 10_000


@pytest.mark.parametrize("joint", [False, True])
def test_windows_are_drawn_in_original_units(joint):
    y = preprocess_temporal_data(counting(), 24, horizon=24, stride=24, joint=joint).y
    times, _, scatter = panels(plot_results(HISTORY, y, np.asarray(y), unit="kWh"))
    # the first context is hours 0 .. 23, so all hours from 24 on are targets
    assert drawn(times[1], "actual") == pytest.approx(np.arange(1024, 1144), rel=1e-5)
    assert drawn(times[1], "predicted") == pytest.approx(drawn(times[1], "actual"), rel=1e-5)
    assert scatter.get_xlabel() == "actual [kWh]"


@pytest.mark.parametrize("shape", [(50,), (50, 1), (50, 4)])
def test_of_plain_arrays_the_first_step_is_drawn(shape):
    y_true = np.arange(float(np.prod(shape))).reshape(shape)
    (time,), _, scatter = panels(plot_results(HISTORY, y_true, y_true + 2))
    assert drawn(time, "actual") == pytest.approx(y_true.reshape(50, -1)[:, 0])
    assert drawn(time, "predicted") == pytest.approx(y_true.reshape(50, -1)[:, 0] + 2)
    assert time.get_xlabel().startswith("sample")
    assert f"n = {np.prod(shape)}" in scatter.texts[0].get_text()


def test_of_a_single_sample_all_steps_are_drawn():
    (time,), _, _ = panels(plot_results(HISTORY, np.arange(24.0)[None], np.ones((1, 24))))
    assert drawn(time, "actual") == pytest.approx(np.arange(24))
    assert time.get_xlabel() == "step"


def test_the_places_of_plain_arrays_are_numbered():
    y_true = np.arange(24.0).reshape(4, 2, 3) + 1  # sample, place, step
    times, _, scatter = panels(plot_results(HISTORY, y_true, y_true))
    assert [axes.get_title("left").split(" (")[0] for axes in times] == ["place 1", "place 2"]
    assert drawn(times[1], "actual") == pytest.approx([4, 10, 16, 22])
    assert "n = 24" in scatter.texts[0].get_text()


def test_what_one_side_knows_of_times_and_places_holds_for_both():
    actual, predicted = forecasts(counting())
    for y_true, y_pred in ((actual, predicted.values.values), (actual.values.values, predicted)):
        times, _, scatter = panels(plot_results(HISTORY, y_true, y_pred))
        assert times[0].get_title("left").startswith("P0")
        assert drawn(times[0], "predicted") == pytest.approx(np.arange(97, 145))
        assert scatter.get_xlabel() == "actual [MW]"


def test_one_place_goes_by_its_name():
    (time,), _, _ = panels(plot_results(HISTORY, *forecasts(counting(places=1))))
    assert time.get_title("left").startswith("P0")


def test_the_scores_are_written_into_the_scatter():
    random = np.random.default_rng(0)
    y_true = random.normal(size=(200, 2))
    y_pred = y_true + 0.3 * random.normal(size=y_true.shape)
    y_true[5, 0] = np.nan
    y_pred[6, 1] = np.nan
    scatter = panels(plot_results(HISTORY, y_true, y_pred, unit="MW"))[2]
    both = np.isfinite(y_true) & np.isfinite(y_pred)
    residual, spread = y_true[both] - y_pred[both], y_true[both] - y_true[both].mean()
    expected = [
        f"RMSE = {number(rmse(y_true, y_pred))} MW",
        f"R² = {1 - (residual**2).sum() / (spread**2).sum():.4f}",
        "n = 398",
    ]
    assert scatter.texts[0].get_text().splitlines() == expected
    points = next(c for c in scatter.collections if isinstance(c, PathCollection))
    assert len(points.get_offsets()) == 398


def test_many_points_become_a_density_that_counts_each_of_them():
    random = np.random.default_rng(0)
    y_true = random.normal(size=(2000, 2))
    scatter = panels(plot_results(HISTORY, y_true, y_true + 0.1))[2]
    density = next(c for c in scatter.collections if isinstance(c, PolyCollection))
    assert density.get_array().sum() == 4000
    assert density.get_rasterized()


@pytest.mark.parametrize(("size", "scale"), [(1.0, "linear"), (1000.0, "log")])
def test_the_scatter_is_logarithmic_where_places_differ_by_orders_of_magnitude(size, scale):
    random = np.random.default_rng(0)
    times = pd.date_range("2024-01-01", periods=24 * 70, freq="h")
    readings = random.uniform(1, 2, (len(times), 2)) * [1, size]
    panel = Panel.from_wide(pd.DataFrame(readings, index=times, columns=["small", "large"]))
    scatter = panels(plot_results(HISTORY, *forecasts(panel, days=65, error=0.01)))[2]
    assert (scatter.get_xscale(), scatter.get_yscale()) == (scale, scale)
    density = next(c for c in scatter.collections if isinstance(c, PolyCollection))
    assert density.get_array().sum() == 65 * 24 * 2


def test_what_a_logarithmic_scale_cannot_show_is_said():
    panel = counting(days=12)
    actual, predicted = forecasts(panel, days=10)
    predicted = changed(predicted, (0, 0, 0), -5.0)
    scatter = panels(plot_results(HISTORY, actual, predicted))[2]
    # the smallest place reads some 170 and the largest some 2,170: that is not 30 times as much
    assert scatter.get_xscale() == "linear"
    small = Forecast(actual.values * np.array([0.01, 1, 1])[:, None])
    close = changed(Forecast(small.values + 0.1), (0, 0, 0), -5.0)
    scatter = panels(plot_results(HISTORY, small, close))[2]
    assert scatter.get_xscale() == "log"
    assert scatter.texts[0].get_text().endswith("1 point ≤ 0 not drawn")
    rendered(scatter.figure)


@pytest.mark.parametrize("history", [HISTORY, SimpleNamespace(history=HISTORY), pd.DataFrame(HISTORY)])
def test_the_best_epoch_is_that_of_the_lowest_validation_loss(history):
    _, loss, _ = panels(plot_results(history, np.arange(9.0), np.arange(9.0)))
    assert drawn(loss, "training").tolist() == HISTORY["loss"]
    assert drawn(loss, "validation").tolist() == HISTORY["val_loss"]
    star = loss.lines[2]
    assert (list(star.get_xdata()), list(star.get_ydata())) == ([3], [1.5])
    assert star.get_label() == "best epoch: 3 (validation 1.50)"


def test_without_validation_there_is_no_best_epoch():
    _, loss, _ = panels(plot_results({"loss": [1.0, 0.5]}, np.arange(9.0), np.arange(9.0)))
    assert [line.get_label() for line in loss.lines] == ["training"]


@pytest.mark.parametrize(
    ("losses", "scale"), [([10.0, 0.5], "log"), ([1.0, 0.5], "linear"), ([1.0, 0.0], "linear"), ([2.0], "linear")]
)
def test_the_losses_are_on_a_logarithmic_scale_where_they_fall_far(losses, scale):
    assert panels(plot_results({"loss": losses}, np.arange(9.0), np.arange(9.0)))[1].get_yscale() == scale


def test_a_validation_loss_that_is_not_a_number_is_passed_over():
    losses = {"loss": [3.0, 2.0, 1.0], "val_loss": [np.nan, 2.0, np.nan]}
    _, loss, _ = panels(plot_results(losses, np.arange(9.0), np.arange(9.0)))
    assert list(loss.lines[2].get_xdata()) == [2]
    rendered(plot_results({"loss": [1.0], "val_loss": [np.nan]}, np.arange(9.0), np.arange(9.0)))


@pytest.mark.parametrize("history", [{}, {"loss": []}, {"val_loss": [1.0]}, None, pd.DataFrame({"epoch": [1]})])
def test_a_history_without_losses_is_refused(history):
    with pytest.raises(ShapeError, match="no losses"):
        plot_results(history, np.arange(9.0), np.arange(9.0))


@pytest.mark.parametrize("values", [np.full(5, np.nan), np.full((5, 2), [np.nan, 1.0]), np.ones(1), np.ones(5)])
def test_nothing_or_a_constant_to_draw_does_no_harm(values):
    rendered(plot_results(HISTORY, values, values))


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (), (2, 2, 2, 2)])
def test_no_values_or_too_many_axes_are_refused(shape):
    with pytest.raises(ShapeError, match="nothing to draw"):
        plot_results(HISTORY, np.ones(shape), np.ones(shape))


@pytest.mark.parametrize(("one", "other"), [((5,), (6,)), ((5, 2), (5,)), ((5, 3, 2), (5, 2, 3))])
def test_different_shapes_are_refused(one, other):
    with pytest.raises(ShapeError, match=r"`y_true` and `y_pred` differ in shape\n  found: +\(5"):
        plot_results(HISTORY, np.ones(one), np.ones(other))
    with pytest.raises(ShapeError, match="`y_true` and `naive` differ"):
        plot_results(HISTORY, np.ones(one), np.ones(one), reference={"naive": np.ones(other)})


def test_forecasts_of_other_times_or_places_are_refused():
    actual, predicted = forecasts(counting())
    later = actual.values.assign_coords(issue_time=actual.values["issue_time"] + np.timedelta64(1, "D"))
    with pytest.raises(ShapeError, match="different issue times"):
        plot_results(HISTORY, actual, Forecast(later))
    turned = predicted.values.assign_coords(location=["P2", "P1", "P0"])
    with pytest.raises(ShapeError, match="`naive` have different locations"):
        plot_results(HISTORY, actual, predicted, reference={"naive": Forecast(turned)})


@pytest.mark.parametrize(("name", "start"), [("a.png", b"\x89PNG"), ("deep/er/b.SVG", b"<?xml"), ("c.pdf", b"%PDF")])
def test_it_is_saved_in_the_format_of_the_suffix_and_always_the_same(tmp_path, name, start):
    for path in (tmp_path / name, tmp_path / f"again{name[-4:]}"):
        plot_results(HISTORY, np.arange(9.0), np.arange(9.0), title="A & B $ 東京", path=path)
    assert (tmp_path / name).read_bytes() == path.read_bytes()
    path.unlink()
    assert (tmp_path / name).read_bytes().startswith(start)
    assert [path.name for path in (tmp_path / name).parent.iterdir()] == [(tmp_path / name).name]


def test_a_failure_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "results.png"
    path.write_bytes(b"old")

    def half_way(self, filename, **kwargs):
        filename.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", half_way)
    with pytest.raises(FileError, match="No space left"):
        plot_results(HISTORY, np.arange(9.0), np.arange(9.0), path=path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["results", "results.docx"])
def test_a_suffix_that_is_not_of_a_picture_is_refused(tmp_path, name):
    with pytest.raises(FileError, match=r"expected: `\.png`, `\.svg`, `\.pdf`"):
        plot_results(HISTORY, np.arange(9.0), np.arange(9.0), path=tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_neither_a_display_nor_the_state_of_pyplot_is_touched():
    code = (
        "import sys, numpy as np, gridcast; assert 'matplotlib' not in sys.modules;"
        "from gridcast.views import figures, maps;"
        "figures.plot_results({'loss': [1.0]}, np.ones(3), np.ones(3));"
        "assert 'matplotlib.pyplot' not in sys.modules; assert 'keras' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
