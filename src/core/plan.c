/* SPDX-License-Identifier: Apache-2.0 */
/** @file plan.c
 * The judge of plans: one small function per rule, each proved to say yes exactly when its rule
 * holds. A loop stops at the first offender so that the refusal can name it.
 */
#include "core/plan.h"

struct bh_plan plan;
uint64_t plan_a;
uint64_t plan_b;

bool plan_refuse(uint64_t a, uint64_t b)
{
    plan_a = a;
    plan_b = b;
    return false;
}

bool plan_bit(uint32_t word, uint32_t i)
{
    return ((word >> i) & 1U) != 0U;
}

/* ---- counts */

/*@ terminates \true;
    exits \false;
    assigns plan_a, plan_b;
    ensures SWR_PLN_001: \result <==> rule_counts;
*/
static bool counts_ok(void)
{
    bool ok = true;

    if ((plan.n_cells < 2U) || (plan.n_cells > BH_CELLS_MAX)) {
        ok = plan_refuse(plan.n_cells, BH_CELLS_MAX);
    } else if (plan.n_regions > BH_REGIONS_MAX) {
        ok = plan_refuse(plan.n_regions, BH_REGIONS_MAX);
    } else if ((plan.n_cpus < 1U) || (plan.n_cpus > BH_CPUS_MAX)) {
        ok = plan_refuse(plan.n_cpus, BH_CPUS_MAX);
    } else if (plan.status_n != BH_STATUS_PAGES) {
        ok = plan_refuse(plan.status_n, BH_STATUS_PAGES);
    } else if (plan.status_ppn > (BH_PPN_MAX - BH_STATUS_PAGES)) {
        ok = plan_refuse(plan.status_ppn, BH_PPN_MAX - BH_STATUS_PAGES);
    } else if (plan.n_windows > BH_WINDOWS_MAX) {
        ok = plan_refuse(plan.n_windows, BH_WINDOWS_MAX);
    } else if (plan.n_calls > BH_CALLS_MAX) {
        ok = plan_refuse(plan.n_calls, BH_CALLS_MAX);
    } else {
        ok = true;
    }
    return ok;
}

/* CPU i has another MPIDR than all before it. */
/*@ requires range: rule_counts && i < plan.n_cpus;
    terminates \true;
    exits \false;
    assigns plan_a, plan_b;
    ensures SWR_PLN_001: \result <==>
      (\forall integer k; 0 <= k < i ==> plan.mpidr[i] != plan.mpidr[k]);
    ensures SWR_PLN_002: !\result ==> plan_a == i && blames_cpuid(plan_a, plan_b);
*/
static bool mpidr_is_new(uint32_t i)
{
    bool ok = true;

    /*@ loop invariant range: 0 <= j <= i;
        loop invariant so_far: ok ==>
          (\forall integer k; 0 <= k < j ==> plan.mpidr[i] != plan.mpidr[k]);
        loop invariant SWR_PLN_002: !ok ==> plan_a == i && blames_cpuid(plan_a, plan_b);
        loop assigns j, ok, plan_a, plan_b;
        loop variant i - j;
    */
    for (uint32_t j = 0U; ok && (j < i); j++) {
        if (plan.mpidr[j] == plan.mpidr[i]) {
            ok = plan_refuse(i, j);
        }
    }
    return ok;
}

/* No MPIDR twice. */
/*@ requires range: rule_counts;
    terminates \true;
    exits \false;
    assigns plan_a, plan_b;
    ensures SWR_PLN_001: \result <==> rule_mpidrs;
    ensures SWR_PLN_002: !\result ==> blames_cpuid(plan_a, plan_b);
*/
static bool mpidrs_ok(void)
{
    bool ok = true;

    /*@ loop invariant range: 0 <= i <= plan.n_cpus;
        loop invariant so_far: ok ==>
          (\forall integer k, l; 0 <= k < i && 0 <= l < k ==> plan.mpidr[k] != plan.mpidr[l]);
        loop invariant SWR_PLN_002: !ok ==> blames_cpuid(plan_a, plan_b);
        loop assigns i, ok, plan_a, plan_b;
        loop variant plan.n_cpus - i;
    */
    for (uint32_t i = 0U; ok && (i < plan.n_cpus); i++) {
        ok = mpidr_is_new(i);
    }
    return ok;
}

