import numpy as np
import pandas as pd
import pytest

from gridcast.errors import PanelError, TrainingError
from gridcast.forecasters.hybrid import HybridForecaster
from gridcast.panel import Panel


def quick(**how) -> HybridForecaster:
    return HybridForecaster(**{"sequence_length": 48, "horizon": 24, "grid_size": 4, "epochs": 2, "units": 8, **how})


@pytest.fixture(scope="module")
def fitted():
    """A panel of which the last three days are unknown to the network, and the network."""
    random = np.random.default_rng(0)
    times = pd.date_range("2024-01-01", periods=24 * 30, freq="h", tz="UTC")
    readings = 50 + 10 * np.sin(2 * np.pi * times.hour.to_numpy() / 24)[:, None] + random.normal(size=(len(times), 3))
    readings[24 * 28 + 3, 1] = np.nan
    places = pd.DataFrame({"id": list("ABC"), "latitude": [50, 51, 52], "longitude": [5, 6, 7]})
    panel = Panel.from_wide(pd.DataFrame(readings, index=times, columns=list("ABC")), places, unit="MW")
    return panel, quick().fit(panel.as_of(panel.times[24 * 27]))


def test_a_forecast_has_the_panel_s_places_and_unit(fitted):
    panel, forecaster = fitted
    forecast = forecaster.predict(panel, panel.times[[24 * 27, 24 * 28]])
    assert forecast.values.shape == (2, 3, 24)
    assert forecast.values.attrs["unit"] == "MW"
    assert np.nanmean(np.abs(forecast.values - 50)) < 20


def test_a_gap_in_the_context_gives_no_forecast_for_that_place_only(fitted):
    panel, forecaster = fitted
    forecast = forecaster.predict(panel, panel.times[[24 * 28, 24 * 29]])
    # the missing reading is at 03:00 of day 28: after the first issue time, within the context of the second
    assert np.isfinite(forecast.values.sel(location="B").values[0]).all()
    assert np.isnan(forecast.values.sel(location="B").values[1]).all()
    assert np.isfinite(forecast.values.sel(location=["A", "C"]).values).all()


def test_it_can_forecast_beyond_the_last_reading(fitted):
    panel, forecaster = fitted
    forecast = forecaster.predict(panel, pd.DatetimeIndex([panel.end]))
    assert np.isfinite(forecast.values.sel(location="A").values).all()


def test_other_places_are_refused(fitted):
    panel, forecaster = fitted
    fewer = Panel(panel.dataset.isel(location=[0, 1]))
    with pytest.raises(PanelError, match="not those that the network was trained on"):
        forecaster.predict(fewer, panel.times[[24 * 28]])


def test_without_enough_context_there_is_no_forecast(fitted):
    panel, forecaster = fitted
    with pytest.raises(PanelError, match="48 readings before each issue time"):
        forecaster.predict(panel, panel.times[[24]])


def test_unfitted_it_says_so(make_panel):
    with pytest.raises(TrainingError, match="not fitted"):
        quick().predict(make_panel(), make_panel().times[[240]])


def test_windows_with_gaps_are_counted(fitted, make_panel):
    panel = make_panel(days=12, places=3, gaps=((100, 0),))
    forecaster = quick(epochs=1).fit(panel)
    # 288 hours, 48 of context, 24 ahead: issued at 48, 72, ..., 264, ten times at three places. Hour 100 is a target of the one
    # issued at 96, and in the context of those issued at 120 and 144
    assert forecaster.skipped == 3
    assert forecaster.samples == 3 * 10 - 3


@pytest.mark.slow
def test_the_same_seed_gives_the_same_forecast(make_panel):
    panel = make_panel(days=15, places=3)
    issue_times = pd.DatetimeIndex([panel.end])
    forecasts = [quick(seed=seed).fit(panel).predict(panel, issue_times).values.values.tobytes() for seed in (1, 1, 2)]
    assert forecasts[0] == forecasts[1] != forecasts[2]


def test_progress_is_told_after_each_epoch(make_panel):
    told = []
    quick(progress=lambda epoch, losses: told.append((epoch, sorted(losses)))).fit(make_panel(days=15, places=2))
    assert told == [(1, ["loss", "val_loss"]), (2, ["loss", "val_loss"])]


@pytest.mark.parametrize(("freq", "length", "horizon"), [("15min", 96, 8), ("D", 14, 7), ("h", 30, 5)])
def test_other_steps_and_lengths_work(freq, length, horizon):
    random = np.random.default_rng(0)
    times = pd.date_range("2024-01-01", periods=400, freq=freq, tz="UTC")
    places = pd.DataFrame({"id": list("AB"), "latitude": [50, 51], "longitude": [5, 6]})
    panel = Panel.from_wide(pd.DataFrame(random.normal(size=(400, 2)), index=times, columns=list("AB")), places)
    forecaster = quick(sequence_length=length, horizon=horizon, epochs=1).fit(panel)
    assert forecaster.predict(panel, pd.DatetimeIndex([panel.end])).values.shape == (1, 2, horizon)


def test_one_place_is_enough(make_panel):
    panel = make_panel(places=1)
    assert np.isfinite(quick().fit(panel).predict(panel, pd.DatetimeIndex([panel.end])).values).all()
