import importlib.util
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridcast.errors import FileError, GridcastError, PanelError
from gridcast.features.events import Events
from gridcast.sources.calendarfile import read_events

needs_ics = pytest.mark.skipif(importlib.util.find_spec("icalendar") is None, reason="needs the extra ics")


@pytest.fixture
def read(tmp_path):
    def read(text, name="holidays.csv", **options):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_events(path, **options)

    return read


def ics(*events: str) -> str:
    blocks = [f"BEGIN:VEVENT\nUID:{number}\n{event}\nEND:VEVENT" for number, event in enumerate(events)]
    return "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//t//t//EN", *blocks, "END:VCALENDAR", ""]).replace("\n", "\r\n")


def spans(found, columns=("start", "end", "local")):
    return [tuple(str(value) for value in row) for row in found.table[list(columns)].itertuples(index=False)]


def problem_of(read, text, name="holidays.csv", kind=PanelError):
    with pytest.raises(kind) as caught:
        read(text, name)
    return caught.value.problems[0]


def test_dates_are_whole_local_days_the_last_one_included(read):
    found = read("start,end,name,category\n2024-07-18,2024-08-31,Summer,School holiday\n2024-10-04,,Bridge,Bridge\n")
    assert spans(found) == [
        ("2024-07-18 00:00:00", "2024-09-01 00:00:00", "True"),
        ("2024-10-04 00:00:00", "2024-10-05 00:00:00", "True"),
    ]
    assert found.table["name"].tolist() == ["Summer", "Bridge"]
    assert found.table["category"].tolist() == ["School holiday", "Bridge"]
    assert "2 events of `Bridge`, `School holiday`, 2024-07-18 to 2024-10-05" in found.said[-1]


def test_a_file_of_dates_alone_is_of_the_category_of_its_name(read):
    found = read("date;title\n24.12.2024;Christmas Eve\n31.12.2024;New Year's Eve\n", "days_off.csv")
    assert spans(found, ("start", "category")) == [("2024-12-24 00:00:00", "days_off"), ("2024-12-31 00:00:00", "days_off")]


def test_moments_with_an_offset_are_utc_and_without_one_local(read):
    with_offset = read("start,end\n2024-07-14T20:00+02:00,2024-07-14T22:30+02:00\n")
    assert spans(with_offset) == [("2024-07-14 18:00:00", "2024-07-14 20:30:00", "False")]
    without = read("start,end\n2024-07-14 20:00,2024-07-14 22:30\n")
    assert spans(without) == [("2024-07-14 20:00:00", "2024-07-14 22:30:00", "True")]
    said = read("start_utc,end_utc\n2024-07-14 20:00,2024-07-14 22:30\n")
    assert spans(said) == [("2024-07-14 20:00:00", "2024-07-14 22:30:00", "False")]


def test_days_and_moments_may_be_in_one_file(read):
    found = read("start,end\n2024-07-14 20:00,2024-07-14 22:30\n2024-07-20,2024-07-21\n")
    assert spans(found) == [
        ("2024-07-14 20:00:00", "2024-07-14 22:30:00", "True"),
        ("2024-07-20 00:00:00", "2024-07-22 00:00:00", "True"),
    ]


def test_the_order_of_day_and_month_is_that_of_both_columns(read):
    # only the second column has a day above 12
    found = read("from,to\n03/04/2024,03/15/2024\n05/06/2024,05/20/2024\n")
    assert [start[:10] for start, *_ in spans(found)] == ["2024-03-04", "2024-05-06"]


def test_several_places_in_a_cell_are_several_events(read):
    found = read("date,zone\n2024-05-04,Kyiv; Lviv\n2024-05-05,\n")
    assert spans(found, ("start", "location")) == [
        ("2024-05-04 00:00:00", "Kyiv"),
        ("2024-05-04 00:00:00", "Lviv"),
        ("2024-05-05 00:00:00", ""),
    ]


def test_what_is_read_makes_features(read):
    found = read("start,end,category\n2024-10-26,2024-10-27,fair\n")
    # 24 h and, with the clocks put back, 25 h
    times = pd.date_range("2024-10-25", periods=96, freq="h", tz="UTC")
    assert Events(found.table).at(times, "Europe/Berlin").sum() == 49


