import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridcast.clock import DAY, HOUR, local_labels
from gridcast.config import RunConfig, make_config
from gridcast.errors import ConfigError, PanelError
from gridcast.evaluation import BacktestPlan, plan_of
from gridcast.loading import held_out_issue_times
from gridcast.panel import Panel


def hourly(start: str = "2024-01-01", days: float = 30, freq: str = "h", tz: str = "UTC") -> Panel:
    """Two places with a reading at each step."""
    times = pd.date_range(start, periods=int(days * DAY / pd.Timedelta(1, unit=freq)), freq=freq, tz=tz)
    return Panel.from_wide(pd.DataFrame(1.0, index=times, columns=["A", "B"]))


def shown(times: pd.DatetimeIndex, zone: str = "UTC") -> list[str]:
    return list(local_labels(times, zone).strftime("%m-%d %H:%M"))


def test_issue_times_of_each_day_until_the_last_with_a_reading_at_every_step():
    # readings end on the 11th at 00:00: a forecast of 24 hours is issued on the 10th at the latest, one of 3 + 24 on the 9th
    panel = hourly(days=10)
    assert shown(BacktestPlan("2024-01-08").issue_times(panel)) == ["01-08 00:00", "01-09 00:00", "01-10 00:00"]
    assert shown(BacktestPlan("2024-01-08", gap=3).issue_times(panel)) == ["01-08 00:00", "01-09 00:00"]


def test_a_last_date_is_the_whole_of_it_and_what_has_no_reading_is_left_out():
    panel = hourly(days=10)
    plan = BacktestPlan("2024-01-08 06:00", stride=6 * HOUR, last="2024-01-08")
    assert shown(plan.issue_times(panel)) == ["01-08 06:00", "01-08 12:00", "01-08 18:00"]
    plan = BacktestPlan("2024-01-08 06:00", stride=6 * HOUR, last="2024-01-08 12:00")
    assert shown(plan.issue_times(panel)) == ["01-08 06:00", "01-08 12:00"]
    # with a gap of 7 hours the forecast of the 10th, 18:00, is about the 11th from 01:00 on, of which nothing was read
    plan = BacktestPlan("2024-01-10", stride=6 * HOUR, last="2024-01-10", gap=7)
    assert shown(plan.issue_times(panel)) == ["01-10 00:00", "01-10 06:00", "01-10 12:00"]


@pytest.mark.parametrize(("change", "hours"), [("2024-03-31", [24, 23, 24]), ("2024-10-27", [24, 25, 24])])
def test_the_hour_of_the_local_clock_stays_over_a_change_of_the_clock(change, hours):
    panel = hourly(str(pd.Timestamp(change) - 10 * DAY), days=20)
    first = pd.Timestamp(change) - 2 * DAY + 9 * HOUR
    issued = BacktestPlan(first, zone="Europe/Berlin").issue_times(panel)[:4]
    assert {label[-5:] for label in shown(issued, "Europe/Berlin")} == {"09:00"}
    assert (np.diff(issued) / HOUR.to_timedelta64()).tolist() == hours
    # a plain span follows no clock
    plain = BacktestPlan(first, zone="Europe/Berlin", stride=12 * HOUR).issue_times(panel)
    assert set(np.diff(plain)) == {np.timedelta64(12, "h")}


def test_the_hour_that_spring_skips_is_issued_at_its_end_and_autumns_at_the_first():
    # 02:00 in Berlin on March 31 does not exist, 03:00 CEST = 01:00 UTC is the same moment as 02:00 CET
    panel = hourly("2024-03-20", days=20)
    issued = BacktestPlan("2024-03-31 02:00", zone="Europe/Berlin").issue_times(panel)
    assert shown(issued[:2]) == ["03-31 01:00", "04-01 00:00"]
    panel = hourly("2024-10-20", days=20)
    assert shown(BacktestPlan("2024-10-27 02:00", zone="Europe/Berlin").issue_times(panel)[:1]) == ["10-27 00:00"]


def test_between_two_readings_the_forecast_is_issued_at_the_next():
    # midnight in Kolkata is 18:30 UTC
    issued = BacktestPlan("2024-01-08", zone="Asia/Kolkata").issue_times(hourly(days=10))
    assert shown(issued) == ["01-07 19:00", "01-08 19:00", "01-09 19:00"]


def test_an_offset_tells_the_moment():
    issued = BacktestPlan("2024-01-08 06:00+02:00", last="2024-01-09", zone="Europe/Berlin").issue_times(hourly(days=10))
    assert shown(issued, "Europe/Berlin") == ["01-08 05:00", "01-09 05:00"]


