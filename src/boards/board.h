/* SPDX-License-Identifier: Apache-2.0 */
/** @file board.h
 * A board is constant data, defined by src/boards/NAME/board.c: `board_facts` for the core and, for
 * AArch64, `board`.
 */
#ifndef BOARDS_BOARD_H
#define BOARDS_BOARD_H

#include <stdint.h>
#include "core/arch/board.h"

struct board {
    uint64_t gicd;           /**< GIC distributor, 64 KiB */
    uint64_t gicr;           /**< first GIC redistributor frame pair */
    uint32_t gicr_count;     /**< frame pairs of 128 KiB */
    uint64_t gits;           /**< GIC ITS, control and translation frame of 64 KiB each */
    uint32_t spi_end;        /**< one more than the last SPI's INTID; at most 1020 */
};

extern const struct board board;

#endif
