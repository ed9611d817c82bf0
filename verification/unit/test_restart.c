/* SPDX-License-Identifier: Apache-2.0 */
/** @file test_restart.c
 * A cell that resets itself, on fake CPUs: every order in which its CPUs come, and what root, the watchdog
 * and a violation do in between. Cell 2 has CPUs 2 and 3; 2 is its first.
 * @link src/core/restart.c
 * @link src/core/cell.c
 * @link src/core/watch.c
 * @link src/core/hwerr.c
 * @link src/core/prep.c
 * @link src/core/measure.c @link src/core/sha256.c
 * @link src/core/lock.c
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
#include "core/restart.h"
#include "test.h"

#define ENTRY 0x1230U
#define COMM 0x200000U

/** Cell 2 runs on CPUs 2 and 3, cell 3 on CPU 1. */
static void begin(void)
{
    CHECK(core_machine());
    host_on_access = NULL;
    for (uint32_t cell = 2U; cell < 4U; cell++) {
        CHECK_EQ(part_stage(cell, PART_CREATE), BH_OK);
        part_commit();
        host_word[SW_CELL_STATE][cell] = BH_STATE_RUNNING;
    }
    plan.cells[2].entry = ENTRY;
    for (uint32_t cpu = 1U; cpu < 4U; cpu++) {
        host_word[SW_CPU_CELL][cpu] = (cpu == 1U) ? 3U : 2U;
        host_word[SW_CPU_STATE][cpu] = CPU_RUN;
        host.kicks[cpu] = 0U;
    }
}

/** CPU @p cpu comes to EL2 and waits there, or does not. */
static uint32_t passes(uint32_t cpu)
{
    uint32_t next = as_cpu(cpu);

    if (next == (uint32_t)CPU_WAIT) {
        restart_go_on(cpu);
    }
    return next;
}

static void asks(uint32_t cpu)
{
    host.self = cpu;
    restart_ask(cpu);
}

/** The first CPU has been told to start; all the rest of the machine is as it was. */
static void begun(uint64_t starts)
{
    CHECK_EQ(phase_of(2U), CPU_STARTING);
    CHECK_EQ(phase_of(3U), CPU_OFF);
    CHECK((cpu_entry[2] == ENTRY) && (cpu_context[2] == COMM));
    CHECK_EQ(state_of(2U), BH_STATE_RUNNING);
    CHECK_EQ(status_page.cells[2].state, BH_STATE_RUNNING);
    CHECK_EQ(status_page.cells[2].starts, starts);
    CHECK_EQ(event_back(0U)->id, BH_EV_CELL_RESTARTED);
    CHECK((event_back(0U)->cpu == 2U) && (event_back(0U)->cell == 2U));
    CHECK((event_back(0U)->a == 2U) && (event_back(0U)->b == 0U));
    CHECK_EQ(host.n_resets, starts);
    CHECK((host.resets[0].cell == 2U) && (host.resets[0].cpu == 2U));
    CHECK_EQ(passes(2U), CPU_ENTER);
    CHECK_EQ(phase_of(2U), CPU_RUN);
    CHECK_EQ(host_word[SW_CPU_REQUEST][2], CPU_REQ_NONE);
    CHECK_EQ(host_word[SW_CPU_REQUEST][3], CPU_REQ_NONE);
    CHECK((phase_of(1U) == CPU_RUN) && (host.kicks[1] == 0U) && (host.quiet[1] == 0U));
    CHECK((phase_of(0U) == CPU_RUN) && (host_word[SW_CPU_REQUEST][0] == CPU_REQ_NONE));
    CHECK_EQ(host_word[SW_CPU_REQUEST][1], CPU_REQ_NONE);
    CHECK_EQ(host_word[SW_LOCK][0], 0U);
}

