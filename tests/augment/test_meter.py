import numpy as np
import pandas as pd
import pytest

from gridcast.augment.meter import CLASS, Drift, Gaps, Jitter, Level

ISSUED = np.array([500, 700, 900, 1100])


def raw(samples, scaled):
    """Readings [MW] of scaled ones."""
    scaler = samples.recipe.scaler
    return scaled * scaler.scale + scaler.centre


def changed(samples, change, seed=0):
    before, after = samples.cut(ISSUED), samples.cut(ISSUED)
    change(after, np.random.default_rng(seed))
    return before, after


@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_jitter_stays_within_the_meter_s_class_and_out_of_what_is_to_be_forecast(make_samples, strength):
    samples = make_samples()
    before, after = changed(samples, Jitter.of(samples, strength))
    ratio = raw(samples, after.contexts) / raw(samples, before.contexts) - 1
    assert np.abs(ratio).max() <= CLASS * strength * 1.001
    assert ratio.std() > CLASS * strength / 6  # it is there: a third of the class is its standard deviation, before it is cut
    assert abs(ratio.mean()) < CLASS * strength / 50
    assert np.array_equal(after.targets, before.targets)


def test_a_drift_stays_within_the_meter_s_class_is_slow_and_goes_on_through_the_issue_time(make_samples):
    samples = make_samples()
    before, after = changed(samples, Drift.of(samples, 1.0))
    ratio = np.concatenate(
        [raw(samples, getattr(after, n)) / raw(samples, getattr(before, n)) - 1 for n in ("contexts", "targets")], 1
    )
    assert np.abs(ratio).max() <= CLASS * 1.001
    assert np.ptp(ratio, axis=1).max() > CLASS / 4
    # a wave of a week or longer changes in an hour by at most 2 pi / 168 of its height, 0.04 % of the reading
    assert np.abs(np.diff(ratio, axis=1)).max() <= CLASS * 2 * np.pi / 168 * 1.05


def test_another_level_leaves_the_ratio_of_any_two_readings(make_samples):
    samples = make_samples()
    before, after = changed(samples, Level.of(samples, 1.0))
    spans = [np.concatenate([raw(samples, cut.contexts), raw(samples, cut.targets)], axis=1) for cut in (before, after)]
    ratio = spans[1] / spans[0]
    assert np.ptp(ratio, axis=1).max() < 1e-5
    assert 0.02 < np.ptp(ratio) <= 0.2
    assert np.abs(ratio - 1).max() <= 0.1 + 1e-6


def test_where_readings_hardly_change_they_are_changed_by_less(make_samples):
    panel = make_samples().panel
    table = panel.consumption * 0.01 + 1000  # 1001 MW, with a spread far below 1 MW
    samples = make_samples(readings=pd.DataFrame(table, index=panel.times, columns=list("ABC")))
    before, after = changed(samples, Level.of(samples, 1.0))
    assert 0.1 < np.abs(after.contexts - before.contexts).max() < 1.2  # at most a spread, and what a reading is off the centre


def test_gaps_are_short_and_in_the_context_alone(make_samples):
    samples = make_samples()
    before, after = changed(samples, Gaps(1.0, 6))
    lost = np.isnan(after.contexts).sum(axis=1)
    assert lost.min() >= 1
    assert lost.max() <= 6
    there = np.isfinite(after.contexts)
    assert np.array_equal(after.contexts[there], before.contexts[there])
    assert np.array_equal(after.targets, before.targets)
