# Layerwise: `make` alone lists the commands. Each can be run twice, and each first sees to the environment in .venv.

# The first Python on the PATH starts grader/bootstrap.py, which looks for a fitting one itself.
PYTHON ?= $(firstword $(foreach name,python3 python3.13 python3.12 python3.11,$(shell command -v $(name) 2>/dev/null)))
BIN := .venv/bin
# Options for the command behind a target: make lab ARGS="--port 9000", make test ARGS="-k bootstrap".
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help env lab demo test quick bench soak lint lock build clean

help:  ## These lines
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

env:  ## The environment alone, in .venv, from the lock
	@if [ -z "$(PYTHON)" ]; then \
	  echo "layerwise: there is no Python here. Install 3.11, 3.12 or 3.13 (Debian: sudo apt install python3 python3-venv), then run the same command again." >&2; \
	  exit 1; \
	fi
	@$(PYTHON) grader/bootstrap.py

lab: env  ## For learners: JupyterLab on your own copy of the chapters, in work/
	@$(BIN)/layerwise lab $(ARGS)

demo: env  ## For newcomers: three sample learners hand in a chapter and get scores and feedback
	@$(BIN)/layerwise demo $(ARGS)

test: lint  ## For developers: everything that CI runs
	@$(BIN)/pytest $(ARGS)

quick: env  ## For developers: the tests that take no more than two minutes together
	@$(BIN)/pytest -m "not slow and not browser" $(ARGS)

bench: env  ## For developers: how long checks take, and grading beside stock nbgrader
	@$(BIN)/python tests/bench_check.py
	@$(BIN)/python tests/bench_grading.py

soak: env  ## For developers: the tests that take hours when they run in full, and classes of thousands
	@LAYERWISE_SOAK=1 $(BIN)/pytest tests/hostile tests/disguises tests/engine tests/classroom $(ARGS)
	@LAYERWISE_SOAK=1 $(BIN)/python tests/bench_grading.py

lint: env  ## Format, style and types
	@$(BIN)/ruff format --check . || { echo "layerwise: those files are not formatted. Run: $(BIN)/ruff format" >&2; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/mypy --strict grader/bootstrap.py

build: env  ## For authors: the chapters in course/, from solutions/
	@$(BIN)/layerwise build $(ARGS)

lock:  ## For authors: the lock again from pyproject.toml; ARGS=--upgrade for newer releases (needs uv)
	@command -v uv >/dev/null || { echo "layerwise: the lock is computed by uv, which is not here. Install it (pip install uv) and run make lock again." >&2; exit 1; }
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links --python-version 3.11 \
	  --extra author --custom-compile-command "make lock" --output-file requirements.lock $(ARGS) pyproject.toml

clean:  ## Remove the environment and everything made by tools; learners' work stays
	@rm -rf .venv .venv.old build dist artefacts .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -path ./work -prune -o -path ./grader/classroom -prune -o -name __pycache__ -prune -exec rm -rf {} + -o -name '*.egg-info' -prune -exec rm -rf {} +
