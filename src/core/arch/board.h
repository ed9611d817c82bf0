/* SPDX-License-Identifier: Apache-2.0 */
/** @file board.h
 * Architecture contract: what the core asks of a board, one constant in src/boards/NAME/board.c.
 */
#ifndef CORE_ARCH_BOARD_H
#define CORE_ARCH_BOARD_H

#include "core/plan.h"

struct board_facts {
    struct plan_board plan; /**< board number and the kernel's memory */
    uint64_t map_base;      /**< physical address of the memory map's pools */
};

extern const struct board_facts board_facts;

#endif