/** @test TC_RST_001 @verifies SWR_RST_001 @technique table @level unit */
static void who_may_begin_anew(void)
{
    begin();
    CHECK(restart_allowed(2U));
    CHECK(restart_allowed(3U));
    CHECK(!restart_allowed(BH_CELL_KERNEL));
    CHECK(!restart_allowed(BH_CELL_ROOT));
    for (uint64_t state = 0U; state <= BH_STATES; state++) {
        host_word[SW_CELL_STATE][2] = state;
        CHECK_EQ(restart_allowed(2U), state == BH_STATE_RUNNING);
    }
    begin();
    plan.cells[2].flags |= BH_CELL_MEASURED;
    CHECK(!restart_allowed(2U));
    plan.cells[2].flags = BH_CELL_CONTINUE | BH_CELL_INJECTED;
    CHECK(restart_allowed(2U));
    for (uint32_t k = 0U; k < BH_DIGEST_WORDS; k++) {
        plan.policy[2].digest[k] = 1U;
        CHECK(!restart_allowed(2U));
        plan.policy[2].digest[k] = 0U;
    }
    CHECK(restart_allowed(2U));
}

/** Root on CPUs 0 and 2, cell 3 on CPU 1, CPU 3 of root is off; the plan lets root begin anew. */
static void root_begins(void)
{
    begin();
    host_word[SW_CELL_STATE][2] = BH_STATE_ABSENT;
    for (uint32_t cpu = 2U; cpu < 4U; cpu++) {
        host_word[SW_CPU_CELL][cpu] = BH_CELL_ROOT;
    }
    host_word[SW_CPU_STATE][0] = CPU_RUN;
    host_word[SW_CPU_STATE][3] = CPU_OFF;
    plan.cells[BH_CELL_ROOT].flags |= BH_CELL_RESTART;
    plan.cells[BH_CELL_ROOT].entry = ENTRY;
    plan.cells[BH_CELL_ROOT].comm = COMM;
    host.n_resets = 0U;
}

/** @test TC_RST_011 @verifies SWR_RST_006 SWR_RST_003 @technique state @level unit */
static void root_begins_anew(void)
{
    for (uint32_t asks_first = 0U; asks_first < 4U; asks_first += 2U) {
        root_begins();
        CHECK(restart_allowed(BH_CELL_ROOT));
        restart_ask(asks_first);
        CHECK_EQ(host.kicks[1], 0U); /* CPU 1 is the cell's */
        for (uint32_t cpu = 4U; cpu < BH_CPUS_MAX; cpu++) {
            CHECK((host_word[SW_CPU_REQUEST][cpu] == CPU_REQ_NONE) && (host.kicks[cpu] == 0U));
        }
        for (uint32_t turn = 0U; turn < 3U; turn++) {
            (void)passes(3U);
            (void)passes(2U);
            (void)passes(0U);
        }
        CHECK_EQ(phase_of(0U), CPU_RUN);
        CHECK((phase_of(2U) == CPU_OFF) && (phase_of(3U) == CPU_OFF));
        CHECK_EQ(phase_of(1U), CPU_RUN);
        CHECK((cpu_entry[0] == ENTRY) && (cpu_context[0] == COMM));
        CHECK((host.n_resets == 1U) && (host.resets[0].cell == BH_CELL_ROOT) &&
              (host.resets[0].cpu == 0U));
        CHECK_EQ(event_back(0U)->id, BH_EV_CELL_RESTARTED);
        CHECK_EQ(event_back(0U)->cell, BH_CELL_ROOT);
        CHECK_EQ(state_of(BH_CELL_ROOT), BH_STATE_RUNNING);
    }
}

