# Interlock's commands. `make demo` and `make test` need Python >= 3.11 with venv, and make;
# everything else is installed into .venv, in the versions that constraints.txt pins.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo test check fmt coverage bench proof mutants docs picture pins test-pythons clean

PY := .venv/bin/python
# Compiled modules are kept, whoever's shell forbids it: else every command and engine that a test or a
# demo starts compiles Interlock anew. `make clean` removes them.
unexport PYTHONDONTWRITEBYTECODE
# The interpreter to make .venv with; without it the newest found: make test PYTHON=python3.12
PYTHON ?=
# Passed on: make demo ARGS="--services 50", make test ARGS="-k wait"
ARGS ?=
# Test processes at a time, for two cores: they spend half their time waiting for hosts and screens
# (tests/conftest.py says which tests stay together).
WORKERS ?= 4
# What `make test-pythons` runs on.
VERSIONS ?= 3.11 3.12 3.13

help: ## what there is to make
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

demo: .venv/.ready ## the console on an embedded fleet of real SSH servers
	@$(PY) -m console demo $(ARGS)

test: check ## check, then every test
	@$(PY) -m pytest -n $(WORKERS) $(ARGS)

check: .venv/.ready ## format, lint, types and import contracts
	@$(PY) -m ruff format --check
	@$(PY) -m ruff check
	@$(PY) -m mypy
	@$(PY) -c "from importlinter.cli import lint_imports_command as lint; lint(['--no-logo'])"

fmt: .venv/.ready ## format, and mend what the linter can mend
	@$(PY) -m ruff format
	@$(PY) -m ruff check --fix

coverage: .venv/.ready ## the suite with every branch counted, worst files first
	@mkdir -p build/coverage
	@$(PY) -m pytest -n $(WORKERS) --cov --cov-report= $(ARGS); status=$$?; \
	$(PY) -m coverage report --sort=cover --skip-covered; exit $$status

bench: .venv/.ready ## the benchmarks: a table on the screen, JSON in build/bench
	@$(PY) -m tests.bench $(ARGS)

proof: .venv/.ready ## nothing lost, nothing twice: tried for longer than in the suite (ARGS=--cut for less)
	@$(PY) -m tests.proof $(ARGS)

mutants: .venv/.ready ## plant bugs in a copy of the tree: which tests notice? (ARGS=fence for some)
	@$(PY) -m tests.proof.mutants $(ARGS)

docs: .venv/.ready ## write again what the documents take from the program
	@$(PY) docs/generate.py

picture: .venv/.ready ## take the README's pictures anew, of a demo that runs
	@$(PY) docs/picture.py

# The oldest Python decides, so that every pinned version exists for the newer ones too.
pins: ## pin the newest versions that pyproject.toml allows in constraints.txt
	@set -eu; python="$(or $(PYTHON),python3.11)"; \
	"$$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || \
	  { echo "make pins needs Python 3.11, the oldest supported: make pins PYTHON=/path/to/python3.11" >&2; exit 1; }; \
	rm -rf build/pins; "$$python" -m venv build/pins; \
	build/pins/bin/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'; \
	{ echo "# The exact versions Interlock is developed and tested with; written by \`make pins\`."; \
	  build/pins/bin/python -m pip freeze --all --exclude-editable --exclude pip; } > build/pins/constraints.txt; \
	mv build/pins/constraints.txt constraints.txt; rm -rf build/pins

# With pyenv: PYENV_VERSION=3.11.7:3.12.1:3.13.0 make test-pythons
test-pythons: ## the tests on each of VERSIONS, every one in an environment of its own
	@set -eu; for version in $(VERSIONS); do \
	  echo "Interlock: Python $$version"; \
	  test -d build/python$$version || python$$version -m venv build/python$$version; \
	  rm -rf build/lib; \
	  build/python$$version/bin/python -m pip install --quiet --disable-pip-version-check '.[dev]' -c constraints.txt; \
	  build/python$$version/bin/python -m pytest -n $(WORKERS) $(ARGS); \
	done

clean: ## remove everything that can be made again
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.ready: pyproject.toml constraints.txt
	@.ci/venv $(PYTHON)
