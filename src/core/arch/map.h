/* SPDX-License-Identifier: Apache-2.0 */
/** @file map.h
 * Contract of the memory map: pools, each one address space of a cell, into which ranges are granted
 * with rights. Tables, levels and blocks are the architecture's affair. Its map.acsl gives a meaning
 * to these names, and core reasons with them alone:
 *
 *   map_at(p, x)     descriptor in force for page x in pool p, 0 if none
 *   map_want(n, f)   the descriptor which page n with region flags f should have
 *   map_ppn(d), map_may_read(d), map_may_write(d), map_may_execute(d)
 *   map_pool(p), map_page(x), map_ready, map_ok(p), map_all_ok, MAP_POOLS, MAP_BASE, MAP_STATE
 */
#ifndef CORE_ARCH_MAP_H
#define CORE_ARCH_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/plan.h"
#include "map.acsl"

/**
 * Name the physical address of the pools. Does not touch them.
 *
 * @return whether the address can be used.
 * @req SWR_MAP_001
 */
/*@ terminates \true;
    exits \false;
    assigns MAP_BASE;
    ensures SWR_MAP_001: \result <==> map_ready;
*/
bool map_init(uint64_t base);

/**
 * Empty a pool, whatever is in it.
 *
 * @req SWR_MAP_002
 */
/*@ requires pool: pool < MAP_POOLS;
    terminates \true;
    exits \false;
    assigns MAP_STATE;
    ensures ok: map_ok(pool);
    ensures SWR_MAP_002: \forall integer x; map_page(x) ==> map_at(pool, x) == 0;
    ensures others_ok: \forall integer q; map_pool(q) && q != pool && \old(map_ok(q)) ==> map_ok(q);
    ensures SWR_MAP_005: \forall integer q, x;
      map_pool(q) && q != pool && map_page(x) && \old(map_ok(q)) ==>
        map_at(q, x) == \old(map_at(q, x));
*/
void map_reset(uint32_t pool);

/**
 * Grant @p n pages from @p ppn on, with the rights in @p flags (BH_REGION_...), at page @p ipn.
 *
 * Uses the largest leaves that alignment allows. Refuses, page by page, what is mapped already.
 *
 * @return whether all pages are granted; false if the pool is used up.
 * @req SWR_MAP_003
 * @req SWR_MAP_004
 * @req SWR_MAP_005
 */
/*@ requires ok: map_all_ok;
    requires pool: pool < MAP_POOLS;
    requires guest: ipn <= BH_IPA_PAGES && n <= BH_IPA_PAGES - ipn;
    requires host: ppn <= BH_PPN_MAX && n <= BH_PPN_MAX - ppn;
    requires rights: flags < BH_REGION_FLAGS_MAX;
    terminates \true;
    exits \false;
    assigns MAP_STATE;
    ensures ok: map_all_ok;
    ensures SWR_MAP_003: \result ==> \forall integer x; ipn <= x < ipn + n ==>
      map_at(pool, x) == map_want(ppn + (x - ipn), flags);
    ensures SWR_MAP_004: \forall integer x; ipn <= x < ipn + n ==>
      map_at(pool, x) == map_want(ppn + (x - ipn), flags) ||
      map_at(pool, x) == \old(map_at(pool, x));
    ensures SWR_MAP_005: \forall integer q, x;
      map_pool(q) && map_page(x) && !(q == pool && ipn <= x < ipn + n) ==>
        map_at(q, x) == \old(map_at(q, x));
*/
bool map_range(uint32_t pool, uint32_t ipn, uint64_t ppn, uint32_t n, uint32_t flags);

#endif
