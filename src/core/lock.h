/* SPDX-License-Identifier: Apache-2.0 */
/** @file lock.h
 * Lock-down: what is refused until the machine is powered off, or given back where DISABLE is not
 * locked. A lock binds what concerns the cell that made it; one for all needs a grant of the plan.
 *
 * Any CPU may lock at any time. The holder of SW_LOCK looks at the locks once, before it acts: a lock
 * that comes while a call is served binds every call that begins later, not that one. Nothing waits:
 * bits are only ever set, by one atomic instruction sequence.
 */
#ifndef CORE_LOCK_H
#define CORE_LOCK_H

#include "core/bits.h"
#include "core/event.h"
#include "core/outcome.h"
#include "core/plan.h"
#include "core/arch/cpu.h"

#define LOCK_FOR_ALL 0xFFFFFFFFU /**< in EV_LOCKED, instead of a cell */

/*@ // Scope k is known to be locked for a cell.
    predicate is_locked{L}(integer cell, integer k) =
      bit_set(in_force[cell], k) || bit_set(in_force[BH_CELL_KERNEL], k);

    // A lock stands against a call about a cell.
    predicate barred{L}(integer number, integer cell) =
      (number == BH_HC_CELL_CREATE && is_locked(cell, 0)) ||
      (number == BH_HC_CELL_LOAD && is_locked(cell, 1)) ||
      (number == BH_HC_CELL_START && is_locked(cell, 2)) ||
      (number == BH_HC_CELL_STOP && is_locked(cell, 2)) ||
      (number == BH_HC_CELL_DESTROY && (is_locked(cell, 0) || is_locked(cell, 2))) ||
      (number == BH_HC_DISABLE && is_locked(BH_CELL_ROOT, 3)); */

/** What is locked for @p cell: its own locks and those for all.
 * @req SWR_LCK_001 */
/*@ requires cell: cell < BH_CELLS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_LCK_001: \forall integer k; 0 <= k < 32 && is_locked(cell, k) ==>
      bit_set(\result, k); */
uint32_t lock_in_force(uint32_t cell);

/** The locks which stand against hypercall @p number about @p cell; 0: none does.
 * @req SWR_LCK_002 */
/*@ requires cell: cell < BH_CELLS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_LCK_002: barred(number, cell) ==> \result != 0; */
uint32_t lock_bars(uint64_t number, uint32_t cell);

/** Lock what @p asked names, for @p cell or for all. Answers what is locked for the cell now, or why
 * not: a scope that is not known, or no grant; then nothing was locked.
 * @req SWR_LCK_001 SWR_LCK_003 */
/*@ requires who: cpu < BH_CPUS_MAX && cell < BH_CELLS_MAX;
    terminates \true; exits \false;
    assigns hw, status_page, totals, in_force[0 .. BH_CELLS_MAX - 1];
    ensures SWR_LCK_001: locks_kept{Pre, Post};
    ensures made: \result.status == BH_OK ==>
      \forall integer k; 0 <= k < 32 && bit_set(asked % 32, k) ==> is_locked(cell, k);
    ensures SWR_LCK_003: \result.status == BH_OK || \result.status == BH_E_HC_LOCK_SCOPE ||
      \result.status == BH_E_HC_PERMISSION;
    ensures SWR_LCK_003: plan.policy[cell].grants % 2 == 0 ==>
      in_force[BH_CELL_KERNEL] == \old(in_force[BH_CELL_KERNEL]);
    ensures own: \forall integer c; 0 < c < BH_CELLS_MAX && c != cell ==>
      in_force[c] == \old(in_force[c]);
    ensures refused: \result.status != BH_OK ==>
      \forall integer c; 0 <= c < BH_CELLS_MAX ==> in_force[c] == \old(in_force[c]); */
struct outcome lock_make(uint32_t cpu, uint32_t cell, uint64_t asked);

/** Put the locks in force that the plan demands of @p cell.
 * @req SWR_LCK_004 */
/*@ requires who: cpu < BH_CPUS_MAX && 0 < cell < BH_CELLS_MAX;
    terminates \true; exits \false;
    assigns hw, status_page, totals, in_force[0 .. BH_CELLS_MAX - 1];
    ensures SWR_LCK_001: locks_kept{Pre, Post};
    ensures SWR_LCK_004: \forall integer k; 0 <= k < 32 &&
      bit_set(plan.policy[cell].locks % 32, k) ==> is_locked(cell, k); */
void lock_demanded(uint32_t cpu, uint32_t cell);

/** Trap the debug registers on the calling CPU when debug is locked for @p cell.
 * @req SWR_LCK_005 */
/*@ requires cell: cell < BH_CELLS_MAX;
    terminates \true; exits \false; assigns hw; */
void lock_apply(uint32_t cell);

#endif
