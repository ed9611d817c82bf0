/* SPDX-License-Identifier: Apache-2.0 */
/** @file watch.h
 * Cell watchdog. The CPU that the plan names looks at the heartbeat of each cell that it watches once
 * in each of the cell's deadlines, by the kernel's own timer. A cell whose heartbeat stands still has
 * failed: its CPUs are asked to park, and nobody waits for them.
 *
 * SW_WATCH of a cell says what its watchdog does. The holder of SW_LOCK arms and closes it; the CPU
 * that watches makes ARMED to ENDING, by swap, and alone ends that. A cell that begins anew by its own wish
 * makes ARMED to the next run's ARMED, by swap. A change of the cell first closes
 * its watchdog, and is refused while it is ENDING: so what is ended is the run that was looked at.
 */
#ifndef CORE_WATCH_H
#define CORE_WATCH_H

#include <stddef.h>

#include "abi/comm.h"
#include "core/cpu.h"
#include "core/arch/alarm.h"
#include "core/arch/page.h"

/** What the watchdog of a cell does: SW_WATCH % 4. SW_WATCH / 4 is the number of the cell's run. */
enum watch_phase {
    WATCH_IDLE = 0,
    WATCH_ARMED = 1,
    WATCH_ENDING = 2 /**< the cell is being failed by the CPU that watches it */
};

#define WATCH_WORDS 4U
#define WATCH_RUNS 0x1000000000000000U /**< then the numbers start again */
#define WATCH_NOT_DUE 0U
#define WATCH_HEARTBEAT 1U             /**< word of struct bh_comm */

/** What a CPU knows of a cell that it watches. That CPU alone reads and writes it. */
struct watch {
    uint64_t run;  /**< SW_WATCH for which the rest stands */
    uint64_t due;  /**< counter value of the next look, or WATCH_NOT_DUE */
    uint64_t beat; /**< heartbeat at the last look */
    uint64_t ppn;  /**< page of the communication region */
};

/** The same of each CPU. A structure, because a contract can then name all of it as one thing. */
struct watch_table {
    struct watch of[BH_CPUS_MAX][BH_CELLS_MAX];
};
extern struct watch_table watch_table;

_Static_assert(offsetof(struct bh_comm, heartbeat) == (WATCH_HEARTBEAT * 8U), "word");

#define WATCH_OWN ARCH_WINDOW, watch_table
#define WATCH_STATE KERNEL_STATE, WATCH_OWN

/*@ // page ppn is where region k of the cell holds its communication region
    predicate watch_page{L}(integer k, integer cell, integer ppn) =
      PR(k).own == cell && in_ipa(k, PC(cell).comm / BH_PAGE_BYTES) &&
      ppn == PR(k).ppn + (PC(cell).comm / BH_PAGE_BYTES - PR(k).ipn);
    predicate watched_by{L}(integer cpu, integer c) =
      plan.policy[c].watch_us != 0 && plan.policy[c].watch_cpu == cpu; */

/** The cell has started: its watchdog, if the plan wants one, begins a new run.
 * @req SWR_WDG_002 */
/*@ requires cell: cell < BH_CELLS_MAX;
    terminates \true; exits \false; assigns hw; */
void watch_start(uint32_t cell);

/** The cell is about to change: its watchdog no longer acts. False while it acts: then the cell must
 * not be changed.
 * @req SWR_WDG_006 */
/*@ requires cell: cell < BH_CELLS_MAX;
    terminates \true; exits \false; assigns hw; */
bool watch_close(uint32_t cell);

/** The cell begins anew by its own wish: its watchdog, if the plan wants one, begins a new run. False when
 * it was closed or acts: then the cell must not begin anew. The CPU that watches is not kicked, for the
 * cell could do so for ever: it learns of the new run at its next look, which is due already.
 * @req SWR_RST_005 */
/*@ requires cell: cell < BH_CELLS_MAX;
    terminates \true; exits \false; assigns hw;
    ensures SWR_RST_005: plan.policy[cell].watch_us == 0 ==> \result; */
bool watch_renew(uint32_t cell);

/** Look at the cells that the calling CPU watches and set its alarm for the next look. Called whenever
 * the CPU comes to EL2 by kick or alarm, and while it waits there.
 * @req SWR_WDG_003 SWR_WDG_004 SWR_WDG_005 SWR_WDG_007 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns WATCH_STATE;
    ensures SWR_WDG_005: kernel_inv;
    ensures kept: view_kept{Pre, Post}; */
void watch_serve(uint32_t cpu);

#endif
