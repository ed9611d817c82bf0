/* SPDX-License-Identifier: Apache-2.0 */
/** @file bits.h
 * Single bits of 32-bit words.
 */
#ifndef CORE_BITS_H
#define CORE_BITS_H

#include <stdbool.h>
#include <stdint.h>
#include "core/bits.acsl"

/** Bit @p i of @p v.
 * @req SWR_BIT_001 */
/*@ requires index: i < 32;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_BIT_001: \result <==> bit_set(v, i); */
bool bit_test(uint32_t v, uint32_t i);

/** @p old where @p mask has a 0, @p value where it has a 1.
 * @req SWR_BIT_002 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_BIT_002: \forall integer i; 0 <= i < 32 ==>
      (bit_set(\result, i) <==> (bit_set(mask, i) ? bit_set(value, i) : bit_set(old, i))); */
uint32_t bit_merge(uint32_t old, uint32_t value, uint32_t mask);

#endif
