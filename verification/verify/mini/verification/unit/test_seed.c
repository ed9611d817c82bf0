/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @link src/core/seed.c
 * @link src/core/low.c
 */
#include "core/low.h"
#include "core/seed.h"
#include "test.h"

/** @test TC_LOW_001 @verifies SWR_LOW_001 @technique bva @level unit */
static void smaller(void)
{
    CHECK_EQ(low_min(1U, 2U), 1U);
    CHECK_EQ(low_min(2U, 1U), 1U);
}

/** @test TC_SEED_001 @verifies SWR_SEED_001 @technique bva @level unit */
static void edges(void)
{
    CHECK(seed_fits(0U, 4U, 4U));
    CHECK(seed_fits(4U, 0U, 4U));
    CHECK(!seed_fits(5U, 0U, 4U));
    CHECK(!seed_fits(1U, 4U, 4U));
}

int main(void)
{
    TEST(TC_LOW_001, smaller);
    TEST(TC_SEED_001, edges);
    return test_result();
}
