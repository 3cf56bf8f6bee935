"""The commands: data on standard output, talk on standard error, bad input ends with 2 and leaves nothing behind."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gridcast.cli import app
from gridcast.cli.options import SETTINGS, merged_config
from gridcast.config import RunConfig
from gridcast.sources.pair import save_tables
from gridcast.sources.synthetic.world import generate_synthetic_spatial_data, generate_synthetic_temporal_data

QUICK = ["--sequence-length", "48", "--test-days", "4", "--grid-size", "4", "--epochs", "1"]
HOURS = [f"2024-01-0{1 + hour // 24}T{hour % 24:02}:00Z" for hour in range(72)]


def wide(**columns) -> str:
    """Return a wide CSV file of 72 hours; each column is given by a function of the hour."""
    lines = [",".join(["time", *columns])]
    lines += [",".join([stamp, *(str(f(hour)) for f in columns.values())]) for hour, stamp in enumerate(HOURS)]
    return "\n".join(lines) + "\n"


def rising(hour: int) -> int:
    return 10 + hour % 24


GOOD = wide(a=rising, b=rising)
PLACES = "id,latitude,longitude\na,50,10\nb,51,11\n"


def call(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def attempt(tmp_path, monkeypatch):
    """Return a function that runs on two texts in an empty folder, and gives the result and what is new there."""
    monkeypatch.chdir(tmp_path)

    def run(temporal: str | None = GOOD, spatial: str | None = PLACES, *options: str):
        for name, text in (("load.csv", temporal), ("places.csv", spatial)):
            if text is not None:
                (tmp_path / name).write_text(text)
        result = call("run", "load.csv", "places.csv", "--out", "runs/one", *options)
        return result, {path.name for path in tmp_path.iterdir()} - {"load.csv", "places.csv"}

    return run


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("world")
    places = generate_synthetic_spatial_data(3)
    paths = folder / "load.csv.gz", folder / "places.csv"
    save_tables(generate_synthetic_temporal_data(24, locations=places), places, *paths)
    return paths


BAD_FILES = {
    "missing file": (None, PLACES, ["load.csv"]),
    "empty file": ("", PLACES, ["load.csv", "empty"]),
    "only a header": ("time,a,b\n", PLACES, ["load.csv", "only a header"]),
    "no timestamp column": ("x,a,b\n1.5,2,3\n1.5,3,4\n", PLACES, ["load.csv", "time"]),
    "unparseable stamps": (GOOD.replace(HOURS[3], "soon").replace(HOURS[9], "later"), PLACES, ["line 5: soon", "line 11: later"]),
    "duplicate stamps": (GOOD.replace(HOURS[3], HOURS[2]), PLACES, ["2024-01-01 02:00"]),
    "mixed time zones": (GOOD.replace(HOURS[3], HOURS[3][:-1]), PLACES, ["line 5"]),
    "non-numeric cells": (wide(a=rising, b=lambda h: "n. k." if h == 7 else h), PLACES, ["line 9, b: n. k."]),
    "infinite": (wide(a=rising, b=lambda h: "inf" if h == 7 else h), PLACES, ["infinite", "line 9"]),
    "location in one file only": (GOOD, PLACES.replace("b,51", "c,51"), ["`b`", "`c`", "--common-only"]),
    "latitude out of range": (GOOD, PLACES.replace("50,10", "95,10"), ["latitude", "95"]),
    "swapped with longitude": (GOOD, PLACES.replace("50,10", "-120,50").replace("51,11", "-121,51"), ["swapped"]),
    "all-NaN location": (wide(a=rising, b=lambda _: ""), PLACES, ["`b`", "--exclude b"]),
    "constant location": (wide(a=rising, b=lambda _: 5), PLACES, ["`b`", "the same reading all the time", "--exclude b"]),
    "too short": (GOOD, PLACES, ["the history is too short", "at least 40 days", "a context of 192"]),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_files_are_told_with_found_and_expected_and_nothing_is_written(attempt, case):
    temporal, spatial, words = BAD_FILES[case]
    result, new = attempt(temporal, spatial)
    assert result.exit_code == 2
    assert result.stderr.count("error:") >= 1
    assert "found:" in result.stderr
    assert "expected:" in result.stderr
    for word in words:
        assert word in result.stderr, result.stderr
    assert "Traceback" not in result.output
    assert result.stdout == ""
    assert new == set()


@pytest.mark.parametrize("option", ["--sequence-length", "--grid-size", "--epochs", "--batch-size", "--horizon", "--test-days"])
@pytest.mark.parametrize("value", ["0", "-1"])
def test_settings_have_to_be_above_zero(attempt, option, value):
    result, new = attempt(GOOD, PLACES, option, value)
    assert result.exit_code == 2
    assert option[2:].replace("-", "_") in result.stderr
    assert "greater than 0" in result.stderr
    assert new == set()


@pytest.mark.parametrize("size", ["many", "4x", "4x4x4", "4.5"])
def test_a_grid_size_is_one_number_or_two(attempt, size):
    result, _ = attempt(GOOD, PLACES, "--grid-size", size)
    assert result.exit_code == 2
    assert "12x24" in result.stderr


@pytest.mark.parametrize("bounds", ["5", "0.1,5,6", "low,high", "0.1-5"])
def test_bounds_are_two_numbers(attempt, bounds):
    result, _ = attempt(GOOD, PLACES, "--bounds", bounds)
    assert result.exit_code == 2
    assert "0.1,5" in result.stderr


def test_what_the_new_options_say_comes_into_the_configuration():
    given = {"data": {"bounds": "0.1:5", "flags": "f.csv"}, "task": {"issue_hour": 6, "gap": 2}, "model": {"grid_size": "4x8"}}
    config = merged_config(None, given)
    assert config.data.bounds == (0.1, 5)
    assert config.model.grid_size == (4, 8)
    assert (config.task.issue_hour, config.task.gap) == (6, 2)
    assert merged_config(None, {"data": {"bounds": "0.1,5"}}).data.bounds == (0.1, 5)


def test_every_setting_is_an_option_of_its_own():
    names = [setting.name for setting in SETTINGS]
    assert len(set(names)) == len(names)
    help_of_run = CliRunner().invoke(app, ["run", "--help"], env={"COLUMNS": "200"}).stdout
    for option in ("--flags", "--bounds", "--operator", "--stamps", "--weather-stamps", "--issue-hour", "--gap"):
        assert option in help_of_run


def test_places_without_readings_are_not_enough(tmp_path):
    (tmp_path / "run.toml").write_text('[data]\nspatial = "places.csv"\n')
    result = call("run", "--config", tmp_path / "run.toml", "--out", tmp_path / "run")
    assert result.exit_code == 2
    assert "there are no readings" in result.stderr


def test_unknown_names_of_zones_and_countries_are_refused(attempt):
    long = wide(a=rising, b=rising).replace("Z,", ",")
    result, new = attempt(long, PLACES, "--timezone", "Europe/Berlim")
    assert (result.exit_code, new) == (2, set())
    assert "Europe/Berlin" in result.stderr


def test_a_configuration_with_an_unknown_key_is_refused_with_a_suggestion(tmp_path):
    (tmp_path / "my.toml").write_text("[task]\nhorizn = 24\n")
    result = call("run", "--config", tmp_path / "my.toml", "--out", tmp_path / "run")
    assert result.exit_code == 2
    assert "did you mean `horizon`?" in result.stderr


def test_a_run_prints_a_table_and_leaves_the_folder(world, tmp_path):
    result = call("run", *world, "--out", tmp_path / "run", *QUICK)
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert re.split(r"\s{2,}", lines[0].strip()) == ["forecaster", "RMSE", "MAE", "MAPE [%]", "nMAE [%]", "skill"]
    assert [line.split()[0] for line in lines[1:4]] == ["hybrid", "seasonal_naive_24h", "seasonal_naive_168h"]
    assert "results.png" in result.stderr
    assert (tmp_path / "run" / "predictions.csv").is_file()


@pytest.mark.slow
def test_json_is_all_that_is_on_standard_output_and_quiet_is_quiet(world, tmp_path):
    result = call("run", *world, "--out", tmp_path / "run", "--json", "--quiet", "--unit", "MW", *QUICK)
    assert result.exit_code == 0, result.stderr
    printed = json.loads(result.stdout)
    assert printed["unit"] == "MW"
    assert printed["metrics"] == json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert result.stderr == ""


def test_unsorted_rows_are_accepted_and_said(world, tmp_path, attempt):
    lines = GOOD.splitlines()
    shuffled = "\n".join([lines[0], *reversed(lines[3:]), *lines[1:3]])
    result, _ = attempt(shuffled, PLACES)  # too short to train on, which is told after the reading
    assert "sorted" in result.stderr
    assert "the history is too short" in result.stderr


def test_negative_readings_are_warned_of(attempt):
    result, _ = attempt(wide(a=rising, b=lambda hour: hour - 3))
    assert "warning: 3 readings below zero (`b: 3`)" in result.stderr


def test_what_was_recognised_and_the_assumed_zone_are_said(attempt):
    result, _ = attempt(GOOD.replace("Z,", ","))
    assert "time" in result.stderr
    assert "UTC" in result.stderr
    assert "--timezone" in result.stderr


def test_a_folder_of_something_else_is_not_touched(world, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.txt").write_text("mine")
    for options in ([], ["--overwrite"]):
        result = call("run", *world, "--out", tmp_path / "run", *QUICK, *options)
        assert result.exit_code == 2
        assert "not a run folder" in result.stderr
    assert (tmp_path / "run" / "thesis.txt").read_text() == "mine"


def test_a_folder_that_can_not_be_made_is_told_before_the_work(world, tmp_path):
    (tmp_path / "file").write_text("")
    result = call("run", *world, "--out", tmp_path / "file" / "run", *QUICK)
    assert result.exit_code == 2
    assert "cannot make the folder" in result.stderr


@pytest.mark.slow
def test_generate_writes_two_files_that_run_can_read_and_never_replaces_any(tmp_path):
    paths = tmp_path / "load.csv.gz", tmp_path / "places.csv"
    size = ("--num-days", 24, "--num-locations", 3)
    assert call("generate", *paths, *size).exit_code == 0
    before = paths[1].read_bytes()
    again = call("generate", *paths, *size, "--seed", 5)
    assert again.exit_code == 2
    assert "would be replaced" in again.stderr
    assert paths[1].read_bytes() == before
    assert call("run", *paths, "--out", tmp_path / "run", *QUICK).exit_code == 0


def test_version():
    assert re.fullmatch(r"gridcast \d+\.\d+\.\d+\n", call("--version").stdout)


def test_help_names_the_commands():
    found = call("--help").stdout
    assert all(f" {command} " in found for command in ("run", "demo", "generate"))


@pytest.mark.parametrize(
    "option",
    [
        "--sequence-length",
        "--grid-size",
        "--horizon",
        "--epochs",
        "--batch-size",
        "--out",
        "--seed",
        "--test-days",
        "--quiet",
        "--json",
    ],
)
def test_help_of_run_describes_its_options(option):
    assert re.search(rf"{option} .*[A-Za-z]{{3,}}", call("run", "--help").stdout)


def test_the_defaults_in_the_help_are_those_of_the_settings():
    config, shown = RunConfig(), CliRunner().invoke(app, ["run", "--help"], env={"COLUMNS": "200"}).stdout
    for table in (config.task, config.model, config.training):
        for name, value in table.model_dump().items():
            line = re.search(rf"--{name.replace('_', '-')} (.*)", shown)
            if line and value is not None and "default" in line[1]:
                assert f"[default: {value}]" in line[1]


@pytest.mark.slow
def test_an_interrupted_run_leaves_nothing_and_ends_with_130(tmp_path):
    script = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "  # a parent may have it ignored
        "from gridcast.cli import main; sys.argv[0] = 'gridcast'; main()"
    )
    options = ["--out", str(tmp_path / "runs" / "one"), "--epochs", "500", "--size", "small"]
    process = subprocess.Popen(
        [sys.executable, "-c", script, "run", *options],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "COLUMNS": "100"},
    )
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if "training on" in line:
                break
        process.send_signal(signal.SIGINT)
        _, talk = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "interrupted: nothing was written" in talk
    assert "Traceback" not in talk
    assert [path for path in tmp_path.rglob("*") if path.name != "runs"] == []


@pytest.mark.slow
def test_a_run_keeps_a_checkpoint_until_it_is_done_and_tells_how_far_it_is(world, tmp_path, monkeypatch):
    kept, told = tmp_path / "kept.npz", tmp_path / "progress.jsonl"
    monkeypatch.setenv("GRIDCAST_PROGRESS", str(told))

    def interrupted(*_, **__):
        assert kept.is_file()
        raise KeyboardInterrupt

    typed = ["run", *world, "--out", tmp_path / "out", "--checkpoint", kept, *QUICK, "--epochs", "2"]
    with monkeypatch.context() as patch:
        patch.setattr("gridcast.workflow.run._score", interrupted)
        assert call(*typed).exit_code == 130
    before = told.read_text().splitlines()
    assert [line["epoch"] for line in map(json.loads, before) if "epoch" in line] == [1, 2]
    result = call(*typed)
    assert result.exit_code == 0, result.stderr
    after = [json.loads(line) for line in told.read_text().splitlines()[len(before) :]]
    assert [line for line in after if "epoch" in line] == []  # there was nothing left to learn
    assert any("training on" in line.get("said", "") for line in after)
    assert not kept.exists()
