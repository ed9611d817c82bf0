/* SPDX-License-Identifier: Apache-2.0 */
/** @file test_measure.c
 * Measuring the private memory of a cell: the bytes that are hashed, the digest, the verdict.
 * @link src/core/measure.c @link src/core/sha256.c
 * @link src/core/prep.c
 * @link src/core/bits.c
 * @link src/core/event.c
 * @link src/core/part.c
 * @link src/core/plan.c
 * @link src/core/crc.c @link src/core/plan_crc.c @link src/core/plan_claims.c
 * @link src/core/plan_policy.c @link src/core/plan_watch.c
 * @link src/core/plan_window.c @link src/core/plan_call.c
 * @link src/arch/aarch64/s2.c
 * @link src/arch/host/shared.c
 * @link src/arch/host/machine.c
 * @link src/boards/qemu-virt-arm64/board.c
 */
#include "fixture.h"
#include "core/measure.h"
#include "test.h"

/* Cell 3: pages 0 to 15 and 0x100 to 0x1FF of its space, flags 21 and 3; byte i of page 3 is i % 251, all
 * others are zero. The digest by Python's hashlib. */
static const uint32_t wanted[BH_DIGEST_WORDS] = {0x896C7291U, 0xDC03DDA5U, 0xF7140C47U,
                                                 0x8DB8008BU, 0xF7863EB8U, 0x513F93FBU,
                                                 0xF7695D15U, 0x47544424U};

static void machine(void)
{
    uint8_t *page;

    host_power_on();
    CHECK(fixture_machine());
    page = host_page(FIX_CELL3 + 3U);
    for (uint32_t i = 0U; i < 4096U; i++) {
        page[i] = (uint8_t)(i % 251U);
    }
}

static void measure_all(uint32_t cell)
{
    uint64_t left = 1U;

    for (uint32_t k = 0U; (k < 64U) && (left > 0U); k++) {
        left = measure_step(1U, cell);
    }
    CHECK_EQ(left, 0U);
}

/** @test TC_MSR_001 @verifies SWR_MSR_001 SWR_MSR_002 @technique back-to-back @level unit */
static void the_digest_is_that_of_the_bytes(void)
{
    machine();
    measure_begin(3U);
    CHECK_EQ(measure_step(1U, 3U), 0x110U - MEASURE_PAGES);
    CHECK_EQ(measure_done[3], 0U);
    measure_all(3U);
    CHECK_EQ(measure_done[3], 1U);
    for (uint32_t k = 0U; k < BH_DIGEST_WORDS; k++) {
        CHECK_EQ(measure_digest.of[3][k], wanted[k]);
        CHECK_EQ(status_page.cells[3].digest[k], wanted[k]);
    }
    CHECK_EQ(status_page.cells[3].measured, 1U);
    CHECK_EQ(measure_half(3U, 0U), ((uint64_t)wanted[0] << 32) | wanted[1]);
    CHECK_EQ(measure_half(3U, 6U), ((uint64_t)wanted[6] << 32) | wanted[7]);
}

/** @test TC_MSR_002 @verifies SWR_MSR_001 @technique equivalence @level unit */
static void every_block_once_and_in_order(void)
{
    machine();
    measure_begin(3U);
    measure_all(3U);
    CHECK_EQ(host_memory.n_calls, 0x110U * 64U);
    for (uint32_t k = 0U; k < HOST_PAGE_CALLS; k++) {
        uint32_t p = k / 64U;

        CHECK_EQ(host_memory.calls[k].op, HOST_PAGE_BLOCK);
        CHECK_EQ(host_memory.calls[k].at, k % 64U);
        CHECK_EQ(host_memory.calls[k].ppn,
                 (p < 0x10U) ? (FIX_CELL3 + p) : (FIX_CELL3_DATA + (p - 0x10U)));
    }
}

/** @test TC_MSR_003 @verifies SWR_MSR_001 @technique race @level unit */
static void a_displaced_measurement_starts_over(void)
{
    machine();
    measure_begin(3U);
    (void)measure_step(1U, 3U);
    measure_begin(2U);
    (void)measure_step(1U, 2U);
    CHECK_EQ(measure_step(1U, 3U), 0x110U - MEASURE_PAGES);
    measure_all(3U);
    CHECK_EQ(measure_digest.of[3][7], wanted[7]);
    CHECK_EQ(measure_done[2], 0U);
}

/** @test TC_MSR_005 @verifies SWR_MSR_001 @technique bva @level unit */
static void the_last_step_may_be_short(void)
{
    machine();
    plan.regions[10].n = 5U; /* 21 pages in all: 16, then 5 */
    measure_begin(3U);
    CHECK_EQ(measure_step(1U, 3U), 5U);
    CHECK_EQ(measure_step(1U, 3U), 0U);
    CHECK_EQ(host_memory.n_calls, 21U * 64U);
    CHECK_EQ(measure_done[3], 1U);
}

