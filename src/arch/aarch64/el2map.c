/* SPDX-License-Identifier: Apache-2.0 */
#include "el2map.h"
#include "abi/status.h"
#include "boards/board.h"

#define PAGE_RX 0x7C3U                    /* page, Normal, inner shareable, AF, read-only */
#define XN 0x40000000000000U
#define PAGE_RO (PAGE_RX + XN)
#define PAGE_RW (0x743U + XN)
#define PAGE_DEVICE (0x447U + XN)         /* page, Device-nGnRE, AF, read-write */
#define TABLE 3U
#define PHYSICAL 0x1000000000000U /* addresses have 48 bits */

__attribute__((section(".el2_tables"), aligned(4096))) uint64_t el2_table[EL2_TABLES][EL2_ENTRIES];
uint32_t el2_used;
uint32_t el2_child[EL2_TABLES][EL2_ENTRIES];

/*@ predicate el2_clear{L}(integer n) = \forall integer t, i;
      0 <= t < n && 0 <= i < EL2_ENTRIES ==> el2_table[t][i] == 0 && el2_child[t][i] == 0;
    predicate attr_ok(integer a) =
      a == PAGE_RX || a == PAGE_RO || a == PAGE_RW || a == PAGE_DEVICE; */

/** Empty a table.
 * @req SWR_EL2_002 */
/*@ requires table: t < EL2_TABLES && el2_clear(t);
    terminates \true; exits \false; assigns el2_table[..][..], el2_child[..][..];
    ensures SWR_EL2_002: el2_clear(t + 1); */
static void clear_table(uint32_t t)
{
    uint32_t i = 0U;

    /*@ loop invariant bound: 0 <= i <= EL2_ENTRIES;
        loop invariant done: el2_clear(t);
        loop invariant so_far: \forall integer k; 0 <= k < i ==>
          el2_table[t][k] == 0 && el2_child[t][k] == 0;
        loop assigns i, el2_table[..][..], el2_child[..][..];
        loop variant EL2_ENTRIES - i; */
    while (i < EL2_ENTRIES) {
        el2_table[t][i] = 0U;
        el2_child[t][i] = 0U;
        i++;
    }
}

/** Start with an empty root.
 * @req SWR_EL2_002 */
/*@ terminates \true; exits \false; assigns EL2MAP_STATE;
    ensures SWR_EL2_002: el2_wxorx; */
static void clear_tables(void)
{
    uint32_t t = 0U;

    /*@ loop invariant bound: 0 <= t <= EL2_TABLES && el2_clear(t);
        loop assigns t, el2_table[..][..], el2_child[..][..];
        loop variant EL2_TABLES - t; */
    while (t < EL2_TABLES) {
        clear_table(t);
        t++;
    }
    el2_used = 1U;
    //@ ghost el2_level[0] = 1;
}

/** Link a new table below entry @p i of table @p t.
 * @req SWR_EL2_002 */
/*@ requires inv: el2_wxorx;
    requires place: t < el2_used && el2_level[t] < 3 && i < EL2_ENTRIES && el2_child[t][i] == 0;
    requires room: el2_used < EL2_TABLES;
    terminates \true; exits \false; assigns EL2MAP_STATE;
    ensures SWR_EL2_002: el2_wxorx;
    ensures below: 0 < \result < el2_used && el2_level[\result] == \old(el2_level[t]) + 1; */
static uint32_t add_table(uint32_t t, uint32_t i)
{
    uint32_t child = el2_used;
    uint64_t base = ((layout[LAYOUT_EL2] / 4096U) % 0x1000000U) * 4096U;

    el2_used = child + 1U;
    //@ ghost el2_level[child] = el2_level[t] + 1;
    el2_child[t][i] = child;
    el2_table[t][i] = base + ((uint64_t)child * 4096U) + TABLE;
    //@ assert levels: el2_levels;
    //@ assert links: el2_links;
    //@ assert pages: el2_pages;
    //@ assert free: el2_free;
    return child;
}

/** The table below entry @p i of table @p t, linked if need be; 0: none left.
 * @req SWR_EL2_002 */
/*@ requires inv: el2_wxorx;
    requires place: t < el2_used && el2_level[t] < 3 && i < EL2_ENTRIES;
    terminates \true; exits \false; assigns EL2MAP_STATE;
    ensures SWR_EL2_002: el2_wxorx;
    ensures below: \result != 0 ==>
      \result < el2_used && el2_level[\result] == \old(el2_level[t]) + 1; */
static uint32_t next_table(uint32_t t, uint32_t i)
{
    uint32_t child = el2_child[t][i];

    //@ assert link: el2_link_ok(t, i);
    if ((child == 0U) && (el2_used < EL2_TABLES)) {
        child = add_table(t, i);
    }
    return child;
}

/** Write one page descriptor.
 * @req SWR_EL2_002 */
/*@ requires inv: el2_wxorx;
    requires place: t < el2_used && el2_level[t] == 3;
    requires attributes: attr_ok(attributes);
    terminates \true; exits \false; assigns EL2MAP_STATE;
    ensures SWR_EL2_002: el2_wxorx; */