/** @test TC_RST_014 @verifies SWR_RST_006 @technique race @level unit */
static void messages_that_are_not_at_rest(void)
{
    root_begins();
    host.busy = 2U;
    restart_ask(0U);
    for (uint32_t turn = 0U; turn < 2U; turn++) {
        (void)passes(3U);
        (void)passes(2U);
    }
    for (uint32_t turn = 0U; turn < 2U; turn++) {
        uint32_t kicks = host.kicks[0];

        (void)passes(0U);
        CHECK_EQ(phase_of(0U), CPU_RESET); /* not yet; it comes back by itself */
        CHECK_EQ(host.kicks[0], kicks + 1U);
        CHECK_EQ(status_page.cells[BH_CELL_ROOT].starts, 0U);
    }
    (void)passes(0U);
    CHECK_EQ(host.anew[0], 3U);
    (void)passes(0U);
    CHECK_EQ(phase_of(0U), CPU_RUN);
    root_begins(); /* another cell has none */
    host.busy = 1U;
    restart_ask(1U);
    (void)passes(1U);
    (void)passes(1U);
    CHECK_EQ(phase_of(1U), CPU_RUN);
    CHECK_EQ(host.busy, 1U);
}

/** @test TC_RST_012 @verifies SWR_RST_006 @technique table @level unit */
static void where_root_begins(void)
{
    root_begins(); /* a cell may have CPU 0: root begins on CPU 2, although CPU 0 is root's now */
    plan.cells[3].cpus = 3U;
    plan.cells[2].cpus = 8U;
    restart_ask(0U);
    for (uint32_t turn = 0U; turn < 3U; turn++) {
        (void)passes(0U);
        (void)passes(2U);
        (void)passes(3U);
    }
    CHECK((phase_of(2U) == CPU_RUN) && (phase_of(0U) == CPU_OFF));
    root_begins(); /* root has no such CPU: the plan's rules exclude it; the first one serves */
    plan.cells[1].cpus = 0U;
    restart_ask(2U);
    for (uint32_t turn = 0U; turn < 3U; turn++) {
        (void)passes(3U);
        (void)passes(2U);
        (void)passes(0U);
    }
    CHECK_EQ(phase_of(0U), CPU_RUN);
}

/** @test TC_RST_013 @verifies SWR_RST_006 SWR_RST_001 @technique table @level unit */
static void root_without_leave(void)
{
    root_begins();
    plan.cells[BH_CELL_ROOT].flags = BH_CELL_CONTINUE | BH_CELL_AUTOSTART;
    CHECK(!restart_allowed(BH_CELL_ROOT));
    root_begins();
    host_word[SW_CELL_STATE][BH_CELL_ROOT] = BH_STATE_STOPPED;
    CHECK(!restart_allowed(BH_CELL_ROOT));
    CHECK(!restart_allowed(BH_CELL_KERNEL));
}

/** @test TC_RST_002 @verifies SWR_RST_002 SWR_RST_003 SWR_RST_004 @technique state-table @level unit */
static void whichever_cpu_asks(void)
{
    for (uint32_t who = 2U; who < 4U; who++) {
        uint32_t other = 5U - who;

        begin();
        asks(who);
        CHECK_EQ(phase_of(who), CPU_RESET);
        CHECK_EQ(status_page.cpus[who].state, BH_CPU_PARKED);
        CHECK_EQ(host.quiet[who], 1U);
        CHECK_EQ(host_word[SW_CPU_REQUEST][other], CPU_REQ_RESET);
        CHECK_EQ(host.kicks[other], 1U);
        CHECK_EQ(passes(who), CPU_WAIT); /* not before the other has come */
        CHECK_EQ(phase_of(who), (who == 2U) ? CPU_RESET : CPU_OFF);
        CHECK_EQ(events(), 0U);
        CHECK_EQ(passes(other), CPU_WAIT);
        CHECK_EQ(host.quiet[other], 1U);
        if (who == 2U) {
            CHECK_EQ(phase_of(3U), CPU_OFF);
            CHECK_EQ(status_page.cpus[3].state, BH_CPU_OFF);
            CHECK(host.kicks[2] > 0U); /* the last one tells the first */
            CHECK_EQ(passes(2U), CPU_WAIT);
        }
        begun(1U);
    }
}

