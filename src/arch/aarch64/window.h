/* SPDX-License-Identifier: Apache-2.0 */
/** @file window.h
 * One page of EL2 virtual addresses for each CPU, behind all else: there the kernel reaches a page of
 * a cell for as long as one call of core/arch/page.h lasts. Writable, never executable.
 */
#ifndef AARCH64_WINDOW_H
#define AARCH64_WINDOW_H

#include "abi/status.h"
#include "core/plan.h"
#include "core/arch/page.h"
#include "el2map.h"

#define WINDOW_BASE 0x7FFFE00000U /* the last table of the 39 bits that TCR_EL2.T0SZ leaves */

/*@ predicate window_shut{L} = \forall integer c; 0 <= c < EL2_ENTRIES ==> el2_window[c] == 0; */

/** Reserve the windows in the kernel's map, all shut; once, after el2map_build(), before the MMU is
 * on. Returns false when the tables do not suffice.
 * @req SWR_WIN_002 */
/*@ requires inv: el2_wxorx;
    terminates \true; exits \false;
    assigns EL2MAP_STATE, el2_window[..];
    ensures SWR_EL2_002: el2_wxorx && el2_window_ok;
    ensures SWR_WIN_002: window_shut; */
bool window_build(void);

/* Assembly (window.S); addresses are those of an open window. */

/** Store zeros to the whole page, then clean and invalidate it to the point of coherency. */
/*@ terminates \true; exits \false; assigns hw; */
void window_zero(uint64_t address);
/** Clean and invalidate the 64 bytes, then read them as 16 words, most significant byte first. */
/*@ requires words: \valid(words + (0 .. PAGE_BLOCK_WORDS - 1));
    terminates \true; exits \false; assigns hw, words[0 .. PAGE_BLOCK_WORDS - 1]; */
void window_block(uint64_t address, uint32_t words[16]);
/** Words of a page that may not be mapped: zeros. */
/*@ requires words: \valid(words + (0 .. PAGE_BLOCK_WORDS - 1));
    terminates \true; exits \false; assigns words[0 .. PAGE_BLOCK_WORDS - 1]; */
void window_blank(uint32_t words[16]);
/** Clean and invalidate the 8 bytes, then read them, least significant byte first. */
/*@ terminates \true; exits \false; assigns hw; */
uint64_t window_word(uint64_t address);
/** Drop what any CPU cached of the kernel's map for this address. */
/*@ terminates \true; exits \false; assigns hw; */
void window_forget(uint64_t address);

#endif
