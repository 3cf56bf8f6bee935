"""Bad places are refused all at once, gaps and negative readings are told, implausible readings are marked."""

import numpy as np
import pandas as pd
import pytest

from gridcast.errors import GridcastWarning, PanelError
from gridcast.panel import Panel
from gridcast.quality import check_panel, implausible


def panel_of(**columns: list[float]) -> Panel:
    length = len(next(iter(columns.values())))
    times = pd.date_range("2024-01-01", periods=length, freq="h", tz="UTC")
    return Panel.from_wide(pd.DataFrame(columns, index=times))


def test_places_that_teach_nothing_are_named_all_at_once_with_what_to_type():
    nan = float("nan")
    panel = panel_of(good=[1, 2, 3], silent=[nan, nan, nan], flat=[4, 4, nan], **{"also flat": [0, 0, 0]})
    with pytest.raises(PanelError) as caught:
        check_panel(panel)
    silent, flat = caught.value.problems
    assert silent.problem == "1 of 4 places have no reading at all"
    assert silent.hint == "leave them out: --exclude silent"
    assert flat.found == "`flat`, `also flat`"
    assert flat.hint == 'leave them out: --exclude flat --exclude "also flat"'


def test_gaps_are_counted_and_stay():
    nan = float("nan")
    panel = panel_of(a=[1, nan, nan, 4], b=[1, 2, 3, nan], c=[1, 2, 3, 4])
    # 3 of 12 readings; `a` lacks 2 of 4
    assert check_panel(panel) == ("3 readings of 12 are missing at 2 places, most at a (50.0%); gaps are not filled",)
    assert np.isnan(panel.consumption).sum() == 3


def test_nothing_is_said_of_a_whole_panel(make_panel):
    assert check_panel(make_panel(places=1)) == ()


def test_negative_readings_are_legal_with_a_warning_that_names_the_places():
    with pytest.warns(GridcastWarning, match=r"3 readings below zero \(`b: 2`, `c: 1`\); that is right for net load only"):
        check_panel(panel_of(a=[1, 2, 3], b=[-1, -2, 3], c=[1, -1, 2]))


def test_readings_far_from_the_median_of_a_consumer_are_marked():
    ordinary = [100.0] * 40
    panel = panel_of(a=[*ordinary, 0.0, -5.0, 501.0, 500.0, 9.0, 10.0])
    # median 100: right are 10 to 500
    assert implausible(panel)[40:, 0].tolist() == [True, True, True, False, True, False]
    assert not implausible(panel)[:40].any()


def test_at_a_place_with_net_load_zero_and_negative_readings_are_right():
    steady = list(np.linspace(-50, 50, 101))
    panel = panel_of(a=[*steady, -400.0, -700.0])
    # 103 readings, the 5 % and 95 % quantiles about -47 and 45: right are about 0 +- 5 * 92
    assert implausible(panel)[-2:, 0].tolist() == [False, True]
    assert not implausible(panel)[:-2].any()


def test_a_missing_reading_is_not_implausible():
    assert not implausible(panel_of(a=[1.0, float("nan"), 1.0])).any()


def test_the_bounds_come_from_readings_before_the_given_moment_only():
    readings = [100.0] * 10 + [1000.0] * 30
    panel = panel_of(a=readings)
    before = panel.times[10]
    assert implausible(panel, before=before)[10:, 0].all()
    changed = panel_of(a=readings[:10] + [7.0] * 30)
    assert (implausible(panel, before=before)[:10] == implausible(changed, before=before)[:10]).all()
    assert not implausible(panel)[10:].any()
