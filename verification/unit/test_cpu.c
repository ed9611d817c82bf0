/* SPDX-License-Identifier: Apache-2.0 */
/** @file test_cpu.c
 * Phases of CPUs, requests between them, and the bounded waits; races by a hook that acts as
 * another CPU between two accesses.
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
 */
#include "other_cpus.h"
#include "test.h"

/** @test TC_CPU_001 @verifies SWR_CPU_004 @technique equivalence @level unit */
static void root_follows_the_view(void)
{
    CHECK(core_machine());
    for (uint32_t cell = 2U; cell < BH_CELLS_MAX; cell++) {
        CHECK_EQ(cpu_pool(cell), cell);
    }
    CHECK_EQ(cpu_pool(BH_CELL_ROOT), 0U);
    host_word[SW_VIEW][0] = 1U;
    CHECK_EQ(cpu_pool(BH_CELL_ROOT), 1U);
    CHECK_EQ(cpu_pool(BH_CELL_KERNEL), 1U);
    host_word[SW_VIEW][0] = 2U; /* impossible */
    CHECK_EQ(cpu_pool(BH_CELL_ROOT), 0U);
}

/** @test TC_CPU_002 @verifies SWR_CPU_002 @technique bva @level unit */
static void cell_of_a_cpu(void)
{
    CHECK(core_machine());
    for (uint64_t cell = 0U; cell < BH_CELLS_MAX; cell++) {
        cpu_give(3U, (uint32_t)cell);
        CHECK_EQ(cell_of(3U), cell);
        CHECK_EQ(cpu_cell(3U), cell);
    }
    host_word[SW_CPU_CELL][3] = BH_CELLS_MAX;
    CHECK_EQ(cpu_cell(3U), BH_CELL_KERNEL);
    host_word[SW_CPU_CELL][3] = 0x100000001U;
    CHECK_EQ(cpu_cell(3U), BH_CELL_KERNEL);
    host_word[SW_CPU_CELL][3] = 2U;
    cpu_set_phase(3U, CPU_PARKED);
    CHECK_EQ(phase_of(3U), CPU_PARKED);
    CHECK_EQ(status_page.cpus[3].state, BH_CPU_PARKED);
    CHECK_EQ(status_page.cpus[3].cell, 2U);
}

/** @test TC_CPU_003 @verifies SWR_CPU_002 SWR_CPU_003 SWR_RST_002 @technique state-table @level unit */
static void what_a_cpu_does_next(void)
{
    static const uint32_t phases[] = {CPU_ABSENT,   CPU_OFF,       CPU_RUN,   CPU_PARKED, CPU_LOST,
                                      CPU_STARTING, CPU_PREPARING, CPU_RESET, 99U};

    for (uint32_t k = 0U; k < COUNT_OF(phases); k++) {
        uint32_t phase = phases[k];

        CHECK(core_machine());
        host_word[SW_CPU_CELL][2] = 2U;
        host_word[SW_CPU_STATE][2] = phase;
        CHECK_EQ(as_cpu(2U), (phase == CPU_RUN)        ? CPU_GO_ON
                             : (phase == CPU_STARTING) ? CPU_ENTER
                                                       : CPU_WAIT);
        CHECK_EQ(phase_of(2U), (phase == CPU_STARTING) ? CPU_RUN : phase);
        CHECK_EQ(host.loads[2], (phase == CPU_STARTING) ? 1U : 0U);
        CHECK((host.loads[2] == 0U) || ((host.pool[2] == 2U) && (host.cell[2] == 2U)));
        CHECK_EQ(host.quiet[2], 0U);
        host_word[SW_CPU_STATE][2] = phase;
        host_word[SW_CPU_REQUEST][2] = CPU_REQ_PARK;
        CHECK_EQ(as_cpu(2U), CPU_WAIT);
        CHECK_EQ(phase_of(2U), CPU_PARKED);
        CHECK_EQ(host.quiet[2], 1U);
        CHECK_EQ(host_word[SW_CPU_REQUEST][2], CPU_REQ_NONE);
        host_word[SW_CPU_STATE][2] = phase;
        host_word[SW_CPU_REQUEST][2] = CPU_REQ_RESET;
        CHECK_EQ(as_cpu(2U), CPU_WAIT);
        CHECK_EQ(phase_of(2U), (phase == CPU_PARKED) ? CPU_PARKED : CPU_RESET);
        CHECK_EQ(status_page.cpus[2].state, BH_CPU_PARKED);
        CHECK_EQ(host.quiet[2], (phase == CPU_PARKED) ? 1U : 2U);
        CHECK_EQ(host_word[SW_CPU_REQUEST][2], CPU_REQ_NONE);
    }
}

