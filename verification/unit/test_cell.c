/* SPDX-License-Identifier: Apache-2.0 */
/** @file test_cell.c
 * The life of a cell: every operation in every state, what each takes, gives and shows, and what is
 * left when something on the way fails.
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
#include "other_cpus.h"
#include "test.h"

enum op { CREATE, LOAD, START, STOP, DESTROY, OPS };
#define STATES BH_STATES
#define STEPS 40U /**< more than any cell of the fixture needs */

/** One call. */
static struct outcome step(uint32_t op, uint32_t cell)
{
    struct outcome out = {BH_OK, 0U, 0U};

    switch (op) {
    case CREATE:
        out = cell_create(0U, cell, false);
        break;
    case LOAD:
        out = cell_load(0U, cell);
        break;
    case START:
        out = cell_start(0U, cell);
        break;
    case STOP:
        out = cell_stop(0U, cell);
        break;
    default:
        out = cell_destroy(0U, cell);
        break;
    }
    return out;
}

/** An operation to its end: as often as it says AGAIN. */
static struct outcome act(uint32_t op, uint32_t cell)
{
    struct outcome out = step(op, cell);

    for (uint32_t k = 0U; (k < STEPS) && (out.status == BH_E_HC_AGAIN); k++) {
        out = step(op, cell);
    }
    return out;
}

/** Bring cell 2 from absent to a state by the operations themselves. */
static void bring_to(uint32_t state)
{
    CHECK(core_machine());
    if (state == BH_STATE_CLEANING) {
        CHECK_EQ(step(CREATE, 2U).status, BH_E_HC_AGAIN);
    } else if (state != BH_STATE_ABSENT) {
        CHECK_EQ(act(CREATE, 2U).status, BH_OK);
    } else {
        CHECK_EQ(state_of(2U), BH_STATE_ABSENT);
    }
    if ((state >= BH_STATE_LOADING) && (state <= BH_STATE_LOST)) {
        CHECK_EQ(act(LOAD, 2U).status, BH_OK);
    }
    if ((state >= BH_STATE_RUNNING) && (state <= BH_STATE_LOST)) {
        CHECK_EQ(act(START, 2U).status, BH_OK);
        CHECK_EQ(as_cpu(2U), CPU_ENTER);
    }
    if (state == BH_STATE_STOPPED) {
        CHECK_EQ(act(STOP, 2U).status, BH_OK);
    }
    if (state == BH_STATE_FAILED) {
        host.self = 2U;
        cell_end(2U, BH_STATE_FAILED);
        host.self = 0U;
    }
    if (state == BH_STATE_LOST) {
        other_after[2] = NEVER;
        CHECK_EQ(act(STOP, 2U).status, BH_E_HC_LOST);
    }
    if (state == BH_STATE_LEAVING) {
        CHECK_EQ(step(DESTROY, 2U).status, BH_E_HC_AGAIN);
    }
    if (state == BH_STATE_MEASURING) {
        CHECK_EQ(act(LOAD, 2U).status, BH_OK);
        plan.cells[2].flags |= BH_CELL_MEASURED;
        CHECK_EQ(step(START, 2U).status, BH_E_HC_AGAIN);
    }
    CHECK_EQ(state_of(2U), state);
}

/** State after the operation, or STATES where it is refused. */
static const uint32_t after[OPS][STATES] = {
    /* ABSENT, CREATED, LOADING, RUNNING, STOPPED, FAILED, LOST, CLEANING, MEASURING, LEAVING */
    {BH_STATE_CREATED, STATES, STATES, STATES, STATES, STATES, STATES, BH_STATE_CREATED, STATES,
     STATES},
    {STATES, BH_STATE_LOADING, STATES, STATES, BH_STATE_LOADING, STATES, STATES, STATES,
     BH_STATE_LOADING, STATES},
    {STATES, STATES, BH_STATE_RUNNING, STATES, BH_STATE_RUNNING, STATES, STATES, STATES,
     BH_STATE_RUNNING, STATES},
    {STATES, STATES, STATES, BH_STATE_STOPPED, STATES, BH_STATE_STOPPED, STATES, STATES,
     BH_STATE_STOPPED, STATES},
    {STATES, BH_STATE_ABSENT, BH_STATE_ABSENT, BH_STATE_ABSENT, BH_STATE_ABSENT, BH_STATE_ABSENT,
     STATES, BH_STATE_ABSENT, BH_STATE_ABSENT, BH_STATE_ABSENT},
};

/** @test TC_CEL_001 @verifies SWR_CEL_001 SWR_CEL_002 SWR_CEL_003 SWR_CEL_004 SWR_CEL_005 SWR_CEL_006
 *  @technique state-table @level unit */
