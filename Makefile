# SPDX-License-Identifier: Apache-2.0
# Bulkhead. `make help` lists the targets. All tools are the locked ones (make setup).

MAKEFLAGS += --no-builtin-rules --no-print-directory
.DEFAULT_GOAL := all
SHELL := /bin/sh
BOARD ?= qemu-virt-arm64
BUILD ?= build
IMAGE := $(BUILD)/aarch64-$(BOARD)
RUN := verification/toolroot/run
# A copy of the sources may use the tool root of another checkout (BULKHEAD_ROOT).
TOOLS := $(if $(BULKHEAD_ROOT),$(patsubst %/root,%,$(BULKHEAD_ROOT)),build/tools)
SETUP := $(if $(BULKHEAD_ROOT),,build/tools/setup.json)
KERNELS := 6.1 6.12
CONFIGS := src/configs/$(BOARD)
PLANS := $(patsubst $(CONFIGS)/%.toml,%,$(filter-out %/board.toml,$(wildcard $(CONFIGS)/*.toml)))
ABI := $(wildcard src/abi/*)
JUDGE_C := src/plan/judge.c src/core/plan.c src/core/plan_claims.c src/core/plan_policy.c \
  src/core/plan_watch.c src/core/plan_window.c src/core/plan_call.c src/core/plan_crc.c src/core/crc.c \
  $(wildcard src/boards/$(BOARD)/*.c)
HELPERS := $(wildcard verification/system/guest/*) src/abi/image_numbers.h src/abi/plan.h src/abi/ioctl.h

# ---- set up -----------------------------------------------------------------------------------

.PHONY: setup
setup: ## the locked tools into build/tools (idempotent; other targets call it)
	@python3 verification/toolroot/setup.py

.PHONY: toolchain-relock
toolchain-relock: ## rewrite the tool lock for what the mirror has now; review the difference
	@python3 verification/toolroot/setup.py --relock

build/tools/setup.json: verification/toolroot/toolchain.lock
	@python3 verification/toolroot/setup.py
	@touch $@

# ---- build ------------------------------------------------------------------------------------

.PHONY: all
all: image inmates plans driver cli guest-tools plugin hostile ## everything that runs

.PHONY: image
image: $(SETUP) ## the kernel image (COVERAGE=1: instrumented)
	@$(RUN) env COVERAGE=$(COVERAGE) $(MAKE) -s -f src/kernel.mk O=$(IMAGE) BOARD=$(BOARD)

.PHONY: inmates
inmates: $(SETUP) ## the bare-metal demo cells
	@$(RUN) $(MAKE) -s -f src/inmate.mk O=$(BUILD)/inmates

JUDGED_BY := $(wildcard src/core/plan* src/core/crc* src/core/arch/board.h src/boards/*/*) $(ABI)
$(BUILD)/host/plan-judge: $(JUDGE_C) $(JUDGED_BY) | $(SETUP)
	@mkdir -p $(@D)
	@echo "  HOSTCC $@"
	@$(RUN) gcc -std=c11 -O2 -Wall -Wextra -Werror -Isrc -ffile-prefix-map=$(CURDIR)=. \
	  -static -Wl,--build-id=none -o $@ $(JUDGE_C)

.PHONY: plans
plans: $(PLANS:%=$(BUILD)/plans/%.plan) ## every shipped plan, judged, with its owner map

$(BUILD)/plans/%.plan: $(CONFIGS)/%.toml $(wildcard $(CONFIGS)/*.toml $(CONFIGS)/cells/*) \
  $(wildcard src/plan/bhplan/*.py) $(BUILD)/host/plan-judge
	@mkdir -p $(@D)
	@BULKHEAD_PLAN_JUDGE=$(CURDIR)/$(BUILD)/host/plan-judge \
	  src/plan/bulkhead-plan build $< -o $@ --map $(@:.plan=.map)

.PHONY: driver
driver: $(KERNELS:%=$(BUILD)/linux-%/bulkhead.ko) ## bulkhead.ko for the stock kernels
driver: $(KERNELS:%=$(BUILD)/linux-%-test/bulkhead.ko)

$(BUILD)/linux-%-test/bulkhead.ko: $(wildcard src/linux/*) $(ABI) | $(SETUP)
	@echo "  KO $@"
	@$(RUN) src/linux/build $(TOOLS)/linux-$*/headers $(BUILD)/linux-$*-test test

$(BUILD)/linux-%/bulkhead.ko: $(wildcard src/linux/*) $(ABI) | $(SETUP)
	@echo "  KO $@"
	@$(RUN) src/linux/build $(TOOLS)/linux-$*/headers $(BUILD)/linux-$*

.PHONY: cli
cli: $(BUILD)/cli/arm64/bulkhead ## the `bulkhead` command for arm64 Linux

$(BUILD)/cli/arm64/bulkhead: $(wildcard src/cli/*) $(JUDGED_BY) | $(SETUP)
	@echo "  CLI $@"
	@$(RUN) src/cli/build $@

.PHONY: guest-tools
guest-tools: $(BUILD)/guest/bin/physmem ## helper programs of the test guest

$(BUILD)/guest/bin/physmem: $(HELPERS) | $(SETUP)
	@$(RUN) verification/system/guest/build $(BUILD)/guest

.PHONY: hostile
hostile: $(BUILD)/attack/hostile.bin ## what hostile cells of the attack suite execute
hostile: $(BUILD)/attack/registers.bin

$(BUILD)/attack/registers.bin: src/arch/aarch64/scrub.def
$(BUILD)/attack/%.bin: verification/system/attack/%.S | $(SETUP)
	@mkdir -p $(@D)
	@echo "  BIN $@"
	@$(RUN) sh -c 'aarch64-linux-gnu-gcc -g -ffile-prefix-map=$(CURDIR)=. -Isrc/arch/aarch64 \
	  -c $< -o $(@:.bin=.o) && \
	  aarch64-linux-gnu-ld -nostdlib --build-id=none -Ttext=0 -e 0 $(@:.bin=.o) -o $(@:.bin=.elf) && \
	  aarch64-linux-gnu-objcopy -O binary -j .text $(@:.bin=.elf) $@'

.PHONY: plugin
plugin: $(BUILD)/bench/exits.so ## the instruction-counting plugin for QEMU

$(BUILD)/bench/exits.so: $(wildcard verification/bench/*.[ch]) | $(SETUP)
	@mkdir -p $(@D)
	@$(RUN) gcc -std=c11 -O2 -Wall -Wextra -Werror -fPIC -shared -Wl,--build-id=none \
	  -ffile-prefix-map=$(CURDIR)=. -o $@ verification/bench/exits.c

# ---- use --------------------------------------------------------------------------------------

.PHONY: demo
demo: all ## a stock Linux, a real-time cell, attacks (KERNEL=6.1|6.12 CPU= ALL=1 INTERACTIVE=1 DIRECT=1)
	@python3 verification/system/demo$(if $(DIRECT),_direct).py $(if $(KERNEL),--kernel $(KERNEL)) \
	  $(if $(CPU),--cpu $(CPU)) \
	  $(if $(ALL),--all) $(if $(INTERACTIVE),--interactive)

.PHONY: run
run: all ## the demo guest with a shell
	@python3 verification/system/demo.py --interactive

.PHONY: debug
debug: image inmates plans ## direct boot, stopped, gdb attached at EL2
	@python3 verification/system/debug.py

# ---- verify -----------------------------------------------------------------------------------

.PHONY: verify
verify: setup ## all stages, or STAGE=a,b; summary in build/verify/summary.json
	@python3 verification/verify/verify.py $(if $(STAGE),--stage '$(STAGE)')

.PHONY: release
release: setup ## verify, with nothing amber, the locked tools and a clean checkout; package in build/evidence
	@BULKHEAD_PROVE=--cold python3 verification/verify/verify.py --release

.PHONY: verify-selftest
verify-selftest: setup ## every gate goes red on its seeded defect
	@python3 verification/verify/verify.py --stage selftest

.PHONY: check-fast
check-fast: setup ## what fits into a minute
	@python3 verification/verify/verify.py --fast

.PHONY: prove
prove: setup ## proofs; FILE=src/core/x.c FN=function
	@python3 verification/proof/prove.py $(if $(FILE),--file '$(FILE)') $(if $(FN),--fn '$(FN)')

.PHONY: test
test: all ## system tests; T=pattern, T=attack: the attack suite
	@python3 verification/system/run.py $(if $(T),-k '$(T)')

.PHONY: fuzz
fuzz: $(BUILD)/host/plan-judge ## the kernel beside its oracle; N= hypercalls, a tenth of it plans, SEED=
	@python3 verification/fuzz/fuzz.py $(if $(N),--calls $(N)) $(if $(SEED),--seed $(SEED))

.PHONY: mutate
mutate: $(SETUP) ## changes of proved code that neither tests nor proof notice; all, or N= SEED= FILE=
	@python3 verification/mutate/mutate.py $(if $(N),--sample $(N)) $(if $(SEED),--seed '$(SEED)') \
	  $(if $(FILE),--file '$(FILE)')

.PHONY: nightly
nightly: all ## the long churn: 1000 rounds of life cycles, a million heartbeats beside them
	@BULKHEAD_NIGHTLY=1 python3 verification/system/run.py -k churn

.PHONY: bench
bench: image inmates plugin $(BUILD)/host/plan-judge ## instructions at EL2 against their targets
	@python3 verification/bench/bench.py --json $(BUILD)/bench/rows.json

.PHONY: format
format: setup ## write what the format gate wants
	@python3 verification/static/format_fix.py

.PHONY: bounds
bounds: image ## most instructions of each entry and turns of each loop, into build/bounds.txt
	@python3 verification/static/bounds.py

.PHONY: size
size: setup ## lines, text and stack against the targets
	@python3 verification/static/sizes.py

# ---- housekeeping -----------------------------------------------------------------------------

.PHONY: clean
clean: ## remove what was built, keep the tools
	@find $(BUILD) -mindepth 1 -maxdepth 1 ! -name tools ! -name cache -exec rm -rf {} +

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
