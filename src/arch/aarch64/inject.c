/* SPDX-License-Identifier: Apache-2.0 */
#include "inject.h"

#define EC_UNIT 0x4000000U       /* ESR_ELx.EC is bits 31:26 */
#define ESR_IL 0x2000000U
#define EC_IABT_LOWER 0x20U
#define EC_DABT_LOWER 0x24U
#define DFSC_EXTERNAL 0x10U
#define ADDRESS_LAST 0xFFFFFFFFFFFFFFFCU /* of an instruction */

/** Offset of the synchronous vector for an exception taken from PSTATE @p spsr to EL1.
 * @req SWR_TRP_008 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_TRP_008: \result == vector_from(spsr) && \result < 0x800; */
static uint64_t vector_of(uint64_t spsr)
{
    uint64_t offset = VECTOR_SAME_SPX;

    if (((spsr / 16U) % 2U) == 1U) {
        offset = VECTOR_LOWER_32;
    } else if ((spsr % 16U) == 0U) {
        offset = VECTOR_LOWER_64;
    } else if ((spsr % 2U) == 0U) {
        offset = VECTOR_SAME_SP0;
    } else {
        offset = VECTOR_SAME_SPX;
    }
    return offset;
}

/** Continue the cell in its handler for syndrome @p esr.
 * @req SWR_TRP_008 */
/*@ terminates \true; exits \false;
    assigns hw, cell_r[FRAME_R_ELR], cell_r[FRAME_R_SPSR];
    ensures SWR_TRP_008: at_vector{Pre, Post}; */
static void enter_vector(struct frame *f, uint64_t esr)
{
    uint64_t base = sysreg_read((uint32_t)SR_VBAR_EL1) / 0x800U;
    uint64_t spsr = frame_get(f, FRAME_R_SPSR);

    sysreg_write((uint32_t)SR_ELR_EL1, frame_get(f, FRAME_R_ELR));
    sysreg_write((uint32_t)SR_SPSR_EL1, spsr);
    sysreg_write((uint32_t)SR_ESR_EL1, esr);
    frame_put(f, FRAME_R_ELR, (base * 0x800U) + vector_of(spsr));
    frame_put(f, FRAME_R_SPSR, PSTATE_EL1H_MASKED);
}

/** Syndrome of a synchronous external abort for the access that @p esr describes.
 * @req SWR_TRP_008 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_TRP_008: \result / EC_UNIT ==
      ((esr / EC_UNIT) % 64 == EC_DABT_LOWER ? EC_DABT_LOWER : EC_IABT_LOWER) + (same ? 1 : 0) &&
      \result % EC_UNIT == ESR_IL + DFSC_EXTERNAL; */
static uint64_t abort_syndrome(uint64_t esr, bool same)
{
    bool data = ((esr / EC_UNIT) % 64U) == EC_DABT_LOWER;
    uint64_t ec = (data ? (uint64_t)EC_DABT_LOWER : (uint64_t)EC_IABT_LOWER) + (same ? 1U : 0U);

    return (ec * EC_UNIT) + ESR_IL + DFSC_EXTERNAL;
}

void inject_abort(struct frame *f, uint64_t esr, uint64_t far)
{
    uint64_t from = vector_of(frame_get(f, FRAME_R_SPSR));
    bool same = (from == VECTOR_SAME_SP0) || (from == VECTOR_SAME_SPX);

    sysreg_write((uint32_t)SR_FAR_EL1, far);
    enter_vector(f, abort_syndrome(esr, same));
}

void inject_undefined(struct frame *f)
{
    enter_vector(f, ESR_IL);
}

void next_instruction(struct frame *f)
{
    uint64_t elr = frame_get(f, FRAME_R_ELR);

    frame_put(f, FRAME_R_ELR, (elr < ADDRESS_LAST) ? (elr + 4U) : (elr - ADDRESS_LAST));
}
