"""The page of a check stands by itself, says what the report says, and has a picture of each of the worst findings."""

import re
from dataclasses import replace
from html import escape

import numpy as np
import pandas as pd
import pytest

from gridcast.panel import Panel
from gridcast.quality import KINDS, Example, Finding, inspect
from gridcast.views.checkpage import PICTURES, check_page, picture, worst, write_check_page
from gridcast.views.heatmap import Readings, stretch_of


@pytest.fixture(scope="module")
def faulty() -> Panel:
    """Each kind of picture: zeros, a spike, a gap, another level, a copy, a clock that moves."""
    random = np.random.default_rng(0)
    hour = np.arange(24 * 140)
    load = 100 + 30 * np.sin(2 * np.pi * hour / 24)[:, None] + random.normal(size=(len(hour), 6))
    load[500:503, 0] = 0
    load[900, 1] = 1e7
    load[1000:1200, 2] = np.nan
    load[2000:, 3] *= 2
    load[:, 4] = 0.5 * load[:, 0]
    load[1700:, 5] = np.roll(load[:, 5], 2)[1700:]
    times = pd.date_range("2024-01-01", periods=len(hour), freq="h", tz="UTC")
    return Panel.from_wide(pd.DataFrame(load, index=times, columns=["<b>A&B</b>", "cost $1 and $2", "C", "D", "E", "F"]), unit="MW")


@pytest.fixture(scope="module")
def page(faulty) -> str:
    return check_page(faulty, inspect(faulty), title="load.csv <2024>", said=["load.csv: wide table"])


def test_the_page_needs_nothing_else(page):
    assert "<script" not in page
    assert not re.findall(r"https?://|@import|url\(", page)
    assert set(re.findall(r'src="([a-z]+:[a-z]+/[a-z]+)', page)) == {"data:image/png"}


def test_names_are_text_and_no_markup(page):
    assert "<b>A&B" not in page
    assert "&lt;b&gt;A&amp;B&lt;/b&gt;" in page
    assert "<h1>load.csv &lt;2024&gt;</h1>" in page


def test_the_page_says_what_the_report_says(page, faulty):
    report = inspect(faulty)
    assert {"zero", "spike", "missing", "level", "copy", "clock"} <= {finding.kind for finding in report.findings}
    assert escape(report.verdict[1:]) in page
    for finding in report.findings:
        assert KINDS[finding.kind].title.replace("'", "&#x27;") in page
    assert page.count("<img") == len(worst(report.findings))
    assert "load.csv: wide table" in page


def test_the_size_of_the_panel_is_said_once(faulty):
    said = ["load.csv: wide table", faulty.describe()]
    assert check_page(faulty, inspect(faulty), title="load.csv", said=said).count(escape(faulty.describe())) == 1


def test_places_without_readings_that_change_are_pictured(faulty):
    values = faulty.consumption.copy()
    values[:, 2], values[:, 3] = np.nan, 5.0
    panel = Panel(faulty.dataset.assign(consumption=(("time", "location"), values)))
    report = inspect(panel)
    page = check_page(panel, report, title="load.csv")
    assert "C: no reading" in page
    assert "D: constant" in page
    line = picture(panel, report, report.of("constant")[0]).axes[1].lines[-1]
    assert set(line.get_ydata()) == {5.0}


def test_the_numbers_lead_to_the_findings(page, faulty):
    links, marks = re.findall(r'href="#([^"]+)"', page), re.findall(r'<tr id="([^"]+)"', page)
    assert len(marks) == len(set(marks)) == len(inspect(faulty).findings)
    assert sorted(links) == sorted(marks)


def test_two_findings_of_a_kind_at_a_place_have_one_mark_and_one_more_is_said_in_the_singular(faulty):
    report = inspect(faulty)
    zero = report.of("zero")[0]
    page = check_page(faulty, replace(report, findings=(zero, replace(zero, severity="note"))), title="load.csv")
    assert page.count('<tr id="zero-0">') == 1
    assert "1 more is in the list only" in page


def test_readings_beyond_the_axis_are_triangles_at_its_edge(faulty):
    report = inspect(faulty)
    right = picture(faulty, report, report.of("spike", "cost $1 and $2")[0]).axes[1]
    (triangle,) = (line for line in right.lines if line.get_marker() == "^")
    assert triangle.get_label() == "beyond, up to 10,000,000 MW"
    assert triangle.get_ydata().tolist() == [right.get_ylim()[1]]


def test_a_report_without_findings_is_a_page_too(make_panel):
    panel = make_panel(days=30, places=2)
    report = inspect(panel)
    assert report.findings == ()
    assert "Nothing was found." in check_page(panel, report, title="clean")


def test_the_page_is_written_whole(tmp_path, make_panel):
    panel = make_panel(days=30, places=2, gaps=((5, 1),))
    write_check_page(panel, inspect(panel), tmp_path / "check.html")
    assert (tmp_path / "check.html").read_text(encoding="utf-8").rstrip().endswith("</html>")
    assert [path.name for path in tmp_path.iterdir()] == ["check.html"]


def some(kind: str, place: int, count: int, severity: str = "warning") -> Finding:
    start = pd.Timestamp("2024-01-01", tz="UTC")
    return Finding(kind, f"P{place}", count, (Example(start, start, 1.0),), severity, "something", "nothing")


def test_the_worst_of_each_kind_are_pictured():
    many = [some(kind, place, place, "note" if kind == "missing" else "warning") for kind in KINDS for place in range(20)]
    chosen = worst(many)
    assert len(chosen) == PICTURES
    assert {f.location for f in chosen if f.kind == "spike"} <= {f"P{place}" for place in range(12, 20)}
    assert all(f.severity == "warning" for f in chosen)


def test_the_line_shows_the_spike_that_is_furthest_out():
    times = pd.date_range("2024-01-01", periods=100, freq="h", tz="UTC")
    values = np.full(100, 10.0)
    values[[20, 60]], values[40] = [30, 50], -90
    marked = np.zeros(100, dtype=bool)
    marked[[20, 40, 60, 61]] = True
    readings = Readings(times, values, marked, marked)
    assert stretch_of(readings, some("spike", 0, 4)) == (times[60], times[62])
    assert stretch_of(readings, some("drop", 0, 4)) == (times[40], times[41])


def test_a_picture_has_all_days_and_a_part(faulty):
    report = inspect(faulty)
    figure = picture(faulty, report, report.of("copy")[0])
    left, right = figure.axes
    assert left.get_ylabel() == "hour (UTC)"
    assert right.get_xlabel() == r"<b>A&B</b> [MW]"
