/* SPDX-License-Identifier: Apache-2.0 */
/** @file test_lock.c
 * Lock-down: who may lock what, what a lock refuses, that it only ever grows, whatever other CPUs do.
 * @link src/core/lock.c
 * @link src/core/hcall.c
 * @link src/core/cell.c
 * @link src/core/watch.c
 * @link src/core/hwerr.c
 * @link src/core/plan_watch.c @link src/core/plan_window.c @link src/core/plan_call.c
 * @link src/core/cpu.c
 * @link src/core/measure.c @link src/core/sha256.c
 * @link src/core/prep.c
 * @link src/core/bits.c
 * @link src/core/event.c
 * @link src/core/part.c
 * @link src/core/plan.c
 * @link src/core/crc.c @link src/core/plan_crc.c @link src/core/plan_claims.c @link src/core/plan_policy.c
 * @link src/core/init.c
 * @link src/arch/aarch64/s2.c
 * @link src/arch/host/shared.c
 * @link src/arch/host/machine.c
 * @link src/boards/qemu-virt-arm64/board.c
 */
#include "core/hcall.h"
#include "core/lock.h"
#include "other_cpus.h"
#include "test.h"

#define ALL BH_LOCK_ALL
#define ROOT_CPU 0U
#define CELL_CPU 2U /* of cell 2 */

static uint64_t lock_of(uint32_t row)
{
    return host_word[SW_CELL_LOCK][row];
}

/** CPU 0 runs root, CPU 2 cell 2. */
static void machine(void)
{
    CHECK(core_machine());
    host_word[SW_CPU_CELL][CELL_CPU] = 2U;
}

/** Root's call about cell 2, made again as long as pages are left to clear. */
static uint32_t whole(uint64_t number)
{
    uint32_t status = (uint32_t)BH_E_HC_AGAIN;

    for (uint32_t k = 0U; (k < 1000U) && (status == (uint32_t)BH_E_HC_AGAIN); k++) {
        status = hcall(ROOT_CPU, number, 2U).status;
    }
    return status;
}

static void refuses(uint32_t cpu, uint64_t asked, uint32_t status, uint64_t a, uint64_t b)
{
    struct outcome out = hcall(cpu, BH_HC_LOCK, asked);

    CHECK_EQ(out.status, status);
    CHECK_EQ(out.a, a);
    CHECK_EQ(out.b, b);
    CHECK_EQ(event_back(0U)->id, BH_EV_REFUSED);
    CHECK_EQ(event_back(0U)->a, BH_HC_LOCK);
    CHECK_EQ(event_back(0U)->b, status);
    for (uint32_t row = 0U; row < BH_CELLS_MAX; row++) {
        CHECK_EQ(lock_of(row), 0U);
    }
}

/** @test TC_LCK_001 @verifies SWR_LCK_001 SWR_LCK_003 SWR_LCK_006 @technique exhaustive @level unit */
static void a_cell_locks_its_own(void)
{
    for (uint32_t cell = 1U; cell < 4U; cell++) {
        for (uint64_t scopes = 1U; scopes <= BH_LOCK_SCOPES; scopes++) {
            struct outcome out;

            machine();
            host_word[SW_CPU_CELL][CELL_CPU] = cell;
            if ((cell != BH_CELL_ROOT) && ((scopes & BH_LOCK_DISABLE) != 0U)) {
                refuses(CELL_CPU, scopes, BH_E_HC_PERMISSION, cell, BH_HC_LOCK);
                continue;
            }
            out = hcall(CELL_CPU, BH_HC_LOCK, scopes);
            CHECK_EQ(out.status, BH_OK);
            CHECK_EQ(out.a, scopes);
            CHECK_EQ(out.b, 0U);
            for (uint32_t row = 0U; row < BH_CELLS_MAX; row++) {
                CHECK_EQ(lock_of(row), (row == cell) ? scopes : 0U);
                CHECK_EQ(status_page.cells[row].locks, (row == cell) ? scopes : 0U);
            }
            CHECK_EQ(status_page.locks, 0U);
            CHECK_EQ(events(), 1U);
            CHECK_EQ(event_back(0U)->id, BH_EV_LOCKED);
            CHECK_EQ(event_back(0U)->cpu, CELL_CPU);
            CHECK_EQ(event_back(0U)->cell, cell);
            CHECK_EQ(event_back(0U)->a, cell);
            CHECK_EQ(event_back(0U)->b, scopes);
        }
    }
}

