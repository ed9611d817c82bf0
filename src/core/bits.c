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
