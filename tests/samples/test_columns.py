"""The description of the inputs' columns is that of the real batch."""

import numpy as np
import pandas as pd
import pytest

from gridcast.features.calendar import Calendar
from gridcast.panel import Panel
from gridcast.samples.columns import CALENDAR, HOLIDAY, RECENT, WEATHER, WEEKLY, columns_of
from gridcast.samples.recipe import Recipe
from gridcast.samples.samples import Hidden, Samples


def warm(panel: Panel) -> Panel:
    for name in ("temperature", "temperature_heating", "humidity"):
        random = np.random.default_rng(len(name))
        values = random.normal(size=panel.consumption.shape)
        panel = panel.with_variable(name, values, units="degC", availability="perfect")
    return panel


def samples_of(panel: Panel, context: int = 336, horizon: int = 24, calendar: Calendar | None = None) -> Samples:
    return Samples(Recipe.fit(panel, horizon=horizon, context=context, calendar=calendar), panel)


@pytest.mark.parametrize("weather", [False, True])
@pytest.mark.parametrize("calendar", [None, Calendar(), Calendar(country="DE", bridges=True, year_end=True)])
@pytest.mark.parametrize(("context", "horizon"), [(336, 24), (48, 5), (5, 3)])
def test_there_are_as_many_columns_as_the_batch_has(make_panel, weather, calendar, context, horizon):
    panel = make_panel(days=30, places=2)
    samples = samples_of(warm(panel) if weather else panel, context, horizon, calendar)
    batch = samples.batch(np.array([500]))
    columns = columns_of(samples)
    for name, axes in {"history": 2, "recent": 2, "steps": 3, "calendar": 3, "map": 2}.items():
        assert len(columns[name]) == np.prod(batch[name].shape[axes:]), name
        assert len({column.name for column in columns[name]}) == len(columns[name])
    assert set(batch) == set(columns)


def test_daily_readings_have_columns_too():
    times = pd.date_range("2024-01-01", periods=200, freq="D", tz="UTC")
    readings = np.random.default_rng(0).normal(size=(200, 2)) + 5
    samples = samples_of(Panel.from_wide(pd.DataFrame(readings, index=times, columns=["A", "B"])), 112, 5)
    batch, columns = samples.batch(np.array([180])), columns_of(samples)
    for name, axes in {"history": 2, "recent": 2, "steps": 3, "calendar": 3, "map": 2}.items():
        assert len(columns[name]) == np.prod(batch[name].shape[axes:]), name


def changed(samples: Samples, one: dict, other: dict) -> set[str]:
    """Return the groups of the columns that differ."""
    groups = set()
    for name, columns in columns_of(samples).items():
        kept = -1 if name in ("start", "level") else len(columns)
        a, b = (np.asarray(each[name]).reshape(-1, kept if kept > 0 else 1) for each in (one, other))
        groups |= {columns[min(k, len(columns) - 1)].group for k in np.flatnonzero((a != b).any(axis=0))}
    return groups


def test_hiding_the_weather_to_come_changes_weather_only(make_panel):
    samples = samples_of(warm(make_panel(days=30, places=2)), calendar=Calendar(country="DE"))
    rows = np.array([500])
    hidden = Hidden(np.zeros((1, 2), dtype=np.int64), np.array([True]), np.array([False]))
    assert changed(samples, samples.batch(rows), samples.batch(rows, hidden)) == {WEATHER}


def test_another_last_day_changes_recent_load_and_the_level_but_no_calendar(make_panel):
    panel = make_panel(days=30, places=2)
    readings = panel.consumption.copy()
    # what is added on the last day is taken from a day before, so that the level of the week stays
    readings[476:500] += 1
    readings[428:452] -= 1
    others = Panel(panel.dataset.assign(consumption=(("time", "location"), readings)))
    samples = samples_of(panel)
    again = Samples(samples.recipe, others)
    one, other = samples.batch(np.array([500])), again.batch(np.array([500]))
    assert other["level"] == pytest.approx(one["level"], abs=1e-5)
    for name in one:
        other[name] = np.where(np.isclose(one[name], other[name], atol=1e-4), one[name], other[name])
    assert RECENT in changed(samples, one, other)
    assert changed(samples, one, other) <= {RECENT, WEEKLY}
    assert not changed(samples, one, other) & {CALENDAR, HOLIDAY, WEATHER}


def test_lags_and_weather_are_called_what_they_are(make_panel):
    panel = warm(make_panel(days=30, places=2))
    samples = samples_of(panel, calendar=Calendar(country="DE"))
    steps = {column.name: k for k, column in enumerate(columns_of(samples)["steps"])}
    parts = {column.name: column.part for column in columns_of(samples)["steps"]}
    batch = samples.batch(np.array([500]))
    rows = 500 + np.arange(24)
    level = batch["level"][0]
    assert batch["steps"][0, :, :, steps["week_2"]] == pytest.approx(samples.readings[rows - 336] - level, abs=1e-5)
    assert batch["steps"][0, :, :, steps["humidity"]] == pytest.approx(samples.weather[rows, :, 2])
    assert batch["steps"][0, :, :, steps["humidity_day_ago"]] == pytest.approx(samples.weather[rows - 24, :, 2])
    assert parts["temperature_heating"] == "temperature"
    assert parts["day_1"] == "1 day before"
    names = [column.name for column in columns_of(samples)["map"]]
    coming = batch["map"][0, :, names.index("coming_0")]
    assert coming == pytest.approx(samples.weather[500:503, :, 0].mean(axis=0), abs=1e-5)
