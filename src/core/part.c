/* SPDX-License-Identifier: Apache-2.0 */
/** @file part.c
 * Address spaces as a function of plan and view. Root's is what its regions name, minus what is kept
 * from it: its regions are mapped in runs, each of one answer to "is this page taken?", so that
 * large leaves survive.
 */
#include "core/part.h"

uint8_t part_live[2][BH_CELLS_MAX];
uint8_t part_open[2][BH_CELLS_MAX];
uint32_t part_view;

#include "core/part_lemmas.acsl"

/* Is region j kept from root in view v? */
/*@ requires range: v < 2 && plan_memory && j < plan.n_regions;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures verdict: \result <==> keeps(v, j);
*/
static bool is_keeper(uint32_t v, uint32_t j)
{
    uint32_t own = plan.regions[j].own;
    bool lent = (own != BH_CELL_KERNEL) && (part_open[v][own] != 0U) &&
                (((plan.regions[j].flags / BH_REGION_LOADABLE) % 2U) == 1U);

    return (own != BH_CELL_ROOT) && (part_live[v][own] != 0U) && (plan.regions[j].root == 0U) &&
           (!lent);
}

/* Is page p taken from root in view v? */
/*@ requires range: v < 2 && plan_memory;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures verdict: \result <==> taken(v, p);
*/
static bool is_taken(uint32_t v, uint64_t p)
{
    bool found = false;

    /*@ loop invariant range: 0 <= j <= plan.n_regions;
        loop invariant yes: found ==> taken(v, p);
        loop invariant no: !found ==> \forall integer k; 0 <= k < j ==> !kept(v, k, p);
        loop assigns j, found;
        loop variant plan.n_regions - j;
    */
    for (uint32_t j = 0U; (!found) && (j < plan.n_regions); j++) {
        found = is_keeper(v, j) && (plan.regions[j].ppn <= p) &&
                (p < (plan.regions[j].ppn + plan.regions[j].n));
        //@ assert one: found ==> kept(v, j, p);
    }
    return found;
}

/* How many of the n pages from p on region j answers for as it does for p. */
/*@ requires range: plan_memory && j < plan.n_regions && n > 0 && p + n <= BH_PPN_MAX;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures size: 1 <= \result <= n;
    ensures same: \forall integer q; p <= q < p + \result ==> (in_pa(j, q) <==> in_pa(j, p));
*/
static uint32_t pages_to_edge(uint32_t j, uint64_t p, uint32_t n)
{
    uint32_t k;
    uint64_t from = plan.regions[j].ppn;
    uint64_t to = from + plan.regions[j].n;

    if ((p < from) && ((from - p) < n)) {
        k = (uint32_t)(from - p);
    } else if ((from <= p) && (p < to) && ((to - p) < n)) {
        k = (uint32_t)(to - p);
    } else {
        k = n;
    }
    return k;
}

/* How many of the n pages from p on are all taken, or all not. */
/*@ requires range: v < 2 && plan_memory && n > 0 && p + n <= BH_PPN_MAX;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures size: 1 <= \result <= n;
    ensures same: \forall integer q; p <= q < p + \result ==> (taken(v, q) <==> taken(v, p));
*/
static uint32_t pages_alike(uint32_t v, uint64_t p, uint32_t n)
{
    uint32_t k = n;

    /*@ loop invariant range: 0 <= j <= plan.n_regions;
        loop invariant size: 1 <= k <= n;
        loop invariant same: \forall integer i, q; 0 <= i < j && p <= q < p + k ==>
          (kept(v, i, q) <==> kept(v, i, p));
        loop assigns j, k;
        loop variant plan.n_regions - j;
    */
    for (uint32_t j = 0U; j < plan.n_regions; j++) {
        if (is_keeper(v, j)) {
            k = pages_to_edge(j, p, k);
        }
    }
    //@ assert agree: \forall integer q; p <= q < p + k ==> agree(v, p, q);
    //@ assert taken: \forall integer q; agree(v, p, q) ==> (taken(v, q) <==> taken(v, p));
    return k;
}

