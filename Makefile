# Fairground's doors. `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.PHONY: help run test check lock bench clean

BIN := .venv/bin
PACKAGES := libs/common gateway services/auth services/games services/seasonpass services/ranking deploy
TYPED := $(PACKAGES) tests bench

help:  ## list what make can do
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/ready  ## the whole product on http://127.0.0.1:8080 (PORT=…), Ctrl-C stops it
	@exec $(BIN)/fairground run

test: .venv/ready  ## every test, with real parts (ARGS="-k name" narrows)
	@$(BIN)/pytest $(ARGS)

check: .venv/ready  ## format, lint, types, import contracts, migrations in step
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	@for folder in $(TYPED); do echo "mypy $$folder"; $(BIN)/mypy $$folder || exit 1; done
	$(BIN)/lint-imports
	$(BIN)/fairground check-migrations
	@! grep -rnE '\b(TODO|FIXME|XXX)\b' --include='*.py' $(TYPED)

lock: .venv/ready  ## write requirements*.txt anew: newest versions, hashes, no index addresses
	@for name in requirements-uv requirements requirements-dev; do \
	  .venv/uv/bin/uv pip compile -q --upgrade --generate-hashes --universal --python-version 3.11 \
	    --no-header --no-emit-index-url -o $$name.txt $$name.in || exit 1; done

bench: .venv/ready  ## plays per second through the gateway, beside pgbench in the same run
	@$(BIN)/python -m bench

clean:  ## remove the environment, caches and local data (all of .local)
	rm -rf .venv .local .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

.venv/ready: requirements-dev.txt requirements-uv.txt $(PACKAGES:%=%/pyproject.toml) deploy/environment.sh
	@deploy/environment.sh $(PACKAGES)
	@touch $@
