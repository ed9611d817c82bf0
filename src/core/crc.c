/* SPDX-License-Identifier: Apache-2.0 */
/** @file crc.c
 * CRC-32, bit by bit: the plan is checked once per enable, so no table is worth its memory. The
 * checksum of the plan, declared in plan.h, lives here to keep the judge readable.
 */
#include "core/crc.h"
#include "core/plan.h"

#define CRC_POLYNOMIAL 0xEDB88320U

/* One bit of the division. */
/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_CRC_001: \result == crc_shift(c);
*/
static uint32_t shift_out(uint32_t c)
{
    uint32_t half = c / 2U;

    if ((c % 2U) == 1U) {
        half = half ^ CRC_POLYNOMIAL;
    }
    return half;
}

/* The byte comes into the low bits of the remainder. */
/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_CRC_001: \result == crc_mix(x, y);
*/
static uint32_t mix(uint32_t x, uint32_t y)
{
    return x ^ y;
}

uint32_t crc_byte(uint32_t c, uint8_t b)
{
    uint32_t r = mix(c, b);

    /*@ loop invariant range: 0 <= k <= 8;
        loop invariant so_far: r == crc_shifts(crc_mix(c, b), k);
        loop assigns k, r;
        loop variant 8 - k;
    */
    for (uint32_t k = 0U; k < 8U; k++) {
        r = shift_out(r);
    }
    return r;
}

uint32_t crc_word(uint32_t c, uint32_t v)
{
    uint32_t r = crc_byte(c, (uint8_t)(v % 256U));

    r = crc_byte(r, (uint8_t)((v / 256U) % 256U));
    r = crc_byte(r, (uint8_t)((v / 65536U) % 256U));
    return crc_byte(r, (uint8_t)(v / 16777216U));
}

uint32_t crc_long(uint32_t c, uint64_t v)
{
    uint32_t r = crc_word(c, (uint32_t)(v % 4294967296U));

    return crc_word(r, (uint32_t)(v / 4294967296U));
}

uint32_t crc32(const uint8_t *data, uint32_t n)
{
    uint32_t r = CRC_START;

    /*@ loop invariant range: 0 <= i <= n;
        loop invariant so_far: r == crc_of_data(data, i);
        loop assigns i, r;
        loop variant n - i;
    */
    for (uint32_t i = 0U; i < n; i++) {
        r = crc_byte(r, data[i]);
    }
    return r ^ 0xFFFFFFFFU;
}

/* ---- the plan: its fields in order, so that no bytes are read through a cast */

/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_003: \result == crc_of_mpidrs(c, BH_CPUS_MAX);
*/
static uint32_t crc_mpidrs(uint32_t c)
{
    uint32_t r = c;

    /*@ loop invariant range: 0 <= i <= BH_CPUS_MAX;
        loop invariant so_far: r == crc_of_mpidrs(c, i);
        loop assigns i, r;
        loop variant BH_CPUS_MAX - i;
    */
    for (uint32_t i = 0U; i < BH_CPUS_MAX; i++) {
        r = crc_long(r, plan.mpidr[i]);
    }
    return r;
}

/*@ requires index: k < BH_CELLS_MAX;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_003: \result == crc_of_name(c, k, BH_NAME_BYTES);
*/
static uint32_t crc_name(uint32_t c, uint32_t k)
{
    uint32_t r = c;

    /*@ loop invariant range: 0 <= i <= BH_NAME_BYTES;
        loop invariant so_far: r == crc_of_name(c, k, i);
        loop assigns i, r;
        loop variant BH_NAME_BYTES - i;
    */
    for (uint32_t i = 0U; i < BH_NAME_BYTES; i++) {
        r = crc_byte(r, plan.cells[k].name[i]);
    }
    return r;
}

/*@ requires index: k < BH_CELLS_MAX;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_003: \result == crc_of_irqs(c, k, BH_IRQ_WORDS);
*/
static uint32_t crc_irqs(uint32_t c, uint32_t k)
{
    uint32_t r = c;

    /*@ loop invariant range: 0 <= i <= BH_IRQ_WORDS;
        loop invariant so_far: r == crc_of_irqs(c, k, i);
        loop assigns i, r;
        loop variant BH_IRQ_WORDS - i;
    */
    for (uint32_t i = 0U; i < BH_IRQ_WORDS; i++) {
        r = crc_word(r, plan.cells[k].irqs[i]);
    }
    return r;
}