/* Map region i of a cell other than root, whole. */
/*@ requires ok: map_all_ok && plan_memory && i < plan.n_regions;
    requires cell: PR(i).own > BH_CELL_ROOT;
    requires clear: \forall integer x; in_ipa(i, x) ==> map_at(PR(i).own, x) == 0;
    terminates \true;
    exits \false;
    assigns MAP_STATE;
    ensures ok: map_all_ok;
    ensures hit: \result ==> \forall integer x; in_ipa(i, x) ==> map_at(PR(i).own, x) == want(i, x);
    ensures safe: \forall integer x; in_ipa(i, x) ==>
      map_at(PR(i).own, x) == 0 || map_at(PR(i).own, x) == want(i, x);
    ensures same: \forall integer q, x;
      map_pool(q) && map_page(x) && !(q == PR(i).own && in_ipa(i, x)) ==>
        map_at(q, x) == \old(map_at(q, x));
*/
static bool map_whole(uint32_t i)
{
    return map_range(plan.regions[i].own, plan.regions[i].ipn, plan.regions[i].ppn,
                     plan.regions[i].n, plan.regions[i].flags);
}

/* Map n pages of root's region i, from its page t on, unless they are taken. All are, or none. */
/*@ requires ok: map_all_ok && plan_memory && v < 2 && i < plan.n_regions;
    requires root: PR(i).own == BH_CELL_ROOT && n > 0 && t + n <= PR(i).n;
    requires clear: \forall integer x; PR(i).ipn + t <= x < PR(i).ipn + t + n ==> map_at(v, x) == 0;
    requires alike: \forall integer p; PR(i).ppn + t <= p < PR(i).ppn + t + n ==>
      (taken(v, p) <==> taken(v, PR(i).ppn + t));
    terminates \true;
    exits \false;
    assigns MAP_STATE;
    ensures ok: map_all_ok;
    ensures hit: \result ==> \forall integer x;
      PR(i).ipn + t <= x < PR(i).ipn + t + n && !hole(v, i, x) ==> map_at(v, x) == want(i, x);
    ensures safe: \forall integer x; PR(i).ipn + t <= x < PR(i).ipn + t + n ==>
      map_at(v, x) == 0 || (!hole(v, i, x) && map_at(v, x) == want(i, x));
    ensures same: \forall integer q, x; map_pool(q) && map_page(x) &&
      !(q == v && PR(i).ipn + t <= x < PR(i).ipn + t + n) ==> map_at(q, x) == \old(map_at(q, x));
*/
static bool map_run(uint32_t v, uint32_t i, uint32_t t, uint32_t n)
{
    bool ok = true;

    /*@ assert one: \forall integer x; PR(i).ipn + t <= x < PR(i).ipn + t + n ==>
          (hole(v, i, x) <==> taken(v, PR(i).ppn + t)); */
    if (!is_taken(v, plan.regions[i].ppn + t)) {
        ok = map_range(v, plan.regions[i].ipn + t, plan.regions[i].ppn + t, n,
                       plan.regions[i].flags);
    }
    return ok;
}

