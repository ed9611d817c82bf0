/* SPDX-License-Identifier: Apache-2.0 */
#include "core/bits.h"

bool bit_test(uint32_t v, uint32_t i)
{
    return (v & ((uint32_t)1U << i)) != 0U;
}

uint32_t bit_merge(uint32_t old, uint32_t value, uint32_t mask)
{
    return (old & ~mask) | (value & mask);
}

uint32_t bit_of(uint32_t i)
{
    return (uint32_t)1U << i;
}

uint32_t bit_both(uint32_t a, uint32_t b)
{
    return a & b;
}

uint32_t bit_any(uint32_t a, uint32_t b)
{
    return a | b;
}

uint32_t bit_without(uint32_t a, uint32_t b)
{
    return a & ~b;
}

/** Bits that are not in @p v.
 * @req SWR_BIT_003 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_BIT_003: \forall integer k; 0 <= k < 32 ==> (bit_set(\result, k) <==> !bit_set(v, k)); */
static uint32_t bit_not(uint32_t v)
{
    return ~v;
}

/** All bits, whatever @p v is: from the laws of single bits, as solvers have none for a constant.
 * @req SWR_BIT_003 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_BIT_003: \forall integer k; 0 <= k < 32 ==> bit_set(\result, k); */
static uint32_t bit_all(uint32_t v)
{
    return bit_any(v, bit_not(v));
}

uint32_t bit_field(uint32_t first, uint32_t n)
{
    uint32_t all = bit_all(first);
    uint32_t low = all >> (32U - n);

    /*@ assert moved: \forall integer k; 0 <= k < n ==> bit_set(all, k + (32 - n)); */
    /*@ assert low: \forall integer k; 0 <= k < n ==> (bit_set(low, k) <==> bit_set(all, k + (32 - n))); */
    /*@ assert high: \forall integer k; n <= k < 32 ==> !bit_set(low, k); */
    /*@ assert up: \forall integer k; first <= k < 32 ==>
          (bit_set((uint32_t)(low << first), k) <==> bit_set(low, k - first)); */
    /*@ assert down: \forall integer k; 0 <= k < first ==> !bit_set((uint32_t)(low << first), k); */
    return low << first;
}
