# The two commands are `make demo` and `make test`; each does all its own set-up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP = PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo test lint types contracts unit fuzz faults interop bench screenshots docs clean

help: ## show what can be made
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 24

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("enigma-tui needs Python 3.11 or later; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12 demo" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e '.[demo]'
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e '.[dev]'
	@touch $@ $(VENV)/.demo

$(VENV)/.bench: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e '.[bench]'
	@touch $@ $(VENV)/.dev $(VENV)/.demo

demo: $(VENV)/.demo ## open the board on an embedded server with a simulated PBX
	@$(BIN)/enigma-tui demo

test: lint types contracts unit ## lint, types, import contracts and all tests

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

contracts: $(VENV)/.dev
	$(BIN)/lint-imports --no-cache

unit: $(VENV)/.dev
	$(BIN)/pytest -n auto

fuzz: SEED := $(if $(SEED),$(SEED),$(shell od -An -N4 -tu4 /dev/urandom | tr -d ' '))
fuzz: $(VENV)/.dev ## ten thousand hostile cases for each property; SEED=… repeats a run
	@echo "make fuzz SEED=$(SEED)"
	$(BIN)/pytest -n auto tests/fuzz --hypothesis-profile=fuzz --hypothesis-seed=$(SEED)

bench: $(VENV)/.bench ## measure against peers in the same run; prints ratios
	$(BIN)/python -m benchmarks

faults: $(VENV)/.dev ## break everything that can break, and count what it costs
	$(BIN)/python -m tests.faults

interop: $(VENV)/.dev ## call a real Asterisk and SIP.js with the phone; as root, on Debian
	@$(BIN)/python -m tests.interop
	$(BIN)/pytest -rs tests/interop

screenshots: $(VENV)/.dev ## make screenshots/ from the running program
	$(BIN)/python -m tests.screenshots

docs: $(VENV)/.dev ## write what docs/ says of settings and keys, from the program
	$(BIN)/python -m tests.documents

clean: ## remove what make has made
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
