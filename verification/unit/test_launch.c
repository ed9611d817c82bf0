/* SPDX-License-Identifier: Apache-2.0 */
/** @file test_launch.c
 * What the entries of assembly call: prepare, direct boot, and a CPU's way in or back.
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
#include "arch/aarch64/el2map.h"
#include "arch/aarch64/launch.h"
#include "test.h"

#define WAKER_SLEEP 2U

static uint32_t coming;

/* The other CPUs come while the judge waits for them. */
static void others_come(enum host_access how, uint32_t word, uint32_t i, uint64_t value)
{
    (void)value;
    if ((how == HOST_LOAD) && (word == (uint32_t)SW_ARRIVED) && (coming > 0U)) {
        coming--;
        host_word[word][i]++;
    }
}

static void begin(void)
{
    CHECK(aarch64_machine());
    memset(gicr_base, 0, sizeof(gicr_base));
    memset(launch_answer, 0x77, sizeof(launch_answer));
    memset(host_word, 0x5A, sizeof(host_word));
    for (uint32_t i = 0U; i < LAYOUT_COUNT; i++) {
        fake_layout[i] = 0x70000000U + (i * 0x10000U);
    }
    fake_layout[LAYOUT_TABLES] = 0x70100000U;
    fake_layout[LAYOUT_END] = 0x70110000U;
    coming = 3U;
    host_on_access = others_come;
}

/** @test TC_LCH_001 @verifies SWR_INI_005 @technique equivalence @level unit */
static void prepare_builds_and_opens(void)
{
    begin();
    CHECK_EQ(prepare(), BH_OK);
    CHECK_EQ(host_word[SW_LAUNCH][0], LAUNCH_OPEN);
    CHECK(el2_used > 1U);
    begin();
    fake_layout[LAYOUT_RODATA] = 0x78000000U;
    CHECK_EQ(prepare(), BH_E_LAUNCH_TABLES);
    CHECK(host_word[SW_LAUNCH][0] != LAUNCH_OPEN);
    /* The map takes all tables: none is left for the windows. */
    begin();
    for (uint64_t end = 0x70200000U; (!el2map_build()) || (el2_used < EL2_TABLES);
         end += 0x200000U) {
        fake_layout[LAYOUT_RODATA] = end;
    }
    CHECK_EQ(prepare(), BH_E_LAUNCH_TABLES);
    CHECK(host_word[SW_LAUNCH][0] != LAUNCH_OPEN);
}

/** @test TC_LCH_002 @verifies SWR_INI_005 @technique equivalence @level unit */
static void late_launch_resumes_linux_on_every_cpu(void)
{
    begin();
    CHECK_EQ(prepare(), BH_OK);
    for (uint32_t cpu = 0U; cpu < 4U; cpu++) {
        fake_cpu(cpu);
        fake.reg[SR_HCR_EL2] = 0x80000000U;
        CHECK_EQ(launch(cpu, 0x1000U + cpu, 0x2000U + cpu), EXIT_RESUME);
        CHECK_EQ(stub_state[cpu].vbar, 0x1000U + cpu);
        CHECK_EQ(stub_state[cpu].sctlr, 0x2000U + cpu);
        CHECK_EQ(gicr_base[cpu], board.gicr + (cpu * GICR_STRIDE));
        CHECK_EQ(phase_of(cpu), CPU_RUN);
        CHECK_EQ(fake.reg[SR_HCR_EL2] & 1U, 1U);
        CHECK_EQ(launch_answer[cpu].x[0], 0x7777777777777777U);
    }
    CHECK_EQ(status_page.armed, 1U);
    CHECK_EQ(fake.smcs, 0U);
}

