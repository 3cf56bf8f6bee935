"""Pictures of explanations: what they say is what the tables say."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from gridcast.explain.attribution import Attribution
from gridcast.explain.change import Change
from gridcast.explain.response import Response
from gridcast.raster import Grid
from gridcast.views import style
from gridcast.views.attended import plot_attention
from gridcast.views.circlemap import Around
from gridcast.views.drivers import plot_importance, plot_response
from gridcast.views.influencemap import plot_influence
from gridcast.views.stations import COLOURS, plot_stations
from gridcast.views.why import plot_change, plot_lags, plot_why

TIMES = pd.date_range("2024-03-30 18:00", periods=24, freq="h", tz="UTC")  # the clock goes forward in the second night
PARTS = (("calendar", "weekday"), ("weather", "temperature"), ("weekly load", "1 week before"), ("recent load", "1 day before"))


def attribution(parts=PARTS, steps: int = 24) -> Attribution:
    values = np.random.default_rng(0).normal(size=(len(parts), steps))
    baseline = np.full(steps, 10.0)
    times, zone = TIMES[:steps], "Europe/Berlin"
    forecast = baseline + values.sum(axis=0)
    return Attribution("A$ & B", TIMES[0], times, zone, "MW", parts, baseline, forecast, values, np.abs(values) / 10, 8)


def texts(axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_a_waterfall_leads_from_the_average_day_to_the_forecast(tmp_path):
    why = attribution()
    figure = plot_why(why)
    upper, lower = figure.axes
    names = [label.get_text() for label in upper.get_yticklabels()]
    assert names == ["average day", *(f"{group}: {part}" for group, part in PARTS), "this forecast"]
    bars = upper.patches
    assert bars[0].get_x() + (bars[0].get_width() if why.values[0].mean() > 0 else 0) == pytest.approx(
        max(10, 10 + why.values[0].mean())
    )
    ends = [line.get_xdata()[0] for line in upper.lines if line.get_linewidth() == 3]
    assert ends == pytest.approx([10, why.forecast.mean()])
    assert style.number(why.forecast.mean()) in texts(upper)
    assert lower.lines[0].get_ydata() == pytest.approx(why.forecast - why.baseline)
    style.save(figure, tmp_path / "why.png")


def test_of_many_parts_the_smallest_are_one_bar(tmp_path):
    parts = tuple(("map", f"P{i:02}") for i in range(20))
    figure = plot_why(attribution(parts))
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert len(names) == 15
    assert names[-2] == "8 other parts"


def test_the_heat_map_has_a_row_a_lag_the_newest_first():
    parts = (("weekly load", "2 weeks before"), ("weekly load", "1 week before"), ("recent load", "1 day before"))
    why = attribution((*parts, ("recent load", "last days"), ("weather", "temperature")))
    axes = plot_lags(why).axes[0]
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == ["last days", "1 day before", "1 week before", "2 weeks before"]
    assert np.asarray(axes.collections[0].get_array()) == pytest.approx(why.values[[3, 2, 1, 0]])


@pytest.mark.parametrize("steps", [1, 2])
def test_few_steps_can_be_drawn(tmp_path, steps):
    why = attribution(steps=steps)
    style.save(plot_why(why), tmp_path / "why.png")
    style.save(plot_lags(why), tmp_path / "lags.png")
    values = {"calendar": np.zeros(steps), "newer load": np.ones(steps)}
    one = Change("A", TIMES[0], TIMES[1], TIMES[1 : steps + 1], "UTC", "", np.zeros(steps), np.ones(steps), values)
    figure = plot_change(one)
    style.save(figure, tmp_path / "change.png")
    assert figure.axes[1].get_title(loc="left") == "What changed it: on average newer load +1.00"


def test_the_map_shows_how_far_each_neighbour_moves_the_forecast(tmp_path):
    grid = Grid.of([50.0, 51.0, 52.0], [5.0, 6.0, 7.0], 3)
    rows = [("B", "load and weather", 3.0, -2.0), ("B", "load", 2.0, -2.0), ("B", "weather", 1.0, 0.5), ("C", "load", 0.0, 0.0)]
    table = pd.DataFrame(rows, columns=["location", "kind", "size", "change"])
    around = Around(grid, grid.y, grid.x, ("A", "B", "C"), "A", "MW")
    figure = plot_influence(table, around)
    load = figure.axes[0]
    assert load.get_title(loc="left") == "How far the load of a place moves the forecast"
    assert set(texts(load)) == {"A", "B"}
    sizes = load.collections[1].get_sizes()
    assert sizes.tolist() == pytest.approx([420, 0])
    style.save(figure, tmp_path / "influence.png")
    nothing = table[table["location"] == "C"]
    style.save(plot_influence(nothing, around), tmp_path / "nothing.png")


def test_what_is_read_is_drawn_by_the_day_and_on_the_map(tmp_path):
    days = pd.date_range("2024-03-01", periods=4, freq="D", tz="UTC")
    history = pd.DataFrame(
        {"of": "history", "start": days[:-1], "end": days[1:], "share": [0.1, 0.2, 0.7], "usual": [0.3, 0.3, 0.4]}
    )
    places = pd.DataFrame({"of": "places", "location": ["A", "B"], "share": [0.9, 0.1], "usual": [0.8, 0.2]})
    grid = Grid.of([50.0, 48.0], [10.0, 12.0], 2)
    around = Around(grid, grid.y, grid.x, ("A", "B"), "A", "MW")
    figure = plot_attention(pd.concat([history, places]), around)
    left, right = figure.axes[:2]
    assert left.patches[0].get_data().edges.tolist() == [-3, -2, -1, 0]
    assert left.patches[0].get_data().values.tolist() == [0.1, 0.2, 0.7]
    assert left.get_xlabel() == "days before the issue time"
    assert right.collections[1].get_sizes().tolist() == pytest.approx([420, 420 / 9])
    style.save(figure, tmp_path / "attention.png")
    for one in (history, places):
        assert len(plot_attention(one, around).axes) == 1
    hours = history.assign(start=days[2] - pd.to_timedelta([3, 2, 1], "h"), end=days[2] - pd.to_timedelta([2, 1, 0], "h"))
    assert plot_attention(hours, around).axes[0].get_xlabel() == "hours before the issue time"


def stations() -> tuple[pd.DataFrame, Around]:
    grid = Grid.of([50.0, 48.0], [10.0, 12.0], 2)
    rows = [
        ("north $ & south", 4.0, -3.0, 0.1, 0.0, 49.0, 11.0),
        ("east", 1.0, 1.0, 0.02, 1.0, 48.5, 11.5),
        ("A", 0.0, 0.0, 0, 0, 49, 10.5),
    ]
    table = pd.DataFrame(rows, columns=["station", "size", "change", "share", "bare", "latitude", "longitude"])
    return table, Around(grid, grid.y, grid.x, ("A", "B"), "A", "MW")


def test_stations_are_drawn_on_the_map_where_it_is_known_where_they_are(tmp_path):
    table, around = stations()
    figure = plot_stations(table, around)
    axes = figure.axes[0]
    assert set(texts(axes)) == {"A", "east", "north \\$ & south"}
    assert axes.collections[1].get_sizes().tolist() == pytest.approx([420, 105, 0])
    assert axes.collections[3].get_offsets().tolist() == [[10.0, 50.0]]  # the place, not the station of its name
    style.save(figure, tmp_path / "stations.png")
    assert len(plot_stations(table, replace(around, target="")).axes[0].collections[3].get_offsets()) == 0


@pytest.mark.parametrize("change", [{"latitude": np.nan}, {"longitude": 40.0}], ids=["unknown", "off the map"])
def test_other_stations_are_bars(tmp_path, change):
    table, around = stations()
    figure = plot_stations(table.assign(**change), around)
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["north \\$ & south", "east", "A"]
    assert [bar.get_width() for bar in axes.patches] == [4, 1, 0]
    assert texts(axes) == ["4.00", "1.00", "0.00"]
    assert [bar.get_hatch() or "" for bar in axes.patches] == ["", "////", ""]
    told = {text.get_text() for text in figure.legends[0].get_texts()}
    assert told == {*COLOURS, "no other station stands in for it"}
    style.save(figure, tmp_path / "bars.png")


def test_importance_is_drawn_over_all_by_lead_and_by_season(tmp_path):
    rows = [(group, "", *leads, 5.0, 2.0, 8.0) for leads in ((0, 23), (0, 11), (12, 23)) for group in ("calendar", "map")]
    rows += [(group, season, 0, 23, 5.0, 2.0, 8.0) for season in ("winter", "spring") for group in ("calendar", "map")]
    table = pd.DataFrame(rows, columns=["group", "season", "lead_from", "lead_to", "importance", "low", "high"])
    figure = plot_importance(table, name="A", issued=30)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["All lead times, 30 issue times", "By lead time", "By season"]
    style.save(figure, tmp_path / "importance.png")
    assert len(plot_importance(table[:2], name="A", issued=30).axes) == 1


def test_the_response_is_drawn_beside_the_readings(tmp_path):
    hours = np.repeat(np.arange(24), 6)
    warm = np.tile(np.arange(6.0), 24)
    forecasts = pd.DataFrame({"hour": hours, "temperature": warm, "forecast": 20 - warm})
    told = Response("A", "temperature", "degC", "MW", forecasts, forecasts.rename(columns={"forecast": "reading"}))
    figure = plot_response(told)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["00:00", "05:00", "11:00", "17:00"]
    assert figure.axes[0].lines[2].get_ydata().tolist() == [19.5, 17.5, 15.5]
    assert figure.axes[0].get_xlabel() == "temperature [°C]"
    style.save(figure, tmp_path / "response.png")
