/* SPDX-License-Identifier: Apache-2.0 */
/** @file test_watch.c
 * Cell watchdog: when it looks, what it does with a heart that stands still, and what it leaves alone.
 * @link src/core/watch.c
 * @link src/core/hwerr.c
 * @link src/core/lock.c
 * @link src/core/measure.c @link src/core/sha256.c
 * @link src/core/prep.c
 * @link src/core/cell.c
 * @link src/core/cpu.c
 * @link src/core/bits.c
 * @link src/core/event.c
 * @link src/core/part.c
 * @link src/core/plan.c
 * @link src/core/plan_watch.c @link src/core/plan_window.c @link src/core/plan_call.c
 * @link src/core/crc.c
 * @link src/core/plan_crc.c
 * @link src/core/plan_claims.c
 * @link src/core/plan_policy.c
 * @link src/arch/aarch64/s2.c
 * @link src/arch/host/shared.c
 * @link src/arch/host/machine.c
 * @link src/boards/qemu-virt-arm64/board.c
 */
#include "other_cpus.h"
#include "test.h"

#define US 5000U        /* deadline of cell 2, which CPU 0 watches */
#define US3 1000U       /* and of cell 3, when it is watched, too */
#define COMM3 0x101000U /* second page of cell 3's data */

/** The hearts of cells 2 and 3. */
static uint64_t *beat2, *beat3;

static uint64_t *heart(uint64_t ppn)
{
    uint64_t *words = (uint64_t *)(void *)host_page(ppn);

    CHECK(words != NULL);
    return &words[1];
}

/** Cell 2, or cells 2 and 3, watched by CPU 0. */
static void begin(bool both)
{
    CHECK(core_machine());
    memset(&watch_table, 0, sizeof(watch_table));
    plan.policy[2].watch_us = US;
    if (both) {
        plan.policy[3].watch_us = US3;
        plan.cells[3].comm = COMM3;
    }
    fixture_seal();
    CHECK_EQ(plan_check(&board_facts.plan), BH_OK);
    beat2 = heart(FIX_COMM2);
    beat3 = heart(FIX_CELL3_DATA + 1U);
    *beat2 = 0U;
    *beat3 = 0U;
    host.step = 0U;
}

/** Destroy a cell, as often as it takes to clear its memory. */
static uint32_t destroy(uint32_t cell)
{
    uint32_t status = BH_E_HC_AGAIN;

    for (uint32_t k = 0U; (k < 4096U) && (status == BH_E_HC_AGAIN); k++) {
        status = cell_destroy(0U, cell).status;
    }
    return status;
}

static void start(uint32_t cell, uint32_t first)
{
    if (state_of(cell) == BH_STATE_ABSENT) {
        CHECK_EQ(cell_create(0U, cell, true).status, BH_OK);
    }
    if (state_of(cell) == BH_STATE_CREATED) {
        CHECK_EQ(cell_load(0U, cell).status, BH_OK);
    }
    CHECK_EQ(cell_start(0U, cell).status, BH_OK);
    CHECK_EQ(as_cpu(first), CPU_ENTER);
}

/** CPU 0 comes to EL2 after @p us. */
static void later(uint64_t us)
{
    host.now += us;
    watch_serve(0U);
}

static uint64_t phase_of_watch(uint32_t cell)
{
    return host_word[SW_WATCH][cell] % WATCH_WORDS;
}

static uint32_t counted(uint32_t id)
{
    uint32_t n = 0U;

    for (uint64_t k = 0U; k < events(); k++) {
        n += (status_page.events[k % BH_EVENTS].id == id) ? 1U : 0U;
    }
    return n;
}

/** @test TC_WDG_002 @verifies SWR_WDG_002 SWR_WDG_003 SWR_WDG_004 SWR_WDG_007 @technique bva
 * @level unit */
