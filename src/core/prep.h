/* SPDX-License-Identifier: Apache-2.0 */
/** @file prep.h
 * Goes through the private memory of a cell in steps: its regions of Normal memory that nobody shares,
 * in the order of the plan, page by page. A step is short, so that no hypercall is long; the place is
 * kept for each cell. Called with the reconfiguration lock held.
 */
#ifndef CORE_PREP_H
#define CORE_PREP_H

#include "core/part.h"
#include "core/arch/page.h"

#define PREP_CLEAR_PAGES 256U /**< pages that one step clears */

/** The next page: of this region of the plan, this one. */
struct prep {
    uint32_t region;
    uint32_t page;
};
extern struct prep prep[BH_CELLS_MAX];

#include "core/prep.acsl"

#define PREP_STATE prep[0 .. BH_CELLS_MAX - 1], PAGE_CLEAR_STATE

/** Begin at the first page of @p cell.
 * @req SWR_PRP_001 */
/*@ requires cell: cell < BH_CELLS_MAX;
    terminates \true; exits \false;
    assigns prep[cell];
    ensures SWR_PRP_001: prep_run(cell); */
void prep_begin(uint32_t cell);

/** Go to the next page of @p cell, if the present one is none of its private ones.
 * @return whether there is one: prep[cell] names it
 * @req SWR_PRP_001 */
/*@ requires inv: plan_memory;
    requires cell: cell < BH_CELLS_MAX;
    terminates \true; exits \false;
    assigns prep[cell];
    ensures SWR_PRP_001: \result ==> priv(cell, prep[cell].region) &&
      prep[cell].page < PR(prep[cell].region).n;
    ensures SWR_PRP_001: \old(prep_run(cell)) ==> prep_run(cell);
    ensures SWR_PRP_002: !\result && \old(prep_run(cell)) ==> prep_all(cell); */
bool prep_next(uint32_t cell);

/** Pages of @p cell that are left.
 * @req SWR_PRP_002 */
/*@ requires inv: plan_memory;
    requires cell: cell < BH_CELLS_MAX;
    terminates \true; exits \false;
    assigns prep[cell];
    ensures SWR_PRP_001: \old(prep_run(cell)) ==> prep_run(cell);
    ensures SWR_PRP_002: \result == 0 && \old(prep_run(cell)) ==> prep_all(cell); */
uint64_t prep_left(uint32_t cell);

/** Clear the next pages of @p cell, at most PREP_CLEAR_PAGES.
 * @return how many are left
 * @req SWR_PRP_001 SWR_PRP_002 */
/*@ requires inv: plan_memory;
    requires args: cpu < BH_CPUS_MAX && cell < BH_CELLS_MAX;
    terminates \true; exits \false;
    assigns PREP_STATE;
    ensures SWR_PRP_001: prep_no_other{Pre, Post}(cell);
    ensures SWR_PRP_001: \old(prep_run(cell)) ==> prep_run(cell);
    ensures SWR_PRP_002: \result == 0 && \old(prep_run(cell)) ==> prep_all(cell); */
uint64_t prep_clear(uint32_t cpu, uint32_t cell);

#endif