/* Map root's region i, minus what is taken. */
/*@ requires ok: map_all_ok && plan_memory && v < 2 && i < plan.n_regions;
    requires root: PR(i).own == BH_CELL_ROOT;
    requires clear: \forall integer x; in_ipa(i, x) ==> map_at(v, x) == 0;
    terminates \true;
    exits \false;
    assigns MAP_STATE;
    ensures ok: map_all_ok;
    ensures hit: \result ==> \forall integer x; in_ipa(i, x) && !hole(v, i, x) ==>
      map_at(v, x) == want(i, x);
    ensures safe: \forall integer x; in_ipa(i, x) ==>
      map_at(v, x) == 0 || (!hole(v, i, x) && map_at(v, x) == want(i, x));
    ensures same: \forall integer q, x; map_pool(q) && map_page(x) && !(q == v && in_ipa(i, x)) ==>
      map_at(q, x) == \old(map_at(q, x));
*/
static bool map_carved(uint32_t v, uint32_t i)
{
    bool ok = true;
    uint32_t t = 0U;

    /*@ loop invariant range: 0 <= t <= PR(i).n;
        loop invariant ok: map_all_ok;
        loop invariant hit: ok ==> \forall integer x;
          PR(i).ipn <= x < PR(i).ipn + t && !hole(v, i, x) ==> map_at(v, x) == want(i, x);
        loop invariant safe: \forall integer x; PR(i).ipn <= x < PR(i).ipn + t ==>
          map_at(v, x) == 0 || (!hole(v, i, x) && map_at(v, x) == want(i, x));
        loop invariant same: \forall integer q, x; map_pool(q) && map_page(x) &&
          !(q == v && PR(i).ipn <= x < PR(i).ipn + t) ==> map_at(q, x) == \at(map_at(q, x), Pre);
        loop assigns t, ok, MAP_STATE;
        loop variant PR(i).n - t;
    */
    while (t < plan.regions[i].n) {
        uint32_t n = pages_alike(v, plan.regions[i].ppn + t, plan.regions[i].n - t);

        if (!map_run(v, i, t, n)) {
            ok = false;
        }
        t += n;
    }
    return ok;
}

/* Map region i in view v. */
/*@ requires ok: map_all_ok && plan_memory && v < 2 && i < plan.n_regions;
    requires cell: PR(i).own >= BH_CELL_ROOT;
    requires clear: \forall integer x; in_ipa(i, x) ==> map_at(pool_of(v, PR(i).own), x) == 0;
    terminates \true;
    exits \false;
    assigns MAP_STATE;
    ensures ok: map_all_ok;
    ensures hit: \result ==> \forall integer x; in_ipa(i, x) && !hole(v, i, x) ==>
      map_at(pool_of(v, PR(i).own), x) == want(i, x);
    ensures safe: \forall integer x; in_ipa(i, x) ==>
      map_at(pool_of(v, PR(i).own), x) == 0 ||
      (!hole(v, i, x) && map_at(pool_of(v, PR(i).own), x) == want(i, x));
    ensures same: \forall integer q, x;
      map_pool(q) && map_page(x) && !(q == pool_of(v, PR(i).own) && in_ipa(i, x)) ==>
        map_at(q, x) == \old(map_at(q, x));
*/
static bool map_region(uint32_t v, uint32_t i)
{
    bool ok = true;

    if (plan.regions[i].own == BH_CELL_ROOT) {
        ok = map_carved(v, i);
    } else {
        ok = map_whole(i);
    }
    return ok;
}

/* One step of a build: region i, if it is cell c's. */
/*@ requires ok: map_all_ok && plan_memory && v < 2 && BH_CELL_ROOT <= c < BH_CELLS_MAX;
    requires done: i < plan.n_regions && safe(v, c, i) && none(v, c, i);
    terminates \true;
    exits \false;
    assigns MAP_STATE;
    ensures ok: map_all_ok;
    ensures safe: safe(v, c, i + 1);
    ensures none: none(v, c, i + 1);
    ensures full: \result && \old(full(v, c, i)) ==> full(v, c, i + 1);
    ensures same: \forall integer q, x; map_pool(q) && map_page(x) && q != pool_of(v, c) ==>
      map_at(q, x) == \old(map_at(q, x));
*/
static bool build_step(uint32_t v, uint32_t c, uint32_t i)
{
    bool ok = true;

    if (plan.regions[i].own == c) {
        /*@ assert apart: \forall integer k, x; 0 <= k < i && PR(k).own == c && in_ipa(i, x) ==>
              !in_ipa(k, x); */
        //@ assert free: \forall integer x; in_ipa(i, x) ==> map_page(x) && uncovered(c, x, i);
        ok = map_region(v, i);
        /*@ assert others: \forall integer k, x; 0 <= k < i && PR(k).own == c && in_ipa(k, x) ==>
              map_page(x) && map_pool(pool_of(v, c)) && !in_ipa(i, x); */
    }
    return ok;
}

