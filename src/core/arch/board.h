/* SPDX-License-Identifier: Apache-2.0 */
/** @file board.h
 * Architecture contract: what the core asks of a board, one constant in src/boards/NAME/board.c.
 */
#ifndef CORE_ARCH_BOARD_H
#define CORE_ARCH_BOARD_H

#include <stdint.h>

/** A run of physical pages. */
struct plan_range {
    uint64_t ppn;   /**< first page */
    uint64_t pages; /**< how many */
};

#define PLAN_KERNEL_RANGES 3U

/** What the board knows and the plan must agree with. */
struct plan_board {
    uint32_t board; /**< board number */
    /** What only the kernel may touch: its memory first, then the device frames that it emulates. */
    struct plan_range kernel[PLAN_KERNEL_RANGES];
    uint32_t firmware; /**< 1: something at EL3 answers SMC */
};

struct board_facts {
    struct plan_board plan; /**< board number and the kernel's memory */
    uint64_t map_base;      /**< physical address of the memory map's pools */
};

extern const struct board_facts board_facts;

#endif
