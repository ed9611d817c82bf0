/* SPDX-License-Identifier: Apache-2.0 */
/** @file measure.h
 * Digests (SHA-256) of the private memory of cells before their first instruction.
 *
 * The digest of a cell is that of its private regions in the order of the plan, each as one block of
 * 64 bytes (little-endian words ipn, n, flags, then zeros) followed by its pages. Called with the
 * reconfiguration lock held: one measurement at a time. A cell whose measurement another one displaced
 * starts over.
 */
#ifndef CORE_MEASURE_H
#define CORE_MEASURE_H

#include "core/event.h"
#include "core/prep.h"
#include "core/sha256.h"

#define MEASURE_PAGES 16U /**< pages that one step measures */

extern uint32_t measure_digest[BH_CELLS_MAX][BH_DIGEST_WORDS]; /**< of the last start, if done */
extern uint32_t measure_done[BH_CELLS_MAX];
extern uint32_t measure_cell; /**< whose measurement goes on */

/*@ // Block v (page and place in it) is of memory that nobody but cell c has.
    predicate read_own{L}(integer c, integer v) = !prep_foreign(c, v / 64); */

#define MEASURE_STATE                                                                              \
    measure_digest[..][..], measure_done[0 ..BH_CELLS_MAX - 1], measure_cell, status_page, \
        prep[0 ..BH_CELLS_MAX - 1], PAGE_READ_STATE, SHA256_STATE

/** Must @p cell be measured? If the plan says so or names the digest.
 * @req SWR_MSR_002 */
/*@ requires cell: cell < BH_CELLS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_MSR_002: !\result ==> (plan.cells[cell].flags / BH_CELL_MEASURED) % 2 == 0 &&
      \forall integer k; 0 <= k < BH_DIGEST_WORDS ==> plan.policy[cell].digest[k] == 0; */
bool measure_wanted(uint32_t cell);

/** Begin to measure @p cell; what was measured of it before holds no longer.
 * @req SWR_MSR_001 */
/*@ requires cell: cell < BH_CELLS_MAX;
    terminates \true; exits \false;
    assigns MEASURE_STATE;
    ensures SWR_MSR_001: measure_done[cell] == 0 && measure_cell == cell; */
void measure_begin(uint32_t cell);

/** Measure the next pages of @p cell, at most MEASURE_PAGES; with the last one its digest is there.
 * @return how many are left
 * @req SWR_MSR_001 SWR_MSR_002 */
/*@ requires inv: plan_memory;
    requires args: cpu < BH_CPUS_MAX && cell < BH_CELLS_MAX;
    terminates \true; exits \false;
    assigns MEASURE_STATE;
    ensures SWR_MSR_001: page_reads <= 64 * MEASURE_PAGES && \forall integer k; 0 <= k < page_reads ==>
      read_own(cell, page_read[k]); */
uint64_t measure_step(uint32_t cpu, uint32_t cell);

/** Does the plan approve the digest of @p cell? It does when it names none.
 * @req SWR_MSR_002 */
/*@ requires cell: cell < BH_CELLS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_MSR_002: \result ==> (\forall integer k; 0 <= k < BH_DIGEST_WORDS ==>
      plan.policy[cell].digest[k] == 0) || (\forall integer k; 0 <= k < BH_DIGEST_WORDS ==>
      plan.policy[cell].digest[k] == measure_digest[cell][k]); */
bool measure_approved(uint32_t cell);

/** Words @p k and k + 1 of the digest of @p cell as one.
 * @req SWR_MSR_002 */
/*@ requires args: cell < BH_CELLS_MAX && k < BH_DIGEST_WORDS - 1;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_MSR_002: \result == measure_digest[cell][k] * 0x100000000 + measure_digest[cell][k + 1]; */
uint64_t measure_half(uint32_t cell, uint32_t k);

#endif
