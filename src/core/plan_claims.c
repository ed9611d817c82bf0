/* SPDX-License-Identifier: Apache-2.0 */
/** @file plan_claims.c
 * The judge of plans, second part: what cells claim besides memory.
 */
#include "core/plan.h"

/* ---- CPUs */

/* Bits set in both words. */
/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures common: \result == common(x, y);
*/
static uint32_t common_bits(uint32_t x, uint32_t y)
{
    return x & y;
}

/* First bitmap that names a CPU the machine does not have, by the number of its CPUs. */
/* cppcheck-suppress misra-c2012-8.9 ; DEV-10 */
static const uint32_t limit_of_cpus[BH_CPUS_MAX + 1U] = {1U, 2U, 4U, 8U, 16U, 32U, 64U, 128U, 256U};

/* Cell c claims CPUs which exist, and as many as its kind must. */
/*@ requires range: rule_counts && c < plan.n_cells;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_001: \result <==> cpus_ok(c);
*/
static bool are_cpus_ok(uint32_t c)
{
    return (plan.cells[c].cpus < limit_of_cpus[plan.n_cpus]) &&
           ((c != BH_CELL_KERNEL) || (plan.cells[c].cpus == 0U)) &&
           /* cppcheck-suppress arrayIndexOutOfBoundsCond ; DEV-11 */
           ((c <= BH_CELL_ROOT) || (plan.cells[c].cpus != 0U));
}

/* Cell c's claim of CPUs is well formed and clear of those before it, root left out. */
/*@ requires range: rule_counts && c < plan.n_cells;
    terminates \true;
    exits \false;
    assigns plan_a, plan_b;
    ensures SWR_PLN_001: \result <==> cpus_claim(c);
    ensures SWR_PLN_002: !\result ==> blames_cpus_claim(plan_a, plan_b);
*/
static bool has_cpus_alone(uint32_t c)
{
    bool ok = true;

    if (!are_cpus_ok(c)) {
        ok = plan_refuse(c, c);
    }
    /*@ loop invariant range: 2 <= d && (d <= c || d == 2);
        loop invariant so_far: ok ==> cpus_ok(c) &&
          (\forall integer k; 2 <= k < d && k < c ==> cpus_apart(c, k));
        loop invariant SWR_PLN_002: !ok ==> plan_a == c && blames_cpus_claim(plan_a, plan_b);
        loop assigns d, ok, plan_a, plan_b;
        loop variant c - d;
    */
    for (uint32_t d = 2U; ok && (d < c); d++) {
        if (common_bits(plan.cells[c].cpus, plan.cells[d].cpus) != 0U) {
            ok = plan_refuse(c, d);
        }
    }
    return ok;
}

/* All claims are well formed, and no two cells make the same one, root left out. */
/*@ requires range: rule_counts;
    terminates \true;
    exits \false;
    assigns plan_a, plan_b;
    ensures SWR_PLN_001: \result <==> cpus_claims;
    ensures SWR_PLN_002: !\result ==> blames_cpus_claim(plan_a, plan_b);
*/
static bool cpus_claims_ok(void)
{
    bool ok = true;

    /*@ loop invariant range: 0 <= c <= plan.n_cells;
        loop invariant so_far: ok ==> (\forall integer k; 0 <= k < c ==> cpus_claim(k));
        loop invariant SWR_PLN_002: !ok ==> blames_cpus_claim(plan_a, plan_b);
        loop assigns c, ok, plan_a, plan_b;
        loop variant plan.n_cells - c;
    */
    for (uint32_t c = 0U; ok && (c < plan.n_cells); c++) {
        ok = has_cpus_alone(c);
    }
    return ok;
}

