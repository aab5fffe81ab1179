# Fairground's doors. `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.PHONY: help run test up down logs ps test-containers check audit lock docs bench chaos fuzz clean

BIN := .venv/bin
PACKAGES := libs/common gateway services/auth services/games services/seasonpass services/ranking deploy verifier
TYPED := $(PACKAGES) tests bench
IN_CONTAINERS := libs/common/tests/db libs/common/tests/messaging services/games/tests/plays services/seasonpass/tests/plays
SHARED := -n 2 --dist loadgroup --no-loadscope-reorder
CHAOS := tests/chaos services/games/tests/plays/test_model.py services/seasonpass/tests/test_model.py
STACKS := docker-compose.yml gateway/compose.yml $(wildcard services/*/compose.yml) $(wildcard deploy/stacks/*.yml)

help:  ## list what make can do
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/ready  ## the whole product on http://127.0.0.1:8080 (PORT=…), Ctrl-C stops it
	@exec $(BIN)/fairground run

test: .venv/ready  ## every test, with real parts (ARGS="-k name" narrows)
	@$(BIN)/pytest $(if $(ARGS),$(ARGS),$(SHARED))

up:  ## the whole product in containers, behind http://127.0.0.1:8080 (docs/deployment/)
	@deploy/stacks/up.sh

down:  ## stop the containers; data stays (docker compose down --volumes removes it)
	@docker compose down

logs:  ## follow what the containers say (ARGS=games narrows)
	@docker compose logs --follow --tail 100 $(ARGS)

ps:  ## which containers run, and whether they are healthy
	@docker compose ps --all

test-containers: .venv/ready  ## fixtures on containers, then every stack and the whole product through the gateway
	@FAIRGROUND_TEST_PARTS=containers $(BIN)/pytest $(SHARED) $(IN_CONTAINERS)
	@FAIRGROUND_TEST_STACK=compose $(BIN)/pytest --timeout 400 tests/stacks tests/system $(ARGS)

check: .venv/ready  ## format, lint, types, import contracts, migrations in step, stacks and images
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	@for folder in $(TYPED); do echo "mypy $$folder"; $(BIN)/mypy $$folder || exit 1; done
	$(BIN)/lint-imports
	$(BIN)/fairground check-migrations
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec $(STACKS)
	$(BIN)/hadolint $(shell git ls-files '*Dockerfile')
	@if command -v promtool >/dev/null; then \
	  promtool check config --syntax-only deploy/observability/prometheus.yml && \
	  promtool check rules deploy/observability/rules/fairground.yml && \
	  promtool test rules deploy/observability/rules/fairground_test.yml; \
	elif [ -n "$$CI" ]; then echo "promtool is missing (Debian: prometheus)" >&2; exit 1; \
	else echo "promtool is not here: the alert rules are not checked" >&2; fi
	@! grep -rnE '\b(TODO|FIXME|XXX)\b' --include='*.py' $(TYPED)

audit: .venv/ready  ## ask PyPI's advisories about every locked package (needs a way out)
	@.venv/uv/bin/uv tool run --quiet pip-audit --strict --require-hashes --disable-pip -r requirements-tools.txt || \
	  { echo "audit: advisories were found, or their source could not be reached; the lines above say which" >&2; exit 1; }

lock: .venv/ready  ## write requirements*.txt anew: newest versions, hashes, no index addresses
	@for name in requirements-uv requirements requirements-tools requirements-traces requirements-dev .ci/requirements; do \
	  .venv/uv/bin/uv pip compile -q --upgrade --generate-hashes --universal --python-version 3.11 \
	    --no-header --no-emit-index-url -o $$name.txt $$name.in || exit 1; done

docs: .venv/ready  ## write the generated pages, run every example, write what is out of date
	@$(BIN)/python -m fairground_deploy.catalogue
	@$(BIN)/python -m fairground_deploy.guides

bench: .venv/ready  ## plays per second through the gateway, beside pgbench (ARGS="--seconds 3 --only roulette")
	@$(BIN)/python -m bench $(ARGS)

chaos: .venv/ready  ## break everything on purpose, many times over (CHAOS_SEED repeats a run, CHAOS_MINUTES=10)
	@CHAOS_SEED=$(or $(CHAOS_SEED),$(shell echo $$RANDOM)) CHAOS_RUNS=$(or $(CHAOS_RUNS),10) \
	  CHAOS_MINUTES=$(or $(CHAOS_MINUTES),10) $(BIN)/pytest --timeout 900 $(if $(ARGS),$(ARGS),$(SHARED) $(CHAOS))
	@$(if $(ARGS),true,$(BIN)/fairground drill)

fuzz: .venv/ready  ## requests nobody would think of, ten times as many (FUZZ_SEED repeats a run, FUZZ_SCALE=10)
	@FUZZ_SEED=$(or $(FUZZ_SEED),$(shell echo $$RANDOM)) FUZZ_SCALE=$(or $(FUZZ_SCALE),10) $(BIN)/pytest tests/api/test_fuzz.py

clean:  ## remove the environment, caches and local data (all of .local)
	rm -rf .venv .local .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

.venv/ready: requirements-dev.txt requirements-uv.txt $(PACKAGES:%=%/pyproject.toml) deploy/environment.sh
	@deploy/environment.sh $(PACKAGES)
	@touch $@
