/* SPDX-License-Identifier: Apache-2.0 */
#include "core/measure.h"

BH_ASSERT_SIZE(struct bh_plan, 4U * PLAN_WORDS);
BH_ASSERT_SIZE(struct bh_plan, (64U * PLAN_BLOCKS) + (4U * PLAN_TAIL));

struct digests measure_digest;
uint32_t measure_done[BH_CELLS_MAX];
uint32_t measure_cell; /* whose measurement sha256_h holds the beginning of */

/** Is a digest anything but zeros?
 * @req SWR_MSR_002 */
/*@ requires cell: cell < BH_CELLS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_MSR_002: !\result ==> \forall integer k; 0 <= k < BH_DIGEST_WORDS ==>
      plan.policy[cell].digest[k] == 0; */
static bool has_digest(uint32_t cell)
{
    bool has = false;
    uint32_t i = 0U;

    /*@ loop invariant bound: 0 <= i <= BH_DIGEST_WORDS;
        loop invariant none: !has ==> \forall integer k; 0 <= k < i ==>
          plan.policy[cell].digest[k] == 0;
        loop assigns i, has;
        loop variant BH_DIGEST_WORDS - i; */
    while (i < BH_DIGEST_WORDS) {
        if (plan.policy[cell].digest[i] != 0U) {
            has = true;
        }
        i++;
    }
    return has;
}

bool measure_wanted(uint32_t cell)
{
    return (((plan.cells[cell].flags / BH_CELL_MEASURED) % 2U) == 1U) || has_digest(cell);
}

bool measure_approved(uint32_t cell)
{
    bool same = true;
    uint32_t i = 0U;

    /*@ loop invariant bound: 0 <= i <= BH_DIGEST_WORDS;
        loop invariant same: same ==> \forall integer k; 0 <= k < i ==>
          plan.policy[cell].digest[k] == measure_digest.of[cell][k];
        loop assigns i, same;
        loop variant BH_DIGEST_WORDS - i; */
    while (i < BH_DIGEST_WORDS) {
        if (plan.policy[cell].digest[i] != measure_digest.of[cell][i]) {
            same = false;
        }
        i++;
    }
    return same || (!has_digest(cell));
}

uint64_t measure_half(uint32_t cell, uint32_t k)
{
    return ((uint64_t)measure_digest.of[cell][k] * 0x100000000U) + measure_digest.of[cell][k + 1U];
}

/** End the message.
 * @req SWR_MSR_001 */
/*@ terminates \true; exits \false; assigns SHA256_STATE; */
static void end_message(void)
{
    uint32_t none[SHA256_BLOCK_WORDS] = {0};

    sha256_end(none, 0U);
}

/** The digest is complete: keep it.
 * @req SWR_MSR_002 */
/*@ requires cell: cell < BH_CELLS_MAX;
    terminates \true; exits \false;
    assigns measure_digest.of[cell][0 .. BH_DIGEST_WORDS - 1], measure_done[cell];
    ensures SWR_MSR_002: measure_done[cell] == 1 && \forall integer k; 0 <= k < BH_DIGEST_WORDS ==>
      measure_digest.of[cell][k] == sha256_h[k]; */
static void keep(uint32_t cell)
{
    uint32_t i = 0U;

    /*@ loop invariant bound: 0 <= i <= BH_DIGEST_WORDS;
        loop invariant so_far: \forall integer k; 0 <= k < i ==>
          measure_digest.of[cell][k] == sha256_h[k];
        loop assigns i, measure_digest.of[cell][0 .. BH_DIGEST_WORDS - 1];
        loop variant BH_DIGEST_WORDS - i; */
    while (i < BH_DIGEST_WORDS) {
        measure_digest.of[cell][i] = sha256_h[i];
        i++;
    }
    measure_done[cell] = 1U;
}

/** Show the digest of a cell, and what the plan says of it.
 * @req SWR_MSR_002 */
/*@ requires cell: cell < BH_CELLS_MAX;
    terminates \true; exits \false;
    assigns status_page; */
