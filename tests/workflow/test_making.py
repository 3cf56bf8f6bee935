"""The hour at which forecasts are issued is one at which there are readings, and the same for all models."""

import numpy as np
import pandas as pd
import pytest

from gridcast.config import RunConfig
from gridcast.evaluation import BacktestPlan
from gridcast.features.calendar import Calendar
from gridcast.loading import Listener
from gridcast.panel import Panel
from gridcast.samples.parts import parts_of
from gridcast.samples.recipe import Recipe
from gridcast.samples.samples import Samples
from gridcast.workflow.making import baselines_of, hour_asked, hybrid_of, usual_hour


def readings(first: str, last: str, freq: str = "h", zone: str = "UTC") -> Panel:
    times = pd.date_range(first, last, freq=freq, tz="UTC", inclusive="left")
    values = np.random.default_rng(0).uniform(1, 2, (len(times), 2))
    panel = Panel.from_wide(pd.DataFrame(values, index=times, columns=["A", "B"]))
    return Panel(panel.dataset.assign_attrs(timezone=zone))


def issued(panel: Panel, first: str, zone: str = "UTC", stride: str = "1D", last: str | None = None) -> pd.DatetimeIndex:
    return BacktestPlan(first=first, last=last, stride=pd.Timedelta(stride), zone=zone).issue_times(panel)


def test_a_day_without_the_hour_does_not_take_the_hour_from_the_others():
    # on 2024-03-31 the clock of Berlin shows no 2 o'clock, and the forecast is issued at 3
    panel = readings("2024-02-01", "2024-04-20", zone="Europe/Berlin")
    times = issued(panel, "2024-03-20 02:00", "Europe/Berlin")
    assert set(times.tz_convert("Europe/Berlin").hour) == {2, 3}
    assert usual_hour(panel, times) == 2


def test_the_hour_is_that_of_the_readings_and_not_the_one_asked_for():
    # readings at 0, 3, 6 ... o'clock: asked for 1 o'clock, forecasts are issued at 3, and learned for 3
    panel = readings("2024-01-01", "2024-04-01", "3h")
    hour = usual_hour(panel, issued(panel, "2024-03-01 01:00"))
    assert hour == 3
    samples = Samples(Recipe.fit(panel, horizon=8, context=56, calendar=Calendar()), panel)
    parts = parts_of(samples, hour)
    assert parts.regular.any()
    assert len(parts.judged) > 5
    assert hour_asked(RunConfig.model_validate({"task": {"issue_hour": 1}}), panel) == 3
    assert hour_asked(RunConfig(), panel) is None


def test_readings_that_are_at_an_hour_in_summer_only_are_learned_from_at_any_hour():
    # every 3 h by UTC: at 2, 5, 8 ... o'clock in the summer of Berlin, and at 1, 4, 7 ... in winter
    panel = readings("2024-01-01", "2024-12-31", "3h", "Europe/Berlin")
    assert usual_hour(panel, issued(panel, "2024-06-01 08:00", "Europe/Berlin", last="2024-09-01")) is None
    summer = readings("2024-04-05", "2024-10-10", "3h", "Europe/Berlin")
    assert usual_hour(summer, issued(summer, "2024-06-01 08:00", "Europe/Berlin")) == 8


def test_forecasts_at_many_hours_are_at_none():
    panel = readings("2024-01-01", "2024-02-01")
    assert usual_hour(panel, issued(panel, "2024-01-20 06:00", stride="6h")) is None


def test_forecasts_of_days_have_no_hour():
    panel = readings("2024-01-01", "2024-12-01", "D")
    assert usual_hour(panel, panel.times[200:]) is None


@pytest.mark.parametrize(("at", "hour"), [("06:00", 6), ("06:30", 6), ("06:45", 7), ("23:45", 0)])
def test_between_two_hours_it_is_the_nearest_and_of_two_the_earlier(at, hour):
    panel = readings("2024-01-01", "2024-02-01", "15min")
    assert usual_hour(panel, issued(panel, f"2024-01-20 {at}")) == hour


def test_where_hours_begin_at_half_past_the_hour_is_the_one_shown():
    # 00:00 UTC is 05:30 in Kolkata: readings are at 05:30, 06:30 ...; the one of 5 o'clock is that of 05:30
    panel = readings("2024-01-01", "2024-02-01", zone="Asia/Kolkata")
    assert usual_hour(panel, issued(panel, "2024-01-20 05:30", "Asia/Kolkata")) == 5


def test_all_models_are_made_for_the_same_hour():
    config = RunConfig.model_validate({"task": {"issue_hour": 1}})
    assert hybrid_of(config, Listener(), ("A", "B"), issue_hour=3).issue_hour == 3
    assert baselines_of(["ridge"], config, ("A", "B"), 3)["ridge"]().issue_hour == 3