/** @test TC_RST_003 @verifies SWR_RST_003 @technique state-table @level unit */
static void in_every_phase_of_the_other_cpu(void)
{
    for (uint32_t phase = CPU_ABSENT; phase <= CPU_RESET; phase++) {
        begin();
        host_word[SW_CPU_STATE][2] = CPU_RESET;
        host_word[SW_CPU_STATE][3] = phase;
        CHECK_EQ(passes(2U), CPU_WAIT);
        CHECK_EQ(phase_of(2U), (phase == CPU_OFF) ? CPU_STARTING : CPU_RESET);
        CHECK_EQ(host_word[SW_CPU_REQUEST][3],
                 ((phase == CPU_OFF) || (phase == CPU_RESET)) ? CPU_REQ_NONE : CPU_REQ_RESET);
        CHECK_EQ(events(), (phase == CPU_OFF) ? 1U : 0U);
        /* What is asked of the other CPU keeps the first waiting. */
        begin();
        host_word[SW_CPU_STATE][2] = CPU_RESET;
        host_word[SW_CPU_STATE][3] = CPU_OFF;
        host_word[SW_CPU_REQUEST][3] = (phase % 4U) + 1U;
        CHECK_EQ(passes(2U), CPU_WAIT);
        CHECK_EQ(phase_of(2U), CPU_RESET);
        CHECK_EQ(host_word[SW_CPU_REQUEST][3], (phase % 4U) + 1U);
    }
    begin(); /* a CPU that waits for another reason has no part in it */
    host_word[SW_CPU_STATE][2] = CPU_OFF;
    host_word[SW_CPU_STATE][3] = CPU_OFF;
    CHECK_EQ(passes(2U), CPU_WAIT);
    CHECK_EQ(passes(3U), CPU_WAIT);
    CHECK((phase_of(2U) == CPU_OFF) && (phase_of(3U) == CPU_OFF) && (events() == 0U));
    CHECK_EQ(host.kicks[2] + host.kicks[3], 0U);
}

/** @test TC_RST_004 @verifies SWR_RST_003 @technique race @level unit */
static void a_cpu_that_is_switched_on_meanwhile(void)
{
    begin();
    asks(2U);
    CHECK_EQ(passes(3U), CPU_WAIT);
    CHECK(cpu_start(3U, CPU_OFF, 0x4444U, 0U));
    CHECK_EQ(passes(2U), CPU_WAIT); /* asked again, in place of the start */
    CHECK_EQ(host_word[SW_CPU_REQUEST][3], CPU_REQ_RESET);
    CHECK_EQ(passes(3U), CPU_WAIT);
    CHECK_EQ(phase_of(3U), CPU_OFF);
    CHECK_EQ(passes(2U), CPU_WAIT);
    begun(1U);
}

static uint32_t looks;

/* CPU 3 asks, too, after the first one looked at it for the first time, and is off again at once. */
static void asks_between(enum host_access how, uint32_t word, uint32_t i, uint64_t value)
{
    (void)value;
    if ((how == HOST_LOAD) && (word == (uint32_t)SW_CPU_STATE) && (i == 3U)) {
        looks++;
        if (looks == 1U) {
            host_word[SW_CPU_REQUEST][2] = CPU_REQ_RESET;
        }
    }
}

/** @test TC_RST_005 @verifies SWR_RST_003 @technique race @level unit */
static void two_that_ask_at_once(void)
{
    begin();
    asks(2U);
    CHECK_EQ(passes(3U), CPU_WAIT);
    looks = 0U;
    host_on_access = asks_between;
    restart_go_on(2U);
    host_on_access = NULL;
    CHECK_EQ(looks, 2U);
    CHECK_EQ(phase_of(2U), CPU_RESET); /* the second look sees it */
    CHECK_EQ(passes(2U), CPU_WAIT);
    begun(1U);
    begin();
    asks(3U);
    asks(2U);
    CHECK_EQ(passes(2U), CPU_WAIT);
    CHECK_EQ(passes(3U), CPU_WAIT);
    CHECK_EQ(passes(2U), CPU_WAIT);
    begun(1U);
}

