import numpy as np
import pandas as pd
import pytest

from gridcast.errors import PanelError
from gridcast.features.calendar import Calendar
from gridcast.forecasters.tabulated import Rows, Tabulated, learned_and_judged, rows_of
from gridcast.panel import Panel
from gridcast.samples.recipe import Recipe
from gridcast.samples.samples import Samples

BOTH = np.arange(2)


def panel_of(days: int = 60, freq: str = "1h", seed: int = 0) -> Panel:
    """P0 on UTC and P1 in Berlin: noise around a daily cycle, from 2024-03-01 on."""
    day = pd.Timedelta("1D") // pd.Timedelta(freq)
    times = pd.date_range("2024-03-01", periods=days * day, freq=freq, tz="UTC")
    cycle = np.sin(2 * np.pi * np.arange(len(times)) / day)[:, None]
    values = np.array([1, 2]) * (100 + 20 * cycle + np.random.default_rng(seed).normal(size=(len(times), 2)))
    panel = Panel.from_wide(pd.DataFrame(values, index=times, columns=["P0", "P1"]), unit="MW")
    return Panel(panel.dataset.assign_coords(timezone=("location", ["UTC", "Europe/Berlin"])))


def recipe_of(panel: Panel, horizon: int = 24) -> Recipe:
    return Recipe.fit(panel, horizon=horizon, calendar=Calendar())


def nothing(rows: Rows) -> np.ndarray:
    """Says that each step is at the level."""
    return np.zeros((len(rows.target), 1))


def test_rows_are_in_the_order_of_issue_time_step_and_place():
    panel = panel_of()
    rows = Rows.of(Samples(recipe_of(panel, 3), panel), BOTH, np.array([800, 824]))
    assert rows.step.tolist() == [0, 0, 1, 1, 2, 2] * 2
    assert rows.place.tolist() == [0, 1] * 6
    assert rows.columns(["place", "lead"])[:4].tolist() == [[0, 1], [1, 1], [0, 2], [1, 2]]


def test_what_was_measured_is_told_above_the_level():
    panel = panel_of()
    recipe = recipe_of(panel, 2)
    rows = Rows.of(Samples(recipe, panel), BOTH, np.array([800]))
    measured = recipe.scaler.inverse_transform((rows.target + rows.level).reshape(2, 2))
    assert measured == pytest.approx(panel.consumption[800:802], rel=1e-5)
    level = recipe.scaler.inverse_transform(rows.level.reshape(2, 2))
    assert level == pytest.approx(panel.consumption[800 - 168 : 800].mean(axis=0)[None].repeat(2, axis=0), rel=1e-5)


@pytest.mark.parametrize(("freq", "day"), [("1h", 24), ("30min", 48)])
def test_slots_count_from_the_local_midnight(freq, day):
    # Berlin is an hour ahead of UTC in winter and two from 2024-03-31 on, the 30th day
    panel = panel_of(freq=freq)
    rows = Rows.of(Samples(recipe_of(panel, 2), panel), BOTH, np.array([29 * day, 40 * day]))
    hour = day // 24
    assert rows.slot.tolist() == [0, hour, 1, hour + 1, 0, 2 * hour, 1, 2 * hour + 1]


def test_parts_joined_are_the_whole():
    samples = Samples(recipe_of(panel_of()), panel_of())
    issued = np.arange(700, 1000, dtype=np.int64)
    parts = list(rows_of(samples, BOTH, issued))
    whole = Rows.of(samples, BOTH, issued)
    assert Rows.joined(parts).values.tobytes() == whole.values.tobytes()
    few = whole.only(whole.step == 5)
    assert (few.step == 5).all()
    assert len(few.values) == len(few.slot) == 600


