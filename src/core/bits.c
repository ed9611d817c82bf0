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

uint32_t bit_field(uint32_t first, uint32_t n)
{
    uint32_t mask = 0U;
    uint32_t i = 0U;

    /*@ loop invariant bound: 0 <= i <= n;
        loop invariant so_far: \forall integer k; 0 <= k < 32 ==>
          (bit_set(mask, k) <==> first <= k < first + i);
        loop assigns i, mask;
        loop variant n - i; */
    while (i < n) {
        mask = bit_any(mask, bit_of(first + i));
        i++;
    }
    return mask;
}
