"""How probable it is that a limit is exceeded."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridcast.app.outlook import Outlook
from gridcast.app.risk import exceeding, in_words, risk_table, usual_limits
from gridcast.evaluation.totals import summed_forecast
from gridcast.forecast import Forecast

LEVELS = (0.1, 0.5, 0.9)


@pytest.fixture
def outlook(small_panel) -> Outlook:
    """Return a forecast of two steps: medians 100 and 120 at the first place, k times that at place number k."""
    issued = pd.DatetimeIndex(["2024-02-05 00:00"], tz="UTC")
    point = np.array([100.0, 120.0]) * np.arange(1, 5)[:, None]
    quantiles = point[..., None] * np.array([0.9, 1.0, 1.1])
    made = Forecast.of(point[None], panel=small_panel, issue_times=issued, quantiles=(LEVELS, quantiles[None]))
    return Outlook(small_panel, made, summed_forecast(made), gap=0)


def test_the_probability_lies_on_a_line_between_two_quantiles():
    quantiles = np.array([[[90.0, 100.0, 120.0]]])
    # 110 is half-way from the level 0.5 to 0.9: it is exceeded with 1 - 0.7
    for limit, expected in ((100.0, 0.5), (110.0, 0.3), (95.0, 0.7), (300.0, 0.1), (1.0, 0.9)):
        assert exceeding(quantiles, LEVELS, np.array([limit]))[0, 0] == pytest.approx(expected)


def test_without_a_limit_or_a_quantile_nothing_is_known():
    quantiles = np.array([[[90.0, 100.0, 120.0]], [[np.nan] * 3]])
    assert np.isnan(exceeding(quantiles, LEVELS, np.array([np.nan, 100.0]))).all()


@given(st.lists(st.floats(0, 1000), min_size=3, max_size=3), st.floats(0, 1000), st.floats(0, 500))
def test_a_higher_limit_is_never_exceeded_more_often(values, limit, more):
    quantiles = np.sort(np.array(values))[None, None]
    low, high = (exceeding(quantiles, LEVELS, np.array([each]))[0, 0] for each in (limit, limit + more))
    assert 0.1 - 1e-12 <= high <= low + 1e-12 <= 0.9 + 2e-12


def test_the_riskiest_place_comes_first_with_the_hour_in_which_it_is_so(outlook):
    # at step 2 the quantiles of P0 are 108, 120, 132: 126 is exceeded with 0.3; P1 has 216, 240, 264, and 240 is exceeded with 0.5
    table = risk_table(outlook, np.array([126.0, 240.0, 9999.0, np.nan]))
    assert table["place"].tolist() == ["P1", "P0", "P2", "P3"]
    assert table["risk"].tolist() == pytest.approx([50.0, 30.0, 10.0, np.nan], nan_ok=True)
    assert table["told"].tolist() == ["50 %", "30 %", "10 % or less", "not known"]
    assert set(table["at"][:2]) == {pd.Timestamp("2024-02-05 01:00", tz="UTC")}
    assert table["peak"].tolist() == [240.0, 120.0, 360.0, 480.0]
    assert table["room"][1] == pytest.approx(100 * (1 - 120 / 126))


def test_of_places_beyond_the_outermost_quantiles_those_with_the_least_room_come_first(outlook):
    table = risk_table(outlook, np.array([1000.0, 500.0, 2000.0, 700.0]))
    assert set(table["told"]) == {"10 % or less"}
    assert table["place"].tolist() == ["P3", "P1", "P2", "P0"]  # 480 of 700, 240 of 500, 360 of 2000, 120 of 1000


def test_a_limit_to_begin_with_is_the_highest_reading_of_four_weeks(outlook, small_panel):
    shown = (small_panel.times >= "2024-01-08") & (small_panel.times < "2024-02-05")
    assert usual_limits(outlook) == pytest.approx(small_panel.consumption[shown].max(axis=0))


def test_ends_of_what_is_known_show_in_words():
    assert [in_words(value, LEVELS) for value in (10.0, 45.0, 90.0, np.nan)] == [
        "10 % or less", "45 %", "90 % or more", "not known"
    ]  # fmt: skip
