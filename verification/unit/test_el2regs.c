/* SPDX-License-Identifier: Apache-2.0 */
/** @file test_el2regs.c
 * EL2's control registers at take and release, the tables put in force, the checks of the machine,
 * and its clock.
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
#include "core/arch/irq.h"
#include "test.h"

#define E2H (1ULL << 34)
#define TGE (1ULL << 27)
#define VM 1ULL
#define FMO (1ULL << 3)
#define IMO (1ULL << 4)
#define AMO (1ULL << 5)
#define TSC (1ULL << 19)
#define RW_ (1ULL << 31)
#define TEA (1ULL << 37)
#define RAS (1ULL << 28)

/** The rows of the table, by register. */
static const uint32_t rows[EL2REG_COUNT] = {
#define EL2REG(name, inherited, forced, reason) SR_##name,
#include "arch/aarch64/el2regs.def"
#undef EL2REG
};

static struct frame entered;

static void found(uint64_t value)
{
    for (uint32_t i = 0U; i < EL2REG_COUNT; i++) {
        fake.reg[rows[i]] = value;
    }
}

/** @test TC_EL2_001 @verifies SWR_EL2_001 SWR_INI_003 @technique bva @level unit */
static void what_take_makes_of_the_worst(void)
{
    static const uint64_t worst[] = {0U, UINT64_MAX, 0xA5A5A5A5A5A5A5A5U, 0x5A5A5A5A5A5A5A5AU};

    for (uint32_t k = 0U; k < COUNT_OF(worst); k++) {
        uint64_t hcr;

        CHECK(aarch64_machine());
        found(worst[k]);
        arch_cpu_take(0U);
        hcr = fake.reg[SR_HCR_EL2];
        CHECK_EQ(hcr & (VM | FMO | AMO | TSC | RW_), VM | FMO | AMO | TSC | RW_);
        CHECK_EQ(hcr & (E2H | TGE | IMO), 0U);
        CHECK_EQ(fake.reg[SR_CPTR_EL2], worst[k] & 0xFFFFFFFFU);
        CHECK_EQ(fake.reg[SR_MDCR_EL2] & 0xF00U, 0U);
        CHECK_EQ(fake.reg[SR_CNTHCTL_EL2], 3U);
        CHECK_EQ(fake.reg[SR_CNTVOFF_EL2], worst[k]);
        CHECK_EQ(fake.reg[SR_HSTR_EL2], 0U);
        CHECK_EQ(fake.reg[SR_VMPIDR_EL2], worst[k]);
        CHECK_EQ(fake.reg[SR_VPIDR_EL2], worst[k]);
        CHECK_EQ(fake.reg[SR_VTTBR_EL2], (1ULL << 48) + S2_ROOT(board_facts.map_base, 0U));
        CHECK(fake.flushes > 0U);
        CHECK_EQ(fake.reg[SR_ICC_IGRPEN0_EL1], 1U);
        CHECK_EQ(fake_written(board.gicr + GICR_ISENABLER0, 0U), GIC_KICK_BIT);
        for (uint32_t i = 0U; i < EL2REG_COUNT; i++) {
            CHECK((rows[i] == SR_VTTBR_EL2) || (stub_state[0].found[i] == worst[k]));
            CHECK_EQ(el2reg_value(i, worst[k]) & ~(worst[k] | el2reg_value(i, 0U)), 0U);
        }
    }
}

/** @test TC_EL2_010 @verifies SWR_LCK_005 @technique equivalence @level unit */
static void debug_registers_are_trapped_and_left(void)
{
    static const uint64_t worst[] = {0U, UINT64_MAX, 0xA5A5A5A5A5A5A5A5U};

    for (uint32_t k = 0U; k < COUNT_OF(worst); k++) {
        CHECK(aarch64_machine());
        fake.reg[SR_MDCR_EL2] = worst[k];
        arch_cpu_debug(true);
        CHECK_EQ(fake.reg[SR_MDCR_EL2], worst[k] | 0xE00U); /* TDRA, TDOSA, TDA */
        arch_cpu_debug(false);
        CHECK_EQ(fake.reg[SR_MDCR_EL2], worst[k] & ~0xE00ULL);
    }
}

