# `make` prints what there is to make. Everything is set up in .venv from requirements.lock, with any Python 3.11 to 3.13.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
SHELL := /bin/sh

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
LAB := $(VENV)/lab-ready
NOTEBOOKS := $(wildcard notebooks/*.ipynb)
OUT ?= reports
LAB_FLAGS ?=
JOBS ?=

# the same surroundings for every run, so that the same input gives the same bytes
export PYTHONHASHSEED := 0
export JUPYTER_PLATFORM_DIRS := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help reports test lint twins notebooks data docs lab labtest smoke bench coverage faults oldest newest pictures dataset audit sbom lock dist clean

help: ## what there is to make
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

reports: $(READY) ## set up what is needed, and render the reports into reports/
	$(BIN)/minestats render --out $(OUT) $(if $(JOBS),--jobs $(JOBS))

test: $(READY) lint twins ## set up what is needed, and run every test
	TZ=UTC $(BIN)/pytest -q -n auto --dist loadfile --doctest-glob=README.md README.md tests src/minestats
	TZ=Pacific/Auckland $(BIN)/pytest -q -n auto tests/test_columns.py tests/test_data.py tests/test_incidents.py tests/test_totals.py tests/test_clearance.py tests/test_trend.py
	JUPYTER_DEFAULT_PROVISIONER_NAME=minestats-fork TZ=UTC LC_ALL=C.UTF-8 OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 \
		$(BIN)/pytest -q -n auto --dist loadscope --nbval -o addopts="" $(NOTEBOOKS)

lint: $(READY) ## look for faults of form, imports against the design, wrong types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy --no-error-summary

# before the tests: nbval says the same cell by cell, minutes later and without the remedy
twins: $(READY) ## does each notebook's .ipynb hold what its .py gives now
	@$(BIN)/python -m minestats.render.notebooks --check notebooks || \
		{ echo "What a notebook gives has changed: if that is meant, run 'make notebooks' and commit both files." >&2; exit 1; }

notebooks: $(READY) ## execute the notebooks' .py and write their .ipynb
	$(BIN)/python -m minestats.render.notebooks notebooks

data: $(READY) ## after a change in data/: hashes, checks, what the pages say of the data, notebooks, pictures
	$(BIN)/minestats check data --refresh
	$(BIN)/python docs/counts.py
	$(MAKE) notebooks pictures
	$(BIN)/pytest -q tests/test_package.py tests/test_docs.py

# its folder is the project, so that data and reports can be opened; in a container: make lab LAB_FLAGS="--allow-root --no-browser"
lab: $(LAB) ## open explore in JupyterLab (LAB_FLAGS: its options)
	$(BIN)/jupyter lab --ServerApp.root_dir=. --LabApp.default_url=/lab/tree/notebooks/explore.ipynb $(LAB_FLAGS)

# pytest fails where it runs no test: without JupyterLab or a browser this is an error, never a skip
labtest: $(LAB) ## open explore in JupyterLab, run it and choose, with a browser
	$(BIN)/pytest -q tests/test_lab.py

smoke: $(READY) ## check the data and render one report
	$(BIN)/minestats check data
	$(BIN)/minestats render trend --force --out $(OUT)

bench: $(READY) ## measure what the performance goals speak of (minutes)
	@for file in benchmarks/[a-z]*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

coverage: $(READY) ## which lines and branches of the statistics the tests reach
	$(BIN)/pytest -q --cov=minestats --cov-branch --cov-report=term-missing tests

faults: $(READY) ## make every fault on purpose, also those that mount a small disk
	MINESTATS_FAULTS=all $(BIN)/pytest -q tests/faults tests/test_dask.py tests/test_render_batch.py

audit: $(VENV)-tools/ready ## look for known faults of the pinned packages (needs the network)
	$(VENV)-tools/bin/pip-audit --require-hashes --disable-pip -r requirements.lock -r requirements-lab.lock

# the tool reads a version only where pyproject.toml says it
sbom: $(VENV)-tools/ready ## list every pinned package with its hashes (CycloneDX) in build/sbom.json
	@mkdir -p build
	@sed "s/^dynamic = .*/version = \"$$(sed -n 's/^__version__ = "\(.*\)"/\1/p' src/minestats/__init__.py)\"/" pyproject.toml > build/pyproject.toml
	$(VENV)-tools/bin/cyclonedx-py requirements --pyproject build/pyproject.toml --mc-type library --output-reproducible -o build/sbom.json requirements.lock

OTHER = TZ=UTC $(VENV)-$@/bin/pytest -q -n auto --dist loadfile -W ignore::DeprecationWarning --doctest-glob=README.md README.md tests src/minestats

oldest: $(VENV)-oldest/ready ## run the tests with the oldest versions that pyproject.toml allows
	$(OTHER)

newest: $(VENV)-newest/ready ## run the tests with the newest versions that pyproject.toml allows
	$(OTHER)

docs: $(READY) ## build the documentation site into build/docs/index.html
	$(BIN)/python -m sphinx -q -W --keep-going -b html -c docs . build/docs -d build/doctrees
	@printf '<!doctype html><meta http-equiv="refresh" content="0; url=docs/index.html">' > build/docs/index.html
	@echo "build/docs/index.html"

dataset: $(READY) ## describe the data for search engines and learning machines (Croissant) in build/croissant.json
	$(BIN)/python docs/dataset.py

pictures: $(READY) ## draw the pictures of README.md and docs/
	$(BIN)/python docs/pictures.py

dist: $(READY) ## build wheel and sdist, and render one report where only the wheel is installed, with the oldest and newest Python here
	$(BIN)/python -m hatchling build -d dist
	MINESTATS_PYTHONS=all $(BIN)/pytest -q tests/test_wheel.py

PIN = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-emit-index-url --no-header \
	--no-annotate --upgrade
COMPILE = $(PIN) --extra test --group build pyproject.toml

lock: ## refresh the lock files (needs uv)
	$(COMPILE) -o requirements.lock
	$(COMPILE) --extra lab -o requirements-lab.lock
	$(COMPILE) --resolution lowest-direct -o requirements-oldest.lock
	$(PIN) --group release -o requirements-tools.lock

clean: ## delete what was built (the environment too)
	rm -rf $(VENV) $(VENV)-oldest $(VENV)-newest $(VENV)-tools $(OUT) dist build .pytest_cache .ruff_cache .hypothesis .coverage htmlcov

# a Python of a version that fits, and that can make environments
FIND_PYTHON = for p in $(PYTHON) python3 python3.13 python3.12 python3.11 python; do \
	if $$p -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then echo $$p; break; fi; done

$(VENV)/bin/python:
	@python=$$($(FIND_PYTHON)); \
	if [ -z "$$python" ]; then \
		echo "minestats needs Python 3.11, 3.12 or 3.13 with the modules venv and ensurepip; none was found." >&2; \
		echo "Install one (Debian, Ubuntu: apt install python3 python3-venv), or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; \
		exit 1; \
	fi; \
	echo "setting up $(VENV) with $$python"; $$python -m venv $(VENV)

$(READY): requirements.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)-oldest/ready: requirements-oldest.lock pyproject.toml $(VENV)/bin/python
	$(BIN)/python -m venv --clear $(VENV)-oldest
	$(VENV)-oldest/bin/python -m pip install --quiet --require-hashes -r requirements-oldest.lock
	$(VENV)-oldest/bin/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)-newest/ready: pyproject.toml $(VENV)/bin/python
	$(BIN)/python -m venv --clear $(VENV)-newest
	$(VENV)-newest/bin/python -m pip install --quiet hatchling editables
	$(VENV)-newest/bin/python -m pip install --quiet --no-build-isolation -e '.[test]'
	@touch $@

$(VENV)-tools/ready: requirements-tools.lock $(VENV)/bin/python
	$(BIN)/python -m venv --clear $(VENV)-tools
	$(VENV)-tools/bin/python -m pip install --quiet --require-hashes -r requirements-tools.lock
	@touch $@

$(LAB): requirements-lab.lock $(READY)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-lab.lock
	@touch $@
