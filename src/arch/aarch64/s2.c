/* SPDX-License-Identifier: Apache-2.0 */
/** @file s2.c
 * Stage-2 tables as a function of the ranges granted: three levels, leaves of 4 KiB, 2 MiB, 1 GiB.
 * Tables are taken from the pool one after the other and never given back singly. Every table has
 * one parent, so that a write to one entry changes nothing but what hangs below it.
 */
#include "core/arch/map.h"

#define PAGES_L1 262144U /* pages of one entry at level 1, level 2, level 3 */
#define PAGES_L2 512U

uint64_t s2_base;
uint16_t s2_used[S2_POOLS];
struct s2_store s2_e __attribute__((section(".s2_tables"), aligned(8192)));

bool map_init(uint64_t base)
{
    s2_base = base;
    return (base > 0U) && (base <= S2_BASE_MAX) && ((base % 8192U) == 0U);
}

/* Empty one table. */
/*@ requires index: p < S2_POOLS && t < S2_TABLES;
    terminates \true;
    exits \false;
    assigns s2_e;
    ensures zero: \forall integer j; 0 <= j < 512 ==> s2_e.at[p][t][j] == 0;
    ensures same: \forall integer u, j; 0 <= u < S2_TABLES && u != t && 0 <= j < 512 ==>
      s2_e.at[p][u][j] == \old(s2_e.at[p][u][j]);
    ensures rest: s2_rest{Pre, Here}(p);
*/
static void clear_table(uint32_t p, uint32_t t)
{
    /*@ loop invariant range: 0 <= i <= 512;
        loop invariant zero: \forall integer j; 0 <= j < i ==> s2_e.at[p][t][j] == 0;
        loop invariant same: \forall integer u, j; 0 <= u < S2_TABLES && u != t && 0 <= j < 512 ==>
          s2_e.at[p][u][j] == \at(s2_e.at[p][u][j], Pre);
        loop invariant rest: s2_rest{Pre, Here}(p);
        loop assigns i, s2_e;
        loop variant 512 - i;
    */
    for (uint32_t i = 0U; i < S2_ENTRIES; i++) {
        s2_e.at[p][t][i] = 0U;
    }
}

/* Number of the table to which d refers. */
/*@ requires ok: map_ready && p < S2_POOLS && s2_base + p * 131072 + 3 <= d &&
      (d - (s2_base + p * 131072) - 3) % 4096 == 0 && 0 < s2_child(p, d) < S2_TABLES;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures child: \result == s2_child(p, d) && 0 < \result < S2_TABLES;
*/
static uint32_t child_of(uint32_t p, uint64_t d)
{
    return (uint32_t)((d - (s2_base + ((uint64_t)p * S2_POOL_BYTES)) - 3U) / 4096U);
}

/* Hang the next free table below entry i of table t. */
/*@ requires ok: map_ready && p < S2_POOLS && map_ok(p);
    requires entry: t < s2_used[p] && i < S2_ENTRIES && 1 <= s2_tree.level[p][t] <= 2 &&
      s2_e.at[p][t][i] == 0;
    requires room: s2_used[p] < S2_TABLES;
    terminates \true;
    exits \false;
    assigns s2_used[p], s2_tree.level[p][s2_used[p]], s2_tree.from_table[p][s2_used[p]],
      s2_tree.from_entry[p][s2_used[p]], s2_e.at[p][t][i];
    ensures head: s2_head(p) && s2_used[p] == \old(s2_used[p]) + 1;
    ensures levels: s2_levels(p);
    ensures free: s2_free(p);
    ensures links: s2_links(p);
    ensures blocks: s2_blocks(p);
    ensures level: s2_tree.level[p][\old(s2_used[p])] == s2_tree.level[p][t] + 1;
    ensures link: s2_e.at[p][t][i] % 4 == 3 && s2_child(p, s2_e.at[p][t][i]) == \old(s2_used[p]);
*/
static void hang_table(uint32_t p, uint32_t t, uint32_t i)
{
    uint32_t c = s2_used[p];

    //@ ghost s2_tree.level[p][c] = (uint16_t)(s2_tree.level[p][t] + 1);
    //@ ghost s2_tree.from_table[p][c] = (uint16_t)t;
    //@ ghost s2_tree.from_entry[p][c] = (uint16_t)i;
    s2_used[p] = (uint16_t)(c + 1U);
    s2_e.at[p][t][i] = s2_base + ((uint64_t)p * S2_POOL_BYTES) + ((uint64_t)c * 4096U) + 3U;
    //@ assert child: s2_child(p, s2_e.at[p][t][i]) == c;
    //@ assert mod: s2_e.at[p][t][i] % 4 == 3;
    //@ assert here: s2_link(p, t, i);
}

