"""One check run over every forecaster in the registry."""

from importlib import import_module

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gridcast.audit import audit, pipeline_of
from gridcast.availability import ISSUED, LEAD
from gridcast.evaluation import issue
from gridcast.forecast import Forecast
from gridcast.forecasters import REGISTRY
from gridcast.panel import Panel

FILED = pd.DataFrame(
    np.random.default_rng(1).uniform(5, 15, (24 * 40, 3)),
    index=pd.date_range("2024-01-01", periods=24 * 40, freq="h"),
    columns=["P0", "P1", "P2"],
)
QUICK = {
    "hybrid": {"sequence_length": 48, "grid_size": 4, "epochs": 1, "units": 8},
    "lightgbm": {"trees": 5, "quantile_trees": 3, "threads": 1},
    "operator": {"filed": FILED},
}


def make(name: str):
    if name == "lightgbm":
        pytest.importorskip("lightgbm")
    module, _, kind = REGISTRY[name].rpartition(".")
    return getattr(import_module(module), kind)(horizon=24, **QUICK.get(name, {}))


@pytest.fixture(scope="module", params=sorted(REGISTRY))
def fitted(request, make_panel):
    panel = make_panel(days=30, places=3)
    return make(request.param).fit(panel.as_of(panel.times[24 * 20])), panel


def changed(panel: Panel, rows: slice, seed: int = 0) -> Panel:
    """Return the panel with other readings in some rows."""
    readings = panel.consumption.copy()
    readings[rows] = np.random.default_rng(seed).normal(size=readings[rows].shape) * 1e6
    return Panel(panel.dataset.assign(consumption=(("time", "location"), readings)))


def test_a_forecast_comes_out(fitted):
    forecaster, panel = fitted
    issue_times = panel.times[24 * 20 :: 24]
    forecast = forecaster.predict(panel, issue_times)
    assert isinstance(forecast, Forecast)
    assert forecaster.name
    assert forecast.issue_times.equals(issue_times)
    assert forecast.locations == panel.locations
    assert forecast.horizon == 24
    assert np.isfinite(forecast.values).all()


def said(forecast: Forecast) -> bytes:
    """Return points and quantiles to the last bit."""
    return forecast.values.values.tobytes() + (b"" if forecast.quantiles is None else forecast.quantiles.values.tobytes())


def test_nothing_after_the_issue_time_is_seen(fitted):
    forecaster, panel = fitted
    issue_time = panel.times[[24 * 22]]
    forecast = said(forecaster.predict(panel, issue_time))
    for seed in range(3):
        scrambled = changed(panel, slice(24 * 22, None), seed)
        assert said(forecaster.predict(scrambled, issue_time)) == forecast
    as_known_then = panel.as_of(issue_time[0])
    assert said(forecaster.predict(as_known_then, issue_time)) == forecast


def test_quantiles_lie_around_the_point(fitted):
    forecaster, panel = fitted
    forecast = forecaster.predict(panel, panel.times[24 * 20 :: 24])
    if forecast.quantiles is None:
        pytest.skip("makes points only")
    values = forecast.values.values[..., None]
    below = forecast.quantiles.values[..., np.array(forecast.levels) <= 0.5]
    above = forecast.quantiles.values[..., np.array(forecast.levels) >= 0.5]
    assert (below <= values).all()
    assert (above >= values).all()


def test_the_last_readings_before_the_issue_time_are_seen_by_all_whose_reach_is_not_zero(fitted):
    forecaster, panel = fitted
    issue_time = panel.times[[24 * 22]]
    other = changed(panel, slice(24 * 22 - 24, 24 * 22))
    same = np.array_equal(forecaster.predict(other, issue_time).values, forecaster.predict(panel, issue_time).values)
    assert same == (forecaster.reach == pd.Timedelta(0))


def test_many_issue_times_at_once_are_the_same_as_one_by_one(fitted):
    forecaster, panel = fitted
    issue_times = panel.times[24 * 20 : 24 * 29 : 7]
    together = forecaster.predict(panel, issue_times).values.values
    one_by_one = [forecaster.predict(panel, issue_times[[i]]).values.values[0] for i in range(len(issue_times))]
    assert together == pytest.approx(np.stack(one_by_one), rel=1e-4, abs=1e-4)


def test_the_reach_is_all_that_is_needed(fitted):
    forecaster, panel = fitted
    issue_times = panel.times[24 * 22 : 24 * 24 : 24]
    from_all = forecaster.predict(panel, issue_times).values.values
    assert issue(forecaster, panel, issue_times).values.values == pytest.approx(from_all, rel=1e-4, abs=1e-4)
    one_by_one = [issue(forecaster, panel, issue_times[[i]]).values.values[0] for i in range(len(issue_times))]
    assert np.stack(one_by_one) == pytest.approx(from_all, rel=1e-4, abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_the_audit_finds_no_leak(name, make_panel):
    panel = make_panel(days=25, places=2)
    shape, random = panel.consumption.shape, np.random.default_rng(0)
    panel = panel.with_variable("temperature", random.normal(size=shape), units="degC")
    issued = panel.times[::24].tz_convert(None).to_numpy()
    outlook = xr.DataArray(
        random.normal(size=(len(issued), 48, 2)),
        dims=(ISSUED, LEAD, "location"),
        coords={ISSUED: issued, LEAD: pd.to_timedelta(np.arange(48), unit="h"), "location": list(panel.locations)},
    )
    panel = panel.with_variable("outlook", outlook, availability="forecast", delay=pd.Timedelta("2h"))
    first = panel.times[24 * 20]
    report = audit(pipeline_of(lambda: make(name), first), panel, [first, first + pd.Timedelta("31h")])
    assert report.is_clean, [f"{leak.variable}, by up to {leak.largest}: {leak.sentence}" for leak in report.leaks]
    assert report.variables == ("consumption", "temperature", "outlook")


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_training_does_not_see_what_was_not_known(name, make_panel):
    panel = make_panel(days=25, places=2)
    end = panel.times[24 * 20]
    issue_time = pd.DatetimeIndex([end])
    learn = pipeline_of(lambda: make(name), end)  # which trains anew where what was known is not the same to the last bit
    one, other = (learn(each, issue_time[0]).values.values for each in (panel, changed(panel, slice(24 * 20, None))))
    assert one.tobytes() == other.tobytes(), f"they differ by up to {np.nanmax(np.abs(one - other))}"