static void a_heart_that_beats(void)
{
    begin(false);
    watch_serve(0U); /* no run yet: the alarm is off */
    CHECK_EQ(host.alarm[0], ALARM_NEVER);
    host.kicks[0] = 0U;
    start(2U, 2U);
    CHECK_EQ(host.kicks[0], 1U); /* the CPU that watches hears of it */
    CHECK_EQ(phase_of_watch(2U), WATCH_ARMED);
    watch_serve(0U);
    CHECK_EQ(host.alarm[0], host.now + US);
    for (uint32_t k = 0U; k < 10U; k++) {
        uint64_t due = host.now + US;

        later(US - 1U); /* a kick: nothing is due, the alarm stays */
        CHECK_EQ(host.alarm[0], due);
        *beat2 += (k == 0U) ? 1U : (k * 0x100000000ULL);
        later(1U);
        CHECK_EQ(host.alarm[0], due + US);
        CHECK_EQ(state_of(2U), BH_STATE_RUNNING);
    }
    CHECK_EQ(counted(BH_EV_WATCHDOG), 0U);
    for (uint32_t cpu = 1U; cpu < BH_CPUS_MAX; cpu++) { /* no other CPU has an alarm */
        watch_serve(cpu);
        CHECK_EQ(host.alarms[cpu], 0U);
    }
}

/** @test TC_WDG_003 @verifies SWR_WDG_004 SWR_WDG_005 @technique bva @level unit */
static void a_heart_that_stands_still(void)
{
    for (uint32_t beats = 0U; beats < 3U; beats++) {
        begin(false);
        start(2U, 2U);
        watch_serve(0U);
        for (uint32_t k = 0U; k < beats; k++) {
            *beat2 += 7U;
            later(US);
        }
        host.kicks[1] = 0U;
        host.kicks[2] = 0U;
        host.kicks[3] = 0U;
        host_word[SW_CPU_STATE][2] = CPU_RUN;
        later(US - 1U);
        CHECK_EQ(state_of(2U), BH_STATE_RUNNING);
        later(1U);
        CHECK_EQ(state_of(2U), BH_STATE_FAILED);
        CHECK_EQ(status_page.cells[2].state, BH_STATE_FAILED);
        CHECK_EQ(event_back(0U)->id, BH_EV_WATCHDOG);
        CHECK((event_back(0U)->a == 2U) && (event_back(0U)->b == (beats * 7U)));
        CHECK((event_back(0U)->cpu == 0U) && (event_back(0U)->cell == 2U));
        CHECK_EQ(phase_of_watch(2U), WATCH_IDLE);
        for (uint32_t cpu = 0U; cpu < BH_CPUS_MAX; cpu++) { /* nobody else's CPU is asked */
            bool asked = (cpu == 2U) || (cpu == 3U);

            CHECK_EQ(host_word[SW_CPU_REQUEST][cpu], asked ? CPU_REQ_PARK : CPU_REQ_NONE);
            CHECK((cpu == 0U) || (host.kicks[cpu] == (asked ? 1U : 0U)));
        }
        CHECK_EQ(as_cpu(2U), CPU_WAIT);
        CHECK_EQ(as_cpu(3U), CPU_WAIT);
        later(US); /* both have parked: nothing more to do */
        CHECK_EQ(host.alarm[0], ALARM_NEVER);
        CHECK_EQ(counted(BH_EV_WATCHDOG), 1U);
        CHECK_EQ(counted(BH_EV_KICK_STAGE2), 0U);
        CHECK_EQ(destroy(2U), BH_OK);
    }
}

/** @test TC_WDG_004 @verifies SWR_WDG_008 @technique table @level unit */
static void a_cpu_that_does_not_park(void)
{
    begin(false);
    start(2U, 2U);
    watch_serve(0U);
    other_after[2] = NEVER;
    other_after[3] = NEVER;
    later(US);
    CHECK_EQ(state_of(2U), BH_STATE_FAILED);
    host_word[SW_LOCK][0] = 2U; /* another CPU reconfigures: the next look tries again */
    later(US);
    CHECK_EQ(counted(BH_EV_KICK_STAGE2), 0U);
    CHECK_EQ(host.alarm[0], host.now + US);
    CHECK_EQ(host_word[SW_LOCK][0], 2U);
    host_word[SW_LOCK][0] = 0U;
    CHECK(walk(2U, 0U) != 0U);
    host.flushes = 0U;
    later(US);
    CHECK_EQ(event_back(0U)->id, BH_EV_KICK_STAGE2);
    CHECK((event_back(0U)->a == 3U) && (event_back(0U)->cell == 2U));
    CHECK_EQ(walk(2U, 0U), 0U);
    CHECK_EQ(host.flushes, 1U);
    CHECK_EQ(host_word[SW_LOCK][0], 0U);
    CHECK_EQ(host.alarm[0], ALARM_NEVER);
    later(10U * US);
    CHECK_EQ(counted(BH_EV_KICK_STAGE2), 1U);
    other_after[2] = 0U;
    other_after[3] = 0U;
    CHECK_EQ(cell_stop(0U, 2U).status, BH_OK); /* and can be started again */
    start(2U, 2U);
    CHECK(walk(2U, 0U) != 0U);
}

