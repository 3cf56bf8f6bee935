"""What is drawn: tables of typed columns, as Parquet holds them."""

from datetime import timedelta

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from .drawing import HEADS, ODD_NUMBERS, ODD_STAMPS

KINDS = st.sampled_from(
    [
        *(pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.bool_(), pa.null(), pa.decimal128(10, 2)),
        *(pa.int8(), pa.int64(), pa.uint64(), pa.float16(), pa.float32(), pa.float64(), pa.date32(), pa.date64()),
        *(pa.timestamp("s"), pa.timestamp("ns", "UTC"), pa.timestamp("ms", "Europe/Berlin"), pa.timestamp("us", "+05:30")),
        *(pa.time32("s"), pa.time64("us"), pa.duration("s"), pa.list_(pa.int8()), pa.struct([("a", pa.int8())])),
        *(pa.dictionary(pa.int8(), pa.string()), pa.dictionary(pa.int32(), pa.int64())),
    ]
)
PLAIN = {
    "string": st.text(max_size=3) | ODD_STAMPS | ODD_NUMBERS,
    "bool": st.booleans(),
    "float": st.floats(width=16) | st.integers(0, 99).map(float),
    "date": st.dates(),
    "time32": st.times().map(lambda moment: moment.replace(microsecond=0)),
    "time64": st.times(),
    "duration": st.timedeltas(timedelta(-99), timedelta(99)).map(lambda span: timedelta(seconds=int(span.total_seconds()))),
    "decimal": st.decimals(-99, 99, places=2),
    "binary": st.binary(max_size=3),
    "list": st.lists(st.integers(0, 9), max_size=2),
    "struct": st.just({"a": 1}),
    "null": st.none(),
}


@st.composite
def arrays(draw, kind: pa.DataType, rows: int) -> pa.Array:
    """Draw a column of a type; moments mostly follow each other."""
    name = str(kind).replace("large_", "").split("[")[0].split("(")[0].split("<")[0]
    if name == "timestamp" and draw(st.sampled_from([True, True, True, False])):
        first, step = draw(st.integers(1_700_000_000, 1_720_000_000)), draw(st.sampled_from([60, 3600, 86400, 0, -3600]))
        factor = {"s": 1, "ms": 1000, "us": 10**6, "ns": 10**9}[kind.unit]
        return pa.array([(first + step * row) * factor for row in range(rows)], pa.int64()).cast(kind)
    if name == "timestamp":
        return pa.array(
            draw(st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), min_size=rows, max_size=rows)), pa.int64()
        ).cast(kind)
    if pa.types.is_dictionary(kind):
        return draw(arrays(kind.value_type, rows)).dictionary_encode()
    if pa.types.is_integer(kind):
        bits, signed = kind.bit_width, pa.types.is_signed_integer(kind)
        whole = st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else st.integers(0, 2**bits - 1)
        return pa.array(draw(st.lists(st.none() | st.integers(0, 99) | whole, min_size=rows, max_size=rows)), kind)
    cells = PLAIN.get(
        "float"
        if name in ("halffloat", "double")
        else "date"
        if name.startswith("date")
        else name.replace("_view", "").replace("128", "")
    )
    values = draw(st.lists(st.none() | cells, min_size=rows, max_size=rows))
    return pa.array(np.array([np.nan if v is None else v for v in values], np.float16) if name == "halffloat" else values, kind)


@st.composite
def typed(draw, kinds: tuple[tuple[str, ...], ...]) -> pa.Table:
    """Draw a table of any types under names that are recognised."""
    usual = {
        "time": pa.timestamp("us", "UTC"),
        "place": pa.string(),
        "number": pa.float64(),
        "coordinate": pa.float64(),
        "flag": pa.int8(),
    }
    rows, chosen = draw(st.integers(0, 9)), draw(st.sampled_from(kinds))
    names, parts = [], []
    for kind in chosen:
        names.append(draw(HEADS[kind]))
        parts.append(draw(arrays(usual.get(kind, pa.float64()) if draw(st.booleans()) else draw(KINDS), rows)))
    return pa.table(parts, names)
