import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from gridcast.errors import PanelError
from gridcast.features.calendar import Calendar
from gridcast.panel import Panel
from gridcast.samples.recipe import Recipe
from gridcast.samples.samples import Hidden, Samples

HORIZON = 24


def with_weather(panel: Panel, seed: int = 0) -> Panel:
    """The panel with a temperature that is known ahead, and goes on for two days after the readings."""
    times = pd.date_range(panel.times[0], periods=len(panel.times) + 48, freq=panel.freq)
    random = np.random.default_rng(seed)

    values = xr.DataArray(
        10 + random.normal(size=(len(times), len(panel.locations))).astype(np.float32),
        {"time": times.tz_convert(None), "location": list(panel.locations)},
        ("time", "location"),
    )
    return panel.with_variable("temperature", values, units="degC", availability="perfect")


def samples_of(panel: Panel, **how) -> Samples:
    how = {"horizon": HORIZON, "context": 336, "calendar": Calendar(), **how}
    return Samples(Recipe.fit(panel, **how), panel)


def same(one: dict, other: dict) -> bool:
    return all(np.asarray(one[name]).tobytes() == np.asarray(other[name]).tobytes() for name in one)


@given(seed=st.integers(0, 50))
def test_nothing_at_or_after_the_issue_time_is_seen(seed):
    random = np.random.default_rng(seed)
    times = pd.date_range("2024-03-20", periods=24 * 30, freq="h", tz="UTC")
    readings = random.normal(size=(len(times), 3)) + 10
    panel = Panel.from_wide(pd.DataFrame(readings, index=times, columns=list("ABC")))
    panel = Panel(panel.dataset.assign_attrs(timezone="Europe/Berlin"))
    samples = samples_of(panel)
    row = int(random.integers(340, len(times) - HORIZON))
    later = readings.copy()
    later[row:] = random.normal(size=later[row:].shape) * 1e6
    others = Samples(samples.recipe, Panel.from_wide(pd.DataFrame(later, index=times, columns=list("ABC"))).between(None, None))
    others = Samples(samples.recipe, Panel(others.panel.dataset.assign_attrs(timezone="Europe/Berlin")))
    assert same(samples.batch(np.array([row])), others.batch(np.array([row])))


def test_a_history_longer_than_all_readings_is_refused(make_panel):
    panel = make_panel(days=10, places=2)
    assert samples_of(panel, context=240).recipe.context == 240
    with pytest.raises(PanelError, match="longer than all readings"):
        samples_of(panel, context=241)
    assert samples_of(panel, context=None).recipe.context > 240  # what is usual, with gaps


def test_the_reading_before_the_issue_time_is_seen(make_panel):
    panel = make_panel(days=30, places=2)
    samples = samples_of(panel)
    readings = panel.consumption.copy()
    readings[499] += 100
    others = Samples(samples.recipe, Panel(panel.dataset.assign(consumption=(("time", "location"), readings))))
    assert not same(samples.batch(np.array([500])), others.batch(np.array([500])))


def test_the_start_is_the_same_hour_last_week(make_panel):
    panel = make_panel(days=30, places=3)
    samples = samples_of(panel)
    issued = np.array([500, 524])
    batch = samples.batch(issued)
    start = batch["start"] + batch["level"][:, None]
    expected = samples.readings[issued[:, None] + np.arange(HORIZON) - 168]
    assert start == pytest.approx(expected, abs=1e-5)


def test_where_last_week_is_missing_the_start_is_an_earlier_week_or_yesterday(make_panel):
    row = 500
    gaps = [(row - 168, 0), *((row - 168 * week, 1) for week in (1, 2))]
    samples = samples_of(make_panel(days=30, places=3, gaps=tuple(gaps)))
    batch = samples.batch(np.array([row]))
    start = batch["start"][0, 0] + batch["level"][0]
    assert start[0] == pytest.approx(samples.readings[row - 336, 0], abs=1e-5)
    assert start[1] == pytest.approx(samples.readings[row - 24, 1], abs=1e-5)  # two weeks are all of the context: then yesterday
    assert start[2] == pytest.approx(samples.readings[row - 168, 2], abs=1e-5)


