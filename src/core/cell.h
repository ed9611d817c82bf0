/* SPDX-License-Identifier: Apache-2.0 */
/** @file cell.h
 * The life of a cell: absent, created, loading, running, stopped, failed, lost, and what lies between
 * while its memory is being prepared. The functions that change it for root are called with the
 * reconfiguration lock held; a refusal changes nothing. BH_E_HC_AGAIN is none: part of the work is done.
 */
#ifndef CORE_CELL_H
#define CORE_CELL_H

#include "core/bits.h"
#include "core/cpu.h"
#include "core/hwerr.h"
#include "core/lock.h"
#include "core/measure.h"
#include "core/prep.h"
#include "core/watch.h"
#include "core/arch/irq.h"

/*@ // What every operation for root takes and leaves.
    predicate cell_args(integer self, integer cell) = self < BH_CPUS_MAX && cell < BH_CELLS_MAX;

    // The call was refused and changed nothing. BH_E_HC_AGAIN: there is more to do; BH_E_HC_DIGEST: the
    // cell was closed and measured, and is not what the plan approves.
    predicate refusal(integer status) =
      status != BH_OK && status != BH_E_HC_AGAIN && status != BH_E_HC_DIGEST; */

#define CELL_STATE VIEW_STATE, owner[0 .. BH_CPUS_MAX - 1], PREP_STATE

/** Give the cell of the plan its CPUs, memory and interrupts; root loses them. Then clear its private
 * memory in steps: BH_E_HC_AGAIN until all is done. In direct boot (@p keep) firmware put its image there,
 * and it stays.
 * @req SWR_CEL_001 SWR_CEL_002 SWR_PRP_003 */
/*@ requires args: cell_args(self, cell);
    requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns CELL_STATE;
    ensures SWR_CEL_001: kernel_inv;
    ensures SWR_CEL_001: \result.status == BH_OK ==> 2 <= cell < plan.n_cells;
    ensures SWR_CEL_002: !refusal(\result.status) ==> (part_view == 1 - \old(part_view) &&
      part_changed(part_view, 1 - part_view, cell, PART_CREATE)) || maps_kept{Pre, Post};
    ensures SWR_PRP_003: \result.status == BH_OK && !keep && \old(prep_run(cell)) ==>
      prep_all(cell);
    ensures exact: \old(exact(part_view)) ==> exact(part_view);
    ensures refused: refusal(\result.status) ==> maps_kept{Pre, Post}; */
struct outcome cell_create(uint32_t self, uint32_t cell, bool keep);

/** Open the loadable regions of a created or stopped cell to root.
 * @req SWR_CEL_003 */
/*@ requires args: cell_args(self, cell);
    requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns VIEW_STATE;
    ensures SWR_CEL_001: kernel_inv;
    ensures SWR_CEL_003: \result.status == BH_OK ==> 2 <= cell < plan.n_cells &&
      part_view == 1 - \old(part_view) &&
      part_changed(part_view, 1 - part_view, cell, PART_OPEN);
    ensures refused: \result.status != BH_OK ==> view_kept{Pre, Post}; */
struct outcome cell_load(uint32_t self, uint32_t cell);

/** Close them, measure the cell's private memory in steps if the plan asks for it (BH_E_HC_AGAIN until
 * all is done), put the locks in force that the plan demands, and start the cell's first CPU at the
 * plan's entry.
 * @req SWR_CEL_003 SWR_CEL_004 SWR_LCK_004 SWR_MSR_003 */
/*@ requires args: cell_args(self, cell);
    requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns VIEW_STATE, MEASURE_STATE, in_force[0 .. BH_CELLS_MAX - 1], cpu_entry[0 .. BH_CPUS_MAX - 1],
      cpu_context[0 .. BH_CPUS_MAX - 1];
    ensures SWR_CEL_001: kernel_inv;
    ensures SWR_CEL_003: \result.status == BH_OK ==> 2 <= cell < plan.n_cells &&
      !open(part_view, cell);
    ensures SWR_LCK_001: locks_kept{Pre, Post};
    ensures SWR_LCK_004: \result.status == BH_OK ==> \forall integer k; 0 <= k < 32 &&
      bit_set(plan.policy[cell].locks % 32, k) ==> is_locked(cell, k);
    ensures refused: refusal(\result.status) ==> view_kept{Pre, Post}; */
struct outcome cell_start(uint32_t self, uint32_t cell);

/** Park the CPUs of a running cell.
 * @req SWR_CEL_005 */
/*@ requires args: cell_args(self, cell);
    requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns KERNEL_STATE;
    ensures SWR_CEL_001: kernel_inv;
    ensures SWR_CEL_005: \result.status == BH_OK ==> 2 <= cell < plan.n_cells;
    ensures kept: view_kept{Pre, Post}; */
struct outcome cell_stop(uint32_t self, uint32_t cell);

/** Stop the cell if it runs, clear its private memory in steps (BH_E_HC_AGAIN until all is done), and
 * give everything back to root.
 * @req SWR_CEL_006 SWR_PRP_003 */
/*@ requires args: cell_args(self, cell);
    requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns CELL_STATE;
    ensures SWR_CEL_001: kernel_inv;
    ensures SWR_CEL_006: \result.status == BH_OK ==> 2 <= cell < plan.n_cells &&
      part_view == 1 - \old(part_view) && !live(part_view, cell) && empty(cell);
    ensures SWR_PRP_003: \result.status == BH_OK && \old(prep_run(cell)) ==> prep_all(cell);
    ensures refused: \result.status != BH_OK ==> view_kept{Pre, Post}; */
struct outcome cell_destroy(uint32_t self, uint32_t cell);

/** The calling CPU's cell ends here, by its own wish or by its fault: all its CPUs park. Called
 * without the lock: touches only what belongs to the cell.
 * @req SWR_CEL_007 */
/*@ requires self: self < BH_CPUS_MAX;
    terminates \true; exits \false;
    assigns hw, status_page, totals;
    ensures SWR_CEL_007: status_page.cpus[self].state == CPU_PARKED; */
void cell_end(uint32_t self, uint32_t state);

/** The cell's first CPU; every cell of an accepted plan has one.
 * @req SWR_CEL_004 */
/*@ requires cell: cell < BH_CELLS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures range: \result < BH_CPUS_MAX;
    ensures SWR_CEL_004: \forall integer k; 0 <= k < BH_CPUS_MAX &&
      bit_set(plan.cells[cell].cpus, k) ==>
        \result <= k && bit_set(plan.cells[cell].cpus, \result); */
uint32_t cell_first_cpu(uint32_t cell);

/** State of a cell; an impossible value reads as LOST.
 * @req SWR_CEL_001 */
/*@ requires cell: cell < BH_CELLS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_CEL_001: \result < BH_STATES; */
uint32_t cell_state(uint32_t cell);

#endif