/** @test TC_MSR_004 @verifies SWR_MSR_002 @technique bva @level unit */
static void the_plan_approves_one_digest_or_any(void)
{
    machine();
    CHECK(!measure_wanted(3U));
    plan.cells[3].flags |= BH_CELL_MEASURED;
    CHECK(measure_wanted(3U));
    measure_begin(3U);
    measure_all(3U);
    CHECK(measure_approved(3U));
    for (uint32_t k = 0U; k < BH_DIGEST_WORDS; k++) {
        machine();
        memcpy(plan.policy[3].digest, wanted, sizeof(wanted));
        CHECK(measure_wanted(3U));
        CHECK(measure_approved(3U));
        plan.policy[3].digest[k] ^= 1U << (4U * k);
        CHECK(!measure_approved(3U));
        memset(plan.policy[3].digest, 0, sizeof(wanted));
        plan.policy[3].digest[k] = 1U;
        CHECK(measure_wanted(3U));
        CHECK(!measure_approved(3U));
    }
    machine();
    memcpy(plan.policy[3].digest, wanted, sizeof(wanted));
    measure_begin(3U);
    measure_all(3U);
    CHECK_EQ(status_page.cells[3].measured, 2U);
    plan.policy[3].digest[0]++;
    measure_begin(3U);
    CHECK_EQ(status_page.cells[3].measured, 0U);
    measure_all(3U);
    CHECK_EQ(status_page.cells[3].measured, 0U);
}

/* Of the blob of numbered_plan(), by Python's hashlib. */
static const uint32_t plan_wanted[BH_DIGEST_WORDS] = {0x97411065U, 0x71680077U, 0x77AFE845U,
                                                      0x31BB7C7FU, 0x6E307290U, 0x0FDA7298U,
                                                      0x75F50B54U, 0xEDCE1B03U};

/* The blob is bytes 1, 2, 3, ... modulo 251. */
static void numbered_plan(void)
{
    uint8_t *byte = (uint8_t *)&plan;

    for (uint32_t i = 0U; i < sizeof(plan); i++) {
        byte[i] = (uint8_t)((i + 1U) % 251U);
    }
}

/** @test TC_MSR_006 @verifies SWR_MSR_004 SWR_MSR_006 @technique back-to-back @level unit */
static void the_plan_is_measured_byte_for_byte(void)
{
    machine();
    numbered_plan();
    CHECK_EQ(arch_plan_word(0U), 0x01020304U);
    CHECK_EQ(arch_plan_word(PLAN_WORDS - 1U), 0xDFE0E1E2U);
    memset(measure_done, 1, sizeof(measure_done)); /* memory as somebody left it */
    measure_plan();
    for (uint32_t c = 0U; c < BH_CELLS_MAX; c++) {
        CHECK_EQ(measure_done[c], (c == BH_CELL_KERNEL) ? 1U : 0U);
    }
    CHECK_EQ(sha256_blocks, PLAN_BLOCKS);
    for (uint32_t k = 0U; k < BH_DIGEST_WORDS; k++) {
        CHECK_EQ(measure_digest.of[BH_CELL_KERNEL][k], plan_wanted[k]);
        CHECK_EQ(status_page.plan_digest[k], plan_wanted[k]);
        CHECK_EQ(status_page.cells[BH_CELL_KERNEL].digest[k], 0U);
    }
    CHECK_EQ(status_page.cells[BH_CELL_KERNEL].measured, 0U);
    CHECK_EQ(host_memory.n_calls, 0U); /* no page of a cell */
}

/** @test TC_MSR_007 @verifies SWR_MSR_004 @technique exhaustive @level unit */
static void every_byte_of_the_plan_counts(void)
{
    uint8_t *byte = (uint8_t *)&plan;

    machine();
    numbered_plan();
    for (uint32_t i = 0U; i < sizeof(plan); i++) {
        byte[i] ^= 0x80U;
        measure_plan();
        CHECK(memcmp(measure_digest.of[BH_CELL_KERNEL], plan_wanted, sizeof(plan_wanted)) != 0);
        byte[i] ^= 0x80U;
    }
    measure_plan();
    CHECK(memcmp(measure_digest.of[BH_CELL_KERNEL], plan_wanted, sizeof(plan_wanted)) == 0);
}

/* What MEASURE answers. */
static void told(uint32_t cell, uint64_t asked, uint32_t status, uint64_t a, uint64_t b)
{
    struct outcome out = measure_tell(cell, asked);

    CHECK_EQ(out.status, status);
    CHECK_EQ(out.a, a);
    CHECK_EQ(out.b, b);
}

