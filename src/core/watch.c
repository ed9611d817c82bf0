/* SPDX-License-Identifier: Apache-2.0 */
#include "core/watch.h"
#include "core/bits.h"

struct watch_table watch_table;

void watch_start(uint32_t cell)
{
    if (plan.policy[cell].watch_us != 0U) {
        uint64_t run = arch_shared_load((uint32_t)SW_WATCH, cell) / WATCH_WORDS;
        uint64_t next = (run + 1U) % WATCH_RUNS;

        arch_shared_store((uint32_t)SW_WATCH, cell, (next * WATCH_WORDS) + (uint64_t)WATCH_ARMED);
        arch_cpu_kick(plan.policy[cell].watch_cpu % BH_CPUS_MAX);
    }
}

bool watch_close(uint32_t cell)
{
    uint64_t word = arch_shared_load((uint32_t)SW_WATCH, cell);
    uint64_t phase = word % WATCH_WORDS;
    bool closed = phase != (uint64_t)WATCH_ENDING;

    if (phase == (uint64_t)WATCH_ARMED) {
        closed = arch_shared_swap((uint32_t)SW_WATCH, cell, word, word - (uint64_t)WATCH_ARMED);
    }
    return closed;
}

bool watch_renew(uint32_t cell)
{
    bool renewed = true;

    if (plan.policy[cell].watch_us != 0U) {
        uint64_t word = arch_shared_load((uint32_t)SW_WATCH, cell);
        uint64_t next = ((word / WATCH_WORDS) + 1U) % WATCH_RUNS;

        renewed = ((word % WATCH_WORDS) == (uint64_t)WATCH_ARMED) &&
                  arch_shared_swap((uint32_t)SW_WATCH, cell, word,
                                   (next * WATCH_WORDS) + (uint64_t)WATCH_ARMED);
    }
    return renewed;
}

/** Does region @p i, of the cell, hold its page @p page?
 * @req SWR_WDG_003 */
/*@ requires args: cell < BH_CELLS_MAX && i < BH_REGIONS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_WDG_003: \result <==> i < plan.n_regions && PR(i).own == cell && in_ipa(i, page); */
static bool holds(uint32_t cell, uint32_t i, uint64_t page)
{
    return (i < plan.n_regions) && (plan.regions[i].own == cell) && (plan.regions[i].ipn <= page) &&
           ((page - plan.regions[i].ipn) < plan.regions[i].n);
}

/** The page of memory that holds the cell's communication region; 0, which is no cell's, when none
 * does. Every watched cell of an accepted plan has one.
 * @req SWR_WDG_003 */
/*@ requires cell: cell < BH_CELLS_MAX;
    requires inv: kernel_inv;
    terminates \true; exits \false; assigns \nothing;
    ensures range: \result < BH_PPN_MAX;
    ensures SWR_WDG_003: \result != 0 ==>
      \exists integer k; 0 <= k < plan.n_regions && watch_page(k, cell, \result); */
static uint64_t comm_page(uint32_t cell)
{
    uint64_t page = plan.cells[cell].comm / BH_PAGE_BYTES;
    uint64_t ppn = 0U;
    uint32_t i = 0U;

    //@ assert regions: rule_regions && rule_counts;
    /*@ loop invariant bound: 0 <= i <= BH_REGIONS_MAX && ppn < BH_PPN_MAX;
        loop invariant SWR_WDG_003: ppn != 0 ==>
          \exists integer k; 0 <= k < plan.n_regions && watch_page(k, cell, ppn);
        loop assigns i, ppn;
        loop variant BH_REGIONS_MAX - i; */
    while (i < BH_REGIONS_MAX) {
        if (holds(cell, i, page)) {
            //@ assert one: region_ok(i);
            ppn = plan.regions[i].ppn + (page - plan.regions[i].ipn);
            //@ assert found: watch_page(i, cell, ppn);
        }
        i++;
    }
    return ppn;
}

/** The heartbeat of a cell, from page @p ppn.
 * @req SWR_WDG_003 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns PAGE_STATE; */
