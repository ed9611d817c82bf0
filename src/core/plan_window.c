/* SPDX-License-Identifier: Apache-2.0 */
/** @file plan_window.c
 * The judge of plans, fifth part: windows are parts of device pages that nobody has, each with one owner.
 */
#include "core/plan.h"

/*@ requires index: i < BH_WINDOWS_MAX;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_003: \result == crc_of_window(c, i);
*/
static uint32_t crc_window(uint32_t c, uint32_t i)
{
    uint32_t r = crc_long(c, plan.windows[i].ppn);

    r = crc_word(r, plan.windows[i].ipn);
    r = crc_word(r, plan.windows[i].offset);
    r = crc_word(r, plan.windows[i].bytes);
    r = crc_word(r, plan.windows[i].own);
    r = crc_word(r, plan.windows[i].flags);
    return crc_word(r, plan.windows[i].reserved);
}

uint32_t plan_crc_windows(uint32_t c)
{
    uint32_t r = c;

    /*@ loop invariant range: 0 <= i <= BH_WINDOWS_MAX;
        loop invariant so_far: r == crc_of_windows(c, i);
        loop assigns i, r;
        loop variant BH_WINDOWS_MAX - i;
    */
    for (uint32_t i = 0U; i < BH_WINDOWS_MAX; i++) {
        r = crc_window(r, i);
    }
    return r;
}

/* The widest access that some flags name. */
/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_001: \result == widest(flags);
    ensures some: 1 <= \result <= 8;
*/
static uint32_t widest_of(uint32_t flags)
{
    uint32_t bytes = 1U;

    if (flags >= BH_WINDOW_64) {
        bytes = 8U;
    } else if (flags >= BH_WINDOW_32) {
        bytes = 4U;
    } else if (flags >= BH_WINDOW_16) {
        bytes = 2U;
    } else {
        bytes = 1U;
    }
    return bytes;
}

/* Window w lies in one page, in whole accesses of its widest. */
/*@ requires window: w < BH_WINDOWS_MAX;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_001: \result <==> window_place_ok(w);
*/
static bool is_place_ok(uint32_t w)
{
    uint32_t width = widest_of(plan.windows[w].flags);
    uint32_t bytes = plan.windows[w].bytes;

    return (plan.windows[w].ppn < BH_IPA_PAGES) && (plan.windows[w].ipn < BH_IPA_PAGES) &&
           (bytes > 0U) && (bytes <= BH_PAGE_BYTES) &&
           (plan.windows[w].offset <= (BH_PAGE_BYTES - bytes)) &&
           ((plan.windows[w].offset % width) == 0U) && ((bytes % width) == 0U);
}

/* Window w is well formed. */
/*@ requires window: rule_counts && w < plan.n_windows;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_001: \result <==> window_form_ok(w);
*/
static bool is_form_ok(uint32_t w)
{
    uint32_t flags = plan.windows[w].flags;

    return (flags < BH_WINDOW_FLAGS_MAX) && ((flags % 4U) != 0U) && (flags >= BH_WINDOW_8) &&
           (plan.windows[w].reserved == 0U) && (plan.windows[w].own >= BH_CELL_ROOT) &&
           (plan.windows[w].own < plan.n_cells) && is_place_ok(w);
}

/* The kernel holds the page of window w, as a device. */
/*@ requires window: rule_counts && rule_regions && w < plan.n_windows;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_001: \result <==> window_held(w);
*/
static bool is_held(uint32_t w)
{
    bool found = false;

    /*@ loop invariant range: 0 <= i <= plan.n_regions;
        loop invariant so_far: found <==>
          (\exists integer k; 0 <= k < i && window_held_by(w, k));
        loop assigns i, found;
        loop variant plan.n_regions - i;
    */
    for (uint32_t i = 0U; (!found) && (i < plan.n_regions); i++) {
        found = (plan.regions[i].own == BH_CELL_KERNEL) &&
                (((plan.regions[i].flags / BH_REGION_DEVICE) % 2U) == 1U) &&
                (plan.regions[i].ppn <= plan.windows[w].ppn) &&
                ((plan.windows[w].ppn - plan.regions[i].ppn) < plan.regions[i].n);
    }
    return found;
}

/* The page of window w is none that only the kernel may touch. */
/*@ requires readable: \valid_read(b);
    requires window: rule_counts && w < plan.n_windows;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_001: \result <==> window_no_range(b, w);
*/
static bool is_outside(const struct plan_board *b, uint32_t w)
{
    uint64_t ppn = plan.windows[w].ppn;
    bool outside = true;

    /*@ loop invariant range: 0 <= r <= PLAN_KERNEL_RANGES;
        loop invariant so_far: outside <==>
          (\forall integer k; 0 <= k < r ==> window_outside(b, w, k));
        loop assigns r, outside;
        loop variant PLAN_KERNEL_RANGES - r;
    */
    for (uint32_t r = 0U; r < PLAN_KERNEL_RANGES; r++) {
        if ((ppn >= b->kernel[r].ppn) && ((ppn - b->kernel[r].ppn) < b->kernel[r].pages)) {
            outside = false;
        }
    }
    return outside;
}