/* Every cell is measured: word k of cell c is 0x100 * c + k. */
static void all_measured(void)
{
    machine();
    for (uint32_t c = 0U; c < BH_CELLS_MAX; c++) {
        measure_done[c] = 1U;
        for (uint32_t k = 0U; k < BH_DIGEST_WORDS; k++) {
            measure_digest.of[c][k] = (0x100U * c) + k;
        }
    }
}

static uint64_t two(uint64_t cell, uint32_t k)
{
    return ((((0x100U * cell) + k) << 32) + (0x100U * cell)) + k + 1U;
}

/** @test TC_MSR_008 @verifies SWR_MSR_005 SWR_MSR_006 @technique exhaustive @level unit */
static void who_may_know_is_told_half_a_digest(void)
{
    all_measured();
    for (uint32_t cell = 0U; cell < plan.n_cells; cell++) {
        for (uint32_t grants = 0U; grants < BH_GRANTS_MAX; grants++) {
            for (uint64_t asked = 0U; asked < (2U * (uint64_t)plan.n_cells); asked++) {
                uint64_t whose = asked / 2U;
                uint32_t k = ((asked % 2U) == 0U) ? 0U : 4U;

                plan.policy[cell].grants = grants;
                if ((cell == BH_CELL_ROOT) || (cell == whose) || (grants >= BH_GRANT_MEASURE)) {
                    told(cell, asked, BH_OK, two(whose, k), two(whose, k + 2U));
                } else {
                    told(cell, asked, BH_E_HC_PERMISSION, cell, BH_HC_MEASURE);
                }
            }
        }
    }
}

/** @test TC_MSR_009 @verifies SWR_MSR_005 @technique bva @level unit */
static void numbers_that_are_no_cell(void)
{
    static const uint64_t asked[] = {8U, 9U, 16U, 0x100000004U, 0x200000004U, UINT64_MAX};

    all_measured();
    for (uint32_t i = 0U; i < COUNT_OF(asked); i++) {
        plan.policy[2].grants = 0U;
        told(BH_CELL_ROOT, asked[i], BH_E_HC_NO_CELL, asked[i] / 2U, 4U);
        told(2U, asked[i], BH_E_HC_PERMISSION, 2U, BH_HC_MEASURE);
        plan.policy[2].grants = BH_GRANT_MEASURE;
        told(2U, asked[i], BH_E_HC_NO_CELL, asked[i] / 2U, 4U);
    }
    plan.n_cells = BH_CELLS_MAX;
    told(BH_CELL_ROOT, 15U, BH_OK, two(7U, 4U), two(7U, 6U));
    told(BH_CELL_ROOT, 16U, BH_E_HC_NO_CELL, 8U, 8U);
}

/** @test TC_MSR_010 @verifies SWR_MSR_006 @technique state @level unit */
static void none_before_the_end_of_a_measurement(void)
{
    all_measured();
    measure_done[3] = 0U;
    told(3U, 6U, BH_E_HC_NOT_MEASURED, 3U, 0U);
    told(3U, 7U, BH_E_HC_NOT_MEASURED, 3U, 0U);
    told(2U, 4U, BH_OK, two(2U, 0U), two(2U, 2U));
    measure_done[3] = 1U;
    host_word[SW_CELL_STATE][3] = BH_STATE_MEASURING; /* begun by another CPU just now */
    told(3U, 6U, BH_E_HC_NOT_MEASURED, 3U, 0U);
    for (uint32_t state = BH_STATE_ABSENT; state < BH_STATE_MEASURING; state++) {
        host_word[SW_CELL_STATE][3] = state;
        told(3U, 6U, BH_OK, two(3U, 0U), two(3U, 2U));
    }
    machine();
    measure_begin(3U);
    (void)measure_step(1U, 3U);
    told(BH_CELL_ROOT, 6U, BH_E_HC_NOT_MEASURED, 3U, 0U);
    measure_all(3U);
    told(BH_CELL_ROOT, 6U, BH_OK, measure_half(3U, 0U), measure_half(3U, 2U));
    told(BH_CELL_ROOT, 7U, BH_OK, measure_half(3U, 4U), measure_half(3U, 6U));
}

int main(void)
{
    TEST(TC_MSR_001, the_digest_is_that_of_the_bytes);
    TEST(TC_MSR_002, every_block_once_and_in_order);
    TEST(TC_MSR_003, a_displaced_measurement_starts_over);
    TEST(TC_MSR_004, the_plan_approves_one_digest_or_any);
    TEST(TC_MSR_005, the_last_step_may_be_short);
    TEST(TC_MSR_006, the_plan_is_measured_byte_for_byte);
    TEST(TC_MSR_007, every_byte_of_the_plan_counts);
    TEST(TC_MSR_008, who_may_know_is_told_half_a_digest);
    TEST(TC_MSR_009, numbers_that_are_no_cell);
    TEST(TC_MSR_010, none_before_the_end_of_a_measurement);
    return test_result();
}