static void every_operation_in_every_state(void)
{
    for (uint32_t op = 0U; op < OPS; op++) {
        for (uint32_t state = 0U; state < STATES; state++) {
            uint32_t next = after[op][state];
            uint64_t seen, view;
            struct outcome out;

            bring_to(state);
            seen = events();
            view = part_view;
            out = act(op, 2U);
            if (next == STATES) {
                CHECK_EQ(out.status, BH_E_HC_STATE);
                CHECK_EQ(out.a, 2U);
                CHECK_EQ(out.b, state);
                CHECK_EQ(events(), seen);
                CHECK_EQ(part_view, view);
                next = state;
            } else {
                CHECK_EQ(out.status, BH_OK);
                CHECK(events() > seen);
            }
            CHECK_EQ(state_of(2U), next);
            CHECK_EQ(status_page.cells[2].state, next);
            CHECK_EQ(cell_state(2U), next);
            CHECK_EQ(part_live[part_view][2] != 0U, next != BH_STATE_ABSENT);
            CHECK_EQ(part_open[part_view][2] != 0U, next == BH_STATE_LOADING);
        }
    }
}

/** @test TC_CEL_002 @verifies SWR_CEL_001 @technique bva @level unit */
static void no_such_cell(void)
{
    static const uint32_t cells[] = {0U, 1U, 4U, 7U};

    for (uint32_t op = 0U; op < OPS; op++) {
        for (uint32_t k = 0U; k < COUNT_OF(cells); k++) {
            for (uint32_t state = 0U; state < STATES; state++) {
                struct outcome out;

                CHECK(core_machine());
                host_word[SW_CELL_STATE][cells[k]] = state;
                out = act(op, cells[k]);
                CHECK_EQ(out.status, BH_E_HC_NO_CELL);
                CHECK_EQ(out.a, cells[k]);
                CHECK_EQ(out.b, 4U);
                CHECK_EQ(state_of(cells[k]), state);
                CHECK_EQ(events(), 0U);
            }
        }
    }
    host_word[SW_CELL_STATE][2] = BH_STATES; /* impossible */
    CHECK_EQ(cell_state(2U), BH_STATE_LOST);
    CHECK_EQ(act(CREATE, 2U).status, BH_E_HC_STATE);
}

/** @test TC_CEL_003 @verifies SWR_CEL_002 @technique equivalence @level unit */
static void create_takes_all_that_the_plan_names(void)
{
    bring_to(BH_STATE_CREATED);
    for (uint32_t cpu = 0U; cpu < 4U; cpu++) {
        CHECK_EQ(cell_of(cpu), (cpu < 2U) ? BH_CELL_ROOT : 2U);
        CHECK_EQ(phase_of(cpu), (cpu == 0U) ? CPU_RUN : ((cpu == 1U) ? CPU_OFF : CPU_PARKED));
    }
    CHECK_EQ(walk(part_view, FIX_CELL2), 0U);
    CHECK_EQ(PPN_OF(walk(2U, 0U)), FIX_CELL2);
    CHECK_EQ(host.pool[0], part_view);
    CHECK_EQ(host_word[SW_VIEW][0], part_view);
    CHECK_EQ(host.n_resets, 1U);
    CHECK((host.resets[0].cell == 2U) && (host.resets[0].cpu == 2U));
    CHECK_EQ(event_back(0U)->id, BH_EV_CREATED);
    CHECK_EQ(event_back(0U)->a, 2U);
    CHECK_EQ(event_back(0U)->cell, BH_CELL_ROOT);
}

/** @test TC_CEL_004 @verifies SWR_CEL_002 @technique fault-injection @level unit */
static void create_takes_nothing_when_a_cpu_is_busy(void)
{
    static const uint64_t busy[] = {CPU_RUN,    CPU_STARTING, CPU_PREPARING,
                                    CPU_ABSENT, CPU_LOST,     CPU_PARKED};

    for (uint32_t k = 0U; k < COUNT_OF(busy); k++) {
        for (uint32_t cpu = 2U; cpu < 4U; cpu++) {
            struct outcome out;

            CHECK(core_machine());
            host_word[SW_CPU_STATE][cpu] = busy[k];
            out = act(CREATE, 2U);
            CHECK_EQ(out.status, BH_E_HC_CPU_BUSY);
            CHECK((out.a == 2U) && (out.b == cpu));
            CHECK_EQ(phase_of(cpu), busy[k]);
            CHECK_EQ(phase_of(5U - cpu), CPU_OFF);
            CHECK((cell_of(2U) == BH_CELL_ROOT) && (cell_of(3U) == BH_CELL_ROOT));
            CHECK_EQ(state_of(2U), BH_STATE_ABSENT);
            CHECK_EQ(host.n_resets, 0U);
        }
    }
}

