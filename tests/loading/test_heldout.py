"""When the held-out forecasts are issued."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridcast.clock import DAY
from gridcast.config import make_config
from gridcast.errors import PanelError
from gridcast.loading import Listener, held_out_issue_times, load
from gridcast.panel import Panel

WORLD = {"num_days": 20, "num_locations": 2}


def panel(hours: int) -> Panel:
    times = pd.date_range("2024-01-01", periods=hours, freq="h", tz="UTC")
    return Panel.from_wide(pd.DataFrame({"a": np.arange(hours) % 7}, index=times))


def test_day_ahead_forecasts_are_issued_at_local_midnight():
    config = make_config({"data": {"timezone": "Europe/Berlin"}, "task": {"sequence_length": 48, "test_days": 3}})
    issued = held_out_issue_times(panel(24 * 30), config)
    # the readings end on January 31st 00:00 UTC = 01:00 in Berlin; midnight there is 23:00 UTC
    assert [str(time) for time in issued] == [f"2024-01-{day} 23:00:00+00:00" for day in (27, 28, 29)]


def test_forecasts_stay_at_local_midnight_over_the_change_of_the_clock():
    config = make_config({"data": {"timezone": "Europe/Berlin"}, "task": {"sequence_length": 48, "test_days": 4}})
    times = pd.date_range("2024-03-01", "2024-04-02 12:00", freq="h", tz="UTC")
    issued = held_out_issue_times(Panel.from_wide(pd.DataFrame({"a": np.arange(len(times)) % 7}, index=times)), config)
    # midnight in Berlin is 23:00 UTC up to March 31st, and 22:00 UTC after it
    assert [f"{time:%m-%d %H}" for time in issued] == ["03-28 23", "03-29 23", "03-30 23", "03-31 22"]


def test_midnight_between_two_readings_waits_for_the_next():
    config = make_config({"data": {"timezone": "Asia/Kolkata"}, "task": {"sequence_length": 48, "test_days": 2}})
    # midnight in India is 18:30 UTC; the next hourly reading begins at 19:00
    assert {time.hour for time in held_out_issue_times(panel(24 * 30), config)} == {19}


def test_a_horizon_that_does_not_divide_the_test_days_is_counted_back_from_the_end():
    config = make_config({"task": {"sequence_length": 48, "horizon": 36, "test_days": 7}})
    issued = held_out_issue_times(panel(24 * 30), config)
    assert len(issued) == 4  # 168 / 36 hours
    assert issued[-1] + pd.Timedelta(hours=36) == panel(24 * 30).end


def test_other_horizons_follow_each_other_up_to_the_end():
    config = make_config({"task": {"sequence_length": 48, "horizon": 6, "test_days": 2}})
    issued = held_out_issue_times(panel(24 * 30), config)
    assert len(issued) == 8
    assert issued[-1] + 6 * pd.Timedelta(hours=1) == panel(24 * 30).end
    assert issued[0] == panel(24 * 30).end - 2 * DAY


def test_labels_that_are_local_are_held_out_by_their_midnight():
    config = make_config({"data": {**WORLD, "timezone": "local"}, "task": {"sequence_length": 48, "test_days": 4}})
    issued = held_out_issue_times(load(config, Listener()).panel, config)
    assert set(issued.hour) == {0}
    assert len(issued) == 4


def issued_at(hour, *, zone="UTC", readings=None, **task):
    config = make_config({"data": {"timezone": zone}, "task": {"sequence_length": 48, "test_days": 3, "issue_hour": hour, **task}})
    return [f"{time:%m-%d %H}" for time in held_out_issue_times(readings or panel(24 * 30), config)]


def test_forecasts_are_issued_at_the_hour_that_was_asked_for():
    # the readings end on the 31st at 00:00; one issued on the 30th at 06:00 would end after that
    assert issued_at(6) == ["01-27 06", "01-28 06", "01-29 06"]
    assert issued_at(0) == ["01-28 00", "01-29 00", "01-30 00"] == issued_at(None)
    # 06:00 in New York is 11:00 UTC
    assert issued_at(6, zone="America/New_York") == ["01-27 11", "01-28 11", "01-29 11"]


def test_the_hour_stays_that_of_the_local_clock_when_it_changes():
    times = pd.date_range("2024-03-01", "2024-04-02 12:00", freq="h", tz="UTC")
    readings = Panel.from_wide(pd.DataFrame({"a": np.arange(len(times)) % 7}, index=times))
    # 06:00 in Berlin is 05:00 UTC up to March 30th, and 04:00 UTC from the 31st on
    assert issued_at(6, zone="Europe/Berlin", readings=readings) == ["03-30 05", "03-31 04", "04-01 04"]


def test_longer_horizons_are_issued_whole_days_apart_and_shorter_ones_daily():
    # 36 hours take two days: one in three test days, and its end is before the 31st
    assert issued_at(6, horizon=36) == ["01-29 06"]
    assert issued_at(6, horizon=48, test_days=4) == ["01-26 06", "01-28 06"]
    # a forecast of 12 hours from 06:00 of the 30th ends at 18:00
    assert issued_at(6, horizon=12) == ["01-28 06", "01-29 06", "01-30 06"]


def test_the_gap_leaves_room_before_the_first_step():
    # issued at midnight of the 30th, a gap of 6 hours and 24 steps end on the 31st at 06:00, after the readings
    assert issued_at(None, gap=6) == ["01-27 00", "01-28 00", "01-29 00"]
    assert issued_at(12, gap=12) == ["01-27 12", "01-28 12", "01-29 12"]
    # counted back from the end: 00:00 of the 31st less 3 hours less 36 hours
    assert issued_at(None, gap=3, horizon=36, test_days=2) == ["01-29 09"]


def test_a_history_too_short_for_the_gap_is_refused():
    # 48 + 4 * 24 hours are 6 days, 3 test days: 9 days will do, but not with a gap of 24 hours
    short = panel(24 * 9)
    assert len(issued_at(None, readings=short)) == 3
    with pytest.raises(PanelError, match="the history is too short") as caught:
        issued_at(None, readings=short, gap=24)
    assert "at least 10 days: a context of 48, a gap of 24, four horizons" in caught.value.problems[0].expected


@given(
    hour=st.integers(0, 23),
    gap=st.integers(0, 40),
    horizon=st.integers(1, 60),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]),
    minutes=st.sampled_from([15, 30, 60]),
)
def test_every_forecast_is_at_its_hour_and_ends_with_the_readings(hour, gap, horizon, zone, minutes):
    times = pd.date_range("2024-03-01", "2024-04-03", freq=f"{minutes}min", tz="UTC")
    readings = Panel.from_wide(pd.DataFrame({"a": np.arange(len(times)) % 7}, index=times))
    task = {"sequence_length": 24, "test_days": 6, "issue_hour": hour, "gap": gap, "horizon": horizon}
    issued = held_out_issue_times(readings, make_config({"data": {"timezone": zone}, "task": task}))
    local = issued.tz_convert(zone)
    assert issued[-1] + (gap + horizon) * readings.freq <= readings.end
    late = pd.Timedelta(minutes=30) if zone == "Asia/Kolkata" and minutes == 60 else pd.Timedelta(0)
    skipped = 1 if hour == 2 and zone in ("Europe/Berlin", "America/New_York") else 0
    assert (local - late).hour.isin([hour, hour + skipped]).all()
    assert len(set(local.normalize())) == len(issued)