/* The rules about the blob as such. */
/*@ requires readable: \valid_read(b);
    requires apart: \separated(b, &plan, &plan_a, &plan_b);
    terminates \true;
    exits \false;
    assigns plan_a, plan_b;
    ensures SWR_PLN_001: \result == BH_OK <==> plan_header(b);
    ensures SWR_PLN_002: blames_header(b, \result);
    ensures range: \result == BH_OK || \result == BH_E_PLAN_MAGIC || \result == BH_E_PLAN_VERSION ||
      \result == BH_E_PLAN_SIZE || \result == BH_E_PLAN_CRC || \result == BH_E_PLAN_BOARD ||
      \result == BH_E_PLAN_COUNT || \result == BH_E_PLAN_CPUID;
*/
static uint32_t judge_header(const struct plan_board *b)
{
    uint32_t e = BH_OK;
    uint32_t sum = plan_crc();

    if (plan.magic != BH_PLAN_MAGIC) {
        e = (uint32_t)BH_E_PLAN_MAGIC;
        (void)plan_refuse(plan.magic, BH_PLAN_MAGIC);
    } else if (plan.version != BH_ABI_VERSION) {
        e = (uint32_t)BH_E_PLAN_VERSION;
        (void)plan_refuse(plan.version, BH_ABI_VERSION);
    } else if (plan.size != sizeof(struct bh_plan)) {
        e = (uint32_t)BH_E_PLAN_SIZE;
        (void)plan_refuse(plan.size, sizeof(struct bh_plan));
    } else if (plan.crc != sum) {
        e = (uint32_t)BH_E_PLAN_CRC;
        (void)plan_refuse(plan.crc, sum);
    } else if (plan.board != b->board) {
        e = (uint32_t)BH_E_PLAN_BOARD;
        (void)plan_refuse(plan.board, b->board);
    } else if (!counts_ok()) {
        e = (uint32_t)BH_E_PLAN_COUNT;
    } else if (!mpidrs_ok()) {
        e = (uint32_t)BH_E_PLAN_CPUID;
    } else {
        e = BH_OK;
    }
    return e;
}

/* ---- regions */

/* Region i lies in both address spaces. */
/*@ requires range: i < BH_REGIONS_MAX;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_001: \result <==>
      (PR(i).n > 0 && PR(i).ipn + PR(i).n <= BH_IPA_PAGES && PR(i).ppn + PR(i).n <= BH_PPN_MAX);
*/
static bool region_in_range(uint32_t i)
{
    return (plan.regions[i].n > 0U) && (plan.regions[i].n <= BH_IPA_PAGES) &&
           (plan.regions[i].ipn <= (BH_IPA_PAGES - plan.regions[i].n)) &&
           (plan.regions[i].ppn <= (BH_PPN_MAX - plan.regions[i].n));
}

/* Region i is well formed. */
/*@ requires range: i < BH_REGIONS_MAX;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_001: \result <==> region_ok(i);
*/
static bool region_is_ok(uint32_t i)
{
    return region_in_range(i) && (plan.regions[i].own < plan.n_cells) &&
           (plan.regions[i].flags < BH_REGION_FLAGS_MAX) &&
           ((plan.regions[i].root == 0U) ||
            ((plan.regions[i].root == 1U) && (plan.regions[i].share != 0U))) &&
           ((plan.regions[i].own != BH_CELL_KERNEL) || (plan.regions[i].share == 0U));
}

