"""Files of local stamps: whatever zone, step, form and order they are written in, they come back as the same moments."""

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gridcast.clock import is_second, local_labels
from gridcast.panel import Panel
from gridcast.sources.pair import read_panel, save_tables
from gridcast.sources.readings import ReadOptions
from gridcast.sources.text.csvfile import read_consumption

# zone, steps [min], a day in a spring and one in an autumn whose clock was put; none was in Kolkata
ZONES = {
    "Europe/Berlin": ((5, 15, 30, 60), ("2024-03-31", "2024-10-27", "1995-09-24")),
    "America/New_York": ((5, 15, 30, 60), ("2024-03-10", "2024-11-03", "1999-10-31")),
    "Australia/Lord_Howe": ((15, 30), ("2024-04-07", "2024-10-06")),
    "Asia/Kolkata": ((5, 15, 30, 60), ("2024-03-31", "2024-10-27")),
    "America/Sao_Paulo": ((5, 15, 30, 60), ("2018-11-04", "2019-02-17", "2007-02-25", "2020-11-01")),
}
FORMS = ("%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M", "%Y-%m-%dT%H:%M:%S")


@st.composite
def clocks(draw: st.DrawFn, zone: str | None = None) -> tuple[str, pd.DatetimeIndex]:
    """A zone and regular moments in UTC around a day on which its clock was put, not beginning in a doubled hour."""
    zone = zone or draw(st.sampled_from(list(ZONES)))
    steps, days = ZONES[zone]
    freq = pd.Timedelta(minutes=draw(st.sampled_from(steps)))
    middle = pd.Timestamp(draw(st.sampled_from(days)), tz="UTC")
    start = middle - pd.Timedelta(hours=30) + freq * draw(st.integers(0, 40))
    times = pd.date_range(start, middle + pd.Timedelta(hours=30), freq=freq)
    assume(not is_second(times, zone)[0])
    return zone, times


def texts(times: pd.DatetimeIndex, zone: str, form: str, mark: str) -> pd.DataFrame:
    """Local stamps as a file has them, with what tells the doubled hour apart."""
    local = times.tz_convert(zone)
    columns = {"time": local.strftime(form)}
    if mark == "offset":
        columns["time"] = pd.Index([stamp.isoformat() for stamp in local])
    elif mark == "fold":
        columns["fold"] = is_second(times, zone).astype(int).astype(str)
    elif mark == "dst":
        columns["is_dst"] = ["Y" if stamp.dst() else "N" for stamp in local]
    elif mark == "timezone":
        columns["timezone"] = [stamp.tzname() for stamp in local]
    return pd.DataFrame(columns)


@settings(max_examples=60)
@given(data=st.data(), clock=clocks(), mark=st.sampled_from(["offset", "fold", "dst", "timezone", "order"]), wide=st.booleans())
def test_local_stamps_come_back_as_the_same_moments(tmp_path_factory, data, clock, mark, wide):
    zone, times = clock
    form = data.draw(st.sampled_from(FORMS))
    stamps = texts(times, zone, form, mark)
    values = np.arange(2 * len(times), dtype=float).reshape(2, -1)
    if wide:
        table = stamps.assign(A=values[0], B=values[1])
    else:
        table = pd.concat([stamps.assign(location=name, load=row) for name, row in zip("AB", values, strict=True)])
    if mark != "order" and data.draw(st.booleans()):
        table = table.sample(frac=1, random_state=data.draw(st.integers(0, 9)))
    path = tmp_path_factory.mktemp("local") / "load.csv"
    table.to_csv(path, index=False)
    readings = read_consumption(path, options=ReadOptions(timezone=zone)).readings
    assert list(readings.index) == list(times)
    assert np.array_equal(readings[["A", "B"]].to_numpy().T, values)


@settings(max_examples=15)
@given(minutes=st.sampled_from([15, 30]), day=st.sampled_from(["2024-03-31", "2024-10-27", "2024-10-06", "2024-11-03"]))
def test_each_place_by_the_clock_of_its_zone(tmp_path_factory, minutes, day):
    middle = pd.Timestamp(day, tz="UTC")
    times = pd.date_range(middle - pd.Timedelta(days=2), middle + pd.Timedelta(days=2), freq=f"{minutes}min")
    zones = dict(zip("ABCDE", ZONES, strict=True))
    values = {name: np.arange(len(times)) + 1000.0 * number for number, name in enumerate(zones)}
    parts = [
        pd.DataFrame({"time": local_labels(times, zone).strftime(FORMS[0]), "place": name, "load": values[name]})
        for name, zone in zones.items()
    ]
    path = tmp_path_factory.mktemp("zones") / "load.csv"
    pd.concat(parts).to_csv(path, index=False)
    read = read_consumption(path, options=ReadOptions(timezones=zones))
    assert list(read.readings.index) == list(times)
    for name, its in values.items():
        assert np.array_equal(read.readings[name], its)


