"""Any weather, calendar or settings: what they give keeps what it promises, or they are refused in order."""

import shutil
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from gridcast.config import RunConfig, make_config, read_config, to_toml
from gridcast.sources.calendarfile import read_events
from gridcast.sources.weather.axes import NAMES
from gridcast.sources.weather.quantities import QUANTITIES, UNITS
from gridcast.sources.weather.reading import read_weather
from gridcast.sources.weather.weather import WeatherOptions

from .drawing import EVENTS, STRIKES, WEATHER, WORDS, ZONES, damaged, one_of, texts
from .drawing_typed import typed
from .promises import check_events, check_weather, examples, outcome

# ---- weather ----

SUFFIXES = st.sampled_from(["csv", "parquet"])
WEATHER_OPTIONS = st.builds(
    WeatherOptions,
    timezone=ZONES,
    variables=st.sampled_from([(), (), ("temperature",), ("wind_speed", "nothing")]),
    missing=st.sampled_from([(), (-9999.0,)]),
    availability=st.sampled_from(["", "", "perfect", "forecast", "observed"]),
    units=st.sampled_from([{}, {}, {"temperature": "degF"}, {"temperature": "nothing"}]),
)
LOCATIONS = st.none() | st.just(pd.DataFrame({"id": ["A", "B"], "latitude": [50.0, np.nan], "longitude": [8.0, 9.0]}))


@examples(60)
@given(texts(WEATHER), WEATHER_OPTIONS, LOCATIONS)
def test_weather_of_stations_in_text(folder, content, options, locations):
    path = folder / "weather.csv"
    path.write_bytes(content)
    if (read := outcome(read_weather, path, options=options, locations=locations)) is not None:
        check_weather(read)


@examples(40)
@given(typed(WEATHER), WEATHER_OPTIONS)
def test_weather_of_stations_in_parquet(folder, table, options):
    path = folder / "weather.parquet"
    pq.write_table(table, path)
    if (read := outcome(read_weather, path, options=options)) is not None:
        check_weather(read)


TIME_UNITS = one_of(
    "hours since 1900-01-01|seconds since 1970-01-01|days since 2024-01-01 06:00|hours||months since 2000-01-01|h|weeks|"
    "fortnights since never|hours since 0000-00-00|days since 1-1-1|nanoseconds since 1970-01-01"
)
CALENDARS = one_of("standard|standard|standard|gregorian|proleptic_gregorian|noleap|360_day|julian|none|strange")
DIMS = ["time", "latitude", "longitude", "issued", "lead"]
FIELD_NAMES = [*QUANTITIES, "t2m", "tp", "ssrd", "u10", "v10", "nothing"]
FIELD_UNITS = [unit for units in UNITS.values() for unit in units] + ["", "K", "strange"]
ODD_ATTRIBUTES = {
    "scale_factor": 0.0,
    "add_offset": float("nan"),
    "_FillValue": -1.0,
    "valid_range": "x",
    "coordinates": "a b",
    "missing_value": 1.0,
}


@st.composite
def fields(draw) -> xr.Dataset:
    """Draw a field with dimensions under any of their names, in any order, with too few or too many of them."""
    roles = draw(st.sampled_from([DIMS[:3], DIMS[:3], DIMS[1:], DIMS[1:4], DIMS, DIMS[1:3], DIMS[:2]]))
    names = {role: draw(st.sampled_from(NAMES[role])) for role in roles} | {
        "other": draw(st.sampled_from(["number", "expver", "level"]))
    }
    sizes = {name: draw(st.integers(0 if draw(st.integers(0, 9)) == 0 else 1, 3)) for name in dict.fromkeys(names.values())}
    coordinates = {}
    for role, name in names.items():
        if draw(st.integers(0, 9)) == 0:
            continue
        values = np.arange(sizes[name]) * draw(st.sampled_from([1, 1, 1, -1, 0, 24, 0.25])) + draw(
            st.sampled_from([0, 8, 50, 1_000_000, -200])
        )
        values = np.where(draw(st.integers(0, 15)) == 0, np.nan, values)
        attributes = {}
        if role in ("time", "issued"):
            attributes = {"units": draw(TIME_UNITS), "calendar": draw(CALENDARS)}
        elif role == "lead":
            attributes = {"units": draw(st.sampled_from(["hours", "h", "", "days", "strange", "hours since 2000-01-01"]))}
        if draw(st.integers(0, 15)) == 0:
            values = np.array([draw(WORDS.filter(lambda text: "\0" not in text)) for _ in values], dtype=object)
        coordinates[name] = (name, values, {key: value for key, value in attributes.items() if value})
    dims = draw(st.permutations([names[role] for role in roles] + ([names["other"]] if draw(st.integers(0, 3)) == 0 else [])))
    dims = list(dict.fromkeys(dims))
    variables = {}
    for name in draw(
        st.lists(st.sampled_from(FIELD_NAMES).filter(lambda each: each not in sizes), min_size=1, max_size=3, unique=True)
    ):
        of = dims if draw(st.integers(0, 4)) else dims[:-1]
        kind = draw(st.sampled_from(["f4", "f8", "i2", "f4", "u1"]))
        values = np.arange(np.prod([sizes[dim] for dim in of], dtype=int)).reshape([sizes[dim] for dim in of]).astype(kind)
        odd = (
            dict(draw(st.lists(st.sampled_from(sorted(ODD_ATTRIBUTES.items(), key=str)), max_size=1)))
            if draw(st.integers(0, 5)) == 0
            else {}
        )
        variables[name] = (of, values, {"units": draw(st.sampled_from(FIELD_UNITS))} | odd)
    return xr.Dataset(variables, coordinates)


