"""Load of European zones through entsoe-py: resolutions, gaps, the changes of the clock, patience, and the key that nobody sees."""

import re
import sys

import numpy as np
import pandas as pd
import pytest

from gridcast.errors import ConfigError, FileError, GridcastError, PanelError
from gridcast.sources.entsoe import read_consumption_entsoe

from ..contracts.test_sources import check_source
from .conftest import Answer

pytest.importorskip("entsoe", reason="entsoe-py is not installed")

KEY = "0f9e-secret/key+1"
CODES = {"10Y1001A1001A82H": "DE_LU", "10YFR-RTE------C": "FR", "10YPT-REN------W": "PT"}
MINUTES = {"DE_LU": 15, "FR": 60, "PT": 60}
XML = {"Content-Type": "text/xml"}
NOTHING = """<?xml version="1.0" encoding="UTF-8"?>
<Acknowledgement_MarketDocument xmlns="urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:7:0">
  <mRID>1</mRID><Reason><code>999</code><text>No matching data found for Data item Actual Total Load [6.1.A]</text></Reason>
</Acknowledgement_MarketDocument>"""


def period(start, end, minutes, values, skip=()):
    points = "".join(
        f"<Point><position>{n}</position><quantity>{value}</quantity></Point>" for n, value in enumerate(values, 1) if n not in skip
    )
    interval = f"<timeInterval><start>{start:%Y-%m-%dT%H:%MZ}</start><end>{end:%Y-%m-%dT%H:%MZ}</end></timeInterval>"
    return f"<Period>{interval}<resolution>PT{minutes}M</resolution>{points}</Period>"


def document(*periods, curve="A01"):
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<GL_MarketDocument xmlns="urn:iec62325.351:tc57wg16:451-6:generationloaddocument:3:0">
  <mRID>1</mRID><type>A65</type><process.processType>A16</process.processType>
  <TimeSeries><mRID>1</mRID><businessType>A04</businessType><objectAggregation>A01</objectAggregation>
    <quantity_Measure_Unit.name>MAW</quantity_Measure_Unit.name><curveType>{curve}</curveType>{"".join(periods)}
  </TimeSeries>
