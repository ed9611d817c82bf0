/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cell.h"
#include "core/bits.h"

static struct outcome outcome_of(uint32_t status, uint64_t a, uint64_t b)
{
    struct outcome out = {status, a, b};

    return out;
}

uint32_t cell_state(uint32_t cell)
{
    uint64_t state = arch_shared_load((uint32_t)SW_CELL_STATE, cell);

    return (state <= (uint64_t)BH_STATE_LOST) ? (uint32_t)state : (uint32_t)BH_STATE_LOST;
}

static void set_state(uint32_t cell, uint32_t state)
{
    arch_shared_store((uint32_t)SW_CELL_STATE, cell, state);
    event_show_cell(cell, state);
}

static bool has_cpu(uint32_t cell, uint32_t cpu)
{
    return bit_test(plan.cells[cell].cpus, cpu);
}

/** The cell's first CPU; every cell of an accepted plan has one. */
static uint32_t first_cpu(uint32_t cell)
{
    uint32_t first = 0U;
    uint32_t cpu = BH_CPUS_MAX;

    while (cpu > 0U) {
        cpu--;
        if (has_cpu(cell, cpu)) {
            first = cpu;
        }
    }
    return first;
}

/** Put the cell's CPUs below @p end, all parked, back to root. */
static void return_cpus(uint32_t cell, uint32_t end)
{
    uint32_t cpu = 0U;

    while (cpu < end) {
        if (has_cpu(cell, cpu)) {
            arch_shared_store((uint32_t)SW_CPU_CELL, cpu, BH_CELL_ROOT);
            cpu_set_phase(cpu, (uint32_t)CPU_OFF);
        }
        cpu++;
    }
}

/** Take the cell's CPUs, which root must have switched off. Returns BH_CPUS_MAX, or the CPU that is
 * in use; then none is taken. */
