"""Bad places are refused all at once, gaps and negative readings are told."""

import numpy as np
import pandas as pd
import pytest

from gridcast.errors import GridcastWarning, PanelError
from gridcast.panel import Panel
from gridcast.quality import check_panel


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


def test_places_that_teach_nothing_are_left_to_the_report_where_that_is_asked():
    nan = float("nan")
    assert check_panel(panel_of(good=[1, 2, 3], silent=[nan, nan, nan], flat=[4, 4, 4]), refuse=False)[0].startswith("3 readings")


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
