import numpy as np
import pytest

from gridcast.errors import PanelError
from gridcast.features.calendar import Calendar
from gridcast.samples.parts import parts_of
from gridcast.samples.recipe import Recipe
from gridcast.samples.samples import Samples


def parts(panel, hour=None, horizon=24):
    samples = Samples(Recipe.fit(panel, horizon=horizon, context=168, calendar=Calendar()), panel)
    return parts_of(samples, hour)


@pytest.mark.parametrize("hour", [None, 6])
@pytest.mark.parametrize("horizon", [24, 60])
def test_no_step_that_is_learned_is_held_out(make_panel, hour, horizon):
    found = parts(make_panel(days=250, places=1), hour, horizon)
    learned = {row + step for row in found.learned for step in range(horizon)}
    judged = {row + step for row in found.judged for step in range(horizon)}
    assert len(found.judged) >= 7
    assert not learned & judged
    assert max(learned) == 250 * 24 - 1 if hour is None else max(learned) > 249 * 24  # the newest readings are learned


def test_what_is_held_out_of_a_long_history_is_from_all_over_it(make_panel):
    found = parts(make_panel(days=600, places=1), hour=0)
    weeks = np.unique(found.judged // (24 * 7 * 12))
    assert len(weeks) >= 6  # of 85 weeks, about every twelfth


def test_what_is_held_out_for_any_hour_is_issued_at_all_hours(make_panel):
    found = parts(make_panel(days=600, places=1))
    assert len(np.unique(found.judged % 24)) == 24
    assert len(np.unique(found.judged // 24)) == len(found.judged)


def test_of_a_short_history_the_end_is_held_out(make_panel):
    found = parts(make_panel(days=60, places=1), hour=0)
    assert found.judged.min() > found.learned.max()


def test_an_epoch_has_one_issue_time_a_day_at_any_hour_or_at_one(make_panel):
    panel = make_panel(days=500, places=1)
    random = np.random.default_rng(0)
    found = parts(panel)
    drawn = found.draw(random)
    assert len(np.unique(drawn // 24)) == len(drawn) > 400
    assert set(drawn) <= set(found.learned)
    assert len(np.unique(drawn % 24)) == 24
    assert np.unique(parts(panel, hour=6).draw(random) % 24).tolist() == [6]


@pytest.mark.parametrize("hour", [None, 6])
def test_of_a_short_history_days_have_several_issue_times(make_panel, hour):
    found = parts(make_panel(days=60, places=1), hour)
    drawn = found.draw(np.random.default_rng(0))
    assert len(drawn) == len(set(drawn)) == 400
    assert set(drawn) <= set(found.learned)
    if hour is not None:
        assert set(found.learned[found.learned % 24 == hour]) <= set(drawn)


def test_a_history_shorter_than_its_horizon_is_refused(make_panel):
    with pytest.raises(PanelError, match="too short"):
        parts(make_panel(days=9, places=1), horizon=200)