/** @test TC_LCK_002 @verifies SWR_LCK_003 @technique bva @level unit */
static void what_is_no_scope_is_refused(void)
{
    static const uint64_t asked[] = {0U,          32U,          ALL,          ALL + 32U,
                                     0x40000001U, 0x100000001U, 0x180000001U, UINT64_MAX};

    for (uint32_t k = 0U; k < COUNT_OF(asked); k++) {
        for (uint32_t cpu = 0U; cpu < 3U; cpu += 2U) {
            machine();
            plan.policy[1].grants = BH_GRANT_LOCK_ALL;
            plan.policy[2].grants = BH_GRANT_LOCK_ALL;
            refuses(cpu, asked[k], BH_E_HC_LOCK_SCOPE, asked[k], ALL + BH_LOCK_SCOPES);
        }
    }
}

/** @test TC_LCK_003 @verifies SWR_LCK_003 @technique table @level unit */
static void a_lock_for_all_needs_the_grant(void)
{
    for (uint32_t cell = 0U; cell < BH_CELLS_MAX; cell++) {
        machine();
        host_word[SW_CPU_CELL][CELL_CPU] = cell;
        refuses(CELL_CPU, ALL + BH_LOCK_CREATE, BH_E_HC_PERMISSION, cell, BH_HC_LOCK);
        plan.policy[cell].grants = BH_GRANT_MEASURE; /* another grant is none */
        refuses(CELL_CPU, ALL + BH_LOCK_SCOPES, BH_E_HC_PERMISSION, cell, BH_HC_LOCK);
        if (cell != BH_CELL_KERNEL) {
            plan.policy[cell].grants = BH_GRANT_MEASURE + BH_GRANT_LOCK_ALL;
            CHECK_EQ(hcall(CELL_CPU, BH_HC_LOCK, ALL + BH_LOCK_CREATE).a, BH_LOCK_CREATE);
            CHECK_EQ(lock_of(BH_CELL_KERNEL), BH_LOCK_CREATE);
            CHECK_EQ(lock_of(cell), 0U);
            CHECK_EQ(status_page.locks, BH_LOCK_CREATE);
            CHECK_EQ(event_back(0U)->id, BH_EV_LOCKED);
            CHECK_EQ(event_back(0U)->a, LOCK_FOR_ALL);
            CHECK_EQ(event_back(0U)->b, BH_LOCK_CREATE);
        }
    }
}

/** @test TC_LCK_004 @verifies SWR_LCK_003 @technique equivalence @level unit */
static void the_kernel_locks_nothing(void)
{
    machine();
    host_word[SW_CPU_CELL][CELL_CPU] = BH_CELL_KERNEL;
    for (uint64_t scopes = 1U; scopes <= BH_LOCK_SCOPES; scopes++) {
        refuses(CELL_CPU, scopes, BH_E_HC_PERMISSION, BH_CELL_KERNEL, BH_HC_LOCK);
    }
}

/** @test TC_LCK_005 @verifies SWR_LCK_003 @technique equivalence @level unit */
static void to_disable_is_a_matter_of_all(void)
{
    machine();
    plan.policy[2].grants = BH_GRANT_LOCK_ALL;
    CHECK_EQ(hcall(CELL_CPU, BH_HC_LOCK, BH_LOCK_DISABLE + BH_LOCK_LOAD).a,
             BH_LOCK_DISABLE + BH_LOCK_LOAD);
    CHECK_EQ(lock_of(2U), BH_LOCK_LOAD);
    CHECK_EQ(lock_of(BH_CELL_KERNEL), BH_LOCK_DISABLE);
    CHECK_EQ(events(), 2U);
    CHECK_EQ(event_back(1U)->a, 2U);
    CHECK_EQ(event_back(0U)->a, LOCK_FOR_ALL);
}

