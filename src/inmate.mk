# SPDX-License-Identifier: Apache-2.0
# Builds the bare-metal demo cells; runs inside the tool root. NAME-BASE.bin is NAME linked at BASE.
O ?= build/inmates
CROSS := aarch64-linux-gnu-
CFLAGS := -std=c11 -O2 -ffreestanding -nostdlib -fno-pic -fno-pie -fno-stack-protector \
  -fno-asynchronous-unwind-tables -mgeneral-regs-only -mstrict-align -mno-outline-atomics \
  -fno-tree-loop-distribute-patterns -march=armv8-a -g -ffile-prefix-map=$(CURDIR)=. \
  -Wall -Wextra -Werror -Isrc -Isrc/inmate/lib -Isrc/inmate/demo
IMAGES := rt-71000000 rt-73000000 root-50000000 rt-51000000 rt-52000000 rtexit-51000000 \
  irq-50000000 irq-51000000 irq-52000000 \
  bench-51000000 benchexit-51000000 churn-50000000 rt-54000000 rtlate-51000000
HEADERS := $(wildcard src/inmate/lib/*.h) $(wildcard src/abi/*.h)
all: $(IMAGES:%=$(O)/%.bin) $(O)/restart.bin

$(O)/lib_%.o: src/inmate/lib/%.c $(HEADERS) | $(O)
	@$(CROSS)gcc $(CFLAGS) -c $< -o $@
$(O)/start.o: src/inmate/lib/start.S | $(O)
	@$(CROSS)gcc -g -ffile-prefix-map=$(CURDIR)=. -c $< -o $@
$(O)/demo_%.o: src/inmate/demo/%.c $(wildcard src/inmate/demo/*.h) $(HEADERS) | $(O)
	@$(CROSS)gcc $(CFLAGS) -c $< -o $@
$(O)/demo_rtexit.o: src/inmate/demo/rt.c src/inmate/demo/attempts.h $(HEADERS) | $(O)
	@$(CROSS)gcc $(CFLAGS) -DEXIT_PER_INTERRUPT -c $< -o $@
$(O)/demo_rtlate.o: src/inmate/demo/rt.c src/inmate/demo/attempts.h $(HEADERS) | $(O)
	@$(CROSS)gcc $(CFLAGS) -DMISS_A_DEADLINE -c $< -o $@
$(O)/demo_benchexit.o: src/inmate/demo/bench.c src/inmate/demo/attempts.h | $(O)
	@$(CROSS)gcc $(CFLAGS) -DEXIT_PER_INTERRUPT -c $< -o $@
# Cells that attempt nothing on request.
PLAIN := bench benchexit churn
COMMON := $(O)/lib_inmate.o $(O)/lib_message.o $(O)/start.o
.SECONDEXPANSION:
$(O)/%.elf: $(O)/demo_$$(firstword $$(subst -, ,$$*)).o \
  $$(if $$(filter $$(PLAIN),$$(firstword $$(subst -, ,$$*))),,$(O)/demo_attempts.o) \
  $(COMMON) src/inmate/lib/inmate.lds
	@$(CROSS)gcc -E -P -x assembler-with-cpp -DINMATE_BASE=0x$(lastword $(subst -, ,$*)) \
	  src/inmate/lib/inmate.lds -o $(O)/$*.lds
	@$(CROSS)ld -nostdlib --build-id=none -z noexecstack --no-warn-rwx-segments -T $(O)/$*.lds \
	  $(filter %.o,$^) -o $@
$(O)/%.bin: $(O)/%.elf
	@$(CROSS)objcopy -O binary $< $@ && echo "  BIN $@"
$(O)/restart.o: src/inmate/restart/restart.S | $(O)
	@$(CROSS)gcc -g -ffile-prefix-map=$(CURDIR)=. -c $< -o $@
$(O)/restart.elf: $(O)/restart.o
	@$(CROSS)ld -nostdlib --build-id=none -z noexecstack -Ttext=0 -e restart_begin $< -o $@
$(O):
	@mkdir -p $@
.PRECIOUS: $(O)/%.elf
.PHONY: all