static void show(uint32_t cell)
{
    uint32_t i = 0U;

    /*@ loop invariant bound: 0 <= i <= BH_DIGEST_WORDS;
        loop assigns i, status_page;
        loop variant BH_DIGEST_WORDS - i; */
    while (i < BH_DIGEST_WORDS) {
        status_page.cells[cell].digest[i] = measure_digest.of[cell][i];
        i++;
    }
    status_page.cells[cell].measured = measure_approved(cell) ? (has_digest(cell) ? 2U : 1U) : 0U;
}

/** The bytes of a word in the other order.
 * @req SWR_MSR_001 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_MSR_001: \result == (x % 256) * 0x1000000 + ((x / 256) % 256) * 0x10000 +
      ((x / 0x10000) % 256) * 256 + x / 0x1000000; */
static uint32_t swapped(uint32_t x)
{
    return ((x % 256U) * 0x1000000U) + (((x / 256U) % 256U) * 0x10000U) +
           (((x / 0x10000U) % 256U) * 256U) + (x / 0x1000000U);
}

/** Measure the place and the rights of region @p i.
 * @req SWR_MSR_001 */
/*@ requires region: i < plan.n_regions <= BH_REGIONS_MAX;
    terminates \true; exits \false; assigns SHA256_STATE; */
static void hash_header(uint32_t i)
{
    uint32_t words[SHA256_BLOCK_WORDS] = {0};

    words[0] = swapped(plan.regions[i].ipn);
    words[1] = swapped(plan.regions[i].n);
    words[2] = swapped(plan.regions[i].flags);
    sha256_block(words);
}

/** Measure the bytes of a page.
 * @req SWR_MSR_001 */
/*@ requires args: cpu < BH_CPUS_MAX && ppn < BH_PPN_MAX;
    requires room: page_reads <= 64 * MEASURE_PAGES;
    terminates \true; exits \false;
    assigns PAGE_READ_STATE, SHA256_STATE;
    ensures SWR_MSR_001: page_reads == \old(page_reads) + 64;
    ensures SWR_MSR_001: \forall integer k; \old(page_reads) <= k < page_reads ==>
      page_read[k] == ppn * 64 + (k - \old(page_reads));
    ensures before: \forall integer k; 0 <= k < \old(page_reads) ==>
      page_read[k] == \old(page_read[k]); */
static void hash_page(uint32_t cpu, uint64_t ppn)
{
    uint32_t words[PAGE_BLOCK_WORDS] = {0};
    uint32_t b = 0U;

    /*@ loop invariant bound: 0 <= b <= PAGE_BLOCKS;
        loop invariant reads: page_reads == \at(page_reads, Pre) + b;
        loop invariant so_far: \forall integer k; \at(page_reads, Pre) <= k < page_reads ==>
          page_read[k] == ppn * 64 + (k - \at(page_reads, Pre));
        loop invariant before: \forall integer k; 0 <= k < \at(page_reads, Pre) ==>
          page_read[k] == \at(page_read[k], Pre);
        loop assigns b, words[0 .. PAGE_BLOCK_WORDS - 1], PAGE_READ_STATE, SHA256_STATE;
        loop variant PAGE_BLOCKS - b; */
    while (b < PAGE_BLOCKS) {
        arch_page_block(cpu, ppn, b, words);
        sha256_block(words);
        b++;
    }
}

void measure_begin(uint32_t cell)
{
    measure_done[cell] = 0U;
    status_page.cells[cell].measured = 0U;
    measure_cell = cell;
    prep_begin(cell);
    sha256_start();
}

/** Measure the page at the cursor, before the first one of a region its header, and go on.
 * @req SWR_MSR_001 */
/*@ requires inv: plan_memory;
    requires args: cpu < BH_CPUS_MAX && cell < BH_CELLS_MAX;
    requires at: priv(cell, prep[cell].region) && prep[cell].page < PR(prep[cell].region).n;
    requires room: page_reads <= 64 * MEASURE_PAGES;
    terminates \true; exits \false;
    assigns prep[cell], PAGE_READ_STATE, SHA256_STATE;
    ensures SWR_MSR_001: prep[cell].region == \old(prep[cell].region) &&
      prep[cell].page == \old(prep[cell].page) + 1 && page_reads == \old(page_reads) + 64;
    ensures SWR_MSR_001: \forall integer k; \old(page_reads) <= k < page_reads ==> page_read[k] ==
      (PR(\old(prep[cell].region)).ppn + \old(prep[cell].page)) * 64 + (k - \old(page_reads));
    ensures own: \forall integer k; \old(page_reads) <= k < page_reads ==> read_own(cell, page_read[k]);
    ensures before: \forall integer k; 0 <= k < \old(page_reads) ==>
      page_read[k] == \old(page_read[k]); */
