"""When the held-out forecasts are issued."""

import numpy as np
import pandas as pd

from gridcast.clock import DAY
from gridcast.config import make_config
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
