"""Columns are recognised by their usual names."""

import pytest

from gridcast.sources.text.columns import SPATIAL, TEMPORAL, choose, key, says_end, says_utc, unit_of


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (["timestamp", "location", "consumption"], (0, 1, 2)),
        (["Location ID", "UTC Time", "Load [MW]"], (1, 0, 2)),
        (["unique_id", "ds", "y"], (1, 0, 2)),
        (["zone-id", "value", "Date/Time"], (2, 0, 1)),
        (["DateTime", "buildingId", "meter_reading"], (0, 1, 2)),
        (["interval_start_utc", "ba", "demand_mwh"], (0, 1, 2)),
        (["kWh", "ts", "Site"], (None, 2, 0)),
        (["MTU (CET/CEST)", "Area", "Actual Total Load (MW)"], (0, 1, 2)),
    ],
)
def test_readings(header, expected):
    chosen = choose(header, TEMPORAL, {}, "f")
    assert tuple(chosen.columns.get(role) for role in ("time", "location", "consumption")) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (["id", "latitude", "longitude"], (0, 1, 2)),
        (["name", "location_id", "lat", "lng"], (1, 2, 3)),
        (["LON", "LAT", "Station"], (2, 1, 0)),
        (["x", "y", "bus"], (2, 1, 0)),
        (["x", "y", "lat", "long", "bus"], (4, 2, 3)),
        (["node", "Latitude (deg)", "Longitude (deg)"], (0, 1, 2)),
    ],
)
def test_places(header, expected):
    chosen = choose(header, SPATIAL, {}, "f")
    assert tuple(chosen.columns.get(role) for role in ("id", "latitude", "longitude")) == expected


def test_utc_is_preferred_and_the_choice_is_said():
    chosen = choose(["local_time", "time", "utc_time"], TEMPORAL, {}, "load.csv")
    assert chosen.columns == {"time": 2}
    expected = "load.csv: time = `utc_time` rather than `time`, `local_time` (`--time-column` to change)"
    assert chosen.notes == {"time": expected}


def test_the_start_of_an_interval_is_preferred_to_its_end():
    assert choose(["interval_end", "interval_start"], TEMPORAL, {}, "f").columns["time"] == 1


def test_a_named_column_wins_whatever_its_capitals():
    chosen = choose(["timestamp", "when", "zone", "load"], TEMPORAL, {"time": "When"}, "f")
    assert chosen.columns == {"time": 1, "location": 2, "consumption": 3}


def test_a_named_column_is_not_given_to_another_role():
    assert choose(["t", "id", "name"], TEMPORAL, {"consumption": "id"}, "f").columns == {"location": 2, "consumption": 1}


def test_named_columns_that_are_not_there_are_all_told():
    chosen = choose(["time", "zone", "load"], TEMPORAL, {"time": "tme", "location": "qqq"}, "f")
    assert [problem.problem for problem in chosen.problems] == ["`f` has no column `tme`", "`f` has no column `qqq`"]
    assert [problem.hint for problem in chosen.problems] == ["did you mean `--time-column time`?", ""]
    assert chosen.problems[0].found == "`time`, `zone`, `load`"


def test_columns_of_the_same_name_are_told():
    (problem,) = choose(["time", "A", "B", "A"], TEMPORAL, {}, "f").problems
    assert problem.found == "`A` in columns 2, 4"


@pytest.mark.parametrize(
    ("name", "word"),
    [("Load_MW", "load"), ("loadMW", "load"), ("consumption (kWh)", "consumption"), ("MW", "mw"), ("ZoneId", "zoneid")],
)
def test_key(name, word):
    assert key(name) == word


def test_units():
    names = {"load_mw": "MW", "Verbrauch [kWh]": "kWh", "loadGW": "GW", "mwh": "MWh", "Kyiv": "", "power": "", "W": "W"}
    assert {name: unit_of(name) for name in names} == names


def test_what_the_name_of_a_time_says():
    assert says_utc("timestamp_utc")
    assert not says_utc("timestamp")
    assert [says_end(name) for name in ("Hour Ending", "interval_end_utc", "HE", "time", "hour")] == [True] * 3 + [False] * 2