/* Every region is well formed. */
/*@ requires range: rule_counts;
    terminates \true;
    exits \false;
    assigns plan_a, plan_b;
    ensures SWR_PLN_001: \result <==> rule_regions;
    ensures SWR_PLN_002: !\result ==> blames_region(plan_a) && plan_b == PR(plan_a).own;
*/
static bool regions_ok(void)
{
    bool ok = true;

    /*@ loop invariant range: 0 <= i <= plan.n_regions;
        loop invariant so_far: ok ==> (\forall integer k; 0 <= k < i ==> region_ok(k));
        loop invariant SWR_PLN_002: !ok ==> blames_region(plan_a) && plan_b == PR(plan_a).own;
        loop assigns i, ok, plan_a, plan_b;
        loop variant plan.n_regions - i;
    */
    for (uint32_t i = 0U; ok && (i < plan.n_regions); i++) {
        if (!region_is_ok(i)) {
            ok = plan_refuse(i, plan.regions[i].own);
        }
    }
    return ok;
}

/* Region i is in the slice of cell c exactly if c owns it. */
/*@ requires range: i < BH_REGIONS_MAX && c < BH_CELLS_MAX;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_001: \result <==> slice_ok(c, i);
*/
static bool slice_is_ok(uint32_t c, uint32_t i)
{
    bool in = (plan.cells[c].first <= i) && ((i - plan.cells[c].first) < plan.cells[c].count);

    bool mine = plan.regions[i].own == c;

    return in == mine;
}

/* The slice of cell c holds its regions and no others. */
/*@ requires range: rule_counts && c < plan.n_cells;
    terminates \true;
    exits \false;
    assigns plan_a, plan_b;
    ensures SWR_PLN_001: \result <==>
      (\forall integer k; 0 <= k < plan.n_regions ==> slice_ok(c, k));
    ensures SWR_PLN_002: !\result ==> plan_a == c && blames_slice(plan_a, plan_b);
*/
static bool slice_is_its_own(uint32_t c)
{
    bool ok = true;

    /*@ loop invariant range: 0 <= i <= plan.n_regions;
        loop invariant so_far: ok ==> (\forall integer k; 0 <= k < i ==> slice_ok(c, k));
        loop invariant SWR_PLN_002: !ok ==> plan_a == c && blames_slice(plan_a, plan_b);
        loop assigns i, ok, plan_a, plan_b;
        loop variant plan.n_regions - i;
    */
    for (uint32_t i = 0U; ok && (i < plan.n_regions); i++) {
        if (!slice_is_ok(c, i)) {
            ok = plan_refuse(c, i);
        }
    }
    return ok;
}

/* Slices and owners agree. */
/*@ requires range: rule_counts;
    terminates \true;
    exits \false;
    assigns plan_a, plan_b;
    ensures SWR_PLN_001: \result <==> rule_slices;
    ensures SWR_PLN_002: !\result ==> blames_slice(plan_a, plan_b);
*/
static bool slices_ok(void)
{
    bool ok = true;

    /*@ loop invariant range: 0 <= c <= plan.n_cells;
        loop invariant so_far: ok ==>
          (\forall integer d, k; 0 <= d < c && 0 <= k < plan.n_regions ==> slice_ok(d, k));
        loop invariant SWR_PLN_002: !ok ==> blames_slice(plan_a, plan_b);
        loop assigns c, ok, plan_a, plan_b;
        loop variant plan.n_cells - c;
    */
    for (uint32_t c = 0U; ok && (c < plan.n_cells); c++) {
        ok = slice_is_its_own(c);
    }
    return ok;
}

/* Regions i and j do not meet in the address space of their cell. */
/*@ requires regions: rule_counts && rule_regions && i < plan.n_regions && j < plan.n_regions;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_001: \result <==> no_alias(i, j);
*/
static bool is_no_alias(uint32_t i, uint32_t j)
{
    return (plan.regions[i].own != plan.regions[j].own) ||
           ((plan.regions[i].ipn + plan.regions[i].n) <= plan.regions[j].ipn) ||
           ((plan.regions[j].ipn + plan.regions[j].n) <= plan.regions[i].ipn);
}

