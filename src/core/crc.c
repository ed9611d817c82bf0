/* SPDX-License-Identifier: Apache-2.0 */
/** @file crc.c
 * CRC-32, bit by bit: the plan is checked once per enable, so no table is worth its memory.
 */
#include "core/crc.h"

#define CRC_POLYNOMIAL 0xEDB88320U

/* One bit of the division. */
/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_CRC_001: \result == crc_shift(c);
*/
static uint32_t shift_out(uint32_t c)
{
    uint32_t half = c / 2U;

    if ((c % 2U) == 1U) {
        half = half ^ CRC_POLYNOMIAL;
    }
    return half;
}

/* The byte comes into the low bits of the remainder. */
/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_CRC_001: \result == crc_mix(x, y);
*/
static uint32_t mix(uint32_t x, uint32_t y)
{
    return x ^ y;
}

uint32_t crc_byte(uint32_t c, uint8_t b)
{
    uint32_t r = mix(c, b);

    /*@ loop invariant range: 0 <= k <= 8;
        loop invariant so_far: r == crc_shifts(crc_mix(c, b), k);
        loop assigns k, r;
        loop variant 8 - k;
    */
    for (uint32_t k = 0U; k < 8U; k++) {
        r = shift_out(r);
    }
    return r;
}

uint32_t crc_word(uint32_t c, uint32_t v)
{
    uint32_t r = crc_byte(c, (uint8_t)(v % 256U));

    r = crc_byte(r, (uint8_t)((v / 256U) % 256U));
    r = crc_byte(r, (uint8_t)((v / 65536U) % 256U));
    return crc_byte(r, (uint8_t)(v / 16777216U));
}

uint32_t crc_long(uint32_t c, uint64_t v)
{
    uint32_t r = crc_word(c, (uint32_t)(v % 4294967296U));

    return crc_word(r, (uint32_t)(v / 4294967296U));
}

uint32_t crc32(const uint8_t *data, uint32_t n)
{
    uint32_t r = CRC_START;

    /*@ loop invariant range: 0 <= i <= n;
        loop invariant so_far: r == crc_of_data(data, i);
        loop assigns i, r;
        loop variant n - i;
    */
    for (uint32_t i = 0U; i < n; i++) {
        r = crc_byte(r, data[i]);
    }
    return r ^ 0xFFFFFFFFU;
}