/** @test TC_LCH_003 @verifies SWR_INI_005 @technique fault-injection @level unit */
static void a_cpu_that_goes_back_is_untouched_and_told_why(void)
{
    uint64_t before[SR_COUNT];

    begin();
    CHECK_EQ(prepare(), BH_OK);
    plan.board = 9U;
    fixture_seal();
    fake_cpu(0U);
    fake_forget();
    memcpy(before, fake.reg, sizeof(before));
    CHECK_EQ(launch(0U, 1U, 2U), EXIT_LEAVE);
    CHECK_EQ(launch_answer[0].x[0], BH_E_PLAN_BOARD);
    CHECK_EQ(launch_answer[0].x[1], 9U);
    CHECK_EQ(launch_answer[0].x[2], 1U);
    CHECK_EQ(fake.writes, 0U);
    for (uint32_t r = 0U; r < SR_COUNT; r++) {
        CHECK((fake.reg[r] == before[r]) || (r == SR_CNTPCT_EL0));
    }
    begin(); /* a CPU without a redistributor */
    CHECK_EQ(prepare(), BH_OK);
    fake.reg[SR_MPIDR_EL1] = 0x80000055U;
    CHECK_EQ(launch(1U, 1U, 2U), EXIT_LEAVE);
    CHECK_EQ(launch_answer[1].x[0], BH_E_LAUNCH_GIC);
    CHECK_EQ(host_word[SW_ARRIVED][0], 0U);
    fake_cpu(2U); /* not the CPU that it says it is */
    CHECK_EQ(launch(3U, 1U, 2U), EXIT_LEAVE);
    CHECK_EQ(launch_answer[3].x[0], BH_E_LAUNCH_CPU);
    CHECK_EQ(launch_answer[3].x[1], 3U);
    CHECK_EQ(host_word[SW_ARRIVED][0], 0U);
}

/** @test TC_LCH_004 @verifies SWR_INI_004 @technique equivalence @level unit */
static void direct_boot_brings_all_cpus_up(void)
{
    begin();
    memset(&handover, 0, sizeof(handover));
    CHECK_EQ(prepare_direct(), BH_OK);
    CHECK_EQ(handover.abi, BH_ABI_VERSION);
    CHECK_EQ(handover.n_cpus, 4U);
    CHECK_EQ(handover.plan_bytes, sizeof(struct bh_plan));
    CHECK_EQ(handover.mode, BH_MODE_DIRECT);
    CHECK_EQ(fake_gicd(GICD_CTLR, 4U) & 3U, 3U);
    fake_gicd_set(GICD_CTLR, 4U, 0x53U); /* DS is set whatever is written */
    for (uint32_t cpu = 0U; cpu < 4U; cpu++) {
        bool pauth = (cpu % 2U) == 1U;

        fake_cpu(cpu);
        fake.reg[SR_ID_AA64ISAR1_EL1] = pauth ? 0x10U : 0xFU;
        fake.reg[SR_MIDR_EL1] = 0x410FD034U;
        fake.reg[SR_CNTVOFF_EL2] = 99U;
        fake_gicr_set((cpu * GICR_STRIDE) + GICR_WAKER, 4U, 6U);
        CHECK_EQ(launch(cpu, 0U, 0U), EXIT_WAIT);
        CHECK_EQ(phase_of(cpu), CPU_OFF);
        CHECK_EQ(fake_gicr((cpu * GICR_STRIDE) + GICR_WAKER, 4U), 6U & ~WAKER_SLEEP);
        CHECK_EQ(fake.reg[SR_CNTVOFF_EL2], 0U);
        CHECK_EQ(fake.reg[SR_VMPIDR_EL2], plan.mpidr[cpu] | 0x80000000U);
        CHECK_EQ(fake.reg[SR_VPIDR_EL2], 0x410FD034U);
        CHECK_EQ((fake.reg[SR_HCR_EL2] >> 40) & 3U, pauth ? 3U : 0U);
        CHECK_EQ(fake.reg[SR_ICC_SRE_EL1] & 1U, 1U);
        CHECK_EQ(fake.reg[SR_ICC_SRE_EL2] & 9U, 9U);
    }
    CHECK_EQ(fake.smcs, 3U);
    for (uint32_t k = 0U; k < 3U; k++) {
        CHECK_EQ(fake.smc[k][0], 0xC4000003U);
        CHECK_EQ(fake.smc[k][1], plan.mpidr[k + 1U]);
        CHECK_EQ(fake.smc[k][3], k + 1U);
    }
}