/* Table below entry i of table t: found, or hung there if the entry is empty. 0: there is a block,
 * or the pool is used up. What the pool maps stays the same. */
/*@ requires ok: map_ready && p < S2_POOLS && map_ok(p);
    requires entry: t < s2_used[p] && i < S2_ENTRIES && 1 <= s2_tree.level[p][t] <= 2;
    terminates \true;
    exits \false;
    assigns s2_used[p], s2_tree.level[p][s2_used[p]], s2_tree.from_table[p][s2_used[p]],
      s2_tree.from_entry[p][s2_used[p]], s2_e.at[p][t][i];
    ensures ok: map_ok(p);
    ensures grown: s2_used[p] >= \old(s2_used[p]);
    ensures levels: \forall integer u; 0 <= u < \old(s2_used[p]) ==>
      s2_tree.level[p][u] == \old(s2_tree.level[p][u]);
    ensures below: \result != 0 ==> s2_e.at[p][t][i] % 4 == 3 &&
      \result == s2_child(p, s2_e.at[p][t][i]) && \result < s2_used[p] &&
      s2_tree.level[p][\result] == s2_tree.level[p][t] + 1;
    ensures same: \forall integer r, a, b, c; s2_root(r) && s2_index(a, b, c) ==>
      s2_walk(p, r, a, b, c) == \old(s2_walk(p, r, a, b, c));
    ensures rest: s2_rest{Pre, Here}(p);
*/
static uint32_t step_down(uint32_t p, uint32_t t, uint32_t i)
{
    uint64_t d = s2_e.at[p][t][i];
    uint32_t c = 0U;

    if ((d % 4U) == 3U) {
        //@ assert link: s2_link(p, t, i);
        c = child_of(p, d);
    } else if ((d == 0U) && (s2_used[p] < S2_TABLES)) {
        c = s2_used[p];
        hang_table(p, t, i);
        //@ assert empty: \forall integer j; 0 <= j < 512 ==> s2_e.at[p][c][j] == 0;
        //@ assert child: s2_child(p, s2_e.at[p][t][i]) == c;
        /*@ assert old2: \forall integer u, y, z;
              0 <= u < c && s2_tree.level[p][u] == 2 && 0 <= y < 512 && 0 <= z < 512 ==>
                s2_walk2(p, u, y, z) == \at(s2_walk2(p, u, y, z), Pre); */
        /*@ assert new2: \forall integer y, z; 0 <= y < 512 && 0 <= z < 512 ==>
              s2_walk2(p, c, y, z) == 0; */
        /*@ assert kept: \forall integer r, x;
              s2_root(r) && 0 <= x < 512 && !(r == t && x == i) ==>
                s2_e.at[p][r][x] == \at(s2_e.at[p][r][x], Pre); */
        /*@ assert links: \forall integer r, x; s2_root(r) && 0 <= x < 512 ==>
              \at(s2_link(p, r, x), Pre) && s2_link(p, r, x); */
        /*@ assert tops: \forall integer r, x;
              s2_root(r) && 0 <= x < 512 && !(r == t && x == i) && s2_e.at[p][r][x] % 4 == 3 ==>
                2 <= s2_child(p, s2_e.at[p][r][x]) < c &&
                s2_tree.level[p][s2_child(p, s2_e.at[p][r][x])] == 2; */
        /*@ assert hole: t < 2 ==> \forall integer y, z; 0 <= y < 512 && 0 <= z < 512 ==>
              s2_walk(p, t, i, y, z) == 0 && \at(s2_walk(p, t, i, y, z), Pre) == 0; */
        /*@ assert under: \forall integer r, x, y, z;
              s2_root(r) && s2_index(x, y, z) && !(r == t && x == i) &&
              s2_e.at[p][r][x] % 4 == 3 ==>
                s2_walk2(p, s2_child(p, s2_e.at[p][r][x]), y, z) ==
                \at(s2_walk2(p, s2_child(p, s2_e.at[p][r][x]), y, z), Pre); */
        /*@ assert far: \forall integer r, x, y, z;
              s2_root(r) && s2_index(x, y, z) && !(r == t && x == i) ==>
                s2_walk(p, r, x, y, z) == \at(s2_walk(p, r, x, y, z), Pre); */
        /*@ assert same: \forall integer r, x, y, z; s2_root(r) && s2_index(x, y, z) ==>
              s2_walk(p, r, x, y, z) == \at(s2_walk(p, r, x, y, z), Pre); */
    } else {
        c = 0U;
    }
    return c;
}

