/* SPDX-License-Identifier: Apache-2.0 */
/** @file test_shared.c
 * The load of a shared word asks for the word and the index that it was given.
 * @link src/arch/aarch64/shared.c
 */
#include "arch/aarch64/sysreg.h"
#include "test.h"

uint64_t shared_get(uint32_t word, uint32_t i)
{
    return (100ULL * word) + i;
}

/** @test TC_SHW_001 @verifies SWR_CPU_001 @technique exhaustive @level unit */
static void every_word(void)
{
    for (uint32_t word = 0U; word < SW_COUNT; word++) {
        for (uint32_t i = 0U; i < SHARED_INDEX_MAX; i++) {
            CHECK_EQ(arch_shared_load(word, i), (100ULL * word) + i);
        }
    }
}

int main(void)
{
    TEST(TC_SHW_001, every_word);
    return test_result();
}
