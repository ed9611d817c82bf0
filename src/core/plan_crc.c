/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checksum of the plan in force: its fields in the order of the blob, so that no bytes are read
 * through a cast.
 */
#include "core/plan.h"

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

/*@ requires index: k < BH_CELLS_MAX;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_003: \result == crc_of_digest(c, k, BH_DIGEST_WORDS);
*/
static uint32_t crc_digest(uint32_t c, uint32_t k)
{
    uint32_t r = c;

    /*@ loop invariant range: 0 <= i <= BH_DIGEST_WORDS;
        loop invariant so_far: r == crc_of_digest(c, k, i);
        loop assigns i, r;
        loop variant BH_DIGEST_WORDS - i;
    */
    for (uint32_t i = 0U; i < BH_DIGEST_WORDS; i++) {
        r = crc_word(r, plan.policy[k].digest[i]);
    }
    return r;
}

/*@ requires index: k < BH_CELLS_MAX;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_003: \result == crc_of_policy(c, k);
*/
static uint32_t crc_policy(uint32_t c, uint32_t k)
{
    uint32_t r = crc_word(c, plan.policy[k].locks);

    r = crc_word(r, plan.policy[k].grants);
    r = crc_digest(r, k);
    r = crc_word(r, plan.policy[k].watch_us);
    r = crc_word(r, plan.policy[k].watch_cpu);
    return crc_word(r, plan.policy[k].error_irq);
}

/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_003: \result == crc_of_policies(c, BH_CELLS_MAX);
*/
static uint32_t crc_policies(uint32_t c)
{
    uint32_t r = c;

    /*@ loop invariant range: 0 <= i <= BH_CELLS_MAX;
        loop invariant so_far: r == crc_of_policies(c, i);
        loop assigns i, r;
        loop variant BH_CELLS_MAX - i;
    */
    for (uint32_t i = 0U; i < BH_CELLS_MAX; i++) {
        r = crc_policy(r, i);
    }
    return r;
}

/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_003: \result == crc_of_additions(c);
*/
static uint32_t crc_additions(uint32_t c)
{
    uint32_t r = plan_crc_calls(plan_crc_windows(c));

    r = crc_word(r, plan.n_windows);
    return crc_word(r, plan.n_calls);
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
    r = crc_policies(r);
    r = crc_additions(r);
    r = crc_reserved(r);
    return r ^ 0xFFFFFFFFU;
}
