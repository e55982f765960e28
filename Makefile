# The commands of the project. `make help` lists them.
#
# Needs python3 (3.11 or newer) with venv, make and git; everything else comes into .venv, locked with hashes.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

PYTHON ?= python3
VENV ?= .venv
PORT ?= 8000
BIN := $(VENV)/bin
SETTINGS := config.settings.console config.settings.public config.settings.test
# make test FAST=1 leaves out what takes longer than a few seconds; TESTS=tests/devices runs one folder.
TESTS ?=
MARKERS ?= $(if $(FAST),not slow and not browser)
# Many tests wait for processes and devices, so there may be more workers than processors. The tests of a file stay together.
WORKERS ?= 3

# A stamp carries the hash of what it was made from, so a fresh checkout with new file times installs nothing again.
short_hash = $(shell cat $(1) 2>/dev/null | sha256sum | cut -c1-16)
RUN_STAMP := $(VENV)/stamps/run-$(call short_hash,requirements/run.txt)
DEV_STAMP := $(VENV)/stamps/dev-$(call short_hash,requirements/dev.txt)
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes

.DEFAULT_GOAL := help
.PHONY: help
help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

# --- set up -----------------------------------------------------------------------------------------------------------

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo '$(PYTHON) is missing or older than 3.11. Name another: make PYTHON=python3.11 $(MAKECMDGOALS)' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(RUN_STAMP): | $(BIN)/python
	@echo 'Installing the locked packages (about a minute) ...'
	@$(INSTALL) -r requirements/run.txt
	@mkdir -p $(@D) && rm -f $(@D)/run-* && touch $@

$(DEV_STAMP): | $(BIN)/python
	@echo 'Installing the locked packages of tests and checks (about a minute) ...'
	@$(INSTALL) -r requirements/dev.txt
	@mkdir -p $(@D) && rm -f $(@D)/* && touch $@ $(RUN_STAMP)  # dev.txt holds all of run.txt

.PHONY: setup
setup: $(DEV_STAMP) ## Set up for development without starting anything
	@$(BIN)/python -m greenhouse.console.frontend_build
	@$(BIN)/python manage.py catalogs --compile-only

# --- run --------------------------------------------------------------------------------------------------------------

.PHONY: run train stop status
# The folder of a training base beside that of the base itself: make stop TRAINING=1
TRAINING ?=
export GREENHOUSE_TRAINING := $(or $(TRAINING),$(GREENHOUSE_TRAINING))
VAR := $(or $(GREENHOUSE_VAR),$(if $(GREENHOUSE_TRAINING),var/training,var))

run: $(RUN_STAMP) ## Set up and run the whole base; PORT=8000 is the console's
	@$(BIN)/python -m greenhouse.console.frontend_build
	@exec $(BIN)/python manage.py runbase --port $(PORT)

train: $(RUN_STAMP) ## Run a base for lessons, whose time can be sped up; it has a database of its own
	@$(BIN)/python -m greenhouse.console.frontend_build
	@exec $(BIN)/python manage.py runbase --training --port $(PORT)

stop: ## Stop a base that runs elsewhere; TRAINING=1 the one for lessons. Outputs go to their safe state
	@$(BIN)/python manage.py stopbase

status: ## Show the processes of the running base
	@test -e $(VAR)/supervisord.conf || { echo 'The base does not run: make run' >&2; exit 1; }
	@$(BIN)/supervisorctl -c $(VAR)/supervisord.conf status

# --- test -------------------------------------------------------------------------------------------------------------

.PHONY: test check test-pythons bench prove validation screenshots
test: setup ## Run the tests; FAST=1 leaves out the slow ones, TESTS=<path> chooses
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(if $(MARKERS),-m "$(MARKERS)") $(TESTS)

check: setup ## Check format, style, types, layers, settings, migrations, catalogs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@set -e; for settings in $(SETTINGS); do \
		echo "manage.py check --settings $$settings"; \
		$(BIN)/python -W error manage.py check --fail-level WARNING --settings $$settings; \
	done
	$(BIN)/python manage.py makemigrations --check --dry-run --settings config.settings.test
	$(BIN)/python manage.py catalogs --check

test-pythons: ## Run the tests on Python 3.11, 3.12 and 3.13 (all but the browser's on the last two)
	@scripts/test_pythons.sh

bench: setup ## Measure what docs/benchmarks.md states
	$(BIN)/python -m benchmarks

prove: setup ## Kill, hang and misuse what runs, again and again, and write what was found into docs/ (two hours)
	EVERY_BENCHMARK=1 $(BIN)/pytest -q tests/tooling/test_benchmarks_run.py
	WHOLE_DAY=1 $(BIN)/pytest -q tests/flow/test_day_in_the_base.py
	$(BIN)/python scripts/prove_supervision.py
	$(BIN)/python -m scripts.prove_commands
	$(BIN)/python scripts/prove_packing.py --kills 300 --output docs/packing.md
	$(BIN)/python scripts/prove_demo_history.py --kills 300 --output docs/proof-demo-history.md
	$(BIN)/python scripts/prove_failover.py
	$(BIN)/python -m scripts.prove_irrigation --kills 100
	$(BIN)/python scripts/prove_api.py

validation: setup ## Hold the plant model to publications and to a foreign model, write docs/validation.md (minutes)
	$(BIN)/python -m scripts.validate_plant

screenshots: setup ## Take pictures of the console into screenshots/
	$(BIN)/python tests/browser/screenshots.py

# --- keep up ----------------------------------------------------------------------------------------------------------

.PHONY: lock format
lock: $(DEV_STAMP) ## Lock the dependencies of requirements/*.in with hashes; UPGRADE=1 takes newer ones
	@for name in run dev; do \
		$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 \
			$(if $(UPGRADE),--upgrade) requirements/$$name.in --output-file requirements/$$name.txt; \
	done

format: $(DEV_STAMP) ## Format the source
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix --select I .
