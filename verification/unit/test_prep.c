/* SPDX-License-Identifier: Apache-2.0 */
/** @file test_prep.c
 * Going through the private memory of a cell: which pages, in which order, how many at a time.
 * @link src/core/prep.c
 * @link src/core/bits.c
 * @link src/core/event.c
 * @link src/core/part.c
 * @link src/core/plan.c
 * @link src/core/crc.c @link src/core/plan_crc.c @link src/core/plan_claims.c
 * @link src/core/plan_watch.c @link src/core/plan_window.c @link src/core/plan_call.c
 * @link src/core/plan_policy.c
 * @link src/arch/aarch64/s2.c
 * @link src/arch/host/shared.c
 * @link src/arch/host/machine.c
 * @link src/boards/qemu-virt-arm64/board.c
 */
#include "fixture.h"
#include "core/prep.h"
#include "test.h"

static void begin(uint32_t cell)
{
    host_power_on();
    CHECK(fixture_machine());
    prep_begin(cell);
}

/** @test TC_PRP_001 @verifies SWR_PRP_001 SWR_PRP_002 @technique equivalence @level unit */
static void every_private_page_once_and_in_order(void)
{
    begin(3U); /* 0x10 pages, then 0x100 */
    CHECK_EQ(prep_left(3U), 0x110U);
    CHECK_EQ(prep_clear(1U, 3U), 0x10U);
    CHECK_EQ(prep_clear(1U, 3U), 0U);
    CHECK_EQ(prep_clear(1U, 3U), 0U);
    CHECK_EQ(host_memory.n_calls, 0x110U);
    for (uint32_t k = 0U; k < 0x110U; k++) {
        CHECK_EQ(host_memory.calls[k].op, HOST_PAGE_CLEAR);
        CHECK_EQ(host_memory.calls[k].cpu, 1U);
        CHECK_EQ(host_memory.calls[k].ppn,
                 (k < 0x10U) ? (FIX_CELL3 + k) : (FIX_CELL3_DATA + (k - 0x10U)));
    }
}

/** @test TC_PRP_002 @verifies SWR_PRP_001 @technique equivalence @level unit */
static void shares_and_devices_are_left_out(void)
{
    begin(2U); /* 0x200 pages and a shared one */
    CHECK_EQ(prep_left(2U), 0x200U);
    plan.regions[9].flags |= BH_REGION_DEVICE; /* 0x10 pages of cell 3 */
    prep_begin(3U);
    CHECK_EQ(prep_left(3U), 0x100U);
    plan.regions[10].share = 7U;
    prep_begin(3U);
    CHECK_EQ(prep_left(3U), 0U);
    CHECK_EQ(prep_clear(0U, 3U), 0U);
    CHECK_EQ(host_memory.n_calls, 0U);
}

/** @test TC_PRP_003 @verifies SWR_PRP_001 @technique equivalence @level unit */
static void each_cell_has_its_own_place(void)
{
    begin(2U);
    prep_begin(3U);
    CHECK_EQ(prep_clear(0U, 2U), 0x100U);
    CHECK_EQ(prep_clear(0U, 3U), 0x10U);
    CHECK_EQ(prep_clear(0U, 2U), 0U);
    CHECK_EQ(prep_left(3U), 0x10U);
    prep_begin(3U);
    CHECK_EQ(prep_left(3U), 0x110U);
}

/** @test TC_PRP_004 @verifies SWR_PRP_002 @technique bva @level unit */
static void a_step_is_bounded(void)
{
    static const uint32_t pages[] = {1U, PREP_CLEAR_PAGES - 1U, PREP_CLEAR_PAGES,
                                     PREP_CLEAR_PAGES + 1U};

    for (uint32_t k = 0U; k < COUNT_OF(pages); k++) {
        begin(2U);
        plan.regions[7].n = pages[k];
        CHECK_EQ(prep_clear(0U, 2U), (k == 3U) ? 1U : 0U);
        CHECK_EQ(host_memory.n_calls, (k == 3U) ? PREP_CLEAR_PAGES : pages[k]);
    }
}

int main(void)
{
    TEST(TC_PRP_001, every_private_page_once_and_in_order);
    TEST(TC_PRP_002, shares_and_devices_are_left_out);
    TEST(TC_PRP_003, each_cell_has_its_own_place);
    TEST(TC_PRP_004, a_step_is_bounded);
    return test_result();
}
