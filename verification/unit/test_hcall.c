/* SPDX-License-Identifier: Apache-2.0 */
/** @file test_hcall.c
 * Hypercalls: any number and argument from any cell; who may make which; disable.
 * @link src/core/hcall.c
 * @link src/core/cell.c
 * @link src/core/watch.c
 * @link src/core/hwerr.c
 * @link src/core/prep.c
 * @link src/core/measure.c @link src/core/sha256.c
 * @link src/core/cpu.c
 * @link src/core/bits.c
 * @link src/core/event.c
 * @link src/core/part.c
 * @link src/core/plan.c
 * @link src/core/crc.c @link src/core/plan_crc.c @link src/core/plan_claims.c @link src/core/plan_policy.c
 * @link src/core/plan_watch.c @link src/core/plan_window.c @link src/core/plan_call.c
 * @link src/arch/aarch64/s2.c
 * @link src/arch/host/shared.c
 * @link src/arch/host/machine.c
 * @link src/boards/qemu-virt-arm64/board.c
 * @link src/core/lock.c
 */
#include "core/hcall.h"
#include "other_cpus.h"
#include "test.h"

/** The refusal was recorded. */
static void refused(struct outcome out, uint32_t status, uint64_t a, uint64_t b, uint64_t number)
{
    CHECK_EQ(out.status, status);
    CHECK_EQ(out.a, a);
    CHECK_EQ(out.b, b);
    CHECK_EQ(event_back(0U)->id, BH_EV_REFUSED);
    CHECK_EQ(event_back(0U)->a, number);
    CHECK_EQ(event_back(0U)->b, status);
}

/** @test TC_HCL_001 @verifies SWR_HCL_001 SWR_HCL_002 @technique equivalence @level unit */
static void anybody_may_ask_who_he_is(void)
{
    CHECK(core_machine());
    host_word[SW_CPU_CELL][2] = 2U;
    for (uint32_t cpu = 0U; cpu < 3U; cpu++) {
        CHECK_EQ(hcall(cpu, BH_HC_GET_INFO, BH_INFO_ABI).a, BH_ABI_VERSION);
        CHECK_EQ(hcall(cpu, BH_HC_GET_INFO, BH_INFO_CELL).a, (cpu == 2U) ? 2U : BH_CELL_ROOT);
        CHECK_EQ(hcall(cpu, BH_HC_GET_INFO, BH_INFO_CPU).a, cpu);
        CHECK_EQ(hcall(cpu, BH_HC_GET_INFO, BH_INFO_CELLS).a, 4U);
    }
    CHECK_EQ(events(), 0U);
    refused(hcall(2U, BH_HC_GET_INFO, 4U), BH_E_HC_UNKNOWN, 4U, 0U, BH_HC_GET_INFO);
    CHECK_EQ(event_back(0U)->cell, 2U);
    CHECK_EQ(event_back(0U)->cpu, 2U);
    refused(hcall(2U, BH_HC_GET_INFO, UINT64_MAX), BH_E_HC_UNKNOWN, UINT64_MAX, 0U, BH_HC_GET_INFO);
}

/** @test TC_HCL_002 @verifies SWR_HCL_001 SWR_HCL_002 @technique bva @level unit */
static void unknown_numbers(void)
{
    static const uint64_t numbers[] = {BH_HC_COUNT, 0xFFFFFFFFU, 0x100000001U, UINT64_MAX};

    for (uint32_t k = 0U; k < COUNT_OF(numbers); k++) {
        for (uint32_t cpu = 0U; cpu < 3U; cpu += 2U) {
            CHECK(core_machine());
            host_word[SW_CPU_CELL][2] = 2U;
            refused(hcall(cpu, numbers[k], 2U), BH_E_HC_UNKNOWN, numbers[k], 0U, numbers[k]);
            CHECK_EQ(state_of(2U), BH_STATE_ABSENT);
        }
    }
}

/** @test TC_HCL_003 @verifies SWR_HCL_001 SWR_HCL_002 @technique exhaustive @level unit */
static void only_root_manages(void)
{
    CHECK(core_machine());
    for (uint64_t cell = 0U; cell < BH_CELLS_MAX; cell++) {
        for (uint64_t number = BH_HC_CELL_CREATE; number <= BH_HC_DISABLE; number++) {
            if (cell != BH_CELL_ROOT) {
                host_word[SW_CPU_CELL][1] = cell;
                refused(hcall(1U, number, 2U), BH_E_HC_PERMISSION, cell, number, number);
                CHECK_EQ(event_back(0U)->cell, cell);
                CHECK_EQ(state_of(2U), BH_STATE_ABSENT);
            }
        }
    }
}

