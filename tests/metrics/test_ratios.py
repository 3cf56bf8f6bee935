import numpy as np
import pytest

from gridcast.metrics import RATIOS, day_statistics, quantile_statistics, ratios_of, series_statistics


def test_ratios_of_sums_by_hand():
    sums = {"absolute": [6.0, 0], "squared": [36.0, 0], "n": [4.0, 0], "level": [12.0, 0], "error": [-2.0, 0]}
    sums |= {"n_quantile": [4.0, 0], "covered80": [3.0, 0], "width80": [8.0, 0]}
    found = ratios_of({name: np.array(values) for name, values in sums.items()})
    assert {name: values[0] for name, (values, _) in found.items()} == {
        "mae": 1.5,
        "rmse": 3,
        "wape": 50,
        "bias": -0.5,
        "relative_bias": pytest.approx(-100 / 6),
        "coverage80": 75,
        "width80": 2,
    }
    assert all(np.isnan(values[1]) and counts.tolist() == [4, 0] for values, counts in found.values())


def test_every_metric_is_made_of_statistics_that_there_are():
    ones = np.ones((1, 24))
    sums = series_statistics(ones, ones, 1.0) | day_statistics(ones, ones) | quantile_statistics(ones, ones[..., None], [0.5])
    assert set(ratios_of({name: values.sum(axis=1) for name, values in sums.items()})) == set(RATIOS)


def test_a_metric_without_its_statistics_is_left_out():
    assert ratios_of({"n": np.ones(2)}) == {}
