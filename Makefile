# `make` prints the targets.
PYTHON ?= python3
BIN := .venv/bin
# bytecode is written by the first import of a file: half of the time of an installation
INSTALL := $(BIN)/python -m pip install -q --no-compile --disable-pip-version-check -c constraints.txt
PACKAGES := data envs agents scripts
SLURM := slurmctld slurmd slurm-client slurm-wlm-basic-plugins libmunge2 libhwloc15 \
	libnuma1 liblz4-1 libpam0g libreadline8

.PHONY: help plan app install test slow check format types docs package audit slurm clean

help:  ## print the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

plan: .venv/core  ## calibrate on the sample, fine-tune, evaluate, write the plan
	$(BIN)/python scripts/train.py agent=finetune

app: .venv/app  ## serve the application on http://127.0.0.1:8000, with the sample loaded
	$(BIN)/python scripts/serve.py

install: .venv/dev  ## the virtual environment with the tools for development

test: .venv/dev  ## run the tests, on all cores, but for the slow ones
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadfile

slow: .venv/dev  ## run the tests that take minutes: browser, notebooks, Slurm, the installed package
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadfile -m slow

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

package: .venv/dev  ## build wheel and source distribution into dist, and check them
	rm -rf dist
	$(INSTALL) twine
	$(BIN)/pyproject-build --outdir dist
	$(BIN)/twine check --strict dist/*

audit: .venv/dev  ## check dependencies: pins, hashes, licences, known vulnerabilities
	$(BIN)/python scripts/supply/check.py

slurm: .slurm/root  ## unpack Debian's Slurm into .slurm, for the tests of sweeps on a cluster

.slurm/root:
	mkdir -p .slurm/packages
	cd .slurm/packages && apt-get download $(SLURM)
	for each in .slurm/packages/*.deb; do dpkg -x $$each .slurm/unpacked || exit 1; done
	mv .slurm/unpacked $@

clean:  ## remove the virtual environment and all caches (outputs stay)
	rm -rf .slurm .venv .types .mypy_cache .ruff_cache .pytest_cache *.egg-info build dist

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/core: .venv/bin/python pyproject.toml constraints.txt
	$(INSTALL) -e .
	@touch $@

.venv/app: .venv/core
	$(INSTALL) -e '.[app]'
	@touch $@

.venv/dev: .venv/core
	$(INSTALL) -e '.[dev]'
	@touch $@

.types/mediagym:
	@mkdir -p .types && ln -sfn .. $@
