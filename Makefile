.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test browser-test client-test coverage bench lint doc schema record-schema graphiql graphiql-check setup

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: ## A shop with demo data, to try out
	cargo run --release --locked -- serve --demo

test: ## Every test: Rust on SQLite and PostgreSQL, GraphiQL's files, the browser, clients' packages, the coverage of pure rules
	scripts/setup rust postgres nats haproxy browser npm coverage
	RUST_TEST_THREADS=$$((2 * $$(nproc))) cargo test --workspace --locked # most tests mostly wait
	@$(MAKE) --no-print-directory graphiql-check
	@$(MAKE) --no-print-directory browser-test
	@$(MAKE) --no-print-directory client-test
	@$(MAKE) --no-print-directory coverage

browser-test: ## GraphiQL in a real browser, against a shop with demo data
	scripts/setup rust browser npm
	scripts/browser-test

client-test: ## Sample apps of GraphQL clients, what judges servers and schemas, and whether the schema breaks clients
	scripts/setup rust npm
	scripts/client-test

coverage: ## The pure rules, each line run by unit tests (scripts/pure-rules)
	scripts/setup rust coverage
	scripts/coverage

bench: ## Orders a second, beside hand-written SQL: some twenty minutes of a quiet machine (BENCH=--help)
	scripts/setup rust bench
	ulimit -n $$(ulimit -Hn) && cargo run --release --locked --package bench -- $(BENCH)

lint: ## Format, clippy, the licences and sources of the dependencies, and what deploy/ ships
	scripts/setup rust deny
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	scripts/deny
	scripts/deploy

doc: ## The documentation of the code, in target/doc
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --locked

schema: ## Writes schema.graphql
	cargo run --quiet --locked -- schema > schema.graphql.new || { rm -f schema.graphql.new; exit 1; }
	mv schema.graphql.new schema.graphql

record-schema: ## Records schema.graphql as what this version promises to clients, before its release
	scripts/record-schema

graphiql: ## Writes GraphiQL's files anew, from the npm packages
	scripts/setup npm
	node web/graphiql/build.mjs

graphiql-check: ## Are GraphiQL's files those of the npm packages?
	scripts/setup npm
	node web/graphiql/build.mjs --check

setup: ## Installs what the tests and checks need, where it can
	scripts/setup