@pytest.mark.parametrize(
    ("rows", "problem", "found"),
    [
        ("2024-07-18,2024-07-17", "over before it begins", "line 2: 2024-07-18 to 2024-07-17"),
        ("2024-07-18 12:00,2024-07-18 12:00", "over before it begins", "line 2: 2024-07-18 12:00 to 2024-07-18 12:00"),
        ("2024-07-18 12:00,", "without an end", "line 2: 2024-07-18 12:00 to empty"),
        ("2024-07-18 12:00,2024-07-19", "half date, half moment", "line 2: 2024-07-18 12:00 to 2024-07-19"),
        ("2024-07-18,2024-07-19\n2024-02-30,2024-03-01", "can't be read", "line 3: 2024-02-30"),
        ("2024-07-18,2024-07-19\n2024-02-28,soon", "can't be read", "line 3: soon"),
        (",2024-07-19\n2024-02-28,2024-02-28", "can't be read", "line 2: empty"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(read, rows, problem, found):
    told = problem_of(read, f"start,end\n{rows}\n")
    assert problem in told.problem
    assert f"`{found}`" in told.found


def test_other_files_are_refused(read, tmp_path):
    assert "has no column of dates" in problem_of(read, "a,b\n1,2\n").problem
    assert "holds only a header" in problem_of(read, "start,end\n", kind=FileError).problem
    with pytest.raises(FileError, match="is missing"):
        read_events(tmp_path / "nowhere.csv")


@needs_ics
def test_whole_days_of_an_ics_are_local_and_moments_are_utc(read):
    found = read(
        ics(
            "DTSTART;VALUE=DATE:20240718\nDTEND;VALUE=DATE:20240901\nSUMMARY:Summer\nCATEGORIES:School holiday",
            "DTSTART;TZID=Europe/Berlin:20240714T210000\nDURATION:PT2H\nSUMMARY:Final\nLOCATION:Kyiv",
            "DTSTART:20240714T210000\nDTEND:20240714T220000\nSUMMARY:Floating\nLOCATION:somewhere",
            "DTSTART;VALUE=DATE:20240102",
        ),
        "town.ics",
        places=["Kyiv"],
    )
    # 21:00 in Berlin is 19:00 UTC in summer; a day without an end lasts a day
    assert spans(found, ("start", "end", "local", "category", "location")) == [
        ("2024-01-02 00:00:00", "2024-01-03 00:00:00", "True", "town", ""),
        ("2024-07-14 19:00:00", "2024-07-14 21:00:00", "False", "town", "Kyiv"),
        ("2024-07-14 21:00:00", "2024-07-14 22:00:00", "True", "town", ""),
        ("2024-07-18 00:00:00", "2024-09-01 00:00:00", "True", "School holiday", ""),
    ]


@needs_ics
def test_what_recurs_follows_the_local_clock(read):
    # daily at 18:00 in Berlin over the change of the clock on 2024-03-31, but not on the 30th: 17:00 UTC, then 16:00
    rule = "RRULE:FREQ=DAILY;COUNT=5\nEXDATE;TZID=Europe/Berlin:20240330T180000"
    found = read(ics(f"DTSTART;TZID=Europe/Berlin:20240329T180000\nDURATION:PT1H\n{rule}"), "match.ics")
    assert [start for start, *_ in spans(found)] == [
        "2024-03-29 17:00:00",
        "2024-03-31 16:00:00",
        "2024-04-01 16:00:00",
        "2024-04-02 16:00:00",
    ]


@needs_ics
def test_what_recurs_for_ever_ends_somewhere(read):
    text = ics("DTSTART;VALUE=DATE:20200101\nRRULE:FREQ=YEARLY")
    assert len(read(text, "years.ics").table) == 20  # 2020 to 2039
    assert len(read(text, "years.ics", first="2022-01-01", last="2025-01-01").table) == 3


@needs_ics
@pytest.mark.parametrize(
    ("event", "found"),
    [
        ("SUMMARY:Fair\nDTSTART;VALUE=DATE:2024ab18", "Fair: DTSTART: Wrong date format 2024ab18"),
        ("SUMMARY:Fair", "Fair: no DTSTART"),
        ("SUMMARY:Fair\nDTSTART;VALUE=DATE:20240718\nDTEND;VALUE=DATE:20240701", "Fair: ends at 2024-07-01, before 2024-07-18"),
        ("SUMMARY:Fair\nDTSTART;VALUE=DATE:20240718\nDTEND:20240719T000000Z", "Fair: DTSTART and DTEND of two kinds"),
        ("SUMMARY:Fair\nDTSTART;VALUE=DATE:20240718\nDTEND:20240719T000000", "Fair: DTSTART and DTEND of two kinds"),
        ("SUMMARY:Fair\nDTSTART;TZID=Mars/Olympus:20240718T100000\nDURATION:PT1H", "Fair: unknown time zone Mars/Olympus"),
        ("SUMMARY:Fair\nDTSTART:20240718T100000Z\nRRULE:FREQ=SECONDLY", "Fair: recurs several times a day"),
        ("SUMMARY:Fair\nDTSTART:20240718T100000Z\nRRULE:FREQ=DAILY;BYHOUR=1,2", "Fair: recurs several times a day"),
        ("SUMMARY:Fair\nDTSTART;VALUE=DATE:20240718\nRRULE:FREQ=DAILY;INTERVAL=0", "Fair: recurs every 0 days"),
        ("SUMMARY:Fair\nDTSTART:20240718T100000Z\nRRULE:FREQ=OFTEN", "Fair: RRULE: Expected frequency, got: OFTEN"),
    ],
)
def test_broken_events_are_told_by_name(read, event, found):
    told = problem_of(read, ics(event, "DTSTART;VALUE=DATE:20240102"), "town.ics")
    assert told.problem == "1 event of `town.ics` can't be read"
    assert told.found == f"`{found}`"


@needs_ics
@pytest.mark.parametrize("text", ["", "hello", "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", "\x00\x01", "a,b\n1,2\n"])
def test_a_broken_ics_is_refused(read, text):
    assert problem_of(read, text, "town.ics", FileError).problem == "`town.ics` is not an iCalendar file"


@needs_ics
def test_an_ics_without_events_is_refused(read):
    assert problem_of(read, ics(), "town.ics").problem == "`town.ics` holds no events that last"
    assert problem_of(read, ics("DTSTART:20240718T100000Z"), "town.ics").problem == "`town.ics` holds no events that last"


def test_an_ics_without_the_extra_says_what_to_type(read, monkeypatch):
    monkeypatch.setitem(sys.modules, "icalendar", None)
    with pytest.raises(GridcastError, match=r"pip install \"gridcast\[ics\]\""):
        read(ics(), "town.ics")


WORDS = (
    'start end date name , ; " 2024-05-04 2024-05-04T12:00 12:00+02:00 04/05/2024 BEGIN:VCALENDAR END:VCALENDAR '
    "BEGIN:VEVENT END:VEVENT DTSTART: DTEND;VALUE=DATE: 20240504 20240504T1200Z RRULE:FREQ=DAILY;COUNT=3 DURATION:-P1D "
    "RDATE:20240505 EXDATE: TZID= é"
)
FRAGMENTS = st.sampled_from([*WORDS.split(), " ", "\n", "\n", "\r\n", "\ufeff", "\x00"])


@given(st.lists(FRAGMENTS, max_size=30).map("".join) | st.text(max_size=60), st.sampled_from(["x.csv", "x.ics"]))
def test_any_text_makes_events_or_an_error_of_ours(tmp_path_factory, text, name):
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        table = read_events(path).table
    except GridcastError:
        return
    assert (table["end"] > table["start"]).all()
    assert np.isfinite(Events(table).at(pd.date_range("2024-05-01", periods=99, freq="h"))).all()


EVENT = st.tuples(
    st.sampled_from(
        ["DTSTART:20240504T120000Z", "DTSTART;VALUE=DATE:20240504", "DTSTART;TZID=Europe/Berlin:20240504T120000", "DTSTART:PT1H"]
    ),
    st.sampled_from(
        ["", "DTEND:20240504T130000Z", "DTEND;VALUE=DATE:20240506", "DURATION:PT3H", "DURATION:-PT3H", "DTEND:20240101"]
    ),
    st.sampled_from(
        ["", "RRULE:FREQ=DAILY;COUNT=3", "RRULE:FREQ=YEARLY;UNTIL=20270101", "RDATE:20240506T120000Z", "EXDATE:x", "CATEGORIES:"]
    ),
    st.sampled_from(
        ["", "SUMMARY:Fair", "CATEGORIES:a,b", "RECURRENCE-ID:20240504", "LOCATION;X=Y:Kyiv", "DTSTART:20240504T120000Z"]
    ),
)


@needs_ics
@given(st.lists(EVENT, min_size=1, max_size=3))
def test_any_events_of_an_ics_make_events_or_an_error_of_ours(tmp_path_factory, events):
    path = tmp_path_factory.getbasetemp() / "any.ics"
    path.write_bytes(ics(*("\n".join(line for line in event if line) for event in events)).encode())
    try:
        table = read_events(path, last="2030-01-01").table
    except GridcastError:
        return
    assert (table["end"] > table["start"]).all()