static uint64_t heartbeat(uint32_t cpu, uint64_t ppn)
{
    return (ppn != 0U) ? arch_page_word(cpu, ppn % BH_PPN_MAX, WATCH_HEARTBEAT) : 0U;
}

/** One deadline of the cell from now.
 * @req SWR_WDG_004 */
/*@ requires cell: cell < BH_CELLS_MAX;
    terminates \true; exits \false; assigns \nothing; */
static uint64_t deadline(uint32_t cell)
{
    uint32_t us = plan.policy[cell].watch_us;

    return arch_time_after((us < BH_WATCH_US_MAX) ? us : BH_WATCH_US_MAX);
}

/** Ask a CPU of the cell to park.
 * @req SWR_WDG_005 */
/*@ requires args: k < BH_CPUS_MAX;
    requires SWR_WDG_005: cell_on(k) == cell;
    terminates \true; exits \false; assigns hw; */
static void ask_one(uint32_t k, uint32_t cell)
{
    (void)cell;
    arch_shared_store((uint32_t)SW_CPU_REQUEST, k, (uint64_t)CPU_REQ_PARK);
    arch_cpu_kick(k);
}

/** Ask all CPUs of the cell to park, and wait for none.
 * @req SWR_WDG_005 */
/*@ requires cell: cell < BH_CELLS_MAX;
    terminates \true; exits \false; assigns hw; */
static void ask_all(uint32_t cell)
{
    uint32_t k = 0U;

    /*@ loop invariant bound: 0 <= k <= BH_CPUS_MAX;
        loop assigns k, hw;
        loop variant BH_CPUS_MAX - k; */
    while (k < BH_CPUS_MAX) {
        if (cpu_cell(k) == cell) {
            ask_one(k, cell);
        }
        k++;
    }
}

/** A CPU of the cell which has not done what ask_all() asked, or BH_CPUS_MAX.
 * @req SWR_WDG_008 */
/*@ requires cell: cell < BH_CELLS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_WDG_008: \result < BH_CPUS_MAX ==> cell_on(\result) == cell;
    ensures range: \result <= BH_CPUS_MAX; */
static uint32_t deaf_cpu(uint32_t cell)
{
    uint32_t deaf = BH_CPUS_MAX;
    uint32_t k = 0U;

    /*@ loop invariant bound: 0 <= k <= BH_CPUS_MAX;
        loop invariant SWR_WDG_008: deaf < BH_CPUS_MAX ==> cell_on(deaf) == cell;
        loop invariant range: deaf <= BH_CPUS_MAX;
        loop assigns k, deaf;
        loop variant BH_CPUS_MAX - k; */
    while (k < BH_CPUS_MAX) {
        if ((cpu_cell(k) == cell) &&
            (arch_shared_load((uint32_t)SW_CPU_REQUEST, k) == (uint64_t)CPU_REQ_PARK)) {
            deaf = k;
        }
        k++;
    }
    return deaf;
}

/** The cell's heart stands still: it has failed, if it still runs. Its watchdog is ENDING, so no call
 * of root changes the cell meanwhile.
 * @req SWR_WDG_005 */
/*@ requires args: cpu < BH_CPUS_MAX && cell < BH_CELLS_MAX;
    terminates \true; exits \false; assigns hw, status_page, totals; */
static void fail(uint32_t cpu, uint32_t cell, uint64_t beat)
{
    if (arch_shared_swap((uint32_t)SW_CELL_STATE, cell, (uint64_t)BH_STATE_RUNNING,
                         (uint64_t)BH_STATE_FAILED)) {
        event_show_cell(cell, (uint32_t)BH_STATE_FAILED);
        event_record(cpu, cell, (uint32_t)BH_EV_WATCHDOG, cell, beat);
        ask_all(cell);
    }
}

/** A look at the heartbeat of an armed cell. A watchdog that has just been closed does nothing.
 * @req SWR_WDG_004 SWR_WDG_005 SWR_WDG_006 */
/*@ requires args: cpu < BH_CPUS_MAX && cell < BH_CELLS_MAX;
    requires phase: run % WATCH_WORDS == WATCH_ARMED;
    terminates \true; exits \false;
    assigns PAGE_STATE, status_page, totals, watch_table;
    ensures SWR_WDG_004: watch_table.of[cpu][cell].run == run ||
      watch_table.of[cpu][cell].run == run - WATCH_ARMED; */
