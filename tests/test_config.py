import tomllib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from gridcast.config import DataConfig, ModelConfig, RunConfig, TaskConfig, TrainingConfig, make_config, read_config, to_toml
from gridcast.errors import ConfigError, FileError

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
COUNT = st.integers(1, 10**9)
SETTINGS = st.builds(
    RunConfig,
    data=st.builds(
        DataConfig,
        temporal=TEXT,
        unit=TEXT,
        exclude=st.lists(TEXT, max_size=3).map(tuple),
        common_only=st.booleans(),
        outliers=st.sampled_from(["keep", "mask"]),
        num_days=COUNT,
        noise_level=st.floats(0, allow_infinity=False),
    ),
    task=st.builds(TaskConfig, sequence_length=COUNT, horizon=COUNT, test_days=COUNT),
    model=st.builds(ModelConfig, grid_size=COUNT | st.tuples(COUNT, COUNT), units=COUNT),
    training=st.builds(TrainingConfig, epochs=COUNT, batch_size=COUNT, seed=st.integers(0, 2**32 - 1)),
)


def only_problem(settings: dict, **source: str):
    with pytest.raises(ConfigError) as caught:
        make_config(settings, **source)
    (problem,) = caught.value.problems
    return problem


@example(make_config({"tune": {"space": {"grid_size": [16, [2, 4], "default"], 'a "b"': {"low": 1e-5, "high": 1, "log": True}}}}))
@example(RunConfig(data=DataConfig(unit='\x00\n"\\\x7f\x85\u2028⚡🔌', exclude=("\x7f",))))
@given(SETTINGS)
def test_settings_survive_the_way_through_toml(config):
    assert make_config(tomllib.loads(to_toml(config))) == config


def test_a_file_gives_its_tables(tmp_path):
    config = make_config({"data": {"temporal": "Львів\\load.csv", "exclude": ["A", 'B"']}, "model": {"grid_size": [3, 4]}})
    path = tmp_path / "config.toml"
    path.write_text(to_toml(config), encoding="utf-8")
    assert make_config(read_config(path)) == make_config(read_config(str(path))) == config


def test_nothing_said_is_the_defaults():
    assert make_config({}) == RunConfig()
    assert make_config({"task": {"horizon": 48}}).task == TaskConfig(horizon=48)
    assert make_config({"task": {"horizon": 48}}).model == ModelConfig()


def test_every_setting_is_in_the_file():
    text = to_toml(RunConfig())
    tables = tomllib.loads(text)
    for name, field in RunConfig.model_fields.items():
        left_out = {key for key in field.annotation.model_fields if f"# {key} =\n" in text}
        assert set(tables[name]) | left_out == set(field.annotation.model_fields)


def test_settings_stay_as_they_are():
    with pytest.raises(ValidationError, match="frozen"):
        RunConfig().task.horizon = 3


@pytest.mark.parametrize(("data", "synthetic"), [({}, True), ({"temporal": "a.csv"}, False), ({"spatial": "b.csv"}, False)])
def test_without_files_the_world_is_synthetic(data, synthetic):
    assert make_config({"data": data}).is_synthetic is synthetic


def test_an_unknown_setting_is_refused_with_the_one_that_was_meant():
    problem = only_problem({"task": {"horzion": 48}}, source="`config.toml`")
    assert problem.problem == "unknown setting `task.horzion` in `config.toml`"
    assert problem.found == "task.horzion"
    assert problem.expected == "sequence_length, horizon, gap, issue_hour, test_days, quantiles"
    assert problem.hint == "did you mean `horizon`?"


def test_an_unknown_table_is_refused_with_the_one_that_was_meant():
    problem = only_problem({"trainig": {"epochs": 3}})
    assert problem.problem == "unknown setting `trainig` in the settings"
    assert problem.expected == "data, weather, task, model, training, backtest, tune, output"
    assert problem.hint == "did you mean `training`?"


@pytest.mark.parametrize(
    ("settings", "hint"),
    [
        ({"horizon": 24}, "`horizon` belongs in `[task]`"),
        ({"model": {"horizon": 24}}, "`horizon` belongs in `[task]`"),
        ({"horzion": 24}, "did you mean `horizon` in `[task]`?"),
        ({"training": {"timezone": "UTC"}}, "`timezone` belongs in `[data]` or `[weather]`"),
    ],
)
def test_a_setting_in_the_wrong_table_is_told_its_own(settings, hint):
    assert only_problem(settings).hint == hint