/** @test TC_LCH_007 @verifies SWR_INI_006 @technique table @level unit */
static void what_the_id_registers_show_is_not_withheld(void)
{
    static const struct {
        uint64_t isar2;
        uint64_t pfr0;
        bool mops;
        bool sve;
    } rows[] = {{0U, 0U, false, false},
                {0x10000U, 0U, true, false},
                {0xF0000U, 0x100000000U, true, true},
                {0xFFFFFFFFFFF0FFFFU, 0xF00000000U, false, true},
                {0U, 0xFFFFFFF0FFFFFFFFU, false, false}};

    for (uint32_t k = 0U; k < COUNT_OF(rows); k++) {
        begin();
        CHECK_EQ(prepare_direct(), BH_OK);
        fake_cpu(1U);
        fake.reg[SR_ID_AA64ISAR2_EL1] = rows[k].isar2;
        fake.reg[SR_ID_AA64PFR0_EL1] = rows[k].pfr0;
        (void)launch(1U, 0U, 0U);
        CHECK_EQ(fake.reg_writes[SR_HCRX_EL2], rows[k].mops ? 1U : 0U);
        CHECK_EQ(fake.reg[SR_HCRX_EL2], rows[k].mops ? 0x800U : 0U);
        CHECK_EQ(fake.reg_writes[SR_ZCR_EL2], rows[k].sve ? 1U : 0U);
        CHECK_EQ(fake.reg[SR_ZCR_EL2], rows[k].sve ? 0xFU : 0U);
    }
}

/** @test TC_LCH_005 @verifies SWR_INI_004 @technique bva @level unit */
static void a_damaged_count_of_cpus_starts_no_more_than_there_may_be(void)
{
    begin();
    plan.n_cpus = 0xFFFFFFFFU; /* not judged yet when the others are started */
    CHECK_EQ(prepare_direct(), BH_OK);
    fake_cpu(0U);
    CHECK_EQ(launch(0U, 0U, 0U), EXIT_LEAVE);
    CHECK(launch_answer[0].x[0] != BH_OK);
    CHECK_EQ(fake.smcs, BH_CPUS_MAX - 1U);
    begin();
    plan.n_cpus = 1U;
    CHECK_EQ(prepare_direct(), BH_OK);
    fake_cpu(0U);
    CHECK_EQ(launch(0U, 0U, 0U), EXIT_LEAVE);
    CHECK_EQ(fake.smcs, 0U);
}

/** @test TC_LCH_006 @verifies SWR_INI_004 @technique equivalence @level unit */
static void autostart(void)
{
    CHECK(aarch64_machine());
    host_word[SW_CPU_STATE][0] = CPU_OFF;
    plan.cells[1].flags = BH_CELL_AUTOSTART;
    plan.cells[1].entry = 0x40000000U;
    launch_autostart();
    CHECK_EQ(phase_of(0U), CPU_STARTING);
    CHECK_EQ(cpu_entry[0], 0x40000000U);
    CHECK_EQ(phase_of(1U), CPU_OFF);
}

int main(void)
{
    TEST(TC_LCH_001, prepare_builds_and_opens);
    TEST(TC_LCH_002, late_launch_resumes_linux_on_every_cpu);
    TEST(TC_LCH_003, a_cpu_that_goes_back_is_untouched_and_told_why);
    TEST(TC_LCH_004, direct_boot_brings_all_cpus_up);
    TEST(TC_LCH_005, a_damaged_count_of_cpus_starts_no_more_than_there_may_be);
    TEST(TC_LCH_006, autostart);
    TEST(TC_LCH_007, what_the_id_registers_show_is_not_withheld);
    return test_result();
}