def test_daily_readings_have_no_hours():
    issued = BacktestPlan("2024-01-20", zone="America/New_York", horizon=3, stride=2 * DAY).issue_times(hourly(days=30, freq="D"))
    assert shown(issued) == [f"01-{day} 00:00" for day in (20, 22, 24, 26, 28)]


@settings(max_examples=30)
@given(
    first=st.integers(2 * 24, 20 * 24),
    stride=st.integers(1, 60),
    horizon=st.integers(1, 48),
    gap=st.integers(0, 12),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe"]),
)
def test_issue_times_are_ticks_that_ascend_within_the_readings(first, stride, horizon, gap, zone):
    panel = hourly("2024-03-25", days=40)
    start = panel.times[first + horizon]
    plan = BacktestPlan(start, stride=stride * HOUR, horizon=horizon, gap=gap, zone=zone)
    issued = plan.issue_times(panel)
    assert issued[0] == start
    assert issued.isin(panel.times).all()
    assert issued.is_monotonic_increasing
    assert issued.is_unique
    assert issued[-1] + (gap + horizon) * HOUR <= panel.end
    assert issued[-1] + (gap + horizon + stride + 1) * HOUR > panel.end
    assert [time for each in plan.rounds(panel) for time in each.issue_times] == list(issued)


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"first": "2024-02-30"}, "`backtest.first` is no moment"),
        ({"first": "02/03/2024"}, "`backtest.first` is no moment"),  # the second of March, or the third of February
        ({"first": "2024-03-01"}, "no issue time from the first to the last"),
        ({"first": "2024-01-20", "last": "2024-01-10"}, "no issue time from the first to the last"),
        ({"first": "2024-01-20", "last": "soon"}, "`backtest.last` is no moment"),
        ({"first": "2024-01-20", "last": "2042-01-21"}, "the last issue time comes after the readings"),
        ({"first": "2024-01-20", "stride": pd.Timedelta(minutes=90)}, "the stride is no whole number of steps"),
        ({"first": "2024-01-20", "window_days": 1, "horizon": 48}, "the sliding window is shorter than a forecast"),
        ({"first": "2024-01-20", "horizon": 0}, "a plan with numbers below zero"),
        ({"first": "2024-01-20", "stride": -DAY}, "a plan with numbers below zero"),
        ({"first": "2024-01-20", "leave_out": "regions"}, "places are left out in groups"),
        ({"first": "2024-01-20", "leave_out": "towns", "folds": 2}, "unknown places to leave out"),
        ({"first": "2024-01-20", "folds": 2, "refit_days": 7}, "a cross-validation has no refits"),
        ({"first": "2024-01-20", "folds": 1}, "1 fold of 11 issue times"),
        ({"first": "2024-01-20", "folds": 12}, "12 folds of 11 issue times"),
        ({"first": "2024-01-20", "folds": 3, "leave_out": "locations"}, "3 folds of 2 places"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(values, problem):
    with pytest.raises(ConfigError, match=problem) as caught:
        BacktestPlan(**values).rounds(hourly())
    (told,) = caught.value.problems
    assert told.found
    assert told.expected


def test_a_history_shorter_than_a_forecast_is_refused():
    with pytest.raises(PanelError) as caught:
        BacktestPlan("2024-01-02 23:00", horizon=48).issue_times(hourly())
    (told,) = caught.value.problems
    assert told.problem == "the history is too short"
    assert told.found == "1.958 days from the first reading to the first issue time, 2024-01-02 23:00:00+00:00"
    assert told.expected == "at least 2 days: one forecast of 48 steps"


def test_a_rolling_origin_learns_from_what_was_known_then():
    panel = hourly(days=30)
    (once,) = BacktestPlan("2024-01-20").rounds(panel)
    assert once.train.issue_time == pd.Timestamp("2024-01-20", tz="UTC")
    assert once.train.times[0] == panel.times[0]
    assert once.train.times[-1] == pd.Timestamp("2024-01-19 23:00", tz="UTC")
    assert len(once.issue_times) == 11
    assert once.scored == ()


def test_a_refit_every_three_days_on_a_sliding_window_of_a_week():
    rounds = BacktestPlan("2024-01-20 06:00", refit_days=3, window_days=7, last="2024-01-27").rounds(hourly(days=30))
    assert [shown(each.issue_times) for each in rounds] == [
        ["01-20 06:00", "01-21 06:00", "01-22 06:00"],
        ["01-23 06:00", "01-24 06:00", "01-25 06:00"],
        ["01-26 06:00", "01-27 06:00"],
    ]
    spans = [(each.train.times[0], each.train.end) for each in rounds]
    assert [shown(pd.DatetimeIndex(span)) for span in spans] == [
        ["01-13 06:00", "01-20 06:00"],
        ["01-16 06:00", "01-23 06:00"],
        ["01-19 06:00", "01-26 06:00"],
    ]


def test_a_refit_follows_the_local_clock_over_a_day_of_23_hours():
    rounds = BacktestPlan("2024-03-30 09:00", refit_days=1, zone="Europe/Berlin").rounds(hourly("2024-03-20", days=15))
    assert [shown(each.issue_times, "Europe/Berlin") for each in rounds] == [
        ["03-30 09:00"],
        ["03-31 09:00"],
        ["04-01 09:00"],
        ["04-02 09:00"],
    ]


def test_a_refit_with_strides_of_hours():
    rounds = BacktestPlan("2024-01-20", refit_days=1, stride=6 * HOUR, last="2024-01-21").rounds(hourly(days=30))
    assert [len(each.issue_times) for each in rounds] == [4, 4]
    assert [len(each.issue_times) for each in BacktestPlan("2024-01-20", refit_days=1, stride=2 * DAY).rounds(hourly())] == [1] * 6


def config(**backtest: object) -> RunConfig:
    task = {key: backtest.pop(key) for key in ("horizon", "gap", "issue_hour", "test_days", "sequence_length") if key in backtest}
    zone = backtest.pop("timezone", "Europe/Berlin")
    return make_config({"backtest": backtest, "task": task, "data": {"timezone": zone}, "training": {"seed": 3}})


@pytest.mark.parametrize("horizon", [24, 48])
@pytest.mark.parametrize("timezone", ["UTC", "Europe/Berlin", "Asia/Kolkata"])
def test_by_default_it_begins_with_the_held_out_days(horizon, timezone):
    panel, asked = hourly("2024-02-20", days=60.4), config(horizon=horizon, timezone=timezone)
    plan = plan_of(asked, panel)
    held_out = held_out_issue_times(panel, asked)
    issued = plan.issue_times(panel)
    assert issued[0] == held_out[0]
    assert held_out.isin(issued).all()
    assert issued[-1] == held_out[-1]


def test_the_settings_of_a_configuration():
    asked = config(
        first="2024-01-20", last="2024-01-27", stride_hours=48, refit_days=4, window_days=9, gap=5, horizon=36, issue_hour=9
    )
    assert plan_of(asked, hourly()) == BacktestPlan(
        pd.Timestamp("2024-01-20 09:00"),
        last="2024-01-27",
        stride=2 * DAY,
        horizon=36,
        gap=5,
        zone="Europe/Berlin",
        refit_days=4,
        window_days=9,
        seed=3,
    )


def test_the_issue_hour_and_the_first_issue_time_agree():
    assert plan_of(config(first="2024-01-20 09:00", issue_hour=9), hourly()).first == pd.Timestamp("2024-01-20 09:00")
    assert plan_of(config(first="2024-01-20 09:00"), hourly()).first == pd.Timestamp("2024-01-20 09:00")
    # readings end at 00:00 UTC, 01:00 in Berlin on the 31st
    assert plan_of(config(issue_hour=9, test_days=7), hourly()).first == pd.Timestamp("2024-01-24 09:00")
    with pytest.raises(ConfigError, match="the first issue time is not at the issue hour") as caught:
        plan_of(config(first="2024-01-20 06:00", issue_hour=9), hourly())
    assert caught.value.problems[0].hint == 'set `backtest.first = "2024-01-20"`'


def test_a_cross_validation_begins_as_soon_as_there_is_a_context():
    # 8 days of context and 24 hours from January 1, 01:00 in Berlin: January 10, 01:00; the next 09:00 is on the same day
    panel = hourly()
    plan = plan_of(config(folds=3, embargo_days=1, issue_hour=9), panel)
    assert plan.first == pd.Timestamp("2024-01-10 09:00")
    assert plan_of(config(folds=3, embargo_days=1), panel).first == pd.Timestamp("2024-01-11")
    assert len(plan.rounds(panel)) == 3


def test_a_configuration_needs_a_history_to_train_on():
    # 8 days of 24 hours, the least of a context of 28, and 4 x 24 hours are 12 days
    with pytest.raises(PanelError, match="the history is too short") as caught:
        plan_of(config(first="2024-01-12 23:00", timezone="UTC"), hourly())
    assert caught.value.problems[0].expected == "at least 12 days: a context of 192 steps and 4 forecasts of 24 to train on"
    assert plan_of(config(first="2024-01-13", timezone="UTC"), hourly())
    with pytest.raises(PanelError, match="the history is too short"):
        plan_of(config(test_days=25), hourly())
