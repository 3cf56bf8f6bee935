import sys
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridcast.clock import DAY
from gridcast.errors import ConfigError, GridcastError, TrainingError
from gridcast.forecasters.baselines import SeasonalNaive
from gridcast.forecasters.boosting import LightGBMForecaster, _in_order
from gridcast.panel import Panel

needs_lightgbm = pytest.mark.skipif(find_spec("lightgbm") is None, reason="the extra `boosting` is not installed")

DAYS = 100
TIMES = pd.date_range("2024-01-01", periods=24 * DAYS, freq="h", tz="UTC")
ISSUED = TIMES[24 * 80 : 24 * 99 : 24]
QUICK = {"trees": 60, "quantile_trees": 30, "learning_rate": 0.2, "leaves": 15, "threads": 1}


def panel_of(noise: float = 1.0) -> Panel:
    """Two places whose load jumps where it is warm, and more so at noon."""
    random = np.random.default_rng(0)
    warm = np.repeat(random.normal(size=(DAYS, 2)), 24, axis=0)
    noon = np.isin(TIMES.hour, range(10, 14))[:, None]
    load = 100 + 20 * (warm > 0) + 20 * ((warm > 0) & noon) + noise * random.normal(size=(24 * DAYS, 2))
    panel = Panel.from_wide(pd.DataFrame(load, index=TIMES, columns=["A", "B"]), unit="MW")
    return panel.with_variable("temperature", warm, units="degC", availability="perfect")


def error_of(forecaster, panel: Panel) -> float:
    forecast = forecaster.fit(panel.as_of(ISSUED[0])).predict(panel, ISSUED)
    actual = np.stack([panel.consumption[row : row + 24].T for row in panel.times.get_indexer(ISSUED)])
    return float(np.abs(forecast.values.values - actual).mean())


@needs_lightgbm
def test_steps_and_their_crossing_are_found():
    panel = panel_of()
    assert error_of(LightGBMForecaster(levels=(), **QUICK), panel) < 0.4 * error_of(SeasonalNaive(DAY), panel)


@needs_lightgbm
def test_quantiles_surround_the_median_and_the_same_seed_gives_the_same_trees():
    panel = panel_of()
    levels = (0.1, 0.5, 0.9)
    one, other = (LightGBMForecaster(levels=levels, **QUICK).fit(panel.as_of(ISSUED[0])).predict(panel, ISSUED) for _ in range(2))
    quantiles = one.quantiles.values
    assert quantiles.tobytes() == other.quantiles.values.tobytes()
    assert quantiles[..., 1].tolist() == one.values.values.tolist()
    assert (quantiles[..., 0] < quantiles[..., 2]).mean() > 0.95
    assert one.is_ex_post


@needs_lightgbm
def test_trees_are_added_only_for_as_long_as_they_help():
    panel = panel_of(noise=10.0)
    forecaster = LightGBMForecaster(levels=(), **{**QUICK, "trees": 2000, "learning_rate": 0.5}).fit(panel)
    assert 0 < forecaster.median.best_iteration < 500


@needs_lightgbm
def test_a_new_place_has_a_forecast_too():
    panel = panel_of()
    forecast = LightGBMForecaster(levels=(), **QUICK).fit(panel.only(["A"])).predict(panel, ISSUED)
    assert np.isfinite(forecast.values.values).all()
    assert forecast.quality.values[0].tolist() == ["", "new place"]


def test_where_the_library_is_missing_it_is_told_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    with pytest.raises(GridcastError, match=r"(?s)LightGBM is not installed.*pip install \"gridcast\[boosting\]\""):
        LightGBMForecaster().fit(panel_of())


@given(said=st.lists(st.floats(-10, 10), min_size=4, max_size=4), point=st.floats(-10, 10))
def test_quantiles_never_cross_and_the_median_stays(said, point):
    levels = (0.1, 0.3, 0.5, 0.9)
    said[2] = point
    found = [float(each[0]) for each in _in_order(np.array([point]), levels, [np.array([value]) for value in said])]
    assert found == sorted(found)
    assert found[2] == point


def test_it_is_fitted_before_it_forecasts():
    with pytest.raises(TrainingError, match="not fitted"):
        LightGBMForecaster().predict(panel_of(), ISSUED)


@pytest.mark.parametrize("wrong", [{"horizon": 0}, {"trees": 0}, {"learning_rate": 0.0}, {"levels": (0.0, 0.5)}])
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(ConfigError):
        LightGBMForecaster(**wrong)