/** @test TC_CEL_005 @verifies SWR_CEL_001 SWR_CEL_002 @technique timeout @level unit */
static void create_gives_back_when_root_does_not_follow(void)
{
    struct outcome out;

    CHECK(core_machine());
    host_word[SW_CPU_STATE][1] = CPU_RUN; /* root's, and it does not answer */
    other_after[1] = NEVER;
    out = act(CREATE, 2U);
    CHECK_EQ(out.status, BH_E_HC_TIMEOUT);
    CHECK_EQ(out.a, 1U);
    CHECK((phase_of(2U) == CPU_OFF) && (phase_of(3U) == CPU_OFF));
    CHECK((cell_of(2U) == BH_CELL_ROOT) && (cell_of(3U) == BH_CELL_ROOT));
    CHECK_EQ(state_of(2U), BH_STATE_ABSENT);
    CHECK_EQ(part_live[part_view][2], 0U);
    CHECK_EQ(host_word[SW_VIEW][0], part_view);
    CHECK(CAN_WRITE(walk(host.pool[0], FIX_CELL2)));
}

/** @test TC_CEL_006 @verifies SWR_CEL_001 @technique timeout @level unit */
static void other_changes_that_root_does_not_follow(void)
{
    static const uint32_t ops[][2] = {
        {LOAD, BH_STATE_CREATED}, {START, BH_STATE_LOADING}, {DESTROY, BH_STATE_CREATED}};

    for (uint32_t k = 0U; k < COUNT_OF(ops); k++) {
        bring_to(ops[k][1]);
        host_word[SW_CPU_STATE][1] = CPU_RUN;
        other_after[1] = NEVER;
        CHECK_EQ(act(ops[k][0], 2U).status, BH_E_HC_TIMEOUT);
        CHECK_EQ(state_of(2U), (ops[k][0] == DESTROY) ? BH_STATE_LEAVING : ops[k][1]);
        CHECK_EQ(part_live[part_view][2], 1U);
        CHECK_EQ(part_open[part_view][2] != 0U, ops[k][1] == BH_STATE_LOADING);
        CHECK_EQ(phase_of(2U), CPU_PARKED);
        CHECK_EQ(cell_of(2U), 2U);
        CHECK(walk(2U, 0U) != 0U);
        other_after[1] = 0U; /* later it does, and the same works */
        CHECK_EQ(act(ops[k][0], 2U).status, BH_OK);
    }
}

/** @test TC_CEL_017 @verifies SWR_CEL_003 SWR_CEL_004 @technique timeout @level unit */
static void no_start_while_root_may_use_old_tables(void)
{
    struct outcome out;

    bring_to(BH_STATE_STOPPED);
    host_word[SW_CPU_STATE][1] = CPU_RUN; /* missed an earlier change of the view */
    host_word[SW_CPU_REQUEST][1] = CPU_REQ_SYNC_0;
    other_after[1] = NEVER;
    out = act(START, 2U);
    CHECK_EQ(out.status, BH_E_HC_TIMEOUT);
    CHECK_EQ(out.a, 1U);
    CHECK_EQ(state_of(2U), BH_STATE_STOPPED);
    CHECK_EQ(phase_of(2U), CPU_PARKED);
    other_after[1] = 0U;
    CHECK_EQ(act(START, 2U).status, BH_OK);
    CHECK_EQ(host_word[SW_CPU_REQUEST][1], CPU_REQ_NONE);
}

/** @test TC_CEL_018 @verifies SWR_PRT_011 SWR_CEL_004 SWR_CEL_005 @technique timeout @level unit */
static void a_cell_stopped_by_a_fault_has_its_memory_when_it_runs_again(void)
{
    for (uint32_t loaded = 0U; loaded < 2U; loaded++) {
        bring_to(BH_STATE_RUNNING);
        other_after[2] = CPU_KICK_US + 10U;
        CHECK_EQ(act(STOP, 2U).status, BH_OK);
        CHECK_EQ(event_back(1U)->id, BH_EV_KICK_STAGE2);
        if (loaded == 1U) {
            CHECK_EQ(act(LOAD, 2U).status, BH_OK);
        }
        CHECK_EQ(act(START, 2U).status, BH_OK);
        CHECK_EQ(as_cpu(2U), CPU_ENTER);
        CHECK_EQ(PPN_OF(walk(2U, 0U)), FIX_CELL2);
        CHECK_EQ(PPN_OF(walk(2U, 0x200U)), FIX_COMM2);
        CHECK_EQ(walk(part_view, FIX_CELL2), 0U);
    }
}

