# Everything a developer or CI runs. Each target installs what it needs, from the project's own files.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
AZURITE := validator/demo/emulators/azurite/node_modules/.package-lock.json
SCHEMAS := tests/schemas/node_modules/.package-lock.json

# Programs that the bench compares with, in environments of their own: their packages fit neither ours nor each other's.
COMPARED := $(VENV)/bench-gsutil.stamp $(VENV)/bench-azure-cli.stamp

# Hundreds of tests start Python: what they import is compiled once, also on machines that keep no bytecode by themselves.
unexport PYTHONDONTWRITEBYTECODE

# Two for each core of a small machine: a test waits for another process or thread about as long as it works.
WORKERS ?= 4

.PHONY: help demo test tools typer-newest conformance-ceph conformance-swift lint types layers docs bench lock clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: ## Check good and broken destinations of every type against local emulators
	@test -e $(VENV)/demo.stamp || echo "First the demo's Python packages go into $(VENV): some 100 MB, a minute or two."
	@$(MAKE) --no-print-directory -s $(VENV)/demo.stamp
	@$(BIN)/planet-validator demo s3 gcs ocs planet
	@$(MAKE) --no-print-directory -s $(AZURITE)
	@$(BIN)/planet-validator demo azure
	@echo "The command is $(BIN)/planet-validator here; 'pip install .' puts it elsewhere. To try it on these: $(BIN)/planet-validator demo --keep"

# Coverage is told, and held against its limit, beside the second half: pytest-cov makes the report twice, with the other cores idle.
test: tools $(VENV)/compiled.stamp ## Run every test
	$(BIN)/pytest -n $(WORKERS) --dist worksteal -m "not no_cover" --cov --cov-report= --cov-fail-under=0
	$(BIN)/coverage report & told=$$!; $(BIN)/pytest -n $(WORKERS) --dist worksteal -m no_cover && wait $$told

tools: $(VENV)/test.stamp typer-newest $(AZURITE) $(SCHEMAS)

typer-newest: $(VENV)/typer-newest.stamp ## The upper end of typer's range, beside the pinned one, for the test of both

# Once, where each worker would compile the same modules again in its first run, and make hypothesis' tables of characters (three
# seconds each). What cannot be loaded fails in the run.
$(VENV)/compiled.stamp: $(VENV)/test.stamp
	@$(BIN)/python -c "from hypothesis import strategies; strategies.characters(codec='utf-8').validate()" || true
	@$(BIN)/pytest --collect-only -qq >/dev/null || true
	@touch $@

conformance-ceph: $(VENV)/test.stamp ## The check on a real Ceph gateway (Debian's packages; see docs/contributing.md)
	$(BIN)/pytest -q tests/real_servers/on_ceph.py

conformance-swift: $(VENV)/test.stamp ## The check on a real OpenStack Swift (Debian's packages; see docs/contributing.md)
	$(BIN)/pytest -q tests/real_servers/on_swift.py

lint: $(VENV)/test.stamp ## Style, types and import layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

# What the tests need holds what the documentation needs.
docs: $(VENV)/$(if $(wildcard $(VENV)/test.stamp),test,docs).stamp ## Build the documentation into site/
	@told=$$(NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict 2>&1) || { echo "$$told" | grep -v '^INFO'; exit 1; }

bench: $(VENV)/bench.stamp $(COMPARED) $(AZURITE) ## Ratios against plain SDK scripts and other tools, in one run
	$(BIN)/python -m tests.benchmarks

clean: ## Remove what the other targets made
	rm -rf $(VENV) site build dist validator/demo/emulators/azurite/node_modules tests/schemas/node_modules

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

# Only files of a known hash; pip's own notes about this machine's settings go with -qq, its errors stay.
$(VENV)/%.stamp: pyproject.toml requirements/build.txt requirements/%.txt | $(VENV)/bin/python
	@echo "installing planet-validator[$*] into $(VENV) ..."
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-compile --no-deps --require-hashes -r requirements/build.txt -r requirements/$*.txt
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/typer-newest.stamp: requirements/typer-newest.txt | $(VENV)/bin/python
	@rm -rf $(VENV)/typer-newest
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes --target $(VENV)/typer-newest -r requirements/typer-newest.txt
	@touch $@

$(VENV)/bench-%.stamp: requirements/bench-%.txt requirements/bench-build.txt | $(VENV)/bin/python
	@echo "installing $* into $(VENV)/bench-$*: a minute or two ..."
	@rm -rf $(VENV)/bench-$* && $(BIN)/python -m venv $(VENV)/bench-$*
	@$(VENV)/bench-$*/bin/python -m pip install -qq --disable-pip-version-check --no-compile --no-deps --require-hashes -r requirements/bench-build.txt \
		&& $(VENV)/bench-$*/bin/python -m pip install -qq --disable-pip-version-check --no-compile --no-deps --no-build-isolation --require-hashes -r $< \
		&& touch $@ || echo "$* was not installed: it is not compared"

# After a change of pyproject.toml or constraints.txt; uv is not installed by this file.
LOCK := uv pip compile --quiet --universal --python-version 3.11.5 --generate-hashes --no-header --no-annotate -c constraints.txt
UNBOUND := $(filter-out -c constraints.txt,$(LOCK))

lock: ## Write requirements/ anew, with the hash of every file
	printf "hatchling\neditables\n" | $(LOCK) - -o requirements/build.txt
	$(LOCK) pyproject.toml -o requirements/check.txt
	$(LOCK) pyproject.toml --extra service -o requirements/service.txt
	$(LOCK) pyproject.toml --extra service --extra demo -o requirements/demo.txt
	$(LOCK) pyproject.toml --extra docs -o requirements/docs.txt
	$(LOCK) pyproject.toml --extra bench -o requirements/bench.txt
	$(LOCK) pyproject.toml --extra test -o requirements/test.txt
	printf "typer<0.30\n" | $(UNBOUND) --no-deps - -o requirements/typer-newest.txt
	printf "setuptools\n" | $(UNBOUND) - -o requirements/bench-build.txt
	printf "gsutil\n" | $(UNBOUND) - -o requirements/bench-gsutil.txt
	printf "azure-cli\n" | $(UNBOUND) - -o requirements/bench-azure-cli.txt

# Without npm the demo says what it leaves out; the tests then fail rather than skip.
%/node_modules/.package-lock.json: %/package-lock.json
	@if command -v npm >/dev/null; then \
		echo "installing what $*/package.json names ..."; \
		(cd $* && npm ci --silent --ignore-scripts --no-audit --no-fund) && touch $@; \
	else echo "npm was not found: what $*/package.json names is not installed"; fi