static uint32_t answers_at; /* CPU that parks when the lock is taken, or BH_CPUS_MAX */
static uint64_t state_at;

static void meanwhile(enum host_access how, uint32_t word, uint32_t i, uint64_t value)
{
    (void)i;
    if ((how == HOST_SWAP) && (word == (uint32_t)SW_LOCK) && (value != 0U)) {
        host_on_access = NULL;
        if (answers_at < BH_CPUS_MAX) {
            (void)as_cpu(2U);
            (void)as_cpu(3U);
        } else {
            host_word[SW_CELL_STATE][2] = state_at;
        }
    }
}

/** @test TC_WDG_005 @verifies SWR_WDG_008 @technique race @level unit */
static void what_happens_before_the_lock_is_taken(void)
{
    for (uint32_t k = 0U; k < 2U; k++) {
        begin(false);
        start(2U, 2U);
        watch_serve(0U);
        later(US);
        answers_at = (k == 0U) ? 2U : BH_CPUS_MAX;
        state_at = BH_STATE_STOPPED;
        host_on_access = meanwhile;
        later(US);
        CHECK_EQ(counted(BH_EV_KICK_STAGE2), 0U);
        CHECK(walk(2U, 0U) != 0U);
        CHECK_EQ(host_word[SW_LOCK][0], 0U);
        CHECK_EQ(host.alarm[0], ALARM_NEVER);
    }
}

/** @test TC_WDG_006 @verifies SWR_WDG_002 SWR_WDG_006 @technique state @level unit */
static void a_stopped_cell_and_its_next_run(void)
{
    begin(false);
    start(2U, 2U);
    watch_serve(0U);
    later(US / 2U);
    CHECK_EQ(cell_stop(0U, 2U).status, BH_OK);
    CHECK_EQ(phase_of_watch(2U), WATCH_IDLE);
    start(2U, 2U); /* within one deadline, and the heartbeat as it was at the last look */
    later(US / 2U); /* the first look of the new run is one deadline from here */
    CHECK_EQ(host.alarm[0], host.now + US);
    later(US - 1U);
    CHECK_EQ(state_of(2U), BH_STATE_RUNNING);
    later(1U);
    CHECK_EQ(state_of(2U), BH_STATE_FAILED);
    CHECK_EQ(cell_stop(0U, 2U).status, BH_OK);
    later(US); /* a cell that is stopped is not looked at, and is not stopped again */
    later(US);
    CHECK_EQ(state_of(2U), BH_STATE_STOPPED);
    CHECK_EQ(counted(BH_EV_WATCHDOG), 1U);
    CHECK_EQ(host.alarm[0], ALARM_NEVER);
    start(2U, 2U);
    watch_serve(0U);
    CHECK_EQ(destroy(2U), BH_OK);
    later(5U * US);
    CHECK_EQ(counted(BH_EV_WATCHDOG), 1U);
    for (uint32_t cpu = 0U; cpu < BH_CPUS_MAX; cpu++) {
        CHECK_EQ(host_word[SW_CPU_REQUEST][cpu], CPU_REQ_NONE);
    }
    host_word[SW_WATCH][2] = UINT64_MAX - 3U; /* the last number of a run */
    watch_serve(0U);
    start(2U, 2U);
    CHECK_EQ(host_word[SW_WATCH][2], WATCH_ARMED);
}