/** Cell 3 of more regions than a pool has tables for. */
static void too_many_regions(void)
{
    for (uint32_t k = 0U; k < 40U; k++) {
        plan.regions[11U + k] = (struct bh_region){
            .ppn = 0x72000U + k, .ipn = 0x1000U + (k * 512U), .n = 1U, .own = 3U, .flags = RWX};
    }
    plan.n_regions = 51U;
    plan.cells[3].count = 42U;
}

/** @test TC_CEL_007 @verifies SWR_CEL_001 @technique exhaustion @level unit */
static void create_gives_back_when_the_pool_is_used_up(void)
{
    struct outcome out;

    CHECK(core_machine());
    too_many_regions();
    out = act(CREATE, 3U);
    CHECK_EQ(out.status, BH_E_HC_POOL);
    CHECK_EQ(out.a, 3U);
    CHECK_EQ(phase_of(1U), CPU_OFF);
    CHECK_EQ(state_of(3U), BH_STATE_ABSENT);
    CHECK_EQ(act(CREATE, 2U).status, BH_OK);
}

/** @test TC_CEL_024 @verifies SWR_CEL_001 SWR_CEL_004 @technique exhaustion @level unit */
static void start_is_refused_when_the_pool_is_used_up(void)
{
    struct outcome out;
    uint32_t view;

    CHECK(core_machine());
    CHECK_EQ(act(CREATE, 3U).status, BH_OK);
    CHECK_EQ(act(LOAD, 3U).status, BH_OK);
    view = part_view;
    too_many_regions();
    out = act(START, 3U);
    CHECK_EQ(out.status, BH_E_HC_POOL);
    CHECK_EQ(out.a, 3U);
    CHECK_EQ(state_of(3U), BH_STATE_LOADING);
    CHECK(phase_of(1U) != CPU_STARTING);
    CHECK_EQ(part_view, view);
}

/** @test TC_CEL_008 @verifies SWR_CEL_003 SWR_CEL_004 @technique equivalence @level unit */
static void load_opens_and_start_closes(void)
{
    bring_to(BH_STATE_LOADING);
    CHECK(CAN_WRITE(walk(part_view, FIX_CELL2)));
    CHECK_EQ(event_back(0U)->id, BH_EV_LOADABLE);
    CHECK_EQ(act(START, 2U).status, BH_OK);
    CHECK_EQ(walk(part_view, FIX_CELL2), 0U);
    CHECK_EQ(host.pool[0], part_view);
    CHECK_EQ(phase_of(2U), CPU_STARTING);
    CHECK_EQ(phase_of(3U), CPU_OFF);
    CHECK_EQ(cpu_entry[2], plan.cells[2].entry);
    CHECK_EQ(cpu_context[2], plan.cells[2].comm);
    CHECK_EQ(event_back(0U)->id, BH_EV_STARTED);
    CHECK_EQ(status_page.cells[2].starts, 1U);
    CHECK_EQ(as_cpu(2U), CPU_ENTER);
    CHECK((host.pool[2] == 2U) && (host.cell[2] == 2U));
}

/** @test TC_CEL_009 @verifies SWR_CEL_004 @technique equivalence @level unit */
static void a_stopped_cell_starts_again_as_it_is(void)
{
    uint32_t view;

    bring_to(BH_STATE_STOPPED);
    view = part_view;
    CHECK_EQ(act(START, 2U).status, BH_OK);
    CHECK_EQ(part_view, view);
    CHECK_EQ(phase_of(2U), CPU_STARTING);
    CHECK_EQ(phase_of(3U), CPU_OFF);
    CHECK_EQ(status_page.cells[2].starts, 2U);
    CHECK_EQ(host.resets[host.n_resets - 1U].cell, 2U);
}

/** @test TC_CEL_010 @verifies SWR_CEL_005 @technique timeout @level unit */
static void a_cell_with_a_lost_cpu_is_lost(void)
{
    struct outcome out;

    bring_to(BH_STATE_RUNNING);
    other_after[3] = NEVER;
    out = act(STOP, 2U);
    CHECK_EQ(out.status, BH_E_HC_LOST);
    CHECK((out.a == 2U) && (out.b == 3U));
    CHECK_EQ(state_of(2U), BH_STATE_LOST);
    CHECK_EQ(phase_of(2U), CPU_PARKED);
    CHECK_EQ(phase_of(3U), CPU_LOST);
    CHECK_EQ(walk(2U, 0U), 0U);
    CHECK_EQ(walk(part_view, FIX_CELL2), 0U); /* its memory stays revoked */
    CHECK_EQ(act(DESTROY, 2U).status, BH_E_HC_STATE);
    bring_to(BH_STATE_RUNNING);
    other_after[2] = NEVER;
    CHECK_EQ(act(DESTROY, 2U).status, BH_E_HC_LOST);
    CHECK_EQ(state_of(2U), BH_STATE_LOST);
    CHECK_EQ(walk(part_view, FIX_CELL2), 0U);
    bring_to(BH_STATE_CREATED);
    other_after[2] = NEVER;
    CHECK_EQ(act(LOAD, 2U).status, BH_E_HC_LOST);
    bring_to(BH_STATE_STOPPED);
    other_after[2] = NEVER;
    CHECK_EQ(act(START, 2U).status, BH_E_HC_LOST);
    CHECK_EQ(part_open[part_view][2], 0U);
}

