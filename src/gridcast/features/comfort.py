"""How weather feels: degrees of heating and cooling, humidity, heat index, humidex, wind chill. Elementwise; NaN gives NaN."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import xarray as xr

Floats = npt.NDArray[np.float64]
Values = TypeVar("Values", xr.DataArray, npt.NDArray[np.floating[Any]])

MAGNUS = (17.625, 243.04)  # [1], [degC]
ABSOLUTE_ZERO = -273.15  # [degC]
LEAST_HUMIDITY = 1.0  # [%]; the dew point of perfectly dry air is not defined


def heating_degrees(temperature: Values, base: float = 15.0) -> Values:
    """Return by how much it is colder than a base temperature, 0 where it is not. [K]

    Args:
        temperature: Of the air, any shape. [degC]
        base: Below it buildings are heated. [degC]

    Example:
        >>> heating_degrees(np.array([10.0, 20.0, np.nan]))
        array([ 5.,  0., nan])
    """
    return (base - temperature).clip(min=0)


def cooling_degrees(temperature: Values, base: float = 22.0) -> Values:
    """Return by how much it is warmer than a base temperature, 0 where it is not. [K]

    Args:
        temperature: Of the air, any shape. [degC]
        base: Above it buildings are cooled. [degC]

    Example:
        >>> cooling_degrees(np.array([10.0, 24.5]))
        array([0. , 2.5])
    """
    return (temperature - base).clip(min=0)


def dew_point(temperature: Values, humidity: Values) -> Values:
    """Return the dew point, by the formula of Magnus; good to 0.4 K between -40 and 50 degC. [degC]

    Args:
        temperature: Of the air, any shape. [degC]
        humidity: Relative humidity over water; less than 1 is taken as 1, more than 100 as 100. [%]

    Example:
        >>> dew_point(np.array([20.0]), np.array([50.0])).round(1)
        array([9.3])

    References:
        Alduchov & Eskridge (1996), doi:10.1175/1520-0450(1996)035<0601:IMFAOS>2.0.CO;2.
    """
    return _elementwise(_dew_point, temperature, humidity)


def relative_humidity(temperature: Values, dew_point: Values) -> Values:
    """Return the relative humidity over water, at most 100: the inverse of `dew_point`. [%]

    Args:
        temperature: Of the air, any shape. [degC]
        dew_point: Likewise. [degC]

    Example:
        >>> relative_humidity(np.array([20.0, 20.0]), np.array([9.26, 21.0])).round()
        array([ 50., 100.])

    References:
        Alduchov & Eskridge (1996), doi:10.1175/1520-0450(1996)035<0601:IMFAOS>2.0.CO;2.
    """
    return _elementwise(_relative_humidity, temperature, dew_point)


def heat_index(temperature: Values, humidity: Values) -> Values:
    """Return the heat index of the US National Weather Service. [degC]

    Below 80 degF (26.7 degC) it is the mean of the temperature and Steadman's simple formula, above it the regression of
    Rothfusz with its two adjustments, for dry and for damp air.

    Args:
        temperature: Of the air, any shape. [degC]
        humidity: Relative humidity. [%]

    Example:
        >>> heat_index(np.array([32.222]), np.array([70.0])).round(1)  # 90 degF feels like 106 degF
        array([41.1])

    References:
        Rothfusz (1990), NWS Technical Attachment SR 90-23; https://www.wpc.ncep.noaa.gov/html/heatindex_equation.shtml;
        Steadman (1979), doi:10.1175/1520-0450(1979)018<0861:TAOSPI>2.0.CO;2.
    """
    return _elementwise(_heat_index, temperature, humidity)


def humidex(temperature: Values, humidity: Values) -> Values:
    """Return the Canadian humidex; it has the size of a temperature in degC. [1]

    Args:
        temperature: Of the air, any shape. [degC]
        humidity: Relative humidity. [%]

    Example:
        >>> humidex(np.array([30.0]), np.array([70.0])).round()
        array([41.])

    References:
        Masterson & Richardson (1979), Environment Canada, CLI 1-79.
    """
    return _elementwise(_humidex, temperature, humidity)


def wind_chill(temperature: Values, wind: Values) -> Values:
    """Return the wind chill of 2001; where it does not apply, the temperature itself. [degC]

    It applies at 10 degC or colder and a wind of at least 4.8 km/h (1.33 m/s).

    Args:
        temperature: Of the air, any shape. [degC]
        wind: Speed 10 m above the ground. [m/s]

    Example:
        >>> wind_chill(np.array([-10.0, -10.0, 12.0]), np.array([20 / 3.6, 1.0, 10.0])).round(1)
        array([-17.9, -10. ,  12. ])

    References:
        Osczevski & Bluestein (2005), doi:10.1175/BAMS-86-10-1453.
    """
    return _elementwise(_wind_chill, temperature, wind)


def _dew_point(temperature: Floats, humidity: Floats) -> Floats:
    slope, offset = MAGNUS
    vapour = np.log(np.clip(humidity, LEAST_HUMIDITY, 100) / 100) + slope * temperature / (offset + temperature)
    return np.asarray(offset * vapour / (slope - vapour))


def _relative_humidity(temperature: Floats, dew_point: Floats) -> Floats:
    slope, offset = MAGNUS
    exponent = slope * dew_point / (offset + dew_point) - slope * temperature / (offset + temperature)
    return np.asarray(np.minimum(100 * np.exp(exponent), 100))


def _humidex(temperature: Floats, humidity: Floats) -> Floats:
    kelvin = _dew_point(temperature, humidity) - ABSOLUTE_ZERO
    return np.asarray(temperature + 5 / 9 * (6.11 * np.exp(5417.7530 * (1 / 273.16 - 1 / kelvin)) - 10))


def _heat_index(temperature: Floats, humidity: Floats) -> Floats:
    t, rh = temperature * 1.8 + 32, humidity
    simple = 0.5 * (t + 61.0 + (t - 68.0) * 1.2 + rh * 0.094)
    mild = (simple + t) / 2
    full = -42.379 + 2.04901523 * t + 10.14333127 * rh - 0.22475541 * t * rh - 0.00683783 * t * t - 0.05481717 * rh * rh
    full += 0.00122874 * t * t * rh + 0.00085282 * t * rh * rh - 0.00000199 * t * t * rh * rh
    dry = (13 - rh) / 4 * np.sqrt(np.maximum(17 - np.abs(t - 95), 0) / 17)
    damp = (rh - 85) / 10 * (87 - t) / 5
    full = np.where((rh < 13) & (t >= 80) & (t <= 112), full - dry, full)
    full = np.where((rh > 85) & (t >= 80) & (t <= 87), full + damp, full)
    return np.asarray((np.where(mild < 80, mild, full) - 32) / 1.8)


def _wind_chill(temperature: Floats, wind: Floats) -> Floats:
    speed = wind * 3.6
    power = np.maximum(speed, 0) ** 0.16
    chill = 13.12 + 0.6215 * temperature - 11.37 * power + 0.3965 * temperature * power
    chill = np.where((temperature <= 10) & (speed >= 4.8), chill, temperature)
    return np.asarray(np.where(np.isnan(wind), np.nan, chill))


def _elementwise(function: Any, *values: Values) -> Values:
    """Return a function of arrays or of DataArrays, whose dimensions are matched by name."""
    found: Values = xr.apply_ufunc(function, *values, keep_attrs=False)
    return found
