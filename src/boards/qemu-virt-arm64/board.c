/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU "virt" with GICv3 and EL2; addresses from the device tree it generates. */
#include "boards/board.h"

const struct board_facts board_facts = {
    .plan = {.board = 1U,
             .kernel = {{.ppn = 0x70000U, .pages = 0x400U},  /* memory */
                        {.ppn = 0x8000U, .pages = 0x10U},    /* GIC distributor */
                        {.ppn = 0x8080U, .pages = 0x120U}}, /* GIC ITS and redistributors */
             .firmware = 1U}, /* QEMU's own PSCI, which answers NOT_SUPPORTED to all else */
    .map_base = 0x70200000U,
};

const struct board board = {
    .gicd = 0x08000000U,
    .gicr = 0x080A0000U,
    .gicr_count = 8U,
    .gits = 0x08080000U,
    .spi_end = 288U,
};