static uint32_t take_cpus(uint32_t cell)
{
    uint32_t busy = BH_CPUS_MAX;
    uint32_t cpu = 0U;

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

static void hand_cpus(uint32_t cell)
{
    uint32_t cpu = 0U;

    while (cpu < BH_CPUS_MAX) {
        if (has_cpu(cell, cpu)) {
            arch_shared_store((uint32_t)SW_CPU_CELL, cpu, cell);
            cpu_set_phase(cpu, (uint32_t)CPU_PARKED);
        }
        cpu++;
    }
}

/** Build the changed view, put it in force on root's CPUs, then for good. */
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

/** Refuse unless the cell is in one of two states. */
static struct outcome require_state(uint32_t cell, uint32_t one, uint32_t other)
{
    uint32_t state = cell_state(cell);
    struct outcome out = outcome_of(BH_OK, 0U, 0U);

    if ((cell < 2U) || (cell >= plan.n_cells)) {
        out = outcome_of((uint32_t)BH_E_HC_NO_CELL, cell, plan.n_cells);
    } else if ((state != one) && (state != other)) {
        out = outcome_of((uint32_t)BH_E_HC_STATE, cell, state);
    } else {
        out.status = BH_OK;
    }
    return out;
}

struct outcome cell_create(uint32_t self, uint32_t cell)
{
    struct outcome out = require_state(cell, (uint32_t)BH_STATE_ABSENT, (uint32_t)BH_STATE_ABSENT);

    if (out.status == BH_OK) {
        uint32_t busy = take_cpus(cell);

        if (busy < BH_CPUS_MAX) {
            out = outcome_of((uint32_t)BH_E_HC_CPU_BUSY, cell, busy);
        } else {
            out = change_view(self, cell, (uint32_t)PART_CREATE);
            if (out.status == BH_OK) {
                hand_cpus(cell);
                arch_irq_reset(cell, first_cpu(cell));
                set_state(cell, (uint32_t)BH_STATE_CREATED);
                event_record(self, BH_CELL_ROOT, (uint32_t)BH_EV_CREATED, cell, 0U);
            } else {
                return_cpus(cell, BH_CPUS_MAX);
            }
        }
    }
    return out;
}

struct outcome cell_load(uint32_t self, uint32_t cell)
{
    struct outcome out =
        require_state(cell, (uint32_t)BH_STATE_CREATED, (uint32_t)BH_STATE_STOPPED);

    if (out.status == BH_OK) {
        out = change_view(self, cell, (uint32_t)PART_OPEN);
    }
    if (out.status == BH_OK) {
        set_state(cell, (uint32_t)BH_STATE_LOADING);
        event_record(self, BH_CELL_ROOT, (uint32_t)BH_EV_LOADABLE, cell, 0U);
    }
    return out;
}

/** The first CPU enters the cell; the others wait for the cell to switch them on. */
static void start_cpus(uint32_t cell)
{
    uint32_t first = first_cpu(cell);
    uint32_t cpu = 0U;

    set_state(cell, (uint32_t)BH_STATE_RUNNING);
    while (cpu < BH_CPUS_MAX) {
        if (has_cpu(cell, cpu) && (cpu != first)) {
            cpu_set_phase(cpu, (uint32_t)CPU_OFF);
        }
        cpu++;
    }
    (void)cpu_start(first, (uint64_t)CPU_PARKED, plan.cells[cell].entry, plan.cells[cell].comm);
}

struct outcome cell_start(uint32_t self, uint32_t cell)
{
    struct outcome out =
        require_state(cell, (uint32_t)BH_STATE_LOADING, (uint32_t)BH_STATE_STOPPED);

    if ((out.status == BH_OK) && (cell_state(cell) == (uint32_t)BH_STATE_LOADING)) {
        out = change_view(self, cell, (uint32_t)PART_CLOSE);
    }
    if (out.status == BH_OK) {
        arch_irq_reset(cell, first_cpu(cell));
        event_record(self, BH_CELL_ROOT, (uint32_t)BH_EV_STARTED, cell, 0U);
        start_cpus(cell);
    }
    return out;
}

/** Park all CPUs of the cell; BH_CPUS_MAX, or one that is lost. */
static uint32_t park_cpus(uint32_t self, uint32_t cell)
{
    uint32_t lost = BH_CPUS_MAX;
    uint32_t cpu = 0U;

    while (cpu < BH_CPUS_MAX) {
        if (has_cpu(cell, cpu) && (!cpu_park(self, cpu, cell))) {
            lost = cpu;
        }
        cpu++;
    }
    return lost;
}

struct outcome cell_stop(uint32_t self, uint32_t cell)
{
    struct outcome out =
        require_state(cell, (uint32_t)BH_STATE_RUNNING, (uint32_t)BH_STATE_FAILED);

    if (out.status == BH_OK) {
        uint32_t lost = park_cpus(self, cell);

        if (lost < BH_CPUS_MAX) {
            out = outcome_of((uint32_t)BH_E_HC_LOST, cell, lost);
            set_state(cell, (uint32_t)BH_STATE_LOST);
        } else {
            set_state(cell, (uint32_t)BH_STATE_STOPPED);
            event_record(self, BH_CELL_ROOT, (uint32_t)BH_EV_STOPPED, cell, 0U);
        }
    }
    return out;
}

/** Give the parked cell's memory, interrupts and CPUs back to root. */
static struct outcome give_back(uint32_t self, uint32_t cell)
{
    struct outcome out = change_view(self, cell, (uint32_t)PART_DESTROY);

    if (out.status == BH_OK) {
        part_clear(cell);
        arch_cpu_forget_maps();
        arch_irq_reset(cell, first_cpu(BH_CELL_ROOT));
        return_cpus(cell, BH_CPUS_MAX);
        set_state(cell, (uint32_t)BH_STATE_ABSENT);
        event_record(self, BH_CELL_ROOT, (uint32_t)BH_EV_DESTROYED, cell, 0U);
    }
    return out;
}

struct outcome cell_destroy(uint32_t self, uint32_t cell)
{
    uint32_t state = cell_state(cell);
    struct outcome out = outcome_of(BH_OK, 0U, 0U);

    if ((state == (uint32_t)BH_STATE_ABSENT) || (state == (uint32_t)BH_STATE_LOST) ||
        (cell < 2U) || (cell >= plan.n_cells)) {
        out = require_state(cell, (uint32_t)BH_STATE_CREATED, (uint32_t)BH_STATE_STOPPED);
    } else if ((state == (uint32_t)BH_STATE_RUNNING) || (state == (uint32_t)BH_STATE_FAILED)) {
        out = cell_stop(self, cell);
    } else {
        out.status = BH_OK;
    }
    if (out.status == BH_OK) {
        out = give_back(self, cell);
    }
    return out;
}

/** Ask the cell's other CPUs to park, and wait for none. */
static void end_others(uint32_t self, uint32_t cell)
{
    uint32_t cpu = 0U;

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