/** @test TC_CPU_004 @verifies SWR_CPU_004 @technique equivalence @level unit */
static void a_sync_loads_the_tables_of_the_view(void)
{
    CHECK(core_machine());
    host_word[SW_CPU_STATE][1] = CPU_RUN;
    host_word[SW_CPU_REQUEST][1] = CPU_REQ_SYNC_1;
    host_word[SW_VIEW][0] = 1U;
    CHECK_EQ(as_cpu(1U), CPU_GO_ON);
    CHECK_EQ(host.pool[1], 1U);
    CHECK_EQ(host.cell[1], BH_CELL_ROOT);
    CHECK_EQ(host.quiet[1], 0U);
    CHECK_EQ(host_word[SW_CPU_REQUEST][1], CPU_REQ_NONE);
    CHECK_EQ(as_cpu(1U), CPU_GO_ON);
    CHECK_EQ(host.loads[1], 1U);
}

/* While CPU 1 takes back the sync it obeyed, CPU 0 asks it to park. */
static void park_comes_between(enum host_access how, uint32_t word, uint32_t i, uint64_t value)
{
    (void)value;
    if ((how == HOST_SWAP) && (word == (uint32_t)SW_CPU_REQUEST) && (i == 1U)) {
        host_word[word][i] = CPU_REQ_PARK;
        host_on_access = NULL;
    }
}

/** @test TC_CPU_005 @verifies SWR_CPU_003 @technique race @level unit */
static void a_request_that_comes_during_an_answer_is_not_lost(void)
{
    CHECK(core_machine());
    host_word[SW_CPU_STATE][1] = CPU_RUN;
    host_word[SW_CPU_REQUEST][1] = CPU_REQ_SYNC_0;
    host_on_access = park_comes_between;
    CHECK_EQ(as_cpu(1U), CPU_GO_ON);
    CHECK_EQ(host_word[SW_CPU_REQUEST][1], CPU_REQ_PARK);
    CHECK_EQ(as_cpu(1U), CPU_WAIT);
    CHECK_EQ(phase_of(1U), CPU_PARKED);
}

/** @test TC_CPU_006 @verifies SWR_CPU_002 @technique state-table @level unit */
static void start_needs_the_right_phase(void)
{
    for (uint64_t phase = CPU_ABSENT; phase <= CPU_PREPARING; phase++) {
        for (uint64_t from = CPU_OFF; from <= CPU_PARKED; from += CPU_PARKED - CPU_OFF) {
            bool good = phase == from;

            CHECK(core_machine());
            host_word[SW_CPU_STATE][2] = phase;
            cpu_entry[2] = 1U;
            cpu_context[2] = 2U;
            CHECK_EQ(cpu_start(2U, from, 0x1234U, 0x5678U), good);
            CHECK_EQ(phase_of(2U), good ? CPU_STARTING : phase);
            CHECK_EQ(cpu_entry[2], good ? 0x1234U : 1U);
            CHECK_EQ(cpu_context[2], good ? 0x5678U : 2U);
            CHECK_EQ(host.kicks[2], good ? 1U : 0U);
        }
    }
}

/* CPU 2 parks between the two steps by which another CPU starts it. */
static void parks_between(enum host_access how, uint32_t word, uint32_t i, uint64_t value)
{
    if ((how == HOST_SWAP) && (word == (uint32_t)SW_CPU_STATE) && (i == 2U) &&
        (value == CPU_STARTING)) {
        host_on_access = NULL;
        host_word[SW_CPU_REQUEST][2] = CPU_REQ_PARK;
        (void)as_cpu(2U);
    }
}

/** @test TC_CPU_007 @verifies SWR_CPU_002 SWR_CPU_003 @technique race @level unit */
static void a_cpu_parked_while_being_started_stays_parked(void)
{
    CHECK(core_machine());
    host_on_access = parks_between;
    CHECK(!cpu_start(2U, CPU_OFF, 0x1234U, 0U));
    CHECK_EQ(phase_of(2U), CPU_PARKED);
    CHECK_EQ(as_cpu(2U), CPU_WAIT);
}

/** Root on CPUs 0 to 2, of which 2 is being started; CPU 3 runs cell 2 and has a request. */
static void root_on_three(void)
{
    CHECK(core_machine());
    host_word[SW_CPU_STATE][1] = CPU_RUN;
    host_word[SW_CPU_STATE][2] = CPU_STARTING;
    host_word[SW_CPU_STATE][3] = CPU_RUN;
    host_word[SW_CPU_CELL][3] = 2U;
    host_word[SW_CPU_REQUEST][3] = CPU_REQ_PARK;
    other_after[3] = NEVER;
}

