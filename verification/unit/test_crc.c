/* SPDX-License-Identifier: Apache-2.0 */
/** @file test_crc.c
 * Checksums of bytes, of integers as they stand in the blob, and of the plan.
 * @link src/core/crc.c @link src/core/plan_crc.c @link src/core/plan_claims.c @link src/core/plan_policy.c
 * @link src/core/plan_watch.c @link src/core/plan_window.c @link src/core/plan_call.c
 * @link src/core/plan.c
 */
#include "core/crc.h"
#include "core/plan.h"
#include "test.h"

#include <string.h>

/* The same sum by another method: a table of nibbles. */
static uint32_t by_nibbles(const uint8_t *data, size_t n)
{
    static const uint32_t table[16] = {0x00000000U, 0x1DB71064U, 0x3B6E20C8U, 0x26D930ACU,
                                       0x76DC4190U, 0x6B6B51F4U, 0x4DB26158U, 0x5005713CU,
                                       0xEDB88320U, 0xF00F9344U, 0xD6D6A3E8U, 0xCB61B38CU,
                                       0x9B64C2B0U, 0x86D3D2D4U, 0xA00AE278U, 0xBDBDF21CU};
    uint32_t r = 0xFFFFFFFFU;

    for (size_t i = 0U; i < n; i++) {
        r = table[(r ^ data[i]) & 15U] ^ (r >> 4);
        r = table[(r ^ ((uint32_t)data[i] >> 4)) & 15U] ^ (r >> 4);
    }
    return ~r;
}

/** @test TC_CRC_001 @verifies SWR_CRC_001 @technique bva @level unit */
static void known_values(void)
{
    static const uint8_t zeros[4];
    static const uint8_t ones[4] = {0xFFU, 0xFFU, 0xFFU, 0xFFU};

    CHECK_EQ(crc32((const uint8_t *)"123456789", 9U), 0xCBF43926U);
    CHECK_EQ(crc32((const uint8_t *)"a", 1U), 0xE8B7BE43U);
    CHECK_EQ(crc32(zeros, 0U), 0U);
    CHECK_EQ(crc32(NULL, 0U), 0U);
    CHECK_EQ(crc32(zeros, 4U), 0x2144DF1CU);
    CHECK_EQ(crc32(ones, 4U), 0xFFFFFFFFU);
}

/** @test TC_CRC_002 @verifies SWR_CRC_001 @technique back-to-back @level unit */
static void agrees_with_another_method(void)
{
    uint8_t data[300];

    for (uint32_t i = 0U; i < sizeof(data); i++) {
        data[i] = (uint8_t)((i * 151U) ^ (i >> 3));
        CHECK_EQ(crc32(data, i), by_nibbles(data, i));
    }
    for (uint32_t b = 0U; b < 256U; b++) {
        uint8_t byte = (uint8_t)b;

        CHECK_EQ(crc_byte(CRC_START, byte) ^ 0xFFFFFFFFU, by_nibbles(&byte, 1U));
    }
}

/** @test TC_CRC_003 @verifies SWR_CRC_002 @technique equivalence @level unit */
static void integers_are_little_endian_bytes(void)
{
    static const uint8_t bytes[8] = {0x88U, 0x77U, 0x66U, 0x55U, 0x44U, 0x33U, 0x22U, 0x11U};

    CHECK_EQ(crc_word(CRC_START, 0x55667788U) ^ 0xFFFFFFFFU, by_nibbles(bytes, 4U));
    CHECK_EQ(crc_long(CRC_START, 0x1122334455667788U) ^ 0xFFFFFFFFU, by_nibbles(bytes, 8U));
    CHECK_EQ(crc_long(0x12345678U, 0x1122334455667788U),
             crc_word(crc_word(0x12345678U, 0x55667788U), 0x11223344U));
}

/** @test TC_CRC_004 @verifies SWR_PLN_003 @technique back-to-back @level unit */
static void plan_sum_covers_every_byte_but_its_own(void)
{
    uint8_t *byte = (uint8_t *)&plan;

    for (size_t i = 0U; i < sizeof(plan); i++) {
        byte[i] = (uint8_t)(i * 37U);
    }
    CHECK_EQ(plan_crc(), by_nibbles(byte, offsetof(struct bh_plan, crc)));
    for (size_t i = 0U; i < sizeof(plan); i++) {
        uint32_t before = plan_crc();

        byte[i] ^= 0x10U;
        CHECK_EQ(plan_crc() != before, i < offsetof(struct bh_plan, crc));
        byte[i] ^= 0x10U;
    }
}

int main(void)
{
    TEST(TC_CRC_001, known_values);
    TEST(TC_CRC_002, agrees_with_another_method);
    TEST(TC_CRC_003, integers_are_little_endian_bytes);
    TEST(TC_CRC_004, plan_sum_covers_every_byte_but_its_own);
    return test_result();
}
