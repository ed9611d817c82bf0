/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cell.h"

/** @req SWR_CEL_001 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_CEL_001: \result.status == status && \result.a == a && \result.b == b; */
static struct outcome outcome_of(uint32_t status, uint64_t a, uint64_t b)
{
    struct outcome out = {status, a, b};

    return out;
}

uint32_t cell_state(uint32_t cell)
{
    uint64_t state = arch_shared_load((uint32_t)SW_CELL_STATE, cell);

    return (state < (uint64_t)BH_STATES) ? (uint32_t)state : (uint32_t)BH_STATE_LOST;
}

/** Write the state of a cell and show it.
 * @req SWR_CEL_001 */
/*@ requires cell: cell < BH_CELLS_MAX;
    terminates \true; exits \false; assigns hw, status_page, totals;
    ensures SWR_EVT_004: status_page.cells[cell].state == state; */
static void set_state(uint32_t cell, uint32_t state)
{
    arch_shared_store((uint32_t)SW_CELL_STATE, cell, state);
    event_show_cell(cell, state);
}

/** Does the plan give @p cpu to @p cell?
 * @req SWR_CEL_002 */
/*@ requires args: cell < BH_CELLS_MAX && cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_CEL_002: \result <==> bit_set(plan.cells[cell].cpus, cpu); */
static bool has_cpu(uint32_t cell, uint32_t cpu)
{
    return bit_test(plan.cells[cell].cpus, cpu);
}

uint32_t cell_first_cpu(uint32_t cell)
{
    uint32_t first = 0U;
    uint32_t cpu = BH_CPUS_MAX;

    /*@ loop invariant bound: 0 <= cpu <= BH_CPUS_MAX && first < BH_CPUS_MAX;
        loop invariant so_far: \forall integer k; cpu <= k < BH_CPUS_MAX &&
          bit_set(plan.cells[cell].cpus, k) ==>
            first <= k && bit_set(plan.cells[cell].cpus, first);
        loop assigns cpu, first;
        loop variant cpu; */
    while (cpu > 0U) {
        cpu--;
        if (has_cpu(cell, cpu)) {
            first = cpu;
        }
    }
    return first;
}

/** Put the cell's CPUs below @p end, all parked, back to root.
 * @req SWR_CEL_002 SWR_CEL_006 */
/*@ requires args: cell < BH_CELLS_MAX && end <= BH_CPUS_MAX;
    terminates \true; exits \false;
    assigns hw, status_page, owner[0 .. BH_CPUS_MAX - 1];
    ensures SWR_CEL_006: \forall integer k; 0 <= k < end && bit_set(plan.cells[cell].cpus, k) ==>
      owner[k] == BH_CELL_ROOT;
    ensures SWR_CEL_002: \forall integer k; 0 <= k < BH_CPUS_MAX &&
      !bit_set(plan.cells[cell].cpus, k) ==> owner[k] == \old(owner[k]); */
static void return_cpus(uint32_t cell, uint32_t end)
{
    uint32_t cpu = 0U;

    /*@ loop invariant bound: 0 <= cpu <= end;
        loop invariant so_far: \forall integer k; 0 <= k < cpu && bit_set(plan.cells[cell].cpus, k)
          ==> owner[k] == BH_CELL_ROOT;
        loop invariant others: \forall integer k; 0 <= k < BH_CPUS_MAX &&
          !bit_set(plan.cells[cell].cpus, k) ==> owner[k] == \at(owner[k], Pre);
        loop assigns cpu, hw, status_page, owner[0 .. BH_CPUS_MAX - 1];
        loop variant end - cpu; */
    while (cpu < end) {
        if (has_cpu(cell, cpu)) {
            cpu_give(cpu, BH_CELL_ROOT);
            cpu_set_phase(cpu, (uint32_t)CPU_OFF);
        }
        cpu++;
    }
}

/** Take the cell's CPUs, which root must have switched off. Returns BH_CPUS_MAX, or the CPU that is
 * in use; then none is taken.
 * @req SWR_CEL_002 */
/*@ requires cell: cell < BH_CELLS_MAX;
    terminates \true; exits \false;
    assigns hw, status_page, owner[0 .. BH_CPUS_MAX - 1];
    ensures SWR_CEL_002: \result <= BH_CPUS_MAX; */
