"""The search space: what is refused, the points of a grid, and the settings of a trial."""

import pytest

from gridcast.config import RunConfig, make_config
from gridcast.errors import ConfigError
from gridcast.tuning.space import DEFAULT, Choices, Range, Space, described


def config(space: dict | None, **tables) -> RunConfig:
    return make_config({"tune": {"space": space} if space is not None else {}, **tables})


def problems(space: dict, **tables):
    with pytest.raises(ConfigError) as caught:
        Space.of(config(space, **tables))
    return caught.value.problems


def test_a_space_has_choices_and_ranges():
    space = Space.of(
        config({"epochs": [20, 60], "learning_rate": {"low": 1e-4, "high": 1e-2, "log": True}, "units": {"low": 8, "high": 64}})
    )
    assert space.dimensions == {
        "epochs": Choices((20, 60)),
        "learning_rate": Range(1e-4, 1e-2, log=True),
        "units": Range(8, 64, whole=True),
    }


def test_without_a_space_there_is_a_default_one():
    assert list(Space.of(config(None)).dimensions) == list(DEFAULT)
    assert "size" not in Space.of(config(None, model={"units": 48})).dimensions


def test_each_part_of_the_default_space_is_allowed():
    assert list(Space.of(config(DEFAULT)).dimensions) == list(DEFAULT)


@pytest.mark.parametrize(
    ("name", "values", "problem", "found", "expected"),
    [
        ("learning_rate", {"low": 0.1, "high": 0.01}, "contradicts itself", '{"low": 0.1, "high": 0.01}', "`low` below `high`"),
        ("dropout", {"low": 0, "high": 0.5, "log": True}, "contradicts itself", '"log": true', "above zero"),
        ("epochs", {"low": 1, "high": 9, "log": True, "step": 2}, "contradicts itself", "step", "not both"),
        ("epochs", {"low": 1, "high": 9, "step": 10}, "contradicts itself", "step", "fits between"),
        ("epochs", {"low": 1, "high": 9.5}, "whole number", "9.5", "whole numbers"),
        ("epochs", {"low": 1}, "no range", '{"low": 1}', "low = 0.001"),
        ("epochs", {"low": "a", "high": 3}, "no range", '"a"', "low = 0.001"),
        ("epochs", {"low": 0, "high": 3}, "out of range", "0", "greater than"),
        ("dropout", {"low": 0.1, "high": 1.5}, "out of range", "1.5", "less than 1"),
        ("dropout", {"low": float("nan"), "high": 0.5}, "no range", "NaN", "low = 0.001"),
        ("epochs", [], "no choices", "[]", "at least one"),
        ("epochs", [20, 20], "twice", "20", "different"),
        ("epochs", [20, "default"], "out of range", "'default'", "integer"),
        ("size", ["small", "huge"], "out of range", "'huge'", "'medium'"),
        ("spatial", ["cnn", "gnn"], "out of range", "'gnn'", "'convlstm'"),
        ("epochs", 20, "one value", "20", "list of choices"),
    ],
)
def test_what_makes_no_sense_is_refused(name, values, problem, found, expected):
    (told,) = problems({name: values})
    assert f"`{name}` in `[tune.space]`" in told.problem
    assert problem in told.problem
    assert found in told.found
    assert expected in told.expected
    assert told.hint


def test_an_unknown_name_gets_a_hint():
    (told,) = problems({"learningrate": [1]})
    assert (told.found, told.hint) == ("learningrate", "did you mean `learning_rate`?")
    (told,) = problems({"epochs": {"low": 1, "hihg": 3}})
    assert told.hint == "did you mean `high`?"


def test_all_problems_are_told_at_once():
    assert [each.found for each in problems({"epoch": [1], "epochs": []})] == ["epoch", "[]"]


def test_an_empty_space_is_refused():
    (told,) = problems({})
    assert told.problem == "the search space is empty"


def test_size_and_units_are_not_searched_together():
    (told,) = problems({"size": ["small"], "units": [8, 16]})
    assert "both the width" in told.problem
    (told,) = problems({"size": ["small", "medium"]}, model={"units": 8})
    assert "model.units = 8" in told.found


def test_a_grid_has_every_point_once():
    space = Space.of(
        config(
            {
                "epochs": [5, 9],
                "dropout": {"low": 0, "high": 0.3, "step": 0.1},
                "learning_rate": {"low": 1e-4, "high": 0.1, "log": True},
            }
        )
    )
    grid = space.grid()
    # 2 choices x 0, 0.1, 0.2, 0.3 x four numbers of a range
    assert len(grid) == len({tuple(point.values()) for point in grid}) == 2 * 4 * 4
    assert {point["dropout"] for point in grid} == {0.0, 0.1, 0.2, 0.3}
    assert {point["learning_rate"] for point in grid} == {1e-4, 1e-3, 1e-2, 1e-1}


def test_whole_numbers_of_a_grid_are_whole_and_different():
    # 1, 1.67, 2.33, 3 rounded
    assert Range(1, 3, whole=True).points() == [1, 2, 3]


def test_a_grid_without_end_is_refused():
    space = Space.of(config({name: {"low": 1, "high": 50, "step": 1} for name in ("epochs", "batch_size", "units")}))
    with pytest.raises(ConfigError, match="too many points") as caught:
        space.grid()
    assert caught.value.problems[0].found.startswith("125,000: 50 of `epochs` x")


def test_a_trial_changes_only_what_it_was_given():
    asked = {"grid_size": [8, [4, 6], "default"], "epochs": [3, 5], "learning_rate": {"low": 1e-4, "high": 1e-2}}
    space = Space.of(config(asked, model={"grid_size": 9}, data={"unit": "MW"}))
    changed = space.with_values({"grid_size": "[4, 6]", "epochs": 5, "learning_rate": 0.005})
    assert (changed.model.grid_size, changed.training.epochs, changed.training.learning_rate) == ((4, 6), 5, 0.005)
    assert changed.data == space.config.data
    assert space.with_values({"grid_size": "default"}).model.grid_size is None
    assert space.with_values({}) == space.config


def test_lists_have_a_name_in_a_study():
    assert Choices((8, (4, 6), "default")).labels == [8, "[4, 6]", "default"]


def test_a_trial_in_a_line():
    assert described({"units": 16, "size": "small"}) == "units 16, size small"


def test_branches_and_augmentation_may_be_searched():
    space = Space.of(config({"temporal": ["lstm", "tcn"], "augment": [[], ["jitter", "swap"]]}))
    changed = space.with_values({"temporal": "tcn", "augment": '["jitter", "swap"]'})
    assert (changed.model.temporal, changed.model.spatial, changed.training.augment) == ("tcn", "cnn", ("jitter", "swap"))
