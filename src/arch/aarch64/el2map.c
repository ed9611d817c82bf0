/* SPDX-License-Identifier: Apache-2.0 */
#include "el2map.h"
#include "layout.h"
#include "abi/status.h"
#include "boards/board.h"

#define PAGE_RX 0x7C3U                    /* page, Normal, inner shareable, AF, read-only */
#define XN 0x40000000000000U
#define PAGE_RO (PAGE_RX + XN)
#define PAGE_RW (0x743U + XN)
#define PAGE_DEVICE (0x447U + XN)         /* page, Device-nGnRE, AF, read-write */
#define TABLE 3U

/** Addresses of the linker script, LAYOUT_... */
extern const uint64_t layout[LAYOUT_COUNT];

__attribute__((section(".el2_tables"), aligned(4096)))
uint64_t el2_table[EL2_TABLES][EL2_ENTRIES];
uint32_t el2_used;
uint32_t el2_child[EL2_TABLES][EL2_ENTRIES];

static void clear_table(uint32_t t)
{
    uint32_t i = 0U;

    while (i < EL2_ENTRIES) {
        el2_table[t][i] = 0U;
        el2_child[t][i] = 0U;
        i++;
    }
}

static void clear_tables(void)
{
    uint32_t t = 0U;

    while (t < EL2_TABLES) {
        clear_table(t);
        t++;
    }
    el2_used = 1U;
}

/** The table below entry @p i of table @p t, linked if need be; 0: none left. */
static uint32_t next_table(uint32_t t, uint32_t i)
{
    uint32_t child = el2_child[t][i];

    if ((child == 0U) && (el2_used < EL2_TABLES)) {
        child = el2_used;
        el2_used = child + 1U;
        el2_child[t][i] = child;
        el2_table[t][i] = ((layout[LAYOUT_EL2] / 4096U) % 0x1000000U) * 4096U +
                          ((uint64_t)child * 4096U) + TABLE;
    }
    return (child < EL2_TABLES) ? child : 0U;
}

static bool map_page(uint64_t page, uint64_t attributes)
{
    uint32_t t = next_table(0U, (uint32_t)((page / 0x40000U) % EL2_ENTRIES));
    bool ok = false;

    if (t != 0U) {
        t = next_table(t, (uint32_t)((page / EL2_ENTRIES) % EL2_ENTRIES));
        if (t != 0U) {
            uint32_t i = (uint32_t)(page % EL2_ENTRIES);

            el2_child[t][i] = 0U;
            el2_table[t][i] = ((page % 0x8000000U) * 4096U) + attributes;
            ok = true;
        }
    }
    return ok;
}

/** Map pages from @p from up to @p to, physical addresses. */
static bool map_range(uint64_t from, uint64_t to, uint64_t attributes)
{
    uint64_t page = from / 4096U;
    uint64_t end = to / 4096U;
    bool ok = true;

    while ((page < end) && ok) {
        ok = map_page(page, attributes);
        page++;
    }
    return ok;
}

/** Each CPU's stack, without the page below it. */
static bool map_stacks(void)
{
    uint32_t cpu = 0U;
    bool ok = true;

    while (cpu < BH_CPUS_MAX) {
        uint64_t top = (layout[LAYOUT_STACKS] % 0x1000000000U) + (((uint64_t)cpu + 1U) * STACK_STRIDE);

        if (!map_range(top - STACK_BYTES, top, PAGE_RW)) {
            ok = false;
        }
        cpu++;
    }
    return ok;
}

static bool map_devices(void)
{
    uint64_t gicr_bytes = (uint64_t)board.gicr_count * 0x20000U;

    return map_range(board.gicd, board.gicd + 0x10000U, PAGE_DEVICE) &&
           map_range(board.gicr, board.gicr + gicr_bytes, PAGE_DEVICE);
}

bool el2map_build(void)
{
    uint64_t status = layout[LAYOUT_STATUS] % 0x1000000000U;
    bool ok;

    clear_tables();
    ok = map_range(layout[LAYOUT_TEXT], layout[LAYOUT_RODATA], PAGE_RX);
    ok = map_range(layout[LAYOUT_RODATA], layout[LAYOUT_DATA], PAGE_RO) && ok;
    ok = map_range(layout[LAYOUT_DATA], layout[LAYOUT_STACKS], PAGE_RW) && ok;
    ok = map_stacks() && ok;
    ok = map_range(layout[LAYOUT_TABLES], layout[LAYOUT_END], PAGE_RW) && ok;
    ok = map_range(status, status + ((uint64_t)BH_STATUS_PAGES * 4096U), PAGE_RW) && ok;
    return map_devices() && ok;
}