/** @test TC_HCL_004 @verifies SWR_HCL_001 @technique bva @level unit */
static void cells_that_are_none(void)
{
    static const uint64_t cells[] = {4U, 8U, 10U, 0x100000002U, UINT64_MAX};

    CHECK(core_machine());
    for (uint64_t number = BH_HC_CELL_CREATE; number <= BH_HC_CELL_DESTROY; number++) {
        for (uint32_t k = 0U; k < COUNT_OF(cells); k++) {
            refused(hcall(0U, number, cells[k]), BH_E_HC_NO_CELL, cells[k], 4U, number);
        }
        refused(hcall(0U, number, 0U), BH_E_HC_NO_CELL, 0U, 4U, number);
        refused(hcall(0U, number, 1U), BH_E_HC_NO_CELL, 1U, 4U, number);
        CHECK_EQ(host_word[SW_LOCK][0], 0U);
    }
}

/** @test TC_HCL_005 @verifies SWR_HCL_001 @technique equivalence @level unit */
static void root_leads_a_cell_through_its_life(void)
{
    static const uint64_t calls[][2] = {{BH_HC_CELL_CREATE, BH_STATE_CREATED},
                                        {BH_HC_CELL_LOAD, BH_STATE_LOADING},
                                        {BH_HC_CELL_START, BH_STATE_RUNNING},
                                        {BH_HC_CELL_STOP, BH_STATE_STOPPED},
                                        {BH_HC_CELL_DESTROY, BH_STATE_ABSENT}};

    CHECK(core_machine());
    for (uint32_t k = 0U; k < COUNT_OF(calls); k++) {
        uint64_t before = events();

        if ((calls[k][0] == BH_HC_CELL_CREATE) || (calls[k][0] == BH_HC_CELL_DESTROY)) {
            struct outcome out = hcall(0U, calls[k][0], 3U);

            CHECK_EQ(out.status, BH_E_HC_AGAIN); /* no refusal */
            CHECK((out.a == 3U) && (out.b == 0x110U - PREP_CLEAR_PAGES));
            CHECK_EQ(events(), before);
            CHECK_EQ(host_word[SW_LOCK][0], 0U);
        }
        CHECK_EQ(hcall(0U, calls[k][0], 3U).status, BH_OK);
        CHECK_EQ(state_of(3U), calls[k][1]);
        CHECK_EQ(host_word[SW_LOCK][0], 0U);
    }
    refused(hcall(0U, BH_HC_CELL_STOP, 3U), BH_E_HC_STATE, 3U, BH_STATE_ABSENT, BH_HC_CELL_STOP);
    CHECK_EQ(host_word[SW_LOCK][0], 0U);
}

/** @test TC_HCL_006 @verifies SWR_HCL_001 @technique race @level unit */
static void one_reconfiguration_at_a_time(void)
{
    CHECK(core_machine());
    host_word[SW_LOCK][0] = 2U; /* CPU 1 */
    for (uint64_t number = BH_HC_CELL_CREATE; number <= BH_HC_DISABLE; number++) {
        refused(hcall(0U, number, 2U), BH_E_HC_BUSY, 1U, 0U, number);
        CHECK_EQ(host_word[SW_LOCK][0], 2U);
        CHECK_EQ(state_of(2U), BH_STATE_ABSENT);
    }
    host_word[SW_LOCK][0] = 0U;
    CHECK_EQ(hcall(0U, BH_HC_CELL_CREATE, 2U).status, BH_E_HC_AGAIN);
}

/* The other reconfiguration ends just after it was in the way. */
static void lock_is_released(enum host_access how, uint32_t word, uint32_t i, uint64_t value)
{
    (void)i;
    (void)value;
    if ((how == HOST_LOAD) && (word == (uint32_t)SW_LOCK)) {
        host_word[SW_LOCK][0] = 0U;
    }
}