/** @test TC_LCK_006 @verifies SWR_LCK_001 SWR_LCK_006 @technique state @level unit */
static void locks_grow_and_say_so_once(void)
{
    machine();
    CHECK_EQ(hcall(CELL_CPU, BH_HC_LOCK, BH_LOCK_CREATE).a, BH_LOCK_CREATE);
    CHECK_EQ(hcall(CELL_CPU, BH_HC_LOCK, BH_LOCK_CREATE).a, BH_LOCK_CREATE);
    CHECK_EQ(events(), 1U);
    CHECK_EQ(hcall(CELL_CPU, BH_HC_LOCK, BH_LOCK_CREATE + BH_LOCK_LOAD).a,
             BH_LOCK_CREATE + BH_LOCK_LOAD);
    CHECK_EQ(events(), 2U);
    CHECK_EQ(event_back(0U)->b, BH_LOCK_LOAD);
    CHECK_EQ(hcall(CELL_CPU, BH_HC_LOCK, BH_LOCK_START).a, 7U);
    CHECK_EQ(lock_of(2U), 7U);
    host_word[SW_CELL_LOCK][BH_CELL_KERNEL] = BH_LOCK_DISABLE;
    CHECK_EQ(hcall(CELL_CPU, BH_HC_LOCK, BH_LOCK_START).a, 7U + BH_LOCK_DISABLE);
}

/** What each call needs unlocked, from docs/spec/hypercalls.md. */
static const uint64_t needs[BH_HC_LOCK] = {0U,
                                           BH_LOCK_CREATE,
                                           BH_LOCK_LOAD,
                                           BH_LOCK_START,
                                           BH_LOCK_START,
                                           BH_LOCK_CREATE | BH_LOCK_START,
                                           BH_LOCK_DISABLE};

/** @test TC_LCK_007 @verifies SWR_LCK_002 @technique exhaustive @level unit */
static void each_call_meets_its_locks_and_no_others(void)
{
    for (uint64_t number = BH_HC_CELL_CREATE; number <= BH_HC_DISABLE; number++) {
        for (uint64_t scopes = 0U; scopes <= BH_LOCK_SCOPES; scopes++) {
            for (uint32_t row = 0U; row < 4U; row++) {
                uint32_t whose = (number == BH_HC_DISABLE) ? BH_CELL_ROOT : 2U;
                bool mine = (row == BH_CELL_KERNEL) || (row == whose);
                uint64_t bars = mine ? (scopes & needs[number]) : 0U;
                struct outcome out;

                machine();
                host_word[SW_CPU_CELL][CELL_CPU] = BH_CELL_ROOT;
                host_word[SW_CELL_LOCK][row] = scopes;
                out = hcall(ROOT_CPU, number, 2U);
                if (bars != 0U) {
                    CHECK_EQ(out.status, BH_E_HC_LOCKED);
                    CHECK_EQ(out.a, whose);
                    CHECK_EQ(out.b, bars);
                    CHECK_EQ(state_of(2U), BH_STATE_ABSENT);
                    CHECK_EQ(part_view, 0U);
                } else {
                    CHECK(out.status != BH_E_HC_LOCKED);
                }
                CHECK_EQ(host_word[SW_LOCK][0], 0U);
                CHECK_EQ(lock_of(row), scopes);
            }
        }
    }
}

/** @test TC_LCK_008 @verifies SWR_LCK_001 SWR_LCK_002 @technique state @level unit */
static void a_lock_outlives_the_cell(void)
{
    CHECK(core_machine());
    CHECK_EQ(whole(BH_HC_CELL_CREATE), BH_OK);
    CHECK_EQ(hcall(CELL_CPU, BH_HC_LOCK, BH_LOCK_LOAD).status, BH_OK);
    CHECK_EQ(whole(BH_HC_CELL_DESTROY), BH_OK);
    CHECK_EQ(whole(BH_HC_CELL_CREATE), BH_OK);
    CHECK_EQ(hcall(ROOT_CPU, BH_HC_CELL_LOAD, 2U).status, BH_E_HC_LOCKED);
    CHECK_EQ(lock_of(2U), BH_LOCK_LOAD);
}

