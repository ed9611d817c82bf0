/* SPDX-License-Identifier: Apache-2.0 */
/** @file page.h
 * Architecture contract: the memory of cells, which the kernel has no map of, one page at a time and
 * for as long as a call lasts. A page is named by its physical page number. What other agents wrote
 * must have reached memory: no CPU executes the cell meanwhile.
 *
 * What was done is kept in ghost state, for proofs of the callers:
 *   page_zero[ppn]      1 after arch_page_clear() of the page; no other entry changes. Code cannot read
 *                       it, so a caller's "1 for each page of the region, all others as before" holds
 *                       from zeros, too: exactly these pages were cleared.
 *   page_read[0 .. page_reads - 1]
 *                       ppn * 64 + block of each arch_page_block(), in order; a measurement starts by
 *                       setting page_reads to 0 (as ghost code).
 * An architecture's page.acsl says which pages can be reached: page_reachable(ppn), never the kernel's
 * own. A page that cannot be reached is left alone and reads as zeros. ARCH_WINDOW is the state that
 * it needs for itself.
 */
#ifndef CORE_ARCH_PAGE_H
#define CORE_ARCH_PAGE_H

#include "abi/plan.h"
#include "core/arch/machine.h"
#include "page.acsl"

#define PAGE_BLOCKS 64U      /**< blocks of 64 bytes in a page */
#define PAGE_BLOCK_WORDS 16U /**< words of 32 bits in a block */
#define PAGE_WORDS 512U      /**< words of 64 bits in a page */

/*@ ghost extern uint8_t page_zero[0x1000000000]; */
/*@ ghost extern uint64_t page_reads; */
/*@ ghost extern uint64_t page_read[0x100000000000]; */

/* What the calls below change: all of them; clearing; reading blocks. */
#define PAGE_STATE hw, ARCH_WINDOW
#define PAGE_CLEAR_STATE PAGE_STATE, page_zero[..]
#define PAGE_READ_STATE PAGE_STATE, page_reads, page_read[..]

/** Make a page all zeros, complete at the point of coherency.
 * @req SWR_WIN_001 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    requires page: ppn < BH_PPN_MAX;
    terminates \true; exits \false; assigns PAGE_STATE, page_zero[ppn];
    ensures SWR_WIN_001: page_reachable(ppn) ==> page_zero[ppn] == 1; */
void arch_page_clear(uint32_t cpu, uint64_t ppn);

/** Read 64 bytes of a page from the point of coherency, as 16 words, most significant byte first.
 * @req SWR_WIN_003 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    requires page: ppn < BH_PPN_MAX && block < PAGE_BLOCKS;
    requires words: \valid(words + (0 .. PAGE_BLOCK_WORDS - 1));
    requires room: page_reads < 0x100000000000;
    terminates \true; exits \false;
    assigns PAGE_STATE, words[0 .. PAGE_BLOCK_WORDS - 1], page_reads, page_read[page_reads];
    ensures SWR_WIN_003: page_reads == \old(page_reads) + 1 &&
      page_read[\old(page_reads)] == ppn * PAGE_BLOCKS + block; */
void arch_page_block(uint32_t cpu, uint64_t ppn, uint32_t block, uint32_t words[16]);

/** Read 8 aligned bytes of a page from the point of coherency, least significant byte first.
 * @req SWR_WIN_003 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    requires page: ppn < BH_PPN_MAX && index < PAGE_WORDS;
    terminates \true; exits \false; assigns PAGE_STATE; */
uint64_t arch_page_word(uint32_t cpu, uint64_t ppn, uint32_t index);

/** Open what the plan's windows need, after the plan was judged, before any CPU is taken.
 * @req SWR_MMW_002 */
/*@ requires counts: rule_counts;
    terminates \true; exits \false; assigns PAGE_STATE; */
void arch_windows_open(void);

#endif
