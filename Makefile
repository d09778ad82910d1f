# Sets itself up: needs Python 3.11+, git and make, and on Debian-likes nothing else.

VENV := .venv
BIN := $(VENV)/bin
CODE := bridge tests $(wildcard benchmarks)
DEMO_ARGS ?=
# The folder of the public traces, which are no part of this repository.
TRACES ?= ../shared/traces
# Tests wait more than they compute: one worker more than there are cores.
JOBS ?= $(shell expr $$(nproc) + 1)
PYTEST := pytest -n $(JOBS) --dist worksteal --durations=20
export PYTHON ?=

.DEFAULT_GOAL := check
.DELETE_ON_ERROR:
.PHONY: help install parts fmt lint types layers tests cover test check demo tables results picture audit bench \
    restart-property soak constraints openapi clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | while IFS='	' read -r target text; do \
	    printf '  %-16s %s\n' "$$target" "$$text"; done

install: $(VENV)/.installed ## make .venv with the pinned dependencies

$(VENV)/.installed: pyproject.toml constraints.txt
	tools/make-venv $(VENV)
	@touch $@

parts: ## install prometheus, alertmanager, git, ssh, gpg, openssl and chromium where missing
	@tools/install-parts

fmt: install ## format the code and fix what ruff can fix
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

lint: install ## ruff: rules and format
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)

types: install ## mypy, strict
	$(BIN)/mypy $(CODE)

layers: install ## the import contracts: stage order, purity, single owners
	$(BIN)/lint-imports --no-logo

tests: install parts ## the tests
	$(BIN)/$(PYTEST)

cover: install parts ## the tests under coverage, with the threshold (this near doubles their time)
	@rm -f .coverage .coverage.*
	$(BIN)/coverage run -m $(PYTEST)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

test: lint types layers tests ## everything that must hold

check: test ## the same as test, and the default

demo: install ## load rises, one commit scales, load comes back (two minutes)
	@tools/install-parts demo
	$(BIN)/scalebridge demo $(DEMO_ARGS)

tables: install ## write the tables of docs/dead-time.md, metrics.md and logs.md anew
	$(BIN)/python -m tests.backtest.loops
	$(BIN)/python -m tests.docs.metrics_table

results: install ## measure docs/results.md anew, from the traces in $(TRACES)
	TRACES=$(TRACES) $(BIN)/python -m tests.docs.results

picture: install parts ## make docs/status-page.png anew, of a live service
	$(BIN)/python -m tests.docs.status_picture

audit: install ## known vulnerabilities of what is installed, where an advisory service answers
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[audit]' \
	    --no-build-isolation
	@$(BIN)/python tools/audit $(VENV)

bench: install ## the benchmarks, quick
	@for benchmark in $(wildcard benchmarks/*.py); do \
	    echo "$$benchmark"; $(BIN)/python "$$benchmark" --quick || exit 1; done

RESTART_RUNS ?= 200
restart-property: install parts ## restarted processes decide as one never stopped, in 200 worlds
	RESTART_RUNS=$(RESTART_RUNS) $(BIN)/pytest tests/e2e/test_restart.py

SOAK_RUNS ?= 1200
SOAK_FIRST ?= 0
soak: install parts ## as many faults (SOAK_RUNS), of seeds from SOAK_FIRST on: Git ends up right
	SOAK_RUNS=$(SOAK_RUNS) SOAK_FIRST=$(SOAK_FIRST) $(BIN)/pytest -v -n $(JOBS) tests/faults

constraints: ## pin the newest versions that pyproject.toml allows
	tools/pin-constraints

openapi: ## refresh the requests that the tests' GitHub checks, from GitHub's own description
	@folder=$$(mktemp -d) && (cd $$folder && npm pack --silent @octokit/openapi | xargs tar xzf) && \
	    tools/trim-openapi $$folder/package >tests/parts/github_openapi.json; rm -rf $$folder

clean: ## remove everything that make made
	rm -rf $(VENV) build dist htmlcov .coverage .coverage.* .hypothesis .import_linter_cache \
	    .mypy_cache .pytest_cache .ruff_cache
	find bridge tests -name __pycache__ -type d -prune -exec rm -rf {} +
