/* SPDX-License-Identifier: Apache-2.0 */
/** @file frame.h
 * The registers of a cell at an exit, as vectors.S saves and restores them.
 */
#ifndef AARCH64_FRAME_H
#define AARCH64_FRAME_H

#include <stddef.h>
#include <stdint.h>
#include "layout.h"

struct frame {
    uint64_t x[31];
    uint64_t elr;  /**< ELR_EL2 */
    uint64_t spsr; /**< SPSR_EL2 */
    uint64_t pad;
};

_Static_assert(sizeof(struct frame) == FRAME_BYTES, "frame size in layout.h");
_Static_assert(offsetof(struct frame, elr) == FRAME_ELR, "frame offsets in layout.h");
_Static_assert(offsetof(struct frame, spsr) == FRAME_SPSR, "frame offsets in layout.h");

#endif
