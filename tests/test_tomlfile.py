"""Tables as text, and back."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from gridcast.tomlfile import text_of

NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
PLAIN = NAMES | st.integers(-(2**53), 2**53) | st.booleans() | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8)


@given(st.dictionaries(st.sampled_from(["a", "b", "c-d"]), VALUES, max_size=3))
def test_tables_survive_the_way_through_toml(table):
    assert tomllib.loads(text_of({"table": table})) == {"table": table}


def test_what_is_left_out_is_a_comment():
    assert text_of({"a": {"x": None, "y": {"low": 1, "step": None}}}) == '[a]\n# x =\ny = { "low" = 1 }\n'
