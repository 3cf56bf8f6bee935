import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridcast.clock import DAY, HOUR
from gridcast.errors import ConfigError
from gridcast.evaluation import BacktestPlan, Round, cross_validation, leave_locations_out, rolling_origin
from gridcast.panel import Panel


def day(number: float) -> pd.Timestamp:
    """The moment so many days after the first reading of `make_panel`."""
    return pd.Timestamp("2024-01-01", tz="UTC") + number * DAY


def days_seen(panel: Panel) -> list[int]:
    """Days of which at least one reading is there."""
    seen = np.isfinite(panel.consumption).any(axis=1)
    return sorted({int((time - day(0)) // DAY) for time in panel.times[seen]})


def test_blocks_of_time_with_an_embargo_by_hand(make_panel):
    # 20 days, issue times on days 8 to 19, three blocks of 4: each hides its own days and one on either side
    panel = make_panel(days=20, gaps=((3, 1),))
    issued = pd.DatetimeIndex([day(number) for number in range(8, 20)])
    rounds = cross_validation(panel, issued, folds=3, embargo=DAY, steps=24)
    assert [list(each.issue_times) for each in rounds] == [list(issued[:4]), list(issued[4:8]), list(issued[8:])]
    assert [days_seen(each.train) for each in rounds] == [
        [*range(7), *range(13, 20)],
        [*range(11), *range(17, 20)],
        [*range(15)],
    ]
    # nothing else is changed
    train = rounds[0].train
    left = np.r_[0 : 7 * 24, 13 * 24 : 20 * 24]
    assert np.array_equal(train.consumption[left], panel.consumption[left], equal_nan=True)
    assert np.isnan(train.consumption[7 * 24 : 13 * 24]).all()
    assert train.times.equals(panel.times)


def test_a_block_hides_the_last_hour_that_it_predicts_and_no_more(make_panel):
    # issued on days 10 and 11 at 06:00, 30 steps: the last predicted hour is that of day 12 from 11:00 to 12:00
    panel = make_panel(days=20)
    first, _ = cross_validation(
        panel, pd.DatetimeIndex([day(10.25 + number) for number in range(4)]), folds=2, embargo=pd.Timedelta(0), steps=30
    )
    hidden = panel.times[np.isnan(first.train.consumption).all(axis=1)]
    assert hidden[0] == day(10.25)
    assert hidden[-1] == day(12.5) - HOUR


@settings(max_examples=30)
@given(
    folds=st.integers(2, 5),
    embargo=st.integers(0, 60),
    steps=st.integers(1, 40),
    first=st.integers(60, 150),
    stride=st.integers(1, 40),
)
def test_no_reading_that_is_predicted_is_learned_from(folds, embargo, steps, first, stride):
    times = pd.date_range("2024-01-01", periods=600, freq="h", tz="UTC")
    panel = Panel.from_wide(pd.DataFrame(1.0, index=times, columns=["A"]))
    issued = times[first : first + 10 * stride : stride]
    for each in cross_validation(panel, issued, folds=folds, embargo=embargo * HOUR, steps=steps):
        seen = each.train.times[np.isfinite(each.train.consumption[:, 0])]
        for time in each.issue_times:
            assert not ((seen >= time - embargo * HOUR) & (seen < time + (steps + embargo) * HOUR)).any()
        assert len(seen) >= steps


def test_a_block_that_leaves_nothing_is_refused(make_panel):
    panel = make_panel(days=20)
    issued = pd.DatetimeIndex([day(number) for number in range(8, 20)])
    with pytest.raises(ConfigError) as caught:
        cross_validation(panel, issued, folds=2, embargo=9 * DAY, steps=24)
    (told,) = caught.value.problems
    # the first block is about days 8 to 13: with nine days on either side it leaves none
    assert told.problem == "a block of the cross-validation leaves nothing to learn from"
    assert told.found.startswith("0 readings in a row a place outside 2024-01-09")
    assert told.expected == "at least 24"
    assert "backtest.folds" in told.hint


def test_places_at_random_are_each_scored_once_by_what_did_not_learn_from_them(make_panel):
    panel = make_panel(days=10, places=7)
    (once,) = rolling_origin(panel, panel.times[[24 * 5, 24 * 6]])
    rounds = leave_locations_out(panel, [once], folds=3, seed=1)
    assert sorted(len(each.scored) for each in rounds) == [2, 2, 3]
    assert sorted(name for each in rounds for name in each.scored) == list(panel.locations)
    for each in rounds:
        assert set(each.train.locations) == set(panel.locations) - set(each.scored)
        assert each.train.issue_time == panel.times[24 * 5]
        assert each.issue_times.equals(once.issue_times)
    again = leave_locations_out(panel, [once], folds=3, seed=1)
    assert [each.scored for each in again] == [each.scored for each in rounds]
    other = leave_locations_out(panel, [once], folds=3, seed=2)
    assert [each.scored for each in other] != [each.scored for each in rounds]


def groups(panel: Panel, by: str, folds: int) -> set[frozenset[str]]:
    rounds = leave_locations_out(panel, [Round(lambda: panel, panel.times[:1])], folds=folds, by=by)
    return {frozenset(each.scored) for each in rounds}


@pytest.mark.parametrize("by", ["locations", "regions"])
def test_the_order_of_the_places_does_not_change_the_groups(make_panel, by):
    panel = make_panel(days=2, places=40)
    assert groups(panel.only(panel.locations[::-1]), by, 7) == groups(panel, by, 7)


def world(latitude: list[float], longitude: list[float]) -> Panel:
    names = [f"P{number:02}" for number in range(len(latitude))]
    times = pd.date_range("2024-01-01", periods=48, freq="h", tz="UTC")
    spatial = pd.DataFrame({"id": names, "latitude": latitude, "longitude": longitude})
    return Panel.from_wide(pd.DataFrame(1.0, index=times, columns=names), spatial)


def test_regions_lie_together_also_across_the_date_line():
    # two places in Fiji on either side of the date line, two in Kyiv
    panel = world([-17.0, 50.4, -16.8, 50.5], [179.5, 30.5, -179.5, 30.6])
    assert groups(panel, "regions", 2) == {frozenset({"P00", "P02"}), frozenset({"P01", "P03"})}


def test_no_region_has_more_than_one_and_a_half_times_its_share():
    # nine places in one town and one far away each: a region has room for ceil(1.5 x 12 / 3) = 6
    panel = world([50 + 0.01 * number for number in range(10)] + [10, -40], [30.0] * 10 + [100, -60])
    assert sorted(len(group) for group in groups(panel, "regions", 3)) == [1, 5, 6]


def test_regions_without_coordinates_are_refused_with_a_hint(make_panel):
    panel = make_panel(days=2)
    bare = Panel(panel.dataset.drop_vars(["latitude", "longitude"]))
    with pytest.raises(ConfigError, match="regions need coordinates") as caught:
        groups(bare, "regions", 2)
    assert 'backtest.leave_out = "locations"' in caught.value.problems[0].hint


def test_more_regions_than_points_are_refused():
    with pytest.raises(ConfigError, match="fewer different coordinates than regions") as caught:
        groups(world([50.0] * 4, [30.0, 30.0, 31.0, 31.0]), "regions", 3)
    assert caught.value.problems[0].found == "2 different points"


def test_each_refit_leaves_each_group_out(make_panel):
    panel = make_panel(days=20)
    plan = BacktestPlan("2024-01-11", refit_days=5, folds=2, leave_out="regions")
    rounds = plan.rounds(panel)
    assert [each.issue_times[0] for each in rounds] == [day(10), day(10), day(15), day(15)]
    assert [each.train.issue_time for each in rounds] == [day(10), day(10), day(15), day(15)]
