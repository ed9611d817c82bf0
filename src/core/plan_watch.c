/* SPDX-License-Identifier: Apache-2.0 */
/** @file plan_watch.c
 * The judge of plans, fourth part: a cell is watched by a CPU of another cell, or not at all.
 */
#include "core/plan.h"

/* Region i of cell c is memory that holds its page. */
/*@ requires regions: rule_counts && rule_regions && i < plan.n_regions && c < plan.n_cells;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_001: \result <==> watch_comm(c, i);
*/
static bool holds_comm(uint32_t c, uint32_t i)
{
    uint64_t page = plan.cells[c].comm / BH_PAGE_BYTES;

    return (plan.regions[i].own == c) &&
           (((plan.regions[i].flags / BH_REGION_DEVICE) % 2U) == 0U) &&
           (plan.regions[i].ipn <= page) && ((page - plan.regions[i].ipn) < plan.regions[i].n);
}

/* One of the regions of cell c holds its communication region. */
/*@ requires regions: rule_counts && rule_regions && c < plan.n_cells;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_001: \result <==>
      (\exists integer k; 0 <= k < plan.n_regions && watch_comm(c, k));
*/
static bool is_comm_held(uint32_t c)
{
    bool found = false;

    /*@ loop invariant range: 0 <= i <= plan.n_regions;
        loop invariant so_far: found <==> (\exists integer k; 0 <= k < i && watch_comm(c, k));
        loop assigns i, found;
        loop variant plan.n_regions - i;
    */
    for (uint32_t i = 0U; (!found) && (i < plan.n_regions); i++) {
        found = holds_comm(c, i);
    }
    return found;
}

/* Cell c has a communication region, on a page of its own memory. */
/*@ requires regions: rule_counts && rule_regions && c < plan.n_cells;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_001: \result <==> watch_region(c);
*/
static bool has_comm(uint32_t c)
{
    return (plan.cells[c].comm != 0U) && ((plan.cells[c].comm % BH_PAGE_BYTES) == 0U) &&
           is_comm_held(c);
}

/* CPU k is one of a cell, but not of cell c. */
/*@ requires counts: rule_counts && c < plan.n_cells;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_001: \result <==> watch_cpu_ok(c, k);
*/
static bool may_watch(uint32_t c, uint32_t k)
{
    bool found = false;

    /*@ loop invariant range: 1 <= d <= plan.n_cells;
        loop invariant so_far: found <==>
          (k < plan.n_cpus && (\exists integer e; 1 <= e < d && watch_foreign(c, e, k)));
        loop assigns d, found;
        loop variant plan.n_cells - d;
    */
    for (uint32_t d = 1U; (k < plan.n_cpus) && (!found) && (d < plan.n_cells); d++) {
        found = (d != c) && plan_bit(plan.cells[d].cpus, k);
    }
    return found && (!plan_bit(plan.cells[c].cpus, k));
}

/* The watchdog of cell c can be kept. */
/*@ requires regions: rule_counts && rule_regions && c < plan.n_cells;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_001: \result <==> watch_ok(c);
*/
static bool is_watch_ok(uint32_t c)
{
    uint32_t us = plan.policy[c].watch_us;
    bool ok = plan.policy[c].watch_cpu == 0U;

    if (us != 0U) {
        ok = (c > BH_CELL_ROOT) && (us >= BH_WATCH_US_MIN) && (us <= BH_WATCH_US_MAX) &&
             may_watch(c, plan.policy[c].watch_cpu) && has_comm(c);
    }
    return ok;
}

bool plan_judge_watches(void)
{
    bool ok = true;

    /*@ loop invariant range: 0 <= c <= plan.n_cells;
        loop invariant so_far: ok ==> (\forall integer k; 0 <= k < c ==> watch_ok(k));
        loop invariant SWR_PLN_002: !ok ==> blames_watch(plan_a, plan_b);
        loop assigns c, ok, plan_a, plan_b;
        loop variant plan.n_cells - c;
    */
    for (uint32_t c = 0U; ok && (c < plan.n_cells); c++) {
        if (!is_watch_ok(c)) {
            ok = plan_refuse(c, plan.policy[c].watch_cpu);
        }
    }
    return ok;
}
