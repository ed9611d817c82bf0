/* SPDX-License-Identifier: Apache-2.0 */
/** @file measure.h
 * Digests (SHA-256) of the private memory of cells before their first instruction.
 *
 * The digest of a cell is that of its private regions in the order of the plan, each as one block of
 * 64 bytes (little-endian words ipn, n, flags, then zeros) followed by its pages. Called with the
 * reconfiguration lock held: one measurement at a time. A cell whose measurement another one displaced
 * starts over. The digest of the kernel's own number is that of the plan in force, byte for byte.
 *
 * Any CPU may ask for a digest, without the lock: docs/spec/hypercalls.md tells readers how.
 */
#ifndef CORE_MEASURE_H
#define CORE_MEASURE_H

#include "core/event.h"
#include "core/outcome.h"
#include "core/prep.h"
#include "core/sha256.h"

#define MEASURE_PAGES 16U /**< pages that one step measures */

/* The plan's blob: blocks of 16 words, and what is left. */
#define PLAN_BLOCKS 105U
#define PLAN_TAIL 8U

/** SHA-256 of each cell's memory at its last start, if measure_done says so. A structure, so that a
 * contract names it whole. */
struct digests {
    uint32_t of[BH_CELLS_MAX][BH_DIGEST_WORDS];
};
extern struct digests measure_digest;
extern uint32_t measure_done[BH_CELLS_MAX];
extern uint32_t measure_cell; /**< whose measurement goes on */

/*@ // Block v (page and place in it) is of memory that nobody but cell c has.
    predicate read_own{L}(integer c, integer v) = !prep_foreign(c, v / 64);

    // Who may know what was measured: root, the cell itself, a cell with the grant.
    predicate may_know(integer cell, integer whose) = cell == BH_CELL_ROOT || cell == whose ||
      (plan.policy[cell].grants / BH_GRANT_MEASURE) % 2 == 1;

    // Words k and k + 1 of a digest.
    logic integer half_of{L}(integer c, integer k) =
      measure_digest.of[c][k] * 0x100000000 + measure_digest.of[c][k + 1]; */

#define MEASURE_STATE                                                                              \
    measure_digest, measure_done[0 ..BH_CELLS_MAX - 1], measure_cell, status_page,                 \
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
      plan.policy[cell].digest[k] == measure_digest.of[cell][k]); */
bool measure_approved(uint32_t cell);

/** Digest of the plan in force, its bytes as they were handed over; kept for BH_CELL_KERNEL and shown.
 * Once, before any cell is started; of cells nothing has been measured then.
 * @req SWR_MSR_004 SWR_MSR_006 */
/*@ terminates \true; exits \false;
    assigns measure_digest, measure_done[0 .. BH_CELLS_MAX - 1], status_page, SHA256_STATE;
    ensures SWR_MSR_004: measure_done[BH_CELL_KERNEL] == 1 &&
      \forall integer k; 0 <= k < BH_DIGEST_WORDS ==>
        measure_digest.of[BH_CELL_KERNEL][k] == sha256_h[k] &&
        status_page.plan_digest[k] == sha256_h[k];
    ensures SWR_MSR_004: sha256_w[15] == 4 * 8 * PLAN_WORDS;
    ensures SWR_MSR_006: \forall integer k; 0 < k < BH_CELLS_MAX ==> measure_done[k] == 0; */
void measure_plan(void);

/** Hypercall BH_HC_MEASURE by @p cell: half a digest, or why not. It changes nothing.
 * @req SWR_MSR_005 SWR_MSR_006 */
/*@ requires cell: cell < BH_CELLS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_MSR_005: !may_know(cell, asked / 2) ==> \result.status == BH_E_HC_PERMISSION;
    ensures SWR_MSR_005: may_know(cell, asked / 2) && asked / 2 >= plan.n_cells ==>
      \result.status == BH_E_HC_NO_CELL;
    ensures SWR_MSR_006: \result.status == BH_OK ==> may_know(cell, asked / 2) &&
      asked / 2 < plan.n_cells && measure_done[(asked / 2) % BH_CELLS_MAX] == 1 &&
      \result.a == half_of((asked / 2) % BH_CELLS_MAX, 4 * (asked % 2)) &&
      \result.b == half_of((asked / 2) % BH_CELLS_MAX, 4 * (asked % 2) + 2);
    ensures SWR_MSR_006: may_know(cell, asked / 2) && asked / 2 < plan.n_cells &&
      measure_done[(asked / 2) % BH_CELLS_MAX] == 0 ==> \result.status == BH_E_HC_NOT_MEASURED;
    ensures all: \result.status == BH_OK || \result.status == BH_E_HC_PERMISSION ||
      \result.status == BH_E_HC_NO_CELL || \result.status == BH_E_HC_NOT_MEASURED; */
struct outcome measure_tell(uint32_t cell, uint64_t asked);

/** Words @p k and k + 1 of the digest of @p cell as one.
 * @req SWR_MSR_002 */
/*@ requires args: cell < BH_CELLS_MAX && k < BH_DIGEST_WORDS - 1;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_MSR_002: \result == half_of(cell, k); */
uint64_t measure_half(uint32_t cell, uint32_t k);

#endif
