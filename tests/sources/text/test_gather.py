"""A file that is read in blocks gives what the whole file gives: the same readings, the same sentences, the same problems."""

import gzip
import tracemalloc

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridcast.errors import FileError, GridcastError, PanelError
from gridcast.sources.readings import ReadOptions
from gridcast.sources.text.csvfile import read_consumption

LONG = "timestamp,location,consumption\n2024-01-01 00:00,Kyiv,1\n2024-01-01 00:00,Lviv,2\n2024-01-01 01:00,Kyiv,3\n"
WIDE = "timestamp,Kyiv,Lviv\n2024-01-01 00:00,1,2\n2024-01-01 01:00,3,\n"
ANY_FILE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)


@pytest.fixture
def both(tmp_path, monkeypatch):
    """Return a function that reads a file at once and in blocks of a few bytes, and gives what came of each."""

    def read(content: str | bytes, block: int = 48, **options) -> list:
        monkeypatch.setattr("gridcast.sources.text.moments.MANY", 2)
        path = tmp_path / "load.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        outcomes = []
        for whole in (1 << 20, 1):
            monkeypatch.setattr("gridcast.sources.text.blocks.WHOLE", whole)
            monkeypatch.setattr("gridcast.sources.text.blocks.BLOCK", block)
            try:
                outcomes.append(read_consumption(path, options=ReadOptions(**options)))
            except GridcastError as error:
                outcomes.append(error)
        return outcomes

    return read


def assert_same(outcomes: list) -> None:
    whole, streamed = outcomes
    if isinstance(whole, Exception) or isinstance(streamed, Exception):
        assert repr(streamed) == repr(whole)
        return
    assert (streamed.said, streamed.unit) == (whole.said, whole.unit)
    assert (streamed.readings.dtypes == np.float32).all()
    pd.testing.assert_frame_equal(streamed.readings, whole.readings.astype(np.float32), rtol=0, atol=0)


