/* SPDX-License-Identifier: Apache-2.0 */
/** @file test_hwerr.c
 * Errors of the hardware: whom an address concerns, who is told and how, and what nobody is told. Cell 2 has
 * CPUs 2 and 3 and interrupts 40 and 41, cell 3 has CPU 1.
 * @link src/core/hwerr.c
 * @link src/core/cell.c
 * @link src/core/watch.c
 * @link src/core/prep.c
 * @link src/core/measure.c @link src/core/sha256.c
 * @link src/core/lock.c
 * @link src/core/cpu.c
 * @link src/core/bits.c
 * @link src/core/event.c
 * @link src/core/part.c
 * @link src/core/plan.c
 * @link src/core/crc.c @link src/core/plan_crc.c @link src/core/plan_claims.c @link src/core/plan_policy.c
 * @link src/core/plan_watch.c
 * @link src/arch/aarch64/s2.c
 * @link src/arch/host/shared.c
 * @link src/arch/host/machine.c
 * @link src/boards/qemu-virt-arm64/board.c
 * @link src/core/plan_window.c
 * @link src/core/plan_call.c
 */
#include "other_cpus.h"
#include "core/hwerr.h"
#include "test.h"

#define BIT(c) (1U << (c))
#define AT(page) ((uint64_t)(page) * 4096U)

/** Root on CPU 0, cell 2 on 2 and 3, cell 3 on 1, all running. */
static void begin(void)
{
    CHECK(core_machine());
    host_on_access = NULL;
    host_word[SW_CELL_STATE][2] = BH_STATE_RUNNING;
    host_word[SW_CELL_STATE][3] = BH_STATE_RUNNING;
    for (uint32_t cpu = 1U; cpu < 4U; cpu++) {
        host_word[SW_CPU_CELL][cpu] = (cpu == 1U) ? 3U : 2U;
        host_word[SW_CPU_STATE][cpu] = CPU_RUN;
    }
}

static void report(uint32_t cells, bool serror)
{
    struct hwerr e = {0U, BH_EV_HW_UNCORRECTED, 0x60000000U, 0x1234U, cells, serror};

    hwerr_report(e);
    CHECK_EQ(event_back(0U)->id, BH_EV_HW_UNCORRECTED);
    CHECK_EQ(event_back(0U)->cpu, 0U);
    CHECK((event_back(0U)->a == 0x60000000U) && (event_back(0U)->b == 0x1234U));
}

/** @test TC_HWE_001 @verifies SWR_HWE_001 @technique table @level unit */
static void whom_an_address_concerns(void)
{
    static const struct {
        uint64_t address;
        uint32_t cells;
    } row[] = {
        {AT(FIX_KERNEL), HWERR_ALL},
        {AT(FIX_KERNEL) - 1U, BIT(1)},
        {AT(FIX_KERNEL + 0x3FFU) + 4095U, HWERR_ALL},
        {AT(FIX_STATUS), BIT(1)},
        {AT(FIX_CELL2), BIT(2)},
        {AT(FIX_CELL2) - 1U, BIT(1)},
        {AT(FIX_COMM2) - 1U, BIT(2)},
        {AT(FIX_COMM2), BIT(2) | BIT(1)}, /* root has it, too */
        {AT(FIX_COMM2) + 4096U, BIT(1)},
        {AT(FIX_CELL3_DATA) + 5U, BIT(3)},
        {0xFFFFFFFFFFFFFFFFU, BIT(1)}, /* nobody's is root's to know */
        {0U, BIT(1)},
    };

    for (uint32_t i = 0U; i < COUNT_OF(row); i++) {
        begin();
        CHECK_EQ(hwerr_concerned(row[i].address), row[i].cells);
    }
    begin(); /* a cell that does not exist has nothing yet */
    host_word[SW_CELL_STATE][2] = BH_STATE_ABSENT;
    CHECK_EQ(hwerr_concerned(AT(FIX_CELL2)), BIT(1));
    for (uint32_t s = 1U; s < BH_STATES; s++) {
        host_word[SW_CELL_STATE][2] = s;
        CHECK_EQ(hwerr_concerned(AT(FIX_CELL2)), BIT(2));
    }
    plan.regions[7].own = BH_CELLS_MAX; /* damaged since it was judged */
    CHECK_EQ(hwerr_concerned(AT(FIX_CELL2)), BIT(1));
    plan.regions[7].own = 0xFFFFFFFFU;
    CHECK_EQ(hwerr_concerned(AT(FIX_CELL2)), BIT(1));
}