/* Region i is no alias of one before it. */
/*@ requires regions: rule_counts && rule_regions && i < plan.n_regions;
    terminates \true;
    exits \false;
    assigns plan_a, plan_b;
    ensures SWR_PLN_001: \result <==> (\forall integer k; 0 <= k < i ==> no_alias(i, k));
    ensures SWR_PLN_002: !\result ==> plan_a == i && blames_alias(plan_a, plan_b);
*/
static bool is_no_alias_of_earlier(uint32_t i)
{
    bool ok = true;

    /*@ loop invariant range: 0 <= j <= i;
        loop invariant so_far: ok ==> (\forall integer k; 0 <= k < j ==> no_alias(i, k));
        loop invariant SWR_PLN_002: !ok ==> plan_a == i && blames_alias(plan_a, plan_b);
        loop assigns j, ok, plan_a, plan_b;
        loop variant i - j;
    */
    for (uint32_t j = 0U; ok && (j < i); j++) {
        if (!is_no_alias(i, j)) {
            ok = plan_refuse(i, j);
        }
    }
    return ok;
}

/* No cell has two regions at one address of its own. */
/*@ requires regions: rule_counts && rule_regions;
    terminates \true;
    exits \false;
    assigns plan_a, plan_b;
    ensures SWR_PLN_001: \result <==> rule_aliases;
    ensures SWR_PLN_002: !\result ==> blames_alias(plan_a, plan_b);
*/
static bool aliases_ok(void)
{
    bool ok = true;

    /*@ loop invariant range: 0 <= i <= plan.n_regions;
        loop invariant so_far: ok ==>
          (\forall integer k, l; 0 <= k < i && 0 <= l < k ==> no_alias(k, l));
        loop invariant SWR_PLN_002: !ok ==> blames_alias(plan_a, plan_b);
        loop assigns i, ok, plan_a, plan_b;
        loop variant plan.n_regions - i;
    */
    for (uint32_t i = 0U; ok && (i < plan.n_regions); i++) {
        ok = is_no_alias_of_earlier(i);
    }
    return ok;
}

/* Regions i and j may stand in one plan. */
/*@ requires regions: rule_counts && rule_regions && i < plan.n_regions && j < plan.n_regions;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_001: \result <==> compatible(i, j);
*/
static bool is_compatible(uint32_t i, uint32_t j)
{
    bool ok = true;

    if ((plan.regions[i].share == plan.regions[j].share) && (plan.regions[i].share != 0U)) {
        ok = (plan.regions[i].ppn == plan.regions[j].ppn) &&
             (plan.regions[i].n == plan.regions[j].n);
    } else if ((plan.regions[i].own != plan.regions[j].own) &&
               (plan.regions[i].own != BH_CELL_ROOT) && (plan.regions[j].own != BH_CELL_ROOT)) {
        ok = ((plan.regions[i].ppn + plan.regions[i].n) <= plan.regions[j].ppn) ||
             ((plan.regions[j].ppn + plan.regions[j].n) <= plan.regions[i].ppn);
    } else {
        ok = true;
    }
    return ok;
}

/* Region i is compatible with all before it. */
/*@ requires regions: rule_counts && rule_regions && i < plan.n_regions;
    terminates \true;
    exits \false;
    assigns plan_a, plan_b;
    ensures SWR_PLN_001: \result <==> (\forall integer k; 0 <= k < i ==> compatible(i, k));
    ensures SWR_PLN_002: !\result ==> plan_a == i && blames_overlap(plan_a, plan_b);
*/
static bool is_compatible_with_earlier(uint32_t i)
{
    bool ok = true;

    /*@ loop invariant range: 0 <= j <= i;
        loop invariant so_far: ok ==> (\forall integer k; 0 <= k < j ==> compatible(i, k));
        loop invariant SWR_PLN_002: !ok ==> plan_a == i && blames_overlap(plan_a, plan_b);
        loop assigns j, ok, plan_a, plan_b;
        loop variant i - j;
    */
    for (uint32_t j = 0U; ok && (j < i); j++) {
        if (!is_compatible(i, j)) {
            ok = plan_refuse(i, j);
        }
    }
    return ok;
}

