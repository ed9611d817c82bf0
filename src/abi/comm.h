/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/** @file comm.h
 * The communication region of a cell: one page shared between the cell and root. The kernel neither
 * maps nor trusts it; each side treats what the other writes as untrusted.
 */
#ifndef BH_ABI_COMM_H
#define BH_ABI_COMM_H

#include "types.h"

#define BH_COMM_MAGIC 0x314D4D4F43485442ULL
#define BH_COMM_CONSOLE 2048U /**< bytes of the console ring; a power of two */

/** Written by the cell except where said otherwise. */
struct bh_comm {
    bh_u64 magic;     /**< BH_COMM_MAGIC, set when the cell is up */
    bh_u64 heartbeat; /**< grows while the cell is alive */
    bh_u64 ticks;     /**< timer interrupts taken */
    bh_u64 jitter_min; /**< least and greatest distance from deadline to handler, counter ticks */
    bh_u64 jitter_max;
    bh_u64 jitter_last;
    bh_u64 result;    /**< last attempt's outcome (demo inmates) */
    bh_u64 command;   /**< written by root: what to attempt next (demo inmates) */
    bh_u64 argument;  /**< written by root */
    bh_u64 reserved[6];
    bh_u64 console_next; /**< bytes ever written to the ring */
    bh_u8 console[BH_COMM_CONSOLE];
};

BH_ASSERT_OFFSET(struct bh_comm, heartbeat, 8);
BH_ASSERT_OFFSET(struct bh_comm, command, 56);
BH_ASSERT_OFFSET(struct bh_comm, console_next, 120);
BH_ASSERT_OFFSET(struct bh_comm, console, 128);
BH_ASSERT_SIZE(struct bh_comm, 2176);

#endif
