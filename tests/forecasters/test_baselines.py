import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridcast.clock import DAY, WEEK
from gridcast.errors import ConfigError
from gridcast.forecasters.baselines import SeasonalNaive
from gridcast.panel import Panel


def ramp(steps: int, freq: str = "h") -> Panel:
    """A panel in which place p reads row + 1000 p, so that every value tells where it is from."""
    times = pd.date_range("2024-03-20", periods=steps, freq=freq, tz="UTC")
    values = np.arange(steps)[:, None] + 1000.0 * np.arange(2)
    return Panel.from_wide(pd.DataFrame(values, index=times, columns=["P0", "P1"]), unit="MW")


def predicted(forecaster: SeasonalNaive, panel: Panel, *rows: int) -> np.ndarray:
    """The forecasts issued at the starts of some rows, shape (issue_time, location, step)."""
    times = panel.times[0] + panel.freq * np.asarray(rows)
    return forecaster.fit(panel).predict(panel, pd.DatetimeIndex(times)).values.values


@pytest.mark.parametrize(("season", "hours"), [(DAY, 24), (WEEK, 168)])
def test_a_forecast_is_the_same_hour_one_season_before(season, hours):
    values = predicted(SeasonalNaive(season), ramp(400), 200, 301)
    assert values[0, 0].tolist() == list(range(200 - hours, 224 - hours))
    assert values[0, 1].tolist() == [1000 + hour for hour in range(200 - hours, 224 - hours)]
    assert values[1, 0].tolist() == list(range(301 - hours, 325 - hours))


def test_a_horizon_longer_than_the_season_looks_back_twice_and_more():
    # issued at 100 a day before: 76 .. 99, and from there on the same day over and over
    values = predicted(SeasonalNaive(DAY, horizon=60), ramp(200), 100)
    assert values[0, 0].tolist() == [*range(76, 100), *range(76, 100), *range(76, 88)]


@given(row=st.integers(24, 150), horizon=st.integers(1, 80), minutes=st.integers(0, 59))
def test_every_value_was_known_when_the_forecast_was_made(row, horizon, minutes):
    panel = ramp(200)
    issue_time = panel.times[row] + pd.Timedelta(minutes=minutes)
    values = SeasonalNaive(horizon=horizon).predict(panel, pd.DatetimeIndex([issue_time])).values.values[0, 0]
    # the reading of row r is known when its hour has ended, at r + 1
    assert values.max() + 1 <= row
    assert ((row + np.arange(horizon) - values) % 24 == 0).all()


@given(row=st.integers(0, 150), horizon=st.integers(1, 80), seed=st.integers(0, 100))
def test_nothing_after_the_issue_time_is_seen(row, horizon, seed):
    panel = ramp(200)
    wild = panel.consumption.copy()
    wild[row:] = np.random.default_rng(seed).normal(size=wild[row:].shape) * 1e9
    scrambled = Panel.from_wide(pd.DataFrame(wild, index=panel.times, columns=list(panel.locations)), unit="MW")
    naive = SeasonalNaive(horizon=horizon)
    assert predicted(naive, scrambled, row).tobytes() == predicted(naive, panel, row).tobytes()


def test_where_there_is_no_reading_there_is_no_forecast(make_panel):
    panel = make_panel(days=3, places=2, gaps=((10, 1),))
    missing = np.isnan(predicted(SeasonalNaive(horizon=4), panel, 22, 24, 33))
    # a day before 22..25 are -2..1, before 24..27 are 0..3, before 33..36 are 9..12
    assert missing[:, 0].tolist() == [[True, True, False, False], [False] * 4, [False] * 4]
    assert missing[:, 1].tolist() == [[True, True, False, False], [False] * 4, [False, True, False, False]]


def test_a_forecast_can_be_issued_at_the_end_and_beyond():
    panel = ramp(48)
    values = predicted(SeasonalNaive(horizon=3), panel, 48, 70, 100)
    # a day before 70, 71, 72 are 46, 47 and 48, which is not there
    assert values[0, 0].tolist() == [24, 25, 26]
    assert values[1, 0][:2].tolist() == [46, 47]
    assert np.isnan(values[1, 0][2])
    assert np.isnan(values[2]).all()


@pytest.mark.parametrize(("freq", "steps"), [("15min", 96), ("h", 24), ("D", 1)])
def test_a_day_is_a_day_whatever_the_step(freq, steps):
    values = predicted(SeasonalNaive(DAY, horizon=3), ramp(400, freq), 200)
    assert values[0, 0].tolist() == [200 - steps + (step % steps) for step in range(3)]