static uint32_t take_cpus(uint32_t cell)
{
    uint32_t busy = BH_CPUS_MAX;
    uint32_t cpu = 0U;

    /*@ loop invariant bound: 0 <= cpu <= BH_CPUS_MAX;
        loop invariant busy: busy <= BH_CPUS_MAX;
        loop assigns cpu, busy, hw;
        loop variant BH_CPUS_MAX - cpu; */
    while ((cpu < BH_CPUS_MAX) && (busy == BH_CPUS_MAX)) {
        if (has_cpu(cell, cpu) && (!arch_shared_swap((uint32_t)SW_CPU_STATE, cpu, (uint64_t)CPU_OFF,
                                                     (uint64_t)CPU_PARKED))) {
            busy = cpu;
        }
        cpu++;
    }
    if (busy < BH_CPUS_MAX) {
        return_cpus(cell, busy);
    }
    return busy;
}

/** Make the CPUs, which are parked, the cell's.
 * @req SWR_CEL_002 */
/*@ requires cell: cell < BH_CELLS_MAX;
    terminates \true; exits \false;
    assigns hw, status_page, owner[0 .. BH_CPUS_MAX - 1];
    ensures SWR_CEL_002: \forall integer k; 0 <= k < BH_CPUS_MAX &&
      bit_set(plan.cells[cell].cpus, k) ==> owner[k] == cell;
    ensures SWR_CEL_002: \forall integer k; 0 <= k < BH_CPUS_MAX &&
      !bit_set(plan.cells[cell].cpus, k) ==> owner[k] == \old(owner[k]); */
static void hand_cpus(uint32_t cell)
{
    uint32_t cpu = 0U;

    /*@ loop invariant bound: 0 <= cpu <= BH_CPUS_MAX;
        loop invariant so_far: \forall integer k; 0 <= k < cpu && bit_set(plan.cells[cell].cpus, k)
          ==> owner[k] == cell;
        loop invariant others: \forall integer k; 0 <= k < BH_CPUS_MAX &&
          !bit_set(plan.cells[cell].cpus, k) ==> owner[k] == \at(owner[k], Pre);
        loop assigns cpu, hw, status_page, owner[0 .. BH_CPUS_MAX - 1];
        loop variant BH_CPUS_MAX - cpu; */
    while (cpu < BH_CPUS_MAX) {
        if (has_cpu(cell, cpu)) {
            cpu_give(cpu, cell);
            cpu_set_phase(cpu, (uint32_t)CPU_PARKED);
        }
        cpu++;
    }
}

/** Build the changed view, put it in force on root's CPUs, then for good.
 * @req SWR_CEL_001 */
/*@ requires args: cell_args(self, cell);
    requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns hw, status_page, MAP_STATE, part_view, PART_VIEWS;
    ensures SWR_CEL_001: kernel_inv;
    ensures changed: \result.status == BH_OK ==> part_view == 1 - \old(part_view) &&
      part_changed(part_view, 1 - part_view, cell, op);
    ensures exact: \old(exact(part_view)) ==> exact(part_view);
    ensures refused: \result.status != BH_OK ==> maps_kept{Pre, Post};
    ensures kept: \result.status != BH_OK ==> view_kept{Pre, Post}; */
static struct outcome change_view(uint32_t self, uint32_t cell, uint32_t op)
{
    struct outcome out = outcome_of(part_stage(cell, op), cell, 0U);

    if (out.status == BH_OK) {
        uint32_t late = cpu_sync_root(self, 1U - part_view);

        if (late < BH_CPUS_MAX) {
            out = outcome_of((uint32_t)BH_E_HC_TIMEOUT, late, 0U);
        } else {
            part_commit();
        }
    }
    return out;
}

/** Refuse unless the cell is in one of three states.
 * @req SWR_CEL_001 */
/*@ requires cell: cell < BH_CELLS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_CEL_001: \result.status == BH_OK ==> 2 <= cell < plan.n_cells; */
static struct outcome require_state(uint32_t cell, uint32_t one, uint32_t other, uint32_t third)
{
    uint32_t state = cell_state(cell);
    struct outcome out = outcome_of(BH_OK, 0U, 0U);

    if ((cell < 2U) || (cell >= plan.n_cells)) {
        out = outcome_of((uint32_t)BH_E_HC_NO_CELL, cell, plan.n_cells);
    } else if ((state != one) && (state != other) && (state != third)) {
        out = outcome_of((uint32_t)BH_E_HC_STATE, cell, state);
    } else {
        out.status = BH_OK;
    }
    return out;
}