/** @test TC_CPU_008 @verifies SWR_CPU_004 @technique equivalence @level unit */
static void sync_reaches_roots_cpus_alone(void)
{
    root_on_three();
    other_after[1] = 50U;
    CHECK_EQ(cpu_sync_root(0U, 1U), BH_CPUS_MAX);
    CHECK_EQ(host_word[SW_VIEW][0], 1U);
    for (uint32_t cpu = 0U; cpu < 3U; cpu++) {
        CHECK_EQ(host.pool[cpu], 1U);
        CHECK_EQ(host_word[SW_CPU_REQUEST][cpu], CPU_REQ_NONE);
    }
    CHECK_EQ(host.kicks[0], 0U);
    CHECK_EQ(host.kicks[1], 1U);
    CHECK_EQ(host.kicks[3], 0U);
    CHECK_EQ(host_word[SW_CPU_REQUEST][3], CPU_REQ_PARK);
    CHECK_EQ(cpu_sync_root(0U, 0U), BH_CPUS_MAX);
    CHECK_EQ(host.pool[1], 0U);
    CHECK_EQ(host.pool[0], 0U);
}

/** @test TC_CPU_009 @verifies SWR_CPU_004 @technique equivalence @level unit */
static void sync_by_a_cpu_that_is_not_roots(void)
{
    root_on_three();
    host.self = 3U;
    CHECK_EQ(cpu_sync_root(3U, 1U), BH_CPUS_MAX);
    CHECK_EQ(host.loads[3], 0U);
    CHECK_EQ(host.pool[0], 1U);
    CHECK_EQ(host.pool[1], 1U);
}

/** @test TC_CPU_010 @verifies SWR_CPU_003 SWR_CPU_004 @technique equivalence @level unit */
static void sync_does_not_replace_a_request_to_park(void)
{
    root_on_three();
    host_word[SW_CPU_REQUEST][1] = CPU_REQ_PARK;
    CHECK_EQ(cpu_sync_root(0U, 1U), BH_CPUS_MAX);
    CHECK_EQ(phase_of(1U), CPU_PARKED);
    CHECK_EQ(host.kicks[1], 1U);
}

/** @test TC_CPU_011 @verifies SWR_CPU_004 SWR_CPU_006 @technique timeout @level unit */
static void a_late_cpu_takes_all_back(void)
{
    uint64_t start;

    root_on_three();
    other_after[1] = NEVER;
    start = host.now;
    CHECK_EQ(cpu_sync_root(0U, 1U), 1U);
    CHECK(host.now - start >= (2U * CPU_KICK_US));
    CHECK(host.now - start <= (2U * CPU_KICK_US) + 100U);
    CHECK_EQ(host_word[SW_VIEW][0], 0U);
    CHECK_EQ(host.pool[0], 0U);
    CHECK_EQ(host.pool[2], 0U);
    CHECK_EQ(host_word[SW_CPU_REQUEST][1], CPU_REQ_SYNC_0);
    CHECK_EQ(as_cpu(1U), CPU_GO_ON);
    CHECK_EQ(host.pool[1], 0U);
}

/** @test TC_CPU_012 @verifies SWR_CPU_004 SWR_CPU_006 @technique timeout @level unit */
static void late_but_back_in_the_second_wait(void)
{
    root_on_three();
    other_after[1] = CPU_KICK_US + 5U;
    CHECK_EQ(cpu_sync_root(0U, 1U), 1U);
    CHECK_EQ(host.pool[1], 0U);
    CHECK_EQ(host_word[SW_CPU_REQUEST][1], CPU_REQ_NONE);
}

static bool in_the_gap;

/* CPU 1 has obeyed the request for view 1 and is about to take it back when CPU 0 gives up. */
static void gives_up_between(enum host_access how, uint32_t word, uint32_t i, uint64_t value)
{
    if (other_busy && (how == HOST_SWAP) && (word == (uint32_t)SW_CPU_REQUEST) && (i == 1U) &&
        (value == CPU_REQ_NONE) && (!in_the_gap)) {
        in_the_gap = true;
        other_after[1] = NEVER;
        CHECK_EQ(host.pool[1], 1U);
        host.self = 0U;
        CHECK_EQ(cpu_sync_root(0U, 1U), 1U);
        host.self = 1U;
    }
    others_answer(how, word, i, value);
}

/** @test TC_CPU_013 @verifies SWR_CPU_004 @technique race @level unit */
static void a_cpu_caught_between_two_views_comes_back(void)
{
    root_on_three();
    in_the_gap = false;
    host_word[SW_VIEW][0] = 1U;
    host_word[SW_CPU_REQUEST][1] = CPU_REQ_SYNC_1;
    host_on_access = gives_up_between;
    other_busy = true;
    (void)as_cpu(1U);
    CHECK(in_the_gap);
    CHECK_EQ(host_word[SW_VIEW][0], 0U);
    CHECK_EQ(host_word[SW_CPU_REQUEST][1], CPU_REQ_SYNC_0);
    CHECK(host.kicks[1] > 0U);
    (void)as_cpu(1U);
    CHECK_EQ(host.pool[1], 0U);
}