/* Its cell has nothing else at the place of window w. */
/*@ requires window: rule_counts && rule_regions && w < plan.n_windows;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_001: \result <==> window_clear(w);
*/
static bool is_clear(uint32_t w)
{
    uint32_t ipn = plan.windows[w].ipn;
    bool clear = true;

    /*@ loop invariant range: 0 <= i <= plan.n_regions;
        loop invariant so_far: clear <==>
          (\forall integer k; 0 <= k < i ==> window_clear_of(w, k));
        loop assigns i, clear;
        loop variant plan.n_regions - i;
    */
    for (uint32_t i = 0U; clear && (i < plan.n_regions); i++) {
        clear = (plan.regions[i].own != plan.windows[w].own) || (ipn < plan.regions[i].ipn) ||
                ((ipn - plan.regions[i].ipn) >= plan.regions[i].n) ||
                ((plan.regions[i].ppn + (ipn - plan.regions[i].ipn)) == plan.windows[w].ppn);
    }
    return clear;
}

/* Windows v and w have no byte in common, of the device or of one cell's addresses. */
/*@ requires window: rule_counts && v < w < plan.n_windows;
    requires place: window_place_ok(v) && window_place_ok(w);
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_001: \result <==> windows_apart(v, w);
*/
static bool are_apart(uint32_t v, uint32_t w)
{
    bool bytes = ((plan.windows[v].offset + plan.windows[v].bytes) <= plan.windows[w].offset) ||
                 ((plan.windows[w].offset + plan.windows[w].bytes) <= plan.windows[v].offset);
    bool addresses = (plan.windows[v].own != plan.windows[w].own) ||
                     (plan.windows[v].ipn != plan.windows[w].ipn);

    return bytes || (addresses && (plan.windows[v].ppn != plan.windows[w].ppn));
}

/* Window w is apart from all before it. */
/*@ requires window: rule_counts && w < plan.n_windows;
    requires places: \forall integer v; 0 <= v <= w ==> window_place_ok(v);
    terminates \true;
    exits \false;
    assigns plan_a, plan_b;
    ensures SWR_PLN_001: \result <==> window_alone(w);
    ensures SWR_PLN_002: !\result ==> blames_window_pair(plan_b, plan_a);
*/
static bool is_alone(uint32_t w)
{
    bool ok = true;

    /*@ loop invariant range: 0 <= v <= w;
        loop invariant so_far: ok ==> (\forall integer k; 0 <= k < v ==> windows_apart(k, w));
        loop invariant SWR_PLN_002: !ok ==> blames_window_pair(plan_b, plan_a);
        loop invariant which: !ok ==> plan_a == w;
        loop assigns v, ok, plan_a, plan_b;
        loop variant w - v;
    */
    for (uint32_t v = 0U; ok && (v < w); v++) {
        if (!are_apart(v, w)) {
            ok = plan_refuse(w, v);
        }
    }
    return ok;
}

/* Window w, those before it being well formed. */
/*@ requires readable: \valid_read(b);
    requires apart: \separated(b, &plan, &plan_a, &plan_b);
    requires window: rule_counts && rule_regions && w < plan.n_windows;
    requires places: \forall integer v; 0 <= v < w ==> window_place_ok(v);
    terminates \true;
    exits \false;
    assigns plan_a, plan_b;
    ensures SWR_MMW_001: \result == BH_OK <==> window_ok(b, w);
    ensures SWR_PLN_002: blames_windows(b, \result);
    ensures range: \result == BH_OK || \result == BH_E_PLAN_WINDOW ||
      \result == BH_E_PLAN_WINDOW_PAGE || \result == BH_E_PLAN_WINDOW_OVERLAP;
*/
static uint32_t judge_window(const struct plan_board *b, uint32_t w)
{
    uint32_t e = BH_OK;

    if (!is_form_ok(w)) {
        e = (uint32_t)BH_E_PLAN_WINDOW;
        (void)plan_refuse(w, plan.windows[w].own);
    } else if (!(is_held(w) && is_outside(b, w) && is_clear(w))) {
        e = (uint32_t)BH_E_PLAN_WINDOW_PAGE;
        (void)plan_refuse(w, plan.windows[w].ppn);
    } else if (!is_alone(w)) {
        e = (uint32_t)BH_E_PLAN_WINDOW_OVERLAP;
    } else {
        e = BH_OK;
    }
    return e;
}

uint32_t plan_judge_windows(const struct plan_board *b)
{
    uint32_t e = BH_OK;

    /*@ loop invariant range: 0 <= w <= plan.n_windows;
        loop invariant so_far: e == BH_OK ==>
          (\forall integer k; 0 <= k < w ==> window_ok(b, k));
        loop invariant SWR_PLN_002: blames_windows(b, e);
        loop invariant bad: e != BH_OK ==> !rule_windows(b);
        loop invariant some: e == BH_OK || e == BH_E_PLAN_WINDOW || e == BH_E_PLAN_WINDOW_PAGE ||
          e == BH_E_PLAN_WINDOW_OVERLAP;
        loop assigns w, e, plan_a, plan_b;
        loop variant plan.n_windows - w;
    */
    for (uint32_t w = 0U; (e == BH_OK) && (w < plan.n_windows); w++) {
        e = judge_window(b, w);
    }
    return e;
}