/* Build the pool of cell c for view v, from empty. */
/*@ requires ok: map_all_ok && plan_memory && v < 2 && BH_CELL_ROOT <= c < BH_CELLS_MAX;
    terminates \true;
    exits \false;
    assigns MAP_STATE;
    ensures ok: map_all_ok;
    ensures sound: sound(v, c);
    ensures full: \result ==> full(v, c, plan.n_regions);
    ensures same: \forall integer q, x; map_pool(q) && map_page(x) && q != pool_of(v, c) ==>
      map_at(q, x) == \old(map_at(q, x));
*/
static bool build_cell(uint32_t v, uint32_t c)
{
    bool ok = true;

    map_reset((c == BH_CELL_ROOT) ? v : c);
    /*@ loop invariant range: 0 <= i <= plan.n_regions;
        loop invariant ok: map_all_ok;
        loop invariant safe: safe(v, c, i);
        loop invariant none: none(v, c, i);
        loop invariant full: ok ==> full(v, c, i);
        loop invariant same: \forall integer q, x;
          map_pool(q) && map_page(x) && q != pool_of(v, c) ==>
            map_at(q, x) == \at(map_at(q, x), Pre);
        loop assigns i, ok, MAP_STATE;
        loop variant plan.n_regions - i;
    */
    for (uint32_t i = 0U; i < plan.n_regions; i++) {
        if (!build_step(v, c, i)) {
            ok = false;
        }
    }
    return ok;
}

/* Empty all pools. */
/*@ terminates \true;
    exits \false;
    assigns MAP_STATE;
    ensures empty: \forall integer p; map_pool(p) ==> empty(p);
    ensures ok: map_ready ==> map_all_ok;
*/
static void empty_pools(void)
{
    /*@ loop invariant range: 0 <= p <= MAP_POOLS;
        loop invariant ok: \forall integer q; 0 <= q < p ==> map_ok(q);
        loop invariant empty: \forall integer q; 0 <= q < p ==> empty(q);
        loop assigns p, MAP_STATE;
        loop variant MAP_POOLS - p;
    */
    for (uint32_t p = 0U; p < MAP_POOLS; p++) {
        map_reset(p);
    }
}

/* View 0: the kernel and root, no cell. */
/*@ terminates \true;
    exits \false;
    assigns PART_VIEWS;
    ensures live: live(0, BH_CELL_KERNEL) && live(0, BH_CELL_ROOT);
    ensures none: \forall integer c; 2 <= c < BH_CELLS_MAX ==> !live(0, c);
*/
static void first_view(void)
{
    /*@ loop invariant range: 0 <= c <= BH_CELLS_MAX;
        loop invariant live: \forall integer d; 0 <= d < c ==>
          (part_live[0][d] != 0 <==> d <= BH_CELL_ROOT) && part_open[0][d] == 0;
        loop assigns c, PART_VIEWS;
        loop variant BH_CELLS_MAX - c;
    */
    for (uint32_t c = 0U; c < BH_CELLS_MAX; c++) {
        part_live[0][c] = (uint8_t)((c <= BH_CELL_ROOT) ? 1U : 0U);
        part_open[0][c] = 0U;
        part_live[1][c] = 0U;
        part_open[1][c] = 0U;
    }
}