/** @test TC_LCK_009 @verifies SWR_LCK_004 @technique table @level unit */
static void what_the_plan_demands_holds_from_the_first_start(void)
{
    static const uint32_t demands[] = {0U, BH_LOCK_START, BH_LOCK_SCOPES, BH_LOCK_DEBUG};

    for (uint32_t k = 0U; k < COUNT_OF(demands); k++) {
        CHECK(core_machine());
        plan.policy[2].locks = demands[k];
        CHECK_EQ(whole(BH_HC_CELL_CREATE), BH_OK);
        CHECK_EQ(hcall(ROOT_CPU, BH_HC_CELL_LOAD, 2U).status, BH_OK);
        CHECK_EQ(lock_of(2U) + lock_of(0U), 0U);
        CHECK_EQ(hcall(ROOT_CPU, BH_HC_CELL_START, 2U).status, BH_OK);
        CHECK_EQ(lock_of(2U), demands[k] & ~(uint64_t)BH_LOCK_DISABLE);
        CHECK_EQ(lock_of(BH_CELL_KERNEL), demands[k] & BH_LOCK_DISABLE);
        CHECK_EQ(hcall(ROOT_CPU, BH_HC_CELL_STOP, 2U).status,
                 ((demands[k] & BH_LOCK_START) != 0U) ? BH_E_HC_LOCKED : BH_OK);
    }
}

/** @test TC_LCK_010 @verifies SWR_LCK_004 SWR_PLN_001 @technique fault-injection @level unit */
static void a_start_that_is_refused_locks_nothing(void)
{
    CHECK(core_machine());
    plan.policy[2].locks = BH_LOCK_START;
    CHECK_EQ(whole(BH_HC_CELL_CREATE), BH_OK);
    CHECK_EQ(hcall(ROOT_CPU, BH_HC_CELL_LOAD, 2U).status, BH_OK);
    host_word[SW_CPU_STATE][1] = CPU_RUN;
    other_after[1] = NEVER;
    CHECK_EQ(hcall(ROOT_CPU, BH_HC_CELL_START, 2U).status, BH_E_HC_TIMEOUT);
    CHECK_EQ(lock_of(2U), 0U);
    other_after[1] = 0U;
    (void)as_cpu(1U);
    CHECK_EQ(hcall(ROOT_CPU, BH_HC_CELL_START, 2U).status, BH_OK);
    CHECK_EQ(lock_of(2U), BH_LOCK_START);
}

/** @test TC_LCK_011 @verifies SWR_LCK_005 @technique equivalence @level unit */
static void debug_is_trapped_at_once_on_the_cpu_that_locks(void)
{
    static const uint64_t asked[] = {BH_LOCK_CREATE, BH_LOCK_DEBUG,
                                     BH_LOCK_SCOPES - BH_LOCK_DISABLE};

    for (uint32_t k = 0U; k < COUNT_OF(asked); k++) {
        machine();
        host.self = CELL_CPU;
        CHECK_EQ(hcall(CELL_CPU, BH_HC_LOCK, asked[k]).status, BH_OK);
        CHECK(host.debug[CELL_CPU] == ((asked[k] & BH_LOCK_DEBUG) != 0U));
        CHECK(!host.debug[ROOT_CPU]);
    }
}

/* Another CPU of the cell adds what the bits say, one at each look. */
static uint64_t to_come;

static void another_locks(enum host_access how, uint32_t word, uint32_t i, uint64_t value)
{
    uint64_t one = to_come & (0U - to_come);

    (void)value;
    if ((how == HOST_SET) && (word == (uint32_t)SW_CELL_LOCK) && (i == 2U)) {
        host_word[word][i] |= one;
        to_come &= ~one;
    }
}

/** The call before has recorded a lock of a cell. */
static bool recorded_for(uint32_t cell)
{
    bool found = false;

    for (uint32_t k = 0U; k < events(); k++) {
        found = found || ((event_back(k)->id == BH_EV_LOCKED) && (event_back(k)->a == cell));
    }
    return found;
}

/** @test TC_LCK_012 @verifies SWR_LCK_001 SWR_LCK_006 @technique race @level unit */
static void cells_that_lock_at_the_same_time_lose_nothing(void)
{
    for (uint64_t others = 0U; others <= BH_LOCK_SCOPES; others++) {
        for (uint64_t scopes = 1U; scopes <= BH_LOCK_SCOPES; scopes++) {
            machine();
            plan.policy[2].grants = BH_GRANT_LOCK_ALL;
            to_come = others & ~(uint64_t)BH_LOCK_DISABLE;
            host_on_access = another_locks;
            CHECK_EQ(hcall(CELL_CPU, BH_HC_LOCK, scopes).status, BH_OK);
            CHECK_EQ(lock_of(2U) & scopes & ~(uint64_t)BH_LOCK_DISABLE,
                     scopes & ~(uint64_t)BH_LOCK_DISABLE);
            host_on_access = NULL;
            if (recorded_for(2U) && (to_come == 0U)) { /* who records has shown all there was */
                CHECK_EQ(status_page.cells[2].locks, lock_of(2U));
            }
        }
    }
}