</GL_MarketDocument>"""


def asked_span(query):
    return [pd.to_datetime(query[name], format="%Y%m%d%H%M", utc=True) for name in ("periodStart", "periodEnd")]


def minutes_since(times):
    return ((times - pd.Timestamp("2024-01-01", tz="UTC")) / pd.Timedelta(minutes=1)).astype(int)


def answer(path, query):
    """Return the load of the zone: the minutes since 2024 began."""
    start, end = asked_span(query)
    minutes = MINUTES[CODES[query["outBiddingZone_Domain"]]]
    times = pd.date_range(start, end, freq=f"{minutes}min", inclusive="left")
    return Answer(document(period(start, end, minutes, minutes_since(times))), headers=XML)


@pytest.fixture
def read(loopback, asking, monkeypatch):
    """Return a function that reads a day of zones from a server, and the server."""
    monkeypatch.delenv("ENTSOE_API_KEY", raising=False)
    server = loopback(answer)

    def consumption(zones=("FR",), start="2024-02-01", end="2024-02-02", **options):
        return read_consumption_entsoe(zones, start, end, key=KEY, **{"asking": asking(server.url), **options})

    return consumption, server


def test_what_every_source_promises(read):
    consumption, _ = read
    check_source(consumption(("FR", "DE_LU")))


def test_hours_are_read_in_utc_at_their_start(read):
    consumption, server = read
    found = consumption()
    assert found.unit == "MW"
    assert found.readings.index.name == "timestamp"
    assert str(found.readings.index.tz) == "UTC"
    assert len(found.readings) == 24
    # 31 days after 2024 began: 44,640 minutes
    assert found.readings["FR"].iloc[:2].tolist() == [44_640, 44_700]
    ((_, query),) = server.asked
    assert query == {
        "documentType": "A65",
        "processType": "A16",
        "outBiddingZone_Domain": "10YFR-RTE------C",
        "out_Domain": "10YFR-RTE------C",
        "securityToken": KEY,
        "periodStart": "202402010000",
        "periodEnd": "202402020000",
    }


def test_quarters_are_read_as_they_are_and_averaged_beside_hours(read):
    consumption, _ = read
    quarters = consumption(["DE_LU"]).readings
    assert len(quarters) == 96
    assert quarters.index.freq == pd.Timedelta(minutes=15)
    both = consumption(["DE_LU", "FR"])
    assert both.readings.shape == (24, 2)
    # quarters at 44,640, 44,655, 44,670 and 44,685
    assert both.readings["DE_LU"].iloc[0] == 44_662.5
    assert any("DE_LU: readings 15 min apart, now their means over 1 h" in sentence for sentence in both.said)
    assert len(consumption(["DE_LU"], freq=pd.Timedelta(minutes=30)).readings) == 48


@pytest.mark.parametrize(("what", "process"), [("load", "A16"), ("day-ahead", "A01")])
def test_load_and_forecast_are_asked_for_by_the_month(read, what, process):
    consumption, server = read
    found = consumption(["FR"], "2024-01-15", "2024-03-02", what=what)
    # 17 days of January, 29 of February, 1 of March
    assert len(found.readings) == 47 * 24
    assert found.readings["FR"].diff().dropna().eq(60).all()
    assert [query["processType"] for _, query in server.asked] == [process] * 3
    assert [query["periodStart"] for _, query in server.asked] == ["202401150000", "202402010000", "202403010000"]
    assert [query["periodEnd"] for _, query in server.asked] == ["202402010000", "202403010000", "202403020000"]


@pytest.mark.parametrize(("day", "hours"), [("2024-03-31", 23), ("2024-10-27", 25), ("2024-06-01", 24)])
def test_local_days_have_23_and_25_hours(read, day, hours):
    consumption, _ = read
    start = pd.Timestamp(day, tz="Europe/Berlin")
    for zone, steps in (("FR", 1), ("DE_LU", 4)):
        found = consumption([zone], start, start + pd.DateOffset(days=1)).readings
        assert len(found) == hours * steps
        assert found.index[0] == start
        assert found[zone].notna().all()


def test_what_was_not_asked_for_is_left_out(read):
    consumption, server = read

    def whole_days(path, query):
        start, end = (time.normalize() for time in asked_span(query))
        return answer(
            path, {**query, "periodStart": f"{start:%Y%m%d%H%M}", "periodEnd": f"{end + pd.Timedelta(days=1):%Y%m%d%H%M}"}
        )

    server.answer = whole_days
    found = consumption(["FR"], "2024-02-01 05:00", "2024-02-01 09:00").readings
    assert found.index.hour.tolist() == [5, 6, 7, 8]


def test_gaps_stay_gaps_and_repeated_values_are_filled_in(read):
    consumption, server = read
    start, end = (pd.Timestamp(f"2024-02-0{day}", tz="UTC") for day in (1, 2))
    values = list(range(96))
    server.first = [Answer(document(period(start, end, 15, values, skip={3, 9})), headers=XML)]
    found = consumption(["DE_LU"]).readings["DE_LU"]
    assert np.flatnonzero(found.isna()).tolist() == [2, 8]
    # curve type A03: a point that is left out repeats the one before
    server.first = [Answer(document(period(start, end, 15, values, skip={3, 9}), curve="A03"), headers=XML)]
    found = consumption(["DE_LU"], end="2024-02-01 12:00").readings["DE_LU"]
    assert found.iloc[[2, 8]].tolist() == [1, 7]
    assert found.notna().all()


def test_an_hour_with_a_missing_quarter_is_missing(read):
    consumption, server = read
    start, end = (pd.Timestamp(f"2024-02-0{day}", tz="UTC") for day in (1, 2))
    server.first = [Answer(document(period(start, end, 15, range(96), skip={6})), headers=XML)]
    found = consumption(["DE_LU"], freq=pd.Timedelta(hours=1)).readings["DE_LU"]
    assert np.flatnonzero(found.isna()).tolist() == [1]
    assert found.iloc[0] == 1.5


def test_a_zone_that_goes_over_to_quarters_is_read_in_hours(read):
    consumption, server = read
    start, change, end = (pd.Timestamp(f"2024-02-0{day}", tz="UTC") for day in (1, 2, 4))
    two = document(period(start, change, 60, [100] * 24), period(change, end, 15, [100, 104] * 96))
    server.first = [Answer(two, headers=XML)]
    found = consumption(["FR"], start, end)
    assert len(found.readings) == 72
    assert found.readings["FR"].iloc[[0, 23, 24, 71]].tolist() == [100, 100, 102, 102]
    assert any("15 min or 1 h apart" in sentence for sentence in found.said)


def test_a_zone_without_data_is_said_and_none_at_all_is_an_error(read):
    consumption, server = read
    server.answer = lambda path, query: Answer(NOTHING, headers=XML) if "PT" in query["out_Domain"] else answer(path, query)
    found = consumption(["FR", "PT"])
    assert found.readings["PT"].isna().all()
    assert found.readings["FR"].notna().all()
    assert "PT: no readings" in found.said
    with pytest.raises(PanelError, match="there are no readings"):
        consumption(["PT"])


def test_what_was_asked_once_is_had_without_the_network_and_the_key(read, asking, tmp_path, monkeypatch):
    consumption, server = read
    first = consumption(["DE_LU", "FR"]).readings
    offline = asking(server.url, offline=True)
    again = read_consumption_entsoe(["DE_LU", "FR"], "2024-02-01", "2024-02-02", asking=offline).readings
    pd.testing.assert_frame_equal(first, again, check_freq=False)
    assert len(server.asked) == 2
    with pytest.raises(FileError, match="3 answers cannot be had") as caught:
        read_consumption_entsoe(["PT"], "2023-12-01", "2024-02-02", asking=offline)
    assert "entsoe load PT 2023-12-01" in str(caught.value)
    assert KEY.encode() not in b"".join(path.read_bytes() for path in (tmp_path / "cache").iterdir())


def test_it_is_asked_again_after_failures(read):
    consumption, server = read
    server.first = [Answer("", 500), Answer("", 429)]
    assert consumption().readings["FR"].notna().all()
    assert len(server.asked) == 3


def test_a_slow_server_is_given_up(read, asking):
    consumption, server = read
    server.answer = lambda path, query: Answer("", delay=0.6)
    asked = asking(server.url)
    patience = type(asked)(url=server.url, cache=asked.cache, timeout=0.1, tries=2, pause=0.001)
    with pytest.raises(GridcastError, match="ENTSO-E does not answer") as caught:
        consumption(asking=patience)
    assert "ReadTimeout, at the last of 2 tries" in str(caught.value)


UNUSUAL = {
    "refused": Answer("<html>Unauthorized</html>", 401),
    "forbidden": Answer(f"token {KEY} is not allowed", 403),
    "wrong parameter": Answer(NOTHING.replace("No matching data found", f"bad {KEY}"), 400, XML),
    "too much": Answer(
        NOTHING.replace("No matching data found for Data item", "amount of requested data exceeds allowed limit"), 400, XML
    ),
    "busy": Answer(f"token {KEY}", 503),
    "cut": Answer(document(period(*[pd.Timestamp("2024-02-01")] * 2, 60, range(24)))[:600], headers=XML),
    "words": Answer(document(period(*[pd.Timestamp("2024-02-01")] * 2, 60, ["much " + KEY])), headers=XML),
    "another resolution": Answer(document(period(*[pd.Timestamp("2024-02-01")] * 2, 7, range(24))), headers=XML),
    "a page": Answer("<html>maintenance</html>"),
    "nothing": Answer(""),
    "bytes": Answer(b"\xff\xfe\x00<TimeSeries>"),
}


@pytest.mark.parametrize("told", UNUSUAL.values(), ids=UNUSUAL)
def test_whatever_else_is_answered_is_an_error_without_the_key(read, told, tmp_path):
    consumption, server = read
    server.answer = lambda path, query: told
    with pytest.raises(
        GridcastError, match=r"ENTSO-E (refuses the request|does not answer)|the answer of ENTSO-E makes no sense"
    ) as caught:
        consumption()
    assert re.search("secret|securityToken", str(caught.value)) is None
    assert not any((tmp_path / "cache").iterdir())


def test_the_key_is_not_logged(read, caplog):
    consumption, _ = read
    with caplog.at_level("DEBUG"):
        consumption()
    assert "Performing request" in caplog.text
    assert "securityToken=***" in caplog.text
    assert "secret" not in caplog.text


def test_no_server_is_an_error_without_the_key(read, asking):
    consumption, _ = read
    with pytest.raises(GridcastError, match="ENTSO-E does not answer") as caught:
        consumption(asking=asking("http://127.0.0.1:9"))
    assert "ConnectionError" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_wrong_arguments_are_refused_all_at_once(read, asking):
    consumption, server = read
    with pytest.raises(ConfigError, match="has no zone `DE_LUX`") as caught:
        consumption(["DE_LUX", "FR", "Narnia"])
    assert "did you mean `DE_LU`?" in str(caught.value)
    assert "`Narnia`" in str(caught.value)
    with pytest.raises(ConfigError, match="the span is empty"):
        consumption(end="2024-01-01")
    with pytest.raises(ConfigError, match="is not asked for `prices`"):
        consumption(what="prices")
    with pytest.raises(PanelError, match="no zones"):
        consumption([])
    with pytest.raises(ConfigError, match="ENTSO-E wants a key") as caught:
        read_consumption_entsoe(["FR"], "2024-01-01", "2024-01-02", asking=asking(server.url))
    assert "ENTSOE_API_KEY" in str(caught.value)
    assert server.asked == []


def test_the_key_is_taken_from_the_environment(loopback, asking, monkeypatch):
    monkeypatch.setenv("ENTSOE_API_KEY", "another")
    server = loopback(answer)
    read_consumption_entsoe(["FR"], "2024-01-01", "2024-01-02", asking=asking(server.url))
    assert server.asked[0][1]["securityToken"] == "another"


def test_without_the_library_it_is_said_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "entsoe", None)
    with pytest.raises(GridcastError, match="`entsoe` is not installed") as caught:
        read_consumption_entsoe(["FR"], "2024-01-01", "2024-01-02", key=KEY)
    assert 'pip install "gridcast[entsoe]"' in str(caught.value)