/** Take from root what the plan gives to the cell. Its memory is in none of root's tables then, and in
 * no CPU's copy of them.
 * @req SWR_CEL_002 */
/*@ requires args: self < BH_CPUS_MAX && 2 <= cell < plan.n_cells;
    requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns CELL_STATE;
    ensures SWR_CEL_001: kernel_inv;
    ensures SWR_CEL_002: \result.status == BH_OK ==> part_view == 1 - \old(part_view) &&
      part_changed(part_view, 1 - part_view, cell, PART_CREATE);
    ensures SWR_PRP_003: \result.status == BH_OK ==> prep_run(cell);
    ensures exact: \old(exact(part_view)) ==> exact(part_view);
    ensures refused: \result.status != BH_OK ==> maps_kept{Pre, Post};
    ensures kept: \result.status != BH_OK && \old(prep_run(cell)) ==> prep_run(cell); */
static struct outcome take(uint32_t self, uint32_t cell)
{
    uint32_t busy = take_cpus(cell);
    struct outcome out = outcome_of((uint32_t)BH_E_HC_CPU_BUSY, cell, busy);

    if (busy == BH_CPUS_MAX) {
        out = change_view(self, cell, (uint32_t)PART_CREATE);
        if (out.status == BH_OK) {
            hand_cpus(cell);
            /* The state first: from here on root's accesses to the interrupts are refused. */
            set_state(cell, (uint32_t)BH_STATE_CLEANING);
            arch_irq_divert(cell, self);
            arch_irq_reset(cell, cell_first_cpu(cell));
            prep_begin(cell);
        } else {
            return_cpus(cell, BH_CPUS_MAX);
        }
    }
    return out;
}

/** Take the cell from root, unless that is done and its memory is being cleared.
 * @req SWR_CEL_002 SWR_PRP_003 */
/*@ requires args: self < BH_CPUS_MAX && 2 <= cell < plan.n_cells;
    requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns CELL_STATE;
    ensures SWR_CEL_001: kernel_inv;
    ensures SWR_CEL_002: \result.status == BH_OK ==> (part_view == 1 - \old(part_view) &&
      part_changed(part_view, 1 - part_view, cell, PART_CREATE)) || maps_kept{Pre, Post};
    ensures SWR_PRP_003: \old(prep_run(cell)) ==> prep_run(cell);
    ensures exact: \old(exact(part_view)) ==> exact(part_view);
    ensures refused: \result.status != BH_OK ==> maps_kept{Pre, Post}; */
static struct outcome take_once(uint32_t self, uint32_t cell)
{
    struct outcome out = outcome_of(BH_OK, cell, 0U);

    if (cell_state(cell) != (uint32_t)BH_STATE_CLEANING) {
        out = take(self, cell);
    }
    return out;
}

/** Clear more of the cell's memory.
 * @req SWR_PRP_003 */
/*@ requires args: self < BH_CPUS_MAX && cell < BH_CELLS_MAX;
    requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns PREP_STATE;
    ensures SWR_CEL_001: kernel_inv;
    ensures SWR_PRP_003: \result.status == BH_OK || \result.status == BH_E_HC_AGAIN;
    ensures SWR_PRP_003: \result.status == BH_OK && \old(prep_run(cell)) ==> prep_all(cell);
    ensures kept: maps_kept{Pre, Post};
    ensures changed: \old(part_changed(part_view, 1 - part_view, cell, PART_CREATE)) ==>
      part_changed(part_view, 1 - part_view, cell, PART_CREATE);
    ensures exact: \old(exact(part_view)) ==> exact(part_view); */
static struct outcome clear(uint32_t self, uint32_t cell)
{
    uint64_t left = prep_clear(self, cell);

    return outcome_of((left > 0U) ? (uint32_t)BH_E_HC_AGAIN : BH_OK, cell, left);
}

struct outcome cell_create(uint32_t self, uint32_t cell, bool keep)
{
    struct outcome out = require_state(cell, (uint32_t)BH_STATE_ABSENT, (uint32_t)BH_STATE_CLEANING,
                                       (uint32_t)BH_STATE_CLEANING);