/** @test TC_WDG_007 @verifies SWR_WDG_005 SWR_WDG_006 @technique state @level unit */
static void a_cell_that_ended_by_itself(void)
{
    static const uint32_t states[] = {BH_STATE_STOPPED, BH_STATE_FAILED};

    for (uint32_t k = 0U; k < 2U; k++) {
        begin(false);
        start(2U, 2U);
        watch_serve(0U);
        cell_end(2U, states[k]);
        CHECK_EQ(as_cpu(2U), CPU_WAIT);
        CHECK_EQ(as_cpu(3U), CPU_WAIT);
        later(US);
        CHECK_EQ(state_of(2U), states[k]);
        CHECK_EQ(counted(BH_EV_WATCHDOG), 0U);
        CHECK_EQ(phase_of_watch(2U), WATCH_IDLE);
        CHECK_EQ(host_word[SW_CPU_REQUEST][2], CPU_REQ_NONE);
        later(US);
        CHECK_EQ(host.alarm[0], ALARM_NEVER);
    }
}

/** @test TC_WDG_008 @verifies SWR_WDG_006 @technique race @level unit */
static void no_change_while_the_watchdog_acts(void)
{
    struct outcome out;

    begin(false);
    start(2U, 2U);
    host_word[SW_WATCH][2] += 1U; /* ENDING */
    for (uint32_t k = 0U; k < 2U; k++) {
        out = (k == 0U) ? cell_stop(0U, 2U) : cell_destroy(0U, 2U);
        CHECK_EQ(out.status, BH_E_HC_BUSY);
        CHECK_EQ(out.a, 0U);
        CHECK_EQ(state_of(2U), BH_STATE_RUNNING);
        CHECK_EQ(cell_of(2U), 2U);
    }
    host_word[SW_CELL_STATE][2] = BH_STATE_STOPPED;
    CHECK_EQ(cell_load(0U, 2U).status, BH_E_HC_BUSY);
    CHECK_EQ(cell_start(0U, 2U).status, BH_E_HC_BUSY);
    CHECK_EQ(state_of(2U), BH_STATE_STOPPED);
    host_word[SW_WATCH][2] -= 2U; /* IDLE */
    CHECK_EQ(cell_load(0U, 2U).status, BH_OK);
}

static uint32_t other_does; /* what root does just before the watchdog's swap: 0 stop, 1 restart */

static void root_is_faster(enum host_access how, uint32_t word, uint32_t i, uint64_t value)
{
    (void)i;
    if ((how == HOST_SWAP) && (word == (uint32_t)SW_WATCH) &&
        ((value % WATCH_WORDS) == (uint64_t)WATCH_ENDING)) {
        host_on_access = others_answer;
        CHECK_EQ(cell_stop(1U, 2U).status, BH_OK);
        if (other_does == 1U) {
            start(2U, 2U);
        }
        CHECK(watch_close(3U)); /* another cell's is nobody's concern */
    }
}

static void the_watchdog_is_faster(enum host_access how, uint32_t word, uint32_t i, uint64_t value)
{
    (void)i;
    if ((how == HOST_SWAP) && (word == (uint32_t)SW_WATCH) &&
        ((value % WATCH_WORDS) == (uint64_t)WATCH_IDLE)) {
        host_on_access = NULL;
        later(US);
        CHECK_EQ(state_of(2U), BH_STATE_FAILED);
    }
}

/** @test TC_WDG_009 @verifies SWR_WDG_006 @technique race @level unit */
static void root_and_the_watchdog_at_once(void)
{
    for (other_does = 0U; other_does < 2U; other_does++) {
        begin(false);
        start(2U, 2U);
        watch_serve(0U);
        host_on_access = root_is_faster;
        later(US);
        CHECK_EQ(state_of(2U), (other_does == 1U) ? BH_STATE_RUNNING : BH_STATE_STOPPED);
        CHECK_EQ(counted(BH_EV_WATCHDOG), 0U);
        CHECK_EQ(host_word[SW_CPU_REQUEST][2], CPU_REQ_NONE);
        CHECK_EQ(phase_of_watch(2U), (other_does == 1U) ? WATCH_ARMED : WATCH_IDLE);
        later(1U); /* a new run is met as one */
        CHECK_EQ(host.alarm[0], (other_does == 1U) ? (host.now + US) : ALARM_NEVER);
    }
    begin(false);
    start(2U, 2U);
    watch_serve(0U);
    host_on_access = the_watchdog_is_faster;
    CHECK_EQ(cell_stop(0U, 2U).status, BH_E_HC_BUSY);
    CHECK_EQ(state_of(2U), BH_STATE_FAILED);
    host_on_access = others_answer;
    CHECK_EQ(cell_stop(0U, 2U).status, BH_OK);
}