/** @test TC_CEL_011 @verifies SWR_CEL_006 @technique equivalence @level unit */
static void destroy_gives_everything_back(void)
{
    uint32_t resets;

    bring_to(BH_STATE_RUNNING);
    resets = host.n_resets;
    CHECK_EQ(act(DESTROY, 2U).status, BH_OK);
    for (uint32_t cpu = 2U; cpu < 4U; cpu++) {
        CHECK_EQ(cell_of(cpu), BH_CELL_ROOT);
        CHECK_EQ(phase_of(cpu), CPU_OFF);
        CHECK_EQ(host_word[SW_CPU_REQUEST][cpu], CPU_REQ_NONE);
    }
    CHECK(CAN_WRITE(walk(part_view, FIX_CELL2)));
    CHECK_EQ(walk(2U, 0U), 0U);
    CHECK_EQ(host.flushes, 1U);
    CHECK_EQ(host.n_resets, resets + 1U);
    CHECK_EQ(host.resets[host.n_resets - 1U].cell, 2U);
    CHECK_EQ(event_back(0U)->id, BH_EV_DESTROYED);
    CHECK_EQ(act(CREATE, 2U).status, BH_OK);
}

/** @test TC_CEL_012 @verifies SWR_CEL_006 @technique equivalence @level unit */
static void interrupts_return_to_a_cpu_that_root_has(void)
{
    CHECK(core_machine());
    plan.cells[3].cpus = 1U; /* root's first CPU by the plan */
    host_word[SW_CPU_STATE][0] = CPU_OFF;
    host_word[SW_CPU_STATE][1] = CPU_RUN;
    host.self = 1U;
    CHECK_EQ(cell_create(1U, 3U, true).status, BH_OK);
    CHECK_EQ(cell_create(1U, 2U, true).status, BH_OK);
    CHECK_EQ(cell_destroy(1U, 2U).status, BH_E_HC_AGAIN);
    CHECK_EQ(cell_destroy(1U, 2U).status, BH_OK);
    CHECK_EQ(host.n_resets, 3U);
    CHECK_EQ(host.resets[host.n_resets - 1U].cell, 2U);
    CHECK_EQ(cell_of(host.resets[host.n_resets - 1U].cpu), BH_CELL_ROOT);
}

/** @test TC_CEL_013 @verifies SWR_CEL_007 @technique equivalence @level unit */
static void a_cell_ends_by_its_own_wish_or_fault(void)
{
    static const uint32_t states[] = {BH_STATE_STOPPED, BH_STATE_FAILED};

    for (uint32_t k = 0U; k < COUNT_OF(states); k++) {
        bring_to(BH_STATE_RUNNING);
        host.quiet[2] = 0U;
        host.self = 2U;
        cell_end(2U, states[k]);
        CHECK_EQ(state_of(2U), states[k]);
        CHECK_EQ(status_page.cells[2].state, states[k]);
        CHECK_EQ(phase_of(2U), CPU_PARKED);
        CHECK_EQ(host.quiet[2], 1U);
        CHECK_EQ(host_word[SW_CPU_REQUEST][3], CPU_REQ_PARK);
        CHECK((host.kicks[0] == 0U) && (host.kicks[1] == 0U) && (host.kicks[3] > 0U));
        CHECK_EQ(as_cpu(3U), CPU_WAIT);
        CHECK_EQ(phase_of(3U), CPU_PARKED);
    }
    bring_to(BH_STATE_STOPPED); /* the second CPU to fail changes nothing */
    cell_end(2U, BH_STATE_FAILED);
    CHECK_EQ(state_of(2U), BH_STATE_STOPPED);
}

