/* SPDX-License-Identifier: Apache-2.0 */
#include "inject.h"

#define EC_UNIT 0x4000000U       /* ESR_ELx.EC is bits 31:26 */
#define ESR_IL 0x2000000U
#define EC_IABT_LOWER 0x20U
#define EC_DABT_LOWER 0x24U
#define DFSC_EXTERNAL 0x10U
#define PSTATE_EL1H_MASKED 0x3C5U
#define VECTOR_SAME_SP0 0x000U
#define VECTOR_SAME_SPX 0x200U
#define VECTOR_LOWER_64 0x400U
#define VECTOR_LOWER_32 0x600U

/** Offset of the synchronous vector for an exception taken from PSTATE @p spsr to EL1. */
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

static void enter_vector(struct frame *f, uint64_t esr)
{
    uint64_t base = sysreg_read((uint32_t)SR_VBAR_EL1);

    sysreg_write((uint32_t)SR_ELR_EL1, f->elr);
    sysreg_write((uint32_t)SR_SPSR_EL1, f->spsr);
    sysreg_write((uint32_t)SR_ESR_EL1, esr);
    f->elr = ((base / 0x800U) * 0x800U) + vector_of(f->spsr);
    f->spsr = PSTATE_EL1H_MASKED;
}

void inject_abort(struct frame *f, uint64_t esr, uint64_t far)
{
    bool data = ((esr / EC_UNIT) % 64U) == EC_DABT_LOWER;
    uint64_t from = vector_of(f->spsr);
    bool same = (from == VECTOR_SAME_SP0) || (from == VECTOR_SAME_SPX);
    uint64_t ec = (data ? (uint64_t)EC_DABT_LOWER : (uint64_t)EC_IABT_LOWER) + (same ? 1U : 0U);

    sysreg_write((uint32_t)SR_FAR_EL1, far);
    enter_vector(f, (ec * EC_UNIT) + ESR_IL + DFSC_EXTERNAL);
}

void inject_undefined(struct frame *f)
{
    enter_vector(f, ESR_IL);
}
