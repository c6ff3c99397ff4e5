# Everything works from a bare clone with Python 3.11+, pip and make. `make demo` and `make test` do their own set-up.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup demo test lint bench soak lock format

setup: .venv/.installed

.venv/.installed: requirements-dev.lock
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

# The demo needs no test tools.
.venv/.runtime: requirements.lock
	test -f .venv/.installed || { $(PYTHON) -m venv .venv && \
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock; }
	touch $@

demo: .venv/.runtime
	$(BIN)/python manage.py demo $(ARGS)

test: setup
	$(BIN)/python -m tests.run $(ARGS)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy config consent encounters notes
	$(BIN)/lint-imports --no-cache
	$(BIN)/python manage.py makemigrations --check --dry-run

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup
	$(BIN)/python -m tests.bench $(ARGS)

soak: setup
	$(BIN)/python -m tests.soak $(ARGS)

# Compile the lock files anew; they record hashes, never addresses.
lock: setup
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-header pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-header pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