/** @test TC_HWE_002 @verifies SWR_HWE_001 @technique interface @level unit */
static void both_sides_of_a_share(void)
{
    begin();
    plan.regions[10].ppn = FIX_COMM2;
    plan.regions[10].n = 1U;
    plan.regions[10].share = 1U;
    CHECK_EQ(hwerr_concerned(AT(FIX_COMM2)), BIT(3) | BIT(2) | BIT(1));
}

/** @test TC_HWE_003 @verifies SWR_HWE_002 @technique table @level unit */
static void whom_the_event_names(void)
{
    begin();
    report(BIT(2), false);
    CHECK_EQ(event_back(0U)->cell, 2U);
    report(BIT(3) | BIT(2) | BIT(1), false);
    CHECK_EQ(event_back(0U)->cell, 1U);
    report(HWERR_ALL, false);
    CHECK_EQ(event_back(0U)->cell, 0U);
    report(BIT(7), false);
    CHECK_EQ(event_back(0U)->cell, 7U);
    report(0U, false);
    CHECK_EQ(event_back(0U)->cell, 0U);
}

/** @test TC_HWE_004 @verifies SWR_HWE_004 @technique state @level unit */
static void told_by_a_virtual_serror(void)
{
    begin();
    report(BIT(2), true);
    CHECK_EQ(host_word[SW_ERROR][2], 1U);
    CHECK((host.kicks[2] == 1U) && (host.kicks[3] == 1U) && (host.kicks[0] == 0U) &&
          (host.kicks[1] == 0U));
    for (uint32_t cpu = 0U; cpu < 2U; cpu++) { /* CPUs of others */
        host.self = cpu;
        hwerr_serve(cpu);
        CHECK_EQ(host.serrors[cpu], 0U);
    }
    host.self = 3U;
    hwerr_serve(3U);
    CHECK_EQ(host.serrors[3], 1U);
    host.self = 2U;
    hwerr_serve(2U); /* one CPU takes it */
    hwerr_serve(2U);
    CHECK_EQ(host.serrors[2], 0U);
    report(BIT(2), true); /* two errors, two events, one SError */
    report(BIT(2), true);
    hwerr_serve(2U);
    hwerr_serve(2U);
    CHECK_EQ(host.serrors[2], 1U);
    report(BIT(2), false); /* a corrected one disturbs nobody */
    CHECK_EQ(host_word[SW_ERROR][2], 0U);
    CHECK_EQ(host.kicks[2], 3U);
    host_word[SW_CPU_STATE][2] = CPU_OFF; /* a CPU that is off is not woken */
    report(BIT(2), true);
    CHECK((host.kicks[2] == 3U) && (host.kicks[3] == 4U));
}