@examples(40)
@given(fields(), st.sampled_from(["nc", "cdf", "zarr"]), WEATHER_OPTIONS, STRIKES, st.integers(0, 2))
@pytest.mark.filterwarnings("ignore")
def test_weather_fields(folder, field, suffix, options, strikes, broken):
    path = folder / f"weather.{suffix}"
    shutil.rmtree(path, ignore_errors=True)
    path.unlink(missing_ok=True)
    try:
        if suffix == "zarr":
            field.to_zarr(path)
        else:
            field.to_netcdf(path, engine={"nc": "h5netcdf", "cdf": "scipy"}[suffix])
    except Exception:  # what can't be written needn't be read
        return
    files = [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file())
    if suffix == "nc":  # in which the library of HDF5 itself may abort, but not where a file is only cut off
        strikes = [("end", where, b"") for _, where, _ in strikes[:1]]
    if broken == 0 and strikes:
        hit = files[int(strikes[0][1] * (len(files) - 1))]
        hit.write_bytes(damaged(hit.read_bytes(), strikes))
    if (read := outcome(read_weather, path, options=options)) is not None:
        check_weather(read)


# ---- calendars and settings ----


@examples(40)
@given(texts(EVENTS))
def test_events_in_text(folder, content):
    path = folder / "events.csv"
    path.write_bytes(content)
    if (read := outcome(read_events, path)) is not None:
        check_events(read)


ICS_LINES = one_of(
    "BEGIN:VEVENT|END:VEVENT|DTSTART:20240504T120000Z|DTSTART;VALUE=DATE:20240504|DTEND:20240504T130000Z|"
    "DTEND;VALUE=DATE:20240506|DTSTART;TZID=Europe/Berlin:20240331T023000|DTSTART;TZID=Mars/Base:20240504T120000|"
    "DURATION:PT3H|DURATION:-P1D|DURATION:P9999W|RRULE:FREQ=DAILY;COUNT=3|RRULE:FREQ=YEARLY|RRULE:FREQ=WEEKLY;INTERVAL=0|"
    "RRULE:FREQ=MONTHLY;BYDAY=5MO|RDATE:20240505T120000Z|RRULE:FREQ=YEARLY;BYMONTHDAY=31;BYMONTH=2|"
    "RRULE:FREQ=DAILY;UNTIL=99991231|EXDATE:20240505|RECURRENCE-ID:20240504|SUMMARY:Fair|CATEGORIES:a,b|LOCATION:A|UID:1|"
    "BEGIN:VTIMEZONE|END:VTIMEZONE|TZID:Own|DTSTART:99991231T235959Z|DTSTART;VALUE=DATE:00010101|DTEND;VALUE=DATE:99991231|"
    "RRULE:FREQ=DAILY;COUNT=999999999|STATUS:CANCELLED|SEQUENCE:x|X:|:|BEGIN:VALARM|DTSTART:19700101"
)


@examples(40)
@given(st.lists(st.lists(ICS_LINES, max_size=4), max_size=3), st.booleans(), STRIKES)
def test_events_in_icalendar(folder, events, orderly, strikes):
    pytest.importorskip("recurring_ical_events")
    path = folder / "events.ics"
    lines = [line for event in events for line in (["BEGIN:VEVENT", *event, "END:VEVENT"] if orderly else event)]
    content = "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *lines, "END:VCALENDAR", ""]).encode()
    path.write_bytes(damaged(content, strikes[:1]))
    if (read := outcome(read_events, path, places=["A"], last="2030-01-01")) is not None:
        check_events(read)


SETTINGS = [(section, name) for section, kind in RunConfig.model_fields.items() for name in kind.annotation.model_fields]
TOML = st.recursive(
    st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["UTC", "mask", "2024-01-01"])
    | st.datetimes()
    | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@examples(40)
@given(st.lists(st.tuples(st.sampled_from([*SETTINGS, ("data", "temporl"), ("dta", "x"), ("model", "")]), TOML), max_size=4))
def test_any_settings(folder, chosen):
    nested: dict[str, Any] = {}
    for (section, name), value in chosen:
        nested.setdefault(section, {})[name] = value
    if (config := outcome(make_config, nested)) is not None:
        path = folder / "again.toml"
        path.write_text(to_toml(config), encoding="utf-8")
        assert make_config(read_config(path)) == config


GOOD_TOML = to_toml(RunConfig()).encode()


@examples(40)
@given(
    STRIKES,
    st.sampled_from(
        [b"", b"x = 1\n[data]\n", b"[data.temporal]\n", b"[[task]]\n", b"data = 5\n", b"model.grid_size = [1, 2, 3]\n"]
    ),
    st.binary(max_size=20),
)
def test_a_damaged_configuration(folder, strikes, before, after):
    path = folder / "gridcast.toml"
    path.write_bytes(before + damaged(GOOD_TOML, strikes) + after)
    outcome(lambda: make_config(read_config(path)))