/** @test TC_HCL_010 @verifies SWR_HCL_001 @technique race @level unit */
static void a_lock_that_is_free_again_names_no_other_cpu(void)
{
    CHECK(core_machine());
    host_word[SW_LOCK][0] = 2U;
    host_on_access = lock_is_released;
    refused(hcall(0U, BH_HC_CELL_CREATE, 2U), BH_E_HC_BUSY, 0U, 0U, BH_HC_CELL_CREATE);
    CHECK_EQ(state_of(2U), BH_STATE_ABSENT);
    CHECK_EQ(hcall(0U, BH_HC_CELL_CREATE, 2U).status, BH_E_HC_AGAIN);
}

/** @test TC_HCL_007 @verifies SWR_HCL_003 @technique equivalence @level unit */
static void disable_needs_all_cells_gone(void)
{
    for (uint64_t state = BH_STATE_CREATED; state < BH_STATES; state++) {
        for (uint32_t cell = 2U; cell < BH_CELLS_MAX; cell++) {
            CHECK(core_machine());
            event_show_armed(1U);
            host_word[SW_CELL_STATE][cell] = state;
            host_word[SW_CELL_STATE][7] = state;
            refused(hcall(0U, BH_HC_DISABLE, 0U), BH_E_HC_CELLS_LEFT, cell, 0U, BH_HC_DISABLE);
            CHECK_EQ(phase_of(0U), CPU_RUN);
            CHECK_EQ(status_page.armed, 1U);
        }
    }
}

/** @test TC_HCL_008 @verifies SWR_HCL_003 @technique equivalence @level unit */
static void disable_needs_all_cpus_with_root(void)
{
    for (uint64_t phase = CPU_OFF; phase <= CPU_PREPARING; phase++) {
        CHECK(core_machine());
        event_show_armed(1U);
        for (uint32_t cpu = 0U; cpu < 4U; cpu++) {
            host_word[SW_CPU_STATE][cpu] = CPU_RUN;
        }
        host_word[SW_CPU_STATE][1] = phase;
        host_word[SW_CPU_STATE][3] = phase;
        if (phase != CPU_RUN) {
            refused(hcall(0U, BH_HC_DISABLE, 0U), BH_E_HC_CPU_OFFLINE, 1U, 0U, BH_HC_DISABLE);
            CHECK_EQ(status_page.armed, 1U);
            CHECK_EQ(phase_of(0U), CPU_RUN);
        }
    }
}

/** @test TC_HCL_020 @verifies SWR_HCL_010 @technique equivalence @level unit */
static void no_cell_once_a_cpu_was_given_back(void)
{
    for (uint32_t gone = 0U; gone < 4U; gone++) {
        CHECK(core_machine());
        for (uint64_t number = BH_HC_CELL_CREATE; number <= BH_HC_CELL_DESTROY; number++) {
            uint64_t phase = host_word[SW_CPU_STATE][gone];

            host_word[SW_CPU_STATE][gone] = CPU_ABSENT;
            host_word[SW_CPU_STATE][3] = CPU_ABSENT; /* the first one is named */
            refused(hcall(0U, number, 2U), BH_E_HC_GIVEN_BACK, gone, number, number);
            CHECK_EQ(state_of(2U), BH_STATE_ABSENT);
            CHECK_EQ(host_word[SW_LOCK][0], 0U);
            host_word[SW_CPU_STATE][3] = CPU_OFF;
            host_word[SW_CPU_STATE][gone] = phase;
        }
        CHECK_EQ(hcall(0U, BH_HC_CELL_CREATE, 2U).status, BH_E_HC_AGAIN);
    }
}

/** @test TC_HCL_009 @verifies SWR_HCL_001 SWR_HCL_003 @technique equivalence @level unit */
static void disable_on_each_cpu_whatever_the_argument(void)
{
    CHECK(core_machine());
    event_show_armed(1U);
    for (uint32_t cpu = 0U; cpu < 4U; cpu++) {
        host_word[SW_CPU_STATE][cpu] = CPU_RUN;
    }
    for (uint32_t cpu = 0U; cpu < 4U; cpu++) {
        CHECK_EQ(hcall(cpu, BH_HC_DISABLE, UINT64_MAX - cpu).status, BH_OK);
        CHECK_EQ(phase_of(cpu), CPU_ABSENT);
        CHECK_EQ(status_page.cpus[cpu].state, BH_CPU_ABSENT);
        CHECK_EQ(status_page.armed, 0U);
        CHECK_EQ(host_word[SW_LOCK][0], 0U);
    }
}