/** @test TC_WDG_010 @verifies SWR_WDG_004 SWR_WDG_007 @technique pairwise @level unit */
static void two_cells_and_one_alarm(void)
{
    begin(true);
    start(2U, 2U);
    start(3U, 1U);
    watch_serve(0U);
    CHECK_EQ(host.alarm[0], host.now + US3);
    for (uint32_t k = 1U; k < 5U; k++) {
        *beat3 += 1U;
        later(US3);
        CHECK_EQ(host.alarm[0], host.now + US3);
    }
    *beat3 += 1U; /* at 5,000 both are due */
    later(US3);
    CHECK_EQ(state_of(2U), BH_STATE_FAILED);
    CHECK_EQ(state_of(3U), BH_STATE_RUNNING);
    CHECK_EQ(host_word[SW_CPU_REQUEST][1], CPU_REQ_NONE);
    later(US3);
    CHECK_EQ(state_of(3U), BH_STATE_FAILED);
    CHECK_EQ(host_word[SW_CPU_REQUEST][1], CPU_REQ_PARK);
    CHECK_EQ(host.alarm[0], host.now + US3);
}

/** @test TC_WDG_011 @verifies SWR_WDG_001 SWR_WDG_003 SWR_WDG_004 @technique equivalence @level unit */
static void values_that_no_accepted_plan_has(void)
{
    begin(false);
    plan.policy[2].watch_us = 0xFFFFFFFFU;
    start(2U, 2U);
    watch_serve(0U);
    CHECK_EQ(host.alarm[0], host.now + BH_WATCH_US_MAX);
    begin(false);
    plan.cells[2].comm = 0x300000U; /* in no region: nothing is read, and it has failed */
    start(2U, 2U);
    watch_serve(0U);
    CHECK_EQ(watch_table.of[0][2].ppn, 0U);
    host_memory.n_calls = 0U;
    later(US);
    CHECK_EQ(host_memory.n_calls, 0U);
    CHECK_EQ(state_of(2U), BH_STATE_FAILED);
    begin(false);
    plan.regions[FIX_REGIONS].own = 2U; /* beyond the list */
    plan.regions[FIX_REGIONS].ipn = 0x200U;
    plan.regions[FIX_REGIONS].n = 1U;
    start(2U, 2U);
    watch_serve(0U);
    CHECK_EQ(watch_table.of[0][2].ppn, FIX_COMM2);
    CHECK_EQ(host_memory.calls[host_memory.n_calls - 1U].ppn, FIX_COMM2);
    CHECK_EQ(host_memory.calls[host_memory.n_calls - 1U].at, 1U);
    begin(true); /* not the first page of its region */
    start(3U, 1U);
    watch_serve(0U);
    CHECK_EQ(watch_table.of[0][3].ppn, FIX_CELL3_DATA + 1U);
    begin(true); /* in its lower region */
    plan.cells[3].comm = 0x1000U;
    start(3U, 1U);
    watch_serve(0U);
    CHECK_EQ(watch_table.of[0][3].ppn, FIX_CELL3 + 1U);
    begin(false); /* a cell that is not watched */
    plan.policy[2].watch_us = 0U;
    start(2U, 2U);
    CHECK_EQ(host_word[SW_WATCH][2], 0U);
    watch_serve(0U);
    CHECK_EQ(host.alarms[0], 0U);
}

int main(void)
{
    TEST(TC_WDG_002, a_heart_that_beats);
    TEST(TC_WDG_003, a_heart_that_stands_still);
    TEST(TC_WDG_004, a_cpu_that_does_not_park);
    TEST(TC_WDG_005, what_happens_before_the_lock_is_taken);
    TEST(TC_WDG_006, a_stopped_cell_and_its_next_run);
    TEST(TC_WDG_007, a_cell_that_ended_by_itself);
    TEST(TC_WDG_008, no_change_while_the_watchdog_acts);
    TEST(TC_WDG_009, root_and_the_watchdog_at_once);
    TEST(TC_WDG_010, two_cells_and_one_alarm);
    TEST(TC_WDG_011, values_that_no_accepted_plan_has);
    return test_result();
}
