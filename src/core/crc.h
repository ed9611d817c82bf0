/* SPDX-License-Identifier: Apache-2.0 */
/** @file crc.h
 * CRC-32 (IEEE 802.3, reflected) of bytes in memory, and of integers as they stand in the plan blob.
 */
#ifndef CORE_CRC_H
#define CORE_CRC_H

#include <stdint.h>

#include "core/crc.acsl"

#define CRC_START 0xFFFFFFFFU /**< Remainder before the first byte. */

/**
 * Checksum of @p n bytes.
 *
 * @req SWR_CRC_001
 */
/*@ requires readable: n > 0 ==> \valid_read(data + (0 .. n - 1));
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_CRC_001: \result == (crc_of_data(data, n) ^ 0xFFFFFFFF);
*/
uint32_t crc32(const uint8_t *data, uint32_t n);

/**
 * Remainder @p c after one more byte @p b.
 *
 * @req SWR_CRC_001
 */
/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_CRC_001: \result == crc_of_byte(c, b);
*/
uint32_t crc_byte(uint32_t c, uint8_t b);

/**
 * Remainder @p c after the four bytes of @p v, least significant first.
 *
 * @req SWR_CRC_002
 */
/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_CRC_002: \result == crc_of_word(c, v);
*/
uint32_t crc_word(uint32_t c, uint32_t v);

/**
 * Remainder @p c after the eight bytes of @p v, least significant first.
 *
 * @req SWR_CRC_002
 */
/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_CRC_002: \result == crc_of_long(c, v);
*/
uint32_t crc_long(uint32_t c, uint64_t v);

#endif
