# Fairground's doors. `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.PHONY: help run test up down logs ps test-containers check lock bench clean

BIN := .venv/bin
PACKAGES := libs/common gateway services/auth services/games services/seasonpass services/ranking deploy verifier
TYPED := $(PACKAGES) tests bench
IN_CONTAINERS := libs/common/tests/db libs/common/tests/messaging services/games/tests/plays services/seasonpass/tests/plays
STACKS := docker-compose.yml gateway/compose.yml $(wildcard services/*/compose.yml) $(wildcard deploy/stacks/*.yml)

help:  ## list what make can do
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/ready  ## the whole product on http://127.0.0.1:8080 (PORT=…), Ctrl-C stops it
	@exec $(BIN)/fairground run

test: .venv/ready  ## every test, with real parts (ARGS="-k name" narrows)
	@$(BIN)/pytest $(ARGS)

up:  ## the whole product in containers, behind http://127.0.0.1:8080 (docs/deployment.md)
	@deploy/stacks/up.sh

down:  ## stop the containers; data stays (docker compose down --volumes removes it)
	@docker compose down

logs:  ## follow what the containers say (ARGS=games narrows)
	@docker compose logs --follow --tail 100 $(ARGS)

ps:  ## which containers run, and whether they are healthy
	@docker compose ps --all

test-containers: .venv/ready  ## fixtures on containers, then every stack and the whole product through the gateway
	@FAIRGROUND_TEST_PARTS=containers $(BIN)/pytest $(IN_CONTAINERS)
	@FAIRGROUND_TEST_STACK=compose $(BIN)/pytest --timeout 400 tests/stacks tests/system $(ARGS)

check: .venv/ready  ## format, lint, types, import contracts, migrations in step, stacks and images
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	@for folder in $(TYPED); do echo "mypy $$folder"; $(BIN)/mypy $$folder || exit 1; done
	$(BIN)/lint-imports
	$(BIN)/fairground check-migrations
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec $(STACKS)
	$(BIN)/hadolint $(shell git ls-files '*Dockerfile')
	@! grep -rnE '\b(TODO|FIXME|XXX)\b' --include='*.py' $(TYPED)

lock: .venv/ready  ## write requirements*.txt anew: newest versions, hashes, no index addresses
	@for name in requirements-uv requirements requirements-tools requirements-dev .ci/requirements; do \
	  .venv/uv/bin/uv pip compile -q --upgrade --generate-hashes --universal --python-version 3.11 \
	    --no-header --no-emit-index-url -o $$name.txt $$name.in || exit 1; done

bench: .venv/ready  ## plays per second through the gateway, beside pgbench in the same run
	@$(BIN)/python -m bench

clean:  ## remove the environment, caches and local data (all of .local)
	rm -rf .venv .local .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

.venv/ready: requirements-dev.txt requirements-uv.txt $(PACKAGES:%=%/pyproject.toml) deploy/environment.sh
	@deploy/environment.sh $(PACKAGES)
	@touch $@