def hours(day: str, zone: str, places: str = "AB", periods: int = 60) -> list[str]:
    """Return rows of a long table on the wall clock of a zone, by place."""
    times = pd.date_range(day, periods=periods, freq="h", tz="UTC").tz_convert(zone)
    return [f"{time:%Y-%m-%d %H:%M},{place},{n}" for place in places for n, time in enumerate(times)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("content", [LONG, WIDE], ids=["long", "wide"])
def test_encodings_and_line_ends(both, content, encoding, end):
    assert_same(both(content.replace("Kyiv", "Zürich").replace("\n", end).encode(encoding)))


def test_a_file_that_turns_out_late_not_to_be_utf8(both):
    outcomes = both(("\n".join(["time,zone,load", *hours("2024-01-01", "UTC")]) + "\n2024-01-09,Zürich,5\n").encode("cp1252"))
    assert_same(outcomes)
    assert "Zürich" in outcomes[1].readings
    assert "load.csv: not UTF-8, taken as Windows-1252" in outcomes[1].said


@pytest.mark.parametrize("pack", [gzip.compress, lambda content: pa.compress(content, "zstd", asbytes=True)], ids=["gzip", "zstd"])
def test_compressed_files(both, pack):
    assert_same(both(pack("\n".join(["time,zone,load", *hours("2024-01-01", "UTC")]).encode())))


@pytest.mark.parametrize("order", ["by place", "by time", "backwards"])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
def test_the_hour_that_comes_twice(both, order, zone):
    day = {"Europe/Berlin": "2024-10-26 12:00", "America/New_York": "2024-11-02 12:00"}.get(zone, "2024-04-05 20:00")
    rows = hours(day, zone, periods=40)
    if order == "by time":
        rows = [row for pair in zip(rows[:40], rows[40:], strict=True) for row in pair]
    elif order == "backwards":
        rows = rows[::-1]
    outcomes = both("\n".join(["time,zone,load", *rows]) + "\n", timezone=zone)
    assert_same(outcomes)
    assert outcomes[1].readings["B"].tolist() == list(range(40))


def test_the_order_of_the_hour_that_comes_twice_is_that_of_its_places(both):
    rows = ["2024-10-27 12:00,Z,1", *hours("2024-10-26 12:00", "Europe/Berlin", periods=40)[::-1]]
    outcomes = both("\n".join(["time,zone,load", *rows]) + "\n", timezone="Europe/Berlin")
    assert_same(outcomes)
    assert outcomes[1].readings["B"].tolist() == list(range(40))


def test_stamps_in_the_same_order_in_each_place_and_then_another(both):
    rows = [
        *hours("2024-01-01", "UTC", "ABC", 20),
        *hours("2024-01-01 03:00", "UTC", "D", 17),
        *hours("2024-01-01", "UTC", "E", 25),
    ]
    assert_same(both("\n".join(["time,zone,load", *rows]) + "\n", block=200))


def test_rows_out_of_order_are_counted_across_blocks(both):
    rows = hours("2024-01-01", "UTC")
    random = np.random.default_rng(1)
    outcomes = both("\n".join(["time,zone,load", *(rows[n] for n in random.permutation(len(rows)))]) + "\n")
    assert_same(outcomes)
    assert any("out of order" in said for said in outcomes[1].said)


@pytest.mark.parametrize(
    "content",
    [
        LONG + "2024-01-01 01:00,Kyiv,3\n2024-01-01 01:00,Kyiv,3\n2024-01-01 00:00,Lviv,2\n",
        LONG + "soon,Kyiv,x\n\n2024-01-01 02:00, ,inf\n,,\n2024-01-01 03:00,Lviv,5 MW\nlater,Lviv,1\n",
        LONG + "2024-01-01 02:00,Kyiv\n2024-01-01 02:00,Lviv,1\n2024-01-01 03:00,Kyiv,1,2\n",
        LONG + "2024-01-01T02:00Z,Kyiv,1\n" + LONG.partition("\n")[2],
        LONG.replace("1\n", "1e39\n"),
        WIDE + "2024-01-01 01:00,1,x\n2024-01-01 01:00,1,2\n",
        'time,zone,load,note\n2024-01-01,A,1,"two\nlines"\n2024-01-02,A,x,\n2024-01-03,A,"1,5",\n',
        'time,zone,load\n2024-01-01,A,1\n2024-01-02,"A,1\n2024-01-03,A,1\n',
        "date,hour,kwh\n2024-01-01,1,1\n2024-01-01,2,4\n2024-01-01,24,2\n",
        "date,hour,kwh\n2024-01-01,1,1\n2024-01-01,2,4\n2024-01-01,,2\n",
        "t;A\n1/2/2024 02:00;1\n2/2/2024 02:00;2\n31/3/2024 02:30;2,5\n",
        "time,A\n2024-01-01,\n2024-01-02,\n2024-01-03,\n2024-01-04,\n",
        "time,A,B\n2024-01-01,-,1\n2024-01-02,2,1\n2024-01-03,2,NA\n2024-01-04,-9999,5\n",
        "time,A\n" + "".join(f"2024-01-{day:02d},x{day}\n" for day in range(1, 29)),
    ],
)
def test_what_is_wrong_is_told_alike(both, content):
    assert_same(both(content, no_reading=(-9999.0,)))


def test_stamps_that_the_clock_skips(both):
    rows = [f"2024-03-31 {hour:02d}:{minute},A,1" for hour in range(4) for minute in ("00", "30")]
    whole, streamed = both("\n".join(["time,zone,load", *rows]) + "\n", timezone="Europe/Berlin")
    assert "`line 6: 2024-03-31 02:00`, `line 7: 2024-03-31 02:30`" in str(streamed)
    assert repr(whole) == repr(streamed)


def test_the_frame_of_a_large_file_is_a_view_of_one_array(both):
    readings = both(LONG)[1].readings
    base = readings.to_numpy().base
    assert base is not None
    assert np.shares_memory(readings["Kyiv"].to_numpy(), readings["Lviv"].to_numpy()) is False
    assert np.shares_memory(readings.to_numpy(), base)
    assert readings.to_numpy().dtype == np.float32
    assert readings.to_numpy().flags.c_contiguous


@pytest.mark.parametrize("cut", [1, 9, 40])
@pytest.mark.parametrize("pack", [gzip.compress, lambda content: pa.compress(content, "zstd", asbytes=True)], ids=["gzip", "zstd"])
def test_compressed_files_that_are_cut_off(both, pack, cut):
    packed = pack("\n".join(["time,zone,load", *hours("2024-01-01", "UTC")]).encode())
    for outcome in both(packed[:-cut]):
        assert isinstance(outcome, FileError)
        assert "is not a sound" in str(outcome)


def test_a_row_without_end(both, monkeypatch):
    monkeypatch.setattr("gridcast.sources.text.pieces.LONGEST_ROW", 200)
    outcome = both('time,zone,load\n2024-01-01,A,1\n2024-01-02,"A,1\n' + "2024-01-03,A,1\n" * 40)[1]
    assert isinstance(outcome, FileError)
    assert "without the end of a row" in str(outcome)


def test_readings_that_are_too_scattered_are_refused_early(both, monkeypatch):
    monkeypatch.setattr("gridcast.sources.text.gather.MOST_CELLS", 3)
    rows = [f"2024-01-{day:02d},P{day},1" for day in range(1, 29)]
    for outcome in both("\n".join(["time,zone,load", *rows]) + "\n"):
        assert isinstance(outcome, PanelError)
        assert "too scattered" in str(outcome)


FRAGMENTS = st.sampled_from([",", ";", "\n", '"', "\0", "\r", "-", "nan", "9" * 20, "24:00", "/", "Z", "é", "1e999", "hour", " - "])
GOOD = (LONG, WIDE, "date,hour,kwh\n2024-01-01,1,5\n2024-03-31,24,6\n", "t;A\n1/2/2024 02:00;1,5\n31/3/2024 02:30;2\n")


@ANY_FILE
@given(
    st.sampled_from(GOOD),
    st.lists(st.tuples(st.integers(30, 120), st.integers(0, 9), st.one_of(FRAGMENTS, st.text(max_size=3))), max_size=3),
    st.integers(32, 90),
)
def test_any_mutation_is_read_or_refused_in_blocks_too(both, content, cuts, block):
    for start, length, new in cuts:
        content = content[:start] + new + content[start + length :]
    both(content.encode("utf-8", "surrogatepass"), block=block, timezone="Europe/Berlin")


def test_a_large_file_takes_little_memory_beside_its_array(tmp_path, monkeypatch):
    monkeypatch.setattr("gridcast.sources.text.blocks.WHOLE", 1 << 16)
    monkeypatch.setattr("gridcast.sources.text.blocks.BLOCK", 1 << 16)
    times = pd.date_range("2024-01-01", periods=1500, freq="h").strftime("%Y-%m-%d %H:%M")
    path = tmp_path / "load.csv"
    path.write_text("time,zone,load\n" + "".join(f"{time},P{place},{place}\n" for place in range(300) for time in times))
    read_consumption(path)
    tracemalloc.start()
    readings = read_consumption(path).readings
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert readings.shape == (1500, 300)  # 1.8 MB, of a file of 10 MB
    assert peak < 1.5 * readings.size * 4
    assert pa.default_memory_pool().bytes_allocated() < 1 << 20


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_daily_readings(both, zone):
    rows = [f"{day:%Y-%m-%d},{place},{n}" for place in "AB" for n, day in enumerate(pd.date_range("2024-03-20", periods=20))]
    outcomes = both("\n".join(["day,zone,load", *rows]) + "\n", timezone=zone)
    for outcome in outcomes:
        assert outcome.readings.index[0] == pd.Timestamp("2024-03-20", tz="UTC")
    assert_same(outcomes)


def test_zones_of_places_and_marks_of_summer_time(both):
    rows = [f"{row},{int(n % 40 < 13)}" for n, row in enumerate(hours("2024-10-26 12:00", "Europe/Berlin", periods=40))]
    marked = both("\n".join(["time,zone,load,dst", *rows]) + "\n", timezone="Europe/Berlin")
    zoned = both("\n".join(["time,zone,load", *hours("2024-01-01", "UTC")]) + "\n", timezones={"A": "Europe/Kyiv"})
    assert_same(marked)
    assert marked[1].readings["B"].tolist() == list(range(40))
    assert_same(zoned)


def doubled(zone, place, *, backwards=False):
    """Return half a day of hours around the one that comes twice, by the clock of a place: 12 rows from 20:00 UTC on."""
    times = pd.date_range("2024-10-26 20:00", periods=12, freq="h", tz="UTC").tz_convert(zone).strftime("%Y-%m-%d %H:%M")
    rows = [f"{stamp},{place},{n}" for n, stamp in enumerate(times)]
    return rows[::-1] if backwards else rows


@pytest.mark.parametrize("backwards", [False, True])
def test_the_doubled_hours_of_places_in_several_zones(both, backwards):
    zones = {"A": "Europe/Berlin", "B": "Europe/Athens", "C": "Europe/Berlin", "D": "UTC"}
    rows = [row for place, zone in zones.items() for row in doubled(zone, place, backwards=backwards)]
    outcomes = both("\n".join(["time,zone,load", *rows]) + "\n", timezones=zones)
    for outcome in outcomes:
        assert outcome.readings.index[0] == pd.Timestamp("2024-10-26 20:00", tz="UTC")
        assert len(outcome.readings) == 12
        for place in zones:
            assert outcome.readings[place].tolist() == list(range(12))
    assert_same(outcomes)


def test_a_wide_file_with_several_zones(both):
    times = pd.date_range("2024-07-01", periods=48, freq="h").strftime("%Y-%m-%d %H:%M")
    content = "\n".join(["time,A,B", *(f"{stamp},{n},{n + 100}" for n, stamp in enumerate(times))]) + "\n"
    outcomes = both(content, timezones={"B": "Europe/Athens"})
    for outcome in outcomes:
        assert outcome.readings.index[[0, -1]].hour.tolist() == [21, 23]  # midnight of Athens in summer; the last hour in UTC
        assert outcome.readings["A"].dropna().tolist() == list(range(48))
        assert outcome.readings["B"].dropna().tolist() == list(range(100, 148))
    assert_same(outcomes)


def test_marks_that_do_not_tell_are_named_with_their_lines(both):
    rows = [f"{row},{'0' if n != 5 else 'perhaps'}" for n, row in enumerate(doubled("Europe/Berlin", "A"))]
    outcomes = both("\n".join(["time,zone,load,marked", *rows]) + "\n", timezone="Europe/Berlin", fold_column="marked")
    for outcome in outcomes:
        problem = outcome.problems[0]
        assert problem.problem == "1 row in the hour that comes twice in autumn can't be told apart by `marked`"
        assert problem.found == "`line 7: perhaps`"  # the second of 02:00: after the header, 22:00, 23:00, 00:00, 01:00, 02:00
    assert_same(outcomes)


def test_rows_without_a_name_have_no_zone(both):
    rows = ["2024-01-01 00:00,,1", *hours("2024-01-01", "UTC")]
    for outcome in both("\n".join(["time,zone,load", *rows]) + "\n", timezones={"A": "Europe/Kyiv"}):
        assert [problem.problem.partition(" of ")[0] for problem in outcome.problems] == ["1 row"]
