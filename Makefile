# Needs Python 3.11 or later with venv, and a package index. Everything is set up in .venv.
PYTHON ?= python3
BIN = .venv/bin
JAX_TESTS = tests/networks tests/test_training.py tests/forecasters

.PHONY: help demo test check lint types layers tests format benchmarks clean

help:                                   ## show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile

demo: .venv/.user                       ## forecast a synthetic world, and end with what to open (runs/demo)
	$(BIN)/gridcast demo --out runs/demo --overwrite

test: .venv/.developer                  ## the fast tests
	$(BIN)/python -m pytest -q -m "not slow"

check: lint types layers tests          ## exactly what CI runs

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

format: .venv/.developer                ## bring the code into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

benchmarks: .venv/.developer            ## measure speed and memory (needs ../shared/data)
	$(BIN)/python benchmarks/windows.py
	$(BIN)/python benchmarks/feeding.py

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
