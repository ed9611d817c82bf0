/* SPDX-License-Identifier: Apache-2.0 */
/** @file part.h
 * Partition of the machine's memory among the cells, and who owns a CPU or an interrupt.
 *
 * There are two views. One is in force, the other is built beside it: part_stage() leaves the view in
 * force and its address spaces as they are, part_commit() puts the staged one in force. Root has an
 * address space for each view (pools 0 and 1), cell c has one (pool c).
 *
 * The theorem (part.acsl): own_only, isolated, perms and sealed hold for the view in force at all
 * times, from part_boot() on; exact holds too, except for a cell which part_clear() emptied.
 */
#ifndef CORE_PART_H
#define CORE_PART_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arch/map.h"
#include "core/plan.h"

/** Changes of the view. */
enum part_op {
    PART_CREATE = 0, /**< the cell takes its memory */
    PART_OPEN = 1,   /**< root may write the cell's loadable regions */
    PART_CLOSE = 2,  /**< and no more */
    PART_DESTROY = 3 /**< the cell's memory returns to root */
};

extern uint8_t part_live[2][BH_CELLS_MAX]; /**< by view: cell exists */
extern uint8_t part_open[2][BH_CELLS_MAX]; /**< by view: its loadable regions are lent to root */
extern uint32_t part_view;                 /**< view in force */

#include "core/part.acsl"

#define PART_VIEWS part_live[..][..], part_open[..][..]

/**
 * Start the partition, from whatever memory holds: view 0 with the kernel and root, root's address
 * space built. The plan is judged again, so nothing is assumed of it. On a refusal all pools are
 * empty: no cell has anything.
 *
 * @param base physical address of the pools, see map_init().
 * @return 0, the error number of the rule that the plan breaks, or BH_E_HC_POOL.
 * @req SWR_PRT_001
 * @req SWR_PRT_002
 * @req SWR_PRT_003
 * @req SWR_PRT_004
 */
/*@ terminates \true;
    exits \false;
    assigns part_view, PART_VIEWS, plan_a, plan_b, MAP_BASE, MAP_STATE;
    ensures SWR_PRT_001: \result == BH_OK ==> part_view == 0 && part_inv(0);
    ensures SWR_PRT_002: \result == BH_OK ==> exact(0);
    ensures SWR_PRT_003: \result == BH_OK ==> \forall integer c; 2 <= c < BH_CELLS_MAX ==> !live(0, c);
    ensures SWR_PRT_004: \result != BH_OK ==> \forall integer p; map_pool(p) ==> empty(p);
*/
uint32_t part_boot(uint64_t base);

/**
 * Build the other view: the view in force with one change. Builds root's address space for it, and
 * on PART_CREATE the cell's. The view in force and all its address spaces stay as they are.
 *
 * @return 0; BH_E_HC_NO_CELL; BH_E_HC_STATE if the cell's state does not allow @p op; BH_E_HC_POOL if
 *         a pool is used up.
 * @req SWR_PRT_001
 * @req SWR_PRT_002
 * @req SWR_PRT_005
 * @req SWR_PRT_006
 */
/*@ requires inv: part_inv(part_view);
    terminates \true;
    exits \false;
    assigns PART_VIEWS, MAP_STATE;
    ensures SWR_PRT_001: part_inv(part_view);
    ensures SWR_PRT_001: \result == BH_OK ==> part_inv(1 - part_view);
    ensures SWR_PRT_002: \result == BH_OK && \old(exact(part_view)) ==> exact(1 - part_view);
    ensures SWR_PRT_005: \old(exact(part_view)) ==> exact(part_view);
    ensures SWR_PRT_005: part_same{Pre, Post}(part_view);
    ensures SWR_PRT_006: \result == BH_OK ==> part_changed(1 - part_view, part_view, cell, op);
*/
uint32_t part_stage(uint32_t cell, uint32_t op);

/**
 * Put the staged view in force.
 *
 * @req SWR_PRT_001
 * @req SWR_PRT_002
 */
/*@ requires staged: view(part_view) && part_inv(1 - part_view);
    terminates \true;
    exits \false;
    assigns part_view;
    ensures flip: part_view == 1 - \old(part_view);
    ensures SWR_PRT_001: part_inv(part_view);
    ensures SWR_PRT_002: \old(exact(1 - part_view)) ==> exact(part_view);
*/
void part_commit(void);

/**
 * Empty the address space of a cell: of one that is gone, or of a stopped one whose CPU does not come
 * back, so that it faults. The latter loses nothing but exact for this one cell.
 *
 * @req SWR_PRT_007
 */
/*@ requires inv: part_inv(part_view);
    requires cell: BH_CELL_ROOT < cell < BH_CELLS_MAX;
    terminates \true;
    exits \false;
    assigns MAP_STATE;
    ensures SWR_PRT_007: empty(cell);
    ensures SWR_PRT_001: part_inv(part_view);
    ensures SWR_PRT_002: \forall integer c; BH_CELL_ROOT <= c < BH_CELLS_MAX && c != cell &&
      \old(exact_for(part_view, c)) ==> exact_for(part_view, c);
*/
void part_clear(uint32_t cell);

/**
 * Build the address space of a cell, whose CPUs wait, anew for the view in force: part_clear() may have
 * emptied it when the cell was stopped.
 *
 * @return whether all of it is mapped.
 * @req SWR_PRT_011
 */
/*@ requires inv: part_inv(part_view);
    requires cell: BH_CELL_ROOT < cell < BH_CELLS_MAX;
    terminates \true;
    exits \false;
    assigns MAP_STATE;
    ensures SWR_PRT_001: part_inv(part_view);
    ensures SWR_PRT_011: \result ==> exact_for(part_view, cell);
    ensures SWR_PRT_002: \forall integer c; BH_CELL_ROOT <= c < BH_CELLS_MAX && c != cell &&
      \old(exact_for(part_view, c)) ==> exact_for(part_view, c);
*/
bool part_refill(uint32_t cell);

/**
 * Does @p cell own CPU @p cpu in view @p v? A CPU of a live cell is the cell's, else root's if the
 * plan gives it to root. Outside all ranges the answer is no.
 *
 * @req SWR_PRT_008
 * @req SWR_PRT_010
 */
/*@ requires counts: rule_counts && v < 2;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PRT_008: \result <==> cpu_owned(v, cell, cpu);
*/
bool part_cpu_owned(uint32_t v, uint32_t cell, uint32_t cpu);

/**
 * Owner of CPU @p cpu in view @p v, BH_CELLS_MAX if nobody's.
 *
 * @req SWR_PRT_008
 */
/*@ requires counts: rule_counts && v < 2;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PRT_008: \result < BH_CELLS_MAX ==> cpu_owned(v, \result, cpu);
    ensures SWR_PRT_008: \result >= BH_CELLS_MAX ==>
      \result == BH_CELLS_MAX && \forall integer c; !cpu_owned(v, c, cpu);
*/
uint32_t part_cpu_owner(uint32_t v, uint32_t cpu);

/**
 * Does @p cell own the interrupt @p intid in view @p v? An interrupt of a live cell is the cell's,
 * else root's if the plan gives it to root. Outside all ranges the answer is no.
 *
 * @req SWR_PRT_009
 * @req SWR_PRT_010
 */
/*@ requires counts: rule_counts && v < 2;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PRT_009: \result <==> irq_owned(v, cell, intid);
*/
bool part_irq_owned(uint32_t v, uint32_t cell, uint32_t intid);

#endif