/* Table of level 3 for entry (r, a, b), 0 if there is none to be had. */
/*@ requires ok: map_ready && p < S2_POOLS && map_ok(p);
    requires index: r < 2 && a < S2_ENTRIES && b < S2_ENTRIES;
    terminates \true;
    exits \false;
    assigns MAP_STATE;
    ensures ok: map_ok(p);
    ensures path: \result != 0 ==> s2_e.at[p][r][a] % 4 == 3 &&
      s2_e.at[p][s2_child(p, s2_e.at[p][r][a])][b] % 4 == 3 &&
      \result == s2_child(p, s2_e.at[p][s2_child(p, s2_e.at[p][r][a])][b]) &&
      \result < s2_used[p] && s2_tree.level[p][\result] == 3;
    ensures same: \forall integer q, x, y, z; s2_root(q) && s2_index(x, y, z) ==>
      s2_walk(p, q, x, y, z) == \old(s2_walk(p, q, x, y, z));
    ensures rest: s2_rest{Pre, Here}(p);
*/
static uint32_t reach_last(uint32_t p, uint32_t r, uint32_t a, uint32_t b)
{
    uint32_t t3 = 0U;
    uint32_t t2 = step_down(p, r, a);

    if (t2 != 0U) {
        t3 = step_down(p, t2, b);
        //@ assert link: s2_link(p, r, a);
    }
    return t3;
}

/* Write the leaf of one page. */
/*@ requires ok: map_ready && p < S2_POOLS && map_ok(p);
    requires index: r < 2 && a < S2_ENTRIES && b < S2_ENTRIES && c < S2_ENTRIES && d % 4 == 3;
    requires path: s2_e.at[p][r][a] % 4 == 3 &&
      s2_e.at[p][s2_child(p, s2_e.at[p][r][a])][b] % 4 == 3;
    terminates \true;
    exits \false;
    assigns s2_e;
    ensures ok: map_ok(p);
    ensures hit: s2_walk(p, r, a, b, c) == d;
    ensures same: \forall integer q, x, y, z;
      s2_root(q) && s2_index(x, y, z) && !(q == r && x == a && y == b && z == c) ==>
        s2_walk(p, q, x, y, z) == \old(s2_walk(p, q, x, y, z));
    ensures rest: s2_rest{Pre, Here}(p);
*/
static void write_page(uint32_t p, uint32_t r, uint32_t a, uint32_t b, uint32_t c, uint64_t d)
{
    //@ assert first: \forall integer q; s2_root(q) ==> 0 <= q < s2_used[p];
    //@ assert level: \forall integer q; s2_root(q) ==> s2_tree.level[p][q] == 1;
    //@ assert linked: \forall integer q, x; s2_root(q) && 0 <= x < 512 ==> s2_link(p, q, x);
    /*@ assert below: \forall integer q, x;
          s2_root(q) && 0 <= x < 512 && s2_e.at[p][q][x] % 4 == 3 ==>
            2 <= s2_child(p, s2_e.at[p][q][x]) < s2_used[p] &&
            s2_tree.level[p][s2_child(p, s2_e.at[p][q][x])] == 2; */
    /*@ assert parent: \forall integer q, x;
          s2_root(q) && 0 <= x < 512 && s2_e.at[p][q][x] % 4 == 3 ==>
            s2_tree.from_table[p][s2_child(p, s2_e.at[p][q][x])] == q &&
            s2_tree.from_entry[p][s2_child(p, s2_e.at[p][q][x])] == x; */
    //@ assert link1: s2_link(p, r, a);
    uint32_t t2 = child_of(p, s2_e.at[p][r][a]);
    //@ assert link2: s2_link(p, t2, b);
    uint32_t t3 = child_of(p, s2_e.at[p][t2][b]);

    s2_e.at[p][t3][c] = d;
    /*@ assert mid: \forall integer u, y, z;
          2 <= u < s2_used[p] && s2_tree.level[p][u] == 2 && 0 <= y < 512 && 0 <= z < 512 &&
          !(s2_tree.from_table[p][u] == r && s2_tree.from_entry[p][u] == a && y == b && z == c) ==>
            s2_walk2(p, u, y, z) == \at(s2_walk2(p, u, y, z), Pre); */
    /*@ assert kept: \forall integer q, x; s2_root(q) && 0 <= x < 512 ==>
          s2_e.at[p][q][x] == \at(s2_e.at[p][q][x], Pre); */
    /*@ assert before: \forall integer q, x; s2_root(q) && 0 <= x < 512 ==>
          \at(s2_link(p, q, x), Pre); */
    /*@ assert tops: \forall integer q, x; s2_root(q) && 0 <= x < 512 ==> s2_link(p, q, x); */
}

