/* SPDX-License-Identifier: Apache-2.0 */
#include "core/restart.h"

bool restart_allowed(uint32_t cell)
{
    bool leave = ((plan.cells[cell].flags / BH_CELL_RESTART) % 2U) == 1U;

    if (cell >= 2U) {
        leave = !measure_wanted(cell);
    }
    return leave && (cell_state(cell) == (uint32_t)BH_STATE_RUNNING);
}

/** Does the plan give @p cpu to root alone?
 * @req SWR_RST_006 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_RST_006: \result <==> bit_set(plan.cells[BH_CELL_ROOT].cpus, cpu) &&
      \forall integer c; 2 <= c < BH_CELLS_MAX ==> !bit_set(plan.cells[c].cpus, cpu); */
static bool roots_alone(uint32_t cpu)
{
    bool alone = bit_test(plan.cells[BH_CELL_ROOT].cpus, cpu);
    uint32_t cell = 2U;

    /*@ loop invariant bound: 2 <= cell <= BH_CELLS_MAX;
        loop invariant so_far: alone <==> bit_set(plan.cells[BH_CELL_ROOT].cpus, cpu) &&
          \forall integer c; 2 <= c < cell ==> !bit_set(plan.cells[c].cpus, cpu);
        loop assigns cell, alone;
        loop variant BH_CELLS_MAX - cell; */
    while (cell < BH_CELLS_MAX) {
        if (bit_test(plan.cells[cell].cpus, cpu)) {
            alone = false;
        }
        cell++;
    }
    return alone;
}

/** The CPU on which the cell begins anew: its first; for root the first that no cell can have, so that all
 * of root's CPUs name the same one, whatever cells come and go meanwhile.
 * @req SWR_RST_003 SWR_RST_006 */
/*@ requires cell: cell < BH_CELLS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures range: \result < BH_CPUS_MAX; */
static uint32_t begins_on(uint32_t cell)
{
    uint32_t first = (cell == BH_CELL_ROOT) ? 0U : cell_first_cpu(cell);
    uint32_t cpu = BH_CPUS_MAX;

    /*@ loop invariant bound: 0 <= cpu <= BH_CPUS_MAX && first < BH_CPUS_MAX;
        loop assigns cpu, first;
        loop variant cpu; */
    while (cpu > 0U) {
        cpu--;
        if ((cell == BH_CELL_ROOT) && roots_alone(cpu)) {
            first = cpu;
        }
    }
    return first;
}

/** Ask a CPU to be held until its cell begins anew. Never in place of a request to park: that one must
 * not be lost.
 * @req SWR_RST_002 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw; */
static void ask(uint32_t cpu)
{
    (void)arch_shared_swap((uint32_t)SW_CPU_REQUEST, cpu, (uint64_t)CPU_REQ_NONE,
                           (uint64_t)CPU_REQ_RESET);
    arch_cpu_kick(cpu);
}

/** Is @p cpu a CPU of @p cell? The machine may have fewer CPUs than there is room for.
 * @req SWR_RST_002 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_RST_002: \result <==> cpu < plan.n_cpus && cell_on(cpu) == cell; */
static bool of_cell(uint32_t cpu, uint32_t cell)
{
    return (cpu < plan.n_cpus) && (cpu_cell(cpu) == cell);
}

void restart_ask(uint32_t self)
{
    uint32_t cell = cpu_cell(self);
    uint32_t cpu = 0U;

    /*@ loop invariant bound: 0 <= cpu <= BH_CPUS_MAX;
        loop assigns cpu, hw;
        loop variant BH_CPUS_MAX - cpu; */
    while (cpu < BH_CPUS_MAX) {
        if ((cpu != self) && of_cell(cpu, cell)) {
            ask(cpu);
        }
        cpu++;
    }
    cpu_hold(self); /* last: until then the first CPU does not find this one off */
}

/** Is @p cpu where the restart wants it, with nothing asked of it? One that another CPU of the cell has
 * switched on since it answered is asked again.
 * @req SWR_RST_003 */
