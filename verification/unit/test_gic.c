/* SPDX-License-Identifier: Apache-2.0 */
/** @file test_gic.c
 * The physical interrupt controller at take, start, park, release and change of owner.
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
#include "core/arch/alarm.h"
#include "test.h"

#define EOIMODE 2U

static struct frame entered;

/** @test TC_GIC_001 @verifies SWR_GIC_001 @technique table @level unit */
static void redistributor_by_affinity(void)
{
    CHECK(aarch64_machine());
    for (uint32_t cpu = 0U; cpu < 4U; cpu++) {
        CHECK_EQ(gicr_base[cpu], board.gicr + (cpu * GICR_STRIDE));
    }
    fake_gicr_set((7U * GICR_STRIDE) + GICR_TYPER, 8U, 0x0403020100000010U);
    fake.reg[SR_MPIDR_EL1] = 0x04C1030201U; /* MT and U say nothing about the affinity */
    CHECK(gic_find(5U));
    CHECK_EQ(gicr_base[5], board.gicr + (7U * GICR_STRIDE));
    for (uint32_t shift = 0U; shift < 40U; shift += 8U) {
        if (shift != 24U) {
            fake.reg[SR_MPIDR_EL1] = 0x04C0030201U ^ (0x80ULL << shift);
            CHECK(!gic_find(5U));
        }
    }
    CHECK_EQ(gicr_base[5], board.gicr + (7U * GICR_STRIDE));
}

/** @test TC_GIC_002 @verifies SWR_GIC_002 @technique equivalence @level unit */
static void distributor_at_direct_boot(void)
{
    CHECK(aarch64_machine());
    gic_distributor_init();
    CHECK_EQ(fake.log[0].address, board.gicd + GICD_CTLR);
    CHECK_EQ(fake.log[0].value, GICD_CTLR_ARE);
    CHECK_EQ(fake_gicd(GICD_CTLR, 4U), 0x13U);
    for (uint32_t w = 0U; w < 32U; w++) {
        bool spi = (w >= 1U) && (w < 9U);

        CHECK_EQ(fake_written(board.gicd + GICD_IGROUPR + (w * 4U), 1U), spi ? 0xFFFFFFFFU : 1U);
        CHECK_EQ(fake_written(board.gicd + GICD_ICENABLER + (w * 4U), 1U), spi ? 0xFFFFFFFFU : 1U);
    }
    CHECK_EQ(fake.writes, 18U);
}

/** @test TC_GIC_003 @verifies SWR_GIC_003 @technique equivalence @level unit */
static void take_arms_the_kick_and_clamps(void)
{
    CHECK(aarch64_machine());
    fake_cpu(2U);
    for (uint32_t n = 0U; n < 32U; n++) {
        fake_gicr_set((2U * GICR_STRIDE) + GICR_IPRIORITYR + n, 1U, n * 2U);
    }
    fake.reg[SR_ICC_CTLR_EL1] = 0x408U | EOIMODE;
    fake.reg[SR_ICC_PMR_EL1] = 0xA0U;
    fake.reg[SR_ICC_BPR1_EL1] = 3U;
    fake.reg[SR_ICC_IGRPEN1_EL1] = 1U;
    fake.reg[SR_ICH_HCR_EL2] = 0xFFU;
    gic_cpu_take(2U);
    CHECK_EQ(fake_gicr((2U * GICR_STRIDE) + GICR_IGROUPR0, 4U), 0xFBFF7FFFU);
    CHECK_EQ(fake_gicr((2U * GICR_STRIDE) + GICR_ISENABLER0, 4U), 0x8000U);
    CHECK_EQ(fake_gicr((2U * GICR_STRIDE) + GICR_ICENABLER0, 4U), GIC_ALARM_BIT);
    for (uint32_t n = 0U; n < 32U; n++) {
        CHECK_EQ(fake_gicr((2U * GICR_STRIDE) + GICR_IPRIORITYR + n, 1U),
                 ((n == 15U) || (n == 26U)) ? 0U : ((n < 8U) ? 0x10U : (n * 2U)));
    }
    CHECK_EQ(fake_gicd(GICD_CTLR, 4U), GICD_CTLR_DS | GICD_CTLR_ARE | GICD_CTLR_ENABLE_GRP0);
    CHECK_EQ(fake.reg[SR_ICH_VMCR_EL2], (0xA0U * 0x1000000ULL) + (3U << 18) + 0x200U + 2U);
    CHECK_EQ(fake.reg[SR_ICH_HCR_EL2], 0U);
    CHECK_EQ(fake.reg[SR_ICC_CTLR_EL1], 0x408U);
    CHECK_EQ(fake.reg[SR_ICC_PMR_EL1], 0xF8U);
    CHECK_EQ(fake.reg[SR_ICC_IGRPEN0_EL1], 1U);
    for (uint32_t k = 0U; k < FAKE_GICRS; k++) {
        CHECK((k == 2U) || (fake_gicr((k * GICR_STRIDE) + GICR_ISENABLER0, 4U) == 0U));
    }
}

