# Everything is set up inside .venv by the first target that needs it: `make demo` and `make test` are enough.
#
#   PYTHON   the Python that .venv is made from         make PYTHON=/usr/bin/python3.12 setup
#   VENV     another place than .venv                   make VENV=/somewhere/else test
#   ARGS     arguments for demo, test, soak and defects make test ARGS="tests/core -k overflow"

PYTHON ?= python3
VENV   ?= .venv
ARGS   ?=

BIN     := $(VENV)/bin
PIP     := $(BIN)/pip --disable-pip-version-check --quiet
STAMPS  := $(VENV)/stamps
# Directories are in the list because a deleted file shows only there.
SOURCES := $(shell find src -name __pycache__ -prune -o -path src/lionrock/web/built -prune -o -print) \
           $(wildcard meson.build setup/*.py README.md)
PAGES   := $(shell find ui \( -name node_modules -o -name schema.d.ts \) -prune -o -print) docs/reference/openapi.json

# Tools that call other tools by name find those of .venv.
TOOLS := PATH="$(abspath $(BIN)):$$PATH"
# The build tools stand in the lock file, so pip must not fetch its own.
BUILD := $(TOOLS) $(PIP) install --no-index --no-deps --no-build-isolation
LOCK  := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
         --no-annotate --no-header
BUILD_TOOLS := import tomllib; build = tomllib.load(open("pyproject.toml", "rb"))["build-system"]; \
               print(*build["requires"], sep="\n")

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup build pages demo test check docs index bench soak defects sanitized capture \
        screenshots deps lock clean

help: ## this list
	@grep -E '^[a-z]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/:[^#]*## /|/' | column -t -s '|'

setup: $(STAMPS)/project $(STAMPS)/capture ## create .venv with the locked packages and Lionrock itself

build: $(STAMPS)/project ## compile and install what changed under src/; needed before calling .venv/bin/... by hand

pages: $(STAMPS)/project ## build the web application and install it; after a change under ui/

demo: setup ## the guided tour
	$(BIN)/lionrock demo $(ARGS)

test: $(STAMPS)/dev setup check ## all checks, then all tests
	$(BIN)/pytest -n 2 --dist worksteal $(ARGS)

check: $(STAMPS)/dev $(STAMPS)/project ## style, types and import ladder
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(TOOLS) $(BIN)/cython-lint src
	$(BIN)/lint-imports --no-cache --no-logo
	cd ui && $(TOOLS) npm run --silent check

docs: $(STAMPS)/dev $(STAMPS)/project ## write docs/reference/ and docs/rulebook-rows.md from the code
	$(BIN)/python docs/write_reference.py
	$(BIN)/python docs/write_rulebook_rows.py
	$(BIN)/python docs/write_handbook.py

index: $(STAMPS)/dev $(STAMPS)/project ## write which tests show which rules, from the marks of the tests
	$(BIN)/python -m tests.write_rule_index

bench: $(STAMPS)/dev setup ## every benchmark, one after the other, into one table: .venv/figures.md
	$(BIN)/lionrock bench all --out $(VENV)/figures.md $(ARGS)

soak: $(STAMPS)/dev setup ## the long tests that `make test` leaves out (ten minutes; defects apart)
	$(BIN)/pytest -m soak -n 2 --ignore=tests/defects $(ARGS)

# Forty minutes for all, on two processors; ARGS="-k youngest-order-trades-first" for one.
defects: $(STAMPS)/dev $(STAMPS)/project ## break the core in each named way and print which test notices first
	$(BIN)/pytest -m soak -n 2 tests/defects $(ARGS)

# A second copy, compiled with AddressSanitizer and UBSan, stands before the installed one on the path.
sanitized: $(STAMPS)/dev $(STAMPS)/project ## the core's tests under AddressSanitizer and UBSan
	rm -rf $(VENV)/sanitized
	$(BUILD) --target $(VENV)/sanitized --config-settings=build-dir=$(VENV)/build-sanitized \
	  --config-settings=setup-args=--native-file=$(CURDIR)/setup/sanitized.ini .
	LD_PRELOAD=$$(cc -print-file-name=libasan.so) ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=halt_on_error=1 \
	  PYTHONPATH=$(VENV)/sanitized $(BIN)/python -m pytest \
  $(if $(ARGS),$(ARGS),tests/core tests/spec tests/sim/test_flows.py)

capture: $(STAMPS)/packages ## fetch the recorded order flow of the demo again
	setup/fetch_capture.sh $(BIN)/python $(VENV)/capture

screenshots: $(STAMPS)/dev $(STAMPS)/project ## a picture of every page of the web application, into .venv/screenshots
	PYTHONPATH=. $(BIN)/python setup/screenshots.py $(VENV)/screenshots $(ARGS)

deps: ## system packages: compiler, Python headers, venv, browser (as root, only when something is missing)
	PYTHON=$(PYTHON) setup/system_packages.sh test

lock: $(STAMPS)/dev ## make the lock files again with the newest versions allowed
	$(BIN)/python -c '$(BUILD_TOOLS)' > $(VENV)/build-tools.in
	$(LOCK) --output-file requirements.lock --extra pages pyproject.toml $(VENV)/build-tools.in > /dev/null
	$(LOCK) --output-file requirements-dev.lock --extra pages --extra dev pyproject.toml $(VENV)/build-tools.in > /dev/null

clean: ## remove .venv and everything built
	rm -rf $(VENV) build ui/node_modules src/lionrock/web/built .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Each stamp is one finished step; with all of them newer than their sources `make setup` does nothing.

$(STAMPS)/venv:
	PYTHON=$(PYTHON) setup/system_packages.sh
	$(PYTHON) -m venv $(VENV)
	mkdir -p $(STAMPS) && touch $@

$(STAMPS)/packages: requirements.lock | $(STAMPS)/venv
	$(PIP) install --require-hashes -r requirements.lock
	touch $@

$(STAMPS)/dev: requirements-dev.lock | $(STAMPS)/packages
	PYTHON=$(PYTHON) setup/system_packages.sh test
	$(PIP) install --require-hashes -r requirements-dev.lock
	touch $@

# The Node that builds the pages is a package of .venv, too; nothing of it runs when a site does.
$(STAMPS)/node: ui/package-lock.json ui/.npmrc | $(STAMPS)/packages
	cd ui && $(TOOLS) npm ci --silent
	touch $@

$(STAMPS)/pages: $(PAGES) $(STAMPS)/node
	cd ui && $(TOOLS) npm run --silent types && $(TOOLS) npm run --silent build -- --logLevel warn
	touch $@

$(STAMPS)/project: $(SOURCES) pyproject.toml $(STAMPS)/packages $(STAMPS)/pages
	$(BUILD) --config-settings=build-dir=$(VENV)/build .
	touch $@

$(STAMPS)/capture: setup/fetch_capture.sh setup/capture.lock | $(STAMPS)/packages
	setup/fetch_capture.sh $(BIN)/python $(VENV)/capture
	touch $@
