# Each target sets up what it needs by itself: a Python 3.11 or later is all that has to be there.
PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help report test check docs bench clean

help: ## Show the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' $(MAKEFILE_LIST)

.venv/ready: requirements.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "fa_stats needs Python 3.11 or later; try: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements.txt --editable '.[dev]'
	touch $@

report: .venv/ready ## Do the daily run on the embedded demo; the last line is the report's path
	@$(BIN)/fa-stats run

test: .venv/ready check ## Check, then run every test, with whatever servers and browsers they need
	@tests/setup.sh
	$(BIN)/pytest

check: .venv/ready ## Lint, types, notebooks without outputs, documents that do not lie
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m docs.generate --check

docs: .venv/ready ## Write the generated parts of the documents anew
	$(BIN)/python -m docs.generate

bench: .venv/ready ## Measure both sides of every speed claim in one go
	@tests/setup.sh
	$(BIN)/python -m benchmarks

clean: ## Take away what was set up and made (kept: data/ and reports/)
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
