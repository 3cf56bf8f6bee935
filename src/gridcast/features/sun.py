"""Where the sun stands: its elevation, daylight, the length of the day, and what a clear sky would let through."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.errors import ConfigError, GridcastError

Floats = npt.NDArray[np.float64]
Method = Literal["auto", "pvlib", "built-in"]

J2000 = pd.Timestamp("2000-01-01 12:00", tz="UTC")
SUNRISE = np.deg2rad(-0.833)  # the sun's centre, when its upper edge is seen at the horizon through the refracting air
PARALLAX = 6371.01 / 149597890  # radius of the Earth by its distance from the sun
HAURWITZ = (1098.0, 0.059)  # [W/m2], [1]
GREATEST = {"sun_elevation": 90.0, "daylight": 1.0, "day_length": 24.0, "clear_sky": HAURWITZ[0]}
NAMES = {"sun_elevation": "degrees", "daylight": "1", "day_length": "h", "clear_sky": "W m-2"}


@dataclass(frozen=True)
class Sun:
    """The sun over some places, as covariates of a size that a network can read.

    Attributes:
        latitude: One a location. [degrees]
        longitude: One a location. [degrees]
        freq: Length of the intervals that times begin.
        method: Of the elevation, see `solar_elevation`.
    """

    latitude: tuple[float, ...]
    longitude: tuple[float, ...]
    freq: pd.Timedelta
    method: Method = "built-in"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the covariates, in the order of the last axis of `at`."""
        return tuple(NAMES)

    def at(self, times: pd.DatetimeIndex) -> npt.NDArray[np.float32]:
        """Return the covariates of intervals, shape (time, location, covariate), each by its greatest value. [1]"""
        found = sun_features(times, self.latitude, self.longitude, freq=self.freq, method=self.method)
        return np.stack([found[name] / GREATEST[name] for name in NAMES], axis=-1).astype(np.float32)


def sun_features(
    times: pd.DatetimeIndex, latitude: npt.ArrayLike, longitude: npt.ArrayLike, *, freq: pd.Timedelta, method: Method = "built-in"
) -> dict[str, Floats]:
    """Return the covariates of the sun in intervals, shape (time, location) each, by the names and units of `NAMES`.

    `sun_elevation` [degrees] is that in the middle of the interval, `daylight` [1] the share of the interval with the sun up,
    `day_length` [h] how long the sun is up in the 24 hours around the middle (24 in polar day, 0 in polar night), and
    `clear_sky` [W m-2] the mean radiation on level ground under a clear sky, by the formula of Haurwitz in the middles of
    parts of at most an hour.

    Args:
        times: Starts of the intervals, shape (time,); without a zone they are taken as UTC.
        latitude: Shape (location,). [degrees]
        longitude: Shape (location,). [degrees]
        freq: Length of the intervals.
        method: Of the elevation, see `solar_elevation`.

    Raises:
        GridcastError: If pvlib is asked for and not installed.

    Example:
        >>> hours = pd.DatetimeIndex(["2024-06-21 11:30"])
        >>> sun = sun_features(hours, [0.0], [0.0], freq=pd.Timedelta(hours=1), method="built-in")
        >>> {name: float(values[0, 0].round(1)) for name, values in sun.items()}
        {'sun_elevation': 66.6, 'daylight': 1.0, 'day_length': 12.1, 'clear_sky': 944.6}

    References:
        Haurwitz (1945), doi:10.1175/1520-0469(1945)002<0154:IIRTCA>2.0.CO;2, with the coefficients of Reno, Hansen & Stein (2012),
        doi:10.2172/1039404.
    """
    middle = _utc(times) + freq / 2
    half_day, hour_angle = _day_and_hour(middle, latitude, longitude)
    half_step = np.pi * (freq / pd.Timedelta(days=1))
    daylight = (_up(hour_angle + half_step, half_day) - _up(hour_angle - half_step, half_day)) / (2 * half_step)
    parts = int(np.ceil(freq / pd.Timedelta(hours=1)))
    moments = [_utc(times) + freq * (part + 0.5) / parts for part in range(parts)]
    clear = sum(_haurwitz(solar_elevation(each, latitude, longitude, method="built-in")) for each in moments) / parts
    elevation = solar_elevation(middle, latitude, longitude, method=method)
    columns = (elevation, np.clip(daylight, 0, 1), half_day * 24 / np.pi, np.asarray(clear))
    return dict(zip(NAMES, columns, strict=True))


