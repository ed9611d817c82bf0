/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/** @file image.h
 * Header of the kernel image and the hand-over from a launcher (Linux driver or firmware).
 *
 * The launcher copies the image to `base`, zeroes up to `memory_bytes`, puts the plan at
 * `base + plan_offset` and the hand-over record at `base + handover_offset`, cleans all of it to
 * the point of coherency, and enters at EL2 with the MMU off:
 *  1. on one CPU at `entry_prepare`: builds the kernel's own map, returns;
 *  2. on every CPU at `entry_launch` with x0 = index of the CPU in the plan.
 * Both return by ERET to the caller with x0 = status, x1, x2 = details; x19 to x29 are preserved.
 */
#ifndef BH_ABI_IMAGE_H
#define BH_ABI_IMAGE_H

#include "plan.h"

#define BH_IMAGE_MAGIC 0x314547414D494842ULL

/** First bytes of bulkhead.bin. Offsets are from the start of the image. */
struct bh_image {
    bh_u64 magic;           /**< BH_IMAGE_MAGIC */
    bh_u32 abi;             /**< BH_ABI_VERSION */
    bh_u32 board;           /**< board number */
    bh_u64 base;            /**< physical address it must be loaded at */
    bh_u64 file_bytes;      /**< size of the image file */
    bh_u64 memory_bytes;    /**< memory it occupies, all of it */
    bh_u64 entry_prepare;   /**< offset */
    bh_u64 entry_launch;    /**< offset */
    bh_u64 plan_offset;     /**< where the plan goes; sizeof(struct bh_plan) bytes */
    bh_u64 handover_offset; /**< where struct bh_handover goes */
};

/** Written by the launcher before the first entry. */
struct bh_handover {
    bh_u32 abi;      /**< BH_ABI_VERSION of the launcher */
    bh_u32 n_cpus;   /**< CPUs that will come to the launch */
    bh_u32 plan_bytes; /**< size of the plan which was placed */
    bh_u32 mode;     /**< BH_MODE_... */
};

#define BH_MODE_LATE 1U   /**< from Linux */
#define BH_MODE_DIRECT 2U /**< from firmware */

BH_ASSERT_SIZE(struct bh_image, 72);
BH_ASSERT_SIZE(struct bh_handover, 16);

#endif