@pytest.mark.parametrize("hour", [None, 6])
def test_what_is_learned_and_what_is_judged_have_readings_and_do_not_meet(hour):
    panel = panel_of(200)
    wrong = np.zeros(panel.consumption.shape, dtype=bool)
    wrong[1500:1600] = True
    panel = panel.masked(wrong)
    learned, judged = learned_and_judged(Samples(recipe_of(panel), panel), hour, seed=0)
    assert np.isfinite(learned.target).all()
    assert judged is not None
    level = {tuple(row) for row in np.column_stack([learned.target, learned.level])}
    assert not level & {tuple(row) for row in np.column_stack([judged.target, judged.level])}
    if hour is not None:
        first = learned.only((learned.step == 0) & (learned.place == 0))
        assert set(first.slot.tolist()) == {6}


def test_a_forecast_is_what_is_said_above_the_level():
    panel = panel_of()
    tabulated = Tabulated.of(panel, recipe_of(panel, 3))
    forecast = tabulated.forecast(panel, panel.times[[800, 824]], (), nothing)
    expected = panel.consumption[824 - 168 : 824].mean(axis=0)
    assert forecast.values.values[1] == pytest.approx(expected[:, None].repeat(3, axis=1), rel=1e-5)
    assert forecast.quantiles is None
    assert (forecast.quality.values == "").all()
    assert not forecast.is_ex_post


def test_places_are_found_by_name_and_new_ones_and_silent_ones_are_told():
    panel = panel_of()
    tabulated = Tabulated.of(panel, recipe_of(panel, 3))
    turned = Panel(panel.only(["P1", "P0"]).dataset.assign_coords(location=["P1", "new"]))
    wrong = np.zeros(panel.consumption.shape, dtype=bool)
    wrong[:, 0] = True
    numbers = []

    def ask(rows: Rows) -> np.ndarray:
        numbers.append(rows.place[:2].tolist())
        return nothing(rows)

    forecast = tabulated.forecast(turned.masked(wrong), panel.times[[800]], (), ask)
    assert numbers == [[1, -1]]
    assert forecast.quality.values.tolist() == [["no recent readings", "new place"]]
    assert forecast.values.values[0, 1] == pytest.approx(panel.consumption[800 - 168 : 800, 0].mean(), rel=1e-5)


def test_a_new_place_is_not_scaled_by_what_comes_after_the_first_issue_time():
    panel = panel_of()
    tabulated = Tabulated.of(panel.only(["P0"]), recipe_of(panel.only(["P0"]), 3))
    wild = panel.consumption.copy()
    wild[800:] *= 50
    other = Panel(panel.dataset.assign(consumption=(("time", "location"), wild)))
    issued = panel.times[[800]]
    one, two = (tabulated.forecast(each, issued, (), lambda rows: np.ones((len(rows.target), 1))) for each in (panel, other))
    assert one.values.values.tobytes() == two.values.values.tobytes()


def test_weather_is_told_where_it_was_used_and_where_it_was_missing():
    panel = panel_of()
    warm = np.random.default_rng(0).normal(size=panel.consumption.shape)
    known = panel.with_variable("temperature", warm, availability="perfect")
    tabulated = Tabulated.of(known, recipe_of(known, 3))
    holed = warm.copy()
    holed[800:803, 1] = np.nan
    forecast = tabulated.forecast(
        panel.with_variable("temperature", holed, availability="perfect"), panel.times[[800, 824]], (), nothing
    )
    assert forecast.quality.values.tolist() == [["", "no weather"], ["", ""]]
    assert forecast.is_ex_post


def test_a_panel_of_another_kind_is_refused():
    tabulated = Tabulated.of(panel_of(), recipe_of(panel_of()))
    other = Panel(panel_of(freq="30min").dataset.assign_attrs(unit="kW"))
    with pytest.raises(PanelError, match=r"(?s)another step.*another unit") as error:
        tabulated.forecast(other, other.times[[900]], (), nothing)
    assert len(error.value.problems) == 2
    panel = panel_of()
    with pytest.raises(PanelError, match="no readings before the issue time"):
        tabulated.forecast(panel, pd.DatetimeIndex([panel.end + pd.Timedelta("1h")]), (), nothing)