/** @test TC_GIC_004 @verifies SWR_GIC_004 @technique round-trip @level unit */
static void release_puts_back_what_was_found(void)
{
    CHECK(aarch64_machine());
    for (uint32_t cpu = 0U; cpu < 4U; cpu++) {
        fake_cpu(cpu);
        fake.reg[SR_ICC_CTLR_EL1] = 0x400U + cpu + EOIMODE;
        fake.reg[SR_ICC_PMR_EL1] = 0xA0U + cpu;
        gic_cpu_take(cpu);
    }
    for (uint32_t cpu = 0U; cpu < 4U; cpu++) {
        uint64_t base = board.gicr + (cpu * GICR_STRIDE);

        gic_cpu_release(cpu);
        CHECK_EQ(fake.reg[SR_ICC_CTLR_EL1], 0x400U + cpu + EOIMODE);
        CHECK_EQ(fake.reg[SR_ICC_PMR_EL1], 0xA0U + cpu);
        CHECK_EQ(fake.reg[SR_ICC_IGRPEN0_EL1], 0U);
        CHECK_EQ(fake_written(base + GICR_ICENABLER0, 0U), 0x4008000U);
        CHECK_EQ(fake_written(base + GICR_ICPENDR0, 0U), 0x4008000U);
        CHECK_EQ(fake_written(base + GICR_IGROUPR0, 0U), 0xFFFFFFFFU);
    }
}

/** @test TC_GIC_005 @verifies SWR_GIC_005 @technique equivalence @level unit */
static void reset_leaves_the_kick_alone(void)
{
    uint64_t base;

    CHECK(aarch64_machine());
    gic_cpu_take(3U);
    fake_forget();
    fake.reg[SR_ICC_AP1R0_EL1] = 5U;
    gic_cpu_reset(3U);
    base = board.gicr + (3U * GICR_STRIDE);
    CHECK_EQ(fake_written(base + GICR_ICENABLER0, 0U), 0xFBFF7FFFU);
    CHECK_EQ(fake_written(base + GICR_ICPENDR0, 0U), 0xFBFF7FFFU);
    CHECK_EQ(fake_written(base + GICR_ICACTIVER0, 0U), 0xFBFF7FFFU);
    for (uint32_t n = 0U; n < 32U; n++) {
        CHECK_EQ(fake_gicr((3U * GICR_STRIDE) + GICR_IPRIORITYR + n, 1U),
                 ((n == 15U) || (n == 26U)) ? 0U : GIC_PRIORITY_IDLE);
    }
    CHECK_EQ(fake.reg[SR_ICC_IGRPEN1_EL1], 0U);
    CHECK_EQ(fake.reg[SR_ICC_IGRPEN0_EL1], 1U);
    CHECK_EQ(fake.reg[SR_ICC_AP1R0_EL1], 0U);
    CHECK_EQ(fake.reg[SR_ICC_BPR1_EL1], 0U);
    CHECK_EQ(fake.reg[SR_ICC_PMR_EL1], 0xF8U);
    CHECK_EQ(fake.reg[SR_ICH_VMCR_EL2], 0xF0000000U);
    CHECK_EQ(fake.reg[SR_ICH_HCR_EL2], 0U);
}

/** @test TC_GIC_006 @verifies SWR_GIC_006 SWR_CPU_005 @technique equivalence @level unit */
static void a_quiet_cpu_hears_the_kick_alone(void)
{
    CHECK(aarch64_machine());
    gic_cpu_take(1U);
    fake.reg[SR_ICC_IGRPEN1_EL1] = 1U;
    fake.reg[SR_ICC_AP1R0_EL1] = 1U;
    fake.reg[SR_CNTV_CTL_EL0] = 1U;
    fake.reg[SR_CNTP_CTL_EL0] = 1U;
    arch_cpu_quiet(1U);
    CHECK_EQ(fake.reg[SR_ICC_IGRPEN1_EL1], 0U);
    CHECK_EQ(fake.reg[SR_ICC_AP1R0_EL1], 0U);
    CHECK_EQ(fake.reg[SR_ICC_IGRPEN0_EL1], 1U);
    CHECK_EQ(fake.reg[SR_CNTV_CTL_EL0], 0U);
    CHECK_EQ(fake.reg[SR_CNTP_CTL_EL0], 0U);
    CHECK_EQ(fake_written(board.gicr + GICR_STRIDE + GICR_ICENABLER0, 0U), 0xFBFF7FFFU);
}

