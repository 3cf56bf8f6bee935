import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridcast.errors import ConfigError
from gridcast.forecasters.profile import MeanProfile
from gridcast.panel import Panel


def ramp(steps: int, freq: str = "h", zones: tuple[str, str] = ("UTC", "UTC")) -> Panel:
    """A panel in which place p reads row + 1000 p."""
    times = pd.date_range("2024-03-20", periods=steps, freq=freq, tz="UTC")
    values = np.arange(steps)[:, None] + 1000.0 * np.arange(2)
    panel = Panel.from_wide(pd.DataFrame(values, index=times, columns=["P0", "P1"]), unit="MW")
    return Panel(panel.dataset.assign_coords(timezone=("location", list(zones))))


def predicted(profile: MeanProfile, panel: Panel, *rows: int) -> np.ndarray:
    return profile.fit(panel).predict(panel, panel.times[0] + panel.freq * pd.Index(rows)).values.values


def test_a_forecast_is_the_mean_of_the_same_hour_of_the_days_before():
    # issued at 200: 1 to 7 days back lie 4 days before in the mean; 8 days back 96 h
    values = predicted(MeanProfile(), ramp(300), 200)
    assert values[0, 0].tolist() == [200 - 96 + step for step in range(24)]
    assert values[0, 1].tolist() == [1200 - 96 + step for step in range(24)]


def test_steps_of_the_same_hour_are_the_same():
    values = predicted(MeanProfile(days=2, horizon=60), ramp(300), 200)[0, 0]
    assert values.tolist() == [164 + step % 24 for step in range(60)]  # (176 + 152) / 2 = 164


def test_missing_readings_are_left_out_and_none_make_none():
    panel = ramp(100)
    wrong = np.zeros((100, 2), dtype=bool)
    wrong[72, 0] = True
    wrong[[0, 24, 48, 72], 1] = True
    values = predicted(MeanProfile(days=3, horizon=2), panel.masked(wrong), 96)[0]
    assert values[0].tolist() == [36, 49]  # (48 + 24) / 2, and (73 + 49 + 25) / 3
    assert np.isnan(values[1, 0])
    assert values[1, 1] == 1049


def test_a_short_history_is_averaged_as_far_as_it_goes():
    values = predicted(MeanProfile(horizon=1), ramp(100), 10, 30, 500)
    assert values[1].ravel().tolist() == [6, 1006]
    assert np.isnan(values[[0, 2]]).all()


def test_hours_are_local_at_each_place():
    # Berlin's clock skips 02:00 on March 31, row 265: from then on local hours are a row earlier
    panel = ramp(400, zones=("Europe/Berlin", "UTC"))
    berlin, utc = predicted(MeanProfile(days=2, horizon=1), panel, 290)[0, :, 0]  # 02:00 UTC on April 1, 04:00 in Berlin
    assert berlin == (266 + 243) / 2
    assert utc == 1000 + (266 + 242) / 2


@pytest.mark.parametrize(("freq", "steps"), [("15min", 96), ("D", 1), ("12h", 2)])
def test_a_day_is_a_day_whatever_the_step(freq, steps):
    assert predicted(MeanProfile(days=3, horizon=1), ramp(800, freq), 700)[0, 0, 0] == 700 - 2 * steps


@settings(max_examples=25)
@given(row=st.integers(2, 330), horizon=st.integers(1, 60), seed=st.integers(0, 9), freq=st.sampled_from(["30min", "h", "3h"]))
def test_only_readings_within_reach_and_before_the_issue_time_are_seen(row, horizon, seed, freq):
    panel, profile = ramp(400, freq, ("Europe/Berlin", "America/New_York")), MeanProfile(days=3, horizon=horizon)
    wild = panel.consumption.copy()
    wild[row:] = np.random.default_rng(seed).normal(size=wild[row:].shape) * 1e9
    scrambled = Panel(panel.dataset.assign(consumption=(("time", "location"), wild)))
    values = predicted(profile, panel, row)
    assert predicted(profile, scrambled, row).tobytes() == values.tobytes()
    issued = panel.times[[row]]
    cut = panel.as_of(issued[0]).recent(profile.reach)
    assert profile.predict(cut, issued).values.values.tobytes() == values.tobytes()


def test_the_name_tells_the_days():
    assert MeanProfile().name == "mean_profile_7d"
    assert MeanProfile(days=28).name == "mean_profile_28d"


@pytest.mark.parametrize("wrong", [{"days": 0}, {"horizon": -1}])
def test_days_and_horizon_are_above_zero(wrong):
    with pytest.raises(ConfigError, match="must be above zero"):
        MeanProfile(**wrong)
