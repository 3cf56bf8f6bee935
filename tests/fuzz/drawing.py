"""What is drawn: tables of all sorts under names that readers know, as texts, packed and damaged."""

import gzip
from datetime import UTC, datetime, timedelta

import pyarrow as pa
from hypothesis import strategies as st

from gridcast.sources.readings import ReadOptions
from gridcast.sources.text.columns import CONSUMPTION, FOLD, ID, LATITUDE, LOCATION, LONGITUDE, TIME
from gridcast.sources.weather.series import ISSUED, STATION


def one_of(texts: str) -> st.SearchStrategy[str]:
    return st.sampled_from(texts.split("|"))


WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5) | one_of(
    '|| |A|A|B|C|nan|NULL|"|a,b|\ufefftime|location|kind|weather station|-|0|12|Київ'
)
ZONES = one_of("UTC|Europe/Berlin|America/New_York|Australia/Lord_Howe|UTC+02:00|local|Mars/Base|")
FORMS = one_of(
    "%Y-%m-%d %H:%M|%Y-%m-%dT%H:%M:%SZ|%Y-%m-%d|%d.%m.%Y %H:%M|%m/%d/%Y %I:%M %p|%d/%m/%y %H:%M|%Y%m%d%H|%s|%s000|%b %d %Y %H:%M|"
    "%Y-%m-%dT%H:%M:%S.%f+01:00|%H:%M|%Y-%j|%Y/%m/%d %Hh|%d-%b-%y %H.%M"
)
ODD_STAMPS = one_of(
    "|never|2024-13-45|0000-00-00|9999-12-31 23:59|24:00|2024-01-01 24:00|1e10|-1|99999999999999999999999|inf|nan|2024-W05-1|"
    "٢٠٢٤-01-01|2024-02-30|2024-01-01 00:00+25:00|2262-04-12|1600-01-01|2024-01-01T00:00:60Z|12|31.12.2024 24:00|00:00 PM|20240101|"
    "2024-01-01 00:00 CET|2024-01-01 00:00 Europe/Berlin|2024-01-01 00:00-00:30"
)
ODD_NUMBERS = st.just("9" * 400) | one_of(
    '|-|n/a|nan|inf|-inf|1e400|1,5|1.234,5|1,234.5|1 234|0x1F|12 MW|1e-400|٣|+-1|-9999|65535|1_000|true|5%|1.|.5|--5|∞|"5"| 7 |1e5|'
    "1E+05|\0|5,5,5|0|-0"
)
NUMBERS = st.floats(-1e4, 1e4).map(lambda value: f"{value:.6g}")
STRIKES = st.lists(
    st.tuples(
        st.sampled_from(["cut", "insert", "twice", "replace", "end"]),
        st.floats(0, 1),
        st.sampled_from([b",", b";", b"\n", b'"', b"\0", b"\r", b"\xff", b"\xc3", b"Z", b"24:00", b"nan", b"1e999", b"\t", b" "])
        | st.binary(min_size=1, max_size=6),
    ),
    max_size=3,
)


def synonyms(*roles) -> st.SearchStrategy[str]:
    return st.sampled_from([synonym for role in roles for synonym in role.synonyms])


@st.composite
def clocks(draw, rows: int) -> list[str]:
    """Draw stamps: mostly regular, often around a change of the clock, in any order, some of them odd."""
    first = draw(
        st.sampled_from([datetime(2024, 3, 30, 20), datetime(2024, 10, 26, 20), datetime(2023, 12, 31), datetime(2020, 4, 4, 9)])
    )
    step = draw(st.sampled_from([5, 15, 30, 60, 60, 60, 1440, 10080, 7]))
    form = draw(FORMS)
    moments = [(first + timedelta(minutes=step * row)).replace(tzinfo=UTC) for row in range(rows)]
    stamps = [moment.strftime(form.replace("%s", str(int(moment.timestamp())))) for moment in moments]
    for row, odd in draw(st.lists(st.tuples(st.integers(0, max(0, rows - 1)), ODD_STAMPS), max_size=2)):
        stamps[row:row] = [] if draw(st.booleans()) else [odd]
    return (draw(st.permutations(stamps)) if draw(st.sampled_from([False, False, True])) else stamps)[:rows]


@st.composite
def columns(draw, kind: str, rows: int) -> list[str]:
    """Draw the cells of a column."""
    if kind == "time":
        return (draw(clocks(rows)) + [""] * rows)[:rows]
    if kind == "number":
        cells = draw(st.lists(NUMBERS, min_size=rows, max_size=rows))
    elif kind == "place":
        names = draw(st.lists(WORDS, min_size=1, max_size=3))
        cells = (
            [names[row % len(names)] for row in range(rows)]
            if draw(st.booleans())
            else draw(st.lists(st.sampled_from(names), min_size=rows, max_size=rows))
        )
    elif kind == "flag":
        cells = draw(
            st.lists(st.sampled_from(["0", "1", "S", "W", "CET", "CEST", "", "true", "+01:00"]), min_size=rows, max_size=rows)
        )
    else:
        cells = draw(st.lists(WORDS | ODD_NUMBERS | ODD_STAMPS, min_size=rows, max_size=rows))
    for row, odd in draw(st.lists(st.tuples(st.integers(0, max(0, rows - 1)), ODD_NUMBERS | WORDS), max_size=2)):
        cells[row : row + 1] = [odd] if rows else []
    return cells


