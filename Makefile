# The shop on one machine. `make` lists the targets; `make up` is all that a newcomer needs.
#
# Variables: SHOP_PORT (8080), SHOP_EMULATOR_PORT (4566), SHOP_LOCAL_DIR (.local), SHOP_BIND (127.0.0.1).

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

shop := .build/bin/shop
shopctl := .build/bin/shopctl
flags := $(if $(JSON),--json) $(if $(PLAIN),--plain)

.PHONY: help up down status logs test test-tools test-examples test-web e2e lint preview-stacks ctl env tools clean $(shop) $(shopctl)

help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## /  \1\t/p' $(MAKEFILE_LIST) | expand -t 20

up: $(shop) ## bring the whole shop up, or repair it
	@$(shop) up $(flags)

down: $(shop) ## stop the shop and remove its data
	@$(shop) down

status: $(shop) ## tell what runs; fails unless all is well
	@$(shop) status $(if $(JSON),--json)

logs: $(shop) ## print the functions' logs [FUNCTION=name] [FOLLOW=1]
	@$(shop) logs $(if $(FUNCTION),--function $(FUNCTION)) $(if $(FOLLOW),--follow)

test: lint test-web test-tools test-examples ## all checks that need no running shop
	go vet ./...
	go test ./...

test-tools:
	cd tools/install && go test -short ./...

test-examples:
	cd examples && go vet ./... && go test ./...

test-web: tools
	cd web && npm run --silent typecheck && npm run --silent lint && npm run --silent test

e2e: $(shop) ## end-to-end tests against the running shop
	@$(shop) status >/dev/null || { $(shop) status; exit 1; }
	SHOP_EMULATOR_URL=http://127.0.0.1:$(or $(SHOP_EMULATOR_PORT),4566) go test -count=1 -timeout 20m -tags "e2e integration" ./test/... ./shop/...

lint: ## golangci-lint, which is built from source at its first use
	@cd tools/install && go run . -only lint
	.tools/bin/golangci-lint run --allow-parallel-runners ./...

preview-stacks: $(shop) ## pulumi preview of stacks dev and prod, against an emulator
	@$(shop) preview-stacks $(flags)

ctl: $(shopctl) ## look into the shop and repair it, see docs/operations.md: make ctl ARGS="dlq list"
	@$(shopctl) $(ARGS)

env: $(shop) ## print variables for typing pulumi by hand: eval "$$(make env)"
	@$(shop) env

tools: $(shop) ## install the pinned tools into .tools
	@$(shop) tools $(flags)

clean: $(shop) ## make down, and remove everything that was installed or built
	@$(shop) down
	rm -rf .tools .build web/dist web/coverage web/node_modules

# The Go command knows best whether anything has changed.
$(shop):
	@go version 2>/dev/null | grep -Eq 'go1\.(2[6-9]|[3-9][0-9])' || { \
	    echo "error: Go: found $$(cd / && go env GOVERSION 2>/dev/null || echo none), needed 1.26 or newer: https://go.dev/dl/" >&2; exit 1; }
	@go build -o $@ ./local/cmd/shop

$(shopctl):
	@go build -o $@ ./shopctl
