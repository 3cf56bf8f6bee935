import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gridcast.availability import ISSUED, LEAD
from gridcast.features.calendar import Calendar
from gridcast.samples.recipe import Recipe
from gridcast.samples.samples import Samples
from gridcast.samples.vintages import Vintages

HOUR = pd.Timedelta(hours=1)


def forecasts(start: str, count: int, places: list[str], delay: pd.Timedelta = HOUR) -> xr.DataArray:
    """A forecast every 12 hours for 48 hours, of which each value tells its issue time (hundreds) and its lead."""
    issued = pd.date_range(start, periods=count, freq="12h")
    leads = pd.TimedeltaIndex(np.arange(48) * HOUR)
    values = 100.0 * np.arange(count)[:, None, None] + np.arange(48)[None, :, None] + np.zeros(len(places))
    dims = (ISSUED, LEAD, "location")
    attrs = {"availability": "forecast", "delay": delay.value}
    return xr.DataArray(values, {ISSUED: issued, LEAD: leads, "location": places}, dims, attrs=attrs)


def test_each_issue_time_gets_the_newest_forecast_that_had_arrived():
    variable = forecasts("2024-01-01", 3, ["A"])
    vintages = Vintages(
        np.asarray(variable.values, dtype=np.float32),
        variable.indexes[ISSUED].to_numpy() + HOUR.to_timedelta64(),
        variable.indexes[ISSUED].to_numpy(),
        variable.indexes[LEAD].to_numpy(),
    )
    moments = pd.DatetimeIndex(["2023-12-31 12:00", "2024-01-01 12:00", "2024-01-01 13:00"]).to_numpy()
    valid = moments[:, None] + np.array([0, 1]) * HOUR.to_timedelta64()
    found = vintages.at(moments, valid)[..., 0]
    assert np.isnan(found[0]).all()  # nothing had been made
    assert found[1].tolist() == [12, 13]  # the one of 12:00 arrives at 13:00: still the first, 12 hours old
    assert found[2].tolist() == [101, 102]


def test_beyond_the_last_lead_nothing_is_known():
    variable = forecasts("2024-01-01", 1, ["A"])
    vintages = Vintages.of(variable)
    moment = pd.DatetimeIndex(["2024-01-02 12:00"]).to_numpy()
    found = vintages.at(moment, moment[:, None] + np.arange(24) * HOUR.to_timedelta64())[0, :, 0]
    assert found[:12].tolist() == list(range(36, 48))
    assert np.isnan(found[12:]).all()


def test_samples_of_training_have_the_weather_as_it_was_forecast_then(make_panel):
    panel = make_panel(days=30, places=2)
    variable = forecasts("2024-01-01", 60, list(panel.locations))
    panel = panel.with_variable("temperature", variable, units="degC", availability="forecast", delay=HOUR)
    samples = Samples(Recipe.fit(panel, horizon=24, context=168, calendar=Calendar()), panel)
    issued = np.array([480, 487])  # at 00:00 and 07:00 of January 21
    centre, scale = samples.recipe.covariates.centre[0], samples.recipe.covariates.scale[0]
    told = samples._weather_at(issued, None)[..., 0] * scale + centre
    # at 00:00 the newest that had arrived is that of 12:00 the day before, number 39, whose lead is 12 h
    assert told[0, :, 0] == pytest.approx(3900 + 12 + np.arange(24), rel=1e-4)
    assert told[1, :, 0] == pytest.approx(4000 + 7 + np.arange(24), rel=1e-4)
    for row, moment in zip(issued, panel.times[issued], strict=True):
        as_known_then = Samples(samples.recipe, panel.as_of(moment))
        row_then = as_known_then.rows_of(pd.DatetimeIndex([moment]))
        assert np.array_equal(as_known_then._weather_at(row_then, None), samples._weather_at(np.array([row]), None))
