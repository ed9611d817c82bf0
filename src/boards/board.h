/* SPDX-License-Identifier: Apache-2.0 */
/** @file board.h
 * A board is one constant structure; src/boards/NAME/board.c defines it.
 */
#ifndef BOARDS_BOARD_H
#define BOARDS_BOARD_H

#include "core/plan.h"

struct board {
    struct plan_board plan;  /**< board number and the kernel's memory */
    uint64_t table_base;     /**< physical address of s2_e */
    uint64_t gicd;           /**< GIC distributor, 64 KiB */
    uint64_t gicr;           /**< first GIC redistributor frame pair */
    uint32_t gicr_count;     /**< frame pairs of 128 KiB */
    uint32_t spi_end;        /**< one more than the last SPI's INTID; at most 1020 */
};

extern const struct board board;

#endif