/* CPU k stays root's when all cells are live. */
/*@ requires range: rule_counts && k < plan.n_cpus;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_001: \result <==> cpu_left(k);
*/
static bool is_left_to_root(uint32_t k)
{
    bool left = plan_bit(plan.cells[BH_CELL_ROOT].cpus, k);

    /*@ loop invariant range: 2 <= c <= plan.n_cells;
        loop invariant so_far: left <==> (bit(PC(1).cpus, k) &&
          (\forall integer d; 2 <= d < c ==> !bit(PC(d).cpus, k)));
        loop assigns c, left;
        loop variant plan.n_cells - c;
    */
    for (uint32_t c = 2U; c < plan.n_cells; c++) {
        if (plan_bit(plan.cells[c].cpus, k)) {
            left = false;
        }
    }
    return left;
}

/* Root has a CPU which no cell can take. */
/*@ requires range: rule_counts;
    terminates \true;
    exits \false;
    assigns plan_a, plan_b;
    ensures SWR_PLN_001: \result <==> cpus_for_root;
    ensures SWR_PLN_002: !\result ==> blames_cpu(plan_a, plan_b);
*/
static bool root_has_cpu(void)
{
    bool found = plan_refuse(BH_CELL_ROOT, BH_CELL_ROOT);

    /*@ loop invariant range: 0 <= k <= plan.n_cpus;
        loop invariant yes: found ==> cpus_for_root;
        loop invariant no: !found ==> (\forall integer l; 0 <= l < k ==> !cpu_left(l));
        loop assigns k, found;
        loop variant plan.n_cpus - k;
    */
    for (uint32_t k = 0U; (!found) && (k < plan.n_cpus); k++) {
        found = is_left_to_root(k);
    }
    return found;
}

/* ---- interrupts */

/* Cells c and d have no interrupt in common. */
/*@ requires range: c < BH_CELLS_MAX && d < BH_CELLS_MAX;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_001: \result <==> irqs_apart(c, d);
*/
static bool are_irqs_apart(uint32_t c, uint32_t d)
{
    bool apart = true;

    /*@ loop invariant range: 0 <= w <= BH_IRQ_WORDS;
        loop invariant so_far: apart <==>
          (\forall integer k; 0 <= k < w ==> common(PC(c).irqs[k], PC(d).irqs[k]) == 0);
        loop assigns w, apart;
        loop variant BH_IRQ_WORDS - w;
    */
    for (uint32_t w = 0U; w < BH_IRQ_WORDS; w++) {
        if (common_bits(plan.cells[c].irqs[w], plan.cells[d].irqs[w]) != 0U) {
            apart = false;
        }
    }
    return apart;
}

/* Cell c claims only shared peripheral interrupts; the kernel none. */
/*@ requires range: rule_counts && c < plan.n_cells;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_001: \result <==> irqs_ok(c);
*/
static bool are_irqs_ok(uint32_t c)
{
    return (plan.cells[c].irqs[0] == 0U) && (plan.cells[c].irqs[31] < 0x10000000U) &&
           ((c != BH_CELL_KERNEL) || are_irqs_apart(c, c));
}

/* Cell c's claim of interrupts is well formed and clear of those before it, root left out. */
/*@ requires range: rule_counts && c < plan.n_cells;
    terminates \true;
    exits \false;
    assigns plan_a, plan_b;
    ensures SWR_PLN_001: \result <==> irqs_claim(c);
    ensures SWR_PLN_002: !\result ==> blames_irqs_claim(plan_a, plan_b);
*/
static bool has_irqs_alone(uint32_t c)
{
    bool ok = true;

    if (!are_irqs_ok(c)) {
        ok = plan_refuse(c, c);
    }
    /*@ loop invariant range: 2 <= d && (d <= c || d == 2);
        loop invariant so_far: ok ==> irqs_ok(c) &&
          (\forall integer k; 2 <= k < d && k < c ==> irqs_apart(c, k));
        loop invariant SWR_PLN_002: !ok ==> plan_a == c && blames_irqs_claim(plan_a, plan_b);
        loop assigns d, ok, plan_a, plan_b;
        loop variant c - d;
    */
    for (uint32_t d = 2U; ok && (d < c); d++) {
        if (!are_irqs_apart(c, d)) {
            ok = plan_refuse(c, d);
        }
    }
    return ok;
}

