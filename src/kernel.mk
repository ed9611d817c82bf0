# SPDX-License-Identifier: Apache-2.0
# Builds one kernel image; runs inside the tool root. Variables: O (output folder), BOARD, COVERAGE.
BOARD ?= qemu-virt-arm64
include src/boards/$(BOARD)/board.mk
include src/arch/$(ARCH)/arch.mk
O ?= build/$(ARCH)-$(BOARD)

CORE_C := bits crc sha256 plan plan_claims plan_policy plan_watch plan_window plan_call plan_crc part lock \
  prep watch measure cell cpu event hwerr hcall restart init
CFLAGS := -std=c11 -ffreestanding -fno-pic -fno-pie -fno-stack-protector -fno-common \
  -fno-asynchronous-unwind-tables -fno-unwind-tables -fno-tree-loop-distribute-patterns \
  -g -Isrc -Isrc/arch/$(ARCH) $(ARCH_CFLAGS) \
  -ffile-prefix-map=$(CURDIR)=. \
  -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wredundant-decls \
  -Wconversion -Wsign-conversion -Wundef -Wvla -Wcast-align -Wreturn-type -Wsequence-point \
  -Wno-comment -fstack-usage -fcallgraph-info=su
ifeq ($(COVERAGE),1)
CFLAGS += -O0 --coverage -fcondition-coverage -fprofile-info-section -fprofile-update=atomic \
  -fprofile-abs-path -Werror=coverage-too-many-conditions
# The counters are read out of memory: any address says that they exist.
LDCOVER := --defsym=__gcov_merge_add=entry_launch --defsym=__gcov_merge_ior=entry_launch
else
CFLAGS += -O2
LINKED := -flto -fomit-frame-pointer
# What every exit executes calls little.
$(O)/arch_trap.o $(O)/arch_abort.o: LINKED += -finline-functions --param max-inline-insns-auto=30
endif
CFLAGS += $(EXTRA_CFLAGS)
DEFS := -DKERNEL_BASE=$(KERNEL_BASE) -DTABLE_BASE=$(TABLE_BASE) -DSTATUS_BASE=$(STATUS_BASE) \
  -DBOARD_NUMBER=$(BOARD_NUMBER)

C_OBJS := $(CORE_C:%=$(O)/core_%.o) $(ARCH_C:%=$(O)/arch_%.o)
OBJS := $(if $(LINKED),$(O)/kernel.o,$(C_OBJS)) $(ARCH_S:%=$(O)/asm_%.o) $(O)/board.o

all: $(O)/bulkhead.bin

$(O)/core_%.o: src/core/%.c src/kernel.mk | $(O)
	@echo "  CC $@"; $(CROSS)gcc $(CFLAGS) $(LINKED) -MMD -MP -c $< -o $@
$(O)/arch_%.o: src/arch/$(ARCH)/%.c src/kernel.mk | $(O)
	@echo "  CC $@"; $(CROSS)gcc $(CFLAGS) $(LINKED) -MMD -MP -c $< -o $@
# One unit for the compiler: what a file needs of another is inlined, and the sources stay as they are.
$(O)/kernel.o: $(C_OBJS)
	@echo "  LTO $@"; $(CROSS)gcc $(CFLAGS) -flto -flto-partition=one -flinker-output=nolto-rel -r \
	  -nostdlib $(C_OBJS) -o $@
$(O)/board.o: $(BOARD_SRC) | $(O)
	@echo "  CC $@"; $(CROSS)gcc $(CFLAGS) -MMD -MP -c $< -o $@
$(O)/asm_%.o: src/arch/$(ARCH)/%.S src/arch/$(ARCH)/layout.h \
  src/arch/$(ARCH)/scrub.def src/abi/image_numbers.h | $(O)
	@echo "  CC $@"; $(CROSS)gcc $(ARCH_CFLAGS) -g -ffile-prefix-map=$(CURDIR)=. -Isrc $(DEFS) \
	  -c $< -o $@
$(O)/kernel.lds: src/arch/$(ARCH)/kernel.lds src/arch/$(ARCH)/layout.h | $(O)
	@$(CROSS)gcc -E -P -x assembler-with-cpp $(DEFS) -include src/arch/$(ARCH)/layout.h $< -o $@
$(O)/bulkhead.elf: $(OBJS) $(O)/kernel.lds
	@echo "  LD $@"; $(CROSS)ld -nostdlib --build-id=none -z noexecstack -z max-page-size=4096 \
	  $(LDCOVER) \
	  --no-warn-rwx-segments --fatal-warnings -T $(O)/kernel.lds -Map $(O)/bulkhead.map $(OBJS) -o $@
$(O)/bulkhead.bin: $(O)/bulkhead.elf
	@echo "  BIN $@"; $(CROSS)objcopy -O binary $< $@
$(O):
	mkdir -p $@
-include $(wildcard $(O)/*.d)
.PHONY: all