/* Write the leaf of a 2 MiB block, where there is nothing. */
/*@ requires ok: map_ready && p < S2_POOLS && map_ok(p);
    requires index: r < 2 && a < S2_ENTRIES && b < S2_ENTRIES && d % 4 == 3;
    requires aligned: (d / 4096) % 512 == 0;
    requires path: s2_e.at[p][r][a] % 4 == 3 && s2_e.at[p][s2_child(p, s2_e.at[p][r][a])][b] == 0;
    terminates \true;
    exits \false;
    assigns s2_e;
    ensures ok: map_ok(p);
    ensures hit: \forall integer c; 0 <= c < 512 ==> s2_walk(p, r, a, b, c) == d + c * 4096;
    ensures same: \forall integer q, x, y, z;
      s2_root(q) && s2_index(x, y, z) && !(q == r && x == a && y == b) ==>
        s2_walk(p, q, x, y, z) == \old(s2_walk(p, q, x, y, z));
    ensures rest: s2_rest{Pre, Here}(p);
*/
static void write_block2(uint32_t p, uint32_t r, uint32_t a, uint32_t b, uint64_t d)
{
    //@ assert link: s2_link(p, r, a);
    uint32_t t2 = child_of(p, s2_e.at[p][r][a]);

    s2_e.at[p][t2][b] = d - 2U;
    //@ assert mod: s2_e.at[p][t2][b] % 4 == 1;
    //@ assert aligned: (s2_e.at[p][t2][b] / 4096) % 512 == 0;
    //@ assert level: s2_tree.level[p][t2] == 2;
    /*@ assert mid: \forall integer u, y, z;
          2 <= u < s2_used[p] && s2_tree.level[p][u] == 2 && 0 <= y < 512 && 0 <= z < 512 &&
          !(u == t2 && y == b) ==> s2_walk2(p, u, y, z) == \at(s2_walk2(p, u, y, z), Pre); */
    /*@ assert kept: \forall integer q, x; s2_root(q) && 0 <= x < 512 ==>
          s2_e.at[p][q][x] == \at(s2_e.at[p][q][x], Pre); */
    /*@ assert before: \forall integer q, x; s2_root(q) && 0 <= x < 512 ==>
          \at(s2_link(p, q, x), Pre); */
    /*@ assert tops: \forall integer q, x; s2_root(q) && 0 <= x < 512 ==> s2_link(p, q, x); */
    /*@ assert others: \forall integer t, i;
          0 <= t < S2_TABLES && 0 <= i < 512 && !(t == t2 && i == b) ==>
            s2_e.at[p][t][i] == \at(s2_e.at[p][t][i], Pre); */
    /*@ assert linked: \forall integer t, i;
          0 <= t < s2_used[p] && 0 <= i < 512 && s2_tree.level[p][t] != 3 ==>
            \at(s2_link(p, t, i), Pre); */
    /*@ assert still: \forall integer t, i;
          0 <= t < s2_used[p] && 0 <= i < 512 && s2_tree.level[p][t] != 3 ==> s2_link(p, t, i); */
    //@ assert links: s2_links(p);
    //@ assert blocks: s2_blocks(p);
}

/* Write the leaf of a 1 GiB block, where there is nothing. */
/*@ requires ok: map_ready && p < S2_POOLS && map_ok(p);
    requires index: r < 2 && a < S2_ENTRIES && d % 4 == 3;
    requires aligned: (d / 4096) % 262144 == 0;
    requires empty: s2_e.at[p][r][a] == 0;
    terminates \true;
    exits \false;
    assigns s2_e;
    ensures ok: map_ok(p);
    ensures hit: \forall integer b, c; 0 <= b < 512 && 0 <= c < 512 ==>
      s2_walk(p, r, a, b, c) == d + (b * 512 + c) * 4096;
    ensures same: \forall integer q, x, y, z;
      s2_root(q) && s2_index(x, y, z) && !(q == r && x == a) ==>
        s2_walk(p, q, x, y, z) == \old(s2_walk(p, q, x, y, z));
    ensures rest: s2_rest{Pre, Here}(p);
*/
static void write_block1(uint32_t p, uint32_t r, uint32_t a, uint64_t d)
{
    s2_e.at[p][r][a] = d - 2U;
    //@ assert page: s2_e.at[p][r][a] / 4096 == d / 4096;
    /*@ assert mid: \forall integer u, y, z;
          2 <= u < s2_used[p] && s2_tree.level[p][u] == 2 && 0 <= y < 512 && 0 <= z < 512 ==>
            s2_walk2(p, u, y, z) == \at(s2_walk2(p, u, y, z), Pre); */
    /*@ assert kept: \forall integer q, x; s2_root(q) && 0 <= x < 512 && !(q == r && x == a) ==>
          s2_e.at[p][q][x] == \at(s2_e.at[p][q][x], Pre); */
    /*@ assert before: \forall integer q, x; s2_root(q) && 0 <= x < 512 ==>
          \at(s2_link(p, q, x), Pre); */
    /*@ assert tops: \forall integer q, x; s2_root(q) && 0 <= x < 512 && !(q == r && x == a) ==>
          s2_link(p, q, x); */
    //@ assert mod: s2_e.at[p][r][a] % 4 == 1;
    //@ assert aligned: (s2_e.at[p][r][a] / 4096) % 262144 == 0;
}

