# `make` prints the targets.
PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt
PACKAGES := data envs agents scripts

.PHONY: help plan install test check format types docs audit clean

help:  ## print the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

plan: .venv/core  ## calibrate on the sample, fine-tune, evaluate, write the plan
	$(BIN)/python scripts/train.py agent=finetune

install: .venv/dev  ## the virtual environment with the tools for development

test: .venv/dev  ## run the tests, on all cores
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadfile

check: .venv/dev types  ## format, lint and types, all read-only
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: .venv/dev .types/mediagym
	$(BIN)/mypy

format: .venv/dev  ## format the code and fix what lint can fix
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: .venv/dev  ## the site in build/docs; the notebooks are executed
	OMP_NUM_THREADS=1 $(BIN)/python -m sphinx -W --keep-going -q -d build/doctrees $(SPHINX) docs build/docs

audit: .venv/dev  ## check dependencies: pins, hashes, licences, known vulnerabilities
	$(BIN)/python scripts/supply/check.py

clean:  ## remove the virtual environment and all caches (outputs stay)
	rm -rf .venv .types .mypy_cache .ruff_cache .pytest_cache *.egg-info build

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/core: .venv/bin/python pyproject.toml constraints.txt
	$(INSTALL) -e .
	@touch $@

.venv/dev: .venv/core
	$(INSTALL) -e '.[dev]'
	@touch $@

.types/mediagym:
	@mkdir -p .types && ln -sfn .. $@