/* The word that never stands still: the kernel stops to look. */
static uint64_t looks;

static void grows_for_ever(enum host_access how, uint32_t word, uint32_t i, uint64_t value)
{
    (void)value;
    if ((how == HOST_SET) && (word == (uint32_t)SW_CELL_LOCK)) {
        looks++;
        host_word[word][i] = looks * 64U;
    }
}

/** @test TC_LCK_013 @verifies SWR_LCK_006 @technique fault-injection @level unit */
static void nobody_makes_the_kernel_look_for_ever(void)
{
    machine();
    looks = 0U;
    host_on_access = grows_for_ever;
    CHECK_EQ(hcall(CELL_CPU, BH_HC_LOCK, BH_LOCK_CREATE).status, BH_OK);
    CHECK_EQ(looks, 8U); /* the lock itself, then seven readings */
}

/** @test TC_LCK_014 @verifies SWR_LCK_004 @technique state @level unit */
static void root_is_locked_before_it_runs(void)
{
    CHECK(core_machine());
    plan.policy[BH_CELL_ROOT].locks = BH_LOCK_DISABLE + BH_LOCK_DEBUG;
    fixture_seal();
    init_open();
    host.mpidr = plan.mpidr[0];
    plan.n_cpus = 1U;
    plan.cells[2].cpus = 0U;
    plan.cells[3].cpus = 0U;
    plan.cells[1].cpus = 1U;
    plan.n_cells = 2U;
    plan.n_regions = 7U;
    fixture_seal();
    handover.n_cpus = 1U;
    CHECK_EQ(init_cpu(0U).status, BH_OK);
    CHECK_EQ(lock_of(BH_CELL_ROOT), BH_LOCK_DISABLE + BH_LOCK_DEBUG);
    CHECK_EQ(status_page.cells[BH_CELL_ROOT].locks, BH_LOCK_DISABLE + BH_LOCK_DEBUG);
    CHECK(host.debug[0]);
    CHECK_EQ(hcall(0U, BH_HC_DISABLE, 0U).status, BH_E_HC_LOCKED);
}

/** @test TC_LCK_015 @verifies SWR_LCK_002 @technique equivalence @level unit */
static void what_changes_nothing_is_not_barred(void)
{
    CHECK(core_machine());
    host_word[SW_CELL_LOCK][BH_CELL_KERNEL] = BH_LOCK_SCOPES;
    CHECK_EQ(lock_bars(BH_HC_GET_INFO, 2U), 0U);
    CHECK_EQ(lock_bars(BH_HC_LOCK, 2U), 0U);
    CHECK_EQ(lock_bars(BH_HC_CELL_LOAD, 2U), BH_LOCK_LOAD);
}

int main(void)
{
    TEST(TC_LCK_001, a_cell_locks_its_own);
    TEST(TC_LCK_002, what_is_no_scope_is_refused);
    TEST(TC_LCK_003, a_lock_for_all_needs_the_grant);
    TEST(TC_LCK_004, the_kernel_locks_nothing);
    TEST(TC_LCK_005, to_disable_is_a_matter_of_all);
    TEST(TC_LCK_006, locks_grow_and_say_so_once);
    TEST(TC_LCK_007, each_call_meets_its_locks_and_no_others);
    TEST(TC_LCK_008, a_lock_outlives_the_cell);
    TEST(TC_LCK_009, what_the_plan_demands_holds_from_the_first_start);
    TEST(TC_LCK_010, a_start_that_is_refused_locks_nothing);
    TEST(TC_LCK_011, debug_is_trapped_at_once_on_the_cpu_that_locks);
    TEST(TC_LCK_012, cells_that_lock_at_the_same_time_lose_nothing);
    TEST(TC_LCK_013, nobody_makes_the_kernel_look_for_ever);
    TEST(TC_LCK_014, root_is_locked_before_it_runs);
    TEST(TC_LCK_015, what_changes_nothing_is_not_barred);
    return test_result();
}