/* Map one page, if nothing is there. */
/*@ requires ok: map_ready && p < S2_POOLS && map_ok(p);
    requires index: r < 2 && a < S2_ENTRIES && b < S2_ENTRIES && c < S2_ENTRIES && d % 4 == 3;
    terminates \true;
    exits \false;
    assigns MAP_STATE;
    ensures ok: map_ok(p);
    ensures hit: \result ==> s2_walk(p, r, a, b, c) == d;
    ensures fail: !\result ==> s2_walk(p, r, a, b, c) == \old(s2_walk(p, r, a, b, c));
    ensures same: \forall integer q, x, y, z;
      s2_root(q) && s2_index(x, y, z) && !(q == r && x == a && y == b && z == c) ==>
        s2_walk(p, q, x, y, z) == \old(s2_walk(p, q, x, y, z));
    ensures rest: s2_rest{Pre, Here}(p);
*/
static bool place_page(uint32_t p, uint32_t r, uint32_t a, uint32_t b, uint32_t c, uint64_t d)
{
    bool ok = false;
    uint32_t t3 = reach_last(p, r, a, b);

    if (t3 != 0U) {
        //@ assert range: 0 <= t3 < S2_TABLES;
        if (s2_e.at[p][t3][c] == 0U) {
            write_page(p, r, a, b, c, d);
            ok = true;
        }
    }
    return ok;
}

/* Map one 2 MiB block, if nothing is there. */
/*@ requires ok: map_ready && p < S2_POOLS && map_ok(p);
    requires index: r < 2 && a < S2_ENTRIES && b < S2_ENTRIES && d % 4 == 3;
    requires aligned: (d / 4096) % 512 == 0;
    terminates \true;
    exits \false;
    assigns MAP_STATE;
    ensures ok: map_ok(p);
    ensures hit: \result ==> \forall integer c; 0 <= c < 512 ==>
      s2_walk(p, r, a, b, c) == d + c * 4096;
    ensures fail: !\result ==> \forall integer c; 0 <= c < 512 ==>
      s2_walk(p, r, a, b, c) == \old(s2_walk(p, r, a, b, c));
    ensures same: \forall integer q, x, y, z;
      s2_root(q) && s2_index(x, y, z) && !(q == r && x == a && y == b) ==>
        s2_walk(p, q, x, y, z) == \old(s2_walk(p, q, x, y, z));
    ensures rest: s2_rest{Pre, Here}(p);
*/
static bool place_block2(uint32_t p, uint32_t r, uint32_t a, uint32_t b, uint64_t d)
{
    bool ok = false;
    uint32_t t2 = step_down(p, r, a);

    if (t2 != 0U) {
        if (s2_e.at[p][t2][b] == 0U) {
            write_block2(p, r, a, b, d);
            ok = true;
        }
    }
    return ok;
}

#include "s2_lemmas.acsl"

/* Page x, as place_page. */
/*@ requires ok: map_ready && p < S2_POOLS && map_ok(p);
    requires page: map_page(x) && d % 4 == 3;
    terminates \true;
    exits \false;
    assigns MAP_STATE;
    ensures ok: map_ok(p);
    ensures hit: \result ==> map_at(p, x) == d;
    ensures fail: !\result ==> map_at(p, x) == \old(map_at(p, x));
    ensures same: \forall integer y; map_page(y) && y != x ==> map_at(p, y) == \old(map_at(p, y));
    ensures rest: s2_rest{Pre, Here}(p);
*/
static bool lay_page(uint32_t p, uint32_t x, uint64_t d)
{
    return place_page(p, x / 134217728U, (x / PAGES_L1) % 512U, (x / PAGES_L2) % 512U, x % 512U, d);
}

