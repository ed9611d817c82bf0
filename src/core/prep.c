/* SPDX-License-Identifier: Apache-2.0 */
#include "core/prep.h"

struct prep prep[BH_CELLS_MAX];

void prep_begin(uint32_t cell)
{
    prep[cell].region = 0U;
    prep[cell].page = 0U;
}

/** Is region @p i private Normal memory of @p cell?
 * @req SWR_PRP_001 */
/*@ requires region: i < plan.n_regions <= BH_REGIONS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_PRP_001: \result <==> priv(cell, i); */
static bool is_private(uint32_t cell, uint32_t i)
{
    const struct bh_region *r = &plan.regions[i];

    return (r->own == cell) && (r->share == 0U) && (((r->flags / BH_REGION_DEVICE) % 2U) == 0U);
}

bool prep_next(uint32_t cell)
{
    bool found = false;

    /*@ loop invariant run: \at(prep_run(cell), Pre) ==> prep_run(cell);
        loop invariant found: found ==> priv(cell, prep[cell].region) &&
          prep[cell].page < PR(prep[cell].region).n;
        loop assigns found, prep[cell];
        loop variant plan.n_regions - prep[cell].region + (found ? 0 : 1); */
    while ((!found) && (prep[cell].region < plan.n_regions)) {
        if (is_private(cell, prep[cell].region) &&
            (prep[cell].page < plan.regions[prep[cell].region].n)) {
            found = true;
        } else {
            prep[cell].region++;
            prep[cell].page = 0U;
        }
    }
    return found;
}

/** Private pages of @p cell in regions from @p from on.
 * @req SWR_PRP_002 */
/*@ requires inv: plan_memory;
    terminates \true; exits \false; assigns \nothing;
    ensures bound: \result <= BH_REGIONS_MAX * BH_IPA_PAGES;
    ensures first: priv(cell, from) ==> \result >= PR(from).n;
    ensures SWR_PRP_002: \result == 0 ==> \forall integer i; from <= i ==> !priv(cell, i); */
static uint64_t pages_from(uint32_t cell, uint32_t from)
{
    uint64_t pages = 0U;
    uint32_t i = from;

    /*@ loop invariant bound: from <= i && pages <= (i - from) * BH_IPA_PAGES &&
          (i <= plan.n_regions || i == from);
        loop invariant first: i > from && priv(cell, from) ==> pages >= PR(from).n;
        loop invariant none: pages == 0 ==> \forall integer k; from <= k < i ==> !priv(cell, k);
        loop assigns i, pages;
        loop variant plan.n_regions - i; */
    while (i < plan.n_regions) {
        if (is_private(cell, i)) {
            pages += plan.regions[i].n;
        }
        i++;
    }
    return pages;
}

uint64_t prep_left(uint32_t cell)
{
    uint64_t left = 0U;

    if (prep_next(cell)) {
        left = pages_from(cell, prep[cell].region) - prep[cell].page;
    }
    return left;
}

/** Clear the page at the cursor and go on.
 * @req SWR_PRP_001 */
/*@ requires inv: plan_memory;
    requires args: cpu < BH_CPUS_MAX && cell < BH_CELLS_MAX;
    requires at: priv(cell, prep[cell].region) && prep[cell].page < PR(prep[cell].region).n;
    terminates \true; exits \false;
    assigns PREP_STATE;
    ensures SWR_PRP_001: prep_no_other{Pre, Post}(cell);
    ensures SWR_PRP_001: \old(prep_run(cell)) ==> prep_run(cell); */
static void clear_one(uint32_t cpu, uint32_t cell)
{
    arch_page_clear(cpu, plan.regions[prep[cell].region].ppn + prep[cell].page);
    prep[cell].page++;
}

uint64_t prep_clear(uint32_t cpu, uint32_t cell)
{
    uint32_t budget = PREP_CLEAR_PAGES;

    /*@ loop invariant bound: 0 <= budget <= PREP_CLEAR_PAGES;
        loop invariant run: \at(prep_run(cell), Pre) ==> prep_run(cell);
        loop invariant others: prep_no_other{Pre, Here}(cell);
        loop assigns budget, PREP_STATE;
        loop variant budget; */
    while ((budget > 0U) && prep_next(cell)) {
        clear_one(cpu, cell);
        budget--;
    }
    return prep_left(cell);
}