/* No memory belongs to two cells, except by a share that both name. */
/*@ requires regions: rule_counts && rule_regions;
    terminates \true;
    exits \false;
    assigns plan_a, plan_b;
    ensures SWR_PLN_001: \result <==> rule_overlaps;
    ensures SWR_PLN_002: !\result ==> blames_overlap(plan_a, plan_b);
*/
static bool overlaps_ok(void)
{
    bool ok = true;

    /*@ loop invariant range: 0 <= i <= plan.n_regions;
        loop invariant so_far: ok ==>
          (\forall integer k, l; 0 <= k < i && 0 <= l < k ==> compatible(k, l));
        loop invariant SWR_PLN_002: !ok ==> blames_overlap(plan_a, plan_b);
        loop assigns i, ok, plan_a, plan_b;
        loop variant plan.n_regions - i;
    */
    for (uint32_t i = 0U; ok && (i < plan.n_regions); i++) {
        ok = is_compatible_with_earlier(i);
    }
    return ok;
}

/* ---- kernel memory and status pages */

/* Range r is in one region of the kernel; such a region is private by rule_regions. */
/*@ requires readable: \valid_read(b) && r < PLAN_KERNEL_RANGES;
    requires apart: \separated(b, &plan, &plan_a, &plan_b);
    requires regions: rule_counts && rule_regions;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_001: \result <==> kept_range(b, r);
*/
static bool range_ok(const struct plan_board *b, uint32_t r)
{
    bool found = false;

    /*@ loop invariant range: 0 <= i <= plan.n_regions;
        loop invariant yes: found ==> kept_range(b, r);
        loop invariant no: !found ==> (\forall integer k; 0 <= k < i ==> !keeps_kernel(b, r, k));
        loop assigns i, found;
        loop variant plan.n_regions - i;
    */
    for (uint32_t i = 0U; (!found) && (i < plan.n_regions); i++) {
        found =
            (plan.regions[i].own == BH_CELL_KERNEL) && (plan.regions[i].ppn <= b->kernel[r].ppn) &&
            ((b->kernel[r].ppn - plan.regions[i].ppn) <= plan.regions[i].n) &&
            (b->kernel[r].pages <= (plan.regions[i].n - (b->kernel[r].ppn - plan.regions[i].ppn)));
    }
    return found;
}

/* All that only the kernel may touch is in private regions of its own. */
/*@ requires readable: \valid_read(b);
    requires apart: \separated(b, &plan, &plan_a, &plan_b);
    requires regions: rule_counts && rule_regions;
    terminates \true;
    exits \false;
    assigns plan_a, plan_b;
    ensures SWR_PLN_001: \result <==> rule_kernel(b);
*/
static bool kernel_ok(const struct plan_board *b)
{
    bool ok = true;

    /*@ loop invariant range: 0 <= r <= PLAN_KERNEL_RANGES;
        loop invariant so_far: ok <==> (\forall integer k; 0 <= k < r ==> kept_range(b, k));
        loop assigns r, ok, plan_a, plan_b;
        loop variant PLAN_KERNEL_RANGES - r;
    */
    for (uint32_t r = 0U; r < PLAN_KERNEL_RANGES; r++) {
        if (!range_ok(b, r)) {
            ok = plan_refuse(r, b->kernel[r].ppn);
        }
    }
    return ok;
}