/* The 512 pages from x on, as place_block2. */
/*@ requires ok: map_ready && p < S2_POOLS && map_ok(p);
    requires page: map_page(x) && x % 512 == 0 && d % 4 == 3 && (d / 4096) % 512 == 0;
    terminates \true;
    exits \false;
    assigns MAP_STATE;
    ensures ok: map_ok(p);
    ensures hit: \result ==> \forall integer y; x <= y < x + 512 ==>
      map_at(p, y) == d + (y - x) * 4096;
    ensures fail: !\result ==> \forall integer y; x <= y < x + 512 ==>
      map_at(p, y) == \old(map_at(p, y));
    ensures same: \forall integer y; map_page(y) && !(x <= y < x + 512) ==>
      map_at(p, y) == \old(map_at(p, y));
    ensures rest: s2_rest{Pre, Here}(p);
*/
static bool lay_block2(uint32_t p, uint32_t x, uint64_t d)
{
    //@ assert inside: \forall integer y; x <= y < x + 512 ==> map_page(y);
    return place_block2(p, x / 134217728U, (x / PAGES_L1) % 512U, (x / PAGES_L2) % 512U, d);
}

/* The 262144 pages from x on: a 1 GiB block, if nothing is there. */
/*@ requires ok: map_ready && p < S2_POOLS && map_ok(p);
    requires page: map_page(x) && x % 262144 == 0 && d % 4 == 3 && (d / 4096) % 262144 == 0;
    terminates \true;
    exits \false;
    assigns MAP_STATE;
    ensures ok: map_ok(p);
    ensures hit: \result ==> \forall integer y; x <= y < x + 262144 ==>
      map_at(p, y) == d + (y - x) * 4096;
    ensures fail: !\result ==> \forall integer y; x <= y < x + 262144 ==>
      map_at(p, y) == \old(map_at(p, y));
    ensures same: \forall integer y; map_page(y) && !(x <= y < x + 262144) ==>
      map_at(p, y) == \old(map_at(p, y));
    ensures rest: s2_rest{Pre, Here}(p);
*/
static bool lay_block1(uint32_t p, uint32_t x, uint64_t d)
{
    bool ok = false;
    uint32_t r = x / 134217728U;
    uint32_t a = (x / PAGES_L1) % 512U;

    //@ assert inside: \forall integer y; x <= y < x + 262144 ==> map_page(y);
    if (s2_e.at[p][r][a] == 0U) {
        write_block1(p, r, a, d);
        ok = true;
    }
    return ok;
}

/* Pages of the largest leaf that may start at page x with descriptor d and n pages to go. */
/*@ requires range: n > 0 && x <= BH_IPA_PAGES && n <= BH_IPA_PAGES - x;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures size: \result == 1 || \result == 512 || \result == 262144;
    ensures fits: \result <= n;
    ensures aligned: x % \result == 0 && (d / 4096) % \result == 0;
*/
static uint32_t leaf_pages(uint32_t x, uint32_t n, uint64_t d)
{
    uint32_t k = 1U;

    if ((n >= PAGES_L1) && ((x % PAGES_L1) == 0U) && (((d / 4096U) % PAGES_L1) == 0U)) {
        k = PAGES_L1;
    } else if ((n >= PAGES_L2) && ((x % PAGES_L2) == 0U) && (((d / 4096U) % PAGES_L2) == 0U)) {
        k = PAGES_L2;
    } else {
        k = 1U;
    }
    return k;
}

/* One leaf of k pages at page x. */
/*@ requires ok: map_ready && p < S2_POOLS && map_ok(p);
    requires range: x <= BH_IPA_PAGES && k <= BH_IPA_PAGES - x && d % 4 == 3;
    requires size: k == 1 || k == 512 || k == 262144;
    requires aligned: x % k == 0 && (d / 4096) % k == 0;
    terminates \true;
    exits \false;
    assigns MAP_STATE;
    ensures ok: map_ok(p);
    ensures hit: \result ==> \forall integer y; x <= y < x + k ==>
      map_at(p, y) == d + (y - x) * 4096;
    ensures fail: !\result ==> \forall integer y; x <= y < x + k ==>
      map_at(p, y) == \old(map_at(p, y));
    ensures same: \forall integer y; map_page(y) && !(x <= y < x + k) ==>
      map_at(p, y) == \old(map_at(p, y));
    ensures rest: s2_rest{Pre, Here}(p);
*/
static bool lay_leaf(uint32_t p, uint32_t x, uint32_t k, uint64_t d)
{
    bool ok = false;

    if (k == PAGES_L1) {
        ok = lay_block1(p, x, d);
    } else if (k == PAGES_L2) {
        ok = lay_block2(p, x, d);
    } else {
        ok = lay_page(p, x, d);
    }
    return ok;
}

