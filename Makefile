# Every verb that a newcomer must know; `make` alone lists them. ARGS goes to the program behind a verb, as the shell reads it.

.DEFAULT_GOAL := help
.PHONY: help demo test interop static bench check generate format sanitize
# SwiftPM uses every core itself and lets one process at a time into .build: `make -j` would only queue there.
.NOTPARALLEL:
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
export PATH := $(CURDIR)/.build-venv/bin:$(PATH)
export PYTHONDONTWRITEBYTECODE := 1
# One module may import only what Package.swift lets it use.
export SWIFT_FLAGS := --explicit-target-dependency-import-check error

help: ## list the verbs
	@sed -nE 's/^([a-z]+): ## (.*)/  make \1\t\2/p' Makefile | expand -t 18

demo: ## build, start the proxy in front of a built-in S3 origin, print lines to try (ARGS='--port 9000' …)
	@scripts/bootstrap build
	swift build $(SWIFT_FLAGS) --product yatagarasu
	@exec "$$(swift build --show-bin-path)/yatagarasu" demo $(ARGS)

test: ## run every test that needs no program but what it installs itself (ARGS='--filter S3Tests' …)
	@scripts/bootstrap test
	scripts/test-swift $(ARGS)

interop: ## ask other programs through the static binary: SeaweedFS, JuiceFS, OPA, OpenFGA's engine, awscli, curl
	@scripts/bootstrap interop
	scripts/build-static
	scripts/test-python InteropTests $(ARGS)

static: ## build dist/yatagarasu, one static binary, and prove what it claims
	@scripts/bootstrap static
	scripts/build-static
	scripts/test-python StaticTests $(ARGS)

bench: ## micro-benchmarks, and the load comparison with nginx, HAProxy, Varnish (ARGS=micro, ARGS=load …)
	@scripts/bootstrap bench static
	scripts/build-static
	Benchmarks/run $(ARGS)

check: ## lint Swift, shell and YAML; see that generated files are current
	@scripts/bootstrap check
	scripts/check

generate: ## write anew the files that the program can print: schema, reference, default configuration
	@scripts/bootstrap build
	scripts/generate config

format: ## format all Swift in place
	swift format format --in-place --recursive --parallel Package.swift $(wildcard Sources Tests Benchmarks)

sanitize: ## run the swift tests under ThreadSanitizer and AddressSanitizer, without jemalloc
	@scripts/bootstrap test
	scripts/sanitize $(ARGS)