/** @test TC_RST_006 @verifies SWR_RST_002 SWR_RST_004 @technique race @level unit */
static void root_stops_it_meanwhile(void)
{
    for (uint32_t when = 0U; when < 5U; when++) {
        begin();
        host_on_access = others_answer;
        if (when > 0U) {
            asks(3U);
        }
        if (when > 1U) {
            (void)passes(3U);
        }
        if (when > 2U) {
            (void)passes(2U); /* begun: CPU 2 is about to enter */
        }
        if (when > 3U) {
            (void)passes(2U);
        }
        host.self = 0U;
        host_word[SW_CPU_REQUEST][0] = CPU_REQ_NONE;
        CHECK_EQ(cell_stop(0U, 2U).status, BH_OK);
        CHECK_EQ(state_of(2U), BH_STATE_STOPPED);
        for (uint32_t k = 0U; k < 3U; k++) { /* whoever passes then changes nothing */
            CHECK_EQ(passes(3U), CPU_WAIT);
            CHECK_EQ(passes(2U), CPU_WAIT);
        }
        CHECK((phase_of(2U) == CPU_PARKED) && (phase_of(3U) == CPU_PARKED));
        CHECK_EQ(state_of(2U), BH_STATE_STOPPED);
        CHECK_EQ(status_page.cells[2].starts, (when > 2U) ? 1U : 0U);
        host.self = 0U;
        CHECK_EQ(cell_start(0U, 2U).status, BH_OK);
        CHECK_EQ(phase_of(2U), CPU_STARTING);
    }
}

/** @test TC_RST_007 @verifies SWR_RST_002 SWR_RST_004 @technique race @level unit */
static void a_cell_that_ends_meanwhile(void)
{
    begin(); /* a request to park stands already */
    host_word[SW_CPU_REQUEST][2] = CPU_REQ_PARK;
    asks(3U);
    CHECK_EQ(host_word[SW_CPU_REQUEST][2], CPU_REQ_PARK);
    CHECK_EQ(passes(2U), CPU_WAIT);
    CHECK_EQ(phase_of(2U), CPU_PARKED);
    CHECK_EQ(passes(3U), CPU_WAIT);
    CHECK_EQ(passes(2U), CPU_WAIT);
    CHECK_EQ(phase_of(2U), CPU_PARKED);
    begin(); /* a violation by the CPU that has been asked */
    asks(2U);
    host.self = 3U;
    cell_end(3U, BH_STATE_FAILED);
    CHECK_EQ(passes(3U), CPU_WAIT);
    CHECK_EQ(phase_of(3U), CPU_PARKED); /* parked stays parked */
    CHECK_EQ(host_word[SW_CPU_REQUEST][3], CPU_REQ_NONE);
    CHECK_EQ(passes(2U), CPU_WAIT);
    CHECK_EQ(phase_of(2U), CPU_PARKED);
    CHECK_EQ(state_of(2U), BH_STATE_FAILED);
    begin(); /* ended, and the request to park is still to come */
    host_word[SW_CELL_STATE][2] = BH_STATE_FAILED;
    host_word[SW_CPU_STATE][2] = CPU_RESET;
    host_word[SW_CPU_STATE][3] = CPU_OFF;
    CHECK_EQ(passes(2U), CPU_WAIT);
    CHECK_EQ(phase_of(2U), CPU_RESET);
    CHECK_EQ(events(), 0U);
}

