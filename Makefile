# Needs make and Python 3.10 or newer with venv; everything else goes into .venv.

PYTHON = python3
VENV = .venv
BIN = $(VENV)/bin

# What "make serve" serves, and where.  Without ROOT it makes a folder of its own.
ROOT =
PORT = 2121
# Whom "make serve" lets in: only this machine.  HOST=0.0.0.0 lets in everybody.
HOST = 127.0.0.1
# TLS=1 serves with TLS as well, by a certificate that is made for it.
TLS =

# The Debian packages of the clients that end-to-end tests drive, with the
# program where it is called otherwise.  "perl" alone may be without its library.
CLIENTS = curl lftp ncftp tnftp inetutils-ftp wget aria2:aria2c rclone perl:corelist nodejs:node npm
# And what the networks that tests make are made of.
CLIENTS += iproute2:ip nftables:nft

# Where npm puts the client that runs in Node, and a list of what cannot be had.
NODE = tests/end_to_end/programs
MISSING = .missing-clients

# How long "make fuzz" looks for inputs that break something, seconds, and what
# one of its processes may use, MiB.
FUZZ_SECONDS = 600
FUZZ_MEMORY = 1024

# "make bench QUICK=1" takes a minute and writes no page.  And what else it is told,
# such as BENCH='--only retr-small,login --servers ftpactive,pyftpdlib --json FILE'.
QUICK =
BENCH =

# The tests with processes and networks of their own.
SYSTEMS = tests/end_to_end tests/network

# Every branch of these is to be run by a test.
COVERED = ftpactive/core/*,ftpactive/verbs/*

export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: help serve test units systems lint format clients fuzz fuzz-server bench protocol sample clean

help:
	@echo 'make serve    serve a folder:  make serve ROOT=/srv/ftp PORT=2121 TLS=1'
	@echo 'make test     everything that must hold: lint, types, tests, coverage'
	@echo 'make units    one half of the tests: without real clients and networks'
	@echo 'make systems  the other half'
	@echo 'make lint     only lint, formatting and types'
	@echo 'make format   put the code into its format, and what else ruff can mend'
	@echo 'make clients  install the FTP clients that the tests use (Debian, npm)'
	@echo 'make fuzz     look for inputs that break something:  make fuzz FUZZ_SECONDS=600'
	@echo 'make bench    measure ftpactive beside other servers, ten minutes:  make bench QUICK=1'
	@echo 'make fuzz-server  throw anything at a real server:  make fuzz-server FUZZ_SECONDS=600'
	@echo 'make protocol write docs/protocol.md from the table of verbs'
	@echo 'make sample   write docs/ftpactive.toml from the declarations of the configuration'
	@echo 'make clean    remove what the others made, but no served folder'

serve: $(VENV)/installed
	$(if $(TLS),@$(BIN)/python -m pip install --quiet --editable '.[tls]')
	@$(BIN)/python tools/serve.py '$(PORT)' '$(ROOT)' '$(HOST)' '$(TLS)'

# The two halves run beside each other; what one of them says comes in one piece.
test: clients lint
	@$(MAKE) --no-print-directory --output-sync=target --jobs=2 units systems

# Without processes but our own, for the most part.
units: $(VENV)/ready
	$(BIN)/python -W error -m coverage run -m pytest $(SYSTEMS:%=--ignore=%)
	@$(BIN)/python -m coverage report --include='$(COVERED)' --fail-under=100

# Real servers, clients and networks.
systems: $(VENV)/ready
	$(BIN)/python -W error -m pytest $(SYSTEMS)

lint: $(VENV)/ready
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/mypy

format: $(VENV)/ready
	$(BIN)/ruff check --quiet --fix-only .
	$(BIN)/ruff format .

clients:
	@sh tools/install-clients $(MISSING) $(NODE) $(CLIENTS)

# Where atheris does not exist for this Python, tools/fuzz.py does without it.
fuzz: $(VENV)/ready
	-@$(BIN)/python -m pip install --quiet --editable '.[fuzz]'
	@$(BIN)/python tools/fuzz.py --seconds $(FUZZ_SECONDS) --memory $(FUZZ_MEMORY)

# The other servers are unpacked into .bench, and not installed.
bench: $(VENV)/ready
	@$(BIN)/python -m benchmarks.bench $(if $(QUICK),--quick) $(BENCH)

# The same of a real server, with TLS and without.
fuzz-server: $(VENV)/ready
	@$(BIN)/python -m tools.fuzzserver $(FUZZ_SECONDS)

protocol: $(VENV)/ready
	$(BIN)/python tools/protocol_page.py

sample: $(VENV)/ready
	$(BIN)/python -c 'from ftpactive.config.command import main; main(["sample"])' > docs/ftpactive.toml

clean:
	rm -rf $(VENV) build dist ftpactive.egg-info htmlcov $(NODE)/node_modules $(MISSING)
	rm -rf .serve .bench .coverage .coverage.* .fuzz .hypothesis .mypy_cache .pytest_cache .ruff_cache
	rm -f twisted/plugins/dropin.cache twistd.log twistd.pid
	find benchmarks ftpactive tests tools twisted -name __pycache__ -exec rm -rf {} +

# Two steps, so that serving does not wait for the tools of testing.
$(VENV)/installed: setup.cfg pyproject.toml
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/ready: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	@touch $@
