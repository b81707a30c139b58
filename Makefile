# Set up, run, check and test; every target may be repeated, the second time without installing anything again.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

LOWEST := $(VENV)/lowest
NOT_ALL := "not e2e and not browser"

.PHONY: run serve check test test-unit test-lowest lowest-versions format clean
.DEFAULT_GOAL := run

run: $(VENV)/.run ## the main job: tune, score (ARGS="--preset fast" for options)
	$(BIN)/python main.py $(ARGS)

serve: $(VENV)/.run ## http://localhost:8000
	$(BIN)/python app.py $(ARGS)

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: test-unit ## all tests, those with the embedded model and with Chromium included
	$(BIN)/pytest -m "e2e or browser"

test-unit: $(VENV)/.dev ## without the embedded model and Chromium: three minutes on two cores
	$(BIN)/pytest -m $(NOT_ALL) --numprocesses 2 --dist loadfile $(ARGS)

test-lowest: $(LOWEST)/.dev ## the same with the lowest versions that pyproject.toml declares
	$(LOWEST)/bin/pytest -m $(NOT_ALL) --numprocesses 2 --dist loadfile $(ARGS)

lowest-versions: $(VENV)/.dev ## constraints-lowest.txt anew, after a change of versions in pyproject.toml
	$(BIN)/python -m pip install --quiet "uv>=0.5"
	$(BIN)/uv pip compile pyproject.toml --upgrade --resolution lowest-direct --python-version 3.11 \
		--extra embedded --extra hub --extra dev --constraint constraints.txt --no-annotate \
		--custom-compile-command "make lowest-versions" --quiet --output-file constraints-lowest.txt

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[embedded]"
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[embedded,dev]"
	@touch $@ $(VENV)/.run

$(LOWEST)/.dev: pyproject.toml constraints-lowest.txt | $(VENV)/bin/python
	$(BIN)/python -m venv $(LOWEST)
	$(LOWEST)/bin/python -m pip install --quiet --constraint constraints-lowest.txt --editable ".[embedded,hub,dev]"
	@touch $@

clean: ## the environment and tool caches; run folders stay
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
