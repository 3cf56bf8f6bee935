"""Load of North American operators through gridstatus, on daily files in the form of NYISO's archive."""

import sys
import time

import numpy as np
import pandas as pd
import pytest

from gridcast.errors import ConfigError, FileError, GridcastError, PanelError
from gridcast.sources.northamerica import _within, read_consumption_gridstatus
from gridcast.sources.web import Asking, PassingError

from ..contracts.test_sources import check_source
from .conftest import Answer

ZONES = {"CAPITL": 61757, "N.Y.C.": 61761, "WEST": 61752}
NEW_YORK = "America/New_York"


def daily(day, minutes=5, skip=()):
    """Return a day's file: the reading of a zone is its place in the list plus the hours since that midnight."""
    times = pd.date_range(day, day + pd.DateOffset(days=1), freq=f"{minutes}min", inclusive="left")
    lines = ['"Time Stamp","Time Zone","Name","PTID","Load"']
    for moment in times:
        for order, (name, number) in enumerate(ZONES.items()):
            if (moment.hour, moment.minute) not in skip:
                value = order * 1000 + (moment - day) / pd.Timedelta(hours=1)
                lines.append(f'"{moment:%m/%d/%Y %H:%M:%S}","{moment:%Z}","{name}",{number},{value:.4f}')
    return "\n".join(lines) + "\n"


def day_of(path):
    """Return the day of a file, from its name: `pal-20240115.csv`."""
    return pd.Timestamp(path[-12:-4], tz=NEW_YORK)


def answer(path, query):
    return Answer(daily(day_of(path)))


@pytest.fixture
def read(loopback, asking, monkeypatch):
    """Return a function that reads NYISO's load from a server in the place of the operator's, and the server."""
    pytest.importorskip("gridstatus", reason="gridstatus is not installed")
    requests = pytest.importorskip("requests")
    server = loopback(answer)
    request = requests.Session.request

    def elsewhere(session, method, url, **options):
        path = url.split("/", 3)[3]
        return request(session, method, f"{server.url}/{path}", **options)

    monkeypatch.setattr(requests.Session, "request", elsewhere)

    def consumption(start="2024-01-15 05:00", end="2024-01-16 05:00", **options):
        return read_consumption_gridstatus("NYISO", start, end, **{"asking": asking(), **options})

    return consumption, server


def test_what_every_source_promises(read):
    consumption, _ = read
    check_source(consumption())


def test_zones_are_locations_and_minutes_are_averaged(read):
    consumption, server = read
    found = consumption()
    assert found.unit == "MW"
    assert found.readings.columns.tolist() == list(ZONES)
    assert len(found.readings) == 24
    assert found.readings.index[0] == pd.Timestamp("2024-01-15 05:00", tz="UTC")  # midnight in New York
    # the readings of the first hour are 0/12, 1/12 ... 11/12 of an hour after midnight
    assert found.readings.iloc[0].tolist() == pytest.approx([5.5 / 12, 1000 + 5.5 / 12, 2000 + 5.5 / 12], abs=1e-4)
    assert "NYISO" in found.said[0]
    assert len(server.asked) == 1


@pytest.mark.parametrize(("day", "hours"), [("2024-03-10", 23), ("2024-11-03", 25)])
def test_local_days_have_23_and_25_hours(read, day, hours):
    consumption, server = read
    start = pd.Timestamp(day, tz=NEW_YORK)
    found = consumption(start, start + pd.DateOffset(days=1)).readings
    assert len(found) == hours
    assert found["CAPITL"].to_numpy() == pytest.approx(np.arange(hours) + 5.5 / 12, abs=1e-4)
    assert len(server.asked) == 1


def test_what_was_not_asked_for_is_left_out(read):
    consumption, _ = read
    found = consumption("2024-01-15 07:00", "2024-01-15 09:00", freq=pd.Timedelta(minutes=5)).readings
    assert found.index[[0, -1]].strftime("%H:%M").tolist() == ["07:00", "08:55"]


def test_quarters_can_be_had(read):
    consumption, server = read
    server.answer = lambda path, query: Answer(daily(day_of(path), minutes=15))
    assert len(consumption(freq=pd.Timedelta(minutes=15)).readings) == 96
    assert consumption(freq=pd.Timedelta(hours=1)).readings["CAPITL"].iloc[1] == pytest.approx(1.375)  # 1, 1.25, 1.5, 1.75


