# make run   starts Kexin on its embedded database and prints the setup link
# make demo  starts a demonstration with invented shops, in a directory of its own
# make test  everything that must hold; installs what it needs on Debian

GO ?= go
export CGO_ENABLED ?= 0
# what lies beside the repository is tested where it is, and then all of it
SHARED := $(or $(KEXIN_SHARED),../shared)
REQUIRED := $(if $(wildcard $(SHARED)/data),KEXIN_REQUIRE_SHARED=1)

.PHONY: run demo build test prepare lint go race web e2e bench soak docs

demo:
	$(GO) run ./cmd/kexin serve --demo $(ARGS)

run:
	$(GO) run ./cmd/kexin serve $(ARGS)

build:
	$(GO) build -trimpath -o kexin ./cmd/kexin

test: prepare lint go race web e2e

prepare:
	./scripts/prepare

lint:
	./scripts/lint

# lint runs all of vet
go:
	@[ -d "$(SHARED)/data" ] || echo "NOT TESTED: what needs ../shared or KEXIN_SHARED, see docs/tests.md" >&2
	KEXIN_REQUIRE_PG=1 KEXIN_REQUIRE_BROWSER=1 $(REQUIRED) $(GO) test -vet=off -timeout 25m ./...

# SQLite is C turned into Go whose memory is not Go's: the detector sees
# nothing in it, and following it takes long
race:
	CGO_ENABLED=1 KEXIN_REQUIRE_PG=1 $(REQUIRED) $(GO) test -vet=off -race -gcflags=modernc.org/sqlite/lib=-race=false -short -timeout 25m ./app ./api ./store/... ./job ./internal/db/...

web:
	./scripts/web

e2e: build
	$(REQUIRED) ./scripts/e2e

bench:
	$(GO) run ./cmd/kexin bench $(ARGS)

soak:
	KEXIN_REQUIRE_PG=1 KEXIN_SOAK=1 $(GO) test -timeout 4h ./...
