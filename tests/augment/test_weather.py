import numpy as np
import pytest

from gridcast.augment.slopes import Slopes
from gridcast.augment.weather import ERROR, SIGMAS, Erring, Moved, Warmer
from gridcast.features.weather import derive_weather
from gridcast.panel import Panel
from gridcast.samples.samples import Samples

ISSUED = np.array([500, 700, 900, 1100])


def spread_of(samples, name):
    return samples.recipe.covariates.scale[samples.recipe.covariates.names.index(name)]


def test_what_is_derived_moves_as_if_the_temperature_had_been_so(make_samples):
    samples = make_samples()
    names = samples.recipe.covariates.names
    row, place = 900, 1
    error = np.linspace(-1, 3, 24).astype(np.float32)  # [spreads]
    warmth = samples.panel.values_of("temperature").copy()
    warmth[row : row + 24, place] += error * spread_of(samples, "temperature")
    panel = samples.panel.with_variable("temperature", warmth, units="degC", availability="perfect")
    expected = Samples(samples.recipe, Panel(derive_weather(panel.dataset, ["heating", "cooling", "recency"]))).cut(np.array([row]))
    errors = np.zeros((1, 24, 3), dtype=np.float32)
    errors[0, :, place] = error
    found = Moved.of(samples, "temperature").by(samples.cut(np.array([row])).coming, errors)
    assert {"temperature_heating", "temperature_lag_3h", "temperature_mean_24h", "temperature_smooth_24h"} <= set(names)
    for column, name in enumerate(names):
        assert found[..., column] == pytest.approx(expected.coming[..., column], abs=1e-3), name


def test_the_weather_errs_as_a_forecast_does_and_the_load_stays(make_samples):
    samples = make_samples()
    erring = Erring.of(samples, 1.0)
    errors = np.concatenate([erring.error(np.random.default_rng(seed), (50, 24, 3)) for seed in range(20)])
    assert errors[:, -1].std() == pytest.approx(ERROR, rel=0.1)  # a day ahead
    assert errors[:, 5].std() == pytest.approx(ERROR / 2, rel=0.1)  # six hours ahead: the root of a quarter of it
    assert np.abs(errors).max() <= SIGMAS * ERROR + 1e-6
    assert np.corrcoef(errors[:, 12, 0], errors[:, 12, 1])[0, 1] == pytest.approx(0.7, abs=0.07)
    cut, before = samples.cut(ISSUED), samples.cut(ISSUED)
    erring(cut, np.random.default_rng(0))
    assert (cut.coming[..., 0] != before.coming[..., 0]).all()
    for name in ("contexts", "targets", "past"):
        assert np.array_equal(getattr(cut, name), getattr(before, name))


def test_weather_that_is_not_there_does_not_err(make_samples):
    samples = make_samples()
    cut = samples.cut(ISSUED)
    cut.coming[1] = 0
    Erring.of(samples, 1.0)(cut, np.random.default_rng(0))
    assert (cut.coming[1] == 0).all()
    assert (cut.coming[0, ..., 0] != 0).any()


def test_the_slope_is_what_the_load_answers(make_samples, learned):
    samples = make_samples()
    column = samples.recipe.covariates.names.index("temperature")
    slopes = Slopes.of(samples, learned(samples), column)
    # 2 MW a degree, in spreads: 2 * spread of the temperature by that of the load; a little less by the weight of no slope
    expected = 2 * spread_of(samples, "temperature") / samples.recipe.scaler.scale
    found = slopes.at(np.array([[900]]), np.zeros((1, 1, 3), dtype=np.float32))[0, 0]
    assert (found < expected).all()
    assert found == pytest.approx(expected, rel=0.15)


def test_slopes_are_of_what_is_learned_from(make_samples, learned):
    samples = make_samples()
    column = samples.recipe.covariates.names.index("temperature")
    rows = learned(samples)
    rows[1000:] = False
    before = Slopes.of(samples, rows, column).values
    samples.measured = samples.measured.copy()
    samples.measured[1000:] = 7
    assert np.array_equal(Slopes.of(samples, rows, column).values, before)


def test_warmer_hours_move_the_load_by_its_slope(make_samples, learned):
    samples = make_samples()
    warmer = Warmer.of(samples, learned(samples), 1.0)
    cut, before = samples.cut(ISSUED), samples.cut(ISSUED)
    warmer(cut, np.random.default_rng(0))
    column = samples.recipe.covariates.names.index("temperature")
    warmth = cut.coming[..., column] - before.coming[..., column]
    load = cut.targets - before.targets
    expected = 2 * spread_of(samples, "temperature") / samples.recipe.scaler.scale
    assert np.abs(warmth).max() > 0.1
    assert (load * warmth >= 0).all()
    assert (np.abs(load) <= 1.05 * np.abs(warmth) * expected + 1e-5).all()
    assert np.array_equal(cut.contexts, before.contexts)
    assert np.array_equal(cut.past, before.past)
    # it grows to its full size within six hours, and stays there
    assert warmth[:, 5] == pytest.approx(warmth[:, -1], abs=1e-5)
    assert warmth[:, 0] == pytest.approx(warmth[:, -1] / 6, abs=1e-5)