static void measure_one(uint32_t cpu, uint32_t cell)
{
    if (prep[cell].page == 0U) {
        hash_header(prep[cell].region);
    }
    hash_page(cpu, plan.regions[prep[cell].region].ppn + prep[cell].page);
    prep[cell].page++;
}

uint64_t measure_step(uint32_t cpu, uint32_t cell)
{
    uint32_t budget = MEASURE_PAGES;
    uint64_t left;

    if (measure_cell != cell) {
        measure_begin(cell); /* another cell's came in between */
    }
    //@ ghost page_reads = 0;
    /*@ loop invariant bound: 0 <= budget <= MEASURE_PAGES;
        loop invariant room: page_reads == 64 * (MEASURE_PAGES - budget);
        loop invariant own: \forall integer k; 0 <= k < page_reads ==> read_own(cell, page_read[k]);
        loop assigns budget, prep[cell], PAGE_READ_STATE, SHA256_STATE;
        loop variant budget; */
    while ((budget > 0U) && prep_next(cell)) {
        measure_one(cpu, cell);
        budget--;
    }
    left = prep_left(cell);
    if (left == 0U) {
        end_message();
        keep(cell);
        show(cell);
        measure_cell = 0U;
    }
    return left;
}

/** Go on with block @p b of the plan.
 * @req SWR_MSR_004 */
/*@ requires block: b < PLAN_BLOCKS;
    terminates \true; exits \false; assigns SHA256_STATE;
    ensures SWR_MSR_004: \forall integer t; 0 <= t < 16 ==> sha256_w[t] == plan_image[16 * b + t];
    ensures SWR_MSR_004: sha_step{Pre, Post};
    ensures counted: \old(sha256_blocks) < PLAN_BLOCKS ==> sha256_blocks == \old(sha256_blocks) + 1; */
static void hash_plan_block(uint32_t b)
{
    uint32_t words[SHA256_BLOCK_WORDS] = {0};
    uint32_t i = 0U;

    /*@ loop invariant bound: 0 <= i <= 16;
        loop invariant so_far: \forall integer t; 0 <= t < i ==> words[t] == plan_image[16 * b + t];
        loop assigns i, words[0 .. SHA256_BLOCK_WORDS - 1];
        loop variant SHA256_BLOCK_WORDS - i; */
    while (i < SHA256_BLOCK_WORDS) {
        words[i] = arch_plan_word((SHA256_BLOCK_WORDS * b) + i);
        i++;
    }
    sha256_block(words);
}

/** What is left of the plan, and the end.
 * @req SWR_MSR_004 */
/*@ requires all: sha256_blocks == PLAN_BLOCKS;
    terminates \true; exits \false; assigns SHA256_STATE;
    ensures SWR_MSR_004: sha256_w[14] == 0 && sha256_w[15] == 4 * 8 * PLAN_WORDS; */
static void end_plan(void)
{
    uint32_t words[SHA256_BLOCK_WORDS] = {0};
    uint32_t i = 0U;

    /*@ loop invariant bound: 0 <= i <= PLAN_TAIL;
        loop invariant so_far: \forall integer t; 0 <= t < i ==>
          words[t] == plan_image[16 * PLAN_BLOCKS + t];
        loop assigns i, words[0 .. SHA256_BLOCK_WORDS - 1];
        loop variant PLAN_TAIL - i; */
    while (i < PLAN_TAIL) {
        words[i] = arch_plan_word((SHA256_BLOCK_WORDS * PLAN_BLOCKS) + i);
        i++;
    }
    sha256_end(words, PLAN_TAIL);
}

/** Show the digest of the plan.
 * @req SWR_MSR_004 */
