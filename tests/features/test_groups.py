import importlib

import numpy as np
import pandas as pd
import pytest

from gridcast.availability import Availability
from gridcast.errors import ConfigError, GridcastWarning, PanelError
from gridcast.features import FEATURES
from gridcast.features.calendar import Calendar
from gridcast.features.events import Events
from gridcast.features.groups import FeatureOptions, add_features
from gridcast.features.weather import WeatherOptions
from gridcast.panel import Panel


@pytest.fixture
def panel(make_panel):
    """A panel of four places in two zones, with weather."""
    bare = make_panel(days=10)
    random = np.random.default_rng(1)
    static = {
        "timezone": ["Europe/Berlin", "Europe/Berlin", "America/New_York", "UTC"],
        "country": ["DE", "DE", "US", ""],
        "subdivision": ["BY", "HH", "", ""],
    }
    panel = Panel(bare.dataset.assign_coords({name: ("location", column) for name, column in static.items()}))
    shape = panel.consumption.shape
    for name, unit, mean in (("temperature", "degC", 5), ("humidity", "%", 60), ("wind_speed", "m/s", 6)):
        panel = panel.with_variable(name, random.normal(mean, 1, shape), units=unit, availability="perfect")
    return panel


@pytest.mark.parametrize("name", FEATURES)
def test_every_feature_is_there_and_adds_variables(panel, name):
    module, _, function = FEATURES[name].rpartition(".")
    assert getattr(importlib.import_module(module), function).__doc__
    more = add_features(panel, [name])
    added = set(more.variables) - set(panel.variables)
    assert added
    assert np.array_equal(more.consumption, panel.consumption)
    for variable in added:
        assert more.dataset[variable].dims == ("time", "location")
        assert np.isfinite(more.values_of(variable)[-24:]).all()


def test_each_feature_says_when_it_is_there(panel):
    more = add_features(panel, ["sun", "calendar", "recency"])
    kinds = {name: Availability.of(more.dataset[name]).kind for name in ("daylight", "holiday", "temperature_lag_1h")}
    assert kinds == {"daylight": "known", "holiday": "known", "temperature_lag_1h": "perfect"}
    units = {name: more.dataset[name].attrs["units"] for name in ("sun_elevation", "day_length", "holiday", "temperature_lag_1h")}
    assert units == {"sun_elevation": "degrees", "day_length": "h", "holiday": "1", "temperature_lag_1h": "degC"}


def test_places_have_the_holidays_of_their_countries(panel):
    # Epiphany at noon UTC is a holiday of Bavaria only
    holiday = add_features(panel, ["calendar"]).dataset["holiday"].sel(time="2024-01-06 12:00")
    assert holiday.values.tolist() == [1, 0, 0, 0]


def test_what_is_known_ahead_goes_on_after_the_readings(panel):
    more = add_features(panel, ["sun", "calendar"], options=FeatureOptions(reach=24))
    assert more.times[-1] == panel.times[-1] + pd.Timedelta(hours=24)
    assert more.end == panel.end
    for name in ("daylight", "hour_sin"):
        assert np.isfinite(more.values_of(name)).all()
    assert add_features(more, ["sun"]).dataset.identical(more.dataset)


def test_events_outside_the_readings_are_told(panel):
    table = pd.DataFrame({"start": pd.to_datetime(["2030-05-04"]), "end": pd.to_datetime(["2030-05-05"])})
    with pytest.warns(GridcastWarning, match="all outside the readings"):
        add_features(panel, ["calendar"], options=FeatureOptions(calendar=Calendar(events=Events(table))))


def test_a_panel_without_places_has_no_sun(panel):
    bare = Panel(panel.dataset.drop_vars(["latitude", "longitude"]))
    with pytest.raises(PanelError, match="the places have no coordinates"):
        add_features(bare, ["sun"])


def test_unknown_features_are_all_named_with_the_nearest(panel):
    with pytest.raises(ConfigError) as caught:
        add_features(panel, ["heatng", "sun", "moon"])
    first, second = caught.value.problems
    assert (first.problem, first.hint) == ("unknown feature `heatng`", "did you mean `heating`?")
    assert second.found == "moon"


def test_weather_that_is_not_there_is_named(panel):
    bare = Panel(panel.dataset.drop_vars("wind_speed"))
    with pytest.raises(PanelError, match="the feature `wind_chill` lacks `wind_speed`"):
        add_features(bare, ["wind_chill"])


def test_features_of_what_was_known_are_those_of_the_whole(panel):
    # cut, then derived, or derived, then cut: observed weather gives the same
    observed = panel.with_variable("temperature", panel.values_of("temperature"), units="degC", delay=pd.Timedelta(hours=2))
    names, options = ["recency", "heating", "calendar"], FeatureOptions(weather=WeatherOptions(lags=(1, 24), windows=(24,)))
    moment = pd.Timestamp("2024-01-08 09:00", tz="UTC")
    first, second = (
        add_features(observed.as_of(moment), names, options=options),
        add_features(observed, names, options=options).as_of(moment),
    )
    rows = slice(0, first.rows - 2)  # the last two intervals of the temperature are not there yet
    for name in first.variables:
        assert np.array_equal(first.values_of(name)[rows], second.values_of(name)[rows], equal_nan=True), name
