# SPDX-License-Identifier: Apache-2.0
CROSS := aarch64-linux-gnu-
ARCH_C := cpu gic inject trap abort vgicd vgicr vgits vlpi its its_cmd vsgi vinj alarm psci machine shared \
          el2map window launch s2
ARCH_S := head vectors scrub shared window its
ARCH_CFLAGS := -march=armv8-a -mgeneral-regs-only -mstrict-align -mno-outline-atomics