/*@ requires index: k < BH_CELLS_MAX;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_003: \result == crc_of_cell(c, k);
*/
static uint32_t crc_cell(uint32_t c, uint32_t k)
{
    uint32_t r = crc_name(c, k);

    r = crc_word(r, plan.cells[k].first);
    r = crc_word(r, plan.cells[k].count);
    r = crc_word(r, plan.cells[k].cpus);
    r = crc_word(r, plan.cells[k].flags);
    r = crc_long(r, plan.cells[k].entry);
    r = crc_long(r, plan.cells[k].comm);
    return crc_irqs(r, k);
}

/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_003: \result == crc_of_cells(c, BH_CELLS_MAX);
*/
static uint32_t crc_cells(uint32_t c)
{
    uint32_t r = c;

    /*@ loop invariant range: 0 <= i <= BH_CELLS_MAX;
        loop invariant so_far: r == crc_of_cells(c, i);
        loop assigns i, r;
        loop variant BH_CELLS_MAX - i;
    */
    for (uint32_t i = 0U; i < BH_CELLS_MAX; i++) {
        r = crc_cell(r, i);
    }
    return r;
}

/*@ requires index: i < BH_REGIONS_MAX;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_003: \result == crc_of_region(c, i);
*/
static uint32_t crc_region(uint32_t c, uint32_t i)
{
    uint32_t r = crc_long(c, plan.regions[i].ppn);

    r = crc_word(r, plan.regions[i].ipn);
    r = crc_word(r, plan.regions[i].n);
    r = crc_word(r, plan.regions[i].own);
    r = crc_word(r, plan.regions[i].flags);
    r = crc_word(r, plan.regions[i].share);
    return crc_word(r, plan.regions[i].root);
}

/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_003: \result == crc_of_regions(c, BH_REGIONS_MAX);
*/
static uint32_t crc_regions(uint32_t c)
{
    uint32_t r = c;

    /*@ loop invariant range: 0 <= i <= BH_REGIONS_MAX;
        loop invariant so_far: r == crc_of_regions(c, i);
        loop assigns i, r;
        loop variant BH_REGIONS_MAX - i;
    */
    for (uint32_t i = 0U; i < BH_REGIONS_MAX; i++) {
        r = crc_region(r, i);
    }
    return r;
}

/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_003: \result == crc_of_reserved(c, 4U);
*/
static uint32_t crc_reserved(uint32_t c)
{
    uint32_t r = c;

    /*@ loop invariant range: 0 <= i <= 4U;
        loop invariant so_far: r == crc_of_reserved(c, i);
        loop assigns i, r;
        loop variant 4U - i;
    */
    for (uint32_t i = 0U; i < 4U; i++) {
        r = crc_byte(r, plan.reserved[i]);
    }
    return r;
}

/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_003: \result == crc_of_ids(c);
*/
static uint32_t crc_ids(uint32_t c)
{
    uint32_t r = crc_long(c, plan.magic);

    r = crc_word(r, plan.version);
    r = crc_word(r, plan.size);
    r = crc_word(r, plan.board);
    return crc_word(r, plan.flags);
}

/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_003: \result == crc_of_counts(c);
*/
static uint32_t crc_counts(uint32_t c)
{
    uint32_t r = crc_word(c, plan.n_cells);

    r = crc_word(r, plan.n_regions);
    r = crc_word(r, plan.n_cpus);
    r = crc_word(r, plan.status_n);
    return crc_long(r, plan.status_ppn);
}

uint32_t plan_crc(void)
{
    uint32_t r = crc_counts(crc_ids(CRC_START));

    r = crc_mpidrs(r);
    r = crc_cells(r);
    r = crc_regions(r);
    r = crc_reserved(r);
    return r ^ 0xFFFFFFFFU;
}
