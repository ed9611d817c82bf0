/* SPDX-License-Identifier: Apache-2.0 */
/** @file board.h
 * Architecture contract: what the core asks of a board, one constant in src/boards/NAME/board.c.
 */
#ifndef CORE_ARCH_BOARD_H
#define CORE_ARCH_BOARD_H

#include <stdint.h>

/** What the board knows and the plan must agree with. */
struct plan_board {
    uint32_t board;        /**< board number */
    uint32_t kernel_pages; /**< pages of kernel memory */
    uint64_t kernel_ppn;   /**< first page of kernel memory */
};

struct board_facts {
    struct plan_board plan; /**< board number and the kernel's memory */
    uint64_t map_base;      /**< physical address of the memory map's pools */
};

extern const struct board_facts board_facts;

#endif
