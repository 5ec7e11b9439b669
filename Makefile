# BallSession. `make help` lists what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help

CARGO ?= cargo
# Where binaries end up; `--locked` so that what was tested is what is built.
TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)
BIN := $(TARGET_DIR)/release
BUILD := $(CARGO) build --release --locked

# The version in Cargo.toml is the images' tag.
TAG := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml)
IMAGES := ballsession-server:$(TAG) ballsession-client:$(TAG) ballsession-operator:$(TAG)
# build: compile inside docker; prebuilt: take the programs that `make build` makes.
ARTIFACTS ?= build
DOCKER ?= docker
# The cluster comes from a program with the commands up, load, run and down. Any other cluster has
#   make install IN_CLUSTER=                          kubectl's current context
#   make kind-load LOAD="minikube image load"
CLUSTER ?= scripts/kind
IN_CLUSTER ?= $(CLUSTER) run
LOAD ?= $(CLUSTER) load
NODES ?= 3
# More for `up`: a provider whose cluster does not enforce NetworkPolicies by itself may have to be told to.
UP_ARGUMENTS ?=
# What switches nodes for the faults of e2e-detection; empty: docker, with nodes that are its containers, as kind's are.
NODE_POWER ?= $(if $(filter scripts/kind,$(CLUSTER)),,$(CLUSTER) node)
# How many times as long the faults of e2e-detection may take as expected, on a machine that does other things too.
PATIENCE ?= 1
KUBECTL := $(IN_CLUSTER) kubectl
INSTALL := deploy/dist/install.yaml
SAMPLE := deploy/samples/session.yaml
# Figures are medians over so many rounds, each of so many seconds.
BENCH_ROUNDS ?= 3
BENCH_SECONDS ?= 10
# Sessions of the part operator.
BENCH_SESSIONS ?= 1000
# What `make fuzz` tries, and for how long.
TARGET ?= signalling
SECONDS ?= 600
# Sessions of each case of interop-all: the table has their median and p95.
RUNS ?= 5
# Scenarios at once. One takes a few percent of a processor, and most of its time waits.
E2E_THREADS ?= 6

.NOTPARALLEL:
.PHONY: help deps build demo run-server run-client test fuzz monitoring interop interop-all browser browser-cost bench soak test-api \
  kstatus gates manifests docs docs-check docs-reference quickstart imports lint format clean \
  images kind-up kind-load kind-down kind-demo install uninstall e2e e2e-build e2e-detection e2e-upgrade e2e-renamed e2e-chart former \
  charts print-tag

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z][a-z0-9-]*:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

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
# build of most of them. Whatever cluster somebody has at hand is nothing to test with unasked.
test: deps ## run all tests that need no cluster
	$(BUILD) --workspace --bins --tests
	env -u KUBECONFIG $(CARGO) test --release --locked --workspace
	BALLSESSION_BIN="$(BIN)" interop/run
	BALLSESSION_BIN="$(BIN)" browser/run
	BALLSESSION_BIN="$(BIN)" bench/test
	scripts/check-rules
	scripts/with-book unittest --quiet book.test_book
	BALLSESSION_BIN="$(BIN)" scripts/check-docs
	BALLSESSION_BIN="$(BIN)" interop/isolated scripts/quickstart --laptop

fuzz: deps ## try a target of fuzz/ with bytes of a fuzzer: TARGET=offers SECONDS=600; needs cargo-fuzz
	scripts/fuzz $(TARGET) $(SECONDS)

monitoring: ## check and test alerts and dashboards in deploy/monitoring with promtool
	scripts/check-rules

interop: build ## test against real aiortc programs; needs Python 3.11 and pip
	BALLSESSION_BIN="$(BIN)" interop/run

interop-all: build ## try peers of all stacks, RUNS=5 sessions of each case, and write interop/README.md; needs Go, Node, apt too
	BALLSESSION_BIN="$(BIN)" interop/matrix/run --table -- --runs $(RUNS)

browser: build ## test the pages in a real browser; needs Python 3.11 and pip, screenshots go to target/browser
	BALLSESSION_BIN="$(BIN)" browser/run

