/* SPDX-License-Identifier: Apache-2.0 */
/** @file test_sha256.c
 * Known digests of messages of whole words: FIPS 180-2 appendix B, NIST's SHA256ShortMsg. Random
 * messages of every length: test_sha256.py.
 * @link src/core/sha256.c
 */
#include "core/sha256.h"
#include "test.h"

#include <string.h>

/** Digest of @p n bytes, a multiple of 4. */
static void digest(const uint8_t *data, uint32_t n)
{
    uint32_t words[16], k = 0U;

    sha256_start();
    for (uint32_t i = 0U; i < n; i += 4U) {
        words[k] = ((uint32_t)data[i] << 24) | ((uint32_t)data[i + 1U] << 16) |
                   ((uint32_t)data[i + 2U] << 8) | data[i + 3U];
        k++;
        if (k == 16U) {
            sha256_block(words);
            k = 0U;
        }
    }
    sha256_end(words, k);
}

static bool is(const char *hex)
{
    char text[65];

    for (uint32_t i = 0U; i < 8U; i++) {
        (void)snprintf(&text[8U * i], 9U, "%08x", sha256_h[i]);
    }
    return strcmp(text, hex) == 0;
}

/** @test TC_SHA_001 @verifies SWR_SHA_001 SWR_SHA_002 @technique table @level unit */
static void known_digests(void)
{
    static const uint8_t short_1[4] = {0x74U, 0xBAU, 0x25U, 0x21U};
    static const uint8_t short_2[8] = {0x57U, 0x38U, 0xC9U, 0x29U, 0xC4U, 0xF4U, 0xCCU, 0xB6U};
    static const char one_and_a_half[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    static const char first[] = "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn";
    static const char second[] = "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu";
    char two[112];

    digest(NULL, 0U);
    CHECK(is("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    digest(short_1, 4U);
    CHECK(is("b16aa56be3880d18cd41e68384cf1ec8c17680c45a02b1575dc1518923ae8b0e"));
    digest(short_2, 8U);
    CHECK(is("963bb88f27f512777aab6c8b1a02c70ec0ad651d428f870036e1917120fb48bf"));
    digest((const uint8_t *)one_and_a_half, 56U);
    CHECK(is("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"));
    memcpy(two, first, 56U);
    memcpy(&two[56], second, 56U);
    digest((const uint8_t *)two, 112U);
    CHECK(is("cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"));
}

/** @test TC_SHA_002 @verifies SWR_SHA_001 SWR_SHA_002 @technique endurance @level unit */
static void a_million_times_a(void)
{
    static uint8_t data[1000000];

    memset(data, 'a', sizeof(data));
    digest(data, sizeof(data));
    CHECK(is("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"));
    CHECK_EQ(sha256_blocks, 15625U);
}

/** Messages of zeros that end on every word of a block have digests of their own.
 * @test TC_SHA_003 @verifies SWR_SHA_002 @technique bva @level unit */
static void the_length_is_part_of_the_message(void)
{
    static const uint8_t zeros[256];
    uint32_t seen[65][8];

    for (uint32_t n = 0U; n <= 64U; n++) {
        digest(zeros, n * 4U);
        memcpy(seen[n], sha256_h, sizeof(seen[n]));
        CHECK_EQ(sha256_w[15], n * 32U);
        CHECK_EQ(sha256_w[14], 0U);
        for (uint32_t k = 0U; k < n; k++) {
            CHECK(memcmp(seen[k], seen[n], sizeof(seen[n])) != 0);
        }
    }
    sha256_start();
    sha256_blocks = 0x123456789AULL;
    sha256_end((const uint32_t *)(const void *)zeros, 0U);
    CHECK_EQ(sha256_w[14], 0x2468U);
    CHECK_EQ(sha256_w[15], 0xACF13400U);
}

/** What was measured before leaves no trace. @test TC_SHA_004 @verifies SWR_SHA_001
 * @technique equivalence @level unit */
static void a_start_forgets(void)
{
    uint8_t data[64];

    memset(data, 0x5A, sizeof(data));
    digest(data, sizeof(data));
    digest(NULL, 0U);
    CHECK(is("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
}

int main(void)
{
    TEST(TC_SHA_001, known_digests);
    TEST(TC_SHA_002, a_million_times_a);
    TEST(TC_SHA_003, the_length_is_part_of_the_message);
    TEST(TC_SHA_004, a_start_forgets);
    return test_result();
}
