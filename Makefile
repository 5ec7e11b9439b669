# BallSession. `make help` lists what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help

CARGO ?= cargo
# Where binaries end up; `--locked` so that what was tested is what is built.
TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)
BIN := $(TARGET_DIR)/release
BUILD := $(CARGO) build --release --locked

.PHONY: help deps build demo run-server run-client test interop test-api manifests lint format clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## install what the build needs (apt, as root or through sudo)
	@scripts/install-deps

build: deps ## build all programs into target/release
	$(BUILD) --workspace --bins

demo: build ## one server and two clients over real WebRTC for 15 s, and a table of how well it went
	@scripts/demo "$(BIN)"

run-server: build ## run a server; ARGS="--width 1280 --height 720" passes arguments
	$(BIN)/ballsession-server $(ARGS)

run-client: build ## run a client; ARGS="--server 127.0.0.1:8080" passes arguments
	$(BIN)/ballsession-client $(ARGS)

# Programs and tests in one go: by themselves they would want other features of their dependencies, and so a second
# build of most of them.
test: deps ## run all tests that need no cluster
	$(BUILD) --workspace --bins --tests
	$(CARGO) test --release --locked --workspace
	BALLSESSION_BIN="$(BIN)" interop/run

interop: build ## test against real aiortc programs; needs Python 3.11 and pip
	BALLSESSION_BIN="$(BIN)" interop/run

test-api: deps ## check the resource against the API server that KUBECONFIG names
	$(CARGO) test --release --locked --workspace --test apiserver

manifests: deps ## write crds/ballsessions.yaml anew from the types
	$(CARGO) run --release --locked -p ballsession-crds --bin crdgen crds/ballsessions.yaml

lint: deps ## check formatting and lints
	$(CARGO) fmt --all --check
	$(CARGO) clippy --release --locked --workspace --all-targets -- -D warnings

format: ## format the code
	$(CARGO) fmt --all

clean: ## remove what was built
	$(CARGO) clean