def test_missing_days_and_hours_are_gaps(read):
    consumption, server = read

    def holes(path, query):
        day = day_of(path)
        few = {(3, minute) for minute in (5, 20, 25, 50)} | {(4, minute) for minute in (5, 20, 25)}
        return Answer("", 404) if day.day == 16 else Answer(daily(day, skip=few))

    server.answer = holes
    found = consumption("2024-01-15 05:00", "2024-01-18 05:00").readings
    assert len(found) == 72
    # the hours from 03:00 on the 15th and the 17th, of which 8 readings of 12 are there, and the 16th; 9 are enough
    assert np.flatnonzero(found["WEST"].isna()).tolist() == [3, *range(24, 48), 51]


def test_no_day_at_all_is_an_error(read):
    consumption, server = read
    server.answer = lambda path, query: Answer("", 404)
    with pytest.raises(PanelError, match=r"NYISO .* has no readings"):
        consumption()


def test_each_day_is_asked_for_once_and_enough_without_the_network(read, asking):
    consumption, server = read
    first = consumption("2024-01-15 05:00", "2024-01-17 05:00").readings
    again = consumption("2024-01-15 05:00", "2024-01-17 05:00", asking=asking(offline=True)).readings
    pd.testing.assert_frame_equal(first, again)
    assert len(server.asked) == 2
    with pytest.raises(FileError, match="1 answer cannot be had") as caught:
        consumption("2024-01-15 05:00", "2024-01-18 05:00", asking=asking(offline=True))
    assert "gridstatus NYISO load 2024-01-17" in str(caught.value)


def test_it_is_asked_again_after_failures(read):
    consumption, server = read
    server.first = [Answer("", 500), Answer("", 429)]
    assert consumption().readings.notna().all(axis=None)
    assert len(server.asked) == 3


def test_the_last_failure_is_told(read):
    consumption, server = read
    server.answer = lambda path, query: Answer("", 503)
    with pytest.raises(GridcastError, match=r"NYISO \(gridstatus\) does not answer") as caught:
        consumption()
    assert "HTTP status 503, at the last of 3 tries" in str(caught.value)


@pytest.mark.parametrize("body", ["", "<html>maintenance</html>", '"Time Stamp","Time Zone","Name"\n1,2,3\n', b"\xff\xfe\x00\x81"])
def test_a_file_without_sense_is_an_error_and_is_not_kept(read, body, tmp_path):
    consumption, server = read
    server.answer = lambda path, query: Answer(body)
    with pytest.raises(GridcastError, match="makes no sense"):
        consumption()
    assert not any((tmp_path / "cache").iterdir())


def test_a_slow_operator_is_given_up(read, asking):
    consumption, server = read
    server.answer = lambda path, query: Answer("", delay=0.8)
    with pytest.raises(GridcastError, match="does not answer") as caught:
        consumption(asking=Asking(cache=asking().cache, timeout=0.1, tries=2, pause=0.001))
    assert "nothing within 0.2 s" in str(caught.value)


def test_an_operator_that_no_longer_has_the_day_says_so(asking):
    pytest.importorskip("gridstatus", reason="gridstatus is not installed")
    with pytest.raises(GridcastError, match="MISO does not tell its load of 2024-01-15"):
        read_consumption_gridstatus("miso", "2024-01-15 12:00", "2024-01-15 13:00", asking=asking())


def test_wrong_arguments_are_refused():
    with pytest.raises(ConfigError, match="there is no operator `NYSO`") as caught:
        read_consumption_gridstatus("NYSO", "2024-01-01", "2024-01-02")
    assert "did you mean `NYISO`?" in str(caught.value)
    with pytest.raises(ConfigError, match="the span is empty"):
        read_consumption_gridstatus("nyiso", "2024-01-02", "2024-01-01")


def test_without_the_library_it_is_said_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "gridstatus", None)
    with pytest.raises(GridcastError, match="`gridstatus` is not installed") as caught:
        read_consumption_gridstatus("NYISO", "2024-01-01", "2024-01-02")
    assert 'pip install "gridcast[gridstatus]"' in str(caught.value)


def test_a_call_without_a_time_limit_gets_one():
    assert _within(5.0, lambda: pd.DataFrame({"a": [1]}))["a"].tolist() == [1]
    with pytest.raises(ZeroDivisionError):
        _within(5.0, lambda: 1 / 0)
    with pytest.raises(PassingError, match="nothing within 0"):
        _within(0.01, lambda: time.sleep(0.3))
