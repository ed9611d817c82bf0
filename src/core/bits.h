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

/** The word with bit @p i alone.
 * @req SWR_BIT_003 */
/*@ requires index: i < 32;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_BIT_003: \forall integer k; 0 <= k < 32 ==> (bit_set(\result, k) <==> k == i); */
uint32_t bit_of(uint32_t i);

/** Bits that are in both @p a and @p b.
 * @req SWR_BIT_003 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_BIT_003: \forall integer k; 0 <= k < 32 ==>
      (bit_set(\result, k) <==> bit_set(a, k) && bit_set(b, k)); */
uint32_t bit_both(uint32_t a, uint32_t b);

/** Bits that are in @p a, in @p b or in both.
 * @req SWR_BIT_003 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_BIT_003: \forall integer k; 0 <= k < 32 ==>
      (bit_set(\result, k) <==> bit_set(a, k) || bit_set(b, k)); */
uint32_t bit_any(uint32_t a, uint32_t b);

/** Bits of @p a that are not in @p b.
 * @req SWR_BIT_003 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_BIT_003: \forall integer k; 0 <= k < 32 ==>
      (bit_set(\result, k) <==> bit_set(a, k) && !bit_set(b, k));
    ensures subset: \result == 0 ==> \forall integer k; 0 <= k < 32 && bit_set(a, k) ==>
      bit_set(b, k); */
uint32_t bit_without(uint32_t a, uint32_t b);

/** @p n bits from bit @p first on.
 * @req SWR_BIT_003 */
/*@ requires range: 0 < n && first + n <= 32;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_BIT_003: \forall integer k; 0 <= k < 32 ==>
      (bit_set(\result, k) <==> first <= k < first + n); */
uint32_t bit_field(uint32_t first, uint32_t n);

#endif