/** @test TC_GIC_007 @verifies SWR_GIC_007 @technique bva @level unit */
static void acknowledge_what_is_pending(void)
{
    static const uint64_t ids[] = {0U, 15U, 1019U, 1020U, 1023U, 0x1000000FU, 0xFFFFFFU};

    for (uint32_t k = 0U; k < COUNT_OF(ids); k++) {
        bool real = (ids[k] % 0x1000000U) < 1020U;

        CHECK(aarch64_machine());
        fake.reg[SR_ICC_IAR0_EL1] = ids[k];
        gic_acknowledge();
        CHECK_EQ(fake.reg_writes[SR_ICC_EOIR0_EL1], real ? 1U : 0U);
        CHECK_EQ(fake.reg[SR_ICC_EOIR0_EL1], real ? (ids[k] % 0x1000000U) : 0U);
        CHECK_EQ(fake.ends, 0U);
        fake.reg[SR_ICC_CTLR_EL1] = EOIMODE; /* the end is apart: without it no second kick */
        gic_acknowledge();
        CHECK_EQ(fake.ends, real ? 1U : 0U);
    }
}

/** @test TC_GIC_008 @verifies SWR_GIC_008 SWR_CPU_003 @technique table @level unit */
static void value_of_an_sgi(void)
{
    CHECK_EQ(gic_sgi_value(0U, 0U), 1U);
    CHECK_EQ(gic_sgi_value(0xFU, 15U), 0x0F008000U);
    CHECK_EQ(gic_sgi_value(0x10U, 16U), 0x100000000001U);
    CHECK_EQ(gic_sgi_value(0x8000000AU, 3U), 0x03000400U);
    CHECK_EQ(gic_sgi_value(0xD700C0B0A5U, 7U), (0xD7ULL << 48) | (0xAULL << 44) | (0xC0ULL << 32) |
                                                   (7U << 24) | (0xB0U << 16) | 0x20U);
    for (uint32_t aff0 = 0U; aff0 < 256U; aff0++) {
        CHECK_EQ(gic_sgi_value(aff0, 2U),
                 (1ULL << (aff0 % 16U)) | 0x02000000U | ((uint64_t)(aff0 / 16U) << 44));
    }
    CHECK(aarch64_machine());
    plan.mpidr[2] = 0x102U;
    arch_cpu_kick(2U);
    CHECK_EQ(fake.kicks, 1U);
    CHECK_EQ(fake.kick[0], 0x0F010004U);
}

/** @test TC_GIC_009 @verifies SWR_IRQ_003 @technique exhaustive @level unit */
static void interrupts_at_change_of_owner(void)
{
    CHECK(aarch64_machine());
    plan.cells[2].irqs[8] = 0x80000000U;  /* 287, the board's last */
    plan.cells[2].irqs[9] = 1U;           /* 288 and 1019 do not exist there */
    plan.cells[2].irqs[31] = 0x08000000U;
    plan.cells[2].irqs[0] = 0xFFFFFFFFU;  /* an accepted plan has none of these */
    arch_irq_reset(2U, 3U);
    for (uint32_t n = 0U; n < 1020U; n++) {
        bool its = (n == 40U) || (n == 41U) || (n == 287U);

        CHECK_EQ(fake_gicd(GICD_IPRIORITYR + n, 1U), its ? GIC_PRIORITY_IDLE : 0U);
        CHECK_EQ(fake_gicd(GICD_IROUTER + (n * 8U), 8U), its ? 3U : 0U);
    }
    CHECK_EQ(fake.writes, 15U);
    CHECK(aarch64_machine()); /* root: all of the plan but what an existing cell has */
    cell_runs(2U);
    fake_forget();
    arch_irq_reset(BH_CELL_ROOT, 0U);
    for (uint32_t n = 32U; n < 1020U; n++) {
        bool its = (n < 288U) && (n != 40U) && (n != 41U);

        CHECK_EQ(fake_gicd(GICD_IPRIORITYR + n, 1U), its ? GIC_PRIORITY_IDLE : 0U);
    }
    CHECK_EQ(fake.writes, 254U * 5U);
    CHECK(aarch64_machine());
    plan.cells[2].irqs[8] = 0x80000000U;
    arch_irq_reset(2U, 3U);
    for (uint32_t k = 0U; k < fake.writes; k += 5U) {
        uint32_t n = (k == 0U) ? 40U : ((k == 5U) ? 41U : 287U);

        CHECK_EQ(fake.log[k].address, board.gicd + GICD_ICENABLER + ((n / 32U) * 4U));
        CHECK_EQ(fake.log[k + 1U].address, board.gicd + GICD_ICPENDR + ((n / 32U) * 4U));
        CHECK_EQ(fake.log[k + 2U].address, board.gicd + GICD_ICACTIVER + ((n / 32U) * 4U));
        for (uint32_t i = 0U; i < 3U; i++) {
            CHECK_EQ(fake.log[k + i].value, 1U << (n % 32U));
        }
    }
}

