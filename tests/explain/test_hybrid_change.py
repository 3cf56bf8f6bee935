"""The change of a hybrid's forecast, where weather forecasts arrive every six hours: each cause is told from the real samples."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gridcast.clock import HOUR
from gridcast.explain.change import LOAD, WEATHER, change
from gridcast.forecasters.hybrid import HybridForecaster


@pytest.fixture
def forecast_panel(make_panel):
    """Forty days of readings, and forecasts of the temperature that rise by a degree from one to the next."""
    panel = make_panel(days=40)
    issued = pd.date_range(panel.times[0], periods=4 * 40 + 1, freq="6h").tz_convert(None)
    coords = {"issued": issued, "lead": pd.timedelta_range("0h", periods=48, freq="h"), "location": list(panel.locations)}
    rising = np.arange(len(issued), dtype=np.float32)[:, None, None] + np.zeros((1, 48, 4), dtype=np.float32)
    weather = xr.DataArray(rising, coords, ("issued", "lead", "location"))
    return panel.with_variable("temperature", weather, units="degC", availability="forecast")


def test_newer_weather_is_worth_what_the_newer_forecasts_say(ask, forecast_panel):
    def warm_and_last(inputs, at):
        warm = inputs["steps"][..., at("steps", "temperature")[0]]
        return warm - inputs["level"][:, None] + inputs["recent"][:, None, :, at("recent", "last_hours")[0]]

    question = ask(warm_and_last, panel=forecast_panel, horizon=12)
    forecaster = HybridForecaster(horizon=12, levels=(0.1, 0.5, 0.9), calendar=None)
    forecaster.fitted = question.fitted
    after = forecast_panel.end
    told = change(forecaster, forecast_panel, after, after - 6 * HOUR, location="P1")
    recipe = question.samples.recipe
    degree = recipe.scaler.scale[1] / recipe.covariates.scale[0]
    # nothing else that the network says depends on the weather: one degree more, at each hour that both are about
    assert told.values[WEATHER] == pytest.approx(np.full(6, degree), rel=1e-3)
    assert np.abs(told.values[LOAD]).min() > 0
    assert told.first + sum(told.values.values()) == pytest.approx(told.last, rel=1e-6)
