import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from gridcast.availability import Availability
from gridcast.errors import ConfigError, PanelError
from gridcast.features.weather import WeatherOptions, derive_weather

NAN = np.nan


def weather(hours=200, freq="h", seed=0, **rules):
    """Return a dataset of temperature, humidity and wind at two places."""
    random = np.random.default_rng(seed)
    coords = {"time": pd.date_range("2024-01-01", periods=hours, freq=freq), "location": ["A", "B"]}
    units = {"temperature": ("degC", 5, 10), "humidity": ("%", 60, 10), "wind_speed": ("m/s", 6, 1)}
    return xr.Dataset(
        {
            name: (("time", "location"), random.normal(mean, spread, (hours, 2)), {"units": unit, **rules.get(name, {})})
            for name, (unit, mean, spread) in units.items()
        },
        coords,
    )


def forecast(values, name="temperature"):
    """Return a dataset of a forecast (issued, lead, location), one vintage a row, leads of 1, 2, ... hours."""
    values = np.repeat(np.asarray(values, dtype=np.float32)[..., None], 2, axis=-1)
    coords = {
        "location": ["A", "B"],
        "issued": pd.date_range("2024-01-01", periods=len(values), freq="D"),
        "lead": pd.to_timedelta(np.arange(1, values.shape[1] + 1), unit="h"),
    }
    rule = Availability("forecast", pd.Timedelta(hours=2)).attrs
    return xr.Dataset({name: (("issued", "lead", "location"), values, {"units": "degC", **rule})}, coords)


def test_what_the_variables_allow_is_derived():
    every = derive_weather(weather())
    assert [str(name) for name in every if str(name).startswith("temperature_")] == [
        *("temperature_heating", "temperature_cooling"),
        *(f"temperature_lag_{hours}h" for hours in (1, 3, 6, 24, 48, 72)),
        *("temperature_mean_24h", "temperature_mean_72h", "temperature_smooth_24h"),
        *("temperature_dew_point", "temperature_heat_index", "temperature_humidex", "temperature_wind_chill"),
    ]
    without = derive_weather(weather().drop_vars(["humidity", "wind_speed"]))
    assert not {"temperature_humidex", "temperature_wind_chill"} & set(without)
    assert list(derive_weather(weather().drop_vars("temperature"))) == ["humidity", "wind_speed"]


def test_what_is_derived_has_units_and_the_dims_of_its_source():
    derived = derive_weather(weather())
    for name in derived:
        assert derived[name].dims == ("time", "location")
        assert derived[name].attrs["units"]
    assert derived["temperature_heating"].attrs["units"] == "K"
    assert derived["temperature_mean_24h"].values[30] == pytest.approx(derived["temperature"].values[6:30].mean(axis=0))


def test_the_humidity_follows_from_the_dew_point_where_it_is_not_there():
    air = weather()
    derived = derive_weather(air)
    from_dew = air.drop_vars("humidity").assign(dew_point=derived["temperature_dew_point"])
    again = derive_weather(from_dew)
    assert again["temperature_relative_humidity"].values == pytest.approx(np.clip(air["humidity"].values, 1, 100), rel=1e-5)
    assert again["temperature_humidex"].values == pytest.approx(derived["temperature_humidex"].values, rel=1e-5)


def test_a_derived_variable_is_there_when_its_source_is():
    perfect = Availability("perfect").attrs
    late = Availability("observed", pd.Timedelta(hours=2)).attrs
    derived = derive_weather(weather(temperature=perfect, humidity=late, wind_speed=perfect))
    assert Availability.of(derived["temperature_lag_24h"]).kind == "perfect"
    assert Availability.of(derived["temperature_wind_chill"]).kind == "perfect"
    # of a perfect and an observed source, two hours late, the later counts
    assert Availability.of(derived["temperature_humidex"]) == Availability("observed", pd.Timedelta(hours=2))


def test_a_lag_stays_within_its_vintage():
    observed = weather(4).rename(temperature="measured")
    derived = derive_weather(
        xr.merge([observed, forecast([[1, 2, 3], [7, 8, 9]])]), ["recency"], options=WeatherOptions(lags=(1, 2))
    )
    lag = derived["temperature_lag_2h"]
    assert lag.dims == ("issued", "lead", "location")
    assert lag.values[..., 0] == pytest.approx(np.array([[NAN, NAN, 1], [NAN, NAN, 7]]), nan_ok=True)
    assert Availability.of(lag) == Availability("forecast", pd.Timedelta(hours=2))


def test_a_forecast_and_a_measurement_are_not_mixed():
    mixed = xr.merge([weather(4).drop_vars("temperature"), forecast([[1, 2, 3]])])
    assert "temperature_humidex" not in derive_weather(mixed)
    with pytest.raises(PanelError) as caught:
        derive_weather(mixed, ["humidity"])
    (problem,) = caught.value.problems
    assert problem.problem == "the feature `humidity` lacks `humidity` or `dew_point`"
    assert "`humidity` (time, location)" in problem.found


def test_lags_that_are_no_multiple_of_the_step_are_left_out():
    names = set(derive_weather(weather(30, "D"), ["recency"]))
    assert {"temperature_lag_24h", "temperature_mean_72h"} <= names
    assert "temperature_lag_6h" not in names
    two_hours = set(derive_weather(weather(30, "2h"), ["recency"]))
    assert ("temperature_lag_6h" in two_hours, "temperature_lag_3h" in two_hours) == (True, False)
    quarter = derive_weather(weather(30, "15min"), ["recency"], options=WeatherOptions(lags=(0.25,)))
    assert quarter["temperature_lag_0.25h"].values[1:] == pytest.approx(quarter["temperature"].values[:-1])


def test_a_field_is_derived_as_places_are():
    field = weather().rename(location="y").expand_dims(x=[1.0, 2.0]).transpose("time", "y", "x")
    assert derive_weather(field)["temperature_mean_24h"].dims == ("time", "y", "x")


def test_variables_of_other_names_and_bases():
    options = WeatherOptions(temperature="perfect_weather", heating_base=18)
    derived = derive_weather(weather().rename(temperature="perfect_weather"), ["heating"], options=options)
    expected = np.maximum(18 - derived["perfect_weather"].values, 0)
    assert derived["perfect_weather_heating"].values == pytest.approx(expected)


def test_other_units_and_names_are_refused():
    fahrenheit = weather(temperature={"units": "degF"})
    with pytest.raises(PanelError, match="`temperature` is in another unit"):
        derive_weather(fahrenheit)
    with pytest.raises(ConfigError, match="no weather is derived by the name `heatng`"):
        derive_weather(weather(), ["heatng"])
    with pytest.raises(PanelError, match="the feature `heating` lacks `temperature`"):
        derive_weather(weather().drop_vars("temperature"), ["heating"])


@settings(max_examples=15)
@given(st.integers(1, 99), st.integers(0, 2**32 - 1))
def test_nothing_depends_on_later_weather(row, seed):
    whole = weather(100, seed=seed)
    later = whole.copy(deep=True)
    for name in later:
        later[name].values[row:] = np.random.default_rng(seed + 1).permutation(later[name].values[row:]) * -2 + 7
    before, after = (derive_weather(each).isel(time=slice(0, row)) for each in (whole, later))
    for name in before:
        assert before[name].values.tobytes() == after[name].values.tobytes(), name