def test_a_wide_table_of_several_zones_is_joined_on_utc(tmp_path):
    # 12:00 is 11:00 UTC in Rome, 10:00 in Kyiv, 10:00 in Athens, all in winter
    path = tmp_path / "load.csv"
    path.write_text("time,Rome,Kyiv,Athens\n2024-01-01 12:00,1,10,100\n2024-01-01 13:00,2,20,200\n")
    read = read_consumption(path, options=ReadOptions("Europe/Kyiv", {"Rome": "Europe/Rome", "Athens": "Europe/Athens"}))
    assert read.readings.index.strftime("%H:%M").tolist() == ["10:00", "11:00", "12:00"]
    assert read.readings.columns.tolist() == ["Rome", "Kyiv", "Athens"]
    np.testing.assert_array_equal(read.readings.to_numpy(), [[np.nan, 10, 100], [1, 20, 200], [2, np.nan, np.nan]])
    assert any("taken as Europe/Rome" in sentence for sentence in read.said)


def test_all_that_is_wrong_in_any_zone_is_told_once(tmp_path):
    path = tmp_path / "load.csv"
    path.write_text("time,Rome,Kyiv\n2024-01-01 12:00,1,x\n2024-13-01 13:00,2,20\n")
    with pytest.raises(Exception, match="1 timestamp of `time` can't be read") as caught:
        read_consumption(path, options=ReadOptions("Europe/Kyiv", {"Rome": "Europe/Rome"}))
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize(
    ("zone", "day", "readings"),
    [
        ("Europe/Berlin", "2024-03-31", 46),
        ("Europe/Berlin", "2024-10-27", 50),
        ("Europe/Berlin", "2024-06-01", 48),
        ("America/New_York", "2024-03-10", 46),
        ("Australia/Lord_Howe", "2024-04-07", 49),
        ("Australia/Lord_Howe", "2024-10-06", 47),
        ("America/Sao_Paulo", "2018-11-04", 46),
        ("America/Sao_Paulo", "2019-02-16", 50),
        ("America/Sao_Paulo", "2020-02-16", 48),  # summer time had been given up
        ("Asia/Kolkata", "2024-03-31", 48),
    ],
)
def test_half_hours_of_a_local_day(tmp_path, zone, day, readings):
    times = pd.date_range(pd.Timestamp(day, tz="UTC") - pd.Timedelta(days=1), periods=3 * 48, freq="30min")
    path = tmp_path / "load.csv"
    texts(times, zone, FORMS[0], "order").assign(A=1.0).to_csv(path, index=False)
    index = pd.DatetimeIndex(read_consumption(path, options=ReadOptions(timezone=zone)).readings.index)
    assert (local_labels(index, zone).normalize() == pd.Timestamp(day)).sum() == readings


@pytest.fixture(params=["Pacific/Apia", "America/St_Johns", "UTC"])
def machine(request, monkeypatch):
    """A machine in some zone; the own zone of this one is put back afterwards."""
    with monkeypatch.context() as changed:
        changed.setenv("TZ", request.param)
        time.tzset()
        yield request.param
    time.tzset()


@pytest.mark.usefixtures("machine")
def test_the_zone_of_the_machine_does_not_matter(tmp_path):
    times = pd.date_range("2024-10-26 12:00", periods=24, freq="h", tz="UTC")
    path = tmp_path / "load.csv"
    texts(times, "Europe/Berlin", FORMS[1], "order").assign(A=1.0).to_csv(path, index=False)
    assert list(read_consumption(path, options=ReadOptions(timezone="Europe/Berlin")).readings.index) == list(times)


@settings(max_examples=12)
@given(clock=clocks(), seed=st.integers(0, 99))
def test_a_panel_is_written_and_read_again(tmp_path_factory, clock, seed):
    zone, times = clock
    folder = tmp_path_factory.mktemp("again")
    random = np.random.default_rng(seed)
    local = texts(times, zone, FORMS[0], "fold").assign(A=random.normal(size=len(times)), B=random.normal(size=len(times)))
    local.loc[random.integers(len(times), size=5), "A"] = np.nan
    local.to_csv(folder / "load.csv", index=False)
    (folder / "places.csv").write_text(f"id,lat,lon,timezone\nA,1,2,{zone}\nB,3,4,{zone}\n")
    panel = read_panel(folder / "load.csv", folder / "places.csv").panel
    assert list(panel.times) == list(times)
    long = panel.dataset["consumption"].to_dataframe().reset_index().rename(columns={"time": "timestamp"})
    places = pd.DataFrame({"id": panel.locations, "latitude": [1, 3], "longitude": [2, 4], "timezone": zone})
    save_tables(long, places, folder / "load2.csv", folder / "places2.csv")
    again = read_panel(folder / "load2.csv", folder / "places2.csv").panel
    assert isinstance(again, Panel)
    np.testing.assert_allclose(again.consumption, panel.consumption, rtol=1e-6)
    assert again.dataset.drop_vars("consumption").identical(panel.dataset.drop_vars("consumption"))
