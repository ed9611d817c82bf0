/* SPDX-License-Identifier: Apache-2.0 */
#include "low.h"

uint32_t low_min(uint32_t a, uint32_t b)
{
    uint32_t least = b;

    if (a < b) {
        least = a;
    }
    return least;
}
