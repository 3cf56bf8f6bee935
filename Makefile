# Needs Python 3.11 or later with venv, and a package index. Everything is set up in .venv.
PYTHON ?= python3
BIN = .venv/bin
JAX_TESTS = tests/networks tests/training tests/forecasters
OLDER_TESTS = tests/sources/test_northamerica.py tests/sources/text tests/sources/test_parquet.py tests/sources/test_files.py \
	tests/sources/test_local_files.py tests/sources/test_oneclock.py tests/sources/weather/test_stations.py tests/test_panel.py \
	tests/test_clock.py

.PHONY: help demo test check lint types layers tests gridstatus format benchmarks clean

help:                                   ## show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile

demo: .venv/.user                       ## forecast a synthetic world, and end with what to open (runs/demo)
	$(BIN)/gridcast demo --out runs/demo --overwrite

test: .venv/.developer                  ## the fast tests, in two processes
	$(BIN)/python -m pytest -q -m "not slow" -n 2 --dist loadfile

check: lint types layers tests gridstatus  ## exactly what CI runs

lint: .venv/.developer
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: .venv/.developer
	$(BIN)/mypy

layers: .venv/.developer
	$(BIN)/lint-imports

tests: .venv/.developer
	KERAS_BACKEND=jax $(BIN)/python -m pytest -q $(JAX_TESTS)
	$(BIN)/python -m pytest --durations=10

gridstatus: .venv/gridstatus/.ready     ## test the extra that needs pandas 2, and how tables are read with it
	PYTHONPATH=src .venv/gridstatus/bin/python -m pytest -q $(OLDER_TESTS)

format: .venv/.developer                ## bring the code into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

benchmarks: .venv/.developer            ## measure speed and memory (needs ../shared/data)
	for name in windows feeding anomalies stations layout; do $(BIN)/python benchmarks/$$name.py || exit 1; done
	@echo 'more: accuracy.py, ablation.py, cost.py, tuning.py, architectures.py, augmentation.py and serving.py take minutes to hours, reading.py needs `pip install ".[bench]"` and 3 GB of disk'

clean:
	rm -rf .venv

.venv/.python:
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'gridcast needs Python 3.11 or later; this is ' + sys.version.split()[0] + '. Name another one: make PYTHON=python3.12')"
	$(PYTHON) -m venv .venv
	touch $@

.venv/.user: .venv/.python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

.venv/.developer: .venv/.python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	touch $@ .venv/.user

.venv/gridstatus/.ready: .venv/.python
	$(BIN)/python -m venv .venv/gridstatus
	.venv/gridstatus/bin/python -m pip install --quiet gridstatus hypothesis holidays matplotlib pyarrow pydantic pytest rich \
		scikit-learn typer xarray
	touch $@