/* n pages from page x on, the first of them with descriptor d. */
/*@ requires ok: map_ready && p < S2_POOLS && map_ok(p);
    requires range: x <= BH_IPA_PAGES && n <= BH_IPA_PAGES - x;
    requires page: d % 4 == 3 && d <= 0x7fffffffffffffff;
    terminates \true;
    exits \false;
    assigns MAP_STATE;
    ensures ok: map_ok(p);
    ensures hit: \result ==> \forall integer y; x <= y < x + n ==>
      map_at(p, y) == d + (y - x) * 4096;
    ensures safe: \forall integer y; x <= y < x + n ==>
      map_at(p, y) == d + (y - x) * 4096 || map_at(p, y) == \old(map_at(p, y));
    ensures same: \forall integer y; map_page(y) && !(x <= y < x + n) ==>
      map_at(p, y) == \old(map_at(p, y));
    ensures rest: s2_rest{Pre, Here}(p);
*/
static bool lay_run(uint32_t p, uint32_t x, uint32_t n, uint64_t d)
{
    bool ok = true;
    uint32_t i = 0U;

    /*@ loop invariant range: 0 <= i <= n;
        loop invariant ok: map_ok(p);
        loop invariant hit: ok ==> \forall integer y; x <= y < x + i ==>
          map_at(p, y) == d + (y - x) * 4096;
        loop invariant safe: \forall integer y; x <= y < x + i ==>
          map_at(p, y) == d + (y - x) * 4096 || map_at(p, y) == \at(map_at(p, y), Pre);
        loop invariant same: \forall integer y; map_page(y) && !(x <= y < x + i) ==>
          map_at(p, y) == \at(map_at(p, y), Pre);
        loop invariant rest: s2_rest{Pre, Here}(p);
        loop assigns i, ok, MAP_STATE;
        loop variant n - i;
    */
    while (ok && (i < n)) {
        uint64_t next = d + ((uint64_t)i * 4096U);
        uint32_t k = leaf_pages(x + i, n - i, next);

        //@ assert mod: next % 4 == 3;
        ok = lay_leaf(p, x + i, k, next);
        i += k;
    }
    return ok;
}

#define XN 0x40000000000000ULL /* execute-never at EL1 and EL0 */

/* Attributes by region flags: read, write, execute, device. */
/* cppcheck-suppress misra-c2012-8.9 ; DEV-10 */
static const uint64_t attributes[16] = {
    1855U + XN, 1919U + XN, 1983U + XN, 2047U + XN, 1855U, 1919U, 1983U, 2047U,
    1031U + XN, 1095U + XN, 1159U + XN, 1223U + XN, 1031U, 1095U, 1159U, 1223U};

/*@ requires range: f < BH_REGION_FLAGS_MAX;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_MAP_003: \result == s2_attr(f);
    ensures page: \result % 4 == 3 && \result < 0x40000000001000;
*/
static uint64_t attributes_of(uint32_t f)
{
    return attributes[f % 16U];
}

void map_reset(uint32_t pool)
{
    /*@ loop invariant range: 0 <= t <= S2_TABLES;
        loop invariant zero: \forall integer u, j; 0 <= u < t && 0 <= j < 512 ==>
          s2_e.at[pool][u][j] == 0;
        loop invariant level: \forall integer u; 0 <= u < t ==> s2_tree.level[pool][u] == 1;
        loop invariant rest: s2_rest{Pre, Here}(pool);
        loop assigns t, s2_e, s2_tree;
        loop variant S2_TABLES - t;
    */
    for (uint32_t t = 0U; t < S2_TABLES; t++) {
        clear_table(pool, t);
        //@ ghost s2_tree.level[pool][t] = 1;
    }
    s2_used[pool] = 2U;
    //@ assert rest: s2_rest{Pre, Here}(pool);
    /*@ assert heads: \forall integer q; map_pool(q) && q != pool && \at(map_ok(q), Pre) ==>
          s2_head(q); */
    /*@ assert levels: \forall integer q; map_pool(q) && q != pool && \at(map_ok(q), Pre) ==>
          s2_levels(q); */
    /*@ assert tied: \forall integer q, t, i; map_pool(q) && q != pool && \at(map_ok(q), Pre) &&
          0 <= t < s2_used[q] && 0 <= i < 512 && s2_tree.level[q][t] != 3 ==>
            \at(s2_link(q, t, i), Pre) && s2_e.at[q][t][i] == \at(s2_e.at[q][t][i], Pre); */
    /*@ assert linked: \forall integer q, t, i; map_pool(q) && q != pool && \at(map_ok(q), Pre) &&
          0 <= t < s2_used[q] && 0 <= i < 512 && s2_tree.level[q][t] != 3 ==> s2_link(q, t, i); */
    /*@ assert links: \forall integer q; map_pool(q) && q != pool && \at(map_ok(q), Pre) ==>
          s2_links(q); */
    /*@ assert blocks: \forall integer q; map_pool(q) && q != pool && \at(map_ok(q), Pre) ==>
          s2_blocks(q); */
    /*@ assert free: \forall integer q; map_pool(q) && q != pool && \at(map_ok(q), Pre) ==>
          s2_free(q); */
    /*@ assert kept: \forall integer q; map_pool(q) && q != pool && \at(map_ok(q), Pre) ==>
          map_ok(q); */
    /*@ assert mid: \forall integer q, u, y, z;
          map_pool(q) && q != pool && \at(map_ok(q), Pre) && 2 <= u < \at(s2_used[q], Pre) &&
          \at(s2_tree.level[q][u], Pre) == 2 && 0 <= y < 512 && 0 <= z < 512 ==>
            s2_walk2(q, u, y, z) == \at(s2_walk2(q, u, y, z), Pre); */
    /*@ assert tops: \forall integer q, r, x;
          map_pool(q) && q != pool && \at(map_ok(q), Pre) && s2_root(r) && 0 <= x < 512 ==>
            \at(s2_link(q, r, x), Pre) && s2_e.at[q][r][x] == \at(s2_e.at[q][r][x], Pre); */
    /*@ assert walks: \forall integer q, r, x, y, z;
          map_pool(q) && q != pool && \at(map_ok(q), Pre) && s2_root(r) && s2_index(x, y, z) ==>
            s2_walk(q, r, x, y, z) == \at(s2_walk(q, r, x, y, z), Pre); */
}

