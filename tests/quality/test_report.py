"""The report: what it says and holds, when forecasting is not advisable, and that nothing after `before` teaches."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from gridcast.panel import Panel
from gridcast.quality import KINDS, Example, Finding, implausible, inspect
from gridcast.quality.report import first_example


def panel_of(values: np.ndarray, freq: str = "h") -> Panel:
    times = pd.date_range("2024-02-01", periods=len(values), freq=freq, tz="UTC")
    names = [f"P{place}" for place in range(values.shape[1])]
    return Panel.from_wide(pd.DataFrame(values, index=times, columns=names))


def cycle(days: int, places: int = 2, seed: int = 0) -> np.ndarray:
    hour = np.arange(24 * days)[:, None]
    return 10 + 3 * np.sin(2 * np.pi * hour / 24) + 0.3 * np.random.default_rng(seed).normal(size=(len(hour), places))


def test_the_report_as_a_table_as_rows_and_as_json():
    values = cycle(30)
    values[100:102, 1] = 0
    values[200:210, 0] = np.nan
    report = inspect(panel_of(values))
    assert report.table().loc["P0", "missing"] == 10
    assert report.table().loc["P1", "zero"] == 2
    assert (
        "P1",
        "warning: zero for 'no reading'",
        "2",
        "2024-02-05 04:00 to 2024-02-05 06:00 (0)",
        "add `--outliers mask`",
    ) in report.rows()
    plain = json.loads(json.dumps(report.as_dict()))
    assert plain["advisable"] is True
    assert plain["wrong"]["zero"] == 2
    assert {"kind", "location", "count", "severity", "sentence", "hint", "examples"} == set(plain["findings"][0])
    assert report.verdict.startswith("forecasting is advisable, with 1 kind of fault to look at")


def test_the_verdict_tells_nothing_from_notes_and_does_not_count_readings_of_notes():
    values = cycle(30)
    values[:, 1] = 5 + np.arange(720) % 7
    assert inspect(panel_of(values)).verdict == "forecasting is advisable; nothing was found"
    values[200:210, 0] = np.nan
    assert inspect(panel_of(values)).verdict == "forecasting is advisable; nothing but notes"
    values[300, 0] += 2.5  # little out of bounds
    values[100:102, 1] = -50
    report = inspect(panel_of(values))
    assert {f.severity for f in report.findings if f.kind == "spike"} == {"note"}
    assert report.verdict.endswith("2 readings of 1,440 can't be right, 1 more in notes may not be")


def test_places_that_teach_nothing_are_errors_beside_the_other_faults():
    values = cycle(30, places=5)
    values[100:102, 0] = 0
    values[:, 1] = np.nan
    values[:, 2] = np.where(np.arange(720) % 3 == 0, np.nan, 7.0)
    values[1:, 3] = np.nan
    report = inspect(panel_of(values))
    errors = {f.location: (f.kind, f.count, f.hint) for f in report.findings if f.severity == "error" and f.kind != "missing"}
    assert errors == {
        "P1": ("silent", 720, "`--exclude P1`"),
        "P2": ("constant", 480, "`--exclude P2`"),
        "P3": ("constant", 1, "`--exclude P3`"),
    }
    assert report.of("zero", "P0")
    assert report.advisable
    assert "without 3 places that nothing can be learned from (`P1`, `P2`, `P3`), with" in report.verdict


def test_half_of_the_readings_are_looked_for_at_places_that_change():
    values = cycle(30)
    values[:, 1] = 7
    values[:400, 0] = np.nan
    assert inspect(panel_of(values)).reasons == ("more than half of the readings are missing at every other place",)


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [("level", 0.613, "(factor 0.61)"), ("copy", 0.92684, "(x 0.9268)"), ("clock", -0.9, "(0.9 h early)"), ("spike", 9.0, "(9)")],
)
def test_what_an_example_is_measured_in_is_named(kind, value, text):
    at = pd.Timestamp("2024-01-01", tz="UTC")
    found = Finding(kind, "A", 1, (Example(at, at, value),), "warning", "", "")
    assert first_example(found) == f"2024-01-01 00:00 {text}"


def test_long_gaps_are_in_days():
    values = cycle(200)
    values[100:2459, 0] = np.nan  # 2359 h
    assert "98.3 d from" in inspect(panel_of(values)).of("missing")[0].sentence


def test_every_kind_has_a_title_and_something_to_do():
    assert all(kind.title and kind.hint for kind in KINDS.values())


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (cycle(10), "the readings span 10 days, at least 14 are needed"),
        (np.full((24 * 30, 2), np.nan), "no place has readings that change (`P0`, `P1`)"),
        (np.full((24 * 30, 2), 7.0), "no place has readings that change (`P0`, `P1`)"),
        (np.where(np.arange(720)[:, None] % 5 < 2, cycle(30), np.nan), "more than half of the readings are missing at every place"),
    ],
)
def test_when_forecasting_is_not_advisable(values, reason):
    report = inspect(panel_of(values))
    assert not report.advisable
    assert report.reasons == (reason,)
    assert report.verdict == f"forecasting is not advisable: {reason}"


def test_readings_far_from_the_usual_of_a_consumer_are_wrong():
    values = cycle(30)
    values[500:505, 0] = [0.0, -5.0, 51.0, 0.4, 100.0]
    assert implausible(panel_of(values))[500:505, 0].all()


def test_readings_after_the_given_moment_are_judged_by_those_before():
    # the good readings of P0 before are about 6 to 14; a quarter of that range more is allowed, which is 4 to 16
    values = cycle(40)
    values[30 * 24 :, 0] = 10
    values[800:804, 0] = [30.0, 0.0, 1.0, 15.0]
    panel = panel_of(values)
    assert implausible(panel, before=panel.times[30 * 24])[800:804, 0].tolist() == [True, True, True, False]


@given(data=st.data(), rows=st.integers(2, 900), places=st.integers(1, 4), freq=st.sampled_from(["5min", "h", "6h", "D"]))
@settings(max_examples=40, phases=[Phase.generate])
def test_any_readings_give_a_report_and_no_missing_one_is_marked(data, rows, places, freq):
    random = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    scale = data.draw(st.sampled_from([0.0, 1e-30, 1.0, 1e6, 1e36]))
    values = scale * random.normal(size=(rows, places)) + data.draw(st.sampled_from([0.0, 1.0, -3.0, 1e4]))
    values = np.round(values, data.draw(st.sampled_from([0, 3])))
    values[random.random(values.shape) < data.draw(st.sampled_from([0.0, 0.1, 0.9, 1.0]))] = np.nan
    wild = data.draw(st.lists(st.floats(width=32, allow_nan=True, allow_infinity=False), max_size=5))
    for value in wild:
        values[random.integers(rows), random.integers(places)] = value
    panel = panel_of(values, freq)
    before = data.draw(st.sampled_from([None, panel.times[rows // 2], panel.times[0]]))
    report = inspect(
        panel,
        before=before,
        timezones=data.draw(st.sampled_from([None, "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])),
    )
    assert not (report.mask & np.isnan(panel.consumption)).any()
    assert report.mask.shape == panel.consumption.shape
    assert sum(mask.sum() for mask in report.masks.values()) == report.mask.sum()
    assert json.dumps(report.as_dict(), allow_nan=False)


@given(seed=st.integers(0, 1000), cut=st.integers(0, 9 * 24))
@settings(max_examples=25)
def test_nothing_later_changes_what_is_said_of_a_reading(seed, cut):
    """Before `before` later readings don't count at all; after it each reading is judged by itself and those before it."""
    random = np.random.default_rng(seed)
    values = cycle(40, places=5, seed=seed)
    for row in random.integers(0, len(values), 12):
        values[row : row + 5, random.integers(5)] *= random.choice([0.0, -1.0, 3.0, 1000.0])
    row = 30 * 24 + cut
    values[row - 6 : row + 6, 0] = 10.1  # a flat line that is not yet too long for some of its readings
    values[30 * 24 - 2 : 30 * 24 + 4, 1] = 9.9
    scrambled = values.copy()
    scrambled[row:] = random.choice([0.0, 1e5, np.nan, -4.0], size=scrambled[row:].shape)
    before = panel_of(values).times[30 * 24]
    kept, other = (implausible(panel_of(some), before=before)[:row] for some in (values, scrambled))
    assert (kept == other).all()