/* Build root's pool for view 0, the view in force at the start. */
/*@ requires ok: map_all_ok && plan_memory && rule_status;
    requires live: live(0, BH_CELL_KERNEL) && live(0, BH_CELL_ROOT);
    requires none: \forall integer c; 2 <= c < BH_CELLS_MAX ==> !live(0, c);
    requires empty: \forall integer p; map_pool(p) ==> empty(p);
    terminates \true;
    exits \false;
    assigns MAP_STATE;
    ensures SWR_PRT_001: \result == BH_OK ==> part_inv(0);
    ensures SWR_PRT_002: \result == BH_OK ==> exact(0);
    ensures SWR_PRT_004: \result != BH_OK ==> \forall integer p; map_pool(p) ==> empty(p);
*/
static uint32_t first_root(void)
{
    uint32_t e = BH_OK;

    if (build_cell(0U, BH_CELL_ROOT)) {
        //@ assert core: part_core(0);
        //@ ghost climb(0);
        //@ assert root: exact_for(0, BH_CELL_ROOT);
    } else {
        map_reset(0U);
        e = (uint32_t)BH_E_HC_POOL;
    }
    return e;
}

uint32_t part_boot(uint64_t base)
{
    bool placed = map_init(base);
    uint32_t e = BH_OK;

    empty_pools();
    first_view();
    part_view = 0U;
    if (placed) {
        e = plan_check_memory();
    } else {
        e = (uint32_t)BH_E_LAUNCH_TABLES;
    }
    if (e == BH_OK) {
        e = first_root();
    }
    return e;
}

/* Copy view v to view w. */
/*@ requires views: v < 2 && w == 1 - v;
    terminates \true;
    exits \false;
    assigns PART_VIEWS;
    ensures equal: \forall integer c; 0 <= c < BH_CELLS_MAX ==> part_equal(w, v, c);
    ensures same: \forall integer c; 0 <= c < BH_CELLS_MAX ==>
      part_live[v][c] == \old(part_live[v][c]) && part_open[v][c] == \old(part_open[v][c]);
*/
static void copy_view(uint32_t w, uint32_t v)
{
    /*@ loop invariant range: 0 <= c <= BH_CELLS_MAX;
        loop invariant equal: \forall integer d; 0 <= d < c ==> part_equal(w, v, d);
        loop invariant same: \forall integer d; 0 <= d < BH_CELLS_MAX ==>
          part_live[v][d] == \at(part_live[v][d], Pre) &&
          part_open[v][d] == \at(part_open[v][d], Pre);
        loop assigns c, PART_VIEWS;
        loop variant BH_CELLS_MAX - c;
    */
    for (uint32_t c = 0U; c < BH_CELLS_MAX; c++) {
        part_live[w][c] = part_live[v][c];
        part_open[w][c] = part_open[v][c];
    }
}

/* May op be done to the cell in view v? Only to a cell which is not live can it be given birth. */
/*@ requires range: v < 2 && rule_counts;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures yes: \result == BH_OK ==> BH_CELL_ROOT < cell < plan.n_cells && op <= PART_DESTROY &&
      (live(v, cell) <==> op != PART_CREATE);
    ensures no: \result == BH_OK || \result == BH_E_HC_NO_CELL || \result == BH_E_HC_STATE;
*/
static uint32_t op_allowed(uint32_t v, uint32_t cell, uint32_t op)
{
    uint32_t e = BH_OK;

    if ((cell <= BH_CELL_ROOT) || (cell >= plan.n_cells)) {
        e = (uint32_t)BH_E_HC_NO_CELL;
    } else if (op > (uint32_t)PART_DESTROY) {
        e = (uint32_t)BH_E_HC_STATE;
    } else if ((part_live[v][cell] != 0U) != (op != (uint32_t)PART_CREATE)) {
        e = (uint32_t)BH_E_HC_STATE;
    } else {
        e = BH_OK;
    }
    return e;
}