/** @test TC_EL2_011 @verifies SWR_LCK_005 @technique equivalence @level unit */
static void a_cpu_enters_a_locked_cell_with_its_debug_registers_trapped(void)
{
    for (uint32_t cell = 1U; cell < 4U; cell++) {
        CHECK(aarch64_machine());
        host_word[SW_CELL_LOCK][2] = BH_LOCK_DEBUG;
        host_word[SW_CELL_LOCK][1] = BH_LOCK_SCOPES - BH_LOCK_DEBUG;
        host_word[SW_CPU_CELL][1] = cell;
        fake.reg[SR_MDCR_EL2] = 0xE00U;
        cpu_enter(1U, &entered);
        CHECK_EQ(fake.reg[SR_MDCR_EL2] & 0xE00U, (cell == 2U) ? 0xE00U : 0U);
    }
}

/** @test TC_EL2_002 @verifies SWR_EL2_001 @technique table @level unit */
static void what_depends_on_the_cpu(void)
{
    static const uint64_t ranges[] = {0U, 1U, 2U, 4U, 5U, 6U, 7U, 15U};

    for (uint32_t k = 0U; k < COUNT_OF(ranges); k++) {
        CHECK(aarch64_machine());
        fake.reg[SR_ID_AA64MMFR0_EL1] = 0xFFFFFFF0U | ranges[k];
        fake.reg[SR_ID_AA64PFR0_EL1] =
            ((k % 2U) == 0U) ? 0xEFFFFFFFU & ~(15ULL * RAS) : RAS * ((k < 4U) ? 1U : 2U);
        arch_cpu_take(0U);
        CHECK_EQ((fake.reg[SR_VTCR_EL2] >> 16) & 7U, (ranges[k] < 5U) ? ranges[k] : 5U);
        CHECK_EQ(fake.reg[SR_VTCR_EL2] & 0xFFFFU, 0x3558U); /* T0SZ 24, SL0 1, 4 KiB, cacheable */
        CHECK_EQ((fake.reg[SR_HCR_EL2] & TEA) != 0U, (k % 2U) == 1U);
    }
}

/** @test TC_EL2_007 @verifies SWR_EL2_004 @technique fault-injection @level unit */
static void a_register_that_does_not_listen_is_seen(void)
{
    for (uint32_t i = 0U; i < EL2REG_COUNT; i++) {
        CHECK(aarch64_machine());
        found(UINT64_MAX);
        arch_cpu_take(1U);
        CHECK(arch_cpu_taken(1U));
        for (uint32_t bit = 0U; bit < 64U; bit++) {
            bool map = rows[i] == SR_VTTBR_EL2;
            uint64_t is = fake.reg[rows[i]];

            fake.dead[rows[i]] = 1ULL << bit;
            CHECK_EQ(arch_cpu_taken(1U), map || (((is >> bit) & 1U) == 0U));
            fake.dead[rows[i]] = 0U;
            fake.stuck[rows[i]] = 1ULL << bit;
            CHECK_EQ(arch_cpu_taken(1U), map || (((is >> bit) & 1U) == 1U));
            fake.stuck[rows[i]] = 0U;
        }
    }
}

/** @test TC_EL2_008 @verifies SWR_EL2_004 @technique exhaustive @level unit */
static void a_register_that_does_not_listen_is_found_before_the_launch(void)
{
    CHECK(aarch64_machine());
    found(0x5A5A5A5A5A5A5A5AU);
    CHECK_EQ(arch_cpu_try(), 0U);
    for (uint32_t i = 0U; i < EL2REG_COUNT; i++) {
        CHECK_EQ(fake.reg[rows[i]], 0x5A5A5A5A5A5A5A5AU);
        CHECK_EQ(fake.reg_writes[rows[i]], 2U);
    }
    CHECK_EQ(fake.writes, 0U);
    for (uint32_t i = 0U; i < EL2REG_COUNT; i++) {
        uint64_t tried = (rows[i] == SR_HCR_EL2) ? ~VM : UINT64_MAX;

        for (uint32_t b = 0U; b < 64U; b++) {
            uint64_t bit = 1ULL << b;

            found(UINT64_MAX);
            fake.dead[rows[i]] = bit;
            CHECK_EQ(arch_cpu_try(), ((el2reg_value(i, 0U) & tried & bit) != 0U) ? i + 1U : 0U);
            fake.dead[rows[i]] = 0U;
            found(0U);
            fake.stuck[rows[i]] = bit;
            CHECK_EQ(arch_cpu_try(), ((el2reg_value(i, bit) & tried & bit) != 0U) ? 0U : i + 1U);
            fake.stuck[rows[i]] = 0U;
        }
    }
}

