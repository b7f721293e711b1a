# Everything a person or a machine runs here. `make help` lists it.

GO          ?= go
STATICCHECK  = honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME    ?= 20s
SOAK        ?= 10m
BENCH       ?= .

.DEFAULT_GOAL := help
.PHONY: help build maps demo gallery test check fuzz soak bench setup clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "%-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: maps ## make bin/accord
	$(GO) build -trimpath -o bin/accord ./cmd/accord

maps: ## fetch what draws the interactive maps; a build without it shows those that the server draws
	@scripts/maps

demo: build ## run two linked nodes on this machine
	bin/accord demo

gallery: setup build ## a picture of every page of a demo, in each language, width and scheme, in gallery/
	scripts/gallery

setup: ## install what the tests need and this machine lacks
	scripts/setup

check: ## formatting, go vet, staticcheck
	@bad=$$(gofmt -l .); if [ -n "$$bad" ]; then echo "gofmt: run gofmt -w on:"; echo "$$bad"; exit 1; fi
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...

# The command's stories start thousands of processes, each of which the race detector makes slow to start; what they call is tested with it.
STORIES = ./cmd/accord
# SQLite is C that was translated to Go: its own accesses are not for the race detector, which would take most of the time with them.
RACE    = -race -gcflags=modernc.org/sqlite/lib=-race=false -gcflags=modernc.org/libc/...=-race=false

test: setup check ## everything a change must pass
	scripts/with-postgres sh -c '$(GO) test -timeout 15m $(STORIES) && $(GO) test $(RACE) -timeout 15m $$($(GO) list ./... | grep -v /cmd/accord)'

fuzz: ## run every fuzz target for FUZZTIME (20s)
	scripts/fuzz $(FUZZTIME)

soak: setup ## two cities under load and faults for SOAK (10m), and every command killed at every step
	ACCORD_LONG=1 ACCORD_SOAK=$(SOAK) ACCORD_KILLS=all scripts/with-postgres $(GO) test -v -count=1 -timeout 0 \
		-run 'TestSoak|TestKilledBetween|TestDisk|TestSameOnBothSides|TestGrades|TestHostile|TestBrowser' ./internal/demo ./cmd/accord ./internal/evidence ./internal/flow ./internal/node

bench: build ## measure the parts and the whole
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem ./...
	@for what in $$(bin/accord bench --help | sed -n 's/^  bench \([a-z]*\) .*/\1/p'); do \
		echo "bin/accord bench $$what"; bin/accord bench $$what || exit 1; done

clean: ## remove what the build made
	rm -rf bin gallery web-tests/node_modules web-maps/node_modules
	find internal/web/assets/fetched -type f ! -name README.md -delete
