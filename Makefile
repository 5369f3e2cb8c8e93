# `make serve` and `make test` need Python 3.11 or newer and make, nothing else. Everything lands in .venv.

PORT ?= 8000
JOBS ?= 2
BLUEPRINT ?= examples/seawall.toml
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input install -qq
NODE_CLIENTS := tests/support/node
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras \
	--no-annotate --no-emit-index-url --no-emit-find-links --custom-compile-command "make pin"
PIN := $(COMPILE) pyproject.toml requirements/build.in
# The first of these that is new enough and can make a virtual environment; set PYTHON to choose another.
PYTHONS := $(or $(PYTHON),python3.11 python3.12 python3.13 python3)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help serve test test-whole bench soak lint format docs pin node-clients containers sbom examples clean

help:
	@echo "make serve         serve $(BLUEPRINT) over HTTP on port $(PORT) (PORT=9000 chooses another)"
	@echo "make test          run the tests that need Python alone and are quick, in some minutes"
	@echo "make test-whole    the same with those that work whole programs for long: documents, hostile servers, soak"
	@echo "make bench         compare with bare FastMCP (some minutes) and write docs/benchmarks.md"
	@echo "make soak          load the server with two hundred clients for a minute"
	@echo "make lint          ruff, mypy and the import contracts"
	@echo "make format        let ruff rewrite the source"
	@echo "make docs          write the reference in docs/reference anew from the source"
	@echo "make containers    build, run and attack the example's container (as root on Debian: see .ci/run)"
	@echo "make sbom          list what is in the image of examples/filesystem-mcp, as CycloneDX (after make containers)"
	@echo "make examples      make examples/filesystem-mcp and examples/commands anew, after a change of a template"
	@echo "make node-clients  install the Node clients for SEAWALL_TEST_PROGRAMS=all make test"
	@echo "make pin           resolve the dependencies anew and pin them with hashes"
	@echo "make clean         remove everything that make made"

serve: $(VENV)/.runtime
	@exec $(BIN)/seawall serve $(BLUEPRINT) --transport http --port $(PORT)

test: $(VENV)/.test
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(PYTEST)

test-whole: export SEAWALL_TEST_PROGRAMS := whole
test-whole: test

bench: $(VENV)/.runtime
	$(BIN)/python -m benchmarks

soak: $(VENV)/.test
	@$(BIN)/python benchmarks/soak.py $(SOAK)

lint: $(VENV)/.lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.lint
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.runtime
	PYTHONPATH=docs $(BIN)/python -m generator docs/reference

containers: $(VENV)/.test $(VENV)/.deploy
	SEAWALL_TEST_PROGRAMS=containers $(BIN)/python -m pytest tests/containers $(PYTEST)

sbom: $(VENV)/.test $(VENV)/.deploy
	@mkdir -p dist
	@PYTHONPATH=tests $(BIN)/python -m containers.sbom examples/filesystem-mcp dist/sbom.cdx.json

examples: $(VENV)/.runtime
	$(BIN)/seawall new examples/filesystem-mcp --from examples/filesystem-mcp/seawall.toml --force
	$(BIN)/seawall upgrade examples/commands

node-clients: $(NODE_CLIENTS)/node_modules/.installed

pin: $(VENV)/.lint
	$(PIN) --upgrade -o requirements/runtime.txt
	$(PIN) --upgrade --extra test -c requirements/runtime.txt -o requirements/test.txt
	$(PIN) --upgrade --extra test --extra lint -c requirements/test.txt -o requirements/lint.txt
	$(COMPILE) --upgrade requirements/deploy.in -o requirements/deploy.txt

clean:
	rm -rf $(VENV) $(NODE_CLIENTS)/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# The files below .venv are stamps: what they name is installed, and is installed again when its pins change.
$(VENV)/.python:
	@for python in $(PYTHONS); do \
	  if "$$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    "$$python" -m venv $(VENV) && touch $@ && exit 0; exit 1; \
	  fi; \
	done; \
	echo "Seawall needs Python 3.11 or newer with its venv module (Debian: python3-venv); tried: $(PYTHONS)" >&2; \
	exit 1

$(VENV)/.runtime: requirements/runtime.txt pyproject.toml $(VENV)/.python
	@echo "Installing Seawall into $(VENV) (once, about a minute) ..."
	@$(PIP) --require-hashes -r requirements/runtime.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.test: requirements/test.txt $(VENV)/.runtime
	@$(PIP) --require-hashes -r requirements/test.txt
	@touch $@

$(VENV)/.lint: requirements/lint.txt $(VENV)/.test
	@$(PIP) --require-hashes -r requirements/lint.txt
	@touch $@

# The linters of deployment files bring many packages, some of them older than ours: they have an environment of their own.
$(VENV)/.deploy: requirements/deploy.txt $(VENV)/.python
	@$(BIN)/python -m venv $(VENV)/deploy
	@$(VENV)/deploy/bin/python -m pip --disable-pip-version-check --no-input install -qq --require-hashes -r requirements/deploy.txt
	@touch $@

$(NODE_CLIENTS)/node_modules/.installed: $(NODE_CLIENTS)/package.json
	@npm install --prefix $(NODE_CLIENTS) --no-package-lock --no-audit --no-fund --ignore-scripts
	@touch $@
