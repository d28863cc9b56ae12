# Everything a person types. Works with GNU Make 3.81 and newer, on Linux and macOS.
.DEFAULT_GOAL := help
.PHONY: help demo test test-servers check bench peers simulate setup setup-dev constraints docs format clean

BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest

help: ## list what can be made
	@grep -E '^[a-z-]+:.*##' $(firstword $(MAKEFILE_LIST)) | sed -e 's/:.*##/\t/' | sort | awk -F '\t' '{printf "  make %-14s %s\n", $$1, $$2}'

demo: setup ## install, then run everything once on 200 simulated runs (TRACES=path: on your own traces)
	@$(BIN)/reroute demo $(if $(TRACES),--traces "$(TRACES)",)

test: setup-dev ## the tests that need no server, about ten minutes on two cores
	@$(PYTEST) -q -n 2 -m "not server"

test-servers: setup-dev ## the tests against a real Prefect server and Prism
	@sh .ci/tools
	@$(PYTEST) -q -m server

check: setup-dev ## format, lint, types, layers, SQL lint: all failures at once
	@sh .ci/check

bench: setup-dev ## ingest and tag beside their references: time, memory, growth, increments; then how good the labels are
	@$(BIN)/python tests/benchmarks/ingest.py
	@$(BIN)/python tests/benchmarks/tag.py
	@$(BIN)/python tests/quality/outcome_auc.py
	@$(BIN)/python tests/quality/known_answers.py
	@$(BIN)/python tests/quality/page.py

peers: setup-dev ## other tools on the same runs, each in an environment of its own
	@$(BIN)/python tests/quality/compare_peers.py

simulate: setup-dev ## play the demo's runs anew and write their bundle
	@PYTHONPATH=tests $(BIN)/python -m simulator

setup:
	@sh .ci/setup demo

setup-dev:
	@sh .ci/setup dev

constraints: setup-dev ## resolve constraints.txt anew (needs uv)
	@sh .ci/constraints

docs: setup-dev ## write the generated passages of README and docs anew
	@$(BIN)/python tests/docs/generate.py

format: setup-dev ## format the code
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix-only --quiet .

clean: ## remove what was installed and generated
	@rm -rf .venv .tools reroute-demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
