import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridcast import errors
from gridcast.errors import ConfigError, GridcastError, GridcastWarning, Problem, counted, listed, require_positive


def test_an_error_says_what_was_found_what_was_expected_and_what_to_type():
    error = GridcastError("no readings", found="0 rows", expected="at least 1", hint="run `gridcast check load.csv`")
    assert str(error) == ("no readings\n  found:    0 rows\n  expected: at least 1\n\nhint: run `gridcast check load.csv`")


def test_parts_that_are_not_known_leave_no_trace():
    assert str(GridcastError("no readings")) == "no readings"
    assert str(GridcastError("no readings", expected="one")) == "no readings\n  expected: one"


def test_several_problems_are_told_at_once():
    error = ConfigError.of(Problem(name, found=f"{name}!") for name in ("first", "second"))
    assert type(error) is ConfigError
    assert [problem.problem for problem in error.problems] == ["first", "second"]
    assert str(error) == error.args[0] == "first\n  found:    first!\n\nsecond\n  found:    second!"


def test_an_error_survives_the_way_from_a_worker_process():
    error = ConfigError.of([Problem("first", hint="a"), Problem("second", found="b")])
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is ConfigError
    assert (again.problems, str(again)) == (error.problems, str(error))


@pytest.mark.parametrize("name", ["PanelError", "FileError", "ConfigError", "ShapeError", "TrainingError"])
def test_every_error_is_a_gridcast_error(name):
    assert issubclass(getattr(errors, name), GridcastError)


def test_a_warning_is_not_an_error():
    assert issubclass(GridcastWarning, UserWarning)
    assert not issubclass(GridcastWarning, GridcastError)


def test_a_long_list_is_cut_and_the_rest_counted():
    assert listed([]) == ""
    assert listed("ABCDE") == "`A`, `B`, `C`, `D`, `E`"
    assert listed("ABCDEFG") == "`A`, `B`, `C`, `D`, `E` and 2 more"
    assert listed((name for name in "ABC"), shown=1) == "`A` and 2 more"


@pytest.mark.parametrize(
    ("things", "text"), [(0, "0 places"), (1, "1 place"), (1234567, "1,234,567 places"), (["A"], "1 place"), ("AB", "2 places")]
)
def test_a_count_agrees_with_its_noun(things, text):
    assert counted(things, "place") == text


@given(st.floats(min_value=0, exclude_min=True))
def test_what_is_above_zero_passes(value):
    require_positive(value=value)


@given(st.floats(max_value=0) | st.just(float("nan")) | st.integers(max_value=0))
def test_what_is_not_above_zero_is_refused(value):
    with pytest.raises(ConfigError, match="`value` must be above zero"):
        require_positive(value=value)


def test_all_values_that_are_not_above_zero_are_named():
    with pytest.raises(ConfigError) as caught:
        require_positive(epochs=0, horizon=24, stride=-1)
    (problem,) = caught.value.problems
    assert problem == Problem(
        "`epochs`, `stride` must be above zero", found="epochs = 0, stride = -1", expected="a number of at least 1"
    )
