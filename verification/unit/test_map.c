/* SPDX-License-Identifier: Apache-2.0 */
/** @file test_map.c
 * The memory map's tables, read back by an independent walk.
 * @link src/arch/aarch64/s2.c
 * @link src/core/plan.c
 * @link src/core/crc.c @link src/core/plan_crc.c @link src/core/plan_claims.c @link src/core/plan_policy.c
 * @link src/core/plan_watch.c @link src/core/plan_window.c @link src/core/plan_call.c
 * @link src/core/part.c
 * @link src/core/event.c
 * @link src/arch/host/shared.c
 * @link src/arch/host/machine.c
 * @link src/boards/qemu-virt-arm64/board.c
 */
#include "fixture.h"
#include "test.h"

#define P2M 512U    /* pages of 2 MiB */
#define P1G 262144U /* and of 1 GiB */

static void fresh(void)
{
    CHECK(map_init(board_facts.map_base));
    for (uint32_t p = 0U; p < S2_POOLS; p++) {
        map_reset(p);
    }
}

/** @test TC_MAP_001 @verifies SWR_MAP_001 @technique bva @level unit */
static void usable_addresses(void)
{
    CHECK(!map_init(0U));
    CHECK(!map_init(4096U));
    CHECK(map_init(8192U));
    CHECK(!map_init(8193U));
    CHECK(map_init(S2_BASE_MAX - (S2_BASE_MAX % 8192U)));
    CHECK(!map_init(S2_BASE_MAX + 8192U - (S2_BASE_MAX % 8192U)));
    CHECK(!map_init(UINT64_MAX));
}

/** @test TC_MAP_002 @verifies SWR_MAP_002 SWR_MAP_005 @technique adversarial @level unit */
static void reset_empties_one_pool_whatever_was_in_it(void)
{
    fresh();
    CHECK(map_range(5U, 0U, 0x1000U, 600U, RWX));
    CHECK(map_range(6U, 0U, 0x2000U, 600U, RWX));
    memset(&s2_e, 0xFF, S2_POOL_BYTES); /* pool 0 holds garbage */
    map_reset(0U);
    map_reset(5U);
    for (uint64_t x = 0U; x < BH_IPA_PAGES; x += 509U) {
        CHECK((walk(0U, x) == 0U) && (walk(5U, x) == 0U));
        CHECK(((walk(6U, x) != 0U)) == (x < 600U));
    }
    CHECK(map_range(0U, 7U, 0x3000U, 1U, RW));
    CHECK_EQ(PPN_OF(walk(0U, 7U)), 0x3000U);
}

/** @test TC_MAP_003 @verifies SWR_MAP_003 @technique exhaustive @level unit */
static void rights_of_every_flag(void)
{
    fresh();
    for (uint32_t f = 0U; f < BH_REGION_FLAGS_MAX; f++) {
        uint64_t d;

        CHECK(map_range(2U, f, 0x5000U + f, 1U, f));
        d = walk(2U, f);
        CHECK_EQ(PPN_OF(d), 0x5000U + f);
        CHECK_EQ(d & 3U, 3U);
        CHECK_EQ((d >> 10) & 1U, 1U); /* AF */
        CHECK_EQ(CAN_READ(d), (f & BH_REGION_READ) != 0U);
        CHECK_EQ(CAN_WRITE(d), (f & BH_REGION_WRITE) != 0U);
        CHECK_EQ(CAN_EXECUTE(d), (f & BH_REGION_EXECUTE) != 0U);
        CHECK_EQ(IS_DEVICE(d), (f & BH_REGION_DEVICE) != 0U);
        CHECK_EQ((d >> 2) & 0xFU, IS_DEVICE(d) ? 1U : 0xFU);
        CHECK_EQ((d >> 8) & 3U, IS_DEVICE(d) ? 0U : 3U);
    }
}

/** A range and the tables which it needs when leaves are as large as alignment allows. */
struct run {
    uint32_t ipn;
    uint64_t ppn;
    uint32_t n;
    uint32_t tables;
};

