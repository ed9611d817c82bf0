/* SPDX-License-Identifier: Apache-2.0 */
/** @file test_bits.c
 * Single bits of words.
 * @link src/core/bits.c
 */
#include "core/bits.h"
#include "test.h"

/** @test TC_BIT_001 @verifies SWR_BIT_001 @technique exhaustive @level unit */
static void one_bit_of_each_word(void)
{
    uint32_t one = 1U;

    for (uint32_t i = 0U; i < 32U; i++) {
        for (uint32_t k = 0U; k < 32U; k++) {
            CHECK_EQ(bit_test(one, k), i == k);
            CHECK_EQ(bit_test(~one, k), i != k);
        }
        one = one * 2U;
    }
}

/** @test TC_BIT_002 @verifies SWR_BIT_002 @technique table @level unit */
static void merged_by_mask(void)
{
    static const uint32_t words[] = {0U, 1U, 0x80000000U, 0xA5A5A5A5U, 0xFFFF0000U, 0xFFFFFFFFU};

    for (uint32_t o = 0U; o < COUNT_OF(words); o++) {
        for (uint32_t v = 0U; v < COUNT_OF(words); v++) {
            for (uint32_t m = 0U; m < COUNT_OF(words); m++) {
                uint32_t merged = bit_merge(words[o], words[v], words[m]);

                for (uint32_t i = 0U; i < 32U; i++) {
                    bool chosen = bit_test(words[m], i);

                    CHECK_EQ(bit_test(merged, i), bit_test(chosen ? words[v] : words[o], i));
                }
            }
        }
    }
}

/** @test TC_BIT_003 @verifies SWR_BIT_003 @technique exhaustive @level unit */
static void the_word_of_one_bit(void)
{
    uint32_t one = 1U;

    for (uint32_t i = 0U; i < 32U; i++) {
        CHECK_EQ(bit_of(i), one);
        one = one * 2U;
    }
}

int main(void)
{
    TEST(TC_BIT_001, one_bit_of_each_word);
    TEST(TC_BIT_002, merged_by_mask);
    TEST(TC_BIT_003, the_word_of_one_bit);
    return test_result();
}
