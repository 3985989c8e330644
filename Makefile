# Newsbell's commands. make demo needs Go alone; make test installs the rest.
.PHONY: demo run test go-test lint e2e bench chaos setup build screenshots

ARGS ?=
STATICCHECK = go run honnef.co/go/tools/cmd/staticcheck@v0.7.0
# Without the path of the checkout in them, packages that are compiled once serve every
# checkout on a machine.
export GOFLAGS += -trimpath
NPM = npm --no-fund --no-audit --loglevel=error

# demo replays a real outage on SQLite to simulated readers and your browser.
demo:
	CGO_ENABLED=0 go run ./cmd/newsbell demo $(ARGS)

# run serves on http://localhost:8080, with its data in newsbell-data.
run:
	CGO_ENABLED=0 go run ./cmd/newsbell serve $(ARGS)

# test checks the code while it installs what the tests need.
test:
	$(MAKE) -j2 setup lint
	$(MAKE) go-test
	$(MAKE) e2e

# go-test runs each model test on SQLite and on a throwaway PostgreSQL, which the
# packages share. SQLite's code, translated from C, and the password hash are not
# watched for races: that doubles their speed. Four packages at a time keep two
# processors busy while tests wait, the longest first. Lint has run vet.
go-test: build
	bin/withdatabases go test -race -vet=off -shuffle=on -p 4 -timeout 20m -gcflags='modernc.org/...=-race=false' -gcflags='golang.org/x/crypto/...=-race=false' \
		./models ./cmd/newsbell/lab ./notifier ./...

# lint checks the program as it is built, without cgo: so most packages that it
# compiles serve the build too.
lint:
	@unformatted=$$(gofmt -l cmd handlers models notifier static e2e/rows); \
	if [ -n "$$unformatted" ]; then echo "gofmt would change:" $$unformatted; exit 1; fi
	CGO_ENABLED=0 go vet ./...
	CGO_ENABLED=0 $(STATICCHECK) ./...

# e2e runs real browsers against real processes. Browsers are slow to start, so the
# tests of a group share theirs; three groups keep two processors busy while tests wait,
# the longest first. Lighthouse, which measures, runs alone.
e2e: build
	node --test --test-concurrency=3 --test-reporter=spec e2e/in-firefox.mjs e2e/of-preferences.mjs e2e/of-newsroom.mjs e2e/in-chromium.mjs
	node --test --test-reporter=spec e2e/lighthouse.test.mjs

# bench measures an alert's way to the push service, beside the bare
# cryptography, webpush-go and, if node is there, web-push.
bench:
	CGO_ENABLED=0 go run ./cmd/newsbell bench $(ARGS)

# chaos breaks what can break while alerts go out, and checks that nobody is
# missed. It needs PostgreSQL's binaries, and nftables for lost packets.
chaos:
	CGO_ENABLED=0 go run ./cmd/newsbell chaos $(ARGS)

screenshots: build
	node e2e/screenshots.mjs

build:
	CGO_ENABLED=0 go build -o bin/ ./cmd/newsbell ./e2e/rows ./models/modelstest/withdatabases

# setup installs what the tests need: a C compiler for the race detector,
# PostgreSQL, Node, browsers, and the tests' npm packages.
setup:
	.ci/setup
	$(NPM) ci --prefix e2e
	$(NPM) ci --prefix notifier/webpush/testdata/http_ece
