"""What is written is true: doctests, the README's code, its map of the tree, the commands of the guide, the examples."""

import doctest
import importlib
import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

import gridcast
from gridcast.cli import app
from gridcast.config import RunConfig, make_config
from gridcast.sources.pair import save_tables

ROOT = Path(__file__).parents[1]
COMMANDS = (
    *("run", "demo", "generate", "check", "map", "audit", "data list", "data get"),
    *("train", "forecast", "explain", "backtest", "ablate", "report", "tune", "export", "serve", "key", "app"),
)
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
WALKED = pkgutil.walk_packages([str(ROOT / "src" / "gridcast")], "gridcast.")
MODULES = [module.name for module in WALKED if not module.name.endswith("__main__")]
NINE = """
    generate_synthetic_temporal_data generate_synthetic_spatial_data load_data preprocess_temporal_data preprocess_spatial_data
    create_hybrid_model train_model plot_results save_predictions
"""
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


def blocks(page: Path, language: str) -> list[str]:
    """Return the code blocks of one language; of none for an empty name."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    return [block for kind, block in found if kind == language]


@pytest.mark.parametrize("name", MODULES)
def test_doctests(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


@pytest.mark.slow
def test_the_code_of_the_readme_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    workflow, own_files = blocks(ROOT / "README.md", "python")
    names = {}
    exec(workflow.replace("num_locations=100", "num_locations=5").replace("epochs=30", "epochs=2"), names)
    assert "RMSE [MW]" in capsys.readouterr().out
    assert (tmp_path / "results.png").is_file()
    # the 28 days from December 4th on, at 5 places
    assert len(names["table"]) == 28 * 24 * 5
    save_tables(names["temporal"], names["spatial"], "load.csv", "places.csv")
    exec(own_files, names)
    assert len(names["temporal"]) == 365 * 24 * 5


def test_the_readme_uses_all_nine_functions():
    code = "".join(blocks(ROOT / "README.md", "python"))
    assert [name for name in NINE.split() if f"gc.{name}(" not in code] == []


def test_the_map_of_the_tree_is_the_tree():
    tree = next(block for block in blocks(ROOT / "README.md", "") if "src/gridcast/" in block)
    head, inside = tree.split("tests/", 1)
    named = set(re.findall(r"\b(\w+\.py|\w+/)(?=\s)", head.replace("src/gridcast/", "")))
    package = ROOT / "src" / "gridcast"
    real = {path.name for path in package.glob("*.py")} | {f"{path.parent.name}/" for path in package.glob("*/__init__.py")}
    assert named == real - {"__init__.py"}
    folders = {f"{path.name}/" for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")} - {"runs/", "src/"}
    assert set(re.findall(r"^(\w+/)", "tests/" + inside, flags=re.MULTILINE)) == folders


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not link.startswith("http") and not (page.parent / link).exists()] == []


@pytest.fixture(scope="module")
def known() -> str:
    """Return the help of all commands."""
    return "".join(CliRunner().invoke(app, [*command.split(), "--help"], env={"COLUMNS": "200"}).stdout for command in COMMANDS)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_option_in_the_docs_is_one(page, known):
    written = re.findall(r"(?<![\w-])--[a-z][a-z-]+", page.read_text(encoding="utf-8"))
    assert [option for option in written if not re.search(rf"{option}\b", known)] == []


def test_every_setting_is_in_the_guide_under_its_table():
    page = (ROOT / "docs" / "guide" / "settings.md").read_text(encoding="utf-8")
    tables = dict(re.findall(r"^## \[(\w+)\]\n(.*?)(?=^## |\Z)", page, flags=re.DOTALL | re.MULTILINE))
    written = {table: re.findall(r"^\| `(\w+)` \|", text, flags=re.MULTILINE) for table, text in tables.items()}
    assert written == {table: list(values) for table, values in RunConfig().model_dump().items()}


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "toml")], ids=lambda path: path.name)
def test_settings_in_the_docs_are_ones(page):
    for block in blocks(page, "toml"):
        make_config(tomllib.loads(block))


@pytest.mark.slow
@pytest.mark.parametrize("script", EXAMPLES, ids=lambda path: path.stem)
def test_examples_run(script, tmp_path):
    command = [sys.executable, str(script), "--days", "30", "--places", "3", "--epochs", "1", "--out", str(tmp_path)]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "RMSE" in found.stdout
    assert (tmp_path / "predictions.csv").is_file()


def test_the_version_is_that_of_the_changelog():
    version = importlib.import_module("importlib.metadata").version("gridcast")
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert gridcast.__doc__