/* All claims are well formed, and no two cells make the same one, root left out. */
/*@ requires range: rule_counts;
    terminates \true;
    exits \false;
    assigns plan_a, plan_b;
    ensures SWR_PLN_001: \result <==> irqs_claims;
    ensures SWR_PLN_002: !\result ==> blames_irqs_claim(plan_a, plan_b);
*/
static bool irqs_claims_ok(void)
{
    bool ok = true;

    /*@ loop invariant range: 0 <= c <= plan.n_cells;
        loop invariant so_far: ok ==> (\forall integer k; 0 <= k < c ==> irqs_claim(k));
        loop invariant SWR_PLN_002: !ok ==> blames_irqs_claim(plan_a, plan_b);
        loop assigns c, ok, plan_a, plan_b;
        loop variant plan.n_cells - c;
    */
    for (uint32_t c = 0U; ok && (c < plan.n_cells); c++) {
        ok = has_irqs_alone(c);
    }
    return ok;
}

/* ---- entry points and DMA */

/* The entry point of cell c is an instruction of its own. */
/*@ requires regions: rule_counts && rule_regions && c < plan.n_cells;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_001: \result <==> entry_ok(c);
*/
static bool is_entry_ok(uint32_t c)
{
    bool found = false;

    /*@ loop invariant range: 0 <= i <= plan.n_regions;
        loop invariant yes: found ==>
          (\exists integer k; 0 <= k < plan.n_regions && entry_in(c, k));
        loop invariant no: !found ==> (\forall integer k; 0 <= k < i ==> !entry_in(c, k));
        loop assigns i, found;
        loop variant plan.n_regions - i;
    */
    for (uint32_t i = 0U; (!found) && (i < plan.n_regions); i++) {
        found = (plan.regions[i].own == c) &&
                (((plan.regions[i].flags / BH_REGION_EXECUTE) % 2U) == 1U) &&
                (plan.regions[i].ipn <= (plan.cells[c].entry / BH_PAGE_BYTES)) &&
                ((plan.cells[c].entry / BH_PAGE_BYTES) < (plan.regions[i].ipn + plan.regions[i].n));
    }
    return found && ((plan.cells[c].entry % 4U) == 0U);
}

/* Every cell has its entry point. */
/*@ requires regions: rule_counts && rule_regions;
    terminates \true;
    exits \false;
    assigns plan_a, plan_b;
    ensures SWR_PLN_001: \result <==> rule_entry;
    ensures SWR_PLN_002: !\result ==> blames_entry(plan_a);
*/
static bool entries_ok(void)
{
    bool ok = true;

    /*@ loop invariant range: 2 <= c <= plan.n_cells;
        loop invariant so_far: ok ==> (\forall integer d; 2 <= d < c ==> entry_ok(d));
        loop invariant SWR_PLN_002: !ok ==> blames_entry(plan_a);
        loop assigns c, ok, plan_a, plan_b;
        loop variant plan.n_cells - c;
    */
    for (uint32_t c = 2U; ok && (c < plan.n_cells); c++) {
        if (!is_entry_ok(c)) {
            ok = plan_refuse(c, 0U);
        }
    }
    return ok;
}

uint32_t plan_judge_claims(void)
{
    uint32_t e = BH_OK;

    if (!cpus_claims_ok()) {
        e = (uint32_t)BH_E_PLAN_CPU;
    } else if (!root_has_cpu()) {
        e = (uint32_t)BH_E_PLAN_CPU;
    } else if (!irqs_claims_ok()) {
        e = (uint32_t)BH_E_PLAN_IRQ;
    } else if (!entries_ok()) {
        e = (uint32_t)BH_E_PLAN_ENTRY;
    } else if ((plan.flags % 2U) == 0U) {
        e = (uint32_t)BH_E_PLAN_DMA;
        (void)plan_refuse(plan.flags, BH_PLAN_ACCEPT_UNPROTECTED_DMA);
    } else if (!plan_judge_policies()) {
        e = (uint32_t)BH_E_PLAN_POLICY;
    } else if (!plan_judge_watches()) {
        e = (uint32_t)BH_E_PLAN_WATCH;
    } else {
        e = BH_OK;
    }
    return e;
}
