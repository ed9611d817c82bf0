/* SPDX-License-Identifier: Apache-2.0 */
#include "mmio_window.h"

#define ISS_SSE 0x200000U /* sign extension */
#define ISS_SF 0x8000U    /* the register has 64 bits */

void arch_windows_open(void)
{
    uint32_t w = 0U;

    /*@ loop invariant bound: 0 <= w <= BH_WINDOWS_MAX;
        loop invariant opened: \forall integer k; 0 <= k < w && k < plan.n_windows &&
          PW(k).ppn < BH_IPA_PAGES ==> window_open(k);
        loop assigns w, el2_window[WINDOW_FIRST .. WINDOW_FIRST + BH_WINDOWS_MAX - 1];
        loop variant BH_WINDOWS_MAX - w; */
    while (w < BH_WINDOWS_MAX) {
        if (w < plan.n_windows) {
            el2_window[WINDOW_FIRST + w] =
                ((plan.windows[w].ppn % BH_IPA_PAGES) * 4096U) + WINDOW_DEVICE;
        }
        w++;
    }
    /*@ assert SWR_MMW_002: \forall integer k; 0 <= k < plan.n_windows &&
          PW(k).ppn < BH_IPA_PAGES ==> window_open(k); */
    dsb();
    isb();
}

uint32_t mmio_window_of(uint32_t cell, uint64_t ipa)
{
    uint64_t page = ipa / BH_PAGE_BYTES;
    uint64_t at = ipa % BH_PAGE_BYTES;
    uint32_t found = BH_WINDOWS_MAX;
    uint32_t w = 0U;

    /*@ loop invariant bound: 0 <= w <= BH_WINDOWS_MAX && w <= plan.n_windows;
        loop invariant yes: found < BH_WINDOWS_MAX ==> window_has(found, cell, ipa);
        loop invariant no: found >= BH_WINDOWS_MAX ==> found == BH_WINDOWS_MAX &&
          \forall integer k; 0 <= k < w ==> !window_has(k, cell, ipa);
        loop assigns w, found;
        loop variant plan.n_windows - w; */
    while ((w < plan.n_windows) && (found == BH_WINDOWS_MAX)) {
        if ((plan.windows[w].own == cell) && (plan.windows[w].ipn == page) &&
            (plan.windows[w].offset <= at) &&
            ((at - plan.windows[w].offset) < plan.windows[w].bytes)) {
            found = w;
        }
        w++;
    }
    return found;
}

bool mmio_window_allows(uint32_t w, struct access acc)
{
    uint32_t flags = plan.windows[w].flags;
    uint32_t direction = acc.write ? BH_WINDOW_WRITE : BH_WINDOW_READ;
    uint64_t end = (uint64_t)plan.windows[w].offset + plan.windows[w].bytes;

    return ((acc.offset % acc.size) == 0U) && (acc.offset >= plan.windows[w].offset) &&
           (((uint64_t)acc.offset + acc.size) <= end) && (((flags / direction) % 2U) == 1U) &&
           (((flags / (BH_WINDOW_8 * acc.size)) % 2U) == 1U);
}

/** Read from a device with a width.
 * @req SWR_MMW_004 */
/*@ terminates \true; exits \false; assigns \nothing; */
static uint64_t read_device(uint64_t address, uint32_t size)
{
    uint64_t value;

    if (size == 1U) {
        value = mmio_read8(address);
    } else if (size == 2U) {
        value = mmio_read16(address);
    } else if (size == 4U) {
        value = mmio_read32(address);
    } else {
        value = mmio_read64(address);
    }
    return value;
}

/** Write to a device with a width.
 * @req SWR_MMW_004 */
/*@ terminates \true; exits \false; assigns hw; */
static void write_device(uint64_t address, uint32_t size, uint64_t value)
{
    if (size == 1U) {
        mmio_write8(address, (uint8_t)(value % 0x100U));
    } else if (size == 2U) {
        mmio_write16(address, (uint16_t)(value % 0x10000U));
    } else if (size == 4U) {
        mmio_write32(address, (uint32_t)(value % 0x100000000U));
    } else {
        mmio_write64(address, value);
    }
}

uint64_t mmio_window_access(uint32_t w, struct access acc)
{
    uint64_t address = WINDOW_BASE + (((uint64_t)WINDOW_FIRST + w) * 4096U) + acc.offset;
    uint64_t value = 0U;

    if (acc.write) {
        write_device(address, acc.size, acc.value);
    } else {
        value = read_device(address, acc.size);
    }
    return value;
}

/** All numbers of @p size bytes, less than 8.
 * @req SWR_MMW_005 */
/*@ requires size: size == 1 || size == 2 || size == 4;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_MMW_005: \result == window_size(size); */
static uint64_t numbers_of(uint32_t size)
{
    uint64_t numbers = 0x100000000U;

    if (size == 1U) {
        numbers = 0x100U;
    } else if (size == 2U) {
        numbers = 0x10000U;
    } else {
        numbers = 0x100000000U;
    }
    return numbers;
}

/** The value with its sign, if that is asked for.
 * @req SWR_MMW_005 */
/*@ requires size: size == 1 || size == 2 || size == 4;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_MMW_005:
      \result == window_extended(value % window_size(size), window_size(size), esr); */
static uint64_t extended(uint64_t value, uint32_t size, uint64_t esr)
{
    uint64_t numbers = numbers_of(size);
    uint64_t low = value % numbers;

    if ((((esr / ISS_SSE) % 2U) == 1U) && (low >= (numbers / 2U))) {
        low += (0xFFFFFFFFFFFFFFFFU - numbers) + 1U;
    }
    return low;
}

uint64_t mmio_window_load(uint64_t value, uint32_t size, uint64_t esr)
{
    uint64_t full = (size == 8U) ? value : extended(value, size, esr);

    return (((esr / ISS_SF) % 2U) == 1U) ? full : (full % 0x100000000U);
}