/*@ terminates \true; exits \false;
    assigns status_page.plan_digest[0 .. BH_DIGEST_WORDS - 1];
    ensures SWR_MSR_004: \forall integer k; 0 <= k < BH_DIGEST_WORDS ==>
      status_page.plan_digest[k] == measure_digest.of[BH_CELL_KERNEL][k]; */
static void show_plan(void)
{
    uint32_t i = 0U;

    /*@ loop invariant bound: 0 <= i <= BH_DIGEST_WORDS;
        loop invariant so_far: \forall integer k; 0 <= k < i ==>
          status_page.plan_digest[k] == measure_digest.of[BH_CELL_KERNEL][k];
        loop assigns i, status_page.plan_digest[0 .. BH_DIGEST_WORDS - 1];
        loop variant BH_DIGEST_WORDS - i; */
    while (i < BH_DIGEST_WORDS) {
        status_page.plan_digest[i] = measure_digest.of[BH_CELL_KERNEL][i];
        i++;
    }
}

/** Nothing has been measured since the launch was opened, whatever memory holds.
 * @req SWR_MSR_006 */
/*@ terminates \true; exits \false;
    assigns measure_done[0 .. BH_CELLS_MAX - 1];
    ensures SWR_MSR_006: \forall integer k; 0 <= k < BH_CELLS_MAX ==> measure_done[k] == 0; */
static void forget(void)
{
    uint32_t i = 0U;

    /*@ loop invariant bound: 0 <= i <= BH_CELLS_MAX;
        loop invariant so_far: \forall integer k; 0 <= k < i ==> measure_done[k] == 0;
        loop assigns i, measure_done[0 .. BH_CELLS_MAX - 1];
        loop variant BH_CELLS_MAX - i; */
    while (i < BH_CELLS_MAX) {
        measure_done[i] = 0U;
        i++;
    }
}

void measure_plan(void)
{
    uint32_t b = 0U;

    forget();
    sha256_start();
    /*@ loop invariant bound: 0 <= b <= PLAN_BLOCKS;
        loop invariant so_far: sha256_blocks == b;
        loop assigns b, SHA256_STATE;
        loop variant PLAN_BLOCKS - b; */
    while (b < PLAN_BLOCKS) {
        hash_plan_block(b);
        b++;
    }
    end_plan();
    keep(BH_CELL_KERNEL);
    show_plan();
}

/** May @p cell know what was measured of @p whose?
 * @req SWR_MSR_005 */
/*@ requires cell: cell < BH_CELLS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_MSR_005: \result <==> may_know(cell, whose); */
static bool is_allowed(uint32_t cell, uint64_t whose)
{
    return (cell == BH_CELL_ROOT) || (cell == whose) ||
           (((plan.policy[cell].grants / BH_GRANT_MEASURE) % 2U) == 1U);
}

/** Is there a digest of a cell? While it is measured there is none: the state was stored before.
 * @req SWR_MSR_006 */
/*@ requires cell: cell < BH_CELLS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_MSR_006: \result ==> measure_done[cell] == 1; */
static bool is_known(uint32_t cell)
{
    return (arch_shared_load((uint32_t)SW_CELL_STATE, cell) != (uint64_t)BH_STATE_MEASURING) &&
           (measure_done[cell] == 1U);
}

struct outcome measure_tell(uint32_t cell, uint64_t asked)
{
    uint64_t whose = asked / 2U;
    uint32_t from = (uint32_t)(whose % BH_CELLS_MAX);
    uint32_t k = 4U * (uint32_t)(asked % 2U);
    struct outcome out = {BH_OK, whose, 0U};

    if (!is_allowed(cell, whose)) {
        out.status = (uint32_t)BH_E_HC_PERMISSION;
        out.a = cell;
        out.b = BH_HC_MEASURE;
    } else if (whose >= plan.n_cells) {
        out.status = (uint32_t)BH_E_HC_NO_CELL;
        out.b = plan.n_cells;
    } else if (!is_known(from)) {
        out.status = (uint32_t)BH_E_HC_NOT_MEASURED;
    } else {
        out.a = measure_half(from, k);
        out.b = measure_half(from, k + 2U);
    }
    return out;
}
