"""The report of a search: its sentences, its figures, and what is left out where there is nothing."""

import numpy as np
import pandas as pd
import pytest

from gridcast.config import make_config
from gridcast.tuning import Space, Tuned
from gridcast.views.tunedfigures import plot_history, plot_importance, plot_parallel
from gridcast.views.tunedpage import tuning_page, verdict

FACTS = {
    "trials": {"complete": 7, "pruned": 1, "failed": 1},
    "method": "bayes",
    "seconds": 600.0,
    "validation_issue_times": 56,
    "validation_first": "2006-11-05T00:00:00+00:00",
    "validation_last": "2006-12-30T00:00:00+00:00",
    "test_from": "2007-01-01T00:00:00+00:00",
    "weather": "ex post",
}
SPACE = {"learning_rate": {"low": 1e-4, "high": 1e-1, "log": True}, "dropout": {"low": 0, "high": 0.5}, "size": ["small", "medium"]}


def tuned(rows: list[dict], importance: dict[str, float] | None = None) -> Tuned:
    """Return a search of trials of which only some columns are told."""
    plain = {"state": "complete", "score": np.nan, "seconds": 60.0, "configured": False, "learning_rate": 1e-3, "dropout": 0.25}
    table = pd.DataFrame(
        [{"trial": number, **plain, "size": "small", "loss": 0.1, "error": "", **row} for number, row in enumerate(rows, 1)]
    )
    return Tuned(Space.of(make_config({"tune": {"space": SPACE}})), table, importance or {})


def some() -> Tuned:
    """Return seven trials with a score, the first as configured, one that was pruned and one that failed."""
    rates = [1e-4, 1e-3, 1e-1, 1e-2, 3e-3, 2e-3]
    rows = [{"score": 5.0, "configured": True, "learning_rate": np.nan}]
    rows += [{"score": score, "learning_rate": rate} for score, rate in zip([5.5, 4.8, 9.0, 4.5, 4.9, 4.7], rates, strict=True)]
    rows += [{"state": "pruned"}, {"state": "failed", "error": "ValueError: <nan>"}]
    return tuned(rows, {"learning_rate": 0.7, "dropout": 0.2, "size": 0.1})


def test_the_gain_in_a_sentence():
    # 4.5 of 5.0 is a tenth less
    best = "The best trial has a pinball loss of 4.50 % of mean reading"
    assert verdict(some()) == f"{best}, 10.0 % less than the settings as they were (5.00 % of mean reading)."


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"state": "failed", "error": "x"}], "No trial has a score."),
        ([{"score": 5.0, "configured": True}, {"score": 6.0}], "Nothing was found that is better"),
        ([{"state": "failed", "configured": True}, {"score": 6.0}], "the settings as they were have no score"),
    ],
)
def test_other_ends(rows, said):
    assert said in verdict(tuned(rows))
    assert said in tuning_page(tuned(rows), FACTS)


def test_the_page_has_everything_and_nothing_from_elsewhere():
    page = tuning_page(some(), FACTS, title="Search: a & b")
    assert "Search: a &amp; b" in page
    assert page.count("<img") == 3
    assert "ValueError: &lt;nan&gt;" in page
    assert "9 trials by bayes (7 complete, 1 pruned, 1 failed), 10.0 minutes" in page
    assert "Nothing from 2007-01-01 00:00 UTC on was looked at." in page
    assert "http" not in page.replace("http://www.w3.org", "")
    assert "<script" not in page


def test_history_draws_the_best_so_far():
    axes = plot_history(some()).axes[0]
    best, trials = axes.get_lines()[:2]
    assert trials.get_xdata().tolist() == [1, 2, 3, 4, 5, 6, 7]
    # running minimum of 5, 5.5, 4.8, 9, 4.5, 4.9, 4.7, drawn on to the last trial, number nine
    assert list(best.get_ydata()) == [5.0, 5.0, 4.8, 4.8, 4.5, 4.5, 4.5, 4.5]
    assert list(best.get_xdata()) == [1, 2, 3, 4, 5, 6, 7, 9]
    labels = [line.get_label() for line in axes.get_lines()]
    assert {"above the axis", "pruned (no score)", "failed (no score)"} <= set(labels)
    above = axes.get_lines()[labels.index("above the axis")]
    assert above.get_xdata().tolist() == [4]


def test_importance_draws_the_largest_on_top():
    axes = plot_importance(some()).axes[0]
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([10, 20, 70])
    assert plot_importance(tuned([{"score": 1.0}])) is None


def test_the_best_trial_runs_through_its_settings():
    axes = plot_parallel(some()).axes[0]
    (best,) = axes.get_lines()[:1]
    # axes by importance; 1e-2 lies at two thirds of 1e-4 to 1e-1, 0.25 half way, `small` at the bottom
    assert best.get_ydata() == pytest.approx([2 / 3, 0.5, 0.0])
    assert plot_parallel(tuned([{"score": 1.0, "configured": True}, {"score": 2.0}])) is None


def test_a_single_setting_is_drawn_against_the_score():
    rows = [{"score": 2.0, "configured": True}, {"score": 1.5, "learning_rate": 1e-3}, {"score": 1.2, "learning_rate": 1e-2}]
    found = tuned(rows)
    one = Tuned(Space.of(make_config({"tune": {"space": {"learning_rate": SPACE["learning_rate"]}}})), found.table, {})
    trials, best = plot_parallel(one).axes[0].get_lines()[:2]
    assert trials.get_xdata() == pytest.approx([1 / 3, 2 / 3])  # of the three orders of magnitude
    assert (best.get_xdata(), best.get_ydata()) == (pytest.approx([2 / 3]), pytest.approx([1.2]))


def test_without_weather_no_table_speaks_of_it():
    assert "<caption>ex post</caption>" in tuning_page(some(), FACTS)
    assert "<caption>" not in tuning_page(some(), {**FACTS, "weather": "none"})


def test_figures_are_left_out_where_there_is_nothing():
    nothing = tuned([{"state": "failed"}])
    assert plot_history(nothing) is plot_importance(nothing) is plot_parallel(nothing) is None
    assert tuning_page(nothing, FACTS).count("<img") == 0