def test_what_resembles_nothing_has_no_suggestion():
    assert only_problem({"task": {"zzz": 48}}).hint == ""


@pytest.mark.parametrize(
    "name",
    [
        "data.num_days",
        "data.num_locations",
        "task.sequence_length",
        "task.horizon",
        "task.test_days",
        "model.grid_size",
        "model.units",
        "training.epochs",
        "training.batch_size",
    ],
)
@pytest.mark.parametrize("value", [0, -3])
def test_counts_are_above_zero(name, value):
    table, setting = name.split(".")
    problem = only_problem({table: {setting: value}})
    assert problem.problem == f"`{name}` is out of range in the settings"
    assert problem.found == str(value)
    assert "greater than 0" in problem.expected


@pytest.mark.parametrize("size", [[4, 0], [-1, 4], [4], [4, 4, 4], [], "wide", 2.5])
def test_a_grid_has_rows_and_columns(size):
    problem = only_problem({"model": {"grid_size": size}})
    assert problem.problem == "`model.grid_size` is out of range in the settings"
    assert problem.found == repr(size)
    assert problem.expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("data.noise_level", -0.1),
        ("data.noise_level", float("inf")),
        ("data.noise_level", float("nan")),
        ("data.outliers", "drop"),
        ("data.exclude", "Kyiv"),
        ("data.temporal", 3),
        ("task.horizon", 2.5),
        ("task.horizon", "a day"),
        ("training.seed", -1),
        ("training.seed", 2**32),
    ],
)
def test_a_value_out_of_its_range_is_refused(name, value):
    table, setting = name.split(".")
    problem = only_problem({table: {setting: value}})
    assert problem.problem == f"`{name}` is out of range in the settings"
    assert problem.found == repr(value)
    assert problem.expected


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("model.temporal", "lsmt", "did you mean `lstm`?"),
        ("model.spatial", "Attention", "did you mean `attention`?"),
        ("model.spatial", "zzz", ""),
        ("model.temporal", True, ""),
    ],
)
def test_a_choice_that_is_not_one_is_told_the_nearest(name, value, hint):
    table, setting = name.split(".")
    problem = only_problem({table: {setting: value}})
    assert problem.problem == f"`{name}` is out of range in the settings"
    assert problem.hint == hint
    assert "'none'" in problem.expected


def test_a_table_is_a_table():
    assert only_problem({"task": 5}).problem == "`task` is out of range in the settings"


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(ConfigError) as caught:
        make_config({"task": {"horizon": 0, "stepps": 3}, "training": {"epochs": -1}, "modell": {}})
    assert {problem.problem for problem in caught.value.problems} == {
        "`task.horizon` is out of range in the settings",
        "unknown setting `task.stepps` in the settings",
        "`training.epochs` is out of range in the settings",
        "unknown setting `modell` in the settings",
    }


def test_a_mark_at_the_start_of_a_file_is_no_matter(tmp_path):
    (tmp_path / "config.toml").write_bytes(b"\xef\xbb\xbf[task]\nhorizon = 6\n")
    assert read_config(tmp_path / "config.toml") == {"task": {"horizon": 6}}


@pytest.mark.parametrize("content", [b"[task", b"horizon = ", b"\xff\xfe"])
def test_a_file_that_is_not_toml_is_named(tmp_path, content):
    path = tmp_path / "config.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        read_config(path)
    (problem,) = caught.value.problems
    assert problem.problem == f"`{path}` is not TOML"
    assert problem.found
    assert problem.expected == "tables such as `[task]` with `horizon = 24`"


@pytest.mark.parametrize("name", ["missing.toml", "."])
def test_a_file_that_cannot_be_read_is_named(tmp_path, name):
    with pytest.raises(FileError) as caught:
        read_config(tmp_path / name)
    (problem,) = caught.value.problems
    assert problem.problem == f"cannot read `{tmp_path / name}`"
    assert problem.found
    assert problem.expected == "a configuration in TOML"


@pytest.mark.parametrize("content", ["a = " + "[" * 5000, "a = " + "1" * 5000, "a = \ufffe\x00"])
def test_whatever_is_no_toml_is_refused(content, tmp_path):
    (tmp_path / "run.toml").write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match="is not TOML"):
        read_config(tmp_path / "run.toml")
    with pytest.raises(FileError, match="cannot read"):
        read_config(f"{tmp_path}/a\x00b.toml")