/* Make view w what view v becomes by op. */
/*@ requires range: v < 2 && w == 1 - v && BH_CELL_ROOT < cell < BH_CELLS_MAX;
    requires op: op <= PART_DESTROY && (live(v, cell) <==> op != PART_CREATE);
    terminates \true;
    exits \false;
    assigns PART_VIEWS;
    ensures SWR_PRT_006: part_changed(w, v, cell, op);
    ensures same: \forall integer c; 0 <= c < BH_CELLS_MAX ==>
      part_live[v][c] == \old(part_live[v][c]) && part_open[v][c] == \old(part_open[v][c]);
*/
static void change_view(uint32_t w, uint32_t v, uint32_t cell, uint32_t op)
{
    copy_view(w, v);
    part_live[w][cell] = (uint8_t)((op == (uint32_t)PART_DESTROY) ? 0U : 1U);
    part_open[w][cell] = (uint8_t)((op == (uint32_t)PART_OPEN) ? 1U : 0U);
}

/* Build what view w needs and the view in force does not have: root's pool, and a new cell's. */
/*@ requires inv: part_inv(part_view);
    requires changed: w == 1 - part_view && BH_CELL_ROOT < cell < BH_CELLS_MAX &&
      part_changed(w, part_view, cell, op);
    terminates \true;
    exits \false;
    assigns MAP_STATE;
    ensures SWR_PRT_001: part_inv(part_view);
    ensures SWR_PRT_001: \result ==> part_inv(w);
    ensures SWR_PRT_002: \result && \old(exact(part_view)) ==> exact(w);
    ensures SWR_PRT_005: \old(exact(part_view)) ==> exact(part_view);
    ensures SWR_PRT_005: part_same{Pre, Post}(part_view);
*/
static bool build_view(uint32_t w, uint32_t cell, uint32_t op)
{
    bool ok = true;

    if (op == (uint32_t)PART_CREATE) {
        ok = build_cell(w, cell);
    }
    /*@ assert new: op == PART_CREATE ==> sound(w, cell) &&
          (ok ==> full(w, cell, plan.n_regions)); */
    /*@ assert calm: \forall integer c, x;
          BH_CELL_ROOT <= c < BH_CELLS_MAX && live(part_view, c) && map_page(x) ==>
            map_at(pool_of(part_view, c), x) == \at(map_at(pool_of(part_view, c), x), Pre); */
    if (!build_cell(w, BH_CELL_ROOT)) {
        ok = false;
    }
    /*@ assert still: \forall integer c, x;
          BH_CELL_ROOT <= c < BH_CELLS_MAX && live(part_view, c) && map_page(x) ==>
            map_at(pool_of(part_view, c), x) == \at(map_at(pool_of(part_view, c), x), Pre); */
    /*@ assert sound: \forall integer c;
          BH_CELL_ROOT <= c < BH_CELLS_MAX && live(part_view, c) ==> sound(part_view, c); */
    //@ assert core: part_core(part_view);
    /*@ assert kin: \forall integer c; 2 <= c < BH_CELLS_MAX && sound(part_view, c) ==>
          safe(w, c, plan.n_regions) && none(w, c, plan.n_regions); */
    //@ assert born: op == PART_CREATE ==> sound(w, cell);
    //@ assert old: op != PART_CREATE ==> sound(part_view, cell);
    //@ assert cell: live(w, cell) ==> sound(w, cell);
    /*@ assert others: \forall integer c; 2 <= c < BH_CELLS_MAX && c != cell && live(w, c) ==>
          live(part_view, c) && sound(w, c); */
    /*@ assert all: \forall integer c; BH_CELL_ROOT <= c < BH_CELLS_MAX && live(w, c) ==>
          sound(w, c); */
    //@ assert base: view(w) && live(w, BH_CELL_KERNEL) && live(w, BH_CELL_ROOT);
    //@ assert staged: part_core(w);
    //@ assert root: ok ==> exact_for(w, BH_CELL_ROOT);
    //@ assert made: ok && op == PART_CREATE ==> exact_for(w, cell);
    /*@ assert rest: \forall integer c; 2 <= c < BH_CELLS_MAX && live(part_view, c) &&
          \at(exact_for(part_view, c), Pre) ==> exact_for(w, c); */
    //@ assert one: ok && \at(exact(part_view), Pre) && live(w, cell) ==> exact_for(w, cell);
    /*@ assert each: \at(exact(part_view), Pre) ==> \forall integer c;
          2 <= c < BH_CELLS_MAX && c != cell && live(w, c) ==> exact_for(w, c); */
    //@ assert exact: ok && \at(exact(part_view), Pre) ==> exact(w);
    //@ ghost climb(part_view);
    //@ ghost climb(w);
    return ok;
}

