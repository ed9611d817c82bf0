/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cpu.h"

uint64_t cpu_entry[BH_CPUS_MAX];
uint64_t cpu_context[BH_CPUS_MAX];

uint32_t cpu_pool(uint32_t cell)
{
    uint32_t pool = cell;

    if (cell < 2U) {
        pool = (arch_shared_load((uint32_t)SW_VIEW, 0U) == 1U) ? 1U : 0U;
    }
    return pool;
}

uint32_t cpu_cell(uint32_t cpu)
{
    uint64_t cell = arch_shared_load((uint32_t)SW_CPU_CELL, cpu);

    return (cell < BH_CELLS_MAX) ? (uint32_t)cell : BH_CELL_KERNEL;
}

void cpu_give(uint32_t cpu, uint32_t cell)
{
    //@ ghost owner[cpu] = cell;
    arch_shared_store((uint32_t)SW_CPU_CELL, cpu, cell);
}

void cpu_set_phase(uint32_t cpu, uint32_t phase)
{
    event_show_cpu(cpu, phase, cpu_cell(cpu));
    arch_shared_store((uint32_t)SW_CPU_STATE, cpu, phase);
}

void cpu_hold(uint32_t cpu)
{
    arch_cpu_quiet(cpu);
    event_show_cpu(cpu, (uint32_t)CPU_PARKED, cpu_cell(cpu));
    arch_shared_store((uint32_t)SW_CPU_STATE, cpu, (uint64_t)CPU_RESET);
}

/** Obey a request to be held, unless the cell was ended since: then the CPU stays parked.
 * @req SWR_RST_002 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw, status_page; */
static void obey_reset(uint32_t cpu)
{
    if (arch_shared_load((uint32_t)SW_CPU_STATE, cpu) != (uint64_t)CPU_PARKED) {
        cpu_hold(cpu);
    }
}

/** Answer the request that is pending for the calling CPU, if any.
 * @req SWR_CPU_003 SWR_CPU_004 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw, status_page; */
static void answer(uint32_t cpu)
{
    uint64_t request = arch_shared_load((uint32_t)SW_CPU_REQUEST, cpu);

    if (request != (uint64_t)CPU_REQ_NONE) {
        uint32_t cell = cpu_cell(cpu);

        if (request == (uint64_t)CPU_REQ_PARK) {
            arch_cpu_quiet(cpu);
            cpu_set_phase(cpu, (uint32_t)CPU_PARKED);
        } else if (request == (uint64_t)CPU_REQ_RESET) {
            obey_reset(cpu);
        } else {
            arch_cpu_load_map(cell, cpu_pool(cell));
        }
        (void)arch_shared_swap((uint32_t)SW_CPU_REQUEST, cpu, request, (uint64_t)CPU_REQ_NONE);
    }
}

uint32_t cpu_service(uint32_t cpu)
{
    uint32_t next = (uint32_t)CPU_WAIT;
    uint64_t phase;

    answer(cpu);
    phase = arch_shared_load((uint32_t)SW_CPU_STATE, cpu);
    if (phase == (uint64_t)CPU_RUN) {
        next = (uint32_t)CPU_GO_ON;
    } else if (phase == (uint64_t)CPU_STARTING) {
        uint32_t cell = cpu_cell(cpu);

        arch_cpu_load_map(cell, cpu_pool(cell));
        cpu_set_phase(cpu, (uint32_t)CPU_RUN);
        next = (uint32_t)CPU_ENTER;
    } else {
        next = (uint32_t)CPU_WAIT;
    }
    return next;
}

bool cpu_undisturbed(uint32_t cpu)
{
    uint64_t request = arch_shared_load((uint32_t)SW_CPU_REQUEST, cpu);

    return (request == (uint64_t)CPU_REQ_NONE) &&
           (arch_shared_load((uint32_t)SW_CPU_STATE, cpu) == (uint64_t)CPU_RUN);
}

bool cpu_start(uint32_t cpu, uint64_t from, uint64_t entry, uint64_t context)
{
    /* A phase of its own while the entry is written: nobody else starts the CPU between the two
     * steps, and a request to park that comes there makes the second one fail. */
    bool mine = arch_shared_swap((uint32_t)SW_CPU_STATE, cpu, from, (uint64_t)CPU_PREPARING);

    if (mine) {
        cpu_entry[cpu] = entry;
        cpu_context[cpu] = context;
        mine = arch_shared_swap((uint32_t)SW_CPU_STATE, cpu, (uint64_t)CPU_PREPARING,
                                (uint64_t)CPU_STARTING);
        arch_cpu_kick(cpu);
    }
    return mine;
}

/** Wait until @p cpu has answered, at most CPU_KICK_US.
 * @req SWR_CPU_006 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns \nothing; */