static void check(uint32_t cpu, uint32_t cell, uint64_t run)
{
    uint64_t beat = heartbeat(cpu, watch_table.of[cpu][cell].ppn);
    uint64_t word = run;

    if ((beat == watch_table.of[cpu][cell].beat) &&
        arch_shared_swap((uint32_t)SW_WATCH, cell, run, run + (uint64_t)WATCH_ARMED)) {
        fail(cpu, cell, beat);
        word = run - (uint64_t)WATCH_ARMED;
        arch_shared_store((uint32_t)SW_WATCH, cell, word);
    }
    watch_table.of[cpu][cell].run = word;
    watch_table.of[cpu][cell].beat = beat;
    watch_table.of[cpu][cell].due = deadline(cell);
}

/** Empty the tables of a failed cell that has a CPU which has not parked. Under the lock.
 * @req SWR_WDG_008 */
/*@ requires args: cpu < BH_CPUS_MAX && 2 <= cell < BH_CELLS_MAX;
    requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns KERNEL_STATE;
    ensures SWR_WDG_008: kernel_inv;
    ensures kept: view_kept{Pre, Post}; */
static void empty_tables(uint32_t cpu, uint32_t cell)
{
    uint32_t deaf = deaf_cpu(cell);

    if ((deaf < BH_CPUS_MAX) &&
        (arch_shared_load((uint32_t)SW_CELL_STATE, cell) == (uint64_t)BH_STATE_FAILED)) {
        event_record(cpu, cell, (uint32_t)BH_EV_KICK_STAGE2, deaf, 0U);
        part_clear(cell);
        arch_cpu_forget_maps();
    }
}

/** One deadline after a cell has been failed: the second stage for a CPU of it that has not parked. It
 * needs the lock; while another CPU has it the next look tries again.
 * @req SWR_WDG_008 */
/*@ requires args: cpu < BH_CPUS_MAX && 2 <= cell < BH_CELLS_MAX;
    requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns WATCH_STATE;
    ensures SWR_WDG_008: kernel_inv;
    ensures kept: view_kept{Pre, Post}; */
static void insist(uint32_t cpu, uint32_t cell)
{
    uint64_t due = WATCH_NOT_DUE;

    if (deaf_cpu(cell) < BH_CPUS_MAX) {
        if (arch_shared_swap((uint32_t)SW_LOCK, 0U, 0U, (uint64_t)cpu + 1U)) {
            empty_tables(cpu, cell);
            arch_shared_store((uint32_t)SW_LOCK, 0U, 0U);
        } else {
            due = deadline(cell);
        }
    }
    watch_table.of[cpu][cell].due = due;
}

/** A run of the cell that this CPU does not know yet: the first look comes one deadline from now. A
 * run that is over is not looked at.
 * @req SWR_WDG_002 SWR_WDG_003 SWR_WDG_004 */
/*@ requires args: cpu < BH_CPUS_MAX && cell < BH_CELLS_MAX;
    requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns PAGE_STATE, watch_table;
    ensures SWR_WDG_002: watch_table.of[cpu][cell].run == run;
    ensures over: run % WATCH_WORDS != WATCH_ARMED ==>
      watch_table.of[cpu][cell].due == WATCH_NOT_DUE;
    ensures SWR_WDG_003: watch_table.of[cpu][cell].ppn != 0 ==>
      \exists integer k; 0 <= k < plan.n_regions &&
        watch_page(k, cell, watch_table.of[cpu][cell].ppn); */
static void meet(uint32_t cpu, uint32_t cell, uint64_t run)
{
    bool armed = (run % WATCH_WORDS) == (uint64_t)WATCH_ARMED;

    watch_table.of[cpu][cell].run = run;
    watch_table.of[cpu][cell].ppn = comm_page(cell);
    watch_table.of[cpu][cell].beat = heartbeat(cpu, watch_table.of[cpu][cell].ppn);
    watch_table.of[cpu][cell].due = armed ? deadline(cell) : WATCH_NOT_DUE;
}

