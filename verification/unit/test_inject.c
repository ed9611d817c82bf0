/* SPDX-License-Identifier: Apache-2.0 */
/** @file test_inject.c
 * Exceptions given to a cell at EL1, from every mode it may have been in.
 * @link src/arch/aarch64/abort.c @link src/arch/aarch64/cpu.c @link src/arch/aarch64/el2map.c
 * @link src/arch/aarch64/gic.c
 * @link src/arch/aarch64/alarm.c
 * @link src/arch/aarch64/ras.c
 * @link src/arch/aarch64/inject.c @link src/arch/aarch64/launch.c
 * @link src/arch/aarch64/machine.c @link src/arch/aarch64/psci.c @link src/arch/aarch64/s2.c
 * @link src/arch/aarch64/trap.c @link src/arch/aarch64/vgicd.c @link src/arch/aarch64/vgicr.c
 * @link src/arch/aarch64/vinj.c @link src/arch/aarch64/vsgi.c @link src/arch/host/shared.c
 * @link src/arch/aarch64/window.c
 * @link src/arch/aarch64/mmio_window.c @link src/arch/aarch64/smc_list.c
 * @link src/arch/aarch64/its.c @link src/arch/aarch64/its_cmd.c
 * @link src/arch/aarch64/vgits.c @link src/arch/aarch64/vlpi.c
 * @link src/boards/qemu-virt-arm64/board.c @link verification/unit/fake_regs.c
 * @link src/core/bits.c @link src/core/cell.c
 * @link src/core/watch.c
 * @link src/core/hwerr.c
 * @link src/core/prep.c @link src/core/cpu.c @link src/core/crc.c
 * @link src/core/measure.c @link src/core/sha256.c
 * @link src/core/plan_claims.c @link src/core/plan_policy.c
 * @link src/core/plan_watch.c @link src/core/plan_window.c @link src/core/plan_call.c
 * @link src/core/plan_crc.c
 * @link src/core/event.c @link src/core/hcall.c @link src/core/init.c @link src/core/part.c
 * @link src/core/plan.c
 * @link src/core/lock.c @link src/core/restart.c
 */
#include "aarch64_machine.h"
#include "arch/aarch64/inject.h"
#include "test.h"

#define DATA_ABORT (0x24ULL << 26)
#define INSTRUCTION_ABORT (0x20ULL << 26)

/** Mode of PSTATE, its vector, and whether the level stays the same. */
static const struct {
    uint64_t spsr;
    uint64_t vector;
    uint32_t same;
} modes[] = {
    {0x3C5U, 0x200U, 1U},        /* EL1h */
    {0x80000004U, 0x000U, 1U},   /* EL1t */
    {0x60000000U, 0x400U, 0U},   /* EL0 */
    {0x000001D0U, 0x600U, 0U},   /* AArch32 */
    {0x0000001FU, 0x600U, 0U},
};

static struct frame begin(uint64_t spsr)
{
    struct frame f;

    CHECK(aarch64_machine());
    for (uint32_t i = 0U; i < FRAME_ROWS; i++) {
        f.r[i] = 0x1000U + i;
    }
    ELR(&f) = 0xFFFF000012345678U;
    SPSR(&f) = spsr;
    fake.reg[SR_VBAR_EL1] = 0xFFFF800010000FFFU; /* the low bits are reserved */
    fake.reg[SR_FAR_EL1] = 42U;
    return f;
}

static void judge(const struct frame *f, uint32_t k, uint64_t esr, uint64_t far)
{
    CHECK_EQ(ELR(f), 0xFFFF800010000800U + modes[k].vector);
    CHECK_EQ(SPSR(f), 0x3C5U);
    CHECK_EQ(fake.reg[SR_ELR_EL1], 0xFFFF000012345678U);
    CHECK_EQ(fake.reg[SR_SPSR_EL1], modes[k].spsr);
    CHECK_EQ(fake.reg[SR_ESR_EL1], esr);
    CHECK_EQ(fake.reg[SR_FAR_EL1], far);
    for (uint32_t i = 0U; i < 31U; i++) {
        CHECK_EQ(X(f, i), 0x1000U + i);
    }
}

/** @test TC_INJ_001 @verifies SWR_TRP_008 @technique table @level unit */
static void refused_accesses_are_external_aborts(void)
{
    for (uint32_t k = 0U; k < COUNT_OF(modes); k++) {
        struct frame f = begin(modes[k].spsr);

        inject_abort(&f, DATA_ABORT | 0x3FFFFFFU, 0x1234567812345678U);
        judge(&f, k, ((0x24ULL + modes[k].same) << 26) | 0x2000010U, 0x1234567812345678U);
        f = begin(modes[k].spsr);
        inject_abort(&f, INSTRUCTION_ABORT | 7U, 5U);
        judge(&f, k, ((0x20ULL + modes[k].same) << 26) | 0x2000010U, 5U);
    }
}

/** @test TC_INJ_002 @verifies SWR_TRP_008 @technique table @level unit */
static void refused_instructions_are_undefined(void)
{
    for (uint32_t k = 0U; k < COUNT_OF(modes); k++) {
        struct frame f = begin(modes[k].spsr);

        inject_undefined(&f);
        judge(&f, k, 0x2000000U, 42U);
    }
}

/** @test TC_INJ_003 @verifies SWR_TRP_008 @technique bva @level unit */
static void the_next_instruction(void)
{
    struct frame f = begin(0x3C5U);

    next_instruction(&f);
    CHECK_EQ(ELR(&f), 0xFFFF00001234567CU);
    CHECK_EQ(SPSR(&f), 0x3C5U);
    ELR(&f) = 0xFFFFFFFFFFFFFFF8U;
    next_instruction(&f);
    CHECK_EQ(ELR(&f), 0xFFFFFFFFFFFFFFFCU);
    next_instruction(&f);
    CHECK_EQ(ELR(&f), 0U);
}

int main(void)
{
    TEST(TC_INJ_001, refused_accesses_are_external_aborts);
    TEST(TC_INJ_002, refused_instructions_are_undefined);
    TEST(TC_INJ_003, the_next_instruction);
    return test_result();
}