/** @test TC_CEL_014 @verifies SWR_CEL_005 SWR_CEL_006 @technique race @level unit */
static void a_cell_that_ended_is_not_changed_under_its_other_cpus(void)
{
    static const uint32_t ops[] = {LOAD, START, DESTROY};

    for (uint32_t k = 0U; k < COUNT_OF(ops); k++) {
        bring_to(BH_STATE_RUNNING);
        host_word[SW_CPU_STATE][3] = CPU_RUN;
        host.self = 2U;
        cell_end(2U, BH_STATE_STOPPED);
        host.self = 0U;
        other_after[3] = 1000U; /* it is on its way */
        CHECK_EQ(act(ops[k], 2U).status, BH_OK);
        CHECK_EQ(other_after[3], 0U);
        CHECK_EQ(host_word[SW_CPU_REQUEST][3], CPU_REQ_NONE);
        CHECK(phase_of(3U) != CPU_RUN);
        CHECK_EQ(as_cpu(3U), CPU_WAIT);
    }
}

static bool started_meanwhile;

/* While root waits for CPU 2 to park, CPU 3 of the same cell switches CPU 2 on; and CPU 2 answers
 * root between the two steps of that. */
static void cpu_on_during_stop(enum host_access how, uint32_t word, uint32_t i, uint64_t value)
{
    if ((how == HOST_LOAD) && (word == (uint32_t)SW_CPU_REQUEST) && (i == 2U) &&
        (host.self == 0U) && (!started_meanwhile)) {
        started_meanwhile = true;
        host.self = 3U;
        (void)cpu_start(2U, CPU_OFF, 0x1000U, 0U);
        host.self = 0U;
    } else if ((how == HOST_SWAP) && (word == (uint32_t)SW_CPU_STATE) && (i == 2U) &&
               (value == CPU_STARTING)) {
        (void)as_cpu(2U);
    } else {
        others_answer(how, word, i, value);
    }
}

/** @test TC_CEL_015 @verifies SWR_CEL_005 @technique race @level unit */
static void cpu_on_does_not_outlive_a_stop(void)
{
    bring_to(BH_STATE_RUNNING);
    host_word[SW_CPU_STATE][2] = CPU_OFF;
    host_word[SW_CPU_STATE][3] = CPU_RUN;
    started_meanwhile = false;
    host_on_access = cpu_on_during_stop;
    CHECK_EQ(act(STOP, 2U).status, BH_OK);
    CHECK(started_meanwhile);
    CHECK_EQ(phase_of(2U), CPU_PARKED);
    CHECK_EQ(phase_of(3U), CPU_PARKED);
    CHECK_EQ(as_cpu(2U), CPU_WAIT);
}

/* Root has the interrupt until the state says that it has not. */
static void no_reset_before_the_state(enum host_access how, uint32_t word, uint32_t i,
                                      uint64_t value)
{
    if ((how == HOST_STORE) && (word == (uint32_t)SW_CELL_STATE) && (i == 2U) &&
        (value == BH_STATE_CLEANING)) {
        CHECK_EQ(host.n_resets, 0U);
    }
    others_answer(how, word, i, value);
}

/** @test TC_CEL_016 @verifies SWR_CEL_002 @technique order @level unit */
static void interrupts_are_reset_after_root_lost_them(void)
{
    CHECK(core_machine());
    host_on_access = no_reset_before_the_state;
    CHECK_EQ(act(CREATE, 2U).status, BH_OK);
    CHECK_EQ(host.n_resets, 1U);
    CHECK_EQ(host.n_diverts, 1U);
    CHECK_EQ(host.divert.cell, 2U);
    CHECK_EQ(cell_of(host.divert.cpu), BH_CELL_ROOT);
}

/** Bytes of the first and the last private page of cell 2, and of its communication page. */
static uint8_t *page_of_2(uint32_t k)
{
    static const uint64_t pages[] = {FIX_CELL2, FIX_CELL2 + 0x1FFU, FIX_COMM2};

    return host_page(pages[k]);
}

static void write_pages_of_2(void)
{
    for (uint32_t k = 0U; k < 3U; k++) {
        memset(page_of_2(k), 0xA5, 4096U);
    }
}