/** Is something due for the cell?
 * @req SWR_WDG_004 */
/*@ requires args: cpu < BH_CPUS_MAX && cell < BH_CELLS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_WDG_004: \result ==> watch_table.of[cpu][cell].due != WATCH_NOT_DUE; */
static bool is_due(uint32_t cpu, uint32_t cell)
{
    return (watch_table.of[cpu][cell].due != WATCH_NOT_DUE) &&
           (arch_time() >= watch_table.of[cpu][cell].due);
}

/** Do what is due for one watched cell.
 * @req SWR_WDG_002 SWR_WDG_004 SWR_WDG_008 */
/*@ requires args: cpu < BH_CPUS_MAX && 2 <= cell < BH_CELLS_MAX;
    requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns WATCH_STATE;
    ensures SWR_WDG_005: kernel_inv;
    ensures kept: view_kept{Pre, Post}; */
static void look(uint32_t cpu, uint32_t cell)
{
    uint64_t run = arch_shared_load((uint32_t)SW_WATCH, cell);

    if (run != watch_table.of[cpu][cell].run) {
        meet(cpu, cell, run);
    } else if (is_due(cpu, cell)) {
        if ((run % WATCH_WORDS) == (uint64_t)WATCH_ARMED) {
            check(cpu, cell, run);
        } else {
            insist(cpu, cell);
        }
    } else {
        /* not yet */
    }
}

/** Does @p cpu watch the cell?
 * @req SWR_WDG_001 */
/*@ requires args: cpu < BH_CPUS_MAX && cell < BH_CELLS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_WDG_001: \result <==>
      plan.policy[cell].watch_us != 0 && plan.policy[cell].watch_cpu == cpu; */
static bool watches(uint32_t cpu, uint32_t cell)
{
    return (plan.policy[cell].watch_us != 0U) && (plan.policy[cell].watch_cpu == cpu);
}

/** The earliest look that is due on @p cpu, ALARM_NEVER when none is.
 * @req SWR_WDG_007 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_WDG_007: \forall integer c; 2 <= c < BH_CELLS_MAX && watched_by(cpu, c) &&
      watch_table.of[cpu][c].due != WATCH_NOT_DUE ==> \result <= watch_table.of[cpu][c].due;
    ensures exact: \result == ALARM_NEVER ||
      \exists integer c; 2 <= c < BH_CELLS_MAX && watched_by(cpu, c) &&
        \result == watch_table.of[cpu][c].due; */
static uint64_t earliest(uint32_t cpu)
{
    uint64_t first = ALARM_NEVER;
    uint32_t cell = 2U;

    /*@ loop invariant bound: 2 <= cell <= BH_CELLS_MAX;
        loop invariant SWR_WDG_007: \forall integer c; 2 <= c < cell && watched_by(cpu, c) &&
          watch_table.of[cpu][c].due != WATCH_NOT_DUE ==> first <= watch_table.of[cpu][c].due;
        loop invariant exact: first == ALARM_NEVER ||
          \exists integer c; 2 <= c < cell && watched_by(cpu, c) &&
            first == watch_table.of[cpu][c].due;
        loop assigns cell, first;
        loop variant BH_CELLS_MAX - cell; */
    while (cell < BH_CELLS_MAX) {
        uint64_t due = watch_table.of[cpu][cell].due;

        if (watches(cpu, cell) && (due != WATCH_NOT_DUE) && (due < first)) {
            first = due;
        }
        cell++;
    }
    return first;
}

void watch_serve(uint32_t cpu)
{
    uint32_t cell = 2U;
    bool any = false;

    /*@ loop invariant bound: 2 <= cell <= BH_CELLS_MAX;
        loop invariant SWR_WDG_005: kernel_inv && view_kept{Pre, Here};
        loop assigns cell, any, WATCH_STATE;
        loop variant BH_CELLS_MAX - cell; */
    while (cell < BH_CELLS_MAX) {
        if (watches(cpu, cell)) {
            look(cpu, cell);
            any = true;
        }
        cell++;
    }
    if (any) {
        arch_alarm(cpu, earliest(cpu));
    }
}