def test_the_forecast_carries_its_labels():
    panel = ramp(100)
    forecast = SeasonalNaive(horizon=5).predict(panel, panel.times[[30, 60]])
    assert forecast.issue_times.equals(panel.times[[30, 60]])
    assert (forecast.locations, forecast.horizon, forecast.freq) == (panel.locations, 5, panel.freq)
    assert forecast.values.attrs["unit"] == "MW"
    assert forecast.valid_times[1, 0] == panel.times[60].tz_localize(None).to_datetime64()


@pytest.mark.parametrize(
    ("season", "name"), [("24h", "24h"), ("1D", "24h"), ("7D", "168h"), ("21D", "504h"), ("12h", "12h"), ("90min", "1.5h")]
)
def test_the_name_tells_the_season(season, name):
    assert SeasonalNaive(pd.Timedelta(season)).name == f"seasonal_naive_{name}"


@pytest.mark.parametrize("horizon", [0, -1])
def test_the_horizon_is_above_zero(horizon):
    with pytest.raises(ConfigError, match=rf"(?s)`horizon` must be above zero.*horizon = {horizon}"):
        SeasonalNaive(horizon=horizon)


@pytest.mark.parametrize("season", ["0h", "-24h"])
def test_the_season_is_above_zero(season):
    with pytest.raises(ConfigError, match="`season_in_hours` must be above zero"):
        SeasonalNaive(pd.Timedelta(season))


def in_zones(panel: Panel, *zones: str) -> Panel:
    return Panel(panel.dataset.assign_coords(timezone=("location", list(zones))))


def test_each_place_goes_by_its_own_local_clock():
    # row 0 is 2024-03-20 00:00 UTC; Berlin's clock skips 02:00 on the 31st at row 11 * 24 + 1 = 265
    panel = in_zones(ramp(300), "Europe/Berlin", "UTC")
    berlin, utc = predicted(SeasonalNaive(), panel, 263)[0]  # 23:00 UTC on the 30th, the local midnight of the 31st
    # 00:00 and 01:00 are 24 h back; from 03:00 (row 265) to 23:00 (row 285) 23 h; 00:00 of April 1 (row 286) again the day before
    assert berlin.tolist() == [239, 240, *range(242, 263), 239]
    assert utc.tolist() == list(range(1239, 1263))


def test_last_week_goes_by_the_local_clock_on_a_day_of_25_hours():
    # New York's clock shows 01:00 twice on 2024-11-03, at 05:00 and 06:00 UTC
    times = pd.date_range("2024-10-20", periods=24 * 20, freq="h", tz="UTC")
    panel = in_zones(Panel.from_wide(pd.DataFrame(np.arange(480.0), index=times, columns=["P0"])), "America/New_York")
    row = times.get_loc("2024-11-03 04:00+00:00")  # local midnight
    values = predicted(SeasonalNaive(WEEK, horizon=4), panel, row)[0, 0]
    # 00:00 and both 01:00 are that of last week, 02:00 comes an hour later than a week after
    assert (row + np.arange(4) - values).tolist() == [168, 168, 169, 169]


@settings(max_examples=25)
@given(row=st.integers(200, 330), horizon=st.integers(1, 200), season=st.sampled_from([DAY, WEEK]))
def test_by_the_local_clock_nothing_after_the_issue_time_is_seen(row, horizon, season):
    zones = ("Europe/Berlin", "America/New_York")
    panel, naive = in_zones(ramp(400), *zones), SeasonalNaive(season, horizon=horizon)
    values = predicted(naive, panel, row)[0] - 1000.0 * np.arange(2)[:, None]
    assert np.nanmax(values) + 1 <= row
    issued = panel.times[[row]]
    cut = panel.as_of(issued[0]).recent(naive.reach)
    assert naive.predict(cut, issued).values.values.tobytes() == predicted(naive, panel, row).tobytes()


@pytest.mark.parametrize(("season", "freq"), [("12h", "h"), ("36h", "h"), ("1D", "D")])
def test_a_season_that_is_not_of_local_days_is_a_span_of_time(season, freq):
    panel = ramp(60, freq)
    naive = SeasonalNaive(pd.Timedelta(season), horizon=5)
    local = predicted(naive, in_zones(panel, "Europe/Berlin", "America/New_York"), 50)
    assert local.tobytes() == predicted(naive, panel, 50).tobytes()
