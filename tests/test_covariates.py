import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gridcast.availability import ISSUED, LEAD
from gridcast.covariates import Covariates
from gridcast.features.calendar import Calendar


def with_temperature(panel, availability="perfect"):
    values = 10.0 + np.arange(len(panel.times))[:, None] + 100 * np.arange(len(panel.locations))
    return panel.with_variable("temperature", values, availability=availability)


def test_a_calendar_alone_is_shared_by_all_places(make_panel):
    panel = make_panel(days=3)
    assert Covariates(Calendar()).at(panel, 24) == pytest.approx(Calendar().at(panel.times + pd.Timedelta(days=1)))
    assert Covariates().at(panel, 24).shape == (72, 0)


def test_weather_of_the_hours_to_come_is_scaled_by_the_training_part(make_panel):
    panel = with_temperature(make_panel(days=4, places=2))
    covariates = Covariates.fit(panel, None, panel.times[3])
    # rows 0, 1, 2 at two places: 10, 11, 12, 110, 111, 112
    assert covariates.centre == pytest.approx((61.0,))
    assert covariates.scale == pytest.approx((np.std([10, 11, 12, 110, 111, 112]),))
    at = covariates.at(panel, 24)
    assert at.shape == (96, 2, 1)
    assert at[5, :, 0] == pytest.approx((np.array([10 + 29, 110 + 29]) - 61) / np.std([10, 11, 12, 110, 111, 112]))
    assert (at[72:] == 0).all()  # beyond the last hour with weather


def test_calendar_and_weather_stand_side_by_side(make_panel):
    panel = with_temperature(make_panel(days=4, places=2))
    at = Covariates.fit(panel, Calendar(), panel.end).at(panel, 24)
    assert at.shape == (96, 2, len(Calendar().names) + 1)
    assert (at[:, 0, :-1] == at[:, 1, :-1]).all()


def test_observed_weather_is_not_known_ahead(make_panel):
    panel = with_temperature(make_panel(days=4), "observed")
    assert Covariates.fit(panel, None, panel.end).names == ()


def test_a_forecast_gives_what_had_arrived_at_the_issue_time(make_panel):
    panel = make_panel(days=3, places=2)
    start = panel.times[0].tz_convert(None)
    issued = start + pd.to_timedelta([0, 24, 48], unit="h")
    values = np.arange(3)[:, None, None] * 100.0 + np.arange(48)[None, :, None] + np.zeros((3, 48, 2))
    leads = pd.to_timedelta(np.arange(48), unit="h")
    array = xr.DataArray(
        values, dims=(ISSUED, LEAD, "location"), coords={ISSUED: issued, LEAD: leads, "location": list(panel.locations)}
    )
    known = panel.with_variable("temperature", array, availability="forecast").as_of(panel.times[24])
    at = Covariates(None, ("temperature",), (0.0,), (100.0,)).at(known, 24)
    # row 0 carries hour 24, by the vintage of hour 24 with lead 0: 100; row 23 carries hour 47: 123; both divided by 100
    assert at[[0, 23], 0, 0] == pytest.approx([1.00, 1.23])


def test_weather_that_never_changes_or_is_rarely_there_is_left_out(make_panel):
    panel = make_panel(days=4, places=2)
    shape = panel.consumption.shape
    rare = np.full(shape, np.nan)
    rare[:10] = np.arange(10)[:, None]
    for name, values in {"pressure": np.full(shape, 101.3), "snow": np.zeros(shape), "rare": rare}.items():
        panel = panel.with_variable(name, values, availability="perfect")
    assert Covariates.fit(panel, None, panel.end).names == ()


def test_what_is_far_from_all_that_was_seen_is_cut(make_panel):
    panel = make_panel(days=3, places=2)
    values = np.random.default_rng(0).normal(size=panel.consumption.shape)
    values[50] = 1e9
    panel = panel.with_variable("temperature", values, availability="perfect")
    at = Covariates.fit(panel, None, panel.times[40]).at(panel, 24)
    assert at[26, 0, 0] == 10


def test_a_horizon_longer_than_the_panel_leaves_the_mean(make_panel):
    panel = with_temperature(make_panel(days=2, places=2))
    assert (Covariates(None, ("temperature",), (0.0,), (1.0,)).at(panel, 100) == 0).all()