    if (out.status == BH_OK) {
        out = take_once(self, cell);
    }
    if ((out.status == BH_OK) && (!keep)) {
        out = clear(self, cell);
    }
    if (out.status == BH_OK) {
        set_state(cell, (uint32_t)BH_STATE_CREATED);
        event_record(self, BH_CELL_ROOT, (uint32_t)BH_EV_CREATED, cell, 0U);
    }
    return out;
}

/** Park all CPUs of the cell; BH_CPUS_MAX, or one that is lost.
 * @req SWR_CEL_005 */
/*@ requires args: self < BH_CPUS_MAX && 2 <= cell < BH_CELLS_MAX;
    requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns KERNEL_STATE;
    ensures SWR_CEL_001: kernel_inv;
    ensures SWR_CEL_005: \result <= BH_CPUS_MAX; */
static uint32_t park_cpus(uint32_t self, uint32_t cell)
{
    uint32_t lost = BH_CPUS_MAX;
    uint32_t cpu = 0U;

    /*@ loop invariant bound: 0 <= cpu <= BH_CPUS_MAX;
        loop invariant kept: kernel_inv && lost <= BH_CPUS_MAX;
        loop assigns cpu, lost, KERNEL_STATE;
        loop variant BH_CPUS_MAX - cpu; */
    while (cpu < BH_CPUS_MAX) {
        /* The caller executes the kernel, not the cell: it has nothing to park. */
        if (has_cpu(cell, cpu) && (cpu != self) && (!cpu_park(self, cpu, cell))) {
            lost = cpu;
        }
        cpu++;
    }
    return lost;
}

/** Make sure that no CPU executes the cell: one that ended by its own wish may still have others on
 * their way. A cell with a CPU that does not come back is lost. Not while its watchdog fails it.
 * @req SWR_CEL_005 SWR_WDG_006 */
/*@ requires args: self < BH_CPUS_MAX && 2 <= cell < BH_CELLS_MAX;
    requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns KERNEL_STATE;
    ensures SWR_CEL_001: kernel_inv;
    ensures SWR_CEL_005: \result.status == BH_OK || \result.status == BH_E_HC_LOST ||
      \result.status == BH_E_HC_BUSY; */
static struct outcome settle(uint32_t self, uint32_t cell)
{
    struct outcome out = outcome_of((uint32_t)BH_E_HC_BUSY, plan.policy[cell].watch_cpu, 0U);

    if (watch_close(cell)) {
        uint32_t lost = park_cpus(self, cell);

        out = outcome_of(BH_OK, 0U, 0U);
        if (lost < BH_CPUS_MAX) {
            out = outcome_of((uint32_t)BH_E_HC_LOST, cell, lost);
            set_state(cell, (uint32_t)BH_STATE_LOST);
        }
    }
    return out;
}

struct outcome cell_load(uint32_t self, uint32_t cell)
{
    struct outcome out = require_state(cell, (uint32_t)BH_STATE_CREATED, (uint32_t)BH_STATE_STOPPED,
                                       (uint32_t)BH_STATE_MEASURING);

    if (out.status == BH_OK) {
        out = settle(self, cell);
    }
    if (out.status == BH_OK) {
        out = change_view(self, cell, (uint32_t)PART_OPEN);
    }
    if (out.status == BH_OK) {
        set_state(cell, (uint32_t)BH_STATE_LOADING);
        event_record(self, BH_CELL_ROOT, (uint32_t)BH_EV_LOADABLE, cell, 0U);
    }
    return out;
}

/** The first CPU enters the cell; the others wait for the cell to switch them on.
 * @req SWR_CEL_004 SWR_WDG_002 SWR_HWE_005 */
/*@ requires cell: cell < BH_CELLS_MAX;
    terminates \true; exits \false;
    assigns hw, status_page, totals, cpu_entry[0 .. BH_CPUS_MAX - 1],
      cpu_context[0 .. BH_CPUS_MAX - 1]; */
static void start_cpus(uint32_t cell)
{
    uint32_t first = cell_first_cpu(cell);
    uint32_t cpu = 0U;

    hwerr_forget(cell);
    set_state(cell, (uint32_t)BH_STATE_RUNNING);
    /*@ loop invariant bound: 0 <= cpu <= BH_CPUS_MAX;
        loop assigns cpu, hw, status_page;
        loop variant BH_CPUS_MAX - cpu; */
    while (cpu < BH_CPUS_MAX) {
        if (has_cpu(cell, cpu) && (cpu != first)) {
            cpu_set_phase(cpu, (uint32_t)CPU_OFF);
        }
        cpu++;
    }
    (void)cpu_start(first, (uint64_t)CPU_PARKED, plan.cells[cell].entry, plan.cells[cell].comm);
    watch_start(cell);
}

