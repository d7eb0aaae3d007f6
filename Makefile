# Two commands matter: `make run` and `make test`. Each installs what it needs into .venv the
# first time, and does no work there again until its requirements file changes.

PYTHON ?= python3
BIN := .venv/bin
SOURCES := gateway dialogs core storage tests
ENVIRONMENT := $(if $(PORT),MAITA_PORT="$(PORT)") $(if $(DATA_DIR),MAITA_DATA_DIR="$(DATA_DIR)")
WORKERS ?= 2

.PHONY: help run test check bench screens format lock audit

help: ## show these lines
	@awk -F':.*## ' '/^[a-z]+:.*## / {printf "  make %-7s %s\n", $$1, $$2}' Makefile

run: .venv/run.stamp ## set up and start the service (PORT=8000 DATA_DIR=.maita)
	@exec env $(ENVIRONMENT) $(BIN)/python -m gateway run

test: check ## run every check and every test
	@$(BIN)/pytest -n $(WORKERS) --dist loadfile

check: .venv/dev.stamp ## run the checks that need no database
	@$(BIN)/ruff format --check --quiet $(SOURCES)
	@$(BIN)/ruff check --quiet $(SOURCES)
	@$(BIN)/mypy $(SOURCES)
	@$(BIN)/lint-imports --no-logo

bench: .venv/dev.stamp ## measure speed
	@exec $(BIN)/python -m tests.bench $(BENCH)

screens: .venv/dev.stamp ## draw every screen in every language on every channel
	@$(BIN)/python -m tests.screens

format: .venv/dev.stamp ## rewrite the sources in the house style
	@$(BIN)/ruff check --fix --quiet $(SOURCES); $(BIN)/ruff format $(SOURCES)

audit: .venv/dev.stamp ## look the locked packages up among the published weaknesses
	@$(BIN)/pip-audit --disable-pip --require-hashes -r requirements/run.txt

# The addresses of package indexes stay out of the lock: whoever installs brings their own.
LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

lock: .venv/dev.stamp ## compile requirements/*.in into hashed *.txt
	@$(LOCK) --output-file requirements/tool.txt requirements/tool.in
	@$(LOCK) --output-file requirements/run.txt requirements/run.in
	@$(LOCK) --constraints requirements/run.txt --output-file requirements/dev.txt requirements/dev.in

# The project runs from its checkout: a path file makes the packages importable from anywhere
# and a two-line script is the `maita` command, so that nothing has to be built.
$(BIN)/maita:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	|| { echo "maita needs Python 3.11 or newer as $(PYTHON)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null \
	|| { echo "$(PYTHON) cannot make a virtual environment: apt install python3-venv"; exit 1; }
	@$(PYTHON) -m venv .venv
	@pwd > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/maita.pth"
	@printf '#!/bin/sh\nexec "%s/$(BIN)/python" -m gateway "$$@"\n' "$$PWD" > $@
	@chmod +x $@

# uv installs several times faster than pip, but knows nothing of pip's settings except the index
# handed to it here; where it fails, pip does the same work.
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
UV := index="$${PIP_INDEX_URL:-$$($(PIP) config get global.index-url 2>/dev/null)}"; \
	SSL_CERT_FILE="$${SSL_CERT_FILE:-$$PIP_CERT}"; [ -z "$$SSL_CERT_FILE" ] || export SSL_CERT_FILE; \
	$(BIN)/uv pip install --quiet --python $(BIN)/python $${index:+--default-index "$$index"}

.venv/%.stamp: requirements/%.txt requirements/tool.txt | $(BIN)/maita
	@echo "Installing $< into .venv"
	@{ $(PIP) install --require-hashes -r requirements/tool.txt && $(UV) --require-hashes -r $<; } \
	|| $(PIP) install --no-compile --require-hashes -r $<
	@touch $@
