"""The weather of a synthetic world: a climate, a daily course, and air masses whose fronts travel from west to east.

The weather depends on the seed, the moment and the point alone: two tables that overlap in time and space agree there.
"""

from __future__ import annotations

import zlib

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.errors import ConfigError

Floats = npt.NDArray[np.float64]

EPOCH = pd.Timestamp("2000-01-01", tz="UTC")
YEAR = 365.2425 * 24  # [h]
EARTH_RADIUS = 6371.0  # [km]
REFERENCE_LATITUDE = 49.0  # of the projection [degrees]

WAVES = 64
WAVELENGTHS = (800.0, 4000.0)  # shortest and longest; the longer, the stronger [km]
HEADING = np.radians(85.0)  # waves head east, give or take this angle; the oblique ones pass slowly
DRIFT = 25.0  # mean speed towards the east [km/h]
DRIFT_SPREAD = 3.5  # each wave has its own velocity: the weather changes while it travels [km/h]
SHARPNESS = 1.8  # of the fronts between warm and cold air; 0 would leave gentle waves
SHARPENED_SD = 0.7759  # standard deviation of tanh(1.8 z) where z is standard normal
ANOMALY_SD = 5.5  # [degC]


def synthetic_temperature(times: pd.DatetimeIndex, latitude: npt.ArrayLike, longitude: npt.ArrayLike, *, seed: int = 0) -> Floats:
    """Return the air temperature of a synthetic world, shape (time, location), in degC.

    It is the sum of a climate (by latitude and day of the year), a daily course (by the sun, so that noon comes earlier
    in the east), and an anomaly: plane waves, each carried along by nearly the same wind, their sum squeezed by a tanh
    into warm and cold air masses with sharp fronts between them. The weather of a place was therefore that of its
    western neighbours some hours before, one hour for about 25 km.

    Args:
        times: Moments, shape (time,); those without a zone are taken as UTC.
        latitude: Shape (location,). [degrees]
        longitude: Shape (location,). [degrees]
        seed: Of the world; `generate_synthetic_temporal_data` with this seed has this weather.

    Raises:
        ConfigError: If the seed is not a whole number of at least zero.

    Example:
        >>> times = pd.date_range("2024-01-01", periods=3, freq="h", tz="UTC")
        >>> synthetic_temperature(times, [50.0, 50.0], [8.0, 12.0]).shape
        (3, 2)

    References:
        Frozen field carried past a point: Taylor (1938), doi:10.1098/rspa.1938.0032. Random field as a sum of Fourier
        modes: Kraichnan (1970), doi:10.1063/1.1692799.
    """
    hours = hours_since_epoch(times)
    north, east = np.atleast_1d(np.asarray(latitude, float)), np.atleast_1d(np.asarray(longitude, float))
    anomaly = ANOMALY_SD / SHARPENED_SD * np.tanh(SHARPNESS * _travelling_waves(hours, *_project(north, east), seed))
    return _climate(hours, north) + _daily_course(hours, north, east) + anomaly


def hours_since_epoch(times: pd.DatetimeIndex) -> Floats:
    """Return hours since the start of the year 2000 in UTC, shape (time,).

    Example:
        >>> hours_since_epoch(pd.DatetimeIndex(["2000-01-02 01:00"]))
        array([25.])
    """
    moments = times.tz_localize("UTC") if times.tz is None else times
    return np.asarray((moments - EPOCH) / pd.Timedelta(hours=1), dtype=float)


def generator(seed: int, *names: str) -> np.random.Generator:
    """Return the random numbers of one named part of a world: its own stream, whatever else is drawn.

    Raises:
        ConfigError: If the seed is not a whole number of at least zero.

    Example:
        >>> generator(1, "noise", "P001").random() == generator(1, "noise", "P002").random()
        False
    """
    if not isinstance(seed, int | np.integer) or seed < 0:
        raise ConfigError(f"`seed = {seed!r}` is not a seed", found=repr(seed), expected="a whole number of at least 0")
    return np.random.default_rng([int(seed), zlib.crc32("/".join(names).encode())])


def _climate(hours: Floats, latitude: Floats) -> Floats:
    """Return the mean of the season, coldest on 20 January (in the south: warmest), shape (time, location)."""
    mean = 29.0 * np.cos(np.radians(latitude)) ** 2 - 2.0
    return np.asarray(mean - 0.19 * latitude * _winter(hours)[:, None])


def _daily_course(hours: Floats, latitude: Floats, longitude: Floats) -> Floats:
    """Return what the hour adds: coldest at 3, warmest at 15 by the sun, more in summer, shape (time, location)."""
    amplitude = 3.5 - 1.5 * latitude / 50.0 * _winter(hours)[:, None]
    return np.asarray(-amplitude * np.cos(2 * np.pi / 24 * (hours[:, None] + longitude / 15.0 - 3.0)))


def _winter(hours: Floats) -> Floats:
    """Return 1 at the coldest day of the northern year and -1 half a year later, shape (time,)."""
    return np.asarray(np.cos(2 * np.pi * (hours - 20 * 24) / YEAR))


def _project(latitude: Floats, longitude: Floats) -> tuple[Floats, Floats]:
    """Return kilometres to the east and to the north by the equirectangular projection, shape (location,) each."""
    east = EARTH_RADIUS * np.cos(np.radians(REFERENCE_LATITUDE)) * np.radians(longitude)
    return east, EARTH_RADIUS * np.radians(latitude)


def _travelling_waves(hours: Floats, x: Floats, y: Floats, seed: int) -> Floats:
    """Return a random field that drifts eastwards, shape (time, location), mean 0 and variance 1.

    The field is sum_m a_m cos(k_m . (x - v_m t) + phase_m). The cosine of a difference is a sum of two products, so
    that the sum over the waves becomes two matrix products.
    """
    rng = generator(seed, "weather")
    length = np.exp(rng.uniform(np.log(WAVELENGTHS[0]), np.log(WAVELENGTHS[1]), WAVES))
    heading = rng.uniform(-HEADING, HEADING, WAVES)
    phase = rng.uniform(0, 2 * np.pi, WAVES)
    wave_x, wave_y = 2 * np.pi / length * np.cos(heading), 2 * np.pi / length * np.sin(heading)
    drift_x, drift_y = np.array([[DRIFT], [0.0]]) + DRIFT_SPREAD * rng.standard_normal((2, WAVES))
    weight = length * np.sqrt(2 / np.sum(length**2))
    in_time = np.outer(hours, wave_x * drift_x + wave_y * drift_y)
    in_space = np.outer(wave_x, x) + np.outer(wave_y, y) + phase[:, None]
    return np.asarray((weight * np.cos(in_time)) @ np.cos(in_space) + (weight * np.sin(in_time)) @ np.sin(in_space))