uint32_t part_stage(uint32_t cell, uint32_t op)
{
    uint32_t v = part_view;
    uint32_t e = op_allowed(v, cell, op);

    if (e == BH_OK) {
        uint32_t w = 1U - v;

        change_view(w, v, cell, op);
        //@ assert core: part_core(v);
        //@ ghost climb(v);
        //@ assert inv: part_inv(v);
        /*@ assert keeps: \forall integer j; 0 <= j < plan.n_regions ==>
              (keeps(v, j) <==> \at(keeps(part_view, j), Pre)); */
        /*@ assert taken: \forall integer p; taken(v, p) <==> \at(taken(part_view, p), Pre); */
        /*@ assert each: \forall integer c; BH_CELL_ROOT <= c < BH_CELLS_MAX && live(v, c) &&
              \at(exact_for(part_view, c), Pre) ==> exact_for(v, c); */
        //@ assert exact: \at(exact(part_view), Pre) ==> exact(v);
        //@ assert same: part_same{Pre, Here}(v);
        if (!build_view(w, cell, op)) {
            e = (uint32_t)BH_E_HC_POOL;
        }
    }
    return e;
}

void part_commit(void)
{
    part_view = 1U - part_view;
}

void part_clear(uint32_t cell)
{
    map_reset(cell);
    /*@ assert sound: \forall integer c;
          BH_CELL_ROOT <= c < BH_CELLS_MAX && live(part_view, c) ==> sound(part_view, c); */
    //@ ghost climb(part_view);
}

bool part_refill(uint32_t cell)
{
    bool ok = build_cell(part_view, cell);

    /*@ assert still: \forall integer c, x; BH_CELL_ROOT <= c < BH_CELLS_MAX && c != cell &&
          map_page(x) ==>
            map_at(pool_of(part_view, c), x) == \at(map_at(pool_of(part_view, c), x), Pre); */
    /*@ assert kin: \forall integer c; BH_CELL_ROOT <= c < BH_CELLS_MAX && c != cell &&
          live(part_view, c) ==>
            safe(part_view, c, plan.n_regions) && none(part_view, c, plan.n_regions); */
    /*@ assert others: \forall integer c; BH_CELL_ROOT <= c < BH_CELLS_MAX && c != cell &&
          live(part_view, c) ==> sound(part_view, c); */
    //@ assert own: sound(part_view, cell);
    /*@ assert sound: \forall integer c;
          BH_CELL_ROOT <= c < BH_CELLS_MAX && live(part_view, c) ==> sound(part_view, c); */
    //@ ghost climb(part_view);
    return ok;
}

/* Does live cell c, root left out, claim CPU k in view v? */
/*@ requires range: v < 2 && rule_counts && k < 32;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures verdict: \result <==> claims_cpu(v, c, k);
*/
static bool claims_cpu_of_root(uint32_t v, uint32_t c, uint32_t k)
{
    bool claims = false;

    if ((c > BH_CELL_ROOT) && (c < plan.n_cells)) {
        claims = (part_live[v][c] != 0U) && plan_bit(plan.cells[c].cpus, k);
    }
    return claims;
}