/** @test TC_GIC_010 @verifies SWR_IRQ_006 @technique table @level unit */
static void roots_interrupts_leave_a_cells_cpus(void)
{
    CHECK(aarch64_machine());
    for (uint32_t n = 32U; n < 300U; n++) {
        fake_gicd_set(GICD_IROUTER + (n * 8U), 8U,
                      ((n % 5U) == 4U) ? GICD_IROUTER_IRM : (n % 5U)); /* CPU 0 to 3, or any */
    }
    arch_irq_divert(2U, 1U);
    for (uint32_t n = 32U; n < 300U; n++) {
        uint64_t was = ((n % 5U) == 4U) ? GICD_IROUTER_IRM : (n % 5U);
        bool away = (n < 288U) && (n != 40U) && (n != 41U) && (was >= 2U);

        CHECK_EQ(fake_gicd(GICD_IROUTER + (n * 8U), 8U), away ? 1U : was);
    }
}

/** @test TC_WDG_001 @verifies SWR_WDG_007 SWR_GIC_003 @technique bva @level unit */
static void one_alarm_for_each_cpu(void)
{
    uint64_t base = board.gicr + GICR_STRIDE;

    CHECK(aarch64_machine());
    arch_alarm(1U, 0x123456789ABCULL);
    CHECK_EQ(fake.reg[SR_CNTHP_CVAL_EL2], 0x123456789ABCULL);
    CHECK_EQ(fake.reg[SR_CNTHP_CTL_EL2], 1U);
    CHECK_EQ(fake_written(base + GICR_ISENABLER0, 0U), GIC_ALARM_BIT);
    CHECK_EQ(fake.writes, 1U);
    arch_alarm(1U, ALARM_NEVER - 1U);
    CHECK_EQ(fake.reg[SR_CNTHP_CVAL_EL2], ALARM_NEVER - 1U);
    CHECK_EQ(fake.reg[SR_CNTHP_CTL_EL2], 1U);
    fake_forget();
    arch_alarm(1U, ALARM_NEVER);
    CHECK_EQ(fake.reg[SR_CNTHP_CTL_EL2], 0U);
    CHECK_EQ(fake_written(base + GICR_ICENABLER0, 0U), GIC_ALARM_BIT);
    CHECK_EQ(fake.writes, 1U);
    arch_alarm(1U, 5U);
    cpu_enter(1U, &entered); /* a cell that enters, or a CPU that parks, leaves it alone */
    arch_cpu_quiet(1U);
    CHECK_EQ(fake.reg[SR_CNTHP_CTL_EL2], 1U);
    CHECK_EQ(fake.reg[SR_CNTHP_CVAL_EL2], 5U);
    cpu_release(1U);
    CHECK_EQ(fake.reg[SR_CNTHP_CTL_EL2], 0U);
}

int main(void)
{
    TEST(TC_GIC_001, redistributor_by_affinity);
    TEST(TC_GIC_002, distributor_at_direct_boot);
    TEST(TC_GIC_003, take_arms_the_kick_and_clamps);
    TEST(TC_GIC_004, release_puts_back_what_was_found);
    TEST(TC_GIC_005, reset_leaves_the_kick_alone);
    TEST(TC_GIC_006, a_quiet_cpu_hears_the_kick_alone);
    TEST(TC_GIC_007, acknowledge_what_is_pending);
    TEST(TC_GIC_008, value_of_an_sgi);
    TEST(TC_GIC_009, interrupts_at_change_of_owner);
    TEST(TC_GIC_010, roots_interrupts_leave_a_cells_cpus);
    TEST(TC_WDG_001, one_alarm_for_each_cpu);
    return test_result();
}