/** Cell 2 lives and runs on CPUs 2 and 3. */
static void cell_2_runs(void)
{
    CHECK(core_machine());
    CHECK_EQ(part_stage(2U, PART_CREATE), BH_OK);
    part_commit();
    for (uint32_t cpu = 2U; cpu < 4U; cpu++) {
        host_word[SW_CPU_CELL][cpu] = 2U;
        host_word[SW_CPU_STATE][cpu] = CPU_RUN;
    }
}

/** @test TC_CPU_014 @verifies SWR_CPU_003 @technique equivalence @level unit */
static void park_at_the_first_kick(void)
{
    cell_2_runs();
    other_after[2] = 100U;
    CHECK(cpu_park(0U, 2U, 2U));
    CHECK_EQ(phase_of(2U), CPU_PARKED);
    CHECK_EQ(phase_of(3U), CPU_RUN);
    CHECK_EQ(host.kicks[2], 1U);
    CHECK_EQ(host.flushes, 0U);
    CHECK_EQ(events(), 0U);
    CHECK(walk(2U, 0U) != 0U);
}

/** @test TC_CPU_015 @verifies SWR_CPU_003 SWR_CPU_006 @technique timeout @level unit */
static void park_by_the_fault_that_emptied_tables_cause(void)
{
    cell_2_runs();
    other_after[2] = CPU_KICK_US + 10U;
    CHECK(cpu_park(0U, 2U, 2U));
    CHECK_EQ(phase_of(2U), CPU_PARKED);
    CHECK_EQ(host.flushes, 1U);
    CHECK_EQ(events(), 1U);
    CHECK_EQ(event_back(0U)->id, BH_EV_KICK_STAGE2);
    CHECK_EQ(event_back(0U)->a, 2U);
    CHECK_EQ(event_back(0U)->cell, 2U);
    CHECK_EQ(walk(2U, 0U), 0U);
}

/** @test TC_CPU_016 @verifies SWR_CPU_003 SWR_CPU_006 @technique timeout @level unit */
static void a_cpu_that_answers_nothing_is_lost_in_bounded_time(void)
{
    uint64_t start;

    cell_2_runs();
    other_after[2] = NEVER;
    start = host.now;
    CHECK(!cpu_park(0U, 2U, 2U));
    CHECK(host.now - start <= (2U * CPU_KICK_US) + 100U);
    CHECK_EQ(phase_of(2U), CPU_LOST);
    CHECK_EQ(status_page.cpus[2].state, BH_CPU_LOST);
    CHECK_EQ(events(), 2U);
    CHECK_EQ(event_back(0U)->id, BH_EV_CPU_LOST);
    CHECK_EQ(event_back(0U)->a, 2U);
    CHECK_EQ(walk(2U, 0U), 0U);
    CHECK_EQ(host_word[SW_CPU_REQUEST][2], CPU_REQ_PARK);
}

/** @test TC_CPU_017 @verifies SWR_CPU_006 @technique fault-injection @level unit */
static void a_clock_that_stands_still_does_not_stop_the_wait(void)
{
    cell_2_runs();
    host_on_access = NULL; /* nobody answers */
    host.step = 0U;
    CHECK_EQ(cpu_sync_root(0U, 1U), BH_CPUS_MAX);
    CHECK(!cpu_park(0U, 2U, 2U));
    CHECK_EQ(phase_of(2U), CPU_LOST);
}

int main(void)
{
    TEST(TC_CPU_001, root_follows_the_view);
    TEST(TC_CPU_002, cell_of_a_cpu);
    TEST(TC_CPU_003, what_a_cpu_does_next);
    TEST(TC_CPU_004, a_sync_loads_the_tables_of_the_view);
    TEST(TC_CPU_005, a_request_that_comes_during_an_answer_is_not_lost);
    TEST(TC_CPU_006, start_needs_the_right_phase);
    TEST(TC_CPU_007, a_cpu_parked_while_being_started_stays_parked);
    TEST(TC_CPU_008, sync_reaches_roots_cpus_alone);
    TEST(TC_CPU_009, sync_by_a_cpu_that_is_not_roots);
    TEST(TC_CPU_010, sync_does_not_replace_a_request_to_park);
    TEST(TC_CPU_011, a_late_cpu_takes_all_back);
    TEST(TC_CPU_012, late_but_back_in_the_second_wait);
    TEST(TC_CPU_013, a_cpu_caught_between_two_views_comes_back);
    TEST(TC_CPU_014, park_at_the_first_kick);
    TEST(TC_CPU_015, park_by_the_fault_that_emptied_tables_cause);
    TEST(TC_CPU_016, a_cpu_that_answers_nothing_is_lost_in_bounded_time);
    TEST(TC_CPU_017, a_clock_that_stands_still_does_not_stop_the_wait);
    return test_result();
}