uint32_t part_cpu_owner(uint32_t v, uint32_t cpu)
{
    uint32_t owner = BH_CELLS_MAX;

    if (cpu < BH_CPUS_MAX) {
        if (plan_bit(plan.cells[BH_CELL_ROOT].cpus, cpu)) {
            owner = BH_CELL_ROOT;
        }
        /*@ loop invariant range: 2 <= c <= plan.n_cells;
            loop invariant cell: 2 <= owner < BH_CELLS_MAX ==> claims_cpu(v, owner, cpu);
            loop invariant root: owner <= BH_CELL_ROOT || owner >= BH_CELLS_MAX ==>
              (\forall integer d; 2 <= d < c ==> !claims_cpu(v, d, cpu)) &&
              (bit(PC(1).cpus, cpu) ==> owner == BH_CELL_ROOT) &&
              (!bit(PC(1).cpus, cpu) ==> owner == BH_CELLS_MAX);
            loop assigns c, owner;
            loop variant plan.n_cells - c;
        */
        for (uint32_t c = 2U; c < plan.n_cells; c++) {
            if (claims_cpu_of_root(v, c, cpu)) {
                owner = c;
            }
        }
    }
    return owner;
}

/* Does root own CPU k in view v? */
/*@ requires range: v < 2 && rule_counts && k < BH_CPUS_MAX;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures verdict: \result <==> cpu_owned(v, BH_CELL_ROOT, k);
*/
static bool root_owns_cpu(uint32_t v, uint32_t k)
{
    bool owned = plan_bit(plan.cells[BH_CELL_ROOT].cpus, k);

    /*@ loop invariant range: 2 <= c <= plan.n_cells;
        loop invariant so_far: owned <==> (bit(PC(1).cpus, k) &&
          \forall integer d; 2 <= d < c ==> !claims_cpu(v, d, k));
        loop assigns c, owned;
        loop variant plan.n_cells - c;
    */
    for (uint32_t c = 2U; c < plan.n_cells; c++) {
        if (claims_cpu_of_root(v, c, k)) {
            owned = false;
        }
    }
    return owned;
}

bool part_cpu_owned(uint32_t v, uint32_t cell, uint32_t cpu)
{
    bool owned = false;

    if (cpu < BH_CPUS_MAX) {
        if (cell == BH_CELL_ROOT) {
            owned = root_owns_cpu(v, cpu);
        } else {
            owned = claims_cpu_of_root(v, cell, cpu);
        }
    }
    return owned;
}

/* Does live cell c, root left out, claim bit k of word w of the interrupts in view v? */
/*@ requires range: v < 2 && rule_counts && w < BH_IRQ_WORDS && k < 32;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures verdict: \result <==> claims_irq(v, c, w, k);
*/
static bool claims_irq_of_root(uint32_t v, uint32_t c, uint32_t w, uint32_t k)
{
    bool claims = false;

    if ((c > BH_CELL_ROOT) && (c < plan.n_cells)) {
        claims = (part_live[v][c] != 0U) && plan_bit(plan.cells[c].irqs[w], k);
    }
    return claims;
}

/* Does root own that interrupt? */
/*@ requires range: v < 2 && rule_counts && w < BH_IRQ_WORDS && k < 32;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures verdict: \result <==> irq_owned_at(v, BH_CELL_ROOT, w, k);
*/
static bool root_owns_irq(uint32_t v, uint32_t w, uint32_t k)
{
    bool owned = plan_bit(plan.cells[BH_CELL_ROOT].irqs[w], k);

    /*@ loop invariant range: 2 <= c <= plan.n_cells;
        loop invariant so_far: owned <==> (bit(PC(1).irqs[w], k) &&
          \forall integer d; 2 <= d < c ==> !claims_irq(v, d, w, k));
        loop assigns c, owned;
        loop variant plan.n_cells - c;
    */
    for (uint32_t c = 2U; c < plan.n_cells; c++) {
        if (claims_irq_of_root(v, c, w, k)) {
            owned = false;
        }
    }
    return owned;
}

bool part_irq_owned(uint32_t v, uint32_t cell, uint32_t intid)
{
    bool owned = false;

    if (intid < 1024U) {
        if (cell == BH_CELL_ROOT) {
            owned = root_owns_irq(v, intid / 32U, intid % 32U);
        } else {
            owned = claims_irq_of_root(v, cell, intid / 32U, intid % 32U);
        }
    }
    return owned;
}
