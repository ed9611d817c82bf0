# SPDX-License-Identifier: Apache-2.0
CROSS := aarch64-linux-gnu-
ARCH_C := cpu gic ras inject trap abort vgicd vgicr vgits vlpi its its_cmd vsgi vinj alarm psci smc_list \
  machine shared el2map window mmio_window launch s2
ARCH_S := head vectors scrub shared window mmio_window smc_list its
ARCH_CFLAGS := -march=armv8-a -mgeneral-regs-only -mstrict-align -mno-outline-atomics