/** @test TC_HCL_011 @verifies SWR_HCL_004 @technique equivalence @level unit */
static void no_way_back_when_linux_did_not_launch(void)
{
    static const uint32_t modes[] = {BH_MODE_DIRECT, 0U, 3U, UINT32_MAX};

    for (uint32_t k = 0U; k < COUNT_OF(modes); k++) {
        CHECK(core_machine());
        event_show_armed(1U);
        for (uint32_t cpu = 0U; cpu < 4U; cpu++) {
            host_word[SW_CPU_STATE][cpu] = CPU_RUN;
        }
        handover.mode = modes[k];
        refused(hcall(0U, BH_HC_DISABLE, 0U), BH_E_HC_DIRECT, 0U, 0U, BH_HC_DISABLE);
        CHECK_EQ(status_page.armed, 1U);
        CHECK_EQ(phase_of(0U), CPU_RUN);
        CHECK_EQ(host_word[SW_LOCK][0], 0U);
    }
}

/** @test TC_HCL_021 @verifies SWR_HCL_001 SWR_HCL_002 SWR_MSR_005 SWR_MSR_006
 * @technique equivalence @level unit */
static void measurements_are_told_to_whom_they_concern(void)
{
    struct outcome out;

    CHECK(core_machine());
    measure_done[2] = 0U;
    measure_plan();
    host_word[SW_CPU_CELL][2] = 2U;
    host_word[SW_LOCK][0] = 2U; /* who asks waits for nobody and is in nobody's way */
    for (uint64_t half = 0U; half < 2U; half++) {
        out = hcall(0U, BH_HC_MEASURE, half);
        CHECK_EQ(out.status, BH_OK);
        CHECK_EQ(out.a, measure_half(BH_CELL_KERNEL, (uint32_t)half * 4U));
        CHECK_EQ(out.b, measure_half(BH_CELL_KERNEL, ((uint32_t)half * 4U) + 2U));
    }
    CHECK_EQ(events(), 0U);
    refused(hcall(2U, BH_HC_MEASURE, 0U), BH_E_HC_PERMISSION, 2U, BH_HC_MEASURE, BH_HC_MEASURE);
    CHECK_EQ(event_back(0U)->cell, 2U);
    refused(hcall(2U, BH_HC_MEASURE, 4U), BH_E_HC_NOT_MEASURED, 2U, 0U, BH_HC_MEASURE);
    refused(hcall(0U, BH_HC_MEASURE, 4U), BH_E_HC_NOT_MEASURED, 2U, 0U, BH_HC_MEASURE);
    refused(hcall(0U, BH_HC_MEASURE, 8U), BH_E_HC_NO_CELL, 4U, 4U, BH_HC_MEASURE);
    plan.policy[2].grants = BH_GRANT_MEASURE;
    CHECK_EQ(hcall(2U, BH_HC_MEASURE, 0U).a, measure_half(BH_CELL_KERNEL, 0U));
    CHECK_EQ(events(), 4U);
    CHECK_EQ(host_word[SW_LOCK][0], 2U);
}

int main(void)
{
    TEST(TC_HCL_001, anybody_may_ask_who_he_is);
    TEST(TC_HCL_002, unknown_numbers);
    TEST(TC_HCL_003, only_root_manages);
    TEST(TC_HCL_004, cells_that_are_none);
    TEST(TC_HCL_005, root_leads_a_cell_through_its_life);
    TEST(TC_HCL_006, one_reconfiguration_at_a_time);
    TEST(TC_HCL_010, a_lock_that_is_free_again_names_no_other_cpu);
    TEST(TC_HCL_007, disable_needs_all_cells_gone);
    TEST(TC_HCL_008, disable_needs_all_cpus_with_root);
    TEST(TC_HCL_020, no_cell_once_a_cpu_was_given_back);
    TEST(TC_HCL_009, disable_on_each_cpu_whatever_the_argument);
    TEST(TC_HCL_021, measurements_are_told_to_whom_they_concern);
    TEST(TC_HCL_011, no_way_back_when_linux_did_not_launch);
    return test_result();
}