/*@ requires args: cpu < BH_CPUS_MAX && first < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw; */
static bool at_rest(uint32_t cpu, uint32_t first)
{
    bool asked = arch_shared_load((uint32_t)SW_CPU_REQUEST, cpu) != (uint64_t)CPU_REQ_NONE;
    uint64_t phase = arch_shared_load((uint32_t)SW_CPU_STATE, cpu);
    uint64_t wanted = (cpu == first) ? (uint64_t)CPU_RESET : (uint64_t)CPU_OFF;

    if ((phase != (uint64_t)CPU_OFF) && (phase != (uint64_t)CPU_RESET)) {
        ask(cpu);
    }
    return (!asked) && (phase == wanted);
}

/** Are all CPUs of the cell at rest?
 * @req SWR_RST_003 */
/*@ requires first: first < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw; */
static bool all_at_rest(uint32_t cell, uint32_t first)
{
    bool all = true;
    uint32_t cpu = 0U;

    /*@ loop invariant bound: 0 <= cpu <= BH_CPUS_MAX;
        loop assigns cpu, all, hw;
        loop variant BH_CPUS_MAX - cpu; */
    while (cpu < BH_CPUS_MAX) {
        if (of_cell(cpu, cell) && (!at_rest(cpu, first))) {
            all = false;
        }
        cpu++;
    }
    return all;
}

/** Count the start and record it.
 * @req SWR_RST_004 */
/*@ requires args: first < BH_CPUS_MAX && cell < BH_CELLS_MAX;
    terminates \true; exits \false; assigns hw, status_page, totals;
    ensures SWR_RST_004: \exists integer k; 0 <= k < BH_EVENTS &&
      status_page.events[k].id == BH_EV_CELL_RESTARTED && status_page.events[k].cpu == first &&
      status_page.events[k].cell == cell && status_page.events[k].a == cell; */
static void tell(uint32_t first, uint32_t cell)
{
    event_show_cell(cell, (uint32_t)BH_STATE_RUNNING);
    event_record(first, cell, (uint32_t)BH_EV_CELL_RESTARTED, cell, 0U);
}

/** Interrupts of the cell are disabled, idle and back at its first CPU.
 * @return whether no other one can reach a CPU that root may give away
 * @req SWR_RST_003 SWR_RST_006 */
/*@ requires args: first < BH_CPUS_MAX && cell < BH_CELLS_MAX;
    terminates \true; exits \false;
    assigns hw, status_page, totals, ARCH_MESSAGES;
    ensures SWR_RST_006: cell != BH_CELL_ROOT ==> \result; */
static bool interrupts_rest(uint32_t first, uint32_t cell)
{
    arch_irq_reset(cell, first);
    return (cell != BH_CELL_ROOT) || arch_irq_anew(first);
}

/** All CPUs of the cell are at rest: interrupts off, idle and back at the first CPU, which enters. Not
 * when the cell was ended meanwhile: then all its CPUs are asked to park.
 * @req SWR_RST_003 SWR_RST_004 */
/*@ requires args: first < BH_CPUS_MAX && cell < BH_CELLS_MAX;
    terminates \true; exits \false;
    assigns RESTART_STATE; */
static void begin(uint32_t first, uint32_t cell)
{
    /* The watchdog first: from its new run on it does not fail the cell for what the old one left. */
    if ((!watch_renew(cell)) || (cell_state(cell) != (uint32_t)BH_STATE_RUNNING)) {
        /* it ends */
    } else if (interrupts_rest(first, cell)) {
        tell(first, cell);
        (void)cpu_start(first, (uint64_t)CPU_RESET, plan.cells[cell].entry, plan.cells[cell].comm);
    } else {
        arch_cpu_kick(first); /* again */
    }
}

void restart_go_on(uint32_t self)
{
    uint32_t cell = cpu_cell(self);
    uint32_t first = begins_on(cell);

    if (arch_shared_load((uint32_t)SW_CPU_STATE, self) == (uint64_t)CPU_RESET) {
        if (self != first) {
            cpu_set_phase(self, (uint32_t)CPU_OFF);
            arch_cpu_kick(first);
        } else if (all_at_rest(cell, first) && all_at_rest(cell, first)) {
            /* Twice: a CPU that asked while the first look went on was found off at its end, so the
             * second one sees all that it asked. */
            begin(first, cell);
        } else {
            /* the last one to be off kicks */
        }
    }
}