bool map_range(uint32_t pool, uint32_t ipn, uint64_t ppn, uint32_t n, uint32_t flags)
{
    uint64_t d = (ppn * 4096U) + attributes_of(flags);
    bool ok = false;

    //@ assert mod: d % 4 == 3;
    //@ assert first: d == map_want(ppn, flags);
    ok = lay_run(pool, ipn, n, d);
    /*@ assert steps: \forall integer x; ipn <= x < ipn + n ==>
          d + (x - ipn) * 4096 == map_want(ppn + (x - ipn), flags); */
    //@ assert mine: map_ok(pool);
    //@ assert rest: s2_rest{Pre, Here}(pool);
    /*@ assert heads: \forall integer q; map_pool(q) && q != pool && \at(map_ok(q), Pre) ==>
          s2_head(q); */
    /*@ assert levels: \forall integer q; map_pool(q) && q != pool && \at(map_ok(q), Pre) ==>
          s2_levels(q); */
    /*@ assert tied: \forall integer q, t, i; map_pool(q) && q != pool && \at(map_ok(q), Pre) &&
          0 <= t < s2_used[q] && 0 <= i < 512 && s2_tree.level[q][t] != 3 ==>
            \at(s2_link(q, t, i), Pre) && s2_e.at[q][t][i] == \at(s2_e.at[q][t][i], Pre); */
    /*@ assert linked: \forall integer q, t, i; map_pool(q) && q != pool && \at(map_ok(q), Pre) &&
          0 <= t < s2_used[q] && 0 <= i < 512 && s2_tree.level[q][t] != 3 ==> s2_link(q, t, i); */
    /*@ assert links: \forall integer q; map_pool(q) && q != pool && \at(map_ok(q), Pre) ==>
          s2_links(q); */
    /*@ assert blocks: \forall integer q; map_pool(q) && q != pool && \at(map_ok(q), Pre) ==>
          s2_blocks(q); */
    /*@ assert free: \forall integer q; map_pool(q) && q != pool && \at(map_ok(q), Pre) ==>
          s2_free(q); */
    //@ assert theirs: \forall integer q; map_pool(q) && q != pool ==> map_ok(q);
    /*@ assert mid: \forall integer q, u, y, z;
          map_pool(q) && q != pool && \at(map_ok(q), Pre) && 2 <= u < \at(s2_used[q], Pre) &&
          \at(s2_tree.level[q][u], Pre) == 2 && 0 <= y < 512 && 0 <= z < 512 ==>
            s2_walk2(q, u, y, z) == \at(s2_walk2(q, u, y, z), Pre); */
    /*@ assert tops: \forall integer q, r, x;
          map_pool(q) && q != pool && \at(map_ok(q), Pre) && s2_root(r) && 0 <= x < 512 ==>
            \at(s2_link(q, r, x), Pre) && s2_e.at[q][r][x] == \at(s2_e.at[q][r][x], Pre); */
    /*@ assert walks: \forall integer q, r, x, y, z;
          map_pool(q) && q != pool && \at(map_ok(q), Pre) && s2_root(r) && s2_index(x, y, z) ==>
            s2_walk(q, r, x, y, z) == \at(s2_walk(q, r, x, y, z), Pre); */
    return ok;
}
