/* SPDX-License-Identifier: Apache-2.0 */
/** @file frame.h
 * The registers of a cell at an exit, as vectors.S saves and restores them. C reads and writes them
 * by frame_get() and frame_put() alone; these two are trusted, as sysreg.h is.
 */
#ifndef AARCH64_FRAME_H
#define AARCH64_FRAME_H

#include <stdint.h>
#include "layout.h"
#include "sysreg.h"

#define FRAME_R_ELR 31U  /**< ELR_EL2; while an exit is served it stays in the register */
#define FRAME_R_SPSR 32U /**< SPSR_EL2; likewise */
#define FRAME_ROWS 34U

/* The saved registers of the exit that is being served: a CPU serves one at a time. */
/*@ ghost extern uint64_t cell_r[34]; */

#if defined(__FRAMAC__) || !defined(__aarch64__) /* provers, and tests on another machine */

struct frame {
    uint64_t r[FRAME_ROWS]; /**< x0 to x30 first */
};

/** A saved register of the cell: 0 to 30 are x0 to x30, then FRAME_R_ELR, FRAME_R_SPSR. */
/*@ requires row: i < FRAME_ROWS;
    terminates \true; exits \false; assigns \nothing;
    ensures stored: \result == cell_r[i]; */
uint64_t frame_get(const struct frame *f, uint32_t i);
/** Change one; in force when the cell goes on. */
/*@ requires row: i < FRAME_ROWS;
    terminates \true; exits \false; assigns cell_r[i];
    ensures stored: cell_r[i] == value; */
void frame_put(struct frame *f, uint32_t i, uint64_t value);

#else

struct frame {
    uint64_t r[32]; /**< x0 to x30, and one that keeps the stack aligned */
};

_Static_assert(sizeof(struct frame) == (uint64_t)FRAME_BYTES, "frame size in layout.h");

/** A saved register of the cell: 0 to 30 are x0 to x30, then FRAME_R_ELR, FRAME_R_SPSR. */
static inline uint64_t frame_get(const struct frame *f, uint32_t i)
{
    uint64_t value;

    if (i == FRAME_R_ELR) {
        value = sysreg_read((uint32_t)SR_ELR_EL2);
    } else if (i == FRAME_R_SPSR) {
        value = sysreg_read((uint32_t)SR_SPSR_EL2);
    } else {
        value = f->r[i];
    }
    return value;
}

/** Change a saved register of the cell. */
static inline void frame_put(struct frame *f, uint32_t i, uint64_t value)
{
    if (i == FRAME_R_ELR) {
        sysreg_put((uint32_t)SR_ELR_EL2, value);
    } else if (i == FRAME_R_SPSR) {
        sysreg_put((uint32_t)SR_SPSR_EL2, value);
    } else {
        f->r[i] = value;
    }
}

#endif
#endif