def solar_elevation(
    times: pd.DatetimeIndex, latitude: npt.ArrayLike, longitude: npt.ArrayLike, *, method: Method = "built-in"
) -> Floats:
    """Return the height of the sun's centre above the horizon without refraction, shape (time, location). [degrees]

    Args:
        times: Moments, shape (time,); without a zone they are taken as UTC.
        latitude: Shape (location,). [degrees]
        longitude: Shape (location,). [degrees]
        method: `built-in` for the PSA algorithm; `pvlib` for the Solar Position Algorithm by pvlib (extra `solar`), which differs
            by less than 0.02 degrees from 2000 to 2030 and takes many times as long; or `auto` for pvlib where it is installed,
            whose values then depend on what is.

    Raises:
        ConfigError: If there is no such method.
        GridcastError: If pvlib is asked for and not installed.

    Example:
        >>> solar_elevation(pd.DatetimeIndex(["2024-03-20 12:07"]), [0.0], [0.0], method="built-in").round(1).tolist()
        [[89.8]]

    References:
        Blanco-Muriel et al. (2001), doi:10.1016/S0038-092X(00)00156-0; Reda & Andreas (2004), doi:10.1016/j.solener.2003.12.003.
    """
    if method not in ("auto", "pvlib", "built-in"):
        raise ConfigError(f"no method `{method}` for the sun", found=method, expected="`auto`, `pvlib` or `built-in`")
    installed = importlib.util.find_spec("pvlib") is not None
    if method == "pvlib" and not installed:
        raise GridcastError(
            "pvlib is not installed", found="method `pvlib` of the sun", hint='pip install "gridcast[solar]", or take `built-in`'
        )
    if method == "built-in" or not installed:
        return _psa(times, latitude, longitude)
    return _pvlib(times, latitude, longitude)


def _pvlib(times: pd.DatetimeIndex, latitude: npt.ArrayLike, longitude: npt.ArrayLike) -> Floats:
    from pvlib.solarposition import get_solarposition

    places = zip(np.asarray(latitude, dtype=float), np.asarray(longitude, dtype=float), strict=True)
    columns = [get_solarposition(_utc(times), *place)["elevation"].to_numpy() for place in places]
    return np.column_stack(columns) if columns else np.empty((len(times), 0))


def _psa(times: pd.DatetimeIndex, latitude: npt.ArrayLike, longitude: npt.ArrayLike) -> Floats:
    declination, hour_angle = _declination_and_hour(times, longitude)
    lat = np.deg2rad(np.asarray(latitude, dtype=float))
    height = np.cos(lat) * np.cos(hour_angle) * np.cos(declination) + np.sin(declination) * np.sin(lat)
    zenith = np.arccos(np.clip(height, -1, 1))
    return np.asarray(90 - np.rad2deg(zenith + PARALLAX * np.sin(zenith)))


def _declination_and_hour(times: pd.DatetimeIndex, longitude: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return the sun's declination, shape (time, 1), and its hour angle, shape (time, location), by the PSA algorithm. [rad]"""
    utc = _utc(times)
    n = np.asarray((utc - J2000) / pd.Timedelta(days=1))
    hour = np.asarray((utc - utc.normalize()) / pd.Timedelta(hours=1))
    omega = 2.1429 - 0.0010394594 * n
    anomaly = 6.2400600 + 0.0172019699 * n
    along = 4.8950630 + 0.017202791698 * n + 0.03341607 * np.sin(anomaly) + 0.00034894 * np.sin(2 * anomaly)
    along += -0.0001134 - 0.0000203 * np.sin(omega)
    tilt = 0.4090928 - 6.2140e-9 * n + 0.0000396 * np.cos(omega)
    ascension = np.arctan2(np.cos(tilt) * np.sin(along), np.cos(along))
    declination = np.arcsin(np.sin(tilt) * np.sin(along))
    sidereal = np.deg2rad(15 * (6.6974243242 + 0.0657098283 * n + hour))
    return declination[:, None], (sidereal - ascension)[:, None] + np.deg2rad(np.asarray(longitude, dtype=float))


def _day_and_hour(times: pd.DatetimeIndex, latitude: npt.ArrayLike, longitude: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return the hour angle of sunset, between 0 and pi, and that of the sun, shape (time, location) each. [rad]"""
    declination, hour_angle = _declination_and_hour(times, longitude)
    lat = np.deg2rad(np.clip(np.asarray(latitude, dtype=float), -89.99, 89.99))
    sunset = (np.sin(SUNRISE) - np.sin(lat) * np.sin(declination)) / (np.cos(lat) * np.cos(declination))
    return np.arccos(np.clip(sunset, -1, 1)), hour_angle


def _up(hour_angle: Floats, half_day: Floats) -> Floats:
    """Return the angle through which the sun has gone above the horizon since the noon of hour angle 0. [rad]"""
    days = np.round(hour_angle / (2 * np.pi))
    return np.asarray(2 * half_day * days + np.clip(hour_angle - 2 * np.pi * days, -half_day, half_day))


def _haurwitz(elevation: Floats) -> Floats:
    height = np.maximum(np.sin(np.deg2rad(elevation)), 1e-3)
    most, opacity = HAURWITZ
    return np.asarray(np.where(elevation > 0, most * height * np.exp(-opacity / height), 0.0))


def _utc(times: pd.DatetimeIndex) -> pd.DatetimeIndex:
    return times.tz_localize("UTC") if times.tz is None else times.tz_convert("UTC")
