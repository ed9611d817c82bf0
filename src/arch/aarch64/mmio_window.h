/* SPDX-License-Identifier: Apache-2.0 */
/** @file mmio_window.h
 * Windows of the plan: parts of device pages. Their pages are mapped by no cell, so each access of the owner
 * traps; the kernel performs it if the window allows it, with the same width, through a map of its own
 * that stands behind the windows of window.h.
 */
#ifndef AARCH64_MMIO_WINDOW_H
#define AARCH64_MMIO_WINDOW_H

#include "vgic.h"
#include "window.h"

#define WINDOW_FIRST BH_CPUS_MAX  /* entry of el2_window for window 0 of the plan */
#define WINDOW_DEVICE 0x40000000000447U /* page, Device-nGnRE, AF, read-write, execute-never */

/*@ // Byte ipa of the address space of a cell lies in its window w.
    predicate window_has{L}(integer w, integer cell, integer ipa) =
      0 <= w < plan.n_windows && PW(w).own == cell && PW(w).ipn == ipa / BH_PAGE_BYTES &&
      PW(w).offset <= ipa % BH_PAGE_BYTES < PW(w).offset + PW(w).bytes;
    // The whole access lies in the window, which allows its direction and its width.
    predicate window_allows{L}(integer w, struct access a) =
      a.offset % a.size == 0 && PW(w).offset <= a.offset &&
      a.offset + a.size <= PW(w).offset + PW(w).bytes &&
      (PW(w).flags / (a.write ? BH_WINDOW_WRITE : BH_WINDOW_READ)) % 2 == 1 &&
      (PW(w).flags / (BH_WINDOW_8 * a.size)) % 2 == 1;
    // What a register holds after a load: Arm ARM, ISS for a Data Abort, SSE and SF.
    logic integer window_size(integer size) =
      size == 1 ? 0x100 : size == 2 ? 0x10000 : size == 4 ? 0x100000000 : 0x10000000000000000;
    logic integer window_extended(integer low, integer m, integer esr) =
      m < 0x10000000000000000 && (esr / 0x200000) % 2 == 1 && low >= m / 2 ?
        low + (0x10000000000000000 - m) : low;
    logic integer window_kept(integer v, integer esr) =
      (esr / 0x8000) % 2 == 1 ? v : v % 0x100000000;
    logic integer window_loaded(integer v, integer size, integer esr) =
      window_kept(window_extended(v % window_size(size), window_size(size), esr), esr);
    // Entry k of the kernel's map is the page of window w, as a device.
    predicate window_open{L}(integer w) =
      el2_window[WINDOW_FIRST + w] == PW(w).ppn * 4096 + WINDOW_DEVICE; */

/** The window of @p cell that holds byte @p ipa of its address space; BH_WINDOWS_MAX: none.
 * @req SWR_MMW_003 */
/*@ requires counts: rule_counts;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_MMW_003: \result < BH_WINDOWS_MAX ==> window_has(\result, cell, ipa);
    ensures SWR_MMW_003: \result >= BH_WINDOWS_MAX ==> \result == BH_WINDOWS_MAX &&
      \forall integer w; !window_has(w, cell, ipa); */
uint32_t mmio_window_of(uint32_t cell, uint64_t ipa);

/** Perform an access that window @p w allows; returns what was read.
 * @req SWR_MMW_004 */
/*@ requires counts: rule_counts && w < plan.n_windows;
    requires access: access_ok(acc) && acc.offset < BH_PAGE_BYTES;
    requires allowed: window_allows(w, acc);
    terminates \true; exits \false; assigns hw; */
uint64_t mmio_window_access(uint32_t w, struct access acc);

/** May this access to window @p w be performed?
 * @req SWR_MMW_004 */
/*@ requires counts: rule_counts && w < plan.n_windows;
    requires access: access_ok(acc) && acc.offset < BH_PAGE_BYTES;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_MMW_004: \result <==> window_allows(w, acc); */
bool mmio_window_allows(uint32_t w, struct access acc);

/** What a load of @p size bytes makes of @p value: ISS.SSE extends its sign, ISS.SF says that the register
 * has 64 bits.
 * @req SWR_MMW_005 */
/*@ requires size: size == 1 || size == 2 || size == 4 || size == 8;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_MMW_005: \result == window_loaded(value, size, esr); */
uint64_t mmio_window_load(uint64_t value, uint32_t size, uint64_t esr);

/* Assembly (mmio_window.S), beside the accesses of sysreg.h: no register of the interrupt controller is
 * a half word. */

/** Read a half word of a device. */
/*@ terminates \true; exits \false; assigns \nothing; */
uint16_t mmio_read16(uint64_t address);
/** Write a half word of a device. */
/*@ terminates \true; exits \false; assigns hw; */
void mmio_write16(uint64_t address, uint16_t value);

#endif