/** Refuse while a CPU of root has not yet answered an earlier change of the view: it may still use
 * tables in which the cell's memory is root's.
 * @req SWR_CEL_003 */
/*@ requires self: self < BH_CPUS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_CEL_003: \result.status == BH_OK || \result.status == BH_E_HC_TIMEOUT; */
static struct outcome root_synced(uint32_t self)
{
    uint32_t late = cpu_late_root(self);

    return (late < BH_CPUS_MAX) ? outcome_of((uint32_t)BH_E_HC_TIMEOUT, late, 0U)
                                : outcome_of(BH_OK, 0U, 0U);
}

/** Measure more of the memory of a cell that is closed, parked and about to start, if the plan asks
 * for it. BH_OK: the cell may start, with the bytes that were measured.
 * @req SWR_MSR_003 */
/*@ requires args: self < BH_CPUS_MAX && 2 <= cell < BH_CELLS_MAX;
    requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns hw, totals, MEASURE_STATE;
    ensures SWR_CEL_001: kernel_inv;
    ensures SWR_MSR_003: maps_kept{Pre, Post};
    ensures only: !refusal(\result.status); */
static struct outcome measured(uint32_t self, uint32_t cell)
{
    struct outcome out = outcome_of(BH_OK, cell, 0U);

    if (measure_wanted(cell)) {
        if (cell_state(cell) != (uint32_t)BH_STATE_MEASURING) {
            set_state(cell, (uint32_t)BH_STATE_MEASURING);
            measure_begin(cell);
        }
        out.b = measure_step(self, cell);
        if (out.b > 0U) {
            out.status = (uint32_t)BH_E_HC_AGAIN;
        } else if (measure_approved(cell)) {
            event_record(self, cell, (uint32_t)BH_EV_MEASURED, measure_half(cell, 0U),
                         measure_half(cell, 2U));
        } else {
            out = outcome_of((uint32_t)BH_E_HC_DIGEST, cell, measure_half(cell, 0U));
            set_state(cell, (uint32_t)BH_STATE_STOPPED);
            event_record(self, cell, (uint32_t)BH_EV_DIGEST_REFUSED, cell, out.b);
        }
    }
    return out;
}

struct outcome cell_start(uint32_t self, uint32_t cell)
{
    struct outcome out = require_state(cell, (uint32_t)BH_STATE_LOADING, (uint32_t)BH_STATE_STOPPED,
                                       (uint32_t)BH_STATE_MEASURING);

    if (out.status == BH_OK) {
        out = settle(self, cell);
    }
    if (out.status == BH_OK) {
        out = root_synced(self);
    }
    /* A cell that was stopped by its tables has none. Before the view changes: a refusal leaves it. */
    if ((out.status == BH_OK) && (!part_refill(cell))) {
        out = outcome_of((uint32_t)BH_E_HC_POOL, cell, 0U);
    }
    /* Decided by what is mapped, not by the state: a cell that runs is never open to root. */
    if ((out.status == BH_OK) && (part_open[part_view][cell] != 0U)) {
        out = change_view(self, cell, (uint32_t)PART_CLOSE);
    }
    if (out.status == BH_OK) {
        out = measured(self, cell);
    }
    if (out.status == BH_OK) {
        lock_demanded(self, cell);
        arch_irq_reset(cell, cell_first_cpu(cell));
        event_record(self, BH_CELL_ROOT, (uint32_t)BH_EV_STARTED, cell, 0U);
        start_cpus(cell);
    }
    return out;
}

struct outcome cell_stop(uint32_t self, uint32_t cell)
{
    struct outcome out = require_state(cell, (uint32_t)BH_STATE_RUNNING, (uint32_t)BH_STATE_FAILED,
                                       (uint32_t)BH_STATE_MEASURING);

    if (out.status == BH_OK) {
        out = settle(self, cell);
    }
    if (out.status == BH_OK) {
        set_state(cell, (uint32_t)BH_STATE_STOPPED);
        event_record(self, BH_CELL_ROOT, (uint32_t)BH_EV_STOPPED, cell, 0U);
    }
    return out;
}

/** Give the parked cell's memory, interrupts and CPUs back to root.
 * @req SWR_CEL_006 */
