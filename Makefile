# Everything lives in .venv; delete that folder to start over.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# PIP_CONSTRAINTS= (empty) takes the newest versions that pyproject.toml allows instead.
PIP_CONSTRAINTS ?= -c constraints.txt

.PHONY: demo test check clean

demo: .venv/.demo  ## run a real model on the mini benchmark
	$(BIN)/ugcbench run --model signal-baseline --tasks all --dataset mini --judge lexical

test: .venv/.dev  ## pass the tests
	$(BIN)/python -m pytest -n 2 --dist loadgroup $(PYTEST_ARGS)

check: .venv/.dev  ## lint, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

clean:
	rm -rf .venv

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "ugcbench needs Python 3.11 or newer; try: make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv

.venv/.demo: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing ugcbench into .venv (a minute or two) ..."
	$(PIP) install -e '.[baseline]' $(PIP_CONSTRAINTS)
	@touch $@

.venv/.dev: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing ugcbench and its development tools into .venv (a minute or two) ..."
	$(PIP) install -e '.[baseline,openai,dev]' $(PIP_CONSTRAINTS)
	@touch $@