/** @test TC_RST_008 @verifies SWR_RST_005 @technique state-table @level unit */
static void its_watchdog_begins_anew(void)
{
    static const uint64_t words[] = {WATCH_IDLE, WATCH_ARMED, WATCH_ENDING,
                                     ((WATCH_RUNS - 1U) * WATCH_WORDS) + WATCH_ARMED};

    for (uint32_t k = 0U; k < COUNT_OF(words); k++) {
        bool armed = (words[k] % WATCH_WORDS) == WATCH_ARMED;

        begin();
        plan.policy[2].watch_us = 20000U;
        plan.policy[2].watch_cpu = 1U;
        host_word[SW_WATCH][2] = words[k];
        host_word[SW_CPU_STATE][2] = CPU_RESET;
        host_word[SW_CPU_STATE][3] = CPU_OFF;
        CHECK_EQ(passes(2U), CPU_WAIT);
        CHECK_EQ(phase_of(2U), armed ? CPU_STARTING : CPU_RESET);
        CHECK_EQ(host_word[SW_WATCH][2], (k == 1U)   ? (WATCH_WORDS + WATCH_ARMED)
                                         : (k == 3U) ? WATCH_ARMED
                                                     : words[k]);
        CHECK_EQ(host.kicks[1], 0U); /* the CPU that watches is not disturbed */
    }
    begin(); /* nobody watches it */
    CHECK(watch_renew(2U));
    CHECK_EQ(host_word[SW_WATCH][2], 0U);
}

static void fails_it(enum host_access how, uint32_t word, uint32_t i, uint64_t value)
{
    (void)i;
    (void)value;
    if ((how == HOST_SWAP) && (word == (uint32_t)SW_WATCH)) {
        host_word[SW_WATCH][2] = WATCH_ENDING;
    }
}

/** @test TC_RST_009 @verifies SWR_RST_005 @technique race @level unit */
static void the_watchdog_is_faster(void)
{
    begin();
    plan.policy[2].watch_us = 20000U;
    host_word[SW_WATCH][2] = WATCH_ARMED;
    host_word[SW_CPU_STATE][2] = CPU_RESET;
    host_word[SW_CPU_STATE][3] = CPU_OFF;
    host_on_access = fails_it;
    CHECK_EQ(passes(2U), CPU_WAIT);
    host_on_access = NULL;
    CHECK_EQ(phase_of(2U), CPU_RESET);
    CHECK_EQ(host_word[SW_WATCH][2], WATCH_ENDING);
    CHECK_EQ(events(), 0U);
}

/** @test TC_RST_010 @verifies SWR_RST_004 @technique equivalence @level unit */
static void for_ever(void)
{
    begin();
    for (uint32_t k = 1U; k <= 300U; k++) { /* more than the ring of events holds */
        asks(2U);
        (void)passes(2U);
        (void)passes(3U);
        (void)passes(2U);
        CHECK_EQ(events(), k);
        if (k <= HOST_RESETS) {
            begun(k);
        } else {
            CHECK_EQ(passes(2U), CPU_ENTER);
        }
    }
    CHECK_EQ(status_page.cells[2].starts, 300U);
    CHECK_EQ(status_page.cells[2].events, 300U);
    CHECK((host.kicks[0] == 0U) && (host.kicks[1] == 0U));
}

int main(void)
{
    TEST(TC_RST_001, who_may_begin_anew);
    TEST(TC_RST_002, whichever_cpu_asks);
    TEST(TC_RST_003, in_every_phase_of_the_other_cpu);
    TEST(TC_RST_004, a_cpu_that_is_switched_on_meanwhile);
    TEST(TC_RST_005, two_that_ask_at_once);
    TEST(TC_RST_006, root_stops_it_meanwhile);
    TEST(TC_RST_007, a_cell_that_ends_meanwhile);
    TEST(TC_RST_008, its_watchdog_begins_anew);
    TEST(TC_RST_009, the_watchdog_is_faster);
    TEST(TC_RST_010, for_ever);
    TEST(TC_RST_011, root_begins_anew);
    TEST(TC_RST_012, where_root_begins);
    TEST(TC_RST_013, root_without_leave);
    TEST(TC_RST_014, messages_that_are_not_at_rest);
    return test_result();
}