def test_targets_are_the_steps_from_the_issue_row_on_and_missing_where_they_are_missing(make_panel):
    samples = samples_of(make_panel(days=30, places=2, gaps=((505, 1),)))
    target = samples.targets(np.array([500]))
    assert target.shape == (1, HORIZON, 2)
    assert target[0, 0].tolist() == samples.readings[500].tolist()
    assert np.isnan(target[0, 5, 1])
    assert np.isfinite(target[0, :, 0]).all()
    assert np.isnan(samples.targets(np.array([30 * 24 - 3]))[0, 3:]).all()  # beyond the last reading


def test_what_is_hidden_is_as_if_it_had_not_arrived(make_panel):
    panel = with_weather(make_panel(days=30, places=2))
    samples = samples_of(panel)
    issued = np.array([500])
    hidden = samples.batch(issued, Hidden(np.array([[30, 0]]), np.array([True]), np.array([True])))
    readings = panel.consumption.copy()
    readings[470:500, 0] = np.nan
    late = Samples(samples.recipe, Panel(panel.dataset.assign(consumption=(("time", "location"), readings))))
    without = late.batch(issued)
    for name in ("recent", "start", "level"):
        assert np.array_equal(hidden[name], without[name])
    blind = Samples(samples.recipe, Panel(late.panel.dataset.drop_vars("temperature"))).batch(issued)
    for name in ("steps", "history", "map"):
        assert np.array_equal(hidden[name], blind[name])
    coming = samples.batch(issued, Hidden(np.array([[30, 0]]), np.array([True]), np.array([False])))
    assert np.array_equal(coming["history"], without["history"])  # what was measured is still there
    assert (coming["steps"][..., samples.step_names.index("weather_known")] == 0).all()


def test_a_context_that_begins_before_the_readings_has_gaps_not_errors(make_panel):
    samples = samples_of(make_panel(days=30, places=2))
    context = samples.contexts(np.array([100]))
    assert np.isnan(context[0, : 336 - 100]).all()
    assert np.isfinite(context[0, 336 - 100 :]).all()
    assert all(np.isfinite(values).all() for values in samples.batch(np.array([100])).values())


def test_weather_that_ends_within_the_horizon_is_told(make_panel):
    panel = with_weather(make_panel(days=30, places=2))
    samples = samples_of(panel)
    last = panel.rows
    known = samples._weather_at(np.array([last, 500]), None)[..., -1]  # the last column tells whether it is there
    assert known.all()
    short = Samples(samples.recipe, Panel(panel.dataset.isel(time=slice(0, last + 6))))
    assert short._weather_at(np.array([last]), None)[0, :, 0, -1].tolist() == [1] * 6 + [0] * 18


def test_hour_and_weekday_go_by_the_local_clock_of_each_place():
    times = pd.date_range("2024-01-01", periods=24 * 30, freq="h", tz="UTC")
    readings = np.random.default_rng(0).normal(size=(len(times), 2))
    places = pd.DataFrame({"id": ["W", "E"], "latitude": [50, 51], "longitude": [5, 6]})
    panel = Panel.from_wide(pd.DataFrame(readings, index=times, columns=["W", "E"]), places)
    zoned = Panel(panel.dataset.assign_coords(timezone=("location", ["America/New_York", "Asia/Tokyo"])))
    calendar = samples_of(zoned).batch(np.array([24 * 20]))["calendar"]  # issued at 00:00 UTC of January 21, a Sunday
    assert calendar.shape[2] == 2
    hours = calendar[0, 0, :, :24].argmax(axis=-1)
    weekdays = calendar[0, 0, :, 24:31].argmax(axis=-1)
    assert hours.tolist() == [19, 9]  # 19:00 of Saturday in New York, 09:00 of Sunday in Tokyo
    assert weekdays.tolist() == [5, 6]


@pytest.mark.parametrize(("freq", "days"), [("15min", 20), ("1h", 30), ("1D", 200)])
def test_any_step_works(freq, days):
    step = pd.Timedelta(freq)
    times = pd.date_range("2024-01-01", periods=int(pd.Timedelta(days=days) / step), freq=freq, tz="UTC")
    readings = np.random.default_rng(0).normal(size=(len(times), 2)) + 5
    panel = Panel.from_wide(pd.DataFrame(readings, index=times, columns=["A", "B"]))
    samples = Samples(Recipe.fit(panel, horizon=5, context=None if freq == "1D" else 96, calendar=Calendar()), panel)
    batch = samples.batch(np.array([len(times) - 5]))
    assert all(np.isfinite(values).all() for values in batch.values())
    assert batch["start"].shape == (1, 5, 2)