browser-cost: build ## measure what a session has to bear when people look at it
	BALLSESSION_BIN="$(BIN)" browser/run --script cost.py

bench: build ## measure beside aiortc programs; BENCH_ROUNDS, BENCH_SECONDS, BENCH_PARTS="pairs sessions stages loss hostile recovery detection", or operator
	BALLSESSION_BIN="$(BIN)" bench/run --rounds $(BENCH_ROUNDS) --seconds $(BENCH_SECONDS) \
	  --operator-sessions $(BENCH_SESSIONS) $(BENCH_PARTS)

soak: build ## have sessions come and go for SOAK_SECONDS (600) and print what the server holds meanwhile; CLOCK=steps: set clocks instead
	$(if $(CLOCK),scripts/install-deps libfaketime)
	BALLSESSION_SOAK_SECONDS="$(or $(SOAK_SECONDS),600)" $(CARGO) test --release --locked -p ballsession-tests --test soak \
	  $(if $(CLOCK),clock -- --ignored,sessions --) --nocapture

# The first one needs an API server that knows no sessions yet, as the others make it. BALLSESSION_FAULT_SEEDS=20 has the API server
# fail in as many ways, and BALLSESSION_FAULT_AWAY=120s be away for so long.
test-api: deps ## check resource, operator and plugin against the API server that KUBECONFIG names
	@test -n "$$KUBECONFIG" || { echo "test-api: KUBECONFIG must name an API server for tests"; exit 2; }
	$(CARGO) test --release --locked --workspace --test undefined
	$(CARGO) test --release --locked --workspace --test apiserver --test controller --test faults --test http \
	  --test lease --test manifests --test plugin --test reporting --test rights

kstatus: deps ## ask the library by which tools wait what it reads out of sessions; needs Go
	operator/kstatus/run

gates: deps ## try deploy/gates with the engines of the tools that it is for; needs Go
	deploy/gates/check/run

manifests: deps ## write crds/ballsessions.yaml anew from the types, and from deploy/ deploy/dist/install.yaml and the charts' templates
	$(CARGO) run --release --locked -p ballsession-crds --bin crdgen crds/ballsessions.yaml
	scripts/bundle deploy/base deploy/dist/install.yaml
	scripts/chart-templates

charts: deps ## check the Helm charts; helm, where it is missing, is built with Go
	CARGO="$(CARGO)" scripts/check-charts

docs: ## build the book of docs/ into target/book; compiles mdBook once
	scripts/build-docs

docs-check: build ## check that reference pages are current, nothing is without a runbook, and links lead somewhere
	scripts/with-book unittest --quiet book.test_book
	BALLSESSION_BIN="$(BIN)" scripts/check-docs

docs-reference: build ## write docs/reference anew from the code and the programs
	BALLSESSION_BIN="$(BIN)" scripts/reference

# Without IN_CLUSTER, into whatever cluster kubectl speaks to.
quickstart: ## run the commands of docs/quick-start-cluster.md, and compare what they print with what it says
	IN_CLUSTER="$(IN_CLUSTER)" scripts/quickstart --cluster

images: $(if $(filter prebuilt,$(ARTIFACTS)),build) ## build the images with docker; ARTIFACTS=prebuilt compiles outside of it
	ARTIFACTS="$(ARTIFACTS)" BIN="$(BIN)" DOCKER="$(DOCKER)" scripts/images $(TAG)

kind-up: ## create a kind cluster; NODES=1 for a small one
	$(CLUSTER) up --nodes $(NODES) $(UP_ARGUMENTS)

kind-load: ## copy the images to the cluster's nodes
	$(LOAD) $(IMAGES)

kind-down: ## delete the kind cluster
	$(CLUSTER) down

install: ## install resource and operator; IN_CLUSTER= takes kubectl's current context instead of kind's
	$(KUBECTL) apply --server-side --force-conflicts -f $(INSTALL)
	$(KUBECTL) wait --for=condition=Established --timeout=60s crd/ballsessions.ballsession.dev
	$(KUBECTL) -n ballsession-system rollout status deployment/ballsession-operator --timeout=120s

