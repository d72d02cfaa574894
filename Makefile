# Needs make, and Python 3.11 or newer with venv and pip; for the tests of the JavaScript, node and npm. Everything else is
# set up in .venv and node_modules.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Build requirements are pinned like all others.
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test lint setup setup-test sample clean

demo: $(VENV)/ready  ## Make the sample's meeting map and tables in out/.
	$(BIN)/fringe demo --output out

test: $(VENV)/ready-test node_modules/ready  ## Lint, types, import order, tests (with those of the JavaScript), doctests, notebooks.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n 2 --dist loadfile
	$(BIN)/python -m pytest --nbmake --nbmake-timeout=300 -p no:cacheprovider notebooks

setup: $(VENV)/ready
setup-test: $(VENV)/ready-test node_modules/ready

$(VENV)/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/ready-test: $(VENV)/ready
	$(BIN)/python -m pip install --quiet "pip>=25.1"
	$(BIN)/python -m pip install --quiet --group dev --editable ".[parquet]"
	touch $@

# ESLint, in the versions of package.json. Without npm the tests that need it are skipped, but in CI.
node_modules/ready: package.json
	@if command -v npm >/dev/null; then npm install --no-package-lock --no-save --no-audit --no-fund --silent && touch $@; \
	elif [ -n "$$CI" ]; then echo "npm not found: apt-get install npm" >&2; exit 1; \
	else echo "npm not found: JavaScript is not linted (apt-get install npm)"; fi

sample: $(VENV)/ready  ## Make sample_data anew from its seed.
	$(BIN)/python sample_data/make_sample.py

clean:
	rm -rf $(VENV) node_modules out build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