/** @test TC_CEL_030 @verifies SWR_PRP_003 SWR_CEL_002 @technique equivalence @level unit */
static void a_cell_is_created_with_clear_memory(void)
{
    struct outcome out;
    uint32_t view;

    CHECK(core_machine());
    write_pages_of_2();
    out = step(CREATE, 2U);
    CHECK_EQ(out.status, BH_E_HC_AGAIN);
    CHECK((out.a == 2U) && (out.b == 512U - PREP_CLEAR_PAGES));
    CHECK_EQ(state_of(2U), BH_STATE_CLEANING);
    CHECK_EQ(walk(part_view, FIX_CELL2), 0U);
    CHECK_EQ(host.pool[0], part_view);
    CHECK((cell_of(2U) == 2U) && (phase_of(2U) == CPU_PARKED));
    CHECK_EQ(events(), 0U);
    CHECK_EQ(page_of_2(0U)[4095], 0U);
    CHECK_EQ(page_of_2(1U)[0], 0xA5U);
    view = part_view;
    CHECK_EQ(step(CREATE, 2U).status, BH_OK);
    CHECK_EQ(part_view, view);
    CHECK_EQ(event_back(0U)->id, BH_EV_CREATED);
    CHECK_EQ(host.n_resets, 1U);
    CHECK_EQ(page_of_2(1U)[0], 0U);
    CHECK_EQ(page_of_2(2U)[0], 0xA5U); /* shared: not the cell's alone */
    CHECK_EQ(host_memory.n_calls, 512U);
}

/** @test TC_CEL_031 @verifies SWR_PRP_003 SWR_CEL_006 @technique equivalence @level unit */
static void a_cell_leaves_clear_memory(void)
{
    static const uint32_t states[] = {BH_STATE_CREATED, BH_STATE_LOADING, BH_STATE_RUNNING,
                                      BH_STATE_STOPPED, BH_STATE_FAILED,  BH_STATE_CLEANING};

    for (uint32_t k = 0U; k < COUNT_OF(states); k++) {
        bring_to(states[k]);
        write_pages_of_2();
        host_memory.n_calls = 0U;
        CHECK_EQ(step(DESTROY, 2U).status, BH_E_HC_AGAIN);
        CHECK_EQ(state_of(2U), BH_STATE_LEAVING);
        CHECK_EQ(part_live[part_view][2], 1U);
        CHECK((cell_of(2U) == 2U) && (phase_of(2U) == CPU_PARKED));
        CHECK_EQ(step(DESTROY, 2U).status, BH_OK);
        CHECK_EQ(host_memory.n_calls, 512U);
        CHECK((page_of_2(0U)[0] == 0U) && (page_of_2(1U)[4095] == 0U));
    }
}

/** @test TC_CEL_032 @verifies SWR_PRP_003 SWR_CEL_001 @technique timeout @level unit */
static void a_cell_that_cannot_be_given_back_stays_leaving(void)
{
    bring_to(BH_STATE_LEAVING);
    host_word[SW_CPU_STATE][1] = CPU_RUN;
    other_after[1] = NEVER;
    host_memory.n_calls = 0U;
    CHECK_EQ(step(DESTROY, 2U).status, BH_E_HC_TIMEOUT);
    CHECK_EQ(host_memory.n_calls, 512U - PREP_CLEAR_PAGES);
    CHECK_EQ(state_of(2U), BH_STATE_LEAVING);
    CHECK_EQ(walk(part_view, FIX_CELL2), 0U);
    other_after[1] = 0U;
    CHECK_EQ(step(DESTROY, 2U).status, BH_OK); /* nothing is left to clear */
    CHECK_EQ(host_memory.n_calls, 512U - PREP_CLEAR_PAGES);
    CHECK_EQ(state_of(2U), BH_STATE_ABSENT);
}

/** @test TC_CEL_033 @verifies SWR_PRP_003 @technique equivalence @level unit */
static void memory_that_firmware_filled_is_kept(void)
{
    CHECK(core_machine());
    write_pages_of_2();
    CHECK_EQ(cell_create(0U, 2U, true).status, BH_OK);
    CHECK_EQ(state_of(2U), BH_STATE_CREATED);
    CHECK_EQ(host_memory.n_calls, 0U);
    CHECK_EQ(page_of_2(0U)[0], 0xA5U);
}

/** @test TC_CEL_040 @verifies SWR_MSR_003 SWR_CEL_003 @technique equivalence @level unit */
static void a_cell_is_measured_before_its_first_instruction(void)
{
    struct outcome out;

    bring_to(BH_STATE_LOADING);
    plan.cells[2].flags |= BH_CELL_MEASURED;
    host_memory.n_calls = 0U;
    out = step(START, 2U);
    CHECK_EQ(out.status, BH_E_HC_AGAIN);
    CHECK((out.a == 2U) && (out.b == 512U - MEASURE_PAGES));
    CHECK_EQ(state_of(2U), BH_STATE_MEASURING);
    CHECK_EQ(phase_of(2U), CPU_PARKED);
    CHECK_EQ(walk(part_view, FIX_CELL2), 0U); /* root cannot write what was hashed */
    CHECK_EQ(host.pool[0], part_view);
    CHECK_EQ(status_page.cells[2].measured, 0U);
    CHECK_EQ(act(START, 2U).status, BH_OK);
    CHECK_EQ(host_memory.n_calls, 512U * 64U);
    CHECK_EQ(state_of(2U), BH_STATE_RUNNING);
    CHECK_EQ(phase_of(2U), CPU_STARTING);
    CHECK_EQ(status_page.cells[2].measured, 1U);
    CHECK_EQ(event_back(1U)->id, BH_EV_MEASURED);
    CHECK_EQ(event_back(1U)->cell, 2U);
    CHECK_EQ(event_back(1U)->a, measure_half(2U, 0U));
    CHECK_EQ(event_back(1U)->b, measure_half(2U, 2U));
    CHECK_EQ(event_back(0U)->id, BH_EV_STARTED);
}