/** @test TC_EL2_003 @verifies SWR_EL2_003 @technique round-trip @level unit */
static void release_puts_all_back(void)
{
    CHECK(aarch64_machine());
    for (uint32_t i = 0U; i < EL2REG_COUNT; i++) {
        fake.reg[rows[i]] = 0x1111111111111111U * (i + 1U);
    }
    fake.reg[SR_VTTBR_EL2] = 0x1234000U;
    arch_cpu_take(2U);
    found(0U);
    fake.flushes = 0U;
    cpu_release(2U);
    for (uint32_t i = 0U; i < EL2REG_COUNT; i++) {
        if (rows[i] != SR_VTTBR_EL2) { /* means nothing without stage 2 */
            CHECK_EQ(fake.reg[rows[i]], 0x1111111111111111U * (i + 1U));
        }
    }
    CHECK(fake.flushes > 0U);
    CHECK_EQ(fake.reg[SR_ICC_IGRPEN0_EL1], 0U);
}

/** @test TC_EL2_004 @verifies SWR_CPU_004 @technique exhaustive @level unit */
static void tables_in_force(void)
{
    CHECK(aarch64_machine());
    for (uint32_t cell = 0U; cell < BH_CELLS_MAX; cell++) {
        for (uint32_t pool = 0U; pool < BH_CELLS_MAX; pool++) {
            fake.flushes = 0U;
            arch_cpu_load_map(cell, pool);
            CHECK_EQ(fake.reg[SR_VTTBR_EL2],
                     ((uint64_t)cell << 48) | (board_facts.map_base + (pool * S2_POOL_BYTES)));
            CHECK_EQ(fake.flushes, 1U);
        }
    }
    CHECK_EQ(fake.flushes_all, 0U);
    arch_cpu_forget_maps();
    CHECK_EQ(fake.flushes_all, 1U);
}

/** @test TC_EL2_005 @verifies SWR_INI_002 @technique table @level unit */
static void machines_that_can_be_taken(void)
{
    CHECK(aarch64_machine());
    fake.reg[SR_HCR_EL2] = ~E2H;
    CHECK_EQ(arch_machine_check(), BH_OK);
    fake.reg[SR_HCR_EL2] = E2H;
    CHECK_EQ(arch_machine_check(), BH_E_LAUNCH_E2H);
    fake.reg[SR_HCR_EL2] = 0U;
    fake_gicd_set(GICD_CTLR, 4U, ~GICD_CTLR_DS);
    CHECK_EQ(arch_machine_check(), BH_E_LAUNCH_GIC);
    plan.mpidr[3] = 0x0500040302U;
    fake.reg[SR_MPIDR_EL1] = 0x05C1040302U;
    CHECK(!arch_cpu_is(2U));
    CHECK(arch_cpu_is(3U));
    fake.reg[SR_MPIDR_EL1] = 0x04C1040302U;
    CHECK(!arch_cpu_is(3U));
}

/** @test TC_EL2_006 @verifies SWR_CPU_006 SWR_EVT_002 @technique bva @level unit */
static void time_saturates(void)
{
    CHECK(aarch64_machine());
    fake.clock_step = 0U;
    fake.reg[SR_CNTPCT_EL0] = 1000U;
    CHECK_EQ(arch_time(), 1000U);
    CHECK_EQ(arch_time_after(0U), 1000U);
    CHECK_EQ(arch_time_after(20000U), 21000U);
    fake.reg[SR_CNTFRQ_EL0] = 0xFFFFFFFF03B9ACA0U; /* 62.5 MHz; the upper half is reserved */
    CHECK_EQ(arch_time_after(10000000U), 1000U + 625000000U);
    fake.reg[SR_CNTFRQ_EL0] = 1000000U;
    fake.reg[SR_CNTPCT_EL0] = UINT64_MAX - 10U;
    CHECK_EQ(arch_time_after(10U), UINT64_MAX);
    CHECK_EQ(arch_time_after(11U), UINT64_MAX);
    CHECK_EQ(arch_time_after(9U), UINT64_MAX - 1U);
    arch_publish();
    CHECK_EQ(arch_time(), UINT64_MAX - 10U);
}

int main(void)
{
    TEST(TC_EL2_001, what_take_makes_of_the_worst);
    TEST(TC_EL2_010, debug_registers_are_trapped_and_left);
    TEST(TC_EL2_011, a_cpu_enters_a_locked_cell_with_its_debug_registers_trapped);
    TEST(TC_EL2_002, what_depends_on_the_cpu);
    TEST(TC_EL2_003, release_puts_all_back);
    TEST(TC_EL2_004, tables_in_force);
    TEST(TC_EL2_005, machines_that_can_be_taken);
    TEST(TC_EL2_006, time_saturates);
    TEST(TC_EL2_007, a_register_that_does_not_listen_is_seen);
    TEST(TC_EL2_008, a_register_that_does_not_listen_is_found_before_the_launch);
    return test_result();
}