/*@ requires args: self < BH_CPUS_MAX && 2 <= cell < BH_CELLS_MAX;
    requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns VIEW_STATE, owner[0 .. BH_CPUS_MAX - 1];
    ensures SWR_CEL_001: kernel_inv;
    ensures SWR_CEL_006: \result.status == BH_OK ==> part_view == 1 - \old(part_view) &&
      !live(part_view, cell) && empty(cell);
    ensures exact: \old(exact(part_view)) ==> exact(part_view);
    ensures refused: \result.status != BH_OK ==> maps_kept{Pre, Post}; */
static struct outcome give_back(uint32_t self, uint32_t cell)
{
    struct outcome out = change_view(self, cell, (uint32_t)PART_DESTROY);

    if (out.status == BH_OK) {
        part_clear(cell);
        arch_cpu_forget_maps();
        /* The caller is root's; root's first CPU by the plan may be another cell's now. */
        arch_irq_reset(cell, self);
        return_cpus(cell, BH_CPUS_MAX);
        set_state(cell, (uint32_t)BH_STATE_ABSENT);
        event_record(self, BH_CELL_ROOT, (uint32_t)BH_EV_DESTROYED, cell, 0U);
    }
    return out;
}

/** Clear more of the memory of a cell on its way from @p state to its end.
 * @req SWR_PRP_003 */
/*@ requires args: self < BH_CPUS_MAX && 2 <= cell < BH_CELLS_MAX;
    requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns hw, status_page, totals, PREP_STATE;
    ensures SWR_CEL_001: kernel_inv;
    ensures SWR_PRP_003: \result.status == BH_OK || \result.status == BH_E_HC_AGAIN;
    ensures SWR_PRP_003: \result.status == BH_OK && \old(prep_run(cell)) ==> prep_all(cell);
    ensures kept: maps_kept{Pre, Post};
    ensures exact: \old(exact(part_view)) ==> exact(part_view); */
static struct outcome leave(uint32_t self, uint32_t cell, uint32_t state)
{
    if (state != (uint32_t)BH_STATE_LEAVING) {
        set_state(cell, (uint32_t)BH_STATE_LEAVING);
        prep_begin(cell);
    }
    return clear(self, cell);
}

struct outcome cell_destroy(uint32_t self, uint32_t cell)
{
    uint32_t state = cell_state(cell);
    struct outcome out;

    if ((state == (uint32_t)BH_STATE_ABSENT) || (state == (uint32_t)BH_STATE_LOST) || (cell < 2U) ||
        (cell >= plan.n_cells)) {
        out = require_state(cell, (uint32_t)BH_STATE_CREATED, (uint32_t)BH_STATE_STOPPED,
                            (uint32_t)BH_STATE_MEASURING);
    } else if ((state == (uint32_t)BH_STATE_RUNNING) || (state == (uint32_t)BH_STATE_FAILED)) {
        out = cell_stop(self, cell);
    } else {
        out = settle(self, cell);
    }
    if (out.status == BH_OK) {
        out = leave(self, cell, state);
    }
    if (out.status == BH_OK) {
        out = give_back(self, cell);
    }
    return out;
}

/** Ask the cell's other CPUs to park, and wait for none.
 * @req SWR_CEL_007 */
/*@ requires self: self < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw; */
static void end_others(uint32_t self, uint32_t cell)
{
    uint32_t cpu = 0U;

    /*@ loop invariant bound: 0 <= cpu <= BH_CPUS_MAX;
        loop assigns cpu, hw;
        loop variant BH_CPUS_MAX - cpu; */
    while (cpu < BH_CPUS_MAX) {
        if ((cpu != self) && (cpu_cell(cpu) == cell)) {
            arch_shared_store((uint32_t)SW_CPU_REQUEST, cpu, (uint64_t)CPU_REQ_PARK);
            arch_cpu_kick(cpu);
        }
        cpu++;
    }
}

void cell_end(uint32_t self, uint32_t state)
{
    uint32_t cell = cpu_cell(self);

    if (arch_shared_swap((uint32_t)SW_CELL_STATE, cell, (uint64_t)BH_STATE_RUNNING, state)) {
        event_show_cell(cell, state);
    }
    end_others(self, cell);
    arch_cpu_quiet(self);
    cpu_set_phase(self, (uint32_t)CPU_PARKED);
}
