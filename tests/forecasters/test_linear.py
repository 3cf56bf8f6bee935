import numpy as np
import pandas as pd
import pytest

from gridcast.clock import DAY
from gridcast.errors import ConfigError, PanelError, TrainingError
from gridcast.forecasters.baselines import SeasonalNaive
from gridcast.forecasters.linear import RidgeForecaster, _by_group
from gridcast.panel import Panel

DAYS = 130
TIMES = pd.date_range("2024-01-01", periods=24 * DAYS, freq="h", tz="UTC")
ISSUED = TIMES[24 * 110 : 24 * 129 : 24]


def panel_of(noise: float = 0.0, seed: int = 0) -> Panel:
    """Three places that answer to a changing temperature, each in its own way, around a daily cycle."""
    random = np.random.default_rng(seed)
    daily = np.repeat(random.normal(scale=5, size=(DAYS, 3)), 24, axis=0)
    cycle = 20 * np.sin(2 * np.pi * TIMES.hour.to_numpy() / 24)[:, None]
    load = 500 + cycle + daily * np.array([4.0, -2.0, 1.0]) + noise * random.normal(size=(24 * DAYS, 3))
    panel = Panel.from_wide(pd.DataFrame(load, index=TIMES, columns=["A", "B", "C"]), unit="MW")
    return panel.with_variable("temperature", daily, units="degC", availability="perfect")


def error_of(forecaster, panel: Panel) -> float:
    forecast = forecaster.fit(panel.as_of(ISSUED[0])).predict(panel, ISSUED)
    actual = np.stack([panel.consumption[row : row + 24].T for row in panel.times.get_indexer(ISSUED)])
    return float(np.abs(forecast.values.values - actual).mean())


@pytest.mark.parametrize("hour", [None, 0])
def test_each_place_answers_to_the_weather_in_its_own_way(hour):
    panel = panel_of()
    assert error_of(RidgeForecaster(issue_hour=hour), panel) < 0.3 * error_of(SeasonalNaive(DAY), panel)


def test_coefficients_of_a_group_by_hand():
    # one term that is 1: sum of the targets / (their number + weight); nothing in group 1
    terms, target = np.ones((5, 1), dtype=np.float32), np.array([2.0, 4.0, 3.0, 9.0, 9.0])
    found = _by_group(terms, target, np.array([0, 0, 2, 3, 3]), 4, weight=1.0)
    assert found.ravel() == pytest.approx([6 / 3, 0, 3 / 2, 18 / 3])


def test_quantiles_cover_what_they_say():
    # noise is all that can't be known, and is the same all the time: 80 % of it is between the quantiles of 10 % and 90 %
    panel = panel_of(noise=10.0)
    forecast = RidgeForecaster().fit(panel.as_of(ISSUED[0])).predict(panel, ISSUED)
    actual = np.stack([panel.consumption[row : row + 24].T for row in panel.times.get_indexer(ISSUED)])
    low, high = (forecast.quantiles.sel(quantile=level).values for level in (0.1, 0.9))
    assert ((low <= actual) & (actual <= high)).mean() == pytest.approx(0.8, abs=0.07)
    assert forecast.quantiles.sel(quantile=0.5).values.tolist() == forecast.values.values.tolist()


def test_a_new_place_is_forecast_by_what_is_common():
    panel = panel_of()
    learned = RidgeForecaster().fit(panel.only(["A", "C"]).as_of(ISSUED[0]))
    forecast = learned.predict(panel, ISSUED)
    assert np.isfinite(forecast.values.values).all()
    assert forecast.quality.values[0].tolist() == ["", "new place", ""]


def test_the_order_of_places_does_not_matter():
    panel = panel_of(noise=5.0)
    one, other = (
        RidgeForecaster().fit(each.as_of(ISSUED[0])).predict(each, ISSUED) for each in (panel, panel.only(["C", "A", "B"]))
    )
    assert other.values.sel(location=["A", "B", "C"]).values == pytest.approx(one.values.values, rel=1e-3)


def test_the_same_seed_gives_the_same_forecast():
    panel = panel_of(noise=5.0)
    one, other = (RidgeForecaster(seed=3).fit(panel.as_of(ISSUED[0])).predict(panel, ISSUED) for _ in range(2))
    assert one.values.values.tobytes() == other.values.values.tobytes()


def test_without_levels_there_are_points_only():
    panel = panel_of()
    assert RidgeForecaster(levels=()).fit(panel).predict(panel, ISSUED).quantiles is None


def test_it_is_fitted_before_it_forecasts():
    with pytest.raises(TrainingError, match="not fitted"):
        RidgeForecaster().predict(panel_of(), ISSUED)
    with pytest.raises(TrainingError, match="not fitted"):
        _ = RidgeForecaster().reach


def test_a_history_of_a_few_days_is_refused():
    with pytest.raises(PanelError, match="history is too short"):
        RidgeForecaster().fit(panel_of().as_of(TIMES[24 * 9]))


@pytest.mark.parametrize("wrong", [{"horizon": 0}, {"own": 0.0}, {"common": -1.0}, {"levels": (0.5, 0.5)}])
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(ConfigError):
        RidgeForecaster(**wrong)