static bool answered(uint32_t cpu)
{
    uint64_t deadline = arch_time_after(CPU_KICK_US);
    uint32_t turns = CPU_TURNS_MAX;
    bool done = false;

    /*@ loop invariant bound: 0 <= turns <= CPU_TURNS_MAX;
        loop assigns turns, done;
        loop variant turns; */
    while ((!done) && (turns > 0U)) {
        done = (arch_shared_load((uint32_t)SW_CPU_REQUEST, cpu) == (uint64_t)CPU_REQ_NONE);
        arch_relax();
        turns = (arch_time() < deadline) ? (turns - 1U) : 0U;
    }
    return done;
}

/** True when @p cpu executes root or is about to.
 * @req SWR_CPU_004 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns \nothing; */
static bool runs_root(uint32_t cpu)
{
    uint64_t phase = arch_shared_load((uint32_t)SW_CPU_STATE, cpu);

    return (cpu_cell(cpu) == BH_CELL_ROOT) &&
           ((phase == (uint64_t)CPU_RUN) || (phase == (uint64_t)CPU_STARTING));
}

/** Ask @p cpu to use the tables of @p view, in place of the other view but never in place of a
 * request to park: that one must not be lost. A CPU that answers the old request meanwhile finds
 * the new one, because its answer takes back only what it has obeyed.
 * @req SWR_CPU_004 */
/*@ requires args: cpu < BH_CPUS_MAX && view < 2;
    terminates \true; exits \false; assigns hw; */
static void ask(uint32_t cpu, uint32_t view)
{
    uint64_t want = (view == 0U) ? (uint64_t)CPU_REQ_SYNC_0 : (uint64_t)CPU_REQ_SYNC_1;
    uint64_t other = (view == 0U) ? (uint64_t)CPU_REQ_SYNC_1 : (uint64_t)CPU_REQ_SYNC_0;

    if (!arch_shared_swap((uint32_t)SW_CPU_REQUEST, cpu, other, want)) {
        (void)arch_shared_swap((uint32_t)SW_CPU_REQUEST, cpu, (uint64_t)CPU_REQ_NONE, want);
    }
    arch_cpu_kick(cpu);
}

/** Ask all of root's running CPUs but @p self to use the tables of @p view.
 * @req SWR_CPU_004 */
/*@ requires args: self < BH_CPUS_MAX && view < 2;
    terminates \true; exits \false; assigns hw; */
static void ask_root(uint32_t self, uint32_t view)
{
    uint32_t cpu = 0U;

    /*@ loop invariant bound: 0 <= cpu <= BH_CPUS_MAX;
        loop assigns cpu, hw;
        loop variant BH_CPUS_MAX - cpu; */
    while (cpu < BH_CPUS_MAX) {
        if ((cpu != self) && runs_root(cpu)) {
            ask(cpu, view);
        }
        cpu++;
    }
}

uint32_t cpu_late_root(uint32_t self)
{
    uint32_t late = BH_CPUS_MAX;
    uint32_t cpu = 0U;

    /*@ loop invariant bound: 0 <= cpu <= BH_CPUS_MAX && late <= BH_CPUS_MAX;
        loop assigns cpu, late;
        loop variant BH_CPUS_MAX - cpu; */
    while (cpu < BH_CPUS_MAX) {
        if ((late == BH_CPUS_MAX) && (cpu != self) && runs_root(cpu) && (!answered(cpu))) {
            late = cpu;
        }
        cpu++;
    }
    return late;
}

uint32_t cpu_sync_root(uint32_t self, uint32_t view)
{
    uint32_t late;

    arch_shared_store((uint32_t)SW_VIEW, 0U, view);
    ask_root(self, view);
    late = cpu_late_root(self);
    if (late < BH_CPUS_MAX) {
        arch_shared_store((uint32_t)SW_VIEW, 0U, 1U - view);
        ask_root(self, 1U - view);
        (void)cpu_late_root(self);
    }
    if (cpu_cell(self) == BH_CELL_ROOT) {
        arch_cpu_load_map(BH_CELL_ROOT, cpu_pool(BH_CELL_ROOT));
    }
    return late;
}

bool cpu_park(uint32_t self, uint32_t cpu, uint32_t cell)
{
    bool done;

    arch_shared_store((uint32_t)SW_CPU_REQUEST, cpu, (uint64_t)CPU_REQ_PARK);
    arch_cpu_kick(cpu);
    done = answered(cpu);
    if (!done) {
        event_record(self, cell, (uint32_t)BH_EV_KICK_STAGE2, cpu, 0U);
        part_clear(cell);
        arch_cpu_forget_maps();
        done = answered(cpu);
    }
    if (!done) {
        event_record(self, cell, (uint32_t)BH_EV_CPU_LOST, cpu, 0U);
        cpu_set_phase(cpu, (uint32_t)CPU_LOST);
    }
    return done;
}