uninstall: ## remove operator, resource, and with it all sessions
	$(KUBECTL) delete --ignore-not-found --timeout=120s crd/ballsessions.ballsession.dev
	$(KUBECTL) delete --ignore-not-found --timeout=120s -f $(INSTALL)

kind-demo: images kind-up kind-load install ## from nothing to live numbers in a kind cluster of your own
	$(KUBECTL) apply -f $(SAMPLE)
	$(KUBECTL) wait --for=condition=ObjectivesMet --timeout=120s -f $(SAMPLE)
	$(KUBECTL) get ballsessions
	@echo "The session goes on. Watch it with '$(KUBECTL) get ballsessions --watch'; 'make kind-down' ends all."

# Compiled outside: the network of a cluster's box may not reach the registry of crates.
e2e-build: deps
	$(BUILD) --workspace --bins --tests

e2e: e2e-build ## test what `make install` installed: every behaviour, with real pods; E2E_TESTS=paths: only these
	BALLSESSION_E2E=1 $(IN_CLUSTER) $(CARGO) test --release --locked --offline --workspace --test e2e -- \
	  --test-threads=$(E2E_THREADS) $(E2E_TESTS)

# Of all cases together the table goes to docs/detection.md. A fault is ended whatever happens, by an interruption too.
e2e-detection: e2e-build ## inject faults into the cluster and write docs/detection.md; CASES="frozen DNS" or CASES=selection: only these
	scripts/with-node-power "$(NODE_POWER)" $(IN_CLUSTER) $(BIN)/ballsession-detection \
	  $(if $(CASES),--patience $(PATIENCE) $(CASES),--table docs/detection.md)

FORMER_INSTALL := $(abspath $(TARGET_DIR))/former/install.yaml

former: deps ## build the version before, and load its images to the cluster
	CARGO="$(CARGO)" CARGO_TARGET_DIR="$(TARGET_DIR)" DOCKER="$(DOCKER)" scripts/former-version $(FORMER_INSTALL)
	$(LOAD) ballsession-server:before ballsession-client:before ballsession-operator:before

# The images of both versions have to be on the nodes.
e2e-upgrade: e2e-build former ## install the version before in place of what is installed, and upgrade it under running sessions
	scripts/no-sessions $(KUBECTL)
	$(MAKE) uninstall
	BALLSESSION_E2E=1 BALLSESSION_FORMER_INSTALL="$(FORMER_INSTALL)" $(IN_CLUSTER) $(CARGO) test --release --locked --offline \
	  --workspace --test upgrade

# The same images under the names that the overlay of the test gives them.
e2e-renamed: e2e-build ## install an overlay with other names, namespace and images in place of what is installed, and run the sample
	scripts/no-sessions $(KUBECTL)
	for part in server client operator; do \
	  $(DOCKER) tag ballsession-$$part:$(TAG) renamed.example/$${part:0:1}:e2e || exit; done
	$(LOAD) renamed.example/s:e2e renamed.example/c:e2e renamed.example/o:e2e
	$(MAKE) uninstall
	BALLSESSION_E2E=1 $(IN_CLUSTER) $(CARGO) test --release --locked --offline --workspace --test renamed
	$(MAKE) install

# In place of what is installed; the cluster's program needs `registry` and `helm` for it.
e2e-chart: ## install the chart from a registry in place of what is installed, test it, and upgrade it under a running session
	scripts/no-sessions $(KUBECTL)
	$(MAKE) uninstall
	CLUSTER="$(CLUSTER)" IN_CLUSTER="$(IN_CLUSTER)" DOCKER="$(DOCKER)" scripts/e2e-chart $(TAG)
	$(MAKE) install

imports: ## check that no files import each other in a circle, and none against the direction
	cd scripts && python3 -B -m unittest --quiet imports.test_imports
	scripts/check-imports

lint: deps imports ## check formatting, imports and lints
	$(CARGO) fmt --all --check
	$(CARGO) clippy --release --locked --workspace --all-targets -- -D warnings

format: ## format the code
	$(CARGO) fmt --all

print-tag:
	@echo $(TAG)

clean: ## remove what was built
	$(CARGO) clean
