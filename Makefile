# Every command a person types. Bare `make` lists them.
PROFILE := quick
IDIP    := target/$(PROFILE)/idip
PROJECT := sample_data/idip.yaml
FLAGS   := --project $(PROJECT) $(if $(DATE),--date $(DATE))

.DEFAULT_GOAL := help
.PHONY: help run test quick check bless bench release identify differentiate interact personalize measure

help: ## List the targets
	@grep -E '^[a-z ]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

$(IDIP): FORCE
	@cargo build --locked --profile $(PROFILE) --package idip
FORCE:

run: $(IDIP) ## Run the night of the sample project
	$(IDIP) run $(FLAGS)

identify differentiate interact personalize measure: $(IDIP) ## Run one stage, as in `make identify DATE=2025-12-31`
	$(IDIP) $@ $(FLAGS)

test: ## Run all tests
	cargo test --locked --profile $(PROFILE) --workspace

quick: ## Run the tests that need no engine, in seconds
	cargo test --locked --profile $(PROFILE) --workspace --exclude idip

check: ## What must pass before sharing, beside the tests: format, lints, docs
	cargo fmt --all -- --check
	cargo clippy --locked --profile $(PROFILE) --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --profile $(PROFILE) --workspace --no-deps

bless: ## Accept the present output as golden; then read the diff
	UPDATE_GOLDEN=1 cargo test --locked --profile $(PROFILE) --workspace

bench: release ## Benchmarks: kernels, and the whole chain on 10 million transactions
	cargo bench --locked --package idip-numerics
	bench/chain.sh target/release/idip

release: ## The optimised program, for benchmarks and packages
	cargo build --locked --release --package idip