/* Nobody but the kernel writes the status pages, nobody but root reads them. */
/*@ requires regions: rule_counts && rule_regions;
    terminates \true;
    exits \false;
    assigns plan_a, plan_b;
    ensures SWR_PLN_001: \result <==> rule_status;
    ensures SWR_PLN_002: !\result ==> blames_status(plan_a, plan_b);
*/
static bool status_ok(void)
{
    bool ok = true;

    /*@ loop invariant range: 0 <= i <= plan.n_regions;
        loop invariant so_far: ok ==> (\forall integer k; 0 <= k < i ==> status_safe(k));
        loop invariant SWR_PLN_002: !ok ==> blames_status(plan_a, plan_b);
        loop assigns i, ok, plan_a, plan_b;
        loop variant plan.n_regions - i;
    */
    for (uint32_t i = 0U; ok && (i < plan.n_regions); i++) {
        bool apart = ((plan.status_ppn + BH_STATUS_PAGES) <= plan.regions[i].ppn) ||
                     ((plan.regions[i].ppn + plan.regions[i].n) <= plan.status_ppn);

        if ((!apart) && ((plan.regions[i].own != BH_CELL_ROOT) ||
                         (((plan.regions[i].flags / BH_REGION_WRITE) % 2U) == 1U) ||
                         (((plan.regions[i].flags / BH_REGION_EXECUTE) % 2U) == 1U))) {
            ok = plan_refuse(i, plan.regions[i].own);
        }
    }
    return ok;
}

/* The rules about regions and pairs of them. */
/*@ requires range: rule_counts;
    terminates \true;
    exits \false;
    assigns plan_a, plan_b;
    ensures SWR_PLN_001: \result == BH_OK <==> plan_memory;
    ensures SWR_PLN_002: blames_regions(\result);
    ensures range: \result == BH_OK || \result == BH_E_PLAN_REGION ||
      \result == BH_E_PLAN_SLICE || \result == BH_E_PLAN_ALIAS || \result == BH_E_PLAN_OVERLAP;
*/
static uint32_t judge_regions(void)
{
    uint32_t e = BH_OK;

    if (!regions_ok()) {
        e = (uint32_t)BH_E_PLAN_REGION;
    } else if (!slices_ok()) {
        e = (uint32_t)BH_E_PLAN_SLICE;
    } else if (!aliases_ok()) {
        e = (uint32_t)BH_E_PLAN_ALIAS;
    } else if (!overlaps_ok()) {
        e = (uint32_t)BH_E_PLAN_OVERLAP;
    } else {
        e = BH_OK;
    }
    return e;
}

/* The rules about memory. */
/*@ requires readable: \valid_read(b);
    requires apart: \separated(b, &plan, &plan_a, &plan_b);
    requires range: rule_counts;
    terminates \true;
    exits \false;
    assigns plan_a, plan_b;
    ensures SWR_PLN_001: \result == BH_OK <==> (plan_memory && rule_kernel(b) && rule_status);
    ensures SWR_PLN_002: blames_memory(b, \result);
    ensures range: \result == BH_OK || \result == BH_E_PLAN_REGION ||
      \result == BH_E_PLAN_SLICE || \result == BH_E_PLAN_ALIAS || \result == BH_E_PLAN_OVERLAP ||
      \result == BH_E_PLAN_KERNEL || \result == BH_E_PLAN_STATUS;
*/
static uint32_t judge_memory(const struct plan_board *b)
{
    uint32_t e = judge_regions();

    if (e == BH_OK) {
        if (!kernel_ok(b)) {
            e = (uint32_t)BH_E_PLAN_KERNEL;
        } else if (!status_ok()) {
            e = (uint32_t)BH_E_PLAN_STATUS;
        } else {
            e = BH_OK;
        }
    }
    return e;
}

uint32_t plan_check_memory(void)
{
    uint32_t e = BH_OK;

    if (!counts_ok()) {
        e = (uint32_t)BH_E_PLAN_COUNT;
    } else {
        e = judge_regions();
    }
    if ((e == BH_OK) && !status_ok()) {
        e = (uint32_t)BH_E_PLAN_STATUS;
    }
    return e;
}

uint32_t plan_check(const struct plan_board *b)
{
    uint32_t e = judge_header(b);

    if (e == BH_OK) {
        e = judge_memory(b);
    }
    if (e == BH_OK) {
        e = plan_judge_claims();
    }
    if (e == BH_OK) {
        e = plan_judge_additions(b);
    }
    return e;
}
