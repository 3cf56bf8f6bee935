"""The commands that look and change nothing: check, map, audit; and the public data sets."""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from gridcast.cli import app
from gridcast.panel import Panel
from gridcast.sources.pair import save_tables
from gridcast.sources.synthetic.world import generate_synthetic_spatial_data, generate_synthetic_temporal_data

WORLD = "[data]\nnum_days = 40\nnum_locations = 3\n[task]\nsequence_length = 48\ntest_days = 4\n[model]\ngrid_size = 4\n"


def call(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})


@pytest.fixture(scope="module")
def tables():
    places = generate_synthetic_spatial_data(3)
    return generate_synthetic_temporal_data(40, locations=places), places


@pytest.fixture
def files(tables, tmp_path, monkeypatch):
    """Write the world as two files, with a drop to zero at P002, and go to their folder."""
    readings, places = tables
    wrong = (readings["location"] == "P002") & (readings["timestamp"] == pd.Timestamp("2023-01-20 10:00", tz="UTC"))
    save_tables(
        readings.assign(consumption=readings["consumption"].where(~wrong, 0.0)), places, tmp_path / "l.csv", tmp_path / "p.csv"
    )
    (tmp_path / "world.toml").write_text(WORLD)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_check_finds_the_fault_and_says_that_forecasting_is_advisable(files):
    result = call("check", "l.csv", "p.csv", "--html", "check.html")
    assert result.exit_code == 0, result.output
    assert "P002" in result.stdout
    assert "2023-01-20 10:00" in result.stdout
    assert "Forecasting is advisable" in result.stdout
    page = (files / "check.html").read_text()
    assert "P002" in page
    assert "http" not in page.replace("http://www.w3.org", "")
    again = call("check", "l.csv", "p.csv", "--html", "check.html")
    assert again.exit_code == 2
    assert "--overwrite" in again.output


def test_check_tells_of_places_that_run_refuses_and_of_the_rest(files):
    table = pd.read_csv("l.csv")
    table.loc[table["location"] == "P001", "consumption"] = 5.0
    table.to_csv("flat.csv", index=False)
    result = call("check", "flat.csv", "p.csv", "--html", "flat.html")
    assert result.exit_code == 0, result.output
    assert "error: constant" in result.stdout
    assert "P002" in result.stdout
    assert "--exclude P001" in result.stdout
    refused = call("map", "flat.csv", "p.csv", "--out", "map.png")
    assert refused.exit_code == 2
    assert "same reading all the time" in refused.output


def test_check_as_json(files):
    found = json.loads(call("check", "l.csv", "p.csv", "--json", "--quiet").stdout)
    assert found["advisable"] is True
    assert any(finding["location"] == "P002" for finding in found["findings"])


def test_check_of_too_little_says_no_with_exit_code_3(files):
    lines = (files / "l.csv").read_text().splitlines()
    (files / "short.csv").write_text("\n".join([lines[0], *[line for line in lines[1:] if line < "2023-01-04"]]) + "\n")
    result = call("check", "short.csv", "p.csv")
    assert result.exit_code == 3, result.output
    assert "not advisable" in result.stdout


def test_check_needs_no_table_of_places(files):
    assert call("check", "l.csv").exit_code == 0


def test_check_of_a_missing_file_is_a_mistake(files):
    result = call("check", "none.csv")
    assert result.exit_code == 2
    assert "none.csv" in result.output


def test_map_draws_two_pictures(files):
    result = call("map", "l.csv", "p.csv", "--grid-size", 4, "--out", "map.png", "--issue-time", "2023-01-25 07:30")
    assert result.exit_code == 0, result.output
    assert {path.name for path in files.glob("*.png")} == {"map.png", "map-seen.png"}
    assert call("map", "l.csv", "p.csv", "--grid-size", 4, "--out", "map.png").exit_code == 2
    assert call("map", "l.csv", "p.csv", "--issue-time", "soon").exit_code == 2
    early = call("map", "l.csv", "p.csv", "--issue-time", "2022-01-01", "--out", "early.png")
    assert early.exit_code == 2
    assert not (files / "early.png").exists()


def test_map_lays_out_places_without_coordinates(files):
    (files / "names.csv").write_text("id,kind\nP001,a\nP002,b\nP003,c\n")
    result = call("map", "l.csv", "names.csv", "--grid-size", 4)
    assert result.exit_code == 0, result.output
    assert (files / "map.png").is_file()


@pytest.mark.slow
def test_audit_is_clean(files):
    result = call("audit", "--config", "world.toml", "--issue-times", 1, "--json", "--quiet")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["clean"] is True
    assert set(found["leaks"]) == {"seasonal_naive_24h", "seasonal_naive_168h", "hybrid"}


@pytest.mark.slow
def test_audit_names_a_leak_and_ends_with_exit_code_3(files, monkeypatch):
    def leaking(panel, config, before, listener):
        smooth = pd.DataFrame(panel.consumption).rolling(49, center=True, min_periods=1).mean().to_numpy()
        return Panel(panel.dataset.assign(consumption=(("time", "location"), smooth.astype(np.float32))))

    monkeypatch.setattr("gridcast.workflow.auditing.prepare", leaking)
    result = call("audit", "--config", "world.toml", "--issue-times", 1)
    assert result.exit_code == 3, result.output
    assert "leaks" in result.stdout
    assert "changes with readings that had not arrived by then" in result.stdout


def test_the_list_of_public_sets_names_licence_and_source():
    listed = call("data", "list").stdout
    assert "gefcom2012" in listed
    assert "MIT" in listed
    assert "doi:10.1016/j.ijforecast.2013.07.001" in listed
    assert "gefcom2012" in json.loads(call("data", "list", "--json").stdout)


def test_an_unknown_set_is_a_mistake_with_a_hint(tmp_path):
    result = call("data", "get", "gefcom2013", "--out", tmp_path / "here")
    assert result.exit_code == 2
    assert "gridcast data get gefcom2012" in result.output
    assert not (tmp_path / "here").exists()


@pytest.mark.parametrize("command", ["check", "map"])
def test_no_files_are_a_mistake(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for none in ([], [""]):
        result = call(command, *none)
        assert result.exit_code == 2
        assert "which readings?" in result.output
    assert not list(tmp_path.iterdir())


def test_the_kind_of_picture_is_told_before_anything_is_read(tmp_path):
    result = call("map", tmp_path / "none.csv", "--out", tmp_path / "map.txt")
    assert result.exit_code == 2
    assert "map.txt` shall be" in result.output


def test_options_of_weather_without_weather_are_a_mistake(files):
    result = call("map", "l.csv", "p.csv", "--perfect-weather")
    assert result.exit_code == 2
    assert "`perfect_weather` without weather" in result.output


def test_a_calendar_that_is_not_there_is_a_mistake_for_the_map_too(files):
    assert call("map", "l.csv", "p.csv", "--events", "none.csv").exit_code == 2
    assert call("map", "l.csv", "p.csv", "--country", "Xland").exit_code == 2
