/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/** @file plan_window.h
 * What of the plan the kernel does for a cell: accesses to parts of device pages, and firmware calls.
 */
#ifndef BH_ABI_PLAN_WINDOW_H
#define BH_ABI_PLAN_WINDOW_H

#include "types.h"

#define BH_WINDOWS_MAX 16U /**< Windows of all cells. */
#define BH_CALLS_MAX 16U   /**< Ranges of firmware calls of all cells. */

/* Window flags: directions, and widths of an access; BH_WINDOW_FLAGS_MAX is one more than all of them. */
#define BH_WINDOW_READ 1U
#define BH_WINDOW_WRITE 2U
#define BH_WINDOW_8 4U
#define BH_WINDOW_16 8U
#define BH_WINDOW_32 16U
#define BH_WINDOW_64 32U
#define BH_WINDOW_FLAGS_MAX 64U

/** A part of a page of device registers, given to one cell. The page is mapped by no cell; the kernel
 * performs what the window allows. It lies at the same offset of a page of the cell's address space. */
struct bh_window {
    bh_u64 ppn;      /**< physical page, in a region of the kernel */
    bh_u32 ipn;      /**< page in the cell's address space */
    bh_u32 offset;   /**< first byte in the page */
    bh_u32 bytes;    /**< how many */
    bh_u32 own;      /**< owner: index of a cell */
    bh_u32 flags;    /**< BH_WINDOW_... */
    bh_u32 reserved; /**< zero */
};

/** Firmware calls (SMC) that the kernel passes on for one cell. */
struct bh_call {
    bh_u32 first; /**< function ID */
    bh_u32 last;  /**< function ID, of the same kind */
    bh_u32 own;   /**< index of a cell */
};

BH_ASSERT_SIZE(struct bh_window, 32);
BH_ASSERT_SIZE(struct bh_call, 12);

#endif