/** @test TC_HWE_005 @verifies SWR_HWE_003 @technique table @level unit */
static void told_by_interrupt(void)
{
    static const uint32_t wrong[] = {1U,  15U,   31U,   32U,   39U,        42U,
                                     70U, 1019U, 1020U, 1023U, 0xFFFFFFFFU};

    begin();
    plan.policy[2].error_irq = 40U;
    report(BIT(2), true);
    report(BIT(2), false);
    CHECK((host.raised[2] == 40U) && (host.raises[2] == 2U));
    CHECK((host_word[SW_ERROR][2] == 0U) && (host.kicks[2] == 0U));
    plan.policy[2].error_irq = 41U;
    report(BIT(2) | BIT(3), false);
    CHECK((host.raised[2] == 41U) && (host.raises[3] == 0U));
    for (uint32_t i = 0U; i < COUNT_OF(wrong); i++) { /* never one that is not the cell's */
        begin();
        plan.policy[2].error_irq = wrong[i];
        report(BIT(2), true);
        CHECK_EQ(host.raises[2], 0U);
        CHECK_EQ(host_word[SW_ERROR][2], 1U);
    }
    plan.policy[1].error_irq = 32U; /* ends of what can be raised */
    report(BIT(1), true);
    CHECK_EQ(host.raised[1], 32U);
    plan.cells[1].irqs[31] = 0xFFFFFFFFU;
    plan.policy[1].error_irq = 1019U;
    report(BIT(1), true);
    CHECK_EQ(host.raised[1], 1019U);
    plan.policy[1].error_irq = 1020U;
    report(BIT(1), true);
    CHECK_EQ(host.raises[1], 2U);
}

/** @test TC_HWE_006 @verifies SWR_HWE_003 SWR_HWE_004 @technique state @level unit */
static void only_a_cell_that_runs(void)
{
    for (uint32_t s = 0U; s < BH_STATES; s++) {
        begin();
        host_word[SW_CELL_STATE][2] = s;
        plan.policy[3].error_irq = 70U;
        host_word[SW_CELL_STATE][3] = s;
        report(BIT(2) | BIT(3), true);
        CHECK_EQ(host_word[SW_ERROR][2], (s == (uint32_t)BH_STATE_RUNNING) ? 1U : 0U);
        CHECK_EQ(host.raises[3], (s == (uint32_t)BH_STATE_RUNNING) ? 1U : 0U);
    }
}

/** @test TC_HWE_007 @verifies SWR_HWE_003 SWR_HWE_004 @technique state @level unit */
static void what_concerns_the_kernel_concerns_all(void)
{
    begin();
    plan.policy[3].error_irq = 70U;
    report(HWERR_ALL, true);
    CHECK((host_word[SW_ERROR][1] == 1U) && (host_word[SW_ERROR][2] == 1U));
    CHECK((host_word[SW_ERROR][0] == 0U) && (host_word[SW_ERROR][4] == 0U));
    CHECK((host.raises[3] == 1U) && (host.kicks[0] == 1U) && (host.kicks[1] == 0U));
}

/** @test TC_HWE_008 @verifies SWR_HWE_005 @technique state @level unit */
static void a_start_forgets(void)
{
    begin();
    report(BIT(2), true);
    hwerr_forget(3U);
    CHECK_EQ(host_word[SW_ERROR][2], 1U);
    hwerr_forget(2U);
    CHECK_EQ(host_word[SW_ERROR][2], 0U);
    CHECK(core_machine());
    host_word[SW_ERROR][2] = 1U;
    CHECK_EQ(cell_create(0U, 2U, true).status, BH_OK);
    CHECK_EQ(cell_load(0U, 2U).status, BH_OK);
    CHECK_EQ(host_word[SW_ERROR][2], 1U);
    CHECK_EQ(cell_start(0U, 2U).status, BH_OK);
    CHECK_EQ(host_word[SW_ERROR][2], 0U);
}

int main(void)
{
    TEST(TC_HWE_001, whom_an_address_concerns);
    TEST(TC_HWE_002, both_sides_of_a_share);
    TEST(TC_HWE_003, whom_the_event_names);
    TEST(TC_HWE_004, told_by_a_virtual_serror);
    TEST(TC_HWE_005, told_by_interrupt);
    TEST(TC_HWE_006, only_a_cell_that_runs);
    TEST(TC_HWE_007, what_concerns_the_kernel_concerns_all);
    TEST(TC_HWE_008, a_start_forgets);
    return test_result();
}
