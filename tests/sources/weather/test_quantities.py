"""Names and units of weather."""

import numpy as np
import pytest

from gridcast.sources.weather.quantities import QUANTITIES, convert, series_name


@pytest.mark.parametrize(
    ("name", "station", "quantity", "unit"),
    [
        ("NYC_temperature_c", "NYC", "temperature", "c"),
        ("temperature_F", "", "temperature", "F"),
        ("KLGA_dew_point_f", "KLGA", "dew_point", "f"),
        ("Boston_rh", "Boston", "humidity", ""),
        ("KLGA_pressure_inHg", "KLGA", "pressure", "inHg"),
        ("Los_Angeles_temp_C", "Los_Angeles", "temperature", "C"),
        ("Berlin temperature (°C)", "Berlin", "temperature", "°C"),
        ("temp_Berlin", "Berlin", "temperature", ""),
        ("tempF", "", "temperature", "F"),
        ("KyivTemp", "Kyiv", "temperature", ""),
        ("Kyiv [°C]", "Kyiv", "temperature", "°C"),
        ("wind speed [km/h]", "", "wind_speed", "km/h"),
        ("X wind (m s-1)", "X", "wind_speed", "m s-1"),
        ("solar_radiation_W/m2", "", "radiation", "W/m2"),
        ("St. Louis wind_u", "St. Louis", "wind_u", ""),
    ],
)
def test_names_tell_station_quantity_and_unit(name, station, quantity, unit):
    found = series_name(name)
    assert (found.station, found.quantity.name, found.unit) == (station, quantity, unit)


@pytest.mark.parametrize("name", ["W01", "Zone_C", "load_MW", "Kyiv", "visibility_mi", ""])
def test_names_that_tell_nothing_of_weather(name):
    assert series_name(name) is None


@pytest.mark.parametrize(
    ("quantity", "unit", "value", "expected"),
    [
        ("temperature", "degF", 50, 10),  # (50 - 32) * 5 / 9
        ("temperature", "K", 273.15, 0),
        ("wind_speed", "km/h", 36, 10),
        ("wind_speed", "knots", 3600, 1852),  # a knot is 1852 m in 3600 s
        ("wind_speed", "mph", 100, 44.704),
        ("humidity", "fraction", 0.5, 50),
        ("cloud_cover", "(0 - 1)", 0.25, 25),
        ("cloud_cover", "oktas", 8, 100),
        ("pressure", "Pa", 101325, 1013.25),
        ("pressure", "inHg", 30, 1015.917),
        ("precipitation", "m", 0.002, 2),
        ("precipitation", "kg m**-2", 2, 2),
        ("radiation", "J m**-2", 360_000, 100),  # gathered in 3600 s
    ],
)
def test_units(quantity, unit, value, expected):
    values, said = convert(np.array([float(value)]), QUANTITIES[quantity], unit)
    assert values[0] == pytest.approx(expected)
    assert unit in said or expected == value


def test_units_that_are_not_told_are_guessed_from_values_and_said():
    kelvin, said = convert(np.array([280.0, 300.0]), QUANTITIES["temperature"], "")
    assert kelvin.round(2).tolist() == [6.85, 26.85]
    assert said == "temperature without a unit: taken as K by its values, converted to degC"
    share, said = convert(np.array([0.1, 1.0]), QUANTITIES["humidity"], "")
    assert (share.tolist(), "taken as fraction" in said) == ([10.0, 100.0], True)
    same, said = convert(np.array([-5.0]), QUANTITIES["temperature"], "")
    assert (same.tolist(), said) == ([-5.0], "temperature without a unit: taken as degC")


def test_an_unknown_unit_is_said():
    values, said = convert(np.array([5.0]), QUANTITIES["wind_speed"], "furlongs")
    assert (values.tolist(), said) == ([5.0], "wind_speed: unit `furlongs` is not known for it, taken as m/s")