static void put_page(uint32_t t, uint64_t page, uint64_t attributes)
{
    uint64_t low = page % 0x8000000U;
    uint64_t descriptor = (low * 4096U) + attributes;

    //@ assert kind: descriptor % 4 == 3;
    //@ assert read_only: (descriptor / 128) % 2 == (attributes / 128) % 2;
    //@ assert never: descriptor / 18014398509481984 == attributes / 18014398509481984;
    //@ assert ok: el2_page_ok(descriptor);
    el2_table[t][page % EL2_ENTRIES] = descriptor;
    //@ assert levels: el2_levels;
    //@ assert links: el2_links;
    //@ assert pages: el2_pages;
    //@ assert free: el2_free;
}

/** Map one page.
 * @req SWR_EL2_002 */
/*@ requires inv: el2_wxorx;
    requires attributes: attr_ok(attributes);
    terminates \true; exits \false; assigns EL2MAP_STATE;
    ensures SWR_EL2_002: el2_wxorx; */
static bool map_page(uint64_t page, uint64_t attributes)
{
    uint32_t t = next_table(0U, (uint32_t)((page / 0x40000U) % EL2_ENTRIES));
    bool ok = false;

    if (t != 0U) {
        t = next_table(t, (uint32_t)((page / EL2_ENTRIES) % EL2_ENTRIES));
        if (t != 0U) {
            put_page(t, page, attributes);
            ok = true;
        }
    }
    return ok;
}

/** Map pages from @p from up to @p to, physical addresses.
 * @req SWR_EL2_002 */
/*@ requires inv: el2_wxorx;
    requires attributes: attr_ok(attributes);
    terminates \true; exits \false; assigns EL2MAP_STATE;
    ensures SWR_EL2_002: el2_wxorx; */
static bool map_pages(uint64_t from, uint64_t to, uint64_t attributes)
{
    uint64_t page = from / 4096U;
    uint64_t end = to / 4096U;
    bool ok = true;

    /*@ loop invariant inv: el2_wxorx;
        loop invariant bound: 0 <= page <= 0x10000000000000;
        loop assigns page, ok, EL2MAP_STATE;
        loop variant end - page; */
    while ((page < end) && ok) {
        ok = map_page(page, attributes);
        page++;
    }
    return ok;
}

/** Each CPU's stack, without the page below it.
 * @req SWR_EL2_002 */
/*@ requires inv: el2_wxorx;
    terminates \true; exits \false; assigns EL2MAP_STATE;
    ensures SWR_EL2_002: el2_wxorx; */
static bool map_stacks(void)
{
    uint64_t bottom = layout[LAYOUT_STACKS] % PHYSICAL;
    uint32_t cpu = 0U;
    bool ok = true;

    /*@ loop invariant inv: el2_wxorx;
        loop invariant bound: 0 <= cpu <= BH_CPUS_MAX;
        loop assigns cpu, ok, EL2MAP_STATE;
        loop variant BH_CPUS_MAX - cpu; */
    while (cpu < BH_CPUS_MAX) {
        uint64_t top = bottom + (((uint64_t)cpu + 1U) * (uint64_t)STACK_STRIDE);

        if (!map_pages(top - (uint64_t)STACK_BYTES, top, PAGE_RW)) {
            ok = false;
        }
        cpu++;
    }
    return ok;
}

/** The interrupt controller.
 * @req SWR_EL2_002 */
/*@ requires inv: el2_wxorx;
    terminates \true; exits \false; assigns EL2MAP_STATE;
    ensures SWR_EL2_002: el2_wxorx; */
static bool map_devices(void)
{
    uint64_t gicd = board.gicd % PHYSICAL;
    uint64_t gicr = board.gicr % PHYSICAL;
    uint64_t gicr_bytes = (uint64_t)board.gicr_count * 0x20000U;
    uint64_t gits = board.gits % PHYSICAL;

    return map_pages(gicd, gicd + 0x10000U, PAGE_DEVICE) &&
           map_pages(gicr, gicr + gicr_bytes, PAGE_DEVICE) &&
           map_pages(gits, gits + 0x10000U, PAGE_DEVICE);
}

bool el2map_build(void)
{
    uint64_t status = layout[LAYOUT_STATUS] % PHYSICAL;
    bool ok;

    clear_tables();
    ok = map_pages(layout[LAYOUT_TEXT], layout[LAYOUT_RODATA], PAGE_RX);
    ok = map_pages(layout[LAYOUT_RODATA], layout[LAYOUT_DATA], PAGE_RO) && ok;
    ok = map_pages(layout[LAYOUT_DATA], layout[LAYOUT_STACKS], PAGE_RW) && ok;
    ok = map_stacks() && ok;
    ok = map_pages(layout[LAYOUT_TABLES], layout[LAYOUT_END], PAGE_RW) && ok;
    ok = map_pages(status, status + ((uint64_t)BH_STATUS_PAGES * 4096U), PAGE_RW) && ok;
    return map_devices() && ok;
}

bool el2map_windows(void)
{
    uint32_t t = next_table(0U, EL2_ENTRIES - 1U);

    if (t != 0U) {
        el2_child[t][EL2_ENTRIES - 1U] = 0U;
        el2_table[t][EL2_ENTRIES - 1U] =
            (((layout[LAYOUT_WINDOW] / 4096U) % 0x1000000U) * 4096U) + TABLE;
        //@ assert levels: el2_levels;
        //@ assert links: el2_links;
        //@ assert pages: el2_pages;
        //@ assert free: el2_free;
    }
    return t != 0U;
}
