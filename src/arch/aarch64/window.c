/* SPDX-License-Identifier: Apache-2.0 */
#include "window.h"
#include "sysreg.h"

#define WINDOW_RW \
    0x40000000000743U /* page, Normal, inner shareable, AF, read-write, execute-never */
#define WINDOW_PAGES 0x10000000U    /* TCR_EL2.PS: physical addresses of 40 bits */

__attribute__((section(".el2_tables"), aligned(4096))) uint64_t el2_window[EL2_ENTRIES];

bool window_build(void)
{
    uint32_t i = 0U;

    /*@ loop invariant bound: 0 <= i <= EL2_ENTRIES;
        loop invariant shut: \forall integer c; 0 <= c < i ==> el2_window[c] == 0;
        loop assigns i, el2_window[..];
        loop variant EL2_ENTRIES - i; */
    while (i < EL2_ENTRIES) {
        el2_window[i] = 0U;
        i++;
    }
    return el2map_windows();
}

/** True for a page that may be a cell's: never one of the kernel's, from its code to its status pages.
 * @req SWR_WIN_002 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_WIN_002: \result <==> page_reachable(ppn); */
static bool reachable(uint64_t ppn)
{
    uint64_t first = layout[LAYOUT_TEXT] / 4096U;
    uint64_t end = (layout[LAYOUT_STATUS] / 4096U) + (uint64_t)BH_STATUS_PAGES;

    return (ppn < WINDOW_PAGES) && ((ppn < first) || (ppn >= end));
}

/** Open the window of CPU @p cpu on a page; returns its address.
 * @req SWR_WIN_002 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    requires page: page_reachable(ppn);
    terminates \true; exits \false; assigns hw, el2_window[cpu];
    ensures SWR_EL2_002: \old(el2_window_ok) ==> el2_window_ok;
    ensures SWR_WIN_002: el2_window[cpu] == ppn * 4096 + WINDOW_RW;
    ensures place: \result == WINDOW_BASE + cpu * 4096; */
static uint64_t open_window(uint32_t cpu, uint64_t ppn)
{
    uint64_t descriptor = (ppn * 4096U) + WINDOW_RW;

    //@ assert kind: descriptor % 4 == 3;
    //@ assert never: descriptor / 18014398509481984 == 1;
    //@ assert ok: el2_page_ok(descriptor);
    el2_window[cpu] = descriptor;
    dsb();
    isb();
    return WINDOW_BASE + ((uint64_t)cpu * 4096U);
}

/** Shut the window of CPU @p cpu; no CPU can use it afterwards.
 * @req SWR_WIN_002 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw, el2_window[cpu];
    ensures SWR_EL2_002: \old(el2_window_ok) ==> el2_window_ok;
    ensures SWR_WIN_002: el2_window[cpu] == 0; */
static void shut_window(uint32_t cpu)
{
    el2_window[cpu] = 0U;
    window_forget(WINDOW_BASE + ((uint64_t)cpu * 4096U));
}

void arch_page_clear(uint32_t cpu, uint64_t ppn)
{
    if (reachable(ppn)) {
        window_zero(open_window(cpu, ppn));
        //@ ghost page_zero[ppn] = 1;
        shut_window(cpu);
    }
}

void arch_page_block(uint32_t cpu, uint64_t ppn, uint32_t block, uint32_t words[16])
{
    if (reachable(ppn)) {
        window_block(open_window(cpu, ppn) + ((uint64_t)block * 64U), words);
        shut_window(cpu);
    } else {
        window_blank(words);
    }
    //@ ghost page_read[page_reads] = ppn * PAGE_BLOCKS + block;
    //@ ghost page_reads++;
}

uint64_t arch_page_word(uint32_t cpu, uint64_t ppn, uint32_t index)
{
    uint64_t word = 0U;

    if (reachable(ppn)) {
        word = window_word(open_window(cpu, ppn) + ((uint64_t)index * 8U));
        shut_window(cpu);
    }
    return word;
}
