"""The weather of the synthetic world: seasons, days, and fronts that travel eastwards."""

import numpy as np
import pandas as pd
import pytest

from gridcast.errors import ConfigError
from gridcast.sources.synthetic.weatherfield import synthetic_temperature

YEAR = pd.date_range("2023-01-01", periods=8760, freq="h", tz="UTC")


def anomaly(times, latitude, longitude, seed=0):
    """The weather of one world less that of another, in which climate and daily course cancel, scaled back to one."""
    ours, theirs = (synthetic_temperature(times, latitude, longitude, seed=s) for s in (seed, seed + 1000))
    return (ours - theirs) / np.sqrt(2)


def test_it_is_warm_in_july_at_noon_and_in_the_south():
    air = pd.DataFrame(synthetic_temperature(YEAR, [54.0, 44.0], [10.0, 10.0]), index=YEAR)
    assert air.loc["2023-01"].mean().between(-5, 5).all()
    assert air.loc["2023-07"].mean().between(15, 25).all()
    assert air[1].mean() - air[0].mean() > 3
    by_hour = air[0].groupby(YEAR.hour).mean()
    assert by_hour.idxmax() in (14, 15)  # 15 by the sun is 14:20 UTC at 10 degrees east
    assert 5 < by_hour.max() - by_hour.min() < 10


@pytest.mark.parametrize("seed", [0, 1])
def test_anomalies_are_of_believable_size_and_last_for_days(seed):
    weather = anomaly(YEAR, [50.0], [10.0], seed)[:, 0]
    assert 4.5 < weather.std() < 6.5
    assert np.corrcoef(weather[:-6], weather[6:])[0, 1] > 0.85
    assert np.corrcoef(weather[:-24], weather[24:])[0, 1] > 0.15
    assert abs(np.corrcoef(weather[:-240], weather[240:])[0, 1]) < 0.3


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_weather_travels_from_west_to_east(seed):
    # 8 and 14 degrees east at 50 degrees north are 438 km apart on the map of the world: 17.5 h at 25 km/h.
    west, east = anomaly(YEAR, [50.0, 50.0], [8.0, 14.0], seed).T
    hours = np.arange(48, len(YEAR) - 48)
    correlation = {lag: np.corrcoef(west[hours - lag], east[hours])[0, 1] for lag in range(-40, 41)}
    assert 14 <= max(correlation, key=correlation.get) <= 21
    assert correlation[17] > 0.9 > correlation[0] + 0.15 > correlation[-17] + 0.3


def test_air_masses_have_fronts():
    # Warm or cold air fills most of the map; where they meet, the temperature changes much faster than elsewhere.
    x = np.linspace(-60, 60, 4000)
    weather = synthetic_temperature(YEAR[::200], np.full(4000, 50.0), x, seed=3)
    weather = weather - synthetic_temperature(YEAR[::200], np.full(4000, 50.0), x, seed=4)
    slope = np.diff(weather, axis=1).ravel()
    kurtosis = np.mean(slope**4) / np.mean(slope**2) ** 2
    assert kurtosis > 4.2  # 3 for a sum of gentle waves


def test_the_world_is_one_whatever_is_asked_of_it():
    whole = synthetic_temperature(YEAR[:96], [50.0, 47.0, 52.0], [8.0, 9.0, 1.0], seed=5)
    part = synthetic_temperature(YEAR[24:48].tz_localize(None), [52.0, 50.0], [1.0, 8.0], seed=5)
    np.testing.assert_allclose(part, whole[24:48][:, [2, 0]], rtol=0, atol=1e-9)


@pytest.mark.parametrize("seed", [-1, 1.5, "one", None])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(ConfigError, match="is not a seed"):
        synthetic_temperature(YEAR[:2], [50.0], [8.0], seed=seed)
