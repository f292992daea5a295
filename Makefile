# Two commands for a newcomer: `make demo` and `make test`. Both need only Python >= 3.11, git and make.
# In a closed network: PIP_NO_INDEX=1 PIP_FIND_LINKS=<folder with the wheels> before the same commands; README.md gets them.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
PORT   ?= 4200

.DEFAULT_GOAL := help
.PHONY: help setup demo serve test check format lock docs bench clean

help:
	@echo "make demo    set up, then run three nights on generated files"
	@echo "make serve   Prefect's server, a worker and the deployments on this machine until Ctrl-C (PORT=4200)"
	@echo "make test    set up, then run the tests"
	@echo "make check   lint, format, strict types, generated pages up to date"
	@echo "make format  let ruff rewrite the files"
	@echo "make docs    write the generated pages again"
	@echo "make bench   measure accuracy, speed, a night and other tools (hours; BENCH='--sizes 0.1 ...' for less)"
	@echo "make lock    resolve the dependencies again (needs uv)"

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "fapiao-recon needs Python 3.11 or newer; $$($(PYTHON) --version) was found. Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the locked dependencies into $(VENV) (once, about a minute) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

demo: setup
	@$(BIN)/fapiao demo

serve: setup
	@$(BIN)/python -m flows.serve --port $(PORT)

test: setup
	@$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

check: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m tests.conventions.pages --check

format: setup
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format .

docs: setup
	@$(BIN)/python -m tests.conventions.pages --write

bench: setup
	@$(BIN)/python -m benchmarks $(BENCH)

lock:
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --extra dev --no-annotate --no-header \
	  --no-emit-index-url --no-emit-find-links --upgrade --output-file requirements.lock pyproject.toml
	@! grep -nE 'https?://|--index|--find-links' requirements.lock

clean:
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache
