/* SPDX-License-Identifier: Apache-2.0 */
/** @file inject.h
 * Exceptions that a cell is given at EL1: a synchronous external abort or an undefined instruction,
 * as Arm ARM D1.3 takes them.
 */
#ifndef AARCH64_INJECT_H
#define AARCH64_INJECT_H

#include "frame.h"
#include "sysreg.h"

#define PSTATE_EL1H_MASKED 0x3C5U
#define VECTOR_SAME_SP0 0x000U
#define VECTOR_SAME_SPX 0x200U
#define VECTOR_LOWER_64 0x400U
#define VECTOR_LOWER_32 0x600U

/*@ // Offset of the synchronous vector for an exception taken from PSTATE spsr to EL1.
    logic integer vector_from(integer spsr) =
      (spsr / 16) % 2 == 1 ? VECTOR_LOWER_32 : spsr % 16 == 0 ? VECTOR_LOWER_64 :
      spsr % 2 == 0 ? VECTOR_SAME_SP0 : VECTOR_SAME_SPX;
    // The cell continues in its own handler, masked, at EL1.
    predicate at_vector{A, B} =
      \at(cell_r[FRAME_R_SPSR], B) == PSTATE_EL1H_MASKED &&
      \at(cell_r[FRAME_R_ELR], B) % 0x800 == vector_from(\at(cell_r[FRAME_R_SPSR], A)); */

/** The instruction that trapped has been served: the cell goes on with the next one.
 * @req SWR_TRP_001 */
/*@ terminates \true; exits \false; assigns cell_r[FRAME_R_ELR];
    ensures SWR_TRP_001: cell_r[FRAME_R_ELR] == (\old(cell_r[FRAME_R_ELR]) + 4) % 0x10000000000000000; */
void next_instruction(struct frame *f);

/** The refused access of @p esr at virtual address @p far ends as a synchronous external abort.
 * @req SWR_TRP_008 */
/*@ terminates \true; exits \false;
    assigns hw, cell_r[FRAME_R_ELR], cell_r[FRAME_R_SPSR];
    ensures SWR_TRP_008: at_vector{Pre, Post}; */
void inject_abort(struct frame *f, uint64_t esr, uint64_t far);

/** The refused instruction ends as undefined.
 * @req SWR_TRP_008 */
/*@ terminates \true; exits \false;
    assigns hw, cell_r[FRAME_R_ELR], cell_r[FRAME_R_SPSR];
    ensures SWR_TRP_008: at_vector{Pre, Post}; */
void inject_undefined(struct frame *f);

#endif