/** @test TC_MAP_004 @verifies SWR_MAP_003 SWR_MAP_005 @technique bva @level unit */
static void runs_use_the_largest_leaves(void)
{
    static const struct run runs[] = {
        {0U, 0U, 1U, 2U},
        {P2M, P2M, P2M, 1U},
        {P2M, P2M, P2M - 1U, 2U},
        {P2M, P2M + 1U, P2M, 2U},
        {P2M - 1U, P2M - 1U, P2M + 2U, 3U},
        {P1G, 2U * P1G, P1G, 0U},
        {P1G, 2U * P1G, P1G - 1U, 2U},
        {P1G, (2U * P1G) + P2M, P1G, 1U},
        {P1G - 1U, (3U * P1G) - 1U, P1G + 2U, 4U},
        {511U * P1G, 0U, 2U * P1G, 0U}, /* from one half of the root into the other */
        {BH_IPA_PAGES - 1U, BH_PPN_MAX - 1U, 1U, 2U},
        {0U, BH_PPN_MAX - BH_IPA_PAGES, BH_IPA_PAGES, 0U},
        {17U, 99U, 0U, 0U},
    };

    for (uint32_t k = 0U; k < COUNT_OF(runs); k++) {
        const struct run *r = &runs[k];
        uint64_t step = (r->n > 4096U) ? 511U : 1U;

        fresh();
        CHECK(map_range(3U, r->ipn, r->ppn, r->n, RW));
        CHECK_EQ(s2_used[3], 2U + r->tables);
        for (uint64_t t = 0U; t < r->n; t += step) {
            CHECK_EQ(PPN_OF(walk(3U, r->ipn + t)), r->ppn + t);
        }
        if (r->n > 0U) {
            CHECK_EQ(PPN_OF(walk(3U, r->ipn + r->n - 1U)), r->ppn + r->n - 1U);
        }
        CHECK((r->ipn == 0U) || (walk(3U, r->ipn - 1U) == 0U));
        CHECK((r->ipn + r->n == BH_IPA_PAGES) || (walk(3U, r->ipn + r->n) == 0U));
        CHECK((walk(2U, r->ipn) == 0U) && (walk(4U, r->ipn) == 0U));
    }
}

/** @test TC_MAP_005 @verifies SWR_MAP_004 @technique equivalence @level unit */
static void what_is_mapped_stays(void)
{
    fresh();
    CHECK(map_range(2U, 5U, 0x100U, 1U, RW));
    CHECK(!map_range(2U, 4U, 0x204U, 3U, RWX)); /* a page in a run */
    CHECK_EQ(PPN_OF(walk(2U, 4U)), 0x204U);
    CHECK_EQ(PPN_OF(walk(2U, 5U)), 0x100U);
    CHECK(!CAN_EXECUTE(walk(2U, 5U)));
    CHECK_EQ(walk(2U, 6U), 0U); /* the run ends where it fails */
    CHECK(!map_range(2U, 0U, P2M, P2M, RW)); /* a 2 MiB leaf where a table is */
    CHECK_EQ(PPN_OF(walk(2U, 5U)), 0x100U);
    CHECK_EQ(walk(2U, 7U), 0U);
    CHECK(!map_range(2U, 0U, 0U, P1G, RW)); /* a 1 GiB leaf where a table is */
    CHECK(map_range(2U, P2M, P2M, P2M, RW));
    CHECK(!map_range(2U, P2M, P2M, P2M, RWX)); /* a leaf where a leaf is */
    CHECK(!map_range(2U, P2M + 3U, 1U, 1U, RWX)); /* a page in a 2 MiB leaf */
    CHECK_EQ(PPN_OF(walk(2U, P2M + 3U)), P2M + 3U);
    CHECK(map_range(2U, P1G, P1G, P1G, RW));
    CHECK(!map_range(2U, P1G, P1G, P1G, RWX));
    CHECK(!map_range(2U, P1G + P2M, 0U, P2M, RWX)); /* 2 MiB and a page in a 1 GiB leaf */
    CHECK(!map_range(2U, P1G + P2M, 1U, 1U, RWX));
    CHECK_EQ(PPN_OF(walk(2U, P1G + P2M)), P1G + P2M);
    CHECK(!CAN_EXECUTE(walk(2U, P1G + P2M)));
}

/** @test TC_MAP_006 @verifies SWR_MAP_004 SWR_MAP_005 @technique exhaustion @level unit */
static void a_pool_may_be_used_up(void)
{
    uint32_t k = 0U;

    fresh();
    while ((k < 64U) && map_range(7U, k * P2M, 1U, 1U, RW)) {
        k++;
    }
    CHECK_EQ(k, S2_TABLES - 3U); /* two roots, one table of level 2, the rest of level 3 */
    CHECK_EQ(s2_used[7], S2_TABLES);
    CHECK_EQ(walk(7U, k * P2M), 0U);
    CHECK(!map_range(7U, P1G, P2M, P2M, RW)); /* no table of level 2 either */
    CHECK(!map_range(7U, P1G, 1U, 1U, RW));
    CHECK_EQ(walk(7U, P1G), 0U);
    CHECK(map_range(7U, 100U, 9U, 1U, RW)); /* there is room in the tables it has */
    CHECK(map_range(6U, P1G, 1U, 1U, RW));
}

int main(void)
{
    TEST(TC_MAP_001, usable_addresses);
    TEST(TC_MAP_002, reset_empties_one_pool_whatever_was_in_it);
    TEST(TC_MAP_003, rights_of_every_flag);
    TEST(TC_MAP_004, runs_use_the_largest_leaves);
    TEST(TC_MAP_005, what_is_mapped_stays);
    TEST(TC_MAP_006, a_pool_may_be_used_up);
    return test_result();
}