HEADS = {
    "time": synonyms(TIME) | st.sampled_from(["time (UTC)", "date", "hour", "Hour Ending", "local time"]),
    "place": synonyms(LOCATION, ID),
    "number": synonyms(CONSUMPTION) | st.sampled_from(["MW", "load (kWh)", "A", "B", "Wh"]) | WORDS,
    "flag": synonyms(FOLD),
    "coordinate": synonyms(LATITUDE, LONGITUDE),
    "weather": st.sampled_from(
        ["temperature", "temp_A (F)", "A humidity [%]", "KLGA wind_mph", "temperature (K)", "rain", "pressure_inHg"]
    ),
    "issued": synonyms(ISSUED),
    "station": synonyms(STATION),
    "junk": WORDS,
}
CELLS = {"coordinate": "number", "weather": "number", "issued": "time", "station": "place"}
READINGS = (
    ("time", "place", "number"),
    ("time", "number", "number"),
    ("time", "time", "number"),
    ("time", "flag", "place", "number"),
)
PLACES = ("place", "coordinate", "coordinate"), ("place", "coordinate", "coordinate", "junk"), ("place", "junk")
WEATHER = (
    ("time", "weather", "weather"),
    ("time", "station", "weather", "weather"),
    ("issued", "time", "weather"),
    ("issued", "time", "station", "weather"),
    ("time", "number"),
)
EVENTS = ("time", "time", "junk"), ("time", "place", "junk")


@st.composite
def tables(draw, kinds: tuple[tuple[str, ...], ...]) -> tuple[list[str], list[list[str]]]:
    """Draw a header and the cells of its columns: mostly what is wanted, sometimes more, less, or the same twice."""
    chosen = [*draw(st.sampled_from(kinds)), *draw(st.lists(st.sampled_from(sorted(HEADS)), max_size=2))]
    if draw(st.sampled_from([False, False, False, True])):
        chosen = draw(st.permutations(chosen))[: draw(st.integers(1, len(chosen)))]
    rows = draw(st.integers(0, 12))
    return [draw(HEADS[kind]) for kind in chosen], [draw(columns(CELLS.get(kind, kind), rows)) for kind in chosen]


@st.composite
def texts(draw, kinds: tuple[tuple[str, ...], ...]) -> bytes:
    """Draw a text file: a table, somehow written, packed and damaged."""
    header, cells = draw(tables(kinds))
    separator, end = draw(st.sampled_from(",,;\t|")), draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    if draw(st.sampled_from([False, False, True])):
        cells = [[cell.replace(".", ",") for cell in column] for column in cells]

    def written(cell: str) -> str:
        return '"' + cell.replace('"', '""') + '"' if any(mark in cell for mark in (separator, '"', "\n", "\r")) else cell

    lines = [separator.join(map(written, row)) for row in [header, *zip(*cells, strict=True)]]
    encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252", "utf-32"]))
    content = damaged(end.join([*lines, ""]).encode(encoding, "replace"), draw(STRIKES))
    packing = draw(st.sampled_from(["", "", "", "gzip", "zstd", "gzip twice"]))
    if packing:
        content = gzip.compress(content, mtime=0) if "gzip" in packing else pa.compress(content, codec="zstd", asbytes=True)
        content = gzip.compress(content, mtime=0) if "twice" in packing else content
        content = damaged(content, draw(STRIKES))
    return content


def damaged(content: bytes, strikes: list[tuple[str, float, bytes]]) -> bytes:
    """Return bytes with some cut out, put in, put twice or replaced, or cut off, each at a share of the length."""
    for kind, where, new in strikes:
        start = int(where * len(content))
        old = content[start : start + len(new)]
        middle = {"cut": b"", "insert": new + old, "twice": old + old, "replace": new}.get(kind)
        content = content[:start] if middle is None else content[:start] + middle + content[start + len(new) :]
    return content


NAMES_OF_COLUMNS = st.none() | st.none() | st.none() | WORDS | synonyms(TIME, LOCATION, CONSUMPTION)
OPTIONS = st.builds(
    ReadOptions,
    timezone=ZONES,
    timezones=st.none() | st.dictionaries(st.sampled_from("ABC"), ZONES, max_size=2),
    time_column=NAMES_OF_COLUMNS,
    location_column=NAMES_OF_COLUMNS,
    consumption_column=NAMES_OF_COLUMNS,
    fold_column=NAMES_OF_COLUMNS,
    no_reading=st.sampled_from([(), (), (65535.0, -9999.0), (0.0,)]),
)
SOME_OPTIONS = st.just(ReadOptions(timezone="Europe/Berlin")) | st.just(ReadOptions()) | OPTIONS
