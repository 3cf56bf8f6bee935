"""The house itself: layers, quick start, the public names, and who may print."""

import ast
import importlib
import inspect
import os
import pkgutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import gridcast

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "gridcast"
HEAVY = ("tensorflow", "keras", "jax", "matplotlib", "sklearn", "holidays", "optuna")

SEED_FUNCTIONS = {
    "generate_synthetic_temporal_data": "num_days=365, noise_level=0.1",
    "generate_synthetic_spatial_data": "num_locations=100",
    "load_data": "temporal_data_path, spatial_data_path",
    "preprocess_temporal_data": "data, sequence_length",
    "preprocess_spatial_data": "data, grid_size",
    "create_hybrid_model": "temporal_input_shape, spatial_input_shape",
    "train_model": "model, X_temporal, X_spatial, y, epochs=50, batch_size=32",
    "plot_results": "history, y_true, y_pred",
    "save_predictions": "y_true, y_pred, file_path",
}


@pytest.mark.parametrize(("name", "leading"), SEED_FUNCTIONS.items())
def test_the_workflow_functions_have_their_leading_arguments(name, leading):
    parameters = inspect.signature(getattr(gridcast, name)).parameters.values()
    positional = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    shown = ", ".join(p.name if p.default is p.empty else f"{p.name}={p.default}" for p in positional)
    assert shown == leading


@pytest.mark.parametrize("name", gridcast.__all__)
def test_every_public_name_is_there_and_described(name):
    thing = getattr(gridcast, name)
    assert thing.__doc__
    assert name in dir(gridcast)


def test_an_unknown_name_is_refused():
    with pytest.raises(AttributeError, match="no attribute `forecst`"):
        _ = gridcast.forecst


def test_every_module_can_be_imported():
    names = [module.name for module in pkgutil.walk_packages([str(SOURCE)], "gridcast.")]
    assert len(names) > 20
    for name in names:
        if not name.endswith("__main__"):
            importlib.import_module(name)


@pytest.mark.parametrize("door", ["import gridcast", "import gridcast.cli"])
def test_the_doors_open_without_the_heavy_libraries(door):
    code = f"{door}; import sys; print([name for name in {HEAVY!r} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.slow  # where another process is at work beside it, it tells of that one
def test_help_answers_in_half_a_second():
    def seconds() -> float:
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", "gridcast", "--help"], check=True, capture_output=True)
        return time.perf_counter() - started

    seconds()  # byte code is compiled once
    assert min(seconds() for _ in range(5)) < 0.5  # the best of five: what others do on the machine only adds


def test_only_the_command_line_prints():
    printing = [
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert {name.split("/")[0] for name in printing} == {"cli"}


def test_only_one_module_knows_the_backend():
    knowing = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom) and _imports(node) & {"tensorflow", "jax", "torch", "keras"}
    }
    assert knowing == {"networks/backend.py"}


def _imports(node: ast.Import | ast.ImportFrom) -> set[str]:
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
    return {name.split(".")[0] for name in names}


def test_no_file_is_longer_than_one_reads_at_a_sitting():
    long = {path.name: n for path in SOURCE.rglob("*.py") if (n := len(path.read_text(encoding="utf-8").splitlines())) > 330}
    assert not long


def test_the_layers_hold():
    environment = {**os.environ, "PYTHONUTF8": "1"}
    found = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout
