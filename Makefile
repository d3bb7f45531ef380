# Needs make and Python 3.10 or newer with venv; everything else goes into .venv.

PYTHON = python3
VENV = .venv
BIN = $(VENV)/bin

# What "make serve" serves, and where.  Without ROOT it makes a folder of its own.
ROOT =
PORT = 2121

# The Debian packages of the clients that end-to-end tests drive.
CLIENTS = curl lftp

# Every branch of these is to be run by a test.
COVERED = ftpactive/core/*,ftpactive/verbs/*

export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: help serve test lint format clients clean

help:
	@echo 'make serve    serve a folder:  make serve ROOT=/srv/ftp PORT=2121'
	@echo 'make test     everything that must hold: lint, types, tests, coverage'
	@echo 'make lint     only lint, formatting and types'
	@echo 'make format   put the code into its format, and what else ruff can mend'
	@echo 'make clients  install the FTP clients that some tests use (Debian)'
	@echo 'make clean    remove what the others made, but no served folder'

serve: $(VENV)/installed
	@$(BIN)/python tools/serve.py '$(PORT)' '$(ROOT)'

test: clients lint
	$(BIN)/python -W error -m coverage run -m pytest
	@$(BIN)/python -m coverage report --include='$(COVERED)' --fail-under=100

lint: $(VENV)/ready
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/mypy

format: $(VENV)/ready
	$(BIN)/ruff check --quiet --fix-only .
	$(BIN)/ruff format .

clients:
	@sh tools/install-clients $(CLIENTS)

clean:
	rm -rf $(VENV) build dist ftpactive.egg-info htmlcov
	rm -rf .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache
	rm -f twisted/plugins/dropin.cache twistd.log twistd.pid
	find ftpactive tests tools twisted -name __pycache__ -exec rm -rf {} +

# Two steps, so that serving does not wait for the tools of testing.
$(VENV)/installed: setup.cfg pyproject.toml
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/ready: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	@touch $@
