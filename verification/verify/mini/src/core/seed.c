/* SPDX-License-Identifier: Apache-2.0 */
#include "seed.h"
#include "low.h"

bool seed_fits(uint32_t at, uint32_t n, uint32_t size)
{
    bool fits = false;

    if ((at <= size) && (n <= (size - low_min(at, size)))) {
        fits = true;
    }
    return fits;
}
