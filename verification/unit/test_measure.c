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
        CHECK_EQ(measure_digest[3][k], wanted[k]);
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
    CHECK_EQ(measure_digest[3][7], wanted[7]);
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

int main(void)
{
    TEST(TC_MSR_001, the_digest_is_that_of_the_bytes);
    TEST(TC_MSR_002, every_block_once_and_in_order);
    TEST(TC_MSR_003, a_displaced_measurement_starts_over);
    TEST(TC_MSR_004, the_plan_approves_one_digest_or_any);
    TEST(TC_MSR_005, the_last_step_may_be_short);
    return test_result();
}