/** @test TC_CEL_041 @verifies SWR_MSR_003 @technique equivalence @level unit */
static void a_cell_with_another_digest_does_not_start(void)
{
    struct outcome out;

    bring_to(BH_STATE_LOADING);
    plan.policy[2].digest[7] = 1U;
    out = act(START, 2U);
    CHECK_EQ(out.status, BH_E_HC_DIGEST);
    CHECK((out.a == 2U) && (out.b == measure_half(2U, 0U)));
    CHECK_EQ(state_of(2U), BH_STATE_STOPPED);
    CHECK_EQ(phase_of(2U), CPU_PARKED);
    CHECK_EQ(part_open[part_view][2], 0U);
    CHECK_EQ(event_back(0U)->id, BH_EV_DIGEST_REFUSED);
    CHECK_EQ(event_back(0U)->b, out.b);
    memcpy(plan.policy[2].digest, measure_digest.of[2], sizeof(plan.policy[2].digest));
    CHECK_EQ(act(START, 2U).status, BH_OK);
    CHECK_EQ(status_page.cells[2].measured, 2U);
}

/** @test TC_CEL_042 @verifies SWR_MSR_003 @technique race @level unit */
static void a_measurement_that_was_left_starts_over(void)
{
    static const uint32_t ops[] = {LOAD, STOP};

    for (uint32_t k = 0U; k < COUNT_OF(ops); k++) {
        bring_to(BH_STATE_MEASURING);
        CHECK_EQ(act(ops[k], 2U).status, BH_OK);
        host_page(FIX_CELL2)[0] ^= 1U; /* root writes what had been hashed */
        host_memory.n_calls = 0U;
        CHECK_EQ(act(START, 2U).status, BH_OK);
        CHECK_EQ(host_memory.n_calls, 512U * 64U);
    }
}

int main(void)
{
    TEST(TC_CEL_001, every_operation_in_every_state);
    TEST(TC_CEL_002, no_such_cell);
    TEST(TC_CEL_003, create_takes_all_that_the_plan_names);
    TEST(TC_CEL_004, create_takes_nothing_when_a_cpu_is_busy);
    TEST(TC_CEL_005, create_gives_back_when_root_does_not_follow);
    TEST(TC_CEL_006, other_changes_that_root_does_not_follow);
    TEST(TC_CEL_017, no_start_while_root_may_use_old_tables);
    TEST(TC_CEL_018, a_cell_stopped_by_a_fault_has_its_memory_when_it_runs_again);
    TEST(TC_CEL_007, create_gives_back_when_the_pool_is_used_up);
    TEST(TC_CEL_024, start_is_refused_when_the_pool_is_used_up);
    TEST(TC_CEL_008, load_opens_and_start_closes);
    TEST(TC_CEL_009, a_stopped_cell_starts_again_as_it_is);
    TEST(TC_CEL_010, a_cell_with_a_lost_cpu_is_lost);
    TEST(TC_CEL_011, destroy_gives_everything_back);
    TEST(TC_CEL_012, interrupts_return_to_a_cpu_that_root_has);
    TEST(TC_CEL_013, a_cell_ends_by_its_own_wish_or_fault);
    TEST(TC_CEL_014, a_cell_that_ended_is_not_changed_under_its_other_cpus);
    TEST(TC_CEL_015, cpu_on_does_not_outlive_a_stop);
    TEST(TC_CEL_016, interrupts_are_reset_after_root_lost_them);
    TEST(TC_CEL_030, a_cell_is_created_with_clear_memory);
    TEST(TC_CEL_031, a_cell_leaves_clear_memory);
    TEST(TC_CEL_032, a_cell_that_cannot_be_given_back_stays_leaving);
    TEST(TC_CEL_033, memory_that_firmware_filled_is_kept);
    TEST(TC_CEL_040, a_cell_is_measured_before_its_first_instruction);
    TEST(TC_CEL_041, a_cell_with_another_digest_does_not_start);
    TEST(TC_CEL_042, a_measurement_that_was_left_starts_over);
    return test_result();
}
